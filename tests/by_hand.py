"""A run's folder made by hand, as a night leaves it."""

from typing import Any

import pandas as pd

from bidopt import export, runs
from bidopt.workspace import Workspace, publish_bytes, publish_json


def put_run(shop: Workspace, head: dict[str, Any], words: pd.DataFrame, budgets: pd.DataFrame) -> str:
    """Write the run of `head` into `shop` as its newest."""
    folder = shop.run_dir(head["run_id"])
    publish_json(folder / "plan.json", head)
    for name, content in {
        runs.SETTINGS: shop.settings().model_dump_json().encode(),
        "bids.csv": export.bids_csv(words, "zh"),
        "budgets.csv": export.budgets_csv(budgets, "zh"),
        "rollback_bids.csv": export.rollback_bids_csv(words, "zh"),
        "rollback_budgets.csv": export.rollback_budgets_csv(budgets, "zh"),
    }.items():
        publish_bytes(folder / name, content)
    words.to_parquet(folder / "recommendations.parquet", index=False)
    publish_bytes(shop.runs / "latest", head["run_id"].encode())
    return str(head["run_id"])
