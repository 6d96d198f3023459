"""`bidopt.toml` as frozen values; every key, its default and its limits stand here once."""

import datetime as dt
import tomllib
from bisect import bisect_left
from collections.abc import Iterator
from functools import reduce
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails, PydanticKnownError

from bidopt.errors import SettingsError

FILE_NAME = "bidopt.toml"

Lax = Field(strict=False)
"""For tuples, which TOML writes as lists; what is in them stays strict."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)


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
    max_change: float | None = Field(None, ge=0)
    include_smart: bool = False


class _BidLimits(_Section):
    """Limits of some words' own; what is not given is that of the next wider: word, ad group, campaign, shop."""

    min_bid: float | None = Field(None, ge=0.05, le=99.99)
    max_bid: float | None = Field(None, ge=0.05, le=99.99)
    max_change: float | None = Field(None, gt=0, le=1)

    @model_validator(mode="after")
    def _bids_ordered(self) -> Self:
        if self.min_bid is not None and self.max_bid is not None and self.min_bid > self.max_bid:
            raise ValueError("min_bid 高于 / is above max_bid")
        return self


class Campaign(_BidLimits):
    id: str
    min_budget: float | None = Field(None, ge=0)
    max_budget: float | None = Field(None, gt=0)
    max_budget_change: float | None = Field(None, ge=0)
    min_spend: float = Field(0.0, ge=0)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        most = float("inf") if self.max_budget is None else self.max_budget
        if self.min_budget is not None and self.min_budget > most:
            raise ValueError("min_budget 高于 / is above max_budget")
        if self.min_spend > most:
            raise ValueError("min_spend 高于 / is above max_budget")
        return self


class AdGroup(_BidLimits):
    id: str


class Bids(_Section):
    min: float = Field(0.05, ge=0.05, le=99.99)
    max: float = Field(20.0, ge=0.05, le=99.99)
    max_change: float = Field(0.30, gt=0, le=1)
    min_change: float = Field(0.02, ge=0, le=1)
    max_changes: int = Field(0, ge=0)
    pause: bool = False
    locked: Annotated[tuple[str, ...], Lax] = ()

    @model_validator(mode="after")
    def _ordered(self) -> "Bids":
        if self.min > self.max:
            raise ValueError("bids.min 高于 / is above bids.max")
        return self


class WordClass(_BidLimits):
    """Words that contain one of these texts, or that are one of these (keyword or id)."""

    contains: Annotated[tuple[str, ...], Lax] = ()
    keywords: Annotated[tuple[str, ...], Lax] = ()
    incrementality: float | None = Field(None, ge=0, le=1)

    @model_validator(mode="after")
    def _some(self) -> Self:
        if not (self.contains or self.keywords):
            raise ValueError("contains 或 keywords 至少写一个 / needs contains or keywords")
        return self


class Attribution(_Section):
    window_days: Literal[1, 3, 7, 15, 30] = 15

    @field_validator("window_days", mode="before")
    @classmethod
    def _whole(cls, value: object) -> object:
        """A literal takes whatever equals it: 15.0, and true for 1."""
        if type(value) is not int:
            raise PydanticKnownError("int_type")
        return value


class Explore(_Section):
    share: float = Field(0.0, ge=0, le=0.5)


class Holdout(_Section):
    share: float = Field(0.05, ge=0, le=0.5)


class Gates(_Section):
    max_age_days: int = Field(2, ge=0)
    max_hole_days: int = Field(7, ge=0, description="a day missing within the last so many days stops the plan")
    max_vanished: float = Field(
        0.10, ge=0, le=1, description="words gone from the newest report or tables may have had so much of the spend"
    )
    max_total_jump: float = Field(
        1.0, gt=0, description="the newest day's spend, clicks and GMV may differ so much from its weekday's usual"
    )
    max_spend_error: float = Field(
        0.10, gt=0, description="the last 7 days' spend may have been forecast so much wrong, a fraction"
    )
    max_gmv_error: float = Field(0.15, gt=0, description="the same of their GMV")
    max_words_changed: float = Field(1.0, ge=0, le=1, description="so many of the words that may move may change")
    max_spend_moved: float = Field(0.6, ge=0, description="so much of the spend may move, beyond what the cap asks")


class Runs(_Section):
    keep_days: int = Field(180, ge=60)


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


_Named = Campaign | AdGroup


class Settings(_Section):
    """One shop's settings. Money in yuan, rates as fractions, ids as strings."""

    shop: Shop = Shop()
    objective: Objective = Objective()
    budget: Budget = Budget()
    campaign: Annotated[tuple[Campaign, ...], Lax] = ()
    ad_group: Annotated[tuple[AdGroup, ...], Lax] = ()
    bids: Bids = Bids()
    words: Annotated[tuple[WordClass, ...], Lax] = ()
    attribution: Attribution = Attribution()
    explore: Explore = Explore()
    holdout: Holdout = Holdout()
    gates: Gates = Gates()
    runs: Runs = Runs()
    promotion: Annotated[tuple[Promotion, ...], Lax] = ()

    @field_validator("campaign", "ad_group")
    @classmethod
    def _once(cls, sections: tuple[_Named, ...]) -> tuple[_Named, ...]:
        ids = [section.id for section in sections]
        twice = sorted({i for i in ids if ids.count(i) > 1})
        if twice:
            raise ValueError(f"id {', '.join(twice)} 写了不止一段，请合并 / appears more than once: put them together")
        return sections

    def daily_cap(self, day: dt.date) -> float:
        """The cap in yuan on `day`: a promotion's own where one is set, else the shop's."""
        caps = [p.daily_cap for p in self.promotion if p.daily_cap and p.start <= day <= p.end]
        return caps[-1] if caps else self.budget.daily_cap

    def capped(self, cap: float) -> Self:
        """The same with `cap` yuan as the cap of every day."""
        budget = self.budget.model_copy(update={"daily_cap": cap})
        promotions = tuple(one.model_copy(update={"daily_cap": None}) for one in self.promotion)
        return self.model_copy(update={"budget": budget, "promotion": promotions})


