"""The house: imports go downward only, the core is pure, and one door leads to Git."""

from __future__ import annotations

import ast
from collections import Counter
from graphlib import TopologicalSorter

from mreg.cli.commands import COMMANDS
from source import attributes, imports, modules, names, part

ORDER = (
    *(
        "tuples",
        "errors",
        "oci",
        "system",
        "net",
        "signatures",
        "render",
        "core",
        "schemas",
        "annotations",
        "git",
        "dvc",
    ),
    *("policy", "store", "governance"),
    *("lineage", "compare", "candidates", "plots", "search", "changelog", "export", "content"),
    *("worktree", "deploy"),
    *("registry", "web", "catalog", "integrations", "importers", "serve", "package", "cli"),
    "__main__",
)
"""The parts of the house from the ground up. A part may use those below it, and itself."""

HANDED_UP = {
    ("mreg.registry.registry", "mreg.web.options"),
    ("mreg.registry.registry", "mreg.web.site"),
}
"""Where the facade hands itself to what stands on it, so that `registry.site(...)` is there."""

PURE = (
    "tuples",
    "errors",
    "oci",
    "signatures",
    "render",
    "core",
    "schemas",
    "annotations",
    "dvc",
    "policy",
)
"""The parts that take values and return values."""

_LEVEL = {name: level for level, name in enumerate(ORDER)}
_MODULES = [name for name in names() if name != "mreg"]


def ours(module: str) -> set[str]:
    """Return mreg's modules that a module imports; `mreg` itself, lazy, holds the version only."""
    return {name for name in imports(module) if name.startswith("mreg.")}


def test_every_part_has_its_place() -> None:
    assert {part(name) for name in _MODULES} == set(ORDER)


def test_imports_go_downward_only() -> None:
    upward = {
        (module, used)
        for module in _MODULES
        for used in ours(module)
        if _LEVEL[part(used)] > _LEVEL[part(module)]
    }
    assert upward == HANDED_UP


def test_what_is_built_on_the_facade_stands_on_it_alone() -> None:
    """They ask registries and nothing else; what answers are made of, they may name."""
    doors = {"git", "store", "governance", "content", "worktree", "deploy", "cli"}
    doors_of = dict.fromkeys(
        ("web", "catalog", "integrations", "importers", "serve", "package"), doors
    )
    doors_of["web"] = doors | {"lineage"}  # which draws the graph itself
    for module in (name for name in _MODULES if part(name) in doors_of):
        assert {part(it) for it in ours(module)} & doors_of[part(module)] == set(), module


def test_only_one_module_of_the_pages_touches_the_disk() -> None:
    for module in (name for name in _MODULES if part(name) == "web"):
        used = {name.partition(".")[0] for name in imports(module)}
        if module != "mreg.web.folder":
            assert used & {"shutil", "tempfile", "subprocess", "socket"} == set(), module


def test_git_knows_no_registry() -> None:
    of_git = {f"mreg.core.{it}" for it in ("commits", "refnames", "tagobject", "times")}
    known = {it for name in _MODULES if part(name) == "git" for it in ours(name)}
    assert {it for it in known if part(it) in ("core", "annotations")} <= of_git


def test_what_is_made_of_a_registry_is_read_in_one_module_of_each_part() -> None:
    """The rest of these parts is values in and values out, whatever repository they are from."""
    parts = ("lineage", "compare", "candidates", "search", "changelog", "export")
    for module in (name for name in _MODULES if part(name) in parts):
        reading = {part(it) for it in ours(module)} & {"git", "store", "governance"}
        assert not reading or module.endswith(".read"), module


def test_nothing_goes_round_in_a_circle() -> None:
    handed = {it: {used for name, used in HANDED_UP if name == it} for it in _MODULES}
    TopologicalSorter({it: ours(it) - handed[it] for it in _MODULES}).prepare()


def test_no_command_imports_another() -> None:
    commands = {f"mreg.cli.{it.module}" for it in COMMANDS.values()}
    assert {it: used for it in commands if (used := ours(it) & (commands - {it}))} == {}


OUTSIDE = {"git", "os", "pathlib", "shutil", "socket", "subprocess", "tempfile", "time", "typer"}
CLOCK_AND_TERMINAL = {"datetime.now", "datetime.today", "sys.stdin", "sys.stdout", "sys.stderr"}


def test_what_is_pure_knows_no_git_no_files_no_clock_and_no_terminal() -> None:
    for module in (name for name in _MODULES if part(name) in PURE):
        assert {name.partition(".")[0] for name in imports(module)} & OUTSIDE == set(), module
        if module != "mreg.core.times":  # times.now() is what its callers outside the core ask
            assert attributes(module) & CLOCK_AND_TERMINAL == set(), module


def test_only_the_doors_start_processes() -> None:
    """Git, commands that users name, and Python's own workers; GitPython opens a repository."""
    starting = ("os.system", "os.popen", "os.exec", "os.spawn", "os.fork", "os.posix_spawn")
    for module in _MODULES:
        if part(module) == "git" or module in ("mreg.system.command", "mreg.system.workers"):
            continue
        roots = {name.partition(".")[0] for name in imports(module)}
        assert roots & {"subprocess", "multiprocessing", "pty"} == set(), module
        assert [it for it in attributes(module) if it.startswith(starting)] == [], module


def test_only_the_command_line_and_the_door_to_git_read_the_environment() -> None:
    for module in (name for name in _MODULES if part(name) not in ("git", "cli")):
        used = {"os.environ", "os.getenv", "sys.argv", "Path.home"} & attributes(module)
        assert used == set(), module


def test_gitpython_is_known_where_the_work_tree_is_committed_and_nowhere_else() -> None:
    knowing = {name for name in _MODULES if any(it.split(".")[0] == "git" for it in imports(name))}
    assert knowing == {"mreg.git.worktree"}


def test_only_the_reader_made_with_typer_knows_it() -> None:
    knowing = {
        name for name in _MODULES if any(it.split(".")[0] == "typer" for it in imports(name))
    }
    assert knowing == {"mreg.cli.app", "mreg.cli.completion", "mreg.cli.mistakes"}


def test_rich_is_known_where_tables_are_drawn_and_nowhere_else() -> None:
    knowing = {name for name in modules() if any(it.startswith("rich") for it in imports(name))}
    assert knowing == {"mreg.render.terminal"}


def test_no_class_name_means_two_things() -> None:
    """A model that holds a file to its form has the name of the value that comes of it."""
    named = Counter(
        node.name
        for module in _MODULES
        if not module.endswith(".schema")
        for node in ast.walk(modules()[module])
        if isinstance(node, ast.ClassDef)
    )
    assert {name for name, count in named.items() if count > 1} == set()


def test_no_function_is_long_and_none_but_commands_takes_many_parameters() -> None:
    for module in _MODULES:
        for node in ast.walk(modules()[module]):
            if not isinstance(node, ast.FunctionDef):
                continue
            assert (node.end_lineno or 0) - node.lineno < 60, (module, node.name)
            taken = {it.arg for it in (*node.args.args, *node.args.kwonlyargs)} - {"self", "cls"}
            if part(module) != "cli" and node.name != "log_artifact":
                assert len(taken) <= 10, (module, node.name)
