"""Object stores: S3 as moto serves it, through the packages of the extra `mreg[remote]`."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import mreg as package
from mreg import Registry
from mreg.content import clouds
from mreg.errors import Mismatch, Refused, RemoteError
from mreg.net.network import Network
from repositories import Maker, Repository, Tag

MODEL = bytes(range(256)) * (40 << 10)  # 10 MiB: more than is read at a time
SHA256 = hashlib.sha256(MODEL).hexdigest()
URL = "s3://models/deep/churn.bin"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    from moto.server import ThreadedMotoServer  # which no other test takes so long to import

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


class Store(NamedTuple):
    """A store in which one model is."""

    bucket: Any

    def put(self, content: bytes) -> None:
        self.bucket.put_object(Key="deep/churn.bin", Body=content)


@pytest.fixture
def store(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store with a model, which the environment leads to."""
    import boto3

    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    made = Store(boto3.resource("s3").Bucket("models"))
    made.bucket.create()
    made.put(MODEL)
    return made


def repository(make_repository: Maker, url: str = URL, sha256: str = SHA256) -> Repository:
    entry = f"churn: {{path: '{url}', sha256: '{sha256}'}}\n"
    return make_repository([Tag("churn@v1.0.0")], commits=[{"artifacts.yaml": entry.encode()}])


class Taken:
    """What was downloaded."""

    def __init__(self, there: bytes = b"") -> None:
        self.content = there
        self.offset = len(there)
        self.began: list[tuple[int | None, int]] = []

    def begin(self, size: int | None = None, *, at: int = 0) -> None:
        self.began.append((size, at))
        self.content = self.content[:at]

    def write(self, chunk: bytes | bytearray | memoryview) -> None:
        self.content += bytes(chunk)


@pytest.mark.usefixtures("store")
def test_a_model_in_s3(make_repository: Maker) -> None:
    path = package.get("churn", repo=repository(make_repository).path)
    assert path.read_bytes() == MODEL


def test_a_model_in_s3_that_was_changed(make_repository: Maker, store: Store) -> None:
    store.put(MODEL[:-1])
    with pytest.raises(Mismatch, match=SHA256):
        package.get("churn", repo=repository(make_repository).path)


@pytest.mark.usefixtures("store")
def test_its_digest_is_recorded(make_repository: Maker) -> None:
    made = make_repository(commits=[{"artifacts.yaml": f"churn: {{path: '{URL}'}}\n".encode()}])
    event = Registry.open(made.path).register("churn", digest=True)
    assert event.trailers["Digest"] == f"sha256:{SHA256}"
    assert package.get("churn", repo=made.path).read_bytes() == MODEL


@pytest.mark.usefixtures("store")
def test_what_was_cut_short_is_gone_on_with() -> None:
    taken = Taken(MODEL[:1000])
    clouds.download(URL, taken, Network())
    assert taken.content == MODEL
    assert taken.began == [(len(MODEL), 1000)]
    longer = Taken(MODEL + b"more")
    clouds.download(URL, longer, Network())
    assert longer.began == [(len(MODEL), 0)]


@pytest.mark.parametrize("checked", [True, False])
def test_what_is_changed_while_it_is_read_is_no_content(store: Store, checked: bool) -> None:
    class Changing(Taken):
        def write(self, chunk: bytes | bytearray | memoryview) -> None:
            super().write(chunk)
            store.put(MODEL[::-1])

    taken = Changing()
    with pytest.raises(RemoteError):
        clouds.download(URL, taken, Network(), checked=checked)


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("s3://models/nothing.bin", "cannot find"),
        ("s3://nowhere/churn.bin", "cannot find"),
        ("s3://models/deep", "is a folder"),
    ],
)
def test_what_is_not_a_file_there(make_repository: Maker, url: str, said: str) -> None:
    with pytest.raises((RemoteError, Refused), match=said):
        package.get("churn", repo=repository(make_repository, url).path)


@pytest.mark.usefixtures("store")
def test_without_credentials(make_repository: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(RemoteError, match="cannot download") as raised:
        package.get("churn", repo=repository(make_repository).path)
    assert "credentials" in raised.value.hint


@pytest.mark.parametrize("url", ["gs://a/b", "az://a/b", "abfs://a/b"])
def test_a_store_whose_package_is_missing(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    name = clouds.PACKAGES[url.partition(":")[0]]
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(Refused, match=f"needs the package {name}") as raised:
        clouds.download(url, Taken(), Network())
    assert "mreg[remote]" in raised.value.hint


def test_every_scheme_is_known_to_fsspec_by_the_package_that_is_named() -> None:
    from fsspec.registry import known_implementations

    for scheme, name in clouds.PACKAGES.items():
        assert known_implementations[scheme]["class"].partition(".")[0] == name


@pytest.mark.usefixtures("store")
def test_a_disk_that_is_full_is_no_fault_of_the_store(tmp_path: Path) -> None:
    class Full(Taken):
        def write(self, chunk: bytes | bytearray | memoryview) -> None:
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        clouds.download(URL, Full(), Network())
