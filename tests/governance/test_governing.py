"""Which policy counts: that of the protected branch, wherever mreg runs, and at any time."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from commandline import CommandLine
from committing import commit
from mreg.errors import NotFound, Refused
from mreg.git.mirror import Mirror
from mreg.governance.evaluate import branch_prefix
from mreg.governance.settings import governing, over_time
from mreg.net.network import Network
from mreg.net.urls import parse
from mreg.policy.conveniences import FILE, GTO_FILE
from mreg.policy.file import read
from mreg.policy.model import Gate, Governing, Settings
from remotes import bare, clone
from repositories import START, Maker, Repository, Tag, opened

OURS, THEIRS = b"registry: ours\n", b"registry: theirs\n"
BAD = b"push: true\nstges: [prod]\nregistry: a b\n"


def named(found: Governing) -> str | None:
    """Return the id in the policy that was found, by which the tests tell one from another."""
    return found.settings.registry


@pytest.fixture
def origin(tmp_path: Path) -> Repository:
    """A server's repository, whose default branch has a policy."""
    made = bare(tmp_path, "origin.git")
    commit(made, THEIRS)
    return made


@pytest.fixture
def cloned(origin: Repository, tmp_path: Path) -> Repository:
    return clone(str(origin.path), tmp_path / "clone")


@pytest.fixture
def own(make_repository: Maker) -> Repository:
    """A repository without a remote, whose branch main has a policy."""
    made = make_repository.empty()
    commit(made, OURS)
    return made


def test_a_branch_that_moved_since_the_last_fetch_is_to_be_fetched(
    origin: Repository, cloned: Repository, tmp_path: Path, mreg: CommandLine
) -> None:
    """`mreg fetch` brings a tag at a commit that is in no branch here: Git fetches branches."""
    commit(origin, b"register: {branches: [main]}\n")
    cloned.git("pull", "-q")
    late = clone(str(origin.path), tmp_path / "late")
    made = commit(cloned, b"churn: {type: model}", file="artifacts.yaml")
    cloned.git("push", "-q", "origin", f"{made}:main")
    mreg.ok("register", "churn", made, "--push", repo=cloned)
    mreg.ok("fetch", repo=late)
    done = mreg("verify", "--all", repo=late)
    assert (done.code, "-> git fetch, if main has changed since the last" in done.out) == (1, True)
    late.git("fetch", "-q")
    mreg.ok("verify", "--all", repo=late)


