"""bidopt.toml: types are strict, and what is wrong is said with its file and line, in plain words."""

import datetime as dt
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bidopt.errors import SettingsError
from bidopt.settings import Campaign, Promotion, Settings, load


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "bidopt.toml"


def refusal(file: Path, text: str) -> str:
    """What is said of a file that holds `text`."""
    file.write_text(text, "utf-8")
    with pytest.raises(SettingsError) as refused:
        load(file)
    return str(refused.value)


def test_everything_toml_can_say_is_read_as_it_stands(file: Path) -> None:
    text = """
    budget.daily_cap = 400
    bids = { max_changes = 7, locked = ["品牌词"] }
    campaign = [{ id = "1", max_budget = 900 }]
    [[promotion]]
    name = "618"
    start = 2026-06-16
    end = 2026-06-20
    """
    file.write_text(text, "utf-8")
    read = load(file)
    assert (read.budget.daily_cap, read.bids.max_changes, read.bids.locked) == (400.0, 7, ("品牌词",))
    assert read.campaign == (Campaign(id="1", max_budget=900),)
    assert read.promotion == (Promotion(name="618", start=dt.date(2026, 6, 16), end=dt.date(2026, 6, 20)),)


@pytest.mark.parametrize(
    ("section", "value", "said"),
    [
        ("[budget]", 'daily_cap = "400"', "应为数字 / must be a number"),
        ("[budget]", "daily_cap = true", "应为数字 / must be a number"),
        ("[budget]", "daily_cap = nan", "应为有限的数字 / must be a finite number"),
        ("[budget]", "daily_cap = 0", "应大于 / must be above 0"),
        ("[budget]", 'reallocate = "no"', "应为 true 或 false / must be true or false"),
        ("[budget]", "reallocate = 1", "应为 true 或 false / must be true or false"),
        ("[bids]", "max_changes = 2.0", "应为整数 / must be a whole number"),
        ("[bids]", "max = 100", "不能大于 / must be at most 99.99"),
        ("[bids]", "min = 0.01", "不能小于 / must be at least 0.05"),
        ("[bids]", 'locked = "品牌词"', "应为列表 / must be a list"),
        ("[bids]", "locked = [3]", "应为带引号的文字 / must be text in quotes"),
        ("[objective]", "default_refund_rate = 1", "应小于 / must be below 1"),
        ("[attribution]", "window_days = 15.0", "应为整数 / must be a whole number"),
        ("[attribution]", "window_days = true", "应为整数 / must be a whole number"),
        ("[attribution]", "window_days = 2", "应为其中之一 / must be one of: 1, 3, 7, 15 or 30"),
        ("[[campaign]]", "id = 90001000001", "应为带引号的文字 / must be text in quotes"),
        ("[[words]]", "contains = 3", "应为列表 / must be a list"),
        ("[[promotion]]", 'start = "2026-06-16"', "应为不带引号的日期 / must be a date without quotes"),
        ("[[promotion]]", "start = 2026-06-16T00:00:00", "应为不带引号的日期 / must be a date without quotes"),
    ],
)
def test_wrong_value_is_told_with_key_and_line(file: Path, section: str, value: str, said: str) -> None:
    key = f"{section.strip('[]')}.{value.split()[0]}"
    assert f"bidopt.toml line 3: {key}: {said}" in refusal(file, f"# 设置\n{section}\n{value}\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("budget = 3", "line 1: budget: 应为一组设置 / must be a table of keys"),
        ("\n[campaign]\nid = '1'", "line 2: campaign: 应为列表 / must be a list"),
        (
            "\n[[words]]\nincrementality = 0.3",
            "line 2: words: contains 或 keywords 至少写一个 / needs contains or keywords",
        ),
        ("[bids]\nmin = 9\nmax = 8", "line 1: bids: bids.min 高于 / is above bids.max"),
        (
            "[[campaign]]\nid = '1'\n[[campaign]]\nid = '1'",
            "line 1: campaign: id 1 写了不止一段，请合并 / appears more than once: put them together",
        ),
    ],
)
def test_wrong_section_is_told_at_its_head(file: Path, text: str, said: str) -> None:
    assert f"bidopt.toml {said}" in refusal(file, text)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("\nbudget = { daily_cap = 400, foo = 2 }", 2),
        ("shop.name = '店'\nbudget.daily_cap = 400\nbudget.foo = 2", 3),
        ('[budget]\n"foo" = 2', 2),
        ("[shop]\nfoo.bar = 1\n[bids]\nlocked = [\n  'a]',\n  # ]\n]\n[budget]\r\nfoo = 2", 9),
        ('[shop]\nname = """\n[budget]\nfoo = 2"""\n[budget]\nfoo = 2', 6),
        ("[budget]\n\n\nfoo = [\n1,\n]", 4),
    ],
)
def test_line_is_found_however_the_key_is_written(file: Path, text: str, line: int) -> None:
    assert f"bidopt.toml line {line}: budget.foo: 没有这个设置项 / unknown key" in refusal(file, text)


