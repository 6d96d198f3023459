"""The Lagrangian dual: a price for every limit, and the bound those prices prove.

Limits on spend are nested (campaigns within the shop), so their prices come exactly from one pass over the
upgrades, steepest first. Other limits are priced around that pass by cutting planes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import linprog

from bidopt.optimize.hull import Upgrades, upgrades
from bidopt.optimize.problem import Array, IntArray, Problem, at, sums

Prices = Mapping[str, Array]
"""By limit's name: what a unit more of it would add to the value, shape (n_groups,), not negative."""

MAX_CUTS = 60
CONVERGED = 1e-9


@dataclass(frozen=True)
class Dual:
    """Attributes: the prices, the bound they prove, and the upgrades at the prices of the side limits,
    those of the tightest bound first."""

    prices: Prices
    bound: float
    upgrades: tuple[Upgrades, ...]


@dataclass(frozen=True)
class _Point:
    """An optimum of the linear relaxation at fixed prices of the side limits."""

    prices: Prices
    bound: float
    upgrades: Upgrades
    value: float
    slack: Array


def dual(problem: Problem) -> Dual:
    """Price the limits. The caps on spend must be within reach (the least spend keeps them).

    The bound equals the optimum of the linear relaxation, to rounding without side limits.
    """
    points = [_relax(problem, np.zeros(len(problem.sides)))]
    if problem.sides and (points[0].slack < 0).any():
        points += _cutting_planes(problem, points[0])
    best = min(points, key=lambda point: point.bound)
    safe = [point for point in points if (point.slack >= 0).all()]
    nearest = min(safe, key=lambda point: point.bound, default=best)
    return Dual(best.prices, best.bound, (best.upgrades, nearest.upgrades))


def priced(problem: Problem, prices: Prices) -> Array:
    """The value of each option less what it uses of the limits, -inf where not allowed; (n_words, n_options)."""
    net = np.where(problem.allowed, problem.value, -np.inf)
    for limit in problem.limits:
        if prices[limit.name].any():
            net -= prices[limit.name][limit.group][:, None] * limit.use
    return net


def bound(problem: Problem, prices: Prices) -> float:
    """No choice within the limits has more value than this, whatever the prices (weak duality)."""
    total = float(priced(problem, prices).max(axis=1).sum())
    for limit in problem.limits:
        price, cap = prices[limit.name], limit.cap
        total += float(price[price > 0] @ cap[price > 0])
    return total


def relieved(problem: Problem) -> Problem:
    """The same caps, but the value is how far the side limits are kept: who can meet them at all?"""
    return replace(problem, value=-sum_of_uses(problem), min_roi=0.0)


def sum_of_uses(problem: Problem) -> Array:
    total: Array = np.sum([limit.use for limit in problem.sides], axis=0)
    return total


def _cutting_planes(problem: Problem, first: _Point) -> list[_Point]:
    """Minimise the dual over the side prices (Kelley 1960); every point adds a cut."""
    points: list[_Point] = []
    scale = _price_scale(problem)
    easiest = _relax(problem, np.full(len(problem.sides), 1e6) * scale)
    cuts = [first, easiest]
    while len(points) < MAX_CUTS:
        side_prices, floor = _lowest(cuts, scale)
        point = _relax(problem, side_prices)
        points.append(point)
        cuts.append(point)
        best = min(p.bound for p in cuts)
        if best - floor <= CONVERGED * max(abs(best), abs(first.bound)):
            break
    return [easiest, *points]


def _lowest(cuts: list[_Point], scale: Array) -> tuple[Array, float]:
    """The lowest point of the highest of the cuts `value + prices @ slack`."""
    slack = np.array([cut.slack for cut in cuts]) * scale
    value = np.array([cut.value for cut in cuts])
    unit = max(np.abs(value).max(), np.abs(slack).max()) or 1.0
    cost = np.r_[np.zeros(len(scale)), 1.0]
    rows = np.c_[slack / unit, -np.ones(len(cuts))]
    box = [(0.0, 1e6)] * len(scale) + [(None, None)]
    found = linprog(cost, A_ub=rows, b_ub=-value / unit, bounds=box, method="highs-ds")
    if found.x is None:
        raise ArithmeticError(f"cutting planes: {found.message}")
    return np.asarray(found.x[:-1]) * scale, float(found.x[-1]) * unit


