"""80 % intervals of what will come to pass: by word, by campaign and for the shop."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from bidopt.curves.doubt import Doubt
from bidopt.curves.laws import Budgeted, Count, Difference, Law, Money, Normal
from bidopt.curves.response import NAMES

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]
Interval = tuple[Array, Array]

COVERAGE = 0.80
LOW, HIGH = (1 - COVERAGE) / 2, (1 + COVERAGE) / 2
MOST_OWN = 4.0
"""A campaign of next to no spend scatters by at most this relative variance."""


def interval(law: Law, mean: Array) -> Interval:
    """(low, high) of laws with these means, (n,). A very skewed law's mean can lie beyond its quantiles: it is held."""
    return np.minimum(law.quantile(LOW), mean), np.maximum(law.quantile(HIGH), mean)


def word_intervals(doubt: Doubt, group: Index) -> dict[str, Interval]:
    """By figure, (low, high) of each word, whose spend no budget lets pass; `group` (n,) is its campaign."""
    out = {name: interval(law, doubt.mean[name]) for name, law in word_laws(doubt, group).items()}
    low, high = out["spend"]
    return out | {"spend": (low, np.maximum(np.minimum(high, doubt.limit.budget[group]), doubt.mean["spend"]))}


def campaign_intervals(doubt: Doubt, group: Index) -> dict[str, tuple[Array, Array, Array]]:
    """By figure, (mean, low, high) of each campaign's sum, (c,)."""
    sums = _Sums(doubt, group)
    return {name: (sums.mean(name), *interval(law, sums.mean(name))) for name, law in _campaign_laws(sums).items()}


def total_interval(doubt: Doubt, group: Index, within: Mask) -> dict[str, tuple[float, float, float]]:
    """By figure, (mean, low, high) of the sum over the words `within` (n,); `group` (n,) is a word's campaign."""
    out = {}
    for name, law in total_laws(doubt, group, within).items():
        mean = np.array([(doubt.mean[name] * within).sum()])
        low, high = interval(law, mean)
        out[name] = (float(mean[0]), float(low[0]), float(high[0]))
    return out


def word_laws(doubt: Doubt, group: Index) -> dict[str, Law]:
    """By figure, the laws of the words, (n,)."""
    demand = ((doubt.demand.campaign + doubt.demand.shop) * _kept(_Sums(doubt, group)))[group] + doubt.slope**2
    conversion = (doubt.conversion.campaign + doubt.conversion.shop)[group]
    variance = {
        name: doubt.own[name] + demand * doubt.mean[name] ** 2 + conversion * doubt.converted[name] ** 2
        for name in NAMES
    }
    laws, spend, gmv = _laws(doubt.mean, variance)
    return laws | {"profit": Difference(gmv, spend, doubt.margin)}


def campaign_laws(doubt: Doubt, group: Index) -> dict[str, Law]:
    """By figure, the laws of the campaigns' sums, (c,)."""
    return _campaign_laws(_Sums(doubt, group))


def _campaign_laws(sums: "_Sums") -> dict[str, Law]:
    kept, limit = _kept(sums), sums.doubt.limit
    variance = {name: sums.own(name) + kept * sums.demand(name) + sums.conversion(name) for name in NAMES}
    laws, _, _ = _laws({name: sums.mean(name) for name in NAMES}, variance)
    whole = Money(sums.mean("spend") / limit.served, (sums.own("spend") + sums.demand("spend")) / limit.served**2)
    return laws | {"spend": Budgeted(whole, limit.budget, 2 * limit.landing - 1)}


def total_laws(doubt: Doubt, group: Index, within: Mask) -> dict[str, Law]:
    """By figure, the law of the sum over the words `within` (n,), as arrays of one."""
    sums = _Sums(doubt, group, within)
    kept = np.sqrt(_kept(_Sums(doubt, group)))
    variance = {}
    for name in NAMES:
        demand, converted = kept * sums.mean(name), sums.converted(name)
        own = kept**2 * sums.own(name) if name == "spend" else sums.own(name)
        parts = (
            own.sum(),
            (doubt.demand.campaign * demand**2).sum(),
            doubt.demand.shop * demand.sum() ** 2,
            (kept * sums.slope(name)).sum() ** 2,
            (doubt.conversion.campaign * converted**2).sum(),
            sums.items(name, np.zeros(len(group), np.intp)).sum(),
            doubt.conversion.shop * converted.sum() ** 2,
        )
        variance[name] = np.array([sum(parts)])
    laws, _, _ = _laws({name: sums.mean(name).sum(keepdims=True) for name in NAMES}, variance)
    return laws


