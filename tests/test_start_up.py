"""Start-up: what a command loads, and what it does not."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from platformdirs import user_cache_path

from mreg.cli import usual_cache
from repositories import Maker, Repository, Tag
from source import modules

SLOW = ["git", "rich", "ruamel", "pydantic", "semver", "typer"]
"""What takes 30 to 90 ms each to import."""

DAILY = [*SLOW, "argparse", "asyncio", "dataclasses", "importlib.metadata", "inspect", "logging"]
DAILY += ["socket", "sqlite3", "ssl", "urllib.request", "uuid", "mreg.cli.app", "mreg.cli.failures"]
DAILY += ["mreg.cli.waiting"]
"""What no command needs that is run all day, unless something unusual is asked of it."""

READING = [*DAILY, "platformdirs", "_hashlib", "decimal", "difflib", "shutil", "tempfile"]
READING += ["mreg.content", "mreg.dvc", "mreg.governance", "mreg.policy", "mreg.signatures"]
"""What a question does without that one artifact's tags, or all artifacts', answer."""

UNRULED = ["mreg.governance.evaluate", "mreg.policy.file", "mreg.signatures", "mreg.store.publish"]
UNRULED += ["mreg.store.seen", "mreg.policy.model"]
REGISTERING = [*DAILY, *UNRULED, "_hashlib", "mreg.system.kept", "mreg.registry.artifact"]
"""What a registration does without, which reads annotations."""

WRITING = [*DAILY, *UNRULED, "mreg.annotations", "mreg.core.plain", "mreg.git.files"]
WRITING += ["mreg.system.files", "shlex"]
"""What recording an event does without where nothing is published, signed or ruled by a policy."""

NO_REPOSITORY = [*READING, "json", "pathlib", "subprocess", "mreg.git", "mreg.registry.registry"]

_PROBE = """
import sys
sys.argv = ["mreg", *sys.argv[1:]]
from mreg.cli import main
try:
    main()
except SystemExit as ended:
    code = ended.code or 0
print([code, *sorted(sys.modules)], file=sys.stderr)
"""


def loaded(*arguments: str, repo: Repository) -> set[str]:
    """Return the modules that a command has loaded when it ends, with its output in a pipe."""
    done = subprocess.run(
        [sys.executable, "-c", _PROBE, *arguments],
        cwd=repo.path,
        capture_output=True,
        text=True,
        check=True,
        input="",
    )
    code, *names = ast.literal_eval(done.stderr.splitlines()[-1])
    assert code == 0
    return set(names)


@pytest.fixture
def repo(make_repository: Maker) -> Repository:
    return make_repository([Tag("churn@v1.0.0"), Tag("churn#prod#1", 0, 1)])


@pytest.mark.parametrize(
    ("arguments", "slow"),
    [
        (["--version"], [*NO_REPOSITORY, "contextlib", "datetime", "enum", "re", "typing"]),
        (["check-tag", "--name-only", "churn@v1.0.0"], NO_REPOSITORY),
        (["check-tag", "--name-only", "churn@v1.0.0", "--json"], SLOW),
        (["show"], READING),
        (["show", "--json"], READING),
        (["show", "churn"], [*READING, "mreg.core.plain"]),
        (["show", "churn#prod", "--field", "version"], READING),
        (["show", "churn@v1.0.0"], DAILY),
        (["history"], READING),
        (["history", "churn", "-n", "1"], READING),
        (["diff", "churn", "churn#prod"], [*SLOW, "pandas"]),
        (["compare", "churn"], [*SLOW, "pandas"]),
        (["changelog", "churn"], SLOW),
        (["stages"], READING),
        (["lineage", "churn"], SLOW),
        (["lineage", "churn", "--down", "--json"], SLOW),
        (["check-tag", "churn@v1.0.0"], READING),
        (["register", "churn", "--version", "v2.0.0", "--force"], REGISTERING),
        (["promote", "churn@v1.0.0", "dev"], WRITING),
        (["demote", "churn", "prod"], WRITING),
        (["ci", "churn@v1.0.0"], DAILY),
        (["hook", "run", "pre-push"], DAILY),
    ],
)
def test_what_people_and_machines_run_often_loads_nothing_slow(
    arguments: list[str], slow: list[str], repo: Repository
) -> None:
    assert loaded(*arguments, repo=repo) & set(slow) == set()


def test_yaml_is_loaded_only_where_there_are_annotations(make_repository: Maker) -> None:
    repo = make_repository(
        [Tag("churn@v1.0.0")], commits=[{"artifacts.yaml": b"churn:\n  type: model\n"}]
    )
    found = loaded("show", repo=repo)
    assert found & set(SLOW) <= {"ruamel"}


@pytest.mark.parametrize("arguments", [["show"], ["history"], ["register", "churn", "--force"]])
def test_named_tuples_are_declared_so_that_they_are_quick_to_make(
    arguments: list[str], repo: Repository
) -> None:
    typed = {
        name
        for name in loaded(*arguments, repo=repo) & modules().keys() - {"mreg.tuples"}
        for node in ast.walk(modules()[name])
        if isinstance(node, ast.ImportFrom) and node.module == "typing"
        if "NamedTuple" in {it.name for it in node.names}
    }
    assert typed == set()


@pytest.mark.parametrize("arguments", [["show"], ["show", "churn"], ["show", "churn", "--json"]])
def test_what_reads_annotations_is_loaded_when_they_are_not_those_of_head(
    arguments: list[str], make_repository: Maker
) -> None:
    files = {"artifacts.yaml": b"churn:\n  type: model\n"}
    tags = [Tag("churn@v1.0.0"), Tag("churn@v2.0.0", 1, 1)]
    repo = make_repository(tags, commits=[files, {**files, "notes.md": b"Hm.\n"}])
    readers = {f"mreg.annotations.{it}" for it in ("document", "entry", "plain", "sources")}
    assert loaded(*arguments, repo=repo) >= readers
    assert not loaded(*arguments, repo=repo) & {*readers, *READING}


def test_a_command_is_loaded_when_it_is_called(repo: Repository) -> None:
    script = "import sys, mreg.cli; print(*(it for it in sys.modules if it.startswith('mreg')))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    found = {name for name in done.stdout.split() if name.count(".") > 1}
    assert found <= {"mreg.cli.exits"}


def test_importing_mreg_loads_next_to_nothing() -> None:
    script = "import sys, mreg; print(*(it for it in sys.modules if it.startswith('mreg')))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["mreg"]


@pytest.mark.parametrize("home", ["/home/ann", "/home/ann/", "/", "ann", "", "/home//b c"])
@pytest.mark.parametrize("xdg", [None, "", "/var/caches", "/c/", " /c", "relative"])
def test_the_usual_cache_is_the_one_that_platformdirs_names(
    home: str, xdg: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", home)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    if xdg is not None:
        monkeypatch.setenv("XDG_CACHE_HOME", xdg)
    found = usual_cache()
    assert found is None or Path(found) == user_cache_path("mreg")
    usual = (xdg or home).startswith("/") and (xdg or home) != "/" and sys.platform == "linux"
    assert bool(found) == usual
