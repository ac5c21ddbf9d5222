"""Files that were pointers of Git LFS or git-annex once: no command takes them for a model."""

from __future__ import annotations

import pytest

from commandline import CommandLine
from lfs_server import pointer
from mreg import Registry
from mreg.content.fetch import Held, remember
from mreg.content.location import File, GitBlob
from mreg.content.store import Sink, store
from mreg.errors import Refused
from repositories import Maker, Repository, Tag

GOOD = pointer(b"model")
VERSION, OID, SIZE = GOOD.splitlines(keepends=True)
DAMAGED = {
    "no size": VERSION + OID,
    "swapped": VERSION + SIZE + OID,
    "in conflict": VERSION + b"<<<<<<< HEAD\n" + OID + b"=======\n" + OID + b">>>>>>>\n" + SIZE,
    "in conflict as a whole": b"<<<<<<< HEAD\n" + GOOD + b"=======\n" + GOOD + b">>>>>>> x\n",
    "of no extension": VERSION + b"ext-zip sha256:" + OID[11:] + OID + SIZE,
    # A checkout follows it, `git lfs pull` does not.
    "larger than Git LFS reads": GOOD.ljust(3000),
    "of git-annex": b"/annex/objects/<<<<<<<\n",
}


@pytest.fixture(params=list(DAMAGED.values()), ids=list(DAMAGED))
def repository(request: pytest.FixtureRequest, make_repository: Maker) -> Repository:
    """A registry of a model, and of a folder with it in it, that stand as a damaged pointer."""
    files = {
        "artifacts.yaml": b"churn: {path: models/churn.bin}\nall: {path: models}\n",
        "models/churn.bin": request.param,
        "models/words.txt": b"words",
    }
    made = make_repository([Tag("churn@v1.0.0"), Tag("all@v1.0.0")], commits=[files])
    made.git("reset", "-q", "--hard")
    return made


@pytest.mark.parametrize("selector", ["churn", "all"])
def test_get_refuses_it(repository: Repository, selector: str) -> None:
    registry = Registry.open(repository.path)
    for _ in range(2):  # what was fetched before it was known to be a pointer counts for nothing
        with pytest.raises(Refused, match=r"models/churn.bin is a pointer .* cannot be followed"):
            registry.get(selector)


def test_what_an_earlier_release_kept_is_not_handed_out(repository: Repository) -> None:
    oid = repository.git("rev-parse", "HEAD:models/churn.bin").strip()
    raw = repository.git("cat-file", "blob", oid).encode()

    def fetch(into: Sink) -> None:
        into.begin(len(raw))
        into.write(raw)

    kept = store().ensure(f"git:{oid}", fetch, what="it")
    remember(File("churn.bin", GitBlob(oid)), [Held("", False, kept)], store())
    with pytest.raises(Refused, match="cannot be followed"):
        Registry.open(repository.path).get("churn")


def test_no_digest_of_it_is_recorded(repository: Repository, mreg: CommandLine) -> None:
    refused = mreg("register", "churn", "--digest", "--force", repo=repository)
    assert (refused.code, refused.out) == (1, "")
    assert "models/churn.bin is a pointer" in refused.err


def test_register_says_so(repository: Repository, mreg: CommandLine) -> None:
    for name in ("churn", "all"):
        done = mreg.ok("register", name, "--force", repo=repository)
        assert "warning: `mreg get` will refuse it: models/churn.bin is a pointer" in done.err


def test_validate_finds_it(repository: Repository, mreg: CommandLine) -> None:
    found = mreg("validate", "--format", "json", repo=repository)
    assert found.code == 1
    assert [it["code"] for it in found.json["findings"]] == ["MA053", "MA053"]
    assert {it["line"] for it in found.json["findings"]} == {1, 2}


def test_doctor_finds_it(repository: Repository, mreg: CommandLine) -> None:
    found = mreg("doctor", "--json", repo=repository)
    assert found.code == 1
    subjects = {it["subject"] for it in found.json["problems"] if it["code"] == "MR027"}
    assert subjects == {"churn@v1.0.0", "all@v1.0.0"}


def test_no_document_gives_its_digest(repository: Repository, mreg: CommandLine) -> None:
    done = mreg.ok("export", "churn", "--format", "cyclonedx", repo=repository)
    assert "hashes" not in done.json["metadata"]["component"]
    assert "models/churn.bin is a pointer" in done.err


def test_compare_says_so(repository: Repository, mreg: CommandLine) -> None:
    (repository.path / "models" / "churn.bin").write_bytes(b"model")
    repository.git("commit", "-q", "-a", "-m", "Mend it")
    mreg.ok("register", "churn", repo=repository)
    found = mreg.ok("diff", "churn@v1.0.0", "churn@latest", "--json", repo=repository).json
    assert found["artifact"]["before"]["place"] == "damaged"
    assert "MR027" in {it["code"] for it in found["problems"]}


def test_a_file_of_dvc_that_points_to_nothing_is_no_model(
    make_repository: Maker, mreg: CommandLine
) -> None:
    """A conflict was committed into it: its bytes are not the model either."""
    out = "outs:\n- md5: 0123456789abcdef0123456789abcdef\n  path: m\n"
    conflict = f"<<<<<<< HEAD\n{out}=======\n{out}>>>>>>> x\n".encode()
    files = {"artifacts.yaml": b"churn: {path: m.dvc}\n", "m.dvc": conflict}
    made = make_repository([Tag("churn@v1.0.0")], commits=[files])
    made.git("reset", "-q", "--hard")
    with pytest.raises(Refused, match=r"m\.dvc is a pointer of DVC that cannot be followed"):
        Registry.open(made.path).get("churn")
    assert "MR027" in {it.code for it in Registry.open(made.path).problems()}
    found = mreg("validate", "--format", "json", repo=made).json["findings"]
    assert [it["code"] for it in found] == ["MA053"]
