"""The history as it stood on a day."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from bidopt import schema
from bidopt.store import manifest as manifests
from bidopt.store.manifest import Import, Manifest
from bidopt.store.shelves import COLUMNS, IDENTIFYING, in_order, read_earlier, read_live
from bidopt.store.states import one_a_moment, repeated, rows_of, standing
from bidopt.workspace import Workspace

_VERSION = [*schema.KEY, "keyword", "downloaded_at", "clicks", "orders", "gmv", "presale_orders", "placed_orders"]
_VERSION_STATE = list(dict.fromkeys([*IDENTIFYING, *_VERSION, "impressions", "spend", "file", "dims"]))


@dataclass(frozen=True)
class History:
    """What is known for the run of one day.

    Attributes
    ----------
    days : DataFrame
        Contract `KEYWORD_DAY` and `STAMP`, one row a natural key. `item_id` is filled in where the
        report has none and the ad group holds one item only.
    versions : DataFrame
        `KEY, keyword, downloaded_at, clicks, orders, gmv, presale_orders, placed_orders`: every state
        known by then of the rows of `days` that were downloaded more than once.
    words, plans, items : DataFrame
        Contracts `WORDS`, `PLANS`, `ITEMS`, each with `STAMP`; one row a date and key.
    covered : DataFrame
        `date, downloaded_at`: each day that a download covered, and its newest download.
    files : tuple of (name, sha256)
        Every export that contributed, sorted.
    """

    days: pd.DataFrame
    versions: pd.DataFrame
    words: pd.DataFrame
    plans: pd.DataFrame
    items: pd.DataFrame
    covered: pd.DataFrame
    files: tuple[tuple[str, str], ...]


def read_history(workspace: Workspace, until: dt.date) -> History:
    """The history for the run of day `until`.

    Days before `until`, each row in its newest state downloaded up to the end of `until`: what came later
    changes nothing, so that a past night can be repeated. Only where no download of a kind is that old
    does the oldest later state of each row stand in. Tables dated up to `until`, by the same rule; only
    where no table of a kind is dated so early does the oldest later one stand in.
    """
    manifest = manifests.load(workspace)
    moment = pd.Timestamp(until) + pd.Timedelta(days=1) - pd.Timedelta(microseconds=1)
    days, versions = _days(workspace, manifest, until, moment)
    tables = {kind: _table(workspace, manifest, kind, until, moment) for kind in ("words", "plans", "items")}
    items = _item_of_unit(tables["words"], days)
    stamps = {stamp for frame in (days, versions, *tables.values()) for stamp in frame["file"].unique()}
    return History(
        days=_with_items(days, items)[[*schema.KEYWORD_DAY, *schema.STAMP]],
        versions=_with_items(versions, items)[_VERSION],
        covered=_covered(manifest.imports, until, moment),
        files=tuple(sorted({(entry.name, entry.sha256) for entry in manifest.imports if entry.sha256[:12] in stamps})),
        **tables,
    )


def newest_complete_day(workspace: Workspace) -> dt.date | None:
    """The newest day that was downloaded on a later day, None where there is none."""
    complete = [
        min(entry.last_day, entry.downloaded_at.date() - dt.timedelta(days=1))
        for entry in manifests.load(workspace).imports
        if entry.kind == "keyword_day" and entry.first_day and entry.last_day
        if entry.first_day < entry.downloaded_at.date()
    ]
    return max(complete, default=None)


def _days(
    workspace: Workspace, manifest: Manifest, until: dt.date, moment: pd.Timestamp
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows that stood at `moment`, and the states that their re-downloaded rows had by then."""
    months = _months(manifest, "history", until)
    live = read_live(workspace, manifest, months)
    live = live[live["date"] < pd.Timestamp(until)]
    newest = bool((live["downloaded_at"] <= moment).all())
    earlier = read_earlier(workspace, manifest, months, _VERSION_STATE if newest else COLUMNS)
    earlier = earlier[earlier["date"] < pd.Timestamp(until)]
    if earlier.empty:
        return _known_by(moment, live), live.iloc[:0]
    states = _known_by(moment, pd.concat([live[earlier.columns], earlier], ignore_index=True))
    rows = rows_of(states)
    keep = one_a_moment(states, rows)
    is_live = np.arange(len(states)) < len(live)
    states, rows, is_live = states[keep], rows[keep], is_live[keep]
    stands = is_live if newest else standing(states, rows, moment)
    told = repeated(rows, stands) & (stands | (states["downloaded_at"] <= moment).to_numpy())
    return (live if newest else in_order(states[stands])), in_order(states[told])


