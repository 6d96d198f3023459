"""What a decision is expected to bring, as plan.json and a what-if tell it."""

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from bidopt import curves
from bidopt.curves import Doubt, Response
from bidopt.curves.laws import Money
from bidopt.curves.spread import campaign_intervals, interval, total_interval
from bidopt.fit import FittedModels
from bidopt.metrics import ratio
from bidopt.optimize import priced
from bidopt.recommend.decide import Decision

Array = npt.NDArray[np.float64]

DRY = 0.97
"""A campaign that today's budget lets through less than this share of the day runs dry."""
LOWER = tuple(x / 100 for x in range(2, 100, 2))
"""Shares by which all bids of a campaign might be lower."""


def forecast(models: FittedModels, decision: Decision) -> dict[str, Any]:
    """All that plan.json tells of the outlook: beside the `outlook`, how budgets cut days short."""
    risk = zip(models.campaigns["campaign_id"], np.round(decision.risk, 4).tolist(), strict=True)
    return outlook(models, decision, current(models, decision)) | {
        "uncut": _uncut(models, decision.uncut),
        "cut_risk": dict(risk),
        "same_money": _same_money(models, decision),
        "optimality": _optimality(models, decision),
    }


def outlook(models: FittedModels, decision: Decision, now: dict[str, float]) -> dict[str, Any]:
    """Caps, expected figures, by campaign too, and the current ones, `now`, which are the same for all caps."""
    words = np.arange(len(decision.choice))
    ids, ours = models.campaigns["campaign_id"], np.isfinite(decision.budget)
    bid = decision.grid.bid[words, decision.choice]
    doubt = curves.doubt(models, tomorrow(models, decision), bid, decision.budget_new, decision.served)
    return {
        "caps": {
            "daily": round(decision.cap, 4),
            "planned": round(decision.planned, 4),
            "by_campaign": dict(zip(ids[ours], decision.budget[ours].tolist(), strict=True)),
        },
        "expected": _totals(models, decision, doubt),
        "current": now,
        "by_campaign": _by_campaign(models, doubt),
    }


def tomorrow(models: FittedModels, decision: Decision) -> Response:
    """(n,) what the new bids bring under the new budgets."""
    return decision.uncut.cut(decision.served[models.campaign], models.evening)


def today(models: FittedModels, decision: Decision) -> Response:
    """(n,) what today's bids bring under today's budgets."""
    return decision.now.cut(decision.served_now[models.campaign], models.evening)


def by_campaign(models: FittedModels, amount: Array) -> Array:
    """(c,) sums of `amount` (n,)."""
    return np.bincount(models.campaign, amount, len(models.campaigns)).astype(float)


def current(models: FittedModels, decision: Decision) -> dict[str, float]:
    """The figures of today's bids and budgets."""
    bid = decision.grid.bid[np.arange(len(decision.choice)), decision.grid.start]
    doubt = curves.doubt(models, today(models, decision), bid, decision.budget_now, decision.served_now)
    return _totals(models, decision, doubt)


def _totals(models: FittedModels, decision: Decision, doubt: Doubt) -> dict[str, float]:
    """The sums of all words under the cap with their 80 % intervals; roi's from GMV and spend."""
    spans = total_interval(doubt, models.campaign, decision.under_cap)
    ours = np.unique(models.campaign[decision.under_cap])
    out: dict[str, float] = {}
    for name, (mean, low, high) in spans.items():
        high = max(mean, min(high, float(doubt.limit.budget[ours].sum()))) if name == "spend" else high
        out |= {name: round(mean, 4), f"{name}_low": round(low, 4), f"{name}_high": round(high, 4)}
    spend, (gmv, *_) = spans["spend"][0], spans["gmv"]
    given = max(float(doubt.own["gmv"][decision.under_cap].sum()), 1e-9)
    ends = interval(Money(np.array([gmv]), np.array([given])), np.array([gmv]))
    roi, low, high = (round(float(np.nan_to_num(ratio(x, spend))), 4) for x in (gmv, ends[0][0], ends[1][0]))
    return out | {"roi": roi, "roi_low": low, "roi_high": high}


def _by_campaign(models: FittedModels, doubt: Doubt) -> dict[str, dict[str, float]]:
    """What each campaign's words are expected to spend and sell, with 80 % intervals."""
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


def _uncut(models: FittedModels, figures: Response) -> dict[str, dict[str, float]]:
    """By campaign: what would be spent and sold if no budget cut the day short."""
    spend, gmv = (by_campaign(models, getattr(figures, name)) for name in ("spend", "gmv"))
    ids = models.campaigns["campaign_id"]
    return {
        str(i): {"spend": round(float(s), 4), "gmv": round(float(g), 4)}
        for i, s, g in zip(ids, spend, gmv, strict=True)
    }


def _same_money(models: FittedModels, decision: Decision) -> dict[str, dict[str, float]]:
    """Campaigns that today's budgets cut short: what the same money would buy if all their bids were lower.

    `lower`: the share by which, within what tonight's steps allow; `clicks` now and `clicks_lower`, a day.
    """
    dry = np.flatnonzero(np.isfinite(decision.budget) & (decision.served_now < DRY))
    if not dry.size:
        return {}
    grid, now = decision.grid, today(models, decision)
    clicks, spend = by_campaign(models, now.clicks), by_campaign(models, now.spend)
    free = grid.held == ""
    start = grid.bid[np.arange(len(free)), grid.start]
    found: dict[int, tuple[float, float]] = {}
    for lower in LOWER:
        target = np.where(free, start * (1 - lower), start)[:, None]
        nearest = np.where(grid.possible & (grid.bid > 0), np.abs(grid.bid - target), np.inf).argmin(1)
        there = grid.response.pick(nearest)
        clicks_there, spend_there = by_campaign(models, there.clicks), by_campaign(models, there.spend)
        for c in dry.tolist():
            if spend_there[c] <= spend[c] and c not in found:
                found[c] = lower, clicks_there[c]
    return {
        str(models.campaigns["campaign_id"].iloc[c]): {
            "lower": lower,
            "clicks": round(float(clicks[c]), 2),
            "clicks_lower": round(float(more), 2),
        }
        for c, (lower, more) in sorted(found.items())
        if more > clicks[c]
    }


def _optimality(models: FittedModels, decision: Decision) -> dict[str, Any]:
    found, problem = decision.allocation, decision.problem
    if problem.min_spend > 0:  # a ratio is priced as what is earned beyond it
        problem = replace(problem, value=problem.value - found.value * problem.spend)
    net, words = priced(problem, found.prices), np.arange(len(found.choice))
    lost, value = net.max(1) - net[words, found.choice], problem.value[words, found.choice]
    group, size = models.campaign[decision.under_cap], len(models.campaigns)
    lost, value = (np.bincount(group, amount, size).astype(float) for amount in (lost, value))
    own = np.zeros(size) if found.group_price is None else found.group_price
    return {
        "value": found.value,
        "bound": found.bound,
        "gap": found.gap,
        "shadow_price": found.shadow_price,
        "marginal_roi": round(decision.marginal_roi, 4),
        "by_campaign": {
            str(i): {
                "shadow_price": round(float(found.shadow_price + own[c]), 6),
                "gap": round(float(lost[c] / max(abs(value[c] + lost[c]), 1e-9)), 6),
            }
            for c, i in enumerate(models.campaigns["campaign_id"])
            if np.isfinite(decision.budget[c])
        },
        "tried": list(found.tried),
    }
