"""The market: plays days under bids and budgets, and remembers what each brought."""

from datetime import date, timedelta
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from bidopt.simulate import exports
from bidopt.simulate.catalogue import catalogue
from bidopt.simulate.optimum import best_bids
from bidopt.simulate.owner import Owner
from bidopt.simulate.record import DayResult, Index, Orders, Record
from bidopt.simulate.spec import MAX_DAYS, MarketSpec
from bidopt.simulate.truth import DELAY_DAYS, Array, Outcome, Truth, served_conversion, truth

LOWEST_BID, HIGHEST_BID = 0.05, 20.0
SMART_BID = 0.7
"""What 智能出价 bids, as a share of the true value of a click."""
SMALLEST = 1e-9


class Market:
    """A keyword auction market with a known truth.

    Random paths (demand, rivals, illness, the uniforms behind every count) follow from the specification alone, so that
    two controllers on one market meet the same luck.
    """

    def __init__(self, spec: MarketSpec) -> None:
        self.spec = spec
        rng = np.random.default_rng([spec.seed, *spec.family.encode()])
        self.catalogue = catalogue(spec, rng)
        self.truth: Truth = truth(spec, self.catalogue, rng)
        self.words = self.catalogue.words
        score = 6.5 + 4 * np.log(self.truth.words.quality) + rng.normal(0, 0.6, len(self.words))
        self.record = Record(self.catalogue, np.clip(np.round(score), 1, 10).astype(np.int64), spec.presale)
        self.campaign: Index = self.words["campaign"].to_numpy(np.int64)
        self.smart: npt.NDArray[np.bool_] = self.words["smart"].to_numpy(bool)
        self.adjustable: npt.NDArray[np.bool_] = (
            ~self.smart & self.truth.live & (self.words["word_type"] == "keyword").to_numpy()
        )

    @property
    def campaign_ids(self) -> list[str]:
        return self.catalogue.campaigns["campaign_id"].tolist()

    @property
    def manual_ids(self) -> list[str]:
        """Campaigns that live under the cap: all but those on 智能出价."""
        campaigns = self.catalogue.campaigns
        return campaigns.loc[~campaigns["smart"], "campaign_id"].tolist()

    @property
    def bids(self) -> Array:
        """The bids in force, yuan."""
        return self.record.days[-1].bids

    @property
    def budgets(self) -> dict[str, float]:
        """The plan budgets in force, yuan a day."""
        return self.record.days[-1].budgets

    @property
    def next_day(self) -> date:
        return self.spec.start + timedelta(days=len(self.record.days))

    @property
    def history_end(self) -> date:
        """The first day after the history."""
        return self.spec.start + timedelta(days=self.spec.history_days)

    def number(self, day: date) -> int:
        """Row of `day` in the market's paths."""
        number = (day - self.spec.start).days
        if not 0 <= number < MAX_DAYS:
            raise ValueError(f"{day} is outside this market's {MAX_DAYS} days")
        return number

    def play_history(self) -> None:
        """Play the specification's history days under an owner's bids and budgets."""
        owner = Owner(self.spec, self.truth, self.record, self.adjustable)
        bids = owner.first_bids()
        budgets = owner.first_budgets(self.by_campaign(self.expected(self.next_day, bids)["spend"].to_numpy()))
        for _ in range(self.spec.history_days):
            self.play(self.next_day, bids, budgets)
            bids, budgets = owner.bids(), owner.budgets()

    def best_uncapped_spend(self, days: int = 21) -> float:
        """Yuan a day that the best bids would spend on the first `days` after the history, with no step and no cap."""
        first = self.spec.history_days
        free = np.geomspace(LOWEST_BID, HIGHEST_BID, 120)
        spends = []
        for day in range(first, first + days):
            held = self.in_force(self.spec.start + timedelta(days=day), self.bids)
            options = np.where(self.adjustable[:, None], free, held[:, None])
            best = best_bids(self.truth, day, options, held, ~self.smart, np.inf)
            spends.append(self.truth.outcome(day, best).spend[~self.smart].sum())
        return float(np.mean(spends))

    def write_exports(
        self, folder: Path, morning: date, *, since_days: int = 30, window_days: int = DELAY_DAYS
    ) -> list[Path]:
        """Write what the platform offers on `morning` into `folder`: report, word, plan and item table.

        `window_days`: the 归因周期 chosen at download.
        """
        return exports.write_morning(self.record, folder, morning, since_days, window_days)

    def write_history_exports(self, folder: Path, *, bid_history: bool = True) -> list[Path]:
        """Write a first delivery: all days, earlier downloads that they restate, and the tables of every morning.

        With `bid_history` False only the newest word and plan tables exist.
        """
        return exports.write_first_delivery(self.record, folder, self.next_day, bid_history)

    def apply_plan(self, run_dir: Path) -> tuple[Array, dict[str, float]]:
        """Tomorrow's bids and budgets: those in force, changed as the change lists in `run_dir` say."""
        bids = exports.read_bids(run_dir / "bids.csv", self.words, self.bids)
        return bids, self.budgets | exports.read_budgets(run_dir / "budgets.csv")

    def by_campaign(self, values: Array) -> Array:
        """Totals of `values` (n,) by campaign row."""
        totals: Array = np.bincount(self.campaign, values, len(self.campaign_ids)).astype(float)
        return totals

    def in_force(self, day: date, bids: Array) -> Array:
        """`bids` with those the platform sets itself in plans on 智能出价."""
        return np.where(self.smart, SMART_BID * self.truth.value(self.number(day)), bids)

    def expected(self, day: date, bids: Array, budgets: dict[str, float] | None = None) -> pd.DataFrame:
        """Mean of a day by word, after the cut by `budgets` where they are given: a row a word, money in yuan."""
        number, word = self.number(day), self.truth.words
        mean = self.truth.outcome(number, self.in_force(day, bids))
        wanted = self.by_campaign(mean.spend)
        served = self._served(wanted, budgets or {})[self.campaign]
        clicks = mean.clicks * served
        orders = clicks * word.cvr * self.truth.days.conversion[number] * served_conversion(served)
        gmv = orders * word.order_value
        spend = mean.spend * served
        return pd.DataFrame(
            {
                "impressions": mean.impressions * served,
                "clicks": clicks,
                "spend": spend,
                "orders": orders,
                "gmv": gmv,
                "profit": gmv * word.net_margin - spend,
                "served": served,
            }
        )

    def play(self, day: date, bids: Array, budgets: dict[str, float]) -> DayResult:
        """Play `day`, which must be the next, with `bids` (n,) yuan and `budgets` yuan a day by campaign id."""
        if day != self.next_day:
            raise ValueError(f"the next day to play is {self.next_day}, not {day}")
        number = self.number(day)
        rng = np.random.default_rng([self.spec.seed, number, 1])
        luck = rng.random((10, len(bids)))
        bids = self.in_force(day, bids)
        mean = self.truth.outcome(number, bids)
        most = bids * self.truth.days.premium[number]
        whole_day = self._counts(number, mean, most, luck)
        wanted = self.by_campaign(whole_day[2])
        served = self._served(wanted, budgets)
        shows, clicks, spend = self._cut(whole_day, served, budgets, luck, most)
        word, share = self.truth.words, served_conversion(served)[self.campaign]
        rate = word.cvr * self.truth.days.conversion[number] * share
        gmv = clicks * rate * word.order_value
        # People still put into the cart what they do not buy, so carts follow conversion only half way.
        eager = np.sqrt(self.truth.days.conversion[number])
        result = DayResult(
            day, bids.copy(), dict(budgets), shows, clicks, spend, _reported_rank(mean, shows, luck[5]),
            _binomial(luck[6], clicks, word.cart_rate * eager), _binomial(luck[7], clicks, word.favourite_rate * eager),
            self._orders(clicks * rate, luck[8], rng), served, gmv * word.net_margin - spend, gmv,
        )  # fmt: skip
        self.record.days.append(result)
        return result

    @cached_property
    def _block_of(self) -> list[Index]:
        return [np.flatnonzero(self.campaign == c) for c in range(len(self.campaign_ids))]

    def _served(self, wanted: Array, budgets: dict[str, float]) -> Array:
        """Share of the day's clicks before each campaign's budget is gone, by campaign row; `wanted` is its spend."""
        budget = np.array([budgets.get(c, np.inf) for c in self.campaign_ids])
        return np.minimum(1.0, budget / np.maximum(wanted, SMALLEST))

    def _counts(self, number: int, mean: Outcome, most: Array, luck: Array) -> tuple[Index, Index, Array]:
        """Impressions, clicks and spend of a whole day without budgets."""
        shows = _poisson(luck[0], mean.impressions * self.truth.days.noise[number])
        ctr = mean.clicks / np.maximum(mean.impressions, 1e-12)
        clicks = _binomial(luck[1], shows, np.minimum(ctr, 1.0))
        cpc = mean.spend / np.maximum(mean.clicks, 1e-12)
        jitter = np.exp(0.15 * stats.norm.ppf(luck[2]) / np.sqrt(np.maximum(clicks, 1)))
        return shows, clicks, clicks * np.minimum(cpc * jitter, most)

    def _cut(
        self, counts: tuple[Index, Index, Array], served: Array, budgets: dict[str, float], luck: Array, most: Array
    ) -> tuple[Index, Index, Array]:
        """What is left of a day when each campaign runs until its budget is gone; `most`: highest cost a click."""
        shows, clicks, spend = counts[0].copy(), counts[1].copy(), counts[2].copy()
        for campaign in np.flatnonzero(served < 1.0):
            rows, share = self._block_of[campaign], served[campaign]
            wanted = clicks[rows]
            clicks[rows] = _thinned(wanted, share, luck[3, rows[0]])
            shows[rows] = np.maximum(_thinned(shows[rows], share, luck[4, rows[0]]), clicks[rows])
            paid = spend[rows] * clicks[rows] / np.maximum(wanted, 1)
            # The platform stops within a click of the budget, never above it.
            stop = budgets[self.campaign_ids[campaign]] * (1 - 0.015 * luck[9, rows[0]])
            spend[rows] = paid * min(stop / max(paid.sum(), SMALLEST), 1.06)
        fen: Array = np.floor(np.minimum(spend, clicks * most) * 100)
        return shows, clicks, fen / 100

    def _orders(self, mean: Array, luck: Array, rng: np.random.Generator) -> Orders:
        count = _poisson(luck, mean)
        place = np.arange(max(int(count.max()), 1))[:, None] < count
        # One row of draws an order of a word: the first order of a word is the same however many follow.
        lag_luck, value_luck, direct_luck = (np.array([g.random(place.shape[1]) for _ in place]) for g in rng.spawn(3))
        word = np.broadcast_to(np.arange(place.shape[1]), place.shape)[place]
        traits = self.truth.words
        lag = (lag_luck[place][:, None] > traits.delay[word]).sum(axis=1).astype(np.int64)
        value = traits.order_value[word] * np.exp(0.3 * stats.norm.ppf(value_luck[place]) - 0.045)
        direct = direct_luck[place] < traits.direct_share[word]
        return Orders(word, np.minimum(lag, DELAY_DAYS - 1), np.round(value, 2), direct)


def _poisson(luck: Array, mean: Array) -> Index:
    counts: Index = np.maximum(stats.poisson.ppf(luck, np.maximum(mean, 1e-12)), 0).astype(np.int64)
    return counts


def _binomial(luck: Array, n: Index, p: Array) -> Index:
    counts: Index = np.maximum(stats.binom.ppf(luck, n, np.clip(p, 1e-12, 1.0)), 0).astype(np.int64)
    return counts


def _thinned(counts: Index, share: float, luck: float) -> Index:
    """Keep `share` of the counts, the total right to one: systematic sampling."""
    edges = np.floor(np.cumsum(counts) * share + luck).astype(np.int64)
    kept: Index = np.minimum(np.diff(edges, prepend=0), counts)
    return kept


def _reported_rank(mean: Outcome, shows: Index, luck: Array) -> Array:
    noise = 0.5 * stats.norm.ppf(luck) / np.sqrt(np.maximum(shows, 1))
    return np.where(shows > 0, np.clip(mean.rank + noise, 1.0, None), np.nan).round(2)
