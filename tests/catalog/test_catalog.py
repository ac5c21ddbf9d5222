"""A catalog over real repositories: what it reads and answers, and what comes of faults."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from datetime import datetime
from functools import partialmethod
from itertools import product
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest

import broken
import mreg as library
from commandline import CommandLine
from mreg.catalog import Catalog, find, index
from mreg.catalog.refresh import RefreshReport
from mreg.errors import InvalidTime, MregError, NotFound, Refused, UsageError
from mreg.registry import documents
from mreg.render import json as as_json
from mreg.system import distribution
from remotes import make_certificate, served_by_http
from repositories import Maker, Tag, add_tag, run

NOTES = (
    b"scorer: {type: model, path: m, description: Finds fraud in Europe, labels: [tabular],"
    b" metrics: {auc: 0.9}}\n"
)
TAGS = [
    Tag("scorer@v1.0.0", 0, 10, "first"),
    Tag("scorer@v1.1.0", 1, 20, "second\n\nWith more data."),
    Tag("scorer#prod#1", 0, 30),
    Tag("scorer#prod#2", 1, 40),
    Tag("scorer@v1.0.0!", 0, 50),
    Tag("old@v0.1.0", 0, 5),
    Tag("old@deprecated", 0, 60),
]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where the catalogs of all tests are, one after the other: an index has their paths."""
    return tmp_path_factory.mktemp("catalogs")


@pytest.fixture
def unread(place: Path, _templates: Path) -> Path:
    """Make a catalog of three bare repositories to copy: alpha, beta and team/gamma."""
    folder = place / "unread"
    if not folder.exists():
        make = Maker(place, _templates)
        made = make(TAGS, commits=[{"artifacts.yaml": NOTES}, {"x": b"1"}])
        for name in ("alpha", "beta", "team/gamma"):
            path = folder / "git" / f"{name}.git"
            path.parent.mkdir(parents=True, exist_ok=True)
            run(place, "clone", "-q", "--bare", str(made.path), str(path))
        write(folder, "- path: git/**/*.git")
    return folder


def put(original: Path) -> Path:
    """Put a copy where catalogs are."""
    folder = original.parent / "catalog"
    if folder.exists():
        shutil.rmtree(folder)
    shutil.copytree(original, folder)
    return folder


@pytest.fixture
def folder(unread: Path) -> Path:
    """Return a catalog that has not been read."""
    return put(unread)


def write(folder: Path, *sources: str, more: str = "") -> Path:
    file = folder / "catalog.yaml"
    lines = "".join(f"  {it}\n" for it in sources)
    file.write_text(f"index: index.db\nparallel: 2\n{more}repositories:\n{lines}")
    return file


def opened(folder: Path) -> Catalog:
    return Catalog.open(folder / "catalog.yaml")


def answers(catalog: Catalog) -> Any:
    """Return all that a catalog says, but when it was read."""
    listed, events = catalog.listed(deprecated=True), catalog.history()
    found = catalog.search('artifact~""', ended=True)
    return listed.rows, events.events, found.found


def test_it_answers_as_each_registry_does(folder: Path) -> None:
    catalog = opened(folder)
    report = catalog.refresh()
    assert (report.read, report.faults) == (("alpha", "beta", "team/gamma"), ())
    registry = library.Registry.open(folder / "git" / "beta.git")

    said = as_json.dumps(documents.details(registry.details("scorer", ended=True)))
    assert (
        as_json.dumps(documents.details(catalog.details("beta//scorer", ended=True).details))
        == said
    )
    for selector in ("scorer", "scorer@v1.0.0", "scorer#prod", "old"):
        assert catalog.resolve(f"beta//{selector}").version == registry.resolve(selector)
    assert [it for _, it in catalog.history("beta//scorer").events] == [*registry.history("scorer")]
    mine = [it for label, it in catalog.history(limit=99).events if label == "beta"]
    assert mine == [*registry.history()]
    for filters in ({"stage": "prod"}, {"action": "deregister"}, {"author": "ANN"}, {"limit": 2}):
        there = [it for _, it in catalog.history("beta//scorer", **filters).events]
        assert there == [*registry.history("scorer", **filters)]
    (listed,) = [it[6] for it in catalog.listed().rows if it[0] == "beta"]
    (artifact,) = json.loads("".join(registry.listed().json()))["artifacts"]
    assert json.loads(listed) == artifact


EXPRESSIONS = [
    "stage=prod",
    "stage!=prod",
    "not stage=prod",
    "assigned=prod or latest=false",
    "artifact~SCO and metrics.auc>=0.9",
    "metrics.auc<0.9",
    "type=model",
    "type!=model",
    "label=tabular and not latest=true",
    "author=ann@example.com",
    "author=nobody",
    "message~data",
    "message~DATA",
    "deprecated=true",
    "deprecated=false and created>2001-01-01",
    "version>=1.1 or artifact=old",
    "version=1.1",
]


@pytest.mark.parametrize("ended", [False, True])
def test_a_search_is_that_of_each_registry(*, ended: bool, read: Catalog) -> None:
    registry = library.Registry.open(read.file.parent / "git" / "alpha.git")
    for expression, latest in product(EXPRESSIONS, (False, True)):
        wanted = registry.search(expression, ended=ended, latest=latest)
        found = read.search(expression, ended=ended, latest=latest, repository="alpha").found
        assert [(it.version, it.annotation) for it in found] == [*wanted], expression
        everywhere = read.search(expression, ended=ended, latest=latest).found
        assert len(everywhere) == 3 * len(wanted)


