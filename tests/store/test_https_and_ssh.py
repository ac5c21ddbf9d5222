"""Over https and ssh: the same as over the others, and in whom mreg puts no trust."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

import remotes
from commandline import CommandLine
from people import Shared, share
from remotes import Certificate
from repositories import Maker


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """A certificate that its server signed itself."""
    return remotes.make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def over_https(
    make_repository: Maker,
    tmp_path: Path,
    certificate: Certificate,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Shared]:
    """A registry that is shared over https, with a certificate that is trusted."""
    monkeypatch.setenv("GIT_SSL_CAINFO", str(certificate.file))
    with remotes.served_by_http(tmp_path, certificate) as url:
        yield share(make_repository, tmp_path, url)


@pytest.fixture
def over_ssh(make_repository: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shared:
    """A registry that is shared over ssh."""
    use_ssh(monkeypatch, tmp_path)
    return share(make_repository, tmp_path, f"ssh://ann@host.invalid:2222{tmp_path}")


@pytest.fixture(params=["over_https", "over_ssh"])
def over_either(request: pytest.FixtureRequest) -> Shared:
    """A registry that is shared over https, and over ssh."""
    shared = request.getfixturevalue(request.param)
    assert isinstance(shared, Shared)
    return shared


def use_ssh(monkeypatch: pytest.MonkeyPatch, folder: Path, said: str = "") -> None:
    """Put a stand-in in the place of ssh, which refuses and says why if it is to say anything."""
    monkeypatch.setenv("GIT_SSH_COMMAND", str(remotes.local_ssh(folder, said)))


class Locked(BaseHTTPRequestHandler):
    """Wants a password, whoever comes."""

    def do_GET(self) -> None:
        self.send_response(401)
        self.send_header("WWW-Authenticate", 'Basic realm="a registry"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing of each request."""


class WithLogIn(remotes.Backend):
    """Serves repositories, and a page of one line while somebody has to log in."""

    logged_in = True

    def run_backend(self, body: bytes) -> tuple[int, list[list[str]], bytes]:
        if self.logged_in:
            return super().run_backend(body)
        return 200, [], b"<html><body>Sign in</body></html>"  # to Git, a list of no refs


