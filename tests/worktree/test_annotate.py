"""`mreg annotate`, `describe` and `remove`: on the work tree, the index and commits."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from commandline import CommandLine
from mreg.annotations import changes, document
from mreg.annotations.entry import Input
from mreg.errors import UsageError
from mreg.registry import Registry
from repositories import Maker, Repository, Tag

START = b"# Models.\nchurn:\n  type: 'model'   # kept\n  metrics: {acc: 0.9}\n"


@pytest.fixture
def repository(make_repository: Maker) -> Repository:
    made = make_repository(commits=[{"artifacts.yaml": START, "other.txt": b"1\n"}])
    made.git("reset", "-q", "--hard")
    return made


def text(repository: Repository, path: str = "artifacts.yaml") -> str:
    return (repository.path / path).read_bytes().decode()


def test_every_option(make_repository: Maker, mreg: CommandLine) -> None:
    repository = make_repository.empty()
    done = mreg.ok(
        *("annotate", "churn", "--type", "model", "--path", "m.pkl", "--description", "It: is"),
        *("--label", "a", "--label", "b c", "--framework", "torch==1.10", "--owner", "me"),
        *("--license", "MIT", "--metric", "acc=0.9", "--metric", "rows=10", "--param", "kind=gini"),
        *("--param", "depth=5", "--input", "data.csv,role=training", "--input", "raw@v1.0.0"),
        *("--custom", "ticket=ML-1"),
        repo=repository,
    )
    assert done.out == "Annotated churn in artifacts.yaml\n"
    assert text(repository) == (
        "churn:\n"
        "  type: model\n"
        "  path: m.pkl\n"
        '  description: "It: is"\n'
        "  labels: [a, b c]\n"
        "  framework:\n"
        "    name: torch\n"
        '    version: "1.10"\n'
        "  owner: me\n"
        "  license: MIT\n"
        "  metrics:\n"
        "    acc: 0.9\n"
        "    rows: 10\n"
        "  params:\n"
        "    kind: gini\n"
        "    depth: 5\n"
        "  inputs:\n"
        "    - path: data.csv\n"
        "      role: training\n"
        "    - artifact: raw@v1.0.0\n"
        "  custom:\n"
        "    ticket: ML-1\n"
    )


def test_the_digest_of_another_path_does_not_stay(
    repository: Repository, mreg: CommandLine
) -> None:
    def annotate(*options: str) -> str:
        return mreg.ok("annotate", "churn", *options, repo=repository).err

    annotate("--path", "https://example.com/1", "--sha256", "a" * 64)
    assert "taken away" not in annotate("--path", "https://example.com/1", "--owner", "me")
    assert f"sha256: {'a' * 64}" in text(repository)
    assert "pass --sha256 to set the new one" in annotate("--path", "https://example.com/2")
    assert "sha256" not in text(repository)
    annotate("--sha256", "b" * 64)
    assert "taken away" not in annotate("--path", "https://example.com/3", "--sha256", "c" * 64)
    assert f"sha256: {'c' * 64}" in text(repository)


def test_another_version_of_an_input_is_told(repository: Repository, mreg: CommandLine) -> None:
    def told(*options: str) -> str:
        return mreg.ok("annotate", "churn", *options, repo=repository).err

    assert told("--input", "raw@v1.0.0", "--input", "raw2@v1.0.0") == ""
    assert told("--input", "raw@v1.0.0") == ""
    said = told("--input", "raw@v1.1.0,role=training")
    assert said.startswith("note: raw@v1.0.0 is still an input, too; to replace all inputs, pass")
    assert told("--unset", "inputs", "--input", "raw@v2.0.0") == ""
    assert "raw@v1" not in text(repository)


def test_an_edit_keeps_the_rest(repository: Repository, mreg: CommandLine) -> None:
    mreg.ok("annotate", "churn", "--metric", "acc=0.95", "--metric", "f1=1", repo=repository)
    assert text(repository) == START.decode().replace("acc: 0.9", "acc: 0.95, f1: 1")
    again = mreg.ok("annotate", "churn", "--metric", "f1=1", repo=repository)
    assert again.out == "artifacts.yaml already contains this metadata of churn\n"


def test_unset(repository: Repository, mreg: CommandLine) -> None:
    mreg.ok("annotate", "churn", "--unset", "metrics.acc", "--unset", "type", repo=repository)
    assert text(repository) == "# Models.\nchurn:\n  metrics: {}\n"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["churn", "--unset", "owner"], 1, "churn has no owner to unset"),
        (["churn", "--unset", "metrics.accuracy"], 1, "churn has no metrics.accuracy"),
        (["churn", "--unset", "onwer"], 2, "did you mean owner?"),
        (["churn", "--metric", "acc=high"], 2, "the metric acc is 'high', not a number"),
        (["churn", "--metric", "acc"], 2, "write NAME=VALUE"),
        (["churn", "--metric", "eval/m.json"], 2, "file of metrics, pass --metrics eval/m.json"),
        (["churn", "--params", "depth=5"], 2, "a single value, pass --param depth=5"),
        (["churn", "--metrics", "acc=0.9"], 2, "a single value, pass --metric acc=0.9"),
        (["churn", "--metric", "a=1", "--metrics", "m.json"], 2, "cannot be used together"),
        (["churn", "--param", "a=1", "--params", "p.yaml"], 2, "cannot be used together"),
        (["churn", "--input", "role=x"], 2, "is not a single path, artifact or URL"),
        (["churn", "--input", "a,role="], 2, "has no value for its role"),
        (["churn", "--param", "type.x=\udcff"], 1, "bytes that are not UTF-8"),
        (["not a name", "--type", "x"], 1, "is not an artifact name"),
        (["churn", "--owner", "me", "-m", "Why"], 2, "pass --commit"),
        (["churn", "--description", ""], 2, "pass --unset description"),
        (["churn", "--framework", " "], 2, "--framework is empty"),
        (["churn", "--path", "../out"], 1, "../out is outside the repository (MA052)"),
        (["churn", "--path", "/etc/passwd"], 1, "is outside the repository (MA052)"),
        (["churn", "--path", "/model", "--sha256", "a" * 64], 1, "outside the repository"),
        (["churn", "--path", "../out", "--sha256", "ab"], 1, "not 64 hexadecimal digits"),
        (["churn", "--sha256", "a" * 64], 1, "has sha256, which requires path"),
        (["churn", "--input", "data,role=fun"], 1, "role"),
        (["churn", "--input", "a@v1,sha256=ab"], 1, "sha256"),
        (["churn", "--framework", "==1.0"], 1, "framework has no name (MA023)"),
    ],
)
def test_what_is_refused_changes_nothing(
    repository: Repository, mreg: CommandLine, arguments: list[str], code: int, said: str
) -> None:
    done = mreg("annotate", *arguments, repo=repository)
    assert done.code == code, done.err
    assert said in done.err
    assert text(repository).encode() == START


@pytest.mark.parametrize(
    "path", ["https://models.example.com/churn.pkl", "../churn.pkl", "new.pkl"]
)
def test_what_has_a_checksum_need_not_be_here(
    repository: Repository, mreg: CommandLine, path: str
) -> None:
    mreg.ok("annotate", "churn", "--path", path, "--sha256", "A" * 64, repo=repository)
    mreg.ok("validate", repo=repository)
    repository.git("add", "artifacts.yaml")
    repository.git("commit", "-q", "-m", "Say where it is")
    found = mreg.ok("describe", "churn", "--json", repo=repository).json
    assert (found["path"], found["sha256"]) == (path, "a" * 64)


def test_a_broken_file_is_refused_with_its_line(repository: Repository, mreg: CommandLine) -> None:
    broken = "churn:\n  type: x\n  type: y\n"
    (repository.path / "artifacts.yaml").write_text(broken)
    done = mreg("annotate", "churn", "--type", "z", repo=repository)
    assert done.code == 1
    assert done.err.startswith("error: artifacts.yaml, line 3:")
    assert text(repository) == broken


def test_metrics_that_stand_in_files_are_not_mixed_with_numbers(
    repository: Repository, mreg: CommandLine
) -> None:
    (repository.path / "artifacts.yaml").write_text("churn:\n  metrics: [m.json]\n")
    done = mreg("annotate", "churn", "--metric", "a=1", repo=repository)
    assert done.code == 1
    assert "churn.metrics is not a mapping" in done.err


def test_files_that_metrics_and_params_stand_in(repository: Repository, mreg: CommandLine) -> None:
    (repository.path / "artifacts.yaml").write_text("churn:\n  metrics:\n    a: 1\n")
    files = ("--metrics", "m.json", "--metrics", "test.json", "--params", "params.yaml")
    mreg.ok("annotate", "churn", *files, repo=repository)
    text = (repository.path / "artifacts.yaml").read_text()
    assert text == "churn:\n  metrics: [m.json, test.json]\n  params: [params.yaml]\n"
    mreg.ok("annotate", "sub:m", "--metrics", "sub/m.json", repo=repository)
    assert "metrics: [m.json]" in (repository.path / "sub/artifacts.yaml").read_text()


def test_commit_takes_that_file_alone(repository: Repository, mreg: CommandLine) -> None:
    (repository.path / "other.txt").write_text("2\n")
    (repository.path / "new.txt").write_text("3\n")
    repository.git("add", "other.txt", "new.txt")
    (repository.path / "other.txt").write_text("unstaged\n")
    done = mreg.ok("annotate", "churn", "--owner", "me", "--commit", "-m", "Why", repo=repository)
    head = repository.git("rev-parse", "HEAD").strip()
    assert done.out.splitlines()[-1] == f"Committed as {head}"
    assert repository.git("show", "--format=%s", "--name-only").split() == ["Why", "artifacts.yaml"]
    assert repository.git("diff", "--cached", "--name-only").split() == ["new.txt", "other.txt"]
    assert repository.git("show", ":other.txt") == "2\n"
    again = mreg.ok("annotate", "churn", "--owner", "me", "--commit", repo=repository)
    assert "Committed" not in again.out
    assert repository.git("rev-parse", "HEAD").strip() == head


def test_commit_of_a_new_file_in_a_folder(repository: Repository, mreg: CommandLine) -> None:
    done = mreg.ok(
        *(
            "annotate",
            "a/b:m",
            "--path",
            "a/b/m.pkl",
            "--input",
            "data/x.csv",
            "--commit",
            "--json",
        ),
        repo=repository,
    ).json
    assert done["path"] == "a/b/artifacts.yaml"
    assert done["commit"] == repository.git("rev-parse", "HEAD").strip()
    assert text(repository, "a/b/artifacts.yaml") == (
        "m:\n  path: m.pkl\n  inputs:\n    - path: ../../data/x.csv\n"
    )
    found = Registry.open(repository.path).annotation("a/b:m")
    assert (found.path, found.inputs) == ("a/b/m.pkl", (Input(path="data/x.csv"),))


def test_a_hook_that_refuses_leaves_the_index_as_it_was(
    repository: Repository, mreg: CommandLine
) -> None:
    hook = repository.path / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho no >&2\nexit 1\n")
    hook.chmod(0o755)
    before = repository.git("ls-files", "--stage")
    done = mreg("annotate", "new:m", "--type", "x", "--commit", repo=repository)
    assert done.code == 1
    assert "no" in done.err
    assert repository.git("ls-files", "--stage") == before
    assert text(repository, "new/artifacts.yaml") == "m:\n  type: x\n"


def test_the_file_keeps_its_mode_and_its_link(repository: Repository, mreg: CommandLine) -> None:
    file = repository.path / "artifacts.yaml"
    real = file.rename(repository.path / "real.yaml")
    real.chmod(0o640)
    file.symlink_to("real.yaml")
    mreg.ok("annotate", "churn", "--owner", "me", repo=repository)
    assert file.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert "owner: me" in real.read_text()
    assert sorted(it.name for it in repository.path.iterdir()) == [
        ".git", "artifacts.yaml", "other.txt", "real.yaml",
    ]  # fmt: skip


def test_remove(repository: Repository, mreg: CommandLine) -> None:
    assert mreg.ok("remove", "churn", repo=repository).out == "Removed churn from artifacts.yaml\n"
    assert text(repository) == "# Models.\n"
    gone = mreg("remove", "churn", repo=repository)
    assert (gone.code, gone.out) == (1, "")


def test_a_removal_has_no_message_without_a_commit(
    repository: Repository, mreg: CommandLine
) -> None:
    done = mreg("remove", "churn", "-m", "Why", repo=repository)
    assert done.code == 2
    assert "pass --commit" in done.err
    assert text(repository).encode() == START


def test_a_bare_repository_has_nothing_to_edit(make_repository: Maker, mreg: CommandLine) -> None:
    made = make_repository([Tag("m@v1.0.0")], commits=[{"artifacts.yaml": b"m:\n  type: x\n"}])
    made.git("config", "core.bare", "true")
    bare = made.path / ".git"
    assert mreg.ok("describe", "m", "--field", "type", repo=bare).out == "x\n"
    assert mreg("annotate", "m", "--type", "y", repo=bare).code == 1


@pytest.fixture
def described(make_repository: Maker) -> Repository:
    old = b"m:\n  type: old\n  labels: [a, b]\n  metrics: [m.json]\n  framework: {name: torch}\n"
    return make_repository(
        [Tag("m@v1.0.0", 0), Tag("m@v2.0.0", 1, 1), Tag("m#prod#1", 0, 2), Tag("n@v1.0.0", 0)],
        commits=[
            {"artifacts.yaml": old, "m.json": b'{"a": {"b": 0.5}, "c.d": 1}'},
            {"artifacts.yaml": b"m:\n  type: new\nfresh:\n  type: x\n"},
        ],
    )


@pytest.mark.parametrize(
    ("arguments", "out"),
    [
        (["m", "-f", "type"], "new\n"),
        (["m@latest", "-f", "type"], "new\n"),
        (["m@v1.0.0", "-f", "type"], "old\n"),
        (["m#prod", "-f", "type"], "old\n"),
        (["m", "--rev", "HEAD~1", "-f", "type"], "old\n"),
        (["fresh", "-f", "type"], "x\n"),
        (["m#prod", "-f", "labels"], "a\nb\n"),
        (["m#prod", "-f", "metrics.a.b"], "0.5\n"),
        (["m#prod", "-f", "metrics.c.d"], "1\n"),
        (["m#prod", "-f", "metrics"], '{"a.b": 0.5, "c.d": 1}\n'),
        (["m#prod", "-f", "framework.name"], "torch\n"),
    ],
)
def test_describe_a_field(
    described: Repository, mreg: CommandLine, arguments: list[str], out: str
) -> None:
    assert mreg.ok("describe", *arguments, repo=described).out == out


@pytest.mark.parametrize(
    "arguments",
    [
        ["m", "-f", "owner"], ["m", "-f", "typ"], ["m@v1.0.0", "-f", "metrics.x"],
        ["m@v3.0.0"], ["n"], ["nothing"], ["m#dev"], ["m", "--rev", "nope"], ["m", "-f", "labels"],
    ],
)  # fmt: skip
def test_what_is_absent(described: Repository, mreg: CommandLine, arguments: list[str]) -> None:
    done = mreg("describe", *arguments, repo=described)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("error: ")


def test_describe_in_words(described: Repository, mreg: CommandLine) -> None:
    told = mreg.ok("describe", "m@v1.0.0", repo=described).out
    assert told.startswith("artifact   m\nversion    v1.0.0\n")
    assert f"\ncommit     {described.commits[0]}\n" in told
    assert told.endswith(
        "type       old  (artifacts.yaml)\n"
        "labels     a, b  (artifacts.yaml)\n"
        "framework  name: torch  (artifacts.yaml)\n"
        "metrics    (m.json)\n"
        "           a.b: 0.5\n"
        "           c.d: 1\n"
    )


def test_show_and_describe_say_the_same_in_json(described: Repository, mreg: CommandLine) -> None:
    shown = mreg.ok("show", "m@v1.0.0", "--json", repo=described).json
    said = mreg.ok("describe", "m@v1.0.0", "--json", repo=described).json
    assert shown["annotation"] == {key: said[key] for key in shown["annotation"]}
    assert shown["annotation"]["metrics"] == {"a.b": 0.5, "c.d": 1}
    assert (said["artifact"], said["version"]) == ("m", "v1.0.0")
    assert mreg.ok("show", "n@v1.0.0", "--json", repo=described).json["annotation"] is None


def test_doctor_tells_of_versions_that_cannot_be_read(
    make_repository: Maker, mreg: CommandLine
) -> None:
    made = make_repository(
        [Tag("m@v1.0.0", 0), Tag("m@v1.1.0", 1, 1), Tag("m@v1.2.0", 2, 2)],
        commits=[
            {"artifacts.yaml": b"m: ["},
            {"artifacts.yaml": b"m:\n  metrics: [gone.json]\n"},
            {"artifacts.yaml": b"m:\n  type: x\n"},
        ],
    )
    found = mreg.ok("doctor", "--json", repo=made).json["problems"]
    assert [(it["code"], it["subject"]) for it in found] == [
        ("MR020", "m@v1.0.0"),
        ("MR021", "m@v1.1.0"),
    ]


def test_showing_a_registry_loads_no_parser(make_repository: Maker) -> None:
    made = make_repository([Tag("m@v1.0.0")], commits=[{"artifacts.yaml": b"m:\n  type: x\n"}])
    program = (
        "import sys; sys.argv = ['mreg', 'show', 'm@v1.0.0', '--json']; from mreg.cli import main\n"
        "try: main()\n"
        "except SystemExit: print({'git', 'rich', 'ruamel.yaml', 'pydantic', 'semver'}"
        " & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=made.path, capture_output=True, check=True
    )
    assert done.stdout.splitlines()[-1] == b"set()"


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("data/train.csv", Input(path="data/train.csv")),
        ("data/train.csv,role=training", Input(path="data/train.csv", role="training")),
        ("raw@v1.0.0", Input(artifact="raw@v1.0.0")),
        ("raw#prod,repo=https://x/y.git", Input(artifact="raw#prod", repo="https://x/y.git")),
        ("artifact=raw", Input(artifact="raw")),
        ("path=raw@v1.0.0", Input(path="raw@v1.0.0")),
        ("https://x/y?a=1,b,sha256=00", Input(url="https://x/y?a=1,b", sha256="00")),
    ],
)
def test_inputs_as_they_are_typed(typed: str, expected: Input) -> None:
    assert changes.parse_input(typed) == expected


def test_two_kinds_of_input_at_once_are_none() -> None:
    with pytest.raises(UsageError):
        changes.parse_input("a.csv,url=https://x")


def test_a_library_call(repository: Repository, tmp_path: Path) -> None:
    registry = Registry.open(repository.path)
    made = registry.annotate("churn", metrics={"f1": 0.5}, inputs=["d.csv"], commit=True)
    assert made.commit == repository.git("rev-parse", "HEAD").strip()
    assert registry.annotation("churn").metrics == {"acc": 0.9, "f1": 0.5}
    assert registry.remove("churn", commit=True).commit
    assert (tmp_path / "repository" / "artifacts.yaml").read_text() == "# Models.\n"


def test_a_type_that_the_settings_do_not_allow_is_refused(
    repository: Repository, mreg: CommandLine
) -> None:
    (repository.path / ".mreg.yaml").write_text("types: [model, dataset]\n")
    done = mreg("annotate", "churn", "--type", "modle", repo=repository)
    assert done.code == 1
    assert "'modle' is not one of the registry's types" in done.err
    assert "did you mean model?" in done.err
    assert text(repository).encode() == START
    mreg.ok("annotate", "churn", "--type", "dataset", repo=repository)


def test_what_was_wrong_before_does_not_stop_an_edit(
    repository: Repository, mreg: CommandLine
) -> None:
    (repository.path / "artifacts.yaml").write_text("churn:\n  onwer: me\n")
    mreg.ok("annotate", "churn", "--owner", "me", repo=repository)
    assert text(repository) == "churn:\n  onwer: me\n  owner: me\n"


def test_what_is_not_there_yet_is_told_of(repository: Repository, mreg: CommandLine) -> None:
    there = mreg.ok("annotate", "churn", "--path", "other.txt", repo=repository)
    assert there.err == ""
    done = mreg.ok("annotate", "new/folder:m", "--path", "new/folder/othr.txt", repo=repository)
    assert done.err.splitlines() == [
        "note: new/folder/othr.txt does not exist",
        "note: created the folder new/folder",
    ]
    again = mreg.ok("annotate", "new/folder:m", "--owner", "me", repo=repository)
    assert again.err == ""


def test_old_fields_are_edited_under_their_own_names(
    repository: Repository, mreg: CommandLine
) -> None:
    (repository.path / "artifacts.yaml").write_text("m:\n  desc: old\n  virtual: true\n")
    mreg.ok("annotate", "m", "--description", "new", "--unset", "virtual", repo=repository)
    assert text(repository) == "m:\n  desc: new\n"
    mreg.ok("annotate", "m", "--type", "x", "--unset", "description", repo=repository)
    assert text(repository) == "m: {type: x}\n"


def test_what_of_a_dvc_yaml_no_longer_counts_is_said(
    repository: Repository, mreg: CommandLine
) -> None:
    (repository.path / "dvclive").mkdir()
    (repository.path / "dvclive" / "metrics.json").write_text('{"a": 1}')
    (repository.path / "dvc.yaml").write_text(
        "metrics: [m.json]\nartifacts:\n  m:\n    path: other.txt\n    labels: [a, b]\n"
    )
    edit = ("annotate", "m", "--label", "c", "--metric", "x=1", "--path", "other.txt")
    assert mreg.ok(*edit, repo=repository).err.splitlines() == [
        "note: the labels in dvc.yaml (a, b) no longer count: artifacts.yaml now has labels",
        (
            "note: the metrics in dvc.yaml (m.json, dvclive/metrics.json) no longer count: "
            "artifacts.yaml now has metrics"
        ),
    ]
    assert mreg.ok("annotate", "m", "--label", "d", repo=repository).err == ""


def test_edits_at_the_same_time_are_all_kept(repository: Repository) -> None:
    def annotate(number: int) -> None:
        Registry.open(repository.path).annotate("churn", metrics={f"m{number}": number})

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(annotate, range(8)))
    metrics = {f"m{number}": number for number in range(8)}
    found = document.load(text(repository).encode())["churn"]["metrics"]
    assert found == {"acc": 0.9, **metrics}
    assert list((repository.path / ".git").glob("*.lock")) == []


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("5", 5), ("-5", -5), ("0.5", 0.5), ("1e-3", 0.001), ("1e3", 1000.0), ("0.0000001", 1e-7),
        ("1.5e-7", 1.5e-7), ("true", True), ("gini", "gini"),
        ("12345678901234567890", 12345678901234567890),
        ("1.10", "1.10"), ("007", "007"), ("0.00", "0.00"), ("0x1F", "0x1F"), ("1e400", "1e400"),
        ("0.12345678901234567890", "0.12345678901234567890"), ("1_000", "1_000"),
    ],
)  # fmt: skip
def test_no_digit_that_is_typed_is_lost(typed: str, value: object) -> None:
    found = changes.parse_pairs([f"x={typed}"], what="param")["x"]
    assert (type(found), found) == (type(value), value)


def test_what_looks_like_a_number_is_kept_in_quotes(
    repository: Repository, mreg: CommandLine
) -> None:
    mreg.ok("annotate", "m", "--param", "v=1.10", "--custom", "id=007", repo=repository)
    mreg.ok("annotate", "m", "--metric", "acc=0.90", repo=repository)
    assert text(repository).endswith(
        'm:\n  params:\n    v: "1.10"\n  custom:\n    id: "007"\n  metrics:\n    acc: 0.9\n'
    )
