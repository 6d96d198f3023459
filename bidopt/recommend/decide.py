"""The night's decision: how much of the cap to plan for, one bid for every word, one budget for every plan."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from bidopt import curves, optimize
from bidopt.curves import ResponseGrid
from bidopt.errors import SettingsError
from bidopt.fit import FittedModels
from bidopt.optimize import Allocation, Problem
from bidopt.optimize.budgets import served, share_out
from bidopt.settings import Settings

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Choice = npt.NDArray[np.intp]

PLANNED_SHARES = (1.0, 0.95, 0.9, 0.85, 0.8, 0.7)
"""Shares of the cap to try to plan for: spend scatters, and a plan that runs dry loses its evening."""
CAREFUL_DAYS = 14
"""With less history than this, steps are smaller in proportion."""
MOST_NIGHTS_DOWN = 16
_MEASURE = {"profit": "profit", "gmv": "gmv", "roi": "gmv", "orders": "orders", "clicks": "clicks"}
AMPLE = 1.5
"""A budget of so many times the expected spend is not short of money."""
A_LITTLE_MORE = 1.02
"""The cap is raised by so much to see what the next yuan brings."""


@dataclass(frozen=True)
class Decision:
    """What was chosen, and what it was chosen from; n words, c campaigns.

    `choice` (n,): options of the grid. `under_cap` (n,): words that live under the cap, whose allocation answers
    `problem`. `goal` (n, k): the figure that is maximised, before risk and learning. `budget` (c,) yuan, NaN where a
    campaign's is not ours to set; `budget_new`, `budget_now` (c,): all that will be, and are, in force, infinity =
    none. `served`, `risk` (c,): share of the day that the budget lets through, and how likely it runs dry;
    `served_now` at today's bids and budgets. `nights_down`: steps that bids may fall; `careful`: share of the step
    that so little history allows.
    """

    grid: ResponseGrid
    problem: Problem
    allocation: Allocation
    goal: Array
    choice: Choice
    under_cap: Mask
    cap: float
    planned: float
    budget: Array
    budget_new: Array
    budget_now: Array
    served: Array
    risk: Array
    served_now: Array
    marginal_roi: float
    nights_down: int
    careful: float


def decide(models: FittedModels, settings: Settings) -> Decision:
    """Choose bids and budgets for `models.day`.

    Raises
    ------
    SettingsError
        When kept or smallest budgets alone exceed the cap; names the smallest relaxation.
    """
    task = _task(models, settings)
    worth: dict[float, float] = {}
    for share in PLANNED_SHARES:
        allocation = task.solve(share, search=False)
        if worth and not allocation.feasible:
            break  # tonight's bids cannot go that low
        worth[share] = task.worth(allocation)
        if allocation.shadow_price <= 0:
            break  # the cap does not bind: planning for less of it changes nothing
    best = max(worth, key=lambda share: worth[share])
    task = task.learning(task.solve(best, search=False).shadow_price)
    return task.decision(best, task.certified(best, task.solve(best, search=True)))


@dataclass(frozen=True)
class _Task:
    """One night's allocation under any share of the cap. `ours` (c,); `low`, `high` (c,) budgets in yuan."""

    models: FittedModels
    settings: Settings
    grid: ResponseGrid
    cap: float
    ours: Mask
    low: Array
    high: Array
    nights_down: int
    careful: float

    @cached_property
    def rows(self) -> Choice:
        """The words under the cap."""
        return np.flatnonzero(self.ours[self.models.campaign])

    def learning(self, price: float) -> "_Task":
        """The same with what each option teaches added to its value, for words within the share of the cap for it."""
        share = self.settings.explore.share
        if share <= 0:
            return self
        bonus = curves.bonus(self.models, self.grid, price, share * self.cap)
        bonus[~self.ours[self.models.campaign]] = 0.0
        return replace(self, grid=replace(self.grid, value=self.grid.value + bonus, taught=bonus))

    def problem(self, share: float, options: Mask) -> Problem:
        """The allocation under this share of the cap, each word choosing among `options` (n, k)."""
        cap, grid, rows, goal = self.cap * share, self.grid, self.rows, self.settings.objective
        return Problem(
            value=grid.value[rows],
            spend=grid.response.spend[rows],
            allowed=options[rows],
            cap=cap,
            start=grid.start[rows],
            group=self.models.campaign[rows],
            group_cap=np.where(self.high < self.cap, self.high * share, np.inf),
            gmv=grid.response.gmv[rows],
            min_roi=goal.min_roi,
            min_spend=goal.min_spend * min(self.cap, cap) if goal.maximise == "roi" else 0.0,
        )

    def solve(self, share: float, *, search: bool) -> Allocation:
        """Solve; where the settings limit the number of changes, once more with the least important held back.

        Where so few changes cannot meet the cap, the cap goes first: their number doubles until they can.
        """
        problem = self.problem(share, self.grid.allowed)
        allocation = self._solve(problem, search)
        most = self.settings.bids.max_changes
        words = np.arange(len(problem.start))
        moved = np.flatnonzero(allocation.choice != problem.start)
        worth = problem.value - allocation.shadow_price * problem.spend
        gain = worth[words, allocation.choice] - worth[words, problem.start]
        first = moved[np.argsort(-gain[moved], kind="stable")]
        while 0 < most < len(moved):
            held_back = np.setdiff1d(words, first[:most])
            allowed = problem.allowed.copy()
            allowed[held_back] = False
            allowed[held_back, problem.start[held_back]] = True
            limited = self._solve(replace(problem, allowed=allowed), search)
            if limited.feasible or not allocation.feasible:
                return limited
            most *= 2
        return allocation

    def certified(self, share: float, allocation: Allocation) -> Allocation:
        """`allocation` with the bound over all possible bids: also those not worth a move, or a change too many."""
        whole = self._solve(self.problem(share, self.grid.possible), search=False)
        bound = max(whole.bound, allocation.value)
        gap = (bound - allocation.value) / abs(bound) if bound else 0.0
        return replace(allocation, bound=bound, gap=gap)

    def _solve(self, problem: Problem, search: bool) -> Allocation:
        if self.settings.objective.maximise == "roi":
            return optimize.maximise_ratio(problem, problem.min_spend)
        return optimize.solve(problem, search=search)

    def choice(self, allocation: Allocation) -> Choice:
        """(n,) options of all words: those under the cap as allocated, the others as they are."""
        choice = self.grid.start.copy()
        choice[self.rows] = allocation.choice
        return choice

    def budgets(self, choice: Choice) -> tuple[Array, Array, Array]:
        """(budget, served, risk), (c,) each, when words take `choice`."""
        spend, variance = self.spend(choice), self.variance(choice)
        ours = self.ours
        budget = np.full(len(ours), np.nan)
        low = self._room_for_bids(choice)
        budget[ours] = share_out(self.cap, spend[ours], variance[ours], low[ours], self.high[ours])
        return budget, *served(spend, variance, np.where(ours, budget, self.in_force))

    def _room_for_bids(self, choice: Choice) -> Array:
        """(c,) smallest budgets, raised to the highest bid of each plan (a platform rule) where the cap allows."""
        bid = self.grid.bid[self.rows, choice[self.rows]]
        low = self.low.copy()
        np.maximum.at(low, self.models.campaign[self.rows], bid)
        low = np.minimum(np.ceil(low), self.high)
        return low if low[self.ours].sum() <= self.cap else self.low

    @cached_property
    def in_force(self) -> Array:
        """(c,) yuan a day at the start of the day, infinity where there is none or none is known."""
        now = self.models.campaigns["budget_now"].to_numpy(float)
        return np.where(np.isnan(now), np.inf, now)

    def worth(self, allocation: Allocation) -> float:
        """The objective after what the budgets are expected to cut off: the evening, which converts best."""
        choice = self.choice(allocation)
        _, share, _ = self.budgets(choice)
        uncut = self.grid.response.pick(choice)
        goal = self.settings.objective.maximise
        cut = uncut.cut(share[self.models.campaign], self.models.evening)
        lost: Array = getattr(cut, _MEASURE[goal]) - getattr(uncut, _MEASURE[goal])
        value = self.grid.value[np.arange(len(choice)), choice] + lost
        return float(value[self.rows].sum())

    def spend(self, choice: Choice) -> Array:
        """(c,) expected yuan a day before any cut."""
        picked = self.grid.response.spend[np.arange(len(choice)), choice]
        return np.asarray(np.bincount(self.models.campaign, picked, len(self.ours)))

    def variance(self, choice: Choice) -> Array:
        """(c,) relative variance of a campaign's spend of the day before cuts."""
        words = np.arange(len(choice))
        doubt = curves.doubt(self.models, self.grid.response.pick(choice), self.grid.bid[words, choice])
        return curves.campaign_variance(doubt, self.models.campaign)

    def decision(self, share: float, allocation: Allocation) -> Decision:
        grid, choice = self.grid, self.choice(allocation)
        budget, share_served, risk = self.budgets(choice)
        served_now, _ = served(self.spend(grid.start), self.variance(grid.start), self.in_force)
        under_cap = np.zeros(len(choice), bool)
        under_cap[self.rows] = True
        return Decision(
            grid=grid,
            problem=self.problem(share, grid.allowed),
            allocation=allocation,
            goal=getattr(grid.response, _MEASURE[self.settings.objective.maximise]),
            choice=choice,
            under_cap=under_cap,
            cap=self.cap,
            planned=self.cap * share,
            budget=budget,
            budget_new=np.where(self.ours, budget, self.in_force),
            budget_now=self.in_force,
            served=share_served,
            risk=risk,
            served_now=served_now,
            marginal_roi=self._marginal_roi(share, allocation),
            nights_down=self.nights_down,
            careful=self.careful,
        )

    def _marginal_roi(self, share: float, allocation: Allocation) -> float:
        """Yuan of GMV that the next yuan of cap brings, 0 where the cap does not bind."""
        if allocation.shadow_price <= 0:
            return 0.0
        ahead = optimize.solve(self.problem(share * A_LITTLE_MORE, self.grid.allowed), search=False)
        gmv = self.grid.response.gmv
        gained = gmv[self.rows, ahead.choice].sum() - gmv[self.rows, allocation.choice].sum()
        spent = ahead.spend - allocation.spend
        return float(gained / spent) if spent > 1e-9 else 0.0


