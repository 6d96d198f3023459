"""The two figures that a plan is gated on: spend and GMV of the last seven days, forecast against what came."""

import datetime as dt
import hashlib
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from bidopt.backtest.trial import Present, Then, Trial, believed, compared, origins
from bidopt.curves.spread import total_laws
from bidopt.fit import Panel
from bidopt.metrics import ratio
from bidopt.settings import Settings
from bidopt.store import History
from bidopt.workspace import Workspace

HORIZON = 7
MOST_JUDGED = 10_000
"""So many words tell how near the forecasts come; of a larger shop campaigns are drawn until they have as many."""
LOW, HIGH = 0.025, 0.975
"""Each figure comes within what the models themselves leave open 19 weeks in 20, so that both do nine in ten."""


@dataclass(frozen=True)
class Sum:
    """`said`, `came` yuan over the days; `low`, `high`: between which it comes 19 weeks in 20 where the models hold."""

    said: float
    came: float
    low: float
    high: float

    @property
    def error(self) -> float | None:
        """(said - came) / came; None where nothing came."""
        return self.said / self.came - 1 if self.came > 0 else None


@dataclass(frozen=True)
class Day:
    """`said`, `came`: spend and GMV of one day, yuan, by name."""

    date: dt.date
    said: dict[str, float]
    came: dict[str, float]


@dataclass(frozen=True)
class Week:
    """`spend`, `gmv` of the words under the cap that the models of the morning of `origin` knew, `origin` to `end`.

    Spend as the report has it; GMV as it will stand when all conversions of the days' clicks have arrived.
    `inferred`: words whose bid no table had told by the origin, one does now, and the forecast took as inferred and
    unmoved until then. `days`: the same by day. `judged` words, of `known`.
    """

    origin: dt.date
    end: dt.date
    spend: Sum
    gmv: Sum
    inferred: int = 0
    days: tuple[Day, ...] = ()
    judged: int = 0
    known: int = 0

    def facts(self) -> dict[str, Any]:
        sums = {name: asdict(s) | {"error": s.error} for name, s in (("spend", self.spend), ("gmv", self.gmv))}
        words = {"inferred": self.inferred, "judged": self.judged, "known": self.known}
        return {"origin": self.origin.isoformat(), "end": self.end.isoformat()} | words | sums


def newest_week(now: Present) -> Week | None:
    """How the newest week was foreseen; None where the history is too short to judge by."""
    return week_since(now, week_ago(now.workspace, now.settings, now.day, now.history, now.panel))


def week_ago(workspace: Workspace, settings: Settings, day: dt.date, history: History, panel: Panel) -> Then | None:
    """Fit once more on what was known a week ago; of very many words on whole campaigns, drawn anew each day."""
    found = origins(panel, HORIZON, 1)
    return believed(workspace, settings, day, history, found[-1], _drawn(panel, found[-1])) if found else None


def _drawn(panel: Panel, origin: dt.date) -> list[str] | None:
    """The ids of the campaigns to judge by, drawn by hash until they have `MOST_JUDGED` words; None where all are."""
    ids = panel.campaigns["campaign_id"].to_numpy(str)
    words = np.bincount(panel.campaign, minlength=len(ids))
    if words.sum() <= MOST_JUDGED:
        return None
    order = np.argsort([hashlib.sha256(f"{origin}/{one}".encode()).hexdigest() for one in ids.tolist()])
    enough = int(np.searchsorted(np.cumsum(words[order]), MOST_JUDGED)) + 1
    return sorted(ids[order[:enough]].tolist())


def week_since(now: Present, then: Then | None) -> Week | None:
    """What `then` foresaw, beside what came."""
    if then is None:
        return None
    week = of_trial(compared(now, then, HORIZON))
    return replace(week, known=len(now.panel.units)) if then.drawn else week


def of_trial(trial: Trial) -> Week:
    inferred = int((trial.inferred & trial.within).sum())
    words = len(trial.within)
    spend, gmv = (_sum(trial, name) for name in ("spend", "gmv"))
    return Week(trial.origin, trial.days[-1].date(), spend, gmv, inferred, _days(trial), words, words)


def _days(trial: Trial) -> tuple[Day, ...]:
    sums = [
        {name: x[name][trial.within].sum(0).round(2).tolist() for name in ("spend", "gmv") if name in x}
        for x in (trial.said, trial.came)
    ]
    each = [[{name: x[i] for name, x in side.items()} for i in range(len(trial.days))] for side in sums]
    return tuple(Day(day.date(), *sides) for day, *sides in zip(trial.days, *each, strict=True))


def _sum(trial: Trial, figure: str) -> Sum:
    """Nothing where no report tells `figure`."""
    if figure not in trial.came:
        return Sum(0.0, 0.0, 0.0, 0.0)
    said, came = (float(x[figure][trial.within].sum()) for x in (trial.said, trial.came))
    law = total_laws(trial.whole, trial.models.campaign, trial.within)[figure]
    mean = (trial.whole.mean[figure] * trial.within).sum()
    refunds = np.nan_to_num(ratio(said, mean))  # reports count what is refunded later
    low, high = (float((law.quantile(share) * refunds)[0]) for share in (LOW, HIGH))
    return Sum(said, came, low, high)
