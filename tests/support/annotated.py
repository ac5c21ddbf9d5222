"""Large annotated registries: for tests, and for whoever measures how long annotations take."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

from repositories import ANN, START, run

ENTRY = """\
model-{number}:
  type: model
  path: models/{number}.pkl
  description: Predicts churn of segment {number}, run {run}
  labels: [tabular, weekly]
  framework: {{name: scikit-learn, version: "1.5.{number}"}}
  owner: team-{number}@example.com
  license: MIT
  metrics:
    accuracy: 0.{run:06}
    f1: 0.8{number}
  params:
    depth: {number}
  inputs:
    - path: data/{number}.csv
      role: training
"""


def artifacts_yaml(count: int, changed: int = 0) -> str:
    """Return an artifacts.yaml of so many artifacts; the first of them says which run it is of."""
    entries = (ENTRY.format(number=n, run=0 if n else changed) for n in range(count))
    return "".join(entries)


def with_many_artifacts(folder: Path, count: int = 200) -> Path:
    """Make a repository whose artifacts.yaml names so many artifacts, all of them in order.

    To be timed: `mreg validate` in it.
    """
    folder.mkdir(parents=True)
    run(folder, "init", "-q")
    for kind, suffix in (("models", "pkl"), ("data", "csv")):
        (folder / kind).mkdir()
        for number in range(count):
            (folder / kind / f"{number}.{suffix}").write_text(f"{number}\n")
    (folder / "artifacts.yaml").write_text(artifacts_yaml(count))
    run(folder, "add", "-A")
    return folder


def with_many_versions(folder: Path, versions: int = 4000, artifacts: int = 1) -> Path:
    """Make a registry of one artifact, `model-0`, with so many versions v0.0.1, v0.0.2, ...

    Its artifacts.yaml differs at every commit. To be timed: `mreg describe model-0`,
    `mreg show model-0`, `mreg doctor` and `Registry.annotations(registry.versions("model-0"))`.
    """
    folder.mkdir(parents=True)
    run(folder, "init", "-q")
    stream = b"".join(_stream(versions, artifacts))
    subprocess.run(["git", "fast-import", "--quiet"], cwd=folder, input=stream, check=True)
    run(folder, "symbolic-ref", "HEAD", "refs/heads/main")
    run(folder, "reset", "-q", "--hard")
    return folder


def with_many_of_both(folder: Path, artifacts: int = 40, versions: int = 100) -> Path:
    """Make a registry of so many artifacts with so many versions each, promoted 1.5 times each.

    Each version of the others names one of `model-0` among its inputs. All artifacts are annotated
    in one artifacts.yaml, which differs at every commit: by default there are 10,000 tags and 4,000
    distinct files. To be timed: `mreg search`, `mreg compare` and `mreg lineage --down`.
    """
    folder.mkdir(parents=True)
    run(folder, "init", "-q")
    stream = b"".join(_stream_of_both(artifacts, versions))
    subprocess.run(["git", "fast-import", "--quiet"], cwd=folder, input=stream, check=True)
    run(folder, "symbolic-ref", "HEAD", "refs/heads/main")
    run(folder, "reset", "-q", "--hard")
    run(folder, "pack-refs", "--all")
    run(folder, "repack", "-q", "-a", "-d")
    return folder


def _stream_of_both(artifacts: int, versions: int) -> Iterator[bytes]:
    """Register the versions in turn: v0.0.1 of each artifact, then v0.0.2 of each, and so on."""
    entries = [ENTRY.format(number=number, run=0) for number in range(artifacts)]
    promoted = [0] * artifacts
    tags = []
    for mark in range(1, artifacts * versions + 1):
        number, release = (mark - 1) % artifacts, (mark - 1) // artifacts + 1
        entry = ENTRY.format(number=number, run=mark)
        entries[number] = f"{entry}    - artifact: model-0@v0.0.{release}\n" if number else entry
        yield f"commit refs/heads/main\nmark :{mark}\n".encode()
        yield f"committer {ANN} {START + mark} +0000\n".encode() + _data("A run.\n")
        yield b"M 644 inline artifacts.yaml\n" + _data("".join(entries))
        name, version = f"model-{number}", f"v0.0.{release}"
        tags.append((f"{name}@{version}", mark, "A version."))
        for stage in ("staging", "prod")[: 1 + release % 2]:
            promoted[number] += 1
            tag = f"{name}#{stage}#{promoted[number]}"
            tags.append((tag, mark, f"Go.\n\nVersion: {version}"))
    for tag, mark, message in tags:
        yield f"tag {tag}\nfrom :{mark}\ntagger {ANN} {START + mark} +0000\n".encode()
        yield _data(message)


def _stream(versions: int, artifacts: int) -> Iterator[bytes]:
    for number in range(1, versions + 1):
        who = f"{ANN} {START + number} +0000\n"
        yield f"commit refs/heads/main\nmark :{number}\ncommitter {who}".encode()
        yield _data("A run.\n") + b"M 644 inline artifacts.yaml\n"
        yield _data(artifacts_yaml(artifacts, number))
    for number in range(1, versions + 1):
        who = f"{ANN} {START + number} +0000\n"
        yield f"tag model-0@v0.0.{number}\nfrom :{number}\ntagger {who}".encode()
        yield _data("A version.\n")


def _data(text: str) -> bytes:
    raw = text.encode()
    return b"data %d\n%s\n" % (len(raw), raw)
