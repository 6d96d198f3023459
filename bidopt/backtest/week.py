"""The two figures that a plan is gated on: spend and GMV of the last seven days, forecast against what came."""

import datetime as dt
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from bidopt.backtest.trial import Present, Trial, origins, run
from bidopt.metrics import ratio

HORIZON = 7


@dataclass(frozen=True)
class Sum:
    """`said`, `came` yuan over the days; `scatter`: relative sd that so few clicks or orders have by chance alone."""

    said: float
    came: float
    scatter: float

    @property
    def error(self) -> float | None:
        """(said - came) / came; None where nothing came."""
        return self.said / self.came - 1 if self.came > 0 else None


@dataclass(frozen=True)
class Week:
    """`spend`, `gmv` of the words under the cap that the models of the morning of `origin` knew, `origin` to `end`."""

    origin: dt.date
    end: dt.date
    spend: Sum
    gmv: Sum

    def facts(self) -> dict[str, Any]:
        sums = {name: asdict(s) | {"error": s.error} for name, s in (("spend", self.spend), ("gmv", self.gmv))}
        return {"origin": self.origin.isoformat(), "end": self.end.isoformat()} | sums


def newest_week(now: Present) -> Week | None:
    """Fit once more on what was known a week ago; None where the history is too short to judge by."""
    found = origins(now.panel, HORIZON, 1)
    return of_trial(run(now, found[-1], HORIZON)) if found else None


def of_trial(trial: Trial) -> Week:
    orders = 1 + trial.models.order_spread**2
    spend, gmv = (_sum(trial, *names) for names in (("spend", "clicks", 1.0), ("gmv", "orders", orders)))
    return Week(trial.origin, trial.days[-1].date(), spend, gmv)


def _sum(trial: Trial, figure: str, count: str, variance: float) -> Sum:
    """`variance`: of a Poisson sum of `count` amounts, each E[x^2] / E[x]^2. Nothing where no report tells `figure`."""
    if figure not in trial.came:
        return Sum(0.0, 0.0, 0.0)
    said, came, events = (
        float(x[trial.within].sum()) for x in (trial.said[figure], trial.came[figure], trial.said[count])
    )
    return Sum(said, came, float(np.nan_to_num(np.sqrt(ratio(variance, events)))))
