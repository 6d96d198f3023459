"""The night's decision: how much of the cap to plan for, one bid for every word, one budget for every plan."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from bidopt import curves, optimize
from bidopt.curves import MEASURE, Response, ResponseGrid
from bidopt.fit import FittedModels
from bidopt.optimize import Allocation, Conflict, Limit, Problem, Upgrades
from bidopt.optimize.budgets import served, share_out
from bidopt.recommend.budgets import budget_limits
from bidopt.recommend.options import Laid, Options, Tried
from bidopt.settings import Settings

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Choice = npt.NDArray[np.intp]

RUNG, LEAST_PLANNED = 1.04, 0.65
"""Spend scatters, and a plan that runs dry loses its evening: beside the whole cap, every power of `RUNG` yuan down to
`LEAST_PLANNED` of it is tried as what to plan for. The same amounts for all caps: what-ifs share their answers."""
PAST_THE_BEST = 2
"""So many in turn that are worse than the best: smaller ones are not tried."""
WIDER = (1.0, 1.1, 1.5, 2.0, 4.0)
"""Limits that cannot hold give way by the smallest relaxation, so many times over until bids are found."""
CAUTIOUS_ROUNDS = 4
FLOOR_ROUNDS = 3
A_LITTLE_ABOVE = 1e-4
"""A floor that cuts have broken is raised by what they took and this share more."""
A_LITTLE_MORE = 1.02
"""The cap is raised by so much to see what the next yuan brings."""


@dataclass(frozen=True)
class Decision:
    """What was chosen, and what it was chosen from; n words, c campaigns.

    `choice` (n,): options of the grid. `under_cap` (n,): words that live under the cap, whose allocation answers
    `problem`. `now` (n,): what today's bids would bring if no budget cut the day short. `goal` (n, k): the figure that
    is maximised, before risk and learning. `budget` (c,) yuan, NaN where a campaign's is not ours to set; `budget_new`,
    `budget_now` (c,): all that will be, and are, in force, infinity = none. `served`, `risk` (c,): share of the day
    that the budget lets through, and how likely it runs dry; `served_now` at today's bids and budgets. `nights_down`:
    steps that bids may fall; `careful`: share of the step that so little history allows.
    """

    grid: ResponseGrid
    problem: Problem
    allocation: Allocation
    clashes: tuple[Conflict, ...]
    now: Response
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
    nights_down: float
    careful: float

    @cached_property
    def uncut(self) -> Response:
        """(n,) what the new bids would bring if no budget cut the day short."""
        return self.grid.response.pick(self.choice)


def decide(
    models: FittedModels, settings: Settings, *, cap: float | None = None, options: Options | None = None
) -> Decision:
    """Choose bids and budgets for `models.day`.

    Parameters
    ----------
    cap : yuan a day; the settings' own where not given.
    options : what there is to choose from, where many caps are compared.

    Raises
    ------
    SettingsError
        When kept or smallest budgets alone exceed the cap; names the smallest relaxation.
    """
    task = _task(models, settings, cap or settings.daily_cap(models.day), options or Options(models, settings))
    task = task.cautious()
    best = task.best()
    task = task.learning(task.tried(best).allocation.shadow_price)
    return task.decision(task.settled(best))


@dataclass(frozen=True)
class _Settled:
    """What was found under every limit, with so much of the cap planned for, and the limits that gave way for it."""

    planned: float
    problem: Problem
    tried: Tried
    clashes: tuple[Conflict, ...] = ()

    @property
    def clear(self) -> bool:
        """All limits are kept as they were asked for."""
        return self.tried.allocation.feasible and not self.clashes


def _rungs(cap: float) -> Iterator[float]:
    """The cap and what below it is tried as planned spend, yuan a day, falling."""
    yield cap
    top = np.ceil(np.log(cap) / np.log(RUNG)) - 1
    lowest = np.ceil(np.log(cap * LEAST_PLANNED) / np.log(RUNG))
    yield from (float(RUNG**power) for power in np.arange(top, lowest - 1, -1))


@dataclass(frozen=True)
class _Task:
    """One night's allocation under any share of the cap. `low`, `high` (c,) budgets in yuan; `steps`: the hull of the
    options where it is known already. `roi_floor`, and the floors among `others`: before budgets cut anything off.
    """

    models: FittedModels
    settings: Settings
    options: Options
    laid: Laid
    grid: ResponseGrid
    base: Problem
    steps: Upgrades | None
    cap: float
    low: Array
    high: Array
    roi_floor: float
    others: tuple[Limit, ...]

    @property
    def ours(self) -> Mask:
        """(c,) the campaigns under the cap."""
        return self.options.ours

    @property
    def rows(self) -> Choice:
        """The words under the cap."""
        return self.options.rows

    def cautious(self) -> "_Task":
        """The same with the spread of the whole plan charged to the options, as the settings weigh it."""
        weight = self.settings.objective.risk_aversion
        if weight <= 0:
            return self
        within = np.zeros(len(self.grid.bid), bool)
        within[self.rows] = True
        goal = self.grid.value
        risk = curves.Risk.of(self.models, self.grid, MEASURE[self.settings.objective.maximise], within)
        words, best = np.arange(len(goal)), (-np.inf, self)
        task = self._valued(goal - weight * risk.charge(self.grid.start))
        for _ in range(CAUTIOUS_ROUNDS):
            choice = task.choice(task.tried(self.cap).allocation)
            worth = float(goal[words, choice][self.rows].sum()) - weight * risk.sd(choice)
            best = max(best, (worth, task), key=lambda found: found[0])
            task = self._valued(goal - weight * risk.charge(choice))
        return best[1]

    def _valued(self, value: Array, taught: Array | None = None) -> "_Task":
        grid = replace(self.grid, value=value, taught=self.grid.taught if taught is None else taught)
        return replace(self, grid=grid, base=replace(self.base, value=value[self.rows]), steps=None)

    def learning(self, price: float) -> "_Task":
        """The same with what each option teaches added to its value, for words within the share of the cap for it."""
        share = self.settings.explore.share
        if share <= 0:
            return self
        bonus = curves.bonus(self.models, self.grid, price, share * self.cap)
        bonus[~self.ours[self.models.campaign]] = 0.0
        return self._valued(self.grid.value + bonus, bonus)

    def problem(self, planned: float, others: tuple[Limit, ...] = ()) -> Problem:
        """The allocation under this much of the cap, and the same share of the campaigns' own."""
        goal = self.settings.objective
        return replace(
            self.base,
            cap=planned,
            group=self.models.campaign[self.rows],
            group_cap=np.where(self.capped, self.high * planned / self.cap, np.inf),
            min_roi=self.roi_floor,
            min_spend=goal.min_spend * planned if goal.maximise == "roi" else 0.0,
            others=others,
        )

    @cached_property
    def capped(self) -> Mask:
        """(c,) campaigns that have a cap of their own; budgets are in whole yuan."""
        return self.ours & (self.high < float(np.floor(self.cap)))

    def best(self) -> float:
        """How much of the cap to plan for."""
        worth: dict[float, float] = {}
        uncapped = np.inf
        for planned in _rungs(self.cap):
            if planned >= uncapped:
                continue  # that much does not bind
            tried = self.tried(planned)
            if worth and not tried.allocation.feasible:
                break  # tonight's bids cannot go that low
            worth[planned] = self.worth(tried)
            if tried.allocation.shadow_price <= 0:
                uncapped = tried.allocation.spend
            if len(worth) - 1 - int(np.argmax(list(worth.values()))) >= PAST_THE_BEST:
                break
        return max(worth, key=lambda planned: worth[planned])

    def tried(self, planned: float) -> Tried:
        """The allocation under the caps alone, without a search: to compare how much to plan for."""
        as_laid = self.base is self.laid.problem and self.roi_floor == self.settings.objective.min_roi
        if self.capped.any() or not as_laid:
            return self._try(planned)
        return self.laid.tried.get(planned, lambda: self._try(planned))

    def _try(self, planned: float) -> Tried:
        return self._summed(self._maximise(self.problem(planned), search=False))

    def _summed(self, allocation: Allocation) -> Tried:
        choice = self.choice(allocation)
        value = self.grid.value[np.arange(len(choice)), choice]
        return Tried(allocation, float(value[self.rows].sum()), self.laid.sums(self.models, choice))

    def settled(self, planned: float) -> _Settled:
        """Under every limit. Where they clash under this much of the cap, all of it is planned for if that helps.

        Floors stand for what is left after budgets cut off the evening: they rise by what that takes from them.
        """
        found = self.solve_all(planned)
        if not found.clear and planned < self.cap and not optimize.out_of_reach(self.problem(planned, self.others)):
            whole = self.solve_all(self.cap)
            found = whole if whole.clear else found
        task = self
        for _ in range(FLOOR_ROUNDS):
            higher = task.raised(found) if found.clear else None
            if higher is None:
                break
            task, then = higher, higher.solve_all(found.planned)
            if then.clashes:
                break  # as near as the other limits let it
            found = then
        return found

    def raised(self, found: _Settled) -> "_Task | None":
        """The same with higher floors for ROI and plans' spend, where the budgets cut them short; None where not."""
        left = found.tried.sums.figures.cut(self.budgets(found.tried)[1], self.models.evening)
        spend = np.maximum(left.spend, 1e-9)
        lost = self.settings.objective.min_roi * spend[self.ours].sum() / max(float(left.gmv[self.ours].sum()), 1e-9)
        short, others = [lost], []
        for own, asked in zip(self.others, self.laid.others, strict=True):
            more = np.maximum(-asked.cap / spend, 1.0) if own.name == "campaign_floor" else np.ones(len(own.cap))
            others.append(replace(own, cap=np.where(more > 1, own.cap * (more + A_LITTLE_ABOVE), own.cap)))
            short.append(float(more.max()))
        if max(short) <= 1 + A_LITTLE_ABOVE:
            return None
        return replace(self, roi_floor=self.roi_floor * (max(lost, 1.0) + A_LITTLE_ABOVE), others=tuple(others))

    def solve_all(self, planned: float) -> _Settled:
        """Under every limit. Those that cannot hold together give way, in the smallest way, before the caps do."""
        others = self.others
        problem = self.problem(planned, others)
        if not others and len(self.rows) > optimize.MAX_WORDS and self.base is self.laid.problem:
            return _Settled(planned, problem, self.tried(planned))
        alone = optimize.out_of_reach(problem)
        asked = optimize.relaxed(problem, alone) if alone else problem
        found = self._maximise(asked, search=True)
        if found.feasible or not others:  # nothing smaller than what is out of reach would do
            return _Settled(planned, asked, self._summed(found), tuple(alone))
        clashes = optimize.conflicts(problem)
        for times in WIDER:  # what a mixture keeps, whole bids may not
            wider = optimize.relaxed(problem, clashes, times)
            found = self._maximise(wider, search=True)
            if found.feasible:
                break
        return _Settled(planned, wider, self._summed(found), tuple(clashes))

    def certified(self, problem: Problem, allocation: Allocation) -> Allocation:
        """`allocation` with the bound over all possible bids: also those not worth a move, or a change too many."""
        possible = replace(problem, allowed=self.grid.possible[self.rows], others=tuple(_uncounted(problem)))
        if problem.min_spend > 0 or len(possible.others) < len(problem.others):
            bound = self._maximise(possible, search=False).bound
        else:  # the prices that were found prove it, and nearly as tightly as any would
            bound = optimize.bound(possible, allocation.prices)
        bound = max(bound, allocation.value)
        gap = (bound - allocation.value) / abs(bound) if bound else 0.0
        return replace(allocation, bound=bound, gap=gap)

    def _maximise(self, problem: Problem, search: bool) -> Allocation:
        if self.settings.objective.maximise == "roi":
            return optimize.maximise_ratio(problem, problem.min_spend)
        same = problem.allowed is self.base.allowed
        return optimize.solve(problem, search=search, steps=self.steps if same else None)

    def choice(self, allocation: Allocation) -> Choice:
        """(n,) options of all words: those under the cap as allocated, the others as they are."""
        choice = self.grid.start.copy()
        choice[self.rows] = allocation.choice
        return choice

    def budgets(self, tried: Tried) -> tuple[Array, Array, Array]:
        """(budget, served, risk), (c,) each."""
        spend, variance, ours = tried.sums.figures.spend, tried.sums.variance, self.ours
        budget = np.full(len(ours), np.nan)
        low = self._room_for_bids(tried.sums.highest)
        budget[ours] = share_out(self.cap, spend[ours], variance[ours], low[ours], self.high[ours])
        return budget, *served(spend, variance, np.where(ours, budget, self.in_force))

    def _room_for_bids(self, highest: Array) -> Array:
        """(c,) smallest budgets, raised to the highest bid of each plan (a platform rule) where the cap allows."""
        low = np.minimum(np.ceil(np.maximum(self.low, np.where(self.ours, highest, 0.0))), self.high)
        return low if low[self.ours].sum() <= self.cap else self.low

    @cached_property
    def in_force(self) -> Array:
        """(c,) yuan a day at the start of the day, infinity where there is none or none is known."""
        now = self.models.campaigns["budget_now"].to_numpy(float)
        return np.where(np.isnan(now), np.inf, now)

    def worth(self, tried: Tried) -> float:
        """The objective after what the budgets are expected to cut off: the evening, which converts best."""
        _, share, _ = self.budgets(tried)
        goal = MEASURE[self.settings.objective.maximise]
        uncut = tried.sums.figures
        lost = getattr(uncut.cut(share, self.models.evening), goal) - getattr(uncut, goal)
        return tried.value + float(lost[self.ours].sum())

    def decision(self, found: _Settled) -> Decision:
        grid, allocation = self.grid, self.certified(found.problem, found.tried.allocation)
        choice = self.choice(allocation)
        budget, share_served, risk = self.budgets(found.tried)
        now = self.laid.today(self.models)
        served_now, _ = served(now.figures.spend, now.variance, self.in_force)
        under_cap = np.zeros(len(choice), bool)
        under_cap[self.rows] = True
        return Decision(
            grid=grid,
            problem=found.problem,
            allocation=allocation,
            clashes=found.clashes,
            now=self.laid.now,
            goal=getattr(grid.response, MEASURE[self.settings.objective.maximise]),
            choice=choice,
            under_cap=under_cap,
            cap=self.cap,
            planned=found.planned,
            budget=budget,
            budget_new=np.where(self.ours, budget, self.in_force),
            budget_now=self.in_force,
            served=share_served,
            risk=risk,
            served_now=served_now,
            marginal_roi=self._marginal_roi(found.planned, allocation),
            nights_down=self.laid.nights_down,
            careful=self.options.careful,
        )

    def _marginal_roi(self, planned: float, allocation: Allocation) -> float:
        """Yuan of GMV that the next yuan of cap brings, 0 where the cap does not bind."""
        if allocation.shadow_price <= 0:
            return 0.0
        ahead = optimize.solve(self.problem(planned * A_LITTLE_MORE), search=False, steps=self.steps)
        gmv = self.grid.response.gmv
        gained = gmv[self.rows, ahead.choice].sum() - gmv[self.rows, allocation.choice].sum()
        spent = ahead.spend - allocation.spend
        return float(gained / spent) if spent > 1e-9 else 0.0


def _task(models: FittedModels, settings: Settings, cap: float, options: Options) -> _Task:
    low, high = budget_limits(models, settings, options.ours, cap)
    laid = options.reaching(cap)
    return _Task(
        models=models,
        settings=settings,
        options=options,
        laid=laid,
        grid=laid.grid,
        base=laid.problem,
        steps=laid.steps,
        cap=cap,
        low=low,
        high=high,
        roi_floor=settings.objective.min_roi,
        others=laid.others,
    )


def _uncounted(problem: Problem) -> Iterator[Limit]:
    """Its other limits but for the number of changes."""
    return (limit for limit in problem.others if limit.name != "max_changes")
