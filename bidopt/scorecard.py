"""How past plans came out: taken up or not, as forecast or not, and what their changes earned."""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pyarrow import parquet

from bidopt import ledger
from bidopt.backtest.trial import judged
from bidopt.curves.bounds import FEN
from bidopt.errors import DataError
from bidopt.fit import FittedModels, Panel
from bidopt.holdout import Draw, Gain, gain
from bidopt.ledger import Entry
from bidopt.schema import UNIT
from bidopt.store import History
from bidopt.workspace import Workspace

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

FILE = "scorecard.json"
"""Beside the runs."""
LOOK_BACK = 60
"""Days of runs that are looked at."""
TAKEN_UP = 0.5
"""A run of whose changes so many show in the next word table counts as applied."""
FORECAST = ("spend", "gmv")
_FIGURES = ("clicks", "spend", "gmv")
_COLUMNS = [
    *UNIT, "keyword", "bid_now", "bid_new", "bid_inferred", "reason", "holdout_layer",
    *(f"{side}_{name}" for side in ("now", "new") for name in _FIGURES),
]  # fmt: skip


@dataclass(frozen=True)
class Run:
    """plan.json and recommendations.parquet of a past run, and what people said of it last, None where nothing."""

    head: dict[str, Any]
    words: pd.DataFrame
    said: ledger.Event | None

    @property
    def day(self) -> dt.date:
        return dt.date.fromisoformat(self.head["date"])


@dataclass(frozen=True)
class Figure:
    """A forecast with its 80 % interval, and what came."""

    forecast: float
    low: float
    high: float
    came: float

    @property
    def inside(self) -> bool:
        return self.low <= self.came <= self.high


@dataclass(frozen=True)
class Outcome:
    """`changed` bids of a run, of which the next word table tells `told` and has `shown` as recommended; `figures`: by
    name, none where no report tells the day.
    """

    run: Run
    changed: int
    told: int
    shown: int
    figures: dict[str, Figure]

    @property
    def applied(self) -> bool:
        """Confirmed or seen in the next word table, and not taken back."""
        seen = self.told > 0 and self.shown >= TAKEN_UP * self.told
        return self.run.said == "confirmed" or (self.run.said != "undone" and seen)

    def facts(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "run_id": self.run.head["run_id"],
            "date": self.run.head["date"],
            "said": self.run.said,
            "applied": self.applied,
            "changed": self.changed,
            "told": self.told,
            "shown": self.shown,
            **{name: asdict(figure) | {"inside": figure.inside} for name, figure in self.figures.items()},
        }


@dataclass(frozen=True)
class Scorecard:
    """As of the morning of `day`: the outcomes, the newest first, and what the applied ones' changes earned."""

    day: dt.date
    outcomes: tuple[Outcome, ...]
    gain: Gain

    def facts(self) -> dict[str, Any]:
        """As `FILE` has it, beside the run that tells it."""
        runs = [outcome.facts() for outcome in self.outcomes]
        return {"date": self.day.isoformat(), "runs": runs, "gain": self.gain.facts()}


def make(workspace: Workspace, history: History, models: FittedModels, panel: Panel) -> Scorecard:
    """Look back at the runs before `models.day` on what is known of their days now.

    GMV and orders are those that will stand when all conversions of the day's clicks have arrived, after refunds.

    Raises
    ------
    DataError
        Where the ledger or a run cannot be read.
    """
    runs = past_runs(workspace, ledger.read(workspace), models.day)
    tables = pd.DatetimeIndex(history.words["date"].unique()).sort_values()
    days = [pd.Timestamp(run.day) for run in runs] + [pd.Timestamp(models.day)]
    told = set(panel.days[judged(panel)])
    outcomes, draws = [], []
    for run, day, following in zip(runs, days[:-1], days[1:], strict=True):
        came = _came(run.words, models, panel, day) if day in told else None
        next_table = tables[(tables > day) & (tables <= following)][:1]
        outcome = Outcome(
            run, *_taken_up(run.words, history.words[history.words["date"].isin(next_table)]), _figures(run, came)
        )
        outcomes.append(outcome)
        if came is not None and outcome.applied and "holdout_layer" in run.words:
            draws.append(_draw(run.words, came))
    return Scorecard(models.day, tuple(reversed(outcomes)), gain(draws))


