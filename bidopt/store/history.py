"""The history as it stood on a day."""

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from bidopt import schema
from bidopt.ingest.identity import KEY_OF, row_codes
from bidopt.store import manifest as manifests
from bidopt.store.manifest import Import, Manifest
from bidopt.store.shelves import COLUMNS, IDENTIFYING, in_order, read_earlier, read_live
from bidopt.store.states import END_OF_TIME, one_a_moment, repeated, rows_of, standing
from bidopt.workspace import Workspace

LAST_DAY = END_OF_TIME.date()
MOST_DAYS = 180
"""Report days that a night looks back on; of older tables it takes what they last told of each word."""
STRAY = 30
"""Days ahead of today and of all others that no download is."""


class Input(NamedTuple):
    """An export as it was imported: its content by hash, and when it was downloaded (local time, ISO)."""

    name: str
    sha256: str
    downloaded_at: str


_VERSION = [*schema.KEY, "keyword", "downloaded_at", "clicks", "orders", "gmv", "presale_orders", "placed_orders"]
_VERSION_STATE = list(dict.fromkeys([*IDENTIFYING, *_VERSION, "impressions", "spend", "file", "dims"]))


@dataclass(frozen=True)
class Confirmed:
    """What people said they uploaded, as tables of the day after would tell it.

    Attributes
    ----------
    runs : tuple of str
        Those that it is from.
    bids : DataFrame
        `date`, `UNIT`, `bid` of the words that they changed.
    budgets : DataFrame
        `date, campaign_id, budget, budget_type` of the plans whose budgets they changed.
    """

    runs: tuple[str, ...] = ()
    bids: pd.DataFrame = field(default_factory=lambda: _no_rows("date", *schema.UNIT, "bid"))
    budgets: pd.DataFrame = field(default_factory=lambda: _no_rows("date", "campaign_id", "budget", "budget_type"))

    def before(self, words: pd.DataFrame) -> pd.DataFrame:
        """The bids, then those of the word tables `words`, which override them where they tell the same day."""
        if self.bids.empty:
            return words
        some = {name: dtype for name, dtype in schema.dtypes(schema.WORDS).items() if name in self.bids}
        return schema.stacked([self.bids.astype(some), words[list(some)]])

    def before_plans(self, plans: pd.DataFrame) -> pd.DataFrame:
        """The budgets, then those of the plan tables `plans`, which override them where they tell the same day."""
        return pd.concat([self.budgets, plans], ignore_index=True) if len(self.budgets) else plans


def _no_rows(*columns: str) -> pd.DataFrame:
    return pd.DataFrame(columns=list(columns))


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
    files : tuple of Input
        Every export that this history, or any earlier day's as seen from it, can rest on, sorted.
    confirmed : Confirmed
        Uploaded changes that no table has shown yet.
    """

    days: pd.DataFrame
    versions: pd.DataFrame
    words: pd.DataFrame
    plans: pd.DataFrame
    items: pd.DataFrame
    covered: pd.DataFrame
    files: tuple[Input, ...]
    confirmed: Confirmed = field(default_factory=Confirmed)


@dataclass(frozen=True)
class _View:
    """The history from `since`, as it stood at `moment`; what was known by `latest` where nothing was of a day.

    `among`: the (file, downloaded_at) to look at, `campaigns`: the ids of those to look at, None for all.
    """

    since: dt.date
    until: dt.date
    moment: pd.Timestamp
    latest: pd.Timestamp
    among: pd.MultiIndex | None = field(default=None, compare=False)
    campaigns: frozenset[str] | None = None

    def within(self, days: pd.DataFrame) -> pd.DataFrame:
        """The rows from `since` to the eve of `until`."""
        dates = days["date"]
        here = (dates >= pd.Timestamp(self.since)) & (dates < pd.Timestamp(self.until))
        return days if here.all() else days[here]

    def of_inputs(self, states: pd.DataFrame) -> pd.DataFrame:
        """The states that came from the inputs to look at."""
        if self.among is None:
            return states
        here = pd.MultiIndex.from_frame(states[["file", "downloaded_at"]]).isin(self.among)
        return states[here].reset_index(drop=True)

    def known(self, states: pd.DataFrame) -> pd.DataFrame:
        """The states to choose from: those downloaded by `moment`, and all states of days that those do not have."""
        known, usable = (states["downloaded_at"] <= at for at in (self.moment, self.latest))
        if known.all() or not usable.any():
            return states.reset_index(drop=True)
        fills = usable & ~states["date"].isin(states["date"][known].unique())
        return states[known | fills].reset_index(drop=True)


def read_history(
    workspace: Workspace,
    until: dt.date,
    *,
    seen_from: dt.date | None = None,
    among: Collection[Input] | None = None,
    campaigns: Collection[str] | None = None,
) -> History:
    """The history for the run of day `until`.

    The `MOST_DAYS` days before `until`, each row in its newest state downloaded up to the end of `until`: what
    came later changes nothing, so that a past night can be repeated. Only where no download of a kind is that
    old does the oldest later state of each row stand in. Tables dated up to `until`, by the same rule, of those
    before the days what they last told of each key; only where no table of a kind is dated so early does the
    oldest later one stand in.

    Parameters
    ----------
    seen_from : a later day from which one looks back at `until`: days that no download up to `until` had are then
        taken from the oldest one up to `seen_from`, so that a shop which began with one long download has a past.
    among : the inputs to read, all where not given: what was imported since, though downloaded before, is left out.
    campaigns : ids of those whose days, words and plans to read, all where not given.
    """
    manifest, only = _restricted(manifests.load(workspace), among)
    some = None if campaigns is None else frozenset(campaigns)
    view = _View(until - dt.timedelta(days=MOST_DAYS), until, _end_of(until), _end_of(seen_from or until), only, some)
    days, versions = _days(workspace, manifest, view)
    tables = {kind: _table(workspace, manifest, kind, view) for kind in ("words", "plans", "items")}
    items = _item_of_unit(tables["words"], days)
    stamps = {stamp for frame in (days, versions, *tables.values()) for stamp in frame["file"].unique()}
    return History(
        days=_with_items(days, items)[[*schema.KEYWORD_DAY, *schema.STAMP]],
        versions=_with_items(versions, items)[_VERSION],
        covered=_covered(manifest.imports, view),
        files=_files(manifest.imports, view, stamps),
        words=tables["words"],
        plans=tables["plans"],
        items=tables["items"],
    )


def missing_inputs(workspace: Workspace, inputs: Iterable[Input]) -> list[Input]:
    """Those of `inputs` that the history no longer has."""
    there = {_moment(entry) for entry in manifests.load(workspace).imports}
    return [one for one in inputs if (one.sha256, one.downloaded_at) not in there]


def newest_tables(workspace: Workspace) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(words, plans): all word and plan tables imported, contracts `WORDS` and `PLANS` with `STAMP`."""
    manifest, view = manifests.load(workspace), _View(dt.date.min, LAST_DAY, END_OF_TIME, END_OF_TIME)
    return _table(workspace, manifest, "words", view), _table(workspace, manifest, "plans", view)


