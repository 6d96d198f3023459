"""What words did at the bids they had: the points that a response curve is judged by."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from bidopt.fit import Panel
from bidopt.fit.delay import DelayCurve

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]

DAYS = 60
ALIKE = 0.06
"""Bids so near each other, as a share, make one point: single days scatter too far to be read."""
WITHIN = 1.2816
"""Standard errors on each side of a mean that hold 80 %."""
COUNTED = ("impressions", "clicks", "spend", "orders", "gmv")


@dataclass(frozen=True)
class Observed:
    """One word's last m days. `bid` (m,) yuan in force, NaN where no table tells; `figures` (m,) by name: `COUNTED`
    and profit, money in yuan, conversions as they will stand when all have arrived, less refunds; `ran` (m,): it could
    be shown; `cut` (m,): its plan's budget ran out.
    """

    days: pd.DatetimeIndex
    bid: Array
    figures: dict[str, Array]
    ran: Mask
    cut: Mask


def by_bid(seen: Sequence[Observed]) -> list[pd.DataFrame]:
    """Of each word, a row for each bid it had: `bid`, `days`, `cut_days`, and the mean day's figures, each with
    `_error`, half the width of the mean's 80 % interval, NaN where a single day tells.
    """
    if not seen:
        return []
    names = list(seen[0].figures)
    days: dict[str, list[Any]] = {name: [getattr(s, name) for s in seen] for name in ("bid", "cut", "ran")}
    days |= {name: [s.figures[name] for s in seen] for name in names}
    frame = pd.DataFrame({name: np.concatenate(parts) for name, parts in days.items()})
    frame["word"] = np.repeat(np.arange(len(seen)), [len(s.bid) for s in seen])
    frame = frame[frame["ran"] & np.isfinite(frame["bid"]) & (frame["bid"] > 0)]
    by = frame.groupby(["word", np.round(np.log(frame["bid"]) / np.log1p(ALIKE)).rename("near")])
    size = by.size()
    error = by[names].std().mul(WITHIN).div(np.sqrt(size), axis=0)
    counts = {"bid": by["bid"].mean().round(2), "days": size, "cut_days": by["cut"].sum()}
    rows = pd.DataFrame(counts).join(by[names].mean()).join(error.add_suffix("_error"))
    ends = np.searchsorted(rows.index.get_level_values("word"), np.arange(len(seen) + 1))
    return [rows.iloc[start:end].reset_index(drop=True) for start, end in pairwise(ends.tolist())]


def of_panel(words: pd.DataFrame, delay: DelayCurve, panel: Panel, rows: Index) -> list[Observed]:
    """The last days of the panel's `rows` (r,), which are the models' rows `words` (r,)."""
    last = slice(-DAYS, None)
    known = delay.of_items(panel.item_ids, panel.age[last])[panel.item[rows]]
    figures = final(words, known, {name: panel.counts[name][rows, last] for name in COUNTED})
    bid, cut = np.where(panel.bid_told, panel.bid, np.nan)[rows, last], panel.cut[panel.campaign[rows], last]
    ran = panel.running[rows, last]
    return [
        Observed(panel.days[last], bid[i], {name: x[i] for name, x in figures.items()}, ran[i], cut[i])
        for i in range(len(rows))
    ]


def final(words: pd.DataFrame, known: Array, counts: dict[str, Array]) -> dict[str, Array]:
    """(r, m) figures of the models' rows `words` (r,) from what reports count, of whose conversions `known` (r, m) have
    arrived.
    """
    kept, worth = (
        column.to_numpy(float)[:, None]
        for column in (1 - words["refund_rate"], words["margin"] * words["incrementality"])
    )
    sold = {name: counts[name] / known * kept for name in ("orders", "gmv")}
    return counts | sold | {"profit": worth * sold["gmv"] - counts["spend"]}
