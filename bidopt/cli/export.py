"""`bidopt export`: a run's change list in a channel's layout."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bidopt.cli import console
from bidopt.cli.options import HERE, JsonOption, WorkspaceOption, named, workspace_at

if TYPE_CHECKING:
    from bidopt.workspace import Workspace


class Layout(StrEnum):
    """Where the change list goes."""

    wujie = "wujie"
    xlsx = "xlsx"
    simba = "simba"


def export(
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", dir_okay=False, help="The file to write.")],
    run: Annotated[str | None, typer.Argument(metavar="RUN", help="A run_id.", show_default="the newest run")] = None,
    layout: Annotated[Layout, typer.Option("--format", help="wujie: CSV, simba: JSON of the API.")] = Layout.wujie,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Write a run's change list in a layout. 导出改价单。

    wujie writes the bids to FILE and changed plan budgets, where there are any, to FILE with _budgets in its name.
    xlsx is a workbook to review: every word with its forecast, and a yellow column where you may overrule a bid or a
    budget; `bidopt confirm --workbook FILE` takes it back.

    \b
    Example:
      bidopt export -w my-shop --format xlsx -o changes.xlsx
    """
    from bidopt.workspace import publish_bytes

    shop = workspace_at(workspace)
    run_dir = find_run(shop, run)
    files = contents(shop, run_dir.name, layout, output.resolve())
    for path, content in files.items():
        with named(path):
            publish_bytes(path, content)
    if as_json:
        console.print_json({"run_id": run_dir.name, "format": layout.value, "files": [str(path) for path in files]})
    else:
        print("\n".join(str(path) for path in files))


def find_run(shop: "Workspace", run: str | None) -> Path:
    """The folder of `run`, or of the newest.

    Raises
    ------
    UsageError
        When there is none.
    DataError
        When another version of bidopt wrote it.
    """
    from bidopt import runs
    from bidopt.errors import UsageError

    run_id = run or shop.latest_run()
    if run_id is None:
        raise UsageError(f"{shop.root} 还没有方案 / has no run yet.", "先运行 / first: bidopt nightly")
    there = sorted(head.parent.name for head in shop.runs.glob("[!.]*/plan.json"))
    if run_id not in there:
        raise UsageError(f"没有方案 / there is no run {run_id}.", f"现有 / there are: {', '.join(there) or '-'}")
    runs.head(shop, run_id)
    return shop.run_dir(run_id)


def contents(shop: "Workspace", run_id: str, layout: Layout, output: Path) -> dict[Path, bytes]:
    """What to write where, with what a person overruled when confirming."""
    from bidopt import export as out
    from bidopt import ledger, review

    language = shop.settings().shop.language
    run, chosen = review.load(shop, run_id), review.of_ledger(ledger.read(shop), run_id)
    if layout is Layout.xlsx:
        return {output: run.workbook(chosen, language)}
    if layout is Layout.simba:
        return {output: out.simba_json(chosen.of_words(run.words)).encode()}
    lists = run.lists(chosen, language)
    files = {output: lists["bids.csv"]}
    if len(out.changed_budgets(chosen.of_budgets(run.budgets))):
        files[output.with_stem(f"{output.stem}_budgets")] = lists["budgets.csv"]
    return files
