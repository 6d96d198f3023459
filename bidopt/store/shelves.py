"""How states lie on disk: by month, live rows under their own names and earlier states under others.

Only live files have columns named impressions, clicks and spend, so that they are the history exactly once.
"""

import datetime as dt
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from bidopt import cores, schema
from bidopt.ingest.identity import DIMENSIONS, packed
from bidopt.store import manifest as manifests
from bidopt.store.manifest import Manifest
from bidopt.store.states import Codes, hidden, one_a_moment, restating, rows_of, standing
from bidopt.workspace import Workspace

COLUMNS = [*schema.KEYWORD_DAY, *schema.STAMP, "dims"]
IDENTIFYING = list(dict.fromkeys([*schema.KEY, *DIMENSIONS.values()]))
_TYPES = schema.dtypes(schema.KEYWORD_DAY | schema.STAMP) | {"dims": "category"}
LABELS = [name for name, dtype in _TYPES.items() if dtype == "category"]
_WAS = {name: f"{name}_was" for name, (kind, _) in schema.KEYWORD_DAY.items() if kind in ("count", "number")}
_NOW = {was: name for name, was in _WAS.items()}
Counts = Counter[tuple[str, str, dt.datetime]]
"""Rows by ("stored" or "replaced", file, downloaded_at)."""

_MOST_FILES = 8
"""So many files of a month are read as fast as one; more are made one."""


def read_live(
    workspace: Workspace, manifest: Manifest, months: Sequence[str], campaigns: Collection[str] | None = None
) -> pd.DataFrame:
    """The rows of `months` as they stand now, columns `COLUMNS`; `campaigns`: of these alone."""
    live = manifests.read(workspace, manifest.paths("history", months), labels=LABELS, campaigns=campaigns)
    return _typed(live, COLUMNS)


def read_earlier(
    workspace: Workspace,
    manifest: Manifest,
    months: Sequence[str],
    columns: Sequence[str] = COLUMNS,
    campaigns: Collection[str] | None = None,
) -> pd.DataFrame:
    """The states of `months` that do not stand now, under the names of live rows; `campaigns`: of these alone."""
    stored = [_WAS.get(name, name) for name in columns]
    states = manifests.read(workspace, manifest.paths("restated", months), stored, LABELS, campaigns)
    return _typed(states.rename(columns=_NOW), columns)


@dataclass(frozen=True)
class Folded:
    """What a month's shelves hold with new states in: paths of files that are there, contents of those to be."""

    shelves: dict[str, list[str | bytes]]
    counts: Counts


def fold_days(workspace: Workspace, manifest: Manifest, month: str, new: pd.DataFrame) -> Folded:
    """With the states `new` (columns `COLUMNS`) of report rows of one month; nothing is written."""
    held = read_live(workspace, manifest, [month])
    again = held["date"].isin(new["date"].unique())
    other, states = held[~again], schema.stacked([held[again], new[COLUMNS]])
    apart = manifest.paths("restated", [month])
    if states["dims"].nunique() > 1:  # files of different detail: all states decide, not the live ones alone
        other, states = held[:0], schema.stacked([held, new[COLUMNS], read_earlier(workspace, manifest, [month])])
        apart = []
    states, rows = _distinct(states)
    stands = standing(states, rows)
    passed = states[~stands]
    if len(passed) and len(apart) >= _MOST_FILES:
        both = schema.stacked([read_earlier(workspace, manifest, [month]), passed])
        apart, passed = [], _distinct(both)[0]
    with cores.pool(len(states), cores.MANY_ROWS, 1) as aside:
        before = aside.submit(_encoded, passed.rename(columns=_WAS))
        live = _encoded(schema.stacked([other, states[stands]]))
        return Folded({"restated": [*apart, *before.result()], "history": [*live]}, _counts(states, rows))


def fold_table(workspace: Workspace, manifest: Manifest, kind: str, month: str, new: pd.DataFrame) -> Folded:
    """With the states `new` of a dated table, of one month; nothing is written."""
    paths = manifest.paths(kind, [month])
    held = manifests.read(workspace, paths, labels=schema.labels(schema.FRAMES[kind] | schema.STAMP))
    states, rows = _distinct(schema.stacked([held, new]) if paths else new)
    many = len(paths) >= _MOST_FILES
    kept = [] if many else paths
    return Folded({kind: [*kept, *_encoded(states if many else new)]}, _counts(states, rows))


def put(workspace: Workspace, manifest: Manifest, month: str, folded: Folded) -> Manifest:
    """Write what is to be written; the manifest that names it, not yet published."""
    for shelf, files in folded.shelves.items():
        paths = [one if isinstance(one, str) else manifests.write(workspace, shelf, month, one) for one in files]
        manifest = manifest.with_month(shelf, month, paths)
    return manifest


def in_order(states: pd.DataFrame) -> pd.DataFrame:
    """By date and key, so that the same states make the same bytes whatever order they came in."""
    by = [name for name in (*IDENTIFYING, "downloaded_at", "file") if name in states]
    keys = packed(states[by])
    if not keys or (np.diff(keys[0]) > 0).all():
        return states.reset_index(drop=True)
    return states.iloc[np.lexsort(keys[::-1])].reset_index(drop=True)


def _distinct(states: pd.DataFrame) -> tuple[pd.DataFrame, Codes]:
    rows = rows_of(states)
    keep = one_a_moment(states, rows)
    return (states, rows) if keep.all() else (states[keep].reset_index(drop=True), rows[keep])


def _counts(states: pd.DataFrame, rows: Codes) -> Counts:
    stored = ~hidden(states)
    marks = {"stored": stored, "replaced": stored & restating(states, rows)}
    sums = states[["file", "downloaded_at"]].assign(**marks).groupby(["file", "downloaded_at"], as_index=False).sum()
    stamps = list(zip(sums["file"], sums["downloaded_at"].dt.to_pydatetime(), strict=True))
    return Counter({(what, *stamp): int(n) for what in marks for stamp, n in zip(stamps, sums[what], strict=True)})


def _encoded(states: pd.DataFrame) -> list[bytes]:
    return [manifests.encoded(in_order(states))] if len(states) else []


def _typed(states: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """`states` with `columns` alone, the categories of labels in order."""
    typed = states.reindex(columns=list(columns)).astype({name: _TYPES[name] for name in columns})
    labels = [name for name in columns if _TYPES[name] == "category"]
    return typed.assign(**{name: _sorted(typed[name]) for name in labels})


def _sorted(column: "pd.Series[Any]") -> "pd.Series[Any]":
    texts = column.cat.categories
    return column if texts.is_monotonic_increasing else column.cat.reorder_categories(texts.sort_values())
