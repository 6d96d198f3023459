"""Processes killed at every step, disks that fill, folders that are read-only: the next run makes the same bytes."""

import datetime as dt
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from bidopt.runs import whole as whole_run
from bidopt.store import read_history
from bidopt.workspace import Workspace
from make_oddities import HEADER, WORDS_HEADER, row, table
from runs import RENAMES, Runs, pages, remount, small_disk, tree
from simulated import shop, workspace_with

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="runs are forked")

SIZES_MB = (0.0, 0.1, 1.0)
"""Free space at which a night fails: at its lock, in the history, between history and models, in the report."""


@pytest.fixture(scope="module")
def bidopt() -> Iterator[Runs]:
    with Runs() as runs:
        yield runs


@pytest.fixture(scope="module")
def restated(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A history of one import, and in the inbox what restates it: good rows, bad ones, a table, a refused file."""
    workspace = Workspace(tmp_path_factory.mktemp("restated") / "shop")
    workspace.inbox.mkdir(parents=True)
    workspace.settings_path.write_text("", "utf-8")
    bid = "2026-07-08,90000000001,80000000001,600123400001,500123400001,模拟词1,精准,1.20,8,推广中"
    files = {
        "报表_20260705_093000.csv": table(HEADER, row(1), row(2)),
        "报表_20260708_093000.csv": table(HEADER, row(1, figures="2000,24,46,0,0"), row(3, figures="-1,0,0,0,0")),
        "出价_20260708_093000.csv": table(WORDS_HEADER, bid),
        "笔记.csv": table("待办,负责人", "改价,小王"),
    }
    for name, text in files.items():
        (workspace.inbox / name).write_bytes(text.encode())
    return workspace


@pytest.fixture(scope="module")
def unmade(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A small shop before its first night."""
    played = shop("lognormal", 20, 3)
    return workspace_with(tmp_path_factory.mktemp("night") / "shop", played.exports, "[budget]\ndaily_cap = 300\n")


@pytest.fixture(scope="module")
def whole(bidopt: Runs, unmade: Workspace, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, bytes], int]:
    """What an undisturbed night leaves, and how many files it published."""
    made = copied(unmade, tmp_path_factory.mktemp("whole") / "shop")
    done = bidopt("nightly", "-w", made.root, *night(), steps=RENAMES)
    assert (done.code, done.err.count("Traceback")) == (0, 0)
    assert done.steps >= 9  # four shelves, the manifest, what was seen, models, run, latest
    return tree(made.root), done.steps


def night() -> tuple[str, str]:
    """The options of `unmade`'s first night."""
    return "--date", str(shop("lognormal", 20, 3).day)


def copied(workspace: Workspace, folder: Path) -> Workspace:
    shutil.copytree(workspace.root, folder, dirs_exist_ok=True)
    return Workspace(folder)


def assert_one_clear_line(told: str, says: str) -> None:
    failures = [line for line in told.splitlines() if line.startswith("Error: ")]
    assert len(failures) == 1, told
    assert says in failures[0]
    assert "Traceback" not in told
    assert "internal error" not in told


# Killed --------------------------------------------------------------------------------------------


def test_an_import_killed_before_any_step_is_all_there_or_not_at_all(
    bidopt: Runs, restated: Workspace, tmp_path: Path
) -> None:
    before = copied(restated, tmp_path / "before")
    first, *others = (sorted(before.inbox.glob(pattern)) for pattern in ("*0705*", "*0708*", "笔记*"))
    later = [path for group in others for path in group]
    assert bidopt("import", "-w", before.root, *first).code == 0
    whole = copied(before, tmp_path / "whole")
    done = bidopt("import", "-w", whole.root, *later)
    assert done.code == 3
    states = [read_history(one, dt.date(2026, 7, 9)).days for one in (before, whole)]
    assert not states[0].equals(states[1])
    for step in range(1, done.steps + 1):
        killed = copied(before, tmp_path / f"killed{step}")
        assert bidopt("import", "-w", killed.root, *later, kill_at=step).code == -9
        seen = read_history(killed, dt.date(2026, 7, 9)).days
        assert any(seen.equals(state) for state in states), step
        assert bidopt("import", "-w", killed.root, *later).code == 3
        assert tree(killed.root) == tree(whole.root), step
        shutil.rmtree(killed.root)


def test_a_night_killed_at_any_publishing_step_is_made_the_same_by_the_next(
    bidopt: Runs, unmade: Workspace, whole: tuple[dict[str, bytes], int], tmp_path: Path
) -> None:
    for step in range(1, whole[1] + 1):
        killed = copied(unmade, tmp_path / f"killed{step}")
        assert bidopt("nightly", "-w", killed.root, *night(), kill_at=step, steps=RENAMES).code == -9
        newest = killed.latest_run()
        assert newest is None or whole_run(killed.run_dir(newest))
        assert bidopt("nightly", "-w", killed.root, *night()).code == 0
        assert tree(killed.root) == whole[0], step


@pytest.mark.parametrize("seconds", [0.05, 0.3, 0.9])
def test_a_night_killed_at_any_time_is_made_the_same_by_the_next(
    bidopt: Runs, unmade: Workspace, whole: tuple[dict[str, bytes], int], tmp_path: Path, seconds: float
) -> None:
    killed = copied(unmade, tmp_path / "killed")
    bidopt("nightly", "-w", killed.root, *night(), kill_after=seconds)
    assert bidopt("nightly", "-w", killed.root, *night()).code == 0
    assert tree(killed.root) == whole[0]


