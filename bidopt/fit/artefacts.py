"""What was fitted, as files that people and other programs can read: JSON, Parquet and a card."""

from dataclasses import asdict
from pathlib import Path

import numpy as np

from bidopt import __version__
from bidopt.fit.models import RECENT_DAYS, FittedModels
from bidopt.workspace import dump_json, publish_dir

SCHEMA_VERSION = 1


def save(models: FittedModels, folder: Path, accuracy: str = "") -> None:
    """Write `shop.json`, `words.parquet`, `campaigns.parquet` and `card.md` into `folder`, whole or not at all.

    The card ends with `accuracy`: Markdown on how near these models came.
    """
    with publish_dir(folder) as beside:
        (beside / "shop.json").write_text(dump_json(shop_facts(models)), "utf-8")
        models.words.to_parquet(beside / "words.parquet", index=False, compression="zstd")
        models.campaigns.to_parquet(beside / "campaigns.parquet", index=False, compression="zstd")
        (beside / "card.md").write_text(card(models) + accuracy, "utf-8")


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
        | {"ctr_slope": models.ctr_slope},
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


def card(models: FittedModels) -> str:
    """The model card: what was learnt from how much, in words an analyst can check."""
    words, shape, notes = models.words, models.landscape, models.notes
    market = shape.standing.market
    known = models.delay.known
    by_age = ", ".join(f"{known[min(age, len(known) - 1)]:.0%}" for age in (1, 3, 7))
    weekdays = ", ".join(f"{w:+.0%}" for w in _weekdays(models.demand_calendar.effects))
    premium = f"{np.median(shape.premium):.2f}, {shape.premium.max():.2f}"
    day = models.demand_noise
    noise = ", ".join(f"{np.sqrt(v):.0%}" for v in (day.word, day.campaign, day.shop))
    learnt = [
        ("landscape", "impressions for 1 % of bid, at rank 2", f"{np.exp(shape.shape[0]):.2f} %"),
        ("landscape", "CPC for 1 % of bid, at rank 2", f"{market.elasticity:.2f} %"),
        ("landscape", "how far rivals move in a day (log sd)", f"{market.walk:.3f}"),
        ("landscape", "effective bid / bid, median and largest", premium),
        ("CTR", "log change when the bid rises by half", f"{models.ctr_slope:.3f}"),
        ("CTR", "strength of shrinkage, clicks", _told(notes["ctr"], "strength")),
        ("CVR", "strength of shrinkage to the word's kind, orders", _told(notes["cvr"], "strength")),
        ("CVR", "half-life of a word's past, days", _told(notes["cvr"], "half_life")),
        ("CVR", "days until an item that fell ill converts again", _told(notes["cvr"], "stays")),
        ("CVR", "clicks of the hours a spent budget misses, against the mean", f"{models.evening:.2f}"),
        ("order value", "strength of shrinkage, orders", _told(notes["order_value"], "strength")),
        ("delay", "orders known after 1, 3, 7 days", by_age),
        ("calendar", "Monday to Sunday against the mean", weekdays),
        ("noise", "demand of a word's, a campaign's, the shop's day (relative sd)", noise),
    ]
    clicked, ordered = (int((words[f"seen_{k}"] > 0).sum()) for k in ("clicks", "orders"))
    seen = f"{models.days_seen} days, {len(words)} words and {models.orders_seen:.0f} orders"
    return "\n".join(
        [
            f"# Models for {models.day}",
            "",
            f"Made by bidopt {__version__} from {seen}.",
            f"In the last {RECENT_DAYS} days {clicked} words were clicked and {ordered} had an order.",
            f"The bid is known for {int(words['bid_known'].sum())} words, for the rest inferred from what was paid.",
            "",
            "| model | learnt | value |",
            "|---|---|---|",
            *(f"| {model} | {what} | {value} |" for model, what, value in learnt),
            "",
            "Not modelled: natural traffic, and searches that 智能出价 and 全站推广 plans take from an item's words.",
            "",
        ]
    )


def _told(notes: dict[str, float], name: str) -> str:
    return f"{notes[name]:.2f}" if name in notes else "too little data"


def _weekdays(effects: dict[str, float]) -> list[float]:
    six = [effects[f"weekday_{k}"] for k in range(1, 7)]
    return [float(np.expm1(x)) for x in (*six, -sum(six))]