def _table(workspace: Workspace, manifest: Manifest, kind: str, until: dt.date, moment: pd.Timestamp) -> pd.DataFrame:
    """A dated table, one row a date and key, as it stood at `moment`."""
    contract = schema.FRAMES[kind] | schema.STAMP
    months = _months(manifest, kind, until) or list(manifest.shelves.get(kind, {}))[:1]
    if not months:
        return schema.empty(contract)
    states = manifests.read(workspace, manifest.paths(kind, months))
    last = max(pd.Timestamp(until), states["date"].min())
    states = _known_by(moment, states[states["date"] <= last])
    rows = rows_of(states)
    keep = one_a_moment(states, rows)
    states, rows = states[keep], rows[keep]
    return in_order(states[standing(states, rows, moment)])[list(contract)].astype(schema.dtypes(contract))


def _months(manifest: Manifest, shelf: str, until: dt.date) -> list[str]:
    return [month for month in manifest.shelves.get(shelf, {}) if month <= f"{until:%Y-%m}"]


def _covered(imports: Iterable[Import], until: dt.date, moment: pd.Timestamp) -> pd.DataFrame:
    spans = [
        pd.DataFrame({"date": pd.date_range(e.first_day, e.last_day), "downloaded_at": pd.Timestamp(e.downloaded_at)})
        for e in imports
        if e.kind == "keyword_day" and e.first_day and e.last_day
    ]
    covered = pd.concat([schema.empty({"date": ("date", ""), "downloaded_at": ("time", "")}), *spans])
    covered = covered.astype({"date": "datetime64[us]", "downloaded_at": "datetime64[us]"})
    covered = covered[covered["date"] < pd.Timestamp(until)].sort_values(["date", "downloaded_at"])
    known = _known_by(moment, covered)
    keep: Literal["first", "last"] = "last" if (known["downloaded_at"] <= moment).all() else "first"
    return known.drop_duplicates("date", keep=keep).reset_index(drop=True)


def _known_by(moment: pd.Timestamp, states: pd.DataFrame) -> pd.DataFrame:
    """The states downloaded by then; all of them where none was."""
    known = states["downloaded_at"] <= moment
    return states[known].reset_index(drop=True) if known.any() else states


def _item_of_unit(*tables: pd.DataFrame) -> "pd.Series[str]":
    """item_id by (campaign_id, ad_group_id), where the ad group holds one item only."""
    unit = ["campaign_id", "ad_group_id"]
    known = pd.concat([table[[*unit, "item_id"]].drop_duplicates() for table in tables]).drop_duplicates()
    known = known[(known["item_id"] != "") & (known["ad_group_id"] != "")]
    return known[~known.duplicated(unit, keep=False)].set_index(unit)["item_id"]


def _with_items(rows: pd.DataFrame, items: "pd.Series[str]") -> pd.DataFrame:
    blank = rows["item_id"] == ""
    if not blank.any():
        return rows
    unit = pd.MultiIndex.from_frame(rows[["campaign_id", "ad_group_id"]])
    filled = pd.Series(items.reindex(unit).fillna("").to_numpy(), index=rows.index, dtype="str")
    return rows.assign(item_id=rows["item_id"].mask(blank, filled))
