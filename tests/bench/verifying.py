"""How long it takes to verify signed tags, held against Git verifying the same signatures."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from bench import Bench
from figure import Figure, in_turn
from measure import FEWEST_PAIRS, always
from surroundings import CACHE, ENVIRONMENT, git

TAGS = 1_000
EDITION = 1
_VERSIONS = 25
_BEGIN = 1_672_617_600  # 2023-01-02
_POLICY = """\
registry: bench
signatures: required
principals: {{bench: {{emails: [bench@example.com], keys: "{key}"}}}}
register: {{by: [bench], branches: [main]}}
"""


def measured(bench: Bench) -> Iterator[Figure]:
    """Hold `verify --all` against `git verify-tag`, which is told whose keys to trust.

    Cold: nothing is known of the signatures. Warm: all were verified before, which mreg noted.
    """
    repo = _made()
    theirs = always("git", "-C", str(repo), "verify-tag", *git(repo, "tag").split())
    asked = ("verify", "--all")
    tasks = {
        "cold": bench.asking_anew(*asked, repo=repo),
        "warm": bench.asking(*asked, repo=repo),
        "theirs": theirs,
    }
    found = in_turn(tasks, most=FEWEST_PAIRS)
    for state in ("cold", "warm"):
        title = f"`mreg verify --all`, {state} : `git verify-tag`, {TAGS:,} signed tags"
        yield found.ratio(title, state, "theirs")


def _made() -> Path:
    """Return a registry of signed tags; it is kept for the next run."""
    folder = CACHE / f"signed-{TAGS}-{EDITION}"
    if not folder.exists():
        partial = folder.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        _fill(partial)
        partial.rename(folder)
    repo = folder / "registry"
    git(repo, "config", "gpg.ssh.allowedSignersFile", str(folder / "allowed"))
    return repo


def _fill(folder: Path) -> None:
    key = folder / "key"
    _run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(key))
    public = Path(f"{key}.pub").read_text().strip()
    (folder / "allowed").write_text(f"bench@example.com {public}\n")
    repo = folder / "registry"
    _run("git", "init", "-q", "-b", "main", str(repo))
    git(repo, "config", "gpg.format", "ssh")
    policy = _POLICY.format(key=public)
    commit = f"commit refs/heads/main\ncommitter Bench <bench@example.com> {_BEGIN} +0000\ndata 0\n"
    file = f"M 644 inline .mreg.yaml\ndata {len(policy)}\n{policy}\n"
    _run("git", "-C", str(repo), "fast-import", "--quiet", source=(commit + file).encode())
    head = git(repo, "rev-parse", "main").strip()
    commands = b"".join(_created(repo, key, head))
    _run("git", "-C", str(repo), "update-ref", "--stdin", source=commands)
    git(repo, "pack-refs", "--all")
    git(repo, "gc", "--quiet")


def _created(repo: Path, key: Path, head: str) -> Iterator[bytes]:
    """Iterate over the commands that create the tags, whose objects are made on the way."""
    previous = "none"
    for count in range(TAGS):
        artifact, number = divmod(count, _VERSIONS)
        tag = f"model-{artifact}@v1.{number}.0"
        time = _BEGIN + 60 * (count + 1)
        raw = (
            f"object {head}\ntype commit\ntag {tag}\ntagger Bench <bench@example.com> {time} +0000"
            f"\n\nRegister\n\nPrevious: {previous if number else 'none'}\nRegistry: bench\n"
        ).encode()
        raw += _run("ssh-keygen", "-q", "-Y", "sign", "-n", "git", "-f", str(key), source=raw)
        writing = ("git", "-C", str(repo), "hash-object", "-t", "tag", "-w", "--stdin")
        previous = _run(*writing, source=raw).decode().strip()
        yield f"create refs/tags/{tag} {previous}\n".encode()


def _run(*words: str, source: bytes = b"") -> bytes:
    done = subprocess.run(words, input=source, env=ENVIRONMENT, stdout=subprocess.PIPE, check=True)
    return done.stdout
