"""Final orders a click of every word, tonight.

A word's rate is a hierarchy word < item < shop with covariates (hierarchy.py), times the health of its item
(health.py), times the day's factor (calendar.py). Exposure is clicks x the share of their orders that the report could
know (delay.py) x how well the hours served convert. Each part is fitted given the others, some rounds.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln

from bidopt.fit import calendar, health, hierarchy
from bidopt.fit.calendar import Calendar
from bidopt.fit.delay import DelayCurve
from bidopt.fit.health import Habits
from bidopt.fit.hierarchy import Block
from bidopt.fit.odd_days import Spell
from bidopt.fit.panel import Panel, by_group
from bidopt.fit.shrinkage import Rate
from bidopt.fit.traits import EARLY, early_rate, tokens, worth
from bidopt.settings import Promotion

Array = npt.NDArray[np.float64]

USUAL = 0.02
"""For a shop without orders; the plan says how little it knows."""
ROUNDS = 3
TRAIT, TOKEN, ITEM_CARTS = 0.12, 0.08, 0.5
"""Prior log sd of a standardised covariate's effect, a token's, and of the power in which items' orders follow their
carts, which is taken as 1: who is put into the cart twice as often sells twice as often."""
DAY_SIZES = {"weekday": 0.05, "holiday": 0.15, "promotion": 0.3, "platform": 0.3, "before": 0.15}
"""Log sd of what days do to conversion: less than to demand."""
DAY_CARTS = 20.0
"""A day's own factor on carts, for all items alike, is held to 1 as by so many carts."""
HALF_LIVES = (14.0, 30.0, 60.0, 120.0, 240.0, 480.0)
"""Days; candidates for how fast a word's own past fades."""
USUAL_HALF_LIFE, HALF_LIFE_SPREAD = 180.0, 0.7
"""What a word is worth changes with the seasons rather than by the week: a weak log-normal prior."""
MOST_WORDS = 1000
"""So many words, evenly drawn, tell how fast words change."""
EVENING, EVENING_SPREAD = 1.25, 0.15
"""Clicks of the hours that a spent budget misses convert so much better than the day's mean, give or take."""
EVENINGS = np.linspace(0.8, 1.8, 41)


def served_orders(share: npt.ArrayLike, evening: npt.ArrayLike = EVENING) -> Array:
    """Share of a day's orders that come from the first `share` of its clicks, of any shape."""
    missed: Array = 1 - np.asarray(share, float)
    return np.maximum(1 - np.asarray(evening) * missed, 0.5 * (1 - missed))


@dataclass(frozen=True)
class Conversion:
    """`rate`: tonight's, but for the day's factor; `days`: those factors; `evening`: as learnt.

    item_spread (n,): the part of the rate's spread that the words of an item share.
    expected (n, m): orders of each past word-day's clicks that the reports should know by now; to_come (n, m): those
    that none knows yet.
    """

    rate: Rate
    days: Calendar
    evening: float
    item_spread: Array
    expected: Array
    to_come: Array


def fit(
    panel: Panel,
    delay: DelayCurve,
    served: Array,
    location: Array,
    promotions: tuple[Promotion, ...],
    odd: tuple[Spell, ...] = (),
) -> Conversion:
    """Fit on days of which campaigns served the share `served` (c, m); `location` (n,): log of the market's price.

    `odd`: spells of days on which demand or prices jumped.
    """
    orders, item, n_items = panel.counts["orders"], panel.item, len(panel.item_ids)
    known = delay.of_items(panel.item_ids, panel.age)[item]
    clicks = panel.exposed["orders"] * panel.covered
    if orders.sum() < 3 or not clicks.any():
        return _unknown(panel, clicks * known, promotions)
    names, blocks = _blocks(panel, location)
    words = hierarchy.fit(orders.sum(1), (clicks * known).sum(1), blocks, item, n_items)
    item_orders = by_group(orders, item, n_items)
    carts = by_group(sum((panel.counts[name] for name in EARLY), np.zeros(orders.shape)), item, n_items)
    path, factor, habits, evening = np.ones(carts.shape), np.ones(len(panel.days)), Habits(), EVENING
    half_life = HALF_LIVES[-1]
    for turn in range(ROUNDS):
        hours = (served_orders(served, evening) / np.maximum(served, 1e-9))[panel.campaign]
        exposure = clicks * known * factor * hours
        by_item = by_group(exposure * words.mean[:, None], item, n_items)
        usual_carts = _usual_carts(panel, carts, path**habits.follows)
        state = health.fit(item_orders, by_item, carts, usual_carts, None if turn == 1 else habits)
        path, habits = state.path, state.habits
        expected = exposure * words.mean[:, None] * path[item]
        usual = expected.sum(0) / factor
        days = calendar.fit(orders.sum(0), usual, panel.days, promotions, panel.covered, DAY_SIZES, odd)
        if turn == 0:
            half_life = half_life_of(orders, exposure * words.kind[:, None] * path[item], words.strength)
            evening = learnt_evening(panel, expected / hours, served)
        exposure *= days.factor(panel.days) / factor
        factor = days.factor(panel.days)
        weight = panel.recency(half_life)
        seen = (weight * orders).sum(1), (weight * exposure * path[item]).sum(1)
        words = hierarchy.fit(*seen, blocks, item, n_items, words)
    expected = exposure * words.mean[:, None] * path[item]
    notes = {
        "strength": words.strength,
        "item_sd": words.group_size,
        "half_life": half_life,
        **habits._asdict(),
        "evening": evening,
        **dict(zip(names, words.effects.tolist(), strict=True)),
    }
    spread = np.sqrt(words.spread**2 + state.spread[item] ** 2)
    rate = Rate(np.minimum(words.mean * state.tomorrow[item], 1.0), spread, notes)
    return Conversion(
        rate, days, evening, state.spread[item], expected, expected / np.maximum(known, 1e-9) * (1 - known)
    )


