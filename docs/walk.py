"""Go through a document as its reader would: settings set, files written, commands run, what they print put in.

    <!-- settings: my-shop/bidopt.toml -->   the toml block below is set in that file
    <!-- file: my-shop/inbox/x.csv -->       the block below is written to that file
    ```sh                                    every line is run; a ```text block right below is what they print

`python docs/walk.py` puts into the tutorial and the how-tos what their commands print now, and makes pictures of
the tutorial's report anew where there is a Chromium.
"""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

DOCS = Path(__file__).parent
ROOT = DOCS.parent
BLOCK = re.compile(r"(?:<!-- (file|settings): (\S+) -->\n)?```(\w+)\n(.*?)```(?:\n\n```text\n(.*?)```)?", re.S)
TUTORIALS = ("tutorial.md", "tutorial.zh.md")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
WINDOW = "1366,768"
ENV = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "COLUMNS": "100"}


@dataclass(frozen=True)
class Failed(Exception):
    """A command of a document that did not end with 0."""

    line: str
    output: str

    def __str__(self) -> str:
        return f"{self.line}\n{self.output}"


def how_tos() -> list[Path]:
    """The how-tos, in both languages."""
    return sorted((DOCS / "how-to").glob("*.md"))


def commands(text: str) -> list[str]:
    """All lines of the sh blocks."""
    return [line for found in BLOCK.finditer(text) if found[3] == "sh" for line in found[4].splitlines()]


def fresh(folder: Path) -> Path:
    """A folder like that of somebody who has just installed bidopt: the package and the practice platform."""
    shutil.copytree(ROOT / "bidopt", folder / "bidopt", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "docs").mkdir()
    shutil.copy(DOCS / "practice.py", folder / "docs")
    bin_folder = folder / ".bin"
    bin_folder.mkdir()
    for name, program in (("bidopt", f'"{sys.executable}" -m bidopt'), ("python", f'"{sys.executable}"')):
        script = bin_folder / name
        script.write_text(f'#!/bin/sh\nexec {program} "$@"\n', "utf-8")
        script.chmod(0o755)
    return folder


def walked(text: str, folder: Path) -> str:
    """`text` with what its commands print in `folder`.

    Raises
    ------
    Failed
        At the first command that does not end with 0.
    """
    done = ""
    at = 0
    for found in BLOCK.finditer(text):
        kind, path, language, body, shown = found.groups()
        done, at = done + text[at : found.start()], found.end()
        if kind == "file":
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(body, "utf-8")
        elif kind == "settings":
            set_in(folder / path, body)
        output = "".join(_run(line, folder) for line in body.splitlines()) if language == "sh" else ""
        whole = found[0]
        if shown is not None and language == "sh":
            whole = whole[: found.start(5) - found.start()] + output + "```"
        done += whole
    return done + text[at:]


def set_in(path: Path, body: str) -> None:
    """Set the keys of the TOML `body` in the file at `path`; sections that may stand more than once are added."""
    text = path.read_text("utf-8")
    for section, lines in _sections(body):
        if section.startswith("[["):
            text += "\n" + "\n".join([section, *lines]) + "\n"
            continue
        head, found, tail = text.partition(section + "\n")
        if not found:
            text += "\n" + "\n".join([section, *lines]) + "\n"
            continue
        for line in lines:
            key = line.split(" = ")[0]
            own, next_head, rest = tail.partition("\n[")
            there = re.search(rf"^{key} = .*$", own, re.M)
            own = own.replace(there[0], line, 1) if there else f"{line}\n{own}"
            tail = own + next_head + rest
        text = head + found + tail
    tomllib.loads(text)
    path.write_text(text, "utf-8")


def _sections(body: str) -> Iterator[tuple[str, list[str]]]:
    """(header, its lines) of each section."""
    for part in re.split(r"^(?=\[)", body, flags=re.M):
        header, *lines = [line for line in part.splitlines() if line.strip()] or [""]
        if header:
            yield header, lines


def _run(line: str, folder: Path) -> str:
    """What a terminal shows of one command."""
    paths = {"PATH": f"{folder / '.bin'}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(folder)}
    done = subprocess.run(
        line, shell=True, cwd=folder, env=os.environ | ENV | paths, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    shown = done.stdout.decode("utf-8")
    if done.returncode:
        raise Failed(line, shown)
    shown = shown.replace(f"{folder.resolve()}{os.sep}", "").replace(str(folder.resolve()), ".")
    shown = re.sub(r"\b[\w.-]+@[\w.-]+", "you@computer", shown)
    return "".join(f"{part.rstrip()}\n" for part in shown.splitlines())


def main() -> None:
    for tutorial in TUTORIALS:
        with TemporaryDirectory() as folder:
            walk = fresh(Path(folder))
            write(DOCS / tutorial, walk)
            language = "zh" if tutorial.endswith(".zh.md") else "en"
            picture(first_report(walk / "my-shop"), DOCS / "pictures" / f"report-{language}.png")
            shop = Path(f"{folder}-shop")
            for how_to in how_tos():
                if how_to.name.endswith(".zh.md") == tutorial.endswith(".zh.md"):
                    shutil.copytree(walk, shop)
                    write(how_to, shop)
                    shutil.rmtree(shop)


def first_report(shop: Path) -> Path:
    """The page of the shop's first night."""
    return min((shop / "runs").glob("*/report.html"))


def picture(page: Path, target: Path) -> None:
    """What a browser shows of `page` at first sight, as PNG; nothing where there is no browser."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        print(f"no browser: {target.name} stays as it is", file=sys.stderr)
        return
    looks = ["--headless", "--no-sandbox", "--hide-scrollbars", f"--window-size={WINDOW}"]
    later = ["--virtual-time-budget=5000", f"--screenshot={target}"]
    subprocess.run([browser, *looks, *later, page.as_uri()], check=True, capture_output=True)


def write(page: Path, folder: Path) -> None:
    """Put into `page` what its commands print in `folder`."""
    page.write_text(walked(page.read_text("utf-8"), folder), "utf-8", newline="\n")


if __name__ == "__main__":
    main()
