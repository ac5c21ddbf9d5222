"""`mreg validate`: every finding at once, each at its place."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from commandline import CommandLine
from mreg.annotations.findings import CODES
from mreg.cli import output
from mreg.worktree.validate import validate
from repositories import Maker, Repository, Tag, opened
from yaml_texts import FULL

GOOD = "churn:\n  type: model\n  path: models/churn.pkl\n"


@pytest.fixture
def repository(make_repository: Maker) -> Repository:
    """A repository with a registered artifact, and a model and a metric file checked out."""
    files = {
        "artifacts.yaml": GOOD.encode(),
        "models/churn.pkl": b"model",
        "metrics.json": b'{"train": {"loss": 0.1}, "note": "x"}',
        "notes.json": b'{"note": "x"}',
        "broken.json": b"{",
        "cut.bin": b"version https://git-lfs.github.com/spec/v1\n",
    }
    made = make_repository(
        [Tag("churn@v1.0.0"), Tag("models/a@v1.0.0"), Tag("group")], commits=[files]
    )
    made.git("reset", "-q", "--hard")
    return made


def found(
    repository: Repository, text: str, name: str = "artifacts.yaml"
) -> list[tuple[int, int, str]]:
    """Return the places and codes of what is found in a file."""
    file = repository.path / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    _, findings = validate([str(file)], repo=repository.opened)
    return [(it.location.line, it.location.column, it.code) for it in findings]


def test_a_good_file_has_no_findings(repository: Repository, mreg: CommandLine) -> None:
    done = mreg.ok("validate", repo=repository)
    assert done.out == ""
    assert done.err == "1 file checked: no problems found.\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a:\n  pth: x\n", [(2, 3, "MA020")]),
        ("a:\n  framework: {name: torch, vers: x}\n", [(2, 28, "MA020")]),
        ("a:\n  framework:\n    name: torch\n    version: 1.10\n", [(4, 14, "MA022")]),
        ("a:\n  framework: {}\n", [(2, 3, "MA023")]),
        ("a:\n  labels: x\n", [(2, 11, "MA021")]),
        ("a:\n  type: 5\n", [(2, 9, "MA021")]),
        ("a:\n  metrics: {acc: high, f1: 0.5, nan: .nan}\n", [(2, 18, "MA021"), (2, 38, "MA033")]),
        ("a:\n  inputs:\n    - role: training\n", [(3, 7, "MA023")]),
        ("a:\n  inputs:\n    - {path: metrics.json, url: 'https://x/y'}\n", [(3, 7, "MA021")]),
        ("a:\n  inputs: [{path: metrics.json, role: x}]\n", [(2, 39, "MA021")]),
        ("a:\n  inputs: [{path: metrics.json, repo: x}]\n", [(2, 12, "MA021")]),
        ("a: 5\n", [(1, 4, "MA021")]),
        ("a:\n  desc: x\n  virtual: true\n", [(2, 3, "MA025"), (3, 3, "MA025")]),
        ("a_:\n  type: x\n", [(1, 1, "MA040")]),
        ("a b:\n  type: x\n", [(1, 1, "MA040")]),
        ("a:\n  type: x\nA:\n  type: x\n", [(3, 1, "MA041")]),
        ("Churn:\n  type: x\n", [(1, 1, "MA041")]),
        ("group/a:\n  type: x\n", [(1, 1, "MA042")]),
        ("a:\n  path: models/churn.pkk\n", [(2, 9, "MA050")]),
        ("a:\n  path: models/churn.pkl\nb:\n  path: models/./churn.pkl\n", [(4, 9, "MA051")]),
        ("a:\n  path: ../x\n", [(2, 9, "MA052")]),
        ("a:\n  path: /etc/passwd\n", [(2, 9, "MA052")]),
        ("a:\n  path: cut.bin\n", [(2, 9, "MA053")]),
        ("a:\n  inputs: [path: cut.bin]\n", [(2, 18, "MA053")]),
        ("a:\n  requirements: requirements.txt\n", [(2, 17, "MA050")]),
        ("a:\n  metrics: [metrics.json, no.json]\n", [(2, 27, "MA030")]),
        ("a:\n  metrics: [broken.json]\n", [(2, 13, "MA031")]),
        ("a:\n  metrics: [models/churn.pkl]\n", [(2, 13, "MA031")]),
        ("a:\n  metrics: [notes.json]\n  params: [notes.json]\n", [(2, 13, "MA032")]),
        ("a:\n  inputs:\n    - artifact: churn@v2.0.0\n", [(3, 17, "MA060")]),
        ("a:\n  inputs:\n    - artifact: chrn\n", [(3, 17, "MA060")]),
        ("a:\n  inputs:\n    - artifact: churn#prod\n", [(3, 17, "MA060")]),
        ("a:\n  inputs:\n    - {artifact: churn@v1.0.0}\n    - {artifact: b}\nb:\n", []),
        ("a:\n  inputs:\n    - {artifact: far@v1.0.0, repo: 'https://x/y.git'}\n", []),
        ("a:\n  path: s3://bucket/key\n  custom: {any: [thing]}\n", []),
        ("a:\n  path: gone\n  virtual: true\n", [(3, 3, "MA025")]),
        ("a:\n  type: x\n  type: y\n", [(3, 3, "MA011")]),
        ("a:\n  type: x\n  type: y\n  type: z\nb:\n  tpe: x\na:\n", [
            (3, 3, "MA011"), (4, 3, "MA011"), (6, 3, "MA020"), (7, 1, "MA011"),
        ]),
        ("a: [x\n", [(2, 1, "MA004")]),
        ("- a\n", [(1, 1, "MA012")]),
        ("", []),
        ("# nothing yet\n", []),
        ("a:\n", []),
    ],
)  # fmt: skip
def test_findings_and_their_places(
    repository: Repository, text: str, expected: list[tuple[int, int, str]]
) -> None:
    assert found(repository, text) == expected


def test_an_artifact_named_as_a_path_is_told_how_to_name_it(
    repository: Repository, mreg: CommandLine
) -> None:
    (repository.path / "artifacts.yaml").write_text("a:\n  inputs:\n    - path: churn\n")
    hint = "write churn@latest (in artifacts.yaml, artifact: churn@latest)"
    assert f"churn does not exist (to name the artifact, {hint})" in (
        mreg("validate", repo=repository).out
    )


def test_everything_is_said_at_once_with_its_line_and_a_caret(
    repository: Repository, mreg: CommandLine
) -> None:
    text = "churn:\n  type: model\n  pathh: x\nraw:\n  desc: old\n  path: models/chrn.pkl  # oops\n"
    (repository.path / "artifacts.yaml").write_text(text)
    done = mreg("validate", repo=repository)
    assert done.code == 1
    assert done.out == (
        "artifacts.yaml:3:3: MA020 unknown field 'pathh' (did you mean path?)\n"
        "      pathh: x\n"
        "      ^^^^^\n"
        "artifacts.yaml:5:3: MA025 warning: desc is a field of an older format (write "
        "description)\n"
        "      desc: old\n"
        "      ^^^^\n"
        "artifacts.yaml:6:9: MA050 models/chrn.pkl does not exist (did you mean "
        "models/churn.pkl?)\n"
        "      path: models/chrn.pkl  # oops\n"
        "            ^^^^^^^^^^^^^^^\n"
    )
    assert done.err == "1 file checked: 2 errors and 1 warning.\n"


def test_warnings_alone_do_not_fail(repository: Repository, mreg: CommandLine) -> None:
    (repository.path / "artifacts.yaml").write_text("a:\n  desc: x\n")
    assert mreg("validate", repo=repository).code == 0


def test_the_formats_for_machines(repository: Repository, mreg: CommandLine) -> None:
    (repository.path / "artifacts.yaml").write_text("a:\n  pth: x\n")
    as_json = mreg("validate", "--format", "json", repo=repository)
    assert as_json.code == 1
    assert as_json.json == {
        "findings": [
            {
                "file": "artifacts.yaml",
                "line": 2,
                "column": 3,
                "end_column": 6,
                "code": "MA020",
                "severity": "error",
                "message": "unknown field 'pth'",
                "hint": "did you mean path?",
            }
        ],
        "errors": 1,
        "warnings": 0,
    }
    github = mreg("validate", "--format", "github", repo=repository).out
    assert github == (
        "::error file=artifacts.yaml,line=2,col=3,endColumn=6,title=MA020"
        "::unknown field 'pth' (did you mean path?)\n"
    )
    sarif = json.loads(mreg("validate", "--format", "sarif", repo=repository).out)
    assert sarif["version"] == "2.1.0"
    run = sarif["runs"][0]
    result = run["results"][0]
    assert result["ruleId"] == "MA020"
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == "MA020"
    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "artifacts.yaml"},
        "region": {"startLine": 2, "startColumn": 3, "endColumn": 6},
    }


def test_text_from_a_file_cannot_forge_a_workflow_command(
    repository: Repository, mreg: CommandLine
) -> None:
    (repository.path / "artifacts.yaml").write_text('a:\n  "x%0A::error::\\e[2J\\n::error ::": 1\n')
    done = mreg("validate", "--format", "github", repo=repository)
    assert len(done.out.splitlines()) == 1
    assert "\x1b" not in done.out
    assert "%0A" not in done.out


def test_without_a_repository_what_files_name_is_not_checked(
    tmp_path: Path, mreg: CommandLine
) -> None:
    (tmp_path / "artifacts.yaml").write_text("a:\n  path: nowhere\n  typ: x\n")
    done = mreg("validate", repo=tmp_path)
    unchecked, *of_the_field = done.out.splitlines()
    assert unchecked.startswith(
        "artifacts.yaml:1:1: MA062 warning: it is not in a Git repository: "
    )
    assert len(of_the_field) == 3
    assert of_the_field[0].startswith("artifacts.yaml:3:3: MA020")
    assert done.code == 1


def test_what_cannot_be_checked_is_no_success(
    repository: Repository, mreg: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A repository that Git does not trust or cannot read is an error; a file outside is told."""
    file = repository.path / "artifacts.yaml"
    file.write_text("a:\n  path: nowhere\n")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "artifacts.yaml").write_text("a:\n  path: nowhere\n")
    done = mreg("validate", repo=outside)
    assert (done.code, done.err) == (0, "1 file checked: 1 warning.\n")
    done = mreg("validate", str(file), repo=outside)
    assert done.code == 1
    assert "MA063 it is in another repository" in done.out
    assert f"mreg validate --repo {repository.path}" in done.out
    with monkeypatch.context() as patch:
        patch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
        # Whose files these are is looked at without Git first: let it ask.
        patch.setattr(type(repository.opened), "usual_top", lambda _: None)
        done = mreg("validate", repo=repository)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("error: Git does not trust the repository at ")
    (repository.path / ".git" / "HEAD").unlink()
    done = mreg("validate", repo=repository)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith(f"error: Git does not recognize {repository.path / '.git'} as a")


