"""Rolling origin: the same trial on one past morning after the other."""

import datetime as dt
from dataclasses import dataclass

import pandas as pd

from bidopt import fit, store
from bidopt.backtest import intervals, scores
from bidopt.backtest.trial import MIN_TRAINING, Present, origins, run
from bidopt.backtest.week import HORIZON, Week, newest_week, of_trial
from bidopt.errors import DataError
from bidopt.progress import Progress, Step
from bidopt.settings import Settings
from bidopt.workspace import Workspace


@dataclass(frozen=True)
class Backtest:
    """What the mornings `origins` foresaw. `words`, `sums`, `intervals`: the rows behind every score.

    `models`, `calibration`, `totals`, `coverage`: what they come to, as scores.py and intervals.py define it.
    """

    day: dt.date
    horizon: int
    origins: list[dt.date]
    days_seen: int
    week: Week | None
    words: pd.DataFrame
    sums: pd.DataFrame
    intervals: pd.DataFrame
    models: pd.DataFrame
    calibration: pd.DataFrame
    totals: pd.DataFrame
    coverage: pd.DataFrame


def backtest(workspace: Workspace, settings: Settings, most: int, horizon: int, progress: Progress) -> Backtest:
    """Try the models on up to `most` past mornings, each with what was known then, against the `horizon` days after.

    Raises
    ------
    DataError
        When the history is too short.
    """
    progress(Step("fit", 0.0))
    now = present(workspace, settings)
    mornings = origins(now.panel, horizon, most)
    if not mornings:
        raise DataError(
            f"历史太短：{int(now.panel.covered.sum())} 天 / too little history: a backtest of {horizon} days ahead "
            f"needs {MIN_TRAINING + horizon} complete days.",
            "下载更早的报表（分天）放进来 / import reports of earlier days (分天).",
        )
    words, sums, spans = [], [], []
    for place, origin in enumerate(mornings, 1):
        progress(Step(f"{origin} {place}/{len(mornings)}", place / (len(mornings) + 1)))
        trial = run(now, origin, horizon)
        words.append(scores.word_rows(trial))
        sums.append(scores.sum_rows(trial))
        spans.append(intervals.interval_rows(trial))
    rows, totals, ends = (pd.concat(frames, ignore_index=True) for frames in (words, sums, spans))
    return Backtest(
        day=now.day,
        horizon=horizon,
        origins=mornings,
        days_seen=now.models.days_seen,
        week=of_trial(trial) if horizon == HORIZON else newest_week(now),
        words=rows,
        sums=totals,
        intervals=ends,
        models=scores.model_scores(rows),
        calibration=scores.calibration(rows),
        totals=scores.sum_scores(totals),
        coverage=intervals.coverage(ends),
    )


def present(workspace: Workspace, settings: Settings) -> Present:
    """The morning after the newest complete day.

    Raises
    ------
    DataError
        When there is no complete day.
    """
    newest = store.newest_complete_day(workspace)
    if newest is None:
        raise DataError(
            "没有完整的一天数据 / there is no complete day of data.",
            "先导入报表 / import reports first: bidopt import FILE",
        )
    day = newest + dt.timedelta(days=1)
    history = store.read_history(workspace, day)
    return Present(workspace, settings, day, history, *fit.fit(history, settings, day))
