"""What was fitted, as files that people and other programs can read: JSON, Parquet and a card."""

import datetime as dt
import json
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bidopt import __version__, versions
from bidopt.errors import DataError
from bidopt.fit.calendar import Calendar
from bidopt.fit.delay import DelayCurve
from bidopt.fit.landscape import Landscape
from bidopt.fit.models import RECENT_DAYS, FittedModels
from bidopt.fit.noise import CpcNoise, DayNoise
from bidopt.fit.standing import Market, Standing
from bidopt.prose import Language, fill
from bidopt.prose.card import CARD, LEARNT, MODEL
from bidopt.workspace import dump_json, publish_dir

SCHEMA_VERSION = 1


def save(models: FittedModels, folder: Path, language: Language, accuracy: str = "") -> None:
    """Write `shop.json`, `words.parquet`, `campaigns.parquet` and `card.md` into `folder`, whole or not at all.

    The card ends with `accuracy`: Markdown on how near these models came.
    """
    with publish_dir(folder) as beside:
        (beside / "shop.json").write_text(dump_json(shop_facts(models)), "utf-8")
        models.words.to_parquet(beside / "words.parquet", index=False, compression="zstd")
        models.campaigns.to_parquet(beside / "campaigns.parquet", index=False, compression="zstd")
        (beside / "card.md").write_text(card(models, language) + accuracy, "utf-8")


def shop_facts(models: FittedModels) -> dict[str, object]:
    """What is pooled over the shop, as plain numbers."""
    return {
        "schema_version": SCHEMA_VERSION,
        "bidopt": __version__,
        "day": models.day.isoformat(),
        "landscape": dict(
            zip(("elasticity", "fade", "curvature"), np.exp(models.landscape.shape).tolist(), strict=True)
        )
        | {f"market_{k}": v for k, v in vars(models.landscape.standing.market).items()}
        | {"ctr_slope": models.ctr_slope, "log_shape": models.landscape.shape.tolist()},
        "day_cut_short": {"evening": models.evening, "landing": models.landing},
        "seen": {"days": models.days_seen, "orders": models.orders_seen, "told": models.orders_told},
        "noise": {
            "demand": asdict(models.demand_noise),
            "orders": asdict(models.order_noise),
            "cpc": asdict(models.cpc_noise),
            "order_value": models.order_spread,
        },
        "price_calendar": models.price_calendar.effects,
        "demand_calendar": models.demand_calendar.effects,
        "cvr_calendar": models.cvr_calendar.effects,
        "orders_known_by_age": {"shop": models.delay.known.tolist()}
        | {item: known.tolist() for item, known in models.delay.items.items()},
        "coefficients": models.notes,
    }


def load(folder: Path) -> FittedModels:
    """What `save` wrote, whole enough for every curve: past days' standings and calendars' jumps are not kept.

    Raises
    ------
    DataError
        When the files are of another version or are not all there.
    """
    try:
        told = json.loads((folder / "shop.json").read_text("utf-8"))
        words, campaigns = (pd.read_parquet(folder / f"{name}.parquet") for name in ("words", "campaigns"))
    except (OSError, ValueError) as error:
        raise DataError(f"模型读不了 / the models of {folder.name} cannot be read: {error}.", _AGAIN) from None
    facts = versions.require(told, SCHEMA_VERSION, folder / "shop.json", _AGAIN)
    try:
        return _models(facts, words, campaigns)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DataError(f"{folder} 已损坏 / is damaged: {error!r}.", _AGAIN) from None


