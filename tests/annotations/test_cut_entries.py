"""A file cut into its entries says what the whole of it says; and of a large one, one is parsed."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from commandline import CommandLine
from mreg.annotations import document, edit, entries, findings, nodes, plain
from mreg.annotations.document import FileEntries, YamlReader
from mreg.annotations.edit import CannotEdit, Edit
from mreg.annotations.text import Unreadable
from mreg.worktree import validate as worktree_validate
from mreg.worktree.validate import validate
from repositories import Maker, Repository, opened
from yaml_documents import generated, judge
from yaml_texts import yaml_like

COUNT = 3_000
FILE = "".join(
    f"# of team {n % 7}\nmodel-{n}:\n  type: model\n  path: models/{n}.pkl\n"
    f"  framework: {{name: torch, version: '2.{n}'}}\n  metrics: {{auc: 0.{n:05}}}\n"
    for n in range(COUNT)
)


class Counted:
    """Counts the texts that a function is called with."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> None:
        self.texts: list[str] = []
        original = getattr(module, name)

        def counted(text: str, *arguments: Any, **options: Any) -> Any:
            self.texts.append(text)
            return original(text, *arguments, **options)

        monkeypatch.setattr(module, name, counted)


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> Counted:
    """What the fast reader is asked to parse."""
    return Counted(monkeypatch, plain, "parse")


@pytest.fixture
def composed(monkeypatch: pytest.MonkeyPatch) -> Counted:
    """What the full parser is asked to parse."""
    return Counted(monkeypatch, nodes, "compose")


@settings(max_examples=100)
@given(st.lists(yaml_like(), min_size=1, max_size=3).map("".join))
@example("a: x\n'b': y\n\"c d\": z\n")
@example("a: 1\n? b\n: c\n")
@example("a:\n- x\n- y: 1\nb: 2\n")
@example("a: 'x\nb: y'\nc: 1\n")
@example("a: |\n  x\n# c\n\nb: |+\n  y\n\n")
@example("a: |\n  x")
@example("a: x\u2028b: y\nc: 1\n")
@example("a:\n  b: 1\n  b: 2\nc: 1\n")
@example("a: 1\n...\nb: 1\n")
@example("a: &x 1\nb: *x\n")
@example('"a: b # c": d\n"a # b":\n  c: "x: 1\n')
def test_a_file_is_read_alike_cut_and_whole(text: str) -> None:
    assert not judge(text).wrong, text


@settings(max_examples=100)
@given(yaml_like())
@example("a: x - 'b: !c'\n")
@example('a:\n- [x - y]\n- {k: x - y}\n- "x: y"\n')
@example("a: x - {b: c}\n")
@example("a: x - ['b: c']\n")
@example("a: {b: 1, b: 2}\n")
@example("a: 'x: {b: 1}' # y: {c: 1}\n")
def test_a_shape_is_plain_if_and_only_if_the_text_is(text: str) -> None:
    if plain.is_clean(text):
        assert is_plain(plain.shape(text)) == is_plain(text), text


def is_plain(text: str) -> bool:
    try:
        plain.parse(text)
    except plain.NotPlain:
        return False
    return True


