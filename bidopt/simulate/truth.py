"""What is true of every word and of every day, drawn once from the seed; nobody but the clairvoyant sees it."""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from bidopt.simulate.auction import LEAST_PRICE, Auctions, auctions
from bidopt.simulate.catalogue import Catalogue
from bidopt.simulate.spec import MAX_DAYS, MarketSpec

Array = npt.NDArray[np.float64]

AUCTION_TYPES = 80
BLOCK_SHARE = np.array([0.03, 0.01, 0.01, 0.03, 0.07, 0.1, 0.11, 0.1, 0.1, 0.12, 0.18, 0.14])
"""Share of a day's clicks by two-hour block from midnight."""
BLOCK_CONVERSION = np.array([0.7, 0.6, 0.6, 0.7, 0.8, 0.9, 0.9, 0.9, 0.95, 1.05, 1.3, 1.25])
DELAY_DAYS = 16
WEEKDAY_DEMAND = np.array([1.0, 0.98, 0.97, 0.97, 1.0, 1.1, 1.08])
WEEKDAY_CONVERSION = np.array([1.02, 1.02, 1.0, 1.0, 0.98, 0.97, 1.01])
CLICKS_A_WORD = 24.0
"""Mean clicks a day of a word that is shown in every search, where a family has all its searches."""


@dataclass(frozen=True)
class Words:
    """Lasting traits, one value a word: arrays of shape (n,), money in yuan, rates as fractions.

    `delay` (n, DELAY_DAYS) is the share of orders known after so many days;
    `searches` are a word's own, `shared` those it shares with its partner.
    """

    auction: npt.NDArray[np.int64]
    searches: Array
    shared: Array
    ctr: Array
    cvr: Array
    order_value: Array
    net_margin: Array
    price: Array
    quality: Array
    cart_rate: Array
    favourite_rate: Array
    direct_share: Array
    delay: Array


@dataclass(frozen=True)
class Days:
    """Arrays of shape (MAX_DAYS, n): what is foreseeable of a day, and `noise`, the factor on searches that is not."""

    demand: Array
    level: Array
    conversion: Array
    premium: Array
    noise: Array


@dataclass(frozen=True)
class Outcome:
    """Means of a whole day that no budget cuts off: arrays of shape (n,) or (n, k), a day; spend in yuan."""

    impressions: Array
    clicks: Array
    spend: Array
    rank: Array


@dataclass(frozen=True)
class Truth:
    words: Words
    days: Days
    auctions: Auctions
    partner: npt.NDArray[np.int64]
    live: npt.NDArray[np.bool_]

    def outcome(self, day: int, bids: Array, partner_bids: Array | None = None) -> Outcome:
        """Mean outcome of `bids` (n,) or (n, k) yuan on day number `day`.

        `partner_bids`, of shape (n,) or that of `bids`, is what each word bids as another's partner: by default `bids`.
        """
        own = bids if partner_bids is None else partner_bids
        word, state = self.words, self.days
        like = (slice(None), None) if bids.ndim == 2 else slice(None)
        effective = bids * state.premium[day][like]
        rates = self.auctions.at(word.auction, np.log(effective / state.level[day][like]))
        searches = word.searches[like] + word.shared[like] * self._won(day, bids, own)
        searches = searches * (state.demand[day] * self.live)[like]
        clicks = searches * rates.clicks * word.ctr[like]
        cost = searches * rates.cost * (word.ctr * state.level[day])[like]
        spend = np.minimum(cost + LEAST_PRICE * clicks, clicks * effective)
        return Outcome(searches * rates.shows, clicks, spend, rates.rank)

    def value(self, day: int) -> Array:
        """Margin after refunds that a click of a whole day brings in the end, yuan a click, shape (n,)."""
        word = self.words
        value: Array = word.cvr * self.days.conversion[day] * word.order_value * word.net_margin
        return value

    def _won(self, day: int, bids: Array, own: Array) -> Array:
        """Chance to be the one of two partners that enters the auction of a shared search."""
        like = (slice(None), None) if bids.ndim == 2 else slice(None)
        score = self.days.premium[day] * self.words.quality
        partner_score = (own * (score if own.ndim == 1 else score[:, None]))[self.partner]
        rival = partner_score if own.ndim == bids.ndim else partner_score[like]
        won: Array = ndtr(np.log(bids * score[like] / rival) / 0.15)
        return won


