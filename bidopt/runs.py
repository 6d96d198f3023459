"""A run's plan.json as later commands read it."""

import json
from typing import Any

from bidopt import versions
from bidopt.errors import DataError
from bidopt.workspace import Workspace

SCHEMA_VERSION = 1
"""Of a run's folder; its plan.json carries it."""

_AGAIN = "原文件仍在 / its files stay as they are；重新运行 / make a new one: bidopt nightly"


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
