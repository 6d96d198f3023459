"""Write docs/cli.md from the commands' own help: `python docs/make_cli.py`."""

from pathlib import Path

from typer.testing import CliRunner

from bidopt.cli import app

PAGE = Path(__file__).with_name("cli.md")
HEAD = """# Commands

Made by `make docs` from the commands' own help; a test fails when it is stale.

Every command takes `-w DIR`, `--json` (one JSON object on stdout; progress and failures go to stderr) and `--help`.
"""


def commands() -> list[str]:
    """The names of all commands, in the order of `bidopt --help`."""
    return [str(command.name) for command in app.registered_commands]


def help_text(*arguments: str) -> str:
    """What `bidopt ARGUMENTS --help` prints."""
    result = CliRunner().invoke(app, [*arguments, "--help"], prog_name="bidopt", terminal_width=100)
    return result.output.strip()


def page() -> str:
    """The whole of docs/cli.md."""
    sections = [("bidopt", help_text())] + [(f"bidopt {name}", help_text(name)) for name in commands()]
    return HEAD + "".join(f"\n## {title}\n\n```text\n{text}\n```\n" for title, text in sections)


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8", newline="\n")
