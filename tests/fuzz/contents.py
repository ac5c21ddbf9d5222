"""Mutated files of a commit, in process, through all that reads them.

Each document is read as a metric or param file, an annotation, a file of DVC, a pointer or
settings, and what was read goes on to what compares, searches, checks and shows it. Only what says
that a file cannot be read may be raised; another artifact of the same commit has to be what it was;
and nothing takes longer than it may.

    python tests/fuzz/contents.py [--count N] [--seed N] [--write docs/concepts/reliability.md]
"""

from __future__ import annotations

import argparse
import atexit
import platform
import random
import re
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from mreg.annotations import document, dvc, entry, metrics, sources
from mreg.annotations.entry import Annotation
from mreg.annotations.sources import Wanted
from mreg.annotations.text import Unreadable
from mreg.compare import comparison, diff, layout
from mreg.core.diagnostics import Diagnostic
from mreg.core.queries import Version
from mreg.dvc import lockfile, pointers, records
from mreg.errors import MregError
from mreg.policy.file import read as reading
from mreg.render import json, text
from mreg.search import parser
from mreg.search.subject import SearchedVersion
from mreg.worktree.validate import validate
from repositories import opened

SECONDS = 2.0
"""How much time of the processor one document may take, with all that reads it."""

ANNOTATIONS = b"""\
churn:
  type: model
  path: models/churn.pkl
  description: "Says who leaves \\u00fc"
  labels: [tabular, "weekly run"]
  framework: {name: scikit-learn, version: "1.10"}
  metrics: {accuracy: 0.93, f1: 9.1e-1, rows: 100}
  params: {depth: 5, kind: gini, nested: {a: [1, 2]}}
  inputs:
    - path: data/train.csv
      role: training
    - artifact: raw@v1.0.0
  custom: {ticket: "ML-12"}
"""
LISTED = (
    b"churn:\n  path: model.pkl\n  metrics: [metrics.json]\n  params: [params.toml, params.yaml]\n"
)
METRICS = (
    b'{"auc": 0.9, "rows": 10, "eval": {"loss": 1e-3, "acc": [0.5, null, true]}, "name": "x"}\n'
)
TOML = b'depth = 3\nname = "x"\nwhen = 2024-01-01T00:00:00Z\n[train]\nrate = 0.1\nsizes = [1, 2]\n'
YAML = b"depth: 3\nname: x\ntrain:\n  rate: 0.1\n  sizes: [1, 2]\n  base: &b {a: 1}\n  more: *b\n"
LOCK = b"""\
schema: '2.0'
stages:
  train:
    cmd: python train.py
    deps: [{path: data.csv, hash: md5, md5: 4f53cda18c2baa0c0354bb5f9a3ecbe5, size: 3}]
    params: {params.yaml: {depth: 3}}
    outs:
    - path: model.pkl
      md5: 9d5ed678fe57bcca610140957afab571.dir
      size: 2
      nfiles: 1
"""
PIPELINE = b"""\
stages:
  train:
    cmd: python train.py
    wdir: sub
    deps: [data.csv]
    params: [depth, other.yaml: [rate]]
    outs: [model.pkl: {remote: x}]
    metrics: [metrics.json: {cache: false}]
artifacts:
  churn: {path: model.pkl, type: model, desc: x}
params: [params.yaml]
metrics: [metrics.json]
"""
POINTER = b"""\
deps: [{path: data.csv, repo: {url: https://example.com/x, rev_lock: abc}}]
outs: [{md5: 9d5ed678fe57bcca610140957afab571, size: 2, path: model.pkl}]
"""
LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"4d" * 32 + b"\nsize 12345\n"
ANNEX = b"/annex/objects/SHA256E-s12--" + b"4d" * 32 + b".pkl\n"
SETTINGS = b"""\
version: 1
registry: models
types: [model, dataset]
principals:
  ann: {emails: [ann@example.com], keys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIIIIIIIIIII"]}
roles: {managers: [ann]}
register: {by: [managers]}
stages:
  dev: {}
  prod: {by: [managers], from: dev, approvals: 1, requires: {metrics: {auc: ">= 0.9"},
    fields: [owner], no_regression: [auc], inputs: dev}, branches: [main], schema: compatible}
"""