class TestWhereItStands:
    def test_nowhere(self, make_repository: Maker) -> None:
        assert governing(make_repository.empty().opened) == Governing(branch="refs/heads/main")

    def test_no_file_allows_everything(self, make_repository: Maker) -> None:
        made = make_repository()
        found = governing(made.opened)
        assert found == Governing(branch="refs/heads/main", commit=made.commits[-1])
        assert found.settings == Settings()

    def test_a_server_has_it_at_head(self, origin: Repository) -> None:
        commit(origin, OURS, branch="other")
        tip = origin.refs()["refs/heads/main"]
        blob = origin.git("rev-parse", f"{tip}:{FILE}").strip()
        settings = Settings(registry="theirs")
        assert governing(origin.opened) == Governing(settings, "refs/heads/main", tip, blob)

    def test_a_server_whose_head_is_another_branch(self, origin: Repository) -> None:
        commit(origin, OURS, branch="trunk")
        origin.git("symbolic-ref", "HEAD", "refs/heads/trunk")
        assert named(governing(origin.opened)) == "ours"

    def test_a_server_whose_head_is_no_branch_yet(self, origin: Repository) -> None:
        origin.git("symbolic-ref", "HEAD", "refs/heads/trunk")
        assert named(governing(origin.opened)) == "theirs"
        origin.git("branch", "-m", "main", "only")
        assert named(governing(origin.opened)) == "theirs"
        commit(origin, OURS, branch="another")
        with pytest.raises(Refused, match="cannot determine which branch"):
            governing(origin.opened)

    def test_the_work_tree_and_the_local_branch_are_not_asked(self, cloned: Repository) -> None:
        (cloned.path / FILE).write_bytes(OURS)
        commit(cloned, OURS)
        found = governing(cloned.opened)
        assert (named(found), found.branch) == ("theirs", "refs/remotes/origin/main")

    def test_a_folder_in_the_repository(self, cloned: Repository) -> None:
        folder = cloned.path / "deep"
        folder.mkdir()
        assert named(governing(opened(folder))) == "theirs"
        assert named(over_time(opened(folder)).at(START)) == "theirs"

    def test_the_commit_that_is_checked_out_is_not_asked(self, cloned: Repository) -> None:
        cloned.git("checkout", "-q", "--detach", commit(cloned, OURS, branch="work"))
        assert named(governing(cloned.opened)) == "theirs"

    @pytest.mark.parametrize("name", ["main", "master"])
    def test_a_remote_whose_head_is_not_known(
        self, name: str, origin: Repository, cloned: Repository
    ) -> None:
        """As after `git remote add` and `git fetch`, or in actions/checkout."""
        origin.git("branch", "-m", "main", name)
        commit(origin, OURS, branch="work")
        cloned.git("fetch", "-q", "--prune")
        cloned.git("symbolic-ref", "--delete", "refs/remotes/origin/HEAD")
        assert named(governing(cloned.opened)) == "theirs"

    def test_a_remote_whose_head_is_no_longer_there(
        self, origin: Repository, cloned: Repository
    ) -> None:
        cloned.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/gone")
        assert named(governing(cloned.opened)) == "theirs"

    def test_the_only_branch_that_is_known_of_a_remote(
        self, origin: Repository, tmp_path: Path
    ) -> None:
        origin.git("branch", "-m", "main", "trunk")
        origin.git("symbolic-ref", "HEAD", "refs/heads/trunk")
        made = clone(str(origin.path), tmp_path / "clone")
        made.git("symbolic-ref", "--delete", "refs/remotes/origin/HEAD")
        found = governing(made.opened)
        assert (named(found), found.branch) == ("theirs", "refs/remotes/origin/trunk")

    @pytest.mark.parametrize("branches", [(), ("work", "other")], ids=["none", "several"])
    def test_the_remote_is_asked_where_the_clone_does_not_know(
        self, branches: tuple[str, ...], origin: Repository, cloned: Repository
    ) -> None:
        """As when CI checks a tag out: HEAD is detached, and no branch is there."""
        cloned.git("checkout", "-q", "--detach", commit(cloned, OURS, branch="x"))
        cloned.git("symbolic-ref", "--delete", "refs/remotes/origin/HEAD")
        cloned.git("update-ref", "-d", "refs/remotes/origin/main")
        for name in branches:
            cloned.git("update-ref", f"refs/remotes/origin/{name}", "HEAD")
        found = governing(cloned.opened)
        assert (named(found), found.branch) == ("theirs", "refs/remotes/origin/HEAD")
        # Its branches are those of the remote, too, and not the clone's own of the same name.
        assert branch_prefix(cloned.opened, found) == "refs/remotes/origin/"
        origin.path.rename(origin.path.with_name("gone"))
        with pytest.raises(Refused, match="cannot determine which branch") as refused:
            governing(cloned.opened)
        assert "--policy REV" in refused.value.hint
        assert "git remote set-head origin --auto" in refused.value.hint

    def test_a_remote_of_which_nothing_is_known(self, own: Repository) -> None:
        """A new repository, before its first push: nobody is asked, and nothing can fail."""
        own.git("remote", "add", "origin", str(own.path.parent / "nowhere"))
        assert named(governing(own.opened)) == "ours"

    def test_a_remote_whose_branches_were_not_fetched(
        self, tmp_path: Path, mreg: CommandLine
    ) -> None:
        """A clone of what was empty then, to which `mreg fetch` brings tags and no branch."""
        hub = bare(tmp_path, "hub.git")
        early = clone(str(hub.path), tmp_path / "early")
        commit(hub, THEIRS)
        late = clone(str(hub.path), tmp_path / "late")
        mreg.ok("register", "churn", "--push", repo=late.path)
        heard: list[str] = []
        governing(opened(early.path, Network(notice=heard.append)))
        assert heard == []  # as in any new repository
        mreg.ok("fetch", repo=early.path)
        governing(opened(early.path, Network(notice=heard.append)))
        assert [it.partition(" so ")[0] for it in heard] == [
            "warning: no branch of origin was fetched,"
        ]
        assert heard[0].endswith("run git fetch origin; if origin has no branch yet, push one")
        early.git("fetch", "-q", "origin")
        assert named(governing(opened(early.path, Network(notice=heard.append)))) == "theirs"
        assert len(heard) == 1

    def test_the_remote_that_is_published_to(self, cloned: Repository, own: Repository) -> None:
        cloned.git("remote", "add", "upstream", str(own.path))
        cloned.git("fetch", "-q", "upstream")
        assert named(governing(cloned.opened)) == "theirs"
        cloned.git("config", "remote.pushDefault", "upstream")
        assert named(governing(cloned.opened)) == "ours"

    def test_the_only_remote_whatever_its_name(self, cloned: Repository) -> None:
        cloned.git("remote", "rename", "origin", "company")
        cloned.git("checkout", "-q", "--detach")
        found = governing(cloned.opened)
        assert (named(found), found.branch) == ("theirs", "refs/remotes/company/main")

    def test_a_local_repository_has_it_on_main(self, own: Repository) -> None:
        commit(own, THEIRS, branch="work")
        own.git("symbolic-ref", "HEAD", "refs/heads/work")
        assert named(governing(own.opened)) == "ours"

    def test_a_local_repository_without_main_has_it_on_the_current_branch(
        self, own: Repository
    ) -> None:
        own.git("branch", "-m", "main", "trunk")
        commit(own, THEIRS, branch="work")
        assert named(governing(own.opened)) == "ours"

    def test_a_local_repository_that_is_detached(self, own: Repository) -> None:
        own.git("branch", "-m", "main", "trunk")
        own.git("checkout", "-q", "--detach", commit(own, THEIRS, branch="work"))
        with pytest.raises(Refused, match="cannot determine which branch"):
            governing(own.opened)
        own.git("branch", "-D", "work")
        assert named(governing(own.opened)) == "ours"

    def test_a_rev_that_is_named(self, cloned: Repository) -> None:
        oid = commit(cloned, OURS + b"branch: other\n", branch="work")
        found = governing(cloned.opened, "work")
        assert (named(found), found.branch, found.commit) == ("ours", "", oid)
        with pytest.raises(NotFound):
            governing(cloned.opened, "nothing")

    def test_a_repository_that_is_named_by_its_url(self, origin: Repository) -> None:
        commit(origin, OURS, branch="work")
        url = Mirror(parse(origin.path.as_uri(), ("file",))).repository
        assert named(governing(url)) == "theirs"
        assert named(governing(url, "work")) == "ours"
        commit(origin, THEIRS + b"branch: work\n")
        assert named(governing(url)) == "ours"

    def test_a_url_whose_head_is_no_branch_yet(self, origin: Repository) -> None:
        """As with a clone of it: that there is no HEAD does not mean that there is no policy."""
        origin.git("symbolic-ref", "HEAD", "refs/heads/trunk")
        url = Mirror(parse(origin.path.as_uri(), ("file",))).repository
        assert named(governing(url)) == "theirs"
        commit(origin, OURS, branch="another")
        origin.git("branch", "-m", "main", "other")
        with pytest.raises(Refused, match="cannot determine which branch"):
            governing(url)

    def test_a_branch_that_a_lent_policy_leads_to(
        self, origin: Repository, cloned: Repository
    ) -> None:
        commit(origin, THEIRS + b"branch: policy\n")
        commit(origin, OURS, branch="policy")
        cloned.git("checkout", "-q", "--detach")
        cloned.git("symbolic-ref", "--delete", "refs/remotes/origin/HEAD")
        cloned.git("update-ref", "-d", "refs/remotes/origin/main")
        found = governing(cloned.opened)
        assert (named(found), found.branch) == ("ours", "refs/remotes/origin/policy")

    def test_a_repository_with_longer_object_ids(self, make_repository: Maker) -> None:
        made = make_repository.empty(object_format="sha256")
        commit(made, OURS)
        assert named(governing(made.opened)) == "ours"


