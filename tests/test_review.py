"""The review workbook: what a person overrules in it comes back whole, or not at all."""

import io
import json
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from bidopt import export, ledger, review, uploads
from bidopt.cli import app, init
from bidopt.errors import BidoptError, FileRefused, UsageError
from bidopt.prose import Language
from bidopt.review import Overruled
from bidopt.workspace import Workspace
from by_hand import fill, put_run, save, sheets_of

DAY = pd.Timestamp("2026-06-01").date()
SPREADSHEET = shutil.which("soffice")
LONG_ID = "12345678901234567"


@pytest.fixture
def shop(tmp_path: Path) -> Workspace:
    return init.make(tmp_path / "shop", init.template())


@pytest.fixture
def run(shop: Workspace, head: dict[str, Any], words: pd.DataFrame, budgets: pd.DataFrame) -> str:
    return put_run(shop, head, words, budgets)


@pytest.fixture
def book(shop: Workspace, run: str, tmp_path: Path) -> Path:
    """The workbook as exported."""
    path = tmp_path / "复核.xlsx"
    path.write_bytes(review.load(shop, run).workbook(Overruled.of(), "zh"))
    return path


def confirm(shop: Workspace, run: str, book: Path) -> uploads.Confirmed:
    return uploads.confirm_overruled(shop, run, book, book.parent / "lists", DAY)


def listed(path: Path, key: str = "词名字/词包名字") -> dict[str, str]:
    """New bids, or budgets, of a change list by name."""
    frame = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    return dict(zip(frame[key].str.lstrip("\t"), frame["新出价" if "新出价" in frame else "新日预算"], strict=True))


def test_the_workbook_keeps_ids_as_text_and_runs_no_formula(book: Path) -> None:
    sheets = pd.read_excel(book, sheet_name=None, engine="calamine", dtype={"词ID/词包ID": str})
    assert list(sheets) == ["出价调整", "其余关键词", "预算调整", "检查与提醒"]
    bids = sheets["出价调整"].set_index("词ID/词包ID")
    assert bids.loc["305", "词名字/词包名字"] == "=1+1"
    assert bids.loc[LONG_ID, "新出价"] == pytest.approx(2.6)
    assert np.isnan(bids.loc["304", "新出价"])
    assert (bids.loc["301", "词分类"], bids.loc["301", "走势"]) == ("有转化", "下降")
    assert sheets["其余关键词"]["词ID/词包ID"].tolist() == ["303"]
    assert sheets["预算调整"]["原日预算"].tolist() == ["不限", 300, 79.5]
    with zipfile.ZipFile(book) as parts:
        written = [parts.read(name) for name in parts.namelist() if "worksheets/sheet" in name]
    assert not any(b"<f>" in sheet for sheet in written)
    assert sum(b"<autoFilter" in sheet and b'state="frozen"' in sheet for sheet in written) == 3
    assert sum(b"<dataValidation " in sheet for sheet in written) == 3


def test_the_notes_tell_gates_and_alerts(book: Path) -> None:
    told = "\n".join(str(cell) for row in sheets_of(book)["检查与提醒"] for cell in row)
    for text in ("昨天花费是平时的 3 倍", "花费 320 元无成交", "没有宝贝表", "bidopt confirm 2026-06-01-0a1b2c3d"):
        assert text in told


