"""The optimiser: dual, fill, and where that leaves a visible gap in a small account, branch and bound."""

import logging
from dataclasses import replace

import numpy as np

from bidopt.optimize import smooth
from bidopt.optimize.dual import Dual, Prices, bound, dual, easiest, priced
from bidopt.optimize.exact import MAX_WORDS, exact
from bidopt.optimize.exchange import exchange
from bidopt.optimize.fill import fill, improve
from bidopt.optimize.hull import Upgrades
from bidopt.optimize.problem import (
    TOLERANCE,
    Allocation,
    Array,
    IntArray,
    Limit,
    Problem,
    at,
    check,
    excess,
    least_spend,
    least_use,
    sums,
)
from bidopt.optimize.repair import repaired

VISIBLE_GAP = 1e-3
MAX_RATIO_STEPS = 50
FEW = 0.4
"""Where at most this share of the words breaks a limit of another kind, they alone are priced anew."""

log = logging.getLogger(__name__)


def solve(problem: Problem, *, search: bool = True, steps: Upgrades | None = None) -> Allocation:
    """The allocation of most value within the limits, with its certificate.

    Without `search` small accounts are not searched further by branch and bound, for callers that compare many; nor is
    the hull of the options, `steps`, found again where it is known.

    Where a cap is below the least spend its words allow, those words go to their cheapest options and the result
    is marked not feasible. On any failure today's bids stand, or the cheapest where today's break a limit.
    """
    return _solve_or_keep(problem, search=search, steps=steps)


def _solve_or_keep(
    problem: Problem, worth: float = 0.0, *, search: bool = True, steps: Upgrades | None = None
) -> Allocation:
    """`worth`: what a gap is measured against where the value itself is near 0."""
    try:
        return _solve(problem, worth, search, steps)
    except Exception:
        log.warning("the optimiser failed: today's bids stand", exc_info=True)
        return _keep(problem)


def maximise_ratio(problem: Problem, min_spend: float) -> Allocation:
    """The allocation of most value a yuan of spend, at a total spend of at least `min_spend` yuan a day.

    Dinkelbach's method: the best ratio is the r at which the most of value - r x spend is 0. `value`, `bound` and
    `shadow_price` of the result are in units of the ratio.

    Raises
    ------
    ValueError
        When `min_spend` is not positive.

    References
    ----------
    Dinkelbach (1967), On nonlinear fractional programming, Management Science 13(7).
    """
    if min_spend <= 0:
        raise ValueError("a ratio needs a positive min_spend")
    earned = problem.value
    found = solve(replace(problem, min_spend=min_spend))
    ratio = _total(earned, found.choice) / max(found.spend, min_spend)
    for _ in range(MAX_RATIO_STEPS):
        surplus = earned - ratio * problem.spend
        worth = ratio * found.spend
        better = _solve_or_keep(replace(problem, value=surplus, min_spend=min_spend), worth)
        limit = ratio + max(better.bound, 0.0) / min_spend
        if not better.feasible or better.value <= TOLERANCE * worth:
            break
        found, ratio = better, _total(earned, better.choice) / better.spend
    return replace(
        found,
        value=ratio,
        bound=max(limit, ratio),
        gap=_gap(ratio, limit),
        shadow_price=better.shadow_price / max(found.spend, min_spend),
        group_price=None if better.group_price is None else better.group_price / max(found.spend, min_spend),
        prices=better.prices,
    )


def _solve(problem: Problem, worth: float, search: bool, steps: Upgrades | None) -> Allocation:
    reachable = _within_reach(problem, steps)
    prices, choice = _coupled(reachable, steps) if problem.others else _nested(reachable, steps)
    tried = [*([] if reachable is problem else ["least_spend"]), "dual", "repair" if problem.others else "fill"]
    kept = not check(reachable, choice)
    value = _total(problem.value, choice)
    visible = prices.bound - value > VISIBLE_GAP * max(abs(prices.bound), worth)
    if len(choice) <= MAX_WORDS and ((search and visible) or not kept):
        tried.append("milp")
        better = _searched(reachable, prices, value if kept else -np.inf)
        if better is not None and (not kept or _total(problem.value, better) > value):
            choice = better
        else:
            tried.append(tried[-2])
    return _allocation(problem, choice, prices, tuple(tried))


def _nested(problem: Problem, steps: Upgrades | None) -> tuple[Dual, IntArray]:
    prices = dual(problem, steps)
    return prices, _filled(problem, prices)


def _coupled(problem: Problem, steps: Upgrades | None) -> tuple[Dual, IntArray]:
    """Limits of other kinds too: where the nested ones' best breaks any, prices by descent from theirs."""
    nested = replace(problem, others=())
    first, choice = _nested(nested, steps)
    free = {limit.name: np.zeros(limit.cap.size) for limit in problem.others}
    if not check(problem, choice):
        return Dual({**first.prices, **free}, first.bound, ()), choice
    broken = _words_of_broken(problem, choice)
    if 0 < len(broken) <= FEW * len(choice):
        near: Prices = {**first.prices, **free, **_prices_among(problem, first.prices, broken)}
        eased, net = choice.copy(), priced(problem, near)
        eased[broken] = net[broken].argmax(axis=1)
        prices, kept = _mended(problem, eased, near, net)
        if not check(problem, kept) and _gap(_total(problem.value, kept), prices.bound) <= VISIBLE_GAP / 2:
            return prices, kept
    found = smooth.prices(problem, first.prices)
    net = priced(problem, found)
    return _mended(problem, net.argmax(axis=1), found, net)


