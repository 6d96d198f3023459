"""Days that jump without a word in the settings: a spell of one to some days that stand off from those around them.

A spell between calm days is over and must not move any level. One that reaches the newest day may be an odd day, an
undeclared promotion or a lasting step: the days so far cannot tell, so tomorrow weighs them all.
The search is that of circular binary segmentation (Olshen et al., 2004, Biostatistics 5): the stretch whose mean
stands out most from its surroundings, again and again until none does.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Index = npt.NDArray[np.intp]

LONGEST = 10
"""Days: what lasted longer and went was a level of its own."""
LONGEST_OPEN = 28
"""Days: a jump that has lasted so long is the level."""
AROUND = (2, 7)
"""Fewest and most days on each side that a spell is held against."""
LEAST_AROUND = 3
LEAST_JUMP = float(np.log(1.2))
"""Smaller ones are left to the levels."""
SURE, SURE_OPEN = 4.5, 3.5
"""Standard errors: of the hundreds of stretches that are looked at next to none gets there by chance, nor of the
few that reach the newest day, where waiting costs most."""
USUAL_NOISE, USUAL_DRIFT, LEAST_NOISE = 0.01, 0.001, 1e-4
"""Variances of log values, where too few days tell them."""
WEEK, DRIFT_SPREAD, MEDIAN_ERROR = 7, 0.002, 5.4
"""How far apart days tell a drift; how far drifts may well be from the usual one; relative variance, times their
number, of a variance that a median absolute deviation tells (Rousseeuw & Croux, 1993, JASA 88)."""
JUMP_SPREAD = 0.5
"""Log sd of jumps: how much of an uncertain one is believed."""
MOST_SPELLS = 8
GO_ON, END = 1.5, 3.0
"""Beta prior of the chance that a jump that passes lasts another day: single odd days are the commonest, a shop's own
promotions last one to three. The shop's own jumps soon outweigh it."""
LASTING = 0.1
"""Share of jumps that are a new level."""


@dataclass(frozen=True)
class Spell:
    """Days `start` to `stop` (not included), by their number; `jump` is how far log values stood off."""

    start: int
    stop: int
    jump: float


def find(x: Array, variance: Array, known: tuple[Spell, ...] = ()) -> tuple[Spell, ...]:
    """Spells of log values `x` (m,), NaN where not known, beside those `known` from elsewhere, by start.

    `variance` (m,): of each day's count alone; what days scatter and drift besides is taken from `x` itself.
    """
    series = _series(x, variance)
    where = [(spell.start, spell.stop) for spell in known]
    odd = within(known, len(x))
    while len(where) < MOST_SPELLS + len(known):
        # What came and went first: beside it the days after would look like a drop.
        best = _clearest(series, odd, still=False) or _clearest(series, odd, still=True)
        if best is None:
            break
        where.append(best)
        odd[best[0] : best[1]] = True
    return tuple(_measured(series, odd, *stretch) for stretch in sorted(where))


def within(spells: tuple[Spell, ...], n: int) -> Mask:
    """(n,): the days that lie in a spell."""
    odd = np.zeros(n, bool)
    for spell in spells:
        odd[spell.start : spell.stop] = True
    return odd


def goes_on(running: Spell, over: Iterable[Spell] = ()) -> float:
    """The chance that a spell that reached the newest day lasts another one, by how long those that are over did.

    Spells that pass last a geometric time, its chance known as a Beta: beta-geometric (Fader & Hardie, 2007, J. of
    Interactive Marketing 21), mixed with steps that stay.
    """
    past = [spell.stop - spell.start for spell in over]
    stays, ends = GO_ON + sum(past) - len(past), END + len(past)
    days = np.arange(running.stop - running.start)
    survived = LASTING + (1 - LASTING) * np.cumprod((stays + days) / (stays + ends + days))
    return float(survived[-1] / np.append(1.0, survived)[-2])


@dataclass(frozen=True)
class _Series:
    """Log values with the weight of each day (1 / its variance), the variance of a daily step of the level beneath,
    and how many days on each side say best what the level was."""

    x: Array
    weight: Array
    drift: float
    around: int


