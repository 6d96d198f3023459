"""What was fitted, as files that people and other programs can read: JSON, Parquet and a card."""

from dataclasses import asdict
from pathlib import Path

import numpy as np

from bidopt import __version__
from bidopt.fit.models import RECENT_DAYS, FittedModels
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
                for model, what, value in _learnt(models)
            ),
            "",
            say("not_modelled"),
            "",
        ]
    )


def _learnt(models: FittedModels) -> list[tuple[str, str, str]]:
    """(model, what, value) as text, "" where there was too little to learn it from."""
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
