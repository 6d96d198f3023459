"""All models of one shop for one day, fitted in the order in which each needs the one before, or beside it."""

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from bidopt import cores
from bidopt.fit import calendar, ctr, cvr, economics, landscape, levels, presale, prices, shop_days, value, windows
from bidopt.fit.calendar import Calendar
from bidopt.fit.delay import DelayCurve
from bidopt.fit.landscape import Landscape
from bidopt.fit.noise import USUAL_DEMAND, USUAL_ORDERS, CpcNoise, DayNoise, cpc_noise, day_noise, landing
from bidopt.fit.odd_days import Spell
from bidopt.fit.panel import Panel, build, by_group
from bidopt.metrics import ratio
from bidopt.settings import Settings
from bidopt.store import History

Array = npt.NDArray[np.float64]

RECENT_DAYS = 15


@dataclass(frozen=True)
class FittedModels:
    """What is believed of every word for `day`, and of the shop as a whole.

    `words`: one row a unit, in the panel's order. Columns beside names and ids, yuan and fractions:
    bid_now, bid_known, active (it can be shown), demand (impressions on `day` at full reach, before cuts) with
    demand_spread, location with location_spread and premium, ctr with ctr_spread (at bid_now), cvr with
    cvr_spread (final orders a click on `day`; item_spread is the part of it that its item's words share), order_value
    with value_spread, margin and refund_rate of its item, incrementality, what was seen in the last 15 days:
    seen_impressions, seen_clicks, seen_orders, and how many orders of those days' clicks no report knows yet:
    orders_to_come.
    `evening`: how much better the hours missed by a spent budget convert (cvr.py).
    `demand_noise`, `order_noise`, `cpc_noise`: how single days scatter; `landing`: where spent budgets end (noise.py).
    `orders_told`: some report tells conversions; where none does, CVR and order value are merely what is usual.
    `campaigns`: one row a campaign: names, bidding, in_force, budget_now (inf = 不限, NaN = not known),
    level_spread (relative sd of its level of demand).
    """

    day: dt.date
    words: pd.DataFrame
    campaigns: pd.DataFrame
    campaign: npt.NDArray[np.intp]
    landscape: Landscape
    ctr_slope: float
    delay: DelayCurve
    price_calendar: Calendar
    demand_calendar: Calendar
    cvr_calendar: Calendar
    evening: float
    demand_noise: DayNoise
    order_noise: DayNoise
    cpc_noise: CpcNoise
    landing: float
    order_spread: float
    days_seen: int
    orders_seen: float
    orders_told: bool
    notes: dict[str, dict[str, float]]

    @cached_property
    def item(self) -> npt.NDArray[np.intp]:
        """(n,) codes of the words' items."""
        return self.words["item_id"].factorize()[0].astype(np.intp)


def lay_out(history: History, settings: Settings, day: dt.date) -> Panel:
    """The history as the models take it."""
    return build(presale.count(history), settings, day)


