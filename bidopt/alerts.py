"""What a person should look at this morning, the most money at stake first."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from bidopt.fit import FittedModels, Panel, shifts
from bidopt.fit.panel import by_group
from bidopt.prose import Language, note
from bidopt.recommend import Plan
from bidopt.schema import UNIT

MOST = 20
WASTE_ORDERS = 4.6
"""So many orders expected and none seen happens to one word in a hundred (Poisson: exp(-4.6) = 0.01)."""
STOCK_DAYS = 3.0


@dataclass(frozen=True)
class Alert:
    kind: str
    severity: Literal["info", "warning", "critical"]
    campaign_id: str
    ad_group_id: str
    keyword_id: str
    message: str
    stake: float
    """Yuan a day that hang on it; only orders the list."""

    def facts(self) -> dict[str, str]:
        return {k: v for k, v in asdict(self).items() if k != "stake"}


def find(models: FittedModels, panel: Panel, plan: Plan, items: pd.DataFrame, language: Language) -> list[Alert]:
    """All alerts, at most `MOST`, ranked by the money at stake."""
    found = [
        *_budget_out(models, panel, language),
        *_waste(models, panel, language),
        *_falling(models, panel, language),
        *_level_shift(models, panel, language),
        *_stock(plan, items, language),
        *_no_impressions(models, language),
    ]
    return sorted(found, key=lambda a: (-a.stake, a.kind, a.campaign_id, a.ad_group_id, a.keyword_id))[:MOST]


def _budget_out(models: FittedModels, panel: Panel, language: Language) -> list[Alert]:
    """Campaigns whose budget ran out yesterday."""
    spend = by_group(panel.spend, panel.campaign, len(panel.campaigns))[:, -1]
    budget = panel.budget[:, -1]
    return [
        Alert(
            "budget_out", "warning", str(models.campaigns["campaign_id"].iloc[c]), "", "",
            note("budget_out", language, spend=spend[c], budget=budget[c]), float(spend[c]),
        )
        for c in np.flatnonzero(panel.cut[:, -1])
    ]  # fmt: skip


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
            note("waste", language, spend=spend[i], clicks=w["seen_clicks"].iloc[i], expected=expected[i]),
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
            note("falling", language, now=last[i].mean(), usual=usual[i]),
        )
        for i in np.flatnonzero(hit)
    ]  # fmt: skip


def _level_shift(models: FittedModels, panel: Panel, language: Language) -> list[Alert]:
    """Prices, demand or conversion that jumped within the last week and did not come back."""
    spend = panel.spend[:, -7:].mean(1)
    found = []
    for shift in shifts.find(models, panel):
        words = models.words[(models.words[list(shift.where)] == pd.Series(shift.where)).all(axis=1)]
        text = note(f"shift_{shift.figure}", language, since=shift.since, change=shift.change)
        stake = float(spend[words.index].sum() * abs(shift.change))
        item = f"{shift.where['item_id']}: " if "item_id" in shift.where else ""
        campaign = str(words["campaign_id"].iloc[0]) if shift.where else ""
        found.append(Alert("level_shift", "warning", campaign, "", "", item + text, stake))
    return found


def _stock(plan: Plan, items: pd.DataFrame, language: Language) -> list[Alert]:
    """Items that the planned orders sell out within days."""
    stock = items.sort_values("date").groupby("item_id")["stock"].last().dropna()
    orders = plan.words.groupby("item_id")["new_orders"].sum().reindex(stock.index).fillna(0.0)
    gmv = plan.words.groupby("item_id")["new_gmv"].sum().reindex(stock.index).fillna(0.0)
    home = plan.words.drop_duplicates("item_id").set_index("item_id")[["campaign_id", "ad_group_id"]]
    return [
        Alert(
            "stock", "critical", str(home.at[item, "campaign_id"]), str(home.at[item, "ad_group_id"]), "",
            f"{item}: " + note("stock", language, stock=left, days=left / sold), float(earned),
        )
        for item, left, sold, earned in zip(stock.index, stock, orders, gmv, strict=True)
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
    kind: str, severity: Literal["info", "warning", "critical"], word: "pd.Series[Any]", stake: float, text: str
) -> Alert:
    campaign, ad_group, keyword = (str(word[name]) for name in UNIT)
    return Alert(kind, severity, campaign, ad_group, keyword, f"{word['keyword']}: {text}", stake)
