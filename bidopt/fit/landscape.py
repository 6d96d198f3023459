"""Impressions and CPC as functions of the bid, word by word, from a history that hardly moved its bids.

A search is met by a Poisson number of rivals whose bids are log-normal (Ghose & Yang, 2009; Ostrovsky & Schwarz, 2011),
so a word at standing x is shown in exp(-rivals(x)) of its searches, rivals(x) being the mean number above it: rising,
saturating, with elasticity s exp(-f x - c x^2 / 2) that fades as the word climbs. s, f and c are pooled over the shop
and come from changes within a word net of its plan's day; where a word stands comes from its rank and prices
(standing.py); how far its own elasticity departs from the pool's comes from its own moves.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import log_ndtr

from bidopt.fit import standing
from bidopt.fit.panel import Panel, by_group
from bidopt.fit.standing import HIGHEST_X, LOWEST_X, Standing
from bidopt.metrics import ratio

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

USUAL = np.log([1.0, 1.5, 0.7])
USUAL_SPREAD = np.array([0.3, 0.3, 0.5])
"""Log-normal priors of s, f and c, for shops whose bids never moved."""
PAID_EFFECT, PAID_EFFECT_SPREAD = 0.5, 0.5
"""Words that pay more of their bid than others at the same rank face a tighter field, and answer more steeply."""
EXCHANGE, EXCHANGE_SPREAD = 0.5, 0.5
"""Prior of the share of impressions that 1 % more bid takes from a twin of the same size."""
WORD_SPREADS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.45)
"""Log sd of words' own elasticities to choose from, and how far the choice is held to the middle."""
WORD_DAY_NOISE = 0.3
"""Relative sd of a word's day beyond counting, when weighing days against each other."""
MOST_ELASTIC = 6.0
ROUNDS = 4
MOST_WORDS = 2000
"""So many words, evenly drawn, tell the pooled shape."""
SHAPE_HALF_LIFE = 45.0


def rivals(x: Array, shape: Array) -> Array:
    """Mean number of rivals above standings x, any shape; `shape` = log (s, f, c). The integral of the elasticity."""
    s, f, c = np.exp(shape)
    root = np.sqrt(c)
    # s exp(-f x - c x^2 / 2) from x up; log_ndtr keeps far tails finite.
    return np.asarray(s * np.sqrt(2 * np.pi) / root * np.exp(f**2 / (2 * c) + log_ndtr(-(x * root + f / root))))


def elasticity(x: Array, shape: Array) -> Array:
    """Relative rise of impressions with the bid at standings x."""
    s, f, c = np.exp(shape)
    return np.asarray(s * np.exp(-f * x - c * x**2 / 2))


@dataclass(frozen=True)
class Landscape:
    """Curves of n words around today's market.

    shape: log (s, f, c); steeper (n,): a word's elasticity as a multiple of the pool's, `steeper_spread` its log sd;
    premium (n,): effective bid / base bid.
    """

    standing: Standing
    shape: Array
    steeper: Array
    steeper_spread: Array
    premium: Array

    def x(self, bid: Array) -> Array:
        """Standing today of base bids (n, k) in yuan."""
        return _within(np.log(bid) - self.standing.location[:, None])

    def reach(self, bid: Array) -> Array:
        """(n, k) share of searches reached today at base bids (n, k)."""
        return np.exp(-self.steeper[:, None] * rivals(self.x(bid), self.shape))

    def past_reach(self) -> Array:
        """(n, m) share of searches reached on each past day, where rivals stood that day."""
        return np.exp(-self.steeper[:, None] * rivals(_within(self.standing.x), self.shape))

    def elasticity(self, bid: Array) -> Array:
        """(n, k) of impressions today at base bids (n, k)."""
        return self.steeper[:, None] * elasticity(self.x(bid), self.shape)

    def cpc(self, bid: Array) -> Array:
        """(n, k) yuan a click today at base bids (n, k), never above the effective bid."""
        at = self.standing
        own = (at.location + at.paid)[:, None]
        return np.asarray(np.minimum(np.exp(own + at.market.log_cpc(self.x(bid))), bid * self.premium[:, None]))


def _within(x: Array) -> Array:
    return np.asarray(np.clip(x, LOWEST_X, HIGHEST_X))


