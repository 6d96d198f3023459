"""Pictures of the demo's report for the READMEs, in docs/pictures: `python docs/make_pictures.py` (needs Chromium)."""

import re
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import sync_playwright

from bidopt import nightly
from bidopt.cli import init
from bidopt.simulate.demo import demo_settings, write_demo

PICTURES = Path(__file__).with_name("pictures")
SIZE = {"width": 1366, "height": 768}
EDGE = 10
"""Pixels left around a section."""
PATIENCE = 180_000
"""Milliseconds: a busy machine is no failure."""


def report(folder: Path, language: str) -> Path:
    """The page of the demo shop's night in `language`."""
    settings = re.sub(r"^(name = .*)$", rf'\1\nlanguage = "{language}"', demo_settings(), count=1, flags=re.M)
    shop = init.make(folder, settings)
    night = nightly.run(shop, write_demo(shop.inbox), lambda _: None)
    return night.run_dir / "report.html"


def shoot(page: Any, language: str) -> None:
    """What opens first, and a word's curve with what was observed on it."""
    page.screenshot(path=PICTURES / f"plan-{language}.png")
    page.select_option("#figure", "spend")
    box = page.locator("#explorer").bounding_box()
    clip = {"x": box["x"] - EDGE, "y": box["y"] - EDGE, "width": box["width"] + 2 * EDGE, "height": box["height"]}
    page.screenshot(path=PICTURES / f"word-{language}.png", full_page=True, clip=clip)


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    browser_path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with TemporaryDirectory() as folder, sync_playwright() as started:
        browser = started.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        for language in ("zh", "en"):
            page = browser.new_page(viewport=SIZE)
            page.set_default_timeout(PATIENCE)
            page.goto(report(Path(folder, language), language).as_uri())
            page.wait_for_selector("#days-chart .main-svg")
            shoot(page, language)
        browser.close()


if __name__ == "__main__":
    main()
