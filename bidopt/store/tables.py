"""The dated tables: which bid and which budget were in force on a day.

A table dated D is the state at the start of D, before that day's changes; so what was in force on day d
is what the table of d + 1 says, or else the newest table before it.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from bidopt import schema
from bidopt.ingest.identity import row_codes

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]

_NO_AMOUNT = -1.0
"""Stands for 总预算 while budgets are looked up, so that it ends an earlier daily budget."""


def bids_in_force(words: pd.DataFrame, units: pd.DataFrame, days: pd.DatetimeIndex) -> Array:
    """The bid of every unit on every day.

    Parameters
    ----------
    words : DataFrame
        The contract `schema.WORDS`.
    units : DataFrame of shape (n_units, ...)
        With the columns of `schema.UNIT`.
    days : DatetimeIndex of shape (n_days,)

    Returns
    -------
    ndarray of shape (n_units, n_days)
        Yuan a click; NaN where no table is that old.
    """
    return in_force(words, units, schema.UNIT, "bid", days)


def budgets_in_force(
    plans: pd.DataFrame, campaigns: "pd.Series[str] | Sequence[str]", days: pd.DatetimeIndex
) -> tuple[Array, npt.NDArray[np.bool_]]:
    """The daily budget of every campaign on every day, and where a table says so.

    Before its first table a campaign's first known budget holds, and is marked not known.

    Returns
    -------
    budget : ndarray of shape (n_campaigns, n_days)
        Yuan a day; inf = 不限, NaN = no table has the campaign, or its budget is 总预算: no amount a day.
    known : ndarray of bool, same shape
    """
    key = ["campaign_id"]
    units = pd.DataFrame({"campaign_id": pd.Series(list(campaigns), dtype="str")})
    amounts = plans["budget"].mask(plans["budget_type"] == "unlimited", np.inf)
    limits = plans.assign(budget=amounts.mask(plans["budget_type"] == "total", _NO_AMOUNT))
    told = in_force(limits, units, key, "budget", days)
    first = limits[limits["budget"].notna()].sort_values(["date", *key]).drop_duplicates(key)
    before = units.merge(first[[*key, "budget"]], on=key, how="left")["budget"].to_numpy(float)
    budget = np.where(np.isnan(told), before[:, None], told)
    return np.where(budget == _NO_AMOUNT, np.nan, budget), told >= 0


def in_force(table: pd.DataFrame, units: pd.DataFrame, key: Sequence[str], value: str, days: pd.DatetimeIndex) -> Array:
    """(n_units, n_days) the newest `value` of the same `key` dated up to the day after each; NaN where none is."""
    told = table[table[value].notna()]
    unit, owner = np.arange(len(units)), places(units, told, row_codes(told[list(key)]), key)
    wide = 10**6  # more days than any calendar has: unit and day in one sortable number
    stamps = owner * wide + _day_number(pd.DatetimeIndex(told["date"]))
    order = np.argsort(stamps, kind="stable")  # of one day's the last is found
    asked = unit[:, None] * wide + _day_number(days)[None, :] + 1
    at = np.searchsorted(stamps[order], asked, side="right") - 1
    if not len(order):
        return np.full(asked.shape, np.nan)
    found = order[np.maximum(at, 0)]
    hit = (at >= 0) & (owner[found] == unit[:, None])
    return np.where(hit, told[value].to_numpy(float)[found], np.nan)


def places(units: pd.DataFrame, rows: pd.DataFrame, own: Index, key: Sequence[str]) -> Index:
    """(n_rows,) the row in `units` of the same `key`, -1 where there is none; `own` (n_rows,): their `row_codes`."""
    first = np.flatnonzero(~pd.Series(own).duplicated())
    there, asked = (pd.MultiIndex.from_frame(frame[list(key)].astype("str")) for frame in (units, rows.iloc[first]))
    return np.asarray(there.get_indexer(asked)[own], dtype=np.intp)


def _day_number(days: pd.DatetimeIndex) -> npt.NDArray[np.int64]:
    return days.to_numpy().astype("datetime64[D]").astype(np.int64)
