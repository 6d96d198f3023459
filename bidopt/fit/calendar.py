"""What a day of the year does to demand or to conversion: weekday, holiday, promotion.

A quasi-Poisson GLM on day totals against what the words' own levels expected, days being cells.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from bidopt.settings import Promotion

Array = npt.NDArray[np.float64]

MIN_DAYS = 15
"""Fewer days than this show no weekday."""
RIDGE_DAYS = 1.0
"""Each effect is held towards 0 as if by so many average days that had the cause and not the effect."""


@dataclass(frozen=True)
class Calendar:
    """Log effects by name; `spread` (fraction) is how far single days fall from the model."""

    effects: dict[str, float]
    spread: float
    promotions: tuple[Promotion, ...]

    def factor(self, days: pd.DatetimeIndex) -> Array:
        """Multiplier of each day, (m,), 1 on an average day."""
        x = features(days, self.promotions)
        return np.asarray(np.exp(x.to_numpy() @ np.array([self.effects[name] for name in x.columns])))


def features(days: pd.DatetimeIndex, promotions: tuple[Promotion, ...]) -> pd.DataFrame:
    """(m, p) columns: six weekday contrasts, China's days off, promotion days and the three days before."""
    import holidays

    years = range(days[0].year, days[-1].year + 1)
    off = holidays.country_holidays("CN", years=years)
    weekday = days.day_of_week.to_numpy()
    frame = pd.DataFrame({f"weekday_{k + 1}": (weekday == k) * 1.0 - (weekday == 6) for k in range(6)}, index=days)
    dates = [d.date() for d in days]
    frame["holiday"] = [float(d in off) for d in dates]
    frame["promotion"] = [float(any(p.start <= d <= p.end for p in promotions)) for d in dates]
    eve = dt.timedelta(days=3)
    frame["before_promotion"] = [float(any(p.start - eve <= d < p.start for p in promotions)) for d in dates]
    return frame


def fit(
    events: Array,
    expected: Array,
    days: pd.DatetimeIndex,
    promotions: tuple[Promotion, ...],
    usable: npt.NDArray[np.bool_],
    sizes: Mapping[str, float] | None = None,
) -> Calendar:
    """Fit on day totals `events` and `expected` (m,), days that are not `usable` left out.

    `sizes`: log sd that effects are held to, by the first part of their name, where `RIDGE_DAYS` says too little.
    """
    import statsmodels.api as sm

    x = features(days, promotions)
    use = usable & (expected > 0)
    flat = Calendar(dict.fromkeys(x.columns, 0.0), 0.2, promotions)
    if use.sum() < MIN_DAYS or events[use].sum() <= 0:
        return flat
    trend = np.linspace(-1, 1, len(days))
    design = np.column_stack([np.ones(use.sum()), trend[use], x.to_numpy()[use]])
    # Pseudo-days that show no effect are the ridge: exact for a GLM, and need no penalty of our own.
    p = x.shape[1]
    pseudo = np.column_stack([np.ones(p), np.zeros(p), np.eye(p)])
    mean = events[use].sum() / expected[use].sum()
    typical = expected[use].mean()
    told = np.full(p, RIDGE_DAYS * typical * mean)
    if sizes:
        told = np.array([sizes[name.split("_")[0]] ** -2.0 for name in x.columns])
    y = np.append(events[use], told)
    offset = np.log(np.append(expected[use], told / mean))
    fitted = sm.GLM(y, np.vstack([design, pseudo]), family=sm.families.Poisson(), offset=offset).fit()
    miss = np.log((events[use] + 0.5) / (fitted.fittedvalues[: use.sum()] + 0.5))
    effects = dict(zip(x.columns, (float(b) for b in fitted.params[2:]), strict=True))
    return Calendar(effects, float(np.clip(1.4826 * np.median(np.abs(miss - np.median(miss))), 0.02, 0.6)), promotions)
