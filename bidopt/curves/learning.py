"""What it is worth to find out how a word answers to its bid.

A word's elasticity is known within a log-normal spread. If it were known, the bid would be another where that pays:
the expected value of perfect information. A day at another bid tells a part of it, and the nights after use what was
learnt: Frazier, Powell & Dayanik (2008), A knowledge-gradient policy. Moves are designed: the side is drawn at random,
so that what is learnt is not what luck or habit chose.
"""

import datetime as dt
import hashlib

import numpy as np
import numpy.typing as npt
import pandas as pd

from bidopt.curves.eligibility import unit_ids
from bidopt.curves.grid import ResponseGrid
from bidopt.fit import FittedModels
from bidopt.metrics import ratio

Array = npt.NDArray[np.float64]

NIGHTS = 30
"""What is learnt about a word serves for about so many nights, until rivals have moved on."""


def bonus(models: FittedModels, grid: ResponseGrid, price: float, most: float) -> Array:
    """(n, k) worth of what each option teaches, in units of the objective; 0 for all but the words that pay most.

    Parameters
    ----------
    price : shadow price of the cap.
    most : yuan; the words that may be moved in order to learn spend no more than this together.
    """
    response, words = grid.response, models.words
    net = np.where(grid.allowed, grid.value - price * response.spend, -np.inf)
    now = np.take_along_axis(response.impressions, grid.start[:, None], 1)
    change = np.log(np.maximum(ratio(response.impressions, now), 1e-9))
    change = np.where(np.isfinite(change) & grid.allowed, change, 0.0)
    spread = words["elasticity_spread"].to_numpy()[:, None]
    shown = response.impressions
    told = change**2 * shown / (1 + models.demand_noise.word * shown)
    resolved = told / (told + spread**-2)
    side = _drawn_side(models.day, unit_ids(words))[:, None]
    worth = NIGHTS * _perfect(net, change, spread)[:, None] * resolved * (np.sign(change) == side) * grid.allowed
    gain = (net + worth).max(1) - net.max(1)
    cost = np.where(grid.allowed, response.spend, 0.0).max(1)
    order = np.argsort(-ratio(gain, np.maximum(cost, 1e-9)), kind="stable")
    order = order[gain[order] > 0]
    chosen = np.zeros(len(gain), bool)
    chosen[order[np.cumsum(cost[order]) <= most]] = True
    return np.asarray(np.where(chosen[:, None], worth, 0.0))


def _perfect(net: Array, change: Array, spread: Array) -> Array:
    """(n,) expected gain a day if the elasticity were known: the mean over one spread up and one down."""
    best = net.argmax(1)
    rows = np.arange(len(net))
    gain = np.zeros(len(net))
    for sign in (1, -1):
        # A steeper word's impressions change by a power of what was foreseen, around those of the present bid.
        there = np.where(np.isfinite(net), net * np.exp(change * np.expm1(sign * spread)), -np.inf)
        gain += 0.5 * (there.max(1) - there[rows, best])
    return np.nan_to_num(gain, posinf=0.0, neginf=0.0)


def _drawn_side(day: dt.date, ids: "pd.Series[str]") -> Array:
    """+1 or -1 for each word, drawn anew each day by hash."""
    return np.array([1.0 if hashlib.sha256(f"{day}/{i}/side".encode()).digest()[0] % 2 else -1.0 for i in ids])
