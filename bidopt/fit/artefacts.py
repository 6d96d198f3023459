"""What was fitted, as files that people and other programs can read: JSON, Parquet and a card."""

from pathlib import Path

import numpy as np

from bidopt import __version__
from bidopt.fit.models import FittedModels
from bidopt.workspace import dump_json, publish_dir

SCHEMA_VERSION = 1


def save(models: FittedModels, folder: Path) -> None:
    """Write `shop.json`, `words.parquet`, `campaigns.parquet` and `card.md` into `folder`, whole or not at all."""
    with publish_dir(folder) as beside:
        (beside / "shop.json").write_text(dump_json(shop_facts(models)), "utf-8")
        models.words.to_parquet(beside / "words.parquet", index=False, compression="zstd")
        models.campaigns.to_parquet(beside / "campaigns.parquet", index=False, compression="zstd")
        (beside / "card.md").write_text(card(models), "utf-8")


def shop_facts(models: FittedModels) -> dict[str, object]:
    """What is pooled over the shop, as plain numbers."""
    return {
        "schema_version": SCHEMA_VERSION,
        "bidopt": __version__,
        "day": models.day.isoformat(),
        "landscape": {"scale": models.shape.scale, "power": models.shape.power, "ctr_slope": models.ctr_slope},
        "noise": {
            "campaign_day": models.campaign_noise,
            "word_day": models.word_noise,
            "order_value": models.order_spread,
        },
        "demand_calendar": models.demand_calendar.effects,
        "cvr_calendar": models.cvr_calendar.effects,
        "orders_known_by_age": [float(x) for x in models.delay.known],
        "coefficients": models.notes,
    }


def card(models: FittedModels) -> str:
    """The model card: what was learnt from how much, in words an analyst can check."""
    words, shape = models.words, models.shape
    clicked = words["seen_clicks"] > 0
    known = models.delay.known
    weekdays = _weekdays(models.demand_calendar.effects)
    rows = [
        f"# Models for {models.day}",
        "",
        f"Made by bidopt {__version__} from {models.days_seen} days, {len(words)} words and {models.orders_seen:.0f} orders.",
        f"In the last 15 days {int(clicked.sum())} words were clicked and {int((words['seen_orders'] > 0).sum())} had an order.",
        f"The bid is known for {int(words['bid_known'].sum())} words and inferred from what was paid for the rest.",
        "",
        "| model | learnt | value |",
        "|---|---|---|",
        f"| landscape | spread of market prices (log sd) | {shape.scale:.2f} |",
        f"| landscape | steepness of shows in the bid | {shape.power:.2f} |",
        f"| landscape | effective bid / bid, median and largest | {np.median(shape.premium):.2f}, {shape.premium.max():.2f} |",
        f"| CTR | log change when the bid rises by one scale | {models.ctr_slope:.3f} |",
        f"| CTR | strength of shrinkage, clicks | {models.notes['ctr'].get('strength', float('nan')):.1f} |",
        f"| CVR | strength of shrinkage to the item, orders | {models.notes['cvr'].get('strength', float('nan')):.1f} |",
        f"| CVR | share of an item's evidence kept a day | {models.notes['cvr'].get('item_forgetting', float('nan')):.2f} |",
        f"| order value | strength of shrinkage, orders | {models.notes['order_value'].get('strength', float('nan')):.1f} |",
        f"| delay | orders known after 1, 3, 7 days | {', '.join(f'{known[min(a, len(known) - 1)]:.0%}' for a in (1, 3, 7))} |",
        f"| calendar | Monday to Sunday against the mean | {', '.join(f'{w:+.0%}' for w in weekdays)} |",
        f"| noise | a campaign's day, a word's day (relative sd) | {models.campaign_noise:.0%}, {models.word_noise:.0%} |",
        "",
        "Not modelled yet: searches shared by several words of an item, natural traffic, days that jumped undeclared.",
    ]
    return "\n".join(rows) + "\n"


def _weekdays(effects: dict[str, float]) -> list[float]:
    six = [effects[f"weekday_{k}"] for k in range(1, 7)]
    return [float(np.expm1(x)) for x in (*six, -sum(six))]
