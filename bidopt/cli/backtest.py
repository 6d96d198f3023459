"""`bidopt backtest`: how near the models came."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bidopt.cli import console
from bidopt.cli.meter import Meter
from bidopt.cli.options import HERE, JsonOption, WorkspaceOption, workspace_at

if TYPE_CHECKING:
    from bidopt.prose import Language


def backtest(
    origins: Annotated[int, typer.Option(min=1, max=365, metavar="N", help="Past mornings to forecast from.")] = 8,
    horizon: Annotated[int, typer.Option(min=1, max=28, metavar="DAYS", help="How many days ahead.")] = 7,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Hold past mornings' forecasts against what came, every model beside its baselines. 回测预测准不准。

    Each morning is refitted on what was known then, and forecasts the days after it at the bids and budgets that
    were then in force. Spend and GMV of the last seven days are what the night's accuracy gate looks at. Scores, and
    the rows behind every one of them, go to models/backtest/; the newest run's card.md carries them.

    \b
    Example:
      bidopt backtest -w my-shop --origins 8 --horizon 7
    """
    from bidopt import backtest as job

    shop = workspace_at(workspace)
    settings = shop.settings()
    with shop.lock(), Meter(settings.shop.language) as progress:
        found = job.backtest(shop, settings, origins, horizon, progress)
        folder = job.publish(found, shop, settings.shop.language)
    told = job.facts(found)
    if as_json:
        console.print_json({"folder": str(folder)} | told)
    else:
        show(told, folder, settings.shop.language)


def show(told: dict[str, Any], folder: Path, language: "Language") -> None:
    """The two figures that the night looks at, then every score."""
    from bidopt.backtest import head_line, tables, week_line
    from bidopt.backtest.texts import text
    from bidopt.prose import labelled

    out = console.stdout()
    out.print(head_line(told, language), style="bold")
    out.print(labelled(text("last_week", language), week_line(told["week"], language), language))
    for table in tables(told, language):
        numbers = range(1, len(table.headers))
        out.print(table.title, style="bold")
        out.print(console.table(table.headers, table.rows, numbers=numbers))
    out.print(f"{text('files', language)}  {folder}", soft_wrap=True)
