"""The two readers of YAML: the fast one guesses nothing, and where it counts both read a file."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import pytest

from commandline import CommandLine
from mreg.annotations import document, nodes, plain
from mreg.annotations.text import Unreadable, line_and_column
from mreg.git import readings
from mreg.git.readings import Readings
from repositories import Maker, Repository, Tag, opened
from yaml_documents import generated, judge

EVE = "{metrics: {auc: 0.99}, owner: eve}"

KEYS = {
    "模型": "模型", "é": "é", "🎉": "🎉", '"quoted"': "quoted", "'single'": "single", "? a\n": "a",
    "&anchor a": "a", "-x": "-x", "~": "~", "<<": "<<", "(": "(", "a b": "a b", ".x": ".x",
    "\u200bx": "\u200bx", "/x": "/x", "$x": "$x", "k" * 300: "k" * 300,
}  # fmt: skip


@pytest.mark.parametrize("key", KEYS)
def test_an_entry_of_any_key_is_an_entry(key: str) -> None:
    """It once became a part of the one above it, if its key was none of ASCII."""
    raw = f"churn:\n  metrics: {{auc: 0.5}}\n  owner: bob\n{key}: {EVE}\nnext:\n  owner: ann\n"
    assert document.load(raw.encode()) == {
        "churn": {"metrics": {"auc": 0.5}, "owner": "bob"},
        KEYS[key]: {"metrics": {"auc": 0.99}, "owner": "eve"},
        "next": {"owner": "ann"},
    }


@pytest.mark.parametrize(
    "text",
    ["@at", "`tick", "\tx", "%x", "*alias", "!tag x", "!!str x", "]", "}", ",", "'", '"', "- x"],
)
def test_a_line_that_begins_with_anything_else_is_no_field(text: str) -> None:
    raw = f"churn:\n  owner: bob\n{text}: {EVE}\n"
    with pytest.raises(Unreadable):
        document.load(raw.encode())


def test_a_line_break_that_is_none_elsewhere_hides_nothing() -> None:
    """To ruamel.yaml, U+2028 ends a comment."""
    assert document.load("# a\u2028b: c\n".encode()) == {"b": "c"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 1\t# c\n", 1), ("a: 'x' \t # c\n", "x"), ("a: 1\t\n", 1), ("a: x y \t\n", "x y"),
        ("a:\t1\n", 1), ("a\t: 1\n", 1), ("a:\n-\t1\n", [1]), ("a: [1]\t\n", [1]),
        ("a: [1,\t2]\n", [1, 2]), ("a: &x\t1\n", 1), ("---\t\na: 1\n", 1),
        ("a: 1\n\t\n", 1), ("a: 1\n \t# c\n", 1), ("\t# c\na: 1\n", 1),
        ("a:\t\n  b: 1\n", {"b": 1}), ("a:\t# c\n  b: 1\n", {"b": 1}),
        ("a: x\ty\n", "x\ty"), ("a: x\t\n  y\n", "x y"), ("a: x\n  \ty\n", "x y"),
        ("a: x\n  \t# c\n", "x"), ("a: x\t", "x"),
        # What is no tab's, and what else is a scalar of YAML 1.2's core schema, or none.
        ("a: +5\n", 5), ("a: +.5\n", 0.5), ("a: 1_000.5\n", "1_000.5"), ("a: 0b1\n", "0b1"),
        ("a: 017\n", 17), ("a: 0o17\n", 15), ("a: 1:30\n", "1:30"),
    ],
)  # fmt: skip
def test_what_yaml_allows_is_read(text: str, value: object) -> None:
    assert document.load_whole(text) == {"a": value}
    assert document.load(text.encode()) == {"a": value}


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("a:\n\tb: 1\n", 2, 1), ("a:\n  b: 1\n \tc: 2\n", 3, 2), ("a: |\t\n  x\n", 1, 5),
        ("a:\tb: 1\n", 1, 5), ("a:\n-\tb: 1\n", 2, 2), ("a:\n-\t- b\n", 2, 2), ("\ta: 1\n", 1, 1),
    ],
)  # fmt: skip
def test_a_tab_that_may_indent_is_refused_with_its_place(text: str, line: int, column: int) -> None:
    with pytest.raises(Unreadable) as caught:
        document.load(text.encode())
    assert caught.value.code in ("MA004", "MA005")
    assert line_and_column(text, caught.value.offset) == (line, column)


def test_an_anchor_that_is_there_twice_means_the_last() -> None:
    raw = b"a: &x 1\nb: *x\nc: &x 2\nd: *x\n"
    assert document.load(raw, aliases=True) == {"a": 1, "b": 1, "c": 2, "d": 2}
    assert document.load(b"a: &x 1\nb: &x 2\n") == {"a": 1, "b": 2}


@pytest.mark.parametrize("text", ["%YAML 1.3\n---\na: 1\n", "%YAML 1.2017 \n~2: --\n"])
def test_what_makes_the_library_fail_cannot_be_read(text: str) -> None:
    with pytest.raises(Unreadable, match="it is not valid YAML: version minor part"):
        document.load(text.encode())


@pytest.mark.integration  # it is long
def test_the_readers_agree_on_generated_documents() -> None:
    """As on a million by `tests/fuzz/yaml_readers.py`."""
    fast = full = 0
    for seed in range(5000):
        text = generated(Random(seed))
        verdict = judge(text)
        assert not verdict.wrong, f"document {seed}: {text!r}"
        fast, full = fast + verdict.fast, full + verdict.full
    assert fast > 1000
    assert full - fast > 500


def misread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the fast reader take every 0.5 for 0.99, in text as in numbers."""
    original = plain.parse
    monkeypatch.setattr(plain, "parse", lambda text: original(text.replace("0.5", "0.99")))