def test_a_page_in_the_place_of_a_repository_is_no_empty_registry(
    mreg: CommandLine,
    over_https: Shared,
    tmp_path: Path,
    certificate: Certificate,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mreg.ok("register", "churn", "--push", repo=over_https.ann)
    handler = type("Handler", (WithLogIn,), {"folder": tmp_path})
    with remotes.listening(handler, certificate) as url:
        asked = ("show", "--repo", f"{url}/{over_https.remote.path.name}")
        before = mreg.ok(*asked).out
        monkeypatch.setattr(handler, "logged_in", False)
        refused = mreg(*asked)
        assert refused.code == 1
        assert "the server does not answer in Git's protocol" in refused.err
        assert mreg(*asked).code == 1  # with the mirror that was updated in between
        monkeypatch.setattr(handler, "logged_in", True)
        assert mreg.ok(*asked).out == before


def test_two_publish_one_after_the_other(mreg: CommandLine, over_either: Shared) -> None:
    shared = over_either
    mreg.ok("register", "churn", "--push", repo=shared.ann)
    mreg.ok("promote", "churn", "dev", "--push", repo=shared.bob)
    mreg.ok("promote", "churn", "prod", "--push", repo=shared.ann)
    assert set(shared.tags()) == {"churn@v0.0.1", "churn#dev#1", "churn#prod#2"}
    mreg.ok("fetch", repo=shared.bob)
    assert shared.in_step(shared.ann, shared.bob)


def test_offline_tags_are_pushed_and_published_ones_not_undone(
    mreg: CommandLine, over_either: Shared
) -> None:
    shared = over_either
    mreg.ok("register", "churn", repo=shared.ann)
    mreg.ok("push", repo=shared.ann)
    assert shared.in_step(shared.ann)
    done = mreg("undo", "churn", repo=shared.ann)
    assert "origin has churn@v0.0.1" in done.err


def test_registry_is_read_and_written_by_url(
    mreg: CommandLine, over_either: Shared, tmp_path: Path
) -> None:
    shared = over_either
    mreg.ok("register", "churn", "--push", repo=shared.ann)
    mreg.ok("promote", "churn", "prod", "--push", "--repo", shared.url, repo=tmp_path)
    here = mreg.ok("show", "--json", repo=shared.remote).json
    for _ in ("cold", "warm"):
        assert mreg.ok("show", "--json", "--repo", shared.url, repo=tmp_path).json == here


def test_ssh_in_the_short_form(mreg: CommandLine, over_ssh: Shared, tmp_path: Path) -> None:
    short = f"ann@host.invalid:{over_ssh.remote.path}"
    mreg.ok("register", "churn", "--push", "--remote", short, repo=over_ssh.ann)
    assert over_ssh.in_step(over_ssh.ann)
    assert mreg.ok("show", "churn@latest", "--repo", short, repo=tmp_path).out


def test_hook_over_either_says_why(mreg: CommandLine, over_either: Shared) -> None:
    shared = over_either
    remotes.install_hook(shared.remote, "pre-receive", "echo not on a Friday >&2; exit 1")
    done = mreg("register", "churn", "--push", repo=shared.ann)
    assert done.err.startswith(
        "error: origin refused churn@v0.0.1: pre-receive hook declined\nnot on a Friday\n"
    )
    assert shared.tags() == {}
    assert shared.in_step(shared.ann)


def test_certificate_that_the_settings_trust(
    mreg: CommandLine, over_https: Shared, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a company's network: `git config http.sslCAInfo`."""
    monkeypatch.delenv("GIT_SSL_CAINFO")
    over_https.ann.git("config", "http.sslCAInfo", str(certificate.file))
    mreg.ok("register", "churn", "--push", repo=over_https.ann)
    assert over_https.in_step(over_https.ann)


@pytest.mark.parametrize(
    "arguments", ["register churn --push", "show --repo {url}", "promote churn prod --repo {url}"]
)
def test_untrusted_certificate(
    mreg: CommandLine, over_https: Shared, monkeypatch: pytest.MonkeyPatch, arguments: str
) -> None:
    """Nothing is sent, and nothing is asked a second time."""
    monkeypatch.delenv("GIT_SSL_CAINFO")
    done = mreg(*arguments.format(url=over_https.url).split(), repo=over_https.ann)
    assert (done.code, done.out) == (1, "")
    name = "origin" if "--push" in arguments else over_https.url
    assert done.err.startswith(f"error: Git does not trust the certificate of {name}: ")
    assert "http.sslCAInfo" in done.err.splitlines()[-1]
    assert over_https.tags() == {}


def test_certificate_of_another_host(
    mreg: CommandLine, over_https: Shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = over_https.url.replace("127.0.0.1", "localhost")
    done = mreg("register", "churn", "--push", "--remote", other, repo=over_https.ann)
    assert done.code == 1
    assert done.err.startswith(f"error: Git does not trust the certificate of {other}: ")
    assert over_https.tags() == {}


def test_https_without_credentials(
    mreg: CommandLine, certificate: Certificate, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GIT_SSL_CAINFO", str(certificate.file))
    with remotes.listening(Locked, certificate) as url:
        done = mreg("show", "--repo", f"{url}/registry.git", repo=tmp_path)
        secret = url.replace("//", "//ann:sesame@")
        wrong = mreg("show", "--repo", f"{secret}/registry.git", repo=tmp_path)
    for it in (done, wrong):
        assert it.code == 1
        assert f"{url}/registry.git does not accept the credentials" in it.err
        assert "sesame" not in it.err


SSH_REFUSES = [
    ("ann@host.invalid: Permission denied (publickey).", "{} does not accept the credentials: "),
    (
        "Host key verification failed.",
        "ssh does not know the host key of {}, or knows a different one: ",
    ),
    (
        "ssh: connect to host host.invalid port 2222: Network is unreachable",
        "cannot connect to {}: ",
    ),
]


@pytest.mark.parametrize(("said", "words"), SSH_REFUSES)
def test_ssh_that_refuses(
    mreg: CommandLine,
    over_ssh: Shared,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    said: str,
    words: str,
) -> None:
    use_ssh(monkeypatch, tmp_path, said)
    written = mreg("register", "churn", "--push", repo=over_ssh.ann)
    read = mreg("show", "--repo", over_ssh.url, repo=tmp_path)
    for name, done in (("origin", written), (over_ssh.url, read)):
        assert (done.code, done.out) == (1, "")
        assert done.err.startswith(f"error: {words.format(name)}{said}\n")
    assert over_ssh.tags() == {}
    assert over_ssh.in_step(over_ssh.ann)