def fit(panel: Panel) -> Landscape:
    """Fit the pooled shape, each word's standing and its departure from the pool."""
    premium = premiums(panel)
    place = standing.fit(panel, premium)
    pays = place.paid - np.log(premium)
    pays = np.clip(pays - np.median(pays), -0.5, 0.5)
    # Against the rivals' middle, not where each day's noisy rank puts them: errors of x would flatten the slope.
    log_bid = np.log(panel.bid)
    x = _within(log_bid - np.median(log_bid - place.x, axis=1)[:, None])
    twins = Twins.of(panel)
    days = _Days.of(panel)
    alone = np.flatnonzero(twins.index < 0)
    some = alone[np.linspace(0, len(alone) - 1, min(len(alone), MOST_WORDS)).astype(int)]
    pooled, spread = _pooled(days.of_words(some), x[some], pays[some])
    log_reach = -np.exp(pooled[3] * pays)[:, None] * rivals(x, pooled[:3])
    exchanged = _exchange(days, log_reach, twins.gap(log_bid, days.shown))
    own, own_spread = _departures(days, log_reach, exchanged)
    most = np.log(MOST_ELASTIC / np.maximum(elasticity(x[:, -1], pooled[:3]), 1e-3))
    steeper = np.exp(np.minimum(pooled[3] * pays + own, most))
    return Landscape(place, pooled[:3], steeper, np.hypot(own_spread, spread), premium)


@dataclass(frozen=True)
class Twins:
    """Words of one item with the same tokens share searches: what one takes from the other is no gain for the shop.

    index (n,): the group of a word that has a twin, -1 for the others.
    """

    index: npt.NDArray[np.intp]

    @classmethod
    def of(cls, panel: Panel) -> "Twins":
        tokens = panel.units["keyword"].str.casefold().str.split().map(lambda parts: " ".join(sorted(parts)))
        same = panel.units.assign(tokens=tokens).groupby(["item_id", "tokens"])
        group: pd.Series = same.ngroup().where(same["tokens"].transform("size") > 1, -1)
        named = (panel.units["item_id"].ne("") & panel.units["word_type"].eq("keyword")).to_numpy()
        return cls(np.where(named, group, -1).astype(np.intp))

    def gap(self, log_bid: Array, shown: Array) -> Array:
        """(n, m) how far a word's log bid is above its twins', by their share of the smaller's searches; 0 without."""
        rows = np.flatnonzero(self.index >= 0)
        out = np.zeros_like(log_bid)
        if not len(rows):
            return out
        group, groups = self.index[rows], int(self.index.max()) + 1
        size, total = shown[rows].sum(1), np.bincount(group, minlength=groups)[group]
        others = (by_group(log_bid[rows], group, groups)[group] - log_bid[rows]) / np.maximum(total - 1, 1)[:, None]
        theirs = np.bincount(group, size, groups)[group] - size
        part = np.minimum(1.0, np.nan_to_num(ratio(theirs, size)))
        out[rows] = part[:, None] * np.clip(log_bid[rows] - others, -1.0, 1.0)
        return out


def premiums(panel: Panel) -> Array:
    """(n,) effective bid / base bid by ad group: 1 where CPC never passed the bid.

    分时 and 人群 premiums are not in any report; no click costs more than the effective bid, so the highest
    CPC / bid that days with some clicks reached tells them. Days before the first told bid say nothing: it may have
    been another.
    """
    seen = (panel.clicks >= 3) & panel.bid_told
    unit, day = np.nonzero(seen)
    over = panel.spend[unit, day] / panel.clicks[unit, day] / panel.bid[unit, day]
    top = pd.Series(over).groupby(panel.ad_group[unit]).quantile(0.99)
    by_ad_group = np.ones(int(panel.ad_group.max(initial=-1)) + 1)
    by_ad_group[top.index.to_numpy()] = np.clip(top.to_numpy(), 1.0, 6.0)
    return by_ad_group[panel.ad_group]


