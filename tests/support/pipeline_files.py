"""The action and the pipelines that mreg brings, as files and as what they hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples" / "ci"
ACTION = ROOT / ".github" / "actions" / "mreg" / "action.yml"
WORKFLOWS = (
    *sorted((ROOT / ".github" / "workflows").glob("*.yml")),
    *sorted((EXAMPLES / "github").glob("*.yml")),
)


def load(name: str | Path) -> Any:
    """Return what a file holds; a name is that of a file in examples/ci."""
    return YAML(typ="safe").load((EXAMPLES / name).read_text())
