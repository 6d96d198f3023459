"""The shape of a bid landscape: what an effective bid reaches and what a click of it costs.

The market price of a search is log-normal: a bid e stands z = (log e - location) / scale above its median.
It reaches Phi(z) ** power of the searches. A click costs what a second-price auction would charge,
E[price | price < e] = e x exp(h(z)); h < 0 always, so CPC never passes the effective bid. The power lets
shows respond more or less steeply than prices, as several positions on a page do.
Log-normal landscapes: Ghose & Yang (2009); Ostrovsky & Schwarz (2011); Perlich et al. (2012).
"""

import numpy as np
import numpy.typing as npt
from scipy.special import log_ndtr

Array = npt.NDArray[np.float64]

Z = np.linspace(-6.0, 9.0, 1501)


def log_paid(z: npt.ArrayLike, scale: float) -> Array:
    """h(z) = log(CPC / effective bid), < 0, of any shape."""
    x = np.asarray(z, float)
    return np.minimum(-scale * x + scale**2 / 2 + log_ndtr(x - scale) - log_ndtr(x), -1e-4)


def log_paid_slope(z: npt.ArrayLike, scale: float) -> Array:
    """dh/dz, < 0: the further above the market, the smaller the share of the bid that is paid."""
    x = np.asarray(z, float)
    return np.minimum(-scale + _hazard(x - scale) - _hazard(x), -1e-4)


def z_of_paid(log_ratio: npt.ArrayLike, scale: float) -> Array:
    """The inverse of `log_paid`, clipped to the ends of `Z`."""
    table = log_paid(Z, scale)
    return np.asarray(np.interp(-np.asarray(log_ratio, float), -table, Z))


def log_reach(z: npt.ArrayLike, power: float) -> Array:
    """log of the share of searches reached, rising to 0."""
    return np.asarray(power * log_ndtr(np.asarray(z, float)))


def _hazard(x: Array) -> Array:
    """phi(x) / Phi(x), stable far below 0."""
    return np.asarray(np.exp(-0.5 * x**2 - 0.5 * np.log(2 * np.pi) - log_ndtr(x)))
