"""mreg's source, read as text: what imports what."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import mreg

ROOT = Path(mreg.__file__).parent


@cache
def _paths() -> dict[str, Path]:
    return {_name(path): path for path in sorted(ROOT.rglob("*.py"))}


def names() -> list[str]:
    """Return the name of every module: "mreg.git.refs"."""
    return [*_paths()]


@cache
def modules() -> dict[str, ast.Module]:
    """Return the syntax tree of every module, by name."""
    return {name: ast.parse(path.read_text()) for name, path in _paths().items()}


def _name(path: Path) -> str:
    parts = ("mreg", *path.relative_to(ROOT).with_suffix("").parts)
    return ".".join(parts).removesuffix(".__init__")


def imports(module: str) -> set[str]:
    """Return the modules that a module imports anywhere: at its top, in functions, for types."""
    found: set[str] = set()
    for node in ast.walk(modules()[module]):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            found.update(_imported(node))
    return found - {module}


def _imported(node: ast.ImportFrom) -> Iterator[str]:
    assert node.level == 0, "imports are absolute"
    for alias in node.names:
        inner = f"{node.module}.{alias.name}"
        yield inner if inner in modules() else str(node.module)


def part(module: str) -> str:
    """Return the part of the house that a module is of: "mreg.git.refs" is of "git"."""
    return module.split(".")[1] if "." in module else module


def attributes(module: str) -> set[str]:
    """Return every "name.attribute" that stands in a module."""
    return {
        f"{node.value.id}.{node.attr}"
        for node in ast.walk(modules()[module])
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    }
