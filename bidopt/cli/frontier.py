"""A what-if's answer as people read it in the terminal, and as CSV."""

import csv
import io
from typing import TYPE_CHECKING, Any

from bidopt.cli import console
from bidopt.prose import Language, number, terminal

if TYPE_CHECKING:
    from rich.table import Table

CHANGES_SHOWN = 6
FIGURES = ("impressions", "clicks", "spend", "orders", "gmv", "profit", "roi")


def show(told: dict[str, Any], kept: list[dict[str, Any]], language: Language) -> None:
    """The frontier, the budgets that matter, what a target takes, and kept answers beside it."""
    out = console.stdout()
    out.print(terminal("whatif", language, date=told["date"], run_id=told["run_id"]), style="bold")
    for line in _assumed(told["change"], language):
        out.print(line)
    answers = told["scenarios"]
    if answers:
        out.print(_frontier(told, language))
    if len(answers) > 2:
        out.print(_spark(answers, language))
        for line in _points(told["points"], language):
            out.print(line)
    for target in told.get("targets", []):
        out.print(_target(target, language))
    single = [*answers, *(target["answer"] for target in told.get("targets", []))]
    if len(single) == 1:
        out.print(_campaigns(single[0], told["campaigns"], language))
        if single[0]["weightiest"]:
            out.print(_changes(single[0], language))
    if kept:
        out.print(_compared(told, kept, language))


def csv_of(told: dict[str, Any]) -> bytes:
    """One row a budget, UTF-8 with BOM."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    spans = [f"{name}{end}" for name in FIGURES for end in ("", "_low", "_high")]
    writer.writerow(["budget", "planned", *spans, "marginal_roi", "shadow_price", "gap", "raised", "cut"])
    for one in told["scenarios"]:
        own = [one[name] for name in ("marginal_roi", "shadow_price", "gap")]
        figures = [one["expected"][name] for name in spans]
        writer.writerow([one["budget"], one["planned"], *figures, *own, *one["changes"].values()])
    return text.getvalue().encode("utf-8-sig")


def _assumed(change: dict[str, Any], language: Language) -> list[str]:
    """What the scenario changes, a line each."""
    said = [
        terminal(f"whatif_{name}", language, change=f"{change[name]:+.0%}")
        for name in ("cpc", "cvr", "demand")
        if change[name]
    ]
    if change["max_bid"] is not None:
        said.append(terminal("whatif_max_bid", language, bid=f"{change['max_bid']:.2f}"))
    if change["exclude"]:
        said.append(terminal("whatif_exclude", language, ids=", ".join(change["exclude"])))
    if change["nights"] > 1:
        said.append(terminal("whatif_nights", language, nights=change["nights"]))
    return said


def _frontier(told: dict[str, Any], language: Language) -> "Table":
    names = ("budget", "spend", "gmv", "roi", "profit", "interval", "next_yuan", "raised_cut", "mark")
    rows = [_row(terminal("today", language), told["current"])]
    marks = {budget: name for name, budget in reversed(told["points"].items()) if budget is not None}
    for one in told["scenarios"]:
        mark = terminal(f"point_{marks[one['budget']]}", language) if one["budget"] in marks else ""
        feasible = "" if one["feasible"] else terminal("not_kept", language)
        changes = f"{one['changes']['raised']} / {one['changes']['cut']}"
        own = [number(one["marginal_roi"], ".2f") if one["marginal_roi"] else "-", changes, mark or feasible]
        rows.append([*_row(number(one["budget"], ",.0f"), one["expected"])[:6], *own])
    return console.table([terminal(name, language) for name in names], rows, numbers=range(8))


def _row(label: str, figures: dict[str, float]) -> list[str]:
    interval = f"{number(figures['profit_low'])} - {number(figures['profit_high'])}"
    yuan = [number(figures[name]) for name in ("spend", "gmv")]
    return [label, *yuan, number(figures["roi"], ".2f"), number(figures["profit"]), interval, "", "", ""]


def _spark(answers: list[dict[str, Any]], language: Language) -> str:
    """Profit by budget as a line of bars."""
    profit = [one["expected"]["profit"] for one in answers]
    ends = {"low": number(min(profit)), "high": number(max(profit))}
    return terminal("spark", language, bars=console.spark(profit), **ends)


def _points(points: dict[str, float | None], language: Language) -> list[str]:
    return [
        terminal(f"told_{name}", language, budget=number(budget))
        for name, budget in points.items()
        if budget is not None and name != "plan"
    ]


def _target(target: dict[str, Any], language: Language) -> str:
    answer, form = target["answer"], ",.0f" if target["figure"] == "gmv" else ".2f"
    values = {"goal": number(target["goal"], form), "budget": number(answer["budget"])}
    figures = {name: number(answer["expected"][name], ".2f" if name == "roi" else ",.0f") for name in FIGURES}
    code = f"target_{target['figure']}" if target["reached"] else f"beyond_{target['figure']}"
    return terminal(code, language, **values, **figures)


def _campaigns(answer: dict[str, Any], called: dict[str, str], language: Language) -> "Table":
    names = ("campaign", "plan_budget", "spend", "gmv", "orders", "clicks")
    rows = [
        [
            called.get(i) or i,
            number(answer["budgets"].get(i)),
            *(number(one[name], ",.1f") for name in ("spend", "gmv", "orders", "clicks")),
        ]
        for i, one in answer["by_campaign"].items()
    ]
    return console.table([terminal(name, language) for name in names], rows, numbers=range(1, 6))


def _changes(answer: dict[str, Any], language: Language) -> "Table":
    names = ("word", "bid_then", "bid_there", "more_spend", "more_profit")
    rows = [
        [
            w["keyword"],
            f"{w['bid_now']:.2f}",
            f"{w['bid_new']:.2f}",
            f"{w['more_spend']:+.1f}",
            f"{w['more_profit']:+.1f}",
        ]
        for w in answer["weightiest"][:CHANGES_SHOWN]
    ]
    raised, cut = answer["changes"].values()
    title = terminal("would_change", language, raised=raised, cut=cut)
    return console.table([terminal(name, language) for name in names], rows, numbers=range(1, 5), title=title)


def _compared(told: dict[str, Any], kept: list[dict[str, Any]], language: Language) -> "Table":
    """Kept answers and this one, each at the budget nearest to the settings' own."""
    names = ("kept_name", "run", "budget", "spend", "gmv", "roi", "profit")
    rows = []
    for one in [*kept, told | {"name": terminal("this_one", language)}]:
        answers = one["scenarios"] or [target["answer"] for target in one["targets"]]
        nearest = min(answers, key=lambda answer: abs(answer["budget"] - told["points"]["plan"]))
        label = _row(number(nearest["budget"]), nearest["expected"])
        rows.append([one["name"], one["run_id"], *label[:5]])
    return console.table([terminal(name, language) for name in names], rows, numbers=range(2, 7))
