"""Words whose impressions left their usual level within the last days, beyond what days scatter.

What a word was to show on a day: its own usual level x what its bid reaches x what its campaign's words had in common
that day (weekday, promotion, the shop's level, a budget that ran dry). Rivals stay in: who passed us is news. The sum
of the last days is held against that as a gamma law, with the word's own scatter from day to day, made normal by its
cube root (Wilson & Hilferty, 1931, PNAS 17). How far such figures scatter where nothing happened is taken from the
middle of the shop's own past (an empirical null: Efron, 2004, JASA 99).

Thousands of words are looked at each day, so what is bounded is the number of false alarms a day (the per-family error
rate: Gordon et al., 2007, Annals of Applied Statistics 1), and they are spent where they find most: by the likelihood
ratio of a change by `factor` (Neyman & Pearson; Storey, 2007, JRSS B 69).
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri, stdtr

from bidopt.fit.models import FittedModels
from bidopt.fit.panel import Panel, by_group
from bidopt.fit.prices import middle

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]

LATELY = 3
"""Days that are held against those before: the trade gives a word up after four unattended ones."""
BEFORE, FEWEST_BEFORE = 28, 7
"""Days that tell a word's usual level: most, and fewest of those on which it ran."""
LEAST_SHOWN = 80.0
"""Impressions a day: smaller words are not worth a person's morning, words of 100 are."""
LEAST_TELLING = 20.0
"""Impressions a day: smaller words tell next to nothing of a campaign's day."""
MOVED, BIDS_BEFORE = 0.05, 14
"""A bid that was moved by more against so many days before explains its word."""
ENOUGH_WORDS = 5
"""Of a campaign that was cut short, to say by how much."""
OWN_DAYS = 14.0
"""The shop's scatter counts as so many of a word's own days (Smyth, 2004, Stat. Appl. Genet. Mol. Biol. 3)."""
LEAST_SCATTER = 0.01
"""Relative variance of a word's day: none is steadier."""
OUTLIER = 9.0
"""Squared surprises count up to so many times their expectation."""
FAR = 0.4
"""One word's day tells of its campaign's up to so far from the others'."""
LEAST_FACTOR = 0.01
LIKELY, MOST_LIKELY = 0.065, 0.1
"""Chance of a false alarm: of a word on average, and of any word, however few are looked at."""
LOWER_TENTH = float(ndtri(0.1))
MOST_WORDS = 2000
"""So many words, evenly drawn, tell how the past scattered."""


@dataclass(frozen=True)
class Traffic:
    """Of the `words` (n,) of the panel that show enough, over its newest m days.

    `shown`, `expected` (n, m): impressions, and what bids and common days make of a level of 1, both 0 where a word
    did not run or nothing can be told. `lowest`, `highest` (n,): its bids lately against before.
    `scatter`: relative variance of a word's day, usual in the shop.
    `beside` (c, m): what each campaign showed against the shop's day, NaN where it was cut short or showed nothing.
    """

    words: Index
    shown: Array
    expected: Array
    lowest: Array
    highest: Array
    scatter: float
    beside: Array
    _found: dict[tuple[float, float], "Moved"] = field(default_factory=dict)


@dataclass(frozen=True)
class Moved:
    """`found` (k,): rows of the panel; `now`, `usual` (k,): impressions a day lately, and what they were to be."""

    found: Index
    now: Array
    usual: Array


