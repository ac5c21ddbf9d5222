"""A version's bytes out of Git: the right ones, raw, of its own commit; or a word why not."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_git_processes import processes

import mreg as package
from commandline import CommandLine
from mreg import Registry
from mreg.content import delivery
from mreg.content.fetch import Progress
from mreg.errors import MregError, NotFound, Refused, UsageError
from remotes import bare, clone, served
from repositories import Maker, Repository, Tag

ANNOTATED = b"churn:\n  path: models/churn.bin\nbert:\n  path: models/bert\n"
TAGS = [Tag("churn@v1.0.0"), Tag("bert@v1.0.0"), Tag("churn#prod#1", 0, 1, "Go\n\nVersion: v1.0.0")]
LARGE = os.urandom(1 << 10) * (9 << 10)  # 9 MiB: more than Git is asked for through a pipe
FOLDER = {"config.json": b"{}\r\n", "a/b/weights": b"\0\r\n\xff" * 100, "empty": b""}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, in which nothing is."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def repo(make_repository: Maker) -> Repository:
    return model(make_repository)


@pytest.fixture
def trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let every Git process write down what it does; return the folder, a file a process."""
    folder = tmp_path / "trace"
    folder.mkdir()
    monkeypatch.setenv("GIT_TRACE2_EVENT", str(folder))
    return folder


def model(make_repository: Maker, raw: bytes = b"weights", **options: str) -> Repository:
    """Make a repository with a model that is a file, and one that is a folder."""
    files = {
        "artifacts.yaml": ANNOTATED,
        "models/churn.bin": raw,
        **{f"models/bert/{path}": content for path, content in FOLDER.items()},
    }
    return make_repository(TAGS, commits=[files], **options)


def annotated(make_repository: Maker, text: str, **files: bytes) -> Registry:
    """Make a registry of one version of `churn`, annotated so."""
    repo = make_repository(TAGS[:1], commits=[{"artifacts.yaml": text.encode(), **files}])
    return Registry.open(repo.path)


def put_special(repo: Repository, mode: str, path: str, oid: str) -> Registry:
    """Commit an entry of a special mode, and register `churn` v2.0.0 there."""
    repo.git("read-tree", "HEAD")
    repo.git("update-index", "--add", "--cacheinfo", f"{mode},{oid},{path}")
    repo.git("commit", "-q", "-m", "Special")
    repo.git("tag", "-a", "-m", "x", "churn@v2.0.0")
    return Registry.open(repo.path)


def unpack(repo: Repository) -> None:
    """Give each object of a repository a file of its own."""
    packs = repo.path / ".git/objects/pack"
    for pack in packs.glob("*.pack"):
        moved = repo.path / pack.name
        pack.rename(moved)
        repo.git("unpack-objects", "-q", stdin=moved.read_bytes())
    for rest in packs.iterdir():
        rest.unlink()


def contents(folder: Path) -> dict[str, bytes]:
    """Return the files in a folder, by their paths."""
    return {
        str(it.relative_to(folder)): it.read_bytes() for it in folder.rglob("*") if it.is_file()
    }


