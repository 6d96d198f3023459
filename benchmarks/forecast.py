"""How good the night's forecasts are, and how honest its 80 % intervals, while the product runs a simulated market.

    python benchmarks/forecast.py --families lognormal steps heavy --seeds 0 --caps 0.6 1.5 --nights 14 --jobs 2

Every run is one market under one cap, night after night through the product's own store. Forecasts of sums are held
against the market's expectation at the bids really in force, before budgets cut anything off; intervals against what
came to pass: the next day's spend, and the orders and GMV that its clicks bring in the end, after refunds.
"""

import argparse
import dataclasses
import sys
import tempfile
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import product
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from jobs import finished, markdown
from product import Inside, to_models
from scipy.stats import poisson

from bidopt import curves
from bidopt.curves.spread import HIGH, LOW, campaign_laws, interval, total_laws, word_laws
from bidopt.fit import FittedModels, Panel
from bidopt.metrics import ratio
from bidopt.recommend import Plan
from bidopt.simulate.market import Market
from bidopt.simulate.record import DayResult
from bidopt.simulate.spec import FAMILIES, MarketSpec
from bidopt.simulate.truth import Array

WEEK = 7
CAME = ("spend", "orders", "gmv")
ILL = 0.5
"""A word converts so much below the others' day that its item must have fallen ill, which no report foretells."""
ALPHA = 1 - (HIGH - LOW)


@dataclass(frozen=True)
class Job:
    family: str
    seed: int
    cap: float
    nights: int

    @property
    def name(self) -> str:
        return f"{self.family} {self.seed} {self.cap}"


@dataclass(frozen=True)
class Found:
    """`sums`: relative errors of 7-day sums, a row a campaign and origin. `words`: a row a word and night, forecast
    and truth. `came`: a row an interval, with the outcome's place in its law (`pit`). `scores`: a row a figure.
    """

    sums: pd.DataFrame
    words: pd.DataFrame
    came: pd.DataFrame
    scores: pd.DataFrame


class Watched(Inside):
    """The product, with every night's models and plan kept."""

    def __init__(self, market: Market, cap: float, folder: Path) -> None:
        super().__init__(market, cap, folder, bid_history=True)
        self.nights: list[tuple[FittedModels, Panel, Plan]] = []

    def seen(self, models: FittedModels, panel: Panel, plan: Plan) -> None:
        self.nights.append((models, panel, plan))


def run(job: Job) -> Found:
    """Play one market and look back at every night."""
    market = Market(MarketSpec(job.family, job.seed))
    market.play_history()
    with tempfile.TemporaryDirectory() as folder:
        ours = Watched(market, job.cap * market.best_uncapped_spend(job.nights), Path(folder) / "shop")
        for _ in range(job.nights):
            market.play(market.next_day, *ours.plan(market.next_day))
    words, came, scores = [], [], []
    for models, panel, plan in ours.nights:
        words.append(_words(market, models, plan))
        result = market.record.days[market.number(models.day)]
        outcome = {name: to_models(market, models, x) for name, x in _outcome(market, result).items()}
        came.append(_places(models, plan, outcome, market.number(models.day)))
        scores.append(_scores(models, panel, plan, outcome))
    table = pd.concat(words, ignore_index=True)
    sums = pd.concat([_nightly_sums(table), _week_ahead(market, ours.nights)], ignore_index=True)
    found = (sums, table, pd.concat(came, ignore_index=True), pd.concat(scores, ignore_index=True))
    return Found(*(frame.assign(market=job.name) for frame in found))


def _refunded(market: Market) -> Array:
    """Refund rate by word of the market."""
    rate: Array = market.catalogue.items["refund_rate"].to_numpy()[market.words["item"]]
    return rate


def _truth(market: Market, day: date, bids: Array) -> pd.DataFrame:
    """Expected figures of a whole day by word of the market, orders and GMV after refunds."""
    truth = market.expected(day, bids)
    kept = 1 - _refunded(market)
    return truth.assign(orders=truth["orders"] * kept, gmv=truth["gmv"] * kept)


def _outcome(market: Market, result: DayResult) -> dict[str, Array]:
    """What came of a day in the end by word of the market: orders are refunded one by one."""
    word, value = result.orders.word, result.orders.value
    rng = np.random.default_rng([market.spec.seed, market.number(result.day), 3])
    kept = rng.random(len(word)) >= _refunded(market)[word]
    size = len(result.bids)
    return {
        "spend": result.spend,
        "orders": np.bincount(word[kept], minlength=size).astype(float),
        "gmv": np.bincount(word[kept], value[kept], size),
    }