def of(models: FittedModels, panel: Panel) -> Traffic:
    """The last weeks' impressions beside what was to be expected of each word-day."""
    days = slice(-(LATELY + 2 * BEFORE), None)
    seen = (panel.running & panel.covered)[:, days]
    words = np.flatnonzero(np.where(seen, panel.impressions[:, days], 0.0).sum(1) >= LEAST_TELLING * seen.sum(1))
    words = words[seen[words].any(axis=1)]
    seen, bid, campaign, cut = seen[words], panel.bid[words], panel.campaign[words], panel.cut[:, days]
    shown = np.where(seen, panel.impressions[words, days], 0.0)
    reach = np.where(seen, models.landscape.reach(panel.bid[:, days])[words], 0.0)
    scatter = max(models.demand_noise.word, LEAST_SCATTER)
    common, beside = _common(shown, reach, campaign, cut, scatter)
    few = np.bincount(campaign, minlength=len(cut)) < ENOUGH_WORDS
    expected = reach * np.where((cut & few[:, None])[campaign], 0.0, common)
    before = bid[:, -LATELY - BIDS_BEFORE : -LATELY]
    against = bid[:, -LATELY:] / (before if before.size else bid).mean(1, keepdims=True)
    return Traffic(words, shown, expected, against.min(1), against.max(1), scatter, np.where(cut, np.nan, beside))


def moved(traffic: Traffic, factor: float, false_alarms: float) -> Moved:
    """Words whose impressions of the last `LATELY` days, `factor` times the usual, say that they changed.

    `false_alarms`: so many a day are bearable in a shop where nothing happens; fewer where few words are looked at.
    """
    if (factor, false_alarms) not in traffic._found:
        traffic._found[factor, false_alarms] = _moved(traffic, factor, false_alarms)
    return traffic._found[factor, false_alarms]


def _moved(traffic: Traffic, factor: float, false_alarms: float) -> Moved:
    n, m = traffic.shown.shape
    own = traffic.lowest >= 1 - MOVED if factor < 1 else traffic.highest <= 1 + MOVED
    now = _surprise(traffic, np.arange(n), m, factor)
    tested = np.flatnonzero(now.usable & own)
    if not tested.size:
        return Moved(tested, np.empty(0), np.empty(0))
    center, spread = _past(traffic, factor)
    score = (now.z[tested] - center) / spread * np.sign(factor - 1)
    limit = _limits(np.abs(now.shift[tested]) / spread, min(false_alarms, LIKELY * tested.size))
    found = tested[score > limit]
    return Moved(traffic.words[found], now.shown[found], now.usual[found])


@dataclass(frozen=True)
class _Surprise:
    """By word: `z`, normal where nothing changed, its mean `shift` where impressions change by the factor,
    impressions a day `shown` and `usual`, and whether the word can be judged."""

    z: Array
    shift: Array
    shown: Array
    usual: Array
    usable: Mask


def _surprise(traffic: Traffic, words: Index, stop: int, factor: float) -> _Surprise:
    """The `LATELY` days before day `stop` against the `BEFORE` days before them."""
    start = max(stop - LATELY, 0)
    before, lately = slice(max(start - BEFORE, 0), start), slice(start, stop)
    shown, unit = traffic.shown[words, before], traffic.expected[words, before]
    level = shown.sum(1) / np.maximum(unit.sum(1), 1e-9)
    days = (unit > 0).sum(1)
    own = _scatter(shown, level[:, None] * unit, traffic.scatter)
    said = level[:, None] * traffic.expected[words, lately]
    total = np.maximum(said.sum(1), 1e-9)
    beyond = own * ((said**2).sum(1) / total**2 + 1 / np.maximum(days, 1))
    variance, then = 1 / total + beyond, 1 / (factor * total) + beyond
    sd = np.sqrt(variance) / 3
    usual = 1 - variance / 9
    told = np.maximum((traffic.expected[words, lately] > 0).sum(1), 1)
    came = traffic.shown[words, lately].sum(1)
    z = (np.cbrt(came / total) - usual) / sd
    return _Surprise(
        z=-np.sign(z) * ndtri(stdtr(OWN_DAYS + days, -np.abs(z))),  # the scatter itself is an estimate
        shift=(np.cbrt(factor) * (1 - then / 9) - usual) / sd,
        shown=came / told,
        usual=total / told,
        usable=(days >= FEWEST_BEFORE) & (said.sum(1) > 0) & (shown.sum(1) >= LEAST_SHOWN * days),
    )


