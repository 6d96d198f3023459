"""The night of many shops, on real processes and a real Dask cluster: what one shop does harms no other."""

import datetime as dt
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from threadpoolctl import threadpool_info

from bidopt import fleet, nightly
from bidopt.errors import SettingsError, UsageError
from bidopt.fleet.conduct import hand_out
from bidopt.fleet.job import Facts, Job
from bidopt.fleet.pools import Pool, processes
from bidopt.fleet.summary import WITHOUT_PLAN
from bidopt.simulate.market import Market
from bidopt.simulate.spec import MarketSpec
from bidopt.workspace import Workspace
from dying import dies
from runs import tree
from simulated import workspace_with

ROOT = Path(__file__).parents[1]
DAY = dt.date(2026, 4, 15)
AGENCY = "[shop]\nlanguage = 'en'\n[budget]\ndaily_cap = 400\n"
EXTENDS = 'extends = "../agency.toml"\n[shop]\nname = "{name}"\n'


@pytest.fixture(scope="module")
def unmade(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three small shops before their first night, one settings file over all."""
    folder = tmp_path_factory.mktemp("unmade")
    (folder / "agency.toml").write_text(AGENCY, "utf-8")
    for seed in range(3):
        market = Market(MarketSpec(seed=seed, words=20, history_days=14))
        market.play_history()
        assert market.next_day == DAY
        with tempfile.TemporaryDirectory() as exports:
            files = tuple(market.write_history_exports(Path(exports)))
            workspace_with(folder / f"shop{seed}", files, EXTENDS.format(name=f"店{seed}"))
    return folder


@pytest.fixture(scope="module")
def serial(unmade: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, bytes]]:
    """What every shop's night leaves when they run one after the other in one process."""
    folder = copied(unmade, tmp_path_factory.mktemp("serial"))
    told = here(folder, "shop0", "shop1", "shop2")
    assert not told["without_plan"]
    return trees(folder)


def here(folder: Path, *names: str, total_cap: float | None = None) -> Facts:
    """The nights of these shops one after the other in this process: any executor does."""
    order = fleet.Order(tuple(folder / name for name in names), DAY, total_cap)
    with ThreadPoolExecutor(1) as executor:
        return fleet.nightly(order, Pool(executor, ()), lambda *_: None)


def copied(folder: Path, to: Path) -> Path:
    return shutil.copytree(folder, to, dirs_exist_ok=True)


def trees(folder: Path) -> dict[str, dict[str, bytes]]:
    """All files of every shop, but what tells where or when a file was read."""
    return {
        shop.name: {name: content for name, content in tree(shop).items() if name != "data/seen.json"}
        for shop in sorted(folder.glob("shop*"))
    }


def environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}


def bidopt(folder: Path, *arguments: object) -> tuple[int, Facts, str]:
    """Exit code of `bidopt fleet nightly --json` in `folder`, what it printed on stdout, and stderr."""
    command = [sys.executable, "-m", "bidopt", "fleet", "nightly", "--date", str(DAY), "--json", *map(str, arguments)]
    done = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, encoding="utf-8", check=False)
    assert "Traceback" not in done.stderr
    return done.returncode, json.loads(done.stdout), done.stderr


def _quiet(_: str) -> None:
    pass


# Which shops --------------------------------------------------------------------------------------


def test_every_shop_once_however_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shops = [workspace_with(tmp_path / "全部" / name, ()).root for name in ("甲店", "乙店")]
    (tmp_path / "全部" / "存档").mkdir()
    (tmp_path / "link").symlink_to(shops[0])
    (tmp_path / "agency.toml").write_text("", "utf-8")
    monkeypatch.chdir(tmp_path)
    named = (f"{shops[0]}/", "link", "全部/../全部/甲店", "全部/*", "agency.toml")
    assert fleet.find(named) == [shops[0], shops[1]]
    for encoding in ("utf-8-sig", "gb18030"):
        (tmp_path / "shops.txt").write_text("# 店铺\n全部/乙店\n\n全部/*\n", encoding)
        assert fleet.find(["shops.txt"]) == [shops[1], shops[0]]
    assert fleet.find(["全部/存档"]) == [tmp_path / "全部" / "存档"]  # named, so that its night says what is wrong