class TestProtectedBranch:
    def test_another_branch_is_named(self, origin: Repository, cloned: Repository) -> None:
        commit(origin, THEIRS + b"branch: policy\n")
        commit(origin, OURS, branch="policy")
        assert named(governing(origin.opened)) == "ours"
        cloned.git("fetch", "-q")
        found = governing(cloned.opened)
        assert (named(found), found.branch) == ("ours", "refs/remotes/origin/policy")

    def test_the_default_branch_itself_is_named(self, origin: Repository) -> None:
        commit(origin, OURS + b"branch: main\n")
        assert named(governing(origin.opened)) == "ours"

    def test_it_may_name_itself(self, origin: Repository) -> None:
        commit(origin, THEIRS + b"branch: policy\n")
        commit(origin, OURS + b"branch: policy\n", branch="policy")
        assert named(governing(origin.opened)) == "ours"

    def test_it_is_not_there(self, origin: Repository) -> None:
        commit(origin, THEIRS + b"branch: policy\n")
        with pytest.raises(
            Refused, match=r"branch to policy, which is not in this clone"
        ) as refused:
            governing(origin.opened)
        assert refused.value.hint

    @pytest.mark.parametrize(
        ("text", "why"), [(b"branch: main\n", "names the branch main"), (b"", "does not exist")]
    )
    def test_it_leads_no_further(self, text: bytes, why: str, origin: Repository) -> None:
        tip = commit(origin, THEIRS + b"branch: policy\n")
        commit(origin, text or None, branch="policy", start=tip)
        with pytest.raises(Refused, match=why):
            governing(origin.opened)

    def test_a_policy_on_a_branch_that_nobody_names_does_not_count(
        self, origin: Repository
    ) -> None:
        commit(origin, OURS + b"branch: evil\n", branch="evil")
        assert named(governing(origin.opened)) == "theirs"


