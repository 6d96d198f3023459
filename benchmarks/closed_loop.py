"""Night after night on simulated markets: profit as a share of a clairvoyant's.

    python benchmarks/closed_loop.py --families lognormal steps heavy --seeds 0 1 --nights 21 --jobs 2

Every run is one market, one cap (a multiple of what the best bids would spend uncapped) and one controller. The product
itself (`ours`) works in a workspace of its own and is handed nothing but the platform's exports.
"""

import argparse
import json
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from datetime import date
from itertools import product
from pathlib import Path

import pandas as pd
import rules

from bidopt.simulate.clairvoyant import Clairvoyant
from bidopt.simulate.market import Market
from bidopt.simulate.spec import FAMILIES, MarketSpec

RESTATED_DAYS = 16
"""A morning's report covers the attribution window, so that its conversions are restated."""


@dataclass(frozen=True)
class Job:
    family: str
    seed: int
    cap: float
    controller: str
    nights: int
    bid_history: bool


@dataclass(frozen=True)
class Outcome:
    """Profit, spend and GMV in yuan over all nights; seconds of a night's decision at the median."""

    family: str
    seed: int
    cap: float
    controller: str
    profit: float
    spend: float
    gmv: float
    cut_days: int
    seconds: float


class Ours:
    """The product, through files alone: exports into the inbox, change lists out."""

    def __init__(self, market: Market, cap: float, folder: Path, bid_history: bool) -> None:
        from bidopt.workspace import Workspace

        self._market, self._workspace = market, Workspace(folder)
        self._workspace.inbox.mkdir(parents=True)
        self._workspace.settings_path.write_text(settings_text(market, cap), "utf-8")
        market.write_history_exports(self._workspace.inbox, bid_history=bid_history)

    def plan(self, day: date) -> rules.Plan:
        from bidopt import nightly
        from bidopt.errors import DataError

        if day > self._market.history_end:
            self._market.write_exports(self._workspace.inbox, day, since_days=RESTATED_DAYS)
        try:
            night = nightly.run(self._workspace, day, lambda *_: None)
        except DataError as error:
            print(f"{day}: no plan: {error}", file=sys.stderr)
            return self._market.bids, self._market.budgets
        return self._market.apply_plan(night.run_dir)


CONTROLLERS: dict[str, Callable[[Market, float], rules.Controller] | None] = {
    "clairvoyant": Clairvoyant,
    "ours": None,
    "budget formula": rules.ValueUnderBudget,
    "formula": rules.ValuePerClick,
    "roi rule": rules.RoiRule,
    "leave alone": rules.LeaveAlone,
    "floor bid": rules.FloorBid,
}
"""How each is made from its market and its cap in yuan a day; the product needs a folder besides."""


def settings_text(market: Market, cap: float) -> str:
    """`bidopt.toml` of a shop with this cap, in yuan a day, that tells its promotions where the family does."""
    lines = ["[budget]", f"daily_cap = {cap:.2f}"]
    if market.spec.kind.declared:
        for promotion in market.spec.promotions:
            lines += ["[[promotion]]", f'name = "{promotion.name}"']
            lines += [f"start = {promotion.start}", f"end = {promotion.end}"]
    return "\n".join(lines) + "\n"


def run(job: Job) -> Outcome:
    """Play one controller on one market."""
    market = Market(MarketSpec(job.family, job.seed))
    market.play_history()
    cap = job.cap * market.best_uncapped_spend(job.nights)
    seconds = []
    with tempfile.TemporaryDirectory() as folder:
        make = CONTROLLERS[job.controller]
        controller = make(market, cap) if make else Ours(market, cap, Path(folder) / "shop", job.bid_history)
        for _ in range(job.nights):
            start = time.perf_counter()
            plan = controller.plan(market.next_day)
            seconds.append(time.perf_counter() - start)
            market.play(market.next_day, *plan)
    nights, manual = market.record.days[market.spec.history_days :], ~market.smart
    return Outcome(
        job.family,
        job.seed,
        job.cap,
        job.controller,
        profit=float(sum(n.profit[manual].sum() for n in nights)),
        spend=float(sum(n.spend[manual].sum() for n in nights)),
        gmv=float(sum(n.gmv[manual].sum() for n in nights)),
        cut_days=int(sum((n.served[:-1] < 1).sum() for n in nights)),
        seconds=float(pd.Series(seconds).median()),
    )


def run_all(jobs: list[Job], workers: int) -> list[Outcome]:
    """Run the jobs in processes of their own, telling on stderr what is done."""
    done: dict[Job, Outcome] = {}
    # Fresh processes read this before numpy does: `workers` of them share the machine.
    os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        waiting = {pool.submit(run, job): job for job in jobs}
        for future in as_completed(waiting):
            job = waiting[future]
            done[job] = future.result()
            print(f"{len(done)}/{len(jobs)} {job.family} {job.seed} {job.cap} {job.controller}", file=sys.stderr)
    return [done[job] for job in jobs]


def shares(outcomes: Iterable[Outcome]) -> pd.DataFrame:
    """Profit as a share of the clairvoyant's: a row a market and cap, a column a controller."""
    frame = pd.DataFrame([asdict(o) for o in outcomes])
    wide = frame.pivot(index=["cap", "family", "seed"], columns="controller", values="profit")
    order = [c for c in CONTROLLERS if c in wide and c != "clairvoyant"]
    return wide[order].div(wide["clairvoyant"], axis=0)


def markdown(share: pd.DataFrame) -> str:
    """The table with the mean and the worst of each cap."""
    lines = ["| cap | market | " + " | ".join(share.columns) + " |", "|---|---|" + "---:|" * len(share.columns)]
    for cap, part in share.groupby(level="cap"):
        names = [f"{family} {seed}" for _, family, seed in part.index]
        lines += [_row(cap, name, row) for name, row in zip(names, part.to_numpy(), strict=True)]
        lines += [_row(cap, "**mean**", part.mean()), _row(cap, "**worst**", part.min())]
    return "\n".join(lines)


def _row(cap: object, name: str, values: Iterable[float]) -> str:
    return f"| {cap} | {name} | " + " | ".join(f"{v:.2f}" for v in values) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--families", nargs="+", choices=FAMILIES, default=["lognormal", "steps", "heavy"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--caps", nargs="+", type=float, default=[0.6, 1.5], help="of what the best bids would spend")
    parser.add_argument("--controllers", nargs="+", choices=CONTROLLERS, default=list(CONTROLLERS))
    parser.add_argument("--nights", type=int, default=21)
    parser.add_argument("--bid-history", action=argparse.BooleanOptionalAction, default=True, help="or today's alone")
    parser.add_argument("--jobs", type=int, default=2, help="processes at once")
    parser.add_argument("--out", type=Path, help="also write every run's figures as JSON")
    args = parser.parse_args()
    names = list(dict.fromkeys(["clairvoyant", *args.controllers]))
    runs = product(args.families, args.seeds, args.caps, names)
    outcomes = run_all([Job(f, s, cap, name, args.nights, args.bid_history) for f, s, cap, name in runs], args.jobs)
    if args.out:
        args.out.write_text(json.dumps([asdict(o) for o in outcomes], indent=2) + "\n", "utf-8")
    print(markdown(shares(outcomes)))


if __name__ == "__main__":
    main()
