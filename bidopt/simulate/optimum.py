"""The bids that earn most on the true curves: a Lagrangian of its own, so that it can judge the product's."""

import numpy as np
import numpy.typing as npt

from bidopt.simulate.truth import Array, Truth

Mask = npt.NDArray[np.bool_]

ROUNDS = 4
"""Partners share searches, so each side is chosen in turn with the other's bids held."""


def best_bids(truth: Truth, day: int, options: Array, start: Array, counted: Mask, cap: float) -> Array:
    """Maximise the day's expected profit of the `counted` words with their expected spend within `cap` yuan.

    Parameters
    ----------
    options
        Bids to choose from, yuan, shape (n, k); one value repeated where a word may not move.
    start
        Bids in force, shape (n,).

    Returns
    -------
    Bids of shape (n,). Where no choice meets the cap, the one that spends least.
    """
    bids, alone = start.copy(), truth.partner < 0
    first = np.arange(len(start)) < truth.partner
    for turn in range(ROUNDS if not alone.all() else 1):
        active = counted & (alone | (first if turn % 2 else ~first & ~alone))
        profit, spend = _with_partner(truth, day, options, bids)
        choice = _cheapest(profit[active], spend[active], cap)
        bids[active] = options[active, choice]
    return bids


def _with_partner(truth: Truth, day: int, options: Array, bids: Array) -> tuple[Array, Array]:
    """Profit and spend (n, k) of each option, its effect on the word's partner included."""
    held = np.broadcast_to(bids[:, None], options.shape)
    own, other = truth.outcome(day, options, held), truth.outcome(day, held, options)
    value = truth.value(day)[:, None]
    paired = (truth.partner >= 0)[:, None]
    spend = own.spend + np.where(paired, other.spend[truth.partner], 0.0)
    gain = own.clicks * value + np.where(paired, (other.clicks * value)[truth.partner], 0.0)
    return gain - spend, spend


def _cheapest(profit: Array, spend: Array, cap: float) -> npt.NDArray[np.int64]:
    """Index (n,) of the options that earn most with total spend within `cap`, by bisection on the shadow price."""
    rows = np.arange(len(profit))

    def choose(price: float) -> npt.NDArray[np.int64]:
        choice: npt.NDArray[np.int64] = np.argmax(profit - price * spend, axis=1)
        return choice

    low, high = 0.0, 100.0
    if spend[rows, choose(low)].sum() <= cap:
        return choose(low)
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (low, middle) if spend[rows, choose(middle)].sum() <= cap else (middle, high)
    return choose(high)
