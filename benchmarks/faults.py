"""Nights killed before every step, at random times, on disks that fill and beside each other: is anything lost?

    python benchmarks/faults.py --words 60 --days 25 --random 20 --sizes 12

A step is a change to the workspace: a file opened for writing, synced, renamed or deleted, a folder made or removed.
After each fault the next night must leave, byte for byte and but for the log, what an undisturbed one leaves. Prints
counts: faults made and survived, and files that were lost or differ. The full disks need the right to mount.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np

sys.path.append(str(Path(__file__).parent.parent / "tests"))  # what kills is what the tests kill with

from runs import Ended, Runs, pages, remount, small_disk, tree
from simulated import Shop, shop, workspace_with


class Faults:
    """Makes faults in copies of one unmade shop and counts what became of them."""

    def __init__(self, bidopt: Runs, played: Shop, folder: Path) -> None:
        self.count: Counter[str] = Counter()
        self._bidopt, self._folder = bidopt, folder
        self._night = ("--date", str(played.day))
        self._unmade = workspace_with(folder / "unmade", played.exports, "[budget]\ndaily_cap = 300\n").root
        self._whole = self._copy("whole")
        self.steps = self._run(self._whole).steps
        self._expected = tree(self._whole)

    def kill_before_steps(self, every: int) -> None:
        for step in range(1, self.steps + 1, every):
            self._survives("killed before a step", self._copy("killed"), kill_at=step)

    def kill_at_random(self, times: int) -> None:
        rng = np.random.default_rng(0)
        for seconds in rng.uniform(0.01, 3.0, times):
            self._survives("killed at random", self._copy("killed"), kill_after=float(seconds))

    def fill_disks(self, sizes: int) -> None:
        held = pages(self._unmade)
        for free in np.geomspace(4096, 6e6, sizes):
            with small_disk(self._folder / "disk", held + int(free)) as disk:
                shutil.copytree(self._unmade, disk, dirs_exist_ok=True)
                failed = self._run(disk)
                self.count["nights that the disk stopped"] += failed.code == 1
                self.count["failures without a clear line"] += failed.code == 1 and failed.err.count("Error: ") != 1
                remount(disk, "size=64m")
                self._compare("full disk", disk)

    def run_together(self, times: int) -> None:
        for _ in range(times):
            both = self._copy("both")
            command = [sys.executable, "-m", "bidopt", "nightly", "-w", str(both), *self._night]
            nights = [subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for _ in "ab"]
            codes = {night.wait() for night in nights}
            self.count["nights that found another at work"] += 4 in codes
            self.count["nights with an unexpected exit"] += bool(codes - {0, 4})
            self._compare("two at once", both)

    def _survives(self, fault: str, workspace: Path, **how: float) -> None:
        self.count["runs killed"] += self._run(workspace, **how).code < 0
        self._compare(fault, workspace)

    def _compare(self, fault: str, workspace: Path) -> None:
        self._run(workspace)
        found = tree(workspace)
        self.count[fault] += 1
        self.count["files lost"] += len(self._expected.keys() - found.keys())
        self.count["files too many"] += len(found.keys() - self._expected.keys())
        self.count["files that differ"] += sum(found.get(name, held) != held for name, held in self._expected.items())

    def _run(self, workspace: Path, **how: float) -> Ended:
        return self._bidopt("nightly", "-w", workspace, *self._night, **how)

    def _copy(self, name: str) -> Path:
        copy = self._folder / name
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self._unmade, copy)
        return copy


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--words", type=int, default=60)
    parser.add_argument("--days", type=int, default=25)
    parser.add_argument("--every", type=int, default=1, help="1: kill before each step, 2: before every other one, …")
    parser.add_argument("--random", type=int, default=20, help="kills at random times")
    parser.add_argument("--sizes", type=int, default=12, help="full disks of so many sizes")
    parser.add_argument("--together", type=int, default=3, help="times that two nights start at once")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, Runs() as bidopt:
        faults = Faults(bidopt, shop("lognormal", chosen.words, chosen.days), Path(name))
        print(f"an undisturbed night has {faults.steps} steps", flush=True)
        faults.kill_before_steps(chosen.every)
        faults.kill_at_random(chosen.random)
        faults.fill_disks(chosen.sizes)
        faults.run_together(chosen.together)
    for what, count in faults.count.items():
        print(f"{count:6d} {what}")


if __name__ == "__main__":
    main()
