"""Which words may be re-bid this night, and why the others may not."""

import datetime as dt
import hashlib

import numpy as np
import numpy.typing as npt
import pandas as pd

from bidopt.curves.response import respond
from bidopt.fit import FittedModels
from bidopt.schema import UNIT
from bidopt.settings import Settings

Index = npt.NDArray[np.intp]


def held(models: FittedModels, settings: Settings) -> npt.NDArray[np.str_]:
    """(n,) the code of what holds each word's bid, "" where it may move.

    Codes, of which the first that applies is given: package, no_id, smart, absent, status, locked, evidence (no
    report at all, or none that tells what the objective counts), holdout.
    """
    code = _fixed(models, settings)
    code[_drawn(models.words, _layers(models, settings, code), models.day)] = "holdout"
    return code


def holdout_layers(models: FittedModels, settings: Settings) -> Index:
    """(n,) the layer of like spend that each word was drawn from for the holdout, the first spending most; -1: none."""
    layers = _layers(models, settings, _fixed(models, settings))
    out = np.full(len(models.words), -1)
    out[layers] = np.arange(len(layers))[:, None]
    return out


def _fixed(models: FittedModels, settings: Settings) -> npt.NDArray[np.str_]:
    """(n,) what holds each word before any is drawn."""
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
    return np.select([np.asarray(v) for v in holds.values()], [np.array(c, "U8") for c in holds], np.array("", "U8"))


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


def _layers(models: FittedModels, settings: Settings, code: npt.NDArray[np.str_]) -> Index:
    """(l, k) words that are free to move, by layers of what they are expected to spend at today's bids, the greatest
    first: so many to a layer that one of them is the share to hold. The last ones, that fill no layer, are left out.
    """
    if settings.holdout.share <= 0:
        return np.empty((0, 1), np.intp)
    free = np.flatnonzero(code == "")
    size = round(1 / settings.holdout.share)
    spend = respond(models, models.words["bid_now"].to_numpy(float)[:, None]).spend[free, 0]
    order = np.argsort(-spend, kind="stable")
    return np.asarray(free[order[: len(free) // size * size]].reshape(-1, size), np.intp)


def _drawn(words: pd.DataFrame, layers: Index, day: dt.date) -> Index:
    """(l,) the word held out of each of the `layers`, drawn anew each day by hash."""
    ids = unit_ids(words.iloc[layers.ravel()])
    tickets = b"".join(_hash(f"{day}/{i}") for i in ids.tolist())
    lowest = np.frombuffer(tickets, ">u8").reshape(layers.shape).argmin(1)
    return np.asarray(layers[np.arange(len(layers)), lowest], np.intp)


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode(), usedforsecurity=False).digest()[:8]


def unit_ids(words: pd.DataFrame) -> "pd.Series[str]":
    """One text a word, for draws by hash that other words do not change."""
    return words["campaign_id"] + "/" + words["ad_group_id"] + "/" + words["keyword_id"]
