"""HTTP: an interrupted transfer resumes, what lies is refused, and nothing leads astray."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mreg.errors import RemoteError
from mreg.net.http import Answered, Client, Interrupted
from mreg.net.network import Network
from remotes import make_certificate
from web import Page, Web, web

CONTENT = bytes(range(256)) * 4096  # 1 MiB


class Taken:
    """What was downloaded, and from where on each part of it came."""

    def __init__(self, there: bytes = b"") -> None:
        self.content = there
        self.offset = len(there)
        self.began: list[tuple[int | None, int]] = []

    def begin(self, size: int | None = None, *, at: int = 0) -> None:
        self.began.append((size, at))
        self.content = self.content[:at]

    def write(self, chunk: bytes | bytearray | memoryview) -> None:
        self.content += bytes(chunk)


@pytest.fixture
def server() -> Iterator[Web]:
    with web() as made:
        yield made


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that were to be waited, which nobody does here."""
    found: list[float] = []
    monkeypatch.setattr(time, "sleep", found.append)
    return found


@pytest.fixture
def client() -> Client:
    return Client(Network(5))


def test_a_content_comes_whole(server: Web, client: Client) -> None:
    taken = Taken()
    client.download(server.put("/m.bin", CONTENT), taken)
    assert taken.content == CONTENT
    assert taken.began == [(len(CONTENT), 0)]
    (asked,) = server.asked
    assert asked.headers["user-agent"].startswith("mreg/")
    assert asked.headers["accept-encoding"] == "identity"
    assert asked.range is None


def test_what_breaks_off_is_gone_on_with(server: Web, client: Client) -> None:
    page = Page(CONTENT, breaks=[300_000, 100_000, 0, 200_000])
    taken = Taken()
    client.download(server.put("/m.bin", page), taken)
    assert taken.content == CONTENT
    assert taken.began == [(len(CONTENT), 0)]  # the rest is simply written behind
    firsts = [300_000, 400_000, 400_000, 600_000]
    assert server.ranges == [None, *(f"bytes={it}-" for it in firsts)]
    assert {it.headers["if-range"] for it in server.asked[1:]} == {'"1"'}


def test_what_another_process_left_is_gone_on_with(server: Web, client: Client) -> None:
    taken = Taken(CONTENT[:1000])
    client.download(server.put("/m.bin", CONTENT), taken)
    assert taken.content == CONTENT
    assert taken.began == [(len(CONTENT), 1000)]
    assert server.ranges == ["bytes=1000-"]


def test_what_was_there_to_the_last_byte_is_not_fetched_again(server: Web, client: Client) -> None:
    taken = Taken(CONTENT)
    client.download(server.put("/m.bin", CONTENT), taken)
    assert (taken.content, taken.began) == (CONTENT, [(len(CONTENT), len(CONTENT))])


def test_more_than_the_whole_was_there(server: Web, client: Client) -> None:
    taken = Taken(CONTENT + b"and more")
    client.download(server.put("/m.bin", CONTENT), taken)
    assert taken.content == CONTENT
    assert server.ranges == [f"bytes={len(CONTENT) + 8}-", None]


def test_a_server_without_ranges_starts_again(server: Web, client: Client) -> None:
    page = Page(CONTENT, ranges=False, breaks=[300_000])
    taken = Taken(CONTENT[:5])
    client.download(server.put("/m.bin", page), taken)
    assert taken.content == CONTENT
    assert taken.began == [(len(CONTENT), 0), (len(CONTENT), 0)]


def test_a_content_that_changes_meanwhile_is_not_mixed(server: Web, client: Client) -> None:
    class Changing(Taken):
        def write(self, chunk: bytes | bytearray | memoryview) -> None:
            super().write(chunk)
            server.pages["/m.bin"] = Page(CONTENT[::-1], etag='"2"')

    taken = Changing()
    client.download(server.put("/m.bin", Page(CONTENT, breaks=[300_000])), taken, checked=False)
    assert taken.content == CONTENT[::-1]


