"""A catalog that is served: what is read when, what is refused, and how it ends."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from queue import SimpleQueue
from shutil import which
from typing import Any

import pytest

from commandline import CommandLine
from mreg.catalog import Catalog
from mreg.catalog.live import CatalogEditions, CatalogPages
from mreg.catalog.pushes import MOST
from mreg.catalog.refresher import Refresher, RefreshOutcome
from mreg.catalog.service import CatalogService, WebhookOutcome
from mreg.system import locks
from mreg.web.read import Choice
from mreg.web.ui.connections import Bounds, Listening, Server
from mreg.web.ui.door import HEADERS
from mreg.web.ui.requests import HttpRequest
from posts import HOSTS, SECRET, TOKEN, push, signed
from repositories import Maker, Repository, Tag, add_tag, isolated, run
from uis import PATIENCE, TRAVERSALS, Answer, ServedUi, heard, running

NAMES = frozenset(("models.example.com",))


class ServedCatalog:
    """A catalog that is served, and what happened meanwhile.

    Attributes:
        ui: how to ask the server.
        refreshed: what came of each refresh.
        posted: what became of each webhook.
    """

    ui: ServedUi
    pages: CatalogPages
    service: CatalogService

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.refreshed: SimpleQueue[RefreshOutcome] = SimpleQueue()
        self.posted: SimpleQueue[WebhookOutcome] = SimpleQueue()

    def url(self, name: str) -> str:
        return (self.folder / f"git/{name}.git").as_uri()

    def post(self, body: bytes, headers: dict[str, str], target: str = "/webhooks") -> Answer:
        said = {name.replace("-", "_"): it for name, it in headers.items()}
        return self.ui.ask(target, "POST", body, **{"Origin": None, **said})

    def push(self, name: str, host: str = "GitHub", id_: str = "") -> Answer:
        body = push(host, self.url(name))
        return self.post(body, signed(host, body, id_=id_ or os.urandom(8).hex()))

    def next(self) -> RefreshOutcome:
        return self.refreshed.get(timeout=PATIENCE)

    def quiet(self) -> bool:
        """Tell whether nothing was read, nor is to be."""
        return self.refreshed.empty() and not self.pages.refresher.waiting


@contextmanager
def serving(folder: Path) -> Iterator[ServedCatalog]:
    """Serve a folder's catalog until the block ends, after the first round."""
    found, bugs = ServedCatalog(folder), list[Exception]()
    found.pages = CatalogPages(
        Catalog.open(folder / "catalog.yaml"),
        every=3600,
        report=found.refreshed.put,
        bug=bugs.append,
        choice=Choice(),
        read_only="it is served",
    )
    secrets = (b"of somebody else's", SECRET, TOKEN)
    found.service = CatalogService(found.pages, secrets, found.posted.put)
    bounds = Bounds(look=0.1, body=MOST)
    server = Server(found.service, anybody=Listening(names=NAMES), bug=bugs.append, bounds=bounds)
    with running(server, bugs) as found.ui, found.pages:
        found.next()
        yield found


def made(folder: Path, make: Maker) -> Path:
    """Make a catalog of two bare repositories, one by URL, beside one that it does not have."""
    one = make([Tag("scorer@v1.0.0")])
    for name in ("alpha", "beta", "other"):
        run(folder, "clone", "-q", "--bare", str(one.path), str(folder / f"git/{name}.git"))
    lines = f"- url: {(folder / 'git/alpha.git').as_uri()}\n- path: git/beta.git\n"
    (folder / "catalog.yaml").write_text(f"index: index.db\nparallel: 1\nrepositories:\n{lines}")
    return folder


@pytest.fixture
def folder(tmp_path: Path, make_repository: Maker) -> Path:
    return made(tmp_path, make_repository)


def test_a_push_is_on_the_pages_and_told_to_those_who_look(folder: Path) -> None:
    with serving(folder) as served:
        assert "scorer" in served.ui.page("/")
        listening = served.ui.connect()
        listening.sendall(f"GET /ui/events HTTP/1.1\r\nHost: {served.ui.host}\r\n\r\n".encode())
        news = listening.makefile("rb")
        first = _next_news(news)
        for name, host in (("alpha", "GitHub"), ("beta", "GitLab")):
            assert "v2.0.0" not in served.ui.page(f"/m/{name}/scorer/index.html")
            add_tag(folder / f"git/{name}.git", "scorer@v2.0.0")
            answer = served.push(name, host)
            assert (answer.status, answer.json()["repositories"]) == (202, [name])
            found = served.next()
            assert found.report
            assert (found.reason, found.labels, found.report.read) == ("push", (name,), (name,))
            changed = _next_news(news)
            assert changed != first
            first = changed
            page = served.ui.page(f"/m/{name}/scorer/index.html")
            while "v2.0.0" not in page:  # the page of before is shown while the new one is made
                page = served.ui.page(f"/m/{name}/scorer/index.html")
        found = served.ui.ask("/ui/search?q=version=2.0.0").json()
        assert found == {"pages": [f"m/{it}/scorer/index.html" for it in ("alpha", "beta")]}
        assert "wrong" in served.ui.ask("/ui/search?q=version=").json()
        assert "v1.0.0" not in served.ui.page("/at/2001-01-01/m/alpha/scorer/index.html")
        listening.close()


