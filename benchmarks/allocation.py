"""The optimiser beside HiGHS on made-up shops: value as a share of the LP bound, and seconds.

Usage: python benchmarks/allocation.py [n_words ...]
"""

import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Literal

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array

from bidopt.optimize import Array, Problem, solve

SIZES = (20, 300, 1_000, 10_000)
N_BIDS = 30
CAP = 0.6
"""Of what the best bids would spend without a cap."""
LP_WORDS = 1_000
"""Past this many words the simplex is left out: it takes a minute at 10,000."""


def shop(n_words: int, steep: int) -> Problem:
    """Heavy-tailed words whose clicks follow bid**steep / (scale + bid**steep): concave at 1, S-shaped at 4."""
    rng = np.random.default_rng(n_words)
    demand, scale, worth = (rng.lognormal(mean, sd, (n_words, 1)) for mean, sd in ((3, 1.5), (0, 0.5), (1.5, 0.6)))
    bid = np.geomspace(0.1, 10, N_BIDS)
    reach = (bid / scale) ** steep
    clicks = demand * reach / (1 + reach)
    spend, gmv = 0.8 * bid * clicks, worth * clicks
    value = 0.7 * gmv - spend
    uncapped = spend[np.arange(n_words), value.argmax(axis=1)].sum()
    allowed = np.ones(value.shape, np.bool_)
    return Problem(value, spend, allowed, CAP * float(uncapped), np.zeros(n_words, np.intp), gmv=gmv)


def lp_bound(problem: Problem, method: Literal["highs-ds", "highs-ipm"]) -> float:
    """The linear relaxation by HiGHS."""
    n_words, n_bids = problem.value.shape
    columns = np.arange(problem.value.size)
    one_a_word = csr_array((np.ones(columns.size), (columns // n_bids, columns)), (n_words, columns.size))
    found = linprog(  # type: ignore[call-overload]  # the stubs know no sparse matrices
        -problem.value.ravel(),
        A_ub=problem.spend.reshape(1, -1),
        b_ub=np.array([problem.cap]),
        A_eq=one_a_word,
        b_eq=np.ones(n_words),
        bounds=(0, 1),
        method=method,
    )
    if found.fun is None:
        raise ArithmeticError(found.message)
    return -float(found.fun)


def timed(work: Callable[[], float]) -> tuple[float, float]:
    start = time.perf_counter()
    value = work()
    return value, time.perf_counter() - start


def optimised(problem: Problem) -> float:
    return solve(problem).value


def uniform_bid(problem: Problem) -> float:
    """The best single bid for all words that keeps the cap."""
    totals: Array = problem.value.sum(axis=0)
    return float(totals[problem.spend.sum(axis=0) <= problem.cap].max(initial=0.0))


def main(sizes: list[int]) -> None:
    print(f"{'words':>7} {'curves':>9} {'method':>15} {'value / LP bound':>17} {'seconds':>9}")
    for n_words in sizes:
        for steep, curves in ((1, "concave"), (4, "S-shaped")):
            problem = shop(n_words, steep)
            methods: dict[str, Callable[[], float]] = {
                "bidopt": partial(optimised, problem),
                "one uniform bid": partial(uniform_bid, problem),
                "LP highs-ipm": partial(lp_bound, problem, "highs-ipm"),
            }
            if n_words <= LP_WORDS:
                methods["LP highs-ds"] = partial(lp_bound, problem, "highs-ds")
            results = {name: timed(work) for name, work in methods.items()}
            best = results["LP highs-ipm"][0]
            for name, (value, seconds) in results.items():
                print(f"{n_words:>7,} {curves:>9} {name:>15} {value / best:>17.7f} {seconds:>9.3f}", flush=True)


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or list(SIZES))
