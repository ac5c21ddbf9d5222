"""From what a settings file holds to `Settings`: the values read, and what cannot be as it is said.

What is not of the right shape is passed over here: `mreg.policy.file.schema` tells of it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple, cast

from mreg.annotations import entry
from mreg.annotations.findings import Fault, Location
from mreg.core import names
from mreg.core.queries import suggestion
from mreg.errors import InvalidName
from mreg.policy.file import keys
from mreg.policy.file.keys import NoKey
from mreg.policy.model import (
    Better,
    Bound,
    Gate,
    NoRegression,
    Operator,
    Principal,
    Requirements,
    Settings,
)

REGISTRY: Final = r"[A-Za-z0-9][A-Za-z0-9._/-]*"
"""A registry's id, as a pattern."""

BOUND: Final = r"\s*(>=|>|<=|<|==)\s*([-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?)\s*"
"""A bound of a metric, as a pattern: an operator and a number."""

# A part of a ref's path, and a word of an allowed signers file (ssh-keygen(1)), where a comma, a
# quotation mark and an exclamation mark mean something.
_NAME = re.compile(r"\w(?:[\w.+%@=-]*\w)?")
_NAME_RULE = "letters, digits and . _ + - @ = %, the first and last a letter or a digit"

_EMAIL = re.compile(r"[^\s@<>,]+@[^\s@<>,]+")


class _Text(NamedTuple):
    """A text of a file, and where it stands."""

    at: Location
    value: str


def _texts(value: Any, at: Location) -> list[_Text]:
    """Return the texts that a text or a list of texts holds."""
    if isinstance(value, str):
        return [_Text(at, value)]
    items = value if isinstance(value, list) else []
    return [_Text((*at, place), it) for place, it in enumerate(items) if isinstance(it, str)]


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _flag(value: Any) -> bool:
    return value if isinstance(value, bool) else False


def conveniences(content: Mapping[str, Any]) -> Settings:
    """Read what is no policy out of a settings file: `push` and `types`."""
    types = frozenset(it.value for it in _texts(content.get("types"), ()))
    return Settings(push=_flag(content.get("push")), types=types or None)


def build(content: Mapping[str, Any]) -> tuple[Settings, list[Fault]]:
    """Read a settings file.

    Args:
        content: what it holds.

    Returns:
        The settings, and what is wrong with what they name.
    """
    builder = _Builder(content)
    return builder.settings(), builder.faults


