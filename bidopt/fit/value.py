"""GMV an order by word: its own orders beside its item's, its item's beside what its price lets expect."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from bidopt.fit.panel import Panel, by_group
from bidopt.fit.shrinkage import Rate
from bidopt.metrics import ratio

Array = npt.NDArray[np.float64]

HALF_LIFE = 60.0
USUAL = 100.0
"""Yuan, for a shop without a sale."""
PRICED, UNPRICED = 0.15, 0.6
"""Relative sd of an item's order value around what its price lets expect, and around the shop's mean without one."""


def fit(panel: Panel, items: pd.DataFrame) -> Rate:
    """Yuan an order, before refunds. `items`: the history's item tables, for the prices."""
    orders, gmv = panel.counts["orders"], panel.counts["gmv"]
    weight = panel.recency(HALF_LIFE)
    count, value = (weight * orders).sum(1), (weight * gmv).sum(1)
    n_items = len(panel.item_ids)
    item_count, item_value = by_group(count, panel.item, n_items), by_group(value, panel.item, n_items)
    usual, doubt = _usual(panel.item_ids, items, item_count, item_value)
    within, between = 0.25, 0.02
    for _ in range(2):
        lean = within / doubt**2
        item = ((item_value + lean * usual) / (item_count + lean))[panel.item]
        within, between = _variance_parts(ratio(value, count), item, count)
    strength = float(np.clip(within / between, 1.0, 200.0))
    mean = (value + strength * item) / (count + strength)
    of_item = within / (item_count + lean)[panel.item] * (strength / (count + strength)) ** 2
    spread = np.sqrt(within / (count + strength) + of_item)
    shop = float(ratio(value.sum(), count.sum())) if count.sum() > 0 else USUAL
    return Rate(mean, spread, {"shop": shop, "strength": strength, "order_spread": float(np.sqrt(within))})


def _usual(ids: list[str], items: pd.DataFrame, count: Array, value: Array) -> tuple[Array, Array]:
    """(g,) yuan an order that an item without orders is taken to have, and the relative sd of that."""
    newest = items.sort_values("date").groupby("item_id")["price"].last()
    price = newest.reindex(ids).to_numpy(float)
    priced = np.isfinite(price) & (price > 0)
    shop = float(ratio(value.sum(), count.sum())) if count.sum() > 0 else USUAL
    paid = float(ratio(value[priced].sum(), (count * price)[priced].sum())) if count[priced].sum() > 0 else 1.0
    return np.where(priced, paid * np.nan_to_num(price), shop), np.where(priced, PRICED, UNPRICED)


def _variance_parts(own: Array, group: Array, count: Array) -> tuple[float, float]:
    """(within, between): relative variance of one order around its word, and of words around their item (moments)."""
    use = count >= 2
    if use.sum() < 10:
        return 0.25, 0.02
    miss = (own[use] / group[use] - 1) ** 2
    # miss = between + within / count: a weighted line through the words gives both.
    slope, level = np.polyfit(1 / count[use], miss, 1, w=np.sqrt(count[use]))
    return float(np.clip(slope, 0.02, 2.0)), float(np.clip(level, 0.002, 0.5))
