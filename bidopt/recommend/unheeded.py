"""Settings that cannot do what they say: they name what the shop does not have, or contradict each other."""

from collections.abc import Iterator

import numpy as np

from bidopt.curves.bounds import FEN, bounds
from bidopt.fit import FittedModels
from bidopt.prose import listed, note
from bidopt.recommend.budgets import budget_steps
from bidopt.recommend.decide import Decision
from bidopt.settings import Settings


def unheeded(models: FittedModels, decision: Decision, settings: Settings) -> list[str]:
    """A warning each, in the shop's language."""
    language = settings.shop.language
    told = []
    unknown = list(_unknown(models, settings))
    if unknown:
        told.append(note("unknown_names", language, names=listed(unknown, language)))
    within = bounds(models, settings)
    crossed = np.flatnonzero((within.crossed > FEN / 2) & (decision.grid.held == ""))
    if crossed.size:
        worst = crossed[within.crossed[crossed].argmax()]
        facts = {"word": models.words["keyword"].iloc[worst], "more": within.crossed[worst]}
        high = within.ceiling[worst]
        told.append(note("bounds_cross", language, count=crossed.size, low=high + facts["more"], high=high, **facts))
    if settings.bids.min_change > settings.bids.max_change * decision.careful:
        step = settings.bids.max_change * decision.careful
        told.append(note("no_move_left", language, least=settings.bids.min_change, step=step))
    fallen = np.flatnonzero(decision.budget < budget_steps(models, settings)[0] - 1)
    if fallen.size:
        names = listed(models.campaigns["campaign_name"].iloc[fallen], language)
        told.append(note("budget_moves", language, count=fallen.size, names=names))
    return told


def _unknown(models: FittedModels, settings: Settings) -> Iterator[str]:
    """What the settings name and neither reports nor tables have."""
    words = models.words
    texts = set(words["keyword"]) | set(words["keyword_id"])
    known = {
        "[[campaign]]": ([one.id for one in settings.campaign], set(models.campaigns["campaign_id"])),
        "[[ad_group]]": ([one.id for one in settings.ad_group], set(words["ad_group_id"])),
        "bids.locked": (settings.bids.locked, texts),
        "[[words]] keywords": ([text for kind in settings.words for text in kind.keywords], texts),
    }
    for place, (named, there) in known.items():
        yield from (f"{place} {name}" for name in named if name not in there)