_WRONG = {
    "extra_forbidden": "没有这个设置项 / unknown key",
    "missing": "缺少这一项 / is missing",
    "float_type": "应为数字 / must be a number",
    "finite_number": "应为有限的数字 / must be a finite number",
    "int_type": "应为整数 / must be a whole number",
    "bool_type": "应为 true 或 false / must be true or false",
    "string_type": "应为带引号的文字 / must be text in quotes",
    "date_type": "应为不带引号的日期 / must be a date without quotes: 2026-06-16",
    "tuple_type": "应为列表 / must be a list",
    "model_type": "应为一组设置 / must be a table of keys",
    "literal_error": "应为其中之一 / must be one of: {expected}",
    "too_short": "不能为空 / must not be empty",
    "greater_than": "应大于 / must be above {gt:g}",
    "greater_than_equal": "不能小于 / must be at least {ge:g}",
    "less_than": "应小于 / must be below {lt:g}",
    "less_than_equal": "不能大于 / must be at most {le:g}",
    "value_error": "{error}",
}
"""What is wrong with a value, by pydantic's type of error."""

Keys = tuple[str | int, ...]
"""Where a value stands in a table, e.g. ("campaign", 1, "max_budget")."""


class _File(NamedTuple):
    """A settings file as it was read, without what it extends."""

    path: Path
    name: str
    text: str
    table: dict[str, Any]

    def place(self, keys: Keys) -> str:
        return f"{self.name} line {_line(self.text, keys)}"


def load(path: Path) -> Settings:
    """Read `path` and what it extends.

    Raises
    ------
    SettingsError
        Naming the key, the file and the line.
    """
    files = _chain(path)
    merged: dict[str, Any] = reduce(_overlaid, (file.table for file in reversed(files)))
    try:
        return Settings.model_validate(merged)
    except ValidationError as error:
        raise SettingsError("; ".join(_told(e, files) for e in error.errors())) from None


def _chain(path: Path) -> list[_File]:
    """The file at `path` and those that it extends, the nearest first."""
    files = [_read(path.resolve(), path.name)]
    while "extends" in files[-1].table:
        base = files[-1].table.pop("extends")
        where = f"{files[-1].place(('extends',))}: extends"
        if not isinstance(base, str):
            raise SettingsError(f"{where}: 应为带引号的文件名 / must be a file name in quotes.")
        path = (files[-1].path.parent / base).resolve()
        if path in [file.path for file in files]:
            raise SettingsError(f"{where}: 循环引用 / goes round in a circle.", "删去一处 / take one out.")
        if not path.is_file():
            raise SettingsError(f"{where}: {path} 不存在 / there is no such file.", "改正文件名 / mend the name.")
        files.append(_read(path, base))
    return files


def _read(path: Path, name: str) -> _File:
    try:
        text = path.read_text("utf-8-sig")
        return _File(path, name, text, tomllib.loads(text))
    except OSError as error:
        raise SettingsError(f"{path} 读不了 / cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{path} 不是 UTF-8 文本 / is not UTF-8.", "另存为 UTF-8 / save it as UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{name}: 写法有误 / is not valid TOML: {error}.") from None


def _overlaid(base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """`own` wins key by key; lists are replaced whole."""
    both = {k: _overlaid(base[k], v) for k, v in own.items() if isinstance(v, dict) and isinstance(base.get(k), dict)}
    return base | own | both


def _told(error: ErrorDetails, files: list[_File]) -> str:
    """File, line, key and what is wrong with it."""
    keys = error["loc"]
    written = keys[:-1] if error["type"] == "missing" else keys
    file = next(file for file in files if _holds(file.table, written))
    name = ".".join(key for key in keys if isinstance(key, str))
    what = _WRONG.get(error["type"], error["msg"]).format(**error.get("ctx", {}))
    return f"{file.place(written)}: {name}: {what}"


def _holds(table: Any, keys: Keys) -> bool:
    """Whether something is written at `keys`."""
    try:
        reduce(lambda inner, key: inner[key], keys, table)
    except (KeyError, IndexError, TypeError):
        return False
    return True


def _line(text: str, keys: Keys) -> int:
    """The line where the statement begins that writes `keys`."""
    statements, lines = list(_statements(text)), text.split("\n")
    found = bisect_left(statements, True, key=lambda span: _holds(tomllib.loads("\n".join(lines[: span[1]])), keys))
    return statements[found][0]


def _statements(text: str) -> Iterator[tuple[int, int]]:
    """First and last line of each statement: the fewest lines that are TOML by themselves."""
    begun: list[str] = []
    for number, line in enumerate(text.split("\n"), 1):
        begun.append(line)
        # A value over many lines ends in one of these; to parse it at every line would take long.
        if len(begun) > 1 and not any(end in line for end in ("]", '"""', "'''")):
            continue
        try:
            tomllib.loads("\n".join(begun))
        except tomllib.TOMLDecodeError:
            continue
        yield number - len(begun) + 1, number
        begun = []