def test_a_file_that_is_not_there_is_a_finding(repository: Repository, mreg: CommandLine) -> None:
    done = mreg("validate", "nope.yaml", "artifacts.yaml", repo=repository)
    assert done.code == 1
    assert done.out == "nope.yaml:1:1: MA000 cannot open it: No such file or directory\n"


def test_sub_folders(repository: Repository) -> None:
    """A folder's paths count from it, and its names have it before them."""
    inner = "a:\n  path: churn.pkl\n  metrics: [../metrics.json]\n"
    assert found(repository, inner, "models/artifacts.yaml") == [(2, 9, "MA051")]
    assert found(repository, "churn:\n  type: x\n", "models/artifacts.yaml") == []
    assert found(repository, "b:\n  path: models/churn.pkl\n", "models/artifacts.yaml") == [
        (2, 9, "MA050")
    ]


def test_an_artifact_that_two_files_annotate(repository: Repository) -> None:
    (repository.path / "artifacts.yaml").write_text('"models:x":\n  type: a\n')
    assert found(repository, "x:\n  type: b\n", "models/artifacts.yaml") == [(1, 1, "MA043")]


def test_what_dvc_keeps_is_there(repository: Repository) -> None:
    (repository.path / "data.dvc").write_text("outs:\n- path: data\n")
    out = "outs:\n    - path: out/model\n      md5: abc\n"
    lock = f"schema: '2.0'\nstages:\n  train:\n    cmd: x\n    {out}"
    (repository.path / "dvc.lock").write_text(lock)
    (repository.path / "stray.dvc").write_text("outs:\n- path: data\n")
    paths = ("data/train.csv", "out/model", "out/other", "stray")
    text = "".join(f"a{at}:\n  path: {it}\n" for at, it in enumerate(paths))
    assert found(repository, text) == [(6, 9, "MA050"), (8, 9, "MA050")]


