"""What jumped lately and has not come back: in the shop as a whole, in a campaign's prices or demand, in an item's
conversion.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import special

from bidopt.fit import odd_days, prices
from bidopt.fit.calendar import Calendar
from bidopt.fit.models import FittedModels
from bidopt.fit.panel import Panel, by_group
from bidopt.fit.traffic import Traffic
from bidopt.metrics import ratio

Array = npt.NDArray[np.float64]
Figure = Literal["price", "demand", "conversion"]

FRESH = 7
"""Days: what has lasted longer is no news."""
RARE = 1e-4
"""Chance of so few or so many orders of an item had nothing changed."""
LEAST_CHANGE = 0.3
"""Of one campaign's prices or demand, or one item's conversion."""


@dataclass(frozen=True)
class Shift:
    """`figure` stands `change` (fraction) off its usual level since `since`; `where`: id columns and their values."""

    figure: Figure
    since: dt.date
    change: float
    where: dict[str, str] = field(default_factory=dict)


def find(models: FittedModels, panel: Panel, traffic: Traffic) -> list[Shift]:
    """All fresh shifts: those of the shop, and what campaigns and items have beside them."""
    return [*_of_shop(models), *_of_campaigns(models, panel, traffic), *_of_items(models, panel)]


def past(models: FittedModels) -> list[tuple[dt.date, dt.date]]:
    """First and last day of the shop's spells that are over, by any figure."""
    calendars = (models.price_calendar, models.demand_calendar, models.cvr_calendar)
    found = {calendar.dates(spell) for calendar in calendars for spell in calendar.spells}
    return sorted(span for span in found if span[1] < models.day - dt.timedelta(days=1))


def _of_shop(models: FittedModels) -> Iterator[Shift]:
    calendars: dict[Figure, Calendar] = {
        "price": models.price_calendar,
        "demand": models.demand_calendar,
        "conversion": models.cvr_calendar,
    }
    yesterday = models.day - dt.timedelta(days=1)
    for figure, calendar in calendars.items():
        for spell in calendar.spells:
            since, last = calendar.dates(spell)
            fresh = last == yesterday and (models.day - since).days <= FRESH
            if fresh and abs(spell.jump) > odd_days.LEAST_JUMP:  # a spell of one figure is measured in the others
                yield Shift(figure, since, float(np.expm1(spell.jump)))


def _of_campaigns(models: FittedModels, panel: Panel, traffic: Traffic) -> Iterator[Shift]:
    """Rivals, and searches, of one campaign beside what moved those of all."""
    level = prices.levels(panel, models.landscape, panel.campaign, len(panel.campaigns))
    level -= np.log(models.price_calendar.factor(panel.days))
    ours = set(models.campaigns.loc[models.campaigns["bidding"].ne("smart"), "campaign_id"])  # whose bids are known
    figures: dict[Figure, Array] = {"price": np.where(panel.covered, level, np.nan), "demand": np.log(traffic.beside)}
    for figure, levels in figures.items():
        days, exact = panel.days[-levels.shape[1] :], np.zeros(levels.shape[1])
        for name, own in zip(models.campaigns["campaign_id"], levels, strict=True):
            for spell in odd_days.find(own, exact) if name in ours else ():
                fresh = spell.stop == len(own) and spell.stop - spell.start <= FRESH
                if fresh and abs(np.expm1(spell.jump)) > LEAST_CHANGE:
                    since = days[spell.start].date()
                    yield Shift(figure, since, float(np.expm1(spell.jump)), {"campaign_id": str(name)})


def _of_items(models: FittedModels, panel: Panel) -> Iterator[Shift]:
    """Items whose orders of the last days were far fewer or more than their own usual rate lets expect.

    The usual rate is that of the days before; the stretch is the one of up to `FRESH` days that is least likely.
    """
    factor = models.cvr_calendar.factor(panel.days) * models.delay.at(panel.age) * panel.covered
    orders = by_group(panel.counts["orders"], panel.item, len(panel.item_ids))
    exposure = by_group(panel.exposed["orders"], panel.item, len(panel.item_ids)) * factor
    usual = ratio(orders[:, :-FRESH].sum(1), exposure[:, :-FRESH].sum(1))
    lengths = np.arange(2, FRESH + 1)
    seen = np.array([orders[:, -k:].sum(1) for k in lengths])
    expected = np.nan_to_num(np.array([usual * exposure[:, -k:].sum(1) for k in lengths]))
    chance = np.where(seen < expected, special.pdtr(seen, expected), special.pdtrc(np.maximum(seen - 1, 0), expected))
    change = np.nan_to_num(ratio(seen, expected)) - 1
    chance = np.where((expected > 0) & (np.abs(change) > LEAST_CHANGE), chance, 1.0)
    best = chance.argmin(0)
    for item in np.flatnonzero(chance.min(0, initial=1.0) < RARE):
        since = panel.days[-int(lengths[best[item]])].date()
        yield Shift("conversion", since, float(change[best[item], item]), {"item_id": panel.item_ids[item]})
