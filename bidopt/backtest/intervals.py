"""Whether the 80 % intervals hold what they say: coverage by word, campaign and shop, and their interval score."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from bidopt.backtest.scores import tenth_of
from bidopt.backtest.trial import CONVERSIONS, Trial
from bidopt.curves import Law
from bidopt.curves.spread import COVERAGE, HIGH, LOW, campaign_laws, interval, total_laws, word_laws
from bidopt.fit.panel import by_group
from bidopt.schema import UNIT

Array = npt.NDArray[np.float64]

RECENT_DAYS = 28
"""The baseline: the quantiles of a word's own last days."""
WHOLE = ("impressions", "clicks", "orders")


def interval_rows(trial: Trial) -> pd.DataFrame:
    """One row a level (word, campaign, shop) and figure of the first day, which is the one that a plan speaks of.

    Columns: origin, level, UNIT, figure, traffic (tenth of the words by impressions before, 10 = most), low, mean and
    high of the forecast, usual_low and usual_high of the word's last days, what came, and the chances of less
    (`below`) and of no more (`upto`) that the forecast gave it. After refunds, as in a plan.
    """
    ids, group, doubt = trial.models.words[list(UNIT)], trial.models.campaign, trial.first
    size = len(trial.models.campaigns)
    kept = {name: trial.kept if name in CONVERSIONS else np.ones(len(ids)) for name in trial.came}
    came = {name: x[:, 0] * kept[name] for name, x in trial.came.items()}
    runs = trial.within & (trial.said["impressions"][:, 0] > 0)
    plans = trial.models.campaigns[["campaign_id"]].assign(ad_group_id="", keyword_id="")
    within = trial.within[:, None].astype(float)
    ours = by_group(within, group, size)[:, 0] > 0
    shop = pd.DataFrame({name: [""] for name in UNIT})
    laws = word_laws(doubt, group), campaign_laws(doubt, group), total_laws(doubt, group, trial.within)
    traffic = tenth_of(trial.past["impressions"].sum(1))
    frames: list[pd.DataFrame] = []
    for name in came:
        past = trial.past[name][:, -RECENT_DAYS:] * kept[name][:, None]
        usual = np.quantile(past, [LOW, HIGH], axis=1)
        told = _told(name, laws[0][name], doubt.mean[name], came[name])
        words = ids.assign(level="word", traffic=traffic, usual_low=usual[0], usual_high=usual[1], **told)
        mean, sums = (by_group(x[:, None] * within, group, size)[:, 0] for x in (doubt.mean[name], came[name]))
        by_plan = plans.assign(level="campaign", **_told(name, laws[1][name], mean, sums))
        every = shop.assign(
            level="shop", **_told(name, laws[2][name], mean.sum(keepdims=True), sums.sum(keepdims=True))
        )
        frames += [words[runs], by_plan[ours], every]
    out = pd.concat(frames, ignore_index=True)
    out.insert(0, "origin", pd.Timestamp(trial.origin))
    return out


def _told(name: str, law: Law, mean: Array, came: Array) -> dict[str, Any]:
    """Columns of outcomes `came` (n,) of figure `name` beside their laws; developed orders are taken as whole ones."""
    came = np.round(came) if name in WHOLE else came
    low, high = interval(law, mean)
    chance = {"below": law.below(came), "upto": law.cdf(came)}
    return {"figure": name, "low": low, "mean": mean, "high": high, "came": came, **chance}


def coverage(rows: pd.DataFrame) -> pd.DataFrame:
    """One row a level, figure and tenth of traffic (0 = all): the share of outcomes `within`, `short` of and `over` it.

    By the probability integral transform, randomised where an outcome has a chance of its own, in its expectation
    (Czado, Gneiting & Held, 2009, Biometrics 65): a word with 0 clicks is as much within as its 0 is.
    For words also the mean interval score (Gneiting & Raftery, 2007), `ours` and that of their last days' quantiles.
    """
    told = rows.assign(
        within=_share(rows, LOW, HIGH),
        short=_share(rows, -1.0, LOW),
        over=_share(rows, HIGH, 2.0),
        ours=_interval_score(rows["low"], rows["high"], rows["came"]),
        usual=_interval_score(rows["usual_low"], rows["usual_high"], rows["came"]),
    )
    by_tenth = told[told["level"] == "word"].sort_values("traffic", kind="stable")
    groups = pd.concat([told.assign(traffic=0), by_tenth]).groupby(["level", "figure", "traffic"], sort=False)
    means = groups[["within", "short", "over", "ours", "usual"]].mean()
    means.insert(0, "outcomes", groups.size())
    return means.reset_index().astype({"traffic": int})


def _share(rows: pd.DataFrame, low: float, high: float) -> Array:
    """(n,) how much of each outcome's own stretch of chance lies between `low` and `high`."""
    below, upto = rows["below"].to_numpy(float), rows["upto"].to_numpy(float)
    upto = np.maximum(upto, below + 1e-9)
    inside: Array = np.clip(np.minimum(upto, high) - np.maximum(below, low), 0.0, None)
    return np.asarray(inside / (upto - below))


def _interval_score(low: "pd.Series[float]", high: "pd.Series[float]", came: "pd.Series[float]") -> "pd.Series[float]":
    short, over = (low - came).clip(lower=0), (came - high).clip(lower=0)
    return (high - low) + 2 / (1 - COVERAGE) * (short + over)