def _mended(problem: Problem, choice: IntArray, prices: Prices, net: Array) -> tuple[Dual, IntArray]:
    choice = repaired(problem, choice, prices, net)
    proved = Dual(prices, bound(problem, prices, net), ())
    return proved, choice if check(problem, choice) else exchange(problem, choice, prices)


def _words_of_broken(problem: Problem, choice: IntArray) -> IntArray:
    """The words of the groups whose other limits `choice` breaks."""
    of = np.zeros(len(choice), np.bool_)
    for limit in problem.others:
        of |= (excess(limit, choice) > 0)[limit.group]
    return np.flatnonzero(of)


def _prices_among(problem: Problem, prices: Prices, words: IntArray) -> Prices:
    """Prices of the other limits where few words break any: those words alone, at the prices that caps have."""
    charged = {name: price for name, price in prices.items() if name not in {x.name for x in problem.others}}
    free = {limit.name: np.zeros(limit.cap.size) for limit in problem.others}
    value = np.where(problem.allowed[words], priced(problem, {**free, **charged})[words], 0.0)
    others = []
    for limit in problem.others:
        elsewhere = np.setdiff1d(limit.group, limit.group[words])
        cap = limit.cap.copy()
        cap[elsewhere] = np.inf
        others.append(replace(limit, use=limit.use[words], group=limit.group[words], cap=cap))
    alone = Problem(
        value, problem.spend[words], problem.allowed[words], np.inf, problem.start[words], others=tuple(others)
    )
    return smooth.prices(alone, free)


def _searched(problem: Problem, prices: Dual, best: float) -> IntArray | None:
    try:
        return exact(problem, prices, best)
    except Exception:
        log.warning("branch and bound failed: what fill found stands", exc_info=True)
        return None


def _within_reach(problem: Problem, steps: Upgrades | None) -> Problem:
    """The problem itself, or with the limits that nothing can keep lifted to the least that can be."""
    least = least_spend(problem) if steps is None else steps.base
    others = tuple(_lifted(limit, problem) for limit in problem.others)
    if any(new is not old for new, old in zip(others, problem.others, strict=True)):
        return _within_reach(replace(problem, others=others), steps)
    if not {"cap", "campaign_cap"} & set(check(problem, least)):
        return problem
    group, group_cap = problem.campaigns
    spend = at(problem.spend, least)
    lifted = None if problem.group_cap is None else np.maximum(group_cap, sums(group, spend, group_cap.size))
    return replace(problem, cap=max(problem.cap, float(spend.sum())), group_cap=lifted)


def _lifted(limit: Limit, problem: Problem) -> Limit:
    """`limit`, or with the caps of groups that no option of their words keeps raised to what is possible."""
    least = least_use(problem, limit)
    return limit if (least <= limit.cap).all() else replace(limit, cap=np.maximum(limit.cap, least))


def _filled(problem: Problem, prices: Dual) -> IntArray:
    """The best choice that fill finds; where the ROI floor can't be kept, the one that comes nearest."""
    if problem.roi_floor is None:
        return fill(problem, prices.upgrades[0])
    choices = [fill(problem, steps) for steps in prices.upgrades]
    kept = [choice for choice in choices if not check(problem, choice)]
    if not kept:
        floor_first = easiest(problem, problem.roi_floor)
        nearest = fill(floor_first, dual(floor_first).upgrades[0])
        if check(problem, nearest):
            return nearest
        kept = [nearest]
    net = priced(problem, prices.prices)
    return max((improve(problem, choice, net) for choice in kept), key=lambda c: _total(problem.value, c))


def _keep(problem: Problem) -> Allocation:
    choice = least_spend(problem) if check(problem, problem.start) else problem.start
    free = {limit.name: np.zeros(limit.cap.size) for limit in problem.limits}
    return _allocation(problem, choice, Dual(free, bound(problem, free), ()), ("dual", "keep"))


def _allocation(problem: Problem, choice: IntArray, prices: Dual, tried: tuple[str, ...]) -> Allocation:
    value = _total(problem.value, choice)
    broken = check(problem, choice)
    named = {name: price for name, price in prices.prices.items() if price.any()}
    return Allocation(
        choice=choice,
        value=value,
        spend=_total(problem.spend, choice),
        bound=max(prices.bound, value),
        gap=_gap(value, prices.bound),
        shadow_price=float(named["cap"][0]) if "cap" in named else 0.0,
        group_price=None if problem.group is None else prices.prices.get("campaign_cap"),
        prices=prices.prices,
        feasible=not broken,
        binding=tuple(broken or named),
        tried=tried,
    )


def _gap(value: float, limit: float) -> float:
    """(limit - value) / |limit|, 0 where the value reaches the limit."""
    return max(limit - value, 0.0) / (abs(limit) or abs(value) or 1.0)


def _total(table: np.ndarray, choice: IntArray) -> float:
    return float(at(table, choice).sum())
