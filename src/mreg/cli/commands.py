"""The table of commands. A command's module is loaded when the command is called."""

from __future__ import annotations

from collections.abc import Callable
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


PANELS = {
    "Look up": (
        "show describe history stages diff compare best candidates lineage changelog export search"
    ),
    "Register and promote": "register promote demote rollback deregister deprecate",
    "Agree": "approve reject pending policy verify audit hook",
    "Use": "get env package",
    "Say what it is": "init annotate remove",
    "Share": "push fetch undo site ui cache",
    "Deploy": "ci notify watch serve status",
    "Check": "check-ref parse-tag doctor validate schema",
}
"""The commands under the headings of the help, in its order."""

GROUPS = {
    "catalog": "refresh status show search history lineage site ui serve export",
    "import": "mlflow sagemaker",
}
"""Groups of commands, each with a help of its own: `mreg catalog show`."""

_PACKAGES = {"import": "importing"}
"""The packages of groups that are called otherwise: one of these is a word of Python's."""


def package(group: str) -> str:
    """Return the package, in this one, of a group's commands."""
    return _PACKAGES.get(group, group)


COMMANDS = {
    name: CommandEntry(name.replace("-", "_"), panel)
    for panel, commands in PANELS.items()
    for name in commands.split()
} | {
    f"{group} {name}": CommandEntry(f"{package(group)}.{name}", "Share")
    for group, commands in GROUPS.items()
    for name in commands.split()
}


def load(name: str) -> Callable[..., None]:
    """Load a command."""
    module = COMMANDS[name].module
    function = module.rpartition(".")[2]
    command: Callable[..., None] = getattr(import_module(f"mreg.cli.{module}"), function)
    return command
