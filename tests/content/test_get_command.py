"""`mreg get`, `mreg env` and `mreg cache` as a user types them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from test_start_up import loaded

from commandline import CommandLine
from mreg.registry import Registry
from mreg.system import cache
from repositories import Maker, Repository, Tag
from terminals import in_terminal, plain


@pytest.fixture
def repo(make_repository: Maker) -> Repository:
    files = {
        "artifacts.yaml": b"churn: {path: m/churn.bin}\nbert: {path: m}\n",
        "m/churn.bin": b"weights",
        "m/b": b"rest",
    }
    tags = [Tag("churn@v1.0.0"), Tag("bert@v1.0.0"), Tag("churn#prod#1", 0, 1)]
    return make_repository(tags, commits=[files])


@pytest.fixture
def here(tmp_path: Path) -> Path:
    folder = tmp_path / "here"
    folder.mkdir()
    return folder


def test_one_line_says_what_is_where(repo: Repository, here: Path, mreg: CommandLine) -> None:
    arguments = ("get", "churn#prod", "--repo", str(repo.path))
    done = mreg.ok(*arguments, repo=here)
    assert (done.out, done.err) == ("Got churn v1.0.0: churn.bin (7 B)\n", "")
    done = mreg.ok(*arguments, "--force", repo=here)
    assert done.out == "Got churn v1.0.0: churn.bin (7 B, from the cache)\n"
    done = mreg.ok("get", "bert", "-o", "x", "--repo", str(repo.path), repo=here)
    assert done.out == "Got bert v1.0.0: x (2 files, 11 B)\n"


def test_a_deregistered_version_is_told_and_why(
    repo: Repository, here: Path, mreg: CommandLine
) -> None:
    said = "warning: churn v1.0.0 was deregistered by "
    for message, why in (((), ""), (("-m", "Trained on bad data"), ": Trained on bad data")):
        mreg.ok("deregister", "churn@v1.0.0", "--force", *message, repo=repo)
        done = mreg.ok("get", "churn@v1.0.0", "--force", "--repo", str(repo.path), repo=here)
        assert re.fullmatch(rf"{said}[^:]+{why}\n", done.err)
        mreg.ok("register", "churn", "HEAD", "--version", "v1.0.0", repo=repo)


def test_what_is_there_is_not_replaced_unless_that_is_wanted(
    repo: Repository, here: Path, mreg: CommandLine
) -> None:
    (here / "churn.bin").write_text("mine")
    done = mreg("get", "churn", "--repo", str(repo.path), repo=here)
    assert (done.code, done.out) == (1, "")
    assert done.err == (
        "error: churn.bin already exists\n"
        "hint: use --force to replace it, or -o to choose another path\n"
    )
    assert (here / "churn.bin").read_text() == "mine"


def test_json_says_all_of_it(repo: Repository, here: Path, mreg: CommandLine) -> None:
    found = mreg.ok("get", "churn", "--json", "--repo", str(repo.path), repo=here).json
    assert found == {
        "path": "churn.bin",
        "artifact": "churn",
        "version": "v1.0.0",
        "commit": repo.commits[0],
        "digest": f"git:{repo.git('rev-parse', 'HEAD:m/churn.bin').strip()}",
        "size": 7,
        "files": 1,
        "from_cache": False,
        "source": "m/churn.bin",
        "annotation": repo.commits[0],
        "recorded": None,
        "name": "churn.bin",
        "executable": False,
    }


def test_the_path_in_the_cache(repo: Repository, here: Path, mreg: CommandLine) -> None:
    printed = mreg.ok("get", "bert", "--print-path", "--repo", str(repo.path), repo=here).out
    assert Path(printed.strip(), "churn.bin").read_bytes() == b"weights"
    assert list(here.iterdir()) == []


def test_standard_output(repo: Repository, here: Path) -> None:
    command = [sys.executable, "-m", "mreg", "get", "-o", "-", "--repo", str(repo.path)]
    done = subprocess.run([*command, "churn"], cwd=here, capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (b"weights", b"")
    done = subprocess.run([*command, "bert"], cwd=here, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (2, b"")
    assert list(here.iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["--print-path", "-o", "x"],
        ["--print-path", "--link"],
        ["-o", "-", "--json"],
        ["--sha256", "abc"],
    ],
)
def test_what_makes_no_sense_is_a_usage_error(
    arguments: list[str], repo: Repository, here: Path, mreg: CommandLine
) -> None:
    done = mreg("get", "churn", *arguments, "--repo", str(repo.path), repo=here)
    assert (done.code, done.out) == (2, "")
    assert list(here.iterdir()) == []


def test_nothing_slow_is_loaded(repo: Repository) -> None:
    slow = {"git", "rich", "pydantic", "semver", "ctypes", "fsspec", "http", "ssl"}
    for arguments in (["get", "churn", "--print-path"], ["get", "bert", "-o", "out"]):
        assert loaded(*arguments, repo=repo) & slow == set()


class TestCache:
    def test_a_program_finds_what_a_command_has_fetched(
        self, repo: Repository, mreg: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("MREG_CACHE_DIR", str(tmp_path / "own"))
        path = mreg.ok("get", "bert", "--print-path", repo=repo).out.strip()
        monkeypatch.setattr("mreg.system.cache._chosen", None)  # put back afterwards
        cache.use(tmp_path / "own")
        assert path == str(Registry.open(repo.path).get("bert"))
        assert Path(path).is_relative_to(tmp_path / "own")

    def test_it_is_listed_and_pruned(self, repo: Repository, here: Path, mreg: CommandLine) -> None:
        mreg.ok("get", "bert", "--print-path", repo=repo)
        found = mreg.ok("cache", "--json").json
        assert found == {"mirrors": [], "contents": {"files": 2, "size": 11}}
        assert "Files of versions: 2 files, 11 B." in mreg.ok("cache").err
        done = mreg.ok("cache", "prune", "--json").json
        assert done == {"removed": {"files": 0, "size": 0}, "left": {"files": 2, "size": 11}}
        done = mreg.ok("cache", "prune", "--limit", "0")
        assert done.err == "Removed 2 files, 11 B; 0 B remain.\n"
        left = Path(os.environ["XDG_CACHE_HOME"], "mreg/contents")
        assert [it for it in left.rglob("*") if it.is_file()] == []

    def test_it_is_cleared(self, repo: Repository, mreg: CommandLine) -> None:
        mreg.ok("get", "churn", "--print-path", repo=repo)
        done = mreg.ok("cache", "clear")
        assert done.err == "Removed 0 mirrors and 1 file, 7 B of versions.\n"
        assert mreg.ok("cache", "--json").json["contents"] == {"files": 0, "size": 0}

    def test_a_limit_of_ones_own(
        self, repo: Repository, mreg: CommandLine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("mreg.system.cache._limit", 0)  # put back afterwards
        monkeypatch.setenv("MREG_CACHE_SIZE", "8 B")
        mreg.ok("get", "bert", "--print-path", repo=repo)
        mreg.ok("get", "churn", "--print-path", repo=repo)
        assert mreg.ok("cache", "--json").json["contents"]["size"] == 11  # all of bert, spared
        assert mreg.ok("cache", "prune", "--json").json["left"]["size"] <= 8

    @pytest.mark.parametrize(
        ("text", "size"),
        [
            ("0", 0),
            ("12", 12),
            ("12B", 12),
            ("1kB", 1000),
            ("1 KiB", 1024),
            ("1.5MiB", 3 << 19),
            ("20GiB", 20 << 30),
            ("2T", 2 * 10**12),
        ],
    )
    def test_sizes(self, text: str, size: int) -> None:
        from mreg.cli.online import as_bytes

        assert as_bytes(text, "--limit") == size

    @pytest.mark.parametrize("text", ["x", "", "-1", "1 apple", "GiB"])
    def test_what_is_no_size(self, text: str, mreg: CommandLine) -> None:
        if text:
            assert mreg("cache", "prune", "--limit", text).code == 2
        assert mreg("cache", "list", "--limit", "3").code == 2


_LASTING = """
import sys
from mreg.cli import main, output
output.ProgressLine.MOMENT = output.ProgressLine._EACH = {moment}  # longer is no moment any more
sys.argv = ["mreg", "get", "churn", *{words!r}]
main()
"""


def lasting(moment: int, *words: str) -> tuple[str, str]:
    """Return what gets churn where that is long, or a moment, whatever time it takes."""
    return "-c", _LASTING.format(moment=moment, words=words)


class TestTerminal:
    def test_a_bar_shows_how_far_it_is_and_is_gone_at_the_end(
        self, make_repository: Maker, tmp_path: Path
    ) -> None:
        raw = os.urandom(1 << 20) * 12
        files = {"artifacts.yaml": b"churn: {path: m.bin}\n", "m.bin": raw}
        repo = make_repository([Tag("churn@v1.0.0")], commits=[files])
        shown = in_terminal(program=lasting(0, "--print-path"), repo=repo)
        bars = [it for it in re.split(r"[\r\n]", "\n".join(plain(shown))) if "MiB" in it]
        assert bars
        assert max(map(len, bars)) <= 80
        assert shown.splitlines()[-1].endswith("m.bin")

    def test_what_is_done_in_a_moment_shows_none(self, repo: Repository) -> None:
        assert plain(in_terminal(program=lasting(3600), repo=repo)) == [
            "Got churn v1.0.0: churn.bin (7 B)"
        ]

    def test_a_name_cannot_reach_the_terminal(
        self, make_repository: Maker, here: Path, mreg: CommandLine
    ) -> None:
        files = {"artifacts.yaml": b'churn: {path: "a\\e[2J\\u202E"}\n', "a": b""}
        repo = make_repository([Tag("churn@v1.0.0")], commits=[files])
        done = mreg("get", "churn", repo=repo)
        assert done.code == 1
        assert "\x1b" not in done.err + done.out
        assert json.dumps("\u202e")[1:-1] in done.err