def _series(x: Array, variance: Array) -> _Series:
    """Noise and drift from days 1 and 7 apart; the more a level drifts, the nearer are the days that tell it."""
    near, far = (_robust_variance(x[k:] - x[:-k]) for k in (1, WEEK))
    counts = float(np.median(variance[np.isfinite(x)], keepdims=True)[0]) if np.isfinite(x).any() else 0.0
    drift = USUAL_DRIFT
    if np.isfinite(near + far):  # held to the usual as by its sampling error: some weeks alone tell little of it
        error = MEDIAN_ERROR * (near**2 + far**2) / (np.isfinite(x).sum() * (WEEK - 1) ** 2)
        seen = (far - near) / (WEEK - 1)
        drift = max(USUAL_DRIFT + (seen - USUAL_DRIFT) / (1 + error / DRIFT_SPREAD**2), 0.0)
    total = max((near - drift) / 2, counts + LEAST_NOISE) if np.isfinite(near) else counts + USUAL_NOISE
    around = int(np.clip(np.sqrt(total / max(drift, 1e-9)), *AROUND))
    weight = np.where(np.isfinite(x), 1 / (variance + total - counts), 0.0)
    return _Series(np.nan_to_num(x), weight, drift, around)


def _robust_variance(x: Array) -> float:
    x = x[np.isfinite(x)]
    return float((1.4826 * np.median(np.abs(x))) ** 2) if len(x) >= 5 else float("nan")


def _clearest(series: _Series, odd: Mask, *, still: bool) -> tuple[int, int] | None:
    """The stretch (start, stop) that stands out most surely, of those over or of those `still` on; None: none does."""
    starts, stops = _stretches(len(odd), still)
    if not len(starts):
        return None
    jump, error, apart = _stand_off(series, odd, starts, stops)
    odd_before = np.append(0, np.cumsum(odd))
    whole = odd_before[stops] == odd_before[starts]
    if still:  # else it is the return from days before that were odd themselves
        wide, *_ = _stand_off(replace(series, around=LONGEST + series.around), odd, starts, stops)
        as_usual = wide * jump > 0.5 * jump**2
    else:
        as_usual = np.abs(apart) < 0.5 * np.abs(jump)
    clear = np.where(whole & as_usual & (np.abs(jump) > LEAST_JUMP), np.abs(jump) / error, 0.0)
    top = int(np.argmax(clear))
    return (int(starts[top]), int(stops[top])) if clear[top] > (SURE_OPEN if still else SURE) else None


@cache
def _stretches(n: int, still: bool) -> tuple[Index, Index]:
    """(starts, stops) to look at among `n` days, the shortest first: those `still` on, or those that are over."""
    lengths = range(1, min(LONGEST_OPEN if still else LONGEST, n - 1) + 1)
    starts = [np.array([n - length]) if still else np.arange(1, n - length) for length in lengths]
    stops = [start + length for start, length in zip(starts, lengths, strict=True)]
    nothing = np.zeros(0, np.intp)
    return np.concatenate([nothing, *starts]), np.concatenate([nothing, *stops])


def _measured(series: _Series, odd: Mask, start: int, stop: int) -> Spell:
    """The spell with its jump, held towards 0 as far as it is uncertain."""
    jump, error, _ = _stand_off(series, odd, np.array([start]), np.array([stop]))
    believed = jump * JUMP_SPREAD**2 / (JUMP_SPREAD**2 + np.minimum(error, 1e6) ** 2)
    return Spell(start, stop, float(believed[0]))


def _stand_off(series: _Series, odd: Mask, start: Index, stop: Index) -> tuple[Array, Array, Array]:
    """(jump, its standard error, mean after - mean before) of stretches; an infinite error where too little is known.

    A stretch up to the newest day is held against the days before it alone; `odd` days are no measure for others.
    """
    n, around = len(odd), series.around
    calm = np.where(odd, 0.0, series.weight)
    inside, w_in, days_in = _means(series.x, series.weight, start, stop)
    before, w_before, n_before = _means(series.x, calm, np.maximum(start - around, 0), start)
    after, w_after, n_after = _means(series.x, calm, stop, np.minimum(stop + around, n))
    is_open = stop == n
    level = np.where(is_open, before, (before + after) / 2)
    spread = np.where(is_open, 1 / w_before, (1 / w_before + 1 / w_after) / 4)
    walked = series.drift * (stop - start + around) / np.where(is_open, 3, 6)  # of means of a walk, so far apart
    least = min(LEAST_AROUND, around)
    enough = (days_in > 0) & (n_before >= least) & (is_open | (n_after >= np.minimum(least, n - stop)))
    error = np.sqrt(1 / w_in + spread + walked)
    return np.where(enough, inside - level, 0.0), np.where(enough, error, np.inf), after - before


def _means(x: Array, weight: Array, start: Index, stop: Index) -> tuple[Array, Array, Array]:
    """(weighted mean, weight, days) of `x` over stretches; a mean of 0 at a weight next to 0 where no day is known."""
    total, mass, days = (np.append(0.0, np.cumsum(v)) for v in (weight * x, weight, weight > 0))
    held = np.maximum(mass[stop] - mass[start], 1e-9)
    return (total[stop] - total[start]) / held, held, days[stop] - days[start]
