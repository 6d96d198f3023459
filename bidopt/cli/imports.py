"""`bidopt import`: exports into the history."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bidopt.cli import console
from bidopt.cli.options import HERE, JsonOption, WorkspaceOption

if TYPE_CHECKING:
    from bidopt.prose import Language
    from bidopt.store import ImportSummary

COUNTS = ("rows_read", "stored", "replaced", "merged", "totals", "set_aside")
REFUSED = 3


def import_(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="Reports and settings tables.")
    ],
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Read exports into the history. 导入报表。

    Prints what came, what was replaced, set aside and refused, and why. Importing a file again changes nothing.

    \b
    Example:
      bidopt import -w my-shop 关键词报表_20260601_083000.zip
    """
    from bidopt.prose import terminal
    from bidopt.store import import_files
    from bidopt.workspace import Workspace

    shop = Workspace(workspace).require()
    language = shop.settings().shop.language
    with shop.lock():
        summary = import_files(shop, files, console.progress)
    if as_json:
        console.print_json(summary.to_json())
    else:
        show(summary, language)
        if summary.set_aside:
            print(terminal("set_aside_in", language, folder=shop.data / "set_aside"))
    if any(file.status == "refused" for file in summary.files):
        raise typer.Exit(REFUSED)


def show(summary: "ImportSummary", language: "Language") -> None:
    """One line a file, then what was wrong and the mend."""
    from bidopt.prose import FILE_STATUS, KIND, say, terminal

    out = console.stdout()
    headers = [terminal(name, language) for name in ("file", "kind", *COUNTS, "state")]
    rows = [
        (
            file.name,
            say(KIND, file.kind, language),
            *(str(getattr(file, name)) for name in COUNTS),
            say(FILE_STATUS, file.status, language),
        )
        for file in summary.files
    ]
    out.print(console.table(headers, rows, numbers=range(2, 2 + len(COUNTS))))
    for file in summary.files:
        if file.status == "refused":
            out.print(f"{file.message} {file.hint}")
        if file.unknown_columns:
            out.print(f"{file.name}: {terminal('unknown_columns', language)} {', '.join(file.unknown_columns)}")
