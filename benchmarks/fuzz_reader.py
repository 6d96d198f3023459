"""What no export should do to the reader: coverage-guided inputs by atheris, every finding kept as a file.

    pip install -e ".[fuzz]"
    python benchmarks/fuzz_reader.py --seconds 3600 --findings findings

Seeds are data/sample. An input's first byte says how it is packed: as it is, as the member of a zip, or as the cells of
a workbook, so that mutations reach what lies behind the containers. A finding is any exception but `FileRefused`, a row
that is not accounted for, or a frame that breaks its contract; libFuzzer itself stops at what takes over 60 s or 2 GB.
Prints inputs tried, read and refused, and the findings.
"""

import argparse
import csv
import hashlib
import io
import sys
import tempfile
import time
import traceback
import zipfile
from collections import Counter
from pathlib import Path

import atheris
import xlsxwriter

with atheris.instrument_imports(include=["bidopt.ingest"]):
    from bidopt.ingest import read_file

from bidopt import schema
from bidopt.errors import FileRefused

SAMPLES = Path(__file__).parent.parent / "data" / "sample"
NAME = "报表_20260705_093000.csv"
AS_IT_IS, ZIPPED, WORKBOOK = range(3)
TOLD_EVERY = 1000


class Fuzz:
    """Feeds inputs to the reader, counts them, and writes each new kind of failure to `findings`."""

    def __init__(self, folder: Path, findings: Path) -> None:
        self.count: Counter[str] = Counter()
        self._path = folder / NAME
        self._findings = findings
        self._start = time.monotonic()

    def try_one(self, data: bytes) -> None:
        self.count["tried"] += 1
        if self.count["tried"] % TOLD_EVERY == 0:
            self.tell()
        self._path.write_bytes(packed(data))
        try:
            for file in read_file(self._path):
                accounted = len(file.frame) + file.merged + file.totals + len(file.set_aside)
                assert file.rows_read == accounted, "a row is lost"
                assert file.frame.dtypes.astype(str).to_dict() == schema.dtypes(schema.FRAMES[file.kind]), (
                    "another type"
                )
            self.count["read"] += 1
        except FileRefused:
            self.count["refused"] += 1
        except BaseException as error:  # a panic of the workbook reader is no Exception
            if isinstance(error, KeyboardInterrupt):
                raise
            self._keep(error)

    def _keep(self, error: BaseException) -> None:
        last = traceback.extract_tb(error.__traceback__)[-1]
        kind = f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}"
        self.count[kind] += 1
        if self.count[kind] == 1:
            name = hashlib.sha256(kind.encode()).hexdigest()[:8]
            (self._findings / f"{name}.bin").write_bytes(self._path.read_bytes())
            (self._findings / f"{name}.txt").write_text("".join(traceback.format_exception(error)), "utf-8")

    def tell(self) -> None:
        print(f"{time.monotonic() - self._start:.0f} s", dict(self.count), flush=True)


def packed(data: bytes) -> bytes:
    """The file that the input stands for."""
    how, content = data[:1] or b"\0", data[1:]
    if how[0] % 3 == ZIPPED:
        sink = io.BytesIO()
        with zipfile.ZipFile(sink, "w") as archive:
            archive.writestr("a.csv", content)
        return sink.getvalue()
    if how[0] % 3 == WORKBOOK:
        sink = io.BytesIO()
        with xlsxwriter.Workbook(sink, {"in_memory": True, "strings_to_numbers": True, "nan_inf_to_errors": True}) as b:
            sheet = b.add_worksheet()
            text = content.decode("utf-8", "replace").replace("\r", "\n")
            for place, line in enumerate(text.split("\n")[:200]):
                sheet.write_row(place, 0, next(csv.reader([line.replace("\0", "")[:20_000]]), []))
        return sink.getvalue()
    return content


def seeds(folder: Path) -> None:
    """Every small sample as it is, and its text as zip and as workbook."""
    for number, path in enumerate(sorted(path for path in SAMPLES.rglob("*") if path.is_file())):
        content = path.read_bytes()
        if len(content) > 20_000:
            continue
        (folder / f"{number}-0").write_bytes(bytes([AS_IT_IS]) + content)
        if path.suffix != ".xlsx" and not zipfile.is_zipfile(path):
            for how in (ZIPPED, WORKBOOK):
                (folder / f"{number}-{how}").write_bytes(bytes([how]) + content)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=3600)
    parser.add_argument("--findings", type=Path, default=Path("findings"))
    chosen = parser.parse_args()
    chosen.findings.mkdir(parents=True, exist_ok=True)
    corpus = Path(tempfile.mkdtemp())
    seeds(corpus)
    fuzz = Fuzz(Path(tempfile.mkdtemp()), chosen.findings)
    limits = ["-max_len=20000", "-timeout=60", "-rss_limit_mb=2000", f"-max_total_time={chosen.seconds}"]
    atheris.Setup([sys.argv[0], *limits, f"-artifact_prefix={chosen.findings}/", str(corpus)], fuzz.try_one)
    try:
        atheris.Fuzz()
    finally:
        fuzz.tell()


if __name__ == "__main__":
    main()