def _task(models: FittedModels, settings: Settings) -> _Task:
    cap = settings.daily_cap(models.day)
    ours = curves.under_cap(models, settings)
    low, high = _budget_limits(models, settings, ours, cap)
    careful = float(np.clip(models.days_seen / CAREFUL_DAYS, 0.2, 1.0))
    grid, nights_down = _reachable(models, settings, ours[models.campaign], cap, careful)
    return _Task(models, settings, grid, cap, ours, low, high, nights_down, careful)


def _budget_limits(models: FittedModels, settings: Settings, ours: Mask, cap: float) -> tuple[Array, Array]:
    """(low, high) yuan for every campaign: a kept budget has no room, ours have the settings' and the platform's."""
    plans = models.campaigns
    own = {c.id: c for c in settings.campaign}
    floor = settings.budget.min_campaign
    low = np.array([max(floor, (own[i].min_budget or 0.0) if i in own else 0.0) for i in plans["campaign_id"]])
    high = np.array([(own[i].max_budget or cap) if i in own else cap for i in plans["campaign_id"]])
    now = plans["budget_now"].to_numpy(float)
    if models.days_seen == 0 and settings.budget.reallocate:  # nothing says what plans need: all shrink alike
        now = np.floor(now * min(1.0, cap / max(float(np.nansum(now[ours])), 1e-9)) + 1e-9)
    fixed = not settings.budget.reallocate or models.days_seen == 0
    kept = np.isfinite(now) & (plans["bidding"].eq("smart").to_numpy() | fixed)
    low, high = np.where(kept, now, low), np.where(kept, now, high)
    short = float(low[ours].sum() - cap)
    if short > 0.005:
        zh, en = ("保留的", "kept") if kept[ours].any() else ("最低", "smallest")
        plans_count, total = int(ours.sum()), low[ours].sum()
        raise SettingsError(
            f"{plans_count} 个计划{zh}日预算合计 {total:.2f} 元，超过 daily_cap = {cap:.2f} / "
            f"the {en} budgets of {plans_count} plans sum to more than daily_cap.",
            f"daily_cap 至少提高 {short:.2f} 元 / raise daily_cap by at least {short:.2f}, or lower those budgets.",
        )
    return low, np.maximum(np.minimum(high, cap), low)


def _reachable(
    models: FittedModels, settings: Settings, under_cap: Mask, cap: float, careful: float
) -> tuple[ResponseGrid, int]:
    """The grid of tonight's bids; where even the lowest would pass the cap, bids may fall by more than one step."""
    for nights in range(1, MOST_NIGHTS_DOWN + 1):
        grid = curves.build(models, settings, nights_down=nights, careful=careful)
        least = np.where(grid.allowed, grid.response.spend, np.inf).min(1)[under_cap].sum()
        if least <= cap or (grid.held[under_cap] != "").all():
            break
    return grid, nights


def budget_table(models: FittedModels, decision: Decision) -> pd.DataFrame:
    """One row a campaign that is ours: budget_now (inf = 不限, NaN = not known), budget_new, and why, with new_spend
    before any cut; yuan a day.
    """
    rows = np.isfinite(decision.budget)
    plans = models.campaigns[rows].reset_index(drop=True)
    now, new = plans["budget_now"].to_numpy(float), decision.budget[rows]
    words = np.arange(len(decision.choice))
    wanted = decision.grid.response.spend[words, decision.choice]
    spend = np.bincount(models.campaign, wanted, len(models.campaigns))[rows]
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
