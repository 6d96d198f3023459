"""The trade's rules: what a shop does without a model, from what its reports show and nothing else.

Every rule has the same limits as the product: moves of at most `STEP` a night, bids between the platform's bounds, plan
budgets that share out the whole cap in proportion to the last week's spend.
"""

from datetime import date
from typing import Protocol

import numpy as np

from bidopt.simulate.clairvoyant import split_cap
from bidopt.simulate.market import HIGHEST_BID, LOWEST_BID, Market
from bidopt.simulate.truth import Array

STEP = 0.30
Plan = tuple[Array, dict[str, float]]


class Controller(Protocol):
    """Decides each evening about the next day."""

    def plan(self, day: date) -> Plan:
        """Bids of shape (n,) in yuan and budgets in yuan a day by campaign id."""
        ...


class LeaveAlone:
    """Today's bids and budgets, the budgets scaled down to the cap where they are above it."""

    def __init__(self, market: Market, cap: float) -> None:
        self._market, self._cap = market, cap

    def plan(self, day: date) -> Plan:
        budgets = {c: self._market.budgets[c] for c in self._market.manual_ids}
        scale = min(1.0, self._cap / sum(budgets.values()))
        return self._market.bids, self._market.budgets | {c: b * scale for c, b in budgets.items()}


class FloorBid:
    """The lowest bid for every word, at once: what a market must not reward."""

    def __init__(self, market: Market, cap: float) -> None:
        self._market, self._cap = market, cap

    def plan(self, day: date) -> Plan:
        market = self._market
        bids = np.where(market.adjustable, LOWEST_BID, market.bids)
        return bids, market.budgets | weekly_budgets(market, day, self._cap)


class RoiRule:
    """Raise by 10 % what returned over 1.2 x break-even in 14 days, cut by 10 % what returned under 0.8 x."""

    LEAST_CLICKS = 20

    def __init__(self, market: Market, cap: float) -> None:
        self._market, self._cap = market, cap

    def plan(self, day: date) -> Plan:
        market = self._market
        known = market.record.known(day, 14)
        clicks, spend, gmv = (x.sum(axis=0) for x in (known.clicks, known.spend, known.gmv))
        earned = gmv * net_margin(market) / np.maximum(spend, 0.01)
        move = np.where(earned > 1.2, 0.1, np.where(earned < 0.8, -0.1, 0.0))
        wanted = market.bids * (1 + np.where(clicks >= self.LEAST_CLICKS, move, 0.0))
        return moved(market, wanted), market.budgets | weekly_budgets(market, day, self._cap)


class ValuePerClick:
    """Bid = c x item-shrunk CVR x order value x margin, with c fixed."""

    WINDOW_DAYS = 30
    PRIOR_CLICKS = 60.0

    def __init__(self, market: Market, cap: float, c: float = 0.6) -> None:
        self._market, self._cap, self._c = market, cap, c

    def plan(self, day: date) -> Plan:
        market = self._market
        wanted = self._c * self._value_per_click(day)
        return moved(market, wanted), market.budgets | weekly_budgets(market, day, self._cap)

    def _value_per_click(self, day: date) -> Array:
        market = self._market
        known = market.record.known(day, self.WINDOW_DAYS)
        clicks, orders, gmv = (x.sum(axis=0) for x in (known.clicks, known.orders, known.gmv))
        item = market.words["item"].to_numpy()
        item_clicks, item_orders, item_gmv = (np.bincount(item, x) for x in (clicks, orders, gmv))
        shop_cvr, shop_value = orders.sum() / max(clicks.sum(), 1), gmv.sum() / max(orders.sum(), 1)
        prior = self.PRIOR_CLICKS
        item_cvr = (item_orders + prior * shop_cvr) / (item_clicks + prior)
        item_value = (item_gmv + 3 * shop_value) / (item_orders + 3)
        cvr = (orders + prior * item_cvr[item]) / (clicks + prior)
        value: Array = cvr * item_value[item] * net_margin(market)
        return value


class ValueUnderBudget(ValuePerClick):
    """The same with c lowered 12 % after a day that spent over 0.96 of the cap, raised 5 % after one that did not."""

    def plan(self, day: date) -> Plan:
        last = self._market.record.days[-1]
        # The first night has no day under this cap to go by.
        if last.day >= self._market.history_end:
            spent = last.spend[~self._market.smart].sum()
            self._c *= 0.88 if spent > 0.96 * self._cap else 1.05
        return super().plan(day)


def net_margin(market: Market) -> Array:
    """Gross margin after refunds by word: the shop knows its own."""
    items = market.catalogue.items
    margin: Array = (items["margin"] * (1 - items["refund_rate"])).to_numpy()[market.words["item"]]
    return margin


def moved(market: Market, wanted: Array) -> Array:
    """`wanted` within the step and the bounds, in fen; words that are not re-bid keep their bid."""
    now = market.bids
    bids = np.clip(np.clip(wanted, now * (1 - STEP), now * (1 + STEP)), LOWEST_BID, HIGHEST_BID)
    return np.where(market.adjustable, np.round(bids, 2), now)


def weekly_budgets(market: Market, day: date, cap: float) -> dict[str, float]:
    """The cap shared out in proportion to each campaign's spend of the last 7 days."""
    spend = market.by_campaign(market.record.known(day, 7).spend.sum(axis=0))
    by_id = dict(zip(market.campaign_ids, spend.tolist(), strict=True))
    return split_cap(cap, {c: by_id[c] for c in market.manual_ids})
