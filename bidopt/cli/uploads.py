"""`bidopt confirm` and `bidopt rollback`: what a person did with a run."""

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bidopt.cli import console
from bidopt.cli.export import find_run
from bidopt.cli.options import HERE, JsonOption, WorkspaceOption, named, workspace_at
from bidopt.errors import UsageError

if TYPE_CHECKING:
    from bidopt.workspace import Workspace

RunArgument = Annotated[str | None, typer.Argument(metavar="RUN", help="A run_id.", show_default="the newest run")]


def confirm(
    run: RunArgument = None,
    date: Annotated[
        dt.datetime | None,
        typer.Option("--date", formats=["%Y-%m-%d"], metavar="D", help="The day of upload.", show_default="today"),
    ] = None,
    workbook: Annotated[
        Path | None,
        typer.Option("--workbook", metavar="FILE", exists=True, dir_okay=False, help="The reviewed workbook."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="DIR", file_okay=False, show_default="beside FILE", help="Where lists go."
        ),
    ] = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Say that a run's changes were uploaded. 确认已上传。

    Refused (exit 5) when the plan is stale: its day has passed, a newer plan is there, or bids or plan budgets in
    force, by the newest tables imported, are neither those that it was made from nor its own. Twice is once.

    With --workbook, bids and budgets overruled in the workbook of `bidopt export --format xlsx` are taken back: checked
    against the limits (exit 3 where one cannot be taken: then nothing is entered), entered, and the lists to upload are
    written anew: confirmed_bids.csv and confirmed_budgets.csv.

    \b
    Example:
      bidopt confirm -w my-shop
      bidopt confirm -w my-shop --workbook changes.xlsx
    """
    from bidopt import uploads
    from bidopt.prose import terminal

    shop = workspace_at(workspace)
    run_id = find_run(shop, run).name
    if workbook is not None:
        _confirm_workbook(shop, run_id, workbook.resolve(), output, date.date() if date else None, as_json)
        return
    if output is not None:
        raise UsageError("-o 要与 --workbook 同用 / goes with --workbook.")
    entry, again = uploads.confirm(shop, run_id, date.date() if date else None)
    if as_json:
        console.print_json(entry.facts() | {"again": again})
    else:
        code = "confirm_again" if again else "confirm_done"
        print(terminal(code, shop.settings().shop.language, run_id=run_id, at=entry.at, by=entry.by))


def _confirm_workbook(
    shop: "Workspace", run_id: str, book: Path, output: Path | None, day: dt.date | None, as_json: bool
) -> None:
    from bidopt import uploads
    from bidopt.prose import terminal

    folder = output.resolve() if output else book.parent
    with named(folder):
        done = uploads.confirm_overruled(shop, run_id, book, folder, day)
    if as_json:
        files = [str(path) for path in done.files]
        overruled = list(done.overruled.details())
        console.print_json(done.entry.facts() | {"again": done.again, "overruled": overruled, "files": files})
        return
    language, entry = shop.settings().shop.language, done.entry
    code = "confirm_again" if done.again else "confirm_done"
    print(terminal(code, language, run_id=run_id, at=entry.at, by=entry.by))
    for one in done.overruled.details():
        name = one.get("keyword") or one["campaign_name"] or one["campaign_id"]
        print(terminal("overruled_one", language, name=name, planned=one["planned"], chosen=one["chosen"]))
    count = len(done.overruled.bids) + len(done.overruled.budgets)
    print(terminal("confirm_lists", language, count=count))
    print("\n".join(str(path) for path in done.files))


def rollback(
    run: RunArgument = None,
    output: Annotated[
        Path,
        typer.Option("-o", "--output", metavar="DIR", file_okay=False, show_default="this folder", help="Where to."),
    ] = HERE,
    date: Annotated[
        dt.datetime | None,
        typer.Option("--date", formats=["%Y-%m-%d"], metavar="D", help="The day it is undone.", show_default="today"),
    ] = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Write the change lists that undo a run. 撤销一次改价。

    rollback_bids.csv and rollback_budgets.csv go to DIR, both or none; other files of that name stay. Refused (exit 5)
    where a later run was confirmed, or bids or budgets that the run changed have been changed again since.

    \b
    Example:
      bidopt rollback -w my-shop -o undo
    """
    from bidopt import uploads
    from bidopt.prose import terminal

    shop = workspace_at(workspace)
    run_id = find_run(shop, run).name
    with named(output):
        done = uploads.rollback(shop, run_id, output.resolve(), date.date() if date else None)
    if as_json:
        files = [str(path) for path in done.files]
        console.print_json(done.entry.facts() | {"files": files, "was_confirmed": done.was_confirmed})
        return
    language = shop.settings().shop.language
    print(terminal("rollback_done", language, run_id=run_id))
    print("\n".join(str(path) for path in done.files))
    if not done.was_confirmed:
        print(terminal("rollback_unconfirmed", language))
