"""The command line in processes that can be killed at any step: one start-up, then a fork a run.

    with Runs() as runs:
        ended = runs("nightly", "-w", shop, kill_at=3)

A step is a change to the workspace: a file opened for writing, synced, renamed or deleted, a folder made or removed.
"""

import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
RENAMES = ("os.rename",)
STEPS = ("open", "os.mkdir", "fsync", "os.rename", "os.remove", "os.rmdir")
_PAGE = 4096
_AS_ROOT = () if hasattr(os, "getuid") and os.getuid() == 0 else ("sudo", "-n")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


@dataclass(frozen=True)
class Ended:
    """How a run ended: `code` is its exit code, or minus the signal that killed it; `steps` came before that."""

    code: int
    out: str
    err: str
    steps: int


class Runs:
    """Runs of bidopt, each a process of its own, forked from one that has everything imported."""

    def __enter__(self) -> "Runs":
        environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        self._server = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._server.communicate()

    def __call__(
        self, *arguments: object, kill_at: int = 0, kill_after: float = 0, steps: tuple[str, ...] = STEPS
    ) -> Ended:
        """Run bidopt; kill it just before step `kill_at` of the kinds `steps` (1: the first), or after some seconds."""
        told = {"arguments": list(map(str, arguments)), "at": kill_at, "after": kill_after, "steps": steps}
        assert self._server.stdin
        assert self._server.stdout
        print(json.dumps(told), file=self._server.stdin, flush=True)
        return Ended(**json.loads(self._server.stdout.readline()))


TIMED = ("log.jsonl", "ledger.jsonl")
"""Files that tell the time."""


def tree(root: Path) -> dict[str, bytes]:
    """Every file of a workspace but the inbox, the lock and the logs."""
    files = (path for path in sorted(root.rglob("*")) if path.is_file())
    named = {path.relative_to(root).as_posix(): path for path in files}
    passed = ("inbox/", "data/.lock")
    return {n: p.read_bytes() for n, p in named.items() if not n.startswith(passed) and p.name not in TIMED}


def pages(root: Path) -> int:
    """Bytes that the files below `root` take in memory."""
    return sum(-(-path.stat().st_size // _PAGE) * _PAGE for path in root.rglob("*") if path.is_file())


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[Path]:
    """A file system of `size` bytes of its own, mounted on `folder`."""
    folder.mkdir()
    options = f"size={size},mode=777"
    if subprocess.run([*_AS_ROOT, "mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], check=False).returncode:
        pytest.skip("needs the right to mount")
    try:
        yield folder
    finally:
        subprocess.run([*_AS_ROOT, "umount", "-l", folder], check=True)
        folder.rmdir()


def remount(folder: Path, option: str) -> None:
    subprocess.run([*_AS_ROOT, "mount", "-o", f"remount,{option}", folder], check=True)


def serve() -> None:
    """Fork a run for each line on stdin and tell how it ended."""
    for name in ("bidopt.cli", "bidopt.nightly", "statsmodels.api"):  # so that no run imports them again
        importlib.import_module(name)

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for line in sys.stdin:
            print(json.dumps(_ended(json.loads(line), folder)), flush=True)


def _ended(job: dict[str, Any], folder: Path) -> dict[str, Any]:
    child = os.fork()
    if not child:
        _run(job, folder)
    if job["after"]:
        time.sleep(job["after"])
        os.kill(child, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    told = {stream: (folder / stream).read_text("utf-8", "replace") for stream in ("out", "err")}
    return {"code": code, **told, "steps": len((folder / "steps").read_bytes())}


def _run(job: dict[str, Any], folder: Path) -> None:
    """bidopt in this process, its streams and steps in files; never returns."""
    from bidopt import cli

    for stream, number in (("out", 1), ("err", 2)):
        os.dup2(os.open(folder / stream, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    count = os.open(folder / "steps", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    place = job["arguments"].index("-w")
    _watch(Path(job["arguments"][place + 1]).resolve(), tuple(job["steps"]), _Killer(job["at"], count))
    sys.stdout, sys.stderr = (os.fdopen(number, "w", encoding="utf-8") for number in (1, 2))
    sys.argv = ["bidopt", *job["arguments"]]
    code = 0
    try:
        cli.main()
    except SystemExit as left:
        code = int(left.code or 0)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


class _Killer:
    """Counts steps into a file, a byte each, and ends the process before the `at`th."""

    def __init__(self, at: int, count: int) -> None:
        self._left, self._count = at, count

    def __call__(self) -> None:
        self._left -= 1
        if not self._left:
            os.kill(os.getpid(), signal.SIGKILL)
        os.write(self._count, b".")


def _watch(root: Path, steps: tuple[str, ...], step: Callable[[], None]) -> None:
    """Call `step` before every change to what is below `root`."""
    synced = os.fsync

    def fsync(file: int) -> None:
        if "fsync" in steps:
            step()
        synced(file)

    def hear(event: str, details: tuple[Any, ...]) -> None:
        if event not in steps or not isinstance(details[0], str | os.PathLike) or not _below(root, details[0]):
            return
        there = os.path.lexists(details[0])
        changes = {"open": bool(event == "open" and details[2] & _WRITING), "os.mkdir": not there}
        if changes.get(event, there):
            step()

    os.fsync = fsync
    sys.addaudithook(hear)


def _below(root: Path, path: "str | os.PathLike[str]") -> bool:
    return os.path.abspath(path).startswith(f"{root}{os.sep}")


if __name__ == "__main__":
    serve()
