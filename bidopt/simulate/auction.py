"""What a bid wins: rates a search in a generalised second-price auction, by Monte Carlo with common random numbers.

Charge = next score / own quality, never above the bid (Edelman, Ostrovsky and Schwarz, 2007, "Internet Advertising and
the Generalized Second-Price Auction"). Everything is in units of the word's price level, which scales it.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bidopt.simulate.spec import Rivals

Array = npt.NDArray[np.float64]

SHOWS_BY_POSITION = np.array([1.0, 0.68, 0.46, 0.3, 0.18])
CTR_BY_POSITION = np.array([1.0, 0.86, 0.76, 0.68, 0.62])
LOG_RATIO = np.linspace(-3.6, 2.6, 187)
"""Grid of log(effective bid / price level)."""
SEARCHES = 400
REFERENCE_RIVAL = 2
"""The price level is the mean score of the third strongest rival."""
LEAST_PRICE = 0.01


@dataclass(frozen=True)
class Rates:
    """Per search, at ratios of shape (...): shows, clicks before the word's own CTR, cost in price levels, rank."""

    shows: Array
    clicks: Array
    cost: Array
    rank: Array


@dataclass(frozen=True)
class Auctions:
    """Rates of shape (n_types, len(LOG_RATIO)) for a number of kinds of word."""

    table: Rates

    def at(self, kind: npt.NDArray[np.int64], log_ratio: Array) -> Rates:
        """Rates of words of `kind` (n,) at `log_ratio` (n,) or (n, k), linear between grid points."""
        step = LOG_RATIO[1] - LOG_RATIO[0]
        place = np.clip((log_ratio - LOG_RATIO[0]) / step, 0, len(LOG_RATIO) - 1.000001)
        left = place.astype(np.int64)
        weight = place - left
        row = kind if log_ratio.ndim == 1 else kind[:, None]

        def between(values: Array) -> Array:
            value: Array = values[row, left] * (1 - weight) + values[row, left + 1] * weight
            return value

        return Rates(*(between(v) for v in (self.table.shows, self.table.clicks, self.table.cost, self.table.rank)))


def auctions(rivals: Rivals, types: int, rng: np.random.Generator) -> Auctions:
    """Draw `types` kinds of word and play each at every bid of the grid against the same searches."""
    rows = [_rates(*_searches(rivals, rng)) for _ in range(types)]
    return Auctions(Rates(*(np.array(column) for column in zip(*rows, strict=True))))


def _searches(rivals: Rivals, rng: np.random.Generator) -> tuple[Array, Array, float]:
    """Rivals' scores (searches, positions), strongest first; own quality (searches,); the reserve score."""
    scores = _RIVALS[rivals](rng)
    scores = -np.sort(-scores, axis=1)[:, : len(SHOWS_BY_POSITION)]
    scores /= scores[:, REFERENCE_RIVAL].mean()
    spread = 0.08 if rivals == "steps" else 0.3
    quality = np.exp(rng.normal(-(spread**2) / 2, spread, SEARCHES))
    return scores, quality, rng.uniform(0.2, 0.45)


def _many(rng: np.random.Generator) -> Array:
    """Eight rivals, each present in most searches."""
    scores = np.exp(rng.normal(0, rng.uniform(0.4, 0.8), (SEARCHES, 8)))
    return np.where(rng.random(scores.shape) < 0.8, scores, 1e-9)


def _few(rng: np.random.Generator) -> Array:
    """Five rivals who bid nearly the same in every search."""
    ladder = np.exp(np.cumsum(rng.uniform(0.2, 0.5, 5)))
    return ladder * np.exp(rng.normal(0, 0.04, (SEARCHES, 5)))


def _heavy(rng: np.random.Generator) -> Array:
    """Seven rivals whose bids now and then are many times the usual."""
    return np.exp(np.clip(0.4 * rng.standard_t(2.2, (SEARCHES, 7)), -3.0, 3.0))


_RIVALS = {"lognormal": _many, "steps": _few, "heavy": _heavy}


def _rates(scores: Array, quality: Array, reserve: float) -> tuple[Array, Array, Array, Array]:
    own = np.exp(LOG_RATIO)[:, None] * quality
    above = np.full_like(scores[:, 0], np.inf)
    shows, clicks, cost, rank = (np.zeros(len(LOG_RATIO)) for _ in range(4))
    for position, (seen, liked) in enumerate(zip(SHOWS_BY_POSITION, CTR_BY_POSITION, strict=True)):
        following = np.maximum(scores[:, position], reserve)
        here = (own > following) & (own <= above)
        shows += seen * here.mean(axis=1)
        clicks += seen * liked * (here * quality).mean(axis=1)
        cost += seen * liked * (here * following).mean(axis=1)
        rank += seen * (position + 1) * here.mean(axis=1)
        above = following
    mean_rank = np.divide(rank, shows, out=np.full_like(rank, len(SHOWS_BY_POSITION)), where=shows > 0)
    return shows, clicks, cost, mean_rank
