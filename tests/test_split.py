"""An agency's budget over shops: against every split there is, and against HiGHS."""

import itertools

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.optimize import linprog

from bidopt import optimize
from bidopt.optimize import Frontier, Problem


def shop(rng: np.random.Generator, words: int, options: int = 6) -> Problem:
    """Words whose value rises ever more slowly with their spend, and is noisy."""
    spend = np.sort(rng.uniform(0, 3, (words, options)), axis=1)
    value = rng.gamma(2.0, 1.0, (words, 1)) * np.sqrt(spend) + rng.normal(0, 0.05, spend.shape)
    return Problem(value, spend, np.ones(spend.shape, bool), np.inf, np.zeros(words, np.intp))


def under(problem: Problem, cap: float) -> optimize.Allocation:
    capped = Problem(problem.value, problem.spend, problem.allowed, cap, problem.start)
    return optimize.solve(capped, search=False)


def frontier(problem: Problem, points: int = 32) -> Frontier:
    least, most = problem.spend.min(1).sum(), problem.spend.max(1).sum()
    found = [(cap, under(problem, cap)) for cap in np.geomspace(least, most, points).tolist()]
    return Frontier(
        np.array([cap for cap, _ in found]),
        *(np.array([getattr(one, name) for _, one in found]) for name in ("value", "bound", "shadow_price")),
    )


def every_plan(problem: Problem) -> tuple[np.ndarray, np.ndarray]:
    """(spend, value) of every choice of options."""
    choices = np.array(list(itertools.product(range(problem.value.shape[1]), repeat=len(problem.value))))
    rows = np.arange(len(problem.value))
    return problem.spend[rows, choices].sum(1), problem.value[rows, choices].sum(1)


@pytest.mark.parametrize("seed", range(8))
def test_the_bound_holds_over_every_plan_of_three_shops(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shops = [shop(rng, 3, 4) for _ in range(3)]
    frontiers = [frontier(one) for one in shops]
    least, most = (sum(one.cap[end] for one in frontiers) for end in (0, -1))
    total = least + rng.uniform(0.1, 0.9) * (most - least)
    found = optimize.split(frontiers, total)
    plans = [every_plan(one) for one in shops]
    spend, value = (sum(np.meshgrid(*(plan[side] for plan in plans), sparse=True)) for side in (0, 1))
    best = value[spend <= total + 1e-9].max()
    reached = sum(under(one, cap).value for one, cap in zip(shops, found.shares.tolist(), strict=True))
    assert found.shares.sum() <= total
    assert reached <= best + 1e-9 <= found.bound + 2e-9


@pytest.mark.parametrize("seed", range(4))
def test_shares_are_as_good_as_one_shop_of_all_words(seed: int) -> None:
    """HiGHS on the relaxed problem of all words at once: its optimum and the price of its budget."""
    rng = np.random.default_rng(seed)
    shops = [shop(rng, words) for words in (40, 150, 400)]
    frontiers = [frontier(one) for one in shops]
    least, most = (sum(one.cap[end] for one in frontiers) for end in (0, -1))
    total = least + 0.4 * (most - least)
    value, spend = (np.concatenate([getattr(one, name) for one in shops]) for name in ("value", "spend"))
    one_a_word = sp.kron(sp.eye_array(len(value)), np.ones((1, value.shape[1])))
    lp = linprog(-value.ravel(), spend.reshape(1, -1), [total], one_a_word, np.ones(len(value)), method="highs")
    found = optimize.split(frontiers, total)
    alone = [under(one, cap) for one, cap in zip(shops, found.shares.tolist(), strict=True)]
    assert found.bound == pytest.approx(-lp.fun, rel=1e-3)
    assert found.bound >= -lp.fun - 1e-9
    assert sum(one.value for one in alone) >= -lp.fun * (1 - 1e-3)
    assert found.price == pytest.approx(-lp.ineqlin.marginals[0], rel=0.05)
    assert [one.shadow_price for one in alone] == pytest.approx([found.price] * 3, rel=0.1)


def test_a_total_of_all_own_caps_leaves_each_its_own() -> None:
    rng = np.random.default_rng(1)
    frontiers = [frontier(shop(rng, words)) for words in (5, 9)]
    own = [one.cap[-1] for one in frontiers]
    assert optimize.split(frontiers, sum(own) + 5).shares == pytest.approx(own, abs=0.01)
    assert optimize.split(frontiers, sum(own) + 5).price == 0


def test_what_brings_nothing_more_is_shared_by_room() -> None:
    """Two shops that need 10 and 20 of the 100 that each may have; the value beyond differs by rounding alone."""
    flat = [
        Frontier(np.array([5, need, 100.0]), np.array([1, 2, 2 + 1e-15]), np.full(3, 2.0), np.array([0.1, 0, 0]))
        for need in (10.0, 20.0)
    ]
    assert optimize.split(flat, 115).shares == pytest.approx([10 + 45, 20 + 40])


def test_a_total_below_the_smallest_caps_is_refused() -> None:
    frontiers = [frontier(shop(np.random.default_rng(1), 4))]
    with pytest.raises(ValueError, match="below the sum"):
        optimize.split(frontiers, frontiers[0].cap[0] - 0.01)
