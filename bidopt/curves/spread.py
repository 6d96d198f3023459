"""80 % intervals of what will come to pass: by word, by campaign and for the shop."""

import numpy as np
import numpy.typing as npt
from scipy.special import gammaincinv, ndtri

from bidopt.curves.response import NAMES, Doubt

Array = npt.NDArray[np.float64]

COVERAGE = 0.80
LOW, HIGH = (1 - COVERAGE) / 2, (1 + COVERAGE) / 2
COUNTS = ("impressions", "clicks", "orders")


def interval(name: str, mean: Array, variance: Array) -> tuple[Array, Array]:
    """(low, high) of figure `name`: gamma where it cannot fall below 0, normal for profit; counts whole."""
    if name == "profit":
        sd = np.sqrt(variance)
        return mean + ndtri(LOW) * sd, mean + ndtri(HIGH) * sd
    # The mean of a very skewed law can lie above its upper quantile: an interval still holds what is expected.
    low = np.minimum(gamma_quantile(mean, variance, LOW), mean)
    high = np.maximum(gamma_quantile(mean, variance, HIGH), mean)
    return (np.floor(low), np.ceil(high)) if name in COUNTS else (low, high)


def gamma_quantile(mean: Array, variance: Array, share: float) -> Array:
    """The quantile of gamma laws with these moments; 0 where the mean is 0."""
    mean, variance = np.broadcast_arrays(np.asarray(mean, float), np.asarray(variance, float))
    some = (mean > 0) & (variance > 0)
    shape = np.where(some, mean**2 / np.where(some, variance, 1.0), 1.0)
    return np.where(some, gammaincinv(shape, share) / shape * mean, mean)


def word_intervals(doubt: Doubt, group: npt.NDArray[np.intp]) -> dict[str, tuple[Array, Array]]:
    """By figure, (low, high) of each word; `group` (n,) is its campaign."""
    common = doubt.campaign[group] + doubt.shop
    return {name: interval(name, doubt.mean[name], doubt.own[name] + common * doubt.mean[name] ** 2) for name in NAMES}


def total_interval(
    doubt: Doubt, group: npt.NDArray[np.intp], within: npt.NDArray[np.bool_]
) -> dict[str, tuple[float, float, float]]:
    """By figure, (mean, low, high) of the sum over the words `within` (n,); `group` (n,) is a word's campaign."""
    out = {}
    for name in NAMES:
        mean = doubt.mean[name] * within
        by_campaign = np.bincount(group, mean, len(doubt.campaign))
        total = float(mean.sum())
        variance = float(
            doubt.own[name][within].sum() + (doubt.campaign * by_campaign**2).sum() + doubt.shop * total**2
        )
        low, high = interval(name, np.array(total), np.array(variance))
        out[name] = (total, float(low), float(high))
    return out
