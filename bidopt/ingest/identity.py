"""What makes two report rows the same row.

A dimension is known by its id; by its name where the report gives no id. Which of them a file had
(its `dims`) decides how its rows are matched with those of other files.
"""

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

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
        columns[column] = frame[column].where(frame[column] != "", frame[name]) if name in frame else frame[column]
    return pd.DataFrame(columns)


def row_codes(columns: pd.DataFrame) -> npt.NDArray[np.int64]:
    """One number a distinct row, shape (n_rows,)."""
    return columns.groupby(list(columns), sort=False, dropna=False).ngroup().to_numpy().astype(np.int64)


def most_complete_first(frame: pd.DataFrame, first: Sequence[str] = ()) -> pd.DataFrame:
    """Sort so that of rows that claim the same the fullest comes first, whatever order they came in.

    The fullest has most impressions, then clicks, spend and GMV; the other columns only settle ties.
    """
    leading = [c for c in (*first, "impressions", "clicks", "spend", "gmv") if c in frame]
    rest = [c for c in frame.columns if c not in leading]
    return frame.sort_values(leading + rest, ascending=False, na_position="last", kind="stable")