def test_without_a_validator_only_what_is_checked_is_joined(server: Web, client: Client) -> None:
    for checked, ranges in ((True, [None, "bytes=300000-"]), (False, [None, None])):
        server.asked.clear()
        taken = Taken()
        url = server.put("/m.bin", Page(CONTENT, etag="", breaks=[300_000]))
        client.download(url, taken, checked=checked)
        assert taken.content == CONTENT
        assert server.ranges == ranges


@pytest.mark.parametrize(
    "said",
    ["bytes 7-1048575/1048576", "bytes nonsense", "bytes 300000-1048575/2000000"],
)
def test_a_server_that_sends_another_part_is_asked_for_all(
    server: Web, client: Client, said: str
) -> None:
    class Changing(Taken):
        def write(self, chunk: bytes | bytearray | memoryview) -> None:
            super().write(chunk)
            page.headers = {"Content-Range": said} if len(server.asked) < 2 else {}

    page = Page(CONTENT, breaks=[300_000])
    taken = Changing()
    client.download(server.put("/m.bin", page), taken)
    assert taken.content == CONTENT
    assert server.ranges == [None, "bytes=300000-", None]


def test_a_server_that_always_lies_about_parts_is_given_up(
    server: Web, client: Client, waits: list[float]
) -> None:
    page = Page(statuses=[206] * 9, headers={"Content-Range": "bytes 1-2/3"})
    with pytest.raises(RemoteError, match="cannot be fetched"):
        client.download(server.put("/m.bin", page), Taken(CONTENT[:9]))
    assert len(waits) == 5


def test_a_server_that_breaks_off_without_end_is_given_up(
    server: Web, client: Client, waits: list[float]
) -> None:
    page = Page(CONTENT, breaks=[100] * 100)
    with pytest.raises(RemoteError, match="bytes before the end") as raised:
        client.download(server.put("/m.bin", page), Taken())
    assert "the transfer resumes" in raised.value.hint
    # Ten times a hundred bytes are no progress to speak of.
    assert len(server.asked) <= 20


def test_what_starts_again_and_again_is_given_up(server: Web, client: Client) -> None:
    page = Page(CONTENT, ranges=False, breaks=[300_000] * 100)
    with pytest.raises(RemoteError, match="cannot be fetched"):
        client.download(server.put("/m.bin", page), Taken())
    assert len(server.asked) <= 12


def test_more_than_was_promised_is_not_taken(server: Web, client: Client) -> None:
    page = Page(CONTENT, headers={"Content-Length": "1000"})
    taken = Taken()
    client.download(server.put("/m.bin", page), taken)
    assert taken.content == CONTENT[:1000]
    with pytest.raises(RemoteError, match="sent more than 1000 bytes"):
        client.download(server.put("/m.bin", Page(CONTENT, length=False)), Taken(), size=1000)
    with pytest.raises(RemoteError, match="has 1048576 bytes, but 1000 are recorded"):
        client.download(server.put("/m.bin", CONTENT), Taken(), size=1000)


def test_less_than_was_promised_is_noticed(server: Web, client: Client) -> None:
    size = len(CONTENT)
    page = Page(CONTENT[:1000], ranges=False, headers={"Content-Length": str(size)})
    with pytest.raises(RemoteError, match="connection broke"):
        client.download(server.put("/m.bin", page), Taken())
    page = Page(CONTENT[:1000], ranges=False, length=False)
    with pytest.raises(RemoteError, match=f"ended after 1000 of {size} bytes"):
        client.download(server.put("/m.bin", page), Taken(), size=size)


def test_a_size_that_is_not_said_is_no_fault(server: Web, client: Client) -> None:
    taken = Taken()
    client.download(server.put("/m.bin", Page(CONTENT, length=False)), taken)
    assert (taken.content, taken.began) == (CONTENT, [(None, 0)])


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_server_that_has_no_time_now_is_asked_again(
    server: Web, client: Client, waits: list[float], status: int
) -> None:
    page = Page(CONTENT, statuses=[status, status], headers={"Retry-After": "3"})
    taken = Taken()
    client.download(server.put("/m.bin", page), taken)
    assert taken.content == CONTENT
    assert waits == [3, 3]