def told_by(workspace: Workspace) -> str | None:
    """The run whose night wrote `FILE`, None where none did."""
    try:
        told: str = json.loads((workspace.runs / FILE).read_text("utf-8"))["run_id"]
        return told
    except (OSError, ValueError, KeyError, TypeError):
        return None


def past_runs(workspace: Workspace, entries: Sequence[Entry], before: dt.date) -> list[Run]:
    """Those of the last days, the oldest first, one a day: the one confirmed, else the one made last."""
    said = {run_id: entry.event for run_id, entry in ledger.uploads(entries).items()}
    of_day: dict[str, str] = {}
    for run_id in (entry.run_id for entry in entries if entry.event == "recommended"):
        day = run_id[:10]
        if said.get(of_day.get(day, "")) != "confirmed":
            of_day[day] = run_id
    first, end = (before - dt.timedelta(days=LOOK_BACK)).isoformat(), before.isoformat()
    wanted = [(run_id, workspace.run_dir(run_id)) for day, run_id in sorted(of_day.items()) if first <= day < end]
    return [read_run(folder, said.get(run_id)) for run_id, folder in wanted if folder.is_dir()]


def read_run(folder: Path, said: ledger.Event | None = None) -> Run:
    """The run in `folder`.

    Raises
    ------
    DataError
        Where its files are damaged.
    """
    try:
        head = json.loads((folder / "plan.json").read_text("utf-8"))
        table = folder / "recommendations.parquet"
        held = set(parquet.read_schema(table).names)
        return Run(head, pd.read_parquet(table, columns=[name for name in _COLUMNS if name in held]), said)
    except (OSError, ValueError) as error:
        raise DataError(
            f"方案读不出来 / the run cannot be read: {folder}: {error}",
            "从备份恢复这个文件夹 / restore that folder from a backup.",
        ) from None


def changed(words: pd.DataFrame) -> Mask:
    """(n,) words whose bid the run changes."""
    return np.asarray((words["bid_new"] - words["bid_now"]).abs() >= FEN / 2)


def _came(words: pd.DataFrame, models: FittedModels, panel: Panel, day: pd.Timestamp) -> dict[str, Array]:
    """By figure, (n,) what the day brought the run's words: clicks, spend, GMV, and the margin of that."""
    at = pd.MultiIndex.from_frame(panel.units[list(UNIT)]).get_indexer(pd.MultiIndex.from_frame(words[list(UNIT)]))
    column = int(panel.days.searchsorted(day))
    known = models.delay.of_items(panel.item_ids, panel.age[[column]])[panel.item, 0]
    kept = 1 - models.words["refund_rate"].to_numpy(float)
    figures = {name: panel.counts[name][:, column] for name in ("clicks", "spend")}
    figures |= {"gmv": panel.counts["gmv"][:, column] / known * kept}
    figures |= {"margin": (models.words["margin"] * models.words["incrementality"]).to_numpy(float)}
    return {name: np.where(at >= 0, values[at], 0.0) for name, values in figures.items()}


def _figures(run: Run, came: dict[str, Array] | None) -> dict[str, Figure]:
    """Of the words under the cap."""
    if came is None:
        return {}
    within = run.words["campaign_id"].isin(run.head["caps"]["by_campaign"]).to_numpy()
    said = run.head["expected"]
    return {
        name: Figure(said[name], said[f"{name}_low"], said[f"{name}_high"], round(float(came[name][within].sum()), 2))
        for name in FORECAST
    }


def _taken_up(words: pd.DataFrame, table: pd.DataFrame) -> tuple[int, int, int]:
    """(changed bids, those that the next word table tells, those of them that it has as recommended)."""
    moved = words[changed(words)]
    told = table[[*UNIT, "bid"]].dropna(subset="bid").astype(dict.fromkeys(UNIT, "str"))
    bids = moved.merge(told, on=list(UNIT))
    return len(moved), len(bids), int(((bids["bid"] - bids["bid_new"]).abs() < FEN / 2).sum())


def _draw(words: pd.DataFrame, came: dict[str, Array]) -> Draw:
    today, plan = ({n: words[f"{side}_{n}"].to_numpy(float) for n in _FIGURES} for side in ("now", "new"))
    return Draw(
        layer=words["holdout_layer"].to_numpy(np.intp),
        held=words["reason"].eq("keep_holdout").to_numpy(bool),
        today=today,
        plan=plan,
        came={name: came[name] for name in _FIGURES},
        margin=came["margin"],
    )
