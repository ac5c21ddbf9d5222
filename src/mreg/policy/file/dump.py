"""A policy in plain values and words, as JSON and tables have it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mreg.policy.model import Gate, Governing

NOTHING = "-"


def policy(governing: Governing) -> dict[str, Any]:
    """Return a policy as plain values: dicts, lists, texts and numbers."""
    fields = governing._asdict()
    return {"settings": _plain(fields.pop("settings")), **fields}


def _plain(value: Any) -> Any:
    if hasattr(value, "_asdict"):
        fields = {"from" if it == "after" else it: found for it, found in value._asdict().items()}
        return _plain(fields)
    if isinstance(value, Mapping):
        return {key: _plain(it) for key, it in value.items()}
    if isinstance(value, frozenset):
        return sorted(value)
    return [_plain(it) for it in value] if isinstance(value, tuple) else value


def cells(gate: Gate) -> tuple[str, ...]:
    """Return a gate in words: from, by, approvals, branches, and what it requires."""
    found = (_listed(gate.after), _listed(gate.by), _approvals(gate), _listed(gate.branches))
    return (*found, "; ".join(_requirements(gate)) or NOTHING)


def _listed(found: tuple[str, ...] | None) -> str:
    return NOTHING if not found else ", ".join(found)


def _approvals(gate: Gate) -> str:
    if not gate.approvals:
        return NOTHING
    return (
        f"{gate.approvals} of {_listed(gate.approvers)}" if gate.approvers else str(gate.approvals)
    )


def _requirements(gate: Gate) -> list[str]:
    requires = gate.requires
    return [
        *requires.fields,
        *map(str, requires.bounds),
        *(f"{it.metric} no worse" for it in requires.no_regression),
        *([f"inputs in {requires.inputs}"] if requires.inputs else []),
        *(["one version alone"] if gate.exclusive else []),
    ]
