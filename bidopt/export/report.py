"""The report page: one HTML file that reads without a network, in the shop's language."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from bidopt import prose
from bidopt.export import changes, charts
from bidopt.export.why import budget_reasons, word_reasons
from bidopt.prose import Language

WORDS_SHOWN = 20
FIGURES = ("spend", "gmv", "profit", "roi")
SEVERITIES = ("critical", "warning", "info")
"""The gravest first."""


def report_html(
    head: dict[str, Any],
    words: pd.DataFrame,
    budgets: pd.DataFrame,
    curves: pd.DataFrame,
    recent: pd.DataFrame,
    language: Language,
) -> str:
    """The page of a run.

    Parameters
    ----------
    head
        plan.json.
    words, budgets, curves
        The run's frames, see `bidopt.export`.
    recent
        Columns date, impressions, clicks, spend, orders, gmv: one row a day, at most the last 60.
    """
    changed = changes.changed_words(words)
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
            limits=[prose.say(prose.LIMIT, code, language) for code in head["binding"]],
            history=Markup(charts.history_chart(recent, language)) if len(recent) else "",
            campaigns=Markup(charts.campaign_chart(words, language)) if len(words) else "",
            curves=Markup(charts.curve_chart(words, curves, language)),
            plotly=Markup(get_plotlyjs()),
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
    return budgets.assign(cut_risk=risk, why=budget_reasons(budgets, language)).to_dict("records")


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