def test_the_second_table_of_a_list_has_its_own_line(file: Path) -> None:
    said = refusal(file, "[[campaign]]\nid = '1'\nmax_budget = 9\n[[campaign]]\nid = '2'\nmax_budget = 0\n")
    assert "line 6: campaign.max_budget" in said


def test_mistake_in_an_extended_file_names_that_file_and_line(file: Path) -> None:
    (file.parent / "agency.toml").write_text("[budget]\nmin_campaign = 'x'\ndaily_cap = 'x'\n", "utf-8")
    said = refusal(file, "extends = 'agency.toml'\n[budget]\ndaily_cap = true\n")
    assert "agency.toml line 2: budget.min_campaign" in said
    assert "bidopt.toml line 3: budget.daily_cap" in said


def test_extended_file_fills_what_this_one_leaves_open(file: Path) -> None:
    base = "[budget]\ndaily_cap = 5\nmin_campaign = 50\n[[campaign]]\nid = '1'\n[[campaign]]\nid = '2'\n"
    (file.parent / "agency.toml").write_text(base, "utf-8")
    file.write_text("extends = 'agency.toml'\n[budget]\ndaily_cap = 7\n[[campaign]]\nid = '3'\n", "utf-8")
    read = load(file)
    assert (read.budget.daily_cap, read.budget.min_campaign) == (7, 50)
    assert [campaign.id for campaign in read.campaign] == ["3"]


@pytest.mark.parametrize(
    ("base", "said"),
    [("3", "must be a file name"), ("'none.toml'", "there is no such file"), ("'bidopt.toml'", "round in a circle")],
)
def test_what_cannot_be_extended_is_told_with_its_line(file: Path, base: str, said: str) -> None:
    told = refusal(file, f"\nextends = {base}\n")
    assert told.startswith("bidopt.toml line 2: extends: ")
    assert said in told


VALUES = ["1", "-1", "0.5", "nan", "true", "'x'", "[]", "[1]", "{}", "{ x = 1 }", "2026-06-16", "2026-06-16T08:30:00"]
KEYS = [
    section if field is None else f"{section}.{field}"
    for section, info in Settings.model_fields.items()
    for field in (None, *getattr(info.annotation, "model_fields", {}))
]


def mistakes(file: Path) -> list[str]:
    try:
        load(file)
    except SettingsError as refused:
        return refused.message.split("; ")
    return []


@given(
    st.lists(
        st.tuples(st.sampled_from(KEYS), st.sampled_from(VALUES)),
        min_size=1,
        max_size=3,
        unique_by=lambda pair: pair[0],
    )
)
def test_every_mistake_has_its_line_and_plain_words(
    tmp_path_factory: pytest.TempPathFactory, written: list[tuple[str, str]]
) -> None:
    file = tmp_path_factory.getbasetemp() / "bidopt.toml"
    file.write_text("\n".join(f"{key} = {value}" for key, value in written), "utf-8")
    for mistake in mistakes(file):
        assert re.match(r"bidopt\.toml: 写法有误 / is not valid TOML|bidopt\.toml line [1-3]: [\w.]+: .+ / ", mistake)
        assert "Input should" not in mistake
