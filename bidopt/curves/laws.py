"""The laws that a day's figures follow, vectorised over words.

Counts are negative binomial; money is a gamma law beside the chance that nothing comes (a hurdle in the place of the
compound sums of Smyth & Jorgensen, 2002, ASTIN Bulletin 32(1)); profit is their difference.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy.special import betainc, gammainc, gammaincinv, ndtr, ndtri

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]
Rows = Index | slice

ALL = slice(None)
LEAST = 1e-9
"""Less expected than this is nothing."""
FEW = 200.0
"""Larger quantiles of counts are those of a continuous law."""
NEAR = 1e-3
"""Yuan: so near are quantiles of a word's profit found."""


class Law(Protocol):
    """n laws, one a word."""

    def cdf(self, value: Array) -> Array:
        """(n,) chance of at most `value` (n,)."""
        ...

    def below(self, value: Array) -> Array:
        """(n,) chance of less than `value` (n,)."""
        ...

    def quantile(self, share: float) -> Array:
        """(n,) the smallest value that is not passed with chance `share`."""
        ...


@dataclass(frozen=True)
class Count:
    """Negative binomial laws with these means and variances, (n,); never tighter than Poisson."""

    mean: Array
    variance: Array

    @property
    def none(self) -> Array:
        """(n,) chance of 0."""
        return self.cdf(np.zeros(len(self.mean)))

    def cdf(self, value: Array) -> Array:
        size, share = self._parameters()
        k = np.floor(value)
        return np.where(k < 0, 0.0, betainc(size, np.maximum(k, 0.0) + 1, share))

    def below(self, value: Array) -> Array:
        return self.cdf(np.ceil(value) - 1)

    def quantile(self, share: float) -> Array:
        out = np.ceil(gamma_quantile(self.mean, self.variance, share) - 0.5)
        few = np.flatnonzero((self.mean > LEAST) & (out < FEW))
        size, each = (x[few] for x in self._parameters())
        start = np.maximum(out[few], 0.0)
        # what is no number counts as reached, so that the search ends
        out[few] = _stepped(lambda k, rows: ~(betainc(size[rows], k + 1, each[rows]) < share), start)
        return out

    def _parameters(self) -> tuple[Array, Array]:
        mean = np.maximum(self.mean, LEAST)
        over = np.maximum(self.variance / mean - 1, 1e-3)
        return mean / over, 1 / (1 + over)


@dataclass(frozen=True)
class Money:
    """`none` (n,): chance that nothing comes; otherwise gamma laws, the whole with these means and variances (n,)."""

    mean: Array
    variance: Array
    none: Array | float = 0.0

    def cdf(self, value: Array, rows: Rows = ALL) -> Array:
        mean, variance = (x[rows] for x in self._some)
        shape, none = mean**2 / variance, self.nothing[rows]
        given = gammainc(shape, np.maximum(value, 0.0) * mean / variance)
        return np.where(value < 0, 0.0, none + (1 - none) * np.where(self.mean[rows] > LEAST, given, 1.0))

    def below(self, value: Array, rows: Rows = ALL) -> Array:
        return np.where(value > 0, self.cdf(value, rows), 0.0)

    def quantile(self, share: float) -> Array:
        mean, variance = self._some
        left = np.clip((share - self.none) / np.maximum(1 - self.none, 1e-12), 0.0, 1 - 1e-12)
        given = gammaincinv(mean**2 / variance, left) * variance / mean
        return np.where(self.mean > LEAST, given, 0.0)

    @cached_property
    def nothing(self) -> Array:
        """(n,) chance that nothing comes."""
        return np.broadcast_to(np.asarray(self.none, float), self.mean.shape)

    @cached_property
    def _some(self) -> tuple[Array, Array]:
        """(mean, variance) where something comes."""
        chance = np.maximum(1 - self.none, 1e-12)
        mean = np.maximum(self.mean, LEAST) / chance
        variance = (self.variance + self.mean**2) / chance - mean**2
        return mean, np.maximum(variance, (0.05 * mean) ** 2)


@dataclass(frozen=True)
class Normal:
    """Normal laws with these means and variances, (n,)."""

    mean: Array
    variance: Array

    def cdf(self, value: Array) -> Array:
        return np.asarray(ndtr((value - self.mean) / np.sqrt(np.maximum(self.variance, 1e-12))))

    below = cdf

    def quantile(self, share: float) -> Array:
        return np.asarray(self.mean + ndtri(share) * np.sqrt(self.variance))