def newest_complete_day(workspace: Workspace, today: dt.date = LAST_DAY) -> dt.date | None:
    """The newest day that was downloaded on a later day, None where there is none.

    `today`: a download whose days all lie more than `STRAY` days after it, and after all other downloads, is left out:
    the year in its name, or the clock of its computer, was wrong.
    """
    complete: dt.date | None = None
    for first, last in sorted(
        (entry.first_day, min(entry.last_day, entry.downloaded_at.date() - dt.timedelta(days=1)))
        for entry in manifests.load(workspace).imports
        if entry.kind == "keyword_day" and entry.first_day and entry.last_day
        if entry.first_day < entry.downloaded_at.date()
    ):
        if complete is None or (first - max(complete, today)).days <= STRAY:
            complete = max(complete or last, last)
    return complete


def _moment(entry: Import) -> tuple[str, str]:
    return entry.sha256, entry.downloaded_at.isoformat()


def _restricted(manifest: Manifest, among: Collection[Input] | None) -> tuple[Manifest, pd.MultiIndex | None]:
    """The manifest with the imports of `among` alone, and the stamps of their states; None where those are all."""
    wanted = None if among is None else {(one.sha256, one.downloaded_at) for one in among}
    kept = tuple(entry for entry in manifest.imports if wanted is None or _moment(entry) in wanted)
    if len(kept) == len(manifest.imports):
        return manifest, None
    stamps = [(entry.sha256[:12], pd.Timestamp(entry.downloaded_at)) for entry in kept]
    return manifest.model_copy(update={"imports": kept}), pd.MultiIndex.from_tuples(stamps, names=["file", "at"])


def _end_of(day: dt.date) -> pd.Timestamp:
    return pd.Timestamp(day) + pd.Timedelta(days=1) - pd.Timedelta(microseconds=1)


def _days(workspace: Workspace, manifest: Manifest, view: _View) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows that stood at the view's moment, and the states that their re-downloaded rows had by then."""
    moment = view.moment
    months = [month for month in _months(manifest, "history", view.until) if month >= f"{view.since:%Y-%m}"]
    live = view.within(read_live(workspace, manifest, months, view.campaigns))
    newest = view.among is None and bool((live["downloaded_at"] <= moment).all())
    columns = _VERSION_STATE if newest else COLUMNS
    earlier = view.within(read_earlier(workspace, manifest, months, columns, view.campaigns))
    live, earlier = view.of_inputs(live), view.of_inputs(earlier)
    if earlier.empty:
        return view.known(live), live.iloc[:0]
    # Where the live rows are the newest, only days with earlier states have anything to tell beside them.
    beside = live[live["date"].isin(earlier["date"].unique())] if newest else live
    states = view.known(schema.stacked([beside[earlier.columns], earlier]))
    rows = rows_of(states)
    keep = one_a_moment(states, rows)
    is_live = np.arange(len(states)) < len(beside)
    states, rows, is_live = states[keep], rows[keep], is_live[keep]
    stands = is_live if newest else standing(states, rows, moment)
    told = repeated(rows, stands) & (stands | (states["downloaded_at"] <= moment).to_numpy())
    return (live if newest else in_order(states[stands])), in_order(states[told])


