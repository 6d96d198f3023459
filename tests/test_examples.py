"""The examples in every command's help run as they stand, in the order in which a person would use them."""

import importlib.util
import re
import shlex
import shutil
from pathlib import Path
from types import ModuleType

import pytest
from typer.testing import CliRunner

from bidopt.cli import app
from bidopt.workspace import Workspace
from simulated import shop

SHOP = "my-shop"
FIRST = ("init", "import", "nightly")
"""The others need what these leave."""
LOOK_AT_THE_CLOCK = ("nightly", "confirm", "rollback", "fleet")
ELSEWHERE = " --scheduler tcp://10.0.0.5:8786"
"""A cluster: tested apart."""
OF_THE_MACHINE = (" --install", " --remove")
"""What would change the machine's scheduler: tested apart."""


@pytest.fixture(scope="module")
def make_cli() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_cli", Path(__file__).parents[1] / "docs" / "make_cli.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def examples(make_cli: ModuleType, command: str) -> list[str]:
    [block] = re.findall(r"Example:\n((?: +bidopt .*\n?)+)", make_cli.help_text(command))
    return [line.strip() for line in block.splitlines()]


def as_here(line: str, command: str, newest: str | None) -> list[str]:
    """The example's words, with the days and runs that there are here."""
    day = shop("lognormal", 60, 40).day.isoformat()
    for flag in OF_THE_MACHINE:
        line = line.replace(flag, "")
    line = line.replace(ELSEWHERE, "").replace("shops/*", SHOP)
    line = re.sub(r"\d{4}-\d\d-\d\d-[0-9a-f]{8}", newest or "", line)
    if command == "show":
        line = line.replace("登山包", "保温杯")  # what this shop sells
    line = re.sub(r"\b2026-06-01\b", day, line) if not newest or newest not in line else line
    words = shlex.split(line)[1:]
    clock = command in LOOK_AT_THE_CLOCK and not {"--date", "--replay"} & set(words)
    return [*words, *(["--date", day] if clock else [])]


def test_every_example_runs(make_cli: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("shops.txt").write_text(SHOP, "utf-8")
    commands = make_cli.commands()
    for command in (*FIRST, *(name for name in commands if name not in FIRST)):
        for line in examples(make_cli, command):
            if command == "import":
                report = next(path for path in shop("lognormal", 60, 40).exports if "关键词报表" in path.name)
                shutil.copy(report, tmp_path / shlex.split(line)[-1])
            newest = Workspace(SHOP).latest_run() if Path(SHOP).exists() else None
            done = CliRunner().invoke(app, as_here(line, command, newest), standalone_mode=False)
            assert (done.exception, done.exit_code) == (None, 0), f"{line}: {done.exception or done.output}"
            if command == "init":
                for path in shop("lognormal", 60, 40).exports:
                    shutil.copy(path, tmp_path / SHOP / "inbox")
