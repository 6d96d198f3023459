"""What each word would bring on the day at any bid, and how sure that is."""

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from bidopt.fit import EVENING, FittedModels, served_orders
from bidopt.metrics import profit, ratio

Array = npt.NDArray[np.float64]


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
        place = np.arange(len(choice)) * self.spend.shape[1] + choice
        return Response(*(getattr(self, f.name).take(place) for f in fields(self)))

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
    """Evaluate every word at base bids (n, k) in yuan, 0 = not shown, before any budget cuts the day short."""
    shown = bid > 0
    bid = np.where(shown, bid, models.words["bid_now"].to_numpy(float)[:, None])
    words = models.words
    column = {name: words[name].to_numpy(float)[:, None] for name in _NEEDED}
    shape = models.landscape
    away = 2 * (shape.x(bid) - shape.x(column["bid_now"]))
    demand = column["demand"] * words["active"].to_numpy()[:, None]
    impressions = demand * shape.reach(bid) * shown
    clicks = impressions * np.minimum(column["ctr"] * np.exp(models.ctr_slope * np.clip(away, -2, 2)), 1.0)
    spend = clicks * shape.cpc(bid)
    kept = 1 - column["refund_rate"]
    orders = clicks * column["cvr"] * kept
    gmv = orders * column["order_value"]
    gain = profit(gmv * column["incrementality"], spend, column["margin"])
    return Response(impressions, clicks, spend, orders, gmv, gain)


_NEEDED = ("bid_now", "demand", "ctr", "cvr", "order_value", "refund_rate", "margin", "incrementality")
