"""How much demand there is just now, by campaign and by word, also where budgets cut days short.

A campaign's log level is a random walk seen through daily noise; a day cut short only says that demand was
at least what was served (a Kalman filter with a censored observation: Tobin, 1958; Allik et al., 2016).
The share served on such a day is what it showed against the level, so that cut days stay in the fit.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import log_ndtr

from bidopt.fit.panel import Panel, by_group
from bidopt.fit.shrinkage import shrink, track
from bidopt.metrics import ratio

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

BASE_HALF_LIFE = 21.0
ROUNDS = 3
FIRST_SD = 0.5
"""Log sd of a campaign's level around what it showed: how much more there may well be where budgets hide it."""
RETURN = 0.98
"""A level comes back by so much a day: where every day is cut short nothing else would hold it from above."""


@dataclass(frozen=True)
class Levels:
    """demand, spread (n,): impressions a day at full reach on an average calendar day, and its relative sd beside
    that of its campaign's level, `campaign_spread` (c,).

    served (c, m): share of each past campaign-day's demand that the budget served.
    foreseen (n, m): impressions of each past day as the days before it foresaw them.
    """

    demand: Array
    spread: Array
    campaign_spread: Array
    served: Array
    foreseen: Array


@dataclass(frozen=True)
class Walk:
    """Of a random walk seen with noise: the state foreseen for each day and after the last, and its variance."""

    path: Array
    last: Array
    last_variance: Array


def fit(panel: Panel, reach: Array) -> Levels:
    """Fit the levels; `reach` (n, m) is the share of an average day's searches each word's bid could reach."""
    seen = panel.running & panel.covered
    reach = np.where(seen, reach, 0.0)
    shown = np.where(seen, panel.impressions, 0.0)
    groups = len(panel.campaigns)
    cut = panel.cut
    served = np.ones(cut.shape)
    first = ~cut | ((~cut).sum(1) < 5)[:, None]  # the first round leaves cut days out where enough others are
    for turn in range(ROUNDS):
        weight = panel.recency(BASE_HALF_LIFE) * (first[panel.campaign] if turn == 0 else 1.0)
        base = _base(panel, weight * shown, weight * reach * served[panel.campaign])
        expected = by_group(base[:, None] * reach, panel.campaign, groups)
        total = by_group(shown, panel.campaign, groups)
        observed = np.where(
            (expected > 1) & (total > 0), np.log(np.maximum(total, 0.5) / np.maximum(expected, 0.5)), np.nan
        )
        noise, drift = _variances(np.where(cut, np.nan, observed))
        walk = censored_walk(observed, cut, noise, drift)
        served = np.where(cut & np.isfinite(observed), np.minimum(1.0, np.exp(observed - walk.path)), 1.0)
    expected = base[:, None] * reach * (np.exp(walk.path) * served)[panel.campaign]
    scatter = _scatter(shown, expected)
    worth = 1 / (1 + scatter**2 * expected)
    path, word = track(shown * worth, expected * worth)
    level = np.exp(walk.last)[panel.campaign]
    doubt = np.sqrt(walk.last_variance)
    return Levels(base * level * word.mean, word.spread, doubt, served, expected * path)


def _base(panel: Panel, shown: Array, reach: Array) -> Array:
    """(n,) each word's recent mean demand, held weakly to its ad group's."""
    events, exposure = shown.sum(1), reach.sum(1)
    groups = int(panel.ad_group.max(initial=-1)) + 1
    usual = ratio(events.sum(), exposure.sum())
    own = by_group(events, panel.ad_group, groups) / np.maximum(by_group(exposure, panel.ad_group, groups), 1e-9)
    own = np.where(own > 0, own, usual if np.isfinite(usual) else 1.0)[panel.ad_group]
    return np.asarray(own * shrink(events, exposure * own).mean)


def _variances(observed: Array) -> tuple[float, float]:
    """(noise, drift): variances of a day's noise and of the walk's daily step, from days 1 and 3 apart."""
    near, far = (_robust_variance(observed[:, k:] - observed[:, :-k]) for k in (1, 3))
    if not np.isfinite(near):
        return 0.02, 0.002
    drift = float(np.clip((far - near) / 2, 2e-4, 0.03)) if np.isfinite(far) else 0.002
    return float(np.clip((near - drift) / 2, 4e-4, 0.25)), drift


def _robust_variance(x: Array) -> float:
    x = x[np.isfinite(x)]
    return float((1.4826 * np.median(np.abs(x))) ** 2) if len(x) >= 5 else float("nan")


def censored_walk(observed: Array, cut: Mask, noise: float, drift: float) -> Walk:
    """Filter log levels (c, m), NaN where there is none; where `cut`, the truth is at least what was observed."""
    state, variance = np.zeros(len(observed)), np.full(len(observed), FIRST_SD**2)
    path = np.empty(observed.shape)
    for t in range(observed.shape[1]):
        state, variance = RETURN * state, RETURN**2 * variance + drift
        path[:, t] = state
        seen = np.isfinite(observed[:, t])
        miss = np.where(seen, observed[:, t] - state, 0.0)
        total = variance + noise
        gain = variance / total
        sd = np.sqrt(total)
        a = miss / sd
        inverse_mills = np.exp(-0.5 * a**2 - 0.5 * np.log(2 * np.pi) - log_ndtr(-a))
        step = np.where(cut[:, t], gain * sd * inverse_mills, gain * miss)
        kept = np.where(cut[:, t], 1 - gain * np.clip(inverse_mills * (inverse_mills - a), 0, 1), 1 - gain)
        state = np.where(seen, state + step, state)
        variance = np.where(seen, variance * kept, variance)
    return Walk(path, RETURN * state, RETURN**2 * variance + drift)


def _scatter(shown: Array, expected: Array) -> float:
    """Relative sd of a word's day around its expectation, beyond counting noise."""
    big = expected > 20
    if big.sum() < 20:
        return 0.3
    excess = ((shown - expected) ** 2 - expected)[big] / expected[big] ** 2
    mean = float(np.mean(np.minimum(excess, 4.0)))
    return float(np.clip(np.sqrt(max(mean, 0.0)), 0.05, 1.0))
