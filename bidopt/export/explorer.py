"""The words that the report's page holds for its search and its map, as JSON for its script."""

import json
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from bidopt import prose
from bidopt.export.background import RECENT_DAYS, Background
from bidopt.export.observed import Observed, by_bid
from bidopt.export.why import word_reasons
from bidopt.prose import Language
from bidopt.schema import UNIT

FIGURES = ("profit", "gmv", "spend", "clicks")
"""That the curve can be looked at by."""
DAILY = ("spend", "gmv", "clicks")
TEXTS = (
    "none_found", "curve_line", "observed_at", "days_at", "cut_at", "bid_in_force", "clicks_a_day", "raised", "lowered",
    "kept", "spent_15", "spent_lately", "sold_lately", "roi_lately", "no_curve", "no_history", "now", "new", "interval",
    "bid", "profit", "spend", "gmv",
)  # fmt: skip


def explorer_json(words: pd.DataFrame, curves: pd.DataFrame, behind: Background, language: Language) -> str:
    """`texts`; `days`, ISO; `even`, the break-even ROI; and `words`, those with most at stake first.

    A word: `name, match, plan, unit, id, now, new` (bids, yuan), `why, kind` (its class), `seen` (spend and GMV of the
    last days), `figures` (by name now, new, low, high), `curve` (bid and figures, by name, (k,)), `points` (bids it
    had: as `by_bid` has them) and `daily` (the last days' bid and figures). Numbers keep four digits.
    """
    shown = words.iloc[behind.told]
    near = curves[curves["keyword_id"].isin(shown["keyword_id"])]
    options = dict(iter(near.groupby(list(UNIT), sort=False)))
    days = behind.observed[0].days[-RECENT_DAYS:] if behind.observed else pd.DatetimeIndex([])
    told = {
        "texts": {name: prose.phrase(name, language) for name in TEXTS},
        "days": [f"{day:%Y-%m-%d}" for day in days],
        "even": _digits([break_even(words)])[0],
        "words": [
            _word(word, why, options.get(tuple(word[name] for name in UNIT)), seen, points, language)
            for word, why, seen, points in zip(
                shown.to_dict("records"),
                word_reasons(shown, language),
                behind.observed,
                by_bid(behind.observed),
                strict=True,
            )
        ],
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def break_even(words: pd.DataFrame) -> float:
    """The ROI at which the words together would neither earn nor lose: GMV by what of it is earned, spend apart."""
    earned = float((words["now_profit"] + words["now_spend"]).sum())
    return float(words["now_gmv"].sum()) / earned if earned > 0 else float("nan")


def _word(
    word: dict[Any, Any],
    why: str,
    curve: pd.DataFrame | None,
    seen: Observed,
    points: pd.DataFrame,
    language: Language,
) -> dict[str, Any]:
    kinds = (prose.say(prose.WORD_CLASS, word["word_class"], language), prose.say(prose.TREND, word["trend"], language))
    errors = [f"{name}_error" for name in FIGURES]
    return {
        "name": word["keyword"],
        "match": prose.say(prose.MATCH_TYPE, word["match_type"], language),
        "plan": word["campaign_name"] or word["campaign_id"],
        "unit": word["ad_group_name"] or word["ad_group_id"],
        "id": word["keyword_id"],
        "now": round(word["bid_now"], 2),
        "new": round(word["bid_new"], 2),
        "why": why,
        "kind": prose.listed(filter(None, kinds), language),
        "seen": _digits([word["seen_spend"], word["seen_gmv"]]),
        "figures": {
            name: _digits(word[f"{side}_{name}{end}"] for side, end in (("now", ""), *(("new", e) for e in ENDS)))
            for name in FIGURES
        },
        "curve": {} if curve is None or len(curve) < 2 else {n: _digits(curve[n]) for n in ("bid", *FIGURES)},
        "points": {n: _digits(points[n]) for n in ("bid", "days", "cut_days", *FIGURES, *errors)},
        "daily": {"bid": _digits(seen.bid[-RECENT_DAYS:])}
        | {n: _digits(np.where(seen.ran, seen.figures[n], np.nan)[-RECENT_DAYS:]) for n in DAILY},
    }


ENDS = ("", "_low", "_high")


def _digits(values: Iterable[float]) -> list[float | None]:
    """Four digits that say something; None where there is none."""
    return [_short(float(f"{x:.4g}")) if np.isfinite(x) else None for x in values]


def _short(value: float) -> float:
    return int(value) if value == int(value) else value
