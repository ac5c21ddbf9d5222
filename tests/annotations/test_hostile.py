"""Hostile files: one clear finding each, in little time and memory, and never a broken registry."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from commandline import CommandLine
from mreg.annotations import document, sources
from mreg.annotations.findings import MOST
from mreg.annotations.text import Unreadable
from mreg.core.diagnostics import Diagnostic
from mreg.worktree.validate import validate
from repositories import Maker, Tag, opened

BOMB = "a: &a [x, x]\n" + "".join(f"b{i}: &b{i} [*a, *a, *a]\n" for i in range(30))

HOSTILE = {
    "MA001": b"a: x\n" * (1 << 24),
    "MA002": b"a: b\nc: \xff\n",
    "MA003": b"a: \0\n",
    "MA004": b"a: [b\nc: d\n",
    "MA005": b"a:\n\ttype: x\n",
    "MA006": BOMB.encode(),
    "MA007": b"a: {}\n---\nb: {}\n",
    "MA008": b"a: " + b"[" * 3000,
    "MA009": b"? [a]\n: b\n",
    "MA010": b"a: !!python/object/apply:os.system [exit]\n",
    "MA011": b"a:\n  type: x\n  type: y\n",
    "MA012": b"just a text\n",
    "MA013": b"\xef\xbb\xbfa:\n  type: x\n",
    "MA014": b"a:\r\n  type: x\r\n",
    "MA015": b"a: [" + b"x," * 60_000 + b"]\n",
}
MORE = {
    "closed deep nesting": ("MA008", b"a: " + b"[" * 3000 + b"]" * 3000),
    "deep nesting by indents": ("MA008", b"".join(b" " * i + b"a:\n" for i in range(1000))),
    "a list in a list": ("MA008", b"- " * 3000),
    "merge keys": ("MA006", b"a: &a {type: x}\nb:\n  <<: *a\n"),
    "a tag of one's own": ("MA010", b"a: !mine x\n"),
    "UTF-16": ("MA002", "a: b\n".encode("utf-16")),
    "an escape character": ("MA003", b"a: \x1b[2J\n"),
    "a huge number": ("MA021", b"a: " + b"9" * 500_000 + b"\n"),
    "an unfinished text": ("MA004", b"a:\n  type: 'x\n"),
    "a key in braces": ("MA009", b"{" * 3000),
}  # fmt: skip
CASES = [*HOSTILE.items(), *MORE.values()]


def _found(file: Path) -> list[Diagnostic]:
    """Return what is found in a file, but that it is in no repository."""
    _, found = validate([str(file)], repo=opened(file.parent))
    assert [it.code for it in found].count("MA062") == 1
    return [it for it in found if it.code != "MA062"]


@pytest.mark.parametrize(("code", "raw"), CASES, ids=[*HOSTILE, *MORE])
def test_one_clear_finding(tmp_path: Path, code: str, raw: bytes) -> None:
    file = tmp_path / "artifacts.yaml"
    file.write_bytes(raw)
    found = _found(file)
    assert [it.code for it in found] == [code]
    assert found[0].message


MANY = {
    "unknown fields": "a:\n" + "".join(f"  k{i}: x\n" for i in range(30_000)),
    "no mappings": "".join(f"k{i}: x\n" for i in range(30_000)),
    "items": "a:\n" + "- x\n" * 60_000,
}


@pytest.mark.parametrize("text", MANY.values(), ids=list(MANY))
def test_more_is_wrong_than_anybody_can_be_told(tmp_path: Path, text: str) -> None:
    """The fast reader reads such a file, in which the parser finds no places within its limits."""
    file = tmp_path / "artifacts.yaml"
    file.write_text(text)
    found = _found(file)
    assert 1 <= len(found) <= MOST
    assert {it.code for it in found} <= {"MA020", "MA021"}
    if len(found) == MOST:
        assert "(more problems are not shown)" in "".join(it.message for it in found)


def test_what_all_entries_need_is_worked_out_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The time for a file of many entries once grew with their square."""
    asked: list[str] = []
    original = sources.full_name

    def counted(folder: str, key: str) -> str:
        asked.append(key)
        return original(folder, key)

    monkeypatch.setattr(sources, "full_name", counted)
    file = tmp_path / "artifacts.yaml"
    file.write_text("".join(f"k{i}:\n  type: x\n" for i in range(50)))
    assert _found(file) == []
    assert len(asked) == 2 * 50  # for the names of all, and for each as it is checked


