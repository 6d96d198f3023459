"""What decides a plan, as the plan records it: the same basis makes the same bytes."""

import datetime as dt
import hashlib
import json
from dataclasses import dataclass, replace
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import Any

from bidopt import __version__
from bidopt.errors import DataError
from bidopt.gates import Override
from bidopt.runs import SETTINGS
from bidopt.settings import Settings
from bidopt.store import History, Input

LIBRARIES = ("numpy", "pandas", "pyarrow", "scipy", "statsmodels")
"""Whose versions can change a plan's last digits."""

Refused = list[tuple[str, str]]
"""(name, message) of the inbox files that were refused whole: the plan warns of them."""


@dataclass(frozen=True)
class Basis:
    """`day`: the day to plan for; `override`: the gates that a person passes over, None for none."""

    day: dt.date
    settings: Settings
    history: History
    refused: Refused
    override: Override | None = None

    @property
    def settings_text(self) -> str:
        return self.settings.model_dump_json(indent=2) + "\n"

    @cached_property
    def facts(self) -> dict[str, Any]:
        """`created_from` of plan.json."""
        return {
            "inputs": [one._asdict() for one in self.history.files],
            "refused": [{"name": name, "message": message} for name, message in self.refused],
            "settings": digest(self.settings_text.encode()),
            "confirmed": list(self.history.confirmed.runs),
            "override": self.override.facts() if self.override else None,
            "bidopt": __version__,
            "libraries": {name: metadata.version(name) for name in LIBRARIES},
        }

    @property
    def run_id(self) -> str:
        """Date and hash of inputs by name, content and time, settings, overrides and bidopt's version."""
        made_from = json.dumps({k: v for k, v in self.facts.items() if k != "libraries"}, ensure_ascii=False)
        return f"{self.day.isoformat()}-{digest(made_from.encode())[:8]}"


@dataclass(frozen=True)
class Record:
    """What a run says it was made from; `made_by`: versions of bidopt and its libraries."""

    day: dt.date
    settings: Settings
    inputs: tuple[Input, ...]
    confirmed: tuple[str, ...]
    refused: Refused
    override: Override | None
    made_by: dict[str, str]

    def basis(self, history: History) -> Basis:
        """The same again, on the history as far as the workspace still has it."""
        return Basis(self.day, self.settings, replace(history, files=self.inputs), self.refused, self.override)


def recorded(head: dict[str, Any], run_dir: Path) -> Record:
    """What the run of `head` (its plan.json) says it was made from.

    Raises
    ------
    DataError
        When it does not tell, as runs of older versions, or its settings are not those it was made with.
    """
    path = run_dir / SETTINGS
    try:
        told, content = head["created_from"], path.read_bytes()
        override = told["override"]
        record = Record(
            day=dt.date.fromisoformat(head["date"]),
            settings=Settings.model_validate_json(content),
            inputs=tuple(Input(**one) for one in told["inputs"]),
            confirmed=tuple(told["confirmed"]),
            refused=[(one["name"], one["message"]) for one in told["refused"]],
            override=Override(**override | {"gates": tuple(override["gates"])}) if override else None,
            made_by=versions_of(told),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{run_dir} 依据不全 / does not say all it was made from: {error!r}.", _NEW) from None
    if digest(content) != told["settings"]:
        raise DataError(f"{path} 被改过 / was edited: {digest(content)}, {told['settings']}.", _NEW)
    return record


def versions_of(created_from: dict[str, Any]) -> dict[str, str]:
    """The versions of bidopt and its libraries that made a plan."""
    return {"bidopt": created_from["bidopt"], **created_from["libraries"]}


_NEW = "这个方案无法重做 / this run cannot be made again; 另做一个 / make a new one: bidopt nightly --date D"


def digest(content: bytes) -> str:
    """sha256 in hex."""
    return hashlib.sha256(content).hexdigest()
