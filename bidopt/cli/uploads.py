"""`bidopt confirm` and `bidopt rollback`: what a person did with a run."""

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from bidopt.cli import console
from bidopt.cli.export import find_run
from bidopt.cli.options import HERE, JsonOption, WorkspaceOption, named, workspace_at

RunArgument = Annotated[str | None, typer.Argument(metavar="RUN", help="A run_id.", show_default="the newest run")]


def confirm(
    run: RunArgument = None,
    date: Annotated[
        dt.datetime | None,
        typer.Option("--date", formats=["%Y-%m-%d"], metavar="D", help="The day of upload.", show_default="today"),
    ] = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Say that a run's changes were uploaded. 确认已上传。

    Refused (exit 5) when the plan is stale: its day has passed, a newer plan is there, or bids or plan budgets in
    force, by the newest tables imported, are neither those that it was made from nor its own. Twice is once.

    \b
    Example:
      bidopt confirm -w my-shop
    """
    from bidopt import uploads
    from bidopt.prose import terminal

    shop = workspace_at(workspace)
    run_id = find_run(shop, run).name
    entry, again = uploads.confirm(shop, run_id, date.date() if date else None)
    if as_json:
        console.print_json(entry.facts() | {"again": again})
    else:
        code = "confirm_again" if again else "confirm_done"
        print(terminal(code, shop.settings().shop.language, run_id=run_id, at=entry.at, by=entry.by))


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
