"""The report page: one HTML file that reads without a network, in the shop's language."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from bidopt import backtest, prose
from bidopt.export import changes, charts, explorer
from bidopt.export.background import Background
from bidopt.export.why import budget_reasons, word_reasons
from bidopt.prose import Language
from bidopt.prose.card import CARD, LEARNT, MODEL

WORDS_SHOWN = 10
FIGURES = ("spend", "gmv", "profit", "roi")
SEVERITIES = ("critical", "warning", "info")
"""The gravest first."""
WEEK = 7
WEEKS_SHOWN = 4


def report_html(
    head: dict[str, Any],
    words: pd.DataFrame,
    budgets: pd.DataFrame,
    curves: pd.DataFrame,
    behind: Background,
    language: Language,
) -> str:
    """The page of a run.

    Parameters
    ----------
    head
        plan.json.
    words, budgets, curves
        The run's frames, see `bidopt.export`.
    behind
        What is told beside the plan.
    """
    changed = changes.changed_words(words)
    recent, frontier, week = behind.recent, behind.frontier, behind.week
    return (
        environment(language)
        .get_template("report.html")
        .render(
            head=head,
            language=language,
            figures=FIGURES,
            held_back=held_back(head, language),
            notes=notes(head, words, language),
            changed=len(changed),
            changed_budgets=len(changes.changed_budgets(budgets)),
            words=_weightiest(changed, language),
            budgets=_budgets(head, budgets, language),
            budget_total=float(np.nansum([head["caps"]["by_campaign"].get(i, 0.0) for i in budgets["campaign_id"]])),
            limits=[prose.say(prose.LIMIT, code, language) for code in head["binding"]],
            history=Markup(charts.trend_chart(recent, head, language)) if len(recent) else "",
            weeks=_weeks(recent, language),
            campaigns=Markup(charts.campaign_chart(words, language)) if len(words) else "",
            frontier=Markup(_frontier(head, frontier, language)) if frontier else "",
            told=len(behind.told),
            even=explorer.break_even(words),
            explorer=Markup(explorer.explorer_json(words, curves, behind, language)),
            classes=_classes(words, changed, language),
            week=week,
            week_line=backtest.week_line(week, language),
            week_chart=Markup(charts.week_chart(week["days"], language)) if week and week["days"] else "",
            learnt=[
                (MODEL[model][language], LEARNT[what][language], value or CARD["too_little"][language])
                for model, what, value in behind.learnt
            ],
            moved=behind.moved,
            ran=behind.ran,
            explored=int(changed["reason"].eq("explore").sum()),
            held=int(words["reason"].eq("keep_holdout").sum()),
            plotly=Markup(charts.script()),
        )
    )


def environment(language: Language) -> Environment:
    environment = Environment(
        loader=PackageLoader("bidopt.export"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["t"] = lambda code, **values: prose.phrase(code, language, **values)
    environment.filters |= {
        "number": prose.number,
        "status": _said(prose.STATUS, language),
        "severity": _said(prose.SEVERITY, language),
        "figure": _said(prose.FIGURE, language),
        "column": _said(prose.COLUMN, language),
        "yuan": lambda amount: prose.yuan(amount, language),
    }
    return environment


def _said(texts: dict[str, dict[Language, str]], language: Language) -> Callable[[str], str]:
    return lambda code: prose.say(texts, code, language)


def _weightiest(changed: pd.DataFrame, language: Language) -> list[dict[Any, Any]]:
    """The rows of the words whose change moves the most money."""
    top = changes.weightiest(changed, WORDS_SHOWN)
    match = [prose.say(prose.MATCH_TYPE, code, language) for code in top["match_type"]]
    rows = top.assign(change=changes.change(top), match=match, why=word_reasons(top, language))
    return rows.to_dict("records")


def _budgets(head: dict[str, Any], budgets: pd.DataFrame, language: Language) -> list[dict[Any, Any]]:
    """The rows of the plan budgets, with how likely each runs dry."""
    risk = [head["cut_risk"].get(campaign, np.nan) for campaign in budgets["campaign_id"]]
    move = (budgets["budget_new"] - budgets["budget_now"]).where(np.isfinite(budgets["budget_now"]))
    rows = budgets.assign(cut_risk=risk, move=move, why=budget_reasons(budgets, language))
    return rows.to_dict("records")


def _weeks(recent: pd.DataFrame, language: Language) -> list[dict[str, Any]]:
    """The means of a day of the last weeks, the newest first: `span`, and the figures of a plan."""
    weeks = [recent.iloc[max(end - WEEK, 0) : end] for end in range(len(recent), 0, -WEEK)][:WEEKS_SHOWN]
    rows = []
    for days in weeks:
        first, last = (days["date"].iloc[place] for place in (0, -1))
        means = days[["spend", "final_gmv", "clicks"]].mean()
        rows.append(
            {
                "span": prose.phrase("last_days", language, start=f"{first:%m-%d}", end=f"{last:%m-%d}"),
                "spend": float(means["spend"]),
                "gmv": float(means["final_gmv"]),
                "roi": float(means["final_gmv"] / means["spend"]) if means["spend"] > 0 else np.nan,
                "clicks": float(means["clicks"]),
            }
        )
    return rows


def _frontier(head: dict[str, Any], told: dict[str, Any], language: Language) -> str:
    return charts.frontier_chart(told, "profit", language, plan=head["expected"], div_id="frontier")


def _classes(words: pd.DataFrame, changed: pd.DataFrame, language: Language) -> list[dict[str, Any]]:
    """A row a class that has words, then those that rise and fall: how many, how many change, what they brought."""
    rows = []
    for column, texts in (("word_class", prose.WORD_CLASS), ("trend", prose.TREND)):
        for code in filter(None, texts):
            of_class = words[words[column] == code]
            if of_class.empty:
                continue
            spend, gmv = (float(of_class[f"seen_{name}"].sum()) for name in ("spend", "gmv"))
            rows.append(
                {
                    "name": texts[code][language],
                    "apart": column == "trend",
                    "words": len(of_class),
                    "changed": int((changed[column] == code).sum()),
                    "spend": spend,
                    "gmv": gmv,
                    "roi": gmv / spend if spend > 0 else np.nan,
                }
            )
    return rows


def held_back(head: dict[str, Any], language: Language) -> list[dict[str, str]]:
    """The gates that did not pass, to be said on top of the plan: severity and message; who passed over which, why."""
    return [
        {"severity": "passed_over", "message": prose.PASSED_OVER[language].format(**gate)}
        if gate.get("overridden")
        else {"severity": "review", "message": gate["message"]}
        for gate in head["gates"]
        if gate["result"] != "PASS"
    ]


def notes(head: dict[str, Any], words: pd.DataFrame, language: Language) -> list[dict[str, str]]:
    """What a person should look at, the gravest first: severity and message of alerts and warnings."""
    told = [{"severity": "warning", "message": message} for message in head["warnings"]]
    places = _places(words)
    for alert in head["alerts"]:
        place = places.get((alert["campaign_id"], alert["ad_group_id"]))
        message = prose.labelled(place, alert["message"], language) if place else alert["message"]
        told.append({"severity": alert["severity"], "message": message})
    return sorted(told, key=lambda note: SEVERITIES.index(note["severity"]))


def _places(words: pd.DataFrame) -> dict[tuple[str, str], str]:
    """Names of plans and of units by their ids: where an alert is to be looked at."""
    names = words.drop_duplicates(["campaign_id", "ad_group_id"])
    columns = ("campaign_id", "campaign_name", "ad_group_id", "ad_group_name")
    places: dict[tuple[str, str], str] = {}
    for campaign, campaign_name, unit, unit_name in names[list(columns)].itertuples(index=False):
        plan = campaign_name or campaign
        places |= {(campaign, ""): plan, (campaign, unit): f"{plan} / {unit_name or unit}"}
    return places
