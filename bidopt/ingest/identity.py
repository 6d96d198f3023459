"""What makes two report rows the same row.

A dimension is known by its id; by its name where the report gives no id. Which of them a file had
(its `dims`) decides how its rows are matched with those of other files.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Codes = npt.NDArray[np.int64]
_LARGEST = 1 << 62

DIMENSIONS = {
    "scene_id": "scene_name",
    "campaign_id": "campaign_name",
    "ad_group_id": "ad_group_name",
    "item_id": "item_name",
    "keyword_id": "keyword",
}
"""Each key column of a report beside `date`, and the name that stands in for it."""

KEY_OF = {
    "keyword_day": tuple(DIMENSIONS),
    "words": ("campaign_id", "ad_group_id", "keyword_id"),
    "plans": ("campaign_id",),
    "items": ("item_id",),
}
"""The key columns of each kind of table, beside `date`."""


def dims_of(frame: pd.DataFrame, kind: str) -> tuple[str, ...]:
    """The columns that identify the rows of one file: for each key column the id, else the name, else nothing."""
    candidates = ((key, DIMENSIONS[key]) for key in KEY_OF[kind])
    found = (next((c for c in pair if c in frame and (frame[c] != "").any()), None) for pair in candidates)
    return tuple(column for column in found if column)


def identity(frame: pd.DataFrame, dims: Iterable[str]) -> pd.DataFrame:
    """The identifying columns of `frame`: `date` and `dims`, a blank id replaced by its name."""
    columns = {"date": frame["date"]}
    for column in dims:
        name = DIMENSIONS.get(column)
        columns[column] = _named(frame[column], frame[name]) if name in frame else frame[column]
    return pd.DataFrame(columns)


def _named(ids: "pd.Series[str]", names: "pd.Series[str]") -> "pd.Series[str]":
    blank = ids == ""
    return ids.astype("str").mask(blank, names.astype("str")) if blank.any() else ids


def row_codes(columns: pd.DataFrame) -> Codes:
    """One number a distinct row, shape (n_rows,)."""
    codes = np.zeros(len(columns), dtype=np.int64)
    for key in packed(columns):
        distinct = pd.factorize(key)[0].astype(np.int64)
        codes = pd.factorize(codes * len(columns) + distinct)[0].astype(np.int64) if codes.any() else distinct
    return codes


def packed(columns: pd.DataFrame) -> list[Codes]:
    """Whole numbers that order the rows as the columns do, one after the other: as few as hold them all."""
    keys: list[Codes] = []
    room = 1
    for name in columns:
        rank, size = _ranks(columns[name])
        if size <= 1:
            continue
        if keys and room * size < _LARGEST:
            keys[-1] = keys[-1] * size + rank
            room *= size
        else:
            keys.append(rank)
            room = size
    return keys


def _ranks(column: "pd.Series[Any]") -> tuple[Codes, int]:
    """(n_rows,) the place of each value among the distinct ones, and how many those are."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        texts, codes = column.cat.categories, column.cat.codes.to_numpy().astype(np.int64)
        return (codes if texts.is_monotonic_increasing else np.argsort(np.argsort(texts))[codes]), len(texts)
    codes, distinct = pd.factorize(column, sort=True, use_na_sentinel=False)
    return codes.astype(np.int64), len(distinct)


def most_complete_first(frame: pd.DataFrame, first: Sequence[str] = ()) -> pd.DataFrame:
    """Sort so that of rows that claim the same the fullest comes first, whatever order they came in.

    The fullest has most impressions, then clicks, spend and GMV; the other columns only settle ties.
    """
    leading = [c for c in (*first, "impressions", "clicks", "spend", "gmv") if c in frame]
    rest = [c for c in frame.columns if c not in leading]
    return frame.sort_values(leading + rest, ascending=False, na_position="last", kind="stable")