def fit(history: History, settings: Settings, day: dt.date, panel: Panel | None = None) -> tuple[FittedModels, Panel]:
    """Fit everything on what was known for the run of `day`; `panel`: the history laid out, where it is."""
    panel = panel or lay_out(history, settings, day)
    with cores.pool(len(panel.units), cores.MANY_WORDS) as aside:
        told = presale.count(history).versions
        delays = aside.submit(windows.delay_curve, told, settings.attribution.window_days)
        values = aside.submit(value.fit, panel, history.items)
        at = prices.tomorrow(panel)
        curves = landscape.fit(panel)
        price_calendar = prices.fit(panel, curves, settings.promotion)
        curves = prices.moved_on(curves, price_calendar, panel)
        x_now = curves.x(panel.bid_now[:, None])
        clicks = aside.submit(ctr.fit, panel, 2 * np.hstack([curves.standing.x[:, :-1], x_now]))
        reach = curves.past_reach()
        demand_calendar = _demand_calendar(panel, reach, settings, price_calendar.spells)
        level = levels.fit(panel, reach * demand_calendar.factor(panel.days))
        known, odd = delays.result(), demand_calendar.spells
        demand_noise = aside.submit(_demand_noise, panel, level)
        order = cvr.fit(panel, known, level.served, curves.standing.location, settings.promotion, odd)
        (click, ctr_slope), worth = clicks.result(), values.result()
    words = panel.units.assign(
        bid_now=panel.bid_now,
        bid_known=panel.bid_known,
        active=panel.units["status"].isin(["running", ""]).to_numpy(),
        demand=level.demand * demand_calendar.factor(at)[0],
        demand_spread=level.spread,
        location=curves.standing.location,
        location_spread=curves.standing.spread,
        premium=curves.premium,
        paid=curves.standing.paid,
        paid_spread=curves.standing.paid_spread,
        steeper=curves.steeper,
        elasticity=curves.elasticity(panel.bid_now[:, None])[:, 0],
        elasticity_spread=curves.steeper_spread,
        ctr=click.mean,
        ctr_spread=click.spread,
        cvr=np.minimum(order.rate.mean * order.days.factor(at)[0], 1.0),
        cvr_spread=order.rate.spread,
        item_spread=order.item_spread,
        order_value=worth.mean,
        value_spread=worth.spread,
        orders_to_come=order.to_come[:, -RECENT_DAYS:].sum(1),
        **economics.of_words(panel.units, history.items, settings),
        **{f"seen_{k}": panel.counts[k][:, -RECENT_DAYS:].sum(1) for k in ("impressions", "clicks", "orders")},
    )
    models = FittedModels(
        day=day,
        words=words,
        campaigns=panel.campaigns.assign(budget_now=_budget_now(panel), level_spread=level.campaign_spread),
        campaign=panel.campaign,
        landscape=curves,
        ctr_slope=ctr_slope,
        delay=known,
        price_calendar=price_calendar,
        demand_calendar=demand_calendar,
        cvr_calendar=order.days,
        evening=order.evening,
        demand_noise=demand_noise.result(),
        order_noise=_order_noise(panel, order),
        cpc_noise=cpc_noise(panel),
        landing=landing(panel),
        order_spread=worth.notes.get("order_spread", 0.5),
        days_seen=int(panel.covered.sum()),
        orders_seen=float(panel.counts["orders"].sum()),
        orders_told=bool(panel.exposed["orders"].any() or not panel.clicks.any()),
        notes={"ctr": click.notes, "cvr": order.rate.notes, "order_value": worth.notes},
    )
    return models, panel


def _demand_calendar(panel: Panel, reach: Array, settings: Settings, known: tuple[Spell, ...]) -> Calendar:
    """Day factors of demand; the shop's days weigh as much as campaigns, cut short or not, tell of them."""
    seen = panel.running & panel.covered
    shown, exposure = (np.where(seen, x, 0.0) for x in (panel.impressions, reach))
    base = np.nan_to_num(ratio(shown.sum(1), exposure.sum(1)))
    total, expected = (by_group(x, panel.campaign, len(panel.campaigns)) for x in (shown, base[:, None] * exposure))
    told = (total > 0) & (expected > 1)
    observed = np.log(np.where(told, total, 1.0) / np.where(told, expected, 1.0))
    days = shop_days.fit(np.where(told, observed, np.nan), panel.cut)
    events = days.weight * np.exp(days.level)
    return calendar.fit(events, days.weight, panel.days, settings.promotion, panel.covered, known=known)


def _demand_noise(panel: Panel, level: levels.Levels) -> DayNoise:
    """From days that no budget cut."""
    whole = panel.running & panel.covered & ~panel.cut[panel.campaign]
    known = level.spread**2, level.campaign_spread**2
    return day_noise(panel.impressions, level.foreseen, whole, panel.campaign, *known, USUAL_DEMAND)


def _order_noise(panel: Panel, order: cvr.Conversion) -> DayNoise:
    """Around the orders expected of each word-day's clicks, by CVRs that have seen them: what these doubt is apart."""
    known = np.zeros(len(panel.units)), np.zeros(len(panel.campaigns))
    return day_noise(
        panel.counts["orders"], order.expected, panel.exposed["orders"] > 0, panel.campaign, *known, USUAL_ORDERS
    )


def _budget_now(panel: Panel) -> Array:
    """(c,) yuan a day in force at the start of the day to plan for: inf = 不限, NaN = no table says."""
    newest = panel.budget[:, -1]
    return np.where(np.isinf(newest) & panel.campaigns["budget_type"].isin(["", "total"]), np.nan, newest)
