"""`mreg ci` in the checkouts and with the variables of each CI system."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import readers
from checkouts import ANNOTATIONS, KINDS, PROMOTION, TAGS, remote, stand_in
from commandline import CommandLine, Result
from committing import commit
from environments import SYSTEMS, URL
from mreg import Registry
from repositories import Lightweight, Maker, Repository, SetClock, Tag, tag_bytes
from team import Team, make_keys


@pytest.fixture
def origin(make_repository: Maker) -> Repository:
    return remote(make_repository)


@pytest.fixture
def checkout(origin: Repository, tmp_path: Path) -> Repository:
    """Return what actions/checkout makes."""
    return stand_in(origin, tmp_path / "checkout", PROMOTION)


def oid(repo: Repository, tag: str) -> str:
    return repo.git("rev-parse", f"refs/tags/{tag}").strip()


def move(repo: Repository, tag: str, message: bytes = b"Another.\n\nVersion: v1.0.0\n") -> str:
    """Let a tag hold another object."""
    made = repo.put_object(tag_bytes(tag, repo.commits[0], message=message))
    repo.git("update-ref", f"refs/tags/{tag}", made)
    return made


# Every system, every checkout


@pytest.mark.parametrize("kind", KINDS)
def test_the_answer_is_the_same_in_every_checkout_of_every_system(
    kind: str,
    origin: Repository,
    tmp_path: Path,
    mreg: CommandLine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    repo = KINDS[kind](origin, tmp_path / "checkout", PROMOTION)
    before = repo.contents()
    for system, variables in SYSTEMS.items():
        with monkeypatch.context() as patch:
            patch.setenv("MREG_CACHE_DIR", str(tmp_path / f"cache-of-{system}"))
            for name, value in variables(PROMOTION).items():
                patch.setenv(name, value)
            done = mreg.ok("ci", repo=repo)
        assert done.err == "", system
        assert done.json == _answer(origin), system
        assert repo.contents() == before, system


def _answer(origin: Repository) -> dict[str, Any]:
    """Return what has to be said of the promotion."""
    return {
        "event": "promote",
        "artifact": "churn",
        "version": "v1.1.0",
        "image_tag": "v1.1.0",
        "stage": "eu/prod",
        "tag": PROMOTION,
        "oid": oid(origin, PROMOTION),
        "commit": origin.commits[1],
        "previous_version": "v1.0.0",
        "current_version": "v1.1.0",
        "is_rollback": False,
        "is_current": True,
        "type": "model",
        "path": "models/churn.pkl",
        "description": "Predicts churn",
        "author": "Ann Example",
        "author_email": "ann@example.com",
        "created_at": "2023-11-14T22:13:24+00:00",
        "message": "Better.",
        "approved_by": [],
        "signed_by": None,
        "repository": URL,
        "metrics": {"auc": 0.93},
    }


@pytest.mark.parametrize("tag", [it.name for it in TAGS if it.name != "v1.0"])
def test_every_event_is_told_by_an_argument_too(
    tag: str, checkout: Repository, mreg: CommandLine
) -> None:
    found = mreg.ok("ci", f"refs/tags/{tag}", repo=checkout).json
    url = checkout.git("config", "remote.origin.url").strip()
    assert (found["tag"], found["repository"]) == (tag, url)  # as webhooks are told
    assert found == mreg.ok("ci", tag, repo=checkout).json


def test_a_server_answers_by_itself(origin: Repository, mreg: CommandLine) -> None:
    """A post-receive hook runs in the bare repository, which may have a remote of its own."""
    origin.git("remote", "add", "origin", "file:///nowhere/at/all")
    assert mreg.ok("ci", PROMOTION, repo=origin).json["version"] == "v1.1.0"


def test_by_url(origin: Repository, tmp_path: Path, mreg: CommandLine) -> None:
    arguments = ("ci", PROMOTION, "--repo", origin.path.as_uri())
    assert mreg.ok(*arguments, repo=tmp_path).json["version"] == "v1.1.0"


def test_without_a_remote_what_is_here_counts(make_repository: Maker, mreg: CommandLine) -> None:
    assert mreg.ok("ci", PROMOTION, repo=make_repository(TAGS)).json["version"] == "v1.1.0"


# What is not about the registry


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_foreign_tag_is_no_event_and_no_failure(
    system: str, tmp_path: Path, mreg: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even a repository is needed to say so."""
    for name, value in SYSTEMS[system]("v1.0").items():
        monkeypatch.setenv(name, value)
    found = mreg.ok("ci", "--require-current", repo=tmp_path).json
    assert (found["event"], found["tag"], found["version"]) == ("none", "v1.0", None)


