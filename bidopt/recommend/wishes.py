"""What each word's bid would be if the plan had fewer limits: none first, then one more at a time, at its price.

Where the bid changes from one to the next is what that limit does to the word.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bidopt.optimize import Problem
from bidopt.recommend.decide import Decision
from bidopt.settings import Objective

Array = npt.NDArray[np.float64]
Choice = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]

CAPS = ("campaign_cap", "cap")
ORDER = ("min_spend", "min_roi", "campaign_floor", "stock", *CAPS)
UNMET = 1e6
"""Stands in for the price of an ROI floor that cannot be met."""
SAME = 1e-9
"""Values closer than this share of each other are the same: today's bid then stands."""


@dataclass(frozen=True)
class Wishes:
    """n words; those not under the cap wish for the bid they have.

    `names`: "goal" (no limit at all), then, where they count, "risk" and the limits that have a price.
    `bid` (len(names), n): yuan, the best bid under all up to that one, of the moves worth making.
    `best`, `possible_best` (n,): options under all of them, of the moves worth making, and of all within bounds.
    `before_caps` (n, k): what a bid is worth before spend is charged the price of the caps; `price` (n,) that price.
    """

    names: tuple[str, ...]
    bid: Array
    best: Choice
    possible_best: Choice
    before_caps: Array
    price: Array


def wishes(decision: Decision, goal: Objective) -> Wishes:
    """Peel the limits off the decision, at the prices that its allocation found."""
    grid, found = decision.grid, decision.allocation
    rows = np.flatnonzero(decision.under_cap)
    of_ratio = found.value * grid.response.spend if goal.maximise == "roi" else 0.0
    worth = {"goal": decision.goal - of_ratio}
    if goal.risk_aversion > 0:
        worth["risk"] = grid.value - grid.taught - of_ratio
    (*_, net) = worth.values()
    before, price = net, np.zeros(len(net))
    for name, charge in _charges(decision.problem, decision).items():
        net = net.copy()
        net[rows] -= charge
        worth[name] = net
        if name in CAPS:
            price[rows] += found.prices[name][decision.problem.campaigns[0] if name == "campaign_cap" else 0]
        else:
            before = net
    words = np.arange(len(net))
    best = [_best(value, grid.allowed, grid.start, decision.under_cap) for value in worth.values()]
    possible = _best(net, grid.possible, grid.start, decision.under_cap)
    bid = np.array([grid.bid[words, choice] for choice in best])
    return Wishes(tuple(worth), bid, best[-1], possible, before, price)


def _charges(problem: Problem, decision: Decision) -> dict[str, Array]:
    """What each priced limit charges the options of the words under the cap, in the order of `ORDER`.

    An ROI floor that cannot be met has no price: the plan then comes as near to it as it can, whatever that costs.
    """
    found = decision.allocation
    prices = found.prices
    limits = {limit.name: limit for limit in problem.limits}
    if not found.feasible and "min_roi" in found.binding:
        return {"min_roi": UNMET * limits["min_roi"].use}
    priced = [name for name in ORDER if name in limits and prices[name].any()]
    return {name: prices[name][limits[name].group][:, None] * limits[name].use for name in priced}


def _best(net: Array, options: Mask, start: Choice, ours: Mask) -> Choice:
    """(n,) the option of most net worth, the present bid where none is better."""
    words = np.arange(len(start))
    offered = np.where(options, net, -np.inf)
    best = offered.argmax(1)
    highest = offered[words, best]
    as_good = offered[words, start] >= highest - SAME * np.abs(highest)
    return np.where(as_good | ~ours, start, best)
