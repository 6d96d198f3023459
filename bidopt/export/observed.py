"""What words did at the bids they had: the points that a response curve is judged by."""

from dataclasses import dataclass

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

    def by_bid(self) -> pd.DataFrame:
        """A row for each bid it had: `bid`, `days`, `cut_days`, and the mean day's figures, each with `_error`, half
        the width of the mean's 80 % interval, NaN where a single day tells.
        """
        told = self.ran & np.isfinite(self.bid) & (self.bid > 0)
        frame = pd.DataFrame({"bid": self.bid, "cut": self.cut, **self.figures})[told]
        by = frame.groupby(np.round(np.log(frame["bid"]) / np.log1p(ALIKE)))
        names, days = list(self.figures), by.size()
        error = by[names].std().mul(WITHIN).div(np.sqrt(days), axis=0)
        counts = {"bid": by["bid"].mean().round(2), "days": days, "cut_days": by["cut"].sum()}
        means = by[names].mean().join(error.add_suffix("_error"))
        return pd.DataFrame(counts).join(means).reset_index(drop=True)


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
