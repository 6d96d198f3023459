"""The ratios of the trade, as pure functions of counts.

Every function takes numbers or arrays of one shape and returns floats of that shape;
a ratio whose denominator is 0 is NaN, never infinity.
"""

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def ratio(numerator: npt.ArrayLike, denominator: npt.ArrayLike) -> Array:
    """numerator / denominator, NaN where the denominator is 0."""
    top, bottom = np.broadcast_arrays(np.asarray(numerator, float), np.asarray(denominator, float))
    quotient: Array = np.divide(top, bottom, out=np.full(top.shape, np.nan), where=bottom != 0)
    return quotient


def ctr(clicks: npt.ArrayLike, impressions: npt.ArrayLike) -> Array:
    """点击率, a fraction."""
    return ratio(clicks, impressions)


def cvr(orders: npt.ArrayLike, clicks: npt.ArrayLike) -> Array:
    """点击转化率, orders a click."""
    return ratio(orders, clicks)


def cpc(spend: npt.ArrayLike, clicks: npt.ArrayLike) -> Array:
    """平均点击花费, yuan a click."""
    return ratio(spend, clicks)


def order_value(gmv: npt.ArrayLike, orders: npt.ArrayLike) -> Array:
    """Yuan an order."""
    return ratio(gmv, orders)


def roi(gmv: npt.ArrayLike, spend: npt.ArrayLike) -> Array:
    """投入产出比, yuan of GMV a yuan of spend."""
    return ratio(gmv, spend)


def profit(gmv: npt.ArrayLike, spend: npt.ArrayLike, net_margin: npt.ArrayLike) -> Array:
    """Yuan: net_margin x GMV - spend, where net_margin = margin x (1 - refund rate)."""
    gain: Array = np.asarray(net_margin, float) * np.asarray(gmv, float) - np.asarray(spend, float)
    return gain


def break_even_roi(net_margin: npt.ArrayLike) -> Array:
    """保本投产: the ROI at which the margin just pays for the clicks."""
    return ratio(1.0, net_margin)
