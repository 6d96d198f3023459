"""What is asked of the optimiser, what it answers, and whether an answer keeps the limits."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
BoolArray = npt.NDArray[np.bool_]

TOLERANCE = 1e-9
"""How far a sum may pass its limit, as a share of the amounts summed: rounding, never money."""


@dataclass(frozen=True)
class Limit:
    """For every group: the sum over its words of `use` at the chosen option is at most `cap`.

    Every limit of a shop has this form: a floor is a cap on minus the spend, an ROI floor a cap of 0 on
    `min_roi x spend - gmv`.
    """

    name: str
    use: Array
    group: IntArray
    cap: Array

    def used(self, choice: IntArray) -> Array:
        """The sum of `use` by group, shape (n_groups,)."""
        return sums(self.group, at(self.use, choice), self.cap.size)


@dataclass(frozen=True)
class Problem:
    """Choose one option a word: the most value within the limits.

    Parameters
    ----------
    value : ndarray of shape (n_words, n_options)
        The objective, in any unit.
    spend : ndarray of shape (n_words, n_options)
        Yuan a day, not negative.
    allowed : ndarray of bool, shape (n_words, n_options)
        At least one option a word.
    cap : float
        Yuan a day; infinity where there is none.
    start : ndarray of int, shape (n_words,)
        The option that stands for today's bid; kept when all else fails.
    group, group_cap : ndarrays of shape (n_words,) and (n_groups,)
        The campaign of each word, and yuan a day by campaign.
    gmv : ndarray of shape (n_words, n_options)
        Yuan a day; what `min_roi` is about.
    min_roi : float
        Total gmv is at least so many times total spend; 0 where there is no such floor.
    min_spend : float
        Total spend is at least so many yuan a day.
    others : tuple of Limit
        Whatever else couples words: floors of campaigns, stock of items, a number of changes.

    Raises
    ------
    ValueError
        When shapes differ, a number is not finite, or a word has no option.
    """

    value: Array
    spend: Array
    allowed: BoolArray
    cap: float
    start: IntArray
    group: IntArray | None = None
    group_cap: Array | None = None
    gmv: Array | None = None
    min_roi: float = 0.0
    min_spend: float = 0.0
    others: tuple[Limit, ...] = ()

    def __post_init__(self) -> None:
        tables = [self.value, self.spend, *([] if self.gmv is None else [self.gmv]), *(x.use for x in self.others)]
        if any(table.shape != self.allowed.shape for table in tables):
            raise ValueError("value, spend, gmv, uses of limits and allowed differ in shape")
        if not all(np.isfinite(table.sum()) for table in tables):  # what is not finite stays so in the sum
            raise ValueError("value, spend, gmv and uses of limits must be finite")
        if self.spend.min(initial=0.0) < 0:
            raise ValueError("spend is negative")
        if not self.allowed.any(axis=1).all():
            raise ValueError("a word has no allowed option")
        if (self.group is None) != (self.group_cap is None):
            raise ValueError("group and group_cap go together")
        if self.min_roi > 0 and self.gmv is None:
            raise ValueError("min_roi needs gmv")

    @cached_property
    def campaigns(self) -> tuple[IntArray, Array]:
        """`group` and `group_cap`; one campaign without a cap where none are given."""
        if self.group is None or self.group_cap is None:
            return np.zeros(len(self.start), np.intp), np.array([np.inf])
        return self.group, self.group_cap

    @cached_property
    def caps(self) -> tuple[Limit, ...]:
        """The limits on spend from above."""
        whole = np.zeros(len(self.start), np.intp)
        shop = Limit("cap", self.spend, whole, np.array([self.cap]))
        campaigns = Limit("campaign_cap", self.spend, *self.campaigns)
        return tuple(limit for limit in (shop, campaigns) if np.isfinite(limit.cap).any())

    @cached_property
    def roi_floor(self) -> Limit | None:
        """min_roi x spend - gmv is at most 0 in total."""
        if self.gmv is None or self.min_roi <= 0:
            return None
        shortfall = self.min_roi * self.spend - self.gmv
        return Limit("min_roi", shortfall, np.zeros(len(self.start), np.intp), np.zeros(1))

    @cached_property
    def limits(self) -> tuple[Limit, ...]:
        """All limits."""
        limits = self.caps
        if self.min_spend > 0:
            whole = np.zeros(len(self.start), np.intp)
            limits += (Limit("min_spend", -self.spend, whole, np.array([-self.min_spend])),)
        return (*limits, *(() if self.roi_floor is None else (self.roi_floor,)), *self.others)


@dataclass(frozen=True)
class Allocation:
    """The chosen options, and how far from the best they can be at most.

    Attributes
    ----------
    choice : ndarray of int, shape (n_words,)
    value, spend : float
        Sums over the words; `spend` in yuan a day.
    bound : float
        No allocation within the limits has a higher value (weak Lagrangian duality). Caps below the least possible
        spend count as that spend.
    gap : float
        (bound - value) / |bound|.
    shadow_price : float
        Extra value of an extra yuan of cap; 0 where the cap is slack.
    group_price : ndarray of shape (n_groups,) or None
        Extra value of an extra yuan of a campaign's cap, beyond the shop's.
    prices : dict of ndarrays of shape (n_groups,)
        By limit: extra value of a unit more of it. Of a ratio: in units of gmv - value x spend.
    feasible : bool
    binding : tuple of str
        The limits with a price, or, where not feasible, those that are broken:
        cap, campaign_cap, min_roi, min_spend.
    tried : tuple of str
        In order: least_spend (a cap is below the least possible spend, which stands in for it), dual, fill,
        milp, keep (today's bids). The last is what was taken.
    """

    choice: IntArray
    value: float
    spend: float
    bound: float
    gap: float
    shadow_price: float
    group_price: Array | None
    prices: Mapping[str, Array]
    feasible: bool
    binding: tuple[str, ...]
    tried: tuple[str, ...]


def at(table: Array, choice: IntArray) -> Array:
    """The entry of each row of `table` at `choice`."""
    entries: Array = table.take(np.arange(len(choice)) * table.shape[1] + choice)
    return entries


def sums(group: IntArray, amount: Array, n_groups: int) -> Array:
    """The total of `amount` by group, shape (n_groups,)."""
    return np.bincount(group, weights=amount, minlength=n_groups).astype(float, copy=False)


def least_spend(problem: Problem) -> IntArray:
    """The cheapest allowed option of each word; of equals, the one of most value."""
    spend = np.where(problem.allowed, problem.spend, np.inf)
    cheapest = spend == spend.min(axis=1, keepdims=True)
    best: IntArray = np.argmax(np.where(cheapest, problem.value, -np.inf), axis=1)
    return best


def excess(limit: Limit, choice: IntArray) -> Array:
    """By how much each group passes the limit, 0 where it keeps it, shape (n_groups,)."""
    used = limit.used(choice)
    over = used - limit.cap
    return np.where(over > TOLERANCE * np.abs(used), over, 0.0)


def least_use(problem: Problem, limit: Limit) -> Array:
    """The least that the words of each group can use of the limit, shape (n_groups,)."""
    return sums(limit.group, np.where(problem.allowed, limit.use, np.inf).min(axis=1), limit.cap.size)


def check(problem: Problem, choice: IntArray) -> list[str]:
    """Name the limits that `choice` breaks, by sums of its own; empty where it keeps them all."""
    rows = np.arange(len(problem.start))
    spend = problem.spend[rows, choice]
    total = float(spend.sum())
    broken = []
    if not problem.allowed[rows, choice].all():
        broken.append("allowed")
    if total > problem.cap + TOLERANCE * total:
        broken.append("cap")
    if problem.group is not None and problem.group_cap is not None:
        by_campaign = np.bincount(problem.group, spend, len(problem.group_cap))
        if (by_campaign > problem.group_cap + TOLERANCE * by_campaign).any():
            broken.append("campaign_cap")
    if total < problem.min_spend * (1 - TOLERANCE):
        broken.append("min_spend")
    if problem.gmv is not None and problem.min_roi > 0:
        gmv = float(problem.gmv[rows, choice].sum())
        if gmv < problem.min_roi * total * (1 - TOLERANCE):
            broken.append("min_roi")
    for limit in problem.others:
        counted = limit.use[rows, choice]
        used, size = (np.bincount(limit.group, x, len(limit.cap)) for x in (counted, np.abs(counted)))
        if (used > limit.cap + TOLERANCE * size).any():
            broken.append(limit.name)
    return broken