class TestOneOfMany:
    """One entry asked for: it is parsed, and besides it the shapes of all."""

    def test_the_fast_reader_parses_it_alone(self, parsed: Counted, composed: Counted) -> None:
        found = YamlReader().entries(FILE.encode())
        shapes = len(parsed.texts)
        assert shapes <= 2
        assert found["model-1234"]["path"] == "models/1234.pkl"
        assert "model-1235" in found
        assert "model-x" not in found
        assert len(found) == COUNT
        assert len(parsed.texts) == shapes + 1
        assert not composed.texts

    def test_the_full_parser_checks_it_alone(self, parsed: Counted, composed: Counted) -> None:
        reader = YamlReader(checked=True)
        assert reader.entries(FILE.encode())["model-1234"]["type"] == "model"
        assert len(composed.texts) == 1
        assert composed.texts[0].startswith("model-1234:")

    def test_many_are_looked_up_in_one_pass(self, monkeypatch: pytest.MonkeyPatch) -> None:
        looked_for = Counted(monkeypatch, entries.Pieces, "_lines")
        found = YamlReader().entries(FILE.encode())
        assert [found[f"model-{n}"]["path"] for n in range(50)] == [
            f"models/{n}.pkl" for n in range(50)
        ]
        assert len(looked_for.texts) < 20

    def test_more_than_plain_is_read_by_itself(self, composed: Counted) -> None:
        text = FILE.replace("  type: model\n", "  description: |\n    two\n    lines\n", 3)
        found = YamlReader().entries(text.encode())
        assert isinstance(found, FileEntries)
        assert found["model-2"]["description"] == "two\nlines\n"
        assert [it.partition(":")[0] for it in composed.texts] == [
            *("model-0", "model-1", "model-2"), "model-2",
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("line", "code", "said"),
        [
            ('  type: "x\n', "MA004", "it is not valid YAML: found unexpected end of stream"),
            ("  type: x\n  type: y\n", "MA011", f"duplicate of the one in line {6 * 2000 + 3}"),
            ("  type: *x\n", "MA006", "an alias"),
            ("model-7: {}\n", "MA011", f"'model-7' is a duplicate of the one in line {6 * 7 + 2}"),
            ("%x\n", "MA015", "an entry cannot start like this"),
            ("---\n", "MA007", "a second document"),
        ],
    )
    def test_what_is_wrong_is_told_with_its_line(self, line: str, code: str, said: str) -> None:
        """Of a file that is too large to be read whole."""
        text = FILE.replace("model-2000:\n  type: model\n", f"model-2000:\n{line}")
        text += f"# {'x' * 80}\n" * 8_000
        with pytest.raises(Unreadable, match=said) as caught:
            YamlReader().entries(text.encode())
        assert caught.value.code == code
        line_of = text.count("\n", 0, caught.value.offset)
        assert 6 * 2000 + 1 <= line_of <= 6 * 2000 + 7


class TestEdits:
    """An edit parses the entry that changes, and what stands around it."""

    def pieces(self, text: str) -> entries.Pieces:
        found = YamlReader().entries(text.encode())
        assert isinstance(found, FileEntries)
        return found.pieces

    @pytest.mark.parametrize(
        "change",
        [
            Edit(("model-1500", "metrics", "auc"), 0.75),
            Edit(("model-1500", "owner"), "ann"),
            Edit(("model-1500", "inputs"), {"path": "x"}, add=True),
            Edit(("model-1500",), remove=True),
            Edit(("model-0",), remove=True),
            Edit((f"model-{COUNT - 1}",), remove=True),
            Edit(("new", "type"), "model"),
        ],
    )
    def test_little_is_parsed(self, change: Edit, composed: Counted) -> None:
        edited = edit.apply(FILE, [change], self.pieces(FILE))
        assert max(map(len, composed.texts)) < 1_000
        assert len(composed.texts) < 10
        lines = set(FILE.splitlines()) ^ set(edited.splitlines())
        assert 1 <= len(lines) <= 6

    @settings(max_examples=100)
    @given(st.integers(0, 100_000), st.data())
    def test_it_is_the_edit_of_the_whole(self, seed: int, data: st.DataObject) -> None:
        text = generated(Random(seed))
        newline = data.draw(st.sampled_from(["\n", "\r\n"]))
        try:
            found = YamlReader().entries(text.encode("utf-8", "surrogatepass"))
        except Unreadable:
            return
        if not isinstance(found, FileEntries):
            return
        key = data.draw(st.sampled_from([*found, "brand-new"]))
        change = data.draw(
            st.sampled_from(
                [
                    Edit((key,), remove=True),
                    Edit((key, "x", "y"), 1),
                    Edit((key,), "z"),
                    Edit((key, "l"), "i", add=True),
                ]
            )
        )
        text = found.pieces.text.replace("\n", newline)
        assert outcome(text, change, found.pieces) == outcome(text, change, None)

    def test_a_comment_does_not_become_a_part_of_a_text(self) -> None:
        text = "a:\n  b: |\n    text\nc:\n  d: 1\n    # of c\ne: 1\n"
        with pytest.raises(CannotEdit):
            edit.apply(text, [Edit(("c",), remove=True)], self.pieces(text))