def test_a_sparse_checkout_does_not_hide_files(repository: Repository) -> None:
    (repository.path / "models/churn.pkl").unlink()
    assert found(repository, "a:\n  path: models/churn.pkl\nb:\n  path: models\n") == []


def test_metric_files_that_are_elsewhere_are_no_fault(repository: Repository) -> None:
    (repository.path / "metrics.json").unlink()  # as a sparse checkout has it
    (repository.path / "kept.json.dvc").write_text("outs:\n- path: kept.json\n")
    text = "a:\n  metrics: [metrics.json, kept.json, gone.json, models]\n"
    assert [it[2] for it in found(repository, text)] == ["MA030", "MA030"]


def test_the_artifacts_of_a_dvc_yaml(repository: Repository) -> None:
    text = (
        "artifacts:\n  m:\n    path: models/churn.pkl\n    typ: model\n  n:\n    type: model\n"
        "metrics:\n- metrics.json\n- gone.json\nparams:\n- ${params}\n"
    )
    assert found(repository, text, "dvc.yaml") == [
        (3, 11, "MA051"),
        (4, 5, "MA020"),
        (5, 3, "MA023"),
        (9, 3, "MA030"),
    ]


def test_a_dvc_yaml_without_artifacts_is_checked_too(repository: Repository) -> None:
    text = "metrics:\n- gone.json\nparams:\n- params.py\n"
    assert found(repository, text, "dvc.yaml") == [(2, 3, "MA030")]
    twins = "metrics: [metrics.json]\nmetrics: []\n"
    assert found(repository, twins, "dvc.yaml") == [(2, 1, "MA011")]
    assert found(repository, "stages:\n\ta: x\n", "dvc.yaml") == [(2, 1, "MA005")]
    assert found(repository, "vars: [&x cmd]\nstages: {a: {cmd: *x}}\n", "dvc.yaml") == []


