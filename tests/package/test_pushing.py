"""Pushing to a container registry: whole or not at all, and who one is told to nobody else."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from commandline import CommandLine
from image_registry import ImageRegistry, serving
from mreg import Registry
from mreg.errors import Mismatch
from mreg.git import docker
from mreg.net.logins import nobody
from mreg.net.network import QUIET
from mreg.net.oci import RegistryClient
from mreg.oci import reference
from mreg.package import PackageRequest, bundle, image, layout, modelpack
from mreg.package.facts import facts
from mreg.package.progress import ByteTally
from packaging_cases import WEIGHTS, model
from repositories import Maker, Repository


@pytest.fixture
def repo(make_repository: Maker) -> Repository:
    return model(make_repository)


@pytest.fixture
def registry() -> Iterator[ImageRegistry]:
    with serving() as it:
        yield it


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody wait between two tries."""
    monkeypatch.setattr("mreg.net.backoff.FIRST", 0.001)
    monkeypatch.setattr("mreg.net.backoff.LONGEST", 0.001)


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Docker's settings."""
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    (tmp_path / "docker").mkdir()
    return tmp_path / "docker" / "config.json"


def logged_in(config: Path, registry: ImageRegistry, login: str) -> None:
    said = {"auth": base64.b64encode(login.encode()).decode()}
    config.write_text(json.dumps({"auths": {registry.host: said}}))


def push(mreg: CommandLine, repo: Repository, registry: ImageRegistry, *more: str):  # type: ignore[no-untyped-def]  # noqa: ANN201
    return mreg("package", "churn", "--to", registry.image, *more, repo=repo)


@pytest.mark.parametrize("kind", ["oci", "modelpack"])
@pytest.mark.parametrize("name", ["churn", "bert"])
def test_what_is_pushed_has_the_digest_that_git_gives(
    kind: str, name: str, repo: Repository, mreg: CommandLine, registry: ImageRegistry
) -> None:
    said = mreg.ok("package", name, "--as", kind, "--digest", repo=repo).out.strip()
    done = mreg.ok("package", name, "--as", kind, "--to", registry.image, "--json", repo=repo).json
    assert (done["digest"], done["reference"]) == (said, f"{registry.image}@{said}")
    assert set(registry.manifests) == {said, {"churn": "v1.0.0", "bert": "v1.0.0_cuda12"}[name]}
    manifest = json.loads(registry.manifests[said])
    assert {it["digest"] for it in [manifest["config"], *manifest["layers"]]} == set(registry.blobs)
    before = len(registry.seen)
    mreg.ok("package", name, "--as", kind, "--to", f"{registry.image}:prod", repo=repo)
    methods = {method for method, _, _ in registry.seen[before:]}
    assert methods == {"HEAD", "PUT"}, "what is there is not sent again"
    assert registry.manifests["prod"] == registry.manifests[said]


def test_an_upload_that_breaks_off_is_gone_on_with(
    repo: Repository, mreg: CommandLine, registry: ImageRegistry
) -> None:
    mreg.ok("package", "churn", "--as", "modelpack", "--digest", repo=repo)
    registry.breaks = [0, 100_000, 150_000, 1]
    assert push(mreg, repo, registry, "--as", "modelpack").code == 0
    assert WEIGHTS in registry.blobs.values()
    last = len(WEIGHTS) - 1
    large = [it for it in registry.ranges if it.endswith(f"-{last}")]
    assert f"100000-{last}" in large or f"99999-{last}" in large or large


def test_one_that_always_breaks_off_ends_in_an_error_and_nothing_is_to_be_seen(
    repo: Repository, mreg: CommandLine, registry: ImageRegistry
) -> None:
    registry.breaks = [0] * 100
    done = push(mreg, repo, registry)
    assert (done.code, done.out) == (1, "")
    assert "cannot be pushed" in done.err
    assert registry.manifests == {}


@pytest.mark.parametrize("rude", [False, True])
@pytest.mark.parametrize(
    ("status", "said"),
    [
        (507, "the registry has no space for it (DENIED no space left)"),
        (413, "the registry has no space for it (DENIED no space left)"),
        (500, "500 Internal Server Error (DENIED no space left)"),
        (403, "you have no permission to write to it (DENIED no space left)"),
        (400, "answers 400 (DENIED no space left)"),
    ],
)
@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_a_registry_that_does_not_take_it_says_why(
    method: str, status: int, said: str, rude: bool, repo: Repository, mreg: CommandLine,
    registry: ImageRegistry,
) -> None:  # fmt: skip
    registry.refuses = {method: (status, "no space left")}
    registry.rude = rude
    done = push(mreg, repo, registry)
    assert (done.code, done.out) == (1, "")
    assert said in done.err
    assert registry.manifests == {}


