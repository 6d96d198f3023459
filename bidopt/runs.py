"""A run's folder as later commands find it."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

from bidopt import versions
from bidopt.errors import DataError
from bidopt.workspace import SHOP_TIME, Workspace, publish_json

SCHEMA_VERSION = 1
"""Of a run's folder; its plan.json carries it."""

SETTINGS = "settings.json"
"""All settings that the run was made with, `extends` resolved."""
LOG = "log.jsonl"
FILES = (
    "plan.json", SETTINGS, "bids.csv", "budgets.csv", "rollback_bids.csv", "rollback_budgets.csv",
    "recommendations.parquet", "curves.parquet", "report.html", LOG,
)  # fmt: skip

FAILURE = "failed.json"
"""Beside the runs: why the newest night made none; gone after the next that does."""

_AGAIN = "原文件仍在 / its files stay as they are；重新运行 / make a new one: bidopt nightly"


def whole(run_dir: Path) -> bool:
    """All its files are there and its head can be read: a power failure may leave them cut off."""
    try:
        json.loads((run_dir / "plan.json").read_text("utf-8"))
        return all((run_dir / name).stat().st_size for name in FILES)
    except (OSError, ValueError):
        return False


def head(workspace: Workspace, run_id: str) -> dict[str, Any]:
    """plan.json of a run.

    Raises
    ------
    DataError
        When it cannot be read, or another version of bidopt wrote it.
    """
    path = workspace.run_dir(run_id) / "plan.json"
    try:
        told = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path} 读不了 / cannot be read: {error}.", _AGAIN) from None
    return versions.require(told, SCHEMA_VERSION, path, _AGAIN)


def keep_failure(workspace: Workspace, error: Exception) -> None:
    """Remember why the newest night made no plan, for `status`."""
    told = {"at": dt.datetime.now(SHOP_TIME).isoformat(timespec="seconds"), "message": str(error) or repr(error)}
    publish_json(workspace.runs / FAILURE, told)


def forget_failure(workspace: Workspace) -> None:
    (workspace.runs / FAILURE).unlink(missing_ok=True)


def last_failure(workspace: Workspace) -> dict[str, str] | None:
    """When (`at`, the shop's time) and why (`message`) the newest night failed; None when it did not."""
    try:
        told: dict[str, str] = json.loads((workspace.runs / FAILURE).read_text("utf-8"))
        return {"at": told["at"], "message": told["message"]}
    except (OSError, ValueError, KeyError, TypeError):
        return None
