"""Branch and bound for small accounts, where one word passed over is a visible share."""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from bidopt.optimize.dual import Dual, priced
from bidopt.optimize.problem import Array, IntArray, Limit, Problem, check

if TYPE_CHECKING:
    from scipy.sparse import csr_array

MAX_WORDS = 300
TIME_LIMIT = 10.0
NODE_LIMIT = 1_000
"""Ends a long search at the same point on every machine; the clock is only the last resort."""

MIN_GAP = 1e-4
TIGHTER = (0.0, 1e-6)
"""The solver's own tolerance may break a limit: then once more with caps this share smaller."""


def exact(problem: Problem, prices: Dual, best: float) -> IntArray | None:
    """The choice of most value, or None where the search found none that keeps every limit.

    Parameters
    ----------
    best : float
        The value already had, -inf for none. An option whose loss at the dual's prices passes bound - best
        can't be in a better choice and is left out.
    """
    net = priced(problem, prices.prices)
    loss = net.max(axis=1, keepdims=True) - net
    word, option = np.nonzero((loss <= prices.bound - best) & problem.allowed)
    for tighter in TIGHTER:
        choice = _search(problem, word, option, tighter)
        if choice is None or not check(problem, choice):
            return choice
    return None


def _search(problem: Problem, word: IntArray, option: IntArray, tighter: float) -> IntArray | None:
    # Slow to import, and few problems need them.
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import coo_array, csr_array

    n_words = len(problem.start)
    columns = np.arange(word.size)
    one_a_word = csr_array(coo_array((np.ones(word.size), (word, columns)), (n_words, word.size)))
    constraints = [LinearConstraint(one_a_word, 1, 1)]
    for use, cap, _ in [rows(limit, word, option) for limit in problem.limits]:
        slack = tighter * np.where(np.isfinite(cap), np.abs(cap), 0)
        constraints.append(LinearConstraint(use, -np.inf, cap - slack))
    value = problem.value[word, option]
    with _silent_stdout():
        found = milp(
            -value / (np.abs(value).max(initial=0.0) or 1.0),
            integrality=np.ones(word.size, np.intp),
            bounds=Bounds(0, 1),
            constraints=constraints,
            options={"time_limit": TIME_LIMIT, "node_limit": NODE_LIMIT, "mip_rel_gap": MIN_GAP},
        )
    if found.x is None:
        return None
    chosen = found.x > 0.5
    choice = np.zeros(n_words, np.intp)
    choice[word[chosen]] = option[chosen]
    return choice


def rows(limit: Limit, word: IntArray, option: IntArray) -> "tuple[csr_array, Array, float]":
    """(uses, caps, unit): one row a group over the pairs (`word`, `option`), scaled to coefficients of at most 1."""
    from scipy.sparse import coo_array, csr_array

    use = limit.use[word, option]
    unit = float(np.abs(use).max(initial=0.0)) or 1.0
    table = coo_array((use / unit, (limit.group[word], np.arange(word.size))), (limit.cap.size, word.size))
    return csr_array(table), limit.cap / unit, unit


@contextmanager
def _silent_stdout() -> Iterator[None]:
    """HiGHS leaves stray lines on the C standard output, where they would spoil a command's JSON."""
    flush = ctypes.CDLL("ucrtbase" if os.name == "nt" else None).fflush
    flush(None)
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        yield
    finally:
        flush(None)
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)