def outcome(text: str, change: Edit, pieces: entries.Pieces | None) -> str:
    try:
        return edit.apply(text, [change], pieces)
    except (CannotEdit, Unreadable) as error:
        return type(error).__name__


class TestLargeFiles:
    """Commands on a file of so many entries."""

    @pytest.fixture
    def repo(self, make_repository: Maker) -> Repository:
        return make_repository(commits=[{"artifacts.yaml": FILE.encode()}])

    def test_a_second_question_does_not_look_at_the_rest(
        self, repo: Repository, mreg: CommandLine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(document, "LARGE", 1 << 16)
        first = mreg.ok("describe", "model-7", "--json", repo=repo).json
        monkeypatch.setattr(plain, "shape", None)
        assert mreg.ok("describe", "model-7", "--json", repo=repo).json == first
        assert mreg.ok("describe", "model-8", "--json", repo=repo).json != first

    def test_names_are_known_without_parsing(
        self, repo: Repository, mreg: CommandLine, parsed: Counted
    ) -> None:
        done = mreg("register", "modle-1234", repo=repo)
        assert (done.code, "did you mean model-1234?" in done.err) == (1, True)
        assert len(parsed.texts) < 20

    def test_one_whose_lines_end_in_two_ways_is_not_edited(
        self, repo: Repository, mreg: CommandLine
    ) -> None:
        text = FILE.replace("\n", "\r\n", 1) + f"# {'x' * 80}\n" * 8_000
        (repo.path / "artifacts.yaml").write_bytes(text.encode())
        done = mreg("annotate", "model-7", "--type", "dataset", repo=repo)
        assert (done.code, "edit the file by hand" in done.err) == (1, True), done.err
        assert (repo.path / "artifacts.yaml").read_bytes() == text.encode()

    def test_a_list_of_all_is_kept(
        self, repo: Repository, mreg: CommandLine, parsed: Counted
    ) -> None:
        first = mreg.ok("show", "--json", repo=repo).json
        assert len(first["artifacts"]) == COUNT
        assert len(parsed.texts) > COUNT
        parsed.texts.clear()
        assert mreg.ok("show", "--json", repo=repo).json == first
        assert len(parsed.texts) < 20


def test_the_places_of_what_is_wrong_are_found_in_their_entries(
    tmp_path: Path, composed: Counted
) -> None:
    file = tmp_path / "artifacts.yaml"
    file.write_text(FILE.replace("  type: model\n  path: models/2999", "  tpye: x\n  path: y"))
    _, (unchecked, found) = validate([str(file)], repo=opened(tmp_path))
    assert unchecked.code == "MA062"
    assert (found.code, found.location.line) == ("MA020", 6 * 2999 + 3)
    assert found.location.source == "  tpye: x"
    assert len(composed.texts) == 1


def test_of_very_many_faults_so_many_entries_are_parsed_as_are_told(
    tmp_path: Path, composed: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (findings, worktree_validate):
        monkeypatch.setattr(module, "MOST", 20)
    file = tmp_path / "artifacts.yaml"
    file.write_text(FILE.replace("  type:", "  tpye:"))
    _, found = validate([str(file)], repo=opened(tmp_path))
    lines = [it.location.line for it in found if it.code != "MA062"]
    assert lines == [6 * n + 3 for n in range(20)]
    assert len(composed.texts) == 20
