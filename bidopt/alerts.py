"""What a person should look at this morning, the most money at stake first."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from bidopt.fit import FittedModels, Panel, shifts
from bidopt.fit.panel import by_group
from bidopt.prose import Language, labelled, listed, note
from bidopt.recommend import Plan
from bidopt.schema import UNIT
from bidopt.store import History

Array = npt.NDArray[np.float64]
Severity = Literal["info", "warning", "critical"]

WORTH_TELLING = 0.05
"""More clicks for the same money by this share are worth a word."""
MOST = 20
WASTE_ORDERS = 4.6
"""So many orders expected and none seen happens to one word in a hundred (Poisson: exp(-4.6) = 0.01)."""
STOCK_DAYS = 3.0
BEYOND_NOISE = 2.0
"""So many standard deviations above, three days in a row, happens to one word in a hundred thousand."""
ENOUGH_WORDS = 5
"""Of a plan, to say how they change in common."""
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


def find(models: FittedModels, panel: Panel, plan: Plan, history: History, language: Language) -> list[Alert]:
    """All alerts, at most `MOST`, ranked by the money at stake."""
    found = [
        *_budget_out(models, panel, plan, language),
        *_waste(models, panel, language),
        *_falling(models, panel, language),
        *_rising(models, panel, language),
        *_quality_drop(models, panel, history.words, language),
        *_level_shift(models, panel, history.items, language),
        *_stock(plan, models, history.items, language),
        *_no_impressions(models, language),
    ]
    return sorted(found, key=lambda a: (-a.stake, a.kind, a.campaign_id, a.ad_group_id, a.keyword_id))[:MOST]


def _budget_out(models: FittedModels, panel: Panel, plan: Plan, language: Language) -> list[Alert]:
    """Campaigns whose budget ran out yesterday, and what the same money buys at lower bids."""
    spend = by_group(panel.spend, panel.campaign, len(panel.campaigns))[:, -1]
    budget = panel.budget[:, -1]
    found = []
    for c in np.flatnonzero(panel.cut[:, -1]):
        campaign = str(models.campaigns["campaign_id"].iloc[c])
        said = note("budget_out", language, spend=spend[c], budget=budget[c])
        cheaper = plan.head["same_money"].get(campaign, {"clicks": 0.0, "clicks_lower": 0.0})
        more = cheaper["clicks_lower"] - cheaper["clicks"]
        if more > WORTH_TELLING * cheaper["clicks"]:
            said += note("same_money", language, lower=cheaper["lower"], more=more)
        found.append(Alert("budget_out", "warning", campaign, "", "", said, float(spend[c])))
    return found


def _waste(models: FittedModels, panel: Panel, language: Language) -> list[Alert]:
    """Words that spent without an order where their kind would surely have had some."""
    w = models.words
    known = models.delay.at(panel.age[-15:])
    clicks = panel.exposed["orders"]
    usual = panel.counts["orders"].sum() / max(clicks.sum(), 1.0)
    expected = (clicks[:, -15:] * known).sum(1) * usual
    spend = panel.spend[:, -15:].sum(1)
    hit = (
        (panel.counts["orders"][:, -15:].sum(1) == 0)
        & (expected >= WASTE_ORDERS)
        & w["word_type"].eq("keyword").to_numpy()
    )
    return [
        _of_word(
            "waste", "warning", w.iloc[i], float(spend[i]) / 15,
            note("waste", language, spend=spend[i], clicks=w["seen_clicks"].iloc[i], expected=expected[i]), language,
        )
        for i in np.flatnonzero(hit)
    ]  # fmt: skip


def _falling(models: FittedModels, panel: Panel, language: Language) -> list[Alert]:
    """Words whose impressions fell three days in a row to under half of the two weeks before, at an unlowered bid."""
    shown = panel.impressions
    if shown.shape[1] < 17 or not (panel.covered & ~panel.idle)[-17:].all():
        return []
    usual, last = shown[:, -17:-3].mean(1), shown[:, -3:]
    in_a_row = (np.diff(shown[:, -4:], axis=1) < 0).all(1)
    lowered = panel.bid[:, -1] < panel.bid[:, -17:-3].mean(1) * 0.95
    cut = panel.cut[panel.campaign][:, -3:].any(1)
    hit = in_a_row & (last.mean(1) < 0.5 * usual) & (usual >= 100) & ~lowered & ~cut
    spend = panel.spend[:, -17:-3].mean(1)
    return [
        _of_word(
            "falling", "warning", models.words.iloc[i], float(spend[i]),
            note("falling", language, now=last[i].mean(), usual=usual[i]), language,
        )
        for i in np.flatnonzero(hit)
    ]  # fmt: skip


def _rising(models: FittedModels, panel: Panel, language: Language) -> list[Alert]:
    """Words whose impressions stood, three days in a row, at an unraised bid, further above both the two weeks before
    and what the plan's other words did than days scatter."""
    shown = panel.impressions
    if shown.shape[1] < 17 or not panel.covered[-17:].all():
        return []
    usual, last = shown[:, -17:-3].mean(1), shown[:, -3:]
    expected = (usual * np.maximum(_in_common(last.mean(1), usual, panel), 1.0))[:, None]
    scatter = np.sqrt(expected + models.demand_noise.word * expected**2)
    raised = panel.bid[:, -1] > panel.bid[:, -17:-3].mean(1) * 1.05
    stands_out = (last > expected + BEYOND_NOISE * scatter).all(1) & (last.mean(1) > 1.5 * expected[:, 0])
    spend = panel.spend[:, -3:].mean(1)
    return [
        _of_word(
            "rising", "info", models.words.iloc[i], float(spend[i]),
            note("rising", language, now=last[i].mean(), usual=usual[i]), language,
        )
        for i in np.flatnonzero(stands_out & (usual >= 100) & ~raised)
    ]  # fmt: skip


