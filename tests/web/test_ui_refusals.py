"""Every refusal of the policy: the page says it in the words of the terminal."""

from __future__ import annotations

import html
import json
import re
import shlex
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from model.walk import RULES

from commandline import CommandLine
from keys import use
from mreg import Registry
from mreg.policy.gates import TAG_RULES
from mreg.web.read import Choice
from mreg.web.ui import pages
from mreg.web.ui.application import ServedPages
from mreg.web.ui.pages import LivePages
from mreg.web.ui.requests import HttpRequest
from repositories import START, Repository
from stand import Stand
from team import Team
from uis import PATIENCE

CHURN = "m/server/churn"


class Wish(NamedTuple):
    """What somebody wants, and what keeps it from being done.

    Attributes:
        rules: the rules that are not kept; nothing where another thing is wrong.
        action: what is wanted.
        version: of what.
        stage: where.
        by: by whom; their key signs it.
        more: what the form has besides.
    """

    rules: str
    action: str
    version: str = ""
    stage: str = ""
    by: str = "ann"
    more: Mapping[str, str] = {}

    @property
    def values(self) -> dict[str, str]:
        named = {"version": self.version, "stage": self.stage}
        return {**{key: it for key, it in named.items() if it}, **self.more}


REFUSED = (
    Wish("signature", "promote", "v1.0.0", "open", by="dan-old"),
    Wish("signature by", "deprecate", by="mallory"),
    Wish("by", "promote", "v1.0.0", "managed"),
    Wish("by", "register", by="carl", more={"rev": "main", "force": "yes"}),
    Wish("by", "deregister", "v1.1.0", by="dan"),
    Wish("stage", "promote", "v1.0.0", "opne"),
    Wish("from", "promote", "v1.1.0", "after"),
    Wish("type", "promote", "v2.1.0", "open"),
    Wish("fields", "promote", "v1.2.0", "described"),
    Wish("metrics", "promote", "v1.1.0", "measured"),
    Wish("metrics", "promote", "v2.9.0", "measured"),
    Wish("no_regression", "promote", "v1.1.0", "better"),
    Wish("inputs", "promote", "v2.2.0", "fed"),
    Wish("schema", "promote", "v2.25.0", "called"),
    Wish("branches", "promote", "v1.3.0", "merged"),
    Wish("exclusive", "promote", "v1.1.0", "sole"),
    Wish("approvals", "promote", "v1.0.0", "approved", by="dan"),
    Wish("reject approvals", "promote", "v1.1.0", "approved", by="dan"),
    Wish("", "approve", "v1.0.0", "approved", by="mallory"),
    Wish("", "reject", "v1.0.0", "opne", by="bob"),
    Wish("", "rollback", stage="open"),
)


def named(wish: Wish) -> str:
    words = (wish.action, wish.version, wish.stage, wish.by, wish.rules.replace(" ", "+"))
    return "-".join(filter(None, words))


def pages_of(repo: Repository) -> ServedPages:
    return ServedPages(LivePages([Registry.open(repo.path)], choice=Choice()))