class TestUnreadable:
    def test_it_is_refused_with_file_branch_and_line(
        self, origin: Repository, cloned: Repository
    ) -> None:
        commit(origin, BAD)
        cloned.git("fetch", "-q")
        with pytest.raises(Refused) as refused:
            governing(cloned.opened)
        assert str(refused.value) == (
            ".mreg.yaml on origin/main cannot be used: line 2: unknown field 'stges'"
            " (and 1 more error)"
        )
        assert refused.value.hint == (
            "if origin/main has changed since, run `git fetch`; otherwise fix .mreg.yaml on "
            "origin/main, line 2; did you mean stages?; run `mreg validate` to list every problem"
        )

    @pytest.mark.parametrize(
        "text",
        [b"\xff\n", b"push: [\n", b"- push\n", b"a: &x 1\nb: *x\n", b"#" * (1 << 20) + b"#\n"],
        ids=["no UTF-8", "no YAML", "no mapping", "an alias", "too large"],
    )
    def test_what_is_no_settings_file_is_no_permission(
        self, text: bytes, origin: Repository
    ) -> None:
        commit(origin, text)
        with pytest.raises(Refused, match=re.escape(f"{FILE} on main cannot be used")):
            governing(origin.opened)

    def test_a_file_whose_object_is_lost_is_no_permission(self, own: Repository) -> None:
        blob = own.git("rev-parse", f"main:{FILE}").strip()
        own.object_file(blob).unlink()
        with pytest.raises(Refused, match="cannot read"):
            governing(own.opened)

    def test_a_warning_stops_nothing(self, origin: Repository) -> None:
        commit(origin, b"registry: ours\nstages: {prod: {self_approval: true}}\n")
        assert named(governing(origin.opened)) == "ours"


