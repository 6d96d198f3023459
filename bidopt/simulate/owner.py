"""An owner who moves bids by feel: after luck, after lost rank, before promotions; never at random.

Words that returned much lately are raised, so that bids and luck go together in the history.
"""

from datetime import timedelta

import numpy as np
import numpy.typing as npt

from bidopt.simulate.record import Known, Record
from bidopt.simulate.spec import MarketSpec
from bidopt.simulate.truth import Array, Truth

LOOKS_BACK = 14
EAGER_DAYS = 3
"""So many days before a promotion the owner raises whole campaigns, and takes it back after."""


class Owner:
    def __init__(self, spec: MarketSpec, truth: Truth, record: Record, adjustable: npt.NDArray[np.bool_]) -> None:
        self._spec, self._record, self._adjustable = spec, record, adjustable
        self._rng = np.random.default_rng([spec.seed, 2])
        self._net_margin = truth.words.net_margin
        price, value = truth.words.price, truth.value(0)
        self._first = price * (value / price) ** 0.55 * np.exp(self._rng.normal(-0.25, 0.25, len(price)))

    def first_bids(self) -> Array:
        """Bids that look at the market's price more than at what a click is worth."""
        return _rounded(self._first)

    def first_budgets(self, spend: Array) -> dict[str, float]:
        """Budgets in tens of yuan around `spend`, what each campaign is expected to spend: some too tight."""
        generous = np.maximum(np.round(spend * self._rng.uniform(0.8, 1.5, len(spend)) / 10) * 10, 30.0)
        ids = self._record.catalogue.campaigns["campaign_id"]
        return dict(zip(ids, generous.tolist(), strict=True))

    def bids(self) -> Array:
        """The next day's bids."""
        days = self._record.days
        today = days[-1].day + timedelta(days=1)
        looked = self._adjustable & (self._rng.random(len(self._adjustable)) < self._spec.kind.attention)
        feel = self._rng.uniform(0.05, 0.15, len(looked))
        move = np.where(looked, feel * self._mood(self._record.known(today, LOOKS_BACK)), 0.0)
        for promotion in self._spec.promotions:
            eager = (self._record.words["campaign"] % 2 == 0).to_numpy() & (self._spec.kind.attention > 0.05)
            if today == promotion.start - timedelta(days=EAGER_DAYS):
                move = np.where(self._adjustable & eager, 0.12, move)
            elif today == promotion.end + timedelta(days=1):
                move = np.where(self._adjustable & eager, -0.10, move)
        return np.where(self._adjustable, _rounded(days[-1].bids * (1 + move)), days[-1].bids)

    def budgets(self) -> dict[str, float]:
        """Once a week: more for plans that ran out, less for those that spent under half."""
        last = self._record.days[-1]
        if len(self._record.days) % 7:
            return last.budgets
        spent = np.bincount(self._record.words["campaign"], last.spend, len(last.budgets))
        budgets = dict(last.budgets)
        for (campaign, budget), spend in zip(last.budgets.items(), spent, strict=True):
            more, less = spend > 0.97 * budget, spend < 0.5 * budget
            factor = self._rng.choice([1.0, 1.15, 1.25]) if more else 0.9 if less else 1.0
            budgets[campaign] = float(max(30, round(budget * factor / 10) * 10))
        return budgets

    def _mood(self, known: Known) -> Array:
        """+1 to raise, -1 to cut: by last week's return against the shop's, else by rank lost, else on a whim."""
        week = slice(-7, None)
        clicks, spend, gmv = (getattr(known, name)[week].sum(axis=0) for name in ("clicks", "spend", "gmv"))
        earned = gmv * self._net_margin / np.maximum(spend, 0.01)
        usual = (gmv * self._net_margin).sum() / max(spend.sum(), 0.01)
        shown = np.isfinite(known.rank)
        rank = np.where(shown, known.rank, 0.0)
        now, before = (rank[s].sum(axis=0) / np.maximum(shown[s].sum(axis=0), 1) for s in (week, slice(0, -7)))
        whim = self._rng.choice([-0.5, 0.0, 0.5], len(clicks))
        mood = np.where((before > 0) & (now - before > 0.3), 0.7, whim)
        mood = np.where((clicks >= 8) & (earned < 0.6 * usual), -1.0, mood)
        return np.where((clicks >= 8) & (earned > 1.4 * usual), 1.0, mood)


def _rounded(bids: Array) -> Array:
    return np.clip(np.round(bids, 2), 0.05, 20.0)
