"""Does the measured gain of past plans cover the true one as often as its interval says?

    python benchmarks/holdout.py --markets 60 --nights 8 --jobs 2

In each simulated market a shop uploads and confirms its plan every night. Then its scorecard tells what the changes
earned, measured against the words held out; the market knows what they earned in truth: the expected difference, each
day, between the plan's bids and those of the day before, at the share of the day that the budgets let through. No
comparison of words can see that bids also decide how long a budget lasts: `with that` is the truth with it. Beside the
measure stands what a shop without a holdout would look at: the last day against the day before the first night, with an
interval of how days changed until then.

Bids and forecasts come from one fit a market, carried from day to day; all else is the product's own.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from jobs import finished, markdown
from product import Ours, to_market

from bidopt import export, fit, ledger, recommend, scorecard, store
from bidopt.fit import FittedModels, Panel
from bidopt.holdout import WITHIN
from bidopt.metrics import ratio
from bidopt.simulate.market import Market
from bidopt.simulate.spec import FAMILIES, MarketSpec
from bidopt.simulate.truth import Array
from bidopt.workspace import publish_bytes, publish_json

FIGURES = ("clicks", "spend", "profit")
CAPS = (0.7, 1.5)
"""Of what the best bids would spend: one that binds, one that does not."""


@dataclass(frozen=True)
class Job:
    number: int
    words: int
    nights: int
    families: tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """One figure of one market: the truth, the same with what bids do to budgets, and a measured effect with the reach
    of its 80 % interval.
    """

    cap: float
    figure: str
    method: str
    truth: float
    whole: float
    measured: float
    reach: float


class Shop(Ours):
    """The product with one fit at the start, whose plans are confirmed night by night."""

    def __init__(self, market: Market, cap: float, folder: Path) -> None:
        super().__init__(market, cap, folder, bid_history=False)
        self.settings = self.workspace.settings()
        self.models, _ = self.fitted()

    def fitted(self) -> tuple[FittedModels, Panel]:
        with self.workspace.lock():
            store.import_inbox(self.workspace, lambda _: None)
        self.history = store.read_history(self.workspace, self.market.next_day)
        return fit.fit(self.history, self.settings, self.market.next_day)

    def night(self) -> dict[str, tuple[float, float]]:
        """Plan, confirm and play a day; by figure what the plan's bids earn in truth beyond those of the day before,
        at the same share of the day served, and with what they change of that.
        """
        market, day = self.market, self.market.next_day
        before = market.bids
        models = fit.ahead(self.models, day)
        budgets = models.campaigns["campaign_id"].map(market.budgets).to_numpy(float)
        now = before[self._order(models)].round(2)
        models = replace(
            models, words=models.words.assign(bid_now=now), campaigns=models.campaigns.assign(budget_now=budgets)
        )
        plan = recommend.make(models, self.settings)
        run_id = f"{day}-{market.number(day):08x}"
        folder = self.workspace.run_dir(run_id)
        folder.mkdir(parents=True)
        plan.words.to_parquet(folder / "recommendations.parquet", index=False)
        publish_bytes(folder / "bids.csv", export.bids_csv(plan.words, "zh"))
        publish_bytes(folder / "budgets.csv", export.budgets_csv(plan.budgets, "zh"))
        publish_json(folder / "plan.json", plan.head | {"run_id": run_id})
        publish_bytes(self.workspace.runs / "latest", run_id.encode())
        with self.workspace.lock():
            ledger.catch_up(self.workspace)
            ledger.add(self.workspace, "confirmed", run_id, day.isoformat())
        bids, budget = market.apply_plan(folder)
        there, here = (_parts(market.expected(day, x, budget)) for x in (bids, before))
        uncut = [_parts(market.expected(day, x)) for x in (bids, before)]
        alike = uncut[1] * np.nan_to_num(ratio(there, uncut[0]))
        drawn = to_market(market, models, (plan.words["holdout_layer"] >= 0).to_numpy())
        market.play(day, bids, budget)
        direct, whole = (_figures((there - other)[:, drawn].sum(1)) for other in (alike, here))
        return {name: (direct[name], whole[name]) for name in FIGURES}

    def _order(self, models: FittedModels) -> Array:
        return np.argsort(to_market(self.market, models, np.arange(len(models.words))))


def _parts(day: pd.DataFrame) -> Array:
    """(3, n) clicks, spend, and the margin of what is sold."""
    return np.array([day["clicks"], day["spend"], day["profit"] + day["spend"]])


def _figures(parts: Array) -> dict[str, float]:
    clicks, spend, earned = (float(x) for x in parts)
    return {"clicks": clicks, "spend": spend, "profit": earned - spend}


def run(job: Job) -> list[Answer]:
    """One market's figures by both methods."""
    family, cap = job.families[job.number % len(job.families)], CAPS[job.number % 2]
    market = Market(MarketSpec(family, job.number, job.words, history_days=21))
    market.play_history()
    with tempfile.TemporaryDirectory() as folder:
        shop = Shop(market, cap * market.best_uncapped_spend(job.nights), Path(folder) / "shop")
        truths = [shop.night() for _ in range(job.nights)]
        shop.deliver(market.next_day)
        models, panel = shop.fitted()
        told = scorecard.make(shop.workspace, shop.history, models, panel).gain
    assert told.nights == job.nights
    found = []
    for name in FIGURES:
        truth = (sum(night[name][0] for night in truths), sum(night[name][1] for night in truths))
        effect = told.effects[name]
        found.append(Answer(cap, name, "holdout", *truth, effect.measured, effect.high - effect.measured))
        found.append(Answer(cap, name, "before and after", *truth, *_before_and_after(models, panel, name, job.nights)))
    return found


