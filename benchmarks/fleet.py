"""Many shops' night: one after the other, on a local pool, on a Dask cluster, and on one of which a worker is killed.

    python benchmarks/fleet.py --shops 40 --words 500 --days 40

The cluster is a real one: `dask scheduler` and as many `dask worker` processes as workers, on this machine. Prints wall
seconds, the nights' processor seconds in all and of the busiest worker (on a machine with nothing else to do that is
the wall, but for starting up), the speed-up against one worker process by wall and by busiest, and how many shops'
files are, byte for byte, what that one made.
"""

import argparse
import datetime as dt
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pandas as pd

sys.path.append(str(Path(__file__).parent.parent / "tests"))

from jobs import finished, markdown

from bidopt.simulate.market import Market
from bidopt.simulate.spec import MarketSpec
from runs import tree
from simulated import workspace_with

ROOT = Path(__file__).parent.parent
ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT)} | dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")


def make_shop(spec: tuple[Path, int, int, int]) -> dt.date:
    """An unmade workspace; the day to plan for."""
    folder, seed, words, days = spec
    market = Market(MarketSpec(seed=seed, words=words, history_days=days))
    market.play_history()
    with tempfile.TemporaryDirectory() as exports:
        files = tuple(market.write_history_exports(Path(exports)))
        workspace_with(
            folder / f"shop{seed:03d}", files, f'[shop]\nname = "店{seed}"\n[budget]\ndaily_cap = {5 * words}\n'
        )
    return market.next_day


@contextmanager
def cluster(workers: int) -> Iterator[tuple[str, list["subprocess.Popen[bytes]"]]]:
    """The address of a scheduler, and its worker processes, one thread each."""
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        log = stack.enter_context((scratch / "log").open("ab"))

        def start(*arguments: object) -> "subprocess.Popen[bytes]":
            command = [sys.executable, "-m", "dask", *map(str, arguments), "--no-dashboard"]
            process = subprocess.Popen(command, env=ENVIRONMENT, cwd=scratch, stdout=log, stderr=log)
            stack.callback(process.wait)
            stack.callback(process.kill)
            return process

        address = scratch / "scheduler.json"
        start("scheduler", "--host", "127.0.0.1", "--port", 0, "--scheduler-file", address)
        while not address.exists():
            time.sleep(0.05)
        where = json.loads(address.read_text("utf-8"))["address"]
        begun = [start("worker", where, "--nthreads", 1, "--no-nanny") for _ in range(workers)]
        while (scratch / "log").read_bytes().count(b"Registered to:") < workers:
            time.sleep(0.05)
        yield where, begun


def run(shops: Path, day: dt.date, *options: object, meanwhile: Callable[[], None] = lambda: None) -> float:
    """Wall seconds of the fleet's night."""
    command = [sys.executable, "-m", "bidopt", "fleet", "nightly", str(shops / "*"), "--date", str(day), *options]
    start = time.perf_counter()
    with subprocess.Popen(
        list(map(str, command)), env=ENVIRONMENT, cwd=shops.parent, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as night:
        meanwhile()
        assert night.wait() == 0, "some shop has no plan"
    return time.perf_counter() - start


def trees(shops: Path) -> dict[str, dict[str, bytes]]:
    """All files of every shop but logs and what the import saw of the inbox."""
    made = {shop.name: tree(shop) for shop in sorted(shops.iterdir())}
    return {name: {path: x for path, x in files.items() if path != "data/seen.json"} for name, files in made.items()}


class Measures:
    """Runs of copies of the same unmade shops; the first is what the others are held against."""

    def __init__(self, unmade: Path, day: dt.date) -> None:
        self._unmade, self._day = unmade, day
        self._plans: dict[str, dict[str, bytes]] = {}
        self.rows: list[dict[str, object]] = []

    def run(self, name: str, *options: object, meanwhile: Callable[[Path], None] = lambda _: None) -> None:
        shops = shutil.copytree(self._unmade, self._unmade.with_name("shops"))
        seconds = run(shops, self._day, *options, meanwhile=lambda: meanwhile(shops))
        told = json.loads((shops.parent / "fleet.json").read_text("utf-8"))
        by_worker = pd.DataFrame(told["shops"]).groupby("worker")["cpu_seconds"].sum()
        made = trees(shops)
        self._plans = self._plans or made
        same = sum(made[shop] == self._plans[shop] for shop in self._plans)
        cpu = {"processor": float(by_worker.sum()), "busiest": float(by_worker.max())}
        self.rows.append({"run": name, "wall": seconds, **cpu, "same bytes": f"{same} of {len(made)} shops"})
        print(self.rows[-1], file=sys.stderr, flush=True)
        shutil.rmtree(shops)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shops", type=int, default=40)
    parser.add_argument("--words", type=int, default=500)
    parser.add_argument("--days", type=int, default=40)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        specs = [(Path(folder, "unmade"), seed, given.words, given.days) for seed in range(given.shops)]
        (day,) = {day for _, day in finished(make_shop, specs, given.workers)}
        measures = Measures(Path(folder, "unmade"), day)
        measures.run("one process", "--workers", 1)
        measures.run(f"{given.workers} processes", "--workers", given.workers)
        with cluster(given.workers) as (address, workers):
            measures.run(f"Dask, {given.workers} workers", "--scheduler", address)

            def kill_in_the_middle(shops: Path) -> None:
                while len(list(shops.glob("*/runs/latest"))) < given.shops // 2:
                    time.sleep(0.1)
                workers[0].kill()

            measures.run("Dask, one killed in the middle", "--scheduler", address, meanwhile=kill_in_the_middle)
    table = pd.DataFrame(measures.rows).set_index("run")
    for column in ("wall", "busiest"):
        table[f"speed-up by {column}"] = table[column].iloc[0] / table[column]
    print(markdown(table))


if __name__ == "__main__":
    main()
