"""What Git LFS keeps: from the clone's own folder, by its program, and from a server."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

import mreg
from lfs_server import LfsServer, pointer, served
from mreg.errors import GitError, Mismatch, MregError, Refused, RemoteError
from remotes import listening, make_certificate
from repositories import Maker, Repository, Tag, run

MODEL = bytes(range(256)) * 4000
OTHER = b"another model" * 1000
WORDS = b"plain words\n"


@pytest.fixture(autouse=True)
def _no_program(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the machine's own Git LFS, if it has one, be of no account."""
    if "calls" not in request.fixturenames:
        monkeypatch.setattr("mreg.git.lfs.has_program", lambda _: False)


@pytest.fixture
def server() -> Iterator[LfsServer]:
    with served() as made:
        made.put(MODEL)
        made.put(OTHER)
        yield made


@pytest.fixture
def repository(make_repository: Maker) -> Repository:
    """A registry with a model, and a folder of two and a plain file, that Git LFS keeps."""
    entries = "churn: {path: models/churn.bin}\nall: {path: models}\n"
    files = {
        "artifacts.yaml": entries.encode(),
        ".gitattributes": b"*.bin filter=lfs diff=lfs merge=lfs -text\n",
        "models/churn.bin": pointer(MODEL),
        "models/deep/other.bin": pointer(OTHER),
        "models/words.txt": WORDS,
    }
    return make_repository([Tag("churn@v1.0.0"), Tag("all@v1.0.0")], commits=[files])


@pytest.fixture
def cloned(repository: Repository, server: LfsServer) -> Repository:
    """The same, with the server as its remote."""
    repository.git("config", "remote.origin.url", f"{server.url}.git")
    return repository


def got(repository: Repository | str, selector: str = "churn@v1.0.0") -> bytes:
    repo = repository if isinstance(repository, str) else repository.path
    return Path(mreg.get(selector, repo=repo)).read_bytes()


def put(folder: Path, content: bytes, name: bytes | None = None) -> Path:
    """Put a content where Git LFS keeps it, under the name of another, if one is given."""
    digits = hashlib.sha256(content if name is None else name).hexdigest()
    path = folder / "lfs" / "objects" / digits[:2] / digits[2:4] / digits
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    return path


def files(folder: Path) -> dict[str, bytes]:
    return {
        it.relative_to(folder).as_posix(): it.read_bytes()
        for it in folder.rglob("*")
        if it.is_file()
    }


def test_what_is_here_is_taken_from_here(repository: Repository) -> None:
    put(repository.path / ".git", MODEL)
    assert got(repository) == MODEL


def test_lfs_storage_says_where_it_is(repository: Repository) -> None:
    folder = repository.path / ".git" / "lfs"
    put(repository.path / ".git", MODEL)
    folder.rename(folder.with_name("kept"))
    repository.git("config", "lfs.storage", "kept")
    assert got(repository) == MODEL


def test_a_remote_in_a_folder_is_looked_into(repository: Repository, tmp_path: Path) -> None:
    run(tmp_path, "clone", "-q", "--bare", str(repository.path), "remote.git")
    put(tmp_path / "remote.git", MODEL)
    repository.git("config", "remote.origin.url", "../remote.git")
    assert got(repository) == MODEL


def test_without_a_server_it_says_where_it_looked(repository: Repository) -> None:
    with pytest.raises(GitError, match=r"is not in .*lfs/objects, and no remote with"):
        got(repository)


def test_a_server_gives_it_out(cloned: Repository, server: LfsServer) -> None:
    assert got(cloned) == MODEL
    (asked,) = server.batches
    assert asked["operation"] == "download"
    assert asked["objects"] == [{"oid": server.put(MODEL), "size": len(MODEL)}]


def test_it_is_fetched_once(cloned: Repository, server: LfsServer) -> None:
    assert got(cloned) == got(cloned) == MODEL
    assert len(server.downloads) == len(server.batches) == 1


