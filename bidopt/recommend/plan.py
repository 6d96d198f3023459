"""The plan: its head, a row a word, a row a budget, and the options it chose from."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from bidopt import curves
from bidopt.curves import NAMES, Response
from bidopt.curves.laws import Money
from bidopt.curves.spread import campaign_intervals, interval, total_interval, word_intervals
from bidopt.fit import FittedModels
from bidopt.metrics import ratio
from bidopt.recommend.budgets import budget_table
from bidopt.recommend.decide import Decision, decide
from bidopt.recommend.reasons import explain
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
    words = _words(models, decision, explain(models, decision, settings), (bid_now, now), (bid_new, new))
    wanted = np.bincount(models.campaign, uncut.spend, len(models.campaigns)).astype(float)
    budgets = budget_table(models, decision.budget, wanted)
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
        "expected": _totals(models, decision, new, bid_new, decision.budget_new, decision.served),
        "current": _totals(models, decision, now, bid_now, decision.budget_now, decision.served_now),
        "by_campaign": _by_campaign(models, decision, new, bid_new),
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
    models: FittedModels,
    decision: Decision,
    why: pd.DataFrame,
    today: tuple[Array, Response],
    tomorrow: tuple[Array, Response],
) -> pd.DataFrame:
    """`recommendations.parquet`: every word, now and new, each figure with its interval, and why."""
    w = models.words
    columns: dict[str, Any] = {
        "date": pd.Series(pd.Timestamp(models.day), index=w.index, dtype="datetime64[us]"),
        **{name: w[name] for name in _NAMES},
        "bid_now": today[0],
        "bid_new": tomorrow[0],
        "bid_inferred": ~w["bid_known"],
        "reason": why["reason"],
        "limited_by": why["limited_by"],
    }
    for side, (bid, figures), limit in (
        ("now", today, (decision.budget_now, decision.served_now)),
        ("new", tomorrow, (decision.budget_new, decision.served)),
    ):
        spans = word_intervals(curves.doubt(models, figures, bid, *limit), models.campaign)
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
        low, high = interval(Money(mean, (mean * spread) ** 2), mean)
        columns |= {
            name: mean,
            f"{name}_low": low,
            f"{name}_high": high if name == "order_value" else np.minimum(high, 1),
        }
    extra = {name: w[name] for name in ("scene_id", "scene_name", "word_type", "quality_score")}
    return pd.DataFrame(columns | extra | why.drop(columns=["reason", "limited_by"]).to_dict("series"))


_NAMES = (
    "campaign_id", "campaign_name", "ad_group_id", "ad_group_name", "item_id", "keyword_id", "keyword", "match_type",
)  # fmt: skip


def _totals(
    models: FittedModels, decision: Decision, figures: Response, bid: Array, budget: Array, served: Array
) -> dict[str, float]:
    """The sums of all words under the cap with their 80 % intervals; roi's from GMV and spend."""
    doubt = curves.doubt(models, figures, bid, budget, served)
    spans = total_interval(doubt, models.campaign, decision.under_cap)
    ours = np.unique(models.campaign[decision.under_cap])
    out: dict[str, float] = {}
    for name, (mean, low, high) in spans.items():
        high = max(mean, min(high, float(budget[ours].sum()))) if name == "spend" else high
        out |= {name: round(mean, 4), f"{name}_low": round(low, 4), f"{name}_high": round(high, 4)}
    spend, (gmv, *_) = spans["spend"][0], spans["gmv"]
    given = max(float(doubt.own["gmv"][decision.under_cap].sum()), 1e-9)
    ends = interval(Money(np.array([gmv]), np.array([given])), np.array([gmv]))
    roi, low, high = (round(float(np.nan_to_num(ratio(x, spend))), 4) for x in (gmv, ends[0][0], ends[1][0]))
    return out | {"roi": roi, "roi_low": low, "roi_high": high}


def _by_campaign(
    models: FittedModels, decision: Decision, figures: Response, bid: Array
) -> dict[str, dict[str, float]]:
    """What each campaign's words are expected to spend and sell, with 80 % intervals."""
    doubt = curves.doubt(models, figures, bid, decision.budget_new, decision.served)
    sums = campaign_intervals(doubt, models.campaign)
    ends = ("", "_low", "_high")
    return {
        str(campaign): {
            f"{name}{end}": round(float(values[i]), 4)
            for name in ("clicks", "spend", "orders", "gmv")
            for end, values in zip(ends, sums[name], strict=True)
        }
        for i, campaign in enumerate(models.campaigns["campaign_id"])
    }


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
