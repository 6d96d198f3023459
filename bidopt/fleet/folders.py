"""Which workspaces are meant by what a person named."""

import glob
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from bidopt.errors import UsageError
from bidopt.settings import FILE_NAME

NO_LISTS = (".toml", ".json", ".html")
"""Files that stand beside shops, and come along where a shell spells out `shops/*`."""


def find(named: Iterable[str]) -> list[Path]:
    """The folders, each once however often and by whatever path it is named, in that order.

    `named`: folders; patterns, of which only workspaces count (Windows' shells pass them on); files that name folders
    or patterns, one a line, relative to the file, # for comments.

    Raises
    ------
    UsageError
        When a pattern fits no workspace, or nothing is named.
    """
    once: dict[str, Path] = {}
    for folder in (folder.resolve() for text in named for folder in _named(text, lists=True)):
        once.setdefault(os.path.normcase(folder), folder)
    if not once:
        raise UsageError("没有指定工作区 / no workspace is named.", "例 / e.g.: bidopt fleet nightly 'shops/*'")
    return list(once.values())


def _named(text: str, *, lists: bool) -> Iterator[Path]:
    path = Path(text)
    if lists and path.is_file():
        if path.suffix not in NO_LISTS:
            yield from _listed(path)
    elif glob.has_magic(text) and not path.exists():
        matches = [Path(match) for match in sorted(glob.glob(text, recursive=True))]
        shops = [match for match in matches if (match / FILE_NAME).is_file()]
        if not shops:
            raise UsageError(
                f"{text} 没有匹配到工作区 / fits no workspace.", f"工作区里有 / a workspace has {FILE_NAME}."
            )
        yield from shops
    else:
        yield path


def _listed(path: Path) -> Iterator[Path]:
    lines = (line.strip() for line in _text(path).splitlines())
    for line in lines:
        if line and not line.startswith("#"):
            yield from _named(os.path.join(path.parent, line), lists=False)


def _text(path: Path) -> str:
    content = path.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UsageError(f"{path} 不是文本 / is no text.", "每行一个文件夹 / name one folder a line.")
