"""`mreg lineage` over real repositories: what it reads, what it says, and where it ends."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, get_args

import pytest
from test_git_processes import processes

from commandline import CommandLine
from mreg.errors import NotFound, UsageError
from mreg.lineage import build, read
from mreg.lineage.graph import EdgeKind, NodeKind
from mreg.registry import Registry
from mreg.store import read as read_tags
from repositories import Maker, Repository, Tag, run

DOCS = Path(__file__).parents[2] / "docs"

ARTIFACTS = b"""\
raw:
  type: dataset
  path: raw.csv
churn:
  type: model
  path: models/churn.pkl
  inputs:
    - {path: raw.csv, role: training}
    - {artifact: base@v1.0.0, role: base}
    - artifact: base#prod
    - artifact: gone@v1.0.0
    - {artifact: big@v2.0.0, repo: "https://example.com/other.git"}
    - {url: "https://example.com/c.csv", sha256: %s}
    - path: folder
    - path: nowhere.csv
base:
  type: model
  path: base.pkl
""" % (b"ab" * 32)

OTHER = "https://example.com/other.git"

FIRST = {
    "artifacts.yaml": ARTIFACTS,
    "raw.csv": b"1\n",
    "folder/in/it": b"x\n",
    "base.pkl": b"base\n",
    "models/churn.pkl": b"model 1\n",
}
TAGS = [
    Tag("raw@v1.0.0", 0, 0),
    Tag("base@v1.0.0", 0, 1),
    Tag("churn@v1.0.0", 0, 2),
    Tag("base@v2.0.0", 1, 3),
    Tag("base#prod#1", 1, 4, "Go\n\nVersion: v2.0.0"),
    Tag("churn@v2.0.0", 3, 5),
]


@pytest.fixture
def repo(make_repository: Maker) -> Repository:
    second = {"models/churn.pkl": b"model 2\n"}
    return make_repository(TAGS, commits=[FIRST, {"README": b"x\n"}, second, {"README": b"y\n"}])


def tree(repo: Repository, mreg: CommandLine, *arguments: str) -> list[str]:
    """Return the tree's lines, without ids."""
    out = mreg.ok("lineage", *arguments, repo=repo).out
    return re.sub(r"\b[0-9a-f]{7}\b", "ID", out).splitlines()


def test_the_tree(repo: Repository, mreg: CommandLine) -> None:
    who = "2023-11-14 Ann Example"
    assert tree(repo, mreg, "churn@v2.0.0") == [
        f"churn@v2.0.0  model, models/churn.pkl git ID, {who}",
        "├── commit ID  2023-11-03 Ann Example: Commit 4.",
        "├── input (training) raw.csv  git ID",
        f"│   └── registered as raw@v1.0.0  dataset, raw.csv git ID, {who}",
        "│       └── commit ID  2023-11-03 Ann Example: Commit 1.",
        f"├── input (base) base@v1.0.0  model, base.pkl git ID, {who}",
        "│   └── commit ID  2023-11-03 Ann Example: Commit 1.",
        f"├── input base@v2.0.0  model, base.pkl git ID, {who} (base#prod as of 2023-11-14 22:13Z)",
        "│   └── commit ID  2023-11-03 Ann Example: Commit 2.",
        "├── input gone@v1.0.0 (missing: there is no such version)",
        f"├── input big@v2.0.0 of {OTHER}  from another registry, which mreg does not read",
        "├── input https://example.com/c.csv  sha256 abababababab",
        "├── input folder  git ID",
        "├── input nowhere.csv (missing: it is not in the commit)",
        f"├── the version before: churn@v1.0.0  model, models/churn.pkl git ID, {who}",
        "└── changed by commit ID  2023-11-03 Ann Example: Commit 3.",
    ]


def test_the_tree_downward(repo: Repository, mreg: CommandLine) -> None:
    who = "2023-11-14 Ann Example"
    assert tree(repo, mreg, "raw", "--down") == [
        f"raw@v1.0.0  dataset, raw.csv git ID, {who}",
        "└── the same as raw.csv  git ID",
        f"    ├── input of (training) churn@v1.0.0  model, models/churn.pkl git ID, {who}",
        f"    └── input of (training) churn@v2.0.0  model, models/churn.pkl git ID, {who}",
    ]


