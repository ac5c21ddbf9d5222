"""From files to annotations: which file counts, and what is read how often."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product

import pytest

from commandline import CommandLine
from mreg.annotations import dvc, sources
from mreg.annotations.entry import Annotation, Framework, Input
from mreg.annotations.sources import Wanted
from mreg.core.diagnostics import Diagnostic
from mreg.git import files, process
from mreg.registry import Registry
from repositories import Maker, Repository, Tag
from yaml_texts import FULL


class Commits:
    """Files of commits, in memory; it counts what is read."""

    readings = None

    def __init__(self, **commits: dict[str, str]) -> None:
        self.commits = commits
        self.read_ids: list[str] = []

    def find(self, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str | None]:
        return {(commit, path): self.commits[commit].get(path) for commit, path in wanted}

    def elsewhere(self, wanted: object, reader: object) -> dict[tuple[str, str], bytes]:
        return {}

    def read(self, oids: Iterable[str], *, limit: int) -> Iterator[tuple[str, bytes | None]]:
        for oid in dict.fromkeys(oids):  # here a content is its own id
            self.read_ids.append(oid)
            yield oid, oid.encode()[: limit + 1]


def annotation(artifact: str, **paths: str) -> Annotation | Diagnostic | None:
    commit = {path.replace("__", "/").replace("_", "."): text for path, text in paths.items()}
    return sources.read([Wanted(artifact, "c", "subject")], Commits(c=commit))[0]


def good(artifact: str, **paths: str) -> Annotation:
    found = annotation(artifact, **paths)
    assert isinstance(found, Annotation), found
    return found


def test_every_field() -> None:
    found = good("churn", artifacts_yaml=FULL)
    assert found == Annotation(
        type="model",
        path="models/churn.pkl",
        description="Predicts churn",
        labels=("tabular", "weekly run"),
        framework=Framework("scikit-learn", "1.10"),
        owner="data@example.com",
        license="Apache-2.0",
        metrics={"accuracy": 0.93, "f1": 0.91},
        params={"depth": 5, "kind": "gini", "bootstrap": True},
        inputs=(
            Input(path="data/train.csv", role="training"),
            Input(artifact="raw@v1.0.0", repo="https://example.com/raw.git"),
            Input(url="https://example.com/x.csv", sha256="0123"),
        ),
        signature={"input": [{"name": "age", "type": "long"}]},
        requirements=("numpy==1.26.0",),
        custom={"ticket": "ML-12"},
        sources=dict.fromkeys(found.sources, ("artifacts.yaml",)),
    )
    assert len(found.sources) == 13


def test_the_paths_of_a_folder_count_from_it() -> None:
    text = (
        "m:\n  path: ../x.pkl\n  metrics: [out/m.json]\n  requirements: r.txt\n"
        "  inputs: [{path: d}]\n"
    )
    found = good("a/b:m", a__b__artifacts_yaml=text, a__b__out__m_json='{"acc": 1}')
    assert found.path == "a/x.pkl"
    assert found.requirements == "a/b/r.txt"
    assert found.inputs == (Input(path="a/b/d"),)
    assert found.metrics == {"acc": 1}
    assert found.sources["metrics"] == ("a/b/out/m.json",)


def test_a_folders_artifact_may_stand_at_the_root() -> None:
    root = '"a:m":\n  type: root\n  owner: me\n'
    assert good("a:m", artifacts_yaml=root).type == "root"
    both = good("a:m", artifacts_yaml=root, a__artifacts_yaml="m:\n  type: own\n")
    assert (both.type, both.owner) == ("own", "me")


def test_artifacts_yaml_wins_field_by_field_over_dvc_yaml() -> None:
    found = good(
        "m",
        artifacts_yaml="m:\n  type: mine\n",
        dvc_yaml="artifacts:\n  m:\n    path: x\n    type: theirs\n    desc: said\n",
    )
    assert (found.type, found.path, found.description) == ("mine", "x", "said")
    assert found.sources == {
        "type": ("artifacts.yaml",),
        "path": ("dvc.yaml",),
        "description": ("dvc.yaml",),
    }


def test_old_files_of_gto() -> None:
    found = good("m", artifacts_yaml="m:\n  desc: said\n  virtual: true\n  type: model\n")
    assert (found.description, found.type) == ("said", "model")
    assert found.problems == ()


def test_metric_files_of_every_kind() -> None:
    found = good(
        "m",
        artifacts_yaml="m:\n  metrics: [a.json, b.yaml, c.toml]\n  params: [p.yaml]\n",
        a_json='{"train": {"loss": 0.1}, "note": "x", "bad": "n/a", "flag": true}',
        b_yaml="f1: 0.5\n",
        c_toml="[test]\nacc = 1\n",
        p_yaml="lr: 0.1\nopt: {name: adam, betas: [0.9, 0.99]}\n",
    )
    assert found.metrics == {"train.loss": 0.1, "f1": 0.5, "test.acc": 1}
    assert found.params == {"lr": 0.1, "opt.name": "adam", "opt.betas": [0.9, 0.99]}
    assert found.sources["metrics"] == ("a.json", "b.yaml", "c.toml")


def test_files_of_others_may_have_aliases() -> None:
    found = good(
        "m",
        dvc_yaml="vars:\n- &p model.pkl\nartifacts:\n  m:\n    path: *p\nparams: [p.yaml]\n",
        p_yaml="base: &b {lr: 1, seed: 2}\nmore: &m {lr: 3, x: 4}\n"
        "own: {lr: 5, <<: *b}\nboth: {<<: [*b, *m]}\nlist: [*b]\n",
    )
    assert found.path == "model.pkl"
    assert found.problems == ()
    given = {name: it for name, it in found.params.items() if name[:4] in ("own.", "both")}
    assert given == {"own.lr": 5, "own.seed": 2, "both.lr": 1, "both.x": 4, "both.seed": 2}
    assert found.params["list"] == [{"lr": 1, "seed": 2}]


def test_dates_and_times_of_toml_are_texts() -> None:
    text = (
        "day = 2024-05-06\nat = 07:08:09\nthen = 2024-05-06T07:08:09Z\n"
        "many = [2024-05-06, {on = 2024-05-07}]\n[in]\nday = 2024-05-08\n"
    )
    found = good("m", artifacts_yaml="m:\n  params: [p.toml]\n", p_toml=text)
    assert found.params == {
        "day": "2024-05-06",
        "at": "07:08:09",
        "then": "2024-05-06T07:08:09+00:00",
        "many": ["2024-05-06", {"on": "2024-05-07"}],
        "in.day": "2024-05-08",
    }


def test_what_two_files_have_stands_under_their_files_whatever_they_say() -> None:
    found = good(
        "m",
        artifacts_yaml="m:\n  metrics: [a.json, b.json]\n  params: [p.yaml, q.yaml]\n",
        a_json='{"acc": 1, "same": 2, "own": 3, "text": 4}',
        b_json='{"acc": 0, "same": 2, "text": "high"}',
        p_yaml="lr: 1\ndepth: 3\n",
        q_yaml="lr: 1\n",
    )
    assert found.metrics == {
        "a.json:acc": 1, "b.json:acc": 0, "a.json:same": 2, "b.json:same": 2, "own": 3,
        "a.json:text": 4,
    }  # fmt: skip
    assert found.params == {"p.yaml:lr": 1, "q.yaml:lr": 1, "depth": 3}
    assert found.files["metrics"] == {
        "a.json": {"acc": 1, "same": 2, "own": 3, "text": 4},
        "b.json": {"acc": 0, "same": 2, "text": None},
    }


def test_where_a_file_cannot_be_read_the_others_stand_under_their_files() -> None:
    found = good("m", artifacts_yaml="m:\n  metrics: [a.json, b.json]\n", a_json='{"acc": 1}')
    assert found.metrics == {"a.json:acc": 1}
    assert found.files == {"metrics": {"a.json": {"acc": 1}, "b.json": None}}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("m.json", None),
        ("m.json", "{"),
        ("m.json", "[" * 100_000),
        ("m.json", "[1]"),
        ("m.toml", "= 1"),
        ("m.yaml", "a: *b"),
        ("m.yaml", "a: &a [*a]"),
        ("m.yaml", "a: &a 1\nb:\n  <<: *a\n"),
        ("m.csv", "a,b"),
        ("m.json", '{"a.b": 1, "a": {"b": 2}}'),
        ("m.json", '{"a": 1, "b": {"c": 2, "c": 3}}'),
        ("m.json", '{"a":' * 50 + "1" + "}" * 50),
    ],
)
def test_a_metric_file_that_cannot_be_read_is_a_problem(name: str, text: str | None) -> None:
    entry = {"artifacts.yaml": f"m:\n  type: x\n  metrics: [{name}]\n"}
    commit = entry if text is None else {**entry, name: text}
    (found,) = sources.read([Wanted("m", "c", "m@v1.0.0")], Commits(c=commit))
    assert isinstance(found, Annotation)
    assert found.type == "x"
    assert found.metrics == {}
    assert [(it.code, it.subject) for it in found.problems] == [("MR021", "m@v1.0.0")]
    assert name in found.problems[0].message


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("type: 5", "type is 5, not a string; put it in quotes"),
        ("framework: {name: torch, version: 1.10}", "framework has a version that is 1.1"),
        ("metrics: {acc: high}", "metrics has acc, which is high, not a number"),
        ("labels: x", "labels is not a list"),
        ("inputs: {path: x}", "inputs is not a list"),
        ("owner: [a]", "owner is a list, not a string"),
    ],
)
def test_a_field_of_the_wrong_type_is_left_out_with_a_problem(line: str, complaint: str) -> None:
    found = good("m", artifacts_yaml=f"m:\n  license: MIT\n  {line}\n")
    assert found.license == "MIT"
    assert list(found.sources) == ["license"]
    assert [it.code for it in found.problems] == ["MR020"]
    assert complaint in found.problems[0].message


def test_what_is_not_annotated_is_none() -> None:
    assert annotation("m") is None
    assert annotation("m", artifacts_yaml="other:\n  type: x\n") is None
    assert annotation("m", dvc_yaml="stages: {}\n") is None
    assert good("m", artifacts_yaml="m:\n") == Annotation()


def test_a_file_that_cannot_be_read_is_a_problem_unless_another_has_the_artifact() -> None:
    found = annotation("m", artifacts_yaml="m: [")
    assert isinstance(found, Diagnostic)
    assert found.code == "MR020"
    assert "artifacts.yaml in its commit: cannot read it: line 1" in found.message
    both = good("m", artifacts_yaml="m: [", dvc_yaml="artifacts: {m: {path: x}}\n")
    assert both.path == "x"
    assert [it.code for it in both.problems] == ["MR020"]


def test_each_distinct_content_is_read_once() -> None:
    one, other = "m:\n  metrics: [m.json]\nn:\n  type: a\n", "m:\n  metrics: [m.json]\n"
    commits = Commits(
        a={"artifacts.yaml": one, "m.json": '{"a": 1}'},
        b={"artifacts.yaml": one, "m.json": '{"a": 2}'},
        c={"artifacts.yaml": other, "m.json": '{"a": 1}'},
    )
    wanted = [Wanted(name, commit, "") for commit in "abc" for name in ("m", "n")]
    found = sources.read([*wanted, *wanted], commits)
    assert sorted(commits.read_ids) == sorted([one, other, '{"a": 1}', '{"a": 2}'])
    assert [it.metrics if isinstance(it, Annotation) else None for it in found[:6]] == [
        {"a": 1}, {}, {"a": 2}, {}, {"a": 1}, None,
    ]  # fmt: skip


def test_what_a_caller_does_to_an_annotation_stays_with_it() -> None:
    commits = Commits(a={"artifacts.yaml": "m:\n  custom: {x: [1]}\n"})
    one, other = sources.read([Wanted("m", "a", "")] * 2, commits)
    assert isinstance(one, Annotation)
    one.custom["x"].append(2)
    again = sources.read([Wanted("m", "a", "")], commits)[0]
    assert isinstance(again, Annotation)
    assert again.custom == {"x": [1]}
    assert isinstance(other, Annotation)


def test_the_sections_of_a_dvc_yaml() -> None:
    content = {
        "artifacts": {"m": {"path": "x"}},
        "metrics": ["a.json", {"b.json": {"cache": False}}, "${dir}/c.json"],
        "params": ["p.yaml", "params.py"],
        "stages": {
            "one": {"wdir": "sub", "metrics": ["d.json"], "params": ["lr", {"q.toml": ["x"]}]},
            "many": {"foreach": [1], "do": {"metrics": [{"e.json": None}]}},
            "odd": None,
        },
    }
    found = dvc.read(content)
    assert found.artifacts == {"m": {"path": "x"}}
    assert found.metrics == ("a.json", "b.json")
    assert found.params == ("p.yaml",)
    assert found.stages == (
        dvc.DvcStage(
            ("sub/d.json",),
            metrics=("sub/d.json",),
            params=(("sub/params.yaml", "lr"), ("sub/q.toml", "x")),
        ),
        dvc.DvcStage(("e.json",), metrics=("e.json",)),
    )
    assert not any(dvc.read({"artifacts": [], "metrics": "x", "stages": []}))


# With Git


VERSIONS = 40


@pytest.fixture
def many(make_repository: Maker) -> Repository:
    """A registry in which artifacts.yaml, and a metric file, differ at every commit."""
    text = "m:\n  description: run {}\n  metrics: [out/m.json]\n"
    commits = [
        {"artifacts.yaml": text.format(n).encode(), "out/m.json": b'{"n": %d}' % n}
        for n in range(VERSIONS)
    ]
    tags = [Tag(f"m@v0.{n}.0", n, n) for n in range(VERSIONS)]
    return make_repository(tags, commits=commits)


def test_one_git_process_reads_all_versions(
    many: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = Registry.open(many.path)
    versions = registry.versions("m")
    started: list[tuple[str, ...]] = []
    original = process.converse

    def counted(repo: object, *arguments: str) -> object:
        started.append(arguments[arguments.index("cat-file") :][:2])
        return original(repo, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(process, "converse", counted)
    for name in ("run", "run_with_input", "stream"):
        monkeypatch.setattr(process, name, None)
    found = registry.annotations(versions)
    assert [it.metrics for it in found if isinstance(it, Annotation)] == [
        {"n": n} for n in reversed(range(VERSIONS))
    ]
    assert [mode.partition("=")[0] for _, mode in started] == ["--batch-command"]


@pytest.mark.parametrize("wholly", [True, False])
def test_a_damaged_object_is_a_problem_of_its_version_alone(
    make_repository: Maker, mreg: CommandLine, wholly: bool
) -> None:
    commits = [{"artifacts.yaml": b"m:\n  type: t%d\n" % n, "dvc.yaml": b""} for n in range(3)]
    made = make_repository([Tag(f"m@v1.{n}.0", n, n) for n in range(3)], commits=commits)
    made.git("-c", "pack.unpackLimit=1", "repack", "-adq")
    pack = next((made.path / ".git/objects/pack").glob("*.pack"))
    content = pack.read_bytes()
    pack.rename(pack.with_suffix(".away"))
    for path in (made.path / ".git/objects/pack").glob("pack-*.*"):
        path.unlink() if path.suffix != ".away" else path.rename(made.path / "away")
    made.git("unpack-objects", "-q", stdin=content)
    victim = made.object_file(made.git("rev-parse", f"{made.commits[1]}:artifacts.yaml").strip())
    victim.chmod(0o644)
    victim.write_bytes(b"garbage" if wholly else victim.read_bytes()[:-1] + b"!")
    registry = Registry.open(made.path)
    found = registry.annotations(registry.versions("m"))
    assert [getattr(it, "type", None) for it in found] == ["t2", None, "t0"]
    assert isinstance(found[1], Diagnostic)
    assert found[1].code == "MR020"
    assert mreg("doctor", "--json", repo=made).json["problems"][0]["subject"] == "m@v1.1.0"


def test_many_paths_fill_no_pipe(make_repository: Maker) -> None:
    """More requests, and more answers, than a pipe holds at once."""
    commits = [{f"{'d' * 100}/{n}": b"x" * n for n in range(3000)}]
    made = make_repository(commits=commits)
    head = made.commits[0]
    with files.Files(made.opened) as reader:
        found = reader.find((head, f"{'d' * 100}/{n}") for n in range(4000))
        oids = [oid for oid in found.values() if oid]
        sizes = [len(raw or b"") for _, raw in reader.read(oids, limit=1000)]
    assert len(oids) == 3000
    assert sorted(sizes)[:1001] == list(range(1001))
    assert max(sizes) == 1001


@pytest.mark.parametrize("path", ["a\nb", "", "nope", "d"])
def test_paths_that_are_no_files(make_repository: Maker, path: str) -> None:
    made = make_repository(commits=[{"d/x": b""}])
    with files.Files(made.opened) as reader:
        assert list(reader.find([(made.commits[0], path)]).values()) == [None]
        assert list(reader.find([("0" * 40, "d/x")]).values()) == [None]


PLACES = ("artifacts.yaml", "zoo/artifacts.yaml", "zoo/dvc.yaml")
STATES = [
    {path: text for path, text in zip(PLACES, texts, strict=True) if text is not None}
    for texts in product(
        (None, "zoo:net: {type: model, path: a}\nnet: {type: data}\n", "zoo:net: [\n"),
        (None, "net: {type: dataset}\n", "cat: {type: model}\n"),
        (None, "artifacts:\n  net: {type: plot, path: b}\n"),
    )
]


@pytest.mark.parametrize("artifact", ["net", "zoo:net", "zoo:dog"])
def test_where_a_commit_has_the_files_of_another_that_speaks_for_it(artifact: str) -> None:
    """It is told for those that have no dvc.yaml, and for none that has another file."""
    commits = Commits(**{str(number): state for number, state in enumerate(STATES)})
    pairs = [(artifact, commit) for commit in commits.commits]
    read = sources.read([Wanted(*it, "subject") for it in pairs], commits)
    own = {"artifacts.yaml", "dvc.yaml"}
    own |= {f"zoo/{it}" for it in own} if artifact.startswith("zoo:") else set()
    for state in STATES:
        found = sources.overview(state.items(), commits)
        annotated = sources.annotated(pairs, commits)
        told = found.speaks_for(pairs, commits.find)
        for it, said, is_annotated, other in zip(told, read, annotated, STATES, strict=True):
            same = all(state.get(path) == other.get(path) for path in own)
            assert it == (same and not any(f in other for f in own if f.endswith("dvc.yaml")))
            if it:
                outline = (said.type, said.path) if isinstance(said, Annotation) else None
                assert found.annotations.get(artifact) == outline
                assert artifact not in found.annotations or is_annotated
