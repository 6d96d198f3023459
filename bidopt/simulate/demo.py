"""The demo shop: a simulated shop's first delivery, ready for the inbox of a new workspace."""

from datetime import date
from pathlib import Path

from bidopt.simulate.market import Market
from bidopt.simulate.spec import MarketSpec

SPEC = MarketSpec(family="lognormal", seed=7, words=180, history_days=60)
DAILY_CAP = 1200.0


def write_demo(folder: Path) -> date:
    """Write 60 days of exports of a shop with 180 words into `folder`; return the day to plan for."""
    market = Market(SPEC)
    market.play_history()
    folder.mkdir(parents=True, exist_ok=True)
    market.write_history_exports(folder)
    return market.next_day


def demo_settings() -> str:
    """The lines of `bidopt.toml` that the demo shop has beyond the defaults."""
    promotions = [f'\n[[promotion]]\nname = "{p.name}"\nstart = {p.start}\nend = {p.end}\n' for p in SPEC.promotions]
    return f'[shop]\nname = "示例店铺（模拟数据）"\n\n[budget]\ndaily_cap = {DAILY_CAP:.0f}\n' + "".join(promotions)