# fmt: off
VALUES: tuple[bytes, ...] = (
    b"1" + b"0" * 309, b"-" + b"9" * 400, b"9" * 5000, b"0x" + b"f" * 4000, b"1e400", b"-1e-400",
    b"NaN", b"-Infinity", b".inf", b".nan", b"nan", b"inf", b"null", b"~", b"true", b"yes", b"''",
    b'""', b'"\\ud800"', b'"\\u0000"', b'"\\u001b[2J"', b'"\\n::error::x"', b'"##vso[x]"', b"[]",
    b"{}", b"[[[1]]]", b'{"a": {"b": 1}}', b"{a: {b: 1}}", b"{a.b = 1}", b"0000-00-00", b"0", b"-0",
    b"9999-12-31T23:59:60Z", b"0001-01-01", b"12:30:45", b"1_000", b"0o777", b"+1", b"1.5", b"-1",
    b'".."', b"/etc/passwd", b"../../x", b'"a\\\\b"', b"https://[x", b"file:///x", b"a@v1.0.0",
    b'"' + b"k" * 3000 + b'"', b"9007199254740993", b"1.7976931348623157e308", b"5e-324", b'"x y"',
)
PIECES: tuple[bytes, ...] = (
    *VALUES,
    b"\xff", b"\xed\xa0\x80", b"\0", b"\x1b", b"[" * 50, b"{" * 50, b"]" * 9, b"}" * 9, b"- ", b",",
    b"? ", b": ", b"\n  - ", b"\t", b"&a ", b"*a", b"<<: *a", b"!!python/object:x ", b"!x ", b"= ",
    b"%YAML 1.2\n---\n", b"---\n", b"...\n", b"\r\n", b"\r", b"\xef\xbb\xbf", b"\xe2\x80\xa8", b"#",
    b"\xc2\x85", b"|\n", b">-\n", b'"', b"'", b"${x}", b"a." * 40, b"1: ", b"null: ", b"=: ",
)
# fmt: on
"""What is put into documents."""


class Kind(NamedTuple):
    """A kind of file.

    Attributes:
        path: where it is.
        seeds: what mutation begins with.
        readers: what reads its bytes.
    """

    path: str
    seeds: tuple[bytes, ...]
    readers: tuple[Callable[[bytes], object], ...]


class Memory:
    """Files of a commit, as what reads annotations asks for them."""

    readings = None

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files

    def find(self, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str | None]:
        return {it: it[1] if it[1] in self._files else None for it in wanted}

    def elsewhere(self, wanted: object, reader: object) -> dict[tuple[str, str], bytes]:
        return {}

    def read(self, oids: Iterable[str], *, limit: int) -> Iterator[tuple[str, bytes | None]]:
        for it in dict.fromkeys(oids):
            yield it, self._files[it][: limit + 1]


OTHERS = {
    "other/artifacts.yaml": b"good:\n  description: It is good\n  metrics: [../good.json]\n",
    "good.json": b'{"auc": 0.5}',
}
COMMIT = {
    **OTHERS,
    "artifacts.yaml": LISTED,
    "metrics.json": METRICS,
    "params.toml": TOML,
    "params.yaml": YAML,
}
_NOW = datetime(2026, 1, 1, tzinfo=UTC)


def _version(number: int) -> Version:
    name = f"v{number}.0.0"
    said = ("Ann", "ann@example.com", "It is new")
    return Version("churn", name, f"churn@{name}", "0" * 40, _NOW, *said, True, (), ())


QUERIES = tuple(
    parser.parse(it, now=_NOW)
    for it in (
        "metrics.auc>0.5 and params.depth<=3",
        "not metrics.rows=10 or description~who",
        "label=tabular and framework.version>=1.0",
        "input=raw or input~data or custom.ticket=ML-12 or owner!=eve",
        "type=model or path~pkl or params.train.rate>0",
    )
)


def annotated(path: str) -> Callable[[bytes], object]:
    """Return what reads a commit's annotations, of which one file is a document."""

    def read(raw: bytes) -> None:
        files = Memory({**COMMIT, path: raw})
        wanted = [Wanted("churn", "c", "churn@v1.0.0"), Wanted("other:good", "c", "good@v1.0.0")]
        found, other = sources.read(wanted, files)
        assert isinstance(other, Annotation)
        assert other.metrics == {"auc": 0.5}, "another artifact is what it was"
        sources.overview([(it, it) for it in (*COMMIT, path)], files)
        json.dumps(found)
        if isinstance(found, Annotation):
            json.dumps(entry.as_dict(found))
        show(found, other)

    return read


