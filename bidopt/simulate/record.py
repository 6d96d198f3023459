"""What was played, day by day, and what the shop's reports know of it on a later morning."""

from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

from bidopt.simulate.catalogue import Catalogue
from bidopt.simulate.truth import Array

Index = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Orders:
    """The orders that come from one day's clicks, in the end: one entry an order."""

    word: Index
    lag: Index
    value: Array
    direct: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class DayResult:
    """What a day brought: arrays over words, money in yuan.

    Attributes
    ----------
    served
        Share of the day's clicks that each campaign's budget let through, by campaign row.
    profit, gmv
        Expected in the end, given the clicks and the spend that happened; after refunds for profit, before for GMV.
    """

    day: date
    bids: Array
    budgets: dict[str, float]
    impressions: Index
    clicks: Index
    spend: Array
    rank: Array
    carts: Index
    favourites: Index
    orders: Orders
    served: Array
    profit: Array
    gmv: Array


@dataclass(frozen=True)
class Known:
    """What reports tell of the last days, as known one morning: arrays (days, n), oldest day first."""

    clicks: Array
    spend: Array
    orders: Array
    gmv: Array
    rank: Array


@dataclass
class Record:
    """The shop and all its days so far."""

    catalogue: Catalogue
    quality_score: Index
    days: list[DayResult] = field(default_factory=list)

    @property
    def words(self) -> pd.DataFrame:
        return self.catalogue.words

    def known(self, morning: date, days: int) -> Known:
        """What reports of the `days` before `morning` say that morning, when some orders are still to come."""
        played = [d for d in self.days if morning - timedelta(days=days) <= d.day < morning]
        orders = [self.attributed(d, morning) for d in played]
        return Known(
            np.array([d.clicks for d in played], float),
            np.array([d.spend for d in played]),
            np.array([o["orders"] for o in orders], float),
            np.array([o["gmv"] for o in orders]),
            np.array([d.rank for d in played]),
        )

    def attributed(self, result: DayResult, morning: date) -> dict[str, Array]:
        """Orders and GMV by word that reports downloaded on `morning` ascribe to that day's clicks."""
        arrived = result.orders.lag < (morning - result.day).days
        direct = arrived & result.orders.direct
        n = len(result.bids)

        def total(which: npt.NDArray[np.bool_], weight: Array | None = None) -> Array:
            values = None if weight is None else weight[which]
            return np.bincount(result.orders.word[which], values, n).astype(float)

        value = result.orders.value
        return {
            "orders": total(arrived),
            "gmv": total(arrived, value),
            "direct_orders": total(direct),
            "direct_gmv": total(direct, value),
        }
