"""What a person should look at this morning, the most money at stake first."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from bidopt import store
from bidopt.fit import FittedModels, Panel, shifts, traffic
from bidopt.fit.panel import by_group
from bidopt.fit.shrinkage import shrink
from bidopt.fit.traffic import Traffic
from bidopt.prose import Language, labelled, listed, note
from bidopt.recommend import Plan
from bidopt.recommend.forecast import DRY
from bidopt.schema import UNIT
from bidopt.store import History

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]
Severity = Literal["info", "warning", "critical"]

WORTH_TELLING = 0.05
"""More clicks for the same money by this share are worth a word."""
MOST = 20
FALSE_FALLS, FALSE_RISES = 3.0, 0.1
"""False alarms a day that are bearable where nothing happens: a fall missed for days is the dearer error."""
WASTE_DAYS = 15
FALSE_SHARE = 0.1
"""Of the words told as waste, by chance."""
LEAST_ORDERS = 1.0
"""Expected of a word: with fewer none is no news."""
STOCK_DAYS = 3.0
TOGETHER = 4
"""So many words of one item that tell the same are one alert."""
SINGLY = 3
"""Findings of a kind that are told one by one, the dearest; all others are one alert."""
WORDS_NAMED = 3
FRESH = pd.Timedelta(days=15)
"""Older word tables say nothing of today's quality."""
TITLE = 12
"""Characters of an item's title that name it."""
PLANS_NAMED = 4


@dataclass(frozen=True)
class Alert:
    kind: str
    severity: Severity
    campaign_id: str
    ad_group_id: str
    keyword_id: str
    message: str
    stake: float
    """Yuan a day that hang on it; only orders the list."""

    def facts(self) -> dict[str, str]:
        return {k: v for k, v in asdict(self).items() if k != "stake"}


def find(
    models: FittedModels,
    panel: Panel,
    plan: Plan,
    history: History,
    language: Language,
    lately: Traffic | None = None,
) -> list[Alert]:
    """All alerts, at most `MOST`, ranked by the money at stake; `lately`: the traffic, where others ask for it too."""
    lately = lately or traffic.of(models, panel)
    found = [
        *_budget_out(models, panel, plan, language),
        *_waste(models, panel, language),
        *_moved("falling", 0.5, FALSE_FALLS, models, panel, lately, history.items, language),
        *_moved("rising", 2.0, FALSE_RISES, models, panel, lately, history.items, language),
        *_quality_drop(models, panel, history, language),
        *_level_shift(models, panel, lately, history.items, language),
        *_stock(plan, models, history.items, language),
        *_no_impressions(models, language),
    ]
    return sorted(found, key=lambda a: (-a.stake, a.kind, a.campaign_id, a.ad_group_id, a.keyword_id))[:MOST]


def _budget_out(models: FittedModels, panel: Panel, plan: Plan, language: Language) -> list[Alert]:
    """Campaigns whose budget ran out yesterday and lacks a part of usual days, and what it buys at lower bids."""
    spend = by_group(panel.spend, panel.campaign, len(panel.campaigns))[:, -1]
    budget = panel.budget[:, -1]
    found = []
    for c in np.flatnonzero(panel.cut[:, -1] & (plan.decision.served_now < DRY)):
        campaign = str(models.campaigns["campaign_id"].iloc[c])
        said = note("budget_out", language, spend=spend[c], budget=budget[c])
        cheaper = plan.head["same_money"].get(campaign, {"clicks": 0.0, "clicks_lower": 0.0})
        more = cheaper["clicks_lower"] - cheaper["clicks"]
        if more > WORTH_TELLING * cheaper["clicks"]:
            said += note("same_money", language, lower=cheaper["lower"], more=more)
        found.append(Alert("budget_out", "warning", campaign, "", "", said, float(spend[c])))
    return found