def campaign_variance(doubt: Doubt, group: Index) -> Array:
    """(c,) relative variance of a campaign's spend of the day before any budget cuts it."""
    return _relative_variance(_Sums(doubt, group))


def _relative_variance(sums: "_Sums") -> Array:
    spend = np.maximum(sums.mean("spend"), 1e-9)
    return np.asarray(np.minimum(sums.own("spend") / spend**2, MOST_OWN) + sums.demand("spend") / spend**2)


@dataclass(frozen=True)
class _Sums:
    """Sums by campaign, (c,), over the words `within` (n,)."""

    doubt: Doubt
    group: Index
    within: Mask | None = None
    _found: dict[tuple[str, str], Array] = field(default_factory=dict)

    def mean(self, name: str) -> Array:
        return self._sum("mean", name)

    def own(self, name: str) -> Array:
        return self._sum("own", name)

    def converted(self, name: str) -> Array:
        return self._sum("converted", name)

    def slope(self, name: str) -> Array:
        return self._sum("slope", name)

    def demand(self, name: str) -> Array:
        """Variance that a campaign's words share through demand."""
        common = self.doubt.demand.campaign + self.doubt.demand.shop
        return np.asarray(common * self.mean(name) ** 2 + self.slope(name) ** 2)

    def conversion(self, name: str) -> Array:
        """Variance that a campaign's words share through conversion."""
        common = self.doubt.conversion.campaign + self.doubt.conversion.shop
        return np.asarray(common * self.converted(name) ** 2 + self.items(name, self.group))

    def items(self, name: str, group: Index) -> Array:
        """(g,) variance that the words of an item share within each `group` (n,), beside what each has as its own."""
        err = self.doubt.converted[name] * self.doubt.item_spread * (1.0 if self.within is None else self.within)
        items, groups = int(self.doubt.item.max(initial=0)) + 1, len(self.doubt.limit.budget)
        if not err.any():
            return np.zeros(groups)
        together = np.bincount(group * items + self.doubt.item, err, groups * items).reshape(groups, items)
        alone = np.bincount(group, err**2, groups)
        return np.asarray((together**2).sum(1) - alone)

    def _sum(self, part: str, name: str) -> Array:
        if (part, name) not in self._found:
            doubt = self.doubt
            values: Array = doubt.slope * doubt.mean[name] if part == "slope" else getattr(doubt, part)[name]
            inside = values if self.within is None else values * self.within
            self._found[part, name] = np.bincount(self.group, inside, len(doubt.limit.budget)).astype(float)
        return self._found[part, name]


def _laws(mean: dict[str, Array], variance: dict[str, Array]) -> tuple[dict[str, Law], Money, Money]:
    """(laws by figure, that of the spend, that of the GMV) with these moments."""
    count = {name: Count(mean[name], variance[name]) for name in ("impressions", "clicks", "orders")}
    spend = Money(mean["spend"], variance["spend"], count["clicks"].none)
    gmv = Money(mean["gmv"], variance["gmv"], count["orders"].none)
    return {**count, "spend": spend, "gmv": gmv, "profit": Normal(mean["profit"], variance["profit"])}, spend, gmv


def _kept(sums: _Sums) -> Array:
    """(c,) share of the variance of a campaign's day that its budget lets through.

    Second limited moment of a log-normal (Klugman, Panjer & Willmot, Loss Models, appendix A).
    """
    limit, mean = sums.doubt.limit, sums.mean("spend")
    some = (mean > 0) & np.isfinite(limit.budget)
    m, b = np.where(some, mean / limit.served, 1.0), np.where(some, limit.budget, 1.0)
    variance = np.maximum(_relative_variance(sums), 1e-6)
    sigma = np.sqrt(np.log1p(variance))
    d = (np.log(b / m) + sigma**2 / 2) / sigma
    first = m * ndtr(d - sigma) + b * ndtr(-d)
    second = m**2 * (1 + variance) * ndtr(d - 2 * sigma) + b**2 * ndtr(-d)
    return np.where(some, np.clip((second / first**2 - 1) / variance, 0.0, 1.0), 1.0)