@pytest.mark.parametrize("named", [(), ("nothing*",), ("agency.toml",)])
def test_no_shop_at_all_is_wrong_usage(named: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "agency.toml").write_text("", "utf-8")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError):
        fleet.find(named)


# On this machine ----------------------------------------------------------------------------------


def test_one_shop_stops_no_other_and_who_needs_a_person_comes_first(
    unmade: Path, serial: dict[str, dict[str, bytes]], tmp_path: Path
) -> None:
    folder = copied(unmade, tmp_path / "shops")
    (wrong := folder / "wrong").mkdir()
    (wrong / "bidopt.toml").write_text("[budget]\ndaily_cap = -1\n", "utf-8")
    empty = workspace_with(folder / "empty", (), EXTENDS.format(name="新店"))
    held = Workspace(copied(folder / "shop2", folder / "held"))
    with held.lock():
        code, told, err = bidopt(folder, "shop*", "empty", "wrong", "held", "shop1/", "nowhere", "-o", "told")
    assert code == 3
    states = [(Path(shop["workspace"]).name, shop["status"], shop["exit_code"]) for shop in told["shops"]]
    assert states[:4] == [
        ("nowhere", "failed", 2),
        ("wrong", "failed", 2),
        ("empty", "no_plan", 3),
        ("held", "busy", 4),
    ]
    assert sorted(name for name, *_ in states[4:]) == ["shop0", "shop1", "shop2"]
    assert all(status not in WITHOUT_PLAN and not exit_code for _, status, exit_code in states[4:])
    assert [shop["attempts"] for shop in told["shops"]] == [1, 1, 1, 3, 1, 1, 1]
    assert all(re.search(rf"^\d/7 .*{name}", err, re.M) for name in ("wrong", "held", "店1"))
    assert trees(folder) == serial
    assert json.loads((folder / "told" / "fleet.json").read_text("utf-8")) == told
    assert told["without_plan"] == 4
    spends = [shop["expected"]["spend"] for shop in told["shops"][4:]]
    assert told["totals"]["expected"]["spend"] == pytest.approx(sum(spends), abs=0.01)
    page = (folder / "told" / "fleet.html").read_text("utf-8")
    links = re.findall(r'href="([^"]+)"', page)
    assert len(links) == 3
    assert all((folder / "told" / link).is_file() for link in links)
    assert page.index("nowhere") < page.index(empty.root.name) < page.index("店1")


def test_a_second_night_does_nothing_twice(unmade: Path, serial: dict[str, dict[str, bytes]], tmp_path: Path) -> None:
    folder = copied(unmade, tmp_path / "shops")
    first = here(folder, "shop0")
    stamps = {path: path.stat().st_mtime_ns for path in folder.glob("shop0/runs/*/*")}
    again = here(folder, "shop0")
    assert first["shops"][0]["run_id"] == again["shops"][0]["run_id"]
    assert {path: path.stat().st_mtime_ns for path in folder.glob("shop0/runs/*/*")} == stamps
    assert trees(folder)["shop0"] == serial["shop0"]


def test_a_worker_that_dies_costs_its_own_shop_one_try(tmp_path: Path) -> None:
    jobs = []
    for name, mark in (("a", "once"), ("b", ""), ("c", "always"), ("d", ""), ("e", "")):
        (tmp_path / name).mkdir()
        if mark:
            (tmp_path / name / mark).touch()
        jobs.append(Job(tmp_path / name, DAY, DAY))
    told: list[Facts] = []
    with processes(2) as pool:
        done = hand_out(dies, jobs, pool, lambda facts, *_: told.append(facts))
    states = {Path(facts["workspace"]).name: (facts["status"], facts["attempts"]) for facts in done}
    assert states == {"a": ("ok", 2), "b": ("ok", 1), "c": ("died", 3), "d": ("ok", 1), "e": ("ok", 1)}
    assert told == done