def test_the_same_run_makes_the_same_bytes(shop: Workspace, run: str, book: Path) -> None:
    assert review.load(shop, run).workbook(Overruled.of(), "zh") == book.read_bytes()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_is_typed_comes_back(shop: Workspace, run: str, tmp_path: Path, language: Language) -> None:
    book = tmp_path / "book.xlsx"
    book.write_bytes(review.load(shop, run).workbook(Overruled.of(), language))
    own = {"zh": ("自定出价", "自定日预算"), "en": ("Your bid", "Your budget")}[language]
    fill(book, "碎花连衣裙", 0.8, own[0])
    fill(book, "连衣裙夏", 1.2, own[0])  # back to the present bid
    fill(book, "冰丝防晒", 2.6, own[0])  # as planned
    fill(book, "防晒衣女", "￥0.95", own[0])  # of a word whose bid is only inferred
    fill(book, "防晒", 400, own[1])
    done = confirm(shop, run, book)
    chosen = done.overruled.bids.set_index("keyword")
    assert chosen["chosen"].to_dict() == {"碎花连衣裙": 0.8, "连衣裙夏": 1.2, "防晒衣女": 0.95}
    assert chosen.loc["碎花连衣裙", ["was", "planned"]].tolist() == [0.9, 0.63]
    bids = listed(done.files[0])
    assert bids == {"碎花连衣裙": "0.80", "=1+1": "0.45", "防晒衣女": "0.95", "冰丝防晒": "2.60"}
    assert listed(done.files[1], "计划名字") == {"夏装主推": "500.00", "防晒": "400.00"}


def test_the_ledger_tells_each_choice_before_the_upload(shop: Workspace, run: str, book: Path) -> None:
    fill(book, "碎花连衣裙", 0.8)
    confirm(shop, run, book)
    events = ledger.read(shop)
    assert [e.event for e in events] == ["recommended", "overruled", "confirmed"]
    assert events[1].details == {
        "campaign_id": "90001", "ad_group_id": "70001", "keyword_id": "301", "keyword": "碎花连衣裙",
        "was": "0.90", "planned": "0.63", "chosen": "0.80",
    }  # fmt: skip
    assert review.of_ledger(events, run).bids["chosen"].tolist() == [0.8]


def test_the_undo_takes_back_what_was_chosen(shop: Workspace, run: str, book: Path, tmp_path: Path) -> None:
    fill(book, "碎花连衣裙", 0.8)
    fill(book, "连衣裙夏", 1.2)
    confirm(shop, run, book)
    undo = uploads.rollback(shop, run, tmp_path / "undo", DAY)
    rows = pd.read_csv(undo.files[0], dtype=str, encoding="utf-8-sig").set_index("词名字/词包名字")
    assert rows.loc["碎花连衣裙", ["原出价", "新出价"]].tolist() == ["0.80", "0.90"]
    assert "连衣裙夏" not in rows.index
    again = uploads.rollback(shop, run, tmp_path / "again", DAY)
    assert again.files[0].read_bytes() == undo.files[0].read_bytes()
    uploads.confirm(shop, run, DAY)
    assert not review.of_ledger(ledger.read(shop), run), "confirmed anew as planned"


def test_each_confirmation_is_known_by_its_choices() -> None:
    said = {
        "campaign_id": "1",
        "ad_group_id": "2",
        "keyword_id": "3",
        "keyword": "词",
        "was": "1.00",
        "planned": "0.80",
    }
    lines: list[tuple[ledger.Event, dict[str, str]]] = [
        ("overruled", said | {"planned": "0.80", "chosen": "0.90"}),
        ("confirmed", {}),
        ("undone", {}),
        ("confirmed", {}),
    ]
    entries = [ledger.Entry(event, "2026-06-01-0a1b2c3d", "", "", told) for event, told in lines]
    run_id = entries[0].run_id
    first = review.of_ledger(entries[:2], run_id)
    assert (first.bids["chosen"].tolist(), len(first.mark)) == ([0.9], 8)
    assert review.of_ledger(entries, run_id, first.mark).bids["chosen"].tolist() == [0.9]
    assert (bool(review.of_ledger(entries, run_id)), review.of_ledger(entries, run_id).mark) == (False, "")


def test_confirming_twice_is_once_and_other_choices_are_refused(shop: Workspace, run: str, book: Path) -> None:
    fill(book, "碎花连衣裙", 0.8)
    confirm(shop, run, book)
    assert confirm(shop, run, book).again
    fill(book, "碎花连衣裙", 0.7)
    with pytest.raises(UsageError, match="rollback"):
        confirm(shop, run, book)
    assert len(ledger.read(shop)) == 3


