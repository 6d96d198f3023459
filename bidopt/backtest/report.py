"""A backtest as files, as tables for people, and as a section of the model card."""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from bidopt.backtest.rolling import Backtest
from bidopt.backtest.texts import NAMES, TEXT, text
from bidopt.backtest.week import Week
from bidopt.prose import Language, labelled, number
from bidopt.workspace import Workspace, dump_json, publish_bytes, publish_dir

SCHEMA_VERSION = 2
FOLDER = "backtest"
ROWS = ("words", "sums", "intervals")
SCORES = ("models", "totals", "calibration", "coverage")


@dataclass(frozen=True)
class Table:
    """A table for people: its cells are text; the first column names the row, the rest are numbers."""

    title: str
    headers: list[str]
    rows: list[list[str]]

    def markdown(self) -> str:
        lines = [self.headers, ["---", *("---:" for _ in self.headers[1:])], *self.rows]
        return "\n".join([f"**{self.title}**", "", *(f"| {' | '.join(cells)} |" for cells in lines), ""])


def facts(found: Backtest) -> dict[str, Any]:
    """The backtest as plain values: `backtest.json`, and what --json prints."""
    return {
        "schema_version": SCHEMA_VERSION,
        "day": found.day.isoformat(),
        "horizon": found.horizon,
        "origins": [origin.isoformat() for origin in found.origins],
        "days_seen": found.days_seen,
        "week": found.week.facts() if found.week else None,
        **{name: _records(getattr(found, name)) for name in SCORES},
    }


def publish(found: Backtest, workspace: Workspace, language: Language) -> Path:
    """Write the backtest's folder, whole or not at all, and put it into the card of the newest run; return it."""
    folder = workspace.models / FOLDER / found.day.isoformat()
    told = facts(found)
    with publish_dir(folder) as beside:
        (beside / "backtest.json").write_text(dump_json(told), "utf-8", newline="\n")
        (beside / "backtest.md").write_text(_page(told, language), "utf-8", newline="\n")
        for name in ROWS:
            getattr(found, name).to_parquet(beside / f"{name}.parquet", index=False, compression="zstd")
        for name in SCORES:
            scores: pd.DataFrame = getattr(found, name)
            scores.to_csv(beside / f"{name}.csv", index=False, encoding="utf-8-sig", lineterminator="\r\n")
    run_id = workspace.latest_run()
    card = workspace.models / run_id / "card.md" if run_id else None
    if card and card.is_file():
        publish_bytes(card, with_backtest(card.read_text("utf-8"), told, language).encode())
    return folder


def newest(workspace: Workspace) -> dict[str, Any] | None:
    """The facts of the newest backtest, None where there is none that this version can read."""
    found = sorted((workspace.models / FOLDER).glob("[!.]*/backtest.json"))
    told: dict[str, Any] = json.loads(found[-1].read_text("utf-8")) if found else {}
    return told if told.get("schema_version") == SCHEMA_VERSION else None


def card_section(workspace: Workspace, week: Week | None, language: Language) -> str:
    """What a night's card says of accuracy: the two figures that its plan was gated on, and the newest backtest."""
    own = f"\n## {text('last_week', language)}\n\n{week_line(week.facts() if week else None, language)}\n"
    return with_backtest(own, newest(workspace), language)


def with_backtest(card: str, told: dict[str, Any] | None, language: Language) -> str:
    """`card` with the backtest `told` as its last section, in place of an older one in whatever language."""
    own = card
    for heading in TEXT["backtest"].values():
        own = own.partition(f"\n## {heading}")[0]
    if told is None:
        return own
    shown = [f"## {text('backtest', language)} {told['day']}", "", head_line(told, language), ""]
    return "\n".join([own, *shown, *(table.markdown() for table in tables(told, language))])


def week_line(week: dict[str, Any] | None, language: Language) -> str:
    """Spend and GMV of the last seven days, forecast against what came."""
    if week is None:
        return text("no_week", language)
    values = {f"{name}_{key}": number(week[name][key]) for name in ("spend", "gmv") for key in ("said", "came")}
    errors = {f"{name}_error": number(week[name]["error"], "+.1%") for name in ("spend", "gmv")}
    told = text("week", language, start=week["origin"], end=week["end"], **values, **errors)
    inferred = text("week_inferred", language, count=week["inferred"]) if week["inferred"] else ""
    return told + inferred + drawn_line(week, language)