class TestBytes:
    @pytest.mark.parametrize("raw", [b"", b"x" * 1024, LARGE, LARGE[: 8 << 20]], ids=len)
    @pytest.mark.parametrize("object_format", ["sha1", "sha256"])
    def test_a_file_is_as_it_was_committed(
        self, raw: bytes, object_format: str, make_repository: Maker, here: Path
    ) -> None:
        repo = model(make_repository, raw, object_format=object_format)
        for _ in range(2):
            found = Registry.open(repo.path).got("churn#prod", "model", force=True)
            assert (here / "model").read_bytes() == raw
            assert found.size == len(raw)
        assert found.digest == f"git:{repo.git('rev-parse', 'HEAD:models/churn.bin').strip()}"
        assert found.from_cache

    def test_a_folder_is_as_it_was_committed(self, repo: Repository, here: Path) -> None:
        found = Registry.open(repo.path).got("bert", here)
        assert contents(here / "bert") == FOLDER
        assert (found.files, found.size) == (len(FOLDER), sum(map(len, FOLDER.values())))

    def test_loose_packed_and_deltas_are_all_the_same(
        self, make_repository: Maker, here: Path
    ) -> None:
        commits = [
            {"artifacts.yaml": ANNOTATED, "models/churn.bin": LARGE + bytes([number])}
            for number in range(3)
        ]
        repo = make_repository([Tag(f"churn@v{it}.0.0", it) for it in range(3)], commits=commits)
        repo.git("repack", "-adfq", "--depth=10")
        for number in range(3):
            path = Registry.open(repo.path).get(f"churn@v{number}.0.0")
            assert path.read_bytes() == LARGE + bytes([number])

    def test_no_filter_and_no_line_ending_is_applied(
        self, make_repository: Maker, here: Path
    ) -> None:
        raw = b"one\ntwo\r\n$Id$\n"
        files = {
            ".gitattributes": b"*.bin text eol=crlf ident filter=shout\n",
            "artifacts.yaml": ANNOTATED,
            "models/churn.bin": raw,
        }
        repo = make_repository(TAGS[:1], commits=[files])
        repo.git("config", "filter.shout.smudge", "tr a-z A-Z")
        assert Registry.open(repo.path).get("churn").read_bytes() == raw

    def test_each_version_is_that_of_its_own_commit(self, make_repository: Maker) -> None:
        commits = [
            {"artifacts.yaml": b"churn: {path: old.bin}\n", "old.bin": b"old", "new.bin": b"no"},
            {"artifacts.yaml": b"churn: {path: new.bin}\n", "old.bin": b"no", "new.bin": b"new"},
        ]
        repo = make_repository([Tag("churn@v1.0.0"), Tag("churn@v2.0.0", 1)], commits=commits)
        registry = Registry.open(repo.path)
        assert registry.get("churn@v1.0.0").read_bytes() == b"old"
        assert registry.get("churn").read_bytes() == b"new"

    def test_a_stage_is_no_place_for_a_file(self, make_repository: Maker, here: Path) -> None:
        """The latest version was put into a file that was called as the stage."""
        repo = make_repository(
            [Tag("churn@v1.0.0"), Tag("churn#prod#1", time=1)],
            commits=[{"artifacts.yaml": b"churn: {path: m.bin}\n", "m.bin": b"m"}],
        )
        registry = Registry.open(repo.path)
        for output, selector in (("prod", "churn#prod"), ("v1.0.0", "churn@v1.0.0")):
            with pytest.raises(UsageError, match="is where to put the file") as refused:
                registry.get("churn", output)
            assert refused.value.hint.startswith(f'mreg.get("{selector}"); or write "./{output}"')
        assert not [*here.glob("prod"), *here.glob("v1*")]
        assert registry.get("churn", "./prod").read_bytes() == b"m"
        assert registry.get("churn#prod", "v1.0.0").read_bytes() == b"m"

    def test_a_program_may_be_run(self, repo: Repository, here: Path) -> None:
        oid = repo.git("rev-parse", "HEAD:models/churn.bin").strip()
        registry = put_special(repo, "100755", "models/churn.bin", oid)
        assert os.access(registry.get("churn@v2.0.0", "program"), os.X_OK)
        assert not (registry.get("churn@v1.0.0", "data").stat().st_mode & 0o111)

    def test_the_root_of_the_repository_is_a_folder_too(
        self, make_repository: Maker, here: Path
    ) -> None:
        registry = annotated(make_repository, "churn: {path: .}", a=b"1")
        assert contents(registry.get("churn", here)) == {
            "artifacts.yaml": b"churn: {path: .}",
            "a": b"1",
        }
        assert (here / "churn").is_dir()

    def test_names_that_git_takes_for_patterns_are_names(self, make_repository: Maker) -> None:
        registry = annotated(
            make_repository, "churn: {path: 'a*[b]'}", **{"a*[b]": b"1", "ab": b"2"}
        )
        assert registry.get("churn").read_bytes() == b"1"

    @pytest.mark.integration  # it is long: Git packs 50 MB of noise
    def test_memory_stays_flat(self, make_repository: Maker) -> None:
        """A blob that is 100 times as large takes as much memory, in Python and in Git."""
        script = (
            "import re, resource\n"
            "from mreg import Registry\n"
            "Registry.open('.').get('churn')\n"
            # The peak of this program alone; getrusage's is that of who started it, too.
            "print(re.search(r'VmHWM:\\s*(\\d+)', open('/proc/self/status').read())[1])\n"
            "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)\n"
        )
        found = []
        for name, size in (("small", 1 << 19), ("large", 50 << 20)):
            repo = model(make_repository, os.urandom(size), name=name)
            # Git maps a loose object into memory as a whole, from which it can be dropped.
            repo.git("repack", "-adq")
            done = subprocess.run(
                [sys.executable, "-c", script],
                cwd=repo.path,
                capture_output=True,
                text=True,
                check=True,
            )
            found.append([int(it) for it in done.stdout.split()])
        for small, large in zip(*found, strict=True):
            assert large < small + (24 << 10)  # KiB


