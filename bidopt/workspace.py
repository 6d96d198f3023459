"""One shop's folder: where things are, who may write, and how a file appears whole or not at all."""

import datetime as dt
import getpass
import json
import os
import platform
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from bidopt import settings
from bidopt.errors import UsageError, WorkspaceBusy

SHOP_TIME = dt.timezone(dt.timedelta(hours=8), "Asia/Shanghai")
_HALF_WRITTEN = ".*.????????.tmp"


class Workspace:
    """Paths of a workspace (see the README's "A workspace")."""

    def __init__(self, root: Path | str) -> None:
        self.root = Path(root).resolve()
        self.settings_path = self.root / settings.FILE_NAME
        self.inbox = self.root / "inbox"
        self.data = self.root / "data"
        self.models = self.root / "models"
        self.runs = self.root / "runs"

    def require(self) -> "Workspace":
        """Raise UsageError unless this folder is a workspace."""
        if not self.settings_path.is_file():
            raise UsageError(
                f"{self.root} 不是 bidopt 工作区 / is not a bidopt workspace: it has no {settings.FILE_NAME}.",
                "新建 / make one: bidopt init DIR；已有的 / name one: -w DIR",
            )
        return self

    def settings(self) -> settings.Settings:
        return settings.load(self.settings_path)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the workspace for writing, swept; the system frees it when the process dies.

        Raises
        ------
        WorkspaceBusy
            When another process holds it.
        """
        self.data.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.data / ".lock", timeout=0)
        try:
            lock.acquire()
        except Timeout:
            raise WorkspaceBusy(
                f"另一个 bidopt 正在使用 / another bidopt is working in {self.root}.",
                "等它结束再试 / try again when it is done.",
            ) from None
        try:
            self.sweep()
            yield
        finally:
            lock.release()

    def sweep(self) -> None:
        """Delete what killed processes left half written. The caller holds the lock."""
        folders = (self.data, self.models, self.runs, self.root / "whatif")
        left = [path for folder in folders for path in folder.rglob(_HALF_WRITTEN)]
        for path in (*left, *self.root.glob(_HALF_WRITTEN)):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
                continue
            with suppress(PermissionError):  # Windows: something scans it now; the next sweep takes it
                path.unlink(missing_ok=True)

    def run_dir(self, run_id: str) -> Path:
        return self.runs / run_id

    def latest_run(self) -> str | None:
        """The newest run_id, or None before the first night."""
        pointer = self.runs / "latest"
        return pointer.read_text("utf-8").strip() if pointer.is_file() else None


def who() -> str:
    """The person at the keyboard, as user@host."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # a user id without a name
        user = "?"
    return f"{user}@{platform.node()}"


def publish_bytes(path: Path, content: bytes) -> None:
    """Write `content` beside `path`, then put it in its place in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = _beside(path)
    try:
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
        _sync_folder(path.parent)
    except OSError as error:
        error.filename = error.filename or str(path)  # a full disk does not say where
        raise
    finally:
        beside.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Keep a rename in `folder` through a power cut."""
    if os.name == "nt":  # where folders cannot be opened
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _beside(path: Path) -> Path:
    """Where `path` is written before it takes its place: named so that `_HALF_WRITTEN` finds it."""
    return path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.tmp")


def publish_json(path: Path, value: Any) -> None:
    publish_bytes(path, dump_json(value).encode())


def dump_json(value: Any) -> str:
    """JSON for people and diffs: sorted where order says nothing, Chinese as itself, never NaN."""
    return json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


@contextmanager
def publish_dir(final: Path) -> Iterator[Path]:
    """Yield an empty folder that becomes `final` when the block ends well, and vanishes when it does not."""
    final.parent.mkdir(parents=True, exist_ok=True)
    beside = _beside(final)
    beside.mkdir()
    try:
        yield beside
        for path in beside.iterdir():
            with path.open("rb+") as file:
                os.fsync(file.fileno())
        if final.exists():
            shutil.rmtree(final)
        os.replace(beside, final)
        _sync_folder(final.parent)
    except OSError as error:
        error.filename = error.filename or str(final)
        raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def delete_dir(folder: Path) -> None:
    """Take `folder` out of sight in one step; where the process dies before it is gone, the next sweep ends that."""
    with suppress(PermissionError):  # Windows: something reads it now; the next time takes it
        shutil.rmtree(folder.rename(_beside(folder)), ignore_errors=True)
