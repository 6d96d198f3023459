"""`bidopt import`: exports into the history."""

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bidopt.cli import console
from bidopt.cli.meter import Meter
from bidopt.cli.options import HERE, JsonOption, WorkspaceOption, workspace_at

if TYPE_CHECKING:
    from bidopt.prose import Language
    from bidopt.store import ImportSummary
    from bidopt.workspace import Workspace

COUNTS = ("rows_read", "stored", "replaced", "merged", "totals", "set_aside")
REFUSED = 3
ROWS_SHOWN = 10


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
    from bidopt.store import import_files

    shop = workspace_at(workspace)
    language = shop.settings().shop.language
    with shop.lock(), Meter(language) as progress:
        summary = import_files(shop, files, progress)
    rows = set_aside(shop, summary)
    if as_json:
        console.print_json(summary.to_json() | {"set_aside_rows": rows})
    else:
        show(summary, language)
        show_set_aside(rows, shop, language)
    if any(file.status == "refused" for file in summary.files):
        raise typer.Exit(REFUSED)


def set_aside(shop: "Workspace", summary: "ImportSummary") -> list[dict[str, str]]:
    """File, row and reason of every row that was set aside."""
    folder, rows = shop.data / "set_aside", []
    marks = dict.fromkeys(file.sha256[:8] for file in summary.files if file.set_aside)
    for path in (path for mark in marks for path in sorted(folder.glob(f"*_{mark}.csv"))):
        with path.open(encoding="utf-8-sig", newline="") as lines:
            told = csv.DictReader(lines)
            rows += [{key: row[key].lstrip("\t") for key in ("file", "row", "reason")} for row in told]
    return rows


def show(summary: "ImportSummary", language: "Language") -> None:
    """One line a file, then what was wrong and the mend."""
    from bidopt.prose import FILE_STATUS, KIND, labelled, listed, say, terminal

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
            unknown = labelled(terminal("unknown_columns", language), listed(file.unknown_columns, language), language)
            out.print(labelled(file.name, unknown, language))


def show_set_aside(rows: list[dict[str, str]], shop: "Workspace", language: "Language") -> None:
    """The first rows that were set aside, why, and where they all are."""
    from bidopt.prose import terminal

    for row in rows[:ROWS_SHOWN]:
        print(terminal("set_aside_row", language, **row))
    if rows:
        print(terminal("set_aside_in", language, count=len(rows), folder=shop.data / "set_aside"))