def _waste(models: FittedModels, panel: Panel, language: Language) -> list[Alert]:
    """Words that spent without an order where as many clicks on their item would have brought some."""
    days = slice(-WASTE_DAYS, None)
    orders = panel.counts["orders"][:, days].sum(1)
    exposure = (panel.exposed["orders"][:, days] * models.delay.at(panel.age[days])).sum(1)
    usual = orders.sum() / max(exposure.sum(), 1.0)
    came, due = (np.bincount(panel.item, x, len(panel.item_ids)).astype(float) for x in (orders, exposure * usual))
    expected = exposure * usual * shrink(came, due).mean[panel.item]
    judged = np.flatnonzero((expected >= LEAST_ORDERS) & models.words["word_type"].eq("keyword").to_numpy())
    chance = np.where(orders[judged] == 0, np.exp(-expected[judged]), 1.0)
    spend, clicks = panel.spend[:, days].sum(1), panel.clicks[:, days].sum(1)
    return [
        _of_word(
            "waste", "warning", models.words.iloc[i], float(spend[i]) / WASTE_DAYS,
            note("waste", language, spend=spend[i], clicks=clicks[i], expected=expected[i]), language,
        )
        for i in judged[_beyond_chance(chance)]
    ]  # fmt: skip


def _beyond_chance(chance: Array) -> npt.NDArray[np.bool_]:
    """(n,) which of so many findings to tell, `FALSE_SHARE` of them false on average (Benjamini & Hochberg, 1995, JRSS
    B 57), given the `chance` (n,) of each where nothing is to be found."""
    least = np.sort(chance)
    passed = np.flatnonzero(least <= FALSE_SHARE * np.arange(1, len(least) + 1) / len(least))
    return np.asarray(chance <= least[passed[-1]] if passed.size else np.zeros(len(chance), bool))


def _moved(
    kind: Literal["falling", "rising"],
    factor: float,
    false_alarms: float,
    models: FittedModels,
    panel: Panel,
    lately: Traffic,
    items: pd.DataFrame,
    language: Language,
) -> list[Alert]:
    """Words whose impressions left what their bids and the shop's days let expect; the stake is what they spent."""
    severity: Severity = "warning" if kind == "falling" else "info"
    moved = traffic.moved(lately, factor, false_alarms)
    if not moved.found.size:
        return []
    before = panel.spend[:, -traffic.BEFORE - traffic.LATELY : -traffic.LATELY].mean(1)[moved.found]
    stake = before * np.abs(moved.now / moved.usual - 1)

    def alert(some: Index) -> Alert:
        text = note(kind, language, days=traffic.LATELY, now=moved.now[some].sum(), usual=moved.usual[some].sum())
        return _of_words(kind, severity, models.words.iloc[moved.found[some]], items, stake[some], text, language)

    return _by_item(panel.item[moved.found], stake, alert)


def _by_item(item: Index, stake: Array, alert: Callable[[Index], Alert]) -> list[Alert]:
    """An `alert` for each of the findings, whose items and stakes are given (k,): one for an item that has many, and
    one for all beyond the dearest `SINGLY`."""
    many = np.bincount(item, minlength=1)[item] >= TOGETHER
    groups = [*np.flatnonzero(~many)[:, None], *(np.flatnonzero(item == i) for i in np.unique(item[many]))]
    groups.sort(key=lambda some: -float(stake[some].sum()))
    if len(groups) > SINGLY + 1:
        groups[SINGLY:] = [np.concatenate(groups[SINGLY:])]
    return [alert(some) for some in groups]


def _quality_drop(models: FittedModels, panel: Panel, history: History, language: Language) -> list[Alert]:
    """Words whose quality score is lower in the newest word table than in the one before it."""
    tables = history.words
    newest = tables["date"].max()
    recent = tables[tables["date"] >= pd.Timestamp(models.day) - FRESH]
    is_new = recent["date"] == newest
    now, was = (
        store.in_force(rows, models.words, UNIT, "quality_score", pd.DatetimeIndex([newest]))[:, 0]
        for rows in (recent[is_new], recent[~is_new])
    )
    fallen = np.flatnonzero(now < was)
    stake = (panel.spend[:, -7:].mean(1) * (was - now) / was)[fallen]

    def alert(some: Index) -> Alert:
        rows = fallen[some]
        text = note("quality_drop", language, before=was[rows].mean(), now=now[rows].mean(), since=newest.date())
        return _of_words("quality_drop", "warning", models.words.iloc[rows], history.items, stake[some], text, language)

    return _by_item(panel.item[fallen], stake, alert)