def test_an_export_after_it_has_what_was_chosen(shop: Workspace, run: str, book: Path, tmp_path: Path) -> None:
    fill(book, "碎花连衣裙", 0.8)
    confirm(shop, run, book)
    arguments = ["export", "-w", str(shop.root), "-o"]
    assert CliRunner().invoke(app, [*arguments, str(tmp_path / "again.csv")]).exit_code == 0
    assert listed(tmp_path / "again.csv")["碎花连衣裙"] == "0.80"
    assert CliRunner().invoke(app, [*arguments, str(tmp_path / "again.xlsx"), "--format", "xlsx"]).exit_code == 0
    own = pd.read_excel(tmp_path / "again.xlsx", engine="calamine").set_index("词名字/词包名字")["自定出价"]
    assert own.dropna().to_dict() == {"碎花连衣裙": 0.8}


def test_rows_may_be_sorted_left_out_and_pushed_down(shop: Workspace, run: str, book: Path) -> None:
    fill(book, "碎花连衣裙", 0.8)
    sheets = sheets_of(book)
    heading, *rows = sheets["出价调整"]
    kept = [row for row in rows if row[0] != "冰丝防晒"]
    sheets["出价调整"] = [["给老板看"], [], heading, *reversed(kept), [], ["合计"]]
    del sheets["其余关键词"]
    save(book, sheets)
    done = confirm(shop, run, book)
    assert done.overruled.bids["chosen"].tolist() == [0.8]
    assert listed(done.files[0])["冰丝防晒"] == "2.60"


REFUSED = {
    "above the step": ("碎花连衣裙", 1.18, "自定出价", r"出价调整 第 2 行.*0\.63 - 1\.17"),
    "below the step": ("碎花连衣裙", 0.62, "自定出价", r"0\.63 - 1\.17"),
    "a word that is held": ("半身裙", 1.01, "自定出价", r"其余关键词 第 2 行.*allowed: 1\.00"),
    "text": ("碎花连衣裙", "不改", "自定出价", "“不改” 不是金额"),
    "a percentage": ("碎花连衣裙", "80%", "自定出价", "不是金额"),
    "a truth": ("碎花连衣裙", True, "自定出价", "不是金额"),
    "a fraction of a fen": ("碎花连衣裙", 0.805, "自定出价", "精确到分"),
    "below nothing": ("碎花连衣裙", -0.8, "自定出价", "不是金额"),
    "an edited id": ("碎花连衣裙", "302999", "词ID/词包ID", "ID 不在这个方案里"),
    "an id that Excel rounded": ("冰丝防晒", 1.23456789012346e16, "词ID/词包ID", "ID 不在这个方案里"),
    "the plan's own column": ("碎花连衣裙", 0.8, "新出价", "“新出价 New bid” 被改过"),
    "another run's row": ("碎花连衣裙", "2026-05-31-0a1b2c3d", "方案编号", "另一个方案"),
    "a budget below the smallest": ("防晒", 20, "自定日预算", r"预算调整 第 3 行.*30\.00 - "),
    "budgets above the cap": ("防晒", 421, "自定日预算", r"合计 1000\.50 元，超过总预算 1000\.00"),
    "a budget below a bid": ("90003", 0.5, "自定日预算", "超出范围"),
}