def served_conversion(share: Array) -> Array:
    """Mean conversion factor of the first `share` of a day's clicks, 1 for the whole day."""
    clicks = np.concatenate([[0.0], np.cumsum(BLOCK_SHARE)])
    orders = np.concatenate([[0.0], np.cumsum(BLOCK_SHARE * BLOCK_CONVERSION)])
    part = np.interp(share, clicks / clicks[-1], orders / orders[-1])
    mean: Array = np.divide(part, share, out=np.ones_like(share), where=share > 0)
    return mean


def truth(spec: MarketSpec, catalogue: Catalogue, rng: np.random.Generator) -> Truth:
    words = _words(spec, catalogue, rng)
    frame = catalogue.words
    return Truth(
        words,
        _days(spec, catalogue, words, rng),
        auctions(spec.kind.rivals, AUCTION_TYPES, rng),
        frame["partner"].to_numpy(np.int64),
        (frame["status"] == "running").to_numpy(),
    )


def _words(spec: MarketSpec, catalogue: Catalogue, rng: np.random.Generator) -> Words:
    frame, items = catalogue.words, catalogue.items
    n, item, length = len(frame), frame["item"].to_numpy(), frame["length"].to_numpy(float)

    def spread(size: float, count: int = n) -> Array:
        return np.exp(rng.normal(0, size, count))

    broad = (frame["match_type"] != "exact").to_numpy()
    quality = spread(0.25)
    ctr = 0.055 * spread(0.3, len(items))[item] * spread(0.3) * quality**0.5 * np.where(broad, 0.85, 1.0)
    cvr = 0.032 * spread(0.3, len(items))[item] * spread(0.36) * np.where(broad, 0.8, 1.0) * 1.12 ** (length - 1)
    cvr = np.clip(cvr, 0.003, 0.09)
    order_value = (items["price"].to_numpy() * spread(0.1, len(items)))[item] * 0.85 * spread(0.12)
    net_margin = (items["margin"] * (1 - items["refund_rate"])).to_numpy()[item]
    searches, shared = _searches(spec, frame["partner"].to_numpy(), ctr, length, rng)
    return Words(
        auction=rng.integers(0, AUCTION_TYPES, n),
        searches=searches,
        shared=shared,
        ctr=np.clip(ctr, 0.01, 0.2),
        cvr=cvr,
        order_value=order_value,
        net_margin=net_margin,
        price=_price(cvr * order_value * net_margin, quality, rng),
        quality=quality,
        cart_rate=np.clip(0.09 * (cvr / 0.032) ** 0.5 * spread(0.35), 0.01, 0.4),
        favourite_rate=np.clip(0.04 * (cvr / 0.032) ** 0.4 * spread(0.4), 0.005, 0.3),
        direct_share=rng.beta(12, 4, len(items))[item],
        delay=_delay(len(items), rng)[item],
    )


