"""Bids and budgets that a person sets otherwise than the plan."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bidopt.ledger import Entry
from bidopt.schema import UNIT

_BID = [*UNIT, "keyword", "was", "planned", "chosen"]
_BUDGET = ["campaign_id", "campaign_name", "was", "planned", "chosen"]
_AMOUNTS = ("was", "planned", "chosen")

Rows = pd.DataFrame | Sequence[dict[str, str]]


@dataclass(frozen=True)
class Overruled:
    """`bids`: campaign_id, ad_group_id, keyword_id, keyword, was, planned, chosen; `budgets`: campaign_id,
    campaign_name, was, planned, chosen. Yuan; `was` of a budget inf = 不限, NaN = not known.
    """

    bids: pd.DataFrame
    budgets: pd.DataFrame

    @classmethod
    def of(cls, bids: Rows = (), budgets: Rows = ()) -> "Overruled":
        """From rows; none overrule nothing."""
        made = [pd.DataFrame(rows, columns=names) for rows, names in ((bids, _BID), (budgets, _BUDGET))]
        bid, budget = (
            frame.astype({name: "float64" if name in _AMOUNTS else "str" for name in frame}) for frame in made
        )
        return cls(bid, budget)

    def __bool__(self) -> bool:
        return bool(len(self.bids) or len(self.budgets))

    @property
    def mark(self) -> str:
        """8 hex digits that are the same for the same choices, "" for none."""
        told = json.dumps(sorted(map(sorted, map(dict.items, self.details()))), ensure_ascii=False)
        return hashlib.sha256(told.encode()).hexdigest()[:8] if self else ""

    def details(self) -> Iterator[dict[str, str]]:
        """What the ledger is told of each, as texts."""
        for rows in (self.bids, self.budgets):
            for row in rows.to_dict("records"):
                yield {str(k): f"{v:.2f}" if k in _AMOUNTS else v for k, v in row.items()}

    def of_words(self, words: pd.DataFrame) -> pd.DataFrame:
        """`words` with the chosen bids as new ones; what stood there before is `bid_planned`."""
        chosen = _looked_up(words, self.bids, list(UNIT))
        own = np.isfinite(chosen)
        return words.assign(
            bid_planned=words["bid_new"],
            bid_new=words["bid_new"].mask(own, chosen),
            bid_inferred=words["bid_inferred"] & ~own,  # a chosen bid is to be set, not moved by a share
            reason=words["reason"].mask(own, "overruled"),
            **({"limited_by": words["limited_by"].mask(own, "")} if "limited_by" in words else {}),
        )

    def of_budgets(self, budgets: pd.DataFrame) -> pd.DataFrame:
        """`budgets` with the chosen ones as new; what stood there before is `budget_planned`."""
        chosen = _looked_up(budgets, self.budgets, ["campaign_id"])
        own = np.isfinite(chosen)
        return budgets.assign(
            budget_planned=budgets["budget_new"],
            budget_new=budgets["budget_new"].mask(own, chosen),
            reason=budgets["reason"].mask(own, "overruled"),
        )


def of_ledger(entries: Iterable[Entry], run_id: str, mark: str | None = None) -> Overruled:
    """What was overruled when the run was last confirmed, or when that had this `mark`."""
    made = [one for one in _confirmations(entries, run_id) if mark is None or one.mark == mark]
    return made[-1] if made else Overruled.of()


def _confirmations(entries: Iterable[Entry], run_id: str) -> Iterator[Overruled]:
    """What was overruled each time that the run was confirmed."""
    said: list[dict[str, str]] = []
    for entry in (entry for entry in entries if entry.run_id == run_id):
        if entry.event == "overruled":
            said.append(entry.details)
        elif entry.event == "confirmed":
            bids, budgets = ([one for one in said if ("keyword_id" in one) is of_word] for of_word in (True, False))
            yield Overruled.of(bids, budgets)
            said = []


def _looked_up(rows: pd.DataFrame, chosen: pd.DataFrame, key: list[str]) -> "pd.Series[float]":
    """(n,) what was chosen for each row, NaN where nothing."""
    found = rows[key].merge(chosen[[*key, "chosen"]], how="left", on=key)["chosen"]
    return found.astype(float).set_axis(rows.index)
