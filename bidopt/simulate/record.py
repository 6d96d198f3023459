"""What was played, day by day, and what the shop's reports know of it on a later morning."""

from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

from bidopt.simulate.catalogue import Catalogue
from bidopt.simulate.spec import Presale
from bidopt.simulate.truth import DELAY_DAYS, Array

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
    presale: Presale | None = None
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

    def attributed(self, result: DayResult, morning: date, window_days: int = DELAY_DAYS) -> dict[str, Array]:
        """Orders and GMV by word that reports downloaded on `morning` ascribe to that day's clicks.

        In a market with presale also what is placed and what is presale, paid or not.
        """
        orders = result.orders
        arrived = orders.lag < min((morning - result.day).days, window_days)
        presale, paid = self._deposits(result, morning)
        counted = arrived & paid
        direct = counted & orders.direct
        n = len(result.bids)

        def total(which: npt.NDArray[np.bool_], weight: Array | None = None) -> Array:
            values = None if weight is None else weight[which]
            return np.bincount(orders.word[which], values, n).astype(float)

        columns = {"": counted, "direct_": direct}
        if self.presale:
            columns |= {"placed_": arrived, "presale_": arrived & presale}
        weights = {"orders": None, "gmv": orders.value}
        return {f"{c}{what}": total(which, w) for c, which in columns.items() for what, w in weights.items()}

    def _deposits(self, result: DayResult, morning: date) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        """Which of a day's orders are presale, and which are paid in full by `morning`."""
        some, n = self.presale, len(result.orders.word)
        if some is None or not some.start <= result.day <= some.end:
            return np.zeros(n, bool), np.ones(n, bool)
        luck = np.random.default_rng(result.day.toordinal()).random((2, n))
        presale = luck[0] < some.share
        return presale, ~presale | ((luck[1] < some.paid) & (morning > some.balance))
