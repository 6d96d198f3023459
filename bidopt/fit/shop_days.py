"""How much demand there was in the whole shop from day to day, also where budgets cut most campaigns short.

The log of a campaign's impressions against those that its words' usual rates expect is the shop's day + the campaign's
own level + noise; of a day cut short it tells only that it was at least so much (Tobin, 1958, Econometrica 26).
A campaign has its own level, which moves slowly: a local likelihood (Tibshirani & Hastie, 1987, JASA 82). So which
campaigns were cut moves no day, as it would move their total.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import log_ndtr

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

NEAR = 7.0
"""Half-life in days of what a day tells of its campaign's own level on another."""
LEVEL_SD = 0.5
"""Log sd of days around those near them, and of campaigns' own levels: weak, for where budgets hide them."""
USUAL_NOISE, USUAL_DAYS = 0.08, 20.0
"""Log sd of a campaign's day beside the shop's; it counts as so many days that were seen."""
TAILS = 4.0
"""Degrees of freedom of Student's t: one campaign's own jump is not the shop's."""
ROUNDS = 25


@dataclass(frozen=True)
class ShopDays:
    """`level` (m,): log of each day's demand against the usual; `weight` (m,): 1 / its variance by campaigns' noise,
    as it counts against the day being like those near it."""

    level: Array
    weight: Array


def fit(observed: Array, cut: Mask) -> ShopDays:
    """From logs of campaign-days (c, m), NaN where there is none; where `cut` they are at least as high."""
    known, y = np.isfinite(observed), np.nan_to_num(observed)
    days = np.arange(y.shape[1])
    near = 0.5 ** (np.abs(days[:, None] - days) / NEAR)
    day, own, noise = np.zeros(len(days)), np.zeros(y.shape), np.full((len(y), 1), USUAL_NOISE**2)
    for _ in range(ROUNDS):  # Fisher scoring, by turns
        pull, weight = (x.sum(0) for x in _told(y - own - day, noise, known, cut))
        around = (weight * day) @ near / np.maximum(weight @ near, 1e-9)
        day = (weight * day + pull + around / LEVEL_SD**2) / (weight + 1 / LEVEL_SD**2)
        pulls, weights = _told(y - own - day, noise, known, cut)
        own = (weights * own + pulls) @ near / (weights @ near + 1 / LEVEL_SD**2)
        noise = _noise(y - own - day, weights, known & ~cut)
    _, weights = _told(y - own - day, noise, known, cut)
    bound = _against(around - day, y - own - day, noise, known & cut)
    return ShopDays(day, np.where(cut, np.maximum(weights, bound), weights).sum(0))


def _told(miss: Array, noise: Array, known: Mask, cut: Mask) -> tuple[Array, Array]:
    """(score, information) of each campaign-day on its mean, (c, m), given how far above it was seen, `miss`."""
    a = miss / np.sqrt(noise)
    inverse_mills = np.exp(-0.5 * a**2 - 0.5 * np.log(2 * np.pi) - log_ndtr(-a))
    believed = (TAILS + 1) / (TAILS + a**2)
    score = np.where(cut, inverse_mills, believed * a) / np.sqrt(noise)
    information = np.where(cut, np.clip(inverse_mills * (inverse_mills - a), 0, 1), believed) / noise
    return score * known, information * known


def _against(away: Array, miss: Array, noise: Array, cut: Mask) -> Array:
    """(c, m) information of cut days against the shop's day being `away` (m,) from where it is believed: a secant.

    A bound is sharp on its low side, where the curvature at the believed day, high above it, would not show it.
    """
    sd = np.sqrt(noise)
    score, information = _told(miss, noise, cut, cut)
    fall = log_ndtr(-miss / sd) - log_ndtr((away - miss) / sd) + score * away
    return np.where(np.abs(away) > sd, 2 * fall * cut / np.maximum(away**2, 1e-9), information)


def _noise(miss: Array, weights: Array, whole: Mask) -> Array:
    """(c, 1) variance of campaigns' days; what a campaign itself adds to the shop's day is no part of its miss."""
    left = np.maximum(1 - weights / np.maximum(weights.sum(0), 1e-9), 0.2)
    believed = (TAILS + 1) / (TAILS + miss**2 / USUAL_NOISE**2)
    squares, seen = (np.where(whole, x, 0.0).sum(1, keepdims=True) for x in (believed * miss**2 / left, believed))
    return np.asarray((squares + USUAL_DAYS * USUAL_NOISE**2) / (seen + USUAL_DAYS))
