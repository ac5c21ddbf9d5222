"""A site on real repositories: written once, then in steps, the same whichever way."""

from __future__ import annotations

import json
import random
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any
from unittest.mock import Mock
from xml.etree import ElementTree

import pytest

import mreg
from commandline import CommandLine
from mreg.errors import NotFound, Refused, RepositoryError, UsageError
from mreg.registry import fingerprint, profile
from mreg.web import activity, dashboard, links, names, site, values
from mreg.web.folder import BESIDE, LOCK, MARK
from mreg.web.options import SiteReport
from mreg.web.read import Choice, PageSource
from mreg.web.values import Model
from repositories import ANN, START, Lightweight, Maker, Repository, Tag, add_tag, tag_bytes

POLICY = b"""\
principals: {ann@example.com: {emails: [ann@example.com]}, bob@example.com: {emails: []}}
stages:
  staging: {}
  prod:
    from: staging
    approvals: 1
    approvers: [bob@example.com]
    requires: {metrics: {auc: ">= 0.8"}}
"""


def entry(auc: float, *more: str) -> str:
    lines = [f"  metrics: {{auc: {auc}}}", "  type: model", "  path: churn/model.bin", *more]
    return "\n".join(lines) + "\n"


def files(*entries: str) -> dict[str, bytes]:
    return {
        "artifacts.yaml": "".join(entries).encode(),
        "churn/README.md": b"# churn\n\nWho will leave.\n",
        ".mreg.yaml": POLICY,
    }


COMMITS = [
    files("churn:\n" + entry(0.7)),
    files("churn:\n" + entry(0.9, "  inputs: [{artifact: features@v1.0.0, role: training}]")),
    files("churn:\n" + entry(0.8), "features:\n  type: dataset\n"),
]
TAGS = [
    Tag("features@v1.0.0", 2, 0),
    Tag("churn@v1.0.0", 0, 10, "First"),
    Tag("churn#prod#1", 0, 20),
    Tag("churn@v1.1.0", 1, 30, "Better"),
    Tag("churn#staging#2", 1, 40),
]
MODEL = "m/repository/churn/"
DAY = 24 * 3600


@pytest.fixture
def repo(make_repository: Maker) -> Repository:
    return make_repository(TAGS, commits=COMMITS)


def built(folder: Path, *repos: Repository, **options: Any) -> SiteReport:
    return site.build(folder, [mreg.Registry.open(it.path) for it in repos], **options)


def contents(folder: Path) -> Mapping[str, bytes]:
    """Return what is to be the same however a site came to be."""
    return {
        it.relative_to(folder).as_posix(): it.read_bytes()
        for it in sorted(folder.rglob("*"))
        if it.is_file() and it.name not in (LOCK, BESIDE)
    }


