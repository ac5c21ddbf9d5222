"""`mreg watch` from the command line: what its command gets, webhooks, and what makes no sense."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from commandline import CommandLine
from mreg.deploy import actions, deployment
from mreg.deploy.deployment import Deployment
from mreg.net import backoff
from receivers import drop, receiving, status
from repositories import Maker, Repository, Tag, tag_bytes

MESSAGE = (
    "$(touch pwned) `touch pwned`; touch pwned\n\n\"'\\ \x1b[31m ##vso[task.complete] %0A\u202e"
)

_SCRIPT = """
import json, os, sys
known = {key: it for key, it in os.environ.items() if key.startswith("MREG_")}
print(json.dumps([known, json.load(sys.stdin), sys.argv[1:]]), file=open("got", "a"))
print("said on stdout")
"""


FROM_START = ("--from-start",)


@pytest.fixture
def origin(make_repository: Maker) -> Repository:
    return make_repository(
        [Tag("churn@v1.0.0", 0, 0), Tag("churn#prod#1", 0, 10, MESSAGE)], name="origin"
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "here"
    made.mkdir()
    (made / "act.py").write_text(_SCRIPT)
    return made


def watch(
    mreg: CommandLine, origin: Repository, *arguments: str, start: tuple[str, ...] = FROM_START
) -> tuple[str, ...]:
    own = ["--repo", origin.path.as_uri(), "--state", "state", "--once"]
    for option, value in (("--interval", "0.05"), ("--jitter", "0")):
        own += () if option in arguments else (option, value)
    return ("watch", *own, *start, *arguments)


def began(origin: Repository, folder: Path) -> str:
    """Return what a watch from the start says first."""
    where = f"(state: {folder / 'state'})"
    url = origin.path.as_uri()
    return f"following {url} from the start: 2 existing events {where}\n"


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "FIRST", 0.0)


class TestWhereItBegins:
    def test_from_now_on_says_what_it_passes_over(
        self, mreg: CommandLine, origin: Repository, folder: Path
    ) -> None:
        run = ("--exec", "false")
        url, where = origin.path.as_uri(), f"(state: {folder / 'state'})"
        first = mreg.ok(*watch(mreg, origin, *run, start=()), repo=folder)
        assert first.out == ""
        assert first.err == (
            f"following {url} from now on, without 2 existing events; to include them, use"
            f" --from-start and another --state {where}\nchecked {url} once: nothing new\n"
        )
        again = mreg.ok(*watch(mreg, origin, *run, start=()), repo=folder)
        assert again.err == f"checked {url} once: nothing new\n"

    @pytest.mark.parametrize("option", ["--from-start", "--from-now"])
    def test_where_it_goes_on_from_its_state_it_is_not_told_where_to_begin(
        self, mreg: CommandLine, origin: Repository, folder: Path, option: str
    ) -> None:
        """It would act upon nothing of what is there, or upon all that came meanwhile."""
        run = ("--exec", "true")
        mreg.ok(*watch(mreg, origin, *run, start=()), repo=folder)
        before = (folder / "state").read_bytes()
        done = mreg(*watch(mreg, origin, *run, start=(option,)), repo=folder)
        assert (done.code, done.out) == (1, "")
        assert f"error: {option} applies only to a new watch" in done.err
        assert f"hint: omit {option} to continue" in done.err
        assert (folder / "state").read_bytes() == before
        mreg.ok(*watch(mreg, origin, *run, start=()), repo=folder)
        (folder / "state").rename(folder / "kept")  # as with another --state
        done = mreg.ok(*watch(mreg, origin, *run, start=(option,)), repo=folder)
        assert " once: " in done.err


class TestExec:
    def test_what_the_command_gets(
        self,
        mreg: CommandLine,
        origin: Repository,
        folder: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setenv("MREG_WEBHOOK_SECRET", "not for you")
        monkeypatch.setenv("MREG_MINE", "kept")
        command = f"'{sys.executable}' act.py 'two words' $HOME '*' ';'"
        done = mreg.ok(*watch(mreg, origin, "--exec", command), repo=folder)
        got = [json.loads(it) for it in (folder / "got").read_text().splitlines()]
        assert [it[1]["tag"] for it in got] == ["churn@v1.0.0", "churn#prod#1"]
        variables, event, words = got[1]
        assert words == ["two words", "$HOME", "*", ";"]
        assert event == json.loads(mreg.ok("ci", "churn#prod#1", repo=origin).out) | {
            "repository": origin.path.as_uri()
        }
        assert event["message"] == variables["MREG_MESSAGE"] == MESSAGE
        assert {key: variables[f"MREG_{key.upper()}"] for key in ("event", "stage", "oid")} == {
            "event": "promote",
            "stage": "prod",
            "oid": event["oid"],
        }
        assert (variables["MREG_RETRY"], variables["MREG_MINE"]) == ("0", "kept")
        assert "MREG_WEBHOOK_SECRET" not in variables
        assert {it.name for it in folder.iterdir()} == {"act.py", "got", "state"}
        assert done.out.splitlines() == [
            "done: churn v1.0.0 was registered (churn@v1.0.0)",
            "done: churn v1.0.0 was promoted to prod (churn#prod#1)",
        ]

    def test_webhooks_of_the_environment_are_for_others(
        self,
        mreg: CommandLine,
        origin: Repository,
        folder: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        with receiving() as receiver:
            monkeypatch.setenv("MREG_WEBHOOK", receiver.url)
            done = mreg.ok(*watch(mreg, origin, "--exec", "true"), repo=folder)
        assert [it.split(":")[0] for it in done.out.splitlines()] == ["done", "done"]
        assert receiver.events() == []

    def test_json(self, mreg: CommandLine, origin: Repository, folder: Path) -> None:
        done = mreg.ok(*watch(mreg, origin, "--exec", "true", "--json"), repo=folder)
        found = [json.loads(it) for it in done.out.splitlines()]
        assert [it.keys() for it in found] == [
            {"outcome", "event", "tries", "in_doubt", "reason"}
        ] * 2
        assert found[1]["event"]["message"] == MESSAGE
        assert "##vso[" not in done.out
        assert "\x1b" not in done.out

    def test_one_that_fails_every_time(
        self, mreg: CommandLine, origin: Repository, folder: Path
    ) -> None:
        done = mreg(*watch(mreg, origin, "--exec", "false", "--tries", "2"), repo=folder)
        assert done.code == 1
        assert done.out == (
            "held: churn v1.0.0 was registered (churn@v1.0.0): it ended with exit code 1\n"
        )
        assert done.err == (
            f"{began(origin, folder)}churn@v1.0.0: it ended with exit code 1; "
            "attempt 2 of 2 in 0 s\n"
            "hint: later events of churn wait; restart `mreg watch` to try this one again, with"
            " --skip 'churn@v1.0.0' to go on without it\n"
            f"checked {origin.path.as_uri()} once: 1 held\n"
        )
        options = ("--exec", "true", "--skip", "churn@v1.0.0")
        mreg.ok(*watch(mreg, origin, *options, start=()), repo=folder)

    def test_where_a_watch_goes_on_it_says_what_it_follows(
        self, mreg: CommandLine, origin: Repository, folder: Path
    ) -> None:
        mreg.ok(*watch(mreg, origin, "--exec", "true", "--max-events", "1"), repo=folder)
        options = [it for it in watch(mreg, origin, "--exec", "true", start=()) if it != "--once"]
        done = mreg.ok(*options, "--max-events", "1", repo=folder)
        assert done.err == f"following {origin.path.as_uri()} (state: {folder / 'state'})\n"

    @pytest.mark.parametrize(
        ("command", "strange"),
        [
            ("echo $MREG_VERSION", "$MREG_VERSION"),
            ("echo 'to ${MREG_STAGE}'", "to ${MREG_STAGE}"),
            ("true && true", "&&"),
            ("true it; true", "it;"),
            ("true > deployed", ">"),
            ("sh -c 'true $MREG_VERSION && true'", None),
            ("true $HOME", None),
        ],
    )
    def test_what_only_a_shell_would_read_is_pointed_out(
        self, mreg: CommandLine, origin: Repository, folder: Path, command: str, strange: str | None
    ) -> None:
        done = mreg.ok(*watch(mreg, origin, "--exec", command), repo=folder)
        told = f"note: --exec runs no shell, so the command gets {strange} as an argument;"
        assert (told in done.err) == (strange is not None)

    def test_a_script_that_cannot_be_run_is_told_from_one_that_is_not_there(
        self, mreg: CommandLine, origin: Repository, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (folder / "deploy.sh").write_text("#!/bin/sh\n")
        monkeypatch.chdir(folder)
        for command, remedy in [
            ("deploy.sh", "write ./deploy.sh"),
            ("./deploy.sh", "chmod +x ./deploy.sh"),
            ("./undeploy.sh", "use a program and its arguments"),
        ]:
            done = mreg(*watch(mreg, origin, "--exec", command), repo=folder)
            assert (done.code, remedy in done.err) == (1, True)

    def test_one_attempt_each_time_with_once(
        self, mreg: CommandLine, origin: Repository, folder: Path
    ) -> None:
        for start in (FROM_START, ()):
            done = mreg(*watch(mreg, origin, "--exec", "false", start=start), repo=folder)
            assert done.code == 1
            assert "held: churn v1.0.0 was registered" in done.out
            assert "; attempt" not in done.err
        done = mreg.ok(*watch(mreg, origin, "--exec", "true", start=()), repo=folder)
        assert done.err == f"checked {origin.path.as_uri()} once: 2 done\n"

    @pytest.mark.parametrize(
        ("command", "reason"),
        [
            ("sleep 600", "it took longer than 0.1 s and was stopped"),
            ("sh -c 'trap \"\" TERM; kill -9 $$'", "it was killed by signal 9"),
            ("./act.py", "./act.py: Permission denied"),
            ("sh -c 'exec 0<&-; exit 7'", "it ended with exit code 7"),
        ],
    )
    def test_how_it_fails(
        self, mreg: CommandLine, origin: Repository, folder: Path, command: str, reason: str
    ) -> None:
        if command == "./act.py":
            (folder / "act.py").chmod(0o755)
            (folder / "act.py").write_text("#!/nowhere\n")
            reason = "./act.py: No such file or directory"
        options = ("--exec", command, "--tries", "1", "--timeout", "0.1s")
        done = mreg(*watch(mreg, origin, *options), repo=folder)
        assert (done.code, done.out.strip().rpartition("(churn@v1.0.0): ")[2]) == (1, reason)

    def test_values_that_no_environment_takes(self) -> None:
        found = Deployment(
            "register",
            message=deployment.plain("\x00" + "\U0001f680" * 100_000),
            path=deployment.plain("\udcff"),
        )
        variables = actions.variables_of(found, again=True)
        done = actions.CommandAction(("env",), {"PATH": "/usr/bin:/bin"})(found, False)
        assert done == ""
        assert variables["MREG_RETRY"] == "1"
        assert len(variables["MREG_MESSAGE"]) == 8000

    def test_a_message_with_a_nul(
        self, mreg: CommandLine, origin: Repository, folder: Path
    ) -> None:
        origin.put_tag(
            "churn#prod#2", tag_bytes("churn#prod#2", origin.commits[0], message=b"a\0b\xff\n")
        )
        mreg.ok(*watch(mreg, origin, "--exec", "true"), repo=folder)


class TestWebhooks:
    def test_each_event_is_told_with_its_key(
        self, mreg: CommandLine, origin: Repository, folder: Path
    ) -> None:
        with receiving(drop, status(500)) as receiver:
            mreg.ok(*watch(mreg, origin, "--webhook", receiver.url), repo=folder)
        assert receiver.events() == ["churn@v1.0.0"] * 3 + ["churn#prod#1"]
        keys = [it.headers["Idempotency-Key"] for it in receiver.requests]
        assert keys == [it.json["oid"] for it in receiver.requests]

    def test_only_who_does_not_know_is_told_again(
        self, mreg: CommandLine, origin: Repository, folder: Path
    ) -> None:
        with receiving(status(404)) as first, receiving() as second:
            options = ("--webhook", first.url, "--webhook", second.url, "--tries", "5")
            done = mreg.ok(*watch(mreg, origin, *options), repo=folder)
        assert first.events() == ["churn@v1.0.0", "churn@v1.0.0", "churn#prod#1"]
        assert second.events() == ["churn@v1.0.0", "churn#prod#1"]
        assert done.err == (
            f"{began(origin, folder)}"
            f"churn@v1.0.0: {first.url}: it answered 404; attempt 2 of 5 in 0 s\n"
            f"checked {origin.path.as_uri()} once: 2 done\n"
        )

    def test_a_url_is_never_shown_in_full(
        self,
        mreg: CommandLine,
        origin: Repository,
        folder: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        with receiving(*[status(404)] * 2) as receiver:
            monkeypatch.setenv("MREG_WEBHOOK", f"{receiver.url}/secret")
            done = mreg(*watch(mreg, origin, "--tries", "2"), repo=folder)
        assert done.code == 1
        assert "secret" not in done.out + done.err + (folder / "state").read_text()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((), 2, "no action is given"),
        (("--exec", "true", "--webhook", "https://h.example"), 2, "cannot be used together"),
        (("--exec", "no-such-program --option"), 1, "cannot find the program 'no-such-program'"),
        (("--exec", "echo 'unended"), 2, "cannot split --exec"),
        (("--exec", "true", "--interval", "often"), 2, "--interval is 'often'"),
        (("--exec", "true", "--interval", "0"), 2, "--interval is '0'"),
        (("--exec", "true", "--timeout", "-1s"), 2, "--timeout is '-1s'"),
        (("--exec", "true", "--jitter", "2"), 2, "--jitter"),
        (("--exec", "true", "--tries", "0"), 2, "--tries"),
        (("--exec", "true", "--action", "eat"), 2, "--action"),
        (("--exec", "true", "--stage", "pr od"), 1, "pr od"),
        (("--exec", "true", "--remote", "x"), 1, "there is no remote 'x'"),
        (("--webhook", "mailto:secret@example.org"), 2, "not the URL of a webhook"),
    ],
)
def test_what_makes_no_sense(
    mreg: CommandLine,
    origin: Repository,
    folder: Path,
    arguments: tuple[str, ...],
    code: int,
    said: str,
) -> None:
    done = mreg(*watch(mreg, origin, *arguments), repo=folder)
    assert (done.code, done.out) == (code, "")
    assert said in done.err
    assert "secret" not in done.err
    assert not (folder / "state").exists()


DOCUMENT = Path(__file__).parents[2] / "docs" / "how-to" / "watch.md"


class TestDocument:
    def test_what_it_verifies_with_is_right(
        self, mreg: CommandLine, origin: Repository, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        [snippet] = re.findall(
            r"^```python\n(import hashlib.*?)^```", DOCUMENT.read_text(), re.M | re.S
        )
        scope: dict[str, object] = {}
        exec(snippet, scope)
        verify = scope["verify"]
        assert callable(verify)
        monkeypatch.setenv("MREG_WEBHOOK_SECRET", "between us")
        with receiving() as receiver:
            mreg.ok(*watch(mreg, origin, "--webhook", receiver.url), repo=folder)
        got = receiver.requests[0]
        assert verify(b"between us", got.headers, got.body)
        assert not verify(b"another", got.headers, got.body)
        assert not verify(b"between us", got.headers, got.body + b" ")
        assert not verify(b"between us", {}, got.body)
        sent = int(got.headers["X-Mreg-Timestamp"])
        for other in (sent + 1, sent - 1000, sent + 1000):
            headers = got.headers | {"X-Mreg-Timestamp": str(other)}
            assert not verify(b"between us", headers, got.body)

    def test_the_options_in_it_exist(self, mreg: CommandLine) -> None:
        known = re.findall(r"--[a-z-]+", mreg.ok("watch", "--help").out)
        text = DOCUMENT.read_text()
        unit = re.search(r"^ExecStart=.*$", text, re.M)
        assert unit is not None
        container = text[text.index("args:") : text.index("env:")]
        used = re.findall(r"--[a-z-]+", unit[0] + container)
        assert len(used) >= 8
        assert set(used) <= set(known)