def test_a_tag_that_was_meant_for_the_registry_is_named(tmp_path: Path, mreg: CommandLine) -> None:
    summary = tmp_path / "summary.md"
    done = mreg.ok("ci", "churn@v1", "--summary", str(summary), repo=tmp_path)
    said = "churn@v1 looks like a registry tag but is not one; it is ignored"
    assert (done.json["event"], done.err) == ("none", f"warning: {said}\n")
    assert "looks like a registry tag" in summary.read_text()
    assert mreg.ok("ci", "v1.0", repo=tmp_path).err == ""


def test_a_file_that_cannot_be_written(
    checkout: Repository, tmp_path: Path, mreg: CommandLine
) -> None:
    for option in ("--dotenv", "--github-output", "--summary"):
        file = tmp_path / "nowhere" / "file"
        done = mreg("ci", PROMOTION, option, str(file), repo=checkout)
        assert (done.code, done.out) == (1, "")
        assert done.err == f"error: {file}: No such file or directory\n"


def test_neither_is_a_branch(
    tmp_path: Path, mreg: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_REF", "refs/heads/churn@v1.0.0")
    found = mreg.ok("ci", repo=tmp_path).json
    assert (found["event"], found["tag"]) == ("none", None)


def test_outside_of_any_ci_the_tag_has_to_be_named(tmp_path: Path, mreg: CommandLine) -> None:
    done = mreg("ci", repo=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert "hint: run `mreg ci TAG`" in done.err
    assert mreg("ci", "", repo=tmp_path).code == 2


def test_where_systems_are_nested_it_is_said_which_counts(
    tmp_path: Path, mreg: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {**SYSTEMS["jenkins"]("v2.0"), **SYSTEMS["gitlab"]("v1.0")}.items():
        monkeypatch.setenv(name, value)
    done = mreg.ok("ci", repo=tmp_path)
    assert done.json["tag"] == "v1.0"
    assert "gitlab and jenkins are set; using gitlab\n" in done.err
    chosen = mreg.ok("ci", "--system", "jenkins", repo=tmp_path)
    assert (chosen.json["tag"], chosen.err) == ("v2.0", "")


# What happened meanwhile


def refused(done: Result, *words: str) -> None:
    """Hold a command against having emitted nothing and said why."""
    assert (done.code, done.out) == (1, "")
    for it in words:
        assert it in done.err


def test_the_object_that_is_expected(
    origin: Repository, checkout: Repository, mreg: CommandLine
) -> None:
    real = oid(origin, PROMOTION)
    assert mreg.ok("ci", PROMOTION, "--expect-oid", real, repo=checkout).json["oid"] == real
    refused(
        mreg("ci", PROMOTION, "--expect-oid", "f" * 40, repo=checkout),
        f"{PROMOTION} is {real}, but {'f' * 40} was expected",
    )
    refused(
        mreg("ci", PROMOTION, "--expect-oid", origin.commits[1], repo=checkout),
        f"is the commit: --expect-oid takes the id of the tag object, {real}",
    )
    assert mreg("ci", PROMOTION, "--expect-oid", "HEAD", repo=checkout).code == 2
    assert mreg.ok("ci", PROMOTION, "--expect-oid", "", repo=checkout).json["oid"] == real


def test_githubs_event_closes_the_race_by_itself(
    origin: Repository,
    checkout: Repository,
    tmp_path: Path,
    mreg: CommandLine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = oid(origin, PROMOTION)
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"ref": f"refs/tags/{PROMOTION}", "after": real}))
    for name, value in SYSTEMS["github"](PROMOTION).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("GITHUB_EVENT_PATH", str(event))
    assert mreg.ok("ci", repo=checkout).json["oid"] == real
    # The commit is the same one: only the event tells.
    made = origin.put_object(tag_bytes(PROMOTION, origin.commits[1], message=b"Other.\n"))
    origin.git("update-ref", f"refs/tags/{PROMOTION}", made)
    for nothing in ((), ("--expect-oid", "")):  # what an action's empty input becomes
        found = mreg("ci", *nothing, repo=checkout)
        refused(found, f"{PROMOTION} is {made}, but {real} was expected")
    event.write_text("{")
    assert "the tag is not checked against it" in mreg.ok("ci", repo=checkout).err


@pytest.mark.parametrize("kind", [it for it in KINDS if it != "tagless"])
def test_a_tag_that_was_moved_since_it_was_checked_out(
    kind: str, origin: Repository, tmp_path: Path, mreg: CommandLine
) -> None:
    repo = KINDS[kind](origin, tmp_path / "checkout", PROMOTION)
    made = move(origin, PROMOTION)
    refused(
        mreg("ci", PROMOTION, repo=repo),
        f"{PROMOTION} was moved after the checkout",
        f"{made} at the remote",
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_tag_that_was_deleted_since(
    kind: str, origin: Repository, tmp_path: Path, mreg: CommandLine
) -> None:
    repo = KINDS[kind](origin, tmp_path / "checkout", PROMOTION)
    mreg.ok("ci", PROMOTION, repo=repo)  # the mirror knows it
    origin.git("update-ref", "-d", f"refs/tags/{PROMOTION}")
    refused(mreg("ci", PROMOTION, repo=repo), f"there is no tag {PROMOTION} at the remote")


def test_a_promotion_without_its_number_is_answered_with_the_newest(
    origin: Repository, mreg: CommandLine
) -> None:
    done = mreg("ci", PROMOTION.rpartition("#")[0], repo=origin)
    refused(done, f"the number is part of the tag; the newest is {PROMOTION}")


def test_a_promotion_that_was_superseded_since(
    origin: Repository, checkout: Repository, mreg: CommandLine
) -> None:
    tag = "churn#eu/prod#3"
    raw = tag_bytes(tag, origin.commits[0], message=b"Back.\n\nVersion: v1.0.0\n")
    raw = raw.replace(b"1700000000", b"1700000009")
    origin.git("update-ref", f"refs/tags/{tag}", origin.put_object(raw))
    found = mreg.ok("ci", PROMOTION, repo=checkout).json
    assert (found["version"], found["current_version"], found["is_current"]) == (
        *("v1.1.0", "v1.0.0"),
        False,
    )
    refused(
        mreg("ci", PROMOTION, "--require-current", repo=checkout),
        "superseded by a later event; eu/prod holds v1.0.0",
    )
    assert mreg.ok("ci", tag, "--require-current", repo=checkout).json["is_current"]


@pytest.mark.parametrize("repo", ["checkout", "origin"])
def test_a_lightweight_tag_of_the_remote_itself_is_no_event(
    repo: str, make_repository: Maker, tmp_path: Path, mreg: CommandLine
) -> None:
    origin = remote(make_repository, (*TAGS[:4], Lightweight(PROMOTION, 1)))
    where = origin if repo == "origin" else stand_in(origin, tmp_path / "checkout", PROMOTION)
    refused(
        mreg("ci", PROMOTION, repo=where), f"{PROMOTION} is not an event: it is a lightweight tag"
    )


def test_a_remote_that_cannot_be_asked(
    origin: Repository, checkout: Repository, mreg: CommandLine
) -> None:
    origin.path.rename(origin.path.with_name("elsewhere"))
    refused(mreg("ci", PROMOTION, repo=checkout), "error: ")


def test_offline_a_whole_clone_answers_and_any_other_does_not(
    origin: Repository, tmp_path: Path, mreg: CommandLine
) -> None:
    whole = KINDS["full"](origin, tmp_path / "full", PROMOTION)
    part = KINDS["shallow"](origin, tmp_path / "shallow", PROMOTION)
    origin.path.rename(origin.path.with_name("elsewhere"))
    assert mreg.ok("ci", PROMOTION, "--offline", repo=whole).json["version"] == "v1.1.0"
    refused(mreg("ci", PROMOTION, "--offline", repo=part), "this is a shallow clone")


# Policy

POLICY = b"stages: {eu/prod: {requires: {metrics: {auc: '>= 0.92'}}, from: dev}, dev: {}}\n"


def govern(origin: Repository, text: bytes = POLICY) -> None:
    """Commit a policy on the remote's default branch."""
    commit(origin, text, at=-100)


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_policy_does_not_allow_emits_nothing_but_the_reasons(
    kind: str, origin: Repository, tmp_path: Path, mreg: CommandLine
) -> None:
    govern(origin)
    repo = KINDS[kind](origin, tmp_path / "checkout", PROMOTION)
    files = {it: tmp_path / it for it in ("summary", "output", "dotenv")}
    options = (
        *("--summary", str(files["summary"]), "--github-output", str(files["output"])),
        *("--dotenv", str(files["dotenv"])),
    )
    done = mreg("ci", PROMOTION, *options, repo=repo)
    refused(done, f"the policy does not allow {PROMOTION}; do not deploy it", "from: ")
    assert not files["output"].exists()
    assert not files["dotenv"].exists()
    report = files["summary"].read_text()
    assert report.startswith("## Refused: Promote churn v1.1.0 to eu/prod\n")
    assert "**The policy does not allow it.**" in report
    assert "| not met | from |" in report
    assert "| kept | metrics |" in report


def test_what_the_policy_allows_passes(
    origin: Repository, checkout: Repository, mreg: CommandLine
) -> None:
    govern(origin, POLICY.replace(b", from: dev", b""))
    assert mreg.ok("ci", PROMOTION, repo=checkout).json["version"] == "v1.1.0"
    refused(mreg("ci", "churn#eu/prod#1", repo=checkout), "metrics: ")


def test_a_policy_that_cannot_be_read_lets_nothing_pass(
    origin: Repository, checkout: Repository, mreg: CommandLine
) -> None:
    govern(origin, b"stages: [what\n")
    refused(mreg("ci", PROMOTION, repo=checkout), "cannot be used")


def test_what_a_branch_says_that_is_not_protected_counts_for_nothing(
    origin: Repository, checkout: Repository, mreg: CommandLine
) -> None:
    """Nor does what stands in the checkout."""
    commit(origin, POLICY, branch="attack", start=origin.commits[2])
    (checkout.path / ".mreg.yaml").write_bytes(POLICY)
    assert mreg.ok("ci", PROMOTION, repo=checkout).json["event"] == "promote"


# Files


def test_githubs_files_are_appended_to(
    checkout: Repository, tmp_path: Path, mreg: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    output, summary = tmp_path / "output", tmp_path / "summary.md"
    output.write_text("before=1\n")
    summary.write_text("# Before\n")
    for name, value in SYSTEMS["github"](PROMOTION).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("GITHUB_OUTPUT", str(output))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    done = mreg.ok("ci", repo=checkout)
    read = readers.github(output.read_text())
    assert read.pop("before") == "1"
    assert list(read) == [*done.json, "metrics_auc"]
    assert (read["version"], read["message"], read["metrics_auc"]) == ("v1.1.0", "Better.", "0.93")
    text = summary.read_text()
    assert text.startswith("# Before\n## Promote churn v1.1.0 to eu/prod\n")
    assert "| moves | eu/prod: v1.0.0 to v1.1.0 |" in text
    assert "| auc | 0.91 | 0.93 | +0.02 (+2.2 %) | better |" in text
    assert '(["data@v1.0.0"])' in text  # the lineage


def test_delimiters_are_not_the_same_twice(
    checkout: Repository, tmp_path: Path, mreg: CommandLine
) -> None:
    for _ in range(2):
        mreg.ok("ci", PROMOTION, "--github-output", str(tmp_path / "output"), repo=checkout)
    lines = (tmp_path / "output").read_text().splitlines()
    marks = [it.partition("<<")[2] for it in lines if "<<" in it]
    assert len(set(marks)) == len(marks) > 40
    assert all(len(it) > 32 for it in marks)


def test_other_forms_on_standard_output(
    checkout: Repository, tmp_path: Path, mreg: CommandLine
) -> None:
    env = mreg.ok("ci", PROMOTION, "--format", "dotenv", repo=checkout).out
    assert readers.dotenv(env.encode())["MREG_VERSION"] == "v1.1.0"
    mreg.ok("ci", PROMOTION, "--dotenv", str(tmp_path / "x.env"), repo=checkout)
    assert (tmp_path / "x.env").read_text() == env
    lines = mreg.ok("ci", PROMOTION, "--format", "shell", repo=checkout).out
    assert "export MREG_VERSION=v1.1.0\n" in lines


def test_github_outputs_go_into_a_file_alone(checkout: Repository, tmp_path: Path) -> None:
    """In a log, a line of a message could be a command."""
    command = [sys.executable, "-m", "mreg", "ci", PROMOTION, "--format", "github"]
    piped = subprocess.run(command, cwd=checkout.path, capture_output=True, check=False)
    assert (piped.returncode, piped.stdout) == (2, b"")
    with (tmp_path / "output").open("wb") as file:
        subprocess.run(command, cwd=checkout.path, stdout=file, check=True)
    assert readers.github((tmp_path / "output").read_text())["version"] == "v1.1.0"


# What is hostile

HOSTILE = "::set-output name=version::v9\n\n##[add-mask]v1\nEOF\n$(id) `id` '\" %0A \x1b[2J\u202e"


def test_hostile_texts_of_a_real_repository_stay_values(
    make_repository: Maker, tmp_path: Path, mreg: CommandLine
) -> None:
    said = json.dumps(HOSTILE)
    names = json.dumps({"a\n::b": 1, "$(c)": 2})
    annotation = f"churn: {{type: {said}, path: m, description: {said}, metrics: {names}}}\n"
    tag = Tag("churn@v2.0.0", 0, 9, f"Register.\n\n{HOSTILE}\n\nPrevious: none", "::x <`id`@x.org>")
    made = make_repository([tag], commits=[{"artifacts.yaml": annotation.encode()}])
    output, summary = tmp_path / "output", tmp_path / "summary"
    options = ("--github-output", str(output), "--summary", str(summary))
    done = mreg.ok("ci", "churn@v2.0.0", *options, repo=made)
    assert readers.commands(done.out + done.err) == []
    assert (done.json["message"], done.json["description"]) == (HOSTILE, HOSTILE)
    assert (done.json["author"], done.json["author_email"]) == ("::x", "`id`@x.org")
    assert done.json["metrics"] == {"a\n::b": 1, "$(c)": 2}
    read = readers.github(output.read_text())
    assert (read["message"], read["type"], read["author"]) == (HOSTILE, HOSTILE, "::x")
    text = summary.read_text()
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_an_error_is_no_command_to_who_runs_the_pipeline(
    tmp_path: Path, mreg: CommandLine, make_repository: Maker
) -> None:
    """A rule's reason may be broken before any word of what somebody wrote."""
    words = " ".join(["::add-mask::v1"] * 40)
    annotation = f"churn: {{type: model, path: m, owner: {json.dumps(words)}}}\n"
    made = make_repository(
        [Tag("churn@v1.0.0")],
        commits=[{"artifacts.yaml": annotation.encode(), ".mreg.yaml": b"types: [dataset]\n"}],
    )
    done = mreg("ci", "churn@v1.0.0", repo=made)
    assert done.code == 1
    assert readers.commands(done.err) == []


# What it costs


def registry(make_repository: Maker, name: str, artifacts: int) -> Repository:
    """Make a registry of so many artifacts, each with a hundred tags."""
    tags = [
        tag
        for artifact in ("churn", *(f"other{number}" for number in range(1, artifacts)))
        for number in range(1, 51)
        for tag in (
            Tag(f"{artifact}@v0.0.{number}", number % 3, 2 * number),
            Tag(
                f"{artifact}#prod#{number}",
                number % 3,
                2 * number + 1,
                f"Go.\n\nVersion: v0.0.{number}",
            ),
        )
    ]
    files = [{"artifacts.yaml": it, ".mreg.yaml": b"types: [model]\n"} for it in ANNOTATIONS]
    return make_repository(tags, name=name, commits=files)


def test_the_number_of_git_processes_does_not_grow(
    make_repository: Maker, tmp_path: Path, mreg: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace = tmp_path / "trace"
    trace.mkdir()
    counts: dict[str, list[int]] = {}
    for name, size in (("small", 2), ("large", 100)):
        origin = registry(make_repository, name, size)
        tag = "churn#prod#50"
        repo = stand_in(origin, tmp_path / f"{name}-checkout", tag)
        summary = ("--summary", str(tmp_path / "summary.md"))
        for arguments in ((), summary, (), summary):  # without a mirror first, then with one
            with monkeypatch.context() as patch:
                patch.setenv("GIT_TRACE2_EVENT", str(trace))
                found = mreg.ok("ci", tag, *arguments, repo=repo).json
            assert found["version"] == "v0.0.50"
            started = [it for file in trace.iterdir() for it in _starts(file)]
            counts.setdefault(name, []).append(len(started))
            for file in trace.iterdir():
                file.unlink()
    assert counts["large"] == counts["small"]
    assert max(counts["large"]) < 80, counts


def _starts(file: Path) -> list[str]:
    events = (json.loads(line) for line in file.read_text().splitlines())
    # What Git starts itself has the id of the process that started it in its own.
    return [it["sid"] for it in events if it["event"] == "start" and "/" not in it["sid"]]


# The library


def test_the_library_says_the_same(origin: Repository, checkout: Repository) -> None:
    registry = Registry.open(checkout.path)
    found = registry.deployment(PROMOTION, expect_oid=oid(origin, PROMOTION))
    assert (found.event, found.version, found.metrics) == ("promote", "v1.1.0", {"auc": 0.93})
    report = registry.deployment_report(f"refs/tags/{PROMOTION}")
    assert report.deployment == found
    assert report.diff is not None
    assert [it.name for it in report.diff.metrics] == ["auc"]
    assert report.lineage is not None
    labels = [it.label for it in report.lineage.nodes]
    assert {"churn@v1.1.0", "churn@v1.0.0", "data@v1.0.0"} <= set(labels)


# Approvals, which no checkout fetches

APPROVALS = b"""\
principals: {ann: {emails: [ann@example.com]}, bob: {emails: [bob@sample.org]}}
stages: {prod: {approvals: 1, approvers: [bob]}}
"""


@pytest.mark.parametrize("kind", ["full", "tagless", "stand-in"])
def test_who_approved_is_asked_of_the_remote(
    kind: str, origin: Repository, tmp_path: Path, mreg: CommandLine, set_clock: SetClock
) -> None:
    govern(origin, APPROVALS)
    work = KINDS["full"](origin, tmp_path / "work", "churn@v1.1.0")
    set_clock(100)
    work.git("config", "user.email", "bob@sample.org")
    mreg.ok("approve", "churn@v1.1.0", "prod", "--push", repo=work)
    work.git("config", "user.email", "ann@example.com")
    set_clock(200)
    mreg.ok("promote", "churn@v1.1.0", "prod", "--push", repo=work)
    set_clock(300)
    work.git("config", "user.email", "bob@sample.org")
    mreg.ok("reject", "churn@v1.1.0", "prod", "--push", repo=work)  # too late for this event
    repo = KINDS[kind](origin, tmp_path / "checkout", "churn#prod#3")
    summary = tmp_path / "summary.md"
    done = mreg.ok("ci", "churn#prod#3", "--summary", str(summary), repo=repo)
    assert done.json["approved_by"] == ["bob"]
    assert "| approved by | bob |" in summary.read_text()


def test_what_nobody_approved_is_not_deployed(
    origin: Repository, tmp_path: Path, mreg: CommandLine
) -> None:
    govern(origin, APPROVALS)
    tag = "churn#prod#3"
    raw = tag_bytes(tag, origin.commits[1], message=b"Go.\n\nVersion: v1.1.0\n")
    origin.git("update-ref", f"refs/tags/{tag}", origin.put_object(raw))
    repo = stand_in(origin, tmp_path / "checkout", tag)
    refused(mreg("ci", tag, repo=repo), "approvals: ")


@pytest.mark.skipif(not shutil.which("ssh-keygen"), reason="needs ssh-keygen, of OpenSSH")
def test_whose_signature_it_is_is_told_by_the_real_tag(tmp_path: Path, mreg: CommandLine) -> None:
    """The lightweight tag of the checkout bears none."""
    for folder in ("keys", "team"):
        (tmp_path / folder).mkdir()
    team = Team.founded(tmp_path / "team", make_keys(tmp_path / "keys"))
    team.server.git("config", "uploadpack.allowAnySHA1InWant", "true")
    repo = stand_in(team.server, tmp_path / "checkout", "churn@v1.0.0")
    assert mreg.ok("ci", "churn@v1.0.0", repo=repo).json["signed_by"] == "ann"
    (tag,) = (made := team.promotion("open", by="dan", key="mallory"))
    team.takes(made)
    repo = stand_in(team.server, tmp_path / "another", tag)
    refused(mreg("ci", tag, repo=repo), "signature: ")
