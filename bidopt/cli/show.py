"""`bidopt show`: one word."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from bidopt.cli import console
from bidopt.cli.options import HERE, JsonOption, WorkspaceOption, workspace_at

if TYPE_CHECKING:
    from rich.table import Table

    from bidopt.prose import Language

FIGURES = ("impressions", "clicks", "spend", "orders", "gmv", "profit")
CURVE_ROWS = 9
HISTORY_ROWS = 14


def show(
    word: Annotated[str, typer.Argument(metavar="WORD", help="The word's text or id.", show_default=False)],
    run: Annotated[
        str | None, typer.Option("--run", metavar="RUN", help="A run_id.", show_default="the newest")
    ] = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Show one word: history, curve, why its bid is what it is. 查一个词。

    \b
    Example:
      bidopt show -w my-shop 登山包
    """
    from bidopt.cli.export import find_run
    from bidopt.word import word_facts

    shop = workspace_at(workspace)
    settings = shop.settings()
    told = word_facts(shop, find_run(shop, run).name, settings, word)
    if as_json:
        console.print_json(told)
        return
    language = settings.shop.language
    if len(told["words"]) > 1:
        console.stdout().print(_say("show_units", language, count=len(told["words"])))
    for one in told["words"]:
        _tell(one, told["run_id"], language)


def _say(code: str, language: "Language", **values: object) -> str:
    from bidopt.prose import terminal

    return terminal(code, language, **values)


def _tell(word: dict[str, Any], run_id: str, language: "Language") -> None:
    out = console.stdout()
    out.print(word["keyword"], style="bold")
    out.print(_place(word, language), soft_wrap=True)
    now, new = (f"{word[name]:.2f}" for name in ("bid_now", "bid_new"))
    move = _say("show_keep" if now == new else "show_move", language, now=now, new=new)
    out.print(_say("show_plan", language, run_id=run_id) + move, soft_wrap=True)
    out.print(word["why"])
    out.print(_figures(word, language))
    out.print(_rates(word["rates"], language))
    if len(word["curve"]) > 1:
        out.print(_curve(word, language))
        out.print(_spark("profit", word["curve"], language))
    else:
        out.print(_say("show_no_curve", language))
    if word["observed"]:
        out.print(_observed(word["observed"], language))
    if word["history"]:
        out.print(_history(word["history"], language))
        out.print(_say("show_sales", language))
        for name in ("clicks", "spend", "gmv"):
            out.print(_spark(name, word["history"], language))
    else:
        out.print(_say("show_none", language))


def _place(word: dict[str, Any], language: "Language") -> str:
    from bidopt.prose import MATCH_TYPE, TREND, WORD_CLASS, say

    coded = ((MATCH_TYPE, "match_type"), (WORD_CLASS, "word_class"), (TREND, "trend"))
    kinds = [say(texts, word.get(name, ""), language) for texts, name in coded]
    unit = f"{word['campaign_name'] or word['campaign_id']} / {word['ad_group_name'] or word['ad_group_id']}"
    return " · ".join(filter(None, [unit, word["keyword_id"], *kinds]))


def _figures(word: dict[str, Any], language: "Language") -> "Table":
    from bidopt.prose import FIGURE, number, say

    rows = [
        (
            say(FIGURE, name, language),
            *(number(word[side][name], ",.1f") for side in ("now", "new")),
            " - ".join(number(word["new"][f"{name}_{end}"], ",.1f") for end in ("low", "high")),
        )
        for name in FIGURES
    ]
    headers = [_say(name, language) for name in ("a_day", "now", "new", "interval")]
    return console.table(headers, rows, numbers=(1, 2, 3))


def _rates(rates: dict[str, float], language: "Language") -> str:
    from bidopt.prose import number

    values = {name: number(x, ",.2f" if name.startswith("order") else ".2%") for name, x in rates.items()}
    return _say("show_rates", language, **values)


def _curve(word: dict[str, Any], language: "Language") -> "Table":
    from bidopt.word import spread_out

    marks = {round(word[f"bid_{side}"], 2): _say(f"show_is_{side}", language) for side in ("now", "new")}
    rows = spread_out(word["curve"], CURVE_ROWS, (word["bid_now"], word["bid_new"]))
    cells = [[*_cells(row, FIGURES), marks.get(round(row["bid"], 2), "")] for row in rows]
    return _table("show_curve", (), FIGURES, cells, language, more=("mark",))


def _observed(rows: list[dict[str, Any]], language: "Language") -> "Table":
    cells = [[*_cells(row, FIGURES, f"{row['days']}", f"{row['cut_days']}")] for row in rows]
    return _table("show_observed", ("show_days", "show_cut"), FIGURES, cells, language)


def _history(rows: list[dict[str, Any]], language: "Language") -> "Table":
    shown = rows[-HISTORY_ROWS:]
    cells = [[row["date"], *_cells(row, FIGURES[:-1])] for row in shown]
    title = _say("show_history", language, days=len(shown))
    headers = [_say(name, language) for name in ("show_date", "show_bid")] + _headers(FIGURES[:-1], language)
    return console.table(headers, cells, numbers=range(1, 7), title=title)


def _table(
    title: str,
    counts: tuple[str, ...],
    figures: tuple[str, ...],
    cells: list[list[str]],
    language: "Language",
    more: tuple[str, ...] = (),
) -> "Table":
    own = [_say(name, language) for name in ("show_bid", *counts)]
    headers = [*own, *_headers(figures, language), *(_say(name, language) for name in more)]
    return console.table(headers, cells, numbers=range(len(own) + len(figures)), title=_say(title, language))


def _headers(figures: tuple[str, ...], language: "Language") -> list[str]:
    from bidopt.prose import FIGURE, say

    return [say(FIGURE, name, language).partition("（")[0].partition(" (")[0] for name in figures]


def _cells(row: dict[str, Any], figures: tuple[str, ...], *counts: str) -> list[str]:
    from bidopt.prose import number

    forms = {"impressions": ",.0f", "orders": ",.2f"}
    return [number(row["bid"], ".2f"), *counts, *(number(row[name], forms.get(name, ",.1f")) for name in figures)]


def _spark(name: str, rows: list[dict[str, Any]], language: "Language") -> str:
    from bidopt.prose import FIGURE, number, say

    values = [row[name] for row in rows]
    ends = {"low": number(min(values), ",.1f"), "high": number(max(values), ",.1f")}
    return _say("show_spark", language, name=say(FIGURE, name, language), bars=console.spark(values), **ends)
