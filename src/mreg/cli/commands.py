"""The table of commands. A command's module is loaded when the command is called."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module

from mreg.tuples import NamedTuple


class CommandEntry(NamedTuple):
    """Where a command is.

    Attributes:
        module: the module in this package; its function of the same name is the command. Of a
            command in a group it stands in the group's package.
        panel: the group under which the help lists it.
    """

    module: str
    panel: str


GETTING_STARTED = "init annotate register promote show get push"
"""What the first screen lists with a sentence each: see `mreg.cli.help`."""

PANELS = {
    "Get started": GETTING_STARTED,
    "Inspect": "history stages diff compare best candidates search lineage changelog doctor",
    "Change": "demote rollback deregister deprecate remove undo fetch",
    "Approvals and policy": "approve reject pending policy verify audit hook",
    "Automation": "ci notify watch status validate",
    "Serving and packages": "serve package",
    "Pages and catalogs": "ui site catalog cache",
    "Integrations": "import export env schema",
    "Plumbing": "check-tag help",
}
"""The commands and groups of commands under the headings of the help, in its order."""

PLUMBING = "Plumbing"
"""The panel that only `mreg help --all` lists."""

FORMER = {"describe": "show NAME@VERSION"}
"""Commands that are kept for scripts, with what does their work now."""

GROUPS = {
    "catalog": "refresh status show search history lineage site ui serve export",
    "import": "mlflow sagemaker",
}
"""Groups of commands, each with a help of its own: `mreg catalog show`."""

ALIASES = {
    "list": ("show",),
    "ls": ("show",),
    "log": ("history",),
    "download": ("get",),
    "check-ref": ("check-tag",),
    "parse-tag": ("check-tag", "--name-only"),
}
"""Other names of commands, with the words that each stands for: what some have in other tools, and
what they had here. `mreg help --all` lists them; a word of another tool that means more than one
thing here, or writes, is explained instead: see `mreg.cli.foreign`."""

READING = (
    "show describe history stages diff compare best candidates lineage changelog pending verify"
    " audit status get env export policy"
)
"""The commands that record nothing: they take the end of an artifact's name for the whole."""

_PACKAGES = {"import": "importing"}
"""The packages of groups that are called otherwise: one of these is a word of Python's."""


def package(group: str) -> str:
    """Return the package, in this one, of a group's commands."""
    return _PACKAGES.get(group, group)


COMMANDS = {
    name: CommandEntry(name.replace("-", "_"), panel)
    for panel, commands in PANELS.items()
    for name in (*commands.split(), *(FORMER if panel == PLUMBING else ()))
    if name not in GROUPS
} | {
    f"{group} {name}": CommandEntry(f"{package(group)}.{name}", group)
    for group, commands in GROUPS.items()
    for name in commands.split()
}


def resolved(words: Sequence[str]) -> list[str]:
    """Return what stands behind `mreg`, with the command's own name in the place of another."""
    if len(words) > 1 and words[0] in GROUPS:
        name, *more = ALIASES.get(words[1], words[1:2])
        if not more and f"{words[0]} {name}" in COMMANDS:
            return [words[0], name, *words[2:]]
    return [*ALIASES.get(words[0], words[:1]), *words[1:]] if words else []


def load(name: str) -> Callable[..., None]:
    """Load a command."""
    module = COMMANDS[name].module
    function = module.rpartition(".")[2]
    command: Callable[..., None] = getattr(import_module(f"mreg.cli.{module}"), function)
    return command