class TestRefusals:
    def refused(self, registry: Registry, selector: str = "churn") -> MregError:
        """Return the error of a get, which puts nothing anywhere."""
        with pytest.raises(MregError) as raised:
            registry.get(selector, "out")
        assert not Path("out").exists()
        return raised.value

    @pytest.mark.parametrize(
        ("text", "message", "hint"),
        [
            ("other: {path: x}", "is not annotated", "mreg annotate churn"),
            ("churn: {type: model}", "has no path", "mreg annotate churn --path"),
            ("churn: {path: gone.bin}", "gone.bin is not in its commit", "commit the file"),
            ("churn: {path: a/b}", "a/b is not in its commit", "commit the file"),
            ("churn: {path: /etc/passwd}", "an absolute path", "file:///"),
            ("churn: {path: ../../x}", "is not in its commit", "commit"),
            ("churn: {path: 'https://example.com/m'}", "no SHA-256", "mreg register --digest"),
            ("churn: [", "cannot read it", ""),
            (f"churn: {{path: 'file:///x/..', sha256: {'a' * 64}}}", "'..' leads out", "rename"),
            (
                f"churn: {{path: 'file:///x/a%2F..', sha256: {'a' * 64}}}",
                "'..' leads out",
                "rename",
            ),
            (
                f"churn: {{path: 'file:///a%0Ab', sha256: {'a' * 64}}}",
                "control character",
                "rename",
            ),
        ],
    )
    def test_what_nothing_is_known_of(
        self, text: str, message: str, hint: str, make_repository: Maker, here: Path
    ) -> None:
        error = self.refused(annotated(make_repository, text, a=b"1"))
        assert message in str(error)
        assert hint in error.hint

    def test_a_file_that_git_does_not_have_needs_a_digest(
        self, make_repository: Maker, here: Path
    ) -> None:
        registry = annotated(make_repository, "churn: {path: data.bin}")
        (registry.path / "data.bin").write_bytes(b"1")
        assert "no SHA-256 is recorded" in str(self.refused(registry))

    @pytest.mark.parametrize(
        ("mode", "path", "message"),
        [
            ("160000", "models/churn.bin", "models/churn.bin is a submodule"),
            ("160000", "models", "models/churn.bin is in the submodule models"),
            ("120000", "models/churn.bin", "models/churn.bin is a symbolic link"),
            ("120000", "models", "models is a symbolic link"),
        ],
    )
    def test_submodules_and_links(
        self, mode: str, path: str, message: str, make_repository: Maker, here: Path
    ) -> None:
        repo = make_repository(TAGS[:1], commits=[{"artifacts.yaml": ANNOTATED, "x": b"/etc"}])
        oid = repo.commits[0] if mode == "160000" else repo.git("rev-parse", "HEAD:x").strip()
        assert message in str(self.refused(put_special(repo, mode, path, oid)))

    @pytest.mark.parametrize(
        ("mode", "path", "message"),
        [
            ("160000", "inner", "bert/inner is a submodule"),
            ("120000", "inner", "bert/inner is a symbolic link"),
            ("100644", "CONFIG.json", "differ only in letter case"),
            ("100644", "A/b/other", "differ only in letter case"),
            ("100644", "aux.txt", "the name of a device"),
            ("100644", "a\\b", "another place on Windows"),
        ],
    )
    def test_what_is_not_safe_in_a_folder(
        self, mode: str, path: str, message: str, repo: Repository, here: Path
    ) -> None:
        oid = (
            repo.commits[0]
            if mode == "160000"
            else repo.git("rev-parse", "HEAD:artifacts.yaml").strip()
        )
        registry = put_special(repo, mode, f"models/bert/{path}", oid)
        repo.git("tag", "-a", "-m", "x", "bert@v2.0.0")
        error = self.refused(registry, "bert@v2.0.0")
        assert message in str(error)
        assert contents(here) == {}

    @pytest.mark.parametrize("name", ["..", ".git", "C:x", "a\x1b"])
    def test_a_tree_that_no_git_would_write_leads_nowhere(
        self, name: str, repo: Repository, here: Path
    ) -> None:
        blob = bytes.fromhex(repo.git("rev-parse", "HEAD:artifacts.yaml").strip())
        tree = repo.put_object(b"100644 " + name.encode() + b"\0" + blob, "tree")
        bert = repo.put_object(b"40000 bert\0" + bytes.fromhex(tree), "tree")
        root = repo.put_object(
            b"100644 artifacts.yaml\0" + blob + b"40000 models\0" + bytes.fromhex(bert), "tree"
        )
        commit = repo.git("commit-tree", "-m", "x", root).strip()
        repo.git("tag", "-a", "-m", "x", "bert@v2.0.0", commit)
        assert "the path" in str(self.refused(Registry.open(repo.path), "bert@v2.0.0"))
        assert list(here.iterdir()) == []

    def test_a_blob_that_lies_about_its_id(self, repo: Repository, here: Path) -> None:
        """`git cat-file` hands out a loose object without computing its id again."""
        unpack(repo)
        oid = repo.git("rev-parse", "HEAD:models/churn.bin").strip()
        other = repo.object_file(repo.put_object(b"other!!", "blob"))
        repo.object_file(oid).chmod(0o644)
        repo.object_file(oid).write_bytes(other.read_bytes())
        error = self.refused(Registry.open(repo.path))
        assert str(error).count("git:") == 2
        assert list(here.iterdir()) == []

    @pytest.mark.parametrize("size", [7, len(LARGE)])
    def test_a_blob_that_is_gone(self, size: int, make_repository: Maker, here: Path) -> None:
        repo = model(make_repository, LARGE[:size])
        unpack(repo)
        oid = repo.git("rev-parse", "HEAD:models/churn.bin").strip()
        repo.object_file(oid).unlink()
        error = self.refused(Registry.open(repo.path))
        assert f"Git cannot read the blob {oid[:12]}" in str(error)

    def test_a_digest_in_the_tag_holds_whatever_keeps_the_bytes(
        self, make_repository: Maker, here: Path
    ) -> None:
        digest = "a" * 64
        files = {"artifacts.yaml": ANNOTATED, "models/churn.bin": b"x"}
        tags = [Tag("churn@v1.0.0", message=f"x\n\nDigest: sha256:{digest}")]
        registry = Registry.open(make_repository(tags, commits=[files]).path)
        assert f"expected sha256:{digest}" in str(self.refused(registry))

    def test_two_digests_that_differ_are_refused(self, repo: Repository, here: Path) -> None:
        registry = Registry.open(repo.path)
        with pytest.raises(Refused, match="recorded"):
            registry.got("churn", "out", sha256="a" * 64)
        assert list(here.iterdir()) == []