def test_a_folder_of_pointers_and_plain_files(
    cloned: Repository, server: LfsServer, tmp_path: Path
) -> None:
    mreg.get("all@v1.0.0", tmp_path / "out", repo=cloned.path)
    assert files(tmp_path / "out") == {
        "churn.bin": MODEL,
        "deep/other.bin": OTHER,
        "words.txt": WORDS,
    }
    assert len(server.batches) == 1


@pytest.mark.parametrize("key", ["lfs.url", "remote.origin.lfsurl"])
def test_a_setting_names_the_server(repository: Repository, server: LfsServer, key: str) -> None:
    repository.git("config", "remote.origin.url", "git@example.invalid:team/models")
    repository.git("config", key, server.endpoint)
    assert got(repository) == MODEL


@pytest.mark.parametrize("by_url", [False, True])
def test_the_commit_names_the_server(
    make_repository: Maker, server: LfsServer, tmp_path: Path, by_url: bool
) -> None:
    named = f"[lfs]\n\turl = {server.endpoint}\n"
    first = {
        "artifacts.yaml": b"churn: {path: churn.bin}\n",
        "churn.bin": pointer(MODEL),
        ".lfsconfig": named.encode(),
    }
    later = {".lfsconfig": b"[lfs]\n\turl = http://127.0.0.1:9/\n"}
    made = make_repository([Tag("churn@v1.0.0")], commits=[first, later])
    assert got(made.path.as_uri() if by_url else made) == MODEL


def test_a_setting_counts_for_more_than_the_commit(
    make_repository: Maker, server: LfsServer
) -> None:
    content = {
        "artifacts.yaml": b"churn: {path: churn.bin}\n",
        "churn.bin": pointer(MODEL),
        ".lfsconfig": b"[lfs]\n\turl = http://127.0.0.1:9/\n",
    }
    made = make_repository([Tag("churn@v1.0.0")], commits=[content])
    made.git("config", "lfs.url", server.endpoint)
    assert got(made) == MODEL


def test_a_broken_lfsconfig_is_said_to_be_broken(make_repository: Maker) -> None:
    content = {
        "artifacts.yaml": b"churn: {path: churn.bin}\n",
        "churn.bin": pointer(MODEL),
        ".lfsconfig": b"[lfs\nurl",
    }
    made = make_repository([Tag("churn@v1.0.0")], commits=[content])
    with pytest.raises(RemoteError, match=r"cannot read the commit\'s \.lfsconfig"):
        got(made)


@pytest.mark.parametrize(
    "url", ["http://[x", "http://h:abc/", "https://", "http://a b/", "http://h/\x01", "x://[y"]
)
def test_a_server_at_no_address(repository: Repository, url: str) -> None:
    repository.git("config", "lfs.url", url)
    with pytest.raises(GitError):
        got(repository)


def test_certificates_that_are_not_there(repository: Repository) -> None:
    repository.git("config", "lfs.url", "https://127.0.0.1:9/")
    repository.git("config", "http.sslCAInfo", "~/nowhere.pem")
    with pytest.raises(RemoteError, match="cannot read certificates"):
        got(repository)


def test_over_ssh_it_names_the_program(repository: Repository) -> None:
    repository.git("config", "remote.origin.url", "git@example.invalid:team/models.git")
    with pytest.raises(RemoteError, match="cannot be read over HTTP") as caught:
        got(repository)
    assert "install Git LFS" in caught.value.hint


