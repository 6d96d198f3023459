"""Twenty budgets at a time on a large shop: seconds and memory of the whole command; and how fine the grid of bids is.

    python benchmarks/whatif.py [--words N] [--copies K] [--markdown]

The shop is a simulated market of N words, its fitted models laid side by side K times. Each case is a `bidopt whatif`
of its own process, beside one budget alone. Then the value of the best allocation against that on a grid of bids twice
as fine, and whether more budget ever brings less.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from jobs import markdown

from bidopt import curves, fit, recommend, store
from bidopt.curves import ResponseGrid
from bidopt.fit import FittedModels
from bidopt.recommend import Options
from bidopt.settings import Bids, Budget, Settings
from bidopt.simulate.market import Market
from bidopt.simulate.spec import MarketSpec
from bidopt.workspace import Workspace

BUDGETS = 20
RUN = "large"
IDS = ["campaign_id", "ad_group_id", "keyword_id", "item_id"]
SHORT = 0.8
"""Stock of every third item, of what it sells at today's bids."""


class Finer(Options):
    """Bids twice as close."""

    def _grid(self, nights_down: float, n_bids: int = curves.N_BIDS) -> ResponseGrid:
        return super()._grid(nights_down, 2 * n_bids - 1 if n_bids > 1 else n_bids)


def large_shop(folder: Path, n_words: int, copies: int) -> tuple[Workspace, FittedModels]:
    """A workspace whose newest run has the models of `copies` x `n_words` words."""
    market = Market(MarketSpec("lognormal", words=n_words, history_days=40))
    market.play_history()
    workspace = Workspace(folder)
    for part in (workspace.runs, workspace.inbox):
        part.mkdir(parents=True)
    workspace.settings_path.write_text("", "utf-8")
    with workspace.lock():
        store.import_files(workspace, market.write_history_exports(workspace.inbox), lambda _: None)
    models, _ = fit.fit(store.read_history(workspace, market.next_day), Settings(), market.next_day)
    fit.save(models, workspace.models / RUN, "en")
    (workspace.runs / "latest").write_text(RUN, "utf-8")
    for table in ("words", "campaigns"):
        path = workspace.models / RUN / f"{table}.parquet"
        one = pd.read_parquet(path)
        ids = [name for name in IDS if name in one]
        many = [one.assign(**{name: one[name] + f"{k:02}" for name in ids}) for k in range(copies)]
        pd.concat(many, ignore_index=True).to_parquet(path)
    return workspace, fit.load(workspace.models / RUN)


def command(workspace: Workspace, first: float, last: float, count: int) -> tuple[float, float, list[dict[str, float]]]:
    """(seconds, GB, answers) of the whole command; memory is the most that any command has taken yet."""
    step = (last - first) / max(count - 1, 1)
    asked = ["--budget", f"{first:.0f}"] if count == 1 else ["--from", f"{first:.0f}", "--to", f"{last:.0f}"]
    asked += [] if count == 1 else ["--step", f"{step:.4f}"]
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "bidopt", "whatif", "-w", str(workspace.root), *asked, "--json"],
        check=True,
        stdout=subprocess.PIPE,
    )
    seconds = time.perf_counter() - start
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6
    return seconds, memory, json.loads(done.stdout)["scenarios"]


def with_short_stock(workspace: Workspace, models: FittedModels) -> None:
    """Every third item may sell `SHORT` of what it would at today's bids."""
    path = workspace.models / RUN / "words.parquet"
    words = pd.read_parquet(path)
    grid = curves.build(models, Settings())
    sold = pd.Series(grid.response.pick(grid.start).orders).groupby(words["item_id"]).sum()
    short = sold.sort_index().iloc[::3]
    words["stock"] = words["item_id"].map(SHORT * short).clip(lower=1)
    words.to_parquet(path)


def against_finer(models: FittedModels, cap: float) -> float:
    """The share of the value that a grid of bids twice as fine would add."""
    settings = Settings(budget=Budget(daily_cap=cap), bids=Bids(min_change=0))
    ours, finer = (kind(models, settings, 1) for kind in (Options, Finer))
    value, best = (recommend.decide(models, settings, options=options).allocation for options in (ours, finer))
    return best.value / value.value - 1


def main(n_words: int, copies: int, as_markdown: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        workspace, models = large_shop(Path(folder) / "shop", n_words, copies)
        grid = curves.build(models, Settings())
        today = float(grid.response.spend[np.arange(len(grid.start)), grid.start].sum())
        rows = []
        for name, low, high in (("around today's spend", 0.6, 1.75), ("half below the reach of a night", 0.25, 1.0)):
            rows.append(told(name, workspace, low * today, high * today))
        with_short_stock(workspace, models)
        rows.append(told("a third of the items short of stock", workspace, 0.6 * today, 1.75 * today))
        fine = [{"cap": f"{share:.0%} of today's spend", "a grid twice as fine adds": f"{gain:.4%}"}
                for share in (0.7, 1.0, 1.5) for gain in [against_finer(models, share * today)]]  # fmt: skip
    print(f"{len(models.words):,} words, {BUDGETS} budgets a command")
    for table in (pd.DataFrame(rows), pd.DataFrame(fine)):
        print(markdown(table) if as_markdown else table.to_string(index=False))


def told(name: str, workspace: Workspace, low: float, high: float) -> dict[str, str]:
    one, _, _ = command(workspace, low, low, 1)
    seconds, memory, answers = command(workspace, low, high, BUDGETS)
    value = np.array([answer["value"] for answer in answers])
    fall = np.maximum(-np.diff(value), 0).max() / np.abs(value).max()
    return {
        "budgets": name,
        "seconds": f"{seconds:.1f}",
        "one alone": f"{one:.1f}",
        "GB": f"{memory:.2f}",
        "largest fall of the value": f"{fall:.5%}",
        "largest gap": f"{max(answer['gap'] for answer in answers):.4%}",
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--words", type=int, default=5_000)
    parser.add_argument("--copies", type=int, default=10)
    parser.add_argument("--markdown", action="store_true")
    asked = parser.parse_args()
    main(asked.words, asked.copies, asked.markdown)
