"""The demo, end to end: the commands on a simulated shop."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bidopt import runs
from bidopt.cli import app
from bidopt.cli.init import make, template
from bidopt.errors import UsageError
from bidopt.workspace import Workspace

RUNNER = CliRunner()


def run(*arguments: object) -> Any:
    """What a command prints with --json."""
    result = RUNNER.invoke(app, [*map(str, arguments), "--json"], catch_exceptions=False)
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return Workspace(tmp_path_factory.mktemp("demo") / "shop")


@pytest.fixture(scope="module")
def night(shop: Workspace) -> Any:
    return run("demo", shop.root)


def test_night_tells_what_scripts_hold_on_to(shop: Workspace, night: Any) -> None:
    assert {"run_id", "run_dir", "status", "expected", "warnings", "alerts"} <= set(night)
    assert Path(night["run_dir"]) == shop.run_dir(shop.latest_run() or "")
    assert night["expected"]["profit_low"] < night["expected"]["profit"] < night["expected"]["profit_high"]


def test_run_folder_is_complete(night: Any) -> None:
    assert {path.name for path in Path(night["run_dir"]).iterdir()} == set(runs.FILES)


def test_demo_again_is_the_same_plan(shop: Workspace, night: Any) -> None:
    before = {path.name: path.read_bytes() for path in Path(night["run_dir"]).iterdir()}
    assert run("demo", shop.root) == night
    assert {path.name: path.read_bytes() for path in Path(night["run_dir"]).iterdir()} == before


def test_status_names_the_run_and_what_waits(shop: Workspace, night: Any) -> None:
    told = run("status", "-w", shop.root)
    assert told["newest_run"]["run_id"] == night["run_id"]
    assert {row["kind"] for row in told["files"]} == {"keyword_day", "words", "plans", "items"}
    assert any(night["run_id"] in line for line in told["waiting"])


def test_exported_bids_are_those_of_the_run(shop: Workspace, night: Any, tmp_path: Path) -> None:
    told = run("export", night["run_id"], "-w", shop.root, "-o", tmp_path / "改价单.csv")
    assert told["files"][0] == str(tmp_path / "改价单.csv")
    assert (tmp_path / "改价单.csv").read_bytes() == (Path(night["run_dir"]) / "bids.csv").read_bytes()


def test_demo_never_touches_a_real_shop(tmp_path: Path) -> None:
    real = make(tmp_path / "real", template())
    with pytest.raises(UsageError, match="real shop"):
        run("demo", real.root)
    assert not list(real.inbox.iterdir())
