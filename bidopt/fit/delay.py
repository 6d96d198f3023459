"""Conversions arrive late: what share of a day's final orders is known at each age.

The chain-ladder of claims reserving (Mack, 1993, ASTIN Bulletin 23): how the same days grew between two
downloads gives the growth from each age to the next; one import only leaves the prior.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from bidopt.schema import KEY

Array = npt.NDArray[np.float64]

PRIOR_FIRST, PRIOR_DAILY = 0.75, 0.75
"""Usual shops: 75 % of the orders stand at age 1, and each further day brings a quarter of the rest."""
PRIOR_ORDERS = 20.0
"""How many orders of evidence the prior is worth at each age."""


@dataclass(frozen=True)
class DelayCurve:
    """`known` (window + 1,): share of final orders in a report made `age` days after the click, by age from 0."""

    known: Array

    def at(self, age: npt.ArrayLike) -> Array:
        """The share known at `age` days, of any shape."""
        place = np.clip(np.asarray(age, float), 0, len(self.known) - 1).astype(int)
        return np.asarray(self.known[place])


def prior_curve(window: int) -> Array:
    """Shares known at ages 0..window, 1 at the end of the attribution window."""
    age = np.arange(window + 1)
    missing = (1 - PRIOR_FIRST) * PRIOR_DAILY ** (age - 1.0)
    end = missing[-1]
    known = 1 - (missing - end) / (1 - end)
    return np.where(age == 0, 0.4 * known[min(1, window)], known) if window else np.ones(1)


def fit(versions: pd.DataFrame, window: int) -> DelayCurve:
    """Learn the curve from `versions`: every known state of rows seen in more than one download."""
    prior = prior_curve(window)
    before, after = _growth(versions, window)
    # Evidence for the step age -> age + 1 pools every pair of downloads that spans it, by its share of the span.
    step = (after + PRIOR_ORDERS * prior[1:]) / (before + PRIOR_ORDERS * prior[:-1])
    step = np.maximum(step, 1.0)
    known = np.append(1 / np.cumprod(step[::-1])[::-1], 1.0)
    return DelayCurve(np.minimum(known, 1.0))


def _growth(versions: pd.DataFrame, window: int) -> tuple[Array, Array]:
    """Orders before and after each step of one day of age, (window,) each, from downloads a day apart."""
    states = versions[list(KEY)].copy()
    states["keyword"] = versions["keyword"]
    states["at"] = versions["downloaded_at"].dt.normalize()
    states["orders"] = versions["orders"].fillna(0.0)
    states["age"] = (states["at"] - states["date"]).dt.days
    states = states[states["age"].between(0, window)]
    totals = states.groupby([*KEY, "keyword", "age"], sort=True)["orders"].last().reset_index()
    same = totals[[*KEY, "keyword"]].eq(totals[[*KEY, "keyword"]].shift()).all(axis=1)
    was, span = totals["orders"].shift(), totals["age"] - totals["age"].shift()
    pairs = pd.DataFrame({"from": totals["age"].shift(), "span": span, "was": was, "now": totals["orders"]})[same]
    before, after = np.zeros(window), np.zeros(window)
    sums = pairs.groupby(["from", "span"], as_index=False)[["was", "now"]].sum()
    for start, length, old, new in sums.itertuples(index=False, name=None):
        ages = np.arange(int(start), int(start + length))
        # Longer spans are spread over their days in the prior's proportion of growth.
        prior = prior_curve(window)
        share = np.diff(np.log(np.maximum(prior[ages[0] : ages[-1] + 2], 1e-9)))
        share = share / share.sum() if share.sum() > 0 else np.full(len(ages), 1 / len(ages))
        if old <= 0:
            continue
        path = old * np.exp(np.append(0.0, np.cumsum(share)) * np.log(max(new / old, 1.0)))
        before[ages] += path[:-1]
        after[ages] += path[1:]
    return before, after
