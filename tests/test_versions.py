"""What another version of bidopt wrote, or nobody can tell who, is refused in one line that says the way out."""

import json
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from bidopt import cli, export, fit, store
from bidopt.cli import init
from bidopt.errors import DataError
from bidopt.fit import artefacts
from bidopt.store import manifest
from bidopt.workspace import Workspace, publish_bytes, publish_json
from simulated import fitted, shop

OTHERS: tuple[object, ...] = (0, -3, 99, "1", 1.0, True, None)
"""Versions that are not ours; None: none is told."""


def doctored(path: Path, version: object) -> None:
    """The JSON at `path`, with another version."""
    told = json.loads(path.read_text("utf-8")) | {"schema_version": version}
    if version is None:
        del told["schema_version"]
    publish_json(path, told)


def way_out(refusal: DataError, version: object, older: str) -> None:
    """A newer file asks for a newer bidopt, any other one for `older`."""
    assert ("update bidopt" if version == 99 else older) in refusal.hint
    assert ("newer" in refusal.message) == (version == 99)


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace = Workspace(tmp_path_factory.mktemp("versions"))
    with workspace.lock():
        store.import_files(workspace, shop("lognormal", 60, 25).exports, lambda _: None)
    return workspace


@pytest.mark.parametrize("version", OTHERS)
def test_a_history_of_another_version_is_refused(imported: Workspace, version: object) -> None:
    path = imported.data / manifest.FILE_NAME
    kept = path.read_bytes()
    doctored(path, version)
    try:
        with pytest.raises(DataError) as refusal:
            store.read_history(imported, shop("lognormal", 60, 25).day)
        way_out(refusal.value, version, "import the exports again")
        with imported.lock(), pytest.raises(DataError):
            store.import_inbox(imported, lambda _: None)
    finally:
        path.write_bytes(kept)
    assert len(store.read_history(imported, shop("lognormal", 60, 25).day).days)


@pytest.mark.parametrize("content", ["", "[]", "7", '{"schema_version": 1, "imports": [{}]}'])
def test_a_damaged_manifest_is_refused(tmp_path: Path, content: str) -> None:
    workspace = Workspace(tmp_path)
    publish_bytes(workspace.data / manifest.FILE_NAME, content.encode())
    with pytest.raises(DataError) as refusal:
        store.newest_complete_day(workspace)
    assert "backup" in refusal.value.hint or "restore" in refusal.value.hint


@pytest.mark.parametrize("version", OTHERS)
def test_models_of_another_version_are_refused(tmp_path: Path, version: object) -> None:
    folder = tmp_path / "models"
    fit.save(fitted()[0], folder, "zh")
    fit.load(folder)
    doctored(folder / "shop.json", version)
    with pytest.raises(DataError) as refusal:
        fit.load(folder)
    way_out(refusal.value, version, "bidopt nightly")


def test_damaged_models_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    fit.save(fitted()[0], folder, "zh")
    publish_json(folder / "shop.json", {"schema_version": artefacts.SCHEMA_VERSION})
    with pytest.raises(DataError, match="damaged"):
        fit.load(folder)


@pytest.fixture
def with_run(tmp_path: Path, head: dict[str, Any], words: pd.DataFrame, budgets: pd.DataFrame) -> Workspace:
    made = init.make(tmp_path / "shop", init.template())
    run_dir = made.run_dir(head["run_id"])
    publish_json(run_dir / "plan.json", head)
    publish_bytes(run_dir / "bids.csv", export.bids_csv(words, "zh"))
    publish_bytes(run_dir / "budgets.csv", export.budgets_csv(budgets, "zh"))
    words.to_parquet(run_dir / "recommendations.parquet", index=False)
    publish_bytes(made.runs / "latest", head["run_id"].encode())
    return made


def ran(monkeypatch: pytest.MonkeyPatch, workspace: Workspace, command: str, changes: Path) -> int:
    """The exit code of `command` on the newest run."""
    own = {"export": ["-o", changes], "nightly": ["--replay", workspace.latest_run()]}.get(command, [])
    monkeypatch.setattr(sys, "argv", ["bidopt", command, "-w", str(workspace.root), *map(str, own)])
    with pytest.raises(SystemExit) as left:
        cli.main()
    return int(left.value.code or 0)


@pytest.mark.parametrize("version", OTHERS)
@pytest.mark.parametrize("command", ["status", "export", "nightly"])
def test_a_plan_of_another_version_is_refused(
    with_run: Workspace,
    command: str,
    version: object,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    doctored(with_run.run_dir(str(with_run.latest_run())) / "plan.json", version)
    assert ran(monkeypatch, with_run, command, tmp_path / "changes.csv") == 3
    err = capsys.readouterr().err
    assert "plan.json" in err
    assert ("update bidopt" if version == 99 else "bidopt nightly") in err
    assert not (tmp_path / "changes.csv").exists()


@pytest.mark.parametrize(("command", "code"), [("status", 0), ("export", 0), ("nightly", 3)])
def test_a_plan_that_does_not_say_what_it_was_made_from_can_be_used_but_not_made_again(
    with_run: Workspace, command: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ran(monkeypatch, with_run, command, tmp_path / "changes.csv") == code
