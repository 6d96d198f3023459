"""A night's plan as people read it in the terminal."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bidopt.cli import console
from bidopt.prose import COLUMN, FIGURE, SEVERITY, STATUS, Language, number, say, terminal, yuan

if TYPE_CHECKING:
    import pandas as pd
    from rich.table import Table

WORDS_SHOWN = 8
DAYS_SHOWN = 30
NOTES_SHOWN = 8


def show(run_dir: Path, head: dict[str, Any], language: Language, recent: "pd.DataFrame | None" = None) -> None:
    """What to change, what it should bring, what to look at, and where the files are; `recent`: spend, GMV by day."""
    import pandas as pd

    from bidopt.export import changed_words, held_back, notes, read_budgets

    out = console.stdout()
    every = pd.read_parquet(run_dir / "recommendations.parquet")
    words = changed_words(every)
    budgets = read_budgets((run_dir / "budgets.csv").read_bytes())
    status = say(STATUS, head["status"], language)
    out.print(terminal("plan", language, date=head["date"], run_id=head["run_id"], status=status), style="bold")
    for note in held_back(head, language):
        out.print(_line(note, language))
    out.print(_figures(head, language))
    sparks = list(_sparks(recent, language)) if recent is not None else []
    for line in [*sparks, ""] if sparks else []:
        out.print(line)
    if len(words):
        out.print(_words(words, language))
    if len(budgets):
        out.print(_budgets(budgets, language))
    for line in _noted(notes(head, every, language), language):
        out.print(line)
    for name, file in (("report", "report.html"), ("bids_list", "bids.csv"), ("budgets_list", "budgets.csv")):
        out.print(f"{terminal(name, language)}  {run_dir / file}", soft_wrap=True)


def _figures(head: dict[str, Any], language: Language) -> "Table":
    expected, current = head["expected"], head["current"]
    headers = [terminal(name, language) for name in ("a_day", "now", "new", "interval")]
    rows = []
    for name, label in FIGURE.items():
        form = ",.2f" if name == "roi" else ",.0f"
        spread = " - ".join(number(expected[f"{name}_{end}"], form) for end in ("low", "high"))
        rows.append((label[language], number(current[name], form), number(expected[name], form), spread))
    return console.table(headers, rows, numbers=(1, 2, 3))


def _sparks(recent: "pd.DataFrame", language: Language) -> Iterator[str]:
    """A line each of spend and GMV, over the days that tell them."""
    for name in ("spend", "gmv"):
        told = recent[name].dropna().tolist()
        if len(told) > 1:
            ends = {"low": number(min(told)), "high": number(max(told))}
            code = f"recent_{name}"
            yield terminal(code, language, days=len(told), bars=console.spark(told), **ends)


def _words(words: "pd.DataFrame", language: Language) -> "Table":
    from bidopt.export import weightiest
    from bidopt.export.changes import change
    from bidopt.export.why import word_reasons

    top = weightiest(words, WORDS_SHOWN)
    columns = ("bid_now", "bid_new", "change", "now_profit", "new_profit", "reason")
    headers = [terminal("word", language), *(COLUMN[name][language] for name in columns)]
    rows = zip(
        top["keyword"],
        top["bid_now"].map("{:.2f}".format),
        top["bid_new"].map("{:.2f}".format),
        change(top).map("{:+.0%}".format),
        top["now_profit"].map("{:,.1f}".format),
        top["new_profit"].map("{:,.1f}".format),
        word_reasons(top, language, short=True),
        strict=True,
    )
    title = terminal("weightiest", language, shown=len(top), all=len(words))
    return console.table(headers, rows, numbers=range(1, 6), title=title)


def _budgets(budgets: "pd.DataFrame", language: Language) -> "Table":
    columns = ("campaign_name", "budget_now", "budget_new", "reason")
    money = ([yuan(amount, language) for amount in budgets[name]] for name in ("budget_now", "budget_new"))
    rows = zip(budgets["campaign_name"], *money, budgets["reason"], strict=True)
    title = terminal("budgets", language, all=len(budgets))
    return console.table([COLUMN[name][language] for name in columns], rows, numbers=(1, 2), title=title)


def _noted(notes: list[dict[str, Any]], language: Language) -> list[str]:
    lines = [_line(note, language) for note in notes[:NOTES_SHOWN]]
    left = len(notes) - len(lines)
    return [*lines, terminal("more", language, count=left)] if left else lines


def _line(note: dict[str, Any], language: Language) -> str:
    return f"[{say(SEVERITY, note['severity'], language)}] {note['message']}"
