"""`mreg package --as dockerfile`: a folder that an image is built of."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from commandline import CommandLine
from models_to_package import EXAMPLE, MODEL, REQUIREMENTS, SOURCE, with_model
from mreg.errors import Mismatch, MregError, NotFound, Refused, UsageError
from mreg.package import dockerfile
from mreg.package.requirements import EXTRA, requirements
from mreg.registry.content import Environment
from mreg.serve import packaged
from mreg.serve.packaged import PackagedSource
from mreg.system import distribution
from repositories import Maker, Repository, Tag

AS = ("--as", "dockerfile", "--source", SOURCE)


def made(mreg: CommandLine, one: Repository, to: Path, *more: str, selector: str = "churn") -> str:
    """Package a version, and return what was said of it on standard error."""
    return mreg.ok("package", selector, *AS, "--to", str(to), *more, repo=one).err


def tree(folder: Path) -> dict[str, bytes]:
    found = (it for it in folder.rglob("*") if it.is_file())
    return {it.relative_to(folder).as_posix(): it.read_bytes() for it in found}


def labels(text: str) -> dict[str, str]:
    """Return the labels of a Dockerfile, read as builders read them."""
    joined = re.sub(r"\\\n *", "", text)
    [said] = re.findall("(?m)^LABEL (.*)$", joined)
    found = re.findall(r'([a-z.]+)="((?:[^"\\]|\\.)*)"', said)
    return {key: re.sub(r'\\([\\"$])', r"\1", value) for key, value in found}


def instructions(text: str) -> list[str]:
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    return [it.split()[0] for it in lines if not it.startswith("#")]


# What is in the folder


def test_the_folder_has_all_that_an_image_needs(
    mreg: CommandLine, make_repository: Maker, tmp_path: Path
) -> None:
    one, to = with_model(make_repository), tmp_path / "context"
    made(mreg, one, to)
    found = tree(to)
    assert found.keys() == {
        "Dockerfile",
        "requirements.txt",
        "mreg.txt",
        "version/mreg.json",
        "version/example.json",
        "version/model/churn.onnx",
    }
    assert found["version/model/churn.onnx"] == MODEL
    assert found["version/example.json"] == EXAMPLE
    assert found["requirements.txt"].decode().splitlines() == list(REQUIREMENTS)
    assert found["mreg.txt"].decode().splitlines() == [distribution.requirement(EXTRA)]
    said = json.loads(found["version/mreg.json"])
    tag = one.git("rev-parse", "churn@v1.2.0").strip()
    assert (said["tag"], said["oid"], said["commit"]) == ("churn@v1.2.0", tag, one.commits[0])
    assert said["files"]["model/churn.onnx"] == hashlib.sha256(MODEL).hexdigest()
    assert said["annotation"]["framework"] == {"name": "scikit-learn", "version": "1.9.1"}


def test_the_dockerfile_is_of_instructions_that_every_builder_knows(
    mreg: CommandLine, make_repository: Maker, tmp_path: Path
) -> None:
    one, to = with_model(make_repository), tmp_path / "context"
    made(mreg, one, to)
    text = (to / "Dockerfile").read_text()
    assert instructions(text) == [
        *("FROM", "ENV", "WORKDIR", "RUN", "RUN", "COPY", "RUN", "COPY", "LABEL", "USER"),
        *("EXPOSE", "HEALTHCHECK", "ENTRYPOINT", "CMD"),
    ]
    assert "--mount" not in text
    assert "<<" not in text
    assert "\nFROM python:3.12.4-slim\n" in text
    assert "\nUSER 10001:10001\n" in text
    assert 'CMD ["./version", "--host", "0.0.0.0", "--port", "8080"]' in text
    copied = {it.strip("./") for line in re.findall("(?m)^COPY (.*) ", text) for it in line.split()}
    assert {it.strip("./") for it in copied} == {"requirements.txt", "mreg.txt", "version"}
    said = labels(text)
    assert said["org.opencontainers.image.version"] == "v1.2.0"
    assert said["org.opencontainers.image.source"] == SOURCE
    assert said["dev.mreg.tag"] == "churn@v1.2.0"
    assert said["dev.mreg.tag.oid"] == one.git("rev-parse", "churn@v1.2.0").strip()
    assert said["dev.mreg.digest"].startswith("git:")


def test_an_address_of_this_machine_is_not_recorded(
    mreg: CommandLine, make_repository: Maker, tmp_path: Path
) -> None:
    one, to = with_model(make_repository), tmp_path / "context"
    one.git("remote", "add", "origin", str(tmp_path / "server.git"))
    options = ("--as", "dockerfile", "--to", str(to))
    done = mreg.ok("package", "churn@v1.2.0", *options, repo=one)
    assert "org.opencontainers.image.source" not in labels((to / "Dockerfile").read_text())
    assert str(tmp_path) not in (to / "version" / "mreg.json").read_text()
    assert "use --source URL" in done.err


def test_the_same_version_makes_the_same_bytes_modes_and_times(
    mreg: CommandLine, make_repository: Maker, tmp_path: Path
) -> None:
    one = with_model(make_repository, path="models")
    first, second = tmp_path / "first", tmp_path / "second"
    made(mreg, one, first)
    before = os.umask(0o077)
    try:
        made(mreg, one, second)
    finally:
        os.umask(before)

    def stats(folder: Path) -> dict[str, tuple[int, float]]:
        every = [folder, *folder.rglob("*")]
        return {
            it.relative_to(folder).as_posix(): (it.stat().st_mode, it.stat().st_mtime)
            for it in every
        }

    assert tree(first) == tree(second)
    assert stats(first) == stats(second)
    assert {it & 0o777 for it, _ in stats(first).values()} == {0o644, 0o755}


def test_a_folder_is_packaged_with_its_files(
    mreg: CommandLine, make_repository: Maker, tmp_path: Path
) -> None:
    one, to = with_model(make_repository, path="models", schema=None), tmp_path / "context"
    made(mreg, one, to)
    found = tree(to / "version")
    assert found["model/models/churn.onnx"] == MODEL
    assert "example.json" not in found
    source = PackagedSource(to / "version")
    assert source.fetch(source.look()).path == to / "version" / "model" / "models"


def test_what_brings_mreg_may_be_a_wheel(
    mreg: CommandLine, make_repository: Maker, tmp_path: Path
) -> None:
    one, to = with_model(make_repository), tmp_path / "context"
    wheel = tmp_path / "mreg-0.1.0-py3-none-any.whl"
    wheel.write_bytes(b"PK")
    made(mreg, one, to, "--mreg", str(wheel))
    assert (to / "wheels" / wheel.name).read_bytes() == b"PK"
    assert (to / "mreg.txt").read_text() == f"/opt/mreg/wheels/{wheel.name}[serve]\n"
    assert "\nCOPY wheels ./wheels/\n" in (to / "Dockerfile").read_text()


@pytest.mark.parametrize(
    ("given", "installed"),
    [
        (None, distribution.requirement(EXTRA)),
        ("mreg==0.1.0", "mreg[serve]==0.1.0"),
        ("mreg[remote]>=0.1", "mreg[remote,serve]>=0.1"),
        (
            "mreg @ git+https://example.com/mreg@v0.1.0",
            "mreg[serve]@ git+https://example.com/mreg@v0.1.0",
        ),
    ],
)
def test_what_brings_mreg_may_be_a_requirement(given: str | None, installed: str) -> None:
    found = requirements(None, given, None).server.strip()
    assert found.replace(" @", "@") == installed.replace(" @", "@")


@pytest.mark.parametrize(
    ("own", "given", "needed"),
    [
        ("a==1", "mreg==0.1.0", False),
        ("a==1", "mreg @ git+https://example.com/mreg@v0.1.0", True),
        ("a @ git+https://example.com/a@v1", "mreg==0.1.0", True),
    ],
)
def test_git_is_installed_where_pip_needs_it(own: str, given: str, needed: bool) -> None:
    found = requirements(environment(own), given, None)
    assert found.git == needed
    text = dockerfile.text("python:3", {}, "churn", hashed=False, wheels=False, git=found.git)
    installs = text.find("apt-get install -y --no-install-recommends ca-certificates git")
    assert (installs != -1) == needed
    assert installs < text.find("env/bin/pip install")


@pytest.mark.parametrize(
    "given",
    [
        "other==1",
        "mreg==1\n--index-url https://evil.example",
        "-r other.txt",
        "missing.whl",
        "mreg @ https://user:secret@example.com/mreg.whl",
        "mreg; rm -rf /",
    ],
)
def test_nothing_else_brings_mreg(
    given: str, mreg: CommandLine, make_repository: Maker, tmp_path: Path
) -> None:
    one, to = with_model(make_repository), tmp_path / "context"
    done = mreg("package", "churn", *AS, "--to", str(to), "--mreg", given, repo=one)
    assert done.code == 2
    assert "secret" not in done.err
    assert not to.exists()


# Where it goes


def test_a_folder_with_something_in_it_is_left_alone(
    mreg: CommandLine, make_repository: Maker, tmp_path: Path
) -> None:
    one, to = with_model(make_repository), tmp_path / "context"
    to.mkdir()
    made(mreg, one, to)  # an empty one is taken
    (to / "mine").write_text("mine")
    before = tree(to)
    done = mreg("package", "churn", *AS, "--to", str(to), repo=one)
    assert done.code == 1
    assert "already exists" in done.err
    assert tree(to) == before
    assert [it.name for it in tmp_path.iterdir() if it.name.startswith(".context")] == []
    assert mreg("package", "churn", *AS, repo=one).code == 2
    assert mreg("package", "churn", *AS, "--to", "oci://host/a", repo=one).code == 2


def test_what_fails_leaves_nothing(
    mreg: CommandLine, make_repository: Maker, tmp_path: Path
) -> None:
    one, to = with_model(make_repository), tmp_path / "context"
    done = mreg("package", "churn", *AS, "--to", str(to), "--base", "a b\nRUN evil", repo=one)
    assert done.code == 2
    assert "RUN evil" not in done.err.splitlines()
    assert not to.exists()
    assert [it.name for it in tmp_path.iterdir() if it.name.startswith(".context")] == []


def test_options_of_other_kinds_are_refused(mreg: CommandLine, make_repository: Maker) -> None:
    one = with_model(make_repository)
    done = mreg("package", "churn", "--as", "dockerfile", "--replicas", "3", repo=one)
    assert done.code == 2
    assert "--as dockerfile does not support --replicas" in done.err
    assert "--as kserve" in done.err
    assert mreg("package", "churn", "--as", "oci", "--mreg", "mreg==1", repo=one).code == 2
    done = mreg("package", "churn", "--as", "kserve", "--plain-http", repo=one)
    assert "--as kserve does not support --plain-http" in done.err


# What a version needs


def environment(*lines: str) -> Environment:
    return Environment("churn", "v1.0.0", "0" * 40, None, lines, None)


@pytest.mark.parametrize(
    "line",
    [
        "-r more.txt",
        "-c constraints.txt",
        "-e .",
        "--requirement=more.txt",
        "./package",
        "../package.whl",
        "/srv/package.tar.gz",
        "package.whl",
        "file:///srv/package.whl",
        "package @ file:///srv/package.whl",
        "package @ ./package",
        "folder/package",
        "a\x1bb",
        "a==1\\",
        "a==1\u2028--index-url https://evil.example",
        "a @ https://user:secret@example.com/a.whl",
        "--extra-index-url https://user:secret@example.com/simple",
    ],
)
def test_a_requirement_that_no_image_could_meet_is_refused(line: str) -> None:
    with pytest.raises(Refused) as caught:
        requirements(environment(line), None, None)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "line",
    [
        "a==1",
        "a[b,c]==1; python_version < '3.13'",
        "a @ https://example.com/a-1.whl",
        "git+https://example.com/a@v1",
        "git+ssh://git@example.com/a@v1",
        "https://example.com/a-1.tar.gz",
        "--extra-index-url https://${USER}:${TOKEN}@example.com/simple",
        "-i https://example.com/simple",
        "a==1 --hash=sha256:00",
    ],
)
def test_a_requirement_that_an_index_or_a_url_has_is_taken(line: str) -> None:
    assert requirements(environment(line), None, None).own == f"{line}\n"


def test_hashes_are_wanted_of_the_versions_own_requirements_alone() -> None:
    hashed = requirements(environment("a==1 --hash=sha256:00"), None, None)
    assert hashed.hashed
    text = dockerfile.text("python:3", {"a": "b"}, "churn", hashed=True, wheels=False)
    assert "-r requirements.txt && env/bin/pip install" in text
    assert "env/bin/pip check" in text
    assert not requirements(environment("a==1"), None, None).hashed


def test_what_is_not_pinned_or_not_known_is_said(
    mreg: CommandLine, make_repository: Maker, tmp_path: Path
) -> None:
    one = with_model(make_repository)
    said = made(mreg, one, tmp_path / "pinned")
    assert "not pinned" in said
    assert "numpy>=2" in said
    assert "scikit-learn" not in said
    two = with_model(make_repository, name="two", requirements=None, custom=None)
    said = made(mreg, two, tmp_path / "none")
    assert "records no requirements" in said
    assert f"\nFROM {dockerfile.IMAGE}\n" in (tmp_path / "none" / "Dockerfile").read_text()


def test_a_model_that_the_server_cannot_load_is_said(
    mreg: CommandLine, make_repository: Maker, tmp_path: Path
) -> None:
    assert "cannot load" not in made(mreg, with_model(make_repository), tmp_path / "onnx")
    text = b"churn:\n  path: model.json\n"
    files = [{"artifacts.yaml": text, "model.json": b"{}"}]
    two = make_repository([Tag("churn@v1.0.0")], name="two", commits=files)
    assert (
        "note: the image's server cannot load the model: model.json has no format that mreg can "
        "load; write a function that loads it, and use --loader module:function\n"
    ) in made(mreg, two, tmp_path / "json")


@pytest.mark.parametrize(
    ("python", "image"),
    [
        ("3.13.1", "python:3.13.1-slim"),
        ("3.11", "python:3.11-slim"),
        (None, dockerfile.IMAGE),
        ("3.13.0rc1", dockerfile.IMAGE),
        ("3.12\nRUN evil", dockerfile.IMAGE),
        ("2.7", dockerfile.IMAGE),
    ],
)
def test_the_image_has_the_recorded_python(python: str | None, image: str) -> None:
    assert dockerfile.image(python) == image


# Hostile texts

HOSTILE = 'a" \\\nRUN evil\r$HOME ${PATH} `id` $(id) \\" \\'


def test_nothing_that_a_label_says_leaves_its_line() -> None:
    said = {"org.opencontainers.image.title": HOSTILE, "dev.mreg.digest": "git:0\\"}
    text = dockerfile.text("python:3", said, "churn v1.0.0", hashed=False, wheels=False)
    assert instructions(text).count("RUN") == 2
    found = labels(text)
    assert found["org.opencontainers.image.title"] == HOSTILE.replace("\n", "\\n").replace(
        "\r", "\\r"
    )
    assert found["dev.mreg.digest"] == "git:0\\"
    assert not re.search(r"(?<!\\)\$(?!PATH )", text)


def test_a_hostile_name_of_a_file_stays_a_name(
    mreg: CommandLine, make_repository: Maker, tmp_path: Path
) -> None:
    name = 'models/a"; $(id) $HOME RUN evil.onnx'
    files = {'"models/a\\"; $(id) $HOME RUN evil.onnx"': MODEL}
    one = with_model(make_repository, files=files, path=name, schema=None)
    to = tmp_path / "context"
    made(mreg, one, to)
    text = (to / "Dockerfile").read_text()
    assert instructions(text).count("RUN") == 3
    assert labels(text)["org.opencontainers.image.title"] == name.removeprefix("models/")
    assert tree(to)[f"version/model/{name.removeprefix('models/')}"] == MODEL
    source = PackagedSource(to / "version")
    assert source.fetch(source.look()).path.read_bytes() == MODEL


@pytest.mark.parametrize("text", ["", "a b", "a\nRUN b", "--platform=x", "a$b", 'a"b', "a" * 600])
def test_an_image_is_a_reference_and_nothing_else(text: str) -> None:
    with pytest.raises(UsageError):
        dockerfile.reference(text)


# What serves it


@pytest.fixture
def folder(mreg: CommandLine, make_repository: Maker, tmp_path: Path) -> Path:
    made(mreg, with_model(make_repository), tmp_path / "context")
    return tmp_path / "context" / "version"


def test_a_packaged_version_is_served_as_it_was_described(folder: Path) -> None:
    source = PackagedSource(folder)
    assert source.artifact == "churn"
    assert not source.moves
    assert source.name == SOURCE
    found = source.recall()
    assert found.wanted == source.look()
    assert found.wanted.version == "v1.2.0"
    assert found.path.read_bytes() == MODEL
    assert found.example == json.loads(EXAMPLE)
    assert found.annotation.framework
    assert found.annotation.framework.name == "scikit-learn"
    assert found.schema.input
    assert found.schema.input["items"]["required"] == ["age"]
    source.remember(found)


@pytest.mark.parametrize("path", ["model/churn.onnx", "example.json"])
def test_a_file_that_was_changed_is_refused(folder: Path, path: str) -> None:
    (folder / path).write_bytes(b"other")
    source = PackagedSource(folder)
    with pytest.raises(Mismatch, match="does not match the package"):
        source.fetch(source.look())
    (folder / path).unlink()
    with pytest.raises(Mismatch):
        source.fetch(source.look())
    (folder / path).symlink_to("/etc/hostname")
    with pytest.raises(Mismatch):
        source.fetch(source.look())


def test_a_link_to_itself_is_refused(folder: Path) -> None:
    (folder / "model" / "churn.onnx").unlink()
    (folder / "model" / "churn.onnx").symlink_to("churn.onnx")
    source = PackagedSource(folder)
    with pytest.raises(Mismatch, match="does not match the package"):
        source.fetch(source.look())


def test_a_link_in_the_place_of_a_folder_is_refused(folder: Path, tmp_path: Path) -> None:
    (folder / "model").rename(tmp_path / "elsewhere")
    (folder / "model").symlink_to(tmp_path / "elsewhere")
    source = PackagedSource(folder)
    with pytest.raises(Mismatch):
        source.fetch(source.look())
    (folder / "model").unlink()
    (tmp_path / "elsewhere").rename(folder / "model")
    source.fetch(source.look())
    (folder / "model" / "more").symlink_to(tmp_path)
    with pytest.raises(Mismatch, match="model/more"):
        source.fetch(source.look())


def test_a_version_of_a_python_without_mreg_wants_a_base(
    mreg: CommandLine, make_repository: Maker, tmp_path: Path
) -> None:
    one, to = with_model(make_repository, custom={"python": "3.10.2"}), tmp_path / "context"
    done = mreg("package", "churn", *AS, "--to", str(to), repo=one)
    assert (done.code, "needs 3.11" in done.err) == (1, True)
    assert not to.exists()
    made(mreg, one, to, "--base", "python:3.12-slim")
    assert "\nFROM python:3.12-slim\n" in (to / "Dockerfile").read_text()


def test_a_file_that_was_added_is_refused(folder: Path) -> None:
    (folder / "model" / "more.pkl").write_bytes(b"")
    source = PackagedSource(folder)
    with pytest.raises(Mismatch, match=r"more\.pkl"):
        source.fetch(source.look())


def test_only_a_folder_with_a_record_is_served(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="there is no folder"):
        PackagedSource(tmp_path / "nowhere")
    with pytest.raises(NotFound, match=r"has no mreg\.json"):
        PackagedSource(tmp_path)
    (tmp_path / "mreg.json").mkdir()
    with pytest.raises(Refused):
        PackagedSource(tmp_path)


@pytest.mark.parametrize(
    "changed",
    [
        {"form": 2},
        {"path": "../elsewhere"},
        {"path": "/etc/passwd"},
        {"path": "model/../../x"},
        {"path": "model/a\0"},
        {"files": {"../x": "0"}},
        {"files": None},
        {"files": {"model/churn.onnx": 1}},
        {"example": "other.json"},
        {"annotation": []},
        {"annotation": {"framework": "torch"}},
        {"annotation": {"schema": []} | {"framework": ["x"]}},
        {"artifact": None},
        {"version": 1},
    ],
    ids=str,
)
def test_a_record_of_another_form_is_refused(folder: Path, changed: Mapping[str, Any]) -> None:
    record = folder / packaged.RECORD
    said = json.loads(record.read_text())
    record.write_text(json.dumps({**said, **changed}))
    with pytest.raises(MregError, match="does not describe a version"):
        PackagedSource(folder)


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b"[" * 100_000, b"\xff", b"null"], ids=len)
def test_a_record_that_cannot_be_read_is_refused(folder: Path, raw: bytes) -> None:
    (folder / packaged.RECORD).write_bytes(raw)
    with pytest.raises(MregError, match="does not describe a version"):
        PackagedSource(folder)


def test_an_example_that_is_none_is_refused_before_it_is_packaged(
    mreg: CommandLine, make_repository: Maker, tmp_path: Path
) -> None:
    files = {"models/churn.onnx": MODEL, "models/churn.example.json": b"[1]"}
    one = with_model(make_repository, files=files)
    done = mreg("package", "churn", *AS, "--to", str(tmp_path / "context"), repo=one)
    assert done.code == 1
    assert "the example models/churn.example.json is not of the form" in done.err


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("./a", True), ("/a", True), ("..", True), ("churn#prod", False), ("a:churn@v1", False)],
)
def test_a_path_is_told_from_a_selector(text: str, is_one: bool) -> None:
    assert packaged.is_folder(text) is is_one
