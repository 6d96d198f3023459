"""What was uploaded is in force until a table says otherwise, for the next night, its models and its replay."""

import datetime as dt
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bidopt import ledger, nightly, replay, review, uploads
from bidopt.nightly import Night
from bidopt.review import Overruled
from bidopt.schema import UNIT
from bidopt.scorecard import changed
from bidopt.workspace import Workspace
from by_hand import save, sheets_of
from simulated import Shop, shop, workspace_with

SETTINGS = "[budget]\ndaily_cap = 300\n"


def _quiet(_: str) -> None:
    pass


def _small() -> Shop:
    return shop("lognormal", 60, 25)


def _next(workspace: Workspace) -> Night:
    """The night after, for which no newer table came."""
    return nightly.run(workspace, _small().day + dt.timedelta(days=1), _quiet)


def _words(night: Night) -> pd.DataFrame:
    return pd.read_parquet(night.run_dir / "recommendations.parquet").set_index(list(UNIT)).sort_index()


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Night:
    return nightly.run(
        workspace_with(tmp_path_factory.mktemp("confirmed") / "shop", _small().exports, SETTINGS), _small().day, _quiet
    )


@pytest.fixture
def workspace(night: Night, tmp_path: Path) -> Workspace:
    return Workspace(shutil.copytree(night.run_dir.parents[1], tmp_path / "shop"))


def test_confirmed_bids_and_budgets_are_where_the_next_night_starts(night: Night, workspace: Workspace) -> None:
    then = _words(night)
    assert changed(then).sum() > 5
    unsaid = _next(Workspace(shutil.copytree(workspace.root, workspace.root.parent / "unsaid")))
    uploads.confirm(workspace, night.run_id, _small().day)
    said = _next(workspace)
    np.testing.assert_allclose(_words(unsaid)["bid_now"], then["bid_now"], atol=1e-9)
    np.testing.assert_allclose(_words(said)["bid_now"], then["bid_new"], atol=1e-9)
    assert said.head["created_from"]["confirmed"] == [night.run_id]
    assert not _words(said).loc[changed(then), "bid_inferred"].any()
    new = pd.read_csv(night.run_dir / "budgets.csv", dtype=str).set_index("计划ID")["新日预算"].astype(float)
    now = pd.read_csv(said.run_dir / "rollback_budgets.csv", dtype=str).set_index("计划ID")["新日预算"].astype(float)
    both = new.index.intersection(now.index)
    assert len(both)
    np.testing.assert_allclose(now[both], new[both])
    assert uploads.differences(workspace, said.run_id) == []
    uploads.confirm(workspace, said.run_id, _small().day + dt.timedelta(days=1))


def test_a_table_of_the_day_after_says_otherwise(night: Night, workspace: Workspace) -> None:
    uploads.confirm(workspace, night.run_id, _small().day)
    for path in _small().exports:
        if path.name.startswith(("出价表", "计划表")):
            later = path.read_text("utf-8-sig").replace("2026-04-26", "2026-04-27")
            (workspace.inbox / path.name.replace("20260426", "20260427")).write_text(later, "utf-8-sig")
    told = _next(workspace)
    assert told.head["created_from"]["confirmed"] == []
    np.testing.assert_allclose(_words(told)["bid_now"], _words(night)["bid_now"], atol=1e-9)


def test_what_was_undone_is_not_in_force(night: Night, workspace: Workspace) -> None:
    uploads.confirm(workspace, night.run_id, _small().day)
    uploads.rollback(workspace, night.run_id, workspace.root / "undo", _small().day)
    assert _next(workspace).head["created_from"]["confirmed"] == []


def test_replay_knows_what_was_confirmed_then(night: Night, workspace: Workspace) -> None:
    uploads.confirm(workspace, night.run_id, _small().day)
    made = _next(workspace)
    uploads.rollback(workspace, night.run_id, workspace.root / "undo", _small().day)
    found = replay.replay(workspace, made.run_id, _quiet)
    assert found.same, found.differ


def test_an_overruled_bid_is_where_the_next_night_starts(night: Night, workspace: Workspace, tmp_path: Path) -> None:
    words = _words(night)
    word = words[changed(words) & ~words["bid_inferred"]].iloc[0]
    own = round((word["bid_lowest"] + word["bid_highest"]) / 2 + 0.02, 2)
    book = tmp_path / "book.xlsx"
    book.write_bytes(review.load(workspace, night.run_id).workbook(Overruled.of(), "zh"))
    sheets = sheets_of(book)
    heading, *rows = sheets["出价调整"]
    row = next(row for row in rows if row[heading.index("词ID/词包ID")] == word.name[2])
    row[heading.index("自定出价")] = own
    save(book, sheets)
    uploads.confirm_overruled(workspace, night.run_id, book, tmp_path, _small().day)
    then = _next(workspace)
    assert _words(then).loc[word.name, "bid_now"] == pytest.approx(own)


def test_uploads_that_cannot_be_read_are_a_warning_where_no_table_tells(night: Night, workspace: Workspace) -> None:
    (workspace.runs / ledger.FILE_NAME).write_text("rubbish\n", "utf-8")
    made = _next(workspace)
    assert any(ledger.FILE_NAME in line for line in made.head["warnings"])
    np.testing.assert_allclose(_words(made)["bid_now"], _words(night)["bid_now"], atol=1e-9)
