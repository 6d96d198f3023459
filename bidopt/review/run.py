"""A run as it is reviewed: what it sets, and what may be set instead."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from bidopt import export, runs
from bidopt.curves.bounds import FEN
from bidopt.errors import DataError
from bidopt.prose import Language
from bidopt.review.overruled import Overruled
from bidopt.settings import Campaign, Settings
from bidopt.workspace import Workspace


@dataclass(frozen=True)
class Reviewed:
    """`words`, `budgets` as in `bidopt.export`, of budgets all plans under the cap; beside them, in yuan, `lowest` and
    `highest`: what may be set instead.
    """

    head: dict[str, Any]
    settings: Settings
    words: pd.DataFrame
    budgets: pd.DataFrame

    @property
    def cap(self) -> float:
        """Yuan a day."""
        return float(self.head["caps"]["daily"])

    def workbook(self, overruled: Overruled, language: Language) -> bytes:
        """To be filled, with what was `overruled` before."""
        words, budgets = overruled.of_words(self.words), overruled.of_budgets(self.budgets)
        own_bid = words["bid_new"].where(words["reason"] == "overruled")
        own_budget = budgets["budget_new"].where(budgets["reason"] == "overruled")
        return export.workbook(
            self.head, self.words.assign(own_bid=own_bid), self.budgets.assign(own_budget=own_budget), language
        )

    def lists(self, overruled: Overruled, language: Language) -> dict[str, bytes]:
        """The change lists and their undo, with what was `overruled`, by the names that they have in a run."""
        words, budgets = overruled.of_words(self.words), overruled.of_budgets(self.budgets)
        return {
            "bids.csv": export.bids_csv(words, language),
            "budgets.csv": export.budgets_csv(budgets, language),
            "rollback_bids.csv": export.rollback_bids_csv(words, language),
            "rollback_budgets.csv": export.rollback_budgets_csv(budgets, language),
        }


def load(workspace: Workspace, run_id: str) -> Reviewed:
    """The run of that id.

    Raises
    ------
    DataError
        Where its files are damaged.
    """
    folder = workspace.run_dir(run_id)
    head = runs.head(workspace, run_id)
    try:
        own = folder / runs.SETTINGS
        settings = Settings.model_validate_json(own.read_bytes()) if own.is_file() else workspace.settings()
        words = pd.read_parquet(folder / "recommendations.parquet")
        names = words.drop_duplicates("campaign_id").set_index("campaign_id")["campaign_name"]
        budgets = budgets_of(folder, head, names.to_dict())
    except (OSError, ValueError) as error:
        raise DataError(
            f"方案读不出来 / the run cannot be read: {folder}: {error}",
            "从备份恢复这个文件夹 / restore that folder from a backup.",
        ) from None
    span = {end: words.get(f"bid_{end}", words["bid_now"]) for end in ("lowest", "highest")}
    return Reviewed(head, settings, words.assign(**span), _with_range(budgets, settings, head["caps"]["daily"]))


def budgets_of(folder: Path, head: dict[str, Any], names: Mapping[Any, str] = MappingProxyType({})) -> pd.DataFrame:
    """The budgets that the run changes, then those that it keeps; `names` of plans by id, else their ids."""
    moved = export.read_budgets((folder / "budgets.csv").read_bytes())
    kept = {i: amount for i, amount in head["caps"]["by_campaign"].items() if i not in set(moved["campaign_id"])}
    rest = pd.DataFrame(
        {
            "campaign_id": pd.Series(list(kept), dtype="str"),
            "campaign_name": [names.get(i, i) for i in kept],
            "budget_type": "",
            "budget_now": pd.Series(list(kept.values()), dtype="float64"),
            "budget_new": pd.Series(list(kept.values()), dtype="float64"),
            "reason": "budget_kept",
        }
    )
    return pd.concat([moved[list(rest)], rest], ignore_index=True)


def _with_range(budgets: pd.DataFrame, settings: Settings, cap: float) -> pd.DataFrame:
    """What the settings let each budget be, in whole fen."""
    own = {one.id: one for one in settings.campaign}
    plans = [own.get(i, Campaign(id=i)) for i in budgets["campaign_id"]]
    low = np.array([max(settings.budget.min_campaign, p.min_budget or 0.0, p.min_spend) for p in plans])
    high = np.array([min(p.max_budget or cap, cap) for p in plans])
    usual = settings.budget.max_change
    steps = [p.max_budget_change if p.max_budget_change is not None else usual for p in plans]
    step = np.array([np.inf if one is None else one for one in steps])
    now = budgets["budget_now"].to_numpy(float)
    limited = np.isfinite(now) & np.isfinite(step)
    with np.errstate(invalid="ignore"):
        low = np.where(limited, np.maximum(low, now * (1 - step)), low)
        high = np.where(limited, np.minimum(high, now * (1 + step)), high)
    return budgets.assign(lowest=np.ceil(low / FEN - 1e-6) * FEN, highest=np.floor(high / FEN + 1e-6) * FEN)