def test_a_type_that_is_not_in_the_list(repository: Repository) -> None:
    file = repository.path / "artifacts.yaml"
    file.write_text("a:\n  type: modl\n")
    _, (finding,) = validate(
        [str(file)], repo=repository.opened, types=frozenset({"model", "data"})
    )
    assert (finding.location.line, finding.location.column, finding.code) == (2, 9, "MA024")
    assert finding.hint == "did you mean model?"


def test_inputs_cannot_be_checked_where_no_tags_were_fetched(make_repository: Maker) -> None:
    """A CI job's clone has no tags; that is no reason to fail there."""
    bare = make_repository(commits=[{"x": b""}])
    bare.git("reset", "-q", "--hard")
    assert found(bare, "a:\n  inputs: [{artifact: b@v1.0.0}]\n") == [(2, 23, "MA061")]


def test_a_full_file_is_good_without_a_repository(tmp_path: Path) -> None:
    file = tmp_path / "artifacts.yaml"
    file.write_text(FULL.replace("'0123'", "0" * 63 + "a"))
    count, (finding,) = validate([str(file)], repo=opened(tmp_path))
    assert (count, finding.code, finding.severity) == (1, "MA062", "warning")


def test_every_code_is_found_by_some_test() -> None:
    """Read the tests: a code that none of them names is not tested."""
    names = ("annotations", "policy", "registry", "worktree")
    folders = [Path(__file__).parents[1] / it for it in names]
    tests = "".join(file.read_text() for it in folders for file in it.glob("test_*.py"))
    assert [code for code in CODES if f'"{code}"' not in tests and code not in tests] == []