def _level_shift(
    models: FittedModels, panel: Panel, lately: Traffic, items: pd.DataFrame, language: Language
) -> list[Alert]:
    """Prices, demand or conversion that jumped within the last week and did not come back; one day is no news yet."""
    spend = panel.spend[:, -7:].mean(1)
    found = []
    for shift in shifts.find(models, panel, lately):
        words = models.words[(models.words[list(shift.where)] == pd.Series(shift.where)).all(axis=1)]
        stake = float(spend[words.index].sum() * abs(shift.change))
        once = shift.since == panel.days[-1].date()
        severity: Severity = "info" if once else "warning"
        code = f"shift_{shift.figure}{'_once' if once else ''}"
        text = note(code, language, since=shift.since, change=shift.change)
        if "item_id" in shift.where:
            found.append(_of_item("level_shift", severity, words, items, stake, text, language))
        else:
            found.append(Alert("level_shift", severity, shift.where.get("campaign_id", ""), "", "", text, stake))
    return found


def _stock(plan: Plan, models: FittedModels, items: pd.DataFrame, language: Language) -> list[Alert]:
    """Items that the planned orders sell out within days."""
    stock = items.sort_values("date").groupby("item_id")["stock"].last().dropna()
    planned = plan.words.groupby("item_id")[["new_orders", "new_gmv"]].sum().reindex(stock.index).fillna(0.0)
    sums = zip(stock.index, stock, planned["new_orders"], planned["new_gmv"], strict=True)
    return [
        _of_item(
            "stock", "critical", models.words[models.words["item_id"] == item], items, float(earned),
            note("stock", language, stock=left, days=left / sold), language,
        )
        for item, left, sold, earned in sums
        if sold > 0 and left / sold < STOCK_DAYS
    ]  # fmt: skip


def _no_impressions(models: FittedModels, language: Language) -> list[Alert]:
    """无展现词, one alert for all: they lose no money, and wait."""
    w = models.words
    unseen = w[w["listed"] & w["active"] & w["word_type"].eq("keyword") & (w["seen_impressions"] == 0)]
    if models.days_seen < 15 or unseen.empty:
        return []
    text = note("no_impressions", language, count=len(unseen)) + _in_plans(unseen, language)
    return [Alert("no_impressions", "info", *_place(unseen), "", text, 0.0)]


def _of_word(
    kind: str, severity: Severity, word: "pd.Series[Any]", stake: float, text: str, language: Language
) -> Alert:
    campaign, ad_group, keyword = (str(word[name]) for name in UNIT)
    return Alert(kind, severity, campaign, ad_group, keyword, labelled(str(word["keyword"]), text, language), stake)


def _of_words(
    kind: str, severity: Severity, words: pd.DataFrame, items: pd.DataFrame, stake: Array, text: str, language: Language
) -> Alert:
    """About one word, or about several as one finding, the dearest of them named."""
    if len(words) == 1:
        return _of_word(kind, severity, words.iloc[0], float(stake[0]), text, language)
    dearest = words["keyword"].iloc[np.argsort(-stake, kind="stable")[:WORDS_NAMED]]
    named = note("of_words", language, names=listed(dearest, language), count=len(words))
    if words["item_id"].nunique() > 1:
        return Alert(kind, severity, *_place(words), "", named + text + _in_plans(words, language), float(stake.sum()))
    return _of_item(kind, severity, words, items, float(stake.sum()), named + text, language)


def _of_item(
    kind: str, severity: Severity, words: pd.DataFrame, items: pd.DataFrame, stake: float, text: str, language: Language
) -> Alert:
    """About the item of `words`, named with all the plans that it is in."""
    item = str(words["item_id"].iloc[0])
    names = pd.concat([items.loc[items["item_id"] == item, "item_name"].iloc[::-1], words["item_name"]])
    title = next((name for name in names if name), "")
    short = title if len(title) <= TITLE else f"{title[:TITLE]}…"
    label = note("item", language, title=short, item=item) if title else item
    told = labelled(label, text + _in_plans(words, language), language)
    return Alert(kind, severity, *_place(words), "", told, stake)


def _in_plans(words: pd.DataFrame, language: Language) -> str:
    plans = words.drop_duplicates("campaign_id")
    shown = [name or campaign for name, campaign in zip(plans["campaign_name"], plans["campaign_id"], strict=True)]
    return note("in_plans", language, names=listed(shown[:PLANS_NAMED], language), count=len(shown))


def _place(words: pd.DataFrame) -> tuple[str, str]:
    """Ids of the plan and the unit that all `words` are in; empty where there are several."""
    campaigns, units = words["campaign_id"].unique(), words["ad_group_id"].unique()
    one = str(campaigns[0]) if len(campaigns) == 1 else ""
    return one, str(units[0]) if one and len(units) == 1 else ""