class TestCredentials:
    @pytest.fixture(autouse=True)
    def _locked(self, server: LfsServer) -> None:
        server.login = "ann:secret"

    def helper(self, repository: Repository, tmp_path: Path, password: str) -> Path:
        """Set up a credential helper; return the file in which it notes what it is told."""
        notes, program = tmp_path / "notes", tmp_path / "helper"
        program.write_text(
            "#!/bin/sh\n"
            f'echo "$1" >>{notes}; cat >>{notes}\n'
            f'[ "$1" = get ] && printf "username=ann\\npassword={password}\\n"; exit 0\n'
        )
        program.chmod(0o755)
        repository.git("config", "credential.helper", str(program))
        return notes

    def test_come_from_git_which_hears_that_they_are_right(
        self, cloned: Repository, tmp_path: Path
    ) -> None:
        notes = self.helper(cloned, tmp_path, "secret")
        assert got(cloned) == MODEL
        said = notes.read_text().splitlines()
        assert [it for it in said if it in ("get", "store", "erase")] == ["get", "store"]

    def test_that_are_wrong_are_forgotten(self, cloned: Repository, tmp_path: Path) -> None:
        notes = self.helper(cloned, tmp_path, "wrong")
        with pytest.raises(RemoteError, match="does not accept the credentials") as caught:
            got(cloned)
        assert "erase" in notes.read_text().splitlines()
        assert "wrong" not in str(caught.value)

    def test_that_nobody_has_are_asked_for_in_vain(self, cloned: Repository) -> None:
        with pytest.raises(RemoteError, match="Git has no credentials for it"):
            got(cloned)

    def test_may_stand_in_the_url(self, cloned: Repository, server: LfsServer) -> None:
        with_login = server.url.replace("://", "://ann:secret@")
        cloned.git("config", "remote.origin.url", f"{with_login}.git")
        assert got(cloned) == MODEL

    def test_in_the_url_are_not_shown(self, cloned: Repository, server: LfsServer) -> None:
        with_login = server.url.replace("://", "://ann:secret@")
        cloned.git("config", "remote.origin.url", f"{with_login}.git")
        server.objects.clear()
        with pytest.raises(RemoteError) as caught:
            got(cloned)
        assert "secret" not in f"{caught.value} {caught.value.hint}"


def test_the_header_of_a_ci_system_is_sent(cloned: Repository, server: LfsServer) -> None:
    server.extra = ("X-Token", "t0ken")
    host = server.url.removesuffix("/team/models")
    cloned.git("config", f"http.{host}/.extraHeader", "X-Token: t0ken")
    assert got(cloned) == MODEL


def test_the_certificates_that_git_trusts_are_trusted(
    repository: Repository, tmp_path: Path
) -> None:
    certificate = make_certificate(tmp_path)
    with served(certificate) as server:
        server.put(MODEL)
        repository.git("config", "lfs.url", server.endpoint)
        with pytest.raises(RemoteError, match="certificate"):
            got(repository)
        repository.git("config", "http.sslCAInfo", str(certificate.file))
        assert got(repository) == MODEL


def test_an_encrypted_server_leads_to_no_open_one(repository: Repository, tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    with served(certificate) as server:
        server.put(MODEL)
        server.elsewhere = "http://127.0.0.1:9"
        repository.git("config", "lfs.url", server.endpoint)
        repository.git("config", "http.sslCAInfo", str(certificate.file))
        with pytest.raises(RemoteError, match="which is not encrypted"):
            got(repository)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (404, "does not have it: so it is"),
        (410, "no longer has it"),
        (422, "cannot deliver it"),
        (509, r"refused it \(509\)"),
    ],
)
def test_objects_that_a_server_refuses(
    cloned: Repository, server: LfsServer, code: int, words: str
) -> None:
    server.errors[server.put(MODEL)] = code
    with pytest.raises(RemoteError, match=words):
        got(cloned)
    assert server.downloads == []


_HREF = {"download": {"href": "http://127.0.0.1:9/x"}}
_OID = hashlib.sha256(MODEL).hexdigest()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"<html>", "did not answer like a Git LFS server"),
        (b"[]", "did not answer like"),
        (b"{}", "did not answer like"),
        (b'{"objects": [1]}', "did not answer like"),
        (b'{"objects": []}', "did not mention it"),
        (json.dumps({"objects": [{"oid": _OID}]}).encode(), "did not mention it"),
        (
            json.dumps({"objects": [{"oid": _OID, "actions": {"download": {"href": 1}}}]}).encode(),
            "did not answer like",
        ),
        (
            json.dumps({"transfer": "tus", "objects": [{"oid": _OID, "actions": _HREF}]}).encode(),
            "transfers objects only by 'tus'",
        ),
        (
            json.dumps(
                {
                    "objects": [
                        {"oid": _OID, "actions": {"download": {"href": "file:///etc/passwd"}}}
                    ]
                }
            ).encode(),
            "is not an HTTP URL",
        ),
        (
            json.dumps(
                {"objects": [{"oid": _OID, "actions": {"download": {"href": "http://[x"}}}]}
            ).encode(),
            "is not a URL",
        ),
        pytest.param(b"[" * 200_000, "did not answer like a Git LFS server", id="deep"),
    ],
)
def test_answers_that_are_none(
    cloned: Repository, server: LfsServer, answer: bytes, words: str
) -> None:
    server.answer = answer
    with pytest.raises(RemoteError, match=words):
        got(cloned)