def test_ids_of_files_and_folders_are_those_of_git(repo: Repository) -> None:
    found = Registry.open(repo.path).lineage("churn@v2.0.0")
    oids = {it.label: it.facts["oid"] for it in found.nodes if it.kind == "file"}
    for path in ("raw.csv", "folder"):
        assert oids[path] == repo.git("rev-parse", f"HEAD:{path}").strip()


class TestJson:
    def test_nodes_and_typed_edges(self, repo: Repository, mreg: CommandLine) -> None:
        found = mreg.ok("lineage", "churn@v2.0.0", "--json", repo=repo).json
        assert found == mreg.ok("lineage", "churn@v2.0.0", "--format", "json", repo=repo).json
        assert found.keys() == {"roots", "direction", "cut", "nodes", "edges", "problems"}
        assert (found["roots"], found["direction"]) == (["version:churn@v2.0.0"], "up")
        nodes = {it["id"]: it for it in found["nodes"]}
        assert found["nodes"][0]["id"] == "version:churn@v2.0.0"
        for it in found["edges"]:
            assert it.keys() == {"from", "to", "kind", "role", "note", "digest", "cycle", "also"}
            assert {it["from"], it["to"]} <= nodes.keys()
        root = nodes["version:churn@v2.0.0"]
        assert root["commit"] == repo.commits[3]
        assert root["created_at"] == "2023-11-14T22:13:25+00:00"
        assert nodes["version:gone@v1.0.0"]["missing"] is True

    def test_each_kind_and_key_is_in_the_documents(
        self, repo: Repository, mreg: CommandLine
    ) -> None:
        text = (DOCS / "how-to" / "lineage.md").read_text()
        for kind in (*get_args(NodeKind), *get_args(EdgeKind)):
            assert f"| `{kind}` |" in text, kind
        common = {"id", "kind", "label", "missing", "note", "cut"}
        for it in mreg.ok("lineage", "churn@v2.0.0", "--json", repo=repo).json["nodes"]:
            [row] = re.findall(rf"^\| `{it['kind']}` \|.*\|$", text, re.M)[:1]
            named = set(re.findall(r"`(\w+)`", row))
            assert it.keys() - common <= named, it["kind"]


