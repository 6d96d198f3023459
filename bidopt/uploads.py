"""From the plan to the platform and back: when a person may say that a run was uploaded, and how it is undone."""

import datetime as dt
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from bidopt import export, ledger, review, store
from bidopt.confirmed import runs_before, unshown
from bidopt.curves.bounds import FEN
from bidopt.errors import StalePlan, UsageError
from bidopt.ledger import Entry
from bidopt.prose import number
from bidopt.review import Overruled
from bidopt.scorecard import changed, read_run
from bidopt.workspace import SHOP_TIME, Workspace, publish_bytes, who

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

LISTS = ("bids.csv", "budgets.csv")
UNDO = tuple(f"rollback_{name}" for name in LISTS)
_SIDES = ("now", "new", "planned")
MOST_NAMED = 10
SET_BY_THE_PLATFORM = "keep_smart"
"""The reason of words in plans on 智能出价, whose bids are nobody's to upload."""


@dataclass(frozen=True)
class Difference:
    """A bid or plan budget `in_force` that is neither the one the run was made from (`now`) nor the one it sets
    (`new`); yuan, inf = 不限, NaN = not known.
    """

    name: str
    now: float
    new: float
    in_force: float

    def text(self) -> str:
        """As a line of a message has it."""
        now, new, there = (number(amount, ".2f") if amount < np.inf else "不限" for amount in self._amounts)
        return f"{self.name} {there} ({now} -> {new})"

    @property
    def _amounts(self) -> tuple[float, float, float]:
        return self.now, self.new, self.in_force


@dataclass(frozen=True)
class Confirmed:
    """`again`: it was entered before; `overruled`: what the workbook chose otherwise; `files` written."""

    entry: Entry
    again: bool
    overruled: Overruled
    files: tuple[Path, ...]


@dataclass(frozen=True)
class Undo:
    """`files` written; `was_confirmed`: the run had been entered as uploaded."""

    files: tuple[Path, ...]
    entry: Entry
    was_confirmed: bool


def confirm(workspace: Workspace, run_id: str, day: dt.date | None = None) -> tuple[Entry, bool]:
    """Enter that the run's changes were uploaded, on `day` or now.

    Returns
    -------
    entry : Entry
    again : bool
        It was entered before, and nothing is new.

    Raises
    ------
    StalePlan
        When the run's day has passed, a newer plan is there, or what is in force is not what it was made from.
    """
    with workspace.lock():
        before = _confirmed_before(workspace, run_id)
        if before:
            return before, True
        _refuse_stale(workspace, run_id, day, Overruled.of())
        return ledger.add(workspace, "confirmed", run_id, _at(day)), False


def confirm_overruled(
    workspace: Workspace, run_id: str, book: Path, folder: Path, day: dt.date | None = None
) -> Confirmed:
    """Take back what the workbook `book` overrules, write the change lists with it into `folder`, both or none, and
    enter each choice and that the run was uploaded, on `day` or now.

    Raises
    ------
    FileRefused
        When the workbook cannot be taken.
    StalePlan
        As `confirm`.
    UsageError
        When the run was confirmed with other choices, or another file of that name is there.
    """
    run = review.load(workspace, run_id)
    chosen = review.read(book, run)
    lists = run.lists(chosen, workspace.settings().shop.language)
    contents = {folder / f"confirmed_{name}": lists[name] for name in LISTS}
    with workspace.lock():
        before = _confirmed_before(workspace, run_id)
        if before:
            if chosen.mark != _overruled(workspace, run_id).mark:
                raise UsageError(
                    f"{run_id} 已按另外的出价确认过 / was confirmed with other choices.",
                    f"先撤销 / undo that first: bidopt rollback {run_id}",
                )
            return Confirmed(before, True, chosen, _put(contents))
        _refuse_stale(workspace, run_id, day, chosen)
        files, at, by = _put(contents), _at(day), who()
        told = [Entry("overruled", run_id, at, by, one) for one in chosen.details()]
        entry = ledger.add_all(workspace, [*told, Entry("confirmed", run_id, at, by)])[-1]
        return Confirmed(entry, False, chosen, files)