def drawn_line(week: dict[str, Any], language: Language) -> str:
    """Of how many words the week was judged, "" where of all."""
    return text("week_drawn", language, **week) if week["judged"] < week["known"] else ""


def tables(told: dict[str, Any], language: Language) -> list[Table]:
    """The scores as people read them."""
    horizon = told["horizon"]
    return [
        Table(
            text("models", language, horizon=horizon),
            [text(name, language) for name in ("model", "ours", "yesterday", "raw", "shop", "gain")],
            [
                [
                    NAMES[row["model"]][language],
                    *(_rounded(row[name]) for name in ("ours", "yesterday", "raw", "shop")),
                    number(row["gain"], "+.1%"),
                ]
                for row in told["models"]
            ],
        ),
        Table(
            text("totals", language, horizon=horizon),
            [text(name, language) for name in ("figure", "median", "p90", "bias", "yesterday", "week_before", "mean")],
            list(_total_rows(told["totals"], language)),
        ),
        Table(
            text("coverage", language),
            [text(name, language) for name in ("figure", "level_shop", "level_campaign", "level_word")]
            + [*(str(tenth) for tenth in range(1, 11)), text("score", language)],
            list(_coverage_rows(told["coverage"], language)),
        ),
    ]


def _page(told: dict[str, Any], language: Language) -> str:
    """backtest.md: the tables, and how well what was said is calibrated."""
    by_model: dict[str, dict[int, dict[str, float]]] = {}
    for row in told["calibration"]:
        by_model.setdefault(row["model"], {})[row["tenth"]] = row
    calibrated = Table(
        text("calibration", language),
        [text("model", language), *(str(tenth) for tenth in range(1, 11))],
        [
            [NAMES[name][language], *(_pair(rows.get(tenth)) for tenth in range(1, 11))]
            for name, rows in by_model.items()
        ],
    )
    lines = [f"# {text('backtest', language)} {told['day']}", "", head_line(told, language), ""]
    lines += [labelled(text("last_week", language), week_line(told["week"], language), language), ""]
    return "\n".join([*lines, *(table.markdown() for table in (*tables(told, language), calibrated))])


def head_line(told: dict[str, Any], language: Language) -> str:
    origins = told["origins"]
    span = {"origins": len(origins), "first": origins[0], "last": origins[-1]}
    return text("head", language, day=told["day"], horizon=told["horizon"], **span)


def _total_rows(totals: list[dict[str, Any]], language: Language) -> Iterator[list[str]]:
    by_row: dict[tuple[str, str], dict[str, dict[str, float]]] = {}
    for row in totals:
        by_row.setdefault((row["level"], row["figure"]), {})[row["forecast"]] = row
    for (level, figure), row in by_row.items():
        ours = [number(row["ours"][name], form) for name, form in (("median", ".1%"), ("p90", ".1%"), ("bias", "+.1%"))]
        others = [number(row[name]["median"], ".1%") for name in ("yesterday", "week", "mean")]
        yield [f"{text(f'level_{level}', language)} {NAMES[figure][language]}", *ours, *others]


def _coverage_rows(coverage: list[dict[str, Any]], language: Language) -> Iterator[list[str]]:
    at = {(row["level"], row["figure"], row["traffic"]): row for row in coverage}
    cells = [("shop", 0), ("campaign", 0), ("word", 0), *(("word", tenth) for tenth in range(1, 11))]
    for figure in dict.fromkeys(row["figure"] for row in coverage):
        rows = (at.get((level, figure, tenth)) for level, tenth in cells)
        shares = (number(100 * row["within"]) if row else "-" for row in rows)
        words = at.get(("word", figure, 0))
        gain = 1 - words["ours"] / words["usual"] if words and words["usual"] else None
        yield [NAMES[figure][language], *shares, number(gain, "+.0%")]


def _pair(row: dict[str, float] | None) -> str:
    return f"{_rounded(row['said'])} / {_rounded(row['came'])}" if row else "-"


def _rounded(value: float) -> str:
    """Three digits that say something."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:#.3g}"


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows as plain values, None where there is none."""
    return [
        {str(k): None if isinstance(v, float) and math.isnan(v) else v for k, v in row.items()}
        for row in frame.to_dict("records")
    ]
