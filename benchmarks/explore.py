"""Does it pay to move bids in order to learn? Profit with a share of the cap for learning against none, paired.

    python benchmarks/explore.py --family still --seeds 20 --nights 42 --shares 0.05 --words 200 --jobs 2

Both runs of a pair meet the same market with the same luck; the market's owner hardly ever moved a bid, so that there
is most to learn. Prints the gain of each share over none, its mean and its standard error, at half and all the nights.
"""

import argparse
import sys
import tempfile
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from jobs import finished, markdown
from product import Inside

from bidopt.simulate.market import Market
from bidopt.simulate.spec import FAMILIES, MarketSpec


@dataclass(frozen=True)
class Job:
    family: str
    seed: int
    words: int
    cap: float
    nights: int
    share: float


def run(job: Job) -> list[float]:
    """Profit in yuan of every night."""
    market = Market(MarketSpec(job.family, job.seed, job.words))
    market.play_history()
    cap = job.cap * market.best_uncapped_spend(job.nights)
    with tempfile.TemporaryDirectory() as folder:
        ours = Inside(market, cap, Path(folder) / "shop", bid_history=True)
        with ours.workspace.settings_path.open("a", encoding="utf-8") as settings:
            settings.write(f"[explore]\nshare = {job.share}\n")
        for _ in range(job.nights):
            market.play(market.next_day, *ours.plan(market.next_day))
    nights = market.record.days[market.spec.history_days :]
    return [float(night.profit[~market.smart].sum()) for night in nights]


def gains(found: dict[Job, list[float]], nights: int) -> pd.DataFrame:
    """Mean gain of each share over none and its standard error, as fractions of the profit, by nights counted."""
    rows = []
    for cap, share, until in product(
        sorted({j.cap for j in found}), sorted({j.share for j in found} - {0.0}), (nights // 2, nights)
    ):
        with_it = {j.seed: sum(p[:until]) for j, p in found.items() if j.cap == cap and j.share == share}
        without = {j.seed: sum(p[:until]) for j, p in found.items() if j.cap == cap and j.share == 0}
        gain = np.array([with_it[s] / without[s] - 1 for s in sorted(with_it.keys() & without.keys())])
        error = float(gain.std(ddof=1) / np.sqrt(len(gain))) if len(gain) > 1 else float("nan")
        rows.append((cap, share, until, len(gain), float(gain.mean()), error, float(gain.min())))
    columns = ["cap", "share", "nights", "pairs", "gain", "standard error", "worst"]
    return pd.DataFrame(rows, columns=columns).set_index(["cap", "share", "nights"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--family", choices=list(FAMILIES), default="still")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--nights", type=int, default=42)
    parser.add_argument("--shares", type=float, nargs="+", default=[0.05])
    parser.add_argument("--caps", type=float, nargs="+", default=[1.5])
    parser.add_argument("--words", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=2)
    given = parser.parse_args()
    jobs = [
        Job(given.family, seed, given.words, cap, given.nights, share)
        for seed, cap, share in product(range(given.seeds), given.caps, (0.0, *given.shares))
    ]
    found: dict[Job, list[float]] = {}
    for job, profit in finished(run, jobs, given.jobs):
        found[job] = profit
        print(
            f"{len(found)}/{len(jobs)} seed {job.seed} share {job.share}: {sum(profit):.0f}",
            file=sys.stderr,
            flush=True,
        )
    print(markdown(gains(found, given.nights)))


if __name__ == "__main__":
    main()
