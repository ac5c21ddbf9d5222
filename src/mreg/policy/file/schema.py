"""`.mreg.yaml`, setting by setting: its shape, its words, what is right of it, and its value.

Each setting is one field here; its value and default stand in `mreg.policy.model`, under the same
name. Only settings that say more than `push` and `types` need this module, and with it pydantic.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    Tag,
    WithJsonSchema,
    model_validator,
)
from pydantic.functional_validators import ModelWrapValidatorHandler
from pydantic_core import PydanticCustomError

from mreg.annotations import entry, shapes
from mreg.annotations.shapes import (
    DIALECT,
    LIST,
    MAPPING,
    SCALAR,
    Number,
    Strict,
    form,
    one_of,
    optional,
    refusal,
)
from mreg.core import names, refnames
from mreg.core.diagnostics import Diagnostic
from mreg.core.queries import suggestion
from mreg.errors import InvalidName
from mreg.policy import model
from mreg.policy.file import addresses, keys
from mreg.policy.file.addresses import NoEndpoint
from mreg.policy.file.keys import NoKey
from mreg.policy.model import (
    Better,
    Bound,
    Compatibility,
    Gate,
    NoRegression,
    Settings,
    Signatures,
)

_REGISTRY = r"[A-Za-z0-9][A-Za-z0-9._/-]*"
_BOUND = r"\s*(>=|>|<=|<|==)\s*([-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?)\s*"

# A part of a ref's path, and a word of an allowed signers file (ssh-keygen(1)), where a comma, a
# quotation mark and an exclamation mark mean something.
_NAME = re.compile(r"\w(?:[\w.+%@=-]*\w)?")
_NAME_RULE = "use letters, digits and . _ + - @ = %, with a letter or a digit first and last"

_EMAIL = re.compile(r"[^\s@<>,]+@[^\s@<>,]+")

_SHOWN = 20
"""So many characters of a key are shown: a person finds it by them."""


class _Known:
    """Whom and what a file names, wherever in it; and what was seen of it so far.

    Attributes:
        who: the names of the principals and of the roles.
        folded: the principals by their names without case.
        seen: the names of principals and of roles, and those of stages, without their case.
        person: the principal who is being read.
        owners: whose each key and each address is.
    """

    def __init__(self, content: Mapping[str, Any]) -> None:
        self.principals = _texts_of(content.get("principals"))
        self.who = self.principals | _texts_of(content.get("roles"))
        self.stages = _texts_of(content.get("stages"))
        self.folded = {names.fold(it): it for it in self.principals}
        self.seen: dict[str, dict[str, str]] = {"people": {}, "stages": {}}
        self.person = ""
        self.owners: dict[str, str] = {}

    def twin(self, name: str, among: str) -> str | None:
        """Note a name; return the one before it that differs in case alone, or is the same."""
        other = self.seen[among].get(names.fold(name))
        self.seen[among].setdefault(names.fold(name), name)
        return other

    def own(self, thing: str, what: str) -> str:
        """Note that a key or an address is that of the person, and nobody else's."""
        owner = self.owners.setdefault(thing, self.person)
        if owner != self.person:
            hint = "it identifies one person: remove it from the other principal"
            raise refusal("MS005", f"{what} already belongs to {owner}", hint)
        return thing


def _texts_of(value: Any) -> dict[str, None]:
    named = value if isinstance(value, dict | list) else ()
    return dict.fromkeys(it for it in named if isinstance(it, str))


# What a text may be


def _name(text: str, known: _Known) -> str:
    """Check the name of a principal or a role: it stands in refs and in files of signers."""
    if not _NAME.fullmatch(text):
        raise refusal("MS001", f"{text!r} is not a valid name here", _NAME_RULE, at_key=True)
    if fault := refnames.fault(f"refs/mreg/{text}"):
        raise refusal("MS001", f"Git cannot store a ref of {text!r}: {fault}", at_key=True)
    if other := known.twin(text, "people"):
        message = f"{text} differs from {other} only in case"
        raise refusal("MS001", message, "rename one of them", at_key=True)
    return text


