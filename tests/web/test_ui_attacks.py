"""What the server of live pages refuses: nothing of it is answered, or written, or ends it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import pytest

from mreg import Registry
from mreg.web.ui.connections import Bounds
from mreg.web.ui.door import HEADERS, Door
from mreg.web.ui.requests import MOST_BODY, BadRequest, HttpAnswer, head_of, parse
from repositories import Maker, Repository, Tag, isolated
from uis import TRAVERSALS, ServedUi, heard, serving

PAGE = "/m/repository/churn/index.html"


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repository]:
    # It is made before the first test, and so before what a test sees of the world is put right.
    with pytest.MonkeyPatch.context() as patch:
        for name, value in isolated(tmp_path_factory.mktemp("home")).items():
            patch.setenv(name, value)
        folders = (tmp_path_factory.mktemp(it) for it in ("repositories", "templates"))
        yield Maker(*folders)([Tag("churn@v1.0.0")])


@pytest.fixture(scope="module")
def ui(repo: Repository) -> Iterator[ServedUi]:
    with serving(Registry.open(repo.path)) as found:
        found.page("/")
        yield found


@pytest.fixture(autouse=True)
def _nothing_is_written(repo: Repository) -> Iterator[None]:
    before = repo.contents()
    yield
    assert repo.contents() == before


def promotion(ui: ServedUi) -> bytes:
    """Return what a page sends to promote."""
    values = {"version": "v1.0.0", "stage": "prod", "message": ""}
    edition = ui.application.pages.edition()
    found = edition.model("m/repository/churn")
    assert found
    sent = {"action": "promote", "model": "m/repository/churn", "seen": found.seen}
    return json.dumps({**sent, "values": values}).encode()


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1",
        "127.0.0.1:1",
        "localhost.evil.example:{port}",
        "127.0.0.1:{port}.evil.example",
        "[::1]:1",
        "0.0.0.0:{port}",
        "127.0.0.1:{port}, evil.example",
        "LOCALHOST:{port}",
        "",
        None,
    ],
)
def test_no_other_name_is_answered(ui: ServedUi, host: str | None) -> None:
    said = None if host is None else host.format(port=ui.door.port)
    for target in ("/", f"/?key={ui.door.key}", "/ui/events"):
        assert ui.ask(target, Host=said).status == 421
    assert ui.ask("/ui/act", "POST", promotion(ui), Host=said).status == 421


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_the_names_of_this_machine_are(ui: ServedUi, host: str) -> None:
    assert ui.ask("/", Host=f"{host}:{ui.door.port}").status == 200


def test_nobody_without_the_key_is_let_in(ui: ServedUi) -> None:
    other = Door.locked(ui.door.port)
    name = ui.cookie.partition("=")[0]
    for cookie in (None, "", name, f"{name}=", f"{name}={ui.door.key}", f"x{ui.cookie}"):
        assert ui.ask("/", Cookie=cookie).status == 401
    for stale in (other.cookie.partition(";")[0], f"{ui.cookie}x", ui.cookie.replace(name, "mreg")):
        assert ui.ask("/", Cookie=stale).status == 401
        assert ui.ask("/ui/act", "POST", promotion(ui), Cookie=stale).status == 401
    assert ui.ask(f"/?key={other.key}", Cookie=None).status == 401
    assert ui.ask("/", Cookie=None, Authorization=f"Bearer {other.key}").status == 401
    assert ui.ask("/", Cookie=None, Authorization=f"Bearer {ui.door.key}").status == 200
    assert ui.ask("/", Cookie=f"a=b; {ui.cookie}; c=d").status == 200


def test_the_key_opens_and_gives_a_cookie_that_no_script_and_no_site_gets(ui: ServedUi) -> None:
    answer = ui.ask(f"/?key={ui.door.key}", Cookie=None)
    assert answer.status == 200
    assert answer.headers["Set-Cookie"] == (
        f"mreg{ui.door.port}={ui.door.session}; Path=/; HttpOnly; SameSite=Strict"
    )
    assert ui.door.key not in answer.headers["Set-Cookie"]
    assert answer.headers["Refresh"] == "0; url=/"
    assert len(ui.door.key) >= 32


def test_the_key_with_which_a_browser_is_started_is_good_once(repo: Repository) -> None:
    with serving(Registry.open(repo.path)) as ui:
        first = f"/?key={ui.door.ticket}"
        assert [ui.ask(first, Cookie=None).status for _ in range(2)] == [200, 401]


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "null",
        "",
        "http://evil.example",
        "https://127.0.0.1:{port}",
        "http://127.0.0.1:1",
        "http://127.0.0.1",
        "http://localhost:{port}",
        "http://127.0.0.1:{port}/",
        "http://127.0.0.1:{port}.evil.example",
    ],
)
def test_no_other_page_acts(ui: ServedUi, origin: str | None) -> None:
    said = None if origin is None else origin.format(port=ui.door.port)
    for path in ("/ui/act", "/ui/rehearse"):
        assert ui.ask(path, "POST", promotion(ui), Origin=said).status == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_no_other_page_takes_anything_in(ui: ServedUi, site: str) -> None:
    for target in ("/", "/data/index.js", "/ui/events", "/ui/search?q=a"):
        assert ui.ask(target, Sec_Fetch_Site=site, Sec_Fetch_Mode="no-cors").status == 403
    assert ui.ask("/", Sec_Fetch_Site=site, Sec_Fetch_Mode="navigate").status == 200
    posted = ui.ask("/ui/act", "POST", promotion(ui), Sec_Fetch_Site=site)
    assert posted.status == 403


@pytest.mark.parametrize(
    "kind",
    [
        None,
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain; application/json",
        "application/jsonp",
    ],
)
def test_no_form_acts(ui: ServedUi, kind: str | None) -> None:
    assert ui.ask("/ui/act", "POST", promotion(ui), Content_Type=kind).status == 415


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"promote"',
        b'{"action": "promote"}',
        b'{"action": 1, "model": "", "seen": "", "values": {}}',
        b'{"action": "promote", "model": "", "seen": "", "values": []}',
        b"\xff\xfe",
        b"[" * 60_000,
    ],
)
def test_what_no_page_sends_is_refused(ui: ServedUi, body: bytes) -> None:
    for path in ("/ui/act", "/ui/rehearse"):
        assert ui.ask(path, "POST", body).status == 400


def test_large_bodies_are_refused_before_they_are_read(ui: ServedUi) -> None:
    for size in (MOST_BODY + 1, 1 << 20):
        assert ui.ask("/ui/act", "POST", b" " * size).status == 413
    told = ui.ask("/ui/act", "POST", Content_Length=str(1 << 40))
    assert told.status in (400, 413)
    assert ui.ask("/ui/act", "POST", Transfer_Encoding="chunked").status == 411
    assert ui.ask("/ui/act", "POST", Content_Length="-1").status == 400
    assert ui.ask("/" + "a" * 20_000).status == 431


@pytest.mark.parametrize("target", TRAVERSALS)
def test_no_path_leads_out(ui: ServedUi, target: str) -> None:
    answer = ui.ask(target)
    assert answer.status in (400, 404)
    assert b"root:" not in answer.body


@pytest.mark.parametrize("model", ["../x", "m/../../x", "m/repository/nothing", "/etc", "\0"])
def test_no_model_does(ui: ServedUi, model: str) -> None:
    sent = {"action": "promote", "model": model, "seen": "", "values": {}}
    for path in ("/ui/act", "/ui/rehearse"):
        answer = ui.ask(path, "POST", json.dumps(sent).encode())
        assert answer.json()["outcome"] == "refused"


@pytest.mark.parametrize(
    "target",
    [
        "/?at=2026-03-03%0d%0aSet-Cookie:%20a=b",
        "/?at=2026%0aX:1",
        "/m/%0d%0aX: 1/index.html?at=2026-03-03",
        "/m/a%0d%0aX:%201/index.html?at=2026-03-03",
        "/m/ä/index.html?at=2026-03-03",
        "/?key=%0d%0aX:1",
    ],
)
def test_nothing_that_is_asked_becomes_a_header(ui: ServedUi, target: str) -> None:
    answer = ui.ask(target)
    assert {*answer.headers} - {*HEADERS} <= {
        "Content-Type",
        "Content-Length",
        "Connection",
        "Location",
    }
    for header in ("X", "Set-Cookie"):
        assert header not in answer.headers


@pytest.mark.parametrize(
    "raw",
    [
        b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/2.0\r\n\r\n",
        b"get / HTTP/1.1\r\n\r\n",
        b"GET http://evil.example/ HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        b"GET / HTTP/1.1\nHost: a\n\r\n\r\n",
        b"GET / HTTP/1.1\r\nA: b\x00\r\n\r\n",
        b"GET / HTTP/1.1\r\nA: b\rC: d\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)
def test_what_is_no_request_is_refused(ui: ServedUi, raw: bytes) -> None:
    assert ui.say(raw).status == 400


def test_what_counts_is_there_once(ui: ServedUi) -> None:
    for name in ("Host", "Cookie", "Origin", "Content-Length", "Content-Type"):
        raw = f"GET / HTTP/1.1\r\n{name}: 1\r\n{name}: 1\r\n\r\n"
        assert ui.say(raw.encode()).status == 400


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "FOO"])
def test_other_methods_are_refused_plainly(ui: ServedUi, method: str) -> None:
    answer = ui.ask("/", method)
    assert answer.status == 405
    assert answer.headers["Allow"] == "GET, POST"
    assert not (method == "HEAD" and answer.body)
    assert not [it for it in answer.headers if it.startswith("Access-Control")]


def test_every_answer_says_what_the_page_may_do(ui: ServedUi) -> None:
    answers = [
        ui.ask("/"),
        ui.ask(PAGE),
        ui.ask("/data/index.js"),
        ui.ask("/nothing"),
        ui.ask("/", Host="evil.example"),
        ui.ask("/", Cookie=None),
        ui.ask("/", "OPTIONS"),
        ui.ask(f"/?key={ui.door.key}"),
        ui.ask("/ui/act", "POST", b"{"),
    ]
    for it in answers:
        assert it.headers.items() >= HEADERS.items()
        assert not [name for name in it.headers if name.startswith("Access-Control")]
    policy = HEADERS["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "http-equiv" not in answers[0].body.decode()


def test_those_who_hold_connections_keep_nobody_out(repo: Repository) -> None:
    bounds = Bounds(connections=50)
    with serving(Registry.open(repo.path), bounds=bounds) as ui:
        held = [ui.connect() for _ in range(200)]
        for number, it in enumerate(held[-40:]):
            it.sendall(b"GET / HTTP/1.1\r\n"[: number % 16])
        assert ui.ask("/a/ui.js").status == 200
        listening = ui.connect()
        listening.sendall(
            f"GET /ui/events HTTP/1.1\r\nHost: {ui.host}\r\nCookie: {ui.cookie}\r\n\r\n".encode()
        )
        assert b"text/event-stream" in listening.recv(1 << 16)
        assert ui.ask("/a/ui.js").status == 200
        for it in (*held, listening):
            it.close()


def test_whoever_is_slow_is_told_and_let_go(repo: Repository) -> None:
    with serving(Registry.open(repo.path), bounds=Bounds(arriving=0.1, leaving=0.1)) as ui:
        with ui.connect() as silent, ui.connect() as half:
            half.sendall(b"GET / HTTP/1.1\r\nHo")
            assert heard(silent).status == 408
            assert heard(half).status == 408
        raw = f"POST /ui/act HTTP/1.1\r\nHost: {ui.host}\r\nContent-Length: 9\r\n\r\nx"
        with ui.connect() as waiting:
            waiting.sendall(raw.encode())
            assert heard(waiting).status == 408


def test_a_pipelined_request_is_not_answered(ui: ServedUi) -> None:
    one = f"GET /nothing HTTP/1.1\r\nHost: {ui.host}\r\nCookie: {ui.cookie}\r\n\r\n".encode()
    answer = ui.say(one * 2)
    assert answer.status == 404
    assert b"HTTP/1.1" not in answer.body


def test_read_only_is_refused_at_the_door(repo: Repository) -> None:
    with serving(Registry.open(repo.path), read_only="--read-only was used") as ui:
        page = ui.page("/")
        assert 'name="mreg-read-only" content="--read-only was used"' in page
        for path in ("/ui/act", "/ui/rehearse", "/"):
            assert ui.ask(path, "POST", promotion(ui)).status == 403
        for target in ("/ui/actions?model=m/repository/churn", "/ui/form?action=promote&model="):
            assert ui.ask(target).status == 403


def test_headers_are_ours() -> None:
    with pytest.raises(ValueError, match="header"):
        head_of(HttpAnswer(HTTPStatus.OK, headers={"A": "b\r\nC: d"}), 0)
    with pytest.raises(BadRequest):
        parse(b"GET /?" + b"&".join(b"a%d=b" % it for it in range(20)) + b" HTTP/1.1\r\n\r\n")


def test_only_this_machine_is_listened_to(ui: ServedUi, tmp_path: Path) -> None:
    inode_lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    port = f"{ui.door.port:04X}"
    listening = [it.split()[1] for it in inode_lines if it.split()[3] == "0A"]
    assert [it for it in listening if it.endswith(f":{port}")] == [f"0100007F:{port}"]
