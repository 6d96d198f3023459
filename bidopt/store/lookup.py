"""A few campaigns' newest history, read without the rest: what a person asks of one word."""

import datetime as dt
from collections.abc import Iterable, Sequence

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from bidopt import schema
from bidopt.errors import DataError
from bidopt.store import manifest as manifests
from bidopt.store.history import History
from bidopt.store.manifest import Manifest
from bidopt.workspace import Workspace

COLUMNS = schema.KEYWORD_DAY | schema.STAMP


def of_campaigns(workspace: Workspace, campaigns: Iterable[str], since: dt.date, until: dt.date) -> History:
    """Their days from `since` to the eve of `until` and their tables up to `until`, as they stand now.

    Without what was restated, and without items.

    Raises
    ------
    DataError
        Where a file of the history cannot be read; names it.
    """
    manifest, wanted = manifests.load(workspace), sorted(campaigns)
    days = _read(workspace, manifest, "history", COLUMNS, wanted)
    days = days[days["date"].between(pd.Timestamp(since), pd.Timestamp(until), inclusive="left")]
    words, plans = (_table(workspace, manifest, kind, wanted, until) for kind in ("words", "plans"))
    return History(
        days=days.reset_index(drop=True),
        versions=schema.empty(COLUMNS),
        words=words,
        plans=plans,
        items=schema.empty(schema.ITEMS | schema.STAMP),
        covered=_covered(manifest, since, until),
        files=(),
    )


def _table(
    workspace: Workspace, manifest: Manifest, kind: str, campaigns: Sequence[str], until: dt.date
) -> pd.DataFrame:
    """The table's newest download of each date and key."""
    contract = schema.FRAMES[kind] | schema.STAMP
    states = _read(workspace, manifest, kind, contract, campaigns)
    states = states[states["date"] <= pd.Timestamp(until)].sort_values("downloaded_at", kind="stable")
    key = ["date", *(name for name in (*schema.UNIT, "item_id") if name in contract)]
    return states.drop_duplicates(key, keep="last").sort_values(key, ignore_index=True)


def _read(
    workspace: Workspace,
    manifest: Manifest,
    shelf: str,
    contract: dict[str, tuple[schema.Kind, str]],
    campaigns: Sequence[str],
) -> pd.DataFrame:
    rows = [_rows(workspace, path, list(contract), campaigns) for path in manifest.paths(shelf)]
    frame = pd.concat(rows, ignore_index=True) if rows else schema.empty(contract)
    return frame.astype(schema.dtypes(contract))


def _rows(workspace: Workspace, path: str, columns: list[str], campaigns: Sequence[str]) -> pd.DataFrame:
    file = workspace.data / path
    try:
        table = pq.read_table(file, columns=columns, filters=[("campaign_id", "in", campaigns)], partitioning=None)
    except (OSError, pa.ArrowException) as error:
        raise DataError(
            f"{file} 读不了 / cannot be read: {error}.",
            "从备份恢复 data/ / restore data/ from a backup.",
        ) from None
    frame: pd.DataFrame = table.to_pandas()
    return frame


def _covered(manifest: Manifest, since: dt.date, until: dt.date) -> pd.DataFrame:
    """Each day's newest download."""
    spans = [
        pd.DataFrame({"date": pd.date_range(one.first_day, one.last_day), "downloaded_at": one.downloaded_at})
        for one in manifest.imports
        if one.kind == "keyword_day" and one.first_day and one.last_day
    ]
    empty = schema.empty({"date": ("date", ""), "downloaded_at": ("time", "")})
    every = pd.concat(spans).astype(empty.dtypes.to_dict()) if spans else empty
    within = every[every["date"].between(pd.Timestamp(since), pd.Timestamp(until), inclusive="left")]
    newest: pd.DataFrame = within.groupby("date", as_index=False)[["downloaded_at"]].max()
    return newest
