"""The optimiser beside exact solvers and the usual rules on made-up shops: value as a share of the LP bound, seconds,
peak memory of the whole process.

Usage: python benchmarks/allocation.py [--words N ...] [--limit SECONDS] [--markdown]

Each cell is a process of its own, stopped at the limit ("> limit"); what did not finish is not tried at that size or a
larger one again ("not tried"). The last block adds every limit at once: campaign caps and floors, an ROI floor, stock
of items, and how many bids may change.
"""

import argparse
import multiprocessing
import resource
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp, minimize
from scipy.sparse import csr_array, vstack

from bidopt.optimize import Array, Limit, Problem, solve

SIZES = (20, 300, 1_000, 10_000, 100_000)
N_BIDS = 30
CAP = 0.6
"""Of what the best bids would spend without a cap."""
TIME_LIMIT = 600.0
CURVES = {"concave": 1, "S-shaped": 4}


def shop(n_words: int, steep: int, every_limit: bool = False) -> Problem:
    """Heavy-tailed words whose clicks follow bid**steep / (scale + bid**steep): concave at 1, S-shaped at 4."""
    rng = np.random.default_rng(n_words)
    demand, scale, worth = (rng.lognormal(mean, sd, (n_words, 1)) for mean, sd in ((3, 1.5), (0, 0.5), (1.5, 0.6)))
    bid = np.geomspace(0.1, 10, N_BIDS)
    reach = (bid / scale) ** steep
    clicks = demand * reach / (1 + reach)
    spend, gmv = 0.8 * bid * clicks, worth * clicks
    value = 0.7 * gmv - spend
    words = np.arange(n_words)
    free = value.argmax(axis=1)
    start = rng.integers(N_BIDS // 4, 3 * N_BIDS // 4, n_words)
    plain = Problem(value, spend, np.ones(value.shape, np.bool_), CAP * float(spend[words, free].sum()), start, gmv=gmv)
    if not every_limit:
        return plain
    campaigns, items = max(n_words // 200, 4), max(n_words // 50, 4)
    campaign, item = rng.integers(0, campaigns, n_words), rng.integers(0, items, n_words)
    wanted = np.bincount(campaign, spend[words, free], campaigns)
    orders = gmv / 40
    sold = np.bincount(item, orders[words, free], items)
    moved = (np.arange(N_BIDS) != start[:, None]).astype(float)
    others = (
        Limit("campaign_floor", -spend, campaign, np.where(rng.random(campaigns) < 0.3, -0.2 * wanted, np.inf)),
        Limit("stock", orders, item, np.where(rng.random(items) < 0.3, 0.7 * sold, np.inf)),
        Limit("max_changes", moved, np.zeros(n_words, np.intp), np.array([np.ceil(0.7 * n_words)])),
    )
    return replace(
        plain, group=campaign, group_cap=wanted * rng.uniform(0.4, 1.2, campaigns), min_roi=2.0, others=others
    )


def optimised(problem: Problem) -> float:
    found = solve(problem)
    return found.value if found.feasible else float("nan")


def _program(problem: Problem) -> tuple[Array, csr_array, Array, csr_array]:
    """(-value, uses, caps, one option a word) over all options in a row."""
    n_words, n_bids = problem.value.shape
    columns = np.arange(problem.value.size)
    one_a_word = csr_array((np.ones(columns.size), (columns // n_bids, columns)), (n_words, columns.size))
    uses, caps = [], []
    for limit in problem.limits:
        finite = np.flatnonzero(np.isfinite(limit.cap))
        group = np.repeat(limit.group, n_bids)
        use = csr_array((limit.use.ravel(), (group, columns)), (limit.cap.size, columns.size))
        uses.append(use[finite])
        caps.append(limit.cap[finite])
    return -problem.value.ravel(), csr_array(vstack(uses)), np.concatenate(caps), one_a_word


def by_linprog(problem: Problem, method: str) -> float:
    cost, uses, caps, one_a_word = _program(problem)
    ones = np.ones(one_a_word.shape[0])
    found = linprog(cost, uses, caps, one_a_word, ones, (0, 1), method)  # type: ignore[call-overload]
    return float("nan") if found.fun is None else -float(found.fun)


def simplex(problem: Problem) -> float:
    return by_linprog(problem, "highs-ds")


def interior_point(problem: Problem) -> float:
    return by_linprog(problem, "highs-ipm")


def branch_and_bound(problem: Problem) -> float:
    cost, uses, caps, one_a_word = _program(problem)
    limits = [LinearConstraint(one_a_word, 1, 1), LinearConstraint(uses, -np.inf, caps)]
    found = milp(cost, integrality=np.ones(cost.size), bounds=Bounds(0, 1), constraints=limits)
    return float("nan") if found.fun is None else -float(found.fun)


def slsqp(problem: Problem) -> float:
    """Spend by word as a continuous variable on interpolated curves, from an even split of the cap."""
    order = np.argsort(problem.spend, axis=1)
    spend = np.take_along_axis(problem.spend, order, 1)
    value = np.take_along_axis(problem.value, order, 1)
    words = range(len(spend))

    def lost(x: Array) -> float:
        return -float(sum(np.interp(x[w], spend[w], value[w]) for w in words))

    even = np.clip(np.full(len(spend), problem.cap / len(spend)), spend[:, 0], spend[:, -1])
    within = {"type": "ineq", "fun": lambda x: problem.cap - x.sum(), "jac": lambda x: -np.ones(len(x))}
    found = minimize(
        lost, even, method="SLSQP", bounds=list(zip(spend[:, 0], spend[:, -1], strict=True)), constraints=[within]
    )
    return -float(found.fun) if found.x.sum() <= problem.cap * (1 + 1e-6) else float("nan")


def greedy(problem: Problem) -> float:
    """Words by the best ROI that they have, each at its best bid as long as the cap has room."""
    words = np.arange(len(problem.start))
    best = problem.value.argmax(axis=1)
    spend, value = problem.spend[words, best], problem.value[words, best]
    order = np.argsort(-value / np.maximum(spend, 1e-12))
    taken = np.cumsum(spend[order]) <= problem.cap
    return float(value[order][taken].sum())


def proportional(problem: Problem) -> float:
    """The cap in the proportions of what is spent today."""
    words = np.arange(len(problem.start))
    today = problem.spend[words, problem.start]
    share = problem.cap * today / today.sum()
    allowed = problem.spend <= share[:, None] + 1e-12
    return float(np.where(allowed, problem.value, 0.0).max(axis=1).sum())


def uniform_bid(problem: Problem) -> float:
    """The best single bid for all words that keeps the cap."""
    totals: Array = problem.value.sum(axis=0)
    return float(totals[problem.spend.sum(axis=0) <= problem.cap].max(initial=0.0))


EXACT: dict[str, Callable[[Problem], float]] = {
    "highs-ds (bound)": simplex,
    "highs-ipm (bound)": interior_point,
    "milp": branch_and_bound,
}
METHODS: dict[str, Callable[[Problem], float]] = {
    "ours": optimised,
    **EXACT,
    "SLSQP": slsqp,
    "greedy by ROI": greedy,
    "as today's spend": proportional,
    "uniform bid": uniform_bid,
}


def _run(name: str, size: tuple[int, int, bool], answer: "multiprocessing.Queue[tuple[float, float, float]]") -> None:
    problem = shop(*size)
    start = time.perf_counter()
    value = METHODS[name](problem)
    seconds = time.perf_counter() - start
    answer.put((value, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6))


def cell(name: str, size: tuple[int, int, bool], limit: float) -> tuple[float, float, float] | None:
    """(value, seconds, GB), or None where the method did not finish."""
    context = multiprocessing.get_context("spawn")
    answer: multiprocessing.Queue[tuple[float, float, float]] = context.Queue()
    process = context.Process(target=_run, args=(name, size, answer))
    process.start()
    process.join(limit + 20)
    if process.is_alive():
        process.kill()
        process.join()
    return answer.get() if not answer.empty() else None


def main(sizes: list[int], limit: float, markdown: bool) -> None:
    row = "| {:,} | {} | {} | {} | {} | {} |" if markdown else "{:>8,} {:>9} {:>18} {:>10} {:>9} {:>6}"
    header = f"{'words':>8} {'curves':>9} {'method':>18} {'of bound':>10} {'seconds':>9} {'GB':>6}"
    if markdown:
        header = "| words | curves | method | value / LP bound | seconds | GB |\n|---:|---|---|---:|---:|---:|"
    print(header)
    for every_limit in (False, True):
        unfinished: set[str] = set()
        for n_words in sizes:
            for curves, steep in CURVES.items():
                names = list(METHODS) if not every_limit else ["ours", *EXACT]
                size = (n_words, steep, every_limit)
                tried = [name for name in names if name not in unfinished]
                found = {name: cell(name, size, limit) if name in tried else None for name in names}
                unfinished |= {name for name in tried if found[name] is None}
                bounds = [found[name][0] for name in ("highs-ds (bound)", "highs-ipm (bound)") if found[name]]  # type: ignore[index]
                bound = min(bounds) if bounds else solve(shop(*size)).bound
                label = f"{curves}, all limits" if every_limit else curves
                for name, result in found.items():
                    told = ("-", f"> {limit:.0f}" if name in tried else "not tried", "-")
                    if result is not None:
                        told = (f"{result[0] / bound:.5f}", f"{result[1]:.2f}", f"{result[2]:.2f}")
                    print(row.format(n_words, label, name, *told), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--words", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--limit", type=float, default=TIME_LIMIT)
    parser.add_argument("--markdown", action="store_true")
    asked = parser.parse_args()
    main(asked.words, asked.limit, asked.markdown)