def test_a_server_that_is_none(repository: Repository, server: LfsServer) -> None:
    repository.git("config", "lfs.url", f"{server.url}/nowhere")
    with pytest.raises(
        RemoteError, match="was not found, or you have no access to it: it answered 404"
    ):
        got(repository)


@pytest.mark.parametrize(
    "lie",
    [MODEL[:-1] + b"x", MODEL[:-1], MODEL + b"x", b""],
    ids=["other", "short", "long", "none"],
)
def test_a_server_that_lies_gives_nothing(
    cloned: Repository, server: LfsServer, tmp_path: Path, lie: bytes
) -> None:
    server.lies[server.put(MODEL)] = lie
    target = tmp_path / "out.bin"
    with pytest.raises(MregError) as caught:
        mreg.get("churn@v1.0.0", target, repo=cloned.path)
    assert isinstance(caught.value, Mismatch | RemoteError)
    assert not target.exists()
    server.lies.clear()
    assert got(cloned) == MODEL


@pytest.mark.parametrize("ranges", [True, False])
def test_a_connection_that_breaks_is_made_again(
    cloned: Repository, server: LfsServer, ranges: bool
) -> None:
    server.ranges = ranges
    server.breaks = [100_000, 50_000]
    assert got(cloned) == MODEL
    assert [span for _, span in server.downloads][:2] == ["", "bytes=100000-"]


def test_a_fetch_that_failed_is_gone_on_with(
    cloned: Repository, server: LfsServer, tmp_path: Path
) -> None:
    server.breaks = [200_000, *[0] * 20]
    with pytest.raises(RemoteError, match="cannot be fetched"):
        mreg.get("churn@v1.0.0", tmp_path / "out", repo=cloned.path)
    assert not (tmp_path / "out").exists()
    server.breaks, server.downloads = [], []
    assert got(cloned) == MODEL
    assert [span for _, span in server.downloads] == ["bytes=200000-"]


def test_addresses_that_expired_are_asked_for_anew(cloned: Repository, server: LfsServer) -> None:
    server.expires = True
    assert got(cloned) == MODEL
    assert len(server.batches) == 2


def test_an_address_that_never_holds_is_given_up(cloned: Repository, server: LfsServer) -> None:
    server.expires = True
    server.elsewhere = f"{server.url}?batch=1&path="
    with pytest.raises(RemoteError, match="did not deliver the Git LFS object"):
        got(cloned)


def test_what_is_damaged_here_comes_from_the_server(cloned: Repository, server: LfsServer) -> None:
    put(cloned.path / ".git", b"x" * len(MODEL), name=MODEL)
    assert got(cloned) == MODEL
    assert len(server.downloads) == 1


