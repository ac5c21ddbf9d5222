"""References, manifests and archives as values."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mreg.errors import UsageError
from mreg.oci import manifest, reference, tar
from mreg.oci.reference import ImageReference

HEX = "a" * 64


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("oci://h/r", ImageReference("h", "r")),
        ("oci://h.example:5000/a/b-c:v1", ImageReference("h.example:5000", "a/b-c", "v1")),
        (f"oci://h/a__b@sha256:{HEX}", ImageReference("h", "a__b", "", f"sha256:{HEX}")),
        (f"OCI://h/r:t@sha256:{HEX}", ImageReference("h", "r", "t", f"sha256:{HEX}")),
        ("oci://[::1]:5000/r:v1_x", ImageReference("[::1]:5000", "r", "v1_x")),
        ("oci://docker.io/busybox", ImageReference("docker.io", "library/busybox")),
    ],
)
def test_an_address_is_read(text: str, meant: ImageReference) -> None:
    assert reference.parse(text) == meant
    assert reference.parse(str(meant)) == meant


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("oci://h/Team/churn", "/ between parts: team/churn"),
        ("oci://h/a=b", "/ between parts: a-b"),
        ("oci://h/r:v1+cuda", '"+" of a version'),
        ("oci://h/r:", "not an image tag"),
        ("oci://h/r@sha256:abc", "not a digest"),
        ("oci://h/r@md5:" + "a" * 32, "not a digest"),
        ("oci://ann:secret@h/r", "must not contain a name or password"),
        ("oci://h", "not the address"),
        ("oci:///r", "not the address"),
        ("oci://h/", "not the address"),
        ("oci://-h/r", "not the address"),
        ("oci://[::::]/r", "not the address"),
        ("oci://[1.2.3]:5000/r", "not the address"),
        ("oci://h/../r", "not the name of a repository"),
        ("oci://h/r?x=1", "not the name of a repository"),
        ("oci://h/r#x", "not the name of a repository"),
        ("oci://h/r\n", "not the name of a repository"),
        ("oci://h\r\nX: y/r", "not the address"),
        ("oci://h/" + "a" * 255, "not the name of a repository"),
        ("https://h/r", "not the address"),
    ],
)
def test_what_is_no_address_is_refused(text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        reference.parse(text)
    assert said in f"{caught.value} {caught.value.hint}"
    assert "secret" not in f"{caught.value} {caught.value.hint}"


@given(st.text(max_size=40))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    try:
        found = reference.parse(f"oci://{text}")
    except UsageError:
        return
    assert reference.parse(str(found)) == found


@pytest.mark.parametrize(
    ("host", "is_here"),
    [
        ("localhost:5000", True),
        ("127.0.0.1", True),
        ("127.9.9.9:1", True),
        ("[::1]:5000", True),
        ("localhost.example.com", False),
        ("127.0.0.1.example.com", False),
        ("10.0.0.1", False),
        ("registry:5000", False),
    ],
)
def test_only_this_machine_is_spoken_to_without_being_told(host: str, is_here: bool) -> None:
    assert ImageReference(host, "r").is_loopback is is_here


FILES = [
    ("models/b/weights.bin", 5, False),
    ("models/run.sh", 513, True),
    (f"models/{'n' * 200}/{'ü' * 60}", 0, False),
]


def _archive(files: list[tuple[str, int, bool]]) -> bytes:
    found = b""
    for it in tar.entries(files):
        found += it.header
        if it.number is not None:
            found += b"x" * it.size + it.padding
    return found + tar.END


def test_an_archive_is_read_by_others_and_says_nothing_of_who_made_it() -> None:
    raw = _archive(FILES)
    assert len(raw) == tar.length(FILES)
    with tarfile.open(fileobj=io.BytesIO(raw)) as opened:
        found = opened.getmembers()
    assert {it.name: (it.size, bool(it.mode & 0o111)) for it in found if it.isreg()} == {
        name: (size, program) for name, size, program in FILES
    }
    assert [it.name for it in found if it.isdir()] == ["models", "models/b", f"models/{'n' * 200}"]
    assert {(it.uid, it.gid, it.uname, it.gname, it.mtime) for it in found} == {(0, 0, "", "", 0)}
    assert {oct(it.mode) for it in found} == {"0o644", "0o755"}


def test_an_archive_is_the_same_in_each_release_of_python() -> None:
    """Where it is not, the digests of images that were pushed can no longer be computed anew."""
    digest = hashlib.sha256(_archive(FILES)).hexdigest()
    assert digest == "f6440a7fcd5a6293a1610e2af6625fc07810832cda37ec584d3eb4e37c48f3cf"
    assert digest == hashlib.sha256(_archive(FILES[::-1])).hexdigest()


def test_a_file_may_be_larger_than_old_archives_could_say() -> None:
    (folder, entry) = tar.entries([("models/large", 20 << 30, False)])
    opened = tarfile.TarInfo.fromtarfile(
        tarfile.TarFile(fileobj=io.BytesIO(folder.header + entry.header + bytes(1024)))
    )
    assert opened.size == 20 << 30
    assert tar.length([("models/large", 20 << 30, False)]) % 512 == 0


def test_a_document_is_the_same_whatever_order_it_was_made_in() -> None:
    assert manifest.written({"b": 1, "a": "ü"}) == '{"a":"ü","b":1}'.encode()


@pytest.mark.parametrize(
    "said",
    [
        None,
        [],
        {"digest": f"sha256:{HEX}", "size": 1},
        {"digest": f"sha256:{HEX}", "size": -1, "mediaType": "x"},
        {"digest": f"sha256:{HEX}", "size": True, "mediaType": "x"},
        {"digest": f"sha256:{HEX}", "size": 10**30, "mediaType": "x"},
        {"digest": "sha256:../../etc/passwd", "size": 1, "mediaType": "x"},
        {"digest": f"sha512:{HEX}", "size": 1, "mediaType": "x"},
        {"digest": f"sha256:{HEX}\n", "size": 1, "mediaType": "x"},
    ],
)
def test_what_does_not_describe_a_blob_is_none(said: object) -> None:
    assert manifest.descriptor(json.loads(json.dumps(said))) is None
