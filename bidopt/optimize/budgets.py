"""Plan budgets: the money must be there when the words need it, and together never pass the cap.

A campaign's spend of a day is log-normal around its expectation; a budget cuts off what lies above it.
"""

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

Array = npt.NDArray[np.float64]

CUT_SHARE = 0.97
"""A day whose spend reaches this share of its budget counts as cut short."""


def served(mean: Array, relative_variance: Array, budget: Array) -> tuple[Array, Array]:
    """(share, risk), (c,) each: what share of expected spend the budget lets through, and how likely it cuts.

    `mean` yuan a day before cuts, `budget` yuan a day (inf = none). The limited expected value of a log-normal
    (Klugman, Panjer & Willmot, Loss Models, appendix A).
    """
    some = (mean > 0) & np.isfinite(budget)
    m, b = np.where(some, mean, 1.0), np.where(some, np.maximum(budget, 1e-9), 1.0)
    sigma = np.sqrt(np.log1p(np.maximum(relative_variance, 1e-6)))
    d = (np.log(b / m) + sigma**2 / 2) / sigma
    share = ndtr(d - sigma) + b / m * ndtr(-d)
    risk = ndtr(-(d + np.log(CUT_SHARE) / sigma))
    return np.where(some, np.minimum(share, 1.0), 1.0), np.where(some, risk, 0.0)


def share_out(cap: float, mean: Array, relative_variance: Array, low: Array, high: Array) -> Array:
    """Budgets (c,), together at most `cap`, each within [low, high], equally likely to run dry.

    They are whole yuan, as the platform asks, but for those with no room (`high` <= `low`), which stay as they are.

    Raises
    ------
    ValueError
        When the smallest budgets alone exceed the cap.
    """
    fixed = high <= low
    low = np.where(fixed, low, np.ceil(low - 1e-9))
    high = np.where(fixed, low, np.maximum(np.floor(high), low))
    if low.sum() > cap + 1e-9:
        raise ValueError(f"smallest budgets sum to {low.sum():.0f}, above the cap of {cap:.2f}")
    sigma = np.sqrt(np.log1p(np.maximum(relative_variance, 0.0025)))
    middle = np.log(np.maximum(mean, 0.01)) - sigma**2 / 2

    def at(k: float) -> Array:
        return np.clip(np.exp(np.minimum(middle + sigma * k, 50.0)), low, high)

    bottom, top = -500.0, 500.0
    for _ in range(100):
        k = (bottom + top) / 2
        bottom, top = (bottom, k) if at(k).sum() > cap else (k, top)
    budget = np.maximum(np.floor(at(bottom) + 1e-9), low)
    # Rounding down leaves some yuan: the largest remainders get one each.
    spare = int(np.floor(cap - budget.sum() + 1e-9))
    remainder = np.where(budget + 1 <= high, at(bottom) - budget, -1.0)
    winners = np.argsort(-remainder, kind="stable")[: max(spare, 0)]
    budget[winners[remainder[winners] > 0]] += 1
    return budget