class TestProgram:
    """Git LFS's own program; a stand-in for it writes down how it was called."""

    @pytest.fixture
    def calls(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        folder, calls = tmp_path / "bin", tmp_path / "calls"
        folder.mkdir()
        (folder / "git-lfs").write_text(
            "#!/bin/sh\n"
            f'echo "$* $GIT_LFS_SKIP_SMUDGE" >>{calls}\n'
            f'[ "$1" = version ] && exit 0\n'
            f"cat >{tmp_path}/pointer; cat {tmp_path}/content\n"
        )
        (folder / "git-lfs").chmod(0o755)
        git = shutil.which("git")
        assert git is not None
        monkeypatch.setenv("PATH", f"{folder}:{Path(git).parent}:/bin")
        return calls

    def test_fetches_it(
        self, cloned: Repository, server: LfsServer, calls: Path, tmp_path: Path
    ) -> None:
        (tmp_path / "content").write_bytes(MODEL)
        assert got(cloned) == MODEL
        assert calls.read_text().splitlines() == ["version ", "smudge 0"]
        assert (tmp_path / "pointer").read_bytes() == pointer(MODEL)
        assert server.batches == []

    def test_is_not_believed_either(self, cloned: Repository, calls: Path, tmp_path: Path) -> None:
        (tmp_path / "content").write_bytes(pointer(MODEL))
        with pytest.raises(Mismatch):
            got(cloned)
        assert calls.exists()

    def test_says_why_it_fails(self, cloned: Repository, calls: Path, tmp_path: Path) -> None:
        with pytest.raises(RemoteError, match=r"git lfs cannot fetch the file: .*content"):
            got(cloned)
        assert calls.exists()


class TestExtension:
    """An object that a program of the user's encoded, by the real Git LFS."""

    @pytest.fixture
    def calls(self) -> None:
        """Let the real program count."""

    @pytest.fixture
    def encoded(self, make_repository: Maker, calls: None) -> Repository:
        if shutil.which("git-lfs") is None:
            pytest.skip("Git LFS's program is not installed")
        files = {
            "artifacts.yaml": b"churn: {path: churn.bin}\n",
            ".gitattributes": b"*.bin filter=lfs\n",
        }
        made = make_repository(commits=[files])
        made.git("reset", "-q", "--hard")
        made.git("lfs", "install", "--local")
        for rank, name, clean, smudge in (
            ("0", "rot", "a-z A-Z", "A-Z a-z"),
            ("1", "x", "A B", "B A"),
        ):
            made.git("config", f"lfs.extension.{name}.priority", rank)
            made.git("config", f"lfs.extension.{name}.clean", f"tr {clean}")
            made.git("config", f"lfs.extension.{name}.smudge", f"tr {smudge}")
        (made.path / "churn.bin").write_bytes(b"a model\n")
        made.git("add", ".")
        made.git("commit", "-q", "-m", "Train")
        made.git("tag", "-a", "-m", "Register", "churn@v1.0.0")
        assert "ext-0-rot" in made.git("cat-file", "blob", "HEAD:churn.bin")
        return made

    def test_is_decoded_by_git_lfs(self, encoded: Repository) -> None:
        encoded.git("config", "lfs.fetchexclude", "*")
        assert got(encoded) == b"a model\n"

    def test_has_the_digest_of_the_model(self, encoded: Repository) -> None:
        registry = mreg.Registry.open(encoded.path)
        registry.register("churn", digest=True, force=True)
        tag = encoded.git("cat-file", "tag", "churn@v1.0.1")
        assert f"Digest: sha256:{hashlib.sha256(b'a model' + bytes([10])).hexdigest()}" in tag

    def test_without_the_extension_is_refused(self, encoded: Repository) -> None:
        encoded.git("config", "--remove-section", "lfs.extension.rot")
        with pytest.raises(RemoteError, match="extension 'rot' is not configured"):
            got(encoded)

    def test_that_decodes_otherwise_is_refused(self, encoded: Repository) -> None:
        encoded.git("config", "lfs.extension.rot.smudge", "cat")
        with pytest.raises(RemoteError, match="does not match expected"):
            got(encoded)

    def test_without_the_program_is_refused(
        self, encoded: Repository, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("mreg.git.lfs.has_program", lambda _: False)
        with pytest.raises(Refused, match="was stored by extensions of Git LFS"):
            got(encoded)


def test_a_server_that_says_nothing_is_not_waited_for(repository: Repository) -> None:
    class Silent(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.close_connection = True

    with listening(Silent) as url:
        repository.git("config", "lfs.url", url)
        with pytest.raises(RemoteError, match=r"cannot be (?:fetched|asked)"):
            got(repository)
