"""Run `bidopt demo`: its output goes into both READMEs, what it fitted into models/demo."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
READMES = (ROOT / "README.md", ROOT / "README.zh-CN.md")
BLOCK = re.compile(r"(<!-- demo -->\n```text\n).*?(\n```\n<!-- /demo -->)", re.S)


def demo_output(models: Path) -> str:
    """What a terminal shows of `bidopt demo`, run in an empty folder; what it fitted is copied to `models`."""
    with TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "bidopt", "demo"]
        done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=True)
        (fitted,) = Path(folder, "bidopt-demo", "models").iterdir()
        shutil.rmtree(models, ignore_errors=True)
        shutil.copytree(fitted, models)
        shown = done.stdout.decode().replace(str(Path(folder).resolve()), ".")
    return "\n".join(line.rstrip() for line in shown.splitlines())


def main() -> None:
    shown = demo_output(ROOT / "models" / "demo")
    for readme in READMES:
        text = readme.read_text("utf-8")
        readme.write_text(BLOCK.sub(lambda found: found[1] + shown + found[2], text), "utf-8", newline="\n")


if __name__ == "__main__":
    main()
