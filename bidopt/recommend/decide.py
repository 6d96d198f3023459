"""The night's decision: how much of the cap to plan for, one bid for every word, one budget for every plan."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from bidopt import curves, optimize
from bidopt.curves import ResponseGrid
from bidopt.errors import SettingsError
from bidopt.fit import FittedModels
from bidopt.optimize.budgets import served, share_out
from bidopt.settings import Settings

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

PLANNED_SHARES = (1.0, 0.95, 0.9, 0.85, 0.8, 0.7)
"""Shares of the cap to try to plan for: spend scatters, and a plan that runs dry loses its evening."""
CAREFUL_DAYS = 14
"""With less history than this, steps are smaller in proportion."""
MOST_NIGHTS_DOWN = 16


@dataclass(frozen=True)
class Decision:
    """`choice` (n,) options of the grid; `budget` (c,) yuan, NaN where a campaign's is not ours to set.

    `served`, `risk` (c,): share of the day the budget lets through, and how likely it runs dry; `_now` at today's
    bids and budgets. `under_cap` (n,): words that live under the cap. `nights_down`: steps that bids may fall.
    """

    grid: ResponseGrid
    choice: npt.NDArray[np.intp]
    allocation: optimize.Allocation
    cap: float
    planned: float
    budget: Array
    budget_now: Array
    served: Array
    risk: Array
    served_now: Array
    under_cap: Mask
    free_choice: npt.NDArray[np.intp]
    marginal_roi: float
    nights_down: int
    careful: float
    variance: Array


def decide(models: FittedModels, settings: Settings) -> Decision:
    """Choose bids and budgets for `models.day`.

    Raises
    ------
    SettingsError
        When kept or smallest budgets alone exceed the cap; names the smallest relaxation.
    """
    cap = settings.daily_cap(models.day)
    ours = _ours(models, settings)
    under_cap = ours[models.campaign]
    low, high = _budget_limits(models, settings, ours, cap)
    careful = float(np.clip(models.days_seen / CAREFUL_DAYS, 0.2, 1.0))
    grid, nights_down = _reachable(models, settings, under_cap, cap, careful)
    best: Decision | None = None
    for share in PLANNED_SHARES:
        problem = _problem(models, settings, grid, under_cap, cap * share, high * share)
        allocation = _solve(problem, settings, cap, search=False)
        decision = _weighed(models, settings, grid, problem, allocation, ours, low, high, cap)
        if best is None or _worth(models, decision) > _worth(models, best) * (1 + 1e-9):
            best = decision
        if allocation.shadow_price <= 0:
            break  # the cap does not bind: planning for less of it changes nothing
    assert best is not None
    problem = _problem(models, settings, grid, under_cap, best.planned, high * best.planned / cap)
    best = _weighed(models, settings, grid, problem, _solve(problem, settings, cap, search=True), ours, low, high, cap)
    return _explained(models, settings, replace(best, nights_down=nights_down, careful=careful), high)


def _ours(models: FittedModels, settings: Settings) -> Mask:
    """(c,) campaigns that live under the cap: in force, and not on 智能出价 unless the settings say so.

    Without any report only known budgets are looked at: nothing says what the others need.
    """
    plans = models.campaigns
    manual = ~plans["bidding"].eq("smart") | settings.budget.include_smart
    told = plans["budget_now"].notna() | (models.days_seen > 0)
    return np.asarray((manual & plans["in_force"] & told).to_numpy(bool))


def _budget_limits(models: FittedModels, settings: Settings, ours: Mask, cap: float) -> tuple[Array, Array]:
    """(low, high) yuan for every campaign: a kept budget has no room, ours have the settings' and the platform's."""
    plans = models.campaigns
    own = {c.id: c for c in settings.campaign}
    floor = settings.budget.min_campaign
    low = np.array([max(floor, (own[i].min_budget or 0.0) if i in own else 0.0) for i in plans["campaign_id"]])
    high = np.array([(own[i].max_budget or cap) if i in own else cap for i in plans["campaign_id"]])
    now = plans["budget_now"].to_numpy(float)
    fixed = not settings.budget.reallocate or models.days_seen == 0
    kept = np.isfinite(now) & (plans["bidding"].eq("smart").to_numpy() | fixed)
    low, high = np.where(kept, now, low), np.where(kept, now, high)
    short = float(low[ours].sum() - cap)
    if short > 0.005:
        which = "kept" if kept[ours].any() else "smallest"
        total = f"{low[ours].sum():.2f} yuan, above daily_cap = {cap:.2f}."
        raise SettingsError(
            f"The {which} budgets of {int(ours.sum())} plans sum to {total}",
            f"Raise budget.daily_cap by at least {short:.2f}, or lower those budgets by as much in all.",
        )
    return low, np.maximum(np.minimum(high, cap), low)


def _reachable(
    models: FittedModels, settings: Settings, under_cap: Mask, cap: float, careful: float
) -> tuple[ResponseGrid, int]:
    """The grid of tonight's bids; where even the lowest would pass the cap, bids may fall by more than one step."""
    for nights in range(1, MOST_NIGHTS_DOWN + 1):
        grid = curves.build(models, settings, nights_down=nights, careful=careful)
        least = np.where(grid.allowed, grid.response.spend, np.inf).min(1)[under_cap].sum()
        if least <= cap:
            break
    return grid, nights


