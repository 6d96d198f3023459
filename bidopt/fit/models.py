"""All models of one shop for one day, fitted in the order in which each needs the one before."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from bidopt.fit import calendar, delay, landscape, levels, rates
from bidopt.fit.calendar import Calendar
from bidopt.fit.delay import DelayCurve
from bidopt.fit.landscape import Landscape
from bidopt.fit.panel import Panel, build
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
    cvr_spread (final orders a click on `day`), order_value with value_spread, margin and refund_rate of its
    item, incrementality, and what was seen in the last 15 days: seen_impressions, seen_clicks, seen_orders.
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
    demand_calendar: Calendar
    cvr_calendar: Calendar
    campaign_noise: float
    word_noise: float
    order_spread: float
    days_seen: int
    orders_seen: float
    notes: dict[str, dict[str, float]]


def fit(history: History, settings: Settings, day: dt.date) -> tuple[FittedModels, Panel]:
    """Fit everything on what was known for the run of `day`."""
    panel = build(history, settings, day)
    curves = landscape.fit(panel)
    reach = curves.past_reach()
    demand_calendar = _demand_calendar(panel, reach, settings)
    level = levels.fit(panel, reach * demand_calendar.factor(panel.days))
    x_now = curves.x(panel.bid_now[:, None])
    ctr, ctr_slope = rates.fit_ctr(panel, 2 * np.hstack([curves.standing.x[:, :-1], x_now]))
    known = delay.fit(history.versions, settings.attribution.window_days)
    cvr, cvr_calendar = _cvr(panel, known, level.served, settings)
    value = rates.fit_value(panel)
    at = pd.DatetimeIndex([pd.Timestamp(day)])
    words = panel.units.assign(
        bid_now=panel.bid_now,
        bid_known=panel.bid_known,
        active=panel.units["status"].isin(["running", ""]).to_numpy(),
        demand=level.demand * demand_calendar.factor(at)[0],
        demand_spread=level.spread,
        location=curves.standing.location,
        location_spread=curves.standing.spread,
        premium=curves.premium,
        elasticity=curves.elasticity(panel.bid_now[:, None])[:, 0],
        elasticity_spread=curves.steeper_spread,
        ctr=ctr.mean,
        ctr_spread=ctr.spread,
        cvr=np.minimum(cvr.mean * cvr_calendar.factor(at)[0], 1.0),
        cvr_spread=cvr.spread,
        order_value=value.mean,
        value_spread=value.spread,
        **_economics(panel.units, history.items, settings),
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
        demand_calendar=demand_calendar,
        cvr_calendar=cvr_calendar,
        campaign_noise=level.campaign_noise,
        word_noise=level.word_noise,
        order_spread=value.notes.get("order_spread", 0.5),
        days_seen=int(panel.covered.sum()),
        orders_seen=float(panel.counts["orders"].sum()),
        notes={"ctr": ctr.notes, "cvr": cvr.notes, "order_value": value.notes},
    )
    return models, panel


def _demand_calendar(panel: Panel, reach: Array, settings: Settings) -> Calendar:
    """Day factors of demand from campaign-days that no budget cut."""
    whole = panel.running & panel.covered & ~panel.cut[panel.campaign]
    shown = np.where(whole, panel.impressions, 0.0)
    exposure = np.where(whole, reach, 0.0)
    base = np.nan_to_num(ratio(shown.sum(1), exposure.sum(1)))
    expected = base[:, None] * exposure
    return calendar.fit(shown.sum(0), expected.sum(0), panel.days, settings.promotion, panel.covered)


def _cvr(panel: Panel, known: DelayCurve, served: Array, settings: Settings) -> tuple[rates.Rate, Calendar]:
    """CVR twice: without day factors, then with those that the first left over.

    On days cut short (`served` (c, m) below 1) the clicks are those of the hours that convert less.
    """
    hours = (rates.served_orders(served) / np.maximum(served, 1e-9))[panel.campaign]
    _, expected = rates.fit_cvr(panel, known, hours)
    orders = panel.counts["orders"].sum(0)
    days = calendar.fit(orders, expected.sum(0), panel.days, settings.promotion, panel.covered)
    rate, _ = rates.fit_cvr(panel, known, hours * days.factor(panel.days))
    return rate, days


def _economics(units: pd.DataFrame, items: pd.DataFrame, settings: Settings) -> dict[str, Array]:
    """margin, refund_rate, incrementality (n,): of the word's item and class, else the shop's defaults."""
    newest = items.sort_values("date").groupby("item_id")[["margin", "refund_rate"]].last()
    own = newest.reindex(units["item_id"]).to_numpy(float)
    goal = settings.objective
    incrementality = np.ones(len(units))
    for word_class in settings.words:
        hit = np.any([units["keyword"].str.contains(part, regex=False) for part in word_class.contains], axis=0)
        incrementality[hit] = word_class.incrementality
    return {
        "margin": np.where(np.isnan(own[:, 0]), goal.default_margin, own[:, 0]),
        "refund_rate": np.where(np.isnan(own[:, 1]), goal.default_refund_rate, own[:, 1]),
        "incrementality": incrementality,
    }


def _budget_now(panel: Panel) -> Array:
    """(c,) yuan a day in force at the start of the day to plan for: inf = 不限, NaN = no table says."""
    newest = panel.budget[:, -1]
    return np.where(np.isinf(newest) & panel.campaigns["budget_type"].isin(["", "total"]), np.nan, newest)
