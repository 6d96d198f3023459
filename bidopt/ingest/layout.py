"""Report layouts: one TOML file each, recognised by the header and by nothing else.

A layout names the headers of each canonical column (the first that a file has is read), the columns it
cannot do without (`a|b`: either), the headers that tell it from its relatives (`marks`), those that rule
it out (`never`), those that only split a row in parts (`parts`), and those known and not read (`ignored`).
"""

import re
import tomllib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

TableKind = Literal["keyword_day", "words", "plans", "items"]


class Layout(BaseModel):
    """One report layout, as its file says it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    title: str
    kind: TableKind
    required: tuple[str, ...]
    columns: dict[str, tuple[str, ...]]
    marks: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    units: dict[str, float] = {}
    values: dict[str, dict[str, str]] = {}


@dataclass(frozen=True)
class Column:
    """Where a canonical column stands in a file: `divisor` brings its numbers to the canonical unit."""

    position: int
    header: str
    divisor: float = 1.0


@dataclass(frozen=True)
class Match:
    """A header row read with a layout; `twice` are the headers of columns to read that it has more than once."""

    layout: Layout
    columns: dict[str, Column]
    parts: tuple[int, ...]
    unknown: tuple[str, ...]
    twice: tuple[str, ...]
    score: tuple[int, int]


@cache
def layouts() -> tuple[Layout, ...]:
    """Every layout there is; those that extend another come last, so that they win no tie."""
    files = [file for file in (resources.files("bidopt.ingest") / "layouts").iterdir() if file.name.endswith(".toml")]
    raw = {file.name.removesuffix(".toml"): tomllib.loads(file.read_text("utf-8")) for file in files}
    plain_first = sorted(raw, key=lambda name: ("extends" in raw[name], name))
    return tuple(Layout(name=name, **_extended(raw[name], raw)) for name in plain_first)


def recognise(header: Sequence[str]) -> Match | None:
    """The layout that fits `header` best, None where none does."""
    fits = [m for m in (_matched(layout, header) for layout in layouts()) if not missing(m)]
    return max(fits, key=lambda m: m.score, default=None)


def nearest(header: Sequence[str]) -> Match:
    """The layout that comes closest to `header`, fitting or not: for saying what is missing."""
    return max((_matched(layout, header) for layout in layouts()), key=lambda m: (len(m.columns), m.score))


def missing(match: Match) -> list[str]:
    """What keeps a layout from fitting, in the words of its headers."""
    layout = match.layout
    lacks = [need for need in layout.required if not any(name in match.columns for name in need.split("|"))]
    barred = [header for header in layout.never if any(name.startswith(header) for name in match.unknown)]
    return ["/".join(layout.columns[name][0] for name in need.split("|")) for need in lacks] + barred


def _matched(layout: Layout, header: Sequence[str]) -> Match:
    plain = [_plain(cell) for cell in header]
    places = _places(plain, layout.units)
    columns = {}
    for canonical, aliases in layout.columns.items():
        if found := next((places[_plain(alias)] for alias in aliases if _plain(alias) in places), None):
            columns[canonical] = Column(found[0], header[found[0]].strip(), found[1])
    known = {_plain(name) for name in (*layout.ignored, *layout.parts)}
    read = {place for name, (place, _) in places.items() if name in known}
    read |= {column.position for column in columns.values()}  # not every alias: of two, one is not read
    unknown = tuple(
        re.sub(r"[\x00-\x1f]", "", cell).strip() for i, cell in enumerate(header) if plain[i] and i not in read
    )
    parts = tuple(places[_plain(name)][0] for name in layout.parts if _plain(name) in places)
    marks = sum(_plain(mark) in places for mark in layout.marks)
    twice = tuple(column.header for column in columns.values() if plain.count(_plain(column.header)) > 1)
    return Match(layout, columns, parts, unknown, twice, (marks, len(columns)))


def _places(plain: Sequence[str], units: dict[str, float]) -> dict[str, tuple[int, float]]:
    """Where each header stands first, and its divisor; a header with a unit is found without it too."""
    places = {name: (i, 1.0) for i, name in reversed(list(enumerate(plain)))}
    for suffix, divisor in units.items():
        for i, name in enumerate(plain):
            if name.endswith(suffix):
                places.setdefault(name.removesuffix(suffix), (i, divisor))
    return places


@lru_cache(4096)  # the layouts' own names are asked for again with every row that may be a header
def _plain(header: str) -> str:
    """A header without spaces, full-width forms, case or the guards that keep Excel off."""
    return re.sub(r"[\s\ufeff\"'=]", "", unicodedata.normalize("NFKC", header)).lower()


def _extended(own: dict[str, Any], raw: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """`own` over the layout that it extends; tables and `ignored` add up, all else replaces."""
    if "extends" not in own:
        return own
    base = _extended(raw[own["extends"]], raw)
    tables = {key: {**base.get(key, {}), **own.get(key, {})} for key in ("columns", "units", "values")}
    rest = {key: value for key, value in own.items() if key != "extends"}
    return {**base, **rest, **tables, "ignored": [*base.get("ignored", []), *own.get("ignored", [])]}