def rollback(workspace: Workspace, run_id: str, folder: Path, day: dt.date | None = None) -> Undo:
    """Write what undoes the run into `folder`, both lists or none, and enter it as undone, on `day` or now.

    Raises
    ------
    StalePlan
        When a later run was confirmed, or what is in force is not of this run any more.
    UsageError
        When another file of that name is there.
    """
    with workspace.lock():
        ledger.catch_up(workspace)
        entries = ledger.read(workspace)
        said = ledger.uploads(entries)
        made = sorted((e.run_id for e in entries if e.event == "recommended"), key=lambda other: other[:10])
        later = [other for other in made[made.index(run_id) + 1 :] if _confirmed(said.get(other))]
        if later:
            raise StalePlan(
                f"之后的方案已经上传 / a later run was uploaded: {', '.join(later)}.",
                f"先撤销它 / undo that first: bidopt rollback {later[-1]}",
            )
        chosen = _overruled(workspace, run_id)
        _refuse_moved(workspace, run_id, differences(workspace, run_id, chosen, of_changed=True))
        files = _put({folder / name: content for name, content in _undo_lists(workspace, run_id, chosen).items()})
        before = said.get(run_id)
        confirmed = any(e.run_id == run_id and e.event == "confirmed" for e in entries)
        undone = before if before and before.event == "undone" else None
        return Undo(files, undone or ledger.add(workspace, "undone", run_id, _at(day)), confirmed)


def newer_run(workspace: Workspace, run_id: str) -> str | None:
    """A run for a later day, or one made later for the same day."""
    runs = sorted(head.parent.name for head in workspace.runs.glob("[!.]*/plan.json"))
    later = [other for other in runs if other[:10] > run_id[:10]]
    newest = workspace.latest_run()
    if newest and newest != run_id and newest[:10] == run_id[:10]:
        later.insert(0, newest)
    return later[-1] if later else None


def differences(
    workspace: Workspace, run_id: str, chosen: Overruled | None = None, *, of_changed: bool = False
) -> list[Difference]:
    """Bids and plan budgets in force, by the newest tables and earlier uploads, that the run neither found nor sets.

    `chosen`: what a person sets otherwise, by the ledger where not given. `of_changed`: of those alone that it changes.
    """
    words, plans = _in_force(workspace, run_id)
    folder = workspace.run_dir(run_id)
    run = read_run(folder)
    chosen = _overruled(workspace, run_id) if chosen is None else chosen
    listed = chosen.of_words(run.words)
    listed = listed[(run.words["reason"] != SET_BY_THE_PLATFORM) & ~run.words["bid_inferred"]]
    if of_changed:
        listed = listed[changed(listed)]
    budgets = chosen.of_budgets(review.budgets_of(folder, run.head))
    if of_changed:
        budgets = export.changed_budgets(budgets)
    found = []
    if len(words):
        in_force = store.bids_in_force(words, listed, _newest(words))
        found += _differing(listed.assign(in_force=in_force[:, 0]), "bid", "keyword")
    if len(plans):
        in_force, _ = store.budgets_in_force(plans, budgets["campaign_id"], _newest(plans))
        found += _differing(budgets.assign(in_force=in_force[:, 0]), "budget", "campaign_name")
    return found


