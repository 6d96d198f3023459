"""One budget over many shops: what each may spend, at one shadow price, with a certificate."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bidopt.optimize.hull import upgrades
from bidopt.optimize.problem import Array

FEN = 100
NOTHING = 1e-9
"""Slopes of this share of the steepest are rounding."""


@dataclass(frozen=True)
class Frontier:
    """A shop's best allocations under k caps, rising; it may be given any cap from the first to the last.

    `cap` (k,) yuan a day; `value` (k,) reached within it; `bound` (k,) that nothing within it passes, and `price` (k,)
    that extra yuan of cap add to that bound at most: `Allocation.value`, `bound` and `shadow_price`.
    """

    cap: Array
    value: Array
    bound: Array
    price: Array

    def most(self, prices: Array) -> Array:
        """(p,) what no cap's value less `prices` x cap can pass.

        That is convex in the price and known, or bounded, at the frontier's own: chords bound it between them, and
        the largest and smallest cap beyond.
        """
        order = np.argsort(self.price, kind="stable")
        known, most = self.price[order], (self.bound - self.price * self.cap)[order]
        below, above = np.maximum(known[0] - prices, 0), np.maximum(prices - known[-1], 0)
        bounded: Array = np.interp(prices, known, most) + below * self.cap[-1] - above * self.cap[0]
        return bounded


@dataclass(frozen=True)
class Split:
    """`shares` (s,) yuan a day by shop, in whole fen and never more than the total together; `price`: what an extra
    yuan of the total adds; `bound`: no shares reach a higher value in all.
    """

    shares: Array
    price: float
    bound: float


def split(frontiers: Sequence[Frontier], total: float) -> Split:
    """Share out `total` yuan a day to the most value, where a yuan more would bring every shop alike.

    What is left when no yuan more brings anything goes to the shops by the room below their largest caps.

    Raises
    ------
    ValueError
        When the total is below the sum of the smallest caps.

    References
    ----------
    Everett (1963), Generalized Lagrange multiplier method, Operations Research 11(3).
    """
    least = np.array([shop.cap[0] for shop in frontiers])
    room = total - least.sum()
    if room < 0:
        raise ValueError("the total is below the sum of the smallest caps")
    width = max(len(shop.cap) for shop in frontiers)
    cap, value = (np.stack([_padded(getattr(s, name), width) for s in frontiers]) for name in ("cap", "value"))
    known = np.arange(width) < np.array([[len(shop.cap)] for shop in frontiers])
    steps = upgrades(value, cap, known)
    pays = steps.slope > NOTHING * steps.slope.max(initial=0.0)
    taken = np.where(pays, np.clip(room - (steps.spent - steps.extra), 0.0, steps.extra), 0.0)
    shares = least + np.bincount(steps.word, taken, len(frontiers))
    spare = cap.max(axis=1) - shares
    shares += spare * min(1.0, (room - taken.sum()) / max(spare.sum(), 1e-9))
    prices = np.unique(np.concatenate([[0.0], *(shop.price for shop in frontiers)]))
    bounds = sum((shop.most(prices) for shop in frontiers), start=prices * total)
    best = int(bounds.argmin())
    return Split(np.floor(shares * FEN + 1e-6) / FEN, float(prices[best]), float(bounds[best]))


def _padded(values: Array, width: int) -> Array:
    return np.pad(values, (0, width - len(values)), mode="edge")
