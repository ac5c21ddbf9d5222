"""The examples in README.md and docs/: what they run, and what that prints.

A block that begins with ```console holds commands, each behind "$ ", and what each prints. The
blocks of a document are run one after the other, in a copy of the repository that `make demo`
makes; "```console fresh" begins a new repository of one commit, "```console annotated" one whose
model is annotated, "```console demo" a new copy, and "```console empty" a folder that is empty. A
command that ends with "cd FOLDER" changes the folder for those after it. Where the last word is
"refused", commands fail on purpose; elsewhere none may exit with more than 1. A comment that begins
with "<!-- run", and may go on with the same words, holds commands that readers need not see, which
set up the next block: all of them succeed.

A block that begins with ```python title="train.py" (or of another language) is the whole text of a
file: it is written into the folder before the commands below it run. If a document trains models,
no two machines save the same bytes: where an output is otherwise the same, the document keeps its
ids of Git's objects, each for one other, and its sizes in bytes.

To write down what the commands print now:

    python tests/support/documents.py README.md docs/*/*.md

A block that begins with ```python holds, behind ">>> ", what somebody types into Python: doctest
runs all of a document's, one after the other, in a copy of the same repository.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime, timedelta
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import NamedTuple

import pytest

from commandline import run_main
from glossary_page import with_glossary
from mreg.cli.commands import load
from mreg.cli.examples import of as examples_of

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "examples" / "demo.py"

_BLOCK = re.compile(
    r"^(?:(?:```console|<!-- run)(?P<new> fresh| annotated| demo| empty)?(?P<refused> refused)?"
    r"|```[a-z]+ title=\"(?P<title>[^\"]+)\")\n"
    r"(?P<text>.*?)^(?P<end>```|-->)$",
    re.M | re.S,
)
TRAINS = re.compile(r"^(?:from|import) sklearn\b", re.M)
"""What a document has that trains models: it takes seconds, and saves other bytes each time."""

_ID = re.compile(r"\b(?=[0-9a-f]*[0-9])[0-9a-f]{7,64}\b")
_BYTES = re.compile(r"(?<=\()\d+(?= B\))")
_CHANGES_FOLDER = re.compile(r"(?:^|&& )cd (?P<folder>\S+)$")
_PYTHON = re.compile(r"^```python\n(?P<text>>>>.*?)^```$", re.M | re.S)
_FRESH = """\
git init -q -b main
git config user.name 'Data Scientist'
git config user.email data.scientist@example.com
echo '{"weights": [0.3, 1.2]}' > model.json
git add model.json
git commit -q -m 'Train a model'
"""
_ANNOTATED = """\
echo 'churn: {type: model, path: model.json}' > artifacts.yaml
git add artifacts.yaml
git commit -q -m 'Say what it is'
"""
_SHORT = 7
_PADDING = re.compile(r"(?<=\S) {8}$", re.M)
"""What Git puts behind the lines of a remote, where it does not write to a terminal."""


class Example(NamedTuple):
    """A command in a document, and what it prints: as the document says, or as it does."""

    command: str
    output: str


def examples(block: str) -> Iterator[Example]:
    """Iterate over the examples in a block's text."""
    for piece in re.split(r"^\$ ", block, flags=re.M)[1:]:
        command, _, output = piece.partition("\n")
        yield Example(command, output.strip("\n"))


def text_of(found: list[Example]) -> str:
    """Return the text of the block that holds the examples."""
    return "".join(f"$ {it.command}\n{it.output}".rstrip("\n") + "\n" for it in found)


class Runner:
    """Runs a document's examples, a minute of March 2026 apart.

    Attributes:
        demo: the repository that the demo made; it is copied, and stays as it is.
        folder: where the copies go.
    """

    def __init__(self, demo: Path, folder: Path) -> None:
        self.demo = demo
        self.folder = folder
        self._now = datetime(2026, 3, 9, 9, tzinfo=UTC)
        self._repository: Path
        self._shown: dict[Path, str]
        self._ids_vary = False
        self._ids: dict[str, str] = {}
        self._begin_with_demo()

    def rewritten(self, document: str, *, anew: bool = False) -> str:
        """Return a document with what its examples print now; `anew` with all ids of this run."""
        self._ids_vary = TRAINS.search(document) is not None and not anew
        return _BLOCK.sub(self._block, document)

    def python_report(self, document: str) -> str:
        """Run a document's Python; return what doctest has to say, nothing if all is well."""
        source = self._repository.with_name("examples.txt")
        source.write_text("\n".join(match["text"] for match in _PYTHON.finditer(document)))
        return self._print_of(f"python -m doctest {source}")

    def _block(self, match: re.Match[str]) -> str:
        if match["title"]:
            (self._repository / match["title"]).write_text(match["text"])
            return match[0]
        if match["new"] == " demo":
            self._begin_with_demo()
        elif match["new"] == " empty":
            self._begin_empty()
        elif match["new"]:
            self._begin_fresh(_FRESH if match["new"] == " fresh" else _FRESH + _ANNOTATED)
        hidden = match["end"] == "-->"
        worst = 255 if match["refused"] else 0 if hidden else 1
        done = [Example(it.command, self._answer(it, worst)) for it in examples(match["text"])]
        if hidden:
            return match[0]
        return f"```console{match['new'] or ''}{match['refused'] or ''}\n{text_of(done)}```"

    def _answer(self, example: Example, worst: int) -> str:
        """Return what an example prints; as the document says it, if ids alone differ."""
        said = self._print_of(example.command, worst)
        if found := _CHANGES_FOLDER.search(example.command):
            self._repository = (self._repository / found["folder"]).resolve(strict=True)
        return example.output if self._ids_vary and self._same(said, example.output) else said

    def _same(self, said: str, written: str) -> bool:
        """Tell whether two outputs differ in nothing but ids, which stand for each other."""
        if _without_ids(said) != _without_ids(written):
            return False
        pairs = [*zip(_ID.findall(said), _ID.findall(written), strict=True)]
        # An id is shown in full, or cut to its first characters.
        return all(
            self._ids.setdefault(new[:_SHORT], old[:_SHORT]) == old[:_SHORT]
            and len(new) == len(old)
            for new, old in pairs
        )

    def _begin_empty(self) -> None:
        self._repository = Path(tempfile.mkdtemp(dir=self.folder)) / "home"
        self._repository.mkdir()
        self._shown = {self._repository: HOME}

    def _begin_in_repository(self) -> None:
        self._begin_empty()
        home, self._repository = self._repository, self._repository / "repository"
        self._shown = {self._repository: f"{HOME}/iris", home: HOME}

    def _begin_with_demo(self) -> None:
        self._begin_in_repository()
        shutil.copytree(self.demo, self._repository)

    def _begin_fresh(self, commands: str) -> None:
        self._begin_in_repository()
        self._repository.mkdir()
        self._print_of(commands)

    def _print_of(self, command: str, worst: int = 1) -> str:
        self._now += timedelta(minutes=1)
        code, said = run(command, self._repository, environment(self._now, self.folder))
        if code > worst or "Traceback (most recent call last)" in said:
            raise AssertionError(f"$ {command}\n{said}exit code {code}")
        for folder, shown in self._shown.items():
            said = said.replace(str(folder), shown)
        return _PADDING.sub("", said).strip("\n")