@pytest.fixture(scope="module", autouse=True)
def patient() -> Iterator[None]:
    """Wait for pages as long as they take."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pages, "PATIENCE", PATIENCE)
        yield


@pytest.fixture(scope="module")
def served(opened: Stand) -> Iterator[ServedPages]:
    """The pages of a registry in which something keeps each rule from being kept."""
    refs, last = dict(opened.refs), opened.last
    held = opened.tag("churn#sole#2")
    said = opened.word("bob", "reject", version="v1.1.0")
    called = opened.tag("churn#called#3", "v2.24.0", Previous=held)
    opened.put({"churn#sole#2": held, "churn#called#3": called, **said})
    yield pages_of(opened.server)
    opened.restore(refs)
    opened.last = last


def become(patch: pytest.MonkeyPatch, team: Team, wish: Wish) -> None:
    """Let Git know who acts, and with which key."""
    settings = {"user.name": wish.by.title(), "user.email": f"{wish.by}@example.com"}
    settings |= use(team.keys[wish.by])
    numbers = count()
    for (key, value), number in zip(settings.items(), numbers, strict=False):
        patch.setenv(f"GIT_CONFIG_KEY_{number}", key)
        patch.setenv(f"GIT_CONFIG_VALUE_{number}", value)
    patch.setenv("GIT_CONFIG_COUNT", str(len(settings)))


def clicked(served: ServedPages, wish: Wish, path: str = "ui/rehearse") -> dict[str, Any]:
    """Send what a click on the model's page sends."""
    model = served.pages.here(CHURN)
    sent = {"action": wish.action, "model": CHURN, "values": wish.values, "seen": model.seen}
    answer = served.answer(HttpRequest("POST", path, body=json.dumps(sent).encode()))
    assert answer.status is HTTPStatus.OK
    found: dict[str, Any] = json.loads(answer.body)
    return found


def shown(markup: str) -> list[str]:
    """Return what the page says of a refusal: what is wrong, and what to do."""
    boxes = re.findall(r'<pre class="ui-(?:error|hint)">(.*?)</pre>', markup, re.DOTALL)
    return [html.unescape(it) for it in boxes]


def terminal(markup: str) -> str:
    """Return the command that the page proposes."""
    found = re.search(r"<code>mreg (.*?)</code>", markup, re.DOTALL)
    assert found
    return html.unescape(found[1])


def printed(error: str) -> list[str]:
    """Return what a terminal says of a refusal, without what it notes besides."""
    plain = re.sub("(?m)^(warning|note): .*\n", "", error)
    start = plain.index("error: ")
    return [it.strip("\n") for it in re.split("(?m)^(?=hint: )", plain[start:])]


@pytest.mark.parametrize("wish", REFUSED, ids=map(named, REFUSED))
def test_the_page_refuses_as_a_terminal_does(
    wish: Wish,
    served: ServedPages,
    opened: Stand,
    mreg: CommandLine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    become(monkeypatch, opened, wish)
    before = opened.server.refs()
    found = clicked(served, wish)
    command = shlex.split(terminal(found["html"]))
    assert found["outcome"] == "refused"
    if not wish.rules:  # what a word is refused for hangs on whether it was signed
        command.append("--dry-run")
    done = mreg(*command, repo=opened.server)
    assert done.code in (1, 2)
    assert shown(found["html"]) == printed(done.err)
    assert broken(shown(found["html"])) == {*wish.rules.split()}
    assert opened.server.refs() == before


def broken(said: list[str]) -> set[str]:
    """Return the rules that a refusal names."""
    return {*re.findall("(?m)^  ([a-z_]+): ", said[0])}


def test_each_rule_is_among_them() -> None:
    """But for those that what is clicked cannot break: a version is chosen, so it is registered."""
    assert {rule for it in REFUSED for rule in it.rules.split()} == RULES - {
        "registered",
        "registration",
    }


def test_what_the_servers_hook_refuses(
    founded: Team, tmp_path: Path, mreg: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server tells of the rules on tags; those that no event breaks, mreg pushes nothing of."""
    team = founded.joined(tmp_path)
    team.install("pre-receive")
    oid = team.tag("churn#open#1", at=START, Previous="0" * 40, Registry="other", Registration=None)
    team.clone.git("fetch", "-q", "--tags", "origin")
    team.clone.git("update-ref", "refs/tags/churn#open#1", oid)
    become(monkeypatch, team, Wish("", "push"))
    served = pages_of(team.clone)
    found = clicked(served, Wish("", "push"), "ui/act")
    done = mreg("push", "churn", repo=team.clone)
    assert done.code == 1
    assert shown(found["html"]) == printed(done.err)
    for rule in TAG_RULES.keys() - {"kind", "name", "number"}:
        assert f"mreg: churn#open#1: {rule}: " in shown(found["html"])[0]