def test_what_a_registry_says_does_not_reach_the_terminal_as_it_is(
    repo: Repository, mreg: CommandLine, registry: ImageRegistry
) -> None:
    registry.refuses = {"POST": (400, "\x1b[31mred\u202e\nhint: do this")}
    done = push(mreg, repo, registry)
    assert "red hint: do this" in done.err
    assert "\x1b" not in done.err
    assert "\u202e" not in done.err


def test_a_registry_that_lies_about_digests_is_refused(
    repo: Repository, mreg: CommandLine, registry: ImageRegistry
) -> None:
    registry.claims = f"sha256:{'0' * 64}"
    done = push(mreg, repo, registry)
    assert (done.code, done.out) == (1, "")
    assert f"sha256:{'0' * 64}" in done.err
    assert registry.manifests == {}


def test_one_that_says_no_digests_is_asked_for_what_it_has(
    repo: Repository, mreg: CommandLine, registry: ImageRegistry
) -> None:
    registry.silent = True
    assert push(mreg, repo, registry).code == 0
    digest = mreg.ok("package", "churn", "--digest", repo=repo).out.strip()
    registry.lies[digest] = b"{}"
    done = push(mreg, repo, registry)
    assert done.code == 1
    assert "not trustworthy" in done.err


class TestWhoOneIs:
    @pytest.mark.parametrize("bearer", [False, True])
    def test_it_is_said_when_the_registry_asks(
        self, bearer: bool, repo: Repository, mreg: CommandLine, registry: ImageRegistry,
        config: Path,
    ) -> None:  # fmt: skip
        registry.login, registry.bearer = "ann:se:cret", bearer
        logged_in(config, registry, "ann:se:cret")
        assert push(mreg, repo, registry).code == 0
        if bearer:
            assert registry.tokens
            scopes = {path for _, path, _ in registry.seen if path.startswith("/token")}
            assert any("scope=repository%3Ateam%2Fchurn%3Apull%2Cpush" in it for it in scopes)

    def test_a_token_that_expires_is_asked_for_again(
        self, repo: Repository, mreg: CommandLine, registry: ImageRegistry, config: Path
    ) -> None:
        registry.login, registry.bearer, registry.expires = "ann:pw", True, True
        logged_in(config, registry, "ann:pw")
        assert push(mreg, repo, registry).code == 0
        assert len(registry.tokens) > 5

    @pytest.mark.parametrize("bearer", [False, True])
    @pytest.mark.parametrize("login", ["ann:wrong", ""])
    def test_with_a_wrong_password_or_none_nothing_is_pushed(
        self, bearer: bool, login: str, repo: Repository, mreg: CommandLine,
        registry: ImageRegistry, config: Path,
    ) -> None:  # fmt: skip
        registry.login, registry.bearer = "ann:pw", bearer
        if login:
            logged_in(config, registry, login)
        done = push(mreg, repo, registry)
        assert (done.code, done.out) == (1, "")
        assert "docker login" in done.err
        assert "wrong" not in done.err
        assert (registry.manifests, registry.blobs) == ({}, {})

    @pytest.mark.parametrize("settings", ["credsStore", "credHelpers"])
    @pytest.mark.parametrize("secret", [("ann", "pw"), ("<token>", "refresh")])
    def test_a_helper_is_asked(
        self, settings: str, secret: tuple[str, str], repo: Repository, mreg: CommandLine,
        registry: ImageRegistry, config: Path, monkeypatch: pytest.MonkeyPatch,
    ) -> None:  # fmt: skip
        registry.login, registry.bearer = "ann:pw", True
        program = config.parent / "docker-credential-mine"
        answer = json.dumps({"Username": secret[0], "Secret": secret[1]})
        program.write_text(
            f"#!/bin/sh\nread host\n[ \"$1 $host\" = 'get {registry.host}' ] && echo '{answer}'\n"
        )
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(config.parent), prepend=":")
        said = "mine" if settings == "credsStore" else {registry.host: "mine"}
        config.write_text(json.dumps({settings: said}))
        assert push(mreg, repo, registry).code == 0

    def test_a_user_without_a_home_is_nobody(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def unknown(_: int) -> NoReturn:
            raise KeyError

        monkeypatch.delenv("DOCKER_CONFIG", raising=False)
        monkeypatch.delenv("HOME", raising=False)
        monkeypatch.setattr("pwd.getpwuid", unknown)
        assert docker.login("registry.example.com") is None

    def test_a_refresh_token_goes_nowhere_else(
        self, repo: Repository, mreg: CommandLine, registry: ImageRegistry, config: Path
    ) -> None:
        registry.login, registry.bearer = "ann:pw", True
        said = {"auths": {registry.host: {"identitytoken": "refresh"}}}
        config.write_text(json.dumps(said))
        assert push(mreg, repo, registry).code == 0
        with serving() as other:
            registry.tokens.clear()
            registry.leads = f"{other.url}/token"
            done = push(mreg, repo, registry)
            assert (done.code, done.out, other.seen) == (1, "", [])
            assert "another server" in done.err

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("[1", "it is not a JSON object"),
            ('{"credsStore": "../x"}', "an invalid credential helper: '../x'"),
            ('{"credsStore": "not-there"}', "docker-credential-not-there returned no credentials"),
        ],
    )
    def test_settings_that_cannot_be_used_are_an_error(
        self, text: str, said: str, repo: Repository, mreg: CommandLine, registry: ImageRegistry,
        config: Path,
    ) -> None:  # fmt: skip
        registry.login = "ann:pw"
        config.write_text(text)
        done = push(mreg, repo, registry)
        assert (done.code, done.out) == (1, "")
        assert said in done.err

    def test_another_host_is_not_told(
        self, repo: Repository, mreg: CommandLine, registry: ImageRegistry, config: Path
    ) -> None:
        """An upload's address may lead elsewhere, and so may a download's."""
        registry.login = "ann:pw"
        logged_in(config, registry, "ann:pw")
        with serving() as other:
            registry.elsewhere, other.uploads = other.url, registry.uploads
            push(mreg, repo, registry)
            assert {method for method, _, _ in other.seen} >= {"PATCH", "PUT"}
            registry.elsewhere = ""
            assert push(mreg, repo, registry).code == 0
            registry.elsewhere = other.url
            other.blobs = registry.blobs
            mreg.ok("get", registry.image + ":v1.0.0", "-o", str(config.parent / "got"))
            assert {method for method, _, _ in other.seen} >= {"GET"}
            assert {said for _, _, said in other.seen} == {""}

    def test_another_host_that_asks_who_one_is_is_not_told(
        self, repo: Repository, mreg: CommandLine, registry: ImageRegistry, config: Path
    ) -> None:
        registry.login = "ann:pw"
        logged_in(config, registry, "ann:pw")
        assert push(mreg, repo, registry).code == 0
        with serving() as other:
            registry.elsewhere, other.login, other.bearer = other.url, "eve:x", True
            done = mreg("get", registry.image + ":v1.0.0", "-o", str(config.parent / "got"))
            assert done.code == 1
            assert {said for _, _, said in other.seen} == {""}

    @pytest.mark.parametrize(
        "realm",
        [
            *("ftp://127.0.0.1/token", "file:///etc/passwd", "", "https://a@b/", "http://["),
            "http://tokens.invalid/",
        ],
    )
    def test_tokens_are_fetched_from_web_servers_alone(
        self, realm: str, repo: Repository, mreg: CommandLine, registry: ImageRegistry,
        config: Path,
    ) -> None:  # fmt: skip
        registry.login, registry.bearer, registry.realm = "ann:pw", True, realm or " "
        logged_in(config, registry, "ann:pw")
        done = push(mreg, repo, registry)
        assert (done.code, done.out) == (1, "")
        assert "does not name an https address" in done.err


