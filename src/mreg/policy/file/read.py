"""From a settings file's bytes to `Settings`, with everything that is wrong with it at once."""

from __future__ import annotations

import re
from typing import Any

from mreg.annotations import document, findings, text
from mreg.annotations.findings import fault
from mreg.annotations.text import Unreadable
from mreg.core import diagnostics
from mreg.core.diagnostics import Diagnostic
from mreg.policy.conveniences import FILE, GTO_FILE, Conveniences
from mreg.policy.file import checks
from mreg.policy.model import Gate, Settings
from mreg.tuples import NamedTuple

# To YAML, a ">" without quotes begins a text of several lines, which `auc: >= 0.9` then is not.
_BARE_BOUND = re.compile(r"[^:\n]*:[ \t]+>[ \t]*=?[ \t]*[-+.0-9]")


class SettingsReading(NamedTuple):
    """A settings file, read.

    Attributes:
        settings: what it says; nothing where an error keeps it from being followed.
        findings: what is wrong with it, by line and column.
    """

    settings: Settings
    findings: tuple[Diagnostic, ...] = ()

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """What keeps the settings from being followed."""
        return diagnostics.errors(self.findings)


def read(
    raw: bytes, file: str = FILE, readings: document.ReadingCache | None = None
) -> SettingsReading:
    """Read a `.mreg.yaml`; its name is for the findings, the readings are those made before."""
    shown = text.shown(raw)
    reader = document.YamlReader(checked=True, readings=readings)
    try:
        content, twins = reader.with_twins(raw, reader.load)
    except Unreadable as error:
        found = findings.of_unreadable(file, shown, _explained(error, shown))
        return SettingsReading(Settings(), (found,))
    settings, faults = _settings(content)
    all_found = [
        *findings.of_bytes(file, raw),
        *findings.of_twins(file, shown, twins),
        *findings.of_faults(file, shown, faults or [*checks.check(settings)]),
    ]
    return SettingsReading(settings, tuple(findings.in_order(all_found)))


def read_gto(raw: bytes, readings: document.ReadingCache | None = None) -> SettingsReading:
    """Read a `.gto`: the stages and types that it allows.

    Source of the format: gto/config.py in GTO 1.10.1. What else it says is about GTO itself.
    """
    shown = text.shown(raw)
    try:
        content = document.YamlReader(aliases=True, checked=True, readings=readings).load(raw)
    except Unreadable as error:
        return SettingsReading(Settings(), (findings.of_unreadable(GTO_FILE, shown, error),))
    types, stages = content.get("types"), content.get("stages")
    faults = [
        fault("MA021", (name,), f"{name} is not a list of strings")
        for name, value in (("types", types), ("stages", stages))
        if value is not None and not _are_texts(value)
    ]
    if faults:
        found = findings.of_faults(GTO_FILE, shown, faults, aliases=True)
        return SettingsReading(Settings(), tuple(found))
    allowed = None if types is None else frozenset(types)
    named = None if stages is None else dict.fromkeys(stages, Gate())
    return SettingsReading(Settings(types=allowed, stages=named))


def read_conveniences(raw: bytes) -> Conveniences:
    """Read what is no policy out of a `.mreg.yaml`.

    Raises:
        Unreadable: it is no mapping, or does not say clearly whether to publish.
    """
    content = document.load(raw)
    push, types = content.get("push", False), content.get("types")
    said = content.get("ignore_tags", [])
    ignored = (said,) if isinstance(said, str) else tuple(said) if _are_texts(said) else ()
    if not isinstance(push, bool):
        raise Unreadable("MA021", "`push` must be true or false, as in `push: true`")
    if types is None or (types and _are_texts(types)):
        return Conveniences(push, None if types is None else frozenset(types), ignored)
    complaint = f"`types` in {FILE} is not a list of strings, as in `types: [model, dataset]`"
    return Conveniences(push, ignore_tags=ignored, complaint=complaint)


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(it, str) for it in value)


def _settings(content: dict[str, Any]) -> tuple[Settings, list[Diagnostic]]:
    push, types = content.get("push", False), content.get("types", ["any"])
    plain = isinstance(push, bool) and types and _are_texts(types)
    if plain and content.keys() <= {"push", "types"}:
        return Settings(push, frozenset(types) if "types" in content else None), []
    from mreg.policy.file import schema  # and with it pydantic

    return schema.read(content)


def _explained(error: Unreadable, shown: str) -> Unreadable:
    """Say what to do about a bound that stands there without quotes."""
    start = shown.rfind("\n", 0, error.offset) + 1
    if error.code != "MA004" or not _BARE_BOUND.match(shown, start):
        return error
    hint = 'put a limit in quotes, as in ">= 0.9"'
    return Unreadable(error.code, error.message, error.offset, hint=hint)