def test_who_only_reads_never_reads_the_policy(
    make_repository: Maker, mreg: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make_repository([Tag("churn@v1.0.0")], commits=[{FILE: BAD}])
    (made.path / FILE).write_bytes(BAD)
    monkeypatch.setattr(read, "read", None)
    monkeypatch.setattr(read, "read_conveniences", None)
    for command in (["show"], ["show", "churn"], ["history"], ["stages"], ["doctor"]):
        assert FILE not in mreg.ok(*command, repo=made).err


class TestGto:
    def test_its_stages_and_types_count(self, own: Repository) -> None:
        commit(own, None)
        commit(own, b"stages: [dev, prod]\ntypes: [model]\n", file=GTO_FILE)
        assert governing(own.opened).settings == Settings(
            types=frozenset(["model"]), stages={"dev": Gate(), "prod": Gate()}
        )

    def test_not_where_there_is_a_file_of_mreg_s(self, own: Repository) -> None:
        commit(own, b"stages: [dev, prod]\n", file=GTO_FILE)
        assert governing(own.opened).settings == Settings(registry="ours")

    def test_one_that_cannot_be_read_is_no_permission(self, own: Repository) -> None:
        commit(own, None)
        commit(own, b"stages: prod\n", file=GTO_FILE)
        with pytest.raises(Refused, match=r"\.gto on main cannot be used: line 1"):
            governing(own.opened)


class TestOverTime:
    def test_the_policy_of_each_time(self, own: Repository) -> None:
        second = commit(own, b"", at=100)
        third = commit(own, THEIRS, at=200)
        found = over_time(own.opened)
        assert named(found.at(START - 1)) is None
        assert named(found.at(START)) == named(found.at(START + 199)) == "ours"
        assert named(found.at(START + 200)) == named(found.now) == "theirs"
        assert found.at(START + 150).commit == own.git("rev-parse", f"{second}^").strip()
        assert found.at(START + 250).commit == third
        assert found.at(START + 250) is found.at(START + 999)

    def test_a_policy_that_was_removed(self, own: Repository) -> None:
        commit(own, None, at=100)
        found = over_time(own.opened)
        assert named(found.at(START + 50)) == "ours"
        assert found.at(START + 100).settings == Settings()
        assert found.at(START + 100).blob == ""

    def test_a_policy_counts_from_its_merge_on(self, own: Repository) -> None:
        start = own.refs()["refs/heads/main"]
        branch = commit(own, THEIRS, branch="work", at=10, start=start)
        merged = commit(own, THEIRS, at=100, merge=branch)
        found = over_time(own.opened)
        assert named(found.at(START + 50)) == "ours"
        assert found.at(START + 100) == found.now._replace(commit=merged)

    def test_what_was_merged_and_given_up_on_the_way_never_counted(self, own: Repository) -> None:
        branch = commit(own, THEIRS, branch="work", at=10)
        commit(own, b"", at=100, merge=branch)
        found = over_time(own.opened)
        assert {named(found.at(START + at)) for at in (0, 10, 100, 999)} == {"ours"}

    def test_the_newest_commit_counts_where_clocks_differ(self, own: Repository) -> None:
        commit(own, THEIRS, at=200)
        commit(own, OURS, at=100)
        found = over_time(own.opened)
        assert named(found.at(START + 300)) == named(found.at(START + 100)) == "ours"

    def test_of_the_protected_branch(self, origin: Repository) -> None:
        commit(origin, THEIRS + b"branch: policy\n", at=10)
        commit(origin, b"registry: first\n", branch="policy", at=20)
        commit(origin, b"registry: second\n", branch="policy", at=30)
        found = over_time(origin.opened)
        assert [named(found.at(START + at)) for at in (0, 20, 30)] == [None, "first", "second"]

    def test_one_that_could_not_be_read_then_says_so_then(self, own: Repository) -> None:
        commit(own, BAD, at=100)
        mended = commit(own, THEIRS, at=200)
        found = over_time(own.opened)
        assert named(found.at(START + 200)) == "theirs"
        bad = own.git("rev-parse", f"{mended}^").strip()[:12]
        with pytest.raises(Refused, match=f"on main at {bad} cannot be used"):
            found.at(START + 150)

    def test_gto_s_file_counts_until_there_is_one_of_mreg_s(self, own: Repository) -> None:
        commit(own, None, at=10)
        commit(own, b"stages: [old]\n", file=GTO_FILE, at=20)
        commit(own, b"stages: [new]\n", at=30)
        found = over_time(own.opened)
        stages = [found.at(START + at).settings.stages for at in (10, 20, 30)]
        assert stages == [None, {"old": Gate()}, {"new": Gate()}]

    @pytest.mark.parametrize("text", [OURS, None])
    def test_a_shallow_clone_does_not_know_what_was_before(
        self, text: bytes | None, origin: Repository, tmp_path: Path
    ) -> None:
        commit(origin, text, at=100)
        commit(origin, b"", at=200)
        made = tmp_path / "shallow"
        origin.git("clone", "-q", "--depth=1", origin.path.as_uri(), str(made))
        found = over_time(opened(made))
        assert found.at(START + 200).settings == found.now.settings
        with pytest.raises(Refused, match="shallow") as refused:
            found.at(START + 150)
        assert refused.value.hint == "git fetch --unshallow"

    def test_of_a_repository_that_is_named_by_its_url(self, origin: Repository) -> None:
        commit(origin, b"", at=50)
        commit(origin, OURS, at=100)
        origin.git("config", "uploadpack.allowFilter", "true")
        found = over_time(Mirror(parse(origin.path.as_uri(), ("file",))).repository)
        assert [named(found.at(START + at)) for at in (0, 60, 100)] == ["theirs", "theirs", "ours"]

    def test_of_an_empty_repository(self, make_repository: Maker) -> None:
        assert over_time(make_repository.empty().opened).at(START).settings == Settings()


def test_the_number_of_processes_does_not_grow(
    own: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace = tmp_path / "trace"

    def count(*times: int) -> int:
        """Return how many Git processes it takes to say what was in force at some times."""
        trace.mkdir()
        with monkeypatch.context() as patch:
            patch.setenv("GIT_TRACE2_EVENT", str(trace))
            found = over_time(own.opened)
            for at in times:
                found.at(START + at)
        lines = [line for file in trace.iterdir() for line in file.read_text().splitlines()]
        shutil.rmtree(trace)
        return sum(json.loads(line)["event"] == "start" for line in lines)

    few = count(0)
    for number in range(20):
        commit(own, b"registry: r%d\n" % number, at=number)
        commit(own, OURS, branch=f"branch{number}")
    assert count(*range(100)) == few <= 10