def _price_scale(problem: Problem) -> Array:
    """The size of a side limit's price: the span of the value over the span of the use."""
    span = float(np.ptp(problem.value, axis=1).sum()) or 1.0
    return np.array([span / (float(np.ptp(side.use, axis=1).sum()) or 1.0) for side in problem.sides])


def _relax(problem: Problem, side_prices: Array) -> _Point:
    """The linear relaxation under the limits on spend, the side limits priced into the value."""
    net = problem.value
    for side, price in zip(problem.sides, side_prices, strict=True):
        net = net - price * side.use
    steps = upgrades(net, problem.spend, problem.allowed, losing=problem.min_spend > 0)
    share, prices = _spend_prices(problem, steps)
    prices |= {side.name: np.array([price]) for side, price in zip(problem.sides, side_prices, strict=True)}
    slack = [float(side.cap[0]) - _mixed(side.use, steps, share) for side in problem.sides]
    value = _mixed(problem.value, steps, share)
    return _Point(prices, bound(problem, prices), steps, value, np.array(slack))


def _mixed(table: Array, steps: Upgrades, share: Array) -> float:
    """The total of `table` when upgrades are made in part."""
    gain = table[steps.word, steps.option] - table[steps.word, steps.previous]
    return float(at(table, steps.base).sum() + gain @ share)


def _spend_prices(problem: Problem, steps: Upgrades) -> tuple[Array, dict[str, Array]]:
    """Take upgrades, steepest first, as far as campaign and shop have room; the first cut short sets the price.

    A campaign's yuan costs the dearer of its own price and the shop's, since the caps are nested.

    Returns
    -------
    share : ndarray of shape (n_upgrades,)
        How much of each upgrade is taken, 0 to 1.
    prices : dict
        Of cap, campaign_cap and min_spend.

    References
    ----------
    Zemel (1980), The linear multiple choice knapsack problem, Operations Research 28(6).
    """
    group, group_cap = problem.campaigns
    base = at(problem.spend, steps.base)
    part, group_slope = _by_campaign(steps, group, np.maximum(group_cap - sums(group, base, group_cap.size), 0))
    before = np.cumsum(part) - part
    taken = np.clip(max(problem.cap - base.sum(), 0) - before, 0, part)
    cap_slope = float(np.max(steps.slope, where=taken < part, initial=0))
    losing = steps.slope <= 0
    taken[losing] = np.clip(problem.min_spend - base.sum() - before[losing], 0, taken[losing])
    shop_slope = cap_slope or float(np.min(steps.slope, where=losing & (taken > 0), initial=0))
    prices = {
        "cap": np.array([max(shop_slope, 0)]),
        "campaign_cap": np.maximum(group_slope - shop_slope, 0),
        "min_spend": np.array([max(-shop_slope, 0)]),
    }
    share = np.divide(taken, steps.extra, out=(~losing).astype(float), where=steps.extra > 0)
    return share, prices


def _by_campaign(steps: Upgrades, group: IntArray, room: Array) -> tuple[Array, Array]:
    """The yuan of each upgrade that its campaign has room for, and the slope of the first it cuts short."""
    of = group[steps.word]
    order = np.argsort(of, kind="stable")
    extra = steps.extra[order]
    spent = np.r_[0.0, np.cumsum(extra)]
    size = np.bincount(of, minlength=room.size)
    opening = spent[np.cumsum(size) - size]
    part = np.empty_like(extra)
    part[order] = np.clip(room[of[order]] - (spent[:-1] - opening[of[order]]), 0, extra)
    slope = np.full(room.size, -np.inf)
    short = part < steps.extra
    np.maximum.at(slope, of[short], steps.slope[short])
    return part, slope
