"""Night after night on simulated markets: profit as a share of a clairvoyant's.

    python benchmarks/closed_loop.py --families lognormal steps heavy --seeds 0 1 --nights 21 --jobs 2

Every run is one market, one cap (a multiple of what the best bids would spend uncapped) and one controller. The product
itself (`ours`) works in a workspace of its own and is handed nothing but the platform's exports. The mixed controllers
are the product with the market's own curves, values or both in the place of its models: they tell where profit is lost.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from itertools import product
from pathlib import Path

import pandas as pd
import rules
from jobs import finished, markdown
from product import Ours, TrueBoth, TrueCurves, TrueValues

from bidopt.simulate.clairvoyant import Clairvoyant
from bidopt.simulate.market import Market
from bidopt.simulate.spec import FAMILIES, MarketSpec


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


RULES: dict[str, Callable[[Market, float], rules.Controller]] = {
    "budget formula": rules.ValueUnderBudget,
    "formula": rules.ValuePerClick,
    "roi rule": rules.RoiRule,
    "leave alone": rules.LeaveAlone,
    "floor bid": rules.FloorBid,
}
"""How each is made from its market and its cap in yuan a day."""

PRODUCT: dict[str, type[Ours]] = {
    "ours": Ours,
    "true curves": TrueCurves,
    "true values": TrueValues,
    "true both": TrueBoth,
}
"""These need a folder besides."""

CONTROLLERS = ("clairvoyant", *PRODUCT, *RULES)


def run(job: Job) -> Outcome:
    """Play one controller on one market."""
    market = Market(MarketSpec(job.family, job.seed))
    market.play_history()
    cap = job.cap * market.best_uncapped_spend(job.nights)
    seconds = []
    with tempfile.TemporaryDirectory() as folder:
        controller = _controller(job, market, cap, Path(folder) / "shop")
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


def _controller(job: Job, market: Market, cap: float, folder: Path) -> rules.Controller:
    if job.controller in PRODUCT:
        return PRODUCT[job.controller](market, cap, folder, job.bid_history)
    return Clairvoyant(market, cap) if job.controller == "clairvoyant" else RULES[job.controller](market, cap)


def run_all(jobs: list[Job], workers: int) -> list[Outcome]:
    """Run the jobs, telling on stderr what is done."""
    done: dict[Job, Outcome] = {}
    for job, outcome in finished(run, jobs, workers):
        done[job] = outcome
        print(_progress(done, job, len(jobs)), file=sys.stderr, flush=True)
    return [done[job] for job in jobs]


def _progress(done: dict[Job, Outcome], job: Job, jobs: int) -> str:
    """How far it is, and the newest run's share of the clairvoyant's profit where that is known by now."""
    best = done.get(replace(job, controller="clairvoyant"))
    figure = f"{done[job].profit / best.profit:.3f}" if best else f"{done[job].profit:.0f} yuan"
    return f"{len(done)}/{jobs} {job.family} {job.seed} {job.cap} {job.controller}: {figure}"


def shares(outcomes: Iterable[Outcome]) -> pd.DataFrame:
    """Profit as a share of the clairvoyant's: a row a market and cap, a column a controller."""
    frame = pd.DataFrame([asdict(o) for o in outcomes])
    wide = frame.pivot(index=["cap", "family", "seed"], columns="controller", values="profit")
    order = [c for c in CONTROLLERS if c in wide and c != "clairvoyant"]
    return wide[order].div(wide["clairvoyant"], axis=0)


def losses(share: pd.DataFrame) -> pd.DataFrame | None:
    """What `ours` falls short of the clairvoyant by cause, in shares of its profit; None without the mixed runs.

    `values` and `curves` are what the truth in place of either would gain, the mean over both orders in which they
    can be put in (Shapley, 1953); `planning` is what is lost even with both.
    """
    if not set(PRODUCT) <= set(share):
        return None
    ours, curves, values, both = (share[name] for name in ("ours", "true curves", "true values", "true both"))
    return pd.DataFrame(
        {
            "values": (values - ours + both - curves) / 2,
            "curves": (curves - ours + both - values) / 2,
            "planning": 1 - both,
            "all": 1 - ours,
        }
    )


def lead(share: pd.DataFrame) -> pd.DataFrame | None:
    """How far `ours` is ahead of the best of the trade's rules in the same market."""
    present = [name for name in RULES if name in share]
    if "ours" not in share or not present:
        return None
    return pd.DataFrame(
        {"best rule": share[present].idxmax(axis=1), "ahead": share["ours"] - share[present].max(axis=1)}
    )


def by_family(table: pd.DataFrame) -> pd.DataFrame:
    """Means by cap and family."""
    means: pd.DataFrame = table.select_dtypes("number").groupby(level=["cap", "family"]).mean()
    return means


def with_extremes(table: pd.DataFrame, worst: str = "min") -> pd.DataFrame:
    """The table with the mean and the worst ("min" or "max") of each cap below its markets."""
    parts = []
    for cap, part in table.groupby(level="cap"):
        ends: pd.DataFrame = part.select_dtypes("number").agg(["mean", worst])
        rows = [(cap, "**mean**", ""), (cap, "**worst**", "")]
        ends.index = pd.MultiIndex.from_tuples(rows, names=part.index.names)
        parts += [part, ends]
    return pd.concat(parts).fillna("")


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
    share = shares(outcomes)
    tables = [
        ("Profit, share of the clairvoyant's", share, "min"),
        ("Where the rest is lost", losses(share), "max"),
        ("Against the best rule", lead(share), "min"),
    ]
    for title, table, worst in tables:
        if table is not None:
            print(f"\n{title}\n\n{markdown(with_extremes(table, worst))}\n\n{markdown(by_family(table))}")


if __name__ == "__main__":
    main()