def _person(text: str, known: _Known) -> str:
    known.person = text  # pydantic reads the name of a pair before its value
    return _name(text, known)


def _who(text: str, known: _Known, who: Mapping[str, None], what: str) -> str:
    if text in who:
        return text
    owner = known.owners.get(text.lower())
    hint = f"it is an address of {owner}: write {owner}" if owner else ""
    hint = hint or suggestion(text, who) or f"add the {what} under principals"
    raise refusal("MS002", f"{text!r} is not a {what}", hint)


def _key(parse: Callable[[str], str], text: str) -> str:
    try:
        return parse(text)
    except NoKey as error:
        raise refusal("MS004", f"the text {error}", error.hint) from None


def _own_key(text: str, known: _Known) -> str:
    key = _key(keys.parse, text)
    return known.own(key, f"the key ...{key[-_SHOWN:]}")


def _email(text: str, known: _Known) -> str:
    if not _EMAIL.fullmatch(text):
        raise refusal("MS014", f"{text!r} is not an e-mail address")
    return known.own(text.lower(), text)


def _registry(text: str) -> str:
    if not re.fullmatch(_REGISTRY, text):
        hint = "use letters, digits and . _ / -, with a letter or a digit first"
        raise refusal("MS012", f"{text!r} is not a valid id of a registry", hint)
    return text


def _branch(text: str, *, star: str = "*") -> str:
    """Check the name of a branch; in a pattern of them, something else may stand for the star."""
    plain = text.replace("*", star)
    fault, hint = refnames.fault(f"refs/heads/{plain}"), ""
    if plain.startswith("-"):
        fault = "it begins with a dash"
    elif plain.startswith("refs/"):
        fault, hint = "it is a full ref", f"write {text.removeprefix('refs/heads/')}"
    if fault:
        raise refusal("MS007", f"{text!r} is not a valid name of a branch: {fault}", hint)
    return text


def _new_stage(text: str, known: _Known) -> str:
    try:
        names.stage(text)
    except InvalidName as error:
        raise refusal("MS010", str(error), error.hint, at_key=True) from None
    if other := known.twin(text, "stages"):
        same = other == text
        why = "is listed twice" if same else f"differs from {other} only in case"
        hint = "remove one of them" if same else "rename one of them"
        raise refusal("MS010", f"{text} {why}", hint, at_key=True)
    _check_folders(text, known)
    return text


def _check_folders(text: str, known: _Known) -> None:
    """Check that the refs of words on a stage lie beneath none of a word on another."""
    parts = text.split("/")
    for count in range(1, len(parts)):
        stage = "/".join(parts[:count])
        person = known.folded.get(names.fold(parts[count]))
        if stage in known.stages and person:
            message = (
                f"{text} and {stage} cannot both be stages, because {person} is a "
                f"principal: the ref of the approval by {person} for {stage} would also be a folder"
            )
            raise refusal("MS010", message, "rename one of the three", at_key=True)


def _stage(text: str, known: _Known) -> str:
    if text not in known.stages:
        hint = suggestion(text, known.stages) or "add it under stages"
        raise refusal("MS003", f"{text!r} is not one of the stages", hint)
    return text


def _annotated(text: str) -> str:
    first, dot, rest = text.partition(".")
    if first not in entry.FIELDS:
        hint = suggestion(first, entry.FIELDS) or f"choose one of {', '.join(entry.FIELDS)}"
        raise refusal("MS013", f"{first!r} is not a field of annotations", hint)
    if dot and not rest:
        raise refusal("MS013", f"{text!r} ends in a dot", f"write {first}")
    return text


def _no_number(value: Any) -> Any:
    if entry.is_number(value):
        raise PydanticCustomError("MS008", 'is a number, not a limit such as ">= 0.9"')
    return value


def _bound(text: str) -> tuple[str, float]:
    found = re.fullmatch(_BOUND, text)
    number = float(found[2]) if found else math.nan
    if found is None or not math.isfinite(number):
        hint = 'write an operator (>=, >, <=, < or ==) and a number, as in ">= 0.9"'
        raise refusal("MS008", f"{text!r} is not a limit", hint)
    return found[1], number


