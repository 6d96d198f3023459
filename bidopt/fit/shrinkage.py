"""Empirical Bayes: how far a word's own counts may pull it from what its group says.

Counts are Poisson around expected x effect, the effect Gamma(k, k) around 1; the posterior mean is
(k + events) / (k + expected) and k, the strength, maximises the marginal (negative binomial) likelihood.
Gelman et al., Bayesian Data Analysis, 3rd ed., 2.6; DuMouchel (1999), Bayesian data mining.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln

Array = npt.NDArray[np.float64]

STRENGTHS = np.geomspace(0.3, 3000.0, 41)
"""Pseudo-events to choose the strength from."""
PRIOR_STRENGTH, PRIOR_SPREAD = 10.0, 1.5
"""A weak log-normal prior on the strength, for shops with next to no counts."""
MOST_GROUPS = 1000
"""So many groups, evenly drawn, tell how fast effects move."""
FORGETTING = np.array([1.0, 0.99, 0.98, 0.96, 0.93, 0.88, 0.8, 0.7])


@dataclass(frozen=True)
class Effects:
    """Multipliers by group: `mean` (n,), relative standard deviation `spread` (n,), and what made them."""

    mean: Array
    spread: Array
    strength: float
    forgetting: float = 1.0


@dataclass(frozen=True)
class Rate:
    """`mean` (n,) by word at its present state, `spread` (n,) its relative sd, `notes` for the model card."""

    mean: Array
    spread: Array
    notes: dict[str, float]


def shrink(events: Array, expected: Array) -> Effects:
    """Effects of n groups from their counts `events` (n,) and what the common part expected (n,)."""
    strength = best_strength(events, expected)
    return _posterior(events, expected, strength)


def _posterior(events: Array, expected: Array, strength: float, forgetting: float = 1.0) -> Effects:
    shape, rate = strength + events, strength + expected
    return Effects(shape / rate, 1 / np.sqrt(shape), strength, forgetting)


def best_strength(events: Array, expected: Array) -> float:
    """The strength with the greatest marginal likelihood under a weak prior."""
    prior = -0.5 * (np.log(STRENGTHS / PRIOR_STRENGTH) / PRIOR_SPREAD) ** 2
    score = [_log_marginal(events, expected, k) for k in STRENGTHS]
    return float(STRENGTHS[int(np.argmax(np.asarray(score) + prior))])


def _log_marginal(events: Array, expected: Array, strength: float | Array) -> float:
    """Negative binomial log-likelihood of Poisson counts with a Gamma(strength, strength) effect."""
    x, e, k = events, np.maximum(expected, 1e-12), strength
    return float(np.sum(gammaln(k + x) - gammaln(k) + k * np.log(k / (k + e)) + x * np.log(e / (k + e))))


def track(events: Array, expected: Array) -> tuple[Array, Effects]:
    """Effects that may move from day to day.

    A Gamma filter with forgetting (Smith & Miller, 1986; West & Harrison, Bayesian Forecasting, 6): each
    day the evidence fades to `forgetting` of itself and the prior Gamma(k, k) fills what faded.
    Strength and forgetting are those with the best one-day-ahead likelihood.

    Parameters
    ----------
    events, expected : arrays (n_groups, n_days)

    Returns
    -------
    (path, last) : the effect that each day's past foresaw, (n_groups, n_days), and the effects after the last day.
    """
    some = np.linspace(0, len(events) - 1, min(len(events), MOST_GROUPS)).astype(int)
    seen, said = events[some], expected[some]
    best = (-np.inf, 1.0, 1.0)
    for strength in STRENGTHS[::5]:
        for forgetting in FORGETTING:
            score = -0.5 * (np.log(strength / PRIOR_STRENGTH) / PRIOR_SPREAD) ** 2
            shape, rate = _states(seen, said, strength, forgetting)
            score += _foresight(seen, said, shape[:, :-1], rate[:, :-1])
            best = max(best, (score, strength, forgetting))
    _, strength, forgetting = best
    shape, rate = _states(events, expected, strength, forgetting)
    last = Effects(shape[:, -1] / rate[:, -1], 1 / np.sqrt(shape[:, -1]), float(strength), float(forgetting))
    return shape[:, :-1] / rate[:, :-1], last


def _states(events: Array, expected: Array, strength: float, forgetting: float) -> tuple[Array, Array]:
    """Gamma shapes and rates before each day and after the last: (n, m + 1) each."""
    n, m = events.shape
    shape, rate = np.full((n, m + 1), strength), np.full((n, m + 1), strength)
    for t in range(m):
        shape[:, t + 1] = strength + forgetting * (shape[:, t] + events[:, t] - strength)
        rate[:, t + 1] = strength + forgetting * (rate[:, t] + expected[:, t] - strength)
    return shape, rate


def _foresight(events: Array, expected: Array, shape: Array, rate: Array) -> float:
    """Log-likelihood of each day's counts given the state before it."""
    e = np.maximum(expected, 1e-12)
    terms = (
        gammaln(shape + events) - gammaln(shape) + shape * np.log(rate / (rate + e)) + events * np.log(e / (rate + e))
    )
    return float(np.sum(terms))