class TestBounds:
    def test_what_is_behind_the_depth_is_said_to_be_there(
        self, repo: Repository, mreg: CommandLine
    ) -> None:
        done = mreg.ok("lineage", "churn@v2.0.0", "--depth", "1", repo=repo)
        assert "raw.csv" in done.out
        assert "raw@v1.0.0" not in done.out
        assert "(there is more)" in done.out
        assert done.err == "The lineage is cut: --depth and --limit control how much is shown.\n"
        shown = mreg.ok("lineage", "churn@v2.0.0", "--depth", "1", "--json", repo=repo).json
        assert shown["cut"] is True
        assert [it["label"] for it in shown["nodes"] if it["cut"]] == ["raw.csv"]

    def test_so_is_what_is_beyond_the_limit(self, repo: Repository, mreg: CommandLine) -> None:
        shown = mreg.ok("lineage", "churn@v2.0.0", "--limit", "2", "--json", repo=repo).json
        assert shown["cut"] is True
        assert len([it for it in shown["nodes"] if it["kind"] not in ("commit", "version")]) == 1

    def test_nothing_is_left_out_where_that_is_all(
        self, repo: Repository, mreg: CommandLine
    ) -> None:
        done = mreg.ok("lineage", "base@v1.0.0", "--depth", "5", repo=repo)
        assert done.err == ""

    def test_a_lineage_of_very_many_inputs_is_cut(
        self, make_repository: Maker, mreg: CommandLine
    ) -> None:
        inputs = b"".join(b"    - path: p%d\n" % number for number in range(5000))
        content = b"churn:\n  inputs:\n" + inputs
        made = make_repository([Tag("churn@v1.0.0")], commits=[{"artifacts.yaml": content}])
        done = mreg.ok("lineage", "churn", "--json", repo=made)
        assert done.json["cut"] is True
        assert len(done.json["nodes"]) <= 1002

    def test_a_registry_of_too_much_is_cut(
        self, repo: Repository, mreg: CommandLine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for module, name in ((read, "MOST_LOOKED_UP"), (build, "MOST_LINKS")):
            with monkeypatch.context() as patch:
                patch.setattr(module, name, 3)
                assert mreg.ok("lineage", "raw", "--down", "--json", repo=repo).json["cut"] is True
        assert mreg.ok("lineage", "raw", "--down", "--json", repo=repo).json["cut"] is False

    def test_a_tree_that_holds_itself_a_million_times_is_no_trouble(
        self, make_repository: Maker, mreg: CommandLine
    ) -> None:
        made = make_repository(commits=[{"artifacts.yaml": b"churn:\n  path: m.pkl\n"}])
        lock = made.put_object(b"a:\n  outs: [{path: m.pkl, md5: x}]\n", "blob")
        tree_ = made.git("mktree", stdin=f"100644 blob {lock}\tdvc.lock\n".encode()).strip()
        for _ in range(6):
            lines = "".join(f"040000 tree {tree_}\tf{number}\n" for number in range(10))
            tree_ = made.git("mktree", stdin=lines.encode()).strip()
        top = f"{made.git('ls-tree', 'HEAD')}040000 tree {tree_}\tdeep\n"
        tree_ = made.git("mktree", stdin=top.encode()).strip()
        commit = made.git("commit-tree", "-m", "Deep", tree_).strip()
        Registry.open(made.path).register("churn", commit, force=True)
        assert mreg.ok("lineage", "churn", repo=made).out.startswith("churn@v0.0.1")


class TestPipelines:
    LOCK = b"""\
schema: '2.0'
stages:
  train:
    cmd: python train.py
    deps: [{path: data, md5: 1f.dir}]
    outs: [{path: models/m.pkl, md5: 2f}]
"""

    @pytest.mark.parametrize(
        ("folder", "yaml"),
        [("", b"stages: {}\n"), ("pipelines/train/", b"stages: {train: {wdir: ../..}}\n")],
    )
    def test_a_lock_is_found_wherever_it_is(
        self, folder: str, yaml: bytes, make_repository: Maker
    ) -> None:
        files = {
            "artifacts.yaml": b"churn:\n  path: models/m.pkl\n",
            f"{folder}dvc.lock": self.LOCK,
            f"{folder}dvc.yaml": yaml,
        }
        made = make_repository([Tag("churn@v1.0.0")], commits=[files])
        found = Registry.open(made.path).lineage("churn")
        assert [(it.kind, it.label) for it in found.nodes] == [
            ("version", "churn@v1.0.0"),
            ("step", "train" if not folder else "pipelines/train/dvc.yaml:train"),
            ("data", "data"),
            ("commit", made.commits[0][:7]),
        ]
        assert found.nodes[0].facts["digest"] == "md5:2f"

    def test_an_import_leads_to_its_source(self, make_repository: Maker) -> None:
        pointer = b"""\
deps:
- path: use/data.xml
  repo: {url: "https://example.com/r.git", rev_lock: f31f5c4}
outs:
- {md5: a3, path: data.xml}
"""
        files = {"artifacts.yaml": b"raw:\n  path: data.xml\n", "data.xml.dvc": pointer}
        made = make_repository([Tag("raw@v1.0.0")], commits=[files])
        found = Registry.open(made.path).lineage("raw")
        [source] = [it for it in found.nodes if it.kind == "url"]
        assert source.facts == {
            "url": "https://example.com/r.git",
            "path": "use/data.xml",
            "rev": "f31f5c4",
            "named": None,
            "digest": None,
        }
        assert (source.id, "version:raw@v1.0.0", "import") in [it[:3] for it in found.edges]

    @pytest.mark.parametrize("locked", [", rev_lock: f31f5c4", ""])
    def test_an_import_of_a_version_of_another_registry_names_it(
        self, locked: str, make_repository: Maker, mreg: CommandLine
    ) -> None:
        """As `dvc import --rev churn@v1.1.0` writes it."""
        where = f"{{url: 'https://example.com/r.git', rev: churn@v1.1.0{locked}}}"
        pointer = f"deps:\n- path: m.pkl\n  repo: {where}\nouts:\n- {{md5: a3, path: m.pkl}}\n"
        files = {"artifacts.yaml": b"net:\n  path: m.pkl\n", "m.pkl.dvc": pointer.encode()}
        made = make_repository([Tag("net@v1.0.0")], commits=[files])
        shown = mreg.ok("lineage", "net", repo=made).out
        rest = "churn@v1.1.0, f31f5c4" if locked else "churn@v1.1.0"
        assert f"imported from https://example.com/r.git m.pkl  {rest}\n" in shown, shown
        nodes = mreg.ok("lineage", "net", "--json", repo=made).json["nodes"]
        [source] = [it for it in nodes if it["kind"] == "url"]
        wanted = ("f31f5c4", "churn@v1.1.0") if locked else ("churn@v1.1.0", None)
        assert (source["rev"], source["named"]) == wanted

    def test_a_file_in_a_folder_that_dvc_keeps_as_a_whole(self, make_repository: Maker) -> None:
        pointer = b"outs:\n- {md5: 1f.dir, path: data, nfiles: 3}\n"
        files = {
            "artifacts.yaml": b"raw:\n  path: data/in/a.csv\n",
            "data.dvc": pointer,
            "data/in.dvc": b"outs:\n- path: another\n",
        }
        made = make_repository([Tag("raw@v1.0.0")], commits=[files])
        [raw, _] = Registry.open(made.path).lineage("raw").nodes
        assert (raw.facts["digest"], raw.facts["pointer"]) == ("md5:1f.dir", "data.dvc")
        assert not raw.missing


class TestErrors:
    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["churn@v9.0.0"], "churn has no version v9.0.0"),
            (["nobody"], "there is no artifact 'nobody'"),
            (["--path", "never.csv", "--down"], "no version was made with never.csv"),
        ],
    )
    def test_what_is_not_there(
        self, arguments: list[str], said: str, repo: Repository, mreg: CommandLine
    ) -> None:
        done = mreg("lineage", *arguments, repo=repo)
        assert (done.code, done.out) == (1, "")
        assert said in done.err

    @pytest.mark.parametrize(
        "arguments",
        [[], ["churn", "--path", "raw.csv"], ["churn", "--json", "--format", "dot"]],
        ids=" ".join,
    )
    def test_what_makes_no_sense(
        self, arguments: list[str], repo: Repository, mreg: CommandLine
    ) -> None:
        done = mreg("lineage", *arguments, repo=repo)
        assert (done.code, done.out) == (2, "")

    def test_in_the_library_too(self, repo: Repository) -> None:
        registry = Registry.open(repo.path)
        with pytest.raises(UsageError):
            registry.lineage("churn", depth=-1)
        with pytest.raises(NotFound):
            registry.lineage(path="never.csv")


