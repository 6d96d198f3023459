"""Old runs and their models go, by age; what happened stays in the ledger, and the history stays whole."""

import datetime as dt

from bidopt import ledger, store
from bidopt.workspace import Workspace, delete_dir


def prune(workspace: Workspace, keep_days: int, besides: str) -> None:
    """Delete runs and models of days more than `keep_days` before the newest complete day of the data.

    Never those of the run `besides`, of the newest run, nor of the newest one that was confirmed and not taken back. To
    make a kept run again takes its own folder and the history alone. The caller holds the workspace's lock.

    Raises
    ------
    DataError
        When the ledger cannot be read.
    """
    newest = store.newest_complete_day(workspace)
    if newest is None:
        return
    kept = {besides, workspace.latest_run()}
    said = ledger.uploads(ledger.read(workspace)).values()
    confirmed = (entry.run_id for entry in said if entry.event == "confirmed")
    kept.add(max(confirmed, key=lambda run_id: run_id[:10], default=None))
    first = (newest - dt.timedelta(days=keep_days)).isoformat()
    for folder in (workspace.runs, workspace.models):
        for old in sorted(folder.glob("[!.]*")):
            if ledger.RUN_ID.fullmatch(old.name) and old.name[:10] < first and old.name not in kept:
                delete_dir(old)
