"""From prices to one option a word: take upgrades in order, each if it still fits whole."""

from typing import NamedTuple

import numpy as np

from bidopt.optimize.hull import Upgrades
from bidopt.optimize.problem import Array, BoolArray, IntArray, Limit, Problem, at, sums

ROUNDS = 20
BLOCK = 1024
"""So many upgrades are looked at for one that still fits, twice as many where none does."""


class Need(NamedTuple):
    """What each move uses of a limit: `use` and `group` of shape (n_moves,), `room` of shape (n_groups,)."""

    use: Array
    group: IntArray
    room: Array


def fill(problem: Problem, steps: Upgrades) -> IntArray:
    """Take upgrades, steepest first, as the caps on spend have room; losing ones only up to `min_spend`.

    An upgrade that does not fit is passed over and ends its word; flatter ones of other words may still fit.
    So a higher shop cap never gives less value: what fits first outweighs all that would follow.
    """
    if len(problem.caps) == 1 and problem.caps[0].cap.size == 1 and not problem.min_spend:
        return _alone(problem.caps[0], steps)
    needs = []
    for cap in problem.caps:
        room = np.maximum(cap.cap - cap.used(steps.base), 0)
        needs.append(Need(steps.extra, cap.group[steps.word], room))
    taken = take(steps.word, needs)
    spent = at(problem.spend, steps.base).sum() + np.cumsum(steps.extra * taken) - steps.extra * taken
    return steps.choice(taken & ((steps.slope > 0) | (spent < problem.min_spend)))


def _alone(cap: Limit, steps: Upgrades) -> IntArray:
    """The same under one cap over all words, when all upgrades gain: once it binds, few more fit."""
    room = max(float(cap.cap[0] - cap.used(steps.base)[0]), 0.0)
    whole = int(np.searchsorted(steps.spent, room, side="right"))
    choice = steps.base.copy()
    choice[steps.word[:whole]] = steps.option[:whole]  # later writes win
    room -= float(steps.spent[whole - 1]) if whole else 0.0
    size = BLOCK
    while whole < steps.word.size:
        small = whole + np.flatnonzero(steps.extra[whole : whole + size] <= room)
        small = small[steps.previous[small] == choice[steps.word[small]]]
        if small.size:
            one = int(small[0])
            choice[steps.word[one]] = steps.option[one]
            room -= float(steps.extra[one])
            whole = one + 1
        else:
            whole, size = whole + size, 2 * size
    return choice


def improve(problem: Problem, choice: IntArray, net: Array) -> IntArray:
    """Move single words to better options while every limit holds; `choice` must keep them all.

    Of a word's better options the one of most `net` value goes first, the value less the prices of what it uses.
    """
    words, allowed, value = np.arange(len(choice)), problem.allowed, problem.value
    uses = [limit.use for limit in problem.limits]
    for _ in range(ROUNDS):
        now = choice[words]
        better = allowed & (value > at(value, now)[:, None])
        needs = []
        for limit, table in zip(problem.limits, uses, strict=True):
            extra, group = table - at(table, now)[:, None], limit.group[words]
            room = np.maximum(limit.cap - limit.used(choice), 0)
            better &= extra <= room[group][:, None]
            needs.append((extra, group, room))
        place = np.flatnonzero(better.any(axis=1))
        option = np.where(better[place], net[place], -np.inf).argmax(axis=1)
        first = np.argsort(at(net, now)[place] - net[place, option], kind="stable")
        word, option = place[first], option[first]
        taken = take(word, [Need(extra[word, option], group[word], room) for extra, group, room in needs])
        if not taken.any():
            break
        choice = choice.copy()
        choice[words[word[taken]]] = option[taken]
        # Room only shrinks, but for the little that moves free: the others can't move either in the next round.
        words, allowed, value, net = words[place], allowed[place], value[place], net[place]
        uses = [table[place] for table in uses]
    return choice


def take(word: IntArray, needs: list[Need]) -> BoolArray:
    """Go through moves in order and take each that fits what is left; a refused move ends its word.

    Whole blocks are taken at once where they fit and halved where they don't, which gives the same answer as one
    move at a time.
    """
    rooms = [need.room.copy() for need in needs]
    taken = np.zeros(word.size, np.bool_)
    end = np.full(word.max(initial=-1) + 1, word.size)
    first = 0
    if all(room.size == 1 for room in rooms):  # as many as fit together from the start
        passed = [np.cumsum(need.use) > need.room[0] for need in needs]
        first = min((int(over.argmax()) for over in passed if over.any()), default=word.size)
        taken[:first] = True
        rooms = [room - need.use[:first].sum() for need, room in zip(needs, rooms, strict=True)]
    todo = [np.arange(first, word.size)]
    while todo:
        block = todo.pop()
        block = block[block < end[word[block]]]
        fits = np.ones(block.size, np.bool_)
        for need, room in zip(needs, rooms, strict=True):
            fits &= need.use[block] <= room[need.group[block]]
        np.minimum.at(end, word[block[~fits]], block[~fits])
        block = block[fits]
        block = block[block < end[word[block]]]
        used = [sums(need.group[block], need.use[block], need.room.size) for need in needs]
        if all((use <= room).all() for use, room in zip(used, rooms, strict=True)):
            rooms = [room - use for use, room in zip(used, rooms, strict=True)]
            taken[block] = True
        else:
            half = block.size // 2
            todo += [block[half:], block[:half]]
    return taken