class TestWhatCannotBeRead:
    def test_a_version_without_annotation_has_a_lineage_all_the_same(
        self, make_repository: Maker, mreg: CommandLine
    ) -> None:
        made = make_repository([Tag("churn@v1.0.0", 0, 0), Tag("churn@v1.1.0", 1, 1)])
        assert tree(made, mreg, "churn") == [
            "churn@v1.1.0  2023-11-14 Ann Example (it is not annotated)",
            "├── commit ID  2023-11-03 Ann Example: Commit 2.",
            "└── the version before: churn@v1.0.0  2023-11-14 Ann Example (it is not annotated)",
        ]

    def test_a_broken_annotation_is_a_problem_and_no_end(
        self, make_repository: Maker, mreg: CommandLine
    ) -> None:
        good = b"base:\n  inputs: [{artifact: churn@v1.0.0}]\n"
        made = make_repository(
            [Tag("churn@v1.0.0", 0), Tag("base@v1.0.0", 1)],
            commits=[{"artifacts.yaml": b"churn: [\n"}, {"artifacts.yaml": good}],
        )
        done = mreg.ok("lineage", "base", repo=made)
        assert "churn@v1.0.0" in done.out
        assert done.err.startswith("warning: churn@v1.0.0: artifacts.yaml in its commit")
        [problem] = mreg.ok("lineage", "base", "--json", repo=made).json["problems"]
        assert problem["code"] == "MR020"

    @pytest.mark.parametrize("lock", [b"\xff", b"stages: [", b"a" * (1 << 20) + b"b"])
    def test_a_broken_lock_is_a_problem(
        self, lock: bytes, make_repository: Maker, mreg: CommandLine
    ) -> None:
        files = {"artifacts.yaml": b"churn:\n  path: m.pkl\n", "dvc.lock": lock, "m.pkl": b"x"}
        made = make_repository([Tag("churn@v1.0.0")], commits=[files])
        [problem] = mreg.ok("lineage", "churn", "--json", repo=made).json["problems"]
        assert problem["code"] == "MR023"
        assert problem["message"].startswith("dvc.lock: ")

    def test_a_registered_commit_that_is_gone_is_missing(
        self, repo: Repository, mreg: CommandLine
    ) -> None:
        repo.object_file(repo.commits[3]).unlink()
        done = mreg.ok("lineage", "churn@v2.0.0", repo=repo)
        assert "(missing: it is not in this repository)" in done.out
        assert "raw@v1.0.0" not in done.out


