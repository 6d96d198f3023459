"""Old runs and their models go, by age; what happened stays in the ledger, and the history stays whole."""

import datetime as dt
import json
from collections.abc import Iterable

from bidopt import ledger, store
from bidopt.workspace import Workspace, delete_dir


def prune(workspace: Workspace, keep_days: int, tonight: str) -> None:
    """Delete runs and models that are more than `keep_days` older than the data and than the run `tonight`.

    Never tonight's, nor the newest run, nor the newest one that was confirmed and not taken back, nor any that a kept
    one was made from: whatever is kept can be made again. The caller holds the workspace's lock.

    Raises
    ------
    DataError
        When the ledger cannot be read.
    """
    data = store.newest_complete_day(workspace)
    if data is None:
        return
    said = ledger.uploads(ledger.read(workspace)).values()
    confirmed = (entry.run_id for entry in said if entry.event == "confirmed")
    kept = {tonight, workspace.latest_run(), max(confirmed, key=lambda run_id: run_id[:10], default=None)}
    newest = min(data, dt.date.fromisoformat(tonight[:10]))  # the later of the two may be a slip of the pen
    first = (newest - dt.timedelta(days=keep_days)).isoformat()
    folders = [path for kind in (workspace.runs, workspace.models) for path in sorted(kind.glob("[!.]*"))]
    dated = [path for path in folders if ledger.RUN_ID.fullmatch(path.name)]
    if any(path.name[:10] < first and path.name not in kept for path in dated):
        kept |= _made_from(workspace, {path.name for path in dated if path.name[:10] >= first or path.name in kept})
    for path in dated:
        if path.name[:10] < first and path.name not in kept:
            delete_dir(path)


def _made_from(workspace: Workspace, runs: Iterable[str]) -> set[str]:
    """The confirmed runs that `runs` took as being in force."""
    found: set[str] = set()
    for run_id in runs:
        try:
            head = json.loads((workspace.run_dir(run_id) / "plan.json").read_bytes())
            found.update(told.partition("+")[0] for told in head["created_from"]["confirmed"])
        except (OSError, ValueError, KeyError, TypeError):
            continue  # models alone, or a run that cannot be made again anyway
    return found