@pytest.mark.parametrize(("keyword", "value", "column", "told"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_taken_is_refused_whole(
    shop: Workspace, run: str, book: Path, keyword: str, value: Any, column: str, told: str
) -> None:
    fill(book, "连衣裙夏", 1.3)
    fill(book, keyword, value, column)
    with pytest.raises(FileRefused, match=told) as refused:
        confirm(shop, run, book)
    assert book.name in refused.value.message
    assert not (book.parent / "lists").exists()
    assert not any(e.event in ("overruled", "confirmed") for e in ledger.read(shop))


def test_a_row_that_stands_there_twice_is_refused(shop: Workspace, run: str, book: Path) -> None:
    fill(book, "碎花连衣裙", 0.8)
    sheets = sheets_of(book)
    sheets["其余关键词"].append(list(next(row for row in sheets["出价调整"] if row[0] == "碎花连衣裙")))
    save(book, sheets)
    with pytest.raises(FileRefused, match=r"出价调整 第 2 行 .*其余关键词 第 3 行 .*出现两次"):
        confirm(shop, run, book)


def test_more_changes_than_the_settings_allow_are_refused(
    shop: Workspace, head: dict[str, Any], words: pd.DataFrame, budgets: pd.DataFrame, tmp_path: Path
) -> None:
    shop.settings_path.write_text("[bids]\nmax_changes = 5\n", "utf-8")
    wide = words.assign(bid_highest=words["bid_highest"] + 0.3)
    run = put_run(shop, head, wide, budgets)
    book = tmp_path / "book.xlsx"
    book.write_bytes(review.load(shop, run).workbook(Overruled.of(), "zh"))
    fill(book, "半身裙", 1.1)
    with pytest.raises(FileRefused, match="max_changes: 5"):
        confirm(shop, run, book)
    fill(book, "连衣裙夏", 1.2)
    confirm(shop, run, book)


@pytest.mark.parametrize("content", [b"no workbook", b"PK\x03\x04"])
def test_what_is_no_workbook_is_refused(shop: Workspace, run: str, book: Path, content: bytes) -> None:
    book.write_bytes(content)
    with pytest.raises(FileRefused, match=r"复核\.xlsx"):
        confirm(shop, run, book)


def test_a_workbook_without_its_headings_is_refused(shop: Workspace, run: str, book: Path) -> None:
    save(book, {name: rows[1:] for name, rows in sheets_of(book).items()})
    with pytest.raises(FileRefused, match="列名被改过"):
        confirm(shop, run, book)


@pytest.mark.skipif(SPREADSHEET is None, reason="no LibreOffice on the path")
def test_saved_by_libreoffice_it_still_comes_back(shop: Workspace, run: str, book: Path, tmp_path: Path) -> None:
    fill(book, "冰丝防晒", 1.8)
    out = tmp_path / "saved"
    subprocess.run(
        [str(SPREADSHEET), f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless",
         "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", str(out), str(book)],
        capture_output=True, timeout=180, check=True,
    )  # fmt: skip
    told = _bidopt(shop, "confirm", "--workbook", str(out / book.name), "--date", str(DAY))
    assert [(one["keyword_id"], one["chosen"]) for one in told["overruled"]] == [(LONG_ID, "1.80")]
    assert [Path(name).name for name in told["files"]] == ["confirmed_bids.csv", "confirmed_budgets.csv"]
    assert _bidopt(shop, "status")["waiting"] == []


def _bidopt(shop: Workspace, *arguments: str) -> Any:
    result = CliRunner().invoke(app, [*arguments, "-w", str(shop.root), "--json"], standalone_mode=False)
    if isinstance(result.exception, BidoptError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_a_workbook_of_every_word_held_is_whole(
    head: dict[str, Any], words: pd.DataFrame, budgets: pd.DataFrame
) -> None:
    still = words.assign(bid_new=words["bid_now"], lowest=words["bid_now"], highest=words["bid_now"], own_bid=np.nan)
    plans = budgets.assign(lowest=30.0, highest=1000.0, own_budget=np.nan)
    content = export.workbook(head, still, plans, "en")
    sheets = pd.read_excel(io.BytesIO(content), sheet_name=None, engine="calamine")
    assert len(sheets["Bids"]) == 0
    assert len(sheets["Other words"]) == len(words)