def _searches(
    spec: MarketSpec, partner: npt.NDArray[np.int64], ctr: Array, length: Array, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Searches a day of its own and shared with the partner: heavy-tailed, head words short."""
    weight = np.exp(rng.normal(0, 1.35, len(ctr)) - 0.55 * length)
    searches = weight / weight.mean() * CLICKS_A_WORD * spec.kind.searches / ctr
    pool = np.minimum(searches, searches[partner])
    paired = partner >= 0
    shared = np.where(paired, pool, 0.0)
    # Only one of the two keeps searches of its own: the one that had more, as a broad word does.
    return np.where(paired, np.maximum(searches - pool, 0.0), searches), shared


def _price(value: Array, quality: Array, rng: np.random.Generator) -> Array:
    """Rivals know about what a click is worth: the price level follows the value, loosely; better quality pays less."""
    typical = np.median(value)
    price: Array = 0.8 * typical * (value / typical) ** 0.6 * np.exp(rng.normal(0, 0.35, len(value))) / quality
    return np.maximum(price, 0.2)


def _delay(items: int, rng: np.random.Generator) -> Array:
    """Share of a click's orders placed within so many days, by item: part at once, the rest with a geometric tail."""
    at_once, stay = rng.uniform(0.5, 0.8, (items, 1)), rng.uniform(0.6, 0.85, (items, 1))
    day = np.arange(DELAY_DAYS)
    known = at_once + (1 - at_once) * (1 - stay**day)
    delay: Array = known / known[:, -1:]
    return delay


def _days(spec: MarketSpec, catalogue: Catalogue, words: Words, rng: np.random.Generator) -> Days:
    frame = catalogue.words
    campaign, item, group = (frame[c].to_numpy() for c in ("campaign", "item", "ad_group"))
    demand, conversion, rivals = _calendar(spec)
    trend = np.cumsum(rng.normal(0.0005, 0.006, (MAX_DAYS, len(catalogue.items))), axis=0)
    level = np.log(words.price) + _drift(spec, MAX_DAYS, len(frame), rng)
    level += 0.6 * _drift(spec, MAX_DAYS, len(catalogue.campaigns), rng)[:, campaign]
    ill = _illness(len(catalogue.items), rng)
    return Days(
        demand=demand[:, None] * np.exp(trend)[:, item],
        level=np.exp(level) * rivals[:, None],
        conversion=conversion[:, None] * ill[:, item],
        premium=_premium(len(catalogue.ad_groups), rng)[:, group],
        noise=_noise(len(frame), campaign, len(catalogue.campaigns), rng),
    )


def _calendar(spec: MarketSpec) -> tuple[Array, Array, Array]:
    """Factors by day on searches, conversion and rivals' bids; before a promotion people look, and wait."""
    dates = [spec.start + timedelta(days=i) for i in range(MAX_DAYS)]
    weekday = np.array([d.weekday() for d in dates])
    demand, conversion, rivals = WEEKDAY_DEMAND[weekday], WEEKDAY_CONVERSION[weekday], np.ones(MAX_DAYS)
    strength = spec.kind.promotion
    for promotion in spec.promotions:
        during = np.array([promotion.start <= d <= promotion.end for d in dates])
        before = np.array([timedelta(0) < promotion.start - d <= timedelta(days=4) for d in dates])
        demand = demand * np.where(during, strength, 1.0) * np.where(before, 1.1, 1.0)
        conversion = conversion * np.where(during, 1.2, 1.0) * np.where(before, 0.85, 1.0)
        rivals = rivals * np.where(during, 1 + 0.5 * (strength - 1), 1.0) * np.where(before, 1.05, 1.0)
    for jump in spec.jumps:
        during = np.array([jump.start <= d <= jump.end for d in dates])
        demand = demand * np.where(during, jump.demand, 1.0)
        conversion = conversion * np.where(during, jump.conversion, 1.0)
        rivals = rivals * np.where(during, jump.rivals, 1.0)
    return demand, conversion, rivals


def _drift(spec: MarketSpec, days: int, n: int, rng: np.random.Generator) -> Array:
    """Log price levels (days, n): a slow walk that is pulled back, and steps that stay."""
    kind = spec.kind
    shocks = rng.normal(0, kind.walk, (days, n))
    steps = (rng.random((days, n)) < kind.step_chance) * rng.choice([-1.0, 1.0], (days, n)) * kind.step_size
    path = np.zeros((days, n))
    for day in range(1, days):
        path[day] = 0.985 * path[day - 1] + shocks[day] + steps[day]
    return path


def _illness(items: int, rng: np.random.Generator) -> Array:
    """Conversion factor (days, items): about once in 120 days an item falls ill for a week."""
    ill = np.ones((MAX_DAYS, items))
    for item in range(items):
        for start in np.flatnonzero(rng.random(MAX_DAYS) < 1 / 120):
            ill[start : start + 7, item] = 0.3
    return ill


def _premium(groups: int, rng: np.random.Generator) -> Array:
    """What time and audience premiums multiply a bid by, (days, ad groups); one group in five is edited once."""
    first, second = np.round(rng.choice([1.0, 1.1, 1.2, 1.3, 1.4], (2, groups)), 2)
    edit = np.where(rng.random(groups) < 0.2, rng.integers(20, MAX_DAYS, groups), MAX_DAYS)
    premium: Array = np.where(np.arange(MAX_DAYS)[:, None] < edit, first, second)
    return premium


def _noise(n: int, campaign: npt.NDArray[np.int64], campaigns: int, rng: np.random.Generator) -> Array:
    """Searches beyond what was foreseeable, mean 1: the shop's day, the campaign's and the word's own."""
    shop = rng.normal(0, 0.05, (MAX_DAYS, 1)) + rng.normal(0, 0.05, (MAX_DAYS, campaigns))[:, campaign]
    noise: Array = np.exp(shop) * rng.gamma(10.0, 0.1, (MAX_DAYS, n))
    return noise