def begin_round(served: ServedCatalog) -> None:
    """Let it be time for the next round."""
    served.pages.refresher._queue.next_round = 0
    served.pages.refresher.push([])


def _next_news(news: Any) -> str:
    while not (said := news.readline().decode()).startswith("data: "):
        assert said
    return str(said)


def test_remotes_are_asked_by_refreshes_and_by_no_page(folder: Path) -> None:
    with serving(folder) as served:
        served.ui.page("/")
        (folder / "git/alpha.git").rename(folder / "git/gone.git")
        assert "v1.0.0" in served.ui.page("/m/alpha/scorer/index.html")
        assert served.push("alpha").status == 202
        found = served.next()
        assert found.report
        assert [it.subject for it in found.report.faults] == ["alpha"]
        status = served.ui.ask("/status.json").json()
        assert [it["repository"] for it in status["failing"]] == ["alpha"]
        assert "v1.0.0" in served.ui.page("/m/alpha/scorer/index.html")
        assert "outdated" not in served.ui.page("/")
        assert 'name="mreg-trouble" content="alpha: there is no' in served.ui.page("/")


def test_what_pages_could_not_read_is_tried_again_by_the_next_refresh(folder: Path) -> None:
    with serving(folder) as served:
        (folder / "git/alpha.git").rename(folder / "git/gone.git")
        assert "1 repository not read" in served.ui.page("/")
        (folder / "git/gone.git").rename(folder / "git/alpha.git")
        begin_round(served)
        found = served.next()
        assert found.report
        assert found.report.unchanged == 2
        served.ui.page("/")
        while "not read" in (page := served.ui.page("/")):  # that of before, meanwhile
            pass
        assert "v1.0.0" in served.ui.page("/m/alpha/scorer/index.html"), page


def test_no_pages_of_before_pass_for_those_of_a_new_state(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(folder) as served:
        pages, seen = served.pages.pages, list[str]()
        before, sources = pages.state(), pages.sources
        shown = property(lambda _: sources, _noting(seen))
        monkeypatch.setattr(CatalogEditions, "sources", shown, raising=False)
        pages.renew(["alpha"])
        assert seen == [before]
        assert pages.state() != before


def _noting(seen: list[str]) -> Callable[[CatalogEditions, object], None]:
    return lambda pages, _: seen.append(pages.state())


def test_a_server_that_is_started_again_shows_what_was_read_before(folder: Path) -> None:
    Catalog.open(folder / "catalog.yaml").refresh()
    (folder / "git/alpha.git").rename(folder / "git/gone.git")
    (folder / "catalog.yaml").write_text(
        (folder / "catalog.yaml").read_text().replace("parallel: 1", "parallel: 1\ntitle: Ours")
    )
    with locks.held(folder / "index.db.lock", seconds=PATIENCE), serving(folder) as served:
        assert served.pages.refresher.is_first is False
        assert "v1.0.0" in served.ui.page("/m/alpha/scorer/index.html")
        assert "v1.0.0" in served.ui.page("/m/beta/scorer/index.html")
        assert "<title>Ours</title>" in served.ui.page("/")


def test_the_file_is_read_anew_and_what_fails_is_tried_again(folder: Path) -> None:
    file = folder / "catalog.yaml"
    with serving(folder) as served:
        text = file.read_text()
        file.write_text(f"{text}- path: git/other.git\n")
        begin_round(served)
        found = served.next()
        assert found.report
        assert found.report.read == ("other",)
        assert "other" in served.ui.page("/m/other/scorer/index.html")
        file.write_text("repositories: 1\n")
        begin_round(served)
        assert "catalog.yaml" in served.next().error
        assert served.next().report
        file.write_text(text)
        begin_round(served)
        found = served.next()
        assert found.report
        assert found.report.removed == ("other",)
        with locks.held(folder / "index.db.lock", seconds=PATIENCE):
            assert served.push("beta").status == 202
            assert "another refresh" in served.next().error
        assert served.push("beta", "mreg").status == 202
        assert served.next().report


def test_who_waits_for_pages_is_told_what_keeps_them(folder: Path) -> None:
    (folder / "file").touch()
    text = (folder / "catalog.yaml").read_text()
    (folder / "catalog.yaml").write_text(text.replace("index.db", "file/index.db"))
    with serving(folder) as served:
        page = served.ui.ask("/").body.decode()
        assert "0 of 2 repositories" in page
        assert f"{folder / 'file'}: File exists" in page


def test_a_bug_is_told_once_and_ends_nothing(folder: Path) -> None:
    told: SimpleQueue[Exception] = SimpleQueue()
    fault = ZeroDivisionError("a bug")

    def looked_up() -> None:
        raise fault

    catalog = Catalog.open(folder / "catalog.yaml")
    refresher = Refresher(catalog, 3600, looked_up=looked_up, report=lambda _: None, bug=told.put)
    refresher.start()
    assert told.get(timeout=PATIENCE) is fault
    refresher.end()
    assert told.empty()
    assert not catalog.index.exists()


# What is refused


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedCatalog]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in isolated(tmp_path_factory.mktemp("home")).items():
            patch.setenv(name, value)
        make = Maker(*(tmp_path_factory.mktemp(it) for it in ("repositories", "templates")))
        with serving(made(tmp_path_factory.mktemp("catalog"), make)) as found:
            found.ui.page("/")
            yield found