def rows(columns: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a table that is written by column, in which one value stands for the same in each."""
    count = max(len(it) for it in columns.values() if isinstance(it, list))
    whole = {key: it if isinstance(it, list) else [it] * count for key, it in columns.items()}
    return [dict(zip(whole, row, strict=True)) for row in zip(*whole.values(), strict=True)]


class TestPages:
    @pytest.fixture
    def pages(self, repo: Repository, tmp_path: Path) -> Mapping[str, str]:
        built(tmp_path / "site", repo, title="Acme")
        return {name: raw.decode() for name, raw in contents(tmp_path / "site").items()}

    def test_there_is_a_page_for_all_and_one_for_each(self, pages: Mapping[str, str]) -> None:
        assert {it for it in pages if it.endswith(".html")} == {
            "index.html",
            "compare.html",
            "stages.html",
            "waiting.html",
            "activity/index.html",
            "activity/2023-11.html",
            MODEL + "index.html",
            "m/repository/features/index.html",
        }
        assert "<title>churn - Acme</title>" in pages[MODEL + "index.html"]

    def test_a_model_says_what_may_come_next_and_what_is_missing(
        self, pages: Mapping[str, str]
    ) -> None:
        page = pages[MODEL + "index.html"]
        assert "Can v1.1.0 be promoted to prod?" in page
        assert "not yet" in page
        assert "auc is 0.9, &gt;= 0.8" in page
        assert "mreg approve churn@v1.1.0 prod" in page
        assert "prod asks &gt;=" in page

    def test_it_shows_the_card_the_inputs_and_what_uses_them(
        self, pages: Mapping[str, str]
    ) -> None:
        assert "<p>Who will leave.</p>" in pages[MODEL + "index.html"]
        used = pages["m/repository/features/index.html"]
        assert '<a href="../churn/index.html#v1.1.0">churn v1.1.0</a>' in used

    def test_each_version_has_an_anchor(self, pages: Mapping[str, str]) -> None:
        for version in ("v1.0.0", "v1.1.0"):
            assert f'<tr id="{version}">' in pages[MODEL + "index.html"]

    def test_the_same_stands_beside_it_as_json(
        self, pages: Mapping[str, str], repo: Repository, mreg: CommandLine
    ) -> None:
        found = json.loads(pages[MODEL + "data.json"])
        asked = mreg.ok("show", "churn", "--json", "--all", repo=repo).json
        versions = rows(found["versions"])
        for version, one in zip(versions, asked["versions"], strict=True):
            for key in ("version", "commit", "author", "message", "active", "stages"):
                assert version[key] == one[key]
            at = datetime.fromisoformat(version["created_at"])
            assert at == datetime.fromisoformat(one["created_at"])
        assert [it["metrics.auc"] for it in versions] == [0.9, 0.7]
        assert rows(found["events"])[0]["tag"] == "churn#staging#2"
        assert [(it["stage"], it["version"]) for it in rows(found["tenures"])] == [
            ("prod", "v1.0.0"),
            ("staging", "v1.1.0"),
        ]
        index = json.loads(pages["data/index.json"])
        assert [it["name"] for it in index["artifacts"]] == ["churn", "features"]
        assert index["artifacts"][0]["stages"]["prod"]["version"] == "v1.0.0"

    def test_a_script_has_the_versions_by_column(self, repo: Repository, tmp_path: Path) -> None:
        repo.put_tag("churn@v0.1.0", tag_bytes("churn@v0.1.0", repo.commits[0]))
        built(tmp_path / "site", repo)
        raw = (tmp_path / "site" / MODEL / "data.js").read_text()
        found = json.loads(raw.removeprefix('mreg("model", ').removesuffix(");\n"))
        assert [it[0] for it in found["versions"]] == ["v1.1.0", "v1.0.0", "v0.1.0"]
        assert found["metrics"] == [["auc", 1, [0.9, 0.7, 0.7]]]
        assert found["inputs"] == [["features", [[0, "v1.0.0"], [1, None]]]]
        about = dict(found["about"])
        assert about["path"] == [[0, "churn/model.bin"]]
        assert about["content"] == [[0, "absent"]]

    def test_of_old_versions_it_is_not_looked_what_stands_there(
        self, repo: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(values, "MOST_LOOKED_AT", 1)
        repo.put_tag("churn@v0.1.0", tag_bytes("churn@v0.1.0", repo.commits[0]))
        built(tmp_path / "site", repo)
        raw = (tmp_path / "site" / MODEL / "data.js").read_text()
        found = json.loads(raw.removeprefix('mreg("model", ').removesuffix(");\n"))
        # v1.0.0 holds a stage.
        assert dict(found["about"])["content"] == [[0, "absent"], [2, "?"]]

    def test_stages_say_what_holds_them(self, pages: Mapping[str, str]) -> None:
        found = json.loads(pages["data/stages/prod.json"])
        assert [(it["artifact"], it["version"]) for it in found["holders"]] == [("churn", "v1.0.0")]
        assert found["last_promoted_at"] == found["holders"][0]["created_at"]
        page = pages["stages.html"]
        assert page.index('id="s-prod"') < page.index('id="s-staging"')
        assert "latest is v1.1.0" in page

    def test_what_waits_is_told_with_the_commands(
        self, pages: Mapping[str, str], repo: Repository, mreg: CommandLine
    ) -> None:
        found = json.loads(pages["data/waiting.json"])
        (asked,) = mreg.ok("pending", "--json", repo=repo).json["pending"]
        (one,) = found["pending"]
        for key in ("artifact", "version", "stage", "have", "need"):
            assert one[key] == asked[key]
        assert one["approvers"] == ["bob"]  # without an address
        assert [(it["artifact"], it["metric"]["better"]) for it in found["newer"]] == [
            ("churn", True)
        ]
        assert "mreg approve churn@v1.1.0 prod" in pages["waiting.html"]
        assert "mreg diff 'churn#prod' churn@v1.1.0" in pages["waiting.html"].replace("&#x27;", "'")

    def test_a_month_tells_what_happened(self, pages: Mapping[str, str]) -> None:
        page = pages["activity/2023-11.html"]
        assert "5 events of 2 models" in page
        assert 'promoted <a href="../m/repository/churn/index.html">churn</a>' in page

    def test_feeds_are_well_formed(self, pages: Mapping[str, str]) -> None:
        atom = "{http://www.w3.org/2005/Atom}"
        for name in ("feed.xml", MODEL + "feed.xml"):
            feed = ElementTree.fromstring(pages[name])
            assert (
                feed.findall(f"{atom}entry/{atom}title")[0].text
                == "Promoted churn v1.1.0 to staging"
            )

    def test_nothing_is_inline_and_nothing_is_from_elsewhere(
        self, pages: Mapping[str, str]
    ) -> None:
        for name, page in pages.items():
            if name.endswith(".html"):
                assert "default-src 'none'" in page.replace("&#x27;", "'")
                assert " style=" not in page
                assert "<style" not in page
                assert not {it for it in ("<script>", " onclick", 'src="http', '"//') if it in page}

    def test_addresses_are_left_out_unless_they_are_wanted(
        self, pages: Mapping[str, str], repo: Repository, tmp_path: Path
    ) -> None:
        for page in pages.values():
            assert "@example.com" not in page
        built(tmp_path / "open", repo, emails=True)
        assert "@example.com" in (tmp_path / "open" / MODEL / "data.json").read_text()


def test_what_is_made_of_one_another_is_read_and_written_once(
    repo: Repository, tmp_path: Path
) -> None:
    read: list[tuple[int, int]] = []
    built(tmp_path / "site", repo, progress=lambda *counts: read.append(counts))
    assert read == [(1, 2), (2, 2)]
    features = (tmp_path / "site/m/repository/features/index.html").read_text()
    assert "churn/index.html#v1.1.0" in features


class TestSteps:
    def test_nothing_new_writes_no_file(self, repo: Repository, tmp_path: Path) -> None:
        first = built(tmp_path / "site", repo)
        before = contents(tmp_path / "site")
        second = built(tmp_path / "site", repo)
        assert set(first.written) == set(before)
        assert (second.written, second.removed) == ((), ())
        assert contents(tmp_path / "site") == before

    def test_nothing_new_reads_no_registry_and_looks_into_no_file(
        self, repo: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        built(tmp_path / "site", repo)
        before = {it: it.stat() for it in (tmp_path / "site").rglob("*") if it.name != LOCK}
        monkeypatch.setattr(fingerprint, "of_artifacts", pytest.fail)
        monkeypatch.setattr(profile, "profiles", pytest.fail)
        report = built(tmp_path / "site", repo)
        assert (report.models, report.written) == (2, ())
        for file, was in before.items():
            now = file.stat()
            assert (now.st_ino, now.st_mtime_ns) == (was.st_ino, was.st_mtime_ns), file

    @pytest.mark.parametrize(
        "change", ["lost", "title", "policy", "approval", "head", "broken", "address", "moved"]
    )
    def test_whatever_bears_on_pages_is_seen(
        self, make_repository: Maker, tmp_path: Path, change: str
    ) -> None:
        stricter = {**COMMITS[-1], ".mreg.yaml": POLICY.replace(b"0.8", b"0.95")}
        repo = make_repository(TAGS, commits=[*COMMITS, stricter])
        repo.git("update-ref", "refs/heads/main", repo.commits[2])
        url = ("remote", "add", "origin", "https://git.example.com/ann/repository.git")
        if change == "moved":
            repo.git(*url)
        built(tmp_path / "site", repo, title="Acme")
        if change == "lost":
            (tmp_path / "site" / MODEL / "data.json").unlink()
        elif change == "policy":
            repo.git("update-ref", "refs/heads/main", repo.commits[3])
        elif change == "approval":
            raw = tag_bytes("churn", repo.commits[1])
            repo.git("update-ref", "refs/mreg/approvals/x", repo.put_object(raw))
        elif change == "head":
            repo.git("update-ref", "refs/heads/main", repo.commits[0])
        elif change == "broken":
            (tmp_path / "site" / BESIDE).write_text("{")
        elif change == "address":  # of the same name
            repo.git(*url)
        elif change == "moved":
            repo.git("remote", "set-url", "origin", "https://git.example.com/bob/repository")
        built(tmp_path / "site", repo, title="Other" if change == "title" else "Acme")
        built(tmp_path / "whole", repo, title="Other" if change == "title" else "Acme")
        assert contents(tmp_path / "site") == contents(tmp_path / "whole")

    def test_a_build_that_was_ended_does_not_count(
        self, repo: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        built(tmp_path / "site", repo)
        before = contents(tmp_path / "site")
        repo.put_tag("churn#prod#3", tag_bytes("churn#prod#3", repo.commits[1]))
        monkeypatch.setattr(dashboard, "files", Mock(side_effect=KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            built(tmp_path / "site", repo)
        monkeypatch.undo()
        repo.git("update-ref", "-d", "refs/tags/churn#prod#3")  # all is as it was
        built(tmp_path / "site", repo)
        assert contents(tmp_path / "site") == before

    def test_one_new_tag_renews_its_model_and_the_index(
        self, make_repository: Maker, tmp_path: Path
    ) -> None:
        others = [Tag(f"model-{it}@v1.0.0", 0, it) for it in range(30)]
        repo = make_repository([*TAGS, *others], commits=COMMITS)
        built(tmp_path / "site", repo)
        repo.put_tag("churn#prod#3", tag_bytes("churn#prod#3", repo.commits[1]))
        report = built(tmp_path / "site", repo)
        own = {MODEL + it for it in ("index.html", "data.json", "data.js", "feed.xml")}
        shared = {"index.html", "data/index.json", "data/index.js", "feed.xml", MARK}
        shared |= {"stages.html", "data/stages/prod.json", "waiting.html", "data/waiting.json"}
        shared |= {"activity/index.html", "data/activity.json"}
        shared |= {"activity/2023-11.html", "data/activity/2023-11.json"}
        # What it was made from shows in which stage it is, so all are looked through.
        features = {"m/repository/features/index.html", "m/repository/features/data.json"}
        assert set(report.written) == own | shared | features

    def test_of_a_tag_that_links_no_other_models_no_other_is_looked_at(
        self, make_repository: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        others = [Tag(f"model-{it}@v1.0.0", 0, it) for it in range(5)]
        repo = make_repository([*TAGS, *others], commits=COMMITS)
        built(tmp_path / "site", repo)
        add_tag(repo.path, "model-3@v2.0.0")
        looked: list[str] = []

        def digest(graph: links.Graph, repository: str, name: str, kept: links.Kept) -> str:
            looked.append(name)
            return digest_of(graph, repository, name, kept)

        digest_of = links.Graph.digest
        monkeypatch.setattr(links.Graph, "digest", digest)
        monkeypatch.setattr(site.Builder, "_is_there", None)
        built(tmp_path / "site", repo)
        assert looked == ["model-3"]
        monkeypatch.undo()
        built(tmp_path / "whole", repo)
        assert contents(tmp_path / "site") == contents(tmp_path / "whole")

    @pytest.mark.parametrize("asks", [False, True])
    def test_what_it_was_made_from_counts_where_the_policy_asks_for_it(
        self, make_repository: Maker, tmp_path: Path, asks: bool
    ) -> None:
        files = {**COMMITS[1]}
        if asks:
            files |= {
                ".mreg.yaml": POLICY.replace(b"metrics: {auc", b"inputs: prod, metrics: {auc")
            }
        repo = make_repository(TAGS, commits=[COMMITS[0], files, {}])
        built(tmp_path / "site", repo)
        repo.put_tag("features@v1.1.0", tag_bytes("features@v1.1.0", repo.commits[2]))
        read: list[int] = []
        built(tmp_path / "site", repo, progress=lambda _, total: read.append(total))
        assert read == ([2, 2] if asks else [1])
        built(tmp_path / "whole", repo)
        assert contents(tmp_path / "site") == contents(tmp_path / "whole")

    def test_what_is_gone_leaves_the_site(self, repo: Repository, tmp_path: Path) -> None:
        built(tmp_path / "site", repo)
        repo.git("tag", "-d", "features@v1.0.0")
        repo.git("update-ref", "refs/heads/main", repo.commits[1])
        report = built(tmp_path / "site", repo)
        assert {names.model("repository", "features") + "/index.html"} <= set(report.removed)
        assert not (tmp_path / "site" / "m" / "repository" / "features").exists()

    def test_what_was_lost_is_written_again(self, repo: Repository, tmp_path: Path) -> None:
        built(tmp_path / "site", repo)
        before = contents(tmp_path / "site")
        (tmp_path / "site" / MODEL / "index.html").unlink()
        (tmp_path / "site" / "a" / "style.css").unlink()
        (tmp_path / "site" / MARK).write_text("broken")
        built(tmp_path / "site", repo)
        assert contents(tmp_path / "site") == before

    @pytest.mark.parametrize("harm", [Path.unlink, lambda it: it.write_text("{}")])
    def test_a_month_that_was_lost_or_changed_is_read_again(
        self, make_repository: Maker, tmp_path: Path, harm: Callable[[Path], Any]
    ) -> None:
        repo = make_repository([*TAGS, Tag("spam@v1.0.0", 0, 50)], commits=COMMITS)
        built(tmp_path / "site", repo)
        harm(tmp_path / "site" / "data" / "activity" / "2023-11.json")
        repo.put_tag("churn#prod#3", tag_bytes("churn#prod#3", repo.commits[1]))
        built(tmp_path / "site", repo)
        built(tmp_path / "whole", repo)
        assert contents(tmp_path / "site") == contents(tmp_path / "whole")

    def test_an_event_in_another_month_leaves_the_others_alone(
        self, repo: Repository, tmp_path: Path
    ) -> None:
        built(tmp_path / "site", repo)
        later = tag_bytes("churn#prod#9", repo.commits[1], tagger=f"{ANN} {START + 90 * DAY} +0000")
        repo.put_tag("churn#prod#9", later)
        report = built(tmp_path / "site", repo)
        months = {it for it in report.written if "activity" in it}
        assert months == {
            "activity/index.html",
            "data/activity.json",
            "activity/2024-02.html",
            "data/activity/2024-02.json",
        }
        (found,) = json.loads((tmp_path / "site" / "data/activity/2024-02.json").read_text())[
            "newest"
        ]
        assert (found["action"], found["version"], found["stage"]) == ("promote", "v1.1.0", "prod")
        index = json.loads((tmp_path / "site" / "data" / "activity.json").read_text())
        assert [(it["name"], it["events"], it["promoted"]) for it in index["months"]] == [
            ("2024-02", 1, 1),
            ("2023-11", 5, 2),
        ]

    def test_what_could_not_be_read_is_tried_again(
        self, make_repository: Maker, tmp_path: Path
    ) -> None:
        repo = make_repository([*TAGS, Lightweight("churn@v9.0.0")], commits=COMMITS)
        first, second = (built(tmp_path / "site", repo) for _ in range(2))
        assert [it.subject for it in second.problems] == ["churn@v9.0.0"]
        assert second.problems == first.problems
        assert second.written == ()

    def test_steps_and_one_build_make_the_same_bytes(
        self, make_repository: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """After 200 random events, also at another path and in another time zone and language."""
        monkeypatch.setattr(activity, "MOST", 5)  # months have more, so that some are left out
        stricter = {**COMMITS[-1], ".mreg.yaml": POLICY.replace(b"0.8", b"0.95")}
        repo = make_repository(TAGS, commits=[*COMMITS, stricter])
        other = make_repository([Tag("spam@v1.0.0")], name="other")
        chance = random.Random(7)
        written = []
        for step, change in enumerate(changes(chance, [repo, other], tmp_path)):
            change()
            if step % 40 == 0:
                written.append(len(built(tmp_path / "site", repo, other).written))
        written.append(len(built(tmp_path / "site", repo, other).written))
        assert all(written)
        moved = tmp_path / "elsewhere"
        for it in (repo, other):
            shutil.copytree(it.path, moved / it.path.name)
        again = [Repository(moved / it.path.name) for it in (repo, other)]
        monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
        with zone("Asia/Kolkata"):
            built(tmp_path / "whole", *again)
        assert contents(tmp_path / "site") == contents(tmp_path / "whole")


@contextmanager
def zone(name: str) -> Iterator[None]:
    """Let the machine stand in a time zone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", name)
        time.tzset()
        yield
    time.tzset()


def changes(chance: random.Random, repos: list[Repository], place: Path) -> Iterator[Any]:
    """Iterate over 200 things that may happen to registries.

    They are events of all kinds, an earlier version's coming back among them; tags that go, and
    branches that move to other annotations and another policy.
    """
    artifacts = ("churn", "features", "Churn", "team/churn", "new")
    events: list[tuple[Repository, str, bytes]] = []
    for step in range(200):
        repo = chance.choice(repos)
        name, stage = chance.choice(artifacts), chance.choice(("prod", "staging"))
        version = f"v{chance.randrange(3)}.{chance.randrange(4)}.0"
        tag = chance.choice(
            (
                f"{name}@{version}",
                f"{name}@{version}!",
                f"{name}#{stage}#{step + 9}",
                f"{name}#{stage}#{step + 9}",
                f"{name}#{stage}!#{step + 9}",
                f"{name}@deprecated#{step + 9}",
            )
        )
        commit = chance.choice(repo.commits)
        raw = tag_bytes(tag, commit, tagger=f"{ANN} {START + 12 * 3600 * step} +0000")
        events.append((repo, tag, raw))
    for repo, tag, oid in put_all(events, place):
        if chance.random() < 0.1 and (known := repo.git("tag").split()):
            gone = chance.choice(known)
            yield partial(repo.git, "update-ref", "-d", f"refs/tags/{gone}")
        elif chance.random() < 0.05:
            yield partial(repo.git, "update-ref", "refs/heads/main", chance.choice(repo.commits))
        else:
            yield partial(repo.put_ref, tag, oid)


def put_all(
    events: list[tuple[Repository, str, bytes]], place: Path
) -> Iterator[tuple[Repository, str, str]]:
    """Write the objects of tags, with one Git process a repository, and iterate over their ids."""
    found: dict[int, str] = {}
    for repo in {id(it): it for it, _, _ in events}.values():
        own = [number for number, (it, _, _) in enumerate(events) if it is repo]
        paths = [place / f"{number}.tag" for number in own]
        for path, number in zip(paths, own, strict=True):
            path.write_bytes(events[number][2])
        words = ("hash-object", "-t", "tag", "-w", "--literally", "--no-filters")
        found |= dict(zip(own, repo.git(*words, *map(str, paths)).split(), strict=True))
    for number, (repo, tag, _) in enumerate(events):
        yield repo, tag, found[number]


class FailingSource(PageSource):
    """A registry of which the first artifact can be read, and no other."""

    def models(self, wanted: Sequence[str] | None, choice: Choice) -> Iterator[Model]:
        yield from islice(super().models(wanted, choice), 1 if len(wanted or ()) > 1 else 0)
        raise RepositoryError("it went away")


class MeetingSource(PageSource):
    """A registry that is read no further before another one is read, too."""

    together: threading.Barrier

    def fingerprints(self, choice: Choice) -> dict[str, str]:
        self.together.wait()
        return super().fingerprints(choice)

    def models(self, wanted: Sequence[str] | None, choice: Choice) -> Iterator[Model]:
        self.together.wait()
        return super().models(wanted, choice)


class TestWhatIsAsked:
    def test_some_are_chosen(self, make_repository: Maker, tmp_path: Path) -> None:
        repo = make_repository([Tag(f"{it}@v1.0.0") for it in ("a/x", "a/y", "b")])
        assert built(tmp_path / "1", repo, only=("a/*",)).models == 2
        assert built(tmp_path / "2", repo, exclude=("a/*",)).models == 1
        assert built(tmp_path / "3", repo, only=("repository/b",)).models == 1

    def test_as_it_stood_then(self, repo: Repository, tmp_path: Path) -> None:
        registry = mreg.Registry.open(repo.path)
        at = registry.resolve("churn@v1.0.0").created_at
        report = registry.site(tmp_path / "site", at=at)
        page = (tmp_path / "site" / MODEL / "index.html").read_text()
        assert report.models == 2
        assert "v1.0.0" in page
        assert "v1.1.0" not in page

    def test_one_that_cannot_be_read_keeps_its_pages(
        self, repo: Repository, make_repository: Maker, tmp_path: Path
    ) -> None:
        other = make_repository([Tag("spam@v1.0.0")], name="other")
        built(tmp_path / "site", repo, other)
        before = contents(tmp_path / "site")
        (other.path / ".git" / "HEAD").write_text("broken")
        report = built(tmp_path / "site", repo, other)
        assert [it.repository for it in report.unread] == ["other"]
        after = contents(tmp_path / "site")
        assert {it for it in before if it.startswith("m/other")} <= after.keys()
        assert b"1 repository not read" in after["index.html"]
        with pytest.raises(RepositoryError):
            built(tmp_path / "alone", other)

    def test_one_that_was_not_read_is_looked_at_again_for_what_it_shows_of_others(
        self, make_repository: Maker, tmp_path: Path
    ) -> None:
        made_from = (
            b"spam:\n  inputs: [{artifact: egg@v1.0.0, repo: https://example.com/repository}]\n"
        )
        repo = make_repository([Tag("ham@v1.0.0")])
        other = make_repository(
            [Tag("spam@v1.0.0")], commits=[{"artifacts.yaml": made_from}], name="other"
        )
        built(tmp_path / "site", repo, other)
        head = other.path / ".git" / "HEAD"
        before = head.read_text()
        head.write_text("broken")
        add_tag(repo.path, "egg@v1.0.0")
        assert built(tmp_path / "site", repo, other).unread
        head.write_text(before)
        built(tmp_path / "site", repo, other)
        assert 'egg/index.html#v1.0.0"' in (tmp_path / "site/m/other/spam/index.html").read_text()

    def test_one_that_fails_midway_keeps_its_pages_and_stops_no_other(
        self, repo: Repository, make_repository: Maker, tmp_path: Path
    ) -> None:
        other = make_repository([Tag("egg@v1.0.0"), Tag("spam@v1.0.0")], name="other")
        whole, broken = (mreg.Registry.open(it.path) for it in (repo, other))
        sources = [FailingSource(broken, "other"), PageSource(whole, "whole")]
        report = site.build(tmp_path / "new", sources)
        assert [it.repository for it in report.unread] == ["other"]
        assert report.models == 3
        assert not (tmp_path / "new/m/other/spam").exists()
        site.build(tmp_path / "site", [PageSource(broken, "other"), PageSource(whole, "whole")])
        add_tag(other.path, "spam@v2.0.0")
        before = contents(tmp_path / "site")
        assert [it.repository for it in site.build(tmp_path / "site", sources).unread] == ["other"]
        after = contents(tmp_path / "site")
        assert {it for it in before if it.startswith("m/other/spam")} <= after.keys()
        assert b"v2.0.0" not in after["m/other/spam/index.html"]
        report = site.build(tmp_path / "site", [PageSource(broken, "other"), sources[1]])
        assert report.unread == ()
        assert "v2.0.0" in (tmp_path / "site/m/other/spam/index.html").read_text()

    def test_those_by_url_are_read_side_by_side(
        self, repo: Repository, make_repository: Maker, tmp_path: Path
    ) -> None:
        other = make_repository([Tag("spam@v1.0.0")], name="other")
        together = threading.Barrier(2, timeout=60)
        sources = [
            MeetingSource(mreg.Registry.open((it.path / ".git").as_uri()), name)
            for name, it in (("one", repo), ("two", other))
        ]
        for it in sources:
            it.together = together
        assert site.build(tmp_path / "site", sources).models == 3

    def test_what_makes_no_sense_is_refused(self, repo: Repository, tmp_path: Path) -> None:
        (tmp_path / "taken").mkdir()
        (tmp_path / "taken" / "x").touch()
        with pytest.raises(Refused):
            built(tmp_path / "taken", repo)
        with pytest.raises(UsageError):
            site.build(tmp_path / "none", [])
        with pytest.raises(UsageError):
            built(tmp_path / "none", repo, base_url="javascript:x")
        with pytest.raises(UsageError, match="has no name"):
            site.build("", [mreg.Registry.open(repo.path)])
        with pytest.raises(NotFound):
            mreg.Registry.open(repo.path).resolve("nothing")

    def test_feeds_have_whole_addresses_where_the_place_is_known(
        self, repo: Repository, tmp_path: Path
    ) -> None:
        built(tmp_path / "site", repo, base_url="https://example.com/models")
        feed = (tmp_path / "site" / "feed.xml").read_text()
        assert "https://example.com/models/m/repository/churn/index.html#v1.1.0" in feed
        described = ElementTree.parse(tmp_path / "site" / "opensearch.xml").getroot()
        (url,) = described.findall("{http://a9.com/-/spec/opensearch/1.1/}Url")
        assert url.get("template") == "https://example.com/models/index.html#q={searchTerms}"
        assert 'rel="search"' in (tmp_path / "site" / "index.html").read_text()
        built(tmp_path / "site", repo)
        assert not (tmp_path / "site" / "opensearch.xml").exists()


class TestCommand:
    def test_it_says_what_it_did(self, repo: Repository, mreg: CommandLine, tmp_path: Path) -> None:
        folder = str(tmp_path / "site")
        done = mreg.ok("site", folder, repo=repo)
        assert (
            done.out == f"2 models: {len(contents(tmp_path / 'site'))} files written, 0 removed\n"
        )
        again = mreg.ok("site", folder, "--json", repo=repo).json
        assert again == {
            "folder": folder,
            "models": 2,
            "written": [],
            "removed": [],
            "unread": [],
            "problems": [],
        }

    def test_an_empty_registry_has_a_page_too(
        self, make_repository: Maker, mreg: CommandLine, tmp_path: Path
    ) -> None:
        mreg.ok("site", str(tmp_path / "site"), repo=make_repository())
        assert "No models yet" in (tmp_path / "site" / "index.html").read_text()

    def test_what_is_only_annotated_is_there(
        self, make_repository: Maker, mreg: CommandLine, tmp_path: Path
    ) -> None:
        repo = make_repository(commits=[files("churn:\n" + entry(0.7))])
        mreg.ok("site", str(tmp_path / "site"), repo=repo)
        assert "No versions yet" in (tmp_path / "site" / MODEL / "index.html").read_text()

    def test_bad_tags_are_told_and_harm_nobody(
        self, make_repository: Maker, mreg: CommandLine, tmp_path: Path
    ) -> None:
        repo = make_repository([*TAGS, Lightweight("churn@v9.0.0")], commits=COMMITS)
        done = mreg.ok("site", str(tmp_path / "site"), repo=repo)
        assert "churn@v9.0.0" in done.err
        assert "with problems" in (tmp_path / "site" / "index.html").read_text()


def test_what_is_not_there_is_not_shown_as_if_it_were(
    make_repository: Maker, tmp_path: Path
) -> None:
    """Of versions that ended, of no stage and no event: each page says so, and nothing else."""
    tags = [Tag("churn@v1.0.0"), Tag("churn@v1.1.0", 0, 10), Tag("churn@v1.1.0!", 0, 20)]
    tags += [Tag("over@v1.0.0", 0, 0), Tag("over@v1.0.0!", 0, 10)]
    repo = make_repository(tags, commits=[{"artifacts.yaml": b"early: {type: model}\n"}])
    built(tmp_path / "now", repo)
    churn = (tmp_path / "now" / MODEL / "index.html").read_text()
    assert "2 versions (1 deregistered) since 14 Nov 2023" in churn
    assert "2 (1 deregistered), newest first" in churn
    assert "Stages over time" not in churn
    assert "Show as a table" not in churn
    over = (tmp_path / "now" / "m/repository/over/index.html").read_text()
    assert "1 version (deregistered) since 14 Nov 2023" in over
    index = (tmp_path / "now" / "index.html").read_text()
    assert "none yet" not in index
    waiting = (tmp_path / "now" / "waiting.html").read_text()
    assert waiting.count("Nothing is waiting.") == 1
    assert "0 " not in waiting[waiting.index("<main") : waiting.index("</main>")]

    built(tmp_path / "before", repo, at="2000-01-01")
    assert "newest event" not in (tmp_path / "before" / "index.html").read_text()
    activity = (tmp_path / "before" / "activity" / "index.html").read_text()
    assert "No events yet." in activity
    assert "0 events" not in activity


def test_metrics_without_a_column_have_a_table(make_repository: Maker, tmp_path: Path) -> None:
    said = b"churn: {type: model, metrics: {auc: 0.9, f1: 0.8, loss: 0.1, rows: 45, odd: %d}}\n"
    commits = [{"artifacts.yaml": said % it} for it in range(2)]
    tags = [Tag("churn@v1.0.0"), Tag("churn@v2.0.0", 1, 1)]
    repo = make_repository(tags, commits=commits)
    site.build(tmp_path / "site", [mreg.Registry.open(repo.path)])
    page = (tmp_path / "site/m/repository/churn/index.html").read_text()
    table = page.partition("<summary>2 other metrics</summary>")[2].partition("</details>")[0]
    assert re.findall("<th [^>]*>([^<]*)", table) == ["version", "odd", "rows", "v2.0.0", "v1.0.0"]
    assert re.findall("<td[^>]*>([^<]*)", table) == ["1", "45", "0", "45"]


def test_a_model_that_is_only_in_another_stage_is_not_shown_in_the_main_one(
    make_repository: Maker, tmp_path: Path
) -> None:
    in_prod = make_repository([Tag("churn@v1.0.0"), Tag("churn#prod#1", 0, 1)], name="one")
    staged = make_repository([Tag("scorer@v1.0.0"), Tag("scorer#staging#1", 0, 1)], name="two")
    built(tmp_path / "site", in_prod, staged)
    page = (tmp_path / "site" / "index.html").read_text()
    assert "1 in prod; 2 repositories" in page
    assert "v1.0.0 <small>staging</small>" in page
    assert "<small>prod</small>" not in page