@pytest.fixture
def read(folder: Path) -> Catalog:
    """Return the catalog as it was read before the first test that asks for it."""
    original = folder.with_name("read")
    if not original.exists():
        opened(folder).refresh()
        shutil.copytree(folder, original)
    return opened(put(original))


def test_words_find_versions(read: Catalog) -> None:
    def found(words: str, **options: Any) -> list[str]:
        return [
            f"{it.repository}//{it.version.tag}" for it in read.search(words=words, **options).found
        ]

    assert found("fraud EUR", repository="beta") == ["beta//scorer@v1.1.0"]
    assert found("fraud", repository="team/*", ended=True) == [
        "team/gamma//scorer@v1.1.0",
        "team/gamma//scorer@v1.0.0",
    ]
    assert found("fraud nowhere") == []
    assert found('"; DROP TABLE words; --') == []
    assert len(read.search("stage=prod", words="more data").found) == 3
    assert len(read.search(words="fraud", limit=2).found) == 2


def test_a_label_is_looked_up_in_the_order_of_the_answer(
    read: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def rows(self: Any, query: str, values: Any = (), own: Any = index.CatalogIndex.rows) -> Any:
        if "FROM repositories r CROSS JOIN said" in query:
            plan = own(self, f"EXPLAIN QUERY PLAN {query}", values)
            asked.append([detail for *_, detail in plan])
        return own(self, query, values)

    monkeypatch.setattr(index.CatalogIndex, "rows", rows)
    assert len(read.search("latest=true and label=tabular", limit=2).found) == 2
    assert len(read.search("label=tabular").found) == 3
    for plan in asked:
        assert any("INDEX said_is (field=? AND value=? AND latest=?" in it for it in plan)
        assert "USE TEMP B-TREE FOR ORDER BY" not in plan  # so a limit ends the search
    assert len(asked) == 2


def test_what_makes_no_sense_is_refused_as_a_registry_does(read: Catalog) -> None:
    with pytest.raises(InvalidTime, match="has no time zone"):
        read.history(since=datetime(2026, 3, 3))
    with pytest.raises(UsageError, match="a limit of -1 is less than 0"):
        read.history(limit=-1)
    with pytest.raises(UsageError, match="a depth of -1 is less than 0"):
        read.lineage("alpha//scorer", depth=-1)


def test_names(read: Catalog) -> None:
    with pytest.raises(UsageError, match="3 repositories have an artifact scorer"):
        read.details("scorer")
    with pytest.raises(NotFound, match="no repository alpa") as told:
        read.details("alpa//scorer")
    assert told.value.hint == "did you mean alpha?"
    with pytest.raises(NotFound, match="no artifact alpha//scorr") as told:
        read.resolve("alpha//scorr@v1.0.0")
    assert told.value.hint == "did you mean alpha//scorer?"
    with pytest.raises(NotFound, match="scorer has no version in dev"):
        read.resolve("alpha//scorer#dev")
    with pytest.raises(MregError):
        read.resolve("alpha//")


def test_only_what_changed_is_read(folder: Path, read: Catalog) -> None:
    assert read.refresh()[1:] == ((), 3, (), ())
    add_tag(folder / "git" / "beta.git", "scorer@v2.0.0")
    assert read.refresh()[1:3] == (("beta",), 2)
    assert read.resolve("beta//scorer").version.version == "v2.0.0"
    shutil.rmtree(folder / "git" / "alpha.git")
    assert read.refresh().removed == ("alpha",)
    assert {it.repository for it in read.status()} == {"beta", "team/gamma"}


def test_nothing_new_costs_a_process_for_each_url_at_most(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = [f"- {(folder / 'git' / it).as_uri()}" for it in ("alpha.git", "beta.git")]
    write(folder, *sources)

    def asked(name: str, *, index: str = "") -> tuple[RefreshReport, list[str]]:
        trace = folder / name
        trace.mkdir()
        monkeypatch.setenv("GIT_TRACE2_EVENT", str(trace))
        report = Catalog.open(folder / "catalog.yaml", index=index).refresh()
        monkeypatch.delenv("GIT_TRACE2_EVENT")
        lines = (line for it in trace.iterdir() for line in it.read_text().splitlines())
        started = [it for it in map(json.loads, lines) if it["event"] == "start"]
        return report, [" ".join(it["argv"]) for it in started if "/" not in it["sid"]]

    report, first = asked("first")
    assert len(report.read) == 2
    assert sum(" ls-remote --quiet" in it for it in first) == 2  # mirrors are made of the same
    assert asked("again")[1] == []  # both are on this machine: files tell
    add_tag(folder / "git" / "beta.git", "scorer@v3.0.0")
    assert asked("with a tag")[0][1:3] == (("beta",), 1)
    run(folder / "git" / "alpha.git", "pack-refs", "--all")
    run(folder / "git" / "beta.git", "pack-refs", "--all")
    report, packed = asked("packed anew")
    assert report.unchanged == 2
    assert all(" ls-remote --quiet" in it for it in packed)
    for name, value in {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{folder.as_uri()}/git/team/gamma.git.insteadOf",
        "GIT_CONFIG_VALUE_0": (folder / "git" / "alpha.git").as_uri(),
    }.items():
        monkeypatch.setenv(name, value)
    asked("elsewhere", index=str(folder / "other.db"))
    _, again = asked("elsewhere again", index=str(folder / "other.db"))
    assert len(again) == 1  # of alpha another repository is asked in its place
    assert " ls-remote --quiet" in again[0]


def check_by_url(folder: Path, url: str, before: list[Any]) -> None:
    write(folder, f"- url: {url}/beta.git")
    assert opened(folder).refresh()[1:3] == (("beta",), 0)
    assert [*answers(opened(folder))[1]] == before
    add_tag(folder / "git" / "beta.git", "scorer@v3.0.0")
    assert opened(folder).refresh()[1:3] == (("beta",), 0)
    assert opened(folder).refresh()[1:3] == ((), 1)


def test_repositories_by_url(folder: Path, read: Catalog) -> None:
    before = [it for it in answers(read)[1] if it[0] == "beta"]
    check_by_url(folder, (folder / "git").as_uri(), before)


def test_repositories_on_a_server(
    folder: Path, read: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = make_certificate(folder)
    monkeypatch.setenv("GIT_SSL_CAINFO", str(certificate.file))
    before = [it for it in answers(read)[1] if it[0] == "beta"]
    with served_by_http(folder / "git", certificate) as url:
        check_by_url(folder, url, before)
    (fault,) = opened(folder).refresh().faults  # the server is gone
    assert fault.subject == "beta"
    assert opened(folder).resolve("beta//scorer").version.version == "v3.0.0"
    assert [it.repository for it in opened(folder).listed().unread] == ["beta"]


def test_an_empty_repository_on_a_server(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = make_certificate(folder)
    monkeypatch.setenv("GIT_SSL_CAINFO", str(certificate.file))
    run(folder, "init", "-q", "--bare", "git/empty.git")
    with served_by_http(folder / "git", certificate) as url:
        write(folder, f"- {url}/empty.git")
        assert opened(folder).refresh()[1:] == (("empty",), 0, (), ())
        assert opened(folder).refresh()[1:] == ((), 1, (), ())


def test_one_that_lost_all_refs_stays_as_it_was(folder: Path, read: Catalog) -> None:
    url = (folder / "git/beta.git").as_uri()
    write(folder, f"- {url}")
    opened(folder).refresh()
    before = answers(opened(folder))
    shutil.rmtree(folder / "git/beta.git")
    run(folder, "init", "-q", "--bare", "git/beta.git")
    (fault,) = opened(folder).refresh().faults
    assert fault.reason == f"{url} has neither a commit at HEAD nor a tag any more"
    assert answers(opened(folder)) == before
    (state,) = opened(folder).status()
    assert state.failing


def test_one_on_this_machine_that_lost_all_refs_stays_as_it_was(
    folder: Path, read: Catalog
) -> None:
    before = answers(read)
    git = folder / "git"
    run(git, "init", "-q", "--bare", "new.git")
    (git / "alpha.git" / "packed-refs").write_bytes(b"")
    shutil.rmtree(git / "alpha.git" / "refs")
    (git / "alpha.git" / "refs").mkdir()
    (git / "alpha.git" / "HEAD").write_text("ref: refs/heads/main\n")
    shutil.rmtree(git / "beta.git")
    run(git, "init", "-q", "--bare", "beta.git")
    for new in (["new"], []):
        report = read.refresh()
        assert [*report.read] == new
        assert [it.subject for it in report.faults] == ["alpha", "beta"]
        assert all(
            "neither a commit at HEAD nor a tag any more" in it.reason for it in report.faults
        )
        assert answers(read) == before
    shutil.copytree(git / "team" / "gamma.git", git / "new.git", dirs_exist_ok=True)
    assert read.refresh().read == ("new",)


def test_halves_of_characters_stop_no_refresh(folder: Path) -> None:
    said = rb'scorer: {type: "a\ud800", path: "\udfff", labels: ["\ud800", b], owner: "\ud800"}'
    broken.commit(folder / "git" / "alpha.git", said)
    add_tag(folder / "git" / "alpha.git", "scorer@v2.0.0")
    catalog = opened(folder)
    assert not catalog.refresh().faults
    (first, *_) = catalog.listed().rows
    assert first[2] == r"a\ud800"
    (found,) = catalog.search("label=b").found
    assert found.annotation
    assert found.annotation.labels == ("\ud800", "b")
    typed = "\udcff"  # as Python has a byte that is no UTF-8
    for it in ("label", "author", "stage", "type", "artifact"):
        assert not catalog.search(f"{it}={typed}").found
    assert not catalog.listed(repository=typed).rows


def test_plain_http_is_refused(folder: Path) -> None:
    write(folder, "- url: http://127.0.0.1:1/beta.git")
    (fault,) = opened(folder).refresh().faults
    assert "cannot read from" in fault.reason


def break_some(folder: Path, some: Mapping[str, broken.Breaking], kinds: Sequence[str]) -> set[str]:
    """Break copies of alpha, each in its way; list them by path or URL, and return their labels."""
    sources = []
    for name, breaking in some.items():
        path = folder / "broken" / f"{name.replace(' ', '-')}.git"
        if not path.exists():
            shutil.copytree(folder / "git" / "alpha.git", path)
            breaking(path)
        sources += [
            f"- {{{kind}: '{_named(kind, path)}', label: '{kind}-{{name}}'}}" for kind in kinds
        ]
    with (folder / "catalog.yaml").open("a") as file:
        file.writelines(f"  {it}\n" for it in sources)
    return {f"{kind}-{it.replace(' ', '-')}" for it in some for kind in kinds}


def _named(kind: str, path: Path) -> str:
    return path.as_uri() if kind == "url" else str(path)


def test_what_is_broken_is_named_and_stops_no_other(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(folder, "init", "-q")  # what is around one that is broken is not read in its place
    certificate = make_certificate(folder)
    monkeypatch.setenv("GIT_SSL_CAINFO", str(certificate.file))
    faulty = break_some(folder, broken.FAULTS, ["path", "url"])
    odd = break_some(folder, broken.ODDITIES, ["path"])
    remote = (*broken.REMOTE, *broken.WITHOUT_REFS)
    with broken.served_broken(certificate) as url:
        places = [*(f"{url}/{it}.git" for it in remote), "https://127.0.0.1:1/refused.git"]
        with (folder / "catalog.yaml").open("a") as file:
            file.writelines(f"  - {it}\n" for it in places)
        report = opened(folder).refresh()
    faulty |= {*remote, "refused"}
    assert {it.subject for it in report.faults} == faulty
    assert all(it.reason and "bug" not in it.reason for it in report.faults)
    assert not [it for it in report.faults if "remote -v" in it.hint or "--repo" in it.hint]
    lines = (folder / "catalog.yaml").read_text().splitlines()
    for it in report.faults:
        (number,) = re.findall(r"line (\d+) of catalog\.yaml$", it.hint)
        assert it.subject.removeprefix("path-").removeprefix("url-") in lines[int(number) - 1]
    assert {*report.read} == {"alpha", "beta", "team/gamma", *odd}
    found = {it.repository: it for it in opened(folder).status()}
    assert all(found[it].failing for it in faulty)
    assert [it for it in odd if not found[it].problems] == ["path-HEAD-to-nowhere"]
    assert all(found[it].models for it in odd)
    alpha, beta, gamma = (
        [it[1:] for it in opened(folder).listed().rows if it[0] == label]
        for label in ("alpha", "beta", "team/gamma")
    )
    assert len(alpha) == 1
    assert alpha == beta == gamma


def test_what_breaks_stays_as_it_was(folder: Path, read: Catalog) -> None:
    before = answers(read)
    broken.FAULTS["cut pack"](folder / "git" / "alpha.git")
    broken.FAULTS["empty folder"](folder / "git" / "team" / "gamma.git")
    report = read.refresh()
    assert {it.subject for it in report.faults} == {"alpha", "team/gamma"}
    assert report.unchanged == 1
    assert answers(read) == before
    assert {it.repository for it in read.listed().unread} == {"alpha", "team/gamma"}
    since = {it.repository: it.failing for it in read.status()}
    assert since["alpha"]
    read.refresh()
    assert {it.repository: it.failing for it in read.status()} == since


def test_a_source_that_gives_no_answer_empties_nothing(folder: Path, read: Catalog) -> None:
    before = answers(read)
    (folder / "git").rename(folder / "elsewhere")
    report = read.refresh()
    assert [it.reason for it in report.faults] == ["there is no repository at git/**/*.git"]
    assert answers(read) == before
    assert all(it.failing for it in read.status())
    (folder / "elsewhere").rename(folder / "git")
    assert read.refresh()[2:] == (3, (), ())
    assert not any(it.failing for it in read.status())


def test_a_folder_with_repositories_in_it_needs_a_pattern(folder: Path) -> None:
    write(folder, "- {path: git/team}")
    (fault,) = opened(folder).refresh().faults
    assert fault.reason == "there is no repository at git/team, but there are some in it"
    assert fault.hint.startswith("write a pattern: git/team/*")
    write(folder, "- {path: git/team/*}")
    assert opened(folder).refresh().read == ("gamma",)


def test_addresses_of_a_pattern_are_without_dots(folder: Path) -> None:
    write(folder, '- {path: "git/../git/team/*.git"}')
    found = opened(folder)
    found.refresh()
    assert [it.address for it in found.status()] == [str(folder / "git" / "team" / "gamma.git")]


def test_a_command_lists_repositories(folder: Path) -> None:
    script = folder / "list.sh"
    script.write_text("#!/bin/sh\necho git/alpha.git\necho\necho git/team/gamma.git\n")
    script.chmod(0o755)
    write(folder, f'- {{command: ["{script}"], label: "x-{{name}}"}}')
    catalog = opened(folder)
    assert catalog.refresh().read == ("x-alpha", "x-gamma")
    script.write_text("#!/bin/sh\nexit 3\n")
    (fault,) = catalog.refresh().faults
    assert "exit code 3" in fault.reason
    assert len(catalog.status()) == 2
    script.write_text("#!/bin/sh\nprintf 'git/alpha.git\\n\\033[2J\\n'\n")
    (fault,) = catalog.refresh().faults
    assert fault.reason.endswith(r"printed a line that is neither a URL nor a path: '\x1b[2J'")
    script.write_text("#!/bin/sh\nyes git/alpha.git\n")
    (fault,) = catalog.refresh().faults
    assert fault.reason.endswith("printed more than 16777216 bytes and was stopped")
    assert len(catalog.status()) == 2


def test_of_two_with_one_label_the_second_is_named(folder: Path) -> None:
    write(folder, "- git/alpha.git", "- path: git/beta.git", '  label: "alpha"')
    report = opened(folder).refresh()
    assert report.read == ("alpha",)
    assert [it.reason for it in report.faults] == [
        f"{folder}/git/alpha.git already has the label alpha"
    ]


def test_passwords_are_nowhere(folder: Path, mreg: CommandLine) -> None:
    write(folder, "- url: https://ann:hunter2@127.0.0.1:1/x.git", more="timeout: 20s\n")
    done = mreg("catalog", "refresh", "--json", repo=folder)
    assert done.code == 1
    assert "hunter2" not in done.out + done.err
    assert "hunter2" not in mreg.ok("catalog", "status", "--json", repo=folder).out
    assert all(b"hunter2" not in it.read_bytes() for it in folder.glob("index.db*"))


def test_a_damaged_index_is_made_anew(folder: Path, read: Catalog) -> None:
    before = answers(read)
    whole = read.index.read_bytes()
    for damage in (whole[:9000], whole[:100], whole[:5000] + b"x" * 9000, b""):
        for it in folder.glob("index.db-*"):
            it.unlink()
        read.index.write_bytes(damage)
        with pytest.raises(Refused):
            read.listed()
        assert len(read.refresh().read) == 3
        assert answers(read) == before
    with sqlite3.connect(read.index) as connection:
        connection.execute("PRAGMA user_version = 7")
    with pytest.raises(Refused, match="another version"):
        read.status()
    assert len(read.refresh().read) == 3
    assert answers(read) == before


def put_a_folder(file: Path) -> None:
    file.mkdir()
    (file / "kept").touch()


def put_a_database(file: Path) -> None:
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE events (mine)")


@pytest.mark.parametrize(
    ("put", "said"),
    [
        (lambda it: it.write_bytes(b"My notes.\n" * 99), "is not an index of mreg"),
        (put_a_database, "is not an index of mreg"),
        (put_a_folder, "is not a file"),
        (os.mkfifo, "is not a file"),
    ],
)
def test_what_is_no_index_is_left_alone(
    put: Callable[[Path], object], said: str, folder: Path
) -> None:
    catalog = opened(folder)
    put(catalog.index)
    before = (
        None if catalog.index.is_fifo() or catalog.index.is_dir() else catalog.index.read_bytes()
    )
    with pytest.raises(Refused, match=said):
        catalog.refresh()
    with pytest.raises(Refused):
        catalog.listed()
    assert before is None or catalog.index.read_bytes() == before
    assert before or catalog.index.is_fifo() or [*catalog.index.iterdir()]


def test_a_file_of_somebody_else_in_its_place_is_no_index(folder: Path) -> None:
    file = write(folder, "- git/alpha.git")
    file.write_text(file.read_text().replace("index.db", "catalog.yaml"))
    before = file.read_text()
    with pytest.raises(Refused, match="is not an index of mreg"):
        opened(folder).refresh()
    assert file.read_text() == before


def test_a_full_disk_is_said(read: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    before = answers(read)

    def fill(self: index.CatalogIndex, table: str, *rest: Any, own: Any) -> None:
        if table == "events":
            self.rows("PRAGMA max_page_count = 1")  # no more than there are
            self.rows("CREATE TABLE more AS SELECT zeroblob(1000000)")
        own(self, table, *rest)

    add_tag(read.file.parent / "git" / "alpha.git", "scorer@v2.0.0")
    with monkeypatch.context() as patched:
        own = index.CatalogIndex._fill
        patched.setattr(index.CatalogIndex, "_fill", partialmethod(fill, own=own))
        with pytest.raises(Refused, match="full") as told:
            read.refresh()
    assert told.value.hint == "free some disk space, and run the command again"
    assert answers(read) == before
    assert read.refresh().read == ("alpha",)


def test_without_an_index_it_says_what_to_do(folder: Path) -> None:
    with pytest.raises(Refused) as told:
        opened(folder).listed()
    assert told.value.hint == "run `mreg catalog refresh`"


def test_two_refreshes_at_once(
    folder: Path, read: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mreg.catalog import refresh
    from mreg.system import locks

    monkeypatch.setattr(refresh, "_PATIENCE", 0.0)
    with (
        locks.held(folder / "index.db.lock", seconds=0),
        pytest.raises(Refused, match="another refresh"),
    ):
        read.refresh()
    assert read.refresh().unchanged == 3


@pytest.fixture
def killed(folder: Path) -> Callable[[int], None]:
    """Begins a refresh in a process of its own; kills it before it fills the n-th table."""

    def kill(after: int) -> None:
        process = subprocess.Popen(
            [sys.executable, "-c", _KILLED, str(folder / "catalog.yaml"), str(after)],
            stderr=subprocess.PIPE,
        )
        _, said = process.communicate(timeout=60)  # until its workers have ended, too
        assert (process.returncode, said) == (-signal.SIGKILL, b"")

    return kill


_KILLED = """
import os, signal, sys
from mreg.catalog import Catalog, index
left = int(sys.argv[2])
def killing(self, *arguments, _fill=index.CatalogIndex._fill):
    global left
    left -= 1
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
    _fill(self, *arguments)
index.CatalogIndex._fill = killing
Catalog.open(sys.argv[1]).refresh()
"""


@pytest.mark.parametrize("after", [1, 4, 8, 11])
def test_a_killed_refresh_leaves_what_the_next_one_makes_right(
    after: int, folder: Path, killed: Callable[[int], None], tmp_path: Path
) -> None:
    killed(after)
    catalog = opened(folder)
    with sqlite3.connect(catalog.index) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert len(catalog.status()) == (after - 1) // 6
    catalog.refresh()
    fresh = Catalog.open(folder / "catalog.yaml", index=tmp_path / "fresh.db")
    fresh.refresh()
    assert answers(catalog) == answers(fresh)


@pytest.mark.parametrize("fails", [False, True])
def test_workers_end_with_the_refresh(
    *, fails: bool, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def replace(*_: Any) -> None:
        raise sqlite3.OperationalError

    if fails:
        monkeypatch.setattr(index.CatalogIndex, "replace", replace)
    with pytest.raises(Refused) if fails else nullcontext() as told:  # noqa: F841 - kept, as by a program
        opened(folder).refresh()
    for _ in range(100):
        listed = subprocess.run(
            ["ps", "-o", "args", "--ppid", str(os.getpid())],
            capture_output=True,
            text=True,
            check=False,
        )
        if "mreg.catalog.worker" not in listed.stdout:
            return
        time.sleep(0.01)
    raise AssertionError(listed.stdout)


def test_one_that_takes_too_long_is_ended(folder: Path) -> None:
    write(folder, "- path: git/**/*.git", more="timeout: 20s\n")
    slow = opened(folder)
    slow.settings = slow.settings._replace(seconds=0.0001)
    report = slow.refresh()
    assert {it.reason for it in report.faults} == {"it took longer than 0.0001 s"}
    assert len(opened(folder).refresh().read) == 3


def test_nothing_is_left_of_a_server_that_does_not_answer(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = make_certificate(folder)
    monkeypatch.setenv("GIT_SSL_CAINFO", str(certificate.file))
    with broken.served_broken(certificate) as url:
        write(folder, f"- {url}/hanging.git")
        catalog = opened(folder)
        catalog.settings = catalog.settings._replace(seconds=0.5)
        (fault,) = catalog.refresh().faults
        listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
    assert "0.5 s" in fault.reason
    assert f"{url}/hanging.git" not in listed.stdout


class TestCommands:
    def test_show(self, folder: Path, mreg: CommandLine) -> None:
        assert mreg("catalog", "show", repo=folder).err == (
            "error: the catalog has not been read yet\nhint: run `mreg catalog refresh`\n"
        )
        done = mreg.ok("catalog", "refresh", repo=folder)
        assert done.out == "3 repositories: 3 read, 0 unchanged\n"
        assert mreg.ok("catalog", "show", repo=folder).out == (
            "name                type   latest  #prod\n"
            "alpha//scorer       model  v1.1.0  v1.1.0\n"
            "beta//scorer        model  v1.1.0  v1.1.0\n"
            "team/gamma//scorer  model  v1.1.0  v1.1.0\n"
        )
        for word in ("list", "ls"):
            assert mreg.ok("catalog", word, repo=folder) == mreg.ok("catalog", "show", repo=folder)
        found = mreg.ok("catalog", "show", "--json", "--repository", "beta", "--all", repo=folder)
        assert [(it["repository"], it["name"]) for it in found.json["artifacts"]] == [
            ("beta", "old"),
            ("beta", "scorer"),
        ]
        one = mreg.ok("catalog", "show", "beta//scorer@v1.0.0", "--json", repo=folder).json
        assert (one["repository"], one["version"], one["active"]) == ("beta", "v1.0.0", False)
        assert one["annotation"]["metrics"] == {"auc": 0.9}
        assert "v1.1.0" in mreg.ok("catalog", "show", "beta//scorer", repo=folder).out

    def test_search_and_history(self, folder: Path, read: Catalog, mreg: CommandLine) -> None:
        done = mreg.ok("catalog", "search", "stage=prod and metrics.auc>0.5", "--utc", repo=folder)
        assert done.out.splitlines()[1].startswith("alpha//scorer       v1.1.0   prod    0.9")
        assert mreg("catalog", "search", repo=folder).code == 2
        assert mreg("catalog", "search", "nothing=1", repo=folder).code == 2
        events = mreg.ok("catalog", "history", "-n", "2", "--json", repo=folder).json["events"]
        assert [(it["repository"], it["tag"]) for it in events] == [
            ("alpha", "old@deprecated"),
            ("beta", "old@deprecated"),
        ]

    def test_what_cannot_be_read_is_said(
        self, folder: Path, read: Catalog, mreg: CommandLine
    ) -> None:
        shutil.rmtree(folder / "git" / "beta.git" / "objects")
        done = mreg("catalog", "refresh", repo=folder)
        assert (done.code, done.out) == (1, "3 repositories: 0 read, 2 unchanged, 1 failed\n")
        shown = mreg.ok("catalog", "show", repo=folder)
        assert shown.err.startswith("warning: beta has been failing since ")
        assert "beta//scorer" in shown.out
        (unread,) = mreg.ok("catalog", "show", "--json", repo=folder).json["unread"]
        assert unread["repository"] == "beta"


@pytest.fixture
def chained(tmp_path: Path, make_repository: Maker) -> Catalog:
    """Make a catalog of data, of a base made from it, and of a model made from that."""
    data = [Tag("raw@v1.0.0", 0, 10), Tag("raw#good#1", 0, 20), Tag("raw@v2.0.0", 1, 200)]
    data.append(Tag("raw#good#2", 1, 210))
    git = tmp_path / "git"
    of_data = f"{{artifact: raw#good, repo: '{git.as_uri()}/data.git', role: training}}"
    of_base = f"{{artifact: base, repo: '{git.as_uri()}/base'}}"
    others = "{artifact: tiny, repo: 'https://ann:hunter2@example.com/other.git'}"
    notes = {
        "data": "raw: {type: dataset, path: d}",
        "base": f"base: {{type: model, path: b, inputs: [{of_data}]}}",
        "model": f"churn: {{type: model, path: m, inputs: [{of_base}, {{artifact: prep@v1.0.0}},"
        f" {{artifact: gone, repo: '{git.as_uri()}/base'}}, {others}]}}\nprep: {{path: p}}",
    }
    tags = {
        "data": data,
        "base": [Tag("base@v1.0.0", 0, 100), Tag("base@v1.1.0", 1, 300)],
        "model": [Tag("prep@v1.0.0", 0, 50), Tag("churn@v1.0.0", 0, 150)],
    }
    git.mkdir()
    for name, said in notes.items():
        files = [{"artifacts.yaml": f"{said}\n".encode()}, {"x": b"1"}]
        made = make_repository(tags[name], name=name, commits=files)
        run(tmp_path, "clone", "-q", "--bare", str(made.path), str(git / f"{name}.git"))
        address = f"{git.as_uri()}/{name}.git"
        run(git / f"{name}.git", "config", "remote.origin.url", address)
    write(tmp_path, "- git/*.git")
    catalog = opened(tmp_path)
    catalog.refresh()
    return catalog


def test_lineage_crosses_repositories(chained: Catalog) -> None:
    def edges(selector: str, **options: Any) -> list[tuple[str, str]]:
        found = chained.lineage(selector, **options)
        label = {it.id: it.label for it in found.nodes}
        return sorted((label[it.source], label[it.target]) for it in found.edges)

    up = [
        ("base//base@v1.0.0", "model//churn@v1.0.0"),  # the latest of that time
        ("base//gone", "model//churn@v1.0.0"),
        ("data//raw@v1.0.0", "base//base@v1.0.0"),  # what was good then
        ("model//prep@v1.0.0", "model//churn@v1.0.0"),
        ("tiny of https://example.com/other.git", "model//churn@v1.0.0"),
    ]
    assert edges("model//churn") == up
    assert edges("model//churn", depth=1) == [it for it in up if it[0] != "data//raw@v1.0.0"]
    assert chained.lineage("model//churn", depth=1).cut
    assert not chained.lineage("model//churn").cut
    assert edges("raw@v1.0.0", down=True) == [up[0], up[2]]
    assert edges("raw@v2.0.0", down=True) == [("data//raw@v2.0.0", "base//base@v1.1.0")]
    missing = {it.label: it.note for it in chained.lineage("model//churn").nodes if it.missing}
    assert missing == {"base//gone": "base has no such artifact"}
    assert len(chained.lineage("raw@v1.0.0", down=True, limit=1).nodes) == 2
    found = as_json.dumps(documents.lineage(chained.lineage("churn")))
    assert "hunter2" not in found
    assert '"repository": "data"' in found


def test_the_command_tells_a_lineage(chained: Catalog, mreg: CommandLine, tmp_path: Path) -> None:
    done = mreg.ok("catalog", "lineage", "raw@v1.0.0", "--down", repo=tmp_path)
    assert "base//base@v1.0.0" in done.out
    assert "model//churn@v1.0.0" in done.out
    assert mreg.ok("catalog", "lineage", "churn", "--format", "dot", repo=tmp_path).out
    assert mreg("catalog", "lineage", "churn", "--json", "--format", "dot", repo=tmp_path).code == 2


def test_lines_of_json(folder: Path, read: Catalog, mreg: CommandLine) -> None:
    done = mreg.ok("catalog", "export", "out", "--format", "jsonl", repo=folder)
    assert done.out == "out/versions.jsonl: 9 rows\nout/events.jsonl: 21 rows\n"
    versions = [json.loads(it) for it in (folder / "out/versions.jsonl").read_text().splitlines()]
    assert [it for it in versions if it["repository"] == "beta" and it["version"] == "v1.1.0"] == [
        {
            "repository": "beta",
            "artifact": "scorer",
            "version": "v1.1.0",
            "tag": "scorer@v1.1.0",
            "commit": read.resolve("beta//scorer").version.commit,
            "created_at": "2023-11-14T22:13:40+00:00",
            "author": "Ann Example",
            "author_email": "ann@example.com",
            "message": "second\n\nWith more data.",
            "active": True,
            "latest": True,
            "deprecated": False,
            "stages": ["prod"],
            "current": ["prod"],
            "type": "model",
            "path": "m",
            "description": "Finds fraud in Europe",
            "owner": None,
            "license": None,
            "labels": ["tabular"],
            "metrics": {"auc": 0.9},
            "params": {},
            "annotation": ANY,
        }
    ]
    assert [it.name for it in sorted((folder / "out").iterdir())] == [
        "events.jsonl",
        "versions.jsonl",
    ]


def test_parquet(folder: Path, read: Catalog) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    read.export(folder / "lines", "jsonl")
    files = read.export(folder / "out")
    assert [it.rows for it in files] == [9, 21]
    for name in ("versions", "events"):
        rows = parquet.read_table(folder / "out" / f"{name}.parquet").to_pylist(
            maps_as_pydicts="strict"
        )
        lines = (folder / "lines" / f"{name}.jsonl").read_text().splitlines()
        wanted = [json.loads(it) for it in lines]
        for it in (*rows, *wanted):
            when = it["created_at"]
            it["created_at"] = datetime.fromisoformat(when) if isinstance(when, str) else when
        assert rows == wanted


def test_parquet_without_pyarrow(read: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UsageError) as told:
        read.export("out")
    assert told.value.hint == f"run `{distribution.command('parquet')}`"


def test_pages_of_all(folder: Path, mreg: CommandLine) -> None:
    done = mreg.ok("catalog", "site", "pages", repo=folder)
    assert done.out.startswith("6 models: ")
    assert (folder / "pages/m/team~047gamma/scorer/index.html").exists()
    assert mreg.ok("catalog", "site", "pages", repo=folder).out.endswith(
        "0 files written, 0 removed\n"
    )
    write(folder, "- git/alpha.git", "- git/beta.git")
    shutil.rmtree(folder / "git/beta.git")
    done = mreg.ok("catalog", "site", "pages", "--json", repo=folder)
    assert [it["repository"] for it in done.json["unread"]] == ["beta"]
    assert (folder / "pages/m/beta/scorer/index.html").exists()
    assert not (folder / "pages/m/team~047gamma").exists()


MEASURED = [
    "{metrics: {auc: 0.9, n: 3, big: 99999999999999999999, inf: .inf, nan: .nan, no: true}}",
    "{metrics: {auc: 0.90000000000000002, a.b: 1, n: 36893488147419103232, nan: 1}}",
    "{metrics: [metrics/train.json, metrics/test.json], labels: [kind-1, très-bon, 'a b']}",
    "{metrics: [metrics/train.json, metrics/absent.json], owner: kind, license: MIT}",
    "{metrics: [metrics/train.json], framework: sklearn==1.0}",
    "{metrics: 3, labels: [kind-1], custom: {since: 2024-01-01}}",
    "nonsense",
]
ABOUT_NUMBERS = [
    *map(
        "".join,
        product(("metrics.",), ("auc", "n", "nan", "acc"), ("=", "!=", "<", ">="), ("0.9", "nan")),
    ),
    *("metrics.big>1e19", "metrics.n>36893488147419103231", "metrics.n=36893488147419103233"),
    *("metrics.inf>=inf", "metrics.no=1", "metrics.a.b=1", "metrics.loss<0", "metrics.inner.f1<1"),
    *("metrics.'metrics/train.json:acc'>=0.5", "not metrics.acc>=0.5", "metrics.acc=0.75"),
    *("label=kind-1", "label=1", "label='a b'", "label='très-bon'", "label='-'", "owner=kind"),
    *("license=mit", "license=MIT", "framework.name=sklearn", "owner!=kind"),
    *("label=kind-1 and latest=true", "latest=true and owner=kind", "latest=true and metrics.n=3"),
    *("label=kind-1 and latest=false", "label=kind-1 and metrics.acc>=0", "license=MIT or label=x"),
    *("owner=kind and (label=kind-1 or latest=true)", "not (label=kind-1 and latest=true)"),
]


def test_numbers_and_words_are_found_as_in_a_registry(
    tmp_path: Path, make_repository: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {
        "metrics/train.json": b'{"acc": 0.5, "inner": {"f1": 0.7}, "list": [1], "word": "x"}',
        "metrics/test.json": b'{"acc": 0.75, "loss": -1e400}',
    }
    commits = [{"artifacts.yaml": f"m: {it}\n".encode(), **files} for it in MEASURED]
    tags = [Tag(f"m@v1.{it}.0", it, it) for it in range(len(MEASURED))]
    registry = library.Registry.open(make_repository(tags, commits=commits).path)
    write(tmp_path, f"- {registry.repository.path}")
    catalog = opened(tmp_path)
    assert not catalog.refresh().faults
    looked_up = [catalog.search(it) for it in ABOUT_NUMBERS]
    monkeypatch.setattr(find, "narrowed", lambda _, **__: find.ALWAYS)
    monkeypatch.setattr(find, "_leading", lambda _: None)
    for expression, found in zip(ABOUT_NUMBERS, looked_up, strict=True):
        said = [(it.version, it.annotation) for it in found.found]
        assert said == [*registry.search(expression)], expression
        assert found.problems == catalog.search(expression).problems, expression
    assert sum(0 < len(it.found) < len(MEASURED) for it in looked_up) > 20