@pytest.fixture(autouse=True)
def _nothing_is_read_or_written(request: pytest.FixtureRequest) -> Iterator[None]:
    if "served" not in request.fixturenames:
        yield
        return
    served: ServedCatalog = request.getfixturevalue("served")
    while not served.posted.empty():
        served.posted.get()
    folders = [Repository(served.folder / f"git/{it}.git") for it in ("alpha", "beta", "other")]
    before = [it.contents() for it in folders]
    yield
    assert served.quiet()
    assert [it.contents() for it in folders] == before
    assert served.ui.bugs == []


@pytest.mark.parametrize("host", HOSTS)
def test_nobody_who_does_not_know_the_secret_is_listened_to(
    served: ServedCatalog, host: str
) -> None:
    for name in ("alpha", "other"):  # the answer tells nobody what the catalog has
        body = push(host, served.url(name))
        wrong = signed(host, body, secret=b"guessed guessed", key=b"\1" * 32)
        answer = served.post(body, wrong)
        assert answer.status == 401
        assert served.post(body, {"Content-Type": "application/json"}).status == 401
        assert b"alpha" not in answer.body


@pytest.mark.skipif(not (which("curl") and which("openssl")), reason="there is no curl, or OpenSSL")
def test_the_hook_of_the_documentation_is_listened_to(
    served: ServedCatalog, tmp_path: Path
) -> None:
    page = (Path(__file__).parents[2] / "docs/how-to/catalog.md").read_text()
    script = page.rpartition("```sh\n#!/bin/sh\n")[2].partition("```")[0]
    assert "X-Mreg-Signature-256" in script
    (tmp_path / "secret").write_bytes(SECRET)
    for ours, real in (
        ("https://models.example.com", f"http://{served.ui.host}"),
        ("/etc/mreg/secret", str(tmp_path / "secret")),
        ("team-a/churn", "beta"),
    ):
        assert ours in script
        script = script.replace(ours, real)
    done = subprocess.run(["/bin/sh", "-c", script], capture_output=True, check=True, text=True)
    assert json.loads(done.stdout)["repositories"] == ["beta"]
    assert served.next().labels == ("beta",)


def test_what_is_sent_again_is_not_read_again(served: ServedCatalog) -> None:
    body = push("mreg", served.url("alpha"))
    old = signed("mreg", body, sent=1_700_000_000)
    assert served.post(body, old).status == 401
    for host in HOSTS:
        assert served.push("beta", host, id_="same").json()["repositories"] == ["beta"]
        served.next()
        again = served.push("beta", host, id_="same")
        assert (again.status, again.json()["repositories"]) == (202, [])
        if host == "GitLab":
            break  # the other kind of GitLab's has the same ids


