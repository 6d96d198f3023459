"""`bidopt schedule`: entries that the schedulers themselves take, for folders of whatever name."""

import datetime as dt
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from bidopt import schedule
from bidopt.cli import app, init
from bidopt.errors import UsageError
from bidopt.schedule import Job, System
from bidopt.workspace import Workspace

ODD = '店 铺 50% $HOME\'s "一" \\店'
NINE = dt.time(9, 30)


@pytest.fixture
def shop(tmp_path: Path) -> Workspace:
    return init.make(tmp_path / ODD, init.template())


@pytest.fixture
def shanghai(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def no_crontab() -> Iterator[None]:
    """Nothing of this user's that a test could break."""
    if shutil.which("crontab") is None or subprocess.run(["crontab", "-l"], capture_output=True).returncode == 0:
        pytest.skip("no cron here, or a crontab that is somebody's")
    yield
    subprocess.run(["crontab", "-r"], check=True)


def crontab() -> list[str]:
    return subprocess.run(["crontab", "-l"], capture_output=True, check=True).stdout.decode().splitlines()


def bidopt(shop: Workspace, *arguments: str) -> Any:
    result = CliRunner().invoke(app, ["schedule", *arguments, "-w", str(shop.root), "--json"], standalone_mode=False)
    if result.exception:
        raise result.exception
    return json.loads(result.stdout)


@pytest.mark.usefixtures("shanghai")
def test_cron_runs_the_night_of_a_folder_of_any_name(shop: Workspace) -> None:
    [line] = schedule.entry(Job(shop.root, NINE), System.cron).values()
    times, command = re.fullmatch(r"((?:\S+ ){5})(.*)", line).groups()  # type: ignore[union-attr]
    assert times == "30 9 * * * "
    assert not re.search(r"(?<!\\)%", command), "a bare % ends a command of cron"
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    subprocess.run(["sh", "-c", command.replace(r"\%", "%")], env=environment, check=False, cwd="/")
    assert "there is no data to plan" in (shop.root / schedule.LOG).read_text("utf-8")


@pytest.mark.parametrize(
    ("zone", "times"), [("UTC", "30 1"), ("America/Los_Angeles", "30 17"), ("Asia/Kolkata", "0 7")]
)
def test_cron_keeps_the_shops_morning_elsewhere(
    shop: Workspace, monkeypatch: pytest.MonkeyPatch, zone: str, times: str
) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        at = Job(shop.root, NINE).local(dt.date(2026, 1, 15))
    finally:
        monkeypatch.undo()
        time.tzset()
    assert f"{at.minute} {at.hour}" == times


@pytest.mark.usefixtures("no_crontab")
def test_the_crontab_has_one_entry_a_shop_and_keeps_the_others(shop: Workspace, tmp_path: Path) -> None:
    other = "5 4 * * * echo '别人的' # mine"
    subprocess.run(["crontab", "-"], input=f"{other}\n".encode(), check=True)
    bidopt(shop, "--for", "cron", "--install")
    bidopt(shop, "--for", "cron", "--install", "--at", "10:15")
    second = init.make(tmp_path / "second", init.template())
    bidopt(second, "--for", "cron", "--install")
    names = [Job(one.root, NINE).name for one in (shop, second)]
    assert [line.split("# ")[-1] for line in crontab()] == ["mine", *names]
    assert sum("15 " in line[:3] for line in crontab()) == 1
    bidopt(shop, "--for", "cron", "--remove")
    bidopt(shop, "--for", "cron", "--remove")
    assert [line.split("# ")[-1] for line in crontab()] == ["mine", names[1]]
    assert crontab()[0] == other


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_systemd_takes_the_units(shop: Workspace, tmp_path: Path) -> None:
    units = schedule.entry(Job(shop.root, NINE), System.systemd)
    for name, text in units.items():
        (tmp_path / name).write_text(text, "utf-8")
    done = subprocess.run(
        ["systemd-analyze", "--user", "verify", *(str(tmp_path / name) for name in units)],
        capture_output=True, text=True, env=os.environ | {"XDG_RUNTIME_DIR": str(tmp_path)},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    [when] = re.findall(r"OnCalendar=(.*)", "".join(units.values()))
    told = subprocess.run(["systemd-analyze", "calendar", when], capture_output=True, text=True, check=True).stdout
    assert "09:30:00 Asia/Shanghai" in told


def test_systemd_hands_over_the_folder_as_it_is(shop: Workspace) -> None:
    service = next(iter(schedule.entry(Job(shop.root, NINE), System.systemd).values()))
    [line] = re.findall(r"ExecStart=(.*)", service)
    words = re.findall(r'"((?:[^"\\]|\\.)*)"', line)
    plain = [re.sub(r"\\(.)", r"\1", word).replace("$$", "$").replace("%%", "%") for word in words]
    assert plain == [sys.executable, "-m", "bidopt", "nightly", "-w", str(shop.root)]


def test_the_windows_task_is_xml_with_the_shops_morning(shop: Workspace) -> None:
    [text] = schedule.entry(Job(shop.root, NINE), System.windows).values()
    space = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
    task = ElementTree.fromstring(text.encode("utf-16"))
    assert task.findtext(f".//{space}StartBoundary") == "2026-01-01T09:30:00+08:00"
    assert task.findtext(f".//{space}Command") == sys.executable
    arguments = task.findtext(f".//{space}Arguments") or ""
    assert arguments == subprocess.list2cmdline(["-m", "bidopt", "nightly", "-w", str(shop.root)])


def test_a_name_that_breaks_a_line_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot stand on a line"):
        schedule.job(Workspace(tmp_path / "a\nb"), NINE)


def test_printing_changes_nothing_and_both_at_once_are_wrong_usage(shop: Workspace) -> None:
    told = bidopt(shop, "--at", "08:05", "--for", "systemd")
    assert (told["done"], told["at"], sorted(told["entry"])) == (
        None, "08:05", [f"{told['name']}.service", f"{told['name']}.timer"],
    )  # fmt: skip
    with pytest.raises(UsageError):
        bidopt(shop, "--install", "--remove")
