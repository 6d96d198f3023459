"""The Lagrangian dual: a price for every limit, and the bound those prices prove.

Limits on spend are nested (campaigns within the shop), so their prices come exactly from one pass over the
upgrades, steepest first. The ROI floor is priced around that pass.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from bidopt.optimize.hull import Upgrades, upgrades
from bidopt.optimize.problem import Array, IntArray, Limit, Problem, at, sums

Prices = Mapping[str, Array]
"""By limit's name: what a unit more of it would add to the value, shape (n_groups,), not negative."""

FEW = 2**15
"""Numbers below it are sorted by radix."""
MAX_CUTS = 60
CONVERGED = 1e-9
HIGHEST_PRICE = 1e6
"""Of the ROI floor, in units of the span of the value over the span of what the floor limits."""


@dataclass(frozen=True)
class Dual:
    """The prices, the bound they prove, and the upgrades they lead to.

    With an ROI floor the upgrades come twice: at the price of the tightest bound, and at the nearest price at which
    the relaxation keeps the floor.
    """

    prices: Prices
    bound: float
    upgrades: tuple[Upgrades, ...]


@dataclass(frozen=True)
class _Point:
    """An optimum of the linear relaxation under the caps, the ROI floor at a fixed price."""

    price: float
    prices: Prices
    bound: float
    upgrades: Upgrades
    value: float
    slack: float


def dual(problem: Problem, steps: Upgrades | None = None) -> Dual:
    """Price the limits. The caps on spend must be within reach: the least spend keeps them.

    The bound equals the optimum of the linear relaxation to `CONVERGED`. `steps`: the hull, where it is known.
    """
    if problem.roi_floor is None:
        if steps is None or problem.min_spend > 0:
            steps = upgrades(problem.value, problem.spend, problem.allowed, problem.min_spend > 0)
        if [limit.name for limit in problem.limits] == ["cap"]:
            return _shop_alone(problem, steps)
        prices = _spend_prices(problem, steps)[1]
        return Dual(prices, bound(problem, prices), (steps,))
    best, nearest = _price_floor(problem, problem.roi_floor)
    return Dual(best.prices, best.bound, (best.upgrades, nearest.upgrades))


def priced(problem: Problem, prices: Prices) -> Array:
    """The value of each option less what it uses of the limits, -inf where not allowed; (n_words, n_options)."""
    net = np.where(problem.allowed, problem.value, -np.inf)
    for limit in problem.limits:
        if prices[limit.name].any():
            net -= prices[limit.name][limit.group][:, None] * limit.use
    return net


def bound(problem: Problem, prices: Prices, net: Array | None = None) -> float:
    """No choice within the limits has more value than this, whatever the prices (weak duality).

    `net`: what `priced` gives for the same prices, where it is known.
    """
    net = priced(problem, prices) if net is None else net
    total = float(net.max(axis=1).sum())
    for limit in problem.limits:
        price, cap = prices[limit.name], limit.cap
        total += float(price[price > 0] @ cap[price > 0])
    return total


def easiest(problem: Problem, floor: Limit) -> Problem:
    """The same caps, but the value is by how much the floor is kept: can it be met at all?"""
    return replace(problem, value=-floor.use, min_roi=0.0)


def _price_floor(problem: Problem, floor: Limit) -> tuple[_Point, _Point]:
    """Minimise the dual over the floor's price; the point of the lowest bound, and the nearest that keeps the floor.

    Each relaxed optimum gives a line under the dual, `value + price x slack`; where the lines on both sides of the
    minimum cross is the next price to try (Kelley's cutting planes in one dimension).
    """
    span = np.ptp(problem.value, axis=1).sum() / (np.ptp(floor.use, axis=1).sum() or 1.0)
    low, high = _relax(problem, floor, 0.0), _relax(problem, floor, HIGHEST_PRICE * float(span or 1.0))
    if low.slack >= 0 or high.slack < 0:
        return low, low if low.slack >= 0 else high
    best = min(low, high, key=_bound)
    for _ in range(MAX_CUTS):
        price = (low.value - high.value) / (high.slack - low.slack)
        crossing = low.value + price * low.slack
        if best.bound - crossing <= CONVERGED * abs(best.bound) or not low.price < price < high.price:
            break
        point = _relax(problem, floor, price)
        best = min(best, point, key=_bound)
        low, high = (point, high) if point.slack < 0 else (low, point)
    return best, high


def _bound(point: _Point) -> float:
    return point.bound


def _relax(problem: Problem, floor: Limit, price: float) -> _Point:
    net = problem.value - price * floor.use
    steps = upgrades(net, problem.spend, problem.allowed, problem.min_spend > 0)
    share, prices = _spend_prices(problem, steps)
    prices |= {floor.name: np.array([price])}
    value, used = _mixed(problem.value, steps, share), _mixed(floor.use, steps, share)
    return _Point(price, prices, bound(problem, prices), steps, value, -used)


def _mixed(table: Array, steps: Upgrades, share: Array) -> float:
    """The total of `table` when some upgrades are made in part."""
    part = np.flatnonzero((share > 0) & (share < 1))
    word = steps.word[part]
    gain = table[word, steps.option[part]] - table[word, steps.previous[part]]
    return float(at(table, steps.choice(share == 1)).sum() + gain @ share[part])


def _shop_alone(problem: Problem, steps: Upgrades) -> Dual:
    """The shop's cap and no other limit: its price is the slope of the first upgrade that the cap cuts short."""
    spend, value = (float(at(table, steps.base).sum()) for table in (problem.spend, problem.value))
    room = max(problem.cap - spend, 0.0)
    whole = int(np.searchsorted(steps.spent, room, side="right"))
    price = float(steps.slope[whole]) if whole < steps.slope.size else 0.0
    none = np.zeros(1)
    prices = {"cap": np.array([price]), "campaign_cap": np.zeros(problem.campaigns[1].size), "min_spend": none}
    better = int(np.searchsorted(-steps.slope, -price))
    gain = steps.gained[better - 1] - price * steps.spent[better - 1] if better else 0.0
    return Dual(prices, value + float(gain) + price * (problem.cap - spend if price else 0.0), (steps,))


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
    part, group_slope = steps.extra, np.full(group_cap.size, -np.inf)
    if np.isfinite(group_cap).any():
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
    order = np.argsort(of.astype(np.int16) if room.size < FEW else of, kind="stable")
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
