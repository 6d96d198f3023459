"""Changes that were uploaded and that no table has shown yet: they are in force all the same."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from bidopt import export, ledger
from bidopt.errors import DataError
from bidopt.review import Overruled, budgets_of, of_ledger
from bidopt.schema import UNIT
from bidopt.scorecard import LOOK_BACK, Run, changed, read_run
from bidopt.store import Confirmed, History
from bidopt.workspace import Workspace


def runs_before(workspace: Workspace, day: dt.date) -> tuple[str, ...]:
    """The runs for the days before `day` that were confirmed and not undone: one a day, the one confirmed last; with
    the mark of what was overruled behind a +.

    Raises
    ------
    DataError
        When the ledger cannot be read.
    """
    entries = ledger.read(workspace)
    said = ledger.uploads(entries)
    of_day = {run_id[:10]: run_id for run_id, entry in said.items() if entry.event == "confirmed"}
    first = (day - dt.timedelta(days=LOOK_BACK)).isoformat()
    runs = (run_id for of, run_id in sorted(of_day.items()) if first <= of < day.isoformat())
    return tuple(f"{run_id}+{of_ledger(entries, run_id).mark}".rstrip("+") for run_id in runs)


def with_confirmed(history: History, workspace: Workspace, runs: Sequence[str]) -> History:
    """The history with what `runs` set, as far as no table of it has shown more; raises as `unshown`."""
    return replace(history, confirmed=unshown(workspace, runs, history.words, history.plans))


def unshown(workspace: Workspace, runs: Sequence[str], words: pd.DataFrame, plans: pd.DataFrame) -> Confirmed:
    """The bids and budgets that `runs` set, each from its day on until the tables `words` and `plans` say otherwise.

    A run for D tells them as tables of D + 1 would, the state at the end of D; where there is that table, it alone
    counts.

    Raises
    ------
    DataError
        When a run cannot be read.
    """
    used, none = [], Confirmed()
    bids: list[pd.DataFrame] = []
    budgets: list[pd.DataFrame] = []
    entries = ledger.read(workspace) if runs else ()
    for told in runs:
        run_id, _, mark = told.partition("+")
        told_at = pd.Timestamp(run_id[:10]) + pd.Timedelta(days=1)
        of_words, of_plans = (not (table["date"] == told_at).any() for table in (words, plans))
        if not (of_words or of_plans):
            continue
        folder = workspace.run_dir(run_id)
        run, chosen = read_run(folder), of_ledger(entries, run_id, mark)
        if of_words:
            bids.append(_bids(run, chosen).assign(date=told_at)[list(none.bids)])
        if of_plans:
            budgets.append(_budgets(folder, run, chosen).assign(date=told_at)[list(none.budgets)])
        used.append(told)
    frames = ((bids, none.bids), (budgets, none.budgets))
    return Confirmed(tuple(used), *(pd.concat(each, ignore_index=True) if each else empty for each, empty in frames))


def _bids(run: Run, chosen: Overruled) -> pd.DataFrame:
    words = chosen.of_words(run.words)
    return words[changed(words)].rename(columns={"bid_new": "bid"})[[*UNIT, "bid"]]


def _budgets(folder: Path, run: Run, chosen: Overruled) -> pd.DataFrame:
    try:
        plans = budgets_of(folder, run.head)
    except (OSError, ValueError, KeyError) as error:
        raise DataError(
            f"{folder / 'budgets.csv'} 读不了 / cannot be read: {error}.",
            "从备份恢复这个文件夹 / restore that folder from a backup.",
        ) from None
    moved = export.changed_budgets(chosen.of_budgets(plans))
    kind = np.where(np.isinf(moved["budget_new"]), "unlimited", "daily")
    return moved.assign(budget=moved["budget_new"], budget_type=kind)[["campaign_id", "budget", "budget_type"]]