def _words(market: Market, models: FittedModels, plan: Plan) -> pd.DataFrame:
    """Forecast and truth of every word under the cap, before budgets cut anything off."""
    day, decision = models.day, plan.decision
    said = decision.grid.response.pick(decision.choice)
    true = _truth(market, day, market.record.days[market.number(day)].bids)
    figures = {f"said_{name}": getattr(said, name) for name in ("clicks", *CAME)}
    figures |= {f"true_{name}": to_models(market, models, true[name].to_numpy()) for name in ("clicks", *CAME)}
    conversion = market.truth.days.conversion[market.number(day)]
    ill = to_models(market, models, conversion < ILL * np.median(conversion))
    moved = np.sign(plan.words["bid_new"] - plan.words["bid_now"]).astype(int)
    frame = pd.DataFrame({"day": day, "campaign": models.campaign, "moved": moved, "ill": ill, **figures})
    return frame[decision.under_cap]


def _nightly_sums(words: pd.DataFrame) -> pd.DataFrame:
    """Sums over 7 nights, each as its own plan foresaw it."""
    columns = [f"{side}_{name}" for side in ("said", "true") for name in ("spend", "gmv")]
    daily = words.pivot_table(index="day", columns="campaign", values=columns, aggfunc="sum")
    sums = daily.rolling(WEEK).sum().dropna().stack(level="campaign", future_stack=True).reset_index(drop=True)
    return sums.assign(horizon="seven nights, each a day ahead")


def _week_ahead(market: Market, nights: list[tuple[FittedModels, Panel, Plan]]) -> pd.DataFrame:
    """Sums over the 7 days after a night, all as it foresaw them at the bids that were then in force."""
    weeks = []
    for models, _, plan in nights[: len(nights) - WEEK + 1]:
        days = [
            _day_ahead(market, models, plan.decision.under_cap, models.day + timedelta(days=ahead))
            for ahead in range(WEEK)
        ]
        weeks.append(pd.concat(days).groupby("campaign").sum())
    return pd.concat(weeks, ignore_index=True).assign(horizon="seven days ahead")


def _day_ahead(market: Market, models: FittedModels, inside: npt.NDArray[np.bool_], day: date) -> pd.DataFrame:
    """Spend and GMV of the words `inside` on `day` at the bids then in force: the forecast of `models`, and truth."""
    bids = market.record.days[market.number(day)].bids
    said = curves.respond(_as_of(models, day), to_models(market, models, bids)[:, None])
    true = _truth(market, day, bids)
    figures = {f"said_{name}": getattr(said, name)[:, 0] for name in ("spend", "gmv")}
    figures |= {f"true_{name}": to_models(market, models, true[name].to_numpy()) for name in ("spend", "gmv")}
    return pd.DataFrame({"campaign": models.campaign, **figures})[inside]


def _as_of(models: FittedModels, day: date) -> FittedModels:
    """The models of one night carried to a later day by their calendars."""
    days = pd.DatetimeIndex([pd.Timestamp(models.day), pd.Timestamp(day)])
    demand, cvr = (c.factor(days) for c in (models.demand_calendar, models.cvr_calendar))
    words = models.words.assign(
        demand=models.words["demand"] * demand[1] / demand[0], cvr=models.words["cvr"] * cvr[1] / cvr[0]
    )
    return dataclasses.replace(models, words=words)


def _laws(models: FittedModels, plan: Plan) -> dict[str, tuple[dict[str, curves.Law], Array]]:
    """By level: its laws, and which of its rows live under the cap."""
    decision, group = plan.decision, models.campaign
    said = decision.grid.response.pick(decision.choice).cut(decision.served[group], models.evening)
    doubt = curves.doubt(models, said, plan.words["bid_new"].to_numpy(), decision.budget_new, decision.served)
    inside = np.bincount(group, decision.under_cap, len(models.campaigns)) > 0
    return {
        "shop": (total_laws(doubt, group, decision.under_cap), np.array([True])),
        "campaigns": (campaign_laws(doubt, group), inside),
        "words": (word_laws(doubt, group), decision.under_cap),
    }


def _places(models: FittedModels, plan: Plan, outcome: dict[str, Array], seed: int) -> pd.DataFrame:
    """Where each outcome fell in its law: the randomised probability integral transform (Smith, 1985)."""
    rng = np.random.default_rng(seed)
    under, group = plan.decision.under_cap, models.campaign
    rows = []
    for level, (laws, inside) in _laws(models, plan).items():
        for name in CAME:
            came = np.where(under, outcome[name], 0.0)
            if level == "campaigns":
                came = np.bincount(group, came, len(models.campaigns))
            elif level == "shop":
                came = came.sum(keepdims=True)
            below, upto = laws[name].below(came), laws[name].cdf(came)
            pit = below + (upto - below) * rng.random(len(came))
            rows.append(pd.DataFrame({"level": level, "figure": name, "pit": pit[inside]}))
    return pd.concat(rows, ignore_index=True)


def _scores(models: FittedModels, panel: Panel, plan: Plan, outcome: dict[str, Array]) -> pd.DataFrame:
    """Mean interval score of the words' intervals (Gneiting & Raftery, 2007), ours and simple ones; less is better."""
    under = plan.decision.under_cap
    laws, _ = _laws(models, plan)["words"]
    rows = []
    for name in CAME:
        mean = plan.words[f"new_{name}"].to_numpy()
        intervals = {"ours": interval(laws[name], mean), **_baselines(models, panel, name)}
        score = {who: float(_interval_score(*ends, outcome[name])[under].mean()) for who, ends in intervals.items()}
        rows.append({"figure": name, **score})
    return pd.DataFrame(rows)


