"""What each plan's daily budget may be, and what it is in the end."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from bidopt.errors import SettingsError
from bidopt.fit import FittedModels
from bidopt.settings import Campaign, Settings

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

AMPLE = 1.5
"""A budget of so many times the expected spend is not short of money."""
MOST_NAMED = 5


def budget_limits(models: FittedModels, settings: Settings, ours: Mask, cap: float) -> tuple[Array, Array]:
    """(low, high) yuan for every campaign: a kept budget has no room, ours have the settings' and the platform's.

    A budget moves no further a night than the settings say, but for the cap: where that asks for less, all go lower.

    Raises
    ------
    SettingsError
        When kept or smallest budgets alone exceed the cap; names the smallest relaxation.
    """
    plans = models.campaigns
    own = [{c.id: c for c in settings.campaign}.get(i, Campaign(id=i)) for i in plans["campaign_id"]]
    floor = settings.budget.min_campaign
    low = np.array([max(floor, c.min_budget or 0.0, c.min_spend) for c in own])
    high = np.array([c.max_budget or cap for c in own])
    now = plans["budget_now"].to_numpy(float)
    if models.days_seen == 0 and settings.budget.reallocate:  # nothing says what plans need: all shrink alike
        now = np.floor(now * min(1.0, cap / max(float(np.nansum(now[ours])), 1e-9)) + 1e-9)
    fixed = not settings.budget.reallocate or models.days_seen == 0
    kept = np.isfinite(now) & (plans["bidding"].eq("smart").to_numpy() | fixed)
    low, high = np.where(kept, now, _whole_yuan(low)), np.where(kept, now, np.floor(high + 1e-9))
    short = float(low[ours].sum() - cap)
    if short > 0.005:
        zh, en = ("保留的", "kept") if kept[ours].any() else ("最低", "smallest")
        named = _largest(models, np.where(ours, low, 0.0))
        raise SettingsError(
            f"{ours.sum()} 个计划{zh}日预算合计 {low[ours].sum():.2f} 元，超过总预算 (daily_cap) {cap:.2f} 元 / "
            f"the {en} budgets of {ours.sum()} plans sum to more than the daily cap: {named}.",
            f"总预算至少提高 {short:.2f} 元，或调低这些预算 / raise the cap by at least {short:.2f}, "
            "or lower those budgets.",
        )
    high = np.maximum(np.minimum(high, cap), low)
    fallen, risen = budget_steps(models, settings)
    moves = np.isfinite(fallen) & ~kept
    nearest = np.where(moves, np.clip(_whole_yuan(fallen), low, high), low)
    over = float(nearest[ours].sum() - cap)
    if over > 0:
        nearest = nearest - (nearest - low) * over / max(float((nearest - low)[ours].sum()), 1e-9)
        nearest = np.where(kept, nearest, np.maximum(np.floor(nearest), low))
    return nearest, np.maximum(np.where(moves, np.minimum(high, np.floor(risen)), high), nearest)


def budget_steps(models: FittedModels, settings: Settings) -> tuple[Array, Array]:
    """(c,) how far each budget may fall and rise in a night, yuan; NaN or infinite where it is not limited."""
    own = {c.id: c.max_budget_change for c in settings.campaign}
    steps = [_first(own.get(i), settings.budget.max_change, np.inf) for i in models.campaigns["campaign_id"]]
    now, step = models.campaigns["budget_now"].to_numpy(float), np.array(steps)
    with np.errstate(invalid="ignore"):
        return now * (1 - step), now * (1 + step)


def _whole_yuan(amount: Array) -> Array:
    """Up to the next whole yuan, as the platform asks."""
    return np.ceil(amount - 1e-9)


def _largest(models: FittedModels, budget: Array) -> str:
    """The campaigns of the largest budgets, by name, for people."""
    plans = models.campaigns
    order = np.argsort(-budget, kind="stable")
    shown = [i for i in order[:MOST_NAMED].tolist() if budget[i] > 0]
    named = [f"{plans['campaign_name'].iloc[i] or plans['campaign_id'].iloc[i]} {budget[i]:.2f}" for i in shown]
    return ", ".join(named) + (", …" if (budget > 0).sum() > len(shown) else "")


def _first(*values: float | None) -> float:
    """The first that is given."""
    return next(value for value in values if value is not None)


def budget_table(models: FittedModels, budget: Array, wanted: Array) -> pd.DataFrame:
    """One row a campaign that is ours: budget_now (inf = 不限, NaN = not known), budget_new, and why; yuan a day.

    `budget` (c,): NaN where it is not ours to set; `wanted` (c,): expected spend before any cut, the table's new_spend.
    """
    rows = np.isfinite(budget)
    plans = models.campaigns[rows].reset_index(drop=True)
    now, new, spend = plans["budget_now"].to_numpy(float), budget[rows], wanted[rows]
    reasons = {
        "budget_kept": np.abs(new - now) <= 0.005,
        "budget_shared": np.full(len(now), models.days_seen == 0),
        "budget_idle": spend <= 0,
        "budget_limited": np.isposinf(now),
        "budget_set": np.isnan(now),
        "budget_spare": (new > now) & (now >= AMPLE * spend),
        "budget_raise": new > now,
    }
    reason = np.select(list(reasons.values()), list(reasons), "budget_cut")
    names = plans[["campaign_id", "campaign_name", "budget_type"]]
    return names.assign(budget_now=now, budget_new=new, new_spend=spend, reason=reason)
