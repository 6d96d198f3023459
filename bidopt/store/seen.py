"""Which files were imported, by name, size and time, so that old exports in an inbox cost nothing to pass over.

A cache only: what was imported is in the manifest, and whatever is not found here is looked into.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import TypeAdapter

from bidopt.ingest import shown_name
from bidopt.workspace import Workspace, publish_json

FILE_NAME = "seen.json"

Seen = dict[str, list[str]]
"""The content hashes of the tables in a file, by the file's key."""
_SEEN = TypeAdapter(Seen)


def key(path: Path) -> str:
    """What a file is known by without opening it; "" where it cannot be looked at."""
    try:
        stat = path.stat()
    except OSError:
        return ""
    return f"{shown_name(path)} {stat.st_size} {stat.st_mtime_ns}"


def load(workspace: Workspace) -> Seen:
    try:
        return _SEEN.validate_json((workspace.data / FILE_NAME).read_bytes())
    except (OSError, ValueError):
        return {}


def publish(workspace: Workspace, before: Mapping[str, Sequence[str]], now: Mapping[str, Sequence[str]]) -> None:
    """Write `now` where it says more than `before`."""
    if now != before:
        publish_json(workspace.data / FILE_NAME, {name: list(now[name]) for name in sorted(now)})
