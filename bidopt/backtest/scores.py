"""How good forecasts were: each model against what anybody would have said, by proper scores.

A score is proper when nothing scores better on average than the truth (Gneiting & Raftery, 2007, JASA 102). Means are
scored by unit deviances (Jorgensen, 1997, The Theory of Dispersion Models): twice the log-likelihood that they lose
against what came, of a binomial, Poisson, compound Poisson or gamma law.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import xlog1py, xlogy

from bidopt.backtest.trial import Trial
from bidopt.metrics import ratio
from bidopt.schema import UNIT

Array = npt.NDArray[np.float64]

TENTHS = 10
BINOMIAL, POISSON, COMPOUND, GAMMA = 0.0, 1.0, 1.5, 2.0
BASELINES = ("yesterday", "raw", "shop")
"""A word's rate of the day before; its rate over all days; the shop's, the same for every word."""


@dataclass(frozen=True)
class Model:
    """Forecasts `events` for each of `exposure` ("" = a day that the word runs); `unit`: what comes in whole numbers.

    `law`: the power of the mean that the variance follows; 0 for the binomial.
    """

    events: str
    exposure: str
    unit: str
    law: float


MODELS = {
    "ctr": Model("clicks", "impressions", "clicks", BINOMIAL),
    "cpc": Model("spend", "clicks", "clicks", GAMMA),
    "cvr": Model("orders", "clicks", "orders", POISSON),
    "order_value": Model("gmv", "orders", "orders", GAMMA),
    "impressions": Model("impressions", "", "impressions", POISSON),
    "clicks": Model("clicks", "", "clicks", POISSON),
    "spend": Model("spend", "", "clicks", COMPOUND),
    "orders": Model("orders", "", "orders", POISSON),
    "gmv": Model("gmv", "", "orders", COMPOUND),
}


def word_rows(trial: Trial) -> pd.DataFrame:
    """One row a word under the cap and model: its `exposure` over the horizon, what `came`, and what each had said.

    Columns: origin, UNIT, model, traffic (tenth of the words by impressions before, 10 = most), exposure, came, ours
    and BASELINES. Days on which a word could not run are left out, and so are words without exposure.
    """
    words = trial.models.words[list(UNIT)].assign(traffic=tenth_of(trial.past["impressions"].sum(1)))
    use = (trial.said["impressions"] > 0) & trial.within[:, None]
    frames = []
    for name, model in MODELS.items():
        if not {model.events, model.unit} <= trial.came.keys():
            continue
        exposure = np.where(use, trial.came[model.exposure] if model.exposure else 1.0, 0.0)
        rate = ratio(trial.said[model.events], trial.said[model.exposure] if model.exposure else 1.0)
        columns = {
            "exposure": exposure.sum(1),
            "came": np.where(use, trial.came[model.events], 0.0).sum(1),
            "ours": (exposure * np.nan_to_num(rate)).sum(1),
        }
        columns |= {k: rate * exposure.sum(1) for k, rate in baseline_rates(trial.past, trial.ran, model).items()}
        rows = words.assign(model=name, **columns)
        if model.law == GAMMA:
            rows = rows[rows["came"] > 0]
        frames.append(rows[(rows["exposure"] > 0) & (rows["ours"] > 0)])
    out = pd.concat(frames, ignore_index=True)
    out.insert(0, "origin", pd.Timestamp(trial.origin))
    return out.dropna(subset=list(BASELINES))


def baseline_rates(past: dict[str, Array], ran: Array, model: Model) -> dict[str, Array]:
    """(n,) by baseline, from figures `past` (n, p) of words that `ran` (n, p).

    Half an event at the shop's rate is added to each: without it a single surprise would cost infinitely much.
    Where a word had no exposure the shop's rate stands in, and NaN where nothing is known of the shop either.
    """
    events, exposure = past[model.events], past[model.exposure] if model.exposure else ran
    size = float(ratio(events.sum(), past[model.unit].sum()))
    shop = float(ratio(events.sum(), exposure.sum()))
    half = 0.5 * size / shop if shop > 0 else np.nan
    return {
        "yesterday": (events[:, -1] + 0.5 * size) / (exposure[:, -1] + half),
        "raw": (events.sum(1) + 0.5 * size) / (exposure.sum(1) + half),
        "shop": np.full(len(events), shop),
    }


def deviance(law: float, came: Array, said: Array, exposure: Array) -> Array:
    """(n,) unit deviances, 0 where `said` is what came."""
    y, mu = came, said
    if law == BINOMIAL:
        y, share, n = np.minimum(y, exposure), np.clip(mu / exposure, 1e-9, 1 - 1e-9), exposure
        return np.asarray(
            2 * (xlogy(y, y / (n * share)) + xlog1py(n - y, -y / n) - xlog1py(n - y, -share)), dtype=float
        )
    if law == POISSON:
        return np.asarray(2 * (xlogy(y, y / mu) - y + mu))
    if law == GAMMA:
        return np.asarray(2 * exposure * (y / mu - 1 - np.log(y / mu)))
    return np.asarray(4 * (np.sqrt(y) - np.sqrt(mu)) ** 2 / np.sqrt(mu))


def model_scores(rows: pd.DataFrame) -> pd.DataFrame:
    """One row a model: words, the mean deviance of ours and of each baseline, and `gain` over the best baseline."""
    out = []
    for name, model in MODELS.items():
        r = rows[rows["model"] == name]
        if r.empty:
            continue
        y, n = r["came"].to_numpy(float), r["exposure"].to_numpy(float)
        score = {k: float(deviance(model.law, y, r[k].to_numpy(float), n).mean()) for k in ("ours", *BASELINES)}
        best = min(score[k] for k in BASELINES)
        out.append({"model": name, "words": len(r), **score, "gain": 1 - score["ours"] / best if best > 0 else 0.0})
    return pd.DataFrame(out)


def calibration(rows: pd.DataFrame) -> pd.DataFrame:
    """One row a model and tenth of its exposure, by what was said: the rate `said` and the rate that `came`."""
    out = []
    for name in MODELS:
        r = rows[rows["model"] == name].assign(rate=lambda x: x["ours"] / x["exposure"]).sort_values("rate")
        middle = (r["exposure"].cumsum() - r["exposure"] / 2) / max(r["exposure"].sum(), 1e-12)
        sums = r.groupby(np.ceil(middle * TENTHS).astype(int).rename("tenth"))[["exposure", "ours", "came"]].sum()
        rates = {"said": sums["ours"] / sums["exposure"], "came": sums["came"] / sums["exposure"]}
        out.append(sums[["exposure"]].assign(model=name, **rates).reset_index())
    return pd.concat(out, ignore_index=True)[["model", "tenth", "exposure", "said", "came"]]


def sum_rows(trial: Trial) -> pd.DataFrame:
    """One row a level (shop, campaign) and figure: what the words under the cap came to, and what each had said.

    Columns: origin, level, campaign_id, figure, came, ours, and by baseline: yesterday, week (the seven days before)
    and mean (of all days before), each as an amount of the horizon.
    """
    group, ids = trial.models.campaign, trial.models.campaigns["campaign_id"]
    days = len(trial.days)
    frames = []
    for name, past in trial.past.items():
        said = {
            "came": trial.came[name].sum(1),
            "ours": trial.said[name].sum(1),
            "yesterday": past[:, -1] * days,
            "week": past[:, -7:].mean(1) * days,
            "mean": past.mean(1) * days,
        }
        within = {k: np.bincount(group, x * trial.within, len(ids)) for k, x in said.items()}
        by_campaign = pd.DataFrame({"level": "campaign", "campaign_id": ids, **within})
        by_campaign = by_campaign[np.bincount(group, trial.within, len(ids)) > 0]
        shop = pd.DataFrame({"level": ["shop"], "campaign_id": [""], **{k: [x.sum()] for k, x in within.items()}})
        frames.append(pd.concat([shop, by_campaign]).assign(figure=name))
    out = pd.concat(frames, ignore_index=True)
    out.insert(0, "origin", pd.Timestamp(trial.origin))
    return out


def sum_scores(rows: pd.DataFrame) -> pd.DataFrame:
    """One row a level, figure and forecaster: `median` and `p90` of |said / came - 1|, and `bias` of the whole."""
    out = []
    some = rows[rows["came"] > 0]
    for (level, figure), r in some.groupby(["level", "figure"], sort=False):
        for who in ("ours", "yesterday", "week", "mean"):
            error = (r[who] / r["came"] - 1).abs()
            facts = {"median": error.median(), "p90": error.quantile(0.9), "bias": r[who].sum() / r["came"].sum() - 1}
            out.append({"level": level, "figure": figure, "forecast": who, "sums": len(r), **facts})
    return pd.DataFrame(out)


def tenth_of(values: Array) -> npt.NDArray[np.int64]:
    """(n,) 1 to 10 by size, ties by place."""
    rank = np.empty(len(values))
    rank[np.argsort(values, kind="stable")] = np.arange(len(values))
    return np.asarray(np.floor(rank * TENTHS / max(len(values), 1)), np.int64) + 1
