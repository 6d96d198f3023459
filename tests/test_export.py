"""What goes out opens right in Excel, names every id, and can be taken back."""

import csv
import io
import json
import re
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bidopt import export
from bidopt.cells import RUNS, guarded
from bidopt.export import Background

BID_HEADER = (
    "场景名字,计划ID,计划名字,单元ID,单元名字,宝贝ID,词类型,词ID/词包ID,词名字/词包名字,"
    "匹配方式,原出价,新出价,变动幅度,理由"
)


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_bids_csv_is_utf8_with_bom_and_crlf(words: pd.DataFrame) -> None:
    content = export.bids_csv(words, "zh")
    assert content.startswith(b"\xef\xbb\xbf" + BID_HEADER.encode() + b"\r\n")
    assert content.count(b"\n") == content.count(b"\r\n") == 6


def test_bids_csv_holds_changed_words_by_plan_unit_word(words: pd.DataFrame) -> None:
    listed = rows(export.bids_csv(words.sample(frac=1, random_state=1), "zh"))
    keys = [(row["计划ID"], row["单元ID"], row["词ID/词包ID"].strip()) for row in listed]
    assert keys == sorted(keys)
    assert {key[2] for key in keys} == {"301", "302", "304", "305", "12345678901234567"}


def test_bids_csv_states_move_reason_and_limit(words: pd.DataFrame) -> None:
    cut = rows(export.bids_csv(words, "zh"))[0]
    assert (cut["原出价"], cut["新出价"], cut["变动幅度"]) == ("0.90", "0.63", "-30.0%")
    assert cut["理由"] == (
        "降价：预算有限，让给回报更高的词；省下的每元，按目标计在这里值 0.05，在别处值 0.14；"
        "单看调价，每天点击 -9.0、花费 -8.4 元、成交 -23.0 元、利润 +0.3 元（受限于单晚最大调幅 30%）"
    )
    assert rows(export.bids_csv(words, "en"))[0]["理由"].endswith("(limited by: nightly step 30%)")


def test_inferred_bid_leaves_only_the_percentage(words: pd.DataFrame) -> None:
    inferred = next(row for row in rows(export.bids_csv(words, "zh")) if row["词ID/词包ID"] == "304")
    assert (inferred["新出价"], inferred["变动幅度"]) == ("", "+12.5%")


def test_nothing_changed_leaves_the_header_only(words: pd.DataFrame, budgets: pd.DataFrame) -> None:
    still = words.assign(bid_new=words["bid_now"] + 0.004)
    assert rows(export.bids_csv(still, "zh")) == rows(export.rollback_bids_csv(still, "zh")) == []
    assert rows(export.budgets_csv(budgets.iloc[2:], "zh")) == []


def test_rollback_is_the_way_back(words: pd.DataFrame) -> None:
    there, back = (rows(make(words, "zh")) for make in (export.bids_csv, export.rollback_bids_csv))
    known = [place for place, row in enumerate(there) if row["新出价"]]
    assert len(known) == 4
    assert [(there[i]["原出价"], there[i]["新出价"]) for i in known] == [
        (back[i]["新出价"], back[i]["原出价"]) for i in known
    ]
    inferred = next(row for row in back if row["词ID/词包ID"] == "304")
    assert (inferred["新出价"], inferred["变动幅度"]) == ("", "-11.1%")


def test_budgets_csv_and_its_undo(budgets: pd.DataFrame) -> None:
    there, back = (rows(make(budgets, "zh")) for make in (export.budgets_csv, export.rollback_budgets_csv))
    assert [(r["计划ID"], r["原日预算"], r["新日预算"]) for r in there] == [
        ("90001", "不限", "500.00"),
        ("90002", "300.00", "420.50"),
    ]
    assert [(r["计划ID"], r["预算类型"], r["新日预算"]) for r in back] == [
        ("90001", "不限", "不限"),
        ("90002", "每日预算", "300.00"),
    ]


def test_budgets_csv_is_read_back(budgets: pd.DataFrame) -> None:
    changed = export.changed_budgets(budgets)
    again = export.read_budgets(export.budgets_csv(budgets, "zh"))
    numbers = ["budget_now", "budget_new"]
    pd.testing.assert_frame_equal(again[numbers], changed[numbers])
    assert again["budget_type"].tolist() == changed["budget_type"].tolist()


@given(st.text())
def test_no_cell_runs_as_a_formula_and_none_is_lost(text: str) -> None:
    cell = guarded(text)
    assert not cell.startswith(tuple(set(RUNS) - {"\t"}))
    assert cell in (text, "\t" + text)


@pytest.mark.parametrize(("text", "cell"), [("90001000001", "90001000001"), ("1" * 16, "\t" + "1" * 16)])
def test_only_ids_that_excel_rounds_are_guarded(text: str, cell: str) -> None:
    assert guarded(text) == cell


def test_simba_json_sets_known_bids_in_whole_fen(words: pd.DataFrame) -> None:
    sent = json.loads(export.simba_json(words))
    assert {"keywordId": 302, "maxPrice": 135, "matchScope": 4} in sent
    assert {"keywordId": 305, "maxPrice": 45} in sent  # its match type is not known
    assert 304 not in [row["keywordId"] for row in sent]  # its bid is only inferred


def test_the_same_plan_makes_the_same_page(
    head: dict[str, Any], words: pd.DataFrame, budgets: pd.DataFrame, curves: pd.DataFrame, behind: Background
) -> None:
    pages = [export.report_html(head, words, budgets, curves, behind, "zh") for _ in range(2)]
    assert pages[0] == pages[1]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_report_says_what_to_do_and_fetches_nothing(
    head: dict[str, Any],
    words: pd.DataFrame,
    budgets: pd.DataFrame,
    curves: pd.DataFrame,
    behind: Background,
    language: Any,
) -> None:
    page = export.report_html(head, words, budgets, curves, behind, language)
    told = re.sub(r"<script.*?</script>", "", page, flags=re.S)
    links = re.findall(r'(?:src|href)\s*=\s*"(.*?)"', told)
    assert [link for link in links if not link.startswith("#")] == ["../scorecard.html"]
    assert "default-src 'none'" in told
    assert {"zh": "改 5 个词的出价、2 个计划的日预算", "en": "Change 5 bids and 2 plan budgets"}[language] in told
    assert "&lt;14 天&gt; 花费 320 元无成交" in told
    assert "数据是昨天的" not in told.partition("<nav>")[0]  # a gate that passed
    assert told.index("花费 320 元") < told.index("没有宝贝表")
    assert {"zh": "夏装主推 / 半身裙：2 个词 15 天没有展现", "en": "夏装主推 / 半身裙: 2 个词"}[language] in told
    for chart in ("history", "campaigns", "frontier", "map-chart", "curve-chart"):
        assert f'id="{chart}"' in told


def test_report_of_a_night_without_changes(
    head: dict[str, Any], words: pd.DataFrame, budgets: pd.DataFrame, curves: pd.DataFrame, behind: Background
) -> None:
    quiet = head | {"status": "no_change", "gates": [], "warnings": [], "alerts": [], "binding": []}
    still = words.assign(bid_new=words["bid_now"])
    page = export.report_html(quiet, still, budgets.iloc[2:], curves, Background(behind.recent.iloc[:0]), "zh")
    assert "今天不用改" in page
    assert "没有需要注意的事" in page