def test_nothing_is_read_that_the_catalog_does_not_list(served: ServedCatalog) -> None:
    with socket.create_server(("127.0.0.1", 0)) as receiver:
        receiver.settimeout(0)
        address = f"http://127.0.0.1:{receiver.getsockname()[1]}/x.git"
        for url in (served.url("other"), address, "file:///etc", "ext::sh -c id"):
            for host in HOSTS[:4]:
                body = push(host, url)
                answer = served.post(body, signed(host, body, id_=os.urandom(8).hex()))
                assert (answer.status, answer.json()["repositories"]) == (404, [])
        urls = {"clone_url": address, "ssh_url": served.url("beta")}
        body = json.dumps({"repository": urls}).encode()
        assert served.post(body, signed("GitHub", body, id_="both")).status == 202
        found = served.next()
        assert found.labels == ("beta",)
        with pytest.raises(BlockingIOError):  # nobody has come
            receiver.accept()


def test_an_event_without_a_repository_is_told_so(served: ServedCatalog) -> None:
    body = b'{"event": "promote", "repository": null}'
    answer = served.post(body, signed("mreg", body))
    assert (answer.status, answer.json()["outcome"]) == (400, "the event names no repository")


def test_large_events_are_refused_before_they_are_read(served: ServedCatalog) -> None:
    body = b" " * (1 << 20)
    assert served.post(body, signed("GitHub", body)).status == 413
    assert served.post(b"", {"Content-Length": str(MOST + 1)}).status == 413
    assert served.post(b"", {"Transfer-Encoding": "chunked"}).status == 411
    whole = push("GitHub", "x").ljust(MOST)
    assert served.post(whole, signed("GitHub", whole)).status == 404
    assert served.posted.get(timeout=PATIENCE).status == 404
    assert served.posted.empty()


@pytest.mark.parametrize(
    ("target", "method", "allowed"),
    [
        ("/webhooks", "GET", "POST"),
        ("/webhooks", "HEAD", "POST"),
        ("/", "POST", "GET, HEAD"),
        ("/ui/act", "POST", "GET, HEAD"),
        ("/status.json", "POST", "GET, HEAD"),
        ("/healthz", "POST", "GET, HEAD"),
        ("/webhooks/x", "POST", "GET, HEAD"),
        ("/", "PUT", "GET, HEAD, POST"),
        ("/webhooks", "DELETE", "GET, HEAD, POST"),
        ("/webhooks", "OPTIONS", "GET, HEAD, POST"),
    ],
)
def test_each_place_has_its_methods(
    served: ServedCatalog, target: str, method: str, allowed: str
) -> None:
    body = push("GitHub", served.url("alpha")) if method == "POST" else b""
    headers = {it.replace("-", "_"): text for it, text in signed("GitHub", body).items()}
    answer = served.ui.ask(target, method, body, **headers)
    assert (answer.status, answer.headers["Allow"]) == (405, allowed)
    assert not [it for it in answer.headers if it.startswith("Access-Control")]


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "models.example.com.evil.example",
        "evil.example:{port}",
        "",
        None,
        "[::1",
        "1",
    ],
)
def test_no_other_name_is_answered(served: ServedCatalog, host: str | None) -> None:
    said = None if host is None else host.format(port=served.ui.door.port)
    for target in ("/", "/status.json", "/ui/events", "/webhooks"):
        assert served.ui.ask(target, Host=said).status == 421
    body = push("GitHub", served.url("alpha"))
    assert served.post(body, {**signed("GitHub", body), "Host": said or ""}).status == 421
    assert served.ui.ask("/healthz", Host=said).status == 200


@pytest.mark.parametrize(
    "host", ["models.example.com", "MODELS.example.com:443", "localhost:1", "192.0.2.1", "[::1]:80"]
)
def test_its_own_names_are_answered(served: ServedCatalog, host: str) -> None:
    assert served.ui.ask("/", Host=host).status == 200
    assert served.ui.ask("/", "HEAD", Host=host).body == b""


@pytest.mark.parametrize("target", TRAVERSALS)
def test_no_path_leads_out(served: ServedCatalog, target: str) -> None:
    assert served.ui.ask(target).status in (400, 404)
    body = push("GitHub", served.url("alpha"))
    assert served.post(body, signed("GitHub", body), target).status in (400, 404, 405)


def test_no_other_page_takes_anything_in(served: ServedCatalog) -> None:
    for target in ("/", "/data/index.js", "/status.json", "/ui/events"):
        answer = served.ui.ask(target, Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="no-cors")
        assert answer.status == 403
    body = push("GitHub", served.url("alpha"))
    said = {**signed("GitHub", body), "Sec-Fetch-Site": "cross-site"}
    assert served.post(body, said).status == 403


