"""The night's report as a real browser shows it: on a desk and on a phone, in both languages."""

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bidopt import nightly
from simulated import shop, workspace_with

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium or Chrome on the path")
playwright = pytest.importorskip("playwright.sync_api")

DESK, PHONE = (1366, 768), (390, 844)
CHARTS = ("history", "campaigns", "frontier", "map-chart", "curve-chart", "days-chart", "week")
LARGEST = 6_000_000
WORDS = "JSON.parse(document.getElementById('words-data').textContent).words"
CLICK_ON_MAP = "place => document.getElementById('map-chart').emit('plotly_click', {points: [{customdata: place}]})"


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The folders of one night in Chinese and in English."""
    folder, played = tmp_path_factory.mktemp("report"), shop()
    found = {}
    for language in ("zh", "en"):
        settings = f'[shop]\nname = "A"\nlanguage = "{language}"\n[budget]\ndaily_cap = 800\n'
        workspace = workspace_with(folder / language, played.exports, settings)
        found[language] = nightly.run(workspace, played.day, lambda _: None).run_dir
    return found


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield opened
        opened.close()


@dataclass
class Shown:
    """A report in the browser: `said` on the console, `asked` of the network."""

    page: Any
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def shown(runs: dict[str, Path], browser: Any) -> Any:
    """The report by language and size of the window."""
    kept: dict[Any, Shown] = {}

    def show(language: str, size: tuple[int, int] = DESK) -> Shown:
        if (language, size) not in kept:
            page = browser.new_page(viewport={"width": size[0], "height": size[1]})
            page.set_default_timeout(180_000)  # a busy machine is no failure
            told = Shown(page)
            page.on("console", lambda message: told.said.append(message.text))
            page.on("pageerror", lambda error: told.said.append(str(error)))
            page.on("request", lambda request: told.asked.append(request.url))
            page.goto((runs[language] / "report.html").as_uri())
            page.wait_for_selector("#days-chart .main-svg")
            kept[language, size] = told
        return kept[language, size]

    return show


@pytest.mark.parametrize("size", [DESK, PHONE])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_page_draws_all_without_network_errors_or_scrolling_sideways(
    shown: Any, runs: dict[str, Path], language: str, size: tuple[int, int]
) -> None:
    told = shown(language, size)
    assert told.said == []
    assert told.asked == [(runs[language] / "report.html").as_uri()]
    for chart in CHARTS:
        assert told.page.locator(f"#{chart} .main-svg").count() > 0, chart
        box = told.page.locator(f"#{chart}").bounding_box()
        assert box["width"] > 300, chart
        assert box["x"] + box["width"] <= size[0], chart
    assert told.page.evaluate("document.documentElement.scrollWidth") == size[0]


def test_page_is_small(runs: dict[str, Path]) -> None:
    assert (runs["zh"] / "report.html").stat().st_size < LARGEST


def test_english_page_has_chinese_in_names_alone(shown: Any) -> None:
    names = "\n".join(shown("en").page.locator("h1, h2, h3:not(#word-name), th, label, .tile, nav").all_inner_texts())
    assert not re.search(r"[\u4e00-\u9fff]", names), names
    assert "Keyword bids" in names


def test_every_word_is_found_and_shows_its_curve_and_what_was_observed(shown: Any) -> None:
    page = shown("zh").page
    name = page.evaluate(f"{WORDS}.filter(w => w.curve.bid && w.points.bid.length)[3].name")
    page.fill("#search", name[1:].upper())
    found = page.locator("#found button")
    assert found.count() > 0
    assert all(name[1:] in text for text in found.all_inner_texts())
    page.press("#search", "Enter")
    assert page.inner_text("#word-name") in found.first.inner_text()
    page.fill("#search", name)
    found.first.click()
    assert page.inner_text("#word-name") == name
    (mode, options), (_, bids) = page.evaluate(
        "document.getElementById('curve-chart').data.slice(0, 2).map(t => [t.mode, t.x.length])"
    )
    assert mode == "lines"
    assert options > 10
    assert bids >= 1
    page.fill("#search", "没有这个词")
    assert found.count() == 0
    assert "没有找到" in page.inner_text("#found")


def test_curve_shows_the_figure_asked_for_with_the_plan_on_it(shown: Any) -> None:
    page = shown("zh").page
    place = page.evaluate(f"{WORDS}.findIndex(w => w.curve.bid && w.now !== w.new)")
    page.evaluate(CLICK_ON_MAP, place)
    heights = {}
    for figure in ("profit", "spend"):
        page.select_option("#figure", figure)
        traces = page.evaluate("document.getElementById('curve-chart').data.map(t => [t.x, t.y])")
        (bids, line), now, new = traces[0], traces[-2], traces[-1]
        for (bid,), (height,) in (now, new):
            assert line[bids.index(bid)] == height
        heights[figure] = line
    assert heights["spend"] == sorted(heights["spend"])
    assert heights["profit"] != heights["spend"]


def test_a_word_of_the_changes_leads_to_its_curve(shown: Any) -> None:
    page = shown("zh").page
    word = page.locator("button.word").nth(3)
    word.click()
    assert page.inner_text("#word-name") == word.inner_text()
    assert page.evaluate("document.getElementById('explorer').getBoundingClientRect().top") < DESK[1] / 2


def test_a_word_on_the_map_leads_to_its_curve(shown: Any) -> None:
    page = shown("zh").page
    page.evaluate(CLICK_ON_MAP, 5)
    assert page.inner_text("#word-name") == page.evaluate(f"{WORDS}[5].name")


def test_page_prints(shown: Any, tmp_path: Path) -> None:
    page = shown("zh").page
    printed = page.pdf(format="A4", path=tmp_path / "report.pdf")
    pages = len(re.findall(rb"/Type /Page\b", printed))
    assert 4 <= pages <= 14
    assert os.path.getsize(tmp_path / "report.pdf") > 50_000
    assert page.evaluate("document.documentElement.scrollWidth") == DESK[0]
