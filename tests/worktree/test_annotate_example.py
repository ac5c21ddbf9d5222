"""`mreg annotate --schema` and `--example`, and how `mreg describe` shows what they record."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from commandline import CommandLine
from repositories import Maker, Repository

CSV = "age,income,plan\n41,1.5,basic\n52,,pro\n"


@pytest.fixture
def repository(make_repository: Maker, monkeypatch: pytest.MonkeyPatch) -> Repository:
    files = {"artifacts.yaml": b"churn:\n  path: models/churn.skops\n", "models/churn.skops": b"x"}
    made = make_repository([], commits=[files])
    made.git("reset", "-q", "--hard")
    monkeypatch.chdir(made.path)
    return made


def test_an_example_is_captured_committed_and_described(
    repository: Repository, mreg: CommandLine, tmp_path: Path
) -> None:
    (tmp_path / "rows.csv").write_text(CSV)
    (tmp_path / "schema.json").write_text('{"output": {"type": "array", "items": {}}}')
    arguments = ("--example", str(tmp_path / "rows.csv"), "--commit")
    done = mreg.ok("annotate", "churn", *arguments, "--schema", str(tmp_path / "schema.json"))
    assert done.err.splitlines()[:2] == [
        "note: the input is a table of 3 columns",
        (
            "note: the example is in models/churn.example.json: anyone who can read the repository "
            "can read it"
        ),
    ]
    assert json.loads((repository.path / "models" / "churn.example.json").read_text()) == {
        "input": [
            {"age": 41, "income": 1.5, "plan": "basic"},
            {"age": 52, "income": None, "plan": "pro"},
        ]
    }
    assert repository.git("status", "--porcelain") == ""
    shown = mreg.ok("describe", "churn").out
    assert (
        shown.partition("schema")[2]
        == """    (artifacts.yaml)
          input: a table of 3 columns
            name    type    nullable  required
            age     int64   no        yes
            income  double  yes       yes
            plan    string  no        yes
          output: array
          example: models/churn.example.json