@dataclass(frozen=True)
class _Days:
    """Impressions `shown` (n, m) of days on which the words ran, the weight of each day's count, and its campaign."""

    shown: Array
    running: Mask
    recency: Array
    campaign: npt.NDArray[np.intp]
    campaigns: int

    @classmethod
    def of(cls, panel: Panel) -> "_Days":
        running = panel.running & panel.covered & (panel.impressions.sum(1) >= 50)[:, None]
        shown = np.where(running, panel.impressions, 0.0)
        return cls(shown, running, panel.recency(SHAPE_HALF_LIFE), panel.campaign, len(panel.campaigns))

    def of_words(self, some: npt.NDArray[np.intp]) -> "_Days":
        return replace(self, shown=self.shown[some], running=self.running[some], campaign=self.campaign[some])

    def balanced(self, reach: Array) -> Array:
        """Scale `reach` to the totals of `shown` by word and by campaign-day (iterative proportional fitting)."""
        expected = np.where(self.running, reach, 0.0)
        for _ in range(6):
            expected = expected * (self.shown.sum(1) / np.maximum(expected.sum(1), 1e-9))[:, None]
            day = by_group(self.shown, self.campaign, self.campaigns)
            day = day / np.maximum(by_group(expected, self.campaign, self.campaigns), 1e-9)
            expected = expected * day[self.campaign]
        return expected

    def net(self, values: Array, weight: Array) -> Array:
        """`values` (n, m) less their weighted means by word and by campaign-day, by alternating projections."""
        for _ in range(4):
            values = values - ratio((weight * values).sum(1), np.maximum(weight.sum(1), 1e-9))[:, None]
            mean = by_group(weight * values, self.campaign, self.campaigns)
            values = values - (mean / np.maximum(by_group(weight, self.campaign, self.campaigns), 1e-9))[self.campaign]
        return values

    def residual(self, log_reach: Array) -> tuple[Array, Array]:
        """(relative miss, weight), (n, m) each: of the days' counts around what `log_reach` says of their changes."""
        expected = self.balanced(np.exp(log_reach))
        weight = self.recency * expected / (1 + WORD_DAY_NOISE**2 * expected)
        miss = ratio(self.shown - expected, np.where(expected > 1e-6, expected, 0.0))
        return np.clip(np.nan_to_num(miss), -1.0, 3.0), weight


def _pooled(days: _Days, x: Array, pays: Array) -> tuple[Array, float]:
    """log (s, f, c) and the effect of `pays`, and the sd of log s (Gauss-Newton on quasi-Poisson counts)."""
    prior = np.array([*USUAL, PAID_EFFECT])
    held = 1 / np.array([*USUAL_SPREAD, PAID_EFFECT_SPREAD]) ** 2

    def log_reach(p: Array) -> Array:
        return np.asarray(-np.exp(p[3] * pays)[:, None] * rivals(x, p[:3]))

    at = prior
    for _ in range(ROUNDS):
        miss, weight = days.residual(log_reach(at))
        slopes = [days.net((log_reach(at + d) - log_reach(at - d)) / 0.02, weight) for d in 0.01 * np.eye(len(at))]
        gradient = np.array([(weight * d * miss).sum() for d in slopes]) + held * (prior - at)
        information = np.array([[(weight * a * b).sum() for a in slopes] for b in slopes]) + np.diag(held)
        at = at + np.clip(np.linalg.solve(information, gradient), -0.4, 0.4)
    return at, float(np.sqrt(np.linalg.inv(information)[0, 0]))


def _exchange(days: _Days, log_reach: Array, gap: Array) -> Array:
    """(n, m) log impressions that a word took from its twins, or they from it: least squares, held to `EXCHANGE`."""
    if not gap.any():
        return gap
    miss, weight = days.residual(log_reach)
    slope = days.net(gap, weight)
    information = (weight * slope**2).sum() + EXCHANGE_SPREAD**-2
    rate = ((weight * slope * miss).sum() + EXCHANGE * EXCHANGE_SPREAD**-2) / information
    return np.asarray(max(float(rate), 0.0) * gap)


def _departures(days: _Days, log_reach: Array, exchanged: Array) -> tuple[Array, Array]:
    """(mean, sd), (n,) each: how far a word's log elasticity is from the pool's, shrunk as far as words turn out alike.

    The spread among words has the greatest marginal likelihood of normal effects.
    """
    miss, weight = days.residual(log_reach + exchanged)
    slope = days.net(log_reach, weight)
    score, information = (weight * slope * miss).sum(1), (weight * slope**2).sum(1)
    likelihood = [
        float(np.sum(score**2 / (information + 1 / s**2) - np.log1p(information * s**2))) / 2 for s in WORD_SPREADS
    ]
    precision = information + 1 / WORD_SPREADS[int(np.argmax(likelihood))] ** 2
    return score / precision, 1 / np.sqrt(precision)
