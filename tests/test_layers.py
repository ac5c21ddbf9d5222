"""The house: imports go downward only, the core is pure, and one door leads to Git."""

from __future__ import annotations

from graphlib import TopologicalSorter

import pytest

from source import attributes, imports, modules, part

LAYERS = (
    # The core: values in, values out.
    ("errors", "problems", "tagobject", "render"),
    (
        "digests",
        "directions",
        "figures",
        "frames",
        "names",
        "urls",
        "versions",
        "times",
    ),
    ("events",),
    ("standing",),
    ("kinds",),
    ("reading", "state"),
    ("queries", "findings"),
    ("plans", "tables", "annotations"),
    ("places", "pointers"),
    ("lineage", "policy"),
    ("artifact", "comparing", "search"),
    ("exports", "releases"),
    ("ci",),
    # What touches files, the network and Git.
    ("backoff", "cache", "locks", "network", "running"),
    ("mirrors", "posting"),
    ("git",),
    ("gathering", "ledger", "peer", "settings", "starting", "surroundings", "trust"),
    ("annotating", "excerpts", "getting"),
    ("approving", "sharing", "training", "validating"),
    ("facts", "policing", "tampering", "updates"),
    ("auditing",),
    ("receiving", "recording", "triggering"),
    ("following", "notifying"),
    ("acting", "watching"),
    ("registry",),
    ("cli",),
    ("__main__",),
)
"""The parts of the house from the ground up. A part may use those below it, and itself."""

CORE = {name for layer in LAYERS[:13] for name in layer}

_LEVEL = {name: level for level, layer in enumerate(LAYERS) for name in layer}
_MODULES = [name for name in modules() if name != "mreg"]


def ours(module: str, *, for_types: bool = True) -> set[str]:
    """Return mreg's modules that a module imports; `mreg` itself, lazy, holds the version only."""
    return {name for name in imports(module, for_types=for_types) if name.startswith("mreg.")}


@pytest.mark.parametrize("module", _MODULES)
def test_imports_go_downward_only(module: str) -> None:
    mine = part(module)
    assert mine in _LEVEL, f"give {mine} its place in LAYERS"
    upward = [it for it in ours(module) if part(it) != mine and _LEVEL[part(it)] >= _LEVEL[mine]]
    assert upward == []


def test_every_part_of_the_list_exists() -> None:
    assert set(_LEVEL) == {part(name) for name in _MODULES}


def test_nothing_goes_round_in_a_circle_within_a_part_either() -> None:
    TopologicalSorter({it: ours(it, for_types=False) for it in _MODULES}).prepare()


def test_no_command_imports_another() -> None:
    commands = {name for name in modules() if name.startswith("mreg.cli.")}
    names = ("completion", "online", "options", "output", "pipeline", "webhooks")
    shared = {f"mreg.cli.{it}" for it in names}
    for command in commands:
        assert ours(command) & commands <= shared, command


OUTSIDE = {"git", "os", "pathlib", "shutil", "socket", "subprocess", "tempfile", "time", "typer"}
CLOCK_AND_TERMINAL = {"datetime.now", "datetime.today", "sys.stdin", "sys.stdout", "sys.stderr"}


@pytest.mark.parametrize("module", [name for name in _MODULES if part(name) in CORE])
def test_the_core_knows_no_git_no_files_no_clock_and_no_terminal(module: str) -> None:
    assert {name.partition(".")[0] for name in imports(module)} & OUTSIDE == set()
    if module != "mreg.times":  # times.now() is what its callers outside the core ask
        assert attributes(module) & CLOCK_AND_TERMINAL == set()


DOORS = ("git", "running")
"""Where processes start: Git's, and the command that the user of `mreg watch` named."""


@pytest.mark.parametrize("module", [name for name in _MODULES if part(name) not in DOORS])
def test_only_the_doors_start_processes(module: str) -> None:
    roots = {name.partition(".")[0] for name in imports(module)}
    assert roots & {"git", "subprocess", "multiprocessing", "pty"} == set()
    starting = ("os.system", "os.popen", "os.exec", "os.spawn", "os.fork", "os.posix_spawn")
    assert [it for it in attributes(module) if it.startswith(starting)] == []


@pytest.mark.parametrize("module", [name for name in _MODULES if part(name) not in ("git", "cli")])
def test_only_the_command_line_and_the_door_to_git_read_the_environment(module: str) -> None:
    used = {"os.environ", "os.getenv", "sys.argv", "Path.home"} & attributes(module)
    assert used == set()


@pytest.mark.parametrize("module", [name for name in _MODULES if part(name) != "cli"])
def test_only_the_command_line_knows_typer(module: str) -> None:
    assert "typer" not in imports(module)


def test_rich_is_known_where_tables_are_drawn_and_nowhere_else() -> None:
    knowing = {name for name in modules() if any(it.startswith("rich") for it in imports(name))}
    assert knowing == {"mreg.render.terminal"}
