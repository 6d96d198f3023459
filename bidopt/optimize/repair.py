"""From the options that prices choose to ones that keep the limits: single words give way where that costs least."""

import numpy as np

from bidopt.optimize.dual import Prices
from bidopt.optimize.fill import Need, improve, take
from bidopt.optimize.problem import Array, BoolArray, IntArray, Limit, Problem, at, check, excess

ROUNDS = 30


def repaired(problem: Problem, choice: IntArray, prices: Prices, net: Array) -> IntArray:
    """`choice` brought within the limits, and what room that leaves filled; as near as it came where it can't be.

    `net`: the value of each option less the prices of what it uses, as `priced` gives it.
    """
    choice = repair(problem, choice, prices, net)
    return choice if check(problem, choice) else improve(problem, choice, net)


def repair(problem: Problem, choice: IntArray, prices: Prices, net: Array) -> IntArray:
    """Move words until no limit is passed, or until none can move that helps; then what is passed stays so.

    Of all moves those go first that lose least, at the prices, for the part of the excess that they take away; what
    a move frees of a limit beyond its excess counts as lost, since little else may fit there. No move breaks a limit
    that holds.
    """
    for _ in range(ROUNDS):
        passed = {limit.name: excess(limit, choice) for limit in problem.limits}
        if not any(over.any() for over in passed.values()):
            break
        relief, loss = np.zeros(net.shape), at(net, choice)[:, None] - net
        helps = problem.allowed.copy()
        for limit in problem.limits:
            some, of_excess, beyond = _relief(limit, passed[limit.name], choice)
            helps[some] &= of_excess >= 0
            relief[some] += of_excess
            loss[some] += prices[limit.name][limit.group[some], None] * beyond
        cost = np.where(helps & (relief > 0), np.maximum(loss, 0.0) / np.maximum(relief, 1e-12), np.inf)
        option: IntArray = cost.argmin(axis=1)
        word = np.flatnonzero(np.isfinite(at(cost, option)))
        if not word.size:
            break
        word = word[np.argsort(at(cost, option)[word], kind="stable")]
        word = word[_needed(problem, passed, choice, word, option[word])]
        taken = take(word, [_need(limit, passed[limit.name], choice, word, option[word]) for limit in problem.limits])
        if not taken.any():
            break
        choice = choice.copy()
        choice[word[taken]] = option[word[taken]]
    return choice


def _relief(limit: Limit, passed: Array, choice: IntArray) -> tuple[IntArray, Array, Array]:
    """Words of passed groups, shape (n,), and for each of their options, shape (n, n_options): the part of the excess
    that it takes away, below 0 where it adds, and what it frees beyond the excess."""
    over = passed[limit.group]
    some = np.flatnonzero(over > 0)
    less = limit.use[some, choice[some]][:, None] - limit.use[some]
    return some, np.minimum(less / over[some, None], 1.0), np.maximum(less - over[some, None], 0.0)


def _needed(
    problem: Problem, passed: dict[str, Array], choice: IntArray, word: IntArray, option: IntArray
) -> BoolArray:
    """Moves, in order, before which some excess of their groups is not yet taken away."""
    needed = np.zeros(word.size, np.bool_)
    for limit in problem.limits:
        over = passed[limit.name]
        if not over.any():
            continue
        group = limit.group[word]
        less = limit.use[word, choice[word]] - limit.use[word, option]
        order = np.argsort(group, kind="stable")
        done = np.cumsum(less[order]) - less[order]
        size = np.bincount(group, minlength=over.size)
        done -= np.repeat(done[np.minimum(np.cumsum(size) - size, word.size - 1)], size)
        before = np.empty(word.size)
        before[order] = done
        needed |= (less > 0) & (before < over[group])
    return needed


def _need(limit: Limit, passed: Array, choice: IntArray, word: IntArray, option: IntArray) -> Need:
    """What each move adds to the limit, and the room for it: none where the limit is passed already."""
    room = np.where(passed > 0, 0.0, np.maximum(limit.cap - limit.used(choice), 0.0))
    return Need(limit.use[word, option] - limit.use[word, choice[word]], limit.group[word], room)