class TestCache:
    def test_what_was_got_before_comes_from_here(self, repo: Repository, here: Path) -> None:
        registry = Registry.open(repo.path)
        first = registry.got("bert", "one")
        assert not first.from_cache
        second = registry.got("bert", "two")
        assert second.from_cache
        assert contents(here / "two") == FOLDER

    @pytest.mark.parametrize("link", [False, True])
    def test_writing_one_copy_changes_no_other(
        self, link: bool, repo: Repository, here: Path
    ) -> None:
        """As root one can write to what is read-only; links to one file are asked for."""
        registry = Registry.open(repo.path)
        for output in ("one", "two"):
            registry.get("churn", output, link=link)
        (here / "one").chmod(0o644)
        (here / "one").write_bytes(b"mine")
        assert (here / "two").read_bytes() == (b"mine" if link else b"weights")
        assert registry.get("churn", "three", link=link).read_bytes() == b"weights"
        assert registry.get("churn").read_bytes() == b"weights"

    @pytest.mark.parametrize("selector", ["churn", "bert"])
    def test_a_corrupted_entry_is_never_delivered(
        self, selector: str, repo: Repository, here: Path
    ) -> None:
        registry = Registry.open(repo.path)
        registry.get(selector, "one")
        registry.get(selector)  # which stores small files, too
        objects = [it for it in cache_files() if it.parent.parent.parent.name == "objects"]
        for it in objects:
            before = it.stat()
            it.chmod(0o644)
            it.write_bytes(b"!" * before.st_size)
            os.utime(it, ns=(before.st_atime_ns, before.st_mtime_ns))
        found = registry.got(selector, "two")
        assert not found.from_cache
        one, two = here / "one", here / "two"
        assert (contents(one), one.is_file() and one.read_bytes()) == (
            contents(two),
            two.is_file() and two.read_bytes(),
        )

    def test_what_is_read_in_the_cache_is_checked_too(self, repo: Repository) -> None:
        registry = Registry.open(repo.path)
        path = registry.get("bert")
        (path / "config.json").chmod(0o644)
        (path / "config.json").write_bytes(b"altered")
        (path / "more").touch()
        assert registry.get("bert") == path
        assert contents(path) == FOLDER

    def test_a_version_that_was_pruned_meanwhile_is_fetched_again(
        self, repo: Repository, here: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        deliver = delivery.deliver
        lost = [1]

        def once_pruned(*arguments: object, **options: object) -> None:
            if lost.pop() if lost else 0:
                for it in cache_files():
                    it.unlink()
            deliver(*arguments, **options)  # type: ignore[arg-type]

        monkeypatch.setattr(delivery, "deliver", once_pruned)
        assert contents(Registry.open(repo.path).get("bert", "out")) == FOLDER

    def test_the_limit_holds_after_a_fetch(
        self, repo: Repository, here: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("mreg.system.cache._limit", 10)
        registry = Registry.open(repo.path)
        assert contents(registry.get("bert")) == FOLDER
        assert registry.get("churn").read_bytes() == b"weights"
        objects = [it for it in cache_files() if it.parent.parent.parent.name == "objects"]
        assert [it.stat().st_size for it in objects] == [7]


def cache_files() -> Iterator[Path]:
    """Iterate over the files in the cache's store."""
    from mreg.system import cache

    found = (cache.folder() / "contents").rglob("*")
    return (it for it in list(found) if it.is_file())


class TestClones:
    def remote(self, make_repository: Maker, tmp_path: Path) -> Repository:
        """Make a bare remote with two versions of a model and much else."""
        commits = [
            {"artifacts.yaml": ANNOTATED, "models/churn.bin": b"one", "other.bin": b"other 1"},
            {"models/churn.bin": b"two", "other.bin": b"other 2"}
            | {f"models/bert/{path}": raw for path, raw in FOLDER.items()},
            {"other.bin": b"other 3"},
        ]
        tags = [Tag("churn@v1.0.0"), Tag("churn@v2.0.0", 1), Tag("bert@v1.0.0", 1)]
        repo = make_repository(tags, commits=commits)
        remote = bare(tmp_path)
        remote.git("config", "uploadpack.allowFilter", "true")
        remote.git("config", "uploadpack.allowAnySHA1InWant", "true")
        repo.git("push", "-q", "--mirror", str(remote.path))
        return remote

    def blobs(self, path: Path) -> set[bytes]:
        """Return the contents of all blobs that a repository has."""
        listing = Repository(path).git(
            "cat-file", "--batch-all-objects", "--batch-check=%(objecttype) %(objectname)"
        )
        oids = [it.split()[1] for it in listing.splitlines() if it.startswith("blob")]
        return {Repository(path).git("cat-file", "blob", it).encode() for it in oids}

    @pytest.mark.parametrize("transport", ["file", "git"])
    def test_by_url_only_what_is_needed_is_fetched(
        self, transport: str, make_repository: Maker, tmp_path: Path, here: Path
    ) -> None:
        remote = self.remote(make_repository, tmp_path)
        with served(remote.path.parent, transport) as url:
            registry = Registry.open(f"{url}/{remote.path.name}")
            assert registry.get("churn@v1.0.0").read_bytes() == b"one"
        assert self.blobs(registry.path) == {ANNOTATED, b"one"}

    def test_by_url_a_folder_comes_in_one_go(
        self, make_repository: Maker, tmp_path: Path, here: Path, trace: Path
    ) -> None:
        remote = self.remote(make_repository, tmp_path)
        registry = Registry.open(remote.path.as_uri())
        registry.annotation("bert")
        processes(trace)
        assert contents(registry.get("bert")) == FOLDER
        fetches = [it for it in processes(trace) if " fetch " in it]
        assert len(fetches) == 2  # the tags as they are now, and all the blobs

    def test_by_url_a_version_is_served_offline_and_a_stage_is_not(
        self, make_repository: Maker, tmp_path: Path, here: Path
    ) -> None:
        remote = self.remote(make_repository, tmp_path)
        notices: list[str] = []
        registry = Registry.open(
            remote.path.as_uri(), network=package.Network(notice=notices.append)
        )
        registry.get("churn@v1.0.0")
        remote.path.rename(tmp_path / "gone")
        assert registry.get("churn@v1.0.0").read_bytes() == b"one"
        assert "not up to date" in notices[0]
        with pytest.raises(MregError) as raised:
            registry.get("churn")
        assert "churn@v1.2.0, may be in the cache" in raised.value.hint
        with pytest.raises(MregError):
            registry.get("churn@v2.0.0")  # known, but never fetched

    def test_a_shallow_clone_gets_what_it_lacks(
        self, make_repository: Maker, tmp_path: Path, here: Path
    ) -> None:
        remote = self.remote(make_repository, tmp_path)
        path = tmp_path / "shallow"
        Repository(tmp_path).git("clone", "-q", "--depth=1", remote.path.as_uri(), str(path))
        before = Repository(path).contents()
        assert Registry.open(path).get("churn@v1.0.0").read_bytes() == b"one"
        assert contents(Registry.open(path).get("bert")) == FOLDER
        assert Repository(path).contents() == before

    def test_a_shallow_clone_whose_remote_is_gone_says_so(
        self, make_repository: Maker, tmp_path: Path, here: Path
    ) -> None:
        remote = self.remote(make_repository, tmp_path)
        path = tmp_path / "shallow"
        Repository(tmp_path).git("clone", "-q", "--depth=1", remote.path.as_uri(), str(path))
        remote.path.rename(tmp_path / "gone")
        with pytest.raises(Refused, match="shallow clone"):
            Registry.open(path).get("churn@v1.0.0")

    def test_a_partial_clone_fetches_a_folder_in_one_go(
        self, make_repository: Maker, tmp_path: Path, here: Path, trace: Path
    ) -> None:
        remote = self.remote(make_repository, tmp_path)
        path = tmp_path / "partial"
        Repository(tmp_path).git(
            "clone", "-q", "--no-checkout", "--filter=blob:none", remote.path.as_uri(), str(path)
        )
        Registry.open(path).annotation("bert")
        processes(trace)
        assert contents(Registry.open(path).get("bert")) == FOLDER
        fetches = [it for it in processes(trace) if " fetch " in it]
        assert len(fetches) == 1

    def test_a_partial_clone_whose_remote_is_gone_says_so(
        self, make_repository: Maker, tmp_path: Path, here: Path
    ) -> None:
        remote = self.remote(make_repository, tmp_path)
        path = tmp_path / "partial"
        Repository(tmp_path).git(
            "clone", "-q", "--no-checkout", "--filter=blob:none", remote.path.as_uri(), str(path)
        )
        Registry.open(path).annotation("churn@v1.0.0")
        remote.path.rename(tmp_path / "gone")
        with pytest.raises(MregError, match="partial clone, and mreg cannot read from its remote"):
            Registry.open(path).get("churn@v1.0.0")

    def test_a_work_tree_and_a_bare_repository_are_as_good(
        self, make_repository: Maker, tmp_path: Path
    ) -> None:
        remote = self.remote(make_repository, tmp_path)
        assert Registry.open(remote.path).get("churn").read_bytes() == b"two"
        inner = clone(remote.path.as_uri(), tmp_path / "clone").path / "models"
        assert Registry.open(inner).get("churn").read_bytes() == b"two"


class TestPython:
    def test_get_at_a_path(self, repo: Repository, here: Path) -> None:
        assert package.get("churn#prod", repo=repo.path).read_bytes() == b"weights"
        assert package.get("churn", "out", repo=repo.path) == Path("out")

    def test_a_name_keeps_its_suffix_in_the_cache(self, repo: Repository) -> None:
        assert package.get("churn", repo=repo.path).name == "churn.bin"

    def test_a_file_is_opened(self, repo: Repository) -> None:
        registry = Registry.open(repo.path)
        with registry.open_file("churn#prod") as file:
            assert file.read() == b"weights"
        with pytest.raises(Refused, match="is a folder"):
            registry.open_file("bert")
        with pytest.raises(NotFound):
            registry.open_file("nobody")

    def test_follow_tells_when_the_stage_has_moved(
        self, make_repository: Maker, here: Path
    ) -> None:
        commits = [
            {"artifacts.yaml": ANNOTATED, "models/churn.bin": b"one"},
            {"models/churn.bin": b"two"},
        ]
        repo = make_repository([Tag("churn@v1.0.0"), Tag("churn@v2.0.0", 1)], commits=commits)
        registry = Registry.open(repo.path)
        registry.promote("churn@v1.0.0", "prod")
        followed = registry.get("churn#prod", follow=True)
        placed = package.get("churn#prod", "model.bin", repo=repo.path, follow=True)
        first = followed.path
        assert (followed.version, followed.refresh()) == ("v1.0.0", False)
        registry.promote("churn@v2.0.0", "prod")
        assert followed.refresh()
        assert placed.refresh()
        assert (followed.version, followed.path.read_bytes()) == ("v2.0.0", b"two")
        assert first.read_bytes() == b"one"
        assert (here / "model.bin").read_bytes() == b"two"
        assert Path(placed) == Path("model.bin")
        registry.demote("churn#prod", "prod")
        assert followed.refresh()  # v1.0.0 holds it again
        assert followed.version == "v1.0.0"

    def test_what_cannot_be_refreshed_stays_as_it_was(self, repo: Repository) -> None:
        registry = Registry.open(repo.path)
        followed = registry.get("churn#prod", follow=True)
        registry.demote("churn#prod", "prod")
        with pytest.raises(NotFound):
            followed.refresh()
        assert followed.path.read_bytes() == b"weights"
        assert "v1.0.0" in repr(followed)

    def test_progress_is_reported_up_to_the_end(self, make_repository: Maker, here: Path) -> None:
        seen: list[Progress] = []
        repo = model(make_repository, LARGE)
        Registry.open(repo.path).got("churn", report=seen.append)
        assert seen[-1] == (len(LARGE), len(LARGE))
        assert [it for it, _ in seen] == sorted(it for it, _ in seen)


class TestEnvironment:
    def test_a_file_of_requirements_is_read_at_the_commit(
        self, make_repository: Maker, mreg: CommandLine
    ) -> None:
        text = "churn: {path: m, requirements: req.txt, custom: {python: 3.11.7}}"
        registry = annotated(
            make_repository, text, **{"req.txt": b"numpy==1.26  # why\n\n-e .\n", "m": b""}
        )
        found = registry.environment("churn")
        assert (found.python, found.requirements) == ("3.11.7", ("numpy==1.26", "-e ."))
        assert found.file == "req.txt"
        printed = mreg.ok("env", "churn", repo=registry.path).out
        assert printed == "# Python 3.11.7\nnumpy==1.26\n-e .\n"
        assert mreg.ok("env", "churn", "--json", repo=registry.path).json["python"] == "3.11.7"

    def test_so_is_a_list(self, make_repository: Maker) -> None:
        registry = annotated(make_repository, "churn: {requirements: [a==1, b]}")
        found = registry.environment("churn")
        assert (found.python, found.requirements, found.file) == (None, ("a==1", "b"), None)

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("churn: {path: x}", "neither a Python version nor requirements"),
            ("churn: {requirements: gone.txt}", "gone.txt is not in its commit"),
            ("churn: {requirements: 'https://example.com/r.txt'}", "is not in its commit"),
        ],
    )
    def test_what_is_not_recorded_is_said(
        self, text: str, message: str, make_repository: Maker
    ) -> None:
        with pytest.raises(NotFound, match=message):
            annotated(make_repository, text).environment("churn")
