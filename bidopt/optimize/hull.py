"""The upper hull of every word's options: the upgrades worth considering, steepest first."""

from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from bidopt.optimize.problem import Array, BoolArray, IntArray, Problem

T = TypeVar("T", bound=np.generic)


@dataclass(frozen=True)
class Upgrades:
    """Each word starts at its cheapest option; upgrade k takes `word[k]` from `previous[k]` to `option[k]`.

    Sorted by `slope`, steepest first; a word's own upgrades are in the order in which they are taken.

    Attributes
    ----------
    base : ndarray of int, shape (n_words,)
    word, previous, option : ndarrays of int, shape (n_upgrades,)
    slope : ndarray of shape (n_upgrades,)
        Extra value an extra yuan.
    extra : ndarray of shape (n_upgrades,)
        Extra spend, yuan a day.
    """

    base: IntArray
    word: IntArray
    previous: IntArray
    option: IntArray
    slope: Array
    extra: Array

    @cached_property
    def spent(self) -> Array:
        """Extra spend of the upgrades up to and with each, shape (n_upgrades,)."""
        return np.cumsum(self.extra)

    @cached_property
    def gained(self) -> Array:
        """Extra value of the upgrades up to and with each, shape (n_upgrades,)."""
        return np.cumsum(self.slope * self.extra)

    def choice(self, taken: BoolArray) -> IntArray:
        """The options once the upgrades of `taken` are made."""
        choice = self.base.copy()
        # Later writes win, and a word's upgrades come in order.
        choice[self.word[taken]] = self.option[taken]
        return choice


def hull(problem: Problem) -> Upgrades:
    """The upgrades of a problem's own value, which hang on none of its limits."""
    return upgrades(problem.value, problem.spend, problem.allowed)


def upgrades(value: Array, spend: Array, allowed: BoolArray, losing: bool = False) -> Upgrades:
    """The upper hull of (spend, value) of each word, from its cheapest option rightwards.

    Parameters
    ----------
    losing : bool
        Keep the upgrades that lose value: a floor on spend can need them.

    References
    ----------
    Sinha and Zoltners (1979), The multiple-choice knapsack problem, Operations Research 27(3).
    """
    order = np.argsort(np.where(allowed, spend, np.inf), axis=1, kind="stable").T.copy()
    place = order + np.arange(len(spend)) * spend.shape[1]
    s, v, usable = spend.take(place), value.take(place), allowed.take(place)
    vertex, slope, top = _chain(v, s, usable)
    steps = np.arange(len(vertex))[:, None]
    step, word = np.nonzero((steps >= 1) & (steps <= top) & (losing | (slope > 0)))
    before, after = _entries(vertex, step - 1, word), _entries(vertex, step, word)
    slope, extra = _entries(slope, step, word), _entries(s, after, word) - _entries(s, before, word)
    first = _steepest_first(slope, extra)
    before, after, word = before[first], after[first], word[first]
    previous, option = _entries(order, before, word), _entries(order, after, word)
    return Upgrades(order[0], word, previous, option, slope[first], extra[first])


def _entries(table: npt.NDArray[T], row: IntArray, column: IntArray) -> npt.NDArray[T]:
    """`table[row, column]`, in half the time."""
    entries: npt.NDArray[T] = table.take(row * table.shape[1] + column)
    return entries


def _steepest_first(slope: Array, extra: Array) -> IntArray:
    """Among equals the larger first, so that the result does not hang on the order of the words."""
    order = np.argsort(-slope)
    same = np.diff(slope[order]) == 0
    among = np.flatnonzero(np.r_[same, False] | np.r_[False, same])
    equals = np.sort(order[among])
    order[among] = equals[np.lexsort((-extra[equals], -slope[equals]))]
    return order


def _chain(value: Array, spend: Array, usable: BoolArray) -> tuple[IntArray, Array, IntArray]:
    """Andrew's monotone chain on all words at once; arguments (n_options, n_words), cheapest first.

    Returns
    -------
    vertex, slope : (n_options, n_words)
        A stack a word: positions on the hull, and the slope that leads to each.
    top : (n_words,)
        The last position of each stack.
    """
    n_options, n_words = value.shape
    # Spends closer than this count as this far apart: slopes stay finite.
    nearest = 1e-12 * (spend.max(initial=0.0) or 1.0)
    vertex = np.zeros((n_options, n_words), np.intp)
    slope = np.full((n_options, n_words), np.inf)
    top = np.zeros(n_words, np.intp)
    for option in range(1, n_options):
        words = np.flatnonzero(usable[option])
        while words.size:
            last = vertex[top[words], words]
            run = np.maximum(spend[option, words] - spend[last, words], nearest)
            rise = (value[option, words] - value[last, words]) / run
            drop = rise >= slope[top[words], words]
            done = words[~drop]
            top[done] += 1
            vertex[top[done], done] = option
            slope[top[done], done] = rise[~drop]
            words = words[drop]
            top[words] -= 1
    return vertex, slope, top