def _table(workspace: Workspace, manifest: Manifest, kind: str, view: _View) -> pd.DataFrame:
    """A dated table, one row a date and key, as it stood at the view's moment."""
    contract = schema.FRAMES[kind] | schema.STAMP
    held = list(manifest.shelves.get(kind, {}))
    months = _months(manifest, kind, view.until) or held[:1]
    own = view.campaigns if "campaign_id" in contract else None
    paths = manifest.paths(kind, months if view.among is None else held)
    states = manifests.read(workspace, paths, labels=schema.labels(contract), campaigns=own)
    states = view.of_inputs(states) if len(states) else states
    if states.empty:
        return schema.empty(contract)
    last = max(pd.Timestamp(view.until), states["date"].min())
    states = view.known(states[states["date"] <= last])
    rows = rows_of(states)
    keep = one_a_moment(states, rows)
    states, rows = states[keep], rows[keep]
    stand = in_order(states[standing(states, rows, view.moment)])[list(contract)].astype(schema.dtypes(contract))
    return stand[_told_last(stand, KEY_OF[kind], view.since)].reset_index(drop=True)


def _told_last(table: pd.DataFrame, key: Sequence[str], since: dt.date) -> npt.NDArray[np.bool_]:
    """The rows of a table in order that are dated `since` or, of older ones, are the last of their `key`."""
    old = np.flatnonzero(table["date"] < pd.Timestamp(since))
    keep = np.ones(len(table), bool)
    keep[old[pd.Series(row_codes(table[list(key)].iloc[old])).duplicated(keep="last")]] = False
    return keep


def _months(manifest: Manifest, shelf: str, until: dt.date) -> list[str]:
    return [month for month in manifest.shelves.get(shelf, {}) if month <= f"{until:%Y-%m}"]


def _covered(imports: Iterable[Import], view: _View) -> pd.DataFrame:
    spans = [
        pd.DataFrame({"date": pd.date_range(e.first_day, e.last_day), "downloaded_at": pd.Timestamp(e.downloaded_at)})
        for e in imports
        if e.kind == "keyword_day" and e.first_day and e.last_day
    ]
    covered = pd.concat([schema.empty({"date": ("date", ""), "downloaded_at": ("time", "")}), *spans])
    covered = covered.astype({"date": "datetime64[us]", "downloaded_at": "datetime64[us]"})
    covered = view.known(covered[covered["date"] < pd.Timestamp(view.until)].sort_values(["date", "downloaded_at"]))
    later = covered["downloaded_at"] > view.moment
    newest, oldest = covered[~later].drop_duplicates("date", keep="last"), covered[later].drop_duplicates("date")
    return pd.concat([newest, oldest]).sort_values("date", ignore_index=True)


def _files(imports: Iterable[Import], view: _View, stamps: set[str]) -> tuple[Input, ...]:
    """What was downloaded by then, and what else stands in (`stamps`): all that a look back from there can read."""
    used = (e for e in imports if pd.Timestamp(e.downloaded_at) <= view.latest or e.sha256[:12] in stamps)
    return tuple(sorted({Input(entry.name, *_moment(entry)) for entry in used}))


def _item_of_unit(*tables: pd.DataFrame) -> "pd.Series[str]":
    """item_id by (campaign_id, ad_group_id), where the ad group holds one item only."""
    unit = ["campaign_id", "ad_group_id"]
    known = pd.concat([table[[*unit, "item_id"]].drop_duplicates().astype("str") for table in tables])
    known = known.drop_duplicates()
    known = known[(known["item_id"] != "") & (known["ad_group_id"] != "")]
    return known[~known.duplicated(unit, keep=False)].set_index(unit)["item_id"]


def _with_items(rows: pd.DataFrame, items: "pd.Series[str]") -> pd.DataFrame:
    blank = rows["item_id"] == ""
    if not blank.any():
        return rows
    unit = pd.MultiIndex.from_frame(rows[["campaign_id", "ad_group_id"]])
    filled = pd.Series(items.reindex(unit).fillna("").to_numpy(), index=rows.index, dtype="str")
    return rows.assign(item_id=rows["item_id"].astype("str").mask(blank, filled).astype("category"))
