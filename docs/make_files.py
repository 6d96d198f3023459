"""Write docs/files.md, the reference of settings and files, from the program itself: `python docs/make_files.py`.

Settings come from bidopt/settings.py and the comments of bidopt.toml, tables from bidopt/schema.py, headers from the
report layouts, change lists from bidopt/export.
"""

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from bidopt.cli.init import template
from bidopt.export.wujie import BID_COLUMNS, BUDGET_COLUMNS
from bidopt.ingest.layout import Layout, layouts
from bidopt.prose import COLUMN
from bidopt.schema import FRAMES, STAMP
from bidopt.settings import Settings

PAGE = Path(__file__).with_name("files.md")
HEAD = """# Settings and files

Made by `make docs` from the program itself; a test fails when it is stale. Money is yuan, rates are fractions, ids are
text, dates are the shop's local days. What the columns of exports mean, and what becomes of a row:
[data/README.md](../data/README.md). Model files and backtests: [models/README.md](../models/README.md).

设置项和文件的参考，由程序生成。金额是元，比例是小数，ID 是文本。
"""
BOUNDS = {Ge: "≥", Gt: ">", Le: "≤", Lt: "<"}
FIGURES = ("impressions", "clicks", "spend", "orders", "gmv", "profit")
ENDS = ("", "_low", "_high")

Rows = dict[tuple[str, ...], str]
"""What columns hold, by their names."""

RECOMMENDATIONS: Rows = {
    ("date",): "the day that is planned for",
    ("campaign_id", "campaign_name", "ad_group_id", "ad_group_name", "item_id", "keyword_id", "keyword"): "",
    ("match_type",): "exact, phrase, broad, or empty where not known",
    ("bid_now", "bid_new"): "yuan: in force and recommended",
    ("bid_lowest", "bid_highest"): "yuan: between which the bid may be this night",
    ("bid_inferred",): "no table tells the bid in force: it follows from what was paid",
    ("reason", "limited_by"): "codes; words for them are in `bids.csv`",
    tuple(f"{side}_{name}{end}" for side, name, end in product(("now", "new"), FIGURES, ENDS)): "`now_X` at today's "
    "bids and budgets, `new_X` at the plan's: impressions, clicks, spend, orders, gmv, profit a day, final and after "
    "refunds, with the 80 % interval of what will come to pass",
    tuple(f"{name}{end}" for name, end in product(("ctr", "cvr", "order_value"), ENDS)): "at today's bid; with the "
    "80 % interval of what is known of it",
    ("scene_id", "scene_name", "word_type", "quality_score"): "as the newest tables have them",
    ("limit_value",): "where that limit stands, in its own unit; missing where it has none",
    tuple(
        f"more_{name}" for name in ("clicks", "spend", "gmv", "profit")
    ): "what the move alone changes a day, before budgets cut anything off",
    ("return_here", "return_elsewhere"): "of a bid cut for a cap: what a yuan of the spend given up brought of the "
    "objective here, and what it brings elsewhere",
    ("word_class",): "new, converted, saved, clicked, clicked_untold, shown or unseen: how far the last 15 days got",
    ("trend",): "rising, falling, or empty",
    tuple(f"seen_{name}" for name in ("impressions", "clicks", "spend", "carts", "orders", "gmv")): "reported of the "
    "last 15 days; carts with favourites",
    ("holdout_layer",): "the layer of like spend that the word was drawn from, -1: none",
}
CURVES: Rows = {
    ("campaign_id", "ad_group_id", "keyword_id"): "",
    ("bid",): "yuan; 0: the word paused",
    FIGURES: "means of a day at that bid before budgets cut anything off",
    ("value",): "what is maximised, anything for risk and learning included",
}
MODEL_WORDS: Rows = {
    ("campaign_id", "ad_group_id", "keyword_id", "campaign_name", "ad_group_name", "item_id", "item_name"): "",
    ("keyword", "word_type", "scene_id", "scene_name", "match_type", "quality_score", "min_bid", "status"): "as the "
    "newest tables and reports have them",
    ("listed", "no_table"): "in the newest word table of its ad group; no table lists the ad group",
    ("bid_now", "bid_known"): "yuan; some table or report tells it",
    ("active",): "it can be shown",
    ("demand", "demand_spread"): "impressions of the day at full reach, before budgets cut; relative sd",
    ("location", "location_spread"): "log yuan: the bid at which the mean rank is 2; its sd",
    ("premium",): "effective bid / bid",
    ("paid", "paid_spread"): "log CPC beyond the pooled curve; its sd",
    ("steeper", "elasticity", "elasticity_spread"): "multiple of the pool's elasticity; elasticity of impressions at "
    "today's bid; the log sd of both",
    ("ctr", "ctr_spread"): "at today's bid; relative sd",
    ("cvr", "cvr_spread", "item_spread"): "final orders a click on the day; relative sd; the part of that which the "
    "words of an item share",
    ("order_value", "value_spread"): "yuan an order before refunds; relative sd",
    ("orders_to_come",): "orders of the last 15 days' clicks that no report knows yet",
    ("margin", "refund_rate", "incrementality", "stock"): "of the item and the word's class",
    ("seen_impressions", "seen_clicks", "seen_orders"): "of the last 15 days",
}
RUN_FILES = (
    ("runs/<run_id>/recommendations.parquet", "every word", RECOMMENDATIONS),
    ("runs/<run_id>/curves.parquet", "what the optimiser chose from: a row a word and bid", CURVES),
    ("models/<run_id>/words.parquet", "what the models believe of each word", MODEL_WORDS),
)
TYPES = {float: "number", int: "whole number", bool: "true, false", str: "text", dt.date: "date"}


