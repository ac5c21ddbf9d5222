"""The column of the served pages that says what really runs."""

from __future__ import annotations

import html
import re
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

import model_servers
from commandline import CommandLine
from model_servers import Models, says, serves
from mreg import Registry
from mreg.web.read import PageSource
from mreg.web.stages import AtEndpoint
from mreg.web.ui.running import EVERY, WhatRuns
from repositories import Maker, Repository, Tag
from uis import PATIENCE, ServedUi, serving

SECRETS = {"MREG_ENDPOINT_TOKEN": "abc"}


@pytest.fixture
def models() -> Iterator[Models]:
    with model_servers.running() as found:
        yield found


@pytest.fixture
def repo(make_repository: Maker, models: Models) -> Repository:
    tags = [
        Tag("churn@v1.0.0", 0, 0),
        Tag("churn@v1.1.0", 1, 1),
        Tag("churn#prod", 1, 2, "Go\n\nVersion: v1.1.0"),
        Tag("fraud@v1.0.0", 0, 0),
        Tag("fraud#prod", 0, 2),
        Tag("fraud#dev#2", 0, 3),
    ]
    settings = (
        f"endpoints: {{prod: {{url: '{models.url}/{{name}}',"
        " headers: {X-Token: '${MREG_ENDPOINT_TOKEN}'}}}\n"
    )
    return make_repository(tags, commits=[{".mreg.yaml": settings.encode()}, {}])


def stages(ui: ServedUi) -> str:
    return ui.page("/stages.html")


def text(page: str) -> str:
    return html.unescape(" ".join(re.sub("<[^>]*>", " ", page).split()))


def once_heard(ui: ServedUi, *wanted: str) -> str:
    """Return the page as soon as it says something."""
    end = time.monotonic() + PATIENCE
    while any(it not in text(page := stages(ui)) for it in wanted):
        assert time.monotonic() < end, text(page)
        time.sleep(0.02)
    return page


def test_the_column_is_there_as_soon_as_something_was_heard(
    repo: Repository, models: Models
) -> None:
    models["/churn"] = serves("v1.0.0")
    models["/fraud"] = says(b"<script>alert(1)</script>", 500)
    with serving(Registry.open(repo.path), secrets=SECRETS) as ui:
        assert models.asked == []  # nobody looked
        before = ui.application.state()
        page = once_heard(ui, "v1.0.0", "unknown", "it answered 500 Internal Server Error")
        assert ui.application.state() != before  # so pages that are open are shown anew
        assert {headers["X-Token"] for _, headers in models.asked} == {"abc"}
        main, _, dev = page.partition('id="s-dev"')
        assert "runs</th>" in main
        assert "runs</th>" not in dev


def test_a_page_does_not_wait_for_an_endpoint(repo: Repository, models: Models) -> None:
    gate = threading.Event()

    def waits(handler: BaseHTTPRequestHandler) -> None:
        gate.wait(PATIENCE)
        serves("v1.0.0")(handler)

    models["/churn"] = models["/fraud"] = waits
    with serving(Registry.open(repo.path), secrets=SECRETS) as ui:
        assert "runs</th>" not in stages(ui)
        assert "runs</th>" not in stages(ui)  # while it is asked
        gate.set()
        once_heard(ui, "v1.0.0")


def test_pages_as_of_a_time_and_those_of_a_site_say_nothing(
    repo: Repository, models: Models, mreg: CommandLine, tmp_path: Path
) -> None:
    models["/churn"] = models["/fraud"] = serves("v1.0.0")
    with serving(Registry.open(repo.path), secrets=SECRETS) as ui:
        once_heard(ui, "shows what the endpoints in .mreg.yaml report")
        assert "runs</th>" not in ui.page("/at/2030-01-01/stages.html")
    mreg.ok("site", str(tmp_path / "site"), repo=repo)
    assert "runs</th>" not in (tmp_path / "site" / "stages.html").read_text()
    with serving(Registry.open(repo.path)) as ui:
        asked = len(models.asked)
        stages(ui)
        assert len(models.asked) == asked


# How often


class Heard:
    """A clock, and sources that tell when they are asked."""

    def __init__(self, *sources: PageSource) -> None:
        self.now = 0.0
        self.asked = 0
        self._sources = sources

    def clock(self) -> float:
        return self.now

    def sources(self) -> tuple[PageSource, ...]:
        self.asked += 1
        return self._sources


def settled(found: WhatRuns) -> None:
    thread = found._asking
    if thread:
        thread.join(PATIENCE)
    assert found._asking is None


def test_they_are_asked_now_and_then_while_somebody_looks(repo: Repository, models: Models) -> None:
    models["/churn"] = serves("v1.1.0")
    source = Heard(PageSource(Registry.open(repo.path), "repository"))
    found = WhatRuns(source.sources, SECRETS, clock=source.clock)
    assert (found.heard.state, source.asked) == ("", 0)
    found.look()
    settled(found)
    assert found.heard.said["repository", "churn", "prod"] == (
        AtEndpoint("same", "v1.1.0", "", f"{models.url}/churn"),
    )
    state = found.heard.state
    source.now = EVERY - 1
    found.look()
    assert source.asked == 1
    source.now = EVERY
    assert found.heard.state == state
    settled(found)
    assert (source.asked, found.heard.state) == (2, state)


def test_a_registry_that_cannot_be_read_says_nothing(repo: Repository, tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    source = Heard(
        PageSource(Registry.open(tmp_path / "gone", around=False), "gone"),
        PageSource(Registry.open(repo.path), "repository"),
    )
    found = WhatRuns(source.sources, {}, clock=source.clock)
    found.look()
    settled(found)
    assert {key[0] for key in found.heard.said} == {"repository"}