def _models(facts: dict[str, Any], words: pd.DataFrame, campaigns: pd.DataFrame) -> FittedModels:
    shape, noise = facts["landscape"], facts["noise"]
    column = {name: words[name].to_numpy(float) for name in _OF_LANDSCAPE}
    market = Market(**{f.name: shape[f"market_{f.name}"] for f in fields(Market)})
    nothing = np.empty((len(words), 0))
    at = Standing(market, nothing, column["location"], column["location_spread"], column["paid"], column["paid_spread"])
    known = {item: np.array(share) for item, share in facts["orders_known_by_age"].items()}
    return FittedModels(
        day=dt.date.fromisoformat(facts["day"]),
        words=words,
        campaigns=campaigns,
        campaign=pd.Index(campaigns["campaign_id"]).get_indexer(pd.Index(words["campaign_id"])).astype(np.intp),
        landscape=Landscape(
            at, np.array(shape["log_shape"]), column["steeper"], column["elasticity_spread"], column["premium"]
        ),
        ctr_slope=shape["ctr_slope"],
        delay=DelayCurve(known.pop("shop"), known),
        price_calendar=Calendar(facts["price_calendar"], 0.0, ()),
        demand_calendar=Calendar(facts["demand_calendar"], 0.0, ()),
        cvr_calendar=Calendar(facts["cvr_calendar"], 0.0, ()),
        evening=facts["day_cut_short"]["evening"],
        landing=facts["day_cut_short"]["landing"],
        demand_noise=DayNoise(**noise["demand"]),
        order_noise=DayNoise(**noise["orders"]),
        cpc_noise=CpcNoise(**noise["cpc"]),
        order_spread=noise["order_value"],
        days_seen=facts["seen"]["days"],
        orders_seen=facts["seen"]["orders"],
        orders_told=facts["seen"]["told"],
        notes=facts["coefficients"],
    )


_OF_LANDSCAPE = ("location", "location_spread", "paid", "paid_spread", "steeper", "elasticity_spread", "premium")
_AGAIN = "重新运行 / run again: bidopt nightly"


def card(models: FittedModels, language: Language) -> str:
    """The model card: what was learnt from how much, in words an analyst can check."""
    words = models.words
    clicked, ordered = (int((words[f"seen_{k}"] > 0).sum()) for k in ("clicks", "orders"))

    def say(code: str, **values: object) -> str:
        return fill(CARD[code][language], values)

    return "\n".join(
        [
            f"# {say('title', day=models.day)}",
            "",
            say("made", version=__version__, days=models.days_seen, words=len(words), orders=models.orders_seen),
            say("recent", recent=RECENT_DAYS, clicked=clicked, ordered=ordered),
            say("known", known=int(words["bid_known"].sum())),
            "",
            f"| {say('model')} | {say('learnt')} | {say('value')} |",
            "|---|---|---|",
            *(
                f"| {MODEL[model][language]} | {LEARNT[what][language]} | {value or say('too_little')} |"
                for model, what, value in learnt(models)
            ),
            "",
            say("not_modelled"),
            "",
        ]
    )


def learnt(models: FittedModels) -> list[tuple[str, str, str]]:
    """(model, what, value): codes of `prose.card`, and text, "" where there was too little to learn it from."""
    shape, notes, day = models.landscape, models.notes, models.demand_noise
    market, known = shape.standing.market, models.delay.known
    return [
        ("landscape", "impressions", f"{np.exp(shape.shape[0]):.2f} %"),
        ("landscape", "cpc", f"{market.elasticity:.2f} %"),
        ("landscape", "walk", f"{market.walk:.3f}"),
        ("landscape", "premium", f"{np.median(shape.premium):.2f}, {shape.premium.max():.2f}"),
        ("ctr", "ctr_slope", f"{models.ctr_slope:.3f}"),
        ("ctr", "ctr_strength", _told(notes["ctr"], "strength")),
        ("cvr", "cvr_strength", _told(notes["cvr"], "strength")),
        ("cvr", "half_life", _told(notes["cvr"], "half_life")),
        ("cvr", "stays", _told(notes["cvr"], "stays")),
        ("cvr", "evening", f"{models.evening:.2f}"),
        ("order_value", "value_strength", _told(notes["order_value"], "strength")),
        ("delay", "by_age", ", ".join(f"{known[min(age, len(known) - 1)]:.0%}" for age in (1, 3, 7))),
        ("calendar", "weekdays", ", ".join(f"{w:+.0%}" for w in _weekdays(models.demand_calendar.effects))),
        ("noise", "day_noise", ", ".join(f"{np.sqrt(v):.0%}" for v in (day.word, day.campaign, day.shop))),
    ]


def _told(notes: dict[str, float], name: str) -> str:
    return f"{notes[name]:.2f}" if name in notes else ""


def _weekdays(effects: dict[str, float]) -> list[float]:
    six = [effects[f"weekday_{k}"] for k in range(1, 7)]
    return [float(np.expm1(x)) for x in (*six, -sum(six))]