@pytest.fixture
def trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "trace"
    folder.mkdir()
    monkeypatch.setenv("GIT_TRACE2_EVENT", str(folder))
    return folder


CHAIN = """\
raw:
  path: raw.csv
churn:
  path: m.pkl
  inputs:
    - artifact: churn@latest
    - artifact: raw#prod
    - path: raw.csv
"""
LOCK = """\
make:
  cmd: make
  deps:
    - {{path: raw.csv, md5: d{0}}}
  outs:
    - {{path: m.pkl, md5: m{0}}}
"""


def registry_of(make_repository: Maker, versions: int) -> Repository:
    """Make a registry in which each version was made from the one before, and from a dataset."""
    commits: list[dict[str, bytes]] = []
    tags = []
    for number in range(versions):
        texts = {"artifacts.yaml": CHAIN, "raw.csv": f"{number}", "dvc.lock": LOCK.format(number)}
        commits.append({path: text.encode() for path, text in texts.items()})
        tags += [
            Tag(f"raw@v0.0.{number}", number, number * 3),
            Tag(f"raw#prod#{number + 1}", number, number * 3 + 1),
            Tag(f"churn@v0.0.{number}", number, number * 3 + 2),
        ]
    return make_repository(tags, name=f"of-{versions}", commits=commits)


@pytest.mark.parametrize("arguments", [["churn"], ["raw@v0.0.0", "--down"]], ids=" ".join)
def test_the_number_of_processes_does_not_grow(
    arguments: list[str], make_repository: Maker, mreg: CommandLine, trace: Path
) -> None:
    found: list[tuple[int, int]] = []
    for versions in (3, 40):
        repo = registry_of(make_repository, versions)
        processes(trace)
        shown = mreg.ok("lineage", *arguments, "--json", repo=repo).json
        found.append((len(processes(trace)), len(shown["nodes"])))
    (few, small), (many, large) = found
    assert many == few <= 8
    assert large > 5 * small