def test_a_server_is_not_waited_for_longer_than_a_call_may_take(
    server: Web, client: Client, waits: list[float]
) -> None:
    page = Page(CONTENT, statuses=[503] * 9, headers={"Retry-After": "86400"})
    with pytest.raises(RemoteError, match="503 Service Unavailable"):
        client.download(server.put("/m.bin", page), Taken())
    assert waits == [5] * 5


@pytest.mark.parametrize(
    ("status", "hint"), [(401, "netrc"), (403, "netrc"), (404, "its current location"), (400, "")]
)
def test_a_refusal_is_final(
    server: Web, client: Client, waits: list[float], status: int, hint: str
) -> None:
    with pytest.raises(Answered, match=f"the server answered {status}") as raised:
        client.download(server.put("/m.bin", Page(statuses=[status])), Taken())
    assert hint in raised.value.hint
    assert raised.value.status == status
    assert waits == []


def test_a_form_that_was_not_asked_for_is_refused(server: Web, client: Client) -> None:
    page = Page(CONTENT, headers={"Content-Encoding": "gzip"})
    with pytest.raises(RemoteError, match=r"sent compressed data \(gzip\)"):
        client.download(server.put("/m.bin", page), Taken())
    taken = Taken()
    client.download(server.put("/m.tar.gz", page), taken)  # it is, and is meant to be
    assert taken.content == CONTENT


def test_redirects_are_followed(server: Web, client: Client) -> None:
    server.put("/end", CONTENT)
    server.put("/b", Page(location="end", code=307))
    taken = Taken()
    client.download(server.put("/a", Page(location="/b", code=301)), taken)
    assert taken.content == CONTENT


def test_redirects_that_never_end_are_given_up(server: Web, client: Client) -> None:
    with pytest.raises(RemoteError, match="redirects more than 10 times"):
        client.download(server.put("/a", Page(location="/a")), Taken())
    assert len(server.asked) == 11


@pytest.mark.parametrize(
    "target", ["file:///etc/passwd", "ftp://127.0.0.1/x", "data:,x", "http://[::1/x"]
)
def test_redirects_lead_to_no_other_scheme(server: Web, client: Client, target: str) -> None:
    with pytest.raises(RemoteError, match="which mreg does not follow"):
        client.download(server.put("/a", Page(location=target)), Taken())


def test_what_is_asked_with_a_body_is_not_asked_elsewhere_without(
    server: Web, client: Client
) -> None:
    server.put("/end", b"answer")
    kept = server.put("/a", Page(location="/end", code=308))
    assert client.ask(kept, data=b"question") == b"answer"
    assert server.asked[-1].body == b"question"
    with pytest.raises(RemoteError, match="which mreg does not follow"):
        client.ask(server.put("/a", Page(location="/end", code=303)), data=b"question")


def test_credentials_go_to_no_other_host(server: Web, client: Client) -> None:
    secret = {"Authorization": "Bearer secret", "X-Api-Key": "secret"}
    with web() as other:
        target = other.put("/m.bin", CONTENT)
        client.download(server.put("/a", Page(location=target)), Taken(), headers=secret)
        (asked,) = other.asked
    assert "secret" not in str(asked.headers)
    server.put("/end", CONTENT)
    client.download(server.put("/b", Page(location="/end")), Taken(), headers=secret)
    assert server.asked[-1].headers["x-api-key"] == "secret"


def test_a_name_and_password_come_out_of_the_url(server: Web, client: Client) -> None:
    server.put("/m.bin", Page(CONTENT, statuses=[404]))
    url = f"{server.url.replace('//', '//ann:pass%20word@')}/m.bin?key=secret"
    with pytest.raises(Answered) as raised:
        client.download(url, Taken())
    assert "pass" not in str(raised.value)
    assert "secret" not in str(raised.value)
    (asked,) = server.asked
    assert asked.headers["authorization"] == "Basic YW5uOnBhc3Mgd29yZA=="
    assert "ann" not in asked.headers["host"]


