"""Limits that couple words beside the caps: floors of plans, stock of items, how many bids change a night."""

from typing import Any

import numpy as np
import numpy.typing as npt

from bidopt.curves import ResponseGrid
from bidopt.fit import FittedModels
from bidopt.metrics import ratio
from bidopt.optimize import Limit
from bidopt.settings import Settings

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]


def couplings(models: FittedModels, settings: Settings, grid: ResponseGrid, rows: Index) -> tuple[Limit, ...]:
    """The limits that are set, over the words `rows` of the grid."""
    limits = [_floors(models, settings, grid, rows), _stock(models, grid, rows), _changes(settings, grid, rows)]
    return tuple(limit for limit in limits if limit is not None)


def _floors(models: FittedModels, settings: Settings, grid: ResponseGrid, rows: Index) -> Limit | None:
    """Plans whose words must spend so much, yuan a day."""
    own = {c.id: c.min_spend for c in settings.campaign if c.min_spend > 0}
    floor = models.campaigns["campaign_id"].map(own).to_numpy(float)
    if np.isnan(floor).all():
        return None
    return Limit("campaign_floor", -grid.response.spend[rows], models.campaign[rows], _or_none(-floor))


def _stock(models: FittedModels, grid: ResponseGrid, rows: Index) -> Limit | None:
    """Orders of the day's clicks, those that come back included, within what the item's older clicks leave of it."""
    words = models.words.iloc[rows]
    item, ids = words["item_id"].factorize()
    stock = words.groupby("item_id")["stock"].first().reindex(ids).to_numpy(float)
    if np.isnan(stock).all():
        return None
    coming = np.bincount(item, words["orders_to_come"].to_numpy(float), len(ids))
    sold = ratio(grid.response.orders[rows], 1 - words["refund_rate"].to_numpy(float)[:, None])
    return Limit(
        "stock", np.nan_to_num(sold), item.astype(np.intp), _or_none(np.maximum(stock - coming, 0.0).astype(float))
    )


def _changes(settings: Settings, grid: ResponseGrid, rows: Index) -> Limit | None:
    """Bids that differ from today's: people carry them over by hand."""
    most = settings.bids.max_changes
    if most == 0:
        return None
    moved = np.arange(grid.bid.shape[1]) != grid.start[rows, None]
    return Limit("max_changes", moved.astype(float), np.zeros(len(rows), np.intp), np.array([float(most)]))


def _or_none(cap: npt.NDArray[np.floating[Any]]) -> Array:
    """Infinity where there is no limit."""
    return np.where(np.isnan(cap), np.inf, cap).astype(float)
