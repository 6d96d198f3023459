"""Impressions and CPC as functions of the bid, word by word, from a history that hardly moved its bids.

Scale and power are pooled over the shop: they come from changes within a word, net of its plan's day.
Location is the word's own: what it paid against what it bid. The level follows recent days (levels.py).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from bidopt.fit import auction
from bidopt.fit.panel import Panel, by_group
from bidopt.metrics import ratio

Array = npt.NDArray[np.float64]

SCALES = np.geomspace(0.25, 1.6, 12)
USUAL_SCALE, SCALE_SPREAD = 0.5, 0.4
POWERS = np.geomspace(0.15, 2.5, 17)
USUAL_POWER, POWER_SPREAD = 0.6, 0.5
"""Log-normal priors for shops whose bids never moved."""
PLACE_HALF_LIFE = 10.0
"""Days: rivals drift, so a word's location leans on its newest prices."""
DAY_NOISE = 0.05
"""Log CPC of one day moves so much even with endless clicks."""
CLICK_NOISE = 0.35
"""Log CPC of one click against its day's mean."""
MIN_DEGREES = 30
"""Fewer word-days than this, beyond the means taken out, say nothing about the pooled shape."""


@dataclass(frozen=True)
class Shape:
    """scale, power: pooled. location, location_spread (n,): log yuan of effective bid.

    premium (n,): effective bid / base bid.
    """

    scale: float
    power: float
    location: Array
    location_spread: Array
    premium: Array

    def z(self, bid: Array) -> Array:
        """Standing of base bids (n, k) in yuan against the market, (n, k)."""
        return np.asarray((np.log(bid * self.premium[:, None]) - self.location[:, None]) / self.scale)

    def reach(self, bid: Array) -> Array:
        """(n, k) share of searches reached at base bids (n, k)."""
        return np.exp(auction.log_reach(self.z(bid), self.power))

    def cpc(self, bid: Array) -> Array:
        """(n, k) yuan a click at base bids (n, k), never above the effective bid."""
        return np.asarray(bid * self.premium[:, None] * np.exp(auction.log_paid(self.z(bid), self.scale)))


def fit(panel: Panel) -> Shape:
    """Fit the pooled shape and each word's location."""
    premium = premiums(panel)
    log_bid = np.log(panel.bid * premium[:, None])
    cpc = ratio(panel.spend, panel.clicks)
    paid = np.clip(np.log(np.where(panel.clicks > 0, cpc, 1.0)) - log_bid, -5.0, -0.002)
    weight = panel.clicks / (CLICK_NOISE**2 + DAY_NOISE**2 * panel.clicks)
    moved = np.ptp(log_bid, axis=1) > 0.01
    scale = _best_scale(panel, log_bid, paid, weight, moved)
    location, spread = locations(scale, log_bid, paid, weight * panel.recency(PLACE_HALF_LIFE))
    z = (log_bid - location[:, None]) / scale
    power = _best_power(panel, z, moved)
    return Shape(scale, power, location, spread, premium)


def premiums(panel: Panel) -> Array:
    """(n,) effective bid / base bid by ad group: 1 where CPC never passed the bid.

    分时 and 人群 premiums are not in any report; no click costs more than the effective bid, so the highest
    CPC / bid that days with some clicks reached tells them.
    """
    seen = (panel.clicks >= 3) & panel.bid_known[:, None]
    unit, day = np.nonzero(seen)
    over = panel.spend[unit, day] / panel.clicks[unit, day] / panel.bid[unit, day]
    top = pd.Series(over).groupby(panel.ad_group[unit]).quantile(0.99)
    by_ad_group = np.ones(int(panel.ad_group.max(initial=-1)) + 1)
    by_ad_group[top.index.to_numpy()] = np.clip(top.to_numpy(), 1.0, 6.0)
    return by_ad_group[panel.ad_group]