def _in_common(last: Array, usual: Array, panel: Panel) -> Array:
    """(n,) by how much the words of each plan changed: the median; the shop's where a plan has too few to tell."""
    some = usual > 0
    change = pd.Series(last[some] / usual[some])
    of_plan = change.groupby(panel.campaign[some]).agg(["median", "size"])
    told = of_plan["median"].where(of_plan["size"] >= ENOUGH_WORDS)
    return told.reindex(range(len(panel.campaigns))).fillna(change.median()).to_numpy()[panel.campaign]


def _quality_drop(models: FittedModels, panel: Panel, tables: pd.DataFrame, language: Language) -> list[Alert]:
    """Words whose quality score is lower in the newest word table than in the one before it."""
    newest = tables["date"].max()
    recent = tables[tables["date"] >= pd.Timestamp(models.day) - FRESH].dropna(subset="quality_score")
    unit = pd.MultiIndex.from_frame(models.words[list(UNIT)])
    is_new = recent["date"] == newest
    now, was = (
        rows.sort_values("date").groupby(list(UNIT))["quality_score"].last().reindex(unit).to_numpy(float)
        for rows in (recent[is_new], recent[~is_new])
    )
    spend = panel.spend[:, -7:].mean(1)
    return [
        _of_word(
            "quality_drop", "warning", models.words.iloc[i], float(spend[i] * (was[i] - now[i]) / was[i]),
            note("quality_drop", language, before=was[i], now=now[i], since=newest.date()), language,
        )
        for i in np.flatnonzero(now < was)
    ]  # fmt: skip


def _level_shift(models: FittedModels, panel: Panel, items: pd.DataFrame, language: Language) -> list[Alert]:
    """Prices, demand or conversion that jumped within the last week and did not come back; one day is no news yet."""
    spend = panel.spend[:, -7:].mean(1)
    found = []
    for shift in shifts.find(models, panel):
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
    """无展现词, one alert an ad group."""
    w = models.words
    if models.days_seen < 15:
        return []
    unseen = w[w["listed"] & w["active"] & w["word_type"].eq("keyword") & (w["seen_impressions"] == 0)]
    return [
        Alert(
            "no_impressions",
            "info",
            str(ids[0]),
            str(ids[1]),
            "",
            note("no_impressions", language, count=len(group)),
            0.0,
        )
        for ids, group in unseen.groupby(["campaign_id", "ad_group_id"])
        if isinstance(ids, tuple)
    ]


def _of_word(
    kind: str, severity: Severity, word: "pd.Series[Any]", stake: float, text: str, language: Language
) -> Alert:
    campaign, ad_group, keyword = (str(word[name]) for name in UNIT)
    return Alert(kind, severity, campaign, ad_group, keyword, labelled(str(word["keyword"]), text, language), stake)


def _of_item(
    kind: str, severity: Severity, words: pd.DataFrame, items: pd.DataFrame, stake: float, text: str, language: Language
) -> Alert:
    """About the item of `words`, named with all the plans that it is in; under a plan's id only where it is the one."""
    item = str(words["item_id"].iloc[0])
    names = pd.concat([items.loc[items["item_id"] == item, "item_name"].iloc[::-1], words["item_name"]])
    title = next((name for name in names if name), "")
    short = title if len(title) <= TITLE else f"{title[:TITLE]}…"
    label = note("item", language, title=short, item=item) if title else item
    plans = words.drop_duplicates("campaign_id")
    shown = [name or campaign for name, campaign in zip(plans["campaign_name"], plans["campaign_id"], strict=True)]
    told = note("in_plans", language, names=listed(shown[:PLANS_NAMED], language), count=len(shown))
    one_plan = str(plans["campaign_id"].iloc[0]) if len(plans) == 1 else ""
    units = words["ad_group_id"].unique()
    one_unit = str(units[0]) if one_plan and len(units) == 1 else ""
    return Alert(kind, severity, one_plan, one_unit, "", labelled(label, text + told, language), stake)