def documented(rows: Rows) -> set[str]:
    """The names of all columns that `rows` tells of."""
    return {name for names in rows for name in names}


def meanings() -> dict[tuple[str, str], str]:
    """By section and key, what the comments of bidopt.toml say of it."""
    found, section = {}, ""
    for line in template().splitlines():
        bare = line.removeprefix("# ")
        if header := re.match(r"\[+(\w+)\]+", bare):
            section = header[1]
        elif setting := re.match(r"(\w+) = .*?\s# (.+)$", bare):
            found[section, setting[1]] = setting[2]
    return found


def settings() -> Iterator[str]:
    """A section a table of `bidopt.toml`."""
    told = meanings()
    yield '\n## Settings\n\n`bidopt.toml`; `extends = "../agency.toml"` on top takes in another file.\n'
    for section, field in Settings.model_fields.items():
        model, many = _model(field)
        yield f"\n### {section}\n\n`[[{section}]]`, as many as needed.\n" if many else f"\n### {section}\n"
        rows = [
            (f"`{key}`", _type(one), _default(one), told.get((section, key), one.description or ""))
            for key, one in sorted(model.model_fields.items(), key=lambda pair: pair[0] not in model.__annotations__)
        ]
        yield _table(("key", "value", "default", "meaning"), rows)


def _model(field: FieldInfo) -> tuple[type[BaseModel], bool]:
    """(the section's model, whether there may be many of it)."""
    inner = get_args(field.annotation)
    model = inner[0] if inner else field.annotation
    assert isinstance(model, type)
    assert issubclass(model, BaseModel)
    return model, bool(inner)


def _type(field: FieldInfo) -> str:
    kind = field.annotation
    if get_origin(kind) in (Union, UnionType):
        kind = next(one for one in get_args(kind) if one is not type(None))
    if get_origin(kind) is Literal:
        return ", ".join(str(one) for one in get_args(kind))
    if get_origin(kind) is tuple:
        return "list of texts"
    limits = [f"{sign} {value:g}" for cls, sign in BOUNDS.items() if (value := _bound(field, cls)) is not None]
    return " ".join([TYPES[kind], *limits]) if isinstance(kind, type) else str(kind)


def _bound(field: FieldInfo, cls: type[Ge | Gt | Le | Lt]) -> Any:
    return next((getattr(one, cls.__name__.lower()) for one in field.metadata if isinstance(one, cls)), None)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "needed"
    value = field.default
    if value is None or value == ():
        return "none"
    return str(value).lower() if isinstance(value, bool) else str(value)


def exports() -> Iterator[str]:
    """The headers that each layout takes."""
    yield "\n## Headers that are read\n\nOf several, the first that a file has.\n"
    for layout in layouts():
        yield f"\n### {layout.title}\n\n`bidopt/ingest/layouts/{layout.name}.toml`{_needs(layout)}\n"
        yield _table(("column", "headers"), [(f"`{k}`", ", ".join(v)) for k, v in layout.columns.items()])


def _needs(layout: Layout) -> str:
    needed = (" or ".join(f"`{one}`" for one in need.split("|")) for need in layout.required)
    return f", needs {', '.join(needed)}."


def tables() -> Iterator[str]:
    """The frames' contracts."""
    yield "\n## The history\n\nWhat lies in `data/`. Counts and numbers are never below 0.\n"
    for name, contract in (FRAMES | {"stamp, on every row": STAMP}).items():
        yield f"\n### {name}\n"
        yield _table(("column", "type", "meaning"), [(f"`{k}`", kind, told) for k, (kind, told) in contract.items()])


def runs() -> Iterator[str]:
    """Files of a night."""
    yield "\n## Files of a night\n"
    for path, what, rows in RUN_FILES:
        yield f"\n### `{path}`\n\n{what[0].upper()}{what[1:]}.\n"
        yield _table(("columns", "meaning"), [(_named(names), told) for names, told in rows.items()])
    for path, columns in (("bids.csv", BID_COLUMNS), ("budgets.csv", BUDGET_COLUMNS)):
        yield f"\n### `runs/<run_id>/{path}`\n\nUTF-8 with BOM; the same columns in `rollback_{path}`.\n"
        yield _table(("header", "meaning"), [(COLUMN[name]["zh"], COLUMN[name]["en"]) for name in columns])


def _named(names: tuple[str, ...]) -> str:
    """Names for people: those that only differ by side, figure or end of the interval are told once."""
    if len(names) > len(FIGURES) * len(ENDS):
        return "`now_X`, `new_X`, each also with `_low` and `_high`"
    if any(name.endswith("_low") for name in names):
        return (
            ", ".join(f"`{name}`" for name in names if not name.endswith(ENDS[1:])) + ", each also with `_low`, `_high`"
        )
    return ", ".join(f"`{name}`" for name in names)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *(tuple(cell.replace("|", "\\|") for cell in row) for row in rows)]
    return "\n" + "".join(f"| {' | '.join(line)} |\n" for line in lines)


def page() -> str:
    """The whole of docs/files.md."""
    return HEAD + "".join((*settings(), *exports(), *tables(), *runs()))


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8", newline="\n")
