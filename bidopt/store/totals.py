"""The shop's newest days as sums, read without the rest."""

import pandas as pd
import pyarrow.parquet as pq

from bidopt.store import manifest as manifests
from bidopt.workspace import Workspace

_SUMMED = ["spend", "gmv"]


def newest_totals(workspace: Workspace, days: int) -> pd.DataFrame:
    """date, spend, gmv of the newest days that have rows, at most `days` <= 30, the oldest first; yuan, NaN = not told.

    Raises
    ------
    DataError
        When the manifest is damaged.
    """
    manifest = manifests.load(workspace)
    months = sorted(manifest.shelves.get("history", {}))[-2:]
    files = [workspace.data / path for path in manifest.paths("history", months)]
    tables = [pq.read_table(file, columns=["date", *_SUMMED], partitioning=None).to_pandas() for file in files]
    if not tables:
        return pd.DataFrame(columns=["date", *_SUMMED])
    daily: pd.DataFrame = pd.concat(tables).groupby("date")[_SUMMED].sum(min_count=1).reset_index()
    return daily.tail(days)
