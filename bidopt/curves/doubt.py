"""How far one day's outcome may fall from its mean: by word, and in common for a campaign and the shop."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bidopt.curves.response import NAMES, Response
from bidopt.fit import FittedModels
from bidopt.metrics import ratio

Array = npt.NDArray[np.float64]

SLOPE_DOUBT = 0.3
"""Untried bids: sd of the elasticity of clicks that all words share, beside what each word's own may depart.

A weak prior: a history whose bids hardly moved cannot tell it.
"""


@dataclass(frozen=True)
class Limit:
    """What the plan budgets of c campaigns let through: `budget` (c,) yuan, inf = none, and `served` (c,), the share
    of the day that they are expected to. A day that they stop ends with `landing` of the budget spent, on average.
    """

    budget: Array
    served: Array
    landing: float


@dataclass(frozen=True)
class Common:
    """Relative variances that words share: `campaign` (c,) within each campaign, `shop` across it all."""

    campaign: Array
    shop: float


@dataclass(frozen=True)
class Doubt:
    """Means and variances of n words in c campaigns, by figure.

    `mean`, `own` (n,): means, and the variances that each word has to itself. `converted` (n,): the part of the mean
    that conversion moves. `demand`, `conversion`: what the words share of how clicks, and orders a click, may fall.
    `item` (n,): codes of items, whose words share a relative sd `item_spread` (n,) of conversion, as part of their own.
    `slope` (n,): by how much of itself a mean errs where the pooled elasticity errs by one sd. `margin` (n,): profit a
    yuan of GMV. `limit`: budgets that cut the day short; the means are those after the cut.
    """

    mean: dict[str, Array]
    own: dict[str, Array]
    converted: dict[str, Array]
    demand: Common
    conversion: Common
    item: npt.NDArray[np.intp]
    item_spread: Array
    slope: Array
    margin: Array
    limit: Limit


def doubt(
    models: FittedModels,
    at: Response,
    bid: Array,
    budget: Array | None = None,
    served: Array | None = None,
    days: int = 1,
) -> Doubt:
    """How far the figures `at` (n,) of bids (n,) may fall from what comes to pass.

    Variances of gamma-Poisson compounds: level, CTR, CVR and value are uncertain, days scatter, counts are
    counts. The pooled shape errs for all words alike, the more the further bids move.

    Parameters
    ----------
    budget, served : (c,) yuan a day, and the share of the day that it lets through; none where not given.
    days : `at` and `budget` are sums of so many like days. What is a day's own evens out; what the models do not know
        of the words stays.
    """
    w = {name: models.words[name].to_numpy(float) for name in _SPREADS}
    moved = np.log(np.where(bid > 0, bid, w["bid_now"]) / w["bid_now"])
    steeper = w["elasticity"] * w["elasticity_spread"] * moved
    noise, converts = models.demand_noise, models.order_noise
    shows = noise.word_known * w["demand_spread"] ** 2 + noise.word / days + steeper**2
    clicks = shows + w["ctr_spread"] ** 2
    orders = clicks + w["cvr_spread"] ** 2 + converts.word / days
    impressions_var = at.impressions + shows * at.impressions**2
    clicks_var = at.clicks + clicks * at.clicks**2
    cpc = np.nan_to_num(ratio(at.spend, at.clicks))
    paid = models.cpc_noise
    dearer = paid.day / days + w["location_spread"] ** 2
    spend_var = cpc**2 * (clicks_var + paid.click * at.clicks) + dearer * at.spend**2
    orders_var = at.orders + orders * at.orders**2
    value = w["order_value"]
    gmv_var = value**2 * (orders_var + models.order_spread**2 * at.orders) + (w["value_spread"] * at.gmv) ** 2
    margin = w["margin"] * w["incrementality"]
    # Spend and GMV rise together with the clicks.
    profit_var = np.maximum(margin**2 * gmv_var + spend_var - 2 * clicks * margin * at.gmv * at.spend, 0.0)
    own = dict(zip(NAMES, (impressions_var, clicks_var, spend_var, orders_var, gmv_var, profit_var), strict=True))
    still = np.zeros(len(bid))
    converted = dict.fromkeys(NAMES, still) | {"orders": at.orders, "gmv": at.gmv, "profit": margin * at.gmv}
    level = models.campaigns["level_spread"].to_numpy(float)
    return Doubt(
        mean={name: getattr(at, name) for name in NAMES},
        own=own,
        converted=converted,
        demand=Common(noise.campaign / days + noise.campaign_known * level**2, noise.shop / days),
        conversion=Common(np.full(len(level), converts.campaign / days), converts.shop / days),
        item=models.item,
        item_spread=models.words["item_spread"].to_numpy(float),
        slope=SLOPE_DOUBT * moved,
        margin=margin,
        limit=Limit(
            np.full(len(level), np.inf) if budget is None else budget,
            np.ones(len(level)) if served is None else served,
            models.landing,
        ),
    )


_SPREADS = (
    "bid_now", "demand_spread", "elasticity", "elasticity_spread", "ctr_spread", "cvr_spread", "order_value",
    "value_spread", "location_spread", "margin", "incrementality",
)  # fmt: skip