def show(found: Annotation | Diagnostic | None, other: Annotation) -> None:
    """Compare, search and show an annotation beside another."""
    versions = _version(2), _version(1)
    rows = [comparison.row(*it) for it in zip(versions, (found, other), strict=True)]
    compared = comparison.compare("churn", rows, sort="version")
    for table in (layout.comparison(compared), layout.data(compared)):
        text.table(table)
    annotation = found if isinstance(found, Annotation) else None
    sides = diff.Side(versions[0], annotation), diff.Side(versions[1], other)
    for pair in (sides, sides[::-1]):
        differences = diff.compare(*pair)
        json.dumps(differences)
        for table in layout.sections(differences):
            text.table(table)
    for query in QUERIES:
        query.matches(SearchedVersion(versions[0], annotation=annotation))


def checked(name: str) -> Callable[[bytes], object]:
    """Return what checks a file as `mreg validate` does."""
    folder = Path(tempfile.mkdtemp(prefix="mreg-fuzz-"))
    atexit.register(shutil.rmtree, folder)

    def check(raw: bytes) -> None:
        (folder / name).write_bytes(raw)
        json.dumps(validate([str(folder / name)], repo=opened(folder))[1])

    return check


def _of_metrics(path: str) -> Callable[[bytes], object]:
    return lambda raw: json.dumps(metrics.load(raw, path))


READER = document.YamlReader(aliases=True, checked=True)


def _nearest(texts: dict[str, bytes]) -> None:
    json.dumps(records.nearest("model.pkl", texts.get, READER))


def _of_lock(raw: bytes) -> None:
    read = lockfile.read_lock(raw, "sub/dvc.lock", dvc.folders(PIPELINE))
    json.dumps(read)
    _nearest({"dvc.lock": raw, "dvc.yaml": PIPELINE})


def _of_pipeline(raw: bytes) -> None:
    json.dumps(lockfile.read_lock(LOCK, "dvc.lock", dvc.folders(raw)))
    _nearest({"dvc.lock": LOCK, "dvc.yaml": raw})


def _of_pointer(raw: bytes) -> None:
    json.dumps(lockfile.read_pointer(raw, "sub/model.pkl.dvc"))
    _nearest({"model.pkl.dvc": raw})


def _of_settings(raw: bytes) -> None:
    read = reading.read(raw)
    json.dumps(read.findings)
    reading.read_gto(raw)
    reading.read_conveniences(raw)


def kinds() -> tuple[Kind, ...]:
    """Return the kinds of file, with what reads each."""
    return (
        Kind("metrics.json", (METRICS,), (_of_metrics("m.json"), annotated("metrics.json"))),
        Kind("params.toml", (TOML,), (_of_metrics("p.toml"), annotated("params.toml"))),
        Kind("params.yaml", (YAML,), (_of_metrics("p.yaml"), annotated("params.yaml"))),
        Kind(
            "artifacts.yaml",
            (ANNOTATIONS, LISTED),
            (annotated("artifacts.yaml"), checked("artifacts.yaml")),
        ),
        Kind("dvc.yaml", (PIPELINE,), (annotated("dvc.yaml"), _of_pipeline, checked("dvc.yaml"))),
        Kind("dvc.lock", (LOCK,), (_of_lock,)),
        Kind("model.pkl.dvc", (POINTER,), (_of_pointer,)),
        Kind("model.pkl", (LFS, ANNEX), (pointers.read,)),
        Kind(".mreg.yaml", (SETTINGS,), (_of_settings, checked(".mreg.yaml"))),
    )


def mutated(raw: bytes, others: tuple[bytes, ...], chance: random.Random) -> bytes:
    """Return a document that differs from another in a few places.

    Most differ in values alone, which the next reader has to bear; the others in anything.
    """
    for _ in range(chance.choice((1, 1, 1, 1, 2, 2, 3, 5))):
        change = _other_value if chance.random() < _VALUES_ALONE else _other_bytes
        raw = change(raw, others, chance)
    return raw


_VALUES_ALONE = 0.7
_VALUE = re.compile(rb"(?<=[:=] )(?:\"[^\"\n]*\"|[^\s,{}\[\]\"]+)|\"[^\"\n]*\"")