def _problem(
    models: FittedModels, settings: Settings, grid: ResponseGrid, under_cap: Mask, cap: float, group_cap: Array
) -> optimize.Problem:
    """The allocation problem of the words under the cap; a word class's own rows only."""
    rows = np.flatnonzero(under_cap)
    return optimize.Problem(
        value=grid.value[rows],
        spend=grid.response.spend[rows],
        allowed=grid.allowed[rows],
        cap=cap,
        start=grid.start[rows],
        group=models.campaign[rows],
        group_cap=np.where(group_cap < cap, group_cap, np.inf),
        gmv=grid.response.gmv[rows],
        min_roi=settings.objective.min_roi,
    )


def _solve(problem: optimize.Problem, settings: Settings, cap: float, *, search: bool) -> optimize.Allocation:
    """Solve, then once more with the least important changes held back where the settings limit their number."""
    allocation = _once(problem, settings, cap, search)
    most = settings.bids.max_changes
    moved = np.flatnonzero(allocation.choice != problem.start)
    if most == 0 or len(moved) <= most:
        return allocation
    rows = np.arange(len(problem.start))
    worth = problem.value - allocation.shadow_price * problem.spend
    gain = worth[rows, allocation.choice] - worth[rows, problem.start]
    held_back = np.setdiff1d(rows, moved[np.argsort(-gain[moved], kind="stable")[:most]])
    allowed = problem.allowed.copy()
    allowed[held_back] = False
    allowed[held_back, problem.start[held_back]] = True
    limited = _once(replace(problem, allowed=allowed), settings, cap, search)
    return limited if limited.feasible else allocation


def _once(problem: optimize.Problem, settings: Settings, cap: float, search: bool) -> optimize.Allocation:
    if settings.objective.maximise == "roi":
        return optimize.maximise_ratio(problem, settings.objective.min_spend * min(cap, problem.cap))
    return optimize.solve(problem, search=search)