def test_another_machine_is_not_spoken_to_without_tls(repo: Repository, mreg: CommandLine) -> None:
    done = mreg("package", "churn", "--to", "oci://registry.invalid/r", repo=repo)
    assert done.code == 1
    assert "https://registry.invalid/" in done.err


@pytest.mark.parametrize("content", [b"WEIGHTS\0" * 40_000, b"", b"longer\0\0" * 50_000, None])
@pytest.mark.parametrize("kind", ["oci", "modelpack"])
def test_what_is_changed_in_the_cache_meanwhile_is_not_packaged(
    kind: str, content: bytes | None, repo: Repository, registry: ImageRegistry, tmp_path: Path
) -> None:
    asked = PackageRequest(Registry.open(repo.path), "churn", kind)
    said = facts(asked)
    altered = tmp_path / "churn.bin"
    altered.write_bytes(said.files[0].where.read_bytes())
    said = said._replace(files=(said.files[0]._replace(where=altered),))
    made: bundle.Bundle = (image if kind == "oci" else modelpack).made(said)
    if content is None:
        altered.unlink()
    else:
        altered.write_bytes(content)
    with pytest.raises(Mismatch):
        layout.write(tmp_path / "out", made, "v1", ByteTally(made.size, None))
    assert not (tmp_path / "out").exists()
    client = RegistryClient(reference.parse(registry.image), QUIET, nobody)
    (layer,) = [it for it in made.blobs if it.descriptor.size > 10_000]
    with pytest.raises(Mismatch):
        client.push_blob(layer.descriptor, layer.chunks, lambda _: None)
    assert not any(len(it) > 10_000 for it in registry.blobs.values())
