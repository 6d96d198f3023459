"""What a yuan of spread costs: the standard deviation of the whole plan, shared out among the words' options.

The plan's variance is a sum of what words have to themselves and of squares of what they share. Around a choice its
square root is charged by its tangent, so that words stay separable; the charge is found anew at each new choice
(minorise-maximise: Hunter & Lange, 2004, A tutorial on MM algorithms, The American Statistician 58).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bidopt.curves.doubt import doubt
from bidopt.curves.grid import ResponseGrid
from bidopt.fit import FittedModels

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Risk:
    """Of the sum of one figure over the words `within` (n,): `own` (n, k), variances that options have to themselves;
    `shared`: amounts (n, k) that err together within groups (n,), and the variance of a unit in each group.
    """

    own: Array
    shared: tuple[tuple[Array, Index, Array], ...]
    within: Mask

    @classmethod
    def of(cls, models: FittedModels, grid: ResponseGrid, figure: str, within: Mask) -> "Risk":
        """Of `figure` at every option."""
        options = range(grid.bid.shape[1])
        doubts = [doubt(models, grid.response.pick(np.full(len(grid.bid), k)), grid.bid[:, k]) for k in options]
        first = doubts[0]
        mean, own, converted = (
            np.column_stack([getattr(d, part)[figure] for d in doubts]) for part in ("mean", "own", "converted")
        )
        slope = np.column_stack([d.slope for d in doubts]) * mean
        campaign, shop = models.campaign, np.zeros(len(mean), np.intp)
        one = np.ones(1)
        of_item = converted * first.item_spread[:, None]
        shared = (
            (mean, campaign, first.demand.campaign),
            (mean, shop, first.demand.shop * one),
            (slope, shop, one),
            (converted, campaign, first.conversion.campaign),
            (converted, shop, first.conversion.shop * one),
            (of_item, first.item, np.ones(int(first.item.max(initial=0)) + 1)),
        )
        return cls(np.maximum(own - of_item**2, 0.0), shared, within)

    def sd(self, choice: Index) -> float:
        """Of the sum at `choice` (n,)."""
        words = np.flatnonzero(self.within)
        variance = self.own[words, choice[words]].sum()
        for amount, group, unit in self.shared:
            variance += unit @ np.bincount(group[words], amount[words, choice[words]], len(unit)) ** 2
        return float(np.sqrt(variance))

    def charge(self, choice: Index) -> Array:
        """(n, k) by how much each option moves the sd of the sum, all others being as in `choice` (n,)."""
        words = np.flatnonzero(self.within)
        slope = self.own.copy()
        for amount, group, unit in self.shared:
            total = np.bincount(group[words], amount[words, choice[words]], len(unit))
            slope += 2 * (unit * total)[group][:, None] * amount
        return np.asarray(np.where(self.within[:, None], slope / (2 * max(self.sd(choice), 1e-9)), 0.0))
