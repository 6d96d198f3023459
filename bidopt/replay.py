"""A past night made again from what it recorded: is it the same, byte for byte?"""

from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bidopt import nightly, runs, store
from bidopt.basis import digest, recorded, versions_of
from bidopt.confirmed import with_confirmed
from bidopt.nightly import Journal
from bidopt.progress import Progress
from bidopt.store import Input
from bidopt.workspace import Workspace


@dataclass(frozen=True)
class Difference:
    """A file's sha256 `then` and `now`, "" where there is no such file."""

    file: str
    then: str
    now: str


@dataclass(frozen=True)
class Replay:
    """`compared`: how many files; `differ`: those that are not the same; `gone`: inputs that the history no longer has,
    without which nothing was made; `made_by`: (then, now) of the versions that are not the same.
    """

    run_id: str
    compared: int
    differ: tuple[Difference, ...]
    gone: tuple[Input, ...]
    made_by: dict[str, tuple[str, str]]

    @property
    def same(self) -> bool:
        return not (self.differ or self.gone)

    def facts(self) -> dict[str, Any]:
        return asdict(self) | {"same": self.same, "gone": [one._asdict() for one in self.gone]}


def replay(workspace: Workspace, run_id: str, progress: Progress) -> Replay:
    """Make the run again from the history as it stood and the settings it recorded; nothing is written into runs/.

    Raises
    ------
    DataError
        When the run cannot be read, or its settings are not there any more.
    WorkspaceBusy
    """
    run_dir = workspace.run_dir(run_id)
    with workspace.lock(), nightly.one_thread(), TemporaryDirectory() as scratch:
        record = recorded(runs.head(workspace, run_id), run_dir)
        gone = tuple(store.missing_inputs(workspace, record.inputs))
        if gone:
            return Replay(run_id, 0, (), gone, {})
        history = store.read_history(workspace, record.day, among=record.inputs)  # without what was imported since
        basis = record.basis(with_confirmed(history, workspace, record.confirmed))
        again = Path(scratch, run_id)
        nightly.make(workspace, basis, run_id, again, Path(scratch, "models"), Journal(progress))
        then, now = _hashes(run_dir), _hashes(again)
    names = sorted(then.keys() | now.keys())
    pairs = (Difference(name, then.get(name, ""), now.get(name, "")) for name in names)
    differ = tuple(pair for pair in pairs if pair.then != pair.now)
    now_by = versions_of(basis.facts)
    made_by = {name: (by, now_by.get(name, "")) for name, by in record.made_by.items() if by != now_by.get(name)}
    return Replay(run_id, len(names), differ, (), made_by)


def _hashes(folder: Path) -> dict[str, str]:
    """sha256 by name of all files but the log, which tells how long each stage took."""
    return {path.name: digest(path.read_bytes()) for path in folder.iterdir() if path.name != runs.LOG}
