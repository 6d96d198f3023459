"""Whether the 80 % intervals hold what they say: coverage by word, campaign and shop, and their interval score."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from bidopt.backtest.scores import tenth_of
from bidopt.backtest.trial import FIGURES, Trial
from bidopt.curves.spread import COVERAGE, HIGH, LOW, total_interval, word_intervals
from bidopt.schema import UNIT

Array = npt.NDArray[np.float64]

RECENT_DAYS = 28
"""The baseline: the quantiles of a word's own last days."""


def interval_rows(trial: Trial) -> pd.DataFrame:
    """One row a level (word, campaign, shop) and figure of the first day, which is the one that a plan speaks of.

    Columns: origin, level, UNIT, figure, traffic (tenth of the words by impressions before, 10 = most), low, mean and
    high of the forecast, usual_low and usual_high of the word's last days, and came. After refunds, as in a plan.
    """
    ids, group = trial.models.words[list(UNIT)], trial.models.campaign
    kept = {name: trial.kept if name in ("orders", "gmv") else np.ones(len(ids)) for name in FIGURES}
    came = {name: trial.came[name][:, 0] * kept[name] for name in FIGURES}
    spans = word_intervals(trial.first, group)
    traffic = tenth_of(trial.past["impressions"].sum(1))
    runs = trial.within & (trial.said["impressions"][:, 0] > 0)
    frames = []
    for name in FIGURES:
        usual = np.quantile(trial.past[name][:, -RECENT_DAYS:] * kept[name][:, None], [LOW, HIGH], axis=1)
        columns = {"low": spans[name][0], "mean": trial.first.mean[name], "high": spans[name][1], "came": came[name]}
        columns |= {"usual_low": usual[0], "usual_high": usual[1]}
        frames.append(ids.assign(level="word", figure=name, traffic=traffic, **columns)[runs])
    codes = np.unique(group[trial.within])
    for level, members in (("campaign", [group == c for c in codes]), ("shop", [np.ones(len(group), bool)])):
        for rows in members:
            within = rows & trial.within
            plan = trial.models.campaigns["campaign_id"][group[within][0]] if level == "campaign" else ""
            total = total_interval(trial.first, group, within)
            frames.append(
                pd.DataFrame(
                    [
                        {"level": level, "campaign_id": plan, "figure": name, "came": came[name][within].sum()}
                        | dict(zip(("mean", "low", "high"), total[name], strict=True))
                        for name in FIGURES
                    ]
                )
            )
    out = pd.concat(frames, ignore_index=True).fillna({"ad_group_id": "", "keyword_id": ""})
    out.insert(0, "origin", pd.Timestamp(trial.origin))
    return out


def coverage(rows: pd.DataFrame) -> pd.DataFrame:
    """One row a level, figure and tenth of traffic (0 = all): the share of outcomes `within`, `below` and `above`.

    For words also the mean interval score (Gneiting & Raftery, 2007), `ours` and that of their last days' quantiles.
    """
    below, above = rows["came"] < rows["low"] - 1e-9, rows["came"] > rows["high"] + 1e-9
    told = rows.assign(
        below=below,
        above=above,
        within=~below & ~above,
        ours=_interval_score(rows["low"], rows["high"], rows["came"]),
        usual=_interval_score(rows["usual_low"], rows["usual_high"], rows["came"]),
    )
    every = told.assign(traffic=0)
    by_tenth = told[told["level"] == "word"]
    sums = pd.concat([every, by_tenth]).groupby(["level", "figure", "traffic"], sort=False)
    return sums.agg(
        outcomes=("came", "size"), within=("within", "mean"), below=("below", "mean"), above=("above", "mean"),
        ours=("ours", "mean"), usual=("usual", "mean"),
    ).reset_index().astype({"traffic": int})  # fmt: skip


def _interval_score(low: "pd.Series[float]", high: "pd.Series[float]", came: "pd.Series[float]") -> "pd.Series[float]":
    short, over = (low - came).clip(lower=0), (came - high).clip(lower=0)
    return (high - low) + 2 / (1 - COVERAGE) * (short + over)
