"""Words sorted as the trade sorts them: by the furthest that their clicks got, and by where their traffic goes."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from bidopt.alerts import FALSE_FALLS, FALSE_RISES
from bidopt.fit import FittedModels, Panel, traffic
from bidopt.fit.traffic import Traffic
from bidopt.ingest.identity import row_codes
from bidopt.schema import UNIT
from bidopt.store import History

Codes = npt.NDArray[np.str_]
Mask = npt.NDArray[np.bool_]

DAYS = 15
"""A word without an impression for so long is a 无展现词 to the platform."""
CLASSES = ("new", "converted", "saved", "clicked", "clicked_untold", "shown", "unseen")


def of(models: FittedModels, panel: Panel, history: History, lately: Traffic | None = None) -> dict[str, Any]:
    """Columns of `recommendations.parquet`, (n,) each, in the order of the panel.

    `word_class`: one of `CLASSES`, the first that holds over the last `DAYS` days: new (今日新词: known since the eve),
    converted (有转化), saved (有收藏加购无转化), clicked (有点击无收藏无转化), clicked_untold (clicks of which no
    report tells orders, or favourites and carts), shown (有展现无点击), unseen (无展现).
    `trend`: rising or falling as in the alerts, whatever their number; "" where neither.
    `seen_X`: what reports of those days tell, `seen_carts` favourites and carts together.
    """
    seen = {name: panel.counts[name][:, -DAYS:].sum(1) for name in ("impressions", "clicks", "spend", "orders", "gmv")}
    seen["carts"] = (panel.counts["carts"] + panel.counts["favourites"])[:, -DAYS:].sum(1)
    told = {name: panel.exposed[name][:, -DAYS:].sum(1) > 0 for name in ("orders", "carts")}
    clicked = seen["clicks"] > 0
    tests = {
        "new": _new(panel, history),
        "converted": seen["orders"] > 0,
        "saved": told["orders"] & (seen["carts"] > 0),
        "clicked": clicked & told["orders"] & told["carts"],
        "clicked_untold": clicked,
        "shown": seen["impressions"] > 0,
    }
    return {
        "word_class": np.select(list(tests.values()), list(tests), "unseen"),
        "trend": _trend(panel, lately or traffic.of(models, panel)),
        **{f"seen_{name}": total for name, total in seen.items()},
    }


def _trend(panel: Panel, lately: Traffic) -> Codes:
    """(n,) rising or falling where impressions left what bids and the shop's days let expect, else ""."""
    code = np.full(len(panel.units), "", dtype="U7")
    code[traffic.moved(lately, 2.0, FALSE_RISES).found] = "rising"
    code[traffic.moved(lately, 0.5, FALSE_FALLS).found] = "falling"
    return code


def _new(panel: Panel, history: History) -> Mask:
    """(n,) first listed since the eve in an ad group that was listed before, or, without a word on that, first shown
    on the eve after `DAYS` days or more of reports.
    """
    eve = panel.days[-1]
    tables = history.words.sort_values("date", kind="stable")
    own, theirs = (_first_listed(tables, panel.units, key) for key in (UNIT, UNIT[:2]))
    listed = (own >= eve) & (theirs < own)
    first_shown = (panel.impressions[:, -1] > 0) & (panel.covered[:-1].sum() >= DAYS) & ~(own < eve)
    return np.asarray((listed | first_shown) & ~(panel.impressions[:, :-1] > 0).any(1))


def _first_listed(tables: pd.DataFrame, units: pd.DataFrame, key: Sequence[str]) -> npt.NDArray[np.datetime64]:
    """(n,) the oldest date of `tables`, sorted by date, that has the same `key`; NaT where none has."""
    first = ~pd.Series(row_codes(tables[list(key)])).duplicated().to_numpy()
    of_key = tables[first].astype(dict.fromkeys(key, "str") | {"date": "datetime64[us]"}).set_index(list(key))["date"]
    return np.asarray(of_key.reindex(pd.MultiIndex.from_frame(units[list(key)])))