@pytest.fixture
def secure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    """A server that is asked over https, and trusted."""
    certificate = make_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
    with web(certificate) as made:
        yield made


def test_https_does_not_lead_on_to_http(secure: Web, server: Web) -> None:
    target = server.put("/m.bin", CONTENT)
    with pytest.raises(RemoteError, match="which is not encrypted"):
        Client(Network(5)).download(secure.put("/a", Page(location=target)), Taken())
    assert server.asked == []


def test_a_netrc_is_used_over_https_alone(secure: Web, server: Web, tmp_path: Path) -> None:
    import os

    file = Path(os.environ["HOME"]) / ".netrc"
    file.write_text("machine 127.0.0.1 login ann password hidden\ndefault login x password y\n")
    file.chmod(0o600)
    client = Client(Network(5))
    for it in (secure, server):
        client.download(it.put("/m.bin", CONTENT), Taken())
    assert secure.asked[0].headers["authorization"] == "Basic YW5uOmhpZGRlbg=="
    assert "authorization" not in server.asked[0].headers
    file.write_text("machine")
    with pytest.raises(RemoteError, match=r"cannot read ~/\.netrc"):
        client.download(secure.put("/m.bin", CONTENT), Taken())


def test_a_certificate_that_is_not_trusted_is_refused_at_once(
    tmp_path: Path, waits: list[float]
) -> None:
    with web(make_certificate(tmp_path)) as made:
        url = made.put("/m.bin", CONTENT)
        with pytest.raises(RemoteError, match="cannot connect to"):
            Client(Network(5)).download(url, Taken())
    assert waits == []


@pytest.mark.parametrize(
    "url",
    ["http://", "http://[::1/x", "http://127.0.0.1:99999/x", "ftp://x/y", "file:///x", "http://\x7f",
     "http://a..b/"],
)  # fmt: skip
def test_what_is_no_url_is_refused(client: Client, url: str) -> None:
    with pytest.raises(RemoteError):
        client.download(url, Taken())


def test_spaces_and_letters_in_a_path_are_asked_for(server: Web, client: Client) -> None:
    server.put("/my%20m%C3%B6del.bin", CONTENT)
    taken = Taken()
    client.download(f"{server.url}/my möd%65l.bin".replace("%65", "e"), taken)
    assert taken.content == CONTENT


def test_a_server_that_is_not_there(client: Client, waits: list[float]) -> None:
    with web() as gone:
        url = gone.put("/m.bin", CONTENT)
    with pytest.raises(RemoteError, match="the connection failed"):
        client.download(url, Taken())
    assert len(waits) == 5


def test_a_server_that_hangs_is_noticed(server: Web) -> None:
    import threading
    from http.server import BaseHTTPRequestHandler

    from remotes import listening

    done = threading.Event()

    class Hanging(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "100")
            self.end_headers()
            self.wfile.write(b"begin")
            done.wait(30)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with listening(Hanging) as url:
        with Client(Network(0.3)).open(f"{url}/x") as answer:
            chunks = answer.chunks()
            assert next(chunks) == b"begin"
            with pytest.raises(Interrupted, match="did not answer in time"):
                next(chunks)
        done.set()


def test_a_short_answer_is_bounded(server: Web, client: Client) -> None:
    url = server.put("/m.bin", CONTENT)
    assert client.ask(url) == CONTENT
    with pytest.raises(RemoteError, match="answered with more than 1000 bytes"):
        client.ask(url, limit=1000)


def test_a_proxy_of_the_environment_is_used(server: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", server.url)
    monkeypatch.setenv("no_proxy", "")
    server.put("http://models.example.com/m.bin", CONTENT)
    taken = Taken()
    Client(Network(5)).download("http://models.example.com/m.bin", taken)
    assert hashlib.sha256(taken.content).digest() == hashlib.sha256(CONTENT).digest()
