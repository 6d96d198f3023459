"""What kind of market to play, and in what ways the kinds differ."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

MAX_DAYS = 130
"""Random paths are drawn once for so many days, so that they do not depend on how many are played."""

Rivals = Literal["lognormal", "steps", "heavy"]


@dataclass(frozen=True)
class Family:
    """How a family of markets differs from the plain one.

    Attributes
    ----------
    rivals
        Many rivals; few strong ones, whose scores make steps; heavy-tailed prices.
    searches
        Factor on every word's searches.
    walk
        Daily standard deviation of a word's log price level.
    step_chance, step_size
        Chance a day that a word's price level steps, and the step's log size; a campaign's steps are 0.6 of that.
    promotion
        Factor on searches during a promotion.
    attention
        Chance a day that the owner looks at a word's bid.
    declared
        Whether the shop tells its promotions in the settings.
    """

    rivals: Rivals = "lognormal"
    searches: float = 1.0
    walk: float = 0.012
    step_chance: float = 0.004
    step_size: float = 0.25
    promotion: float = 1.5
    attention: float = 0.15
    declared: bool = True


FAMILIES: dict[str, Family] = {
    "lognormal": Family(),
    "steps": Family(rivals="steps"),
    "heavy": Family(rivals="heavy"),
    "drift": Family(walk=0.03, step_chance=0.015, step_size=0.35, promotion=2.2, declared=False),
    "thin": Family(searches=1 / 7),
    "still": Family(attention=0.004),
}


@dataclass(frozen=True)
class Promotion:
    name: str
    start: date
    end: date


@dataclass(frozen=True)
class Jump:
    """Factors on all words' searches, conversion and rivals' bids from `start` to `end`, which nothing announces."""

    start: date
    end: date = date.max
    demand: float = 1.0
    conversion: float = 1.0
    rivals: float = 1.0


@dataclass(frozen=True)
class Presale:
    """From `start` to `end` a `share` of orders pay a deposit alone; on `balance` a share `paid` of them the rest."""

    start: date
    end: date
    balance: date
    share: float = 0.9
    paid: float = 0.8


@dataclass(frozen=True)
class MarketSpec:
    """One market: everything random in it follows from `family` and `seed`.

    `presale` changes what reports say of orders and when, not what is bought.
    """

    family: str = "lognormal"
    seed: int = 0
    words: int = 400
    history_days: int = 60
    start: date = date(2026, 4, 1)
    jumps: tuple[Jump, ...] = ()
    presale: Presale | None = None

    @property
    def kind(self) -> Family:
        return FAMILIES[self.family]

    @property
    def promotions(self) -> tuple[Promotion, ...]:
        """The platform's calendar, as far as this market sees it."""
        year = self.start.year
        return (
            Promotion("520", date(year, 5, 18), date(year, 5, 20)),
            Promotion("618", date(year, 6, 16), date(year, 6, 20)),
        )
