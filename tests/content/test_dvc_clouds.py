"""What DVC keeps in a cloud: S3, as moto's server has it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import mreg
from mreg.errors import Mismatch, RemoteError
from repositories import Maker, Repository, Tag

KEY, SECRET = "a", "secret"
MODEL = bytes(range(256)) * 70_000
"""Larger than what is asked for at a time."""

CONFIG = """\
[core]
    remote = storage
['remote "storage"']
    url = s3://{bucket}/{prefix}
    endpointurl = {endpoint}
    region = us-east-1
"""

SECRETS = f"""\
['remote "storage"']
    access_key_id = {KEY}
    secret_access_key = {SECRET}
"""


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    from moto.server import ThreadedMotoServer  # which no other test takes so long to import

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(endpoint: str) -> Any:
    """A bucket, which only the user's own settings of DVC know how to reach."""
    import boto3

    keys = {"aws_access_key_id": KEY, "aws_secret_access_key": SECRET}
    resource = boto3.resource("s3", endpoint_url=endpoint, region_name="us-east-1", **keys)
    made = resource.Bucket("models")
    made.create()
    return made


def put(bucket: Any, prefix: str, content: bytes, name: str = "") -> None:
    name = name or md5(content)
    bucket.put_object(Key=f"{prefix}/files/md5/{name[:2]}/{name[2:]}", Body=content)


def md5(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


def made(make: Maker, endpoint: str, prefix: str, name: str, digest: str) -> Repository:
    config = CONFIG.format(bucket="models", prefix=prefix, endpoint=endpoint)
    files = {
        "artifacts.yaml": f"churn: {{path: {name}}}\n".encode(),
        ".dvc/config": config.encode(),
        f"{name}.dvc": f"outs:\n- md5: {digest}\n  hash: md5\n  path: {name}\n".encode(),
    }
    repository = make([Tag("churn@v1.0.0")], commits=[files])
    (repository.path / ".dvc").mkdir()
    (repository.path / ".dvc" / "config").write_text(config)
    (repository.path / ".dvc" / "config.local").write_text(SECRETS)
    return repository


def test_a_file(make_repository: Maker, endpoint: str, bucket: Any) -> None:
    put(bucket, "file", MODEL)
    repository = made(make_repository, endpoint, "file", "churn.bin", md5(MODEL))
    found = Path(mreg.get("churn@v1.0.0", repo=repository.path))
    assert found.read_bytes() == MODEL


def test_a_folder(make_repository: Maker, endpoint: str, bucket: Any, tmp_path: Path) -> None:
    files = {f"{number % 3}/{number}.bin": b"%d" % number * 100 for number in range(20)}
    rows = [{"md5": md5(content), "relpath": path} for path, content in files.items()]
    listing = json.dumps(rows).encode()
    for content in files.values():
        put(bucket, "folder", content)
    put(bucket, "folder", listing, f"{md5(listing)}.dir")
    repository = made(make_repository, endpoint, "folder", "models", f"{md5(listing)}.dir")
    mreg.get("churn@v1.0.0", tmp_path / "out", repo=repository.path)
    out = tmp_path / "out"
    got = {it.relative_to(out).as_posix(): it.read_bytes() for it in out.rglob("*.bin")}
    assert got == files


def test_a_lie(make_repository: Maker, endpoint: str, bucket: Any, tmp_path: Path) -> None:
    put(bucket, "lie", b"a lie", md5(MODEL))
    repository = made(make_repository, endpoint, "lie", "churn.bin", md5(MODEL))
    with pytest.raises(Mismatch):
        mreg.get("churn@v1.0.0", tmp_path / "out", repo=repository.path)
    assert not (tmp_path / "out").exists()


def test_nothing(make_repository: Maker, endpoint: str, bucket: Any) -> None:
    repository = made(make_repository, endpoint, "nothing", "churn.bin", md5(MODEL))
    with pytest.raises(RemoteError, match=r"is not in DVC.s cache .* or the DVC remote"):
        mreg.get("churn@v1.0.0", repo=repository.path)
