"""How past plans came out, as the terminal and a page of its own tell it."""

from typing import Any

from bidopt.export.report import environment
from bidopt.prose import Language, number, phrase

SHOWN = 14
"""Newest runs in the table."""


def scorecard_lines(told: dict[str, Any], language: Language) -> list[str]:
    """In sentences, from the facts of `runs/scorecard.json`: forecasts that came true, and what changes earned."""
    with_data = [run for run in told["runs"] if "spend" in run]
    inside = {name: sum(run[name]["inside"] for run in with_data) for name in ("spend", "gmv")}
    lines = [phrase("track_inside", language, days=len(with_data), **inside)] if with_data else []
    return [*lines, gain_line(told["gain"], language)]


def gain_line(gain: dict[str, Any], language: Language) -> str:
    """What the changes earned, or that it is too little to tell."""
    if not gain["nights"]:
        return phrase("gain_none", language)
    if not gain["measured"]:
        return phrase("gain_few", language, held=gain["held"])
    profit = {name: number(gain["profit"][name] / gain["nights"], "+,.0f") for name in ("low", "high", "foreseen")}
    verdict = phrase("gain_sure" if gain["enough"] else "gain_unsure", language)
    middle = number(gain["profit"]["measured"] / gain["nights"], "+,.0f")
    return phrase("gain_measured", language, nights=gain["nights"], profit=middle, verdict=verdict, **profit)


def scorecard_rows(told: dict[str, Any], language: Language) -> list[tuple[str, ...]]:
    """The newest runs: day, uploaded or not, taken up, spend and GMV as forecast / as they came."""
    return [
        (
            run["date"],
            phrase("undone" if run["said"] == "undone" else "applied" if run["applied"] else "not_applied", language),
            f"{run['shown']} / {run['told']}" if run["told"] else phrase("unknown", language),
            *(_came(run.get(name), language) for name in ("spend", "gmv")),
        )
        for run in told["runs"][:SHOWN]
    ]


def scorecard_html(told: dict[str, Any], language: Language) -> str:
    """The page beside the runs."""
    return (
        environment(language)
        .get_template("scorecard.html")
        .render(
            language=language,
            told=told,
            lines=scorecard_lines(told, language),
            rows=scorecard_rows(told, language),
        )
    )


def _came(figure: dict[str, Any] | None, language: Language) -> str:
    if figure is None:
        return phrase("unknown", language)
    outside = "" if figure["inside"] else phrase("outside", language)
    return f"{number(figure['forecast'])} / {number(figure['came'])}{outside}"
