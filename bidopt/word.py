"""One word of a run: what it did, how it answers to its bid, and why its bid is what it is."""

import datetime as dt
import math
from collections.abc import Hashable, Iterable
from typing import Any

import numpy as np
import pandas as pd

from bidopt import fit, runs, store
from bidopt.confirmed import runs_before, with_confirmed
from bidopt.curves import NAMES
from bidopt.errors import UsageError
from bidopt.export import observed
from bidopt.export.observed import COUNTED, Observed
from bidopt.export.why import word_reasons
from bidopt.fit import panel, presale
from bidopt.schema import UNIT
from bidopt.settings import Settings
from bidopt.workspace import Workspace

LIKE = 8
"""So many words that are like an unknown one are named."""
ABOUT = (
    *UNIT, "campaign_name", "ad_group_name", "item_id", "keyword", "match_type", "quality_score", "word_class", "trend",
    "bid_now", "bid_new", "bid_inferred", "reason", "limited_by",
)  # fmt: skip
RATES = ("ctr", "cvr", "order_value")
ENDS = ("", "_low", "_high")


def word_facts(workspace: Workspace, run_id: str, settings: Settings, asked: str) -> dict[str, Any]:
    """What `bidopt show --json` prints: `run_id, date, word`, and under `words` every unit that has it, the largest
    spender first.

    Each has its ids and names, bids, `reason`, `limited_by` and `why` in words; `now` and `new` figures, the rates too,
    with their 80 % intervals; `curve`, the options of the night; `observed`, the mean day at each bid that it had; and
    `history`, day by day; sales of both as they will stand when all have arrived, less refunds.

    Raises
    ------
    UsageError
        Where the run has no such word; names those like it.
    DataError
        Where the run, its models or the history cannot be read.
    """
    head, run_dir = runs.head(workspace, run_id), workspace.run_dir(run_id)
    words = _found(pd.read_parquet(run_dir / "recommendations.parquet"), asked)
    options = pd.read_parquet(run_dir / "curves.parquet", filters=[("keyword_id", "in", list(words["keyword_id"]))])
    by_unit = dict(iter(options.groupby(list(UNIT), sort=False)))
    seen = _observed(workspace, run_id, settings, words, dt.date.fromisoformat(head["date"]))
    return {
        "run_id": run_id,
        "date": head["date"],
        "word": asked,
        "words": [
            _facts(word, why, by_unit.get(key), seen.get(key))
            for word, why in zip(words.to_dict("records"), word_reasons(words, settings.shop.language), strict=True)
            for key in [tuple(word[name] for name in UNIT)]
        ],
    }


def _found(words: pd.DataFrame, asked: str) -> pd.DataFrame:
    """The rows of the word, by its text or its id."""
    text = words["keyword"].str.strip().str.lower()
    wanted = asked.strip().lower()
    found = words[(text == wanted) | (words["keyword_id"] == asked.strip())]
    if found.empty:
        spend = words.assign(spend=words["now_spend"])[text.str.contains(wanted, regex=False)]
        like = spend.sort_values("spend", ascending=False)["keyword"].drop_duplicates()[:LIKE]
        raise UsageError(
            f"方案里没有这个词 / the run has no word {asked!r}.",
            f"相近的 / like it: {'、'.join(like)}" if len(like) else "",
        )
    return found.sort_values("now_spend", ascending=False, kind="stable")


def _observed(
    workspace: Workspace, run_id: str, settings: Settings, words: pd.DataFrame, day: dt.date
) -> dict[tuple[Any, ...], Observed]:
    """By unit; none of a unit that no day tells."""
    models = fit.load(workspace.models / run_id)
    since = day - dt.timedelta(days=observed.DAYS)
    told = store.of_campaigns(workspace, words["campaign_id"].unique(), since, day)
    history = presale.count(with_confirmed(told, workspace, runs_before(workspace, day)))
    if history.days.empty:
        return {}
    laid = panel.build(history, settings, day)
    units = pd.MultiIndex.from_frame(words[list(UNIT)])
    here, known = (pd.MultiIndex.from_frame(x[list(UNIT)]).get_indexer(units) for x in (laid.units, models.words))
    both = (here >= 0) & (known >= 0)
    seen = observed.of_panel(models.words.iloc[known[both]], models.delay, laid, here[both])
    return dict(zip(units[both], seen, strict=True))


def _facts(word: dict[Any, Any], why: str, curve: pd.DataFrame | None, seen: Observed | None) -> dict[str, Any]:
    sides = {
        side: {f"{name}{end}": word[f"{side}_{name}{end}"] for name in NAMES for end in ENDS} for side in ("now", "new")
    }
    rates = {f"{name}{end}": word[f"{name}{end}"] for name in RATES for end in ENDS}
    told: dict[str, Any] = _plain(
        {name: word[name] for name in ABOUT if name in word}
        | {"why": why, **sides, "rates": rates}
        | {"curve": [] if curve is None else curve[["bid", *NAMES]].to_dict("records")}
        | {"observed": observed.by_bid([seen])[0].to_dict("records") if seen else []}
        | {"history": _history(seen) if seen else []}
    )
    return told


def _history(seen: Observed) -> list[dict[Hashable, Any]]:
    """The days on which it could be shown."""
    days = pd.DataFrame({"date": seen.days.strftime("%Y-%m-%d"), "bid": seen.bid})
    for name in COUNTED:
        days[name] = seen.figures[name]
    return days.assign(cut=seen.cut)[seen.ran].to_dict("records")


def _plain(value: Any) -> Any:
    """As JSON has it: None for what is not known, four decimals."""
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_plain(v) for v in value]
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, np.integer):
        return int(value)
    if isinstance(value, float):
        return round(float(value), 4) if math.isfinite(value) else None
    return value


def spread_out(rows: list[dict[str, Any]], count: int, keep: Iterable[float]) -> list[dict[str, Any]]:
    """About `count` of the curve's `rows`, evenly, and those at the bids `keep`."""
    even = {round(place) for place in np.linspace(0, len(rows) - 1, count)} if rows else set()
    wanted = [round(bid, 2) for bid in keep]
    return [row for place, row in enumerate(rows) if place in even or round(row["bid"], 2) in wanted]