def test_linear_algebra_runs_on_one_thread(unmade: Path, tmp_path: Path) -> None:
    """On more, the last digits of a plan would hang on how many cores a worker has."""
    threads = set()

    def look(_: str) -> None:
        threads.update(one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas")

    nightly.run(Workspace(copied(unmade, tmp_path / "shops") / "shop0"), DAY, look)
    assert threads == {1}


# One budget over all ------------------------------------------------------------------------------


def test_a_total_cap_is_split_and_never_passed(unmade: Path, tmp_path: Path) -> None:
    folder = copied(unmade, tmp_path / "shops")
    workspace_with(folder / "empty", (), EXTENDS.format(name="新店"))
    told = here(folder, "shop0", "shop1", "shop2", "empty", total_cap=750)
    cap = told["total_cap"]
    assert cap["held"] == {str(folder / "empty"): 400.0}
    made = {shop["workspace"]: shop for shop in told["shops"] if "share" in shop}
    assert len(made) == 3
    assert cap["shared"] == pytest.approx(sum(shop["share"] for shop in made.values()))
    assert cap["shared"] + 400 <= 750
    assert cap["value"] <= cap["bound"]
    assert 0 <= cap["gap"] < 0.01
    for name, shop in made.items():
        head = json.loads((Workspace(name).run_dir(shop["run_id"]) / "plan.json").read_text("utf-8"))
        assert head["caps"]["daily"] == shop["share"]
        assert sum(head["caps"]["by_campaign"].values()) <= shop["share"] + 1e-6
        assert head["expected"]["spend"] <= shop["share"]


def test_a_total_below_the_smallest_budgets_names_by_how_much(unmade: Path, tmp_path: Path) -> None:
    """And a little above them, where bids have to fall by more than a night's step, it holds all the same."""
    folder = copied(unmade, tmp_path / "shops")
    with pytest.raises(SettingsError, match=r"at least [\d.]+\d") as refused:
        here(folder, "shop1", total_cap=50)
    assert not list(folder.glob("shop*/runs/*/plan.json"))
    more = float(re.findall(r"[\d.]+\d", refused.value.hint)[0])
    told = here(folder, "shop1", total_cap=50 + more)
    assert not told["without_plan"]
    assert sum(shop["cap"] for shop in told["shops"]) <= 50 + more
    assert told["total_cap"]["gap"] is None


# On a cluster -------------------------------------------------------------------------------------


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, list["subprocess.Popen[bytes]"]]]:
    """The address of a real scheduler, and its two worker processes, each with one thread."""
    address_file = tmp_path / "scheduler.json"
    with ExitStack() as stack:

        def start(*arguments: object) -> "subprocess.Popen[bytes]":
            log = stack.enter_context((tmp_path / f"{arguments[0]}.log").open("ab"))
            command = [sys.executable, "-m", "dask", *map(str, arguments), "--no-dashboard"]
            process = subprocess.Popen(command, env=environment(), cwd=tmp_path, stdout=log, stderr=log)
            stack.callback(process.wait)
            stack.callback(process.kill)
            return process

        start("scheduler", "--host", "127.0.0.1", "--port", 0, "--scheduler-file", address_file)
        _wait(address_file.exists)
        address = json.loads(address_file.read_text("utf-8"))["address"]
        yield address, [start("worker", address, "--nthreads", 1, "--no-nanny") for _ in range(2)]


def _wait(for_what: Callable[[], Any], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not for_what():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_killed_worker_of_a_cluster_changes_no_byte(
    unmade: Path,
    serial: dict[str, dict[str, bytes]],
    cluster: tuple[str, list["subprocess.Popen[bytes]"]],
    tmp_path: Path,
) -> None:
    address, workers = cluster
    folder = copied(unmade, tmp_path / "shops")
    command = [sys.executable, "-m", "bidopt", "fleet", "nightly", "shop*", "--date", str(DAY), "--scheduler", address]
    with subprocess.Popen(command, cwd=folder, env=environment(), stdout=-3, stderr=-3) as night:
        _wait(lambda: len(list(folder.glob("shop*/data/manifest.json"))) == 2)  # both are at work
        workers[0].kill()
        assert night.wait() == 0
    assert trees(folder) == serial
    told = json.loads((folder / "fleet.json").read_text("utf-8"))
    assert not told["without_plan"]


def test_a_scheduler_that_is_not_there_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bidopt.fleet.pools.SECONDS_TO_CONNECT", 0.5)
    with pytest.raises(UsageError, match="no Dask scheduler answers"), fleet.cluster("tcp://127.0.0.1:9"):
        pass
