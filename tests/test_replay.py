"""Nights that a person lets pass, and nights made again: what was decided is recorded and can be repeated."""

import datetime as dt
import json
import shutil
import sys
from pathlib import Path

import pytest

from bidopt import cli, gates, nightly, replay, runs, store
from bidopt.errors import DataError
from bidopt.gates import Override
from bidopt.nightly import Night
from bidopt.store import manifest
from bidopt.workspace import Workspace
from simulated import Shop, shop, workspace_with

LATE = Override(("age",), "平台报表晚到", "someone@here")
SETTINGS = "[budget]\ndaily_cap = 300\n"


def _quiet(_: str) -> None:
    pass


def _small() -> Shop:
    return shop("lognormal", 60, 25)


def _old() -> tuple[Path, ...]:
    """All reports but the newest two, so that these can come later."""
    reports = sorted(path for path in _small().exports if path.name.startswith("关键词报表"))
    return tuple(path for path in _small().exports if path not in reports[-2:])


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Night:
    """A night on data that are too old, let pass by a person."""
    workspace = workspace_with(tmp_path_factory.mktemp("replay") / "shop", _old(), SETTINGS)
    (workspace.inbox / "坏.xlsx").write_bytes(b"not a workbook")
    with pytest.raises(DataError, match="--override age --why"):
        nightly.run(workspace, _small().day, _quiet)
    assert workspace.latest_run() is None
    return nightly.run(workspace, _small().day, _quiet, LATE)


@pytest.fixture
def workspace(night: Night, tmp_path: Path) -> Workspace:
    """A copy to do things to."""
    return Workspace(shutil.copytree(night.run_dir.parents[1], tmp_path / "shop"))


def bidopt(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    """The exit code of the command line."""
    monkeypatch.setattr(sys, "argv", ["bidopt", *map(str, arguments)])
    with pytest.raises(SystemExit) as left:
        cli.main()
    return int(left.value.code or 0)


def test_an_override_is_on_record_and_on_top(
    night: Night, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (age,) = (gate for gate in night.head["gates"] if gate["name"] == "age")
    assert (age["result"], age["overridden"], age["why"], age["by"]) == ("FAIL", True, LATE.why, LATE.by)
    assert night.head["created_from"]["override"] == LATE.facts()
    page = (night.run_dir / "report.html").read_text("utf-8")
    assert page.index(LATE.why) < page.index('class="tiles"')
    shop_folder = night.run_dir.parents[1]
    code = bidopt(
        monkeypatch, "nightly", "-w", shop_folder, "--date", _small().day, "--override", "age", "--why", LATE.why
    )
    out = capsys.readouterr().out.splitlines()
    assert code == 0
    assert LATE.why in "".join(out[1:4])
    # By another person: other inputs, another run, and the first stays.
    assert len(list((shop_folder / "runs").glob("[!.]*/plan.json"))) == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("--override", "nope", "--why", "x"),
        ("--override", "age"),
        ("--override", gates.NOTHING, "--why", "x"),
        ("--why", "x"),
        ("--replay", "2026-01-01-00000000"),
        ("--replay", "x", "--date", "2026-05-01"),
    ],
)
def test_wrong_overrides_and_replays_are_wrong_usage(
    arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    workspace = workspace_with(tmp_path / "shop", ())
    assert bidopt(monkeypatch, "nightly", "-w", workspace.root, *arguments) == 2


def test_a_night_is_made_again_after_days_were_restated(night: Night, workspace: Workspace) -> None:
    """Newer downloads of the same days, one downloaded before the night and imported after it, and other settings."""
    late = [path for path in _small().exports if path not in _old()]
    with workspace.lock():
        store.import_files(workspace, late, _quiet)
    recorded = {one["sha256"] for one in night.head["created_from"]["inputs"]}
    assert recorded < {one.sha256 for one in store.read_history(workspace, _small().day).files}
    workspace.settings_path.write_text("[budget]\ndaily_cap = 200\n", "utf-8")
    before = {path: path.stat().st_mtime_ns for path in workspace.runs.rglob("*")}
    found = replay.replay(workspace, night.run_id, _quiet)
    assert found.same, found.differ
    assert found.compared == len(runs.FILES) - 1
    assert {path: path.stat().st_mtime_ns for path in workspace.runs.rglob("*")} == before


def test_a_file_that_was_touched_is_named_by_its_hashes(
    night: Night, workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bids = workspace.run_dir(night.run_id) / "bids.csv"
    bids.write_bytes(bids.read_bytes() + b"\r\n")
    assert bidopt(monkeypatch, "nightly", "-w", workspace.root, "--replay", night.run_id, "--json") == 3
    told = json.loads(capsys.readouterr().out)
    assert told["same"] is False
    assert [one["file"] for one in told["differ"]] == ["bids.csv"]
    assert told["differ"][0]["then"] != told["differ"][0]["now"]


def test_inputs_that_are_gone_are_named(
    night: Night, workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = manifest.load(workspace)
    manifest.publish(workspace, whole.model_copy(update={"imports": whole.imports[1:]}))
    assert bidopt(monkeypatch, "nightly", "-w", workspace.root, "--replay", night.run_id) == 3
    assert whole.imports[0].sha256 in capsys.readouterr().out


def test_settings_that_were_edited_are_no_settings_of_the_run(night: Night, workspace: Workspace) -> None:
    path = workspace.run_dir(night.run_id) / runs.SETTINGS
    path.write_text(path.read_text("utf-8").replace("300.0", "301.0"), "utf-8")
    with pytest.raises(DataError, match="was edited"):
        replay.replay(workspace, night.run_id, _quiet)
    path.unlink()
    with pytest.raises(DataError, match="does not say all"):
        replay.replay(workspace, night.run_id, _quiet)


def test_what_a_power_failure_cut_off_is_made_again(night: Night, workspace: Workspace) -> None:
    """Neither an empty head nor lost models stop the next night; what is whole is left alone."""
    run_dir, models = workspace.run_dir(night.run_id), workspace.models / night.run_id
    kept = (run_dir / "plan.json").read_bytes()
    (models / "shop.json").unlink()
    stamp = (run_dir / "plan.json").stat().st_mtime_ns
    nightly.run(workspace, _small().day, _quiet, LATE)
    assert (models / "shop.json").is_file()
    assert (run_dir / "plan.json").stat().st_mtime_ns == stamp
    (run_dir / "plan.json").write_bytes(b"")
    again = nightly.run(workspace, _small().day, _quiet, LATE)
    assert again.run_id == night.run_id
    assert (run_dir / "plan.json").read_bytes() == kept


def test_history_among_its_own_inputs_is_the_history() -> None:
    played = shop()
    workspace = Workspace(played.exports[0].parent / "shop")
    for day in (played.day, played.day - dt.timedelta(days=9)):
        whole = store.read_history(workspace, day)
        again = store.read_history(workspace, day, among=whole.files)
        assert again.files == whole.files
        for name in ("days", "versions", "words", "plans", "items", "covered"):
            assert getattr(again, name).equals(getattr(whole, name)), name