"""
    )
    assert mreg.ok("validate").out == ""
    said = json.loads(mreg.ok("describe", "churn", "--json").out)
    assert said["schema"]["output"] == {"type": "array", "items": {}}
    assert mreg.ok("describe", "churn", "--field", "schema.example").out == (
        "models/churn.example.json\n"
    )


def test_names_in_a_schema_do_not_reach_the_terminal_unescaped(
    repository: Repository, mreg: CommandLine
) -> None:
    (repository.path / "rows.json").write_text('[{"a\\u001b[31m\\n": "\\u001b"}]')
    mreg.ok("annotate", "churn", "--example", "rows.json", "--commit")
    shown = mreg.ok("describe", "churn").out
    assert "\x1b" not in shown
    assert "a\\x1b[31m\\n  string" in shown


@pytest.mark.parametrize(
    ("name", "content", "kinds"),
    [
        ("x.json", b'{"a": 1}', "a: int64"),
        ("x.json", b'{"input": [{"a": 0.5}], "output": [1]}', "a: double"),
        ("x.json", b"[[1, 2]]", ": int64 [any, 2]"),
        ("x.CSV", b"\xef\xbb\xbfa\n1\n", "a: int64"),
    ],
)
def test_files_of_each_kind(
    repository: Repository, mreg: CommandLine, name: str, content: bytes, kinds: str
) -> None:
    from mreg.schemas import listing

    (repository.path / name).write_bytes(content)
    mreg.ok("annotate", "churn", "--example", name, "--commit")
    said = json.loads(mreg.ok("describe", "churn", "--json").out)["schema"]
    assert [f"{it.name}: {it.words}" for it in listing.parts(said["input"])] == [kinds]


def test_parquet_and_another_path(repository: Repository, mreg: CommandLine) -> None:
    pd.DataFrame({"a": [1, 2]}).to_parquet(repository.path / "rows.parquet")
    arguments = ("--path", "models/churn.skops", "--example", "rows.parquet", "--commit")
    mreg.ok("annotate", "eu/churn", *arguments)
    file = repository.path / "models" / "eu-churn.example.json"
    assert json.loads(file.read_text()) == {"input": [{"a": 1}, {"a": 2}]}
    pd.DataFrame({"a": pd.Series([], dtype="int64")}).to_parquet(repository.path / "rows.parquet")
    mreg.ok("annotate", "eu/churn", "--example", "rows.parquet", "--commit")
    assert json.loads(file.read_text()) == {"input": []}


@pytest.mark.parametrize(
    ("option", "name", "content", "said"),
    [
        ("--example", "x.txt", b"", "cannot make an example from x.txt: its format is unknown"),
        ("--example", "none.csv", None, "cannot read none.csv: No such file or directory"),
        ("--example", "x.csv", b"", "cannot make an example from x.csv: it is empty"),
        ("--example", "x.csv", b"\xff\n", "it is not UTF-8"),
        ("--example", "x.json", b"{", "it is not valid JSON"),
        ("--example", "x.json", b"[" * 99_999, "it is not valid JSON"),
        ("--example", "x.json", b'["' + b"x" * 99_999 + b'"]', "more than 100,000 bytes"),
        ("--example", "x.parquet", b"PAR1", "it is not valid Parquet"),
        ("--example", "models", None, "its format is unknown"),
        ("--schema", "x.json", b"{", "x.json is not valid JSON"),
        ("--schema", "none.json", None, "cannot read none.json"),
        ("--schema", "x.json", b'{"type": "array"}', "keys other than input, output, methods"),
        ("--schema", "x.json", b'{"input": {"type": "list"}}', '"list" is not a type'),
        ("--schema", "x.json", b'{"methods": ["fit"]}', "not one of predict, predict_proba"),
    ],
)
def test_what_is_refused_leaves_everything_as_it_is(
    repository: Repository,
    mreg: CommandLine,
    option: str,
    name: str,
    content: bytes | None,
    said: str,
) -> None:
    if content is not None:
        (repository.path / name).write_bytes(content)
    before = repository.git("status", "--porcelain")
    done = mreg("annotate", "churn", option, name)
    assert done.code == 1
    assert said in done.err
    assert repository.git("status", "--porcelain") == before


def test_a_schema_that_forbids_the_example_is_refused_and_the_old_example_stays(
    repository: Repository, mreg: CommandLine
) -> None:
    (repository.path / "rows.csv").write_text(CSV)
    mreg.ok("annotate", "churn", "--example", "rows.csv", "--commit")
    kept = (repository.path / "models" / "churn.example.json").read_bytes()
    (repository.path / "rows.csv").write_text("age\nx\n")
    (repository.path / "schema.json").write_text('{"input": {"type": "object"}}')
    done = mreg("annotate", "churn", "--example", "rows.csv", "--schema", "schema.json")
    assert "in models/churn.example.json, input is an array, not object (MA068)" in done.err
    assert (repository.path / "models" / "churn.example.json").read_bytes() == kept


def test_a_folder_in_the_example_s_place_and_a_dry_run(
    repository: Repository, mreg: CommandLine
) -> None:
    import mreg as package

    (repository.path / "rows.csv").write_text(CSV)
    place = repository.path / "models" / "churn.example.json"
    package.Registry.open(repository.path).annotate("churn", example="rows.csv", dry_run=True)
    assert not place.exists()
    place.mkdir()
    done = mreg("annotate", "churn", "--example", "rows.csv")
    assert (done.code, f"cannot write {place}: " in done.err) == (1, True)
    assert place.is_dir()


def test_behind_a_link_to_a_folder_git_takes_no_file_in(
    repository: Repository, mreg: CommandLine
) -> None:
    (repository.path / "link").symlink_to("models")
    (repository.path / "rows.csv").write_text(CSV)
    mreg.ok("annotate", "churn", "--path", "link/churn.skops", "--example", "rows.csv", "--commit")
    assert (repository.path / "churn.example.json").exists()
    assert not (repository.path / "models" / "churn.example.json").exists()
