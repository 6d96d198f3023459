"""A run's folder as later commands find it."""

import json
from pathlib import Path
from typing import Any

from bidopt import versions
from bidopt.errors import DataError
from bidopt.workspace import Workspace

SCHEMA_VERSION = 1
"""Of a run's folder; its plan.json carries it."""

SETTINGS = "settings.json"
"""All settings that the run was made with, `extends` resolved."""
LOG = "log.jsonl"
FILES = (
    "plan.json", SETTINGS, "bids.csv", "budgets.csv", "rollback_bids.csv", "rollback_budgets.csv",
    "recommendations.parquet", "curves.parquet", "report.html", LOG,
)  # fmt: skip

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
