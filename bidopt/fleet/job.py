"""What is done for one shop. Runs in a worker: takes and returns plain values, and never raises what a shop did wrong.

The night is imported inside, so that the process that only hands out the jobs starts light.
"""

import datetime as dt
import os
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from bidopt import __version__
from bidopt.errors import BidoptError, DataError, WorkspaceBusy
from bidopt.workspace import Workspace

if TYPE_CHECKING:
    from bidopt.nightly import Night

Facts = dict[str, Any]
Status = Literal["died", "failed", "no_plan", "busy", "review", "ok", "no_change", "fitted"]


@dataclass(frozen=True)
class Job:
    """`day`: the day to plan for, None for each shop's own; `today`, `version`: of whoever hands out the jobs; `cap`:
    yuan a day in place of the shop's own.
    """

    root: Path
    day: dt.date | None
    today: dt.date
    version: str = __version__
    cap: float | None = None


def night(job: Job) -> Facts:
    """Run the shop's night; what `fleet.json` tells of it."""
    return _guarded(job, _night)


def prospect(job: Job) -> Facts:
    """Fit as the night does, and leave no plan: `frontier`, `floor` and `least`, or how that failed."""
    return _guarded(job, _prospect)


def failed(job: Job, status: Status, message: str, hint: str = "", exit_code: int = 1) -> Facts:
    """Of a shop that has no plan: yesterday's bids stand."""
    told = {"status": status, "exit_code": exit_code, "message": message, "hint": hint}
    return {"workspace": str(job.root), "shop": job.root.name} | told


def _guarded(job: Job, work: Callable[[Workspace, Job], Facts]) -> Facts:
    start, cpu = time.monotonic(), time.process_time()
    facts: Facts = {}
    try:
        if job.version != __version__:
            raise BidoptError(
                f"版本不一致 / another version: {platform.node()} 是 / has bidopt {__version__}, 这里是 / here is "
                f"{job.version}.",
                "所有机器装同一版本 / install the same version everywhere.",
            )
        workspace = Workspace(job.root).require()
        shop = workspace.settings().shop
        facts = {"shop": shop.name, "language": shop.language}
        facts |= work(workspace, job)
    except BidoptError as error:
        facts = failed(job, _status(error), error.message, error.hint, error.exit_code) | facts
    except Exception as error:
        facts = failed(job, "failed", f"内部错误 / internal error: {type(error).__name__}: {error}") | facts
    took = {"seconds": round(time.monotonic() - start, 2), "cpu_seconds": round(time.process_time() - cpu, 2)}
    return {"workspace": str(job.root)} | facts | took | {"worker": f"{platform.node()}:{os.getpid()}"}


def _status(error: BidoptError) -> Status:
    if isinstance(error, WorkspaceBusy):
        return "busy"
    return "no_plan" if isinstance(error, DataError) else "failed"


def _night(workspace: Workspace, job: Job) -> Facts:
    from bidopt import nightly

    made = nightly.run(workspace, job.day, _quiet, today=job.today, cap=job.cap)
    return _told(made) | ({} if job.cap is None else {"share": job.cap, "value": _value(workspace, made, job.cap)})


def _told(made: "Night") -> Facts:
    head = made.head
    severities = [alert["severity"] for alert in head["alerts"]]
    return {
        "status": head["status"],
        "exit_code": 0,
        "message": "",
        "hint": "",
        "run_id": made.run_id,
        "run_dir": str(made.run_dir),
        "date": head["date"],
        "objective": head["objective"],
        "cap": head["caps"]["daily"],
        "expected": head["expected"],
        "current": head["current"],
        "gap": head["optimality"]["gap"],
        "shadow_price": head["optimality"]["shadow_price"],
        "changes": {name: _rows(made.run_dir / f"{name}.csv") for name in ("bids", "budgets")},
        "gates": [gate["message"] for gate in head["gates"] if gate["result"] != "PASS"],
        "warnings": head["warnings"],
        "alerts": {name: severities.count(name) for name in ("critical", "warning", "info")},
        "critical": [alert["message"] for alert in head["alerts"] if alert["severity"] == "critical"],
        "refused": [file.name for file in made.summary.files if file.status == "refused"],
    }


def _value(workspace: Workspace, made: "Night", cap: float) -> float:
    """The most of the objective that was found under `cap`, by the models of the night."""
    from bidopt import fit
    from bidopt.recommend import Prospect

    models = fit.load(workspace.models / made.run_id)
    return Prospect(models, workspace.settings()).under(cap).value


def _prospect(workspace: Workspace, job: Job) -> Facts:
    from bidopt import nightly
    from bidopt.recommend import Prospect

    settings = workspace.settings()
    models = nightly.foresee(workspace, job.day, _quiet, job.today)
    seen = Prospect(models, settings)
    told = {"floor": seen.floor, "least": seen.least, "frontier": seen.frontier()}
    return {"status": "fitted", "objective": settings.objective.maximise} | told


def _rows(path: Path) -> int:
    return path.read_bytes().count(b"\n") - 1


def _quiet(_: str) -> None:
    pass