def _interval_score(low: Array, high: Array, came: Array) -> Array:
    return high - low + 2 / ALPHA * (np.maximum(low - came, 0) + np.maximum(came - high, 0))


def _baselines(models: FittedModels, panel: Panel, name: str) -> dict[str, tuple[Array, Array]]:
    """Intervals from the reports alone: Poisson around a mean count at its mean price, and what the last days were."""
    counts = panel.clicks if name == "spend" else panel.counts["orders"]
    money = {"spend": panel.spend, "orders": panel.counts["orders"], "gmv": panel.counts["gmv"]}[name]
    price = np.nan_to_num(ratio(money.sum(1), counts.sum(1)))
    out = {
        f"Poisson, {days} d": tuple(price * poisson.ppf(share, counts[:, -days:].mean(1)) for share in (LOW, HIGH))
        for days in (1, 14)
    }
    return out | {"quantiles, 28 d": tuple(np.quantile(money[:, -28:], (LOW, HIGH), axis=1))}


def sums_table(sums: pd.DataFrame) -> pd.DataFrame:
    """Median and 90th percentile of the relative error, and the signed bias, by horizon, market and figure."""
    rows = {}
    for key, part in _with_all(sums).groupby(["horizon", "market"]):
        for name in ("spend", "gmv"):
            said, true = part[f"said_{name}"], part[f"true_{name}"]
            error, bias = (said / true - 1).abs(), said.sum() / true.sum() - 1
            rows[(*key, name)] = {"median": error.median(), "p90": error.quantile(0.9), "bias": bias}
    return _table(rows, ["horizon", "market", "figure"])


def words_table(words: pd.DataFrame) -> pd.DataFrame:
    """Signed bias of the forecasts of the words that the plans raised, cut, changed at all and kept.

    `well`: without the words of items whose conversion just then is broken.
    """
    rows = {}
    for market, part in _with_all(words).groupby("market"):
        moved, ill = part["moved"], part["ill"]
        kinds = {"changed": moved != 0, "raised": moved > 0, "cut": moved < 0, "kept": moved == 0}
        kinds["changed, well"] = kinds["changed"] & ~ill
        for kind, some in kinds.items():
            total = part[some].sum(numeric_only=True)
            rows[market, kind] = {n: total[f"said_{n}"] / total[f"true_{n}"] - 1 for n in ("clicks", *CAME)}
    return _table(rows, ["market", "words"])


def coverage_table(came: pd.DataFrame) -> pd.DataFrame:
    """Share of outcomes inside the 80 % interval, and below it."""
    rows = {}
    for key, part in _with_all(came).groupby(["level", "market"]):
        rows[key] = {}
        for name in CAME:
            pit = part.loc[part["figure"] == name, "pit"]
            rows[key] |= {name: float(pit.between(LOW, HIGH).mean()), f"{name} below": float((pit < LOW).mean())}
    return _table(rows, ["level", "market"])


def scores_table(scores: pd.DataFrame) -> pd.DataFrame:
    """Mean interval score of the words by market and figure."""
    means = _with_all(scores).groupby(["figure", "market"]).mean()
    return means.assign(**{"ours / best": means["ours"] / means.drop(columns="ours").min(axis=1)})


def _with_all(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows twice: by market, and as of all markets."""
    return pd.concat([frame, frame.assign(market="all")], ignore_index=True)


def _table(rows: dict[tuple[str, ...], dict[str, float]], names: list[str]) -> pd.DataFrame:
    return pd.DataFrame(list(rows.values()), index=pd.MultiIndex.from_tuples(list(rows), names=names))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--families", nargs="+", choices=FAMILIES, default=["lognormal", "steps", "heavy"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--caps", nargs="+", type=float, default=[0.6, 1.5], help="of what the best bids would spend")
    parser.add_argument("--nights", type=int, default=14)
    parser.add_argument("--jobs", type=int, default=2, help="processes at once")
    args = parser.parse_args()
    jobs = [Job(*each, args.nights) for each in product(args.families, args.seeds, args.caps)]
    found = []
    for job, one in finished(run, jobs, args.jobs):
        found.append(one)
        print(f"{len(found)}/{len(jobs)} {job.name}", file=sys.stderr, flush=True)
    tables = {
        "7-day sums by campaign before any cut, relative error": ("sums", sums_table),
        "Forecasts of the words by what the plan did, signed bias": ("words", words_table),
        "Share of outcomes inside the 80 % interval": ("came", coverage_table),
        "Interval score of the words, less is better": ("scores", scores_table),
    }
    for title, (name, table) in tables.items():
        print(f"\n{title}\n\n{markdown(table(pd.concat([getattr(f, name) for f in found], ignore_index=True)))}")


if __name__ == "__main__":
    main()