def _without_ids(output: str) -> str:
    return _BYTES.sub("", _ID.sub("", output))


HOME = "/home/ann"
"""Where the repository of the examples is, in a folder `iris`, as a document shows it."""

_NEEDS_SHELL = re.compile(r"^(?!mreg )|^mreg watch|[|<>;&$*`\\()?~{\n]")
"""What is more than words, or starts programs that print by themselves."""

_QUOTED = re.compile(r"'[^'\n]*'")
"""What is one word to a shell and to `shlex`, whatever it holds."""


def run(command: str, folder: Path, world: dict[str, str]) -> tuple[int, str]:
    """Run a command as somebody types it; return its exit code and what it prints."""
    needed = _by_shell if _NEEDS_SHELL.search(_QUOTED.sub("''", command)) else _in_process
    return needed(command, folder, world)


def _by_shell(command: str, folder: Path, world: dict[str, str]) -> tuple[int, str]:
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=folder,
        env=world,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def _in_process(command: str, folder: Path, world: dict[str, str]) -> tuple[int, str]:
    """Run mreg as a process of its own would be, without the time that Python takes to start."""
    said = TextIOWrapper(BytesIO(), "utf-8", write_through=True)
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(said), redirect_stderr(said):
        for name in os.environ.keys() - world.keys():
            patch.delenv(name)
        for name, value in world.items():
            patch.setenv(name, value)
        patch.chdir(folder)
        time.tzset()
        code = run_main(patch, shlex.split(command)[1:])
    time.tzset()
    # As a process's output is read as text: CSV has other ends of lines.
    return code, said.buffer.getvalue().decode().replace("\r\n", "\n")


def environment(now: datetime, home: Path) -> dict[str, str]:
    """Return what a command sees of the world: nothing of the user's, and this Python's mreg."""
    foreign = ("GIT_", "GITHUB_", "GITLAB_", "MREG_", "PYTHON", "XDG_")
    ours = {key: it for key, it in os.environ.items() if not key.startswith(foreign)}
    return {
        **ours,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "HOME": str(home),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_DATE": now.isoformat(),
        "GIT_COMMITTER_DATE": now.isoformat(),
        "TZ": "UTC",
        "PYTHONUNBUFFERED": "1",  # a terminal shows what a script prints in its order
    }


def make_demo(folder: Path) -> Path:
    """Run the demo; return the repository that it made."""
    repository = folder / "demo"
    subprocess.run([sys.executable, str(DEMO), str(repository)], check=True, capture_output=True)
    return repository


_SECTION = re.compile(r"^## mreg (?P<name>[a-z -]+)\n\n(?P<usage>```text\n.*?^```\n)", re.M | re.S)
_OF_HELP = r"\n```sh\n(?:mreg [^\n]*\n)*```\n"


def with_examples(document: str) -> str:
    """Return a document with the examples of each command's help behind its usage."""
    for found in reversed([*_SECTION.finditer(document)]):
        lines = "".join(f"{it}\n" for it in examples_of(load(found["name"])).examples)
        end = found.end()
        old = re.compile(_OF_HELP).match(document, end)
        rest = document[old.end() if old else end :]
        document = f"{document[:end]}\n```sh\n{lines}```\n{rest}"
    return document


def main() -> None:
    """Write down what the examples in the documents that were named print now."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        demo = make_demo(folder)
        for path in map(Path, sys.argv[1:]):
            text = path.read_text()
            text = with_examples(text) if path.name == "commands.md" else text
            text = with_glossary(text) if path.name == "glossary.md" else text
            found = Runner(demo, folder).rewritten(text)
            if found != text and TRAINS.search(text):  # all ids of one run, not of two
                found = Runner(demo, folder).rewritten(text, anew=True)
            path.write_text(found)


if __name__ == "__main__":
    main()