def _other_value(raw: bytes, _: tuple[bytes, ...], chance: random.Random) -> bytes:
    found = [it.span() for it in _VALUE.finditer(raw)]
    start, end = chance.choice(found) if found else (len(raw), len(raw))
    return raw[:start] + chance.choice(VALUES) + raw[end:]


def _other_bytes(raw: bytes, others: tuple[bytes, ...], chance: random.Random) -> bytes:
    start = chance.randrange(len(raw) + 1)
    end = min(len(raw), start + chance.choice((0, 0, 1, 1, 4, 20)))
    donor = chance.choice(others)
    begin = chance.randrange(len(donor))
    put = chance.choice(
        (
            chance.choice(PIECES),
            bytes([chance.randrange(256)]),
            raw[start:end] * chance.choice((0, 2, 30)),
            donor[begin : begin + chance.choice((5, 20, 80))],
        )
    )
    return raw[:start] + put + raw[end:]


class Fault(NamedTuple):
    """What should not have happened.

    Attributes:
        kind: of which kind the file is.
        document: its bytes.
        what: the error, with where it was raised; or how long it took.
    """

    kind: str
    document: bytes
    what: str


class Tally(NamedTuple):
    """What became of the documents.

    Attributes:
        documents: how many there were, by kind.
        refused: how many could not be read, as was said, by kind.
        slowest: the most seconds that one took, by kind.
        faults: what should not have happened.
    """

    documents: dict[str, int]
    refused: dict[str, int]
    slowest: dict[str, float]
    faults: list[Fault]


def fuzz(count: int, seed: int) -> Tally:
    """Read so many mutated documents, of each kind as many."""
    chance = random.Random(seed)
    every = kinds()
    tally = Tally({}, {}, {}, [])
    donors = tuple(seed for it in every for seed in it.seeds)
    for number in range(count):
        kind = every[number % len(every)]
        document = mutated(chance.choice(kind.seeds), donors, chance)
        begin = time.process_time()
        refused = [_refused(read, kind, document, tally) for read in kind.readers]
        took = time.process_time() - begin
        if took > SECONDS:
            tally.faults.append(Fault(kind.path, document, f"it took {took:.1f} s"))
        tally.documents[kind.path] = tally.documents.get(kind.path, 0) + 1
        tally.refused[kind.path] = tally.refused.get(kind.path, 0) + any(refused)
        tally.slowest[kind.path] = max(tally.slowest.get(kind.path, 0.0), took)
    return tally


def _refused(read: Callable[[bytes], object], kind: Kind, document: bytes, tally: Tally) -> bool:
    try:
        read(document)
    except (Unreadable, MregError):
        return True
    except Exception:
        tally.faults.append(Fault(kind.path, document, traceback.format_exc(limit=-4)))
    return False


def figures(tally: Tally, seed: int) -> str:
    """Return what became of the documents, as a table in Markdown."""
    rows = [
        f"| {kind} | {count} | {tally.refused[kind]} | {tally.slowest[kind]:.2f} s |"
        for kind, count in tally.documents.items()
    ]
    head = "| file | documents | refused as unreadable | the slowest |\n| --- | --- | --- | --- |"
    said = (
        f"`python tests/fuzz/contents.py --count {sum(tally.documents.values())} --seed {seed}`:"
        f" {len(tally.faults)} faults; Python {platform.python_version()}."
    )
    return "\n".join([head, *rows, "", said])


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--count", type=int, default=100_000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--write", metavar="FILE", help="put the figures into this document")
    asked = options.parse_args()
    tally = fuzz(asked.count, asked.seed)
    seen: set[Any] = set()
    for it in tally.faults:
        if (last := it.what.strip().splitlines()[-1][:60]) not in seen:
            seen.add(last)
            print(f"{it.kind}: {it.document[:3000]!r}\n{it.what}\n")
    table = figures(tally, asked.seed)
    print(table)
    if asked.write:
        file = Path(asked.write)
        marks = "<!-- contents: begin -->", "<!-- contents: end -->"
        before, _, rest = file.read_text().partition(marks[0])
        file.write_text(f"{before}{marks[0]}\n{table}\n{marks[1]}{rest.partition(marks[1])[2]}")
    return bool(tally.faults)


if __name__ == "__main__":
    sys.exit(main())