def _scatter(shown: Array, said: Array, usual: float) -> Array:
    """(n,) relative variance of each word's day beyond counting, moderated by what is `usual`."""
    some = said > 0
    mean = np.where(some, said, 1.0)
    weight = np.where(some, mean / (1 + usual * mean), 0.0) ** 2
    weight /= np.maximum(weight.sum(1, keepdims=True), 1e-12)
    square = np.minimum((shown - mean) ** 2, OUTLIER * (mean + usual * mean**2))
    days = some.sum(1)
    seen = (weight * (square - mean) / mean**2).sum(1) * days / np.maximum(days - 1, 1)
    return np.asarray((OWN_DAYS * usual + days * np.maximum(seen, 0.0)) / (OWN_DAYS + days))


def _past(traffic: Traffic, factor: float) -> tuple[float, float]:
    """(middle, sd) of the surprises of days before these, by their middle and tenth; never tighter than the law."""
    n, m = traffic.shown.shape
    words = np.linspace(0, n - 1, min(n, MOST_WORDS)).astype(int)
    ends = range(max(LATELY + FEWEST_BEFORE, m - LATELY - BEFORE), m - LATELY + 1)
    past = [_surprise(traffic, words, stop, factor) for stop in ends]
    z = np.concatenate([p.z[p.usable] for p in past]) if past else np.empty(0)
    if not z.size:
        return 0.0, 1.0
    half, tail = np.quantile(z, [0.5, 0.1 if factor < 1 else 0.9])
    return float(half), max(float(abs(tail - half) / -LOWER_TENTH), 1.0)


def _limits(shift: Array, false_alarms: float) -> Array:
    """(n,) scores to pass: those at which all words' likelihood ratios are alike and so many pass by chance."""

    def limits(log_ratio: float) -> Array:
        return np.maximum(log_ratio / np.maximum(shift, 1e-3) + shift / 2, -ndtri(MOST_LIKELY))

    return limits(float(brentq(lambda c: ndtr(-limits(c)).sum() - false_alarms, -1e3, 1e3)))


def _common(shown: Array, reach: Array, campaign: Index, cut: Mask, scatter: float) -> tuple[Array, Array]:
    """(factor on each word's day by what others of its campaign showed (n, m), the campaign's beside the shop (c, m)).

    The shop's day is a median of words; a campaign's own day beside it is held to it as campaigns turn out to scatter
    (DerSimonian & Laird, 1986, Controlled Clinical Trials 7), but where a budget cut it short.
    """
    factor = np.ones(reach.shape)
    for _ in range(3):
        level = shown.sum(1) / np.maximum((reach * factor).sum(1), 1e-9)
        said = level[:, None] * reach
        weight = said / (1 + scatter * said)
        stood = np.where(said > 0, shown / np.where(said > 0, said, 1.0), 1.0)
        shop = np.maximum(middle(stood, np.where(cut[campaign], 1e-6, 1.0) * weight + 1e-12), LEAST_FACTOR)
        total, own = by_group(weight, campaign, len(cut)), np.zeros(cut.shape)
        for _ in range(2):
            told = weight * (own[campaign] + np.clip(stood / shop - 1 - own[campaign], -FAR, FAR))
            own = by_group(told, campaign, len(cut)) / np.maximum(total, 1e-9)
        whole = np.where(cut, 0.0, total)
        between = max(float((whole * own**2 - (whole > 0)).sum() / max(whole.sum(), 1e-9)), 1e-4)
        held = np.where(cut, 1.0, 1 / between)
        others, theirs = total[campaign] - weight, (total * own)[campaign] - told
        factor = np.maximum(shop * (1 + theirs / (others + held[campaign])), LEAST_FACTOR)
    return factor, np.where(total > 0, np.maximum(1 + own, LEAST_FACTOR), np.nan)
