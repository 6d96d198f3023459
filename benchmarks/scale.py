"""Large shops: the whole night by process, beside the floor of only reading the same files, and what each stage takes.

    python benchmarks/scale.py [--words N] [--days D] [--markdown]
    python benchmarks/scale.py --curve 1000 10000 100000 [--days D]

A simulated shop's first delivery is read with pandas and with pyarrow, by processes of their own; then `bidopt nightly`
makes the first night of it and, with the next morning's 15 restated days, the second. Seconds are those of the whole
command, start-up included; the stages are those of its own log.jsonl. `--curve` times first nights alone, of one size
or of several, and fits the exponent of time against words.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from jobs import markdown
from large_shop import LargeShop, csv_of, settings_text

MOST_FLOORS, MOST_SECONDS, MOST_GB, MOST_AGAIN, MOST_EXPONENT = 10.0, 60.0, 6.0, 0.5, 1.1
"""The bars."""


@dataclass(frozen=True)
class Cost:
    """Of one process: seconds by the clock and of the processor, the most memory it held, and what it did without:
    processor seconds that went to the host's other guests meanwhile.
    """

    seconds: float
    cpu: float
    gb: float
    stolen: float


def cost(command: Sequence[str]) -> Cost:
    """Run `command`, its output passed over."""
    start, before = time.perf_counter(), stolen()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    seconds, cpu = time.perf_counter() - start, used.ru_utime + used.ru_stime
    return Cost(seconds, cpu, used.ru_maxrss / 1e6, stolen() - before)


def stolen() -> float:
    """Processor seconds of this machine that its host gave to others so far, of all cores; NaN but on Linux."""
    counters = Path("/proc/stat")
    if not counters.is_file():
        return float("nan")
    return int(counters.read_text().split()[8]) / os.sysconf("SC_CLK_TCK")


def floor(library: str, folder: Path) -> Cost:
    """Read every file in `folder` as `read_all` does."""
    return cost([sys.executable, __file__, "--read", library, str(folder)])


def read_all(library: str, folder: Path) -> None:
    """What any tool must do at least: all tables into memory, types guessed."""
    import pyarrow.csv

    for path in sorted(folder.iterdir()):
        content, encoding = csv_of(path)
        if library == "pandas":
            pd.read_csv(content, encoding=encoding)
        else:
            options = pyarrow.csv.ReadOptions(encoding="utf8" if encoding == "utf-8-sig" else encoding)
            pyarrow.csv.read_csv(content, options)


def night(workspace: Path, day: date) -> Cost:
    return cost([sys.executable, "-m", "bidopt", "nightly", "-w", str(workspace), "--date", day.isoformat(), "--json"])


def stages(workspace: Path) -> dict[str, float]:
    """Seconds of each stage of the newest run, by its log."""
    run = (workspace / "runs" / "latest").read_text("utf-8")
    lines = [json.loads(line) for line in (workspace / "runs" / run / "log.jsonl").read_text("utf-8").splitlines()]
    ends = [line["seconds"] for line in lines[1:]]
    return {line["stage"]: end - line["seconds"] for line, end in zip(lines[:-1], ends, strict=True)}


def first_delivery(shop: LargeShop, words: int, workspace: Path) -> None:
    (workspace / "inbox").mkdir(parents=True)
    (workspace / "bidopt.toml").write_text(settings_text(words), "utf-8")
    shop.first_delivery(workspace / "inbox")


def large(words: int, days: int, folder: Path, as_markdown: bool) -> None:
    """The floors, the first night and the next, against the bars."""
    shop, workspace = LargeShop(words, days), folder / "shop"
    first_delivery(shop, words, workspace)
    megabytes = sum(len(csv_of(path)[0].getvalue()) for path in (workspace / "inbox").iterdir()) / 1e6
    costs = {f"only reading, {library}": floor(library, workspace / "inbox") for library in ("pandas", "pyarrow")}
    by_stage = {}
    for name, deliver in (("first night", None), ("next night", shop.next_delivery)):
        if deliver:
            deliver(workspace / "inbox")
        costs[name] = night(workspace, shop.morning)
        by_stage[name] = stages(workspace) | {"whole command": costs[name].seconds}
    print(f"{words:,} words x {days} days: {megabytes:,.0f} MB of text\n")
    reading, first, again = (costs[name] for name in ("only reading, pandas", "first night", "next night"))
    table = pd.DataFrame([vars(c) for c in costs.values()], index=pd.Index(list(costs), name="process"))
    told = pd.DataFrame(by_stage).rename_axis("stage").round(1)
    bars = {
        "first night / reading with pandas": (first.seconds / reading.seconds, MOST_FLOORS),
        "first night, seconds": (first.seconds, MOST_SECONDS),
        "first night, GB": (first.gb, MOST_GB),
        "next night / first night": (again.seconds / first.seconds, MOST_AGAIN),
    }
    judged = pd.DataFrame(
        [(value, bar, "yes" if value <= bar else "no") for value, bar in bars.values()],
        index=pd.Index(list(bars), name="measure"),
        columns=["came", "bar", "held"],
    )
    for frame in (table.round(2), told, judged.round(2)):
        print((markdown(frame) if as_markdown else frame.to_string()) + "\n")


def curve(sizes: Sequence[int], days: int, folder: Path, as_markdown: bool) -> None:
    """Time against words, and the exponent of it by least squares on logs."""
    rows = {}
    for words in sizes:
        workspace = folder / str(words)
        shop = LargeShop(words, days)
        first_delivery(shop, words, workspace)
        rows[words] = vars(night(workspace, shop.morning)) | stages(workspace)
        shutil.rmtree(workspace)
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("words")
    print(markdown(table.round(2)) if as_markdown else table.round(2).to_string())
    if len(sizes) < 2:
        return
    exponents = {name: np.polyfit(np.log(table.index), np.log(table[name]), 1)[0] for name in ("seconds", "cpu")}
    print(f"\nexponent {exponents['seconds']:.2f} ({exponents['cpu']:.2f} of processor time), bar {MOST_EXPONENT}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--words", type=int, default=50_000)
    parser.add_argument("--days", type=int, default=60)
    parser.add_argument("--curve", type=int, nargs="+", metavar="WORDS")
    parser.add_argument("--markdown", action="store_true")
    parser.add_argument("--read", nargs=2, metavar=("LIBRARY", "FOLDER"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.read:
        read_all(asked.read[0], Path(asked.read[1]))
    else:
        with tempfile.TemporaryDirectory() as made:
            if asked.curve:
                curve(asked.curve, asked.days, Path(made), asked.markdown)
            else:
                large(asked.words, asked.days, Path(made), asked.markdown)
