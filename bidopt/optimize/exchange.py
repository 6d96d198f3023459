"""Room that limits of other kinds still have and that a word alone can't use: its words take it, others give way."""

import numpy as np

from bidopt.optimize.dual import Prices, priced
from bidopt.optimize.fill import Need, take
from bidopt.optimize.problem import IntArray, Problem, at, check
from bidopt.optimize.repair import repaired

ROUNDS = 2
WORTH = 1e-5
"""Share of the value: idle room worth less at its price is left."""


def exchange(problem: Problem, choice: IntArray, prices: Prices) -> IntArray:
    """A choice of at least the value of `choice`, which must keep every limit, as it does itself."""
    value = at(problem.value, choice).sum()
    for _ in range(ROUNDS):
        moved = _into_idle_room(problem, choice, prices, WORTH * abs(value))
        if moved is None or check(problem, moved) or at(problem.value, moved).sum() <= value:
            break
        choice, value = moved, at(problem.value, moved).sum()
    return choice


def _into_idle_room(problem: Problem, choice: IntArray, prices: Prices, worth: float) -> IntArray | None:
    """What comes of room at no price where a limit has some to spare, or None where none is worth the while."""
    rooms = [np.where(np.isfinite(x.cap), x.cap - x.used(choice), 0.0) for x in problem.limits]
    idle = [prices[x.name] * room > worth for x, room in zip(problem.limits, rooms, strict=True)]
    if not any(some.any() for some in idle):
        return None
    given = {x.name: np.where(some, 0.0, prices[x.name]) for x, some in zip(problem.limits, idle, strict=True)}
    net = priced(problem, given)
    gain = net - at(net, choice)[:, None]
    fits, needs = problem.allowed & (gain > 0), []
    among = np.zeros(len(choice), np.bool_)
    for limit, some, left in zip(problem.limits, idle, rooms, strict=True):
        use = limit.use - at(limit.use, choice)[:, None]
        room = np.where(some, left, np.inf)
        fits &= use <= room[limit.group][:, None]
        among |= some[limit.group]
        needs.append((use, limit.group, room))
    word = np.flatnonzero(among & fits.any(axis=1))
    option = np.where(fits, gain, -np.inf).argmax(axis=1)[word]
    first = np.argsort(-gain[word, option], kind="stable")
    word, option = word[first], option[first]
    taken = take(word, [Need(use[word, option], group[word], room) for use, group, room in needs])
    moved = choice.copy()
    moved[word[taken]] = option[taken]
    return repaired(problem, moved, given, net)
