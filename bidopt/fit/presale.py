"""Presale (预售) days: a deposit places an order that counts as paid weeks later, with its balance (尾款).

Until then 总成交 reads next to nothing though orders are placed (拍下). What is placed and not yet paid is counted
at the rate at which balances get paid; once they are due, what stays unpaid is lost. An order counts once,
whether or not the report keeps it under 预售 after it was paid.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from bidopt.metrics import ratio
from bidopt.store import History

Array = npt.NDArray[np.float64]

USUAL_PAID, PRIOR_ORDERS = 0.85, 30.0
"""Share of presale orders whose balance gets paid, and how many orders that belief is worth."""
SETTLED = 0.3
"""A day's balances have come due when so large a share of what was open is open no more."""
LATEST_BALANCE = 35
"""Days after which a balance that was never seen to be paid won't be."""


@dataclass(frozen=True)
class Presale:
    """`days` with presale orders, those of them that are `due` (balances paid or lost), and the `rate` of paying."""

    days: pd.DatetimeIndex
    due: pd.DatetimeIndex
    rate: float


def find(history: History) -> Presale:
    """The presale days of a history, and what share of the balances gets paid as far as downloads restated them."""
    rows = history.days
    days = pd.DatetimeIndex(rows.loc[rows["presale_orders"] > 0, "date"].unique())
    if days.empty:
        return Presale(days, days, USUAL_PAID)
    settled, rate = _balances(history.versions[history.versions["date"].isin(days)])
    late = days[days < rows["date"].max() - pd.Timedelta(days=LATEST_BALANCE)]
    return Presale(days, settled.union(late), rate)


def count(history: History) -> History:
    """`history` with placed orders in `orders` and `gmv`, and without presale days in `versions`: they grow late."""
    rows, presale = history.days, find(history)
    if presale.days.empty:
        return history
    paid = np.where(rows["date"].isin(presale.due), 0.0, presale.rate)
    pieces, money = paid * open_orders(rows), paid * _open_gmv(rows)
    direct = float(np.nan_to_num(ratio(rows["direct_orders"].sum(), rows["orders"].sum()), nan=1.0))
    counted = rows.assign(
        orders=rows["orders"] + pieces,
        gmv=rows["gmv"] + money,
        direct_orders=rows["direct_orders"] + direct * pieces,
        direct_gmv=rows["direct_gmv"] + direct * money,
    )
    return replace(history, days=counted, versions=history.versions[~history.versions["date"].isin(presale.days)])


def open_orders(rows: pd.DataFrame) -> Array:
    """(n,) presale orders of report rows that are placed and not paid.

    Where the report has 拍下: what is placed beyond 成交, up to 预售; where it has not, 预售 less 成交.
    """
    presale, orders = (rows[name].fillna(0.0).to_numpy(float) for name in ("presale_orders", "orders"))
    placed = np.where(rows["placed_orders"].isna(), presale, rows["placed_orders"])
    still: Array = np.minimum(presale, np.maximum(placed - orders, 0.0)).astype(float)
    return still


def _open_gmv(rows: pd.DataFrame) -> Array:
    """(n,) yuan of the open orders, at the mean value of the row's presale orders."""
    value = ratio(rows["presale_gmv"].fillna(0.0).to_numpy(float), rows["presale_orders"].fillna(0.0).to_numpy(float))
    return open_orders(rows) * np.nan_to_num(value)


def _balances(versions: pd.DataFrame) -> tuple[pd.DatetimeIndex, float]:
    """(days whose balances came due, share of the presale orders paid by then) as downloads restated them."""
    states = versions[["date", "downloaded_at"]].assign(open=open_orders(versions))
    by_download = states.groupby(["downloaded_at", "date"])["open"].sum().unstack("date")
    most, last = by_download.max(), by_download.ffill().iloc[-1:].sum()
    settled = last < (1 - SETTLED) * most
    was, left = float(most[settled].sum()), float(last[settled].sum())
    rate = (was - left + PRIOR_ORDERS * USUAL_PAID) / (was + PRIOR_ORDERS)
    return pd.DatetimeIndex(most.index[settled]), rate
