"""How fast a version's bytes come out of Git, held against Git and cp doing the same."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from figure import Figure, command, ratio
from measure import always, compare, peak, seconds
from surroundings import CACHE, git

SIZE = 1_000_000_000
FILES = 1_000
EDITION = 1
_PAIRS = 7
_EACH = 2_000
_CHUNK = 1 << 20


def measured() -> Iterator[Figure]:
    """Hold `mreg get` against `git cat-file`, `cp` and `git archive`.

    Cold: the cache is empty. Warm: the version is in it. What a run makes is removed before the
    next, by both sides.
    """
    repo = _made()
    work = CACHE / "getting"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    out, cache = work / "out", work / "cache"

    def getting(name: str, *, cold: bool) -> tuple[str, ...]:
        gone = [str(out), *([str(cache)] if cold else [])]
        ours = command("get", name, "-r", str(repo), "-o", str(out))
        return _after_removing(gone, "env", f"MREG_CACHE_DIR={cache}", *ours)

    blob = ("git", "-C", str(repo), "cat-file", "blob", "HEAD:large")
    plain = _after_removing([str(out)], "sh", "-c", 'exec "$@" > "$0"', str(out), *blob)
    found = compare(always(*getting("large", cold=True)), always(*plain), pairs=_PAIRS)
    yield ratio("`mreg get`, 1 GB, cold : `git cat-file blob > file`", found)
    took = seconds(found.first)
    yield Figure("`mreg get`, 1 GB, cold, peak memory", took, None, peak(found.first) / 1e6, "MB")

    source = work / "source"
    shutil.copyfile(_read_in_place(repo, cache), source)
    copying = _after_removing([str(out)], "cp", "--reflink=auto", str(source), str(out))
    found = compare(always(*getting("large", cold=False)), always(*copying), pairs=_PAIRS)
    yield ratio("`mreg get`, 1 GB, warm : `cp --reflink=auto`", found)

    archive = 'mkdir "$0" && git -C "$1" archive HEAD folder | tar -x -C "$0"'
    unpacking = _after_removing([str(out)], "sh", "-c", archive, str(out), str(repo))
    for state in ("cold", "warm"):
        ours = getting("folder", cold=state == "cold")
        found = compare(always(*ours), always(*unpacking))
        yield ratio(f"`mreg get`, {FILES:,} files, {state} : `git archive \\| tar x`", found)
    shutil.rmtree(work)


def _after_removing(gone: list[str], *words: str) -> tuple[str, ...]:
    """Return a command line that removes files before it runs a command."""
    return ("sh", "-c", f'rm -rf {" ".join(gone)}; exec "$@"', "sh", *words)


def _read_in_place(repo: Path, cache: Path) -> Path:
    """Return where the cache has the large file."""
    words = ("env", f"MREG_CACHE_DIR={cache}", *command("get", "large", "-r", str(repo)))
    done = subprocess.run([*words, "--print-path"], capture_output=True, text=True, check=True)
    return Path(done.stdout.strip())


def _made() -> Path:
    """Return a registry with a large file and a folder of many; it is kept for the next run."""
    folder = CACHE / f"getting-{SIZE}-{FILES}-{EDITION}"
    if not folder.exists():
        partial = folder.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        _fill(partial)
        partial.rename(folder)
    return folder


def _fill(repo: Path) -> None:
    git(repo, "init", "-q")
    with (repo / "large").open("wb") as file:
        for _ in range(SIZE // _CHUNK):
            file.write(os.urandom(_CHUNK))
        file.write(os.urandom(SIZE % _CHUNK))
    (repo / "folder").mkdir()
    for number in range(FILES):
        (repo / "folder" / f"{number}.json").write_text(os.urandom(_EACH // 2).hex())
    (repo / "artifacts.yaml").write_text("large: {path: large}\nfolder: {path: folder}\n")
    git(repo, "add", ".")
    git(repo, "commit", "-q", "-m", "Models")
    (repo / "large").unlink()
    for name in ("large", "folder"):
        git(repo, "tag", "-a", "-m", "A version", f"{name}@v1.0.0")
    git(repo, "repack", "-adq")