def test_a_file_that_only_the_parser_reads_is_bounded() -> None:
    many, long = "a: &x [" + "1," * 30_000 + "]\n", "a: |\n" + "  x\n" * 140_000
    for text, said in ((many, "25,000 values"), (long, "524,288 characters")):
        with pytest.raises(Unreadable, match=said):
            document.load(text.encode())


LAUGHS = "".join(f"b{i}: &b{i} [{', '.join([f'*b{i - 1}'] * 9)}]\n" for i in range(1, 10))
BOMBS = {
    "many values": ("MA015", f"b0: &b0 [x]\n{LAUGHS}"),
    "many characters": ("MA015", f"a: &a {'x' * 500_000}\nb: [{'*a, ' * 50_000}]\n"),
    "many levels": (
        "MA008",
        "b0: &b0 [x]\n" + "".join(f"b{i}: &b{i} [*b{i - 1}]\n" for i in range(1, 30)),
    ),
    "itself": ("MA004", "a: &a [*a]\n"),
}


@pytest.mark.parametrize(("code", "text"), BOMBS.values(), ids=list(BOMBS))
def test_aliases_in_files_of_others_explode_no_more(tmp_path: Path, code: str, text: str) -> None:
    file = tmp_path / "dvc.yaml"
    file.write_text("artifacts: {}\n" + text)
    found = _found(file)
    assert [it.code for it in found] == [code]


@pytest.mark.parametrize("raw", [raw for _, raw in CASES], ids=[*HOSTILE, *MORE])
def test_no_more_memory_or_time_than_a_small_file_could_need(tmp_path: Path, raw: bytes) -> None:
    """The limits are enforced by the system: 200 MB of data, and a few seconds of CPU."""
    file = tmp_path / "artifacts.yaml"
    file.write_bytes(raw)
    done = subprocess.run(
        [sys.executable, "-m", "mreg", "validate", str(file)],
        capture_output=True,
        check=False,
        preexec_fn=_limit,
    )
    assert done.returncode in (0, 1), done.stderr
    assert len(done.stdout) < 2000


@pytest.mark.parametrize("name", ["artifacts.yaml", ".mreg.yaml"])
def test_of_a_huge_file_only_the_beginning_is_read(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    with file.open("wb") as opened:
        opened.truncate(3 << 29)  # 1.5 GB that take up no space
    done = subprocess.run(
        [sys.executable, "-m", "mreg", "validate", str(file)],
        capture_output=True,
        check=False,
        preexec_fn=_limit,
    )
    assert (done.returncode, b"MA001" in done.stdout) == (1, True), done


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (200 << 20, 200 << 20))
    resource.setrlimit(resource.RLIMIT_CPU, (10, 10))


@pytest.mark.parametrize(("code", "raw"), HOSTILE.items(), ids=list(HOSTILE))
def test_a_registry_with_such_a_file_still_answers(
    make_repository: Maker, mreg: CommandLine, code: str, raw: bytes
) -> None:
    made = make_repository(
        [Tag("a@v1.0.0", 0), Tag("a@v1.1.0", 1, 1)],
        commits=[{"artifacts.yaml": raw}, {"artifacts.yaml": b"a:\n  type: good\n"}],
    )
    assert mreg.ok("show", "--json", repo=made).json["problems"] == []
    assert mreg.ok("show", "a@v1.1.0", "--json", repo=made).json["annotation"]["type"] == "good"
    old = mreg.ok("show", "a@v1.0.0", "--json", repo=made).json
    if code in ("MA013", "MA014"):  # those are read all the same
        assert old["annotation"]["type"] == "x"
        assert old["problems"] == []
    else:
        assert old["annotation"] is None
        assert [it["code"] for it in old["problems"]] == ["MR020"]
        assert [it["subject"] for it in old["problems"]] == ["a@v1.0.0"]


def test_the_whole_registry_is_shown_beside_a_broken_file_at_head(
    make_repository: Maker, mreg: CommandLine
) -> None:
    made = make_repository(
        [Tag("a@v1.0.0"), Tag("sub=b@v1.0.0", time=1)],
        commits=[{"artifacts.yaml": b"a: [", "sub/artifacts.yaml": b"b:\n  type: model\n"}],
    )
    done = mreg.ok("show", "--json", repo=made).json
    assert {it["name"]: it["type"] for it in done["artifacts"]} == {"a": None, "sub:b": "model"}
    assert [(it["code"], it["subject"]) for it in done["problems"]] == [("MR019", "artifacts.yaml")]


def test_a_fault_tells_its_line_in_the_whole_file() -> None:
    raw = b"# note\nz:\n  type: x\na: " + b"[" * 100
    with pytest.raises(Unreadable) as caught:
        document.load(raw)
    assert raw[: caught.value.offset].count(b"\n") == 3
