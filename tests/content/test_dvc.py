"""What DVC keeps: from its cache, from folders and web servers, by hand-made files of each form."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

import mreg
from dvc_storage import CONFIG, listing, md5, store, store_folder
from mreg.errors import GitError, Mismatch, MregError, NotFound, Refused, RemoteError
from mreg.store import dvc_project
from mreg.system import cache, distribution
from remotes import listening
from repositories import Maker, Repository, Tag

MODEL = bytes(range(256)) * 2000
TEXT = b"one\r\ntwo\r\n" * 20
FILES = {"a.bin": b"first", "deep/b.bin": b"second" * 1000, "deep/c.txt": b""}


def out(name: str, digest: str, extra: str = "  hash: md5\n") -> bytes:
    return f"outs:\n- md5: {digest}\n{extra}  path: {name}\n".encode()


TAGS = [Tag("churn@v1.0.0")]


def churn(
    make: Maker,
    pointer: bytes | None = None,
    *,
    remote: str = "../../storage",
    path: str = "churn.bin",
    more: dict[str, bytes] | None = None,
) -> Repository:
    """Make a registry with a model that DVC keeps."""
    files = {
        "artifacts.yaml": f"churn: {{path: {path}}}\n".encode(),
        ".dvc/config": CONFIG.format(remote).encode(),
        "churn.bin.dvc": pointer or out("churn.bin", md5(MODEL)),
        **(more or {}),
    }
    return make(TAGS, commits=[files])


def folder(
    make: Maker, digest: str, path: str = "models", *, remote: str = "../../storage"
) -> Repository:
    """Make a registry with a folder that DVC keeps."""
    return churn(make, path=path, more={"models.dvc": out("models", digest)}, remote=remote)


def get(repository: Repository | str, output: Path | None = None) -> Path:
    repo = repository if isinstance(repository, str) else repository.path
    return Path(mreg.get("churn@v1.0.0", output, repo=repo))


def settle(repository: Repository, name: str, text: str) -> None:
    """Write a file of settings into the work tree."""
    file = repository.path / ".dvc" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)


def files_in(path: Path) -> dict[str, bytes]:
    return {it.relative_to(path).as_posix(): it.read_bytes() for it in path.rglob("*.*")}


@pytest.fixture
def storage(tmp_path: Path) -> Path:
    return tmp_path / "storage"


class TestFolders:
    """A remote that is a folder, and the cache."""

    def test_the_remote(self, make_repository: Maker, storage: Path) -> None:
        store(storage, MODEL)
        assert get(churn(make_repository)).read_bytes() == MODEL

    def test_the_cache_comes_first(self, make_repository: Maker, storage: Path) -> None:
        made = churn(make_repository)
        settle(made, "config", CONFIG.format("../../storage"))
        store(storage, b"a lie", name=md5(MODEL))
        store(made.path / ".dvc" / "cache", MODEL)
        assert get(made).read_bytes() == MODEL

    @pytest.mark.parametrize("name", ["config", "config.local"])
    def test_the_cache_may_be_elsewhere(
        self, make_repository: Maker, tmp_path: Path, name: str
    ) -> None:
        made = churn(make_repository)
        settle(made, name, "[cache]\n    dir = ../../cache\n")
        store(tmp_path / "cache", MODEL)
        assert get(made).read_bytes() == MODEL

    def test_the_users_cache_serves_a_registry_by_url(
        self, make_repository: Maker, tmp_path: Path
    ) -> None:
        made = churn(make_repository)
        config = Path(os.environ["XDG_CONFIG_HOME"]) / "dvc" / "config"
        config.parent.mkdir(parents=True)
        config.write_text(f"[cache]\n    dir = {tmp_path / 'cache'}\n")
        store(tmp_path / "cache", MODEL)
        assert get(made.path.as_uri()).read_bytes() == MODEL

    def test_a_damaged_cache_is_not_used(self, make_repository: Maker, storage: Path) -> None:
        made = churn(make_repository)
        store(storage, MODEL)
        settle(made, "config", CONFIG.format("../../storage"))
        store(made.path / ".dvc" / "cache", b"damaged", name=md5(MODEL))
        assert get(made).read_bytes() == MODEL

    def test_a_remote_that_has_moved_is_found_by_the_work_tree(
        self, make_repository: Maker, tmp_path: Path
    ) -> None:
        made = churn(make_repository, remote="/nowhere/at/all")
        settle(made, "config", CONFIG.format("../../moved"))
        store(tmp_path / "moved", MODEL)
        assert get(made).read_bytes() == MODEL

    def test_a_remote_that_only_the_commit_names(
        self, make_repository: Maker, storage: Path
    ) -> None:
        made = churn(make_repository)
        settle(made, "config", CONFIG.format("../../empty"))
        store(storage, MODEL)
        assert get(made).read_bytes() == MODEL

    def test_a_relative_remote_is_none_by_url(self, make_repository: Maker) -> None:
        made = churn(make_repository)
        with pytest.raises(RemoteError, match="which is relative to a clone"):
            get(made.path.as_uri())

    def test_an_absolute_one_is(self, make_repository: Maker, storage: Path) -> None:
        made = churn(make_repository, remote=str(storage))
        store(storage, MODEL)
        assert get(made.path.as_uri()).read_bytes() == MODEL

    def test_a_remote_in_another(self, make_repository: Maker, storage: Path) -> None:
        made = churn(make_repository, remote="remote://base/inner")
        settle(
            made,
            "config",
            CONFIG.format("remote://base/inner") + f"['remote \"base\"']\n    url = {storage}\n",
        )
        store(storage / "inner", MODEL)
        assert get(made).read_bytes() == MODEL

    def test_an_output_may_name_its_remote(self, make_repository: Maker, tmp_path: Path) -> None:
        pointer = out("churn.bin", md5(MODEL), "  hash: md5\n  remote: Other\n")
        config = CONFIG.format("../../storage") + "['remote \"other\"']\n    url = ../../other\n"
        made = churn(make_repository, pointer, more={".dvc/config": config.encode()})
        store(tmp_path / "other", MODEL)
        assert get(made).read_bytes() == MODEL

    def test_a_project_in_a_folder_of_the_repository(
        self, make_repository: Maker, tmp_path: Path
    ) -> None:
        files = {
            "artifacts.yaml": b"churn: {path: ml/models/churn.bin}\n",
            "ml/.dvc/config": CONFIG.format("../../storage").encode(),
            "ml/models/churn.bin.dvc": out("churn.bin", md5(MODEL)),
        }
        made = make_repository(TAGS, commits=[files])
        store(made.path / "storage", MODEL)
        assert get(made).read_bytes() == MODEL


class TestPointers:
    def test_the_pointer_itself_may_be_named(self, make_repository: Maker, storage: Path) -> None:
        store(storage, MODEL)
        found = get(churn(make_repository, path="churn.bin.dvc"))
        assert found.read_bytes() == MODEL

    def test_a_lock(self, make_repository: Maker, tmp_path: Path) -> None:
        lock = (
            "schema: '2.0'\nstages:\n  train:\n    cmd: x\n    outs:\n"
            f"    - path: models/churn.bin\n      hash: md5\n      md5: {md5(MODEL)}\n"
        )
        pipeline = (
            "stages:\n  train:\n    cmd: x\n    outs:\n    - models/churn.bin:\n"
            "        remote: other\n"
        )
        config = CONFIG.format("../../storage") + "['remote \"other\"']\n    url = ../../other\n"
        more = {
            "dvc.lock": lock.encode(),
            "dvc.yaml": pipeline.encode(),
            ".dvc/config": config.encode(),
        }
        made = churn(make_repository, path="models/churn.bin", more=more)
        store(tmp_path / "other", MODEL)
        assert get(made).read_bytes() == MODEL

    @pytest.mark.parametrize("content", [MODEL, TEXT], ids=["binary", "text"])
    def test_what_dvc_2_wrote(self, make_repository: Maker, storage: Path, content: bytes) -> None:
        digest = md5(content.replace(b"\r\n", b"\n") if content is TEXT else content)
        store(storage, content, layout="", name=digest)
        made = churn(make_repository, out("churn.bin", digest, ""))
        assert get(made).read_bytes() == content

    def test_what_dvc_2_wrote_and_dvc_3_pushed(self, make_repository: Maker, storage: Path) -> None:
        store(storage, MODEL)
        assert get(churn(make_repository, out("churn.bin", md5(MODEL), ""))).read_bytes() == MODEL

    def test_of_dvc_3_a_line_ending_counts(self, make_repository: Maker, storage: Path) -> None:
        digest = md5(TEXT.replace(b"\r\n", b"\n"))
        store(storage, TEXT, name=digest)
        with pytest.raises(Mismatch):
            get(churn(make_repository, out("churn.bin", digest)))

    def test_without_an_md5(self, make_repository: Maker) -> None:
        made = churn(make_repository, b"outs:\n- etag: abc\n  path: churn.bin\n")
        with pytest.raises(Refused, match="has no MD5 for"):
            get(made)

    def test_an_import_that_nobody_pushed(self, make_repository: Maker) -> None:
        pointer = (
            b"deps:\n- path: data/x.bin\n  repo:\n    url: https://example.com/data.git\n"
            b"    rev_lock: abc\nfrozen: true\n"
        ) + out("churn.bin", md5(MODEL))
        with pytest.raises(
            RemoteError, match=r"imported: data/x\.bin of https://example"
        ) as caught:
            get(churn(make_repository, pointer))
        assert "dvc pull" in caught.value.hint

    def test_a_url_that_was_imported(self, make_repository: Maker, storage: Path) -> None:
        pointer = b"deps:\n- path: s3://bucket/x.bin\n  etag: abc\n" + out("churn.bin", md5(MODEL))
        made = churn(make_repository, pointer)
        with pytest.raises(RemoteError, match="imported: s3://bucket/x"):
            get(made)
        store(storage, MODEL)
        assert get(made).read_bytes() == MODEL

    def test_an_output_outside_the_repository(self, make_repository: Maker, storage: Path) -> None:
        store(storage, MODEL)
        made = churn(make_repository, out("/data/churn.bin", md5(MODEL)), path="churn.bin.dvc")
        found = get(made, storage / "out.bin")
        assert found.read_bytes() == MODEL


class TestFoldersOfFiles:
    def test_a_folder(self, make_repository: Maker, storage: Path, tmp_path: Path) -> None:
        made = folder(make_repository, store_folder(storage, FILES))
        assert files_in(get(made, tmp_path / "out")) == FILES

    def test_many_files(self, make_repository: Maker, storage: Path, tmp_path: Path) -> None:
        many = {f"{number % 7}/{number}.bin": b"%d" % number for number in range(200)}
        made = folder(make_repository, store_folder(storage, many))
        assert files_in(get(made, tmp_path / "out")) == many

    def test_a_file_in_it(self, make_repository: Maker, storage: Path) -> None:
        made = folder(make_repository, store_folder(storage, FILES), "models/deep/b.bin")
        found = get(made)
        assert found.read_bytes() == FILES["deep/b.bin"]

    def test_a_folder_in_it(self, make_repository: Maker, storage: Path, tmp_path: Path) -> None:
        made = folder(make_repository, store_folder(storage, FILES), "models/deep")
        inner = {"b.bin": FILES["deep/b.bin"], "c.txt": b""}
        assert files_in(get(made, tmp_path / "out")) == inner

    def test_what_is_not_in_it(self, make_repository: Maker, storage: Path) -> None:
        made = folder(make_repository, store_folder(storage, FILES), "models/other")
        with pytest.raises(MregError, match="has no other"):
            get(made)

    @pytest.mark.parametrize(
        "path",
        [
            "../out.bin",
            "/etc/out.bin",
            "a/../../b",
            ".git/hooks/x",
            "a\\..\\b",
            "C:x",
            "a//b",
            "nul",
        ],
    )
    def test_a_list_that_leads_out_of_it(
        self, make_repository: Maker, storage: Path, tmp_path: Path, path: str
    ) -> None:
        (tmp_path / "deep").mkdir()
        made = folder(make_repository, store_folder(storage, {path: b"evil", "a.bin": b"x"}))
        with pytest.raises(Refused):
            get(made, tmp_path / "deep" / "out")
        assert not (tmp_path / "deep" / "out").exists()
        assert not (tmp_path / "deep" / "out.bin").exists()

    @pytest.mark.parametrize(
        "raw", [b"", b"[", b"{}", b"[1]", b'[{"relpath": "a"}]', b'[{"md5": "x", "relpath": "a"}]']
    )
    def test_a_list_that_is_none(
        self, make_repository: Maker, storage: Path, tmp_path: Path, raw: bytes
    ) -> None:
        store(storage, raw, name=f"{md5(raw)}.dir")
        with pytest.raises((Refused, NotFound)):
            get(folder(make_repository, f"{md5(raw)}.dir", "models/a"), tmp_path / "out")
        assert not (tmp_path / "out").exists()

    def test_a_list_that_is_another(self, make_repository: Maker, storage: Path) -> None:
        name = store_folder(storage, FILES)
        store(storage, listing({"b": b"x"}), name=name)
        with pytest.raises(Mismatch):
            get(folder(make_repository, name))

    def test_nothing_is_put_there_while_one_file_is_missing(
        self, make_repository: Maker, storage: Path, tmp_path: Path
    ) -> None:
        name = store_folder(storage, FILES)
        digits = md5(FILES["deep/b.bin"])
        (storage / "files" / "md5" / digits[:2] / digits[2:]).unlink()
        made = folder(make_repository, name)
        with pytest.raises(RemoteError, match=f"the DVC object {digits} is not in"):
            get(made, tmp_path / "out")
        assert not (tmp_path / "out").exists()
        store(storage, FILES["deep/b.bin"])
        assert files_in(get(made, tmp_path / "out")) == FILES


class TestAbsent:
    def test_says_where_it_looked(self, make_repository: Maker) -> None:
        made = churn(make_repository)
        settle(made, "config", "")
        with pytest.raises(RemoteError, match=r"DVC's cache .* or the DVC remote storage"):
            get(made)

    def test_without_a_remote(self, make_repository: Maker) -> None:
        made = churn(make_repository, more={".dvc/config": b""})
        with pytest.raises(GitError, match="is not in a DVC cache") as caught:
            get(made)
        assert "dvc remote add" in caught.value.hint

    def test_with_cloud_versioning(
        self, make_repository: Maker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        config = CONFIG.format("../../storage") + "    version_aware = true\n"
        made = churn(make_repository, more={".dvc/config": config.encode()})
        with pytest.raises(RemoteError) as caught:
            get(made)
        assert "cloud versioning" in caught.value.hint

    def test_over_ssh_without_dvc(
        self, make_repository: Maker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("mreg.git.dvc.is_installed", lambda: False)
        made = churn(make_repository, remote="ssh://example.invalid/storage")
        with pytest.raises(RemoteError) as caught:
            get(made)
        assert "only DVC itself" in caught.value.hint

    @pytest.mark.usefixtures("_without_fsspec")
    def test_without_the_package_of_a_cloud(self, make_repository: Maker) -> None:
        made = churn(make_repository, remote="s3://bucket/storage")
        with pytest.raises(Refused, match="s3fs") as caught:
            get(made)
        assert caught.value.hint == f"run `{distribution.command('remote')}`"


@pytest.mark.parametrize(
    "url",
    ["http://[x", "http://h:abc", "https://", "s3://", "s3://[", "file://[", "~nobody", "\0", "x:"],
)
def test_a_remote_at_no_address(
    make_repository: Maker, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setattr("mreg.git.dvc.is_installed", lambda: False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises((GitError, Refused)):
        get(churn(make_repository, remote=url))


def test_a_folder_that_lies(make_repository: Maker, storage: Path, tmp_path: Path) -> None:
    store(storage, MODEL[:-1] + b"x", name=md5(MODEL))
    with pytest.raises(Mismatch, match=md5(MODEL)):
        get(churn(make_repository), tmp_path / "out.bin")
    assert not (tmp_path / "out.bin").exists()


class Web:
    """A web server for a folder.

    Attributes:
        url: its URL.
        folder: what it gives out.
        wanted: a header that it wants, and its value.
        breaks: after how many bytes it breaks off; one entry an answer, as long as there are any.
        ranges: the ranges that it was asked for.
    """

    def __init__(self, folder: Path) -> None:
        self.url = ""
        self.folder = folder
        self.wanted: tuple[str, str] | None = None
        self.breaks: list[int] = []
        self.ranges: list[str] = []


class _Handler(BaseHTTPRequestHandler):
    web: Web

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing of each request."""

    def do_GET(self) -> None:
        web = self.web
        file = web.folder / self.path.lstrip("/")
        if web.wanted and self.headers.get(web.wanted[0]) != web.wanted[1]:
            self.send_error(401)
        elif not file.is_file():
            self.send_error(404)
        else:
            self._give(file.read_bytes(), self.headers.get("Range", ""))

    def _give(self, content: bytes, span: str) -> None:
        self.web.ranges.append(span)
        first = int(span.removeprefix("bytes=").rstrip("-")) if span else 0
        self.send_response(206 if first else 200)
        if first:
            self.send_header("Content-Range", f"bytes {first}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - first))
        self.end_headers()
        last = first + self.web.breaks.pop(0) if self.web.breaks else len(content)
        self.wfile.write(content[first:last])


@pytest.fixture
def web(storage: Path) -> Iterator[Web]:
    made = Web(storage)
    with listening(type("Handler", (_Handler,), {"web": made})) as url:
        made.url = url
        yield made


class TestWeb:
    @pytest.mark.parametrize("by_url", [False, True])
    def test_a_file(self, make_repository: Maker, storage: Path, web: Web, by_url: bool) -> None:
        store(storage, MODEL)
        made = churn(make_repository, remote=web.url)
        assert get(made.path.as_uri() if by_url else made).read_bytes() == MODEL

    def test_a_folder(
        self, make_repository: Maker, storage: Path, web: Web, tmp_path: Path
    ) -> None:
        made = folder(make_repository, store_folder(storage, FILES), remote=web.url)
        assert files_in(get(made, tmp_path / "out")) == FILES

    def test_the_layout_of_dvc_2(self, make_repository: Maker, storage: Path, web: Web) -> None:
        store(storage, MODEL, layout="")
        made = churn(make_repository, out("churn.bin", md5(MODEL), ""), remote=web.url)
        assert get(made).read_bytes() == MODEL

    def test_a_connection_that_breaks(
        self, make_repository: Maker, storage: Path, web: Web
    ) -> None:
        store(storage, MODEL)
        web.breaks = [1000, 2000]
        assert get(churn(make_repository, remote=web.url)).read_bytes() == MODEL
        assert web.ranges == ["", "bytes=1000-", "bytes=3000-"]

    def test_a_lie(self, make_repository: Maker, storage: Path, web: Web, tmp_path: Path) -> None:
        store(storage, MODEL[::-1], name=md5(MODEL))
        with pytest.raises(Mismatch):
            get(churn(make_repository, remote=web.url), tmp_path / "out.bin")
        assert not (tmp_path / "out.bin").exists()

    def test_nothing(self, make_repository: Maker, web: Web) -> None:
        with pytest.raises(RemoteError, match="is not in"):
            get(churn(make_repository, remote=web.url))

    @pytest.mark.parametrize(
        ("options", "wanted"),
        [
            (
                ("auth = basic", "user = ann", "password = secret"),
                ("Authorization", "Basic YW5uOnNlY3JldA=="),
            ),
            (("auth = custom", "custom_auth_header = X-Key", 'password = "a#b"'), ("X-Key", "a#b")),
        ],
        ids=["basic", "custom"],
    )
    def test_a_password_of_the_users_own(
        self,
        make_repository: Maker,
        storage: Path,
        web: Web,
        options: Sequence[str],
        wanted: tuple[str, str],
    ) -> None:
        store(storage, MODEL)
        web.wanted = wanted
        made = churn(make_repository, remote=web.url)
        with pytest.raises(RemoteError, match="denies access"):
            get(made)
        settle(made, "config", CONFIG.format(web.url))
        lines = "".join(f"    {it}\n" for it in options)
        settle(made, "config.local", f"['remote \"storage\"']\n{lines}")
        assert get(made).read_bytes() == MODEL

    def test_that_password_goes_to_no_remote_that_only_a_commit_names(
        self, make_repository: Maker, storage: Path, web: Web, tmp_path: Path
    ) -> None:
        store(storage, MODEL)
        web.wanted = ("Authorization", "Basic YW5uOnNlY3JldA==")
        made = churn(make_repository, remote=web.url)
        settle(made, "config", CONFIG.format(tmp_path / "empty"))
        secret = "    auth = basic\n    user = ann\n    password = secret\n"
        settle(made, "config.local", f"['remote \"storage\"']\n{secret}")
        with pytest.raises(RemoteError, match="denies access"):
            get(made)

    def test_a_password_that_nobody_set(self, make_repository: Maker, web: Web) -> None:
        config = CONFIG.format(web.url) + "    auth = basic\n    user = ann\n"
        made = churn(make_repository, more={".dvc/config": config.encode()})
        with pytest.raises(Refused, match="needs a password, and none is set"):
            get(made)


class TestProgram:
    """DVC's own program; a stand-in for it puts a cache where it is told to."""

    @pytest.fixture
    def calls(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        programs, calls = tmp_path / "bin", tmp_path / "calls"
        programs.mkdir()
        (programs / "dvc").write_text(
            "#!/bin/sh\n"
            f'echo "$*" >>{calls}; cat .dvc/config *.dvc >>{calls}\n'
            f"[ -d {tmp_path}/storage ] || {{ echo 'cannot connect' >&2; exit 255; }}\n"
            f"mkdir -p cache; cp -r {tmp_path}/storage/. cache/\n"
        )
        (programs / "dvc").chmod(0o755)
        monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
        return calls

    def test_fetches_a_file(self, make_repository: Maker, storage: Path, calls: Path) -> None:
        store(storage, MODEL)
        made = churn(make_repository, remote="ssh://example.invalid/storage")
        assert get(made).read_bytes() == MODEL
        said = calls.read_text()
        assert said.startswith("fetch --quiet -- 0.dvc\n")
        assert 'url = "ssh://example.invalid/storage"' in said
        assert f"md5: '{md5(MODEL)}'\n  hash: md5\n" in said

    def test_fetches_a_folder_in_one_go(
        self, make_repository: Maker, storage: Path, calls: Path, tmp_path: Path
    ) -> None:
        name = store_folder(storage, FILES)
        made = folder(make_repository, name, remote="ssh://example.invalid/storage")
        assert files_in(get(made, tmp_path / "out")) == FILES
        assert calls.read_text().count("fetch --quiet") == 1

    def test_says_why_it_fails(self, make_repository: Maker, calls: Path) -> None:
        made = churn(make_repository, remote="ssh://example.invalid/storage")
        with pytest.raises(RemoteError, match="dvc fetch: cannot connect"):
            get(made)

    def test_is_not_believed_either(
        self, make_repository: Maker, storage: Path, calls: Path
    ) -> None:
        store(storage, b"a lie", name=md5(MODEL))
        made = churn(make_repository, remote="ssh://example.invalid/storage")
        with pytest.raises((Mismatch, RemoteError)):
            get(made)

    def test_hears_of_no_files_of_the_users_from_a_commit(
        self, make_repository: Maker, storage: Path, calls: Path
    ) -> None:
        store(storage, MODEL)
        config = CONFIG.format("ssh://example.invalid/storage") + "    keyfile = /home/ann/key\n"
        made = churn(make_repository, more={".dvc/config": config.encode()})
        assert get(made.path.as_uri()).read_bytes() == MODEL
        assert "keyfile" not in calls.read_text()
        settle(made, "config", config)
        shutil.rmtree(cache.folder() / "contents")
        assert get(made).read_bytes() == MODEL
        assert "/home/ann/key" in calls.read_text()


def test_a_commit_does_not_say_where_a_token_goes(make_repository: Maker) -> None:
    config = CONFIG.format("gs://models/x") + "    endpointurl = https://example.invalid\n"
    made = churn(make_repository, more={".dvc/config": config.encode()})
    commit = made.git("rev-parse", "HEAD").strip()
    (remote,) = dvc_project.project(made.opened, commit, "").remotes(None)
    assert (remote.url, remote.options) == ("gs://models/x", {})
