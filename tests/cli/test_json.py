"""The JSON of every command: the keys that are promised, and what stands under them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from commandline import CommandLine
from repositories import ANN, BOB, START, Maker, Repository, Tag, tag_bytes

ARTIFACT = {"name", "type", "path", "annotated", "registered", "deprecated", "latest", "stages"}
PERSON = {"created_at", "author", "author_email", "message"}
VERSION = PERSON | {"version", "tag", "commit", "active", "stages"}
HOLDER = PERSON | {"version", "tag", "commit"}
EVENT = PERSON | {"action", "artifact", "version", "stage", "tag", "commit"}
PROBLEM = {"code", "severity", "subject", "message"}

TAGS = [
    Tag("churn@v1.0.0", 0, 0, "First", BOB, "-0730"),
    Tag("churn@v2.0.0", 1, 10),
    Tag("churn@v1.5.0", 2, 20),
    Tag("churn#prod#1", 0, 30, "Go", BOB, "+0530"),
    Tag("churn#prod#2", 1, 40),
    Tag("churn#dev#3", 2, 45),
    Tag("churn@v1.5.0!", 2, 50),
    Tag("bare#prod#1", 2, 60),
    Tag("old@deprecated", 0, 70),
    Tag("broken@v1", 0, 80),
]


@pytest.fixture
def repo(make_repository: Maker) -> Repository:
    return make_repository(TAGS)


def shown(repo: Repository, mreg: CommandLine, *arguments: str) -> Any:
    return mreg.ok(*arguments, "--json", repo=repo).json


def artifact(name: str, found: Any) -> Any:
    return next(it for it in found["artifacts"] if it["name"] == name)


class TestShow:
    def test_the_registry(self, repo: Repository, mreg: CommandLine) -> None:
        found = shown(repo, mreg, "show")
        assert {"artifacts", "problems"} <= found.keys()
        assert [it["name"] for it in found["artifacts"]] == ["bare", "churn"]
        assert all(it.keys() >= ARTIFACT for it in found["artifacts"])
        [problem] = found["problems"]
        assert problem.keys() >= PROBLEM
        assert (problem["code"], problem["subject"]) == ("MR001", "broken@v1")

    def test_an_artifact_in_the_registry(self, repo: Repository, mreg: CommandLine) -> None:
        churn = artifact("churn", shown(repo, mreg, "show"))
        assert (churn["annotated"], churn["registered"], churn["deprecated"]) == (
            False,
            True,
            False,
        )
        assert (churn["type"], churn["path"]) == (None, None)
        assert churn["latest"].keys() >= VERSION
        assert churn["latest"]["version"] == "v2.0.0"
        assert list(churn["stages"]) == ["prod"]
        assert all(it.keys() >= HOLDER for it in churn["stages"]["prod"])
        assert [it["version"] for it in churn["stages"]["prod"]] == ["v2.0.0", "v1.0.0"]

    def test_a_bare_commit_has_no_version(self, repo: Repository, mreg: CommandLine) -> None:
        bare = artifact("bare", shown(repo, mreg, "show"))
        assert bare["latest"] is None
        [holder] = bare["stages"]["prod"]
        assert (holder["version"], holder["commit"]) == (None, repo.commits[2])

    def test_a_deprecated_artifact(self, repo: Repository, mreg: CommandLine) -> None:
        assert artifact("old", shown(repo, mreg, "show", "--all"))["deprecated"] is True

    def test_one_artifact(self, repo: Repository, mreg: CommandLine) -> None:
        found = shown(repo, mreg, "show", "churn")
        assert ARTIFACT | {"versions"} <= found.keys()
        assert all(it.keys() >= VERSION for it in found["versions"])
        assert [it["version"] for it in found["versions"]] == ["v2.0.0", "v1.0.0"]
        in_registry = artifact("churn", shown(repo, mreg, "show"))
        assert {key: found[key] for key in ARTIFACT} == {key: in_registry[key] for key in ARTIFACT}

    def test_deregistered_versions_are_not_active(
        self, repo: Repository, mreg: CommandLine
    ) -> None:
        found = shown(repo, mreg, "show", "churn", "--all")["versions"]
        assert [(it["version"], it["active"], it["stages"]) for it in found] == [
            ("v2.0.0", True, ["prod"]),
            ("v1.5.0", False, []),
            ("v1.0.0", True, ["prod"]),
        ]

    @pytest.mark.parametrize("selector", ["churn@v1.0.0", "churn@latest", "churn#prod"])
    def test_one_version(self, selector: str, repo: Repository, mreg: CommandLine) -> None:
        found = shown(repo, mreg, "show", selector)
        assert found.keys() >= VERSION
        [listed] = [
            it
            for it in shown(repo, mreg, "show", "churn")["versions"]
            if it["version"] == found["version"]
        ]
        assert {key: found[key] for key in VERSION} == {key: listed[key] for key in VERSION}

    def test_the_values_of_a_version(self, repo: Repository, mreg: CommandLine) -> None:
        found = shown(repo, mreg, "show", "churn@v1.0.0")
        assert {key: found[key] for key in VERSION} == {
            "version": "v1.0.0",
            "tag": "churn@v1.0.0",
            "commit": repo.commits[0],
            "created_at": "2023-11-14T14:43:20-07:30",
            "author": "Bob Sample",
            "author_email": "bob@sample.org",
            "message": "First",
            "active": True,
            "stages": ["prod"],
        }

    def test_a_holder_tells_of_the_promotion(self, repo: Repository, mreg: CommandLine) -> None:
        holder = shown(repo, mreg, "show", "churn")["stages"]["prod"][1]
        assert {key: holder[key] for key in HOLDER} == {
            "version": "v1.0.0",
            "tag": "churn#prod#1",
            "commit": repo.commits[0],
            "created_at": "2023-11-15T03:43:50+05:30",
            "author": "Bob Sample",
            "author_email": "bob@sample.org",
            "message": "Go",
        }


class TestEvents:
    def test_the_history(self, repo: Repository, mreg: CommandLine) -> None:
        answer = shown(repo, mreg, "history")
        assert [it["subject"] for it in answer["problems"]] == ["broken@v1"]
        found = answer["events"]
        assert all(it.keys() >= EVENT for it in found)
        assert [it["action"] for it in found] == [
            "deprecate",
            "promote",
            "deregister",
            "promote",
            "promote",
            "promote",
            "register",
            "register",
            "register",
        ]

    def test_the_history_of_one_has_its_own_problems(
        self, repo: Repository, mreg: CommandLine
    ) -> None:
        found = shown(repo, mreg, "history", "churn")
        assert {it["artifact"] for it in found["events"]} == {"churn"}
        assert found["problems"] == []

    def test_one_event(self, repo: Repository, mreg: CommandLine) -> None:
        found = shown(repo, mreg, "check-tag", "churn#prod#1")
        assert {key: found[key] for key in EVENT} == {
            "action": "promote",
            "artifact": "churn",
            "version": "v1.0.0",
            "stage": "prod",
            "tag": "churn#prod#1",
            "commit": repo.commits[0],
            "created_at": "2023-11-15T03:43:50+05:30",
            "author": "Bob Sample",
            "author_email": "bob@sample.org",
            "message": "Go",
        }

    @pytest.mark.parametrize(
        ("arguments", "action"),
        [
            (["register", "churn"], "register"),
            (["promote", "churn@v1.0.0", "prod"], "promote"),
            (["demote", "churn#prod", "prod"], "demote"),
            (["rollback", "churn", "prod"], "promote"),
            (["deregister", "churn@v1.0.0", "--force"], "deregister"),
            (["deprecate", "churn"], "deprecate"),
        ],
    )
    @pytest.mark.parametrize("dry_run", [[], ["--dry-run"]])
    def test_a_writing_command_prints_the_event_it_made(
        self,
        arguments: list[str],
        action: str,
        dry_run: list[str],
        make_repository: Maker,
        mreg: CommandLine,
    ) -> None:
        annotated = {"artifacts.yaml": b"churn: {type: model}\n"}
        repo = make_repository(TAGS, commits=[annotated] * 4)
        found = shown(repo, mreg, *arguments, *dry_run, "-m", "Because")
        assert found.keys() >= EVENT
        assert (found["action"], found["message"]) == (action, "Because")
        if not dry_run:
            # What is registered may lack something, which the event itself does not say.
            assert (found.pop("problems", None) == []) == (arguments[0] in ("register", "promote"))
            told = shown(repo, mreg, "check-ref", found["tag"])
            assert found.items() >= told.items()

    def test_one_that_makes_several_lists_them(
        self, make_repository: Maker, mreg: CommandLine
    ) -> None:
        repo = make_repository(TAGS, commits=4)
        both = ("promote", "churn", "prod", "--rev", "HEAD", "--register")
        found = shown(repo, mreg, *both)["events"]
        assert [it["action"] for it in found] == ["register", "promote"]
        assert all(it.keys() >= EVENT for it in found)

    def test_stages(self, repo: Repository, mreg: CommandLine) -> None:
        found = shown(repo, mreg, "stages")
        assert [it["subject"] for it in found["problems"]] == ["broken@v1"]
        dev, prod = found["stages"]
        assert dev == {"stage": "dev", "holders": {}, "last_promoted_at": None}
        assert prod["last_promoted_at"] == "2023-11-14T22:14:20+00:00"
        assert all(holder.keys() >= HOLDER for holder in prod["holders"].values())
        assert {
            name: (holder["version"], holder["commit"]) for name, holder in prod["holders"].items()
        } == {"bare": (None, repo.commits[2]), "churn": ("v2.0.0", repo.commits[1])}

    def test_problems(self, repo: Repository, mreg: CommandLine) -> None:
        [problem] = shown(repo, mreg, "doctor")["problems"]
        assert problem.keys() >= PROBLEM | {"remedy"}
        assert problem["severity"] == "warning"


@pytest.mark.parametrize(
    ("zone", "offset"),
    [("+0000", 0), ("+0530", 330), ("-0730", -450), ("+1400", 840), ("-0000", 0)],
)
def test_times_are_iso_8601_with_the_taggers_offset(
    zone: str, offset: int, make_repository: Maker, mreg: CommandLine
) -> None:
    repo = make_repository([Tag("churn@v1.0.0", zone=zone)])
    found = datetime.fromisoformat(shown(repo, mreg, "show", "churn@latest")["created_at"])
    assert found.timestamp() == START
    assert found.utcoffset() == timedelta(minutes=offset)


def test_hostile_text_is_escaped(make_repository: Maker, mreg: CommandLine) -> None:
    repo = make_repository(commits=1)
    message = 'a\x1b[31m\x7f\u202e"</script>\u2028'
    raw = tag_bytes(
        "churn@v1.0.0", repo.commits[0], tagger=f"{ANN} 0 +0000", message=message.encode()
    )
    repo.put_tag("churn@v1.0.0", raw)
    done = mreg.ok("show", "churn@latest", "--json", repo=repo)
    assert done.out.isascii()
    assert done.out.removesuffix("\n").isprintable()
    assert done.json["message"] == message


def test_into_a_pipe_it_is_one_line(repo: Repository, mreg: CommandLine) -> None:
    assert mreg.ok("show", "--json", repo=repo).out.count("\n") == 1
