"""Items that convert badly for some days: sold out in the usual size, a bad review, a broken picture.

A hidden Markov chain by item over levels of conversion: an item is well, falls to some level, and comes back.
Orders arrive late; carts and favourites of the same day tell at once, but follow conversion only in part.
How often items fall, how long they stay and how far carts follow have the greatest likelihood under weak priors
(Rabiner, 1989; Hamilton, 1989).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

LEVELS = np.array([1.0, 0.75, 0.55, 0.4, 0.3, 0.2, 0.1, 1.35, 1.8])
"""Conversion against the item's usual; the first is well."""
CHANCES = np.array([0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.7, 0.5, 0.3])
"""Where an item goes that is no longer well, up to a factor."""
FALLS = (0.003, 0.01, 0.03)
STAYS = (5.0, 10.0, 20.0)
FOLLOWS = (0.25, 0.5, 0.75, 1.0)
"""Candidates."""
PRIOR_SD = 1.0
"""Log sd of the prior around the usual habits: a fall in a hundred days, ten days long, carts half way."""
ONWARD = 0.01
"""Chance a day to go from one level that is not well to another."""
MOST_ITEMS = 200
"""So many items, evenly drawn, tell how items fall ill."""


class Habits(NamedTuple):
    """falls: chance a day that an item is no longer well. stays: days until it is again, on average. follows: power of
    conversion that carts follow."""

    falls: float = 0.01
    stays: float = 10.0
    follows: float = 0.5


@dataclass(frozen=True)
class Health:
    """path (g, m): conversion of each past day against the item's usual, seen from now. tomorrow, spread (g,): what
    is foreseen of the day after the last, and its relative sd."""

    path: Array
    tomorrow: Array
    spread: Array
    habits: Habits


def fit(orders: Array, expected: Array, carts: Array, usual_carts: Array, habits: Habits | None = None) -> Health:
    """Follow g items over m days, all arrays (g, m): orders and carts, and what items that are well would show.

    `habits`: None learns them.
    """
    if habits is None:
        some = np.linspace(0, len(orders) - 1, min(len(orders), MOST_ITEMS)).astype(int)
        habits = _likeliest(orders[some], expected[some], carts[some], usual_carts[some])
    log_seen = _log_seen(orders, expected, carts, usual_carts, habits.follows)
    seen = np.exp(log_seen - log_seen.max(2, keepdims=True))
    moves = _moves(habits.falls, habits.stays)
    before = np.stack([belief for belief, _ in _forward(seen, moves)], axis=1)
    later = np.ones((len(orders), len(LEVELS)))
    path = np.empty(orders.shape)
    for t in range(orders.shape[1] - 1, -1, -1):
        later = seen[:, t] * later
        belief = before[:, t] * later
        path[:, t] = belief @ LEVELS / belief.sum(1)
        later = later @ moves.T
        later /= later.sum(1, keepdims=True)
    tomorrow = before[:, -1] @ LEVELS
    spread = np.sqrt(np.maximum(before[:, -1] @ LEVELS**2 / tomorrow**2 - 1, 0.0))
    return Health(path, tomorrow, spread, habits)


def _likeliest(orders: Array, expected: Array, carts: Array, usual_carts: Array) -> Habits:
    """The candidates with the greatest likelihood under the prior."""
    pairs = list(product(FALLS, STAYS))
    moves = np.array([_moves(*pair) for pair in pairs])
    best = (-np.inf, Habits())
    for follows in FOLLOWS:
        log_seen = _log_seen(orders, expected, carts, usual_carts, follows)
        top = log_seen.max(2, keepdims=True)
        likelihood = sum(np.log(told).sum(-1) for _, told in _forward(np.exp(log_seen - top), moves)) + top.sum()
        for pair, score in zip(pairs, likelihood, strict=True):
            habits = Habits(*pair, follows)
            away = np.log(np.divide(habits, Habits())) / PRIOR_SD
            best = max(best, (float(score) - 0.5 * float(away @ away), habits))
    return best[1]


def _moves(falls: float, stays: float) -> Array:
    """Chances from level to level in a day, (k, k)."""
    to = CHANCES / CHANCES.sum()
    moves = np.diag(np.append(1 - falls, np.full(len(LEVELS) - 1, 1 - 1 / stays - ONWARD)))
    moves[0] += falls * to
    moves[1:] += ONWARD * to
    moves[1:, 0] += 1 / stays
    return moves


def _log_seen(orders: Array, expected: Array, carts: Array, usual_carts: Array, follows: float) -> Array:
    """Poisson log-likelihood of each day's counts at each level, up to a constant, (g, m, k)."""
    told = (orders + follows * carts)[..., None] * np.log(LEVELS)
    return np.asarray(told - expected[..., None] * LEVELS - usual_carts[..., None] * LEVELS**follows)


def _forward(seen: Array, moves: Array) -> Iterator[tuple[Array, Array]]:
    """Beliefs (..., g, k) before each day and the likelihood (..., g) of what it then showed; after the last day too.

    `seen` (g, m, k): likelihoods of each day; `moves` (..., k, k).
    """
    start = np.linalg.matrix_power(moves, 1000)[..., :1, :]
    belief = np.broadcast_to(start, (*moves.shape[:-2], seen.shape[0], seen.shape[2]))
    for t in range(seen.shape[1]):
        now = belief * seen[:, t]
        told = now.sum(-1)
        yield belief, told
        belief = (now / told[..., None]) @ moves
    yield belief, belief.sum(-1)
