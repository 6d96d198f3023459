"""What an import did, for people and scripts."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

Status = Literal["imported", "known", "refused", "skipped"]


@dataclass(frozen=True)
class FileSummary:
    """What became of one file: rows_read = stored + merged + totals + set_aside.

    `stored` rows are in the history, `replaced` of them restated an older state. `merged` rows are there
    already or are told in more detail by another file. A `known` file was imported before.
    `sha256` is that of the content, "" where it could not be read.
    """

    name: str
    status: Status
    kind: str = ""
    layout: str = ""
    rows_read: int = 0
    stored: int = 0
    replaced: int = 0
    merged: int = 0
    totals: int = 0
    set_aside: int = 0
    message: str = ""
    hint: str = ""
    unknown_columns: tuple[str, ...] = ()
    sha256: str = ""


@dataclass(frozen=True)
class ImportSummary:
    """What an import did, file by file: first those passed over, then those stored, oldest download first."""

    files: tuple[FileSummary, ...]

    @property
    def rows_read(self) -> int:
        return sum(file.rows_read for file in self.files)

    @property
    def stored(self) -> int:
        return sum(file.stored for file in self.files)

    @property
    def replaced(self) -> int:
        return sum(file.replaced for file in self.files)

    @property
    def merged(self) -> int:
        return sum(file.merged for file in self.files)

    @property
    def totals(self) -> int:
        return sum(file.totals for file in self.files)

    @property
    def set_aside(self) -> int:
        return sum(file.set_aside for file in self.files)

    @property
    def refused(self) -> tuple[FileSummary, ...]:
        return tuple(file for file in self.files if file.status == "refused")

    def to_json(self) -> dict[str, Any]:
        """The summary as plain values: `files`, and the sums over them."""
        sums = ("rows_read", "stored", "replaced", "merged", "totals", "set_aside")
        return {"files": [asdict(file) for file in self.files]} | {name: getattr(self, name) for name in sums}
