"""Judging what is recorded: by the policy of its time, and by what had been said until then."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from commandline import CommandLine
from committing import commit
from handmade import event, history
from mreg import Registry
from mreg.core.events import Event
from mreg.errors import Refused
from mreg.git import process
from mreg.governance import audit
from mreg.policy.verdicts import Audited
from repositories import START, Lightweight, Maker, Repository, SetClock, Tag, run, tag_bytes
from team import PERMISSIVE, Team


@pytest.fixture
def team(founded: Team, tmp_path: Path) -> Team:
    return founded.joined(tmp_path)


def judged(team: Team, tag: str, *, policy: str | None = None) -> Audited:
    (found,) = Registry.open(team.server.path).verify([tag], policy=policy)
    return found


def broken(team: Team, tag: str) -> set[str]:
    return {it.rule for it in judged(team, tag).failed}


def test_what_the_team_made_is_well(team: Team) -> None:
    found = Registry.open(team.server.path).audit()
    assert [it.tag for it in found] == [f"churn@v1.{minor}.0" for minor in range(4)]
    assert all(it.passed for it in found)
    first = found[0]
    assert (first.author, first.author_email) == ("Ann", "ann@example.com")
    assert (first.signature, first.signer) == ("good", "ann")
    assert first.key == team.keys["ann"].fingerprint
    assert first.policy == team.server.git("rev-parse", "main~3").strip()


def test_who_claimed_it_and_who_signed_it_are_two_things(team: Team) -> None:
    (name,) = (made := team.promotion("open", by="dan", key="bob"))
    team.takes(made)
    found = judged(team, name)
    assert (found.author, found.signer) == ("Dan", "bob")


@pytest.mark.parametrize(
    ("stage", "said", "rules"),
    [
        ("open", {"key": ""}, {"signature"}),
        ("managed", {"by": "mallory"}, {"signature", "by"}),
        ("managed", {"by": "dan", "key": "ann"}, {"by"}),
        ("open", {"Registry": "other"}, {"registry"}),
        ("open", {"Previous": "f" * 40}, {"previous"}),
        ("open", {"Previous": None}, {"previous"}),
        ("after", {}, {"from"}),
        ("merged", {"version": "v1.3.0"}, {"branches"}),
        ("measured", {"version": "v1.1.0"}, {"metrics"}),
        ("described", {"version": "v1.2.0"}, {"fields"}),
        ("approved", {"by": "dan"}, {"approvals"}),
        ("elsewhere", {}, {"stage"}),
    ],
)
def test_what_no_hook_refused_is_found(
    stage: str, said: dict[str, str | None], rules: set[str], team: Team
) -> None:
    (name,) = (made := team.promotion(stage, **said))  # type: ignore[arg-type]
    team.takes(made)
    assert broken(team, name) == rules


class TestWhichPolicy:
    def test_that_of_its_time(self, team: Team) -> None:
        team.takes(team.promotion("managed", by="ann"))
        (early,) = [it for it in team.server.refs() if "managed" in it]
        team.now += 1000
        commit(team.server, PERMISSIVE.encode(), at=team.now - START)
        (late,) = (made := team.promotion("managed", by="ann"))
        team.takes(made)
        assert broken(team, early.removeprefix("refs/tags/")) == {"by"}
        assert broken(team, late) == set()
        assert {it.rule for it in judged(team, late, policy="main~1").failed} == {"by"}

    def test_a_key_that_was_revoked_since_is_named(self, team: Team, mreg: CommandLine) -> None:
        """What it signed was allowed, and stays so; but whoever stole it may have signed it."""
        team.takes({**team.word("bob"), **team.word("carl", key="carl-phone")})
        (tag,) = (made := team.promotion("approved", by="dan"))
        team.takes(made)
        assert not judged(team, tag).revoked_since
        team.now += 1000
        text = team.server.git("show", "main:.mreg.yaml")
        revoked = f'revoked: ["{team.keys["carl-phone"].public}", '
        commit(team.server, text.replace("revoked: [", revoked).encode(), at=team.now - START)
        found = Registry.open(team.server.path).audit()
        assert [it.tag for it in found if it.revoked_since] == [tag]
        assert all(it.passed for it in found)
        today = judged(team, tag, policy="main")
        assert {it.rule for it in today.failed} == {"approvals", "reject"}
        assert mreg.ok("verify", "--all", repo=team.server).err.endswith(
            "allowed; 1 depends on a key that was revoked since.\n"
        )
        assert "ok, key revoked since" in mreg.ok("audit", "churn", repo=team.server).out

    def test_before_the_first_everything_was_allowed(
        self, make_repository: Maker, mreg: CommandLine, set_clock: SetClock
    ) -> None:
        repo = make_repository([Tag("churn@v1.0.0"), Tag("churn#prod#1", time=5)])
        commit(repo, b"stages: [dev]\n", at=10)
        set_clock(20)
        repo.git("tag", "-a", "-m", "A tag.", "churn#prod#2", repo.commits[0])
        found = mreg("verify", "--all", repo=repo)
        assert found.code == 1
        assert "churn#prod#2: stage: prod is not one of" in found.out
        assert "churn#prod#1" not in found.out

    def test_one_that_cannot_be_followed_allows_nothing(self, team: Team) -> None:
        good = team.server.git("show", "main:.mreg.yaml").encode()
        team.now += 1000
        commit(team.server, b"stges: []\n", at=team.now - START)
        (name,) = (made := team.promotion("open"))
        team.takes(made)
        team.now += 1000
        commit(team.server, good, at=team.now - START)
        assert broken(team, name) == {"policy"}
        assert broken(team, "churn@v1.0.0") == set()


class TestApprovals:
    def promoted(self, team: Team) -> Audited:
        (name,) = (made := team.promotion("approved", by="dan"))
        team.takes(made)
        return judged(team, name)

    def test_who_approved(self, team: Team) -> None:
        team.takes({**team.word("bob"), **team.word("carl"), **team.word("ann")})
        found = self.promoted(team)
        assert (found.passed, found.approved_by, found.rejected_by) == (True, ("bob", "carl"), ())

    def test_what_was_said_by_then_counts(self, team: Team) -> None:
        """Words that were taken back later were there at the time."""
        (first,) = (word := team.word("bob")).values()
        team.takes({**word, **team.word("carl")})
        assert self.promoted(team).passed
        team.now += 1000
        team.takes(team.word("bob", "reject", previous=first))
        again = judged(team, "churn#approved#1")
        assert (again.passed, again.approved_by) == (True, ("bob", "carl"))

    def test_what_was_said_later_does_not(self, team: Team) -> None:
        team.takes(team.word("bob"))
        assert not self.promoted(team).passed
        team.now += 1000
        team.takes(team.word("carl"))
        assert judged(team, "churn#approved#1").approved_by == ("bob",)

    def test_a_clock_may_be_a_little_ahead(self, team: Team) -> None:
        team.takes({**team.word("bob"), **team.word("carl", at=team.now + 300)})
        assert self.promoted(team).passed

    def test_a_word_that_cannot_be_read_counts_for_nothing(self, team: Team) -> None:
        team.takes({**team.word("bob"), **team.word("carl")})
        ref = "refs/mreg/approvals/churn@v1.0.0/approved/carl"
        team.server.git("update-ref", ref, team.commits["v1.0.0"])
        found = self.promoted(team)
        assert found.approved_by == ("bob",)
        assert "the ref does not contain a tag object" in found.failed[0].reason


def test_a_rollback_is_marked(make_repository: Maker, mreg: CommandLine) -> None:
    repo = make_repository(
        [
            *(Tag("churn@v1.0.0"), Tag("churn#prod#1", time=1)),
            *(Tag("churn@v1.1.0", 1, time=2), Tag("churn#prod#2", 1, time=3)),
        ]
    )
    mreg.ok("rollback", "churn", "prod", repo=repo)
    said = mreg.ok("audit", "--json", repo=repo).json["events"]
    assert [it["tag"] for it in said if it["is_rollback"]] == ["churn#prod#3"]
    table = mreg.ok("audit", repo=repo).out
    assert "churn#prod#3 (rollback)" in table
    assert table.count("(rollback)") == 1
    of_stage = mreg("verify", "churn#prod", "--json", repo=repo).json["events"]
    assert [it["tag"] for it in of_stage] == ["churn#prod#1", "churn#prod#2", "churn#prod#3"]
    assert "there is no registry tag churn#qa" in mreg("verify", "churn#qa", repo=repo).err


def test_tags_that_are_no_events_are_named_first(make_repository: Maker, mreg: CommandLine) -> None:
    repo = make_repository([Tag("churn@v1.0.0"), Lightweight("churn@v1.1.0")])
    repo.put_ref("churn@v1.2.0", repo.git("rev-parse", "churn@v1.0.0").strip())
    commit = repo.git("rev-parse", "main").strip()
    large = tag_bytes("churn@v1.3.0", commit, message=b"x" * (1 << 20))
    repo.put_ref("churn@v1.3.0", repo.put_object(large))
    found = mreg("verify", "--all", "--json", repo=repo)
    failed = [
        (it["tag"], rule["rule"])
        for it in found.json["events"]
        for rule in it["rulings"]
        if not rule["passed"]
    ]
    wanted = [("churn@v1.1.0", "kind"), ("churn@v1.2.0", "name"), ("churn@v1.3.0", "size")]
    assert failed == wanted
    assert mreg("verify", "churn@v1.1.0", repo=repo).code == 1
    assert mreg("verify", "churn@v1.0.0", repo=repo).code == 0


class TestNew:
    """`mreg verify --new`, as CI calls it for a tag that was pushed just now."""

    def test_a_tag_that_is_here(self, team: Team, mreg: CommandLine) -> None:
        (name, oid), *_ = (made := team.promotion("managed", by="ann")).items()
        team.takes(made)
        team.takes(team.promotion("open"))
        new = ("--new", "0" * 40, oid, f"refs/tags/{name}")
        found = mreg("verify", *new, "--json", repo=team.server)
        assert found.code == 1
        assert [it["rule"] for it in found.json["refused"]] == ["by"]

    def test_it_is_judged_by_the_policy_that_counts_now(
        self, team: Team, mreg: CommandLine
    ) -> None:
        """Whatever its date says."""
        (name, oid), *_ = (made := team.promotion("managed", by="ann")).items()
        team.takes(made)
        commit(team.server, PERMISSIVE.encode(), at=10**6)
        new = ("--new", "0" * 40, oid, f"refs/tags/{name}")
        assert mreg("verify", *new, repo=team.server).code == 0
        assert mreg("verify", *new, "--policy", "main~1", repo=team.server).code == 1

    def test_moves_deletions_and_what_is_none_of_ours(self, team: Team, mreg: CommandLine) -> None:
        old, new = team.registrations["v1.0.0"], team.registrations["v1.1.0"]
        ref = "refs/tags/churn@v1.0.0"
        moved = mreg("verify", "--new", old, new, ref, repo=team.server)
        assert "must not be moved" in moved.out
        assert moved.err == "churn@v1.0.0 would be refused.\n"
        assert (
            "must not be deleted"
            in mreg("verify", "--new", old, "0" * 40, ref, repo=team.server).out
        )
        foreign = ("--new", old, new, "refs/heads/main")
        assert mreg.ok("verify", *foreign, repo=team.server).err == "Nothing is wrong.\n"


class TestTheCommand:
    def test_audit(self, team: Team, mreg: CommandLine) -> None:
        team.takes({**team.word("bob"), **team.word("carl")})
        team.takes(team.promotion("approved", by="dan"))
        team.takes(team.promotion("open", by="mallory"))
        out = mreg.ok("audit", "--stage", "approved", repo=team.server).out.splitlines()
        assert len(out) == 2
        assert out[1].split()[2:] == [
            *("churn#approved#1", "v1.0.0", "Dan", "<dan@example.com>", "dan", "bob,", "carl"),
            *(judged(team, "churn#approved#1").policy[:7], "ok"),
        ]
        table = mreg.ok("audit", "--csv", repo=team.server).out
        rows = list(csv.DictReader(io.StringIO(table)))
        assert len(rows) == 6
        assert (rows[-1]["signature"], rows[-1]["signer"]) == ("untrusted", "")
        assert rows[-1]["reasons"] == "signature: its key is not in the policy"
        assert "| refused: signature |" in mreg.ok("audit", "--md", repo=team.server).out
        since = mreg.ok("audit", "--json", "--since", "2023-11-14T22:20Z", repo=team.server)
        assert len(since.json["events"]) == 2
        none = mreg.ok("audit", "--until", "2020-01-01", repo=team.server)
        assert (none.out, none.err) == ("", "No such events.\n")

    def test_what_makes_no_sense(self, team: Team, mreg: CommandLine) -> None:
        assert mreg("audit", "--json", "--csv", repo=team.server).code == 2
        assert mreg("verify", repo=team.server).code == 2
        assert mreg("verify", "--all", "churn@v1.0.0", repo=team.server).code == 2
        assert mreg("verify", "churn@v9.0.0", repo=team.server).code == 1
        assert mreg("audit", "--artifact", "other", repo=team.server).code == 1


def test_the_number_of_git_processes_does_not_grow_with_the_registry(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    def count() -> int:
        started: list[tuple[str, ...]] = []
        original = process._start

        def noting(repo: Path, arguments: tuple[str, ...], *rest: object, **more: object) -> object:
            started.append(arguments)
            return original(repo, arguments, *rest, **more)  # type: ignore[arg-type]

        with monkeypatch.context() as patch:
            patch.setattr(process, "_start", noting)
            Registry.open(team.server.path).audit()
        return len(started)

    def grow(times: int) -> None:
        refs: dict[str, str] = {}
        for _ in range(times):
            for stage in ("open", "merged", "measured", "better", "approved", "described"):
                made = team.promotion(stage, by="dan")
                team.last = next(iter(made.values()))
                refs |= made
        team.takes(refs)

    team.takes({**team.word("bob"), **team.word("carl")})
    grow(1)
    few = count()
    grow(4)
    assert count() == few < 20


def test_signatures_are_verified_once(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    """One process a tag at most, and none for what is known, or was signed by nobody's key."""
    from mreg.git import verification

    team.takes(team.promotion("open", by="mallory"))
    calls: list[object] = []
    original = verification.ssh

    def noting(*arguments: object) -> str:
        calls.append(arguments)
        return original(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(verification, "ssh", noting)
    for expected in (4, 4):
        Registry.open(team.server.path).audit()
        assert len(calls) == expected


def test_an_input_that_held_the_stage_at_the_time(make_repository: Maker) -> None:
    policy = b"stages: {prod: {requires: {inputs: prod}}}\n"
    text = b"churn: {inputs: [{artifact: data@v1.0.0}]}\ndata: {type: dataset}\n"
    repo = make_repository(commits=[{".mreg.yaml": b"stages: {prod: {}}\n"}])
    first = commit(repo, text, file="artifacts.yaml", at=-900_000)
    commit(repo, policy, at=-800_000)
    repo.git("tag", "-a", "-m", "A tag.", "data@v1.0.0", first)
    repo.git("tag", "-a", "-m", "A tag.", "churn@v1.0.0", first)

    def tag(name: str, at: int, version: str = "v1.0.0") -> None:
        message = f"A tag.\n\nVersion: {version}\n"
        stream = f"tag {name}\nfrom {first}\ntagger Ann <ann@example.com> {START + at} +0000\n"
        data = f"data {len(message)}\n{message}\n"
        repo.git("fast-import", "--quiet", stdin=(stream + data).encode())

    tag("churn#prod#1", 10)
    tag("data#prod#1", 20)
    tag("churn#prod#2", 30)
    tag("data#prod!#2", 40)
    found = {it.tag: it.passed for it in Registry.open(repo.path).audit("churn", stage="prod")}
    assert found == {"churn#prod#1": False, "churn#prod#2": True}


class TestWhatACloneLacks:
    """A wrong answer would be worse than none."""

    @pytest.mark.parametrize("option", ["--depth=1", "--no-tags"])
    def test_a_clone_without_all_tags_or_commits_is_refused(
        self, option: str, team: Team, mreg: CommandLine, tmp_path: Path
    ) -> None:
        run(tmp_path, "clone", "-q", option, team.server.path.as_uri(), "lacking")
        found = mreg("verify", "--all", repo=tmp_path / "lacking")
        assert (found.code, found.out) == (1, ""), found.err
        assert "mreg can verify only the tags in this clone" in found.err

    def test_one_whose_tags_were_not_fetched(
        self, team: Team, mreg: CommandLine, tmp_path: Path
    ) -> None:
        lacking = tmp_path / "lacking"
        run(tmp_path, "clone", "-q", "--no-tags", team.server.path.as_uri(), "lacking")
        run(lacking, "config", "--unset", "remote.origin.tagOpt")
        assert "lacks tags that its remote has" in mreg("verify", "--all", repo=lacking).err

    def test_approvals_that_git_did_not_clone(
        self, team: Team, mreg: CommandLine, tmp_path: Path
    ) -> None:
        team.takes({**team.word("bob"), **team.word("carl")})
        team.takes(team.promotion("approved", by="dan"))
        run(tmp_path, "clone", "-q", team.server.path.as_uri(), "cloned")
        found = mreg("verify", "--all", repo=tmp_path / "cloned")
        assert found.code == 1
        assert "there are no approvals in this clone" in found.err
        mreg.ok("fetch", repo=tmp_path / "cloned")
        mreg.ok("verify", "--all", repo=tmp_path / "cloned")

    def test_by_url_nothing_is_lacking(self, team: Team, mreg: CommandLine) -> None:
        team.takes({**team.word("bob"), **team.word("carl")})
        team.takes(team.promotion("approved", by="dan"))
        team.takes(team.promotion("merged"))
        mreg.ok("verify", "--all", "--repo", team.server.path.as_uri())


def test_it_says_how_little_was_checked(
    mreg: CommandLine, make_repository: Maker, tmp_path: Path
) -> None:
    """Without a policy all is allowed; without an earlier state, the last event may be changed."""
    repo = make_repository()
    mreg.ok("register", "churn", repo=repo)
    assert (
        "note: 1 event was recorded without a policy" in mreg.ok("verify", "--all", repo=repo).err
    )
    lacking = "note: mreg has no earlier state of a remote to compare the tags with"
    assert lacking in mreg.ok("verify", "--tampering", repo=repo).err
    repo.git("clone", "-q", "--bare", ".", str(tmp_path / "server.git"))
    clone = tmp_path / "clone"
    repo.git("clone", "-q", str(tmp_path / "server.git"), str(clone))
    assert lacking in mreg.ok("verify", "--tampering", repo=clone).err
    mreg.ok("fetch", repo=clone)
    assert mreg.ok("verify", "--tampering", repo=clone).err == "Nothing is wrong.\n"


def test_progress_is_shown_to_whoever_watches(
    team: Team, mreg: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mreg.cli import output

    assert output.counted("verifying {} of {} events") is None
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setattr(output.ProgressLine, "MOMENT", 3600)
    assert "\r" not in mreg.ok("verify", "--all", repo=team.server).err
    monkeypatch.setattr(output.ProgressLine, "MOMENT", 0)
    said = mreg.ok("verify", "--all", repo=team.server).err
    assert "\rverifying 2 of 4 events" in said
    assert said.endswith("\r\x1b[K4 events verified, all of them allowed.\n")
    assert "\rjudging 4 of 4 events\r\x1b[K" in mreg.ok("audit", repo=team.server).err


def test_nothing_is_left_of_progress_that_an_error_ends(
    team: Team, mreg: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mreg.cli import output

    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr(output.ProgressLine, "MOMENT", 0)

    def audit(*_: object, progress: Callable[[int, int], None], **__: object) -> None:
        progress(1, 4)
        raise Refused("it is enough")

    monkeypatch.setattr(Registry, "audit", audit)
    assert mreg("audit", repo=team.server).err == (
        "\rjudging 1 of 4 events\r\x1b[Kerror: it is enough\n"
    )


class TestTampering:
    @pytest.fixture
    def clone(self, team: Team, mreg: CommandLine) -> Repository:
        team.takes(team.promotion("open"))
        mreg.ok("fetch", repo=team.clone)
        assert mreg.ok("verify", "--tampering", repo=team.clone).err == "Nothing is wrong.\n"
        return team.clone

    def traces(self, mreg: CommandLine, repo: Repository, *more: str) -> set[tuple[str, str, str]]:
        found = mreg("verify", "--tampering", "--json", *more, repo=repo)
        traces = found.json["tampering"]
        assert found.code == any(it["severity"] == "error" for it in traces)
        return {(it["trace"], it["tag"], it["where"]) for it in traces}

    def test_a_tag_that_was_moved(self, team: Team, clone: Repository, mreg: CommandLine) -> None:
        other = team.registrations["v1.0.0"]
        team.server.git("update-ref", "refs/tags/churn@v1.2.0", other)
        assert self.traces(mreg, clone) == {("moved", "churn@v1.2.0", "origin")}
        assert self.traces(mreg, clone, "--offline") == set()
        # Fetching does not make it right.
        mreg("fetch", repo=clone)
        assert self.traces(mreg, clone) == {("moved", "churn@v1.2.0", "origin")}

    def test_a_tag_that_was_removed(self, team: Team, clone: Repository, mreg: CommandLine) -> None:
        oid = team.registrations["v1.2.0"]
        team.server.git("update-ref", "-d", "refs/tags/churn@v1.2.0")
        assert self.traces(mreg, clone) == {("removed", "churn@v1.2.0", "origin")}
        # Who never saw it there is told by the event that names it.
        assert self.traces(mreg, team.server) == {("removed", oid, "")}

    def test_the_last_event_removed(
        self, team: Team, clone: Repository, mreg: CommandLine, tmp_path: Path
    ) -> None:
        """No event names it; the server's note of the last event does."""
        (name, oid), *_ = team.promotion("open").items()
        team.takes({name: oid, "refs/mreg/last/churn#": oid}, "--atomic")
        team.server.git("update-ref", "-d", f"refs/tags/{name}")
        assert self.traces(mreg, clone) == {("removed", oid, "origin")}

    def test_a_tag_that_is_gone_here(self, clone: Repository, mreg: CommandLine) -> None:
        clone.git("tag", "-d", "churn#open#1")
        assert ("removed", "churn#open#1", "") in self.traces(mreg, clone, "--offline")

    def test_a_tag_that_was_slipped_in(
        self, team: Team, clone: Repository, mreg: CommandLine
    ) -> None:
        slipped = team.tag("churn#managed#1", by="dan", at=START + 100)
        team.takes({"churn#managed#1": slipped})
        assert self.traces(mreg, clone) == {("late", "churn#managed#1", "origin")}
        said = mreg("verify", "--tampering", repo=clone).out
        assert "recorded offline and published late, or inserted" in said
        assert clone.refs().keys().isdisjoint({"refs/tags/churn#managed#1"})

    def test_one_that_is_new_at_the_end_is_no_trace(
        self, team: Team, clone: Repository, mreg: CommandLine
    ) -> None:
        team.takes(team.promotion("open"))
        assert self.traces(mreg, clone) == set()

    def test_two_that_follow_the_same_prove_nothing(
        self, team: Team, clone: Repository, mreg: CommandLine
    ) -> None:
        before = team.last
        team.takes(team.promotion("open", "v1.1.0"))
        (name,) = (made := team.promotion("open", Previous=before))
        team.takes(made)
        mreg.ok("fetch", repo=clone)
        found = mreg.ok("verify", "--tampering", repo=clone)
        assert f"{name}: fork: it follows the same event as churn#open#" in found.out

    def test_an_approval_that_was_removed(
        self, team: Team, clone: Repository, mreg: CommandLine
    ) -> None:
        (ref,) = (word := team.word("bob", "reject"))
        team.takes(word)
        mreg.ok("fetch", repo=clone)
        team.server.git("update-ref", "-d", ref)
        assert self.traces(mreg, clone) == {("removed", ref, "origin")}

    def test_without_a_remote_the_chain_is_all_there_is(
        self, make_repository: Maker, mreg: CommandLine
    ) -> None:
        repo = make_repository([Tag("churn@v1.0.0", message=f"A tag.\n\nPrevious: {'f' * 40}")])
        assert self.traces(mreg, repo) == {("removed", "f" * 40, "")}


# Which version an event was about, where its artifact stood so before it

PAST = history(("churn@v1.0.0", "a"), ("churn@v1.1.0", "a"), ("churn@v2.0.0", "b"))


@pytest.mark.parametrize(
    ("found", "version"),
    [
        (event("churn@v3.0.0"), "v3.0.0"),
        (event("churn@deprecated"), None),
        (event("churn#prod#1", version="v1.0.0"), "v1.0.0"),
        (event("churn#prod#1", on="a"), "v1.1.0"),
        (event("churn#prod#1", on="b"), "v2.0.0"),
        (event("churn#prod#1", on="c"), None),
    ],
)
def test_what_an_event_was_about(found: Event, version: str | None) -> None:
    assert audit.about(found, PAST.standing) == version
