"""How far single days fall from what was foreseen for them: measured on the history, by word, campaign and shop.

What is counted scatters around what the days before foresaw for three reasons beside counting: the shop's day, the
campaign's and the word's own. Their relative variances are nested components of variance, found by moments (Searle,
Casella & McCulloch, Variance Components, 1992, 3-4).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bidopt.fit.panel import CUT_SHARE, Panel, by_group
from bidopt.metrics import ratio

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]

RECENT_DAYS = 42
USUAL_DAYS = 14.0
"""What is usual counts as so many days that were seen."""
ROUNDS = 5
FEWEST_EVENTS = 200
"""With fewer events nothing is measured."""
OUTLIER = 9.0
"""Squared surprises count up to so many times their expectation: a broken day is no usual day."""
USUAL_CPC = (0.003, 0.1)
"""Relative variances of a day's CPC beside its clicks, and of one click's, where too few days show them."""

USUAL_LANDING = (1 + CUT_SHARE) / 2


@dataclass(frozen=True)
class DayNoise:
    """Relative variances of one day around its forecast beyond counting, each beside the others.

    `word_known`, `campaign_known`: what to multiply the models' own variances with, below 1 where they say more than
    days showed.
    """

    word: float
    campaign: float
    shop: float
    word_known: float = 1.0
    campaign_known: float = 1.0


USUAL_DEMAND, USUAL_ORDERS = DayNoise(0.1, 0.005, 0.005), DayNoise(0.0, 0.005, 0.005)
"""What a day's searches, and its orders a click, usually do."""


@dataclass(frozen=True)
class CpcNoise:
    """Relative variances of a word's CPC: of its day, and of a single click (to be divided by the day's clicks)."""

    day: float = USUAL_CPC[0]
    click: float = USUAL_CPC[1]


def day_noise(
    events: Array, foreseen: Array, usable: Mask, group: Index, known: Array, known_by_group: Array, usual: DayNoise
) -> DayNoise:
    """Components of how `events` fell around what was `foreseen`, (n, m) each, where `usable` (n, m).

    `group` (n,) is a word's campaign. `known` (n,) and `known_by_group` (c,) are the relative variances of the
    forecasts themselves, as far as the models know: only what goes beyond them is noise.
    The `usual` is what few days are held to.
    """
    n_groups = len(known_by_group)
    events, foreseen = (np.where(usable, x, 0.0)[:, -RECENT_DAYS:] for x in (events, foreseen))
    if events.sum() < FEWEST_EVENTS:
        return usual
    by_campaign, said = by_group(events, group, n_groups), by_group(foreseen, group, n_groups)
    squares = by_group(foreseen**2, group, n_groups)
    all_words, total = events.sum(0), foreseen.sum(0)
    word, known_word = _excess(events, foreseen, usual.word, known[:, None] * foreseen**2)
    campaign, words_in_campaign = _excess(by_campaign, said, usual.campaign, squares)
    _, known_campaign = _excess(by_campaign, said, usual.campaign, known_by_group[:, None] * said**2)
    shop, words_in_shop = _excess(all_words, total, usual.shop, squares.sum(0))
    _, campaigns_in_shop = _excess(all_words, total, usual.shop, (said**2).sum(0))
    # What each level shows of the word's, the campaign's and the shop's own variance: sums even out.
    mixing = [[1.0, 1.0, 1.0], [words_in_campaign, 1.0, 1.0], [words_in_shop, campaigns_in_shop, 1.0]]
    parts = _not_negative(np.array(mixing), np.array([word, campaign, shop]))
    known_of = np.maximum([known_word, known_campaign], 1e-9)
    seen = np.maximum(parts - [*known_of, 0.0], 0.0)
    days = float((total > 0).sum())
    usually = (usual.word, usual.campaign, usual.shop)
    held = (days * seen + USUAL_DAYS * np.array(usually)) / (days + USUAL_DAYS)
    share = (days * np.minimum(parts[:2] / known_of, 1.0) + USUAL_DAYS) / (days + USUAL_DAYS)
    return DayNoise(*(float(x) for x in (*held, *share)))


def landing(panel: Panel) -> float:
    """Share of its budget that a campaign has spent when the platform stops its day, on average."""
    spent = by_group(panel.spend, panel.campaign, len(panel.campaigns))
    share = np.minimum(spent[panel.cut] / panel.budget[panel.cut], 0.999)
    return float((share.sum() + USUAL_DAYS * USUAL_LANDING) / (len(share) + USUAL_DAYS))


def _not_negative(design: Array, seen: Array) -> Array:
    """Least squares, no part below 0."""
    from scipy.optimize import nnls  # slow to import, and only fitting needs it

    return np.asarray(nnls(design, seen)[0])


def _excess(events: Array, foreseen: Array, usual: float, squares: Array) -> tuple[float, float]:
    """(relative variance beyond counting, mean of `squares` / foreseen ** 2), cells weighted by how much they tell."""
    some = foreseen > 0
    said = np.where(some, foreseen, 1.0)
    for _ in range(ROUNDS):  # what counts as an outlier depends on the variance itself
        variance = said + usual * said**2
        surprise = np.minimum((events - foreseen) ** 2, OUTLIER * variance)
        weight = np.where(some, said**2 / variance, 0.0) ** 2
        weight /= max(float(weight.sum()), 1e-12)
        usual = max(float((weight * (surprise - said) / said**2).sum()), 0.0)
    return usual, float((weight * squares / said**2).sum())


def cpc_noise(panel: Panel) -> CpcNoise:
    """From how the CPC of a word changed from one day to the next while its bid stood."""
    clicks = panel.clicks[:, -RECENT_DAYS:]
    log_cpc = np.log(np.maximum(ratio(panel.spend[:, -RECENT_DAYS:], clicks), 1e-4))
    change = np.diff(log_cpc, axis=1)
    still = np.abs(np.diff(np.log(panel.bid[:, -RECENT_DAYS:]), axis=1)) < 0.001
    use = np.isfinite(change) & still
    if use.sum() < FEWEST_EVENTS:
        return CpcNoise()
    each = np.maximum(clicks, 1)
    few = (1 / each[:, 1:] + 1 / each[:, :-1])[use]
    # change ** 2 = 2 day + few x click; a squared normal scatters by twice its mean squared.
    design = np.column_stack([np.full(len(few), 2.0), few])
    expected = design @ USUAL_CPC
    seen = np.minimum(change[use] ** 2, OUTLIER * expected)
    parts = _not_negative(design / expected[:, None], seen / expected)
    return CpcNoise(float(parts[0]), float(parts[1]))
