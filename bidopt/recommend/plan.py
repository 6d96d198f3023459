"""The plan: its head, a row a word, a row a budget, and the options it chose from."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from bidopt import cores, curves
from bidopt.curves import NAMES, Response
from bidopt.curves.laws import Money
from bidopt.curves.spread import interval, word_intervals
from bidopt.fit import FittedModels
from bidopt.recommend.budgets import budget_table
from bidopt.recommend.decide import Decision, decide
from bidopt.recommend.forecast import by_campaign, forecast, today, tomorrow
from bidopt.recommend.options import Options
from bidopt.recommend.reasons import explain
from bidopt.settings import Settings

Array = npt.NDArray[np.float64]

ROUNDING = 2e-4


@dataclass(frozen=True)
class Plan:
    """`head`: the facts of plan.json; `words`, `budgets`, `curves`: its tables; `decision`: what they come from."""

    head: dict[str, Any]
    words: pd.DataFrame
    budgets: pd.DataFrame
    curves: pd.DataFrame
    decision: Decision


def make(models: FittedModels, settings: Settings, options: Options | None = None) -> Plan:
    """Decide, and say what is expected of it; `options`: what there is to choose from, where others ask for it too."""
    decision = decide(models, settings, options=options)
    rows = np.arange(len(decision.choice))
    bid_new = decision.grid.bid[rows, decision.choice]
    bid_now = decision.grid.bid[rows, decision.grid.start]
    new, now = tomorrow(models, decision), today(models, decision)
    words = _words(models, decision, explain(models, decision, settings), (bid_now, now), (bid_new, new))
    words["holdout_layer"] = curves.holdout_layers(models, settings)
    budgets = budget_table(models, decision.budget, by_campaign(models, decision.uncut.spend))
    changed = bool((np.abs(bid_new - bid_now) > 0.005).any())
    moved = budgets["budget_new"].sub(budgets["budget_now"]).abs().gt(0.005) | budgets["budget_now"].isna()
    facts = forecast(models, decision)
    head = {
        "date": models.day.isoformat(),
        "status": _status(decision, changed or bool(moved.any()), keeps_roi(facts["expected"], settings)),
        "objective": settings.objective.maximise,
        **facts,
        "holdout": {
            "share": settings.holdout.share,
            "layers": int(words["holdout_layer"].to_numpy().max(initial=-1)) + 1,
            "held": int(words["reason"].eq("keep_holdout").sum()),
        },
        "binding": _binding(decision, words),
    }
    return Plan(head, words, budgets, decision.grid.table(models, decision.under_cap), decision)


def keeps_roi(expected: dict[str, float], settings: Settings) -> bool:
    """The plan is expected to keep its ROI floor, but for rounding."""
    return expected["spend"] == 0 or expected["roi"] >= settings.objective.min_roi * (1 - ROUNDING)


def _status(decision: Decision, changes: bool, keeps_roi: bool) -> str:
    """review where tonight's bids cannot keep a limit."""
    if not changes:
        return "no_change"
    return "ok" if decision.allocation.feasible and keeps_roi else "review"


def _words(
    models: FittedModels,
    decision: Decision,
    why: pd.DataFrame,
    today: tuple[Array, Response],
    tomorrow: tuple[Array, Response],
) -> pd.DataFrame:
    """`recommendations.parquet`: every word, now and new, each figure with its interval, and why."""
    w = models.words
    lowest, highest = decision.grid.span
    columns: dict[str, Any] = {
        "date": pd.Series(pd.Timestamp(models.day), index=w.index, dtype="datetime64[us]"),
        **{name: w[name] for name in _NAMES},
        "bid_now": today[0],
        "bid_new": tomorrow[0],
        "bid_inferred": ~w["bid_known"],
        "bid_lowest": lowest,
        "bid_highest": highest,
        "reason": why["reason"],
        "limited_by": why["limited_by"],
    }
    doubts = [
        curves.doubt(models, figures, bid, *limit)
        for (bid, figures), limit in (
            (today, (decision.budget_now, decision.served_now)),
            (tomorrow, (decision.budget_new, decision.served)),
        )
    ]
    with cores.pool(len(w), cores.MANY_WORDS) as pool:
        both = list(pool.map(lambda doubt: word_intervals(doubt, models.campaign), doubts))
    for side, (_, figures), spans in zip(("now", "new"), (today, tomorrow), both, strict=True):
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


def _binding(decision: Decision, words: pd.DataFrame) -> list[str]:
    """Which limits bind: those of the whole plan, then those that stop some word."""
    by_word = [c for c in ("step", "min_bid", "max_bid") if words["limited_by"].eq(c).any()]
    return [*decision.allocation.binding, *by_word]
