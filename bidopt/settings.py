"""`bidopt.toml` as frozen values; every key, its default and its limits stand here once."""

import datetime as dt
import re
import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from bidopt.errors import SettingsError

FILE_NAME = "bidopt.toml"


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Shop(_Section):
    name: str = "示例店铺"
    language: Literal["zh", "en"] = "zh"


class Objective(_Section):
    maximise: Literal["profit", "gmv", "orders", "clicks", "roi"] = "profit"
    default_margin: float = Field(0.35, gt=0, le=1)
    default_refund_rate: float = Field(0.0, ge=0, lt=1)
    min_roi: float = Field(0.0, ge=0)
    min_spend: float = Field(0.8, ge=0, le=1)
    risk_aversion: float = Field(0.0, ge=0)
    orders: Literal["total", "direct"] = "total"


class Budget(_Section):
    daily_cap: float = Field(3000.0, gt=0)
    reallocate: bool = True
    min_campaign: float = Field(30.0, ge=0)
    include_smart: bool = False


class Campaign(_Section):
    id: str
    min_budget: float | None = Field(None, ge=0)
    max_budget: float | None = Field(None, gt=0)

    @model_validator(mode="after")
    def _ordered(self) -> "Campaign":
        if self.min_budget is not None and self.max_budget is not None and self.min_budget > self.max_budget:
            raise ValueError("min_budget 高于 / is above max_budget")
        return self


class Bids(_Section):
    min: float = Field(0.05, ge=0.05, le=99.99)
    max: float = Field(20.0, ge=0.05, le=99.99)
    max_change: float = Field(0.30, gt=0, le=1)
    min_change: float = Field(0.02, ge=0, le=1)
    max_changes: int = Field(0, ge=0)
    pause: bool = False
    locked: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _ordered(self) -> "Bids":
        if self.min > self.max:
            raise ValueError("bids.min 高于 / is above bids.max")
        return self


class WordClass(_Section):
    contains: tuple[str, ...] = Field(min_length=1)
    incrementality: float = Field(1.0, ge=0, le=1)


class Attribution(_Section):
    window_days: Literal[1, 3, 7, 15, 30] = 15


class Explore(_Section):
    share: float = Field(0.05, ge=0, le=0.5)


class Holdout(_Section):
    share: float = Field(0.05, ge=0, le=0.5)


class Gates(_Section):
    max_age_days: int = Field(2, ge=0)
    max_hole_days: int = Field(7, ge=0, description="a day missing within the last so many days stops the plan")
    max_total_jump: float = Field(
        1.0, gt=0, description="the newest day's spend may differ so much from its weekday's usual"
    )


class Promotion(_Section):
    name: str
    start: dt.date
    end: dt.date
    daily_cap: float | None = Field(None, gt=0)

    @model_validator(mode="after")
    def _ordered(self) -> "Promotion":
        if self.end < self.start:
            raise ValueError("结束早于开始 / the promotion ends before it starts")
        return self


class Settings(_Section):
    """One shop's settings. Money in yuan, rates as fractions, ids as strings."""

    shop: Shop = Shop()
    objective: Objective = Objective()
    budget: Budget = Budget()
    campaign: tuple[Campaign, ...] = ()
    bids: Bids = Bids()
    words: tuple[WordClass, ...] = ()
    attribution: Attribution = Attribution()
    explore: Explore = Explore()
    holdout: Holdout = Holdout()
    gates: Gates = Gates()
    promotion: tuple[Promotion, ...] = ()

    def daily_cap(self, day: dt.date) -> float:
        """The cap in yuan on `day`: a promotion's own where one is set, else the shop's."""
        caps = [p.daily_cap for p in self.promotion if p.daily_cap and p.start <= day <= p.end]
        return caps[-1] if caps else self.budget.daily_cap


def load(path: Path) -> Settings:
    """Read `path` and what it extends.

    Raises
    ------
    SettingsError
        Naming the key and the line.
    """
    try:
        return Settings.model_validate(_merged(path, ()))
    except ValidationError as error:
        text = path.read_text("utf-8-sig")
        raise SettingsError("; ".join(_told(e, path, text) for e in error.errors())) from None


def _merged(path: Path, seen: tuple[Path, ...]) -> dict[str, Any]:
    path = path.resolve()
    if path in seen:
        raise SettingsError(f"{path.name}: extends 循环引用 / goes round in a circle.", "删去一处 / take one out.")
    try:
        text = path.read_text("utf-8-sig")
    except FileNotFoundError:
        raise SettingsError(f"{path} 不存在 / does not exist.", "先运行 / make it with: bidopt init DIR") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{path} 不是 UTF-8 文本 / is not UTF-8.", "另存为 UTF-8 / save it as UTF-8.") from None
    try:
        own = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path.name}: {error}.") from None
    base = own.pop("extends", None)
    if base is None:
        return own
    if not isinstance(base, str):
        raise SettingsError(f"{path.name} line {_line(text, ('extends',))}: extends 应为文件名 / must be a file name.")
    return _overlaid(_merged(path.parent / base, (*seen, path)), own)


def _overlaid(base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """`own` wins key by key; lists are replaced whole."""
    both = {k: _overlaid(base[k], v) for k, v in own.items() if isinstance(v, dict) and isinstance(base.get(k), dict)}
    return base | own | both


def _told(error: Any, path: Path, text: str) -> str:
    keys = tuple(error["loc"])
    name = ".".join(str(k) for k in keys)
    what = (
        "没有这个设置项 / unknown key"
        if error["type"] == "extra_forbidden"
        else error["msg"].removeprefix("Value error, ")
    )
    line = _line(text, keys)
    where = f" line {line}" if line else " (in a file it extends)"
    return f"{path.name}{where}: {name}: {what}"


def _line(text: str, keys: tuple[Any, ...]) -> int | None:
    """The line where `keys` (a path like ("campaign", 1, "max_budget")) is written."""
    section, index = str(keys[0]), next((k for k in keys if isinstance(k, int)), 0)
    leaf = next((str(k) for k in reversed(keys[1:]) if isinstance(k, str)), None)
    inside, count, head = False, -1, None
    for number, line in enumerate(text.splitlines(), 1):
        if match := re.match(r"\s*\[\[?\s*([\w.\-]+)\s*\]\]?", line):
            inside = match[1] == section
            count += inside
            if inside and count == index:
                head = number
        elif (leaf is None and re.match(rf"\s*{re.escape(section)}\s*=", line)) or (
            inside and count == index and leaf and re.match(rf"\s*\"?{re.escape(leaf)}\"?\s*=", line)
        ):
            return number
    return head
