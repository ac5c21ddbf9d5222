"""A policy in plain values, as JSON has it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mreg.policy.model import Governing


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