def _before_and_after(models: FittedModels, panel: Panel, figure: str, nights: int) -> tuple[float, float]:
    """(the last day less the one before the first night, reach by how days changed before)."""
    known = models.delay.of_items(panel.item_ids, panel.age)[panel.item]
    margin = (models.words["margin"] * models.words["incrementality"] * (1 - models.words["refund_rate"])).to_numpy()
    gmv = margin[:, None] * panel.counts["gmv"] / known
    daily = {"clicks": panel.clicks, "spend": panel.spend, "profit": gmv - panel.spend}[figure]
    ours = ~panel.campaigns["bidding"].eq("smart").to_numpy()[panel.campaign]
    total = daily[ours].sum(0)
    before = total[:-nights]
    return float(total[-1] - before[-1]), float(WITHIN * np.diff(before).std(ddof=1))


def summary(answers: list[Answer]) -> pd.DataFrame:
    """A row a cap, figure and method."""
    frame = pd.DataFrame([vars(a) for a in answers])
    frame["off"] = frame["measured"] - frame["truth"]
    frame["covered"] = frame["off"].abs() <= frame["reach"]
    everywhere = frame.assign(cap="all")
    by = pd.concat([everywhere, frame]).groupby(["cap", "figure", "method"], sort=False)
    return pd.DataFrame(
        {
            "markets": by.size(),
            "covered": by["covered"].mean(),
            "true": by["truth"].mean(),
            "with that": by["whole"].mean(),
            "measured": by["measured"].mean(),
            "rms error": by["off"].apply(lambda off: float(np.sqrt((off**2).mean()))),
            "half interval": by["reach"].mean(),
        }
    )


def all_answers(jobs: list[Job], workers: int) -> Iterator[Answer]:
    for done, (_, answers) in enumerate(finished(run, jobs, workers), 1):
        print(f"{done}/{len(jobs)}", file=sys.stderr, flush=True)
        yield from answers


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--markets", type=int, default=60)
    parser.add_argument("--words", type=int, default=240)
    parser.add_argument("--nights", type=int, default=8)
    parser.add_argument("--families", nargs="+", choices=FAMILIES, default=["lognormal", "steps", "heavy"])
    parser.add_argument("--jobs", type=int, default=2, help="processes at once")
    args = parser.parse_args()
    jobs = [Job(number, args.words, args.nights, tuple(args.families)) for number in range(args.markets)]
    print(markdown(summary(list(all_answers(jobs, args.jobs)))))


if __name__ == "__main__":
    main()
