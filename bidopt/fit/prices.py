"""How dear the market is from day to day: where the rivals of all words stood, and where they will stand tomorrow.

Standings follow every word's rivals through the past (standing.py), promotions included; what such days have in
common says how much of today's prices is gone tomorrow, or comes.
"""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from bidopt.fit import calendar
from bidopt.fit.calendar import Calendar
from bidopt.fit.landscape import Landscape
from bidopt.fit.panel import Panel
from bidopt.settings import Promotion

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]

ONE_DAY = 50.0
"""Clicks: more of one word in one day say no more of its rivals."""


def fit(panel: Panel, curves: Landscape, promotions: tuple[Promotion, ...]) -> Calendar:
    """The calendar of the market's prices, `factor` being 1 on a usual day."""
    level = levels(panel, curves, np.zeros_like(panel.campaign), 1)[0]
    clicks = np.where(np.isfinite(level), panel.clicks.sum(0), 0.0)
    return calendar.fit(clicks * np.exp(np.nan_to_num(level)), clicks, panel.days, promotions, panel.covered)


def levels(panel: Panel, curves: Landscape, group: Index, n_groups: int) -> Array:
    """(g, m) log level of prices by `group` (n,) of words: the median of their locations around each one's usual.

    A median: an edited premium of an ad group, or a word's own new rival, is no news of the market. NaN: no clicks,
    as in a group without words.
    """
    location = np.log(panel.bid) - curves.standing.x
    away = location - np.median(location, axis=1, keepdims=True)
    weight = np.where(panel.covered, np.minimum(panel.clicks, ONE_DAY), 0.0)
    return np.array([middle(away[group == g], weight[group == g]) for g in range(n_groups)])


def middle(values: Array, weight: Array) -> Array:
    """Median of each column of `values` (n, m) by `weight` (n, m), NaN where a column has none."""
    if not len(values):
        return np.full(values.shape[1], np.nan)
    values, weight = (np.ascontiguousarray(table.T) for table in (values, weight))  # sorts in half the time
    order = np.argsort(values, axis=1)
    share = np.cumsum(np.take_along_axis(weight, order, 1), axis=1)
    half, columns = (share >= share[:, -1:] / 2).argmax(1), np.arange(len(values))
    return np.where(share[:, -1] > 0, values[columns, order[columns, half]], np.nan)


def tomorrow(panel: Panel) -> pd.DatetimeIndex:
    """The day to plan for."""
    return panel.days[-1:] + pd.Timedelta(days=1)


def moved_on(curves: Landscape, prices: Calendar, panel: Panel) -> Landscape:
    """`curves` with the rivals where the calendar sees them tomorrow, given where they stand on the newest day."""
    then, now = (prices.factor(days)[0] for days in (tomorrow(panel), panel.days[-1:]))
    return dearer(curves, float(then / now))


def dearer(curves: Landscape, factor: float) -> Landscape:
    """`curves` where all rivals bid `factor` as much."""
    place = curves.standing
    return replace(curves, standing=replace(place, location=place.location + np.log(factor)))
