"""Conversions arrive late: what share of a day's final orders is known at each age, by item.

How the same rows grew between two downloads says in which days of their age orders came. What has not come yet is
not seen, and downloads some days apart only bound the day: the self-consistent estimate under truncation and interval
censoring (Turnbull, 1976, JRSS B 38) with a Dirichlet prior, the usual curve for the shop, the shop's for its items.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import betaln

from bidopt.schema import KEY

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]

PRIOR_FIRST, PRIOR_DAILY = 0.75, 0.75
"""Usual shops: 75 % of the orders stand at age 1, and each further day brings a quarter of the rest."""
PRIOR_ORDERS = 20.0
"""How many orders of evidence the prior is worth."""
LIKENESS = np.geomspace(5.0, 2000.0, 19)
USUAL_LIKENESS, LIKENESS_SPREAD = 60.0, 1.0
"""How many orders the shop's curve is worth to an item: candidates and a weak log-normal prior."""
TURNS = 60
MOST_STATES = 500_000
"""In larger shops every second, third, ... word tells enough."""


@dataclass(frozen=True)
class DelayCurve:
    """Share of final orders in a report made `age` days after the click, by age from 0: `known` (window + 2,) of the
    shop, `items` the same by item id."""

    known: Array
    items: dict[str, Array] = field(default_factory=dict)

    def at(self, age: npt.ArrayLike) -> Array:
        """The share known at `age` days, of any shape."""
        return np.asarray(self.known[self._place(age)])

    def of_items(self, ids: list[str], age: npt.ArrayLike) -> Array:
        """The share known at `age` (m,) days of each item's orders, (len(ids), m)."""
        curves = np.array([self.items.get(item, self.known) for item in ids]).reshape(-1, len(self.known))
        return np.asarray(curves[:, self._place(age)])

    def _place(self, age: npt.ArrayLike) -> Index:
        place: Index = np.clip(np.asarray(age, float), 0, len(self.known) - 1).astype(np.intp)
        return place


def prior_curve(window: int) -> Array:
    """Shares known at ages 0..window + 1: the click's own day and `window` days after it all count."""
    age = np.arange(window + 2)
    missing = (1 - PRIOR_FIRST) * PRIOR_DAILY ** (age - 1.0)
    known = 1 - (missing - missing[-1]) / (1 - missing[-1])
    return np.asarray(np.where(age == 0, 0.4 * known[1], known))


def fit(versions: pd.DataFrame, window: int) -> DelayCurve:
    """Learn the curves from `versions`: every known state of rows seen in more than one download."""
    prior = np.diff(prior_curve(window)[1:], prepend=0.0)
    ids, spans, counts, ends = _arrivals(enough(versions), window)
    shop = _self_consistent(counts.sum(0, keepdims=True), spans, ends.sum(0, keepdims=True), prior, PRIOR_ORDERS)
    if not len(ids):
        return DelayCurve(_curve(shop[0]))
    worth = _likeness(counts, spans, ends, shop[0])
    own = _self_consistent(counts, spans, ends, shop[0], worth)
    return DelayCurve(_curve(shop[0]), {item: _curve(share) for item, share in zip(ids, own, strict=True)})


def enough(versions: pd.DataFrame) -> pd.DataFrame:
    """The states of so many words, evenly drawn, as tell the curve."""
    versions = versions.reset_index(drop=True)
    every = -(-len(versions) // MOST_STATES)
    if every > 1:
        versions = versions[pd.factorize(versions["keyword_id"], sort=True)[0] % every == 0]
    return versions


def _curve(share: Array) -> Array:
    """Known by age from the shares that arrive at ages 1, 2, ...; the report of the same day sees under half of it."""
    known = np.minimum(np.cumsum(share) / share.sum(), 1.0)
    return np.concatenate([[0.4 * known[0]], known[:-1], [1.0]])


def _arrivals(versions: pd.DataFrame, window: int) -> tuple[list[str], Array, Array, Array]:
    """Items' ids (g,); spans of ages that orders arrived in, (s, window + 1), 1 where in it; the orders by item and
    span (g, s); and the orders seen by item and last age of their row, (g, window + 1)."""
    last = window + 1
    age = (versions["downloaded_at"].dt.normalize() - versions["date"]).dt.days
    seen = versions[age.between(1, last) & versions["orders"].notna()].sort_values("downloaded_at", kind="stable")
    row = np.zeros(len(seen), np.intp)
    for column in (*KEY, "keyword"):
        codes, distinct = pd.factorize(seen[column])
        row = np.asarray(pd.factorize(row * (len(distinct) + 1) + codes)[0], np.intp)
    item, ids = pd.factorize(seen["item_id"], sort=True)
    states = pd.DataFrame({"row": row, "item": item, "age": age[seen.index].to_numpy(), "orders": seen["orders"]})
    states = states.drop_duplicates(["row", "age"], keep="last").sort_values(["row", "age"])
    states = states[states.duplicated("row", keep=False)]  # a row seen once tells nothing
    # What a click brought is never unmade: a row that falls and rises again has not grown.
    states["total"] = states.groupby("row")["orders"].cummax()
    by_row = states.groupby("row")
    states["was"] = by_row["age"].shift(fill_value=0)
    states["grown"] = states["total"] - by_row["total"].shift(fill_value=0.0)
    counts = np.zeros((len(ids), last + 1, last + 1))
    np.add.at(counts, (states["item"], states["was"], states["age"]), states["grown"])
    ends = np.zeros((len(ids), last))
    newest = states.drop_duplicates("row", keep="last")
    np.add.at(ends, (newest["item"], newest["age"] - 1), newest["total"])
    start, stop = np.nonzero(counts.sum(0))
    day = np.arange(1, last + 1)
    spans = ((day > start[:, None]) & (day <= stop[:, None])).astype(float)
    return [str(i) for i in ids], spans, counts[:, start, stop], ends


def _self_consistent(counts: Array, spans: Array, ends: Array, prior: Array, worth: float) -> Array:
    """(g, window + 1) shares that arrive at each age, each group's held to `prior` as by `worth` orders."""
    share = np.tile(prior, (len(counts), 1))
    for _ in range(TURNS):
        told = (counts / np.maximum(share @ spans.T, 1e-12)) @ spans * share
        # The orders of a row, over the share known at its last age, are all that its clicks will bring.
        final = ends / np.maximum(np.cumsum(share, 1), 1e-12)
        unseen = np.cumsum(final, 1) - final
        full = told + unseen * share + worth * prior
        share = full / full.sum(1, keepdims=True)
    return share


def _likeness(counts: Array, spans: Array, ends: Array, shop: Array) -> float:
    """Orders that the shop's curve is worth to an item: how alike the items' shares of the first day are
    (the strength of a beta-binomial with the greatest likelihood)."""
    loose = _self_consistent(counts, spans, ends, shop, 1.0)
    seen = counts.sum(1)
    early, p = seen * loose[:, 0], float(shop[0])
    late = seen - early
    score = [np.sum(betaln(k * p + early, k * (1 - p) + late) - betaln(k * p, k * (1 - p))) for k in LIKENESS]
    prior = -0.5 * (np.log(LIKENESS / USUAL_LIKENESS) / LIKENESS_SPREAD) ** 2
    return float(LIKENESS[int(np.argmax(np.array(score) + prior))])
