"""What each word would bring on the day at any bid, and how sure that is."""

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from bidopt.fit import EVENING, FittedModels, served_orders
from bidopt.metrics import profit, ratio

Array = npt.NDArray[np.float64]

SLOPE_DOUBT = 0.3
"""Untried bids: relative sd of clicks for each unit of log distance from the present bid."""


@dataclass(frozen=True)
class Response:
    """Expected figures of one day, all of one shape: (n, k) for n words at k bids, or any selection of that.

    impressions, clicks, orders a day; spend, gmv, profit in yuan a day. Orders and GMV are final (all that the
    attribution window will bring) and after refunds; profit counts only what would not have come anyway.
    """

    impressions: Array
    clicks: Array
    spend: Array
    orders: Array
    gmv: Array
    profit: Array

    def pick(self, choice: npt.NDArray[np.intp]) -> "Response":
        """The figures at option `choice` (n,) of each word, (n,)."""
        rows = np.arange(len(choice))
        return Response(*(getattr(self, f.name)[rows, choice] for f in fields(self)))

    def cut(self, share: Array, evening: float = EVENING) -> "Response":
        """The figures of a day of which a budget serves `share`; what it misses, the `evening`, converts best."""
        converted = served_orders(share, evening)
        return Response(
            self.impressions * share,
            self.clicks * share,
            self.spend * share,
            self.orders * converted,
            self.gmv * converted,
            (self.profit + self.spend) * converted - self.spend * share,
        )

    def total(self) -> dict[str, float]:
        """Sums over everything, with roi."""
        sums = {f.name: float(np.sum(getattr(self, f.name))) for f in fields(self)}
        return sums | {"roi": float(np.nan_to_num(ratio(sums["gmv"], sums["spend"])))}


NAMES = tuple(f.name for f in fields(Response))


def respond(models: FittedModels, bid: Array) -> Response:
    """Evaluate every word at base bids (n, k) in yuan, before any budget cuts the day short."""
    words = models.words
    column = {name: words[name].to_numpy(float)[:, None] for name in _NEEDED}
    shape = models.landscape
    away = 2 * (shape.x(bid) - shape.x(column["bid_now"]))
    demand = column["demand"] * words["active"].to_numpy()[:, None]
    impressions = demand * shape.reach(bid)
    clicks = impressions * np.minimum(column["ctr"] * np.exp(models.ctr_slope * np.clip(away, -2, 2)), 1.0)
    spend = clicks * shape.cpc(bid)
    kept = 1 - column["refund_rate"]
    orders = clicks * column["cvr"] * kept
    gmv = orders * column["order_value"]
    gain = profit(gmv * column["incrementality"], spend, column["margin"])
    return Response(impressions, clicks, spend, orders, gmv, gain)


_NEEDED = ("bid_now", "demand", "ctr", "cvr", "order_value", "refund_rate", "margin", "incrementality")


@dataclass(frozen=True)
class Doubt:
    """How far one day's outcome may fall from its mean.

    `mean`, `own`: by figure, (n,) means and the variances that each word has to itself. `campaign` (c,): relative
    variance that the words of a campaign share; `shop`: that all words share.
    """

    mean: dict[str, Array]
    own: dict[str, Array]
    campaign: Array
    shop: float


def doubt(models: FittedModels, at: Response, bid: Array) -> Doubt:
    """How far the figures `at` (n,) of bids (n,) may fall from what comes to pass.

    Means and variances of gamma-Poisson compounds: level, CTR, CVR and value are uncertain, days scatter,
    counts are counts. The pooled shape errs for all words of a campaign alike, the more the further bids move.
    """
    w = {name: models.words[name].to_numpy(float) for name in _SPREADS}
    moved = np.log(bid / w["bid_now"])
    shows = w["demand_spread"] ** 2 + models.word_noise**2 + (SLOPE_DOUBT * moved) ** 2
    clicks = shows + w["ctr_spread"] ** 2
    impressions_var = at.impressions + shows * at.impressions**2
    clicks_var = at.clicks + clicks * at.clicks**2
    cpc = np.nan_to_num(ratio(at.spend, at.clicks))
    spend_var = cpc**2 * clicks_var + (0.05 * at.spend) ** 2
    rate = w["cvr"] * (1 - w["refund_rate"])
    orders_var = at.orders + rate**2 * clicks_var + (w["cvr_spread"] * at.orders) ** 2 - rate**2 * at.clicks
    orders_var = np.maximum(orders_var, at.orders)
    one_order = w["order_value"] ** 2 * models.order_spread**2
    gmv_var = w["order_value"] ** 2 * orders_var + at.orders * one_order + (w["value_spread"] * at.gmv) ** 2
    given_clicks = gmv_var - (rate * w["order_value"]) ** 2 * clicks_var
    a_click = np.nan_to_num(ratio(at.profit, at.clicks))
    worth = w["margin"] * w["incrementality"]
    profit_var = a_click**2 * clicks_var + worth**2 * np.maximum(given_clicks, 0.0)
    own = dict(zip(NAMES, (impressions_var, clicks_var, spend_var, orders_var, gmv_var, profit_var), strict=True))
    size = len(models.campaigns)
    shift = ratio(np.bincount(models.campaign, at.spend * moved, size), np.bincount(models.campaign, at.spend, size))
    level = models.campaigns["level_spread"].to_numpy(float)
    campaign = models.campaign_noise**2 + level**2 + (SLOPE_DOUBT * np.nan_to_num(shift)) ** 2
    return Doubt({name: getattr(at, name) for name in NAMES}, own, campaign, models.demand_calendar.spread**2)


_SPREADS = (
    "bid_now", "demand_spread", "ctr_spread", "cvr", "cvr_spread", "order_value", "value_spread", "refund_rate",
    "margin", "incrementality",
)  # fmt: skip
