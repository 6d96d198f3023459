"""What a run changes, in the order in which a person works through the console, and how it is undone."""

import numpy as np
import pandas as pd

from bidopt.schema import UNIT

HALF_A_FEN = 0.005
"""Yuan: a smaller difference is none."""


def is_changed(words: pd.DataFrame) -> "pd.Series[bool]":
    """(n,) whose bid changes."""
    return (words["bid_new"] - words["bid_now"]).abs() >= HALF_A_FEN


def changed_words(words: pd.DataFrame) -> pd.DataFrame:
    """The words whose bid changes, by plan, unit and word."""
    return words[is_changed(words)].sort_values(list(UNIT), kind="stable", ignore_index=True)


def changed_budgets(budgets: pd.DataFrame) -> pd.DataFrame:
    """The plans whose budget changes, by plan; a budget that was 不限 or not known changes by being set."""
    now, new = budgets["budget_now"], budgets["budget_new"]
    set_anew = ~np.isfinite(now) & np.isfinite(new)
    moved: pd.Series[bool] = ((new - now).abs() >= HALF_A_FEN) | set_anew
    return budgets[moved].sort_values("campaign_id", kind="stable", ignore_index=True)


def weightiest(words: pd.DataFrame, count: int) -> pd.DataFrame:
    """The `count` words whose change moves the most money, profit and spend together."""
    moved = sum((words[f"new_{name}"] - words[f"now_{name}"]).abs() for name in ("profit", "spend"))
    return words.loc[pd.Series(moved).sort_values(ascending=False, kind="stable").index[:count]]


def undone_words(words: pd.DataFrame) -> pd.DataFrame:
    """The changed words with their bids the other way round."""
    changed = changed_words(words)
    return changed.assign(bid_now=changed["bid_new"], bid_new=changed["bid_now"], reason="undo", limited_by="")


def undone_budgets(budgets: pd.DataFrame) -> pd.DataFrame:
    """The changed budgets the other way round; what was 不限 goes back to 不限."""
    changed = changed_budgets(budgets)
    was_unlimited = np.isposinf(changed["budget_now"])
    return changed.assign(
        budget_now=changed["budget_new"],
        budget_new=changed["budget_now"],
        budget_type=changed["budget_type"].mask(was_unlimited, "unlimited"),
        reason="undo",
    )


def settable(words: pd.DataFrame) -> "pd.Series[float]":
    """The bids to set; NaN where the bid in force is only inferred, and where the word is to be paused."""
    return words["bid_new"].mask(words["bid_inferred"] | (words["bid_new"] == 0))


def change(words: pd.DataFrame) -> pd.Series:
    """The relative move of each bid, a fraction; 1 where a paused word goes on."""
    return (words["bid_new"] / words["bid_now"]).where(words["bid_now"] > 0, 2.0) - 1
