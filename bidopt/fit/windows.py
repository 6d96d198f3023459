"""Downloads that contradict each other: 归因周期 is chosen at download and not written in the file.

Orders of a day only grow from one download to the next, as fast as conversions arrive, and not at all once the window
is over. Where they fall, or grow otherwise, one of the two files counts conversions over another window.
"""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bidopt.fit import delay
from bidopt.fit.delay import DelayCurve
from bidopt.schema import KEY

LEAST_SHARE = 0.05
"""Cancelled orders and late corrections restate less than this."""
SURE = 5.0
"""Standard errors by which growth must pass what delay explains."""
LEAST_ORDERS = 5.0
TURNS = 15
"""Downloads of another window that stand in a row are left out from both ends."""


@dataclass(frozen=True)
class Contradiction:
    """Orders of the days `first` to `last` were `was` in the download of `before` and are `now` in that of `after`.

    `expected`: what the earlier ones should have become by then.
    """

    before: dt.datetime
    after: dt.datetime
    first: dt.date
    last: dt.date
    was: float
    now: float
    expected: float

    @property
    def short(self) -> dt.datetime:
        """The download with the shorter window: the later one where orders fell, else the earlier one."""
        return self.after if self.now < self.was else self.before


def delay_curve(versions: pd.DataFrame, window: int) -> DelayCurve:
    """How conversions arrive by `versions`, left out what was downloaded with a shorter window than the rest."""
    versions = delay.enough(versions)
    for _ in range(TURNS):
        curve = delay.fit(versions, window)
        short = [one.short for one in contradictions(versions, curve)]
        if not short:
            break
        versions = versions[~versions["downloaded_at"].isin(short)]
    return curve


def contradictions(versions: pd.DataFrame, curve: DelayCurve) -> list[Contradiction]:
    """Pairs of successive downloads whose orders of the same rows cannot both be right, oldest first."""
    pairs = _pairs(versions)
    if pairs.empty:
        return []
    share = curve.at(pairs["to_age"]) / np.maximum(curve.at(pairs["from_age"]), 1e-6)
    pairs = pairs.assign(expected=pairs["was"] * share)
    found = [_judge(group) for _, group in pairs.groupby(["before", "after"])]
    return [one for one in found if one is not None]


def _pairs(versions: pd.DataFrame) -> pd.DataFrame:
    """Orders by day in each two successive downloads of the same rows: before, after, date, was, now and both ages."""
    row = [*KEY, "keyword"]
    states = versions[[*row, "downloaded_at", "orders"]].dropna().sort_values([*row, "downloaded_at"])
    earlier = states.groupby(row)[["downloaded_at", "orders"]].shift()
    pairs = pd.DataFrame(
        {
            "before": earlier["downloaded_at"],
            "after": states["downloaded_at"],
            "date": states["date"],
            "was": earlier["orders"],
            "now": states["orders"],
        }
    ).dropna()
    sums = pairs.groupby(["before", "after", "date"], as_index=False)[["was", "now"]].sum()
    for age, moment in (("from_age", "before"), ("to_age", "after")):
        sums[age] = (sums[moment].dt.normalize() - sums["date"]).dt.days
    return sums[sums["from_age"] > 0]  # a day's own download holds part of it


def _judge(days: pd.DataFrame) -> Contradiction | None:
    """The days of one pair of downloads that fell, or that grew beyond what delay explains, whichever is more."""
    fallen, grown = days[days["now"] < days["was"]], days[days["now"] > days["expected"]]
    for odd, by in ((fallen, fallen["was"] - fallen["now"]), (grown, grown["now"] - grown["expected"])):
        chance = SURE * np.sqrt((odd["expected"] - odd["was"]).sum()) if odd is grown else 0.0
        if by.sum() >= max(LEAST_ORDERS, LEAST_SHARE * days["was"].sum() + chance):
            first, last = odd["date"].min().date(), odd["date"].max().date()
            was, now, expected = (float(odd[name].sum()) for name in ("was", "now", "expected"))
            before, after = (days[name].iloc[0].to_pydatetime() for name in ("before", "after"))
            return Contradiction(before, after, first, last, was, now, expected)
    return None
