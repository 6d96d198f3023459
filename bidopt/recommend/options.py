"""What a night can choose from, laid out once for any cap."""

from bisect import bisect_left
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from bidopt import curves, optimize
from bidopt.curves import NAMES, Response, ResponseGrid
from bidopt.fit import FittedModels
from bidopt.optimize import Allocation, Limit, Problem, Upgrades
from bidopt.recommend.couplings import couplings
from bidopt.recommend.once import Once
from bidopt.settings import Settings

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Index = npt.NDArray[np.intp]

CAREFUL_DAYS = 14
"""With less history than this, steps are smaller in proportion."""
MOST_NIGHTS_DOWN = 16
PARTS = 16
"""Nights' steps are looked at in so many parts."""
FAR = 5
"""Ranges of more nights' steps than this need twice the bids to be as fine."""
ROOM = 0.9
"""A cap is met where the lowest bids are expected to spend so much of it: days scatter."""


@dataclass(frozen=True)
class Laid:
    """The grid; the problem of the words under the cap, without any limit; the limits that couple them beside caps;
    and the hull of their options.

    `tried`: what was found under caps so far, by yuan a day. `nights_down`: how many steps bids may fall.
    """

    grid: ResponseGrid
    problem: Problem
    others: tuple[Limit, ...]
    steps: Upgrades
    nights_down: float
    tried: Once[float, "Tried"] = field(default_factory=Once)
    _today: Once[str, "Sums"] = field(default_factory=Once)

    @cached_property
    def now(self) -> Response:
        """(n,) what today's bids would bring if no budget cut the day short."""
        return self.grid.response.pick(self.grid.start)

    def sums(self, models: FittedModels, choice: Index, picked: Response | None = None) -> "Sums":
        """What the campaigns' words bring together at `choice` (n,), whose figures are `picked`."""
        words, campaign, size = np.arange(len(choice)), models.campaign, len(models.campaigns)
        picked, bid = picked or self.grid.response.pick(choice), self.grid.bid[words, choice]
        figures = Response(*(np.bincount(campaign, getattr(picked, name), size).astype(float) for name in NAMES))
        highest = np.zeros(size)
        np.maximum.at(highest, campaign, bid)
        variance = curves.campaign_variance(curves.doubt(models, picked, bid), campaign)
        return Sums(figures, variance, highest)

    def today(self, models: FittedModels) -> "Sums":
        """The same at today's bids."""
        return self._today.get("today", lambda: self.sums(models, self.grid.start, self.now))

    @cached_property
    def least(self) -> float:
        """Yuan a day that the cheapest options spend."""
        return float(self.problem.spend[np.arange(len(self.steps.base)), self.steps.base].sum())


@dataclass(frozen=True)
class Sums:
    """(c,) each: the campaigns' figures before any cut, the relative variance of their spend of the day, and the
    highest bid.
    """

    figures: Response
    variance: Array
    highest: Array


@dataclass(frozen=True)
class Tried:
    """An allocation under some cap, the objective of all words under it, and what the campaigns then bring."""

    allocation: Allocation
    value: float
    sums: Sums


class Options:
    """The bids that words may take after `nights` nights of steps.

    Attributes
    ----------
    ours : (c,) campaigns under the cap; `rows`, the words under it.
    careful : share of the step that so little history allows.
    """

    def __init__(self, models: FittedModels, settings: Settings, nights: int = 1) -> None:
        self.models, self.settings, self.nights = models, settings, nights
        self.ours: Mask = curves.under_cap(models, settings)
        self.rows: Index = np.flatnonzero(self.ours[models.campaign])
        self.careful = float(np.clip(models.days_seen / CAREFUL_DAYS, 0.2, 1.0))
        self._held = curves.held(models, settings)
        self._spent: Once[float, float] = Once()
        self._laid: Once[float, Laid] = Once()

    def reaching(self, cap: float) -> Laid:
        """The options of a night; where the cap can't be met within its steps, bids may fall as far as that takes."""
        laid = self._laid.get(float(self.nights), lambda: self._lay(float(self.nights)))
        if laid.least <= ROOM * cap or (laid.grid.held[self.rows] != "").all():
            return laid
        further = self.nights + np.arange(1, MOST_NIGHTS_DOWN * PARTS + 1) / PARTS
        enough = bisect_left(further, True, key=lambda nights: self._least(float(nights)) <= ROOM * cap)
        # Not kept: hardly two caps reach equally far, and each takes as much memory as tonight's.
        return self._lay(float(further[min(enough, len(further) - 1)]))

    def _least(self, nights_down: float) -> float:
        """What the words under the cap spend, yuan a day, if all bids fall by so many steps."""
        return self._spent.get(nights_down, lambda: self._lowest(nights_down))

    def _lowest(self, nights_down: float) -> float:
        grid = self._grid(nights_down, n_bids=1)
        return float(np.where(grid.allowed, grid.response.spend, np.inf)[self.rows].min(1).sum())

    def _grid(self, nights_down: float, n_bids: int) -> ResponseGrid:
        return curves.build(
            self.models,
            self.settings,
            nights_down=nights_down,
            nights_up=self.nights,
            careful=self.careful,
            n_bids=n_bids,
            code=self._held,
        )

    def _lay(self, nights_down: float) -> Laid:
        far = max(nights_down, self.nights) > FAR
        grid = self._grid(nights_down, 2 * curves.N_BIDS if far else curves.N_BIDS)
        problem = Problem(
            value=grid.value[self.rows],
            spend=grid.response.spend[self.rows],
            allowed=grid.allowed[self.rows],
            cap=np.inf,
            start=grid.start[self.rows],
            gmv=grid.response.gmv[self.rows],
        )
        others = couplings(self.models, self.settings, grid, self.rows)
        return Laid(grid, problem, others, optimize.hull(problem), nights_down)
