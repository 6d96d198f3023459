"""Old runs and models go by age; what is in force, what may be made again and the ledger stay."""

import json
import shutil
from pathlib import Path

import pytest

from bidopt import ledger, pruning, store
from bidopt.workspace import Workspace
from make_oddities import HEADER, row, table
from simulated import workspace_with

OLD, OLDER, OLDEST = "2026-01-05-00000001", "2026-01-02-00000002", "2025-11-30-00000003"
KEPT, TONIGHT = "2026-05-12-00000004", "2026-07-09-00000005"
RUNS = (OLD, OLDER, OLDEST, KEPT, TONIGHT)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Data of early July 2026, and runs of half a year, each made from nothing but itself."""
    export = tmp_path / "报表_20260708_093000.csv"
    export.write_bytes(table(HEADER, row(1)).encode())
    made = workspace_with(tmp_path / "shop", ())
    with made.lock():
        store.import_files(made, [export], lambda _: None)
    for run_id in RUNS:
        (made.models / run_id).mkdir(parents=True)
        (made.models / run_id / "shop.json").write_text("{}")
        made.run_dir(run_id).mkdir(parents=True)
        rest_on(made, run_id)
    (made.runs / "latest").write_text(TONIGHT)
    (made.runs / "2026-01-01").mkdir()
    return made


def rest_on(workspace: Workspace, run_id: str, *confirmed: str) -> None:
    told = {"created_from": {"confirmed": confirmed, "override": None}}
    (workspace.run_dir(run_id) / "plan.json").write_text(json.dumps(told))


def left(workspace: Workspace, keep_days: int = 100, tonight: str = TONIGHT) -> set[str]:
    with workspace.lock():
        pruning.prune(workspace, keep_days, tonight)
    runs, models = ({path.name for path in kind.iterdir()} for kind in (workspace.runs, workspace.models))
    assert runs - models == {"2026-01-01", "latest"} | ({ledger.FILE_NAME} & runs)
    return models


def test_what_is_older_goes_with_its_models(workspace: Workspace) -> None:
    assert left(workspace) == {KEPT, TONIGHT}
    assert left(workspace, 60) == {KEPT, TONIGHT}
    assert left(workspace, 40) == {TONIGHT}


def test_the_ledger_and_what_is_in_force_stay(workspace: Workspace) -> None:
    with workspace.lock():
        for event, run_id in (("confirmed", OLDEST), ("confirmed", OLDER), ("confirmed", OLD), ("undone", OLD)):
            ledger.add(workspace, event, run_id, "2026-01-05")  # type: ignore[arg-type]
    before = (workspace.runs / ledger.FILE_NAME).read_bytes()
    assert left(workspace) == {OLDER, KEPT, TONIGHT}
    assert (workspace.runs / ledger.FILE_NAME).read_bytes() == before


def test_what_a_kept_run_was_made_from_stays(workspace: Workspace) -> None:
    rest_on(workspace, KEPT, OLD)
    rest_on(workspace, OLDEST, OLDER)
    assert left(workspace) == {OLD, KEPT, TONIGHT}


@pytest.mark.parametrize("slip", ["2036-07-09-0000000a", "2026-02-01-0000000b"])
def test_a_slip_in_the_day_deletes_no_more(workspace: Workspace, slip: str) -> None:
    """A night for a far day counts from the data, one for a past day from itself."""
    for kind in (workspace.models, workspace.runs):
        (kind / slip).mkdir()
    old = {OLD, OLDER} if slip < TONIGHT else set()
    assert left(workspace, 60, slip) == {KEPT, TONIGHT, slip} | old


def test_a_process_that_dies_at_it_leaves_nothing_by_half(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:

        def killed(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        patched.setattr(shutil, "rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            pruning.prune(workspace, 100, TONIGHT)
    assert len({path.name for path in workspace.runs.glob("[!.]*-0000000?")}) == len(RUNS) - 1
    assert left(workspace) == {KEPT, TONIGHT}
    assert not list(workspace.root.rglob(".*.tmp"))
