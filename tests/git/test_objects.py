"""One process answers for objects: while a session lasts, whoever asks, and whatever it meets."""

from __future__ import annotations

import os
import resource
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from commandline import CommandLine
from mreg.errors import RepositoryError
from mreg.git import commits, config, files, objects, process, trees
from mreg.git.repository import Repository as Opened
from repositories import Maker, Repository, Tag, tag_bytes

FILES = {
    "artifacts.yaml": b"churn: {}\n",
    "a/b.txt": b"one\n",
    "a/b/c.txt": b"two\n",
    "a-b": b"three\n",
}


@pytest.fixture
def repo(make_repository: Maker) -> Repository:
    return make_repository([Tag("churn@v1.0.0", 0, 0)], commits=[FILES])


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note the Git commands that are started."""
    noted = []
    start = process._start

    def noting(repo: Opened, arguments: tuple[str, ...], *more: object, **named: object) -> object:
        noted.append(next(it for it in arguments if not it.startswith(("-", "core."))))
        return start(repo, arguments, *more, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(process, "_start", noting)
    return noted


def test_one_process_answers_while_a_session_lasts(repo: Repository, started: list[str]) -> None:
    opened = repo.opened
    with opened.session.here:
        head = commits.resolve(opened, "HEAD")
        with files.Files(opened) as contents:
            oid = contents.find([(head, "a/b/c.txt")])[head, "a/b/c.txt"]
            assert oid
            assert dict(contents.read([oid], limit=100)) == {oid: b"two\n"}
        assert commits.missing(opened, [head, "1" * 40]) == ["1" * 40]
        assert dict(files.list_tree(opened)).keys() == FILES.keys()
        assert started == ["cat-file"]
    assert commits.resolve(opened, head) == head
    assert started == ["cat-file"] * 2


@pytest.mark.parametrize("at_once", [1, 2, 2000])
def test_what_is_missing_is_told_portion_by_portion(
    repo: Repository, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commits, "_AT_ONCE", at_once)
    head, none = repo.commits[-1], "1" * len(repo.commits[-1])
    asked = [none, head, f"{head}^{{tree}}", f"{none}^{{tree}}", head]
    assert commits.missing(repo.opened, asked) == [none, f"{none}^{{tree}}"]
    assert commits.missing(repo.opened, [head]) == commits.missing(repo.opened, []) == []


def test_the_trees_of_commits_are_told_without_them(repo: Repository) -> None:
    head = repo.commits[-1]
    tree = repo.git("rev-parse", f"{head}^{{tree}}").strip()
    assert commits.trees(repo.opened, [head, tree, "1" * len(head)]) == {head: tree}


def test_questions_between_the_answers_of_another_are_told_apart(
    repo: Repository, started: list[str]
) -> None:
    opened = repo.opened
    oids = [repo.put_object(b"%d" % number, "blob") for number in range(50)]
    with opened.session.here:
        outer = objects.contents(opened, oids)
        inner = [next(objects.contents(opened, [it.oid])).raw == it.raw for it in outer]
        assert inner == [True] * len(oids)
        assert started == ["cat-file"] * 2


def test_who_stops_in_the_middle_leaves_no_answer_behind(repo: Repository) -> None:
    opened = repo.opened
    oids = [repo.put_object(b"%d" % number, "blob") for number in range(3)]
    with opened.session.here:
        for _ in objects.contents(opened, oids):
            break
        assert [it.raw for it in objects.contents(opened, oids)] == [b"0", b"1", b"2"]


def test_what_another_process_writes_meanwhile_is_found(repo: Repository) -> None:
    opened = repo.opened
    with opened.session.here:
        before = commits.resolve(opened, "HEAD")
        oid = repo.put_object(b"new", "blob")
        assert [it.raw for it in objects.contents(opened, [oid])] == [b"new"]
        repo.git("commit", "-q", "--allow-empty", "-m", "Go on")
        repo.git("repack", "-qad")
        assert commits.resolve(opened, "HEAD") != before


def test_a_damaged_object_costs_no_answer_to_another(repo: Repository) -> None:
    damaged = repo.put_object(tag_bytes("damaged", repo.commits[0], message=b"word " * 9000))
    file = repo.object_file(damaged)
    file.chmod(0o644)
    file.write_bytes(file.read_bytes()[:-12])
    blob = repo.put_object(b"content", "blob")
    found = [*objects.contents(repo.opened, [blob, damaged, "1" * 40, blob], limit=3)]
    assert [it.kind for it in found] == ["blob", "damaged", "missing", "blob"]
    assert [it.raw for it in found] == [b"cont", None, None, b"cont"]


def test_a_name_ends_where_git_ends_it(repo: Repository) -> None:
    """What looks like an answer in the name of what is not there is none."""
    names = ["HEAD:no such", f"HEAD:blob 3 {'a' * 40}", "tag 3 missing", "x" * 40, "-p", ""]
    assert {it.kind for it in objects.headers(repo.opened, names)} == {"missing"}
    assert not objects.can_be_asked("HEAD\ncontents HEAD")


def test_threads_ask_processes_of_their_own(repo: Repository, started: list[str]) -> None:
    opened = repo.opened
    found: list[str] = []
    with opened.session.here:
        commits.resolve(opened, "HEAD")
        thread = threading.Thread(target=lambda: found.append(commits.resolve(opened, "HEAD")))
        thread.start()
        thread.join()
        assert commits.resolve(opened, "HEAD") == found[0]
    assert started == ["cat-file"] * 2


def in_a_fork(do: Callable[[], bool]) -> bool:
    """Tell whether something is so in a forked process, which ends then."""
    child = os.fork()
    if not child:
        code = 1
        try:
            code = 0 if do() else 1
        finally:
            os._exit(code)
    return os.waitpid(child, 0)[1] == 0


def test_a_forked_process_leaves_the_one_that_is_open_alone(
    repo: Repository, started: list[str]
) -> None:
    opened = repo.opened
    with opened.session.here:
        head = commits.resolve(opened, "HEAD")
        assert in_a_fork(lambda: commits.resolve(opened, "HEAD") == head)
        assert commits.resolve(opened, "HEAD") == head
        assert started == ["cat-file"]


def test_no_repository_is_said(tmp_path: Path) -> None:
    with pytest.raises(RepositoryError, match="there is no Git repository"):
        [*objects.headers(Opened.at(tmp_path), ["HEAD"])]


def test_a_walk_lists_what_git_lists(repo: Repository) -> None:
    repo.git("checkout", "-q", "-f", "main")
    (repo.path / "a" / "link").symlink_to("b.txt")
    (repo.path / b"caf\xe9".decode("utf-8", "surrogateescape")).write_text("five")
    repo.git("add", "-A")
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{repo.commits[0]},a/module")
    repo.git("commit", "-q", "-m", "Add what is no file")
    walked = trees.walk(repo.opened, "HEAD^{tree}")
    listed = process.run(repo.opened, "ls-tree", "-r", "-z", "--full-tree", "HEAD")
    assert walked == [(mode, oid, path) for mode, _, oid, path in trees.listed(listed)]
    assert trees.walk(repo.opened, "1" * 40) is None


@pytest.mark.parametrize("width", [20, 32])
def test_a_tree_is_read_up_to_where_it_is_none(width: int) -> None:
    ids = [bytes([it]) * width for it in (0, 32, 48)]
    good = b"".join(b"100644 f%d\0%s" % (it, oid) for it, oid in enumerate(ids))
    assert [it[2] for it in trees.entries(good, id_size=width)] == ids
    assert [it[2] for it in trees.entries(good + b"100644 x\0short", id_size=width)] == ids
    bad = b"100644 f\0" + ids[0] + b"9" + good
    assert trees.entries(bad, id_size=width) == [(b"100644", b"f", ids[0])]


def test_nothing_is_left_open_by_a_command(repo: Repository, mreg: CommandLine) -> None:
    """Whatever it ends with; the collector of cycles has no part in it."""
    commands = [["show"], ["show", "churn@v9.9.9"], ["register", "churn"], ["stages", "--at", "x"]]
    for arguments in commands:
        mreg(*arguments, repo=repo)
    before = len([*Path("/proc/self/fd").iterdir()])
    for arguments in commands:
        mreg(*arguments, repo=repo)
        assert len([*Path("/proc/self/fd").iterdir()]) == before


def test_a_process_is_asked_by_descriptors_of_any_number(repo: Repository) -> None:
    """As in a program that has more than a thousand files open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(2048, hard), hard))
    taken = [os.open(os.devnull, os.O_RDONLY) for _ in range(1100)]
    try:
        found = objects.headers(repo.opened, ["HEAD", "no"])
        assert [it.kind for it in found] == ["commit", "missing"]
    finally:
        for it in taken:
            os.close(it)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_process_that_was_asked_for_much_makes_way_for_another(
    repo: Repository, started: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objects, "_PORTION", 4)
    monkeypatch.setattr(objects, "_MOST_ASKED", 9)
    opened = repo.opened
    with opened.session.here as here:
        kinds = {it.kind for it in objects.headers(opened, ["HEAD"] * 25)}
        assert (kinds, started) == ({"commit"}, ["cat-file"] * 3)
        for _ in range(20):
            assert [it.kind for it in objects.contents(opened, ["HEAD^{tree}"])] == ["tree"]
        assert started == ["cat-file"] * 5
        assert len(here.idle) == 1


def test_answers_that_another_thread_takes_to_their_end_leave_nothing_open(
    repo: Repository,
) -> None:
    opened = repo.opened
    answers = objects.headers(opened, ["HEAD", "HEAD^{tree}"])
    kinds = [next(answers).kind]
    taker = threading.Thread(target=lambda: kinds.extend(it.kind for it in answers))
    taker.start()
    taker.join()
    assert kinds == ["commit", "tree"]
    here = opened.session.here
    assert not here.idle
    repo.git("config", "user.name", "Bea")
    assert config.value(opened, "user.name") == "Bea"
    assert not here.kept


def test_git_is_heard_before_its_complaints_fill_the_pipe(
    repo: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "_PIPE", 4096)
    monkeypatch.setattr(objects, "_PORTION", 10)
    oids = [f"ab{number:038x}" for number in range(100)]
    folder = repo.path / ".git/objects/ab"
    folder.mkdir(exist_ok=True)
    for it in oids:
        (folder / it[2:]).write_bytes(b"no object")
    opened = repo.opened
    with opened.session.here:
        assert {it.kind for it in objects.headers(opened, oids)} == {"missing"}
        assert objects.heard(opened).count("header\n") == len(oids)