def _in_force(workspace: Workspace, run_id: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(words, plans): the tables imported, and what runs for earlier days were confirmed to have set since."""
    words, plans = store.newest_tables(workspace)
    earlier = unshown(workspace, runs_before(workspace, dt.date.fromisoformat(run_id[:10])), words, plans)
    return earlier.before(words), earlier.before_plans(plans)


def _confirmed_before(workspace: Workspace, run_id: str) -> Entry | None:
    """That the run was entered as uploaded, where it stands."""
    ledger.catch_up(workspace)
    before = ledger.uploads(ledger.read(workspace)).get(run_id)
    return before if _confirmed(before) else None


def _overruled(workspace: Workspace, run_id: str) -> Overruled:
    return review.of_ledger(ledger.read(workspace), run_id)


def _undo_lists(workspace: Workspace, run_id: str, chosen: Overruled) -> dict[str, bytes]:
    """The run's own, made anew where something was overruled."""
    if not chosen:
        return {name: (workspace.run_dir(run_id) / name).read_bytes() for name in UNDO}
    lists = review.load(workspace, run_id).lists(chosen, workspace.settings().shop.language)
    return {name: lists[name] for name in UNDO}


def _refuse_stale(workspace: Workspace, run_id: str, day: dt.date | None, chosen: Overruled) -> None:
    _refuse_past(run_id, day or dt.datetime.now(SHOP_TIME).date())
    _refuse_older(workspace, run_id)
    _refuse_moved(workspace, run_id, differences(workspace, run_id, chosen))


def _refuse_moved(workspace: Workspace, run_id: str, found: list[Difference]) -> None:
    """Raise StalePlan where something was `found`."""
    if found:
        named = "; ".join(difference.text() for difference in found[:MOST_NAMED])
        raise StalePlan(
            f"{run_id} 和现在的出价或预算对不上，共 {len(found)} 处 / {len(found)} bids or budgets in force are "
            f"neither those that the plan was made from nor its own; 现值 in force (原 was -> 新 new): {named}.",
            "导入最新的出价表和计划表，再运行 bidopt nightly / import the newest tables and run the night again.",
        )


def _refuse_past(run_id: str, today: dt.date) -> None:
    if today > dt.date.fromisoformat(run_id[:10]):
        raise StalePlan(
            f"{run_id} 的日期已过（今天 {today}）/ the day of this plan has passed: it is {today}.",
            "重新运行 / run again: bidopt nightly；当天上传的 / uploaded on its day: --date D",
        )


def _refuse_older(workspace: Workspace, run_id: str) -> None:
    newer = newer_run(workspace, run_id)
    if newer:
        raise StalePlan(
            f"有更新的方案 / there is a newer plan than {run_id}: {newer}.",
            f"用新的那个 / take that: bidopt confirm {newer}",
        )


def _differing(rows: pd.DataFrame, kind: str, names: str) -> list[Difference]:
    """Rows whose `in_force`, where it is known, is neither {kind}_now nor {kind}_new, nor what the plan said."""
    there, now, new, planned = (rows[name].to_numpy(float) for name in ("in_force", *(f"{kind}_{n}" for n in _SIDES)))
    other = ~np.isnan(there) & ~_same(there, now) & ~_same(there, new) & ~_same(there, planned)
    amounts = (x[other].tolist() for x in (now, new, there))
    return [Difference(*values) for values in zip(rows[names][other], *amounts, strict=True)]


def _same(a: Array, b: Array) -> Mask:
    return np.isclose(a, b, rtol=0, atol=FEN / 2)


def _newest(table: pd.DataFrame) -> pd.DatetimeIndex:
    return pd.DatetimeIndex([table["date"].max()])


def _put(contents: dict[Path, bytes]) -> tuple[Path, ...]:
    """Write the files, all or none; a file of other contents stays."""
    for path, content in contents.items():
        if path.exists() and path.read_bytes() != content:
            raise UsageError(f"已有另一份 / there is another {path}.", "换个文件夹 / name another folder: -o DIR")
    new = [path for path in contents if not path.exists()]
    try:
        for path in new:
            publish_bytes(path, contents[path])
    except OSError:
        for path in new:
            with suppress(OSError):
                path.unlink(missing_ok=True)
        raise
    return tuple(contents)


def _confirmed(entry: Entry | None) -> bool:
    return entry is not None and entry.event == "confirmed"


def _at(day: dt.date | None) -> str:
    return day.isoformat() if day else ledger.moment()