def refused(mreg: CommandLine, *arguments: str, repo: Repository) -> str:
    done = mreg(*arguments, repo=repo)
    assert done.code == 1, done.err
    return done.err


class TestBothReaders:
    RAW = b"other:\n  owner: ann\nchurn:\n  metrics:\n    auc: 0.5\n"

    def test_what_they_differ_about_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        misread(monkeypatch)
        assert document.load(self.RAW)["churn"] == {"metrics": {"auc": 0.99}}
        with pytest.raises(Unreadable, match=r"read churn\.metrics\.auc differently") as caught:
            document.YamlReader(checked=True).load(self.RAW)
        assert caught.value.code == "MA016"
        assert self.RAW[: caught.value.offset].count(b"\n") == 4

    @pytest.mark.parametrize(
        ("one", "other", "place"),
        [
            ({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}]}, ("a", 1, "b")),
            ({"a": 1}, {"a": 1, "b": None}, ("b",)),
            ({"a": 1, "b": None}, {"a": 1}, ("b",)),
            ({"a": [1]}, {"a": [1, None]}, ("a", 1)),
            ({"a": 1}, {"a": True}, ("a",)),
            ({"a": 1}, {"a": 1.0}, ("a",)),
            ({"a": "1"}, {"a": 1}, ("a",)),
            ({"a": {}}, {"a": []}, ("a",)),
            ({"a": float("nan")}, {"a": float("nan")}, None),
        ],
    )
    def test_where_two_values_differ(self, one: Any, other: Any, place: object) -> None:
        assert document.difference(one, other) == place

    def test_a_gate_refuses(
        self, make_repository: Maker, mreg: CommandLine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        policy = b'stages:\n  prod:\n    requires:\n      metrics: {auc: ">= 0.9"}\n'
        repo = make_repository(
            [Tag("churn@v1.0.0")],
            commits=[{"artifacts.yaml": self.RAW, ".mreg.yaml": policy}],
        )
        misread(monkeypatch)
        said = refused(mreg, "promote", "churn@v1.0.0", "prod", repo=repo)
        assert "read churn.metrics.auc differently" in said

    def test_get_refuses(
        self, make_repository: Maker, mreg: CommandLine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        repo = make_repository(
            [Tag("churn@v1.0.0")],
            commits=[{"artifacts.yaml": b"churn:\n  path: 0.5.pkl\n", "0.99.pkl": b"other's"}],
        )
        misread(monkeypatch)
        said = refused(mreg, "get", "churn", "-o", str(repo.path / "got"), repo=repo)
        assert "read churn.path differently" in said

    def test_get_refuses_a_file_of_dvc(
        self, make_repository: Maker, mreg: CommandLine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pointer = b"outs:\n- path: m\n  md5: 0.5\n"
        repo = make_repository(
            [Tag("churn@v1.0.0")],
            commits=[{"artifacts.yaml": b"churn:\n  path: m\n", "m.dvc": pointer}],
        )
        misread(monkeypatch)
        said = refused(mreg, "get", "churn", "-o", str(repo.path / "got"), repo=repo)
        assert "m.dvc: mreg's own reader of YAML and ruamel.yaml read outs.0.md5 differ" in said

    def test_a_policy_is_refused(
        self, make_repository: Maker, mreg: CommandLine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        policy = b"stages:\n  prod:\n    requires:\n      metrics: {auc: '>= 0.5'}\n"
        repo = make_repository([Tag("churn@v1.0.0")], commits=[{".mreg.yaml": policy}])
        misread(monkeypatch)
        said = refused(mreg, "policy", "show", repo=repo)
        assert "line 4: mreg's own reader of YAML and ruamel.yaml read" in said


class TestReadings:
    """What the full parser read is kept beside the objects that it was read from."""

    RAW = b"churn:\n  description: |\n    two\n    lines\n  metrics:\n    auc: 0.5\n"

    @pytest.fixture
    def repo(self, make_repository: Maker) -> Repository:
        return make_repository([Tag("churn@v1.0.0")], commits=[{"artifacts.yaml": self.RAW}])

    @staticmethod
    def kept(repo: Repository) -> list[Path]:
        return [it for it in (repo.path / ".git/mreg/readings").rglob("*") if it.is_file()]

    def test_a_second_look_needs_no_parser(
        self, repo: Repository, mreg: CommandLine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first = mreg.ok("show", "churn@v1.0.0", "--json", repo=repo).json
        assert first["annotation"]["description"] == "two\nlines\n"
        assert len(self.kept(repo)) == 2  # what the entry says, and that the file is made of it
        monkeypatch.setattr(nodes, "compose", None)
        assert mreg.ok("show", "churn@v1.0.0", "--json", repo=repo).json == first

    def test_what_was_unreadable_stays_so(
        self, make_repository: Maker, mreg: CommandLine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        repo = make_repository([Tag("churn@v1.0.0")], commits=[{"artifacts.yaml": b"churn: [\n"}])
        first = mreg.ok("show", "churn@v1.0.0", "--json", repo=repo).json
        assert "line 2: it is not valid YAML" in first["problems"][0]["message"]
        monkeypatch.setattr(nodes, "compose", None)
        assert mreg.ok("show", "churn@v1.0.0", "--json", repo=repo).json == first

    @pytest.mark.parametrize("damage", [b"", b"x", b"00000000\n{}", b"\xff\n\xff"])
    def test_what_is_damaged_is_read_anew(
        self, damage: bytes, repo: Repository, mreg: CommandLine
    ) -> None:
        first = mreg.ok("show", "churn@v1.0.0", "--json", repo=repo).json
        whole = {file: file.read_bytes() for file in self.kept(repo)}
        for file in whole:
            file.write_bytes(damage)
        assert mreg.ok("show", "churn@v1.0.0", "--json", repo=repo).json == first
        assert {file: file.read_bytes() for file in self.kept(repo)} == whole

    def test_another_content_s_reading_does_not_count(self, tmp_path: Path) -> None:
        (tmp_path / ".git").mkdir()
        kept = Readings(opened(tmp_path))
        kept.put("aa11", "one")
        folder = tmp_path / ".git/mreg/readings/aa"
        (folder / "11").rename(folder / "22")
        assert kept.get("aa22") is None
        assert kept.get("aa11") is None

    def test_where_nothing_can_be_kept_nothing_is_lost(
        self, repo: Repository, mreg: CommandLine
    ) -> None:
        (repo.path / ".git/mreg").write_text("a file where a folder should be")
        found = mreg.ok("show", "churn@v1.0.0", "--json", repo=repo).json
        assert found["annotation"]["description"] == "two\nlines\n"
        assert found["problems"] == []

    def test_they_are_bounded(self, tmp_path: Path) -> None:
        (tmp_path / ".git").mkdir()
        kept = Readings(opened(tmp_path))
        for number in range(readings.MOST + 1):
            kept.put(f"aa{number}", str(number))
        assert kept.get(f"aa{readings.MOST}") == str(readings.MOST)
        assert kept.get("aa0") is None
        kept.put("aa0", "x" * (readings.LARGEST + 1))
        assert kept.get("aa0") is None