def _knowing(check: Callable[[str, _Known], str]) -> AfterValidator:
    """Return the validator that a check is which asks what the file names."""
    return AfterValidator(lambda text, info: check(text, info.context))


# What stands in a file in several ways is one value


def _several(value: str | list[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


Text = TypeVar("Text")
Texts = Annotated[
    Annotated[Text, Tag(SCALAR)] | Annotated[list[Text], Tag(LIST)],
    Discriminator(one_of(SCALAR, LIST)),
    AfterValidator(_several),
]
"""One text, or a list of texts."""

OwnKey = Annotated[str, _knowing(_own_key)]
RevokedKey = Annotated[str, AfterValidator(partial(_key, keys.parse_revoked))]
Member = Annotated[str, _knowing(lambda it, known: _who(it, known, known.principals, "principal"))]
Who = Texts[
    Annotated[str, _knowing(lambda it, known: _who(it, known, known.who, "principal or role"))]
]
NewStage = Annotated[str, _knowing(_new_stage)]
StageName = Annotated[str, _knowing(_stage)]
RegistryId = Annotated[
    str, AfterValidator(_registry), WithJsonSchema({"type": "string", "pattern": f"^{_REGISTRY}$"})
]


class _Valued(Strict):
    """A mapping that becomes a value; of what it does not say, that value has the default."""

    BECOMES: ClassVar[Callable[..., Any]]

    @model_validator(mode="wrap")
    @classmethod
    def _value(cls, said: Any, handler: ModelWrapValidatorHandler[Any]) -> Any:
        found = {name.rstrip("_"): value for name, value in handler(said) if value is not None}
        return cls.BECOMES(**found)


class Tolerance(_Valued):
    """The comparison of a metric with that of the version that holds the stage."""

    BECOMES = partial(NoRegression, "")

    tolerance: Number | None = optional(
        "How much worse the metric may be, as an absolute difference; at least 0.", ge=0
    )
    better: Better | None = optional(
        "Whether higher or lower is better; by default derived from the metric's name."
    )


def _no_regression(value: Any) -> tuple[NoRegression, ...]:
    if not isinstance(value, dict):
        return tuple(map(NoRegression, _several(value)))
    return tuple(
        it._replace(metric=metric)
        if isinstance(it, NoRegression)
        else NoRegression(metric, it or 0.0)
        for metric, it in value.items()
    )


Tolerances = dict[
    str,
    Annotated[
        Annotated[Tolerance | None, Tag(MAPPING)]
        | Annotated[Annotated[Number, Field(ge=0)], Tag(SCALAR)],
        Discriminator(lambda it: SCALAR if it is not None and form(it) != MAPPING else MAPPING),
    ],
]
BoundText = Annotated[
    str,
    BeforeValidator(_no_number),
    AfterValidator(_bound),
    WithJsonSchema({"type": "string", "pattern": f"^{_BOUND}$"}),
]
Bounds = Annotated[
    dict[str, BoundText],
    AfterValidator(lambda it: tuple(Bound(metric, *bound) for metric, bound in it.items())),
]


class Requirements(_Valued):
    """The requirements for the annotation at the version's commit."""

    BECOMES = model.Requirements

    fields: Texts[Annotated[str, AfterValidator(_annotated)]] | None = optional(
        "The fields that the annotation must have: owner, metrics.auc, ..."
    )
    bounds: Bounds | None = optional(
        'The bounds of metrics, each in quotes: auc: ">= 0.9".', alias="metrics"
    )
    inputs: StageName | None = optional("The stage that the versions among the inputs must hold.")


class StageRequirements(Requirements):
    """The requirements of a stage, which can also compare with the version that holds it."""

    no_regression: (
        Annotated[
            Annotated[str, Tag(SCALAR)]
            | Annotated[list[str], Tag(LIST)]
            | Annotated[Tolerances, Tag(MAPPING)],
            Discriminator(one_of(SCALAR, LIST, MAPPING)),
            AfterValidator(_no_regression),
        ]
        | None
    ) = optional(
        "The metrics that must not be worse than those of the version that holds the stage."
    )


class _Gate(_Valued):
    """The conditions that any gate can have."""

    BECOMES = Gate

    by: Who | None = optional("The principals and roles that may do it.")
    branches: Texts[Annotated[str, AfterValidator(partial(_branch, star="x"))]] | None = optional(
        "Branches, or patterns such as release/*; the commit must be on one of them."
    )


class Registration(_Gate):
    """The conditions for a registration."""

    requires: Requirements | None = None


class Stage(_Gate):
    """The conditions for a promotion to a stage."""

    requires: StageRequirements | None = None
    after: Texts[StageName] | None = optional(
        "Stages; the version must hold, or have held, one of them.", alias="from"
    )
    approvals: int | None = optional("The number of different principals who must approve.", ge=0)
    approvers: Who | None = optional(
        "The principals and roles whose approvals and rejections count."
    )
    self_approval: bool | None = optional(
        "Whether you can approve a version that you registered or promote."
    )
    exclusive: bool | None = optional(
        "Whether only one version of an artifact may be assigned to it at a time."
    )
    schema_: Compatibility | None = optional(
        "compatible: the version must not break callers of the version that holds the stage.",
        alias="schema",
    )


class Principal(_Valued):
    """A person or machine that the policy knows."""

    BECOMES = partial(model.Principal, "")

    emails: Texts[Annotated[str, _knowing(_email)]] | None = optional(
        "The principal's e-mail addresses."
    )
    keys: Texts[OwnKey] | None = optional(
        "The principal's keys: lines of .pub files, or fingerprints of OpenPGP keys."
    )


def _by_address(value: Any, known: _Known) -> Any:
    """Note the address by which a principal is named, if it is one."""
    if _EMAIL.fullmatch(known.person):
        _email(known.person, known)
    return value


def _principals(said: Mapping[str, Any]) -> dict[str, model.Principal]:
    found = {}
    for name, it in said.items():
        who = it if isinstance(it, model.Principal) else model.Principal("", (), _several(it or []))
        named = (name.lower(),) if _EMAIL.fullmatch(name) else ()
        emails, own = dict.fromkeys((*named, *who.emails)), dict.fromkeys(who.keys)
        found[name] = model.Principal(name, tuple(emails), tuple(own))
    return found


Principals = Annotated[
    dict[
        Annotated[str, _knowing(_person)],
        Annotated[
            Annotated[Principal | None, Tag(MAPPING)]
            | Annotated[list[OwnKey], Tag(LIST)]
            | Annotated[OwnKey, Tag(SCALAR)],
            Discriminator(lambda it: MAPPING if it is None else form(it)),
            BeforeValidator(lambda it, info: _by_address(it, info.context)),
        ],
    ],
    AfterValidator(_principals),
]


def _stages(said: Any) -> dict[str, Gate]:
    gates = said if isinstance(said, dict) else dict.fromkeys(said)
    return {name: gate or Gate() for name, gate in gates.items()}


Stages = Annotated[
    Annotated[dict[NewStage, Stage | None], Tag(MAPPING)] | Annotated[list[NewStage], Tag(LIST)],
    Discriminator(one_of(MAPPING, LIST)),
    AfterValidator(_stages),
]


def _address(check: Callable[[str], str], *, at_key: bool = False) -> AfterValidator:
    """Return the validator that a check of a part of an endpoint is."""

    def checked(text: str) -> str:
        try:
            return check(text)
        except NoEndpoint as error:
            raise refusal(error.code, str(error), error.hint, at_key=at_key) from None

    return AfterValidator(checked)


def _some(artifacts: tuple[str, ...]) -> tuple[str, ...]:
    if not artifacts:
        raise refusal("MS015", "no artifact is served there", "remove it to allow everything")
    return artifacts


class Endpoint(_Valued):
    """An address that says which version a stage really runs."""

    BECOMES = model.Endpoint

    url: Annotated[str, _address(addresses.url)] = Field(
        description="The address, with {name} and {stage} to fill in: http://host/v2/models/{name}."
    )
    artifacts: Annotated[Texts[str], AfterValidator(_some)] | None = optional(
        "The artifacts that the endpoint serves: churn, fraud-*."
    )
    field: Annotated[str, _address(addresses.field)] | None = optional(
        "The field of the JSON response that contains the version: model.version."
    )
    header: Annotated[str, _address(addresses.header_name)] | None = optional(
        "The response header that contains the version."
    )
    headers: (
        Annotated[
            dict[Annotated[str, _address(addresses.sent_name, at_key=True)], str],
            AfterValidator(lambda it: tuple(model.SentHeader(*one) for one in it.items())),
        ]
        | None
    ) = optional('The request headers: Authorization: "Bearer ${MREG_ENDPOINT_TOKEN}".')


def _endpoint(said: str | model.Endpoint) -> model.Endpoint:
    found = model.Endpoint(said) if isinstance(said, str) else said
    try:
        addresses.check(found)
    except NoEndpoint as error:
        raise refusal(error.code, str(error), error.hint) from None
    return found


OneEndpoint = Annotated[
    Annotated[Annotated[str, _address(addresses.url)], Tag(SCALAR)]
    | Annotated[Endpoint, Tag(MAPPING)],
    Discriminator(one_of(SCALAR, MAPPING)),
    AfterValidator(_endpoint),
]
SomeEndpoints = Annotated[
    Annotated[OneEndpoint, Tag(SCALAR)] | Annotated[list[OneEndpoint], Tag(LIST)],
    Discriminator(lambda it: LIST if form(it) == LIST else SCALAR),
    AfterValidator(lambda it: tuple(it) if isinstance(it, list) else (it,)),
]


def _asked_stage(text: str, known: _Known) -> str:
    """Check a stage that endpoints are of: one that is named, where the stages are."""
    try:
        names.stage(text)
    except InvalidName as error:
        raise refusal("MS010", str(error), error.hint, at_key=True) from None
    if known.stages and text not in known.stages:
        hint = suggestion(text, known.stages) or "add it under stages"
        raise refusal("MS003", f"{text!r} is not one of the stages", hint, at_key=True)
    return text


class SettingsFile(_Valued):
    """The settings of a registry and its policy: .mreg.yaml."""

    BECOMES = Settings

    push: bool | None = optional(
        "Whether events are published by default, without --push or --no-push."
    )
    types: Annotated[list[str], Field(min_length=1), AfterValidator(frozenset)] | None = optional(
        "The types that artifacts may have."
    )
    ignore_tags: Texts[str] | None = optional(
        "Tags of other tools that look almost like registry tags: churn@[0-9]*, @scope/*."
    )
    registry: RegistryId | None = optional("The id of the registry, which its tags record.")
    branch: Annotated[str, AfterValidator(_branch)] | None = optional(
        "The protected branch, whose policy applies."
    )
    signatures: Signatures | None = optional("Whether a principal must sign each event.")
    principals: Principals | None = optional(
        "The principals, by name or e-mail address, with their keys."
    )
    roles: dict[Annotated[str, _knowing(_name)], Texts[Member]] | None = optional(
        "The principals of each role."
    )
    revoked: Annotated[Texts[RevokedKey], AfterValidator(frozenset)] | None = optional(
        "Keys that are no longer valid."
    )
    register_: Registration | None = optional(
        "The conditions for a registration.", alias="register"
    )
    stages: Stages | None = optional("The stages, in their order, with the conditions for each.")
    endpoints: dict[Annotated[str, _knowing(_asked_stage)], SomeEndpoints] | None = optional(
        "For each stage, the endpoint or endpoints that report the version that runs."
    )


def read(content: dict[str, Any]) -> tuple[Settings, list[Diagnostic]]:
    """Read a settings file's content: return the settings, and what is wrong with them.

    Where anything is, the settings are those of an empty file.
    """
    found, faults = shapes.read(SettingsFile, content, context=_Known(content))
    return Settings() if found is None else found, faults


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a .mreg.yaml (draft 2020-12)."""
    schema: dict[str, Any] = shapes.brief(SettingsFile.model_json_schema())
    return {"$schema": DIALECT, "title": ".mreg.yaml of mreg", **schema}
