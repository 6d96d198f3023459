"""`bidopt whatif`: what other budgets, bids or markets would bring tomorrow."""

import math
import re
from pathlib import Path
from typing import Annotated, Any

import typer

from bidopt.cli import console
from bidopt.cli.meter import Meter
from bidopt.cli.options import HERE, JsonOption, WorkspaceOption, named, workspace_at
from bidopt.errors import UsageError
from bidopt.progress import Step

NAME = re.compile(r"\w[\w.-]{0,59}")
SLOW = 4
"""More budgets than this are worth a line of progress each."""


def change_of(text: str) -> float:
    """`+10%`, `-5%` or `0.1` as a fraction.

    Raises
    ------
    typer.BadParameter
        For anything else, and for -100 % and less.
    """
    found = re.fullmatch(r"\s*([+-]?\d+(?:\.\d+)?)\s*([%％]?)\s*", text)
    value = float(found[1]) / (100 if found[2] else 1) if found else -1.0
    if not found or value <= -1 or value > 10:
        raise typer.BadParameter(f"{text!r} 应写成 / must be like +10% or -5%")
    return value


def target_of(text: str) -> float:
    """A number above 0.

    Raises
    ------
    typer.BadParameter
        For anything else.
    """
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise typer.BadParameter(f"{text!r} 应为大于 0 的数 / must be a number above 0")
    return value


def whatif(
    budget: Annotated[list[float] | None, typer.Option("--budget", metavar="B", help="Yuan a day; repeatable.")] = None,
    start: Annotated[float | None, typer.Option("--from", metavar="A", help="Sweep: the smallest budget.")] = None,
    stop: Annotated[float | None, typer.Option("--to", metavar="B", help="Sweep: the largest.")] = None,
    step: Annotated[float | None, typer.Option("--step", metavar="S", help="Sweep: from one to the next.")] = None,
    nights: Annotated[int, typer.Option(min=1, max=60, metavar="N", help="Let bids move N nights' steps first.")] = 1,
    target_gmv: Annotated[
        Any, typer.Option(parser=target_of, metavar="G", help="What budget brings G yuan of GMV a day?")
    ] = None,
    target_roi: Annotated[
        Any, typer.Option(parser=target_of, metavar="R", help="What budget keeps an ROI of R, with most GMV?")
    ] = None,
    cpc_change: Annotated[
        Any, typer.Option(parser=change_of, metavar="P%", help="Rivals bid P % more (+10%) or less (-10%).")
    ] = "0",
    cvr_change: Annotated[
        Any, typer.Option(parser=change_of, metavar="P%", help="Clicks convert so differently.")
    ] = "0",
    demand_change: Annotated[Any, typer.Option(parser=change_of, metavar="P%", help="So many more searches.")] = "0",
    max_bid: Annotated[float | None, typer.Option(min=0.05, metavar="B", help="No bid above B yuan.")] = None,
    exclude_campaign: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Leave a campaign as it is, outside the cap; repeatable.")
    ] = None,
    save: Annotated[str | None, typer.Option(metavar="NAME", help="Keep the answer under a name.")] = None,
    compare: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Put kept answers beside this one; repeatable.")
    ] = None,
    csv: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the figures as CSV.")] = None,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the frontier as a page.")] = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """What other budgets would bring tomorrow, by the newest night's models; nothing is fitted. 预算推演。

    \b
    Example:
      bidopt whatif -w my-shop --budget 2000 --budget 3000
      bidopt whatif -w my-shop --from 1000 --to 5000 --step 500 --nights 5
      bidopt whatif -w my-shop --target-gmv 20000
      bidopt whatif -w my-shop --cpc-change +10% --save dearer
    """
    from bidopt import scenarios
    from bidopt.cli import frontier
    from bidopt.scenarios import Change

    shop = workspace_at(workspace)
    settings = shop.settings()
    named_budgets = _budgets(budget, start, stop, step)
    name = None if save is None else _named(save)
    kept = [scenarios.kept(shop, _named(name)) for name in compare or []]
    change = Change(cpc_change, cvr_change, demand_change, max_bid, tuple(exclude_campaign or ()), nights)
    run_id, models = scenarios.newest(shop)
    scenario = scenarios.Scenario.of(models, settings, change)
    targets = [
        scenarios.reach(scenario, name, goal) for name, goal in (("gmv", target_gmv), ("roi", target_roi)) if goal
    ]
    asked = named_budgets or ([] if targets else scenarios.usual_budgets(settings.daily_cap(models.day)))
    answers, budgets = [], sorted(set(asked))
    with Meter(settings.shop.language) as progress:
        for one in scenario.each(budgets):
            answers.append(one)
            if len(budgets) > SLOW:
                progress(Step(f"{len(answers)}/{len(budgets)}", len(answers) / len(budgets)))
    told = scenarios.told(scenario, run_id, change, answers, targets)
    if name is not None:
        scenarios.keep(shop, name, told)
    if csv is not None:
        with named(csv):
            csv.write_bytes(frontier.csv_of(told))
    if html is not None:
        from bidopt.export.frontier import frontier_html

        with named(html):
            html.write_text(frontier_html(told, settings.shop.language), "utf-8", newline="\n")
    if as_json:
        console.print_json(told | ({"compared": kept} if kept else {}))
    else:
        frontier.show(told, kept, settings.shop.language)


def _budgets(
    named_ones: list[float] | None, start: float | None, stop: float | None, step: float | None
) -> list[float]:
    """The budgets asked for, those of a sweep included."""
    budgets = list(named_ones or [])
    sweep = [start, stop, step]
    if any(x is not None for x in sweep):
        if start is None or stop is None or step is None:
            raise UsageError(
                "--from、--to、--step 要一起用 / go together.", "例 / e.g. --from 1000 --to 5000 --step 500"
            )
        if not (step > 0 and start <= stop and (stop - start) / step <= 1000):
            raise UsageError(
                "--step 应大于 0，--to 不小于 --from，最多 1000 个 / at most 1000 budgets, from low to high."
            )
        budgets += [start + step * place for place in range(int((stop - start) / step + 1e-6) + 1)]
    wrong = [x for x in budgets if not 0 < x < 1e9]
    if wrong:
        raise UsageError(f"预算应大于 0、小于十亿 / a budget must be above 0 and below 1e9: {wrong[0]:g}.")
    return budgets


def _named(name: str) -> str:
    if not NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} 不能作名字 / cannot be a name.", "只用字母、数字、_ - . / letters, digits, _ - . only"
        )
    return name
