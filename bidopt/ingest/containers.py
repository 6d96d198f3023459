"""Files to tables' bytes: zip archives, what lies in a folder by accident, and when an export was made."""

import datetime as dt
import hashlib
import io
import os
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from bidopt import cores
from bidopt.errors import FileRefused

MAX_BYTES = 4_000_000_000
"""What one file may hold decompressed: 90 days of 100,000 words take 2.5 GB."""

MAX_RATIO, MAX_UNCHECKED = 200, 10_000_000
"""How far an archive of more than so many bytes may unpack: reports unpack 5 to 50 times, bombs a thousand."""

_PART = 1 << 22
"""Bytes that are unpacked at once."""

SHOP_TIME = dt.timezone(dt.timedelta(hours=8), "Asia/Shanghai")
_NAME_TIME = re.compile(r"_(\d{8}_\d{6})(?!\d)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_JUNK_NAMES = frozenset({"desktop.ini", "thumbs.db", "__macosx"})
_JUNK_ENDINGS = (".crdownload", ".tmp", ".part", ".download")


@dataclass(frozen=True)
class Source:
    """One table as it came.

    Attributes
    ----------
    name : str
        For people: the file, or file and member where an archive holds several.
    content : bytes
        Decompressed.
    downloaded_at : datetime
        The shop's local time.
    dated : bool
        Whether the export itself says when it was made; else that is the file's own time, which copying changes.
    sha256 : str
        Of `content`.
    """

    name: str
    content: bytes
    downloaded_at: dt.datetime
    dated: bool
    sha256: str


def shown_name(path: Path) -> str:
    """The name of a file for people: archives made on Windows and unpacked elsewhere leave names in GBK."""
    raw = os.fsencode(path.name)
    try:
        name = raw.decode()
    except UnicodeDecodeError:
        name = raw.decode("gb18030", "replace")
    return _CONTROL.sub("?", name)


def is_junk(name: str) -> bool:
    """Whether a file of this name is no export: lock files of Excel, half downloads, what systems leave behind."""
    return name.startswith((".", "~$")) or name.lower() in _JUNK_NAMES or name.lower().endswith(_JUNK_ENDINGS)


def is_workbook(content: bytes, name: str) -> bool:
    """Whether `content` is an Excel file, old or new, whatever its name says."""
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        return True
    return _is_zip(content) and any(member.startswith("xl/") for member in opened(content, name).namelist())


def sources(path: Path) -> list[Source]:
    """The tables in the file at `path`: itself, or each member of a zip.

    Raises
    ------
    FileRefused
        When the file cannot be opened, is too large, or is an archive that cannot be trusted.
    """
    name = shown_name(path)
    try:
        stat = path.stat()
        if stat.st_size > MAX_BYTES:
            raise _too_large(name)
        content = path.read_bytes()
    except OSError as error:
        raise FileRefused(f"{name}: {error.strerror or error}.", "请检查文件 / check the file.") from None
    saved_at = dt.datetime.fromtimestamp(int(stat.st_mtime), SHOP_TIME).replace(tzinfo=None)
    if _is_zip(content):
        archive = opened(content, name)
        if not any(member.startswith("xl/") for member in archive.namelist()):
            return list(_members(archive, name, saved_at))
    named_at = _named_time(name)
    digest = hashlib.sha256(content).hexdigest()
    return [Source(name, content, named_at or saved_at, named_at is not None, digest)]


def _members(archive: zipfile.ZipFile, name: str, saved_at: dt.datetime) -> Iterator[Source]:
    infos = [info for info in archive.infolist() if info.filename and not info.is_dir()]
    paths = [PurePosixPath(_member_name(info).replace("\\", "/")) for info in infos]
    if any(path.is_absolute() or ".." in path.parts or ":" in "".join(path.parts[:1]) for path in paths):
        raise _refused(name, "压缩包里的路径越界 / the archive holds paths that leave it")
    tables = [(i, p) for i, p in zip(infos, paths, strict=True) if not any(is_junk(part) for part in p.parts)]
    if not tables:
        raise _refused(name, "压缩包里没有报表 / the archive holds no table")
    for info, path in tables:
        shown = name if len(tables) == 1 else f"{name}/{_CONTROL.sub('?', path.name)}"
        made_at = _named_time(name) or _named_time(path.name) or _member_time(info)
        content, digest = _member(archive, info, name)
        yield Source(shown, content, made_at or saved_at, made_at is not None, digest)


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> tuple[bytes, str]:
    """(content, its sha256), the one unpacked while the other is reckoned."""
    if info.flag_bits & 1:
        raise _refused(name, "压缩包有密码 / the archive is encrypted", "请先解压 / unpack it first.")
    digest, content = hashlib.sha256(), io.BytesIO()
    try:
        with archive.open(info) as member, cores.pool(info.file_size, _PART, 1) as aside:
            while part := member.read(_PART):  # never more in all than its head tells, which is checked
                content.write(part)
                aside.submit(digest.update, part)
    except Exception:  # zipfile lets through whatever its decompressors raise
        raise _refused(name, "压缩包已损坏 / the archive is damaged") from None
    return content.getvalue(), digest.hexdigest()


def opened(content: bytes, name: str) -> zipfile.ZipFile:
    """The archive in `content`. Raises FileRefused when it is damaged or unpacks to too much."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        raise _refused(name, "压缩包已损坏 / the archive is damaged") from None
    unpacked = sum(info.file_size for info in archive.infolist())
    if unpacked > MAX_BYTES:
        raise _too_large(name)
    if unpacked > max(MAX_UNCHECKED, MAX_RATIO * len(content)):
        times = unpacked // len(content)
        raise _refused(name, f"解压后是原来的 {times} 倍，不是报表 / unpacks to {times} times its size: a zip bomb")
    return archive


def _is_zip(content: bytes) -> bool:
    return content.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def _named_time(name: str) -> dt.datetime | None:
    """The download time that the platform writes into a name, as in 关键词报表_20260705_093000.zip."""
    for stamp in _NAME_TIME.findall(name):
        try:
            return dt.datetime.strptime(stamp, "%Y%m%d_%H%M%S")
        except ValueError:
            continue
    return None


def _member_time(info: zipfile.ZipInfo) -> dt.datetime | None:
    if info.date_time[0] <= 1980:  # the zip format's zero: not set
        return None
    try:
        return dt.datetime(*info.date_time)
    except ValueError:
        return None


def _member_name(info: zipfile.ZipInfo) -> str:
    """Windows writes names in GBK without saying so; zipfile then reads them as cp437."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return info.filename


def _too_large(name: str) -> FileRefused:
    return _refused(name, "超过 4 GB / is over 4 GB", "请分段下载 / download fewer days at a time.")


def _refused(name: str, what: str, mend: str = "请重新下载 / download it again.") -> FileRefused:
    return FileRefused(f"{name}: {what}.", mend)
