"""What a day does to demand, conversion or prices: weekday, holiday, promotion, and jumps that nobody declared.

A quasi-Poisson GLM on day totals against what the words' own levels expected, days being cells; what stands off
from it for some days is a spell of its own (odd_days.py).
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from bidopt.fit import odd_days
from bidopt.fit.odd_days import Spell
from bidopt.settings import Promotion

Array = npt.NDArray[np.float64]
Span = tuple[dt.date, dt.date]

MIN_DAYS = 15
"""Fewer days than this show no weekday."""
SIZES = {"weekday": 0.15, "holiday": 0.2, "promotion": 0.6, "platform": 0.6, "before": 0.2, "level": 0.15}
"""Log sd of effects by the first part of their name: how large they may well be; noise decides what is believed."""
USUAL_SPREAD = 0.1
"""Log sd of single days, before any is fitted."""
KNOT_DAYS = 10.0
"""The shop's own level may bend so often: an effect is what stands off from the days around, not from the year."""
EVE = dt.timedelta(days=3)
"""Before a promotion people look, and wait."""
PLATFORM = {
    "3.8": ((3, 6), (3, 8)),
    "520": ((5, 18), (5, 20)),
    "618": ((6, 16), (6, 20)),
    "双11": ((11, 10), (11, 11)),
    "双12": ((12, 10), (12, 12)),
}
"""The platform's own promotions, first and last day (month, day) of their peak. A shop that declares none may still
take part: what such days do to it is learnt from those it has had, and nothing is assumed before."""


@dataclass(frozen=True)
class Calendar:
    """Log effects by name; `spread` (fraction) is how far single days fall from the model.

    `spells`: undeclared jumps, days numbered from `first`. `jumps`: their log factors by date; that of the day after
    the last fitted one weighs whether a spell goes on.
    """

    effects: dict[str, float]
    spread: float
    promotions: tuple[Promotion, ...]
    first: dt.date = dt.date.min
    spells: tuple[Spell, ...] = ()
    jumps: dict[dt.date, float] = field(default_factory=dict)

    def dates(self, spell: Spell) -> Span:
        """First and last day of a spell."""
        return self.first + dt.timedelta(days=spell.start), self.first + dt.timedelta(days=spell.stop - 1)

    def factor(self, days: pd.DatetimeIndex) -> Array:
        """Multiplier of each day, (m,), 1 on an average day."""
        x = features(days, self.promotions)
        regular = x.to_numpy() @ np.array([self.effects[name] for name in x.columns])
        return np.asarray(np.exp(regular + [self.jumps.get(d.date(), 0.0) for d in days]))


def features(days: pd.DatetimeIndex, promotions: tuple[Promotion, ...]) -> pd.DataFrame:
    """(m, p) columns: six weekday contrasts, China's days off, promotions and the three days before, declared or not.

    `platform`: days of the platform's promotions that the settings don't name.
    """
    weekday = days.day_of_week.to_numpy()
    frame = pd.DataFrame({f"weekday_{k + 1}": (weekday == k) * 1.0 - (weekday == 6) for k in range(6)}, index=days)
    dates = [d.date() for d in days]
    frame["holiday"] = [float(d in _days_off(d.year)) for d in dates]
    declared = [(p.start, p.end) for p in promotions]
    for name, spans in (("promotion", declared), ("platform", list(undeclared(dates, promotions).values()))):
        frame[name] = [_within(d, spans) for d in dates]
        frame[f"before_{name}"] = [_within(d, ((s - EVE, s - dt.timedelta(days=1)) for s, _ in spans)) for d in dates]
    return frame


def undeclared(dates: Iterable[dt.date], promotions: tuple[Promotion, ...]) -> dict[str, Span]:
    """The platform's promotions around `dates` that no promotion of the settings touches, by name and year."""
    years = sorted({d.year for d in dates})
    spans = {f"{name} {y}": (dt.date(y, *a), dt.date(y, *b)) for y in years for name, (a, b) in PLATFORM.items()}
    return {
        name: (start, end)
        for name, (start, end) in spans.items()
        if not any(p.start <= end and p.end >= start for p in promotions)
    }


def _within(day: dt.date, spans: Iterable[Span]) -> float:
    return float(any(start <= day <= end for start, end in spans))


@cache
def _days_off(year: int) -> frozenset[dt.date]:
    import holidays

    return frozenset(holidays.country_holidays("CN", years=year))


