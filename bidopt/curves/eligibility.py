"""Which words may be re-bid this night, and why the others may not."""

import datetime as dt
import hashlib

import numpy as np
import numpy.typing as npt
import pandas as pd

from bidopt.fit import FittedModels
from bidopt.schema import UNIT
from bidopt.settings import Settings


def held(models: FittedModels, settings: Settings) -> npt.NDArray[np.str_]:
    """(n,) the code of what holds each word's bid, "" where it may move.

    Codes, of which the first that applies is given: package, no_id, smart, absent, status, locked, evidence (no
    report at all, or none that tells what the objective counts), holdout.
    """
    words = models.words
    plans = models.campaigns.iloc[models.campaign]
    smart, in_force = plans["bidding"].eq("smart").to_numpy(), plans["in_force"].to_numpy(bool)
    locked = words["keyword"].isin(settings.bids.locked) | words["keyword_id"].isin(settings.bids.locked)
    holds = {
        "package": words["word_type"].eq("package"),
        "no_id": (words[list(UNIT)] == "").any(axis=1),
        "smart": smart,
        "absent": (~words["listed"] & ~words["no_table"]) | ~in_force,
        "status": ~words["active"],
        "locked": locked,
        "evidence": np.full(len(words), models.days_seen == 0 or blind(models, settings)),
    }
    code = np.select([np.asarray(v) for v in holds.values()], [np.array(c, "U8") for c in holds], np.array("", "U8"))
    free = np.flatnonzero(code == "")
    code[free[_drawn(words.iloc[free], settings.holdout.share, models.day)]] = "holdout"
    return code


def blind(models: FittedModels, settings: Settings) -> bool:
    """No report tells conversions, which the objective or the ROI floor counts."""
    goal = settings.objective
    return not models.orders_told and (goal.maximise != "clicks" or goal.min_roi > 0)


def under_cap(models: FittedModels, settings: Settings) -> npt.NDArray[np.bool_]:
    """(c,) campaigns that live under the cap: in force, and not on 智能出价 unless the settings say so.

    Without any report only known budgets are looked at: nothing says what the others need.
    """
    plans = models.campaigns
    manual = ~plans["bidding"].eq("smart") | settings.budget.include_smart
    told = plans["budget_now"].notna() | (models.days_seen > 0)
    return np.asarray((manual & plans["in_force"] & told).to_numpy(bool))


def _drawn(words: pd.DataFrame, share: float, day: dt.date) -> npt.NDArray[np.intp]:
    """Positions held out: one of each layer of about 1 / share words of like traffic, drawn anew each day by hash."""
    if share <= 0 or words.empty:
        return np.empty(0, np.intp)
    ids = unit_ids(words)
    tickets = b"".join(_hash(f"{day}/{i}") for i in ids.tolist())
    order = np.lexsort((ids.to_numpy(str), -words["seen_clicks"].to_numpy()))
    size = round(1 / share)
    full = order[: len(order) // size * size].reshape(-1, size)
    lowest = np.frombuffer(tickets, ">u8")[full].argmin(1)
    return np.asarray(full[np.arange(len(full)), lowest], np.intp)


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode(), usedforsecurity=False).digest()[:8]


def unit_ids(words: pd.DataFrame) -> "pd.Series[str]":
    """One text a word, for draws by hash that other words do not change."""
    return words["campaign_id"] + "/" + words["ad_group_id"] + "/" + words["keyword_id"]