def test_tags_are_listed_once_where_git_has_to_be_asked_for_them(
    make_repository: Maker, mreg: CommandLine, trace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That is so where refs are kept in another way than in files."""
    repo = registry_of(make_repository, 5)
    plain = mreg.ok("lineage", "churn", "--json", repo=repo).out
    monkeypatch.setattr(read_tags, "LARGE", 1)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", "/nowhere")
    for _ in ("the first time", "again"):
        processes(trace)
        assert mreg.ok("lineage", "churn", "--json", repo=repo).out == plain
        whole = [it for it in processes(trace) if it.endswith(" refs/tags/")]
        assert len(whole) == 1


class TestBothWays:
    def test_every_use_is_found_from_both_ends(self, make_repository: Maker) -> None:
        registry = Registry.open(registry_of(make_repository, 5).path)
        ids = [f"{name}@v0.0.{number}" for name in ("churn", "raw") for number in range(5)]

        def reached(selector: str, *, down: bool) -> set[str]:
            found = registry.lineage(selector, down=down)
            # The version before is shown beside the others, but nothing was made from it.
            went_in = {it.source for it in found.edges if it.kind != "previous"}
            return {
                it.label
                for it in found.nodes
                if it.kind == "version" and (it.id in went_in or down or it.id in found.roots)
            }

        up = {it: reached(it, down=False) for it in ids}
        down = {it: reached(it, down=True) for it in ids}
        for one in ids:
            for other in ids:
                assert (other in up[one]) == (one in down[other]), (one, other)
        assert up["churn@v0.0.4"] == {*ids, "churn@latest"}  # of which the first had none


class TestElsewhere:
    def test_by_url_and_in_a_bare_repository_it_is_the_same(
        self, repo: Repository, mreg: CommandLine, tmp_path: Path
    ) -> None:
        here = mreg.ok("lineage", "churn@v2.0.0", "--json", repo=repo).json
        bare = tmp_path / "bare.git"
        run(tmp_path, "clone", "-q", "--bare", str(repo.path), str(bare))
        for place in (str(bare), f"file://{bare}"):
            found: Any = mreg.ok("lineage", "churn@v2.0.0", "--json", "--repo", place).json
            assert json.dumps(found) == json.dumps(here)

    def test_no_content_is_fetched_by_url(
        self, repo: Repository, mreg: CommandLine, tmp_path: Path
    ) -> None:
        run(repo.path, "config", "uploadpack.allowFilter", "true")
        run(repo.path, "config", "uploadpack.allowAnySHA1InWant", "true")
        mreg.ok("lineage", "churn@v2.0.0", "--repo", f"file://{repo.path}")
        listed = json.loads(mreg.ok("cache", "list", "--json").out)["mirrors"]
        mirror = Repository(Path(listed[0]["path"]))
        here = set(mirror.git("cat-file", "--batch-all-objects", "--batch-check").split())
        for path in ("models/churn.pkl", "raw.csv", "base.pkl"):
            assert repo.git("rev-parse", f"HEAD:{path}").strip() not in here
        assert repo.git("rev-parse", "HEAD:artifacts.yaml").strip() in here


RUN = """\
schema: '2.0'
stages:
  prep:
    cmd: python prep.py --seed {seed}
    deps: [{{path: raw.csv, md5: '11111111111111111111111111111111', size: 4}}]
    params: {{params.yaml: {{seed: {seed}}}}}
    outs: [{{path: feat.csv, md5: '22222222222222222222222222222222', size: 5}}]
  train:
    cmd: python train.py
    deps: [{{path: feat.csv, md5: '22222222222222222222222222222222', size: 5}}]
    outs: [{{path: m.pkl, md5: '{model}', size: 6}}]
"""
RAW = b"outs: [{path: raw.csv, md5: '11111111111111111111111111111111', size: 4}]\n"


def test_a_later_version_changes_no_answer_about_an_earlier_one(
    make_repository: Maker, mreg: CommandLine, tmp_path: Path
) -> None:
    """Neither a lineage nor a document, though the features are equal and were made anew."""
    entries = b"aux: {path: feat.csv}\nchurn: {type: model, path: m.pkl}\nraw: {path: raw.csv}\n"
    commits = [
        {
            "artifacts.yaml": entries,
            "raw.csv.dvc": RAW,
            "dvc.lock": RUN.format(seed=seed, model=str(seed) * 32).encode(),
        }
        for seed in (3, 4)
    ]
    repo = make_repository(
        [Tag("raw@v1.0.0", 0, -9), Tag("churn@v1.0.0", 0, -8), Tag("churn#prod#1", 0, -7)],
        commits=commits,
    )
    summary = tmp_path / "summary.md"

    def said() -> list[str]:
        found = [
            mreg.ok(*arguments.split(), repo=repo).out
            for arguments in (
                "lineage churn@v1.0.0",
                "lineage churn@v1.0.0 --json",
                "lineage churn@v1.0.0 --format mermaid",
                "export churn@v1.0.0 --format model-card",
                "export churn@v1.0.0 --format cyclonedx",
                f"ci churn#prod#1 --offline --summary {summary}",
            )
        ]
        text = summary.read_text()
        summary.unlink()
        return [*found, text]

    before = said()
    for name in ("aux", "churn", "raw"):
        mreg.ok("register", name, "HEAD", "--version", "v2.0.0", repo=repo)
    assert said() == before
    more = mreg.ok("lineage", "churn@v1.0.0", "--also", repo=repo).out
    assert "also made by prep  $ python prep.py --seed 4" in more
    assert "also registered as raw@v2.0.0" in more