def fit(
    events: Array,
    expected: Array,
    days: pd.DatetimeIndex,
    promotions: tuple[Promotion, ...],
    usable: npt.NDArray[np.bool_],
    sizes: Mapping[str, float] = SIZES,
    known: tuple[Spell, ...] = (),
) -> Calendar:
    """Fit on day totals `events` and `expected` (m,), days that are not `usable` left out.

    `sizes`: log sd of effects by the first part of their name, where they are not the usual ones.
    `known`: spells that other figures of the shop showed, whose jump in this one is to be measured.
    """
    x = features(days, promotions)
    use = usable & (expected > 0)
    first = days[0].date()
    if use.sum() < MIN_DAYS or events[use].sum() <= 0:
        return Calendar(dict.fromkeys(x.columns, 0.0), 0.2, promotions, first)
    spells, spread = known, USUAL_SPREAD
    for _ in range(2):  # the second time without the days that the first found odd
        calm = use & ~odd_days.within(spells, len(days))
        calm = calm if calm.sum() >= MIN_DAYS else use
        effects, usual, level = _regular(events, expected, x, calm, spread, {**SIZES, **sizes})
        left = np.log((events + 0.5) / (usual + 0.5))
        spread = float(np.clip(1.4826 * np.median(np.abs(left[calm] - np.median(left[calm]))), 0.02, 0.6))
        # The bent level may follow a jump near the end: spells are sought among their neighbours, with it put back.
        spells = odd_days.find(np.where(use, left + level, np.nan), 1 / np.maximum(usual, 1.0), known)
    jumps, doubt = _jumps(spells, days, x, promotions)
    return Calendar(effects, float(np.hypot(spread, doubt)), promotions, first, spells, jumps)


def _regular(
    events: Array,
    expected: Array,
    x: pd.DataFrame,
    use: npt.NDArray[np.bool_],
    spread: float,
    sizes: Mapping[str, float],
) -> tuple[dict[str, float], Array, Array]:
    """The effects of `x`, the events (m,) that they let expect, and the log level in that, from the days to `use`.

    `spread`: log sd of a day. Against it and the `sizes` of effects each is shrunk.
    """
    from statsmodels.genmod.families import Poisson  # statsmodels.api would import all the rest too
    from statsmodels.genmod.generalized_linear_model import GLM

    names = [*x.columns, *(f"level_{k}" for k in range(len(_hats(len(x)))))]
    design = np.column_stack([np.ones(len(x)), x.to_numpy(), *_hats(len(x))])
    # Pseudo-days that show no effect are the ridge: exact for a GLM, and need no penalty of our own.
    ridge = np.array([(spread / sizes[name.split("_")[0]]) ** 2 for name in names])
    pseudo = np.column_stack([np.ones(len(ridge)), np.eye(len(ridge))])
    mean, typical = events[use].sum() / expected[use].sum(), expected[use].mean()
    y = np.append(events[use], ridge * typical * mean)
    offset = np.log(np.append(expected[use], ridge * typical))
    fitted = GLM(y, np.vstack([design[use], pseudo]), family=Poisson(), offset=offset).fit()
    effects = dict(zip(x.columns, (float(b) for b in fitted.params[1:]), strict=False))
    level = design[:, len(effects) + 1 :] @ fitted.params[len(effects) + 1 :]
    return effects, expected * np.exp(design @ fitted.params), level


def _hats(n: int) -> list[Array]:
    """Triangles over `n` days, a knot every `KNOT_DAYS`: a bent line is a sum of them."""
    knots = np.linspace(0, n - 1, max(2, round((n - 1) / KNOT_DAYS) + 1))
    return [np.interp(np.arange(n), knots, row) for row in np.eye(len(knots))]


def _jumps(
    spells: tuple[Spell, ...], days: pd.DatetimeIndex, x: pd.DataFrame, promotions: tuple[Promotion, ...]
) -> tuple[dict[dt.date, float], float]:
    """Log factors by date, and the relative sd of the day after the last from not knowing whether a spell goes on."""
    jumps = {days[t].date(): spell.jump for spell in spells for t in range(spell.start, spell.stop)}
    running = [spell for spell in spells if spell.stop == len(days)]
    tomorrow = days[-1:] + pd.Timedelta(days=1)
    if not running or _ends_tonight(running[0], x, features(tomorrow, promotions)):
        return jumps, 0.0
    over = [spell for spell in spells if spell.stop < len(days)]
    chance, gain = odd_days.goes_on(running[0], over), np.expm1(running[0].jump)
    jumps[tomorrow[0].date()] = float(np.log1p(chance * gain))
    return jumps, float(np.sqrt(chance * (1 - chance)) * abs(gain))


def _ends_tonight(spell: Spell, x: pd.DataFrame, tomorrow: pd.DataFrame) -> bool:
    """A jump that lies within a promotion, declared or the platform's, ends with it."""
    lasts = x[["promotion", "platform"]].iloc[spell.start : spell.stop].max(axis=1).min() > 0
    return bool(lasts and tomorrow[["promotion", "platform"]].to_numpy().max() == 0)
