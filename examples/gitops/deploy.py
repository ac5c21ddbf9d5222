"""Commits what a stage holds to the repository that Argo CD or Flux applies to a cluster.

    mreg watch --repo REGISTRY --stage prod --exec 'python deploy.py SETTINGS'

`mreg watch` runs it after each event. It uses only the artifact and the stage of the event; the
manifest is that of the version that the stage holds *now*. So events that were missed, repeated or
reordered lead to the same manifest, and if that is already there nothing is committed.

SETTINGS is a JSON file: README.md, beside this one, tells what it holds.
"""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

TRIES = 8
"""So often it is tried to push, if others push at the same time."""

NOBODY = "Nothing is in {stage} of {artifact} any more: its manifest stays as it is"


class Failed(Exception):
    """Something could not be done; `mreg watch` tries it again."""


class Settings(NamedTuple):
    """What the file of settings holds.

    Attributes:
        registry: the URL of the registry, by which the cluster reads it, too.
        gitops: the URL of the repository with the manifests.
        branch: its branch.
        folder: the folder in it for the manifests.
        options: more options of `mreg package`, as ["--namespace", "models"].
        author: who commits: "Name <name@example.com>".
    """

    registry: str
    gitops: str
    branch: str = "main"
    folder: str = "apps"
    options: Sequence[str] = ()
    author: str = "mreg <mreg@example.com>"


def main(words: Sequence[str], wait: Callable[[float], None] = time.sleep) -> int:
    """Do what the event in the environment asks for; return the exit code."""
    if len(words) != 1:
        print("deploy.py SETTINGS", file=sys.stderr)
        return 2
    try:
        settings = Settings(**json.loads(Path(words[0]).read_text()))
        artifact, stage = os.environ["MREG_ARTIFACT"], os.environ.get("MREG_STAGE", "")
        said = deploy(settings, artifact, stage, wait) if stage else "It is about no stage"
    except (OSError, ValueError, TypeError, KeyError) as error:
        print(f"error: {words[0]} or the event cannot be read: {error!r}", file=sys.stderr)
        return 2
    except Failed as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(said)
    return 0


def deploy(settings: Settings, artifact: str, stage: str, wait: Callable[[float], None]) -> str:
    """Have the manifest of what a stage holds in the GitOps repository; return a sentence."""
    file = manifest_file(settings, artifact, stage)
    with tempfile.TemporaryDirectory() as folder:
        checkout = Path(folder) / "checkout"
        git("clone", "-q", "--depth=1", "--branch", settings.branch, settings.gitops, str(checkout))
        for left in reversed(range(TRIES)):
            # Ask again after a lost race: the stage may hold something else by now.
            package = packaged(settings, artifact, stage)
            if package is None:
                return NOBODY.format(stage=stage, artifact=artifact)
            if not written(checkout, file, package["text"] + "\n"):
                return f"{artifact} {package['version']} is in {file} already"
            commit(settings, checkout, file, message(package, stage))
            if pushed(settings, checkout):
                return f"{artifact} {package['version']} is in {file} now"
            if left:
                wait(random.uniform(0, min(30, 2 ** (TRIES - left))))
                git("fetch", "-q", "--depth=1", "origin", settings.branch, at=checkout)
                git("reset", "-q", "--hard", "FETCH_HEAD", at=checkout)
    raise Failed(f"{settings.branch} was pushed to by others {TRIES} times")


def manifest_file(settings: Settings, artifact: str, stage: str) -> str:
    """Return the path of a manifest: one for each artifact in a stage, whatever they are called."""
    return "/".join([settings.folder, escaped(stage), f"{escaped(artifact)}.yaml"])


def escaped(name: str) -> str:
    """Return a name as that of a file, the same for no other name on any file system."""
    return re.sub("[^a-z0-9-]", lambda it: f"_{ord(it[0]):x}_", name)


def packaged(settings: Settings, artifact: str, stage: str) -> Any:
    """Return what `mreg package` says of the version that a stage holds; None if there is none."""
    place = ["--repo", settings.registry]
    selector = f"{artifact}#{stage}"
    words = ["mreg", "package", selector, "--as", "kserve", "--json", *place]
    done = run([*words, "--source", settings.registry, *settings.options])
    if done.returncode == 0:
        return json.loads(done.stdout)
    stages = run(["mreg", "stages", "--json", *place])
    if stages.returncode == 0 and not holds(json.loads(stages.stdout), artifact, stage):
        return None
    raise Failed(done.stderr.strip())


def holds(stages: Any, artifact: str, stage: str) -> bool:
    """Tell whether a stage holds a version of an artifact."""
    return any(it["stage"] == stage and artifact in it["holders"] for it in stages["stages"])


def message(package: Any, stage: str) -> str:
    """Return a commit's message; names of mreg's hold no line feeds."""
    subject = f"{package['artifact']} {package['version']} is in {stage}"
    return f"{subject}\n\nTag: {package['tag']}\nCommit: {package['commit']}\n"


def written(checkout: Path, file: str, text: str) -> bool:
    """Write a manifest; tell whether it was another one."""
    path = checkout / file
    if path.is_file() and path.read_bytes() == text.encode():
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    return True


def commit(settings: Settings, checkout: Path, file: str, words: str) -> None:
    """Commit a manifest."""
    name, _, email = settings.author.rstrip(">").partition(" <")
    who = ("-c", f"user.name={name}", "-c", f"user.email={email}")
    git("add", "--", file, at=checkout)
    git(*who, "commit", "-q", "-m", words, at=checkout)


def pushed(settings: Settings, checkout: Path) -> bool:
    """Push; tell whether it was taken, and not refused since somebody else pushed before."""
    target = f"HEAD:refs/heads/{settings.branch}"
    done = run(["git", "push", "-q", "--porcelain", "origin", target], at=checkout)
    if done.returncode == 0:
        return True
    said = done.stdout + done.stderr
    if "[rejected]" in said or ("[remote rejected]" in said and "lock" in said):
        return False
    raise Failed(said.strip())


def git(*words: str, at: Path | None = None) -> None:
    """Run Git."""
    done = run(["git", *words], at=at)
    if done.returncode:
        raise Failed(f"git {words[0]}: {done.stderr.strip()}")


def run(words: Sequence[str], at: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command; no shell reads its words, and nobody is asked for a password."""
    environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C.UTF-8"}
    return subprocess.run(
        words, cwd=at, env=environment, capture_output=True, text=True, check=False
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