def test_nothing_that_is_posted_becomes_a_header_or_a_line_of_the_log(
    served: ServedCatalog,
) -> None:
    for text in ("x\r\nSet-Cookie: a=b", "\x1b[2J", "a\nb"):
        raw = f"POST /webhooks HTTP/1.1\r\nHost: {served.ui.host}\r\nX-GitHub-Event: {text}\r\n"
        answer = served.ui.say(f"{raw}\r\n".encode())
        assert "Set-Cookie" not in answer.headers
        assert answer.status in (400, 401)
    body = push("GitHub", served.url("other"))
    answer = served.post(body, signed("GitHub", body, event="x\x80\xff", id_="é" * 9))
    assert answer.status == 202
    assert {*answer.headers} == {*HEADERS, "Content-Type", "Content-Length", "Connection"}


def test_other_pages_of_the_live_ones_let_nobody_act(served: ServedCatalog) -> None:
    for target in ("/ui/actions?model=m/alpha/scorer", "/ui/form?action=promote&model="):
        assert served.ui.ask(target).status == 403


def test_those_who_hold_connections_keep_nobody_out(served: ServedCatalog) -> None:
    bounds = Bounds(connections=50, arriving=0.5, body=MOST)
    server = Server(served.service, anybody=Listening(), bug=served.ui.bugs.append, bounds=bounds)
    begun = b"POST /webhooks HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nx"
    with running(server, served.ui.bugs) as ui:
        with ExitStack() as held:
            for number in range(200):
                held.enter_context(ui.connect()).sendall(begun[:number])
            assert ui.ask("/healthz").status == 200
            assert ui.ask("/status.json").status == 200
        with ui.connect() as slow:
            slow.sendall(begun)
            assert heard(slow).status == 408


def test_without_a_secret_no_webhook_is_taken(served: ServedCatalog) -> None:
    service = CatalogService(served.pages, (), served.posted.put)
    body = push("GitLab token", served.url("alpha"))
    for secret in (b"", b"x"):
        said = signed("GitLab token", body, secret=secret)
        headers = {name.lower(): it for name, it in said.items()}
        request = HttpRequest("POST", "webhooks", headers=headers, body=body)
        assert service.answer(request).status == 403


@pytest.mark.parametrize(
    ("listening", "address"),
    [
        (Listening(), "http://127.0.0.1:8480/"),
        (Listening(("0.0.0.0",)), "http://127.0.0.1:8480/"),
        (Listening(("192.0.2.1",)), "http://192.0.2.1:8480/"),
        (Listening(("fd00::1",)), "http://[fd00::1]:8480/"),
        (Listening(("::",), shown="https://a.example/"), "https://a.example/"),
    ],
)
def test_people_are_told_where_it_is(listening: Listening, address: str) -> None:
    assert listening.address(8480) == address


# The command


def test_it_ends_on_sigterm_while_it_is_asked(folder: Path) -> None:
    (folder / "secret").write_bytes(SECRET + b"\n")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mreg", "catalog", "serve", "--host", "0.0.0.0"]
    options = ["--port", str(port), "--secret-file", "secret", "--json"]
    options += ["--base-url", "https://models.example.com"]
    with subprocess.Popen(
        [*command, *options], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stderr
        try:
            assert process.stdout.readline() == "https://models.example.com/\n"
            note, first = (json.loads(process.stderr.readline()) for _ in range(2))
            assert note["message"].startswith(f"anyone who can reach 0.0.0.0:{port} can read")
            asking = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
            asking.request("GET", "/healthz", headers={"Host": "10.0.0.1"})
            assert asking.getresponse().read() == b"ok\n"
            half = socket.create_connection(("127.0.0.1", port))
            half.sendall(b"POST /webhooks HTTP/1.1\r\n")
            listening = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
            listening.request("GET", "/ui/events")
            assert listening.getresponse().status == 200
            process.send_signal(signal.SIGTERM)
            out, err = process.communicate(timeout=PATIENCE)
            for it in (asking, half, listening):
                it.close()
        finally:
            process.kill()
    assert (process.returncode, out, err) == (0, "", "")
    assert (first["event"], first["read"]) == ("refresh", ["alpha", "beta"])


def test_what_is_wrong_is_said_before_anything_is_served(folder: Path, mreg: CommandLine) -> None:
    (folder / "short").write_text("short\n")
    for options, code, said in (
        (["--secret-file", "short"], 2, "16 characters"),
        (["--allowed-host", "a/b"], 2, "not a host name"),
        (["--base-url", "models"], 2, "not the address"),
        (["--base-url", "https://ann:secret@x.org"], 2, "https://***@x.org contains a user"),
        (["--host", "300.1.1.1"], 1, "cannot listen on that address"),
        (["--catalog", "none.yaml"], 1, "no file"),
    ):
        done = mreg("catalog", "serve", *options, repo=folder)
        assert (done.code, said in done.err) == (code, True), done.err