# Disks and folders ---------------------------------------------------------------------------------


def test_a_night_on_a_full_disk_says_so_and_with_room_again_is_the_same(
    bidopt: Runs, unmade: Workspace, whole: tuple[dict[str, bytes], int], tmp_path: Path
) -> None:
    held = pages(unmade.root)
    for place, free in enumerate(SIZES_MB):
        with small_disk(tmp_path / f"disk{place}", held + int(free * 1e6) + 4096) as disk:
            full = copied(unmade, disk)
            failed = bidopt("nightly", "-w", full.root, *night())
            assert failed.code == 1, (free, failed)
            assert_one_clear_line(failed.err, os.strerror(28))
            assert not (full.runs / "latest").exists()
            remount(disk, "size=64m")
            assert bidopt("nightly", "-w", full.root, *night()).code == 0
            assert tree(full.root) == whole[0], free


def test_a_disk_that_cannot_be_written_is_one_clear_line(bidopt: Runs, unmade: Workspace, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 64_000_000) as disk:
        held = copied(unmade, disk)
        before = tree(held.root)
        remount(disk, "ro")
        for command, *arguments in (("nightly", *night()), ("import", *held.inbox.iterdir())):
            failed = bidopt(command, "-w", held.root, *arguments)
            assert failed.code == 1
            assert_one_clear_line(failed.err, os.strerror(30))
        assert tree(held.root) == before


# Others at work ------------------------------------------------------------------------------------


def test_a_night_beside_another_changes_nothing(bidopt: Runs, unmade: Workspace, tmp_path: Path) -> None:
    held = copied(unmade, tmp_path / "shop")
    with held.lock():
        before = tree(held.root)
        failed = bidopt("nightly", "-w", held.root, *night())
        assert failed.code == 4
        assert_one_clear_line(failed.err, "another bidopt is working")
        assert tree(held.root) == before
    assert bidopt("import", "-w", held.root, next(held.inbox.iterdir())).code == 0


def test_a_lock_file_left_by_a_dead_process_holds_nobody_up(bidopt: Runs, restated: Workspace, tmp_path: Path) -> None:
    held = copied(restated, tmp_path / "shop")
    inbox = sorted(held.inbox.glob("报表*"))
    assert bidopt("import", "-w", held.root, *inbox, kill_at=5).code == -9
    (held.data / ".lock").write_text("4711\n", "utf-8")
    assert bidopt("import", "-w", held.root, *inbox).code == 0


# Clocks --------------------------------------------------------------------------------------------


def test_a_clock_ahead_makes_no_plan_and_harms_none(
    bidopt: Runs, unmade: Workspace, whole: tuple[dict[str, bytes], int], tmp_path: Path
) -> None:
    """Without --date the night plans for today, which is long after the exports."""
    ahead = copied(unmade, tmp_path / "ahead")
    failed = bidopt("nightly", "-w", ahead.root)
    assert failed.code == 3
    assert_one_clear_line(failed.err, "yesterday's bids stand")
    assert "yesterday's bids stand" in bidopt("status", "-w", ahead.root).out
    assert bidopt("nightly", "-w", ahead.root, *night()).code == 0
    assert "yesterday's bids stand" not in bidopt("status", "-w", ahead.root).out
    assert tree(ahead.root) == whole[0]


def test_a_file_older_than_its_days_is_refused_until_the_clock_is_right(
    bidopt: Runs, restated: Workspace, tmp_path: Path
) -> None:
    held = copied(restated, tmp_path / "shop")
    export = tmp_path / "报表.csv"
    export.write_bytes(table(HEADER, row(1)).encode())
    os.utime(export, (0, 0))
    refused = bidopt("import", "-w", held.root, export)
    assert refused.code == 3
    assert "the file is older than all of its days" in refused.out
    os.utime(export, (1783216800, 1783216800))  # 2026-07-05
    assert bidopt("import", "-w", held.root, export).code == 0
    assert read_history(held, dt.date(2026, 7, 6)).days["impressions"].tolist() == [1000]


# What was damaged ----------------------------------------------------------------------------------


@pytest.mark.parametrize("harm", ["lost", "cut", "bit"])
def test_a_damaged_history_is_named_with_the_way_out(
    bidopt: Runs, restated: Workspace, tmp_path: Path, harm: str
) -> None:
    held = copied(restated, tmp_path / "shop")
    inbox = sorted(held.inbox.glob("报表*"))
    assert bidopt("import", "-w", held.root, inbox[0]).code == 0
    (path,) = (held.data / "history").rglob("*.parquet")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    {"lost": path.unlink, "cut": lambda: os.truncate(path, 100), "bit": lambda: path.write_bytes(content)}[harm]()
    failed = bidopt("import", "-w", held.root, inbox[1])
    assert failed.code == 3
    assert_one_clear_line(failed.err, f"{path} 丢失或已损坏 / is damaged or lost")
    shutil.rmtree(held.data)
    assert bidopt("import", "-w", held.root, *inbox).code == 0