def gamma_quantile(mean: Array, variance: Array, share: float) -> Array:
    """The quantile of gamma laws with these moments; 0 where the mean is 0."""
    mean, variance = np.broadcast_arrays(np.asarray(mean, float), np.asarray(variance, float))
    some = (mean > LEAST) & (variance > 0)
    shape = np.where(some, mean**2 / np.where(some, variance, 1.0), 1.0)
    return np.where(some, gammaincinv(shape, share) / shape * mean, mean)


@dataclass(frozen=True)
class Difference:
    """Profit: `margin` (n,) x what `gmv` brings - what `spend` takes, the two as independent laws."""

    gmv: Money
    spend: Money
    margin: Array

    def cdf(self, value: Array, rows: Rows = ALL) -> Array:
        return np.asarray(self.gmv.nothing[rows] * (1 - self.spend.below(-value, rows)) + self._ordered(value, rows))

    def below(self, value: Array) -> Array:
        return np.asarray(self.gmv.nothing * (1 - self.spend.cdf(-value)) + self._ordered(value, ALL))

    def quantile(self, share: float) -> Array:
        most, nothing = 1 - 1e-3, np.zeros(len(self.margin))
        low = np.where(self.below(nothing) < share, 0.0, -self.spend.quantile(most))
        high = np.where(self.cdf(nothing) < share, self.margin * self.gmv.quantile(most), 0.0)
        return _bisected(self.cdf, low, high, share, NEAR)

    def _ordered(self, value: Array, rows: Rows) -> Array:
        """Chance that something is ordered and the profit is at most `value`."""
        worth, none = np.maximum(self.margin[rows], 1e-9), self.gmv.nothing[rows]
        chances = [np.maximum(self.gmv.cdf((value + cost[rows]) / worth, rows) - none, 0.0) for cost in self._costs]
        return np.asarray(np.mean(chances, axis=0))

    @cached_property
    def _costs(self) -> list[Array]:
        """Equally likely outcomes of the spend, (n,) each."""
        return [self.spend.quantile(share) for share in (0.1, 0.3, 0.5, 0.7, 0.9)]


@dataclass(frozen=True)
class Budgeted:
    """Money of a day that stops when `budget` (n,) is gone, evenly between that and `least` of it."""

    whole_day: Money
    budget: Array
    least: float

    def cdf(self, value: Array, rows: Rows = ALL) -> Array:
        landed = np.clip((value / self.budget[rows] - self.least) / (1 - self.least), 0.0, 1.0)
        return np.asarray(1 - (1 - self.whole_day.cdf(value, rows)) * (1 - landed))

    below = cdf

    def quantile(self, share: float) -> Array:
        free = self.whole_day.quantile(share)
        low = np.where(free <= self.least * self.budget, free, 0.0)
        return _bisected(self.cdf, low, np.fmin(self.budget, free), share)


def _stepped(passed: Callable[[Array, Index], Mask], count: Array) -> Array:
    """(n,) the smallest counts k for which `passed(k, rows)`, found by single steps from `count` (n,)."""
    count = count.copy()
    rows = np.arange(len(count))
    below = rows[~passed(count, rows)]
    while len(below):
        count[below] += 1
        below = below[~passed(count[below], below)]
    above = rows[count > 0]
    while len(above := above[passed(count[above] - 1, above)]):
        count[above] -= 1
        above = above[count[above] > 0]
    return count


def _bisected(cdf: Callable[[Array, Index], Array], low: Array, high: Array, share: float, near: float = 0.0) -> Array:
    """(n,) where `cdf(value, rows)` reaches `share`, between `low` and `high` (n,), to `near` or 30 halvings."""
    low, high = low.copy(), high.copy()
    enough = np.maximum(near, 2.0**-30 * (high - low))
    rows = np.flatnonzero(high - low > enough)
    while len(rows):
        middle = (low[rows] + high[rows]) / 2
        passed = cdf(middle, rows) >= share
        high[rows[passed]], low[rows[~passed]] = middle[passed], middle[~passed]
        rows = rows[high[rows] - low[rows] > enough[rows]]
    return high