def test_progress_is_shown_to_whoever_watches(
    repository: Repository, mreg: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repository.path / "sub").mkdir()
    more = repository.path / "sub" / "artifacts.yaml"
    more.write_text("one: {}\ntwo: {}\n")
    assert "checking" not in mreg.ok("validate", repo=repository).err
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setattr(output.ProgressLine, "MOMENT", 0)
    said = mreg.ok(
        "validate", str(repository.path / "artifacts.yaml"), str(more), repo=repository
    ).err
    assert "\rchecking 2 of 3 entries" in said
    assert "\r\x1b[K2 files checked" in said


INPUT = "    input: {type: array, items: {type: integer, format: int8}}\n"
EXAMPLES = {
    "good.json": b'{"input": [1, 2]}',
    "both.json": b'{"input": [1], "output": [2]}',
    "wrong.json": b'{"input": [1, "x", 300]}',
    "cut.json": b'{"input": [',
    "nan.json": b'{"input": [NaN]}',
    "deep.json": b'{"input": ' + b"[" * 40_000 + b"]" * 40_000 + b"}",
    "plain.json": b"[1, 2]",
    "large.json": b'{"input": ["' + b"x" * 100_000 + b'"]}',
    "pointer.json": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
    "bytes.json": b"\xff\xfe",
}


class TestSchemas:
    @pytest.mark.parametrize(
        ("schema", "expected"),
        [
            (INPUT, []),
            ("    inputs: {}\n", [(3, 5, "MA020")]),
            ("    input: [5]\n", [(3, 12, "MA021")]),
            ("    methods: [fit]\n", [(3, 15, "MA021")]),
            ("    input: {type: list}\n", [(3, 19, "MA064")]),
            ("    input: {properties: {a: 5}, required: a}\n",
             [(3, 29, "MA064"), (3, 43, "MA064")]),
            ("    output: {type: number, format: int64}\n", [(3, 36, "MA065")]),
            (f"{INPUT}    example: good.json\n", []),
            (f"{INPUT}    example: god.json\n", [(4, 14, "MA066")]),
            (f"{INPUT}    example: models\n", [(4, 14, "MA066")]),
            (f"{INPUT}    example: /etc/passwd\n", [(4, 14, "MA052")]),
            (f"{INPUT}    example: ../x.json\n", [(4, 14, "MA052")]),
            (f"{INPUT}    example: https://example.com/x.json\n", [(4, 14, "MA067")]),
            *(
                (f"{INPUT}    example: {name}.json\n", [(4, 14, "MA067")])
                for name in ("cut", "nan", "deep", "plain", "large", "pointer", "bytes")
            ),
            (f"{INPUT}    example: wrong.json\n", [(4, 14, "MA068")]),
            (f"{INPUT}    example: both.json\n", [(4, 14, "MA069")]),
            ("    input: {type: list}\n    example: wrong.json\n", [(3, 19, "MA064")]),
        ],
    )  # fmt: skip
    def test_a_schema_and_its_example_are_checked(
        self, repository: Repository, schema: str, expected: list[tuple[int, int, str]]
    ) -> None:
        for name, content in EXAMPLES.items():
            (repository.path / name).write_bytes(content)
        assert found(repository, f"churn:\n  schema:\n{schema}") == expected

    def test_the_message_has_the_place_and_what_is_wrong(self, repository: Repository) -> None:
        (repository.path / "wrong.json").write_bytes(EXAMPLES["wrong.json"])
        file = repository.path / "artifacts.yaml"
        file.write_text(f"churn:\n  schema:\n{INPUT}    example: wrong.json\n")
        _, (one,) = validate([str(file)], repo=repository.opened)
        assert one.message == 'in wrong.json, input[1] is "x", not integer (and 1 more)'

    def test_an_example_that_a_sparse_checkout_leaves_out_is_not_checked(
        self, repository: Repository
    ) -> None:
        (repository.path / "good.json").write_bytes(EXAMPLES["good.json"])
        repository.git("add", "good.json")
        (repository.path / "good.json").unlink()
        assert found(repository, f"churn:\n  schema:\n{INPUT}    example: good.json\n") == []