def _unknown(panel: Panel, exposure: Array, promotions: tuple[Promotion, ...]) -> Conversion:
    """For a shop with next to no orders: one rate, and no more said of it than that it is usual."""
    orders, none = panel.counts["orders"], np.zeros(len(panel.days))
    level = (orders.sum() + 50 * USUAL) / (exposure.sum() + 50)
    rate = Rate(np.full(len(orders), level), np.full(len(orders), 1.0), {})
    days = calendar.fit(none, none, panel.days, promotions, panel.covered)
    return Conversion(rate, days, EVENING, np.zeros(len(orders)), exposure * level, np.zeros(orders.shape))


def _blocks(panel: Panel, location: Array) -> tuple[list[str], list[Block]]:
    """The covariates of words, named: their traits, their tokens, and how much their item is put into carts."""
    traits = worth(panel, location)
    names, has = tokens(panel.units["keyword"], panel.item, len(panel.item_ids))
    item_carts = np.log(early_rate(panel, *EARLY))
    item_carts -= item_carts.mean()
    blocks = [
        Block(traits.to_numpy(), TRAIT),
        Block(has, TOKEN),
        Block(item_carts[panel.item][:, None], ITEM_CARTS, centre=1.0),
    ]
    return ["level", *traits.columns, *names, "item_carts"], blocks


def _usual_carts(panel: Panel, carts: Array, path: Array) -> Array:
    """(g, m) carts and favourites that items would show if they were well, given how their carts were, `path` (g, m).

    Clicks x the item's own rate x a factor of the day for all items alike.
    """
    clicks = by_group(panel.exposed["carts"], panel.item, len(panel.item_ids))
    usual = carts.sum() / max((clicks * path).sum(), 1.0)
    rate = (carts.sum(1) + 1) / ((clicks * path).sum(1) + 1 / max(usual, 1e-9))
    expected = clicks * rate[:, None]
    return np.asarray(expected * (carts.sum(0) + DAY_CARTS) / ((expected * path).sum(0) + DAY_CARTS))


def half_life_of(orders: Array, expected: Array, strength: float) -> float:
    """How fast a word's past fades: the half-life that best foresaw each day from the days before it."""
    some = np.linspace(0, len(orders) - 1, min(len(orders), MOST_WORDS)).astype(int)
    y, e = orders[some], np.maximum(expected[some], 1e-9)
    score = [-0.5 * (np.log(half / USUAL_HALF_LIFE) / HALF_LIFE_SPREAD) ** 2 for half in HALF_LIVES]
    for i, half in enumerate(HALF_LIVES):
        fade = 0.5 ** (1 / half)
        shape, rate = (strength + _faded(x, fade) for x in (y, e))
        terms = gammaln(shape + y) - gammaln(shape) + shape * np.log(rate / (rate + e)) - y * np.log(rate + e)
        score[i] += float(terms.sum())
    return HALF_LIVES[int(np.argmax(score))]


def _faded(values: Array, fade: float) -> Array:
    """(n, m) what each day remembers of the days before it, of `values` (n, m)."""
    memory = np.zeros_like(values)
    for day in range(1, values.shape[1]):
        memory[:, day] = fade * (memory[:, day - 1] + values[:, day - 1])
    return memory


def learnt_evening(panel: Panel, expected: Array, served: Array) -> float:
    """How much better the hours missed convert, from each campaign's cut days against its whole ones.

    `expected` (n, m): orders known by now if all hours converted alike. Given a campaign's orders, their days are
    multinomial, so that its level tells nothing.
    """
    orders = by_group(panel.counts["orders"], panel.campaign, len(served))
    usual = by_group(expected, panel.campaign, len(served))
    score = -0.5 * ((EVENINGS - EVENING) / EVENING_SPREAD) ** 2
    for i, evening in enumerate(EVENINGS):
        hours = served_orders(served, evening) / np.maximum(served, 1e-9)
        score[i] += (orders * np.log(hours)).sum() - orders.sum(1) @ np.log(np.maximum((usual * hours).sum(1), 1e-9))
    return float(EVENINGS[int(np.argmax(score))])
