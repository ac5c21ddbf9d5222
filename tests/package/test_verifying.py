"""`mreg verify oci://...`: which version an image claims to be, and whether that is so."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest

from commandline import CommandLine
from image_registry import ImageRegistry, digest_of, serving
from packaging_cases import model, plain
from repositories import Maker, Repository


@pytest.fixture
def repo(make_repository: Maker) -> Repository:
    return model(make_repository)


@pytest.fixture
def registry() -> Iterator[ImageRegistry]:
    with serving() as it:
        yield it


def verified(mreg: CommandLine, repo: Repository, registry: ImageRegistry, tag: str) -> Any:
    done = mreg("verify", f"{registry.image}:{tag}", "--json", repo=repo)
    found = done.json
    assert done.code == (0 if found["passed"] else 1), done.err
    return found


def packed_anew(registry: ImageRegistry, tag: str, **labels: str) -> None:
    """Let gzip pack an image's layer, and take its annotations away; its labels may be others."""
    document = json.loads(registry.manifests[tag])
    (layer,) = document["layers"]
    raw = gzip.compress(registry.blobs[layer["digest"]])
    layer |= {"digest": registry.put(raw), "size": len(raw)}
    layer["mediaType"] += "+gzip"
    del document["annotations"]
    config = json.loads(registry.blobs[document["config"]["digest"]])
    config["config"]["Labels"] |= labels
    raw = json.dumps(config).encode()
    document["config"] |= {"digest": registry.put(raw), "size": len(raw)}
    registry.put_manifest(document, tag)


@pytest.mark.parametrize("kind", ["oci", "modelpack"])
@pytest.mark.parametrize("name", ["churn", "bert"])
def test_one_that_mreg_made_is_the_same(
    kind: str, name: str, repo: Repository, mreg: CommandLine, registry: ImageRegistry
) -> None:
    source = "https://example.com/team/models"
    asked = ("package", name, "--as", kind, "--source", source)
    mreg.ok(*asked, "--to", f"{registry.image}:x", repo=repo)
    repo.git("remote", "add", "origin", "https://ann:pw@example.com/team/models.git")
    found = verified(mreg, repo, registry, "x")
    assert (found["verdict"], found["passed"], found["findings"]) == ("same", True, [])
    assert found["digest"] == found["expected"]
    assert found["notes"] == []
    assert found["claims"]["tag"].startswith(f"{name}@v1.0.0")
    assert found["claims"]["source"] == source
    repo.git("remote", "set-url", "origin", "https://example.org/other")
    (note,) = verified(mreg, repo, registry, "x")["notes"]
    assert f"the registry {source}, and was compared with https://example.org/other" in note


def test_one_that_was_packed_anew_has_the_same_files(
    repo: Repository, mreg: CommandLine, registry: ImageRegistry
) -> None:
    mreg.ok("package", "bert", "--to", f"{registry.image}:x", repo=repo)
    packed_anew(registry, "x")
    found = verified(mreg, repo, registry, "x")
    assert (found["verdict"], found["passed"]) == ("same-files", True)
    assert found["digest"] != found["expected"]
    assert any("rebuilt" in it for it in found["notes"])
    done = mreg.ok("verify", f"{registry.image}:x", repo=repo)
    assert "claims to be bert v1.0.0+cuda12" in done.out
    assert "its files match" in done.out


def test_one_that_claims_another_tag_object_does_not_pass(
    repo: Repository, mreg: CommandLine, registry: ImageRegistry
) -> None:
    mreg.ok("package", "bert", "--to", f"{registry.image}:x", repo=repo)
    packed_anew(registry, "x", **{"dev.mreg.tag.oid": "0" * 40})
    found = verified(mreg, repo, registry, "x")
    assert (found["verdict"], found["passed"]) == ("same-files", False)
    assert f"dev.mreg.tag.oid is {'0' * 40}" in found["findings"][0]


def test_other_bytes_under_the_same_claim_are_told(
    repo: Repository, mreg: CommandLine, registry: ImageRegistry
) -> None:
    mreg.ok("package", "churn", "--as", "modelpack", "--to", f"{registry.image}:x", repo=repo)
    document = json.loads(registry.manifests["x"])
    raw = b"something else"
    document["layers"][0] |= {"digest": registry.put(raw), "size": len(raw)}
    registry.put_manifest(document, "x")
    found = verified(mreg, repo, registry, "x")
    assert (found["verdict"], found["passed"]) == ("different", False)
    assert digest_of(raw) in found["findings"][0]
    done = mreg("verify", f"{registry.image}:x", repo=repo)
    assert (done.code, "this is not true" in done.out) == (1, True)


def test_a_file_too_many_or_too_few_is_told(
    repo: Repository, mreg: CommandLine, registry: ImageRegistry
) -> None:
    mreg.ok("package", "bert", "--as", "modelpack", "--to", f"{registry.image}:x", repo=repo)
    document = json.loads(registry.manifests["x"])
    names = document["layers"][0]["annotations"]
    names |= dict.fromkeys(names, "b.bin")
    registry.put_manifest(document, "x")
    found = verified(mreg, repo, registry, "x")
    assert found["findings"] == [
        "the file a/weights.bin is missing",
        "it contains a file b.bin that is not part of the version",
    ]


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ({}, "does not name its model and version"),
        ({"dev.mreg.artifact": "churn"}, "does not name its model and version"),
        (
            {"dev.mreg.artifact": "churn", "org.opencontainers.image.version": "v9.0.0"},
            "does not have that version",
        ),
        (
            {"dev.mreg.artifact": "nobody", "org.opencontainers.image.version": "v1.0.0"},
            "does not have that version",
        ),
        (
            {"dev.mreg.artifact": "churn\x1b[31m", "org.opencontainers.image.version": "v1.0.0"},
            "does not have that version",
        ),
        (
            {"dev.mreg.artifact": "--upload-pack=x", "org.opencontainers.image.version": "v1.0.0"},
            "does not have that version",
        ),
        (
            {"dev.mreg.artifact": "churn", "org.opencontainers.image.version": "latest"},
            "is missing",
        ),
    ],
)
def test_a_claim_that_cannot_be_followed_is_not_confirmed(
    labels: dict[str, str], said: str, repo: Repository, mreg: CommandLine, registry: ImageRegistry
) -> None:
    registry.put_image(plain(), config={"Labels": labels})
    found = verified(mreg, repo, registry, "v1")
    assert not found["passed"]
    assert any(said in it for it in found["findings"])
    shown = mreg("verify", f"{registry.image}:v1", repo=repo)
    assert (shown.code, "\x1b" in shown.out + shown.err) == (1, False)


def test_the_registry_that_an_image_names_is_never_asked(
    repo: Repository, mreg: CommandLine, registry: ImageRegistry
) -> None:
    with serving() as other:
        asked = ("package", "churn", "--source", f"{other.url}/team/models.git")
        mreg.ok(*asked, "--to", f"{registry.image}:x", repo=repo)
        assert verified(mreg, repo, registry, "x")["passed"]
        assert other.seen == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["oci://h/r", "churn@v1.0.0"],
        ["oci://h/r", "--all"],
        ["oci://h/r", "--tampering"],
        ["churn@v1.0.0", "--plain-http"],
        ["oci://h/R"],
    ],
)
def test_what_does_not_go_together_is_refused(
    arguments: list[str], repo: Repository, mreg: CommandLine
) -> None:
    assert mreg("verify", *arguments, repo=repo).code == 2
