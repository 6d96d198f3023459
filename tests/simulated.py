"""A small simulated shop that several tests share: played once, read back from its exports."""

import datetime as dt
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bidopt import fit, store
from bidopt.fit import FittedModels, Panel
from bidopt.settings import Settings
from bidopt.simulate.market import Market
from bidopt.simulate.spec import MarketSpec
from bidopt.store import History
from bidopt.workspace import Workspace


@dataclass(frozen=True)
class Shop:
    """A played market, the exports of its first delivery, and what the store makes of them for `day`."""

    market: Market
    exports: tuple[Path, ...]
    history: History
    day: dt.date


@cache
def shop(family: str = "lognormal", words: int = 120, days: int = 40) -> Shop:
    market = Market(MarketSpec(family, words=words, history_days=days))
    market.play_history()
    folder = Path(tempfile.mkdtemp())
    exports = tuple(market.write_history_exports(folder))
    workspace = Workspace(folder / "shop")
    with workspace.lock():
        store.import_files(workspace, exports, lambda _: None)
    return Shop(market, exports, store.read_history(workspace, market.next_day), market.next_day)


@cache
def fitted(family: str = "lognormal") -> tuple[FittedModels, Panel]:
    played = shop(family)
    return fit.fit(played.history, Settings(), played.day)


def workspace_with(folder: Path, exports: tuple[Path, ...], settings: str = "") -> Workspace:
    """A workspace in `folder` with `exports` in its inbox and `settings` as its bidopt.toml."""
    workspace = Workspace(folder)
    workspace.inbox.mkdir(parents=True)
    workspace.settings_path.write_text(settings, "utf-8")
    for path in exports:
        (workspace.inbox / path.name).write_bytes(path.read_bytes())
    return workspace
