"""Following a remote: each event once and in order, whatever happens to remote and watcher."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest

import watched
from commandline import CommandLine
from mreg import Registry
from mreg.deploy import journal
from mreg.deploy.follow import WatchedSource
from mreg.deploy.journal import Ledger
from mreg.deploy.summary import Report
from mreg.deploy.watch import EventFilter
from mreg.errors import Refused, RemoteError
from mreg.git import mirror_files
from people import Shared
from repositories import Lightweight, Maker, Tag
from watched import QUICK, Acts, watch

FROM_START = QUICK._replace(from_start=True)

TAGS = (
    Tag("churn@v1.0.0", 0, 0),
    Tag("churn@v2.0.0", 1, 10),
    Tag("churn#prod#1", 0, 20, "Go.\n\nVersion: v1.0.0"),
    Tag("fraud@v1.0.0", 0, 5),
    Tag("churn#prod#2", 1, 20, "Go.\n\nVersion: v2.0.0"),
    Tag("v9", 0, 1),
)
IN_ORDER = ["churn@v1.0.0", "fraud@v1.0.0", "churn@v2.0.0", "churn#prod#1", "churn#prod#2"]


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state" / "watch.jsonl"


@pytest.fixture
def url(make_repository: Maker) -> str:
    return make_repository(TAGS, name="origin").path.as_uri()


class TestOnce:
    def test_what_is_there_is_acted_upon_in_order(self, url: str, state: Path) -> None:
        acts = Acts()
        handled = watch(url, state, acts, FROM_START)
        assert acts.tags == IN_ORDER
        assert [(it.outcome, it.event.tag, it.tries) for it in handled] == [
            ("done", tag, 1) for tag in IN_ORDER
        ]
        assert handled[-1].event.previous_version == "v1.0.0"

    def test_what_cannot_be_judged_keeps_its_own_artifact_alone(
        self, url: str, state: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def report(source: WatchedSource, tag: str, oid: str, present: int) -> Report:
            if tag.startswith("churn"):
                raise Refused(f"{tag} cannot be judged")
            return real(source, tag, oid, present)

        real = WatchedSource.report
        monkeypatch.setattr(WatchedSource, "report", report)
        acts = Acts()
        with pytest.raises(Refused, match=r"churn@v1\.0\.0 cannot be judged"):
            watch(url, state, acts, FROM_START)
        assert acts.tags == ["fraud@v1.0.0"]

    def test_nothing_is_done_twice(self, url: str, state: Path) -> None:
        watch(url, state, Acts(), FROM_START)
        assert watch(url, state, Acts(), FROM_START) == []

    def test_from_now_on(self, shared: Shared, state: Path) -> None:
        watched.record(shared.ann, ["churn"])
        assert watch(shared.url, state, Acts()) == []
        watched.record(shared.ann, ["churn", "prod"])
        acts = Acts()
        watch(shared.url, state, acts, FROM_START)  # the state is there: this means nothing
        assert acts.done == [("churn#prod#1", False)]

    def test_those_that_nobody_wants_are_passed_for_good(self, url: str, state: Path) -> None:
        acts = Acts()
        wanted = EventFilter("churn", "prod", "promote")
        watch(url, state, acts, FROM_START._replace(wanted=wanted))
        assert acts.tags == ["churn#prod#1", "churn#prod#2"]
        assert watch(url, state, acts) == []

    def test_at_most_so_many(self, url: str, state: Path) -> None:
        acts = Acts()
        for _ in range(3):
            watch(url, state, acts, FROM_START._replace(most=2))
        assert acts.done == [(tag, False) for tag in IN_ORDER]

    def test_a_remote_that_is_away_is_an_error(self, tmp_path: Path, state: Path) -> None:
        with pytest.raises(RemoteError):
            watch((tmp_path / "nowhere.git").as_uri(), state, Acts())
        assert not state.exists()

    def test_a_clone_watches_its_remote(self, shared: Shared, state: Path) -> None:
        """What is in the clone alone is no event yet."""
        watched.record(shared.ann, ["churn"])
        Registry.open(shared.bob.path).register("other")
        acts = Acts()
        before = shared.bob.refs()
        handled = Registry.open(shared.bob.path).watch(
            acts, state=state, manner=FROM_START._replace(once=True)
        )
        assert [it.event.tag for it in handled] == ["churn@v0.1.0"]
        assert shared.bob.refs() == before

    def test_another_remote_of_a_clone(self, url: str, shared: Shared, state: Path) -> None:
        shared.ann.git("remote", "add", "other", url)
        acts = Acts()
        manner = FROM_START._replace(once=True)
        registry = Registry.open(shared.ann.path)
        assert len([*registry.watch(acts, remote="other", state=state, manner=manner)]) == 5
        with pytest.raises(RemoteError):
            [*registry.watch(acts, remote="third", state=state, manner=manner)]

    def test_the_repository_of_a_server_watches_itself(self, shared: Shared, state: Path) -> None:
        watched.record(shared.ann, ["churn"])
        acts = Acts()
        watch(str(shared.remote.path), state, acts, FROM_START)
        assert acts.tags == ["churn@v0.1.0"]


class TestFailing:
    def test_it_is_tried_again_and_its_artifact_waits(self, url: str, state: Path) -> None:
        acts = Acts(**{"churn@v2.0.0": 2})
        told: list[str] = []
        handled = watch(url, state, acts, FROM_START, told=told)
        of_churn = [it for it in acts.done if "churn" in it[0]]
        assert of_churn == [
            ("churn@v1.0.0", False),
            ("churn@v2.0.0", False),
            ("churn@v2.0.0", True),
            ("churn@v2.0.0", True),
            ("churn#prod#1", False),
            ("churn#prod#2", False),
        ]
        assert next(it.tries for it in handled if it.event.tag == "churn@v2.0.0") == 3
        assert told == [f"churn@v2.0.0: it fails; attempt {it} of 3 in 0 s" for it in (2, 3)]

    def test_it_is_held_while_others_go_on(self, url: str, state: Path) -> None:
        acts = Acts(**{"churn@v1.0.0": 9})
        handled = watch(url, state, acts, FROM_START)
        assert [(it.outcome, it.event.tag) for it in handled] == [
            ("done", "fraud@v1.0.0"),
            ("held", "churn@v1.0.0"),
        ]
        assert handled[1][2:] == (3, False, "it fails")
        again = Acts()
        handled = watch(url, state, again)
        assert again.done[0] == ("churn@v1.0.0", True)
        assert again.tags == [tag for tag in IN_ORDER if "churn" in tag]
        assert [it.in_doubt for it in handled] == [True, False, False, False]

    def test_a_person_lets_it_be_skipped(self, url: str, state: Path) -> None:
        watch(url, state, Acts(**{"churn@v1.0.0": 9}), FROM_START)
        acts, told = Acts(), list[str]()
        skip = ("churn@v1.0.0", "churn@v7.0.0")
        watch(url, state, acts, QUICK._replace(skip=skip), told=told)
        assert acts.tags == ["churn@v2.0.0", "churn#prod#1", "churn#prod#2"]
        assert told == ["cannot skip churn@v7.0.0: there is no such registry tag"]


class TestRemote:
    def test_away_and_back(self, shared: Shared, state: Path) -> None:
        watched.record(shared.ann, ["churn"])
        elsewhere = shared.remote.path.with_name("elsewhere.git")
        acts, told = Acts(), list[str]()
        steps = iter(range(1000))

        def ended() -> bool:
            step = next(steps)
            if acts.tags == ["churn@v0.1.0"] and not told and shared.remote.path.exists():
                shared.remote.path.rename(elsewhere)
            if told and elsewhere.exists():
                elsewhere.rename(shared.remote.path)
                watched.record(shared.ann, ["churn", "prod"])
            return len(acts.done) == 2 or step == 999

        watch(shared.url, state, acts, FROM_START, until=ended, told=told)
        assert acts.tags == ["churn@v0.1.0", "churn#prod#1"]
        assert len(told) == 2
        assert "trying" in told[0]
        assert told[1] == f"{shared.url} is reachable again"

    def test_the_cache_is_cleared_while_it_watches(
        self, mreg: CommandLine, shared: Shared, state: Path
    ) -> None:
        watched.record(shared.ann, ["churn"])
        acts, told = Acts(), list[str]()

        def ended() -> bool:
            if len(acts.done) == 1 and not told and mirror_files.kept():
                mreg.ok("cache", "clear")
                watched.record(shared.ann, ["churn", "prod"])
            return len(acts.done) == 2

        watch(shared.url, state, acts, FROM_START, until=ended, told=told)
        assert acts.tags == ["churn@v0.1.0", "churn#prod#1"]
        assert told[1:] == [f"{shared.url} is reachable again"]

    def test_a_moved_tag_is_not_acted_upon_again(self, shared: Shared, state: Path) -> None:
        watched.record(shared.ann, ["churn"])
        watch(shared.url, state, Acts(), FROM_START)
        shared.move("churn@v0.1.0")
        acts, told = Acts(), list[str]()
        assert watch(shared.url, state, acts, told=told) == []
        assert [it.partition(" at ")[0] for it in told] == ["churn@v0.1.0 was moved"]

    def test_a_lightweight_tag_is_no_event_until_it_is_mended(
        self, make_repository: Maker, state: Path
    ) -> None:
        origin = make_repository([Lightweight("churn@v1.0.0")], name="origin")
        told: list[str] = []
        assert watch(origin.path.as_uri(), state, Acts(), FROM_START, told=told) == []
        assert len(told) == 1
        assert told[0].startswith("churn@v1.0.0 is not an event: it is a lightweight tag")
        origin.git("tag", "-f", "-a", "-m", "Now", "churn@v1.0.0", origin.commits[0])
        acts = Acts()
        watch(origin.path.as_uri(), state, acts)
        assert acts.tags == ["churn@v1.0.0"]

    def test_a_deleted_tag_is_forgotten(self, shared: Shared, state: Path) -> None:
        watched.record(shared.ann, ["churn"])
        watch(shared.url, state, Acts(**{"churn@v0.1.0": 9}), FROM_START)
        shared.lose("churn@v0.1.0")
        told: list[str] = []
        assert watch(shared.url, state, Acts(), told=told) == []
        assert told == [f"churn@v0.1.0 was in progress, but is no longer at {shared.url}"]

    def test_many_events_come_in_order(self, make_repository: Maker, state: Path) -> None:
        tags = [Tag("churn@v1.0.0", 0, 0), Tag("fraud@v1.0.0", 0, 0)]
        for number in range(1, 20):
            tags.append(Tag(f"churn#prod#{number}", 0, number // 7))
            tags.append(Tag(f"fraud#prod#{number}", 0, number // 5))
        origin = make_repository(tags, name="origin")
        acts = Acts()
        for _ in range(4):
            watch(origin.path.as_uri(), state, acts, FROM_START._replace(most=10))
        assert len(acts.done) == len(set(acts.tags)) == len(tags)
        for name in ("churn", "fraud"):
            numbers = [int(it.split("#")[2]) for it in acts.tags if it.startswith(f"{name}#")]
            assert numbers == [*range(1, 20)]


class TestPolicy:
    POLICY = b"stages:\n  prod:\n    requires: {fields: [owner]}\n"

    @pytest.fixture
    def guarded(self, make_repository: Maker) -> str:
        return make_repository(
            TAGS, name="origin", commits=[{".mreg.yaml": self.POLICY}, {}]
        ).path.as_uri()

    def test_what_it_does_not_allow_is_not_acted_upon(self, guarded: str, state: Path) -> None:
        acts = Acts()
        handled = watch(guarded, state, acts, FROM_START)
        assert acts.tags == IN_ORDER[:3]
        refused = [it for it in handled if it.outcome == "refused"]
        assert [it.event.tag for it in refused] == IN_ORDER[3:]
        assert all(it.reason for it in refused)
        assert watch(guarded, state, acts) == []

    def test_unless_nobody_asks_it(self, guarded: str, state: Path) -> None:
        acts = Acts()
        watch(guarded, state, acts, FROM_START._replace(policy=False))
        assert acts.tags == IN_ORDER


HEAD = b'{"mreg": "watch", "format": 1, "remote": "URL"}\n'


class TestState:
    def test_two_watchers_on_one_state(self, url: str, state: Path) -> None:
        refused: list[str] = []

        def act(*_: object) -> str:
            with pytest.raises(Refused) as other:
                watch(url, state, Acts())
            refused.append(str(other.value))
            return ""

        watch(url, state, act, FROM_START._replace(most=1))
        assert refused == [f"another watcher is already using {state}"]

    @pytest.mark.parametrize(
        "text",
        [
            b"",
            b"not json\n",
            b'{"mreg": "watch", "format": 2, "remote": "URL"}\n',
            b'{"mreg": "watch", "format": 1, "remote": "file:///other"}\n',
            HEAD + b'{"tag": 1}\n',
            HEAD + b"[]\n",
            HEAD + b'{"tag": "churn@v1.0.0", "oid": "5f", "outcome": "doen"}\n',
        ],
    )
    def test_a_file_that_is_none_is_left_alone(self, url: str, state: Path, text: bytes) -> None:
        state.parent.mkdir()
        state.write_bytes(text.replace(b"URL", url.encode()))
        before = state.read_bytes()
        with pytest.raises(Refused):
            watch(url, state, Acts(), FROM_START)
        assert state.read_bytes() == before

    def test_a_line_that_was_cut_short_is_dropped(self, url: str, state: Path) -> None:
        watch(url, state, Acts(), FROM_START)
        whole = state.read_bytes()
        last = whole[: -len(b"\n")].rindex(b"\n") + 1
        for cut in range(last, len(whole)):
            state.write_bytes(whole[:cut])
            kept = Ledger(state, url).entries
            assert kept[IN_ORDER[-1]].outcome == "begun"
            assert state.read_bytes().endswith(b"\n")
        acts = Acts()
        watch(url, state, acts)
        assert acts.done == [(IN_ORDER[-1], True)]

    def test_the_default_is_a_file_of_the_remote_without_its_password(self) -> None:
        file = journal.default("https://example.org/models.git")
        assert file.name.startswith("example.org-models.git-")
        assert file.parent.parts[-2:] == ("mreg", "watch")

    def test_it_does_not_grow_with_every_start(self, url: str, state: Path) -> None:
        watch(url, state, Acts(), FROM_START)
        watch(url, state, Acts())
        assert len(state.read_bytes().splitlines()) == 1 + len(IN_ORDER)


class TestKilled:
    """Killed at any step, and started again: none is missed, and at most one comes twice."""

    @pytest.mark.parametrize("count", [1, 2, 5])
    @pytest.mark.parametrize("step", ["begin", "act", "done"])
    def test_at_a_step(self, url: str, state: Path, tmp_path: Path, step: str, count: int) -> None:
        script, log = watched.command(tmp_path)
        options, failing = ("--exec", script, "--once"), f"{step}:{count}"
        with watched.watching(
            url, state, *options, "--from-start", MREG_FAILPOINT=failing
        ) as first:
            first.communicate(timeout=watched.PATIENCE)
        assert first.returncode == -signal.SIGKILL
        before = watched.lines(log)
        assert before == [f"{tag} 0" for tag in IN_ORDER[: count - (step != "done")]]
        done = subprocess.run(
            watched.arguments(url, state, *options), capture_output=True, text=True, check=True
        )
        again = watched.lines(log)[len(before) :]
        in_doubt = [] if step == "begin" else [f"{IN_ORDER[count - 1]} 1"]
        rest = IN_ORDER[count - (step == "begin") :]
        assert again == [*in_doubt, *(f"{tag} 0" for tag in rest)]
        assert len(done.stdout.splitlines()) == len(again)

    @pytest.mark.parametrize("step", ["ask:1", "ask:2"])
    def test_while_it_asks(self, url: str, state: Path, tmp_path: Path, step: str) -> None:
        script, log = watched.command(tmp_path)
        with watched.watching(url, state, "--exec", script, MREG_FAILPOINT=step) as first:
            first.communicate(timeout=watched.PATIENCE)
        assert first.returncode == -signal.SIGKILL
        begin = ("--from-start",) if step == "ask:1" else ()
        options = ("--exec", script, "--once", *begin)
        subprocess.run(watched.arguments(url, state, *options), check=True)
        # Killed before the first answer, it has never begun; after it, all that was there is past.
        assert len(watched.lines(log)) == (len(IN_ORDER) if step == "ask:1" else 0)


class TestProcess:
    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_told_to_end_it_finishes_what_it_does(
        self, url: str, state: Path, tmp_path: Path, number: int
    ) -> None:
        gate = tmp_path / "gate"
        script, log = watched.command(tmp_path, f'while [ ! -e "{gate}" ]; do sleep 0.02; done')
        with watched.watching(url, state, "--exec", script, "--from-start") as process:
            watched.wait_for(lambda: len(watched.lines(log)) == 1)
            process.send_signal(number)
            assert process.stderr is not None
            assert process.stderr.readline().startswith("following ")
            assert process.stderr.readline().startswith("Stopping after ")
            gate.touch()
            out, err = process.communicate(timeout=watched.PATIENCE)
        assert (process.returncode, err) == (0, "")
        assert out == "done: churn v1.0.0 was registered (churn@v1.0.0)\n"
        assert watched.lines(log) == ["churn@v1.0.0 0"]
        acts = Acts()
        watch(url, state, acts)
        assert acts.done == [(tag, False) for tag in IN_ORDER[1:]]

    def test_told_twice_it_ends_what_it_does(self, url: str, state: Path, tmp_path: Path) -> None:
        script, log = watched.command(tmp_path, "exec sleep 600")
        with watched.watching(url, state, "--exec", script, "--from-start") as process:
            watched.wait_for(lambda: len(watched.lines(log)) == 1)
            process.send_signal(signal.SIGTERM)
            assert process.stderr is not None
            for _ in ("where it begins", "that it ends"):
                process.stderr.readline()
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=watched.PATIENCE)
        assert process.returncode == 130
        acts = Acts()
        watch(url, state, acts)
        assert acts.done[0] == ("churn@v1.0.0", True)

    def test_new_events_are_acted_upon_as_they_come(
        self, shared: Shared, state: Path, tmp_path: Path
    ) -> None:
        script, log = watched.command(tmp_path)
        with watched.watching(shared.url, state, "--exec", script, "--max-events", "3") as process:
            watched.wait_for(state.exists)
            watched.record(shared.ann, ["churn"], ["churn", "prod"])
            watched.wait_for(lambda: len(watched.lines(log)) == 2)
            watched.record(shared.bob, ["fraud"])
            out, err = process.communicate(timeout=watched.PATIENCE)
        begun = f"following {shared.url} from now on: no existing events"
        assert (process.returncode, err) == (0, f"{begun} (state: {state})\n")
        assert watched.lines(log) == ["churn@v0.1.0 0", "churn#prod#1 0", "fraud@v0.1.0 0"]
        assert len(out.splitlines()) == 3

    def test_two_processes_on_one_state(self, url: str, state: Path, tmp_path: Path) -> None:
        script, _ = watched.command(tmp_path)
        with watched.watching(url, state, "--exec", script):
            watched.wait_for(state.exists)
            second = subprocess.run(
                watched.arguments(url, state, "--exec", script),
                capture_output=True,
                text=True,
                check=False,
            )
        assert second.returncode == 1
        assert second.stderr.startswith(f"error: another watcher is already using {state}\nhint: ")