def _weighed(
    models: FittedModels,
    settings: Settings,
    grid: ResponseGrid,
    problem: optimize.Problem,
    allocation: optimize.Allocation,
    ours: Mask,
    low: Array,
    high: Array,
    cap: float,
) -> Decision:
    """The allocation with its budgets, and how much of the day they serve."""
    under_cap = ours[models.campaign]
    choice = grid.start.copy()
    choice[under_cap] = allocation.choice
    spend = _campaign_sum(models, grid.response.spend, choice)
    variance = spend_variance(models, grid, choice)
    budget = np.full(len(ours), np.nan)
    budget[ours] = share_out(cap, spend[ours], variance[ours], low[ours], high[ours])
    now = models.campaigns["budget_now"].to_numpy(float)
    in_force = np.where(np.isnan(now), np.inf, now)
    share, risk = served(spend, variance, np.where(ours, budget, in_force))
    start_spend = _campaign_sum(models, grid.response.spend, grid.start)
    share_now, _ = served(start_spend, variance, in_force)
    return Decision(
        grid=grid,
        choice=choice,
        allocation=allocation,
        cap=cap,
        planned=problem.cap,
        budget=budget,
        budget_now=now,
        served=share,
        risk=risk,
        served_now=share_now,
        under_cap=under_cap,
        free_choice=choice,
        marginal_roi=0.0,
        nights_down=1,
        careful=1.0,
        variance=variance,
    )


def _worth(models: FittedModels, decision: Decision) -> float:
    """The objective after what the budgets are expected to cut off."""
    rows = np.arange(len(decision.choice))
    value = decision.grid.value[rows, decision.choice] * decision.served[models.campaign]
    return float(value[decision.under_cap].sum())


def _explained(models: FittedModels, settings: Settings, decision: Decision, high: Array) -> Decision:
    """Add what reasons need: the choice without a cap, and what the next yuan of cap would bring in GMV."""
    grid, under = decision.grid, decision.under_cap
    free = grid.start.copy()
    free[under] = np.where(grid.allowed, grid.value, -np.inf).argmax(1)[under]
    marginal = 0.0
    if decision.allocation.shadow_price > 0:
        more = _problem(models, settings, grid, under, decision.planned * 1.02, high * 1.02)
        ahead = optimize.solve(more, search=False)
        rows = np.flatnonzero(under)
        gmv = grid.response.gmv[rows, ahead.choice].sum() - grid.response.gmv[rows, decision.allocation.choice].sum()
        spent = ahead.spend - decision.allocation.spend
        marginal = float(gmv / spent) if spent > 1e-9 else 0.0
    return replace(decision, free_choice=free, marginal_roi=marginal)


def spend_variance(models: FittedModels, grid: ResponseGrid, choice: npt.NDArray[np.intp]) -> Array:
    """(c,) relative variance of each campaign's spend of the day: its own day, the shop's day, and its words'."""
    rows = np.arange(len(choice))
    at = grid.response.pick(choice)
    own = curves.doubt(models, at, grid.bid[rows, choice]).own["spend"]
    size = len(models.campaigns)
    mean = np.bincount(models.campaign, at.spend, size)
    words = np.bincount(models.campaign, own, size) / np.maximum(mean, 1e-9) ** 2
    return np.asarray(np.minimum(words, 4.0) + models.campaign_noise**2 + models.demand_calendar.spread**2)


def _campaign_sum(models: FittedModels, table: Array, choice: npt.NDArray[np.intp]) -> Array:
    picked = table[np.arange(len(choice)), choice]
    return np.asarray(np.bincount(models.campaign, picked, len(models.campaigns)))


def budget_table(models: FittedModels, decision: Decision) -> pd.DataFrame:
    """One row a campaign that is ours: budget_now (inf = 不限, NaN = not known) and budget_new, yuan a day, and why."""
    rows = np.isfinite(decision.budget)
    plans = models.campaigns[rows].reset_index(drop=True)
    now, new = plans["budget_now"].to_numpy(float), decision.budget[rows]
    moves = [~np.isfinite(now), new > now + 0.005, new < now - 0.005]
    reason = np.select(moves, ["budget_set", "budget_raise", "budget_cut"], "budget_kept")
    names = plans[["campaign_id", "campaign_name", "budget_type"]]
    return names.assign(budget_now=now, budget_new=new, reason=reason)