def locations(scale: float, log_bid: Array, paid: Array, weight: Array) -> tuple[Array, Array]:
    """Each word's location (n,) in log yuan and its standard deviation, by Gauss-Newton.

    A word with few clicks is held to where the shop's words stand against the market at their bids.
    """
    total = weight.sum(1)
    mean_paid = ratio((weight * paid).sum(1), total)
    mean_bid = np.where(total > 0, ratio((weight * log_bid).sum(1), total), log_bid[:, -1])
    z = auction.z_of_paid(np.where(np.isfinite(mean_paid), mean_paid, -0.3), scale)
    firm = total > 50
    centre = float(np.average(z[firm], weights=np.minimum(total[firm], 500))) if firm.any() else 0.5
    apart = float(np.clip(np.std(z[firm]), 0.3, 1.5)) if firm.sum() > 5 else 0.8
    prior = mean_bid - scale * centre
    precision = 1 / (scale * apart) ** 2
    location = mean_bid - scale * np.where(firm, z, centre)
    for _ in range(4):
        standing = (log_bid - location[:, None]) / scale
        miss = paid - auction.log_paid(standing, scale)
        slope = -auction.log_paid_slope(standing, scale) / scale
        information = (weight * slope**2).sum(1) + precision
        step = ((weight * slope * miss).sum(1) + precision * (prior - location)) / information
        location = location + np.clip(step, -0.5, 0.5)
    return location, 1 / np.sqrt(information)


def _best_scale(panel: Panel, log_bid: Array, paid: Array, weight: Array, moved: npt.NDArray[np.bool_]) -> float:
    """The scale that best says how log CPC answered to moved bids, net of the word's and its plan's day's mean."""
    prior = -0.5 * (np.log(SCALES / USUAL_SCALE) / SCALE_SPREAD) ** 2
    rows = moved & (panel.clicks.sum(1) >= 20)
    degrees = int((panel.clicks[rows] > 0).sum() - rows.sum()) - len(panel.campaigns) * len(panel.days)
    if degrees < MIN_DEGREES:
        return USUAL_SCALE
    error = np.empty(len(SCALES))
    w, group = weight[rows], panel.campaign[rows]
    for i, scale in enumerate(SCALES):
        location, _ = locations(scale, log_bid[rows], paid[rows], w)
        said = auction.log_paid((log_bid[rows] - location[:, None]) / scale, scale)
        left = net_of_word_and_day(paid[rows] - said, w, group, len(panel.campaigns))
        error[i] = float((w * left**2).sum())
    return float(SCALES[int(np.argmax(prior - 0.5 * error / (error.min() / degrees)))])


def net_of_word_and_day(values: Array, weight: Array, group: npt.NDArray[np.intp], n_groups: int) -> Array:
    """`values` (n, m) less their weighted means by word and by campaign-day, by alternating projections."""
    for _ in range(6):
        values = values - ratio((weight * values).sum(1), np.maximum(weight.sum(1), 1e-9))[:, None]
        mean = by_group(weight * values, group, n_groups) / np.maximum(by_group(weight, group, n_groups), 1e-9)
        values = values - mean[group]
    return values


def _best_power(panel: Panel, z: Array, moved: npt.NDArray[np.bool_]) -> float:
    """The power that best says how impressions answered to moved bids: Poisson with word and plan-day effects."""
    prior = -0.5 * (np.log(POWERS / USUAL_POWER) / POWER_SPREAD) ** 2
    rows = moved & (panel.impressions.sum(1) >= 50)
    if int((panel.impressions[rows] > 0).sum() - rows.sum()) - len(panel.campaigns) * len(panel.days) < MIN_DEGREES:
        return USUAL_POWER
    seen = panel.running[rows] & panel.covered
    shown = np.where(seen, panel.impressions[rows], 0.0)
    # Single days of a word scatter by a share of their size: a count is worth no more than that scatter allows.
    worth = 1 / (1 + 0.09 * shown.sum(1) / np.maximum(seen.sum(1), 1))
    score = np.empty(len(POWERS))
    for i, power in enumerate(POWERS):
        reach = np.where(seen, np.exp(auction.log_reach(z[rows], power)), 0.0)
        expected = _balanced(shown, reach, panel.campaign[rows], len(panel.campaigns))
        fit = shown * np.log(np.maximum(expected, 1e-9)) - expected
        score[i] = float((worth[:, None] * fit).sum())
    return float(POWERS[int(np.argmax(prior + score))])


def _balanced(shown: Array, expected: Array, group: npt.NDArray[np.intp], n_groups: int) -> Array:
    """Scale `expected` to the totals of `shown` by word and by campaign-day (iterative proportional fitting)."""
    for _ in range(6):
        expected = expected * (shown.sum(1) / np.maximum(expected.sum(1), 1e-9))[:, None]
        day = by_group(shown, group, n_groups) / np.maximum(by_group(expected, group, n_groups), 1e-9)
        expected = expected * day[group]
    return expected
