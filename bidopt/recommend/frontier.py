"""What a shop brings under every cap up to its own: the frontier by which an agency's budget is split."""

from bisect import bisect_left
from dataclasses import replace
from functools import cached_property

import numpy as np

from bidopt import optimize
from bidopt.errors import SettingsError
from bidopt.fit import FittedModels
from bidopt.optimize import Allocation, Frontier, Problem
from bidopt.recommend.budgets import budget_limits
from bidopt.recommend.options import ROOM, Options
from bidopt.settings import Settings

POINTS = 32
"""So many caps, evenly spaced in proportion."""


class Prospect:
    """One night's allocations under any cap, held by caps and the ROI floor alone; the plan itself keeps every limit.

    Raises
    ------
    SettingsError
        When kept or smallest budgets alone exceed the shop's own cap.
    """

    def __init__(self, models: FittedModels, settings: Settings) -> None:
        self.models, self.settings = models, settings
        self.own = settings.daily_cap(models.day)
        self._options = Options(models, settings)
        self._high = budget_limits(models, settings, self._options.ours, self.own)[1]

    @cached_property
    def floor(self) -> float:
        """Yuan a day below which plans lack their smallest, or kept, budgets."""
        return float(bisect_left(range(int(self.own)), True, key=self._affords)) if self._high.size else 0.0

    @cached_property
    def least(self) -> float:
        """Yuan a day below which bids would have to fall by more than a night's step."""
        return float(min(max(self.floor, np.ceil(self._options.reaching(self.own).least / ROOM), 1.0), self.own))

    def under(self, cap: float) -> Allocation:
        """The allocation of most value under `cap`, which is `least` or more."""
        found = self._solved(cap, self.settings.objective.min_roi)
        return found if found.feasible else self._solved(cap, 0.0)

    def frontier(self) -> Frontier:
        """From `least` to the shop's own cap."""
        top = self.under(self.own)
        binds = top.shadow_price > 0
        last = self.own if binds else min(max(top.spend, self.least), self.own)
        caps = np.unique([*np.geomspace(self.least, last, POINTS).round(2), self.own])
        found = [self.under(cap) for cap in caps.tolist()]
        value, bound, price = (
            np.array([getattr(one, name) for one in found]) for name in ("value", "bound", "shadow_price")
        )
        return Frontier(caps, value, bound, price)

    def _solved(self, cap: float, min_roi: float) -> Allocation:
        laid, ours = self._options.reaching(self.own), self._options.ours
        capped = ours & (self._high < np.floor(self.own))
        problem: Problem = replace(
            laid.problem,
            cap=cap,
            group=self.models.campaign[self._options.rows],
            group_cap=np.where(capped, self._high, np.inf),
            min_roi=min_roi,
        )
        return optimize.solve(problem, search=False, steps=laid.steps)

    def _affords(self, cap: int) -> bool:
        try:
            budget_limits(self.models, self.settings, self._options.ours, float(cap))
        except SettingsError:
            return False
        return True
