"""The plan: its head, a row a word, a row a budget, and the options it chose from."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from bidopt import curves
from bidopt.curves import NAMES, Response
from bidopt.curves.spread import interval, total_interval, word_intervals
from bidopt.fit import FittedModels
from bidopt.metrics import ratio
from bidopt.recommend.decide import Decision, budget_table, decide
from bidopt.recommend.reasons import reasons
from bidopt.settings import Settings

Array = npt.NDArray[np.float64]

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Plan:
    """`head`: the facts of plan.json; `words`, `budgets`, `curves`: its tables; `decision`: what they come from."""

    head: dict[str, Any]
    words: pd.DataFrame
    budgets: pd.DataFrame
    curves: pd.DataFrame
    decision: Decision


def make(models: FittedModels, settings: Settings) -> Plan:
    """Decide, and say what is expected of it."""
    decision = decide(models, settings)
    rows = np.arange(len(decision.choice))
    bid_new = decision.grid.bid[rows, decision.choice]
    bid_now = decision.grid.bid[rows, decision.grid.start]
    uncut = decision.grid.response.pick(decision.choice)
    new = uncut.cut(decision.served[models.campaign], models.evening)
    now = decision.grid.response.pick(decision.grid.start).cut(decision.served_now[models.campaign], models.evening)
    words = _words(models, decision, (bid_now, now), (bid_new, new))
    budgets = budget_table(models, decision)
    changed = bool((np.abs(bid_new - bid_now) > 0.005).any())
    moved = budgets["budget_new"].sub(budgets["budget_now"]).abs().gt(0.005) | budgets["budget_now"].isna()
    head = {
        "date": models.day.isoformat(),
        "status": _status(decision, changed or bool(moved.any())),
        "objective": settings.objective.maximise,
        "caps": {
            "daily": round(decision.cap, 4),
            "planned": round(decision.planned, 4),
            "by_campaign": dict(zip(budgets["campaign_id"], budgets["budget_new"].astype(float), strict=True)),
        },
        "expected": _totals(models, new, bid_new, decision),
        "current": _totals(models, now, bid_now, decision),
        "uncut": _uncut(models, uncut),
        "cut_risk": dict(zip(models.campaigns["campaign_id"], np.round(decision.risk, 4).tolist(), strict=True)),
        "optimality": _optimality(decision),
        "binding": _binding(decision, words),
    }
    return Plan(head, words, budgets, decision.grid.table(models, decision.under_cap), decision)


def _status(decision: Decision, changes: bool) -> str:
    """review where tonight's bids cannot keep a limit."""
    if not changes:
        return "no_change"
    return "ok" if decision.allocation.feasible else "review"


def _words(
    models: FittedModels, decision: Decision, today: tuple[Array, Response], tomorrow: tuple[Array, Response]
) -> pd.DataFrame:
    """`recommendations.parquet`: every word, now and new, each figure with its interval."""
    reason, limited_by = reasons(models, decision)
    w = models.words
    columns: dict[str, Any] = {
        "date": pd.Series(pd.Timestamp(models.day), index=w.index, dtype="datetime64[us]"),
        **{name: w[name] for name in _NAMES},
        "bid_now": today[0],
        "bid_new": tomorrow[0],
        "bid_inferred": ~w["bid_known"],
        "reason": reason,
        "limited_by": limited_by,
    }
    for side, (bid, figures) in (("now", today), ("new", tomorrow)):
        spans = word_intervals(curves.doubt(models, figures, bid), models.campaign)
        for name in NAMES:
            low, high = spans[name]
            columns |= {
                f"{side}_{name}": getattr(figures, name),
                f"{side}_{name}_low": low,
                f"{side}_{name}_high": high,
            }
    for name in ("ctr", "cvr", "order_value"):
        mean = w[name].to_numpy(float)
        spread = w["value_spread" if name == "order_value" else f"{name}_spread"].to_numpy(float)
        low, high = interval("rate", mean, (mean * spread) ** 2)
        columns |= {
            name: mean,
            f"{name}_low": low,
            f"{name}_high": high if name == "order_value" else np.minimum(high, 1),
        }
    extra = {name: w[name] for name in ("scene_id", "scene_name", "word_type", "quality_score")}
    return pd.DataFrame(columns | extra)


_NAMES = (
    "campaign_id", "campaign_name", "ad_group_id", "ad_group_name", "item_id", "keyword_id", "keyword", "match_type",
)  # fmt: skip


def _totals(models: FittedModels, figures: Response, bid: Array, decision: Decision) -> dict[str, float]:
    """The sums of all words under the cap with their 80 % intervals; roi's from GMV and spend."""
    doubt = curves.doubt(models, figures, bid)
    spans = total_interval(doubt, models.campaign, decision.under_cap)
    ceiling = float(np.nansum(np.where(np.isfinite(decision.budget), decision.budget, np.inf)))
    out: dict[str, float] = {}
    for name, (mean, low, high) in spans.items():
        high = max(mean, min(high, ceiling)) if name == "spend" else high
        out |= {name: round(mean, 4), f"{name}_low": round(low, 4), f"{name}_high": round(high, 4)}
    spend = spans["spend"][0]
    given = max(float(doubt.own["gmv"][decision.under_cap].sum()), 1e-9)
    roi = float(np.nan_to_num(ratio(spans["gmv"][0], spend)))
    by_spend = [
        float(np.nan_to_num(ratio(end, spend))) for end in interval("gmv", np.array(spans["gmv"][0]), np.array(given))
    ]
    return out | {"roi": round(roi, 4), "roi_low": round(by_spend[0], 4), "roi_high": round(by_spend[1], 4)}


def _uncut(models: FittedModels, uncut: Response) -> dict[str, dict[str, float]]:
    """By campaign: what would be spent and sold if no budget cut the day short."""
    size = len(models.campaigns)
    spend, gmv = (np.bincount(models.campaign, getattr(uncut, name), size) for name in ("spend", "gmv"))
    ids = models.campaigns["campaign_id"]
    return {
        str(i): {"spend": round(float(s), 4), "gmv": round(float(g), 4)}
        for i, s, g in zip(ids, spend, gmv, strict=True)
    }


def _optimality(decision: Decision) -> dict[str, float]:
    found = decision.allocation
    return {
        "value": found.value,
        "bound": found.bound,
        "gap": found.gap,
        "shadow_price": found.shadow_price,
        "marginal_roi": round(decision.marginal_roi, 4),
    }


def _binding(decision: Decision, words: pd.DataFrame) -> list[str]:
    """Which limits bind: those of the whole plan, then those that stop some word."""
    by_word = [c for c in ("step", "min_bid", "max_bid") if words["limited_by"].eq(c).any()]
    return [*decision.allocation.binding, *by_word]