class _Builder:
    """Reads one file. Whom and what it may name is known before the gates are read."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self.faults: list[Fault] = []
        self._content = content
        self._owners: dict[str, str] = {}
        self._principals = self._read_principals()
        self._roles = self._read_roles()
        self._stages = self._read_stages()

    def settings(self) -> Settings:
        """Return what the file says."""
        content = self._content
        required = content.get("signatures") == "required"
        known = None if self._stages is None else tuple(self._stages)
        return conveniences(content)._replace(
            registry=self._registry(),
            branch=self._branch(content.get("branch")),
            signatures="required" if required else "optional",
            principals=self._principals,
            roles=self._roles,
            revoked=frozenset(self._keys(content.get("revoked"), ("revoked",), keys.parse_revoked)),
            register=self._gate(content.get("register"), ("register",), known),
            stages=None
            if self._stages is None
            else {
                name: self._gate(value, ("stages", name), known)
                for name, value in self._stages.items()
            },
        )

    def _fault(
        self, code: str, at: Location, message: str, hint: str = "", *, at_key: bool = False
    ) -> None:
        self.faults.append(Fault(code, at, message, hint, at_key=at_key))

    # Who

    def _read_principals(self) -> dict[str, Principal]:
        found: dict[str, Principal] = {}
        for name, value in _mapping(self._content.get("principals")).items():
            at: Location = ("principals", name)
            self._check_name(name, at, found)
            said = value if isinstance(value, dict) else {"keys": value}
            inner = at if said is not value else (*at, "keys")
            parsed = self._keys(said.get("keys"), inner, keys.parse)
            emails = self._emails(name, said.get("emails"), at)
            found[name] = Principal(name, emails, tuple(dict.fromkeys(parsed)))
        return found

    def _check_name(self, name: str, at: Location, known: Mapping[str, Any]) -> None:
        """Check the name of a principal or a role: it stands in refs and in files of signers."""
        fault = names.ref_fault(f"refs/mreg/{name}")
        if not _NAME.fullmatch(name):
            self._fault("MS001", at, f"{name!r} is no name here", _NAME_RULE, at_key=True)
        elif fault:
            self._fault("MS001", at, f"Git cannot hold a ref of {name!r}: {fault}", at_key=True)
        for other in known:
            if names.fold(other) == names.fold(name):
                message = f"{name} differs from {other} in case alone"
                self._fault("MS001", at, message, "rename one of them", at_key=True)

    def _keys(self, value: Any, at: Location, parse: Callable[[str], str]) -> Iterator[str]:
        """Iterate over keys; those of a principal must be nobody else's."""
        for it in _texts(value, at):
            try:
                key = parse(it.value)
            except NoKey as error:
                self._fault("MS004", it.at, f"the text {error}", error.hint)
                continue
            if at[0] == "principals":
                self._own(key, f"the key {_short(key)}", it.at)
            yield key

    def _own(self, thing: str, what: str, at: Location) -> None:
        """Note whose a key or an address is."""
        name = str(at[1])
        other = self._owners.setdefault(thing, name)
        if other != name:
            self._fault(
                "MS005",
                at,
                f"{what} is that of {other} already",
                "it says who somebody is: leave it to one of them",
            )

    def _emails(self, name: str, value: Any, at: Location) -> tuple[str, ...]:
        found = [_Text(at, name)] if _EMAIL.fullmatch(name) else []
        for it in _texts(value, (*at, "emails")):
            if _EMAIL.fullmatch(it.value):
                found.append(it)
            else:
                self._fault("MS014", it.at, f"{it.value!r} is no e-mail address")
        for it in found:
            self._own(it.value.lower(), it.value, it.at)
        return tuple(dict.fromkeys(it.value.lower() for it in found))

    def _read_roles(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for name, value in _mapping(self._content.get("roles")).items():
            at: Location = ("roles", name)
            self._check_name(name, at, {**self._principals, **found})
            members = _texts(value, at)
            for it in members:
                if it.value not in self._principals:
                    self._unknown(it, self._principals, "principal")
            found[name] = tuple(it.value for it in members)
        return found

    def _who(self, value: Any, at: Location) -> tuple[str, ...] | None:
        """Return a list of principals and roles; None if there is none."""
        if value is None:
            return None
        said = _texts(value, at)
        for it in said:
            if it.value not in self._principals and it.value not in self._roles:
                self._unknown(it, {**self._principals, **self._roles}, "principal or role")
        return tuple(it.value for it in said)

    def _unknown(self, it: _Text, known: Mapping[str, Any], what: str) -> None:
        owner = self._owners.get(it.value.lower())
        hint = f"that is an address of {owner}: write {owner}" if owner else ""
        hint = hint or suggestion(it.value, known) or f"name the {what} under principals"
        self._fault("MS002", it.at, f"{it.value!r} is no {what}", hint)

    # Where

    def _registry(self) -> str | None:
        found = self._content.get("registry")
        if not isinstance(found, str):
            return None
        if not re.fullmatch(REGISTRY, found):
            hint = "letters, digits and . _ / -, the first a letter or a digit"
            self._fault("MS012", ("registry",), f"{found!r} is no id of a registry", hint)
        return found

    def _branch(self, value: Any) -> str | None:
        if not isinstance(value, str):
            return None
        self._check_branch(_Text(("branch",), value))
        return value

    def _check_branch(self, it: _Text, *, pattern: bool = False) -> None:
        plain = it.value.replace("*", "x") if pattern else it.value
        fault, hint = names.ref_fault(f"refs/heads/{plain}"), ""
        if plain.startswith("-"):
            fault = "it begins with a dash"
        elif plain.startswith("refs/"):
            fault = "it is a full ref"
            hint = f"write {it.value.removeprefix('refs/heads/')}"
        if fault:
            self._fault("MS007", it.at, f"{it.value!r} is no branch: {fault}", hint)

    def _branches(self, value: Any, at: Location) -> tuple[str, ...]:
        said = _texts(value, at)
        for it in said:
            self._check_branch(it, pattern=True)
        return tuple(it.value for it in said)

    # Stages and gates

    def _read_stages(self) -> dict[str, Any] | None:
        """Return what is said of each stage; None if nothing is said of stages."""
        value = self._content.get("stages")
        if isinstance(value, dict):
            said = [(_Text(("stages", name), name), it) for name, it in value.items()]
        elif isinstance(value, list):
            said = [(it, None) for it in _texts(value, ("stages",))]
        else:
            return None
        found: dict[str, Any] = {}
        for text, gate in said:
            self._check_stage(text, found)
            found[text.value] = gate
        for text, _ in said:
            self._check_folders(text, found)
        return found

    def _check_folders(self, it: _Text, stages: Mapping[str, Any]) -> None:
        """Check that the refs of words on a stage lie beneath none of a word on another."""
        people = {names.fold(name): name for name in self._principals}
        parts = it.value.split("/")
        for count in range(1, len(parts)):
            stage, person = "/".join(parts[:count]), people.get(names.fold(parts[count]))
            if stage in stages and person:
                message = (
                    f"{it.value} cannot be a stage beside {stage}, as {person} is a principal:"
                    f" the ref of what {person} says on {stage} would be a folder, too"
                )
                self._fault("MS010", it.at, message, "rename one of the three", at_key=True)

    def _check_stage(self, it: _Text, known: Mapping[str, Any]) -> None:
        try:
            names.stage(it.value)
        except InvalidName as error:
            self._fault("MS010", it.at, str(error), error.hint, at_key=True)
        for other in known:
            if names.fold(other) == names.fold(it.value):
                same = (
                    f"differs from {other} in case alone" if other != it.value else "is there twice"
                )
                hint = "rename one of them" if other != it.value else "remove one of them"
                self._fault("MS010", it.at, f"{it.value} {same}", hint, at_key=True)

    def _gate(self, value: Any, at: Location, stages: tuple[str, ...] | None) -> Gate:
        said = _mapping(value)
        approvals = said.get("approvals")
        after = _texts(said.get("from"), (*at, "from"))
        for it in after:
            self._known_stage(it, stages)
        return Gate(
            by=self._who(said.get("by"), (*at, "by")),
            requires=self._requirements(said.get("requires"), (*at, "requires"), stages),
            branches=self._branches(said.get("branches"), (*at, "branches")),
            after=tuple(it.value for it in after),
            approvals=approvals if type(approvals) is int else 0,
            approvers=self._who(said.get("approvers"), (*at, "approvers")),
            self_approval=_flag(said.get("self_approval")),
            exclusive=_flag(said.get("exclusive")),
        )

    def _known_stage(self, it: _Text, stages: tuple[str, ...] | None) -> None:
        if it.value not in (stages or ()):
            hint = suggestion(it.value, stages or ()) or "name it under stages"
            self._fault("MS003", it.at, f"{it.value!r} is no stage", hint)

    # What an annotation has to say

    def _requirements(
        self, value: Any, at: Location, stages: tuple[str, ...] | None
    ) -> Requirements:
        said = _mapping(value)
        fields = _texts(said.get("fields"), (*at, "fields"))
        for it in fields:
            self._check_field(it)
        inputs = said.get("inputs")
        if isinstance(inputs, str):
            self._known_stage(_Text((*at, "inputs"), inputs), stages)
        return Requirements(
            fields=tuple(it.value for it in fields),
            bounds=tuple(self._bounds(said.get("metrics"), (*at, "metrics"))),
            no_regression=tuple(_no_regression(said.get("no_regression"))),
            inputs=inputs if isinstance(inputs, str) else None,
        )

    def _check_field(self, it: _Text) -> None:
        first, dot, rest = it.value.partition(".")
        if first not in entry.FIELDS:
            hint = suggestion(first, entry.FIELDS) or f"the fields are {', '.join(entry.FIELDS)}"
            self._fault("MS013", it.at, f"annotations have no field {first!r}", hint)
        elif dot and not rest:
            self._fault("MS013", it.at, f"{it.value!r} ends in a dot", f"write {first}")

    def _bounds(self, value: Any, at: Location) -> Iterator[Bound]:
        for metric, text in _mapping(value).items():
            if not isinstance(text, str):
                continue
            found = re.fullmatch(BOUND, text)
            number = float(found[2]) if found else math.nan
            if found is None or not math.isfinite(number):
                hint = 'an operator (>=, >, <=, < or ==) and a number, as in ">= 0.9"'
                self._fault("MS008", (*at, metric), f"{text!r} is no bound", hint)
            else:
                yield Bound(metric, cast("Operator", found[1]), number)


def _no_regression(value: Any) -> Iterator[NoRegression]:
    for it in _texts(value, ()):
        yield NoRegression(it.value)
    for metric, said in _mapping(value).items():
        how = said if isinstance(said, dict) else {"tolerance": said}
        tolerance = how.get("tolerance")
        yield NoRegression(
            metric,
            float(tolerance) if isinstance(tolerance, int | float) else 0.0,
            cast("Better | None", how.get("better")),
        )


_SHOWN = 20


def _short(key: str) -> str:
    """Return a piece of a key by which a person finds it."""
    return f"...{key[-_SHOWN:]}"
