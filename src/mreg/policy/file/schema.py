"""What `.mreg.yaml` may hold: the border where its shape is checked, and its JSON Schema.

Only settings that say more than `push` and `types` need this module, and with it pydantic.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, WithJsonSchema
from pydantic_core import PydanticCustomError

from mreg.annotations import shapes
from mreg.annotations.entry import is_number
from mreg.annotations.findings import Fault
from mreg.annotations.schema import Number
from mreg.annotations.shapes import DIALECT, LIST, MAPPING, SCALAR, Strict, form
from mreg.policy.file.build import BOUND, REGISTRY


def _one_of(*forms: str) -> Callable[[Any], str]:
    """Return what tells a value's form among those that a union has; else it is the first."""
    return lambda value: found if (found := form(value)) in forms else forms[0]


Texts = Annotated[
    Annotated[str, Tag(SCALAR)] | Annotated[list[str], Tag(LIST)],
    Discriminator(_one_of(SCALAR, LIST)),
]
"""One text, or a list of texts."""


def _bound(value: Any) -> Any:
    if is_number(value):
        raise PydanticCustomError("MS008", 'is a number, not a bound such as ">= 0.9"')
    return value


BoundText = Annotated[
    str, BeforeValidator(_bound), WithJsonSchema({"type": "string", "pattern": f"^{BOUND}$"})
]
RegistryId = Annotated[str, WithJsonSchema({"type": "string", "pattern": f"^{REGISTRY}$"})]


class Tolerance(Strict):
    """How a metric is compared with that of the version which holds the stage."""

    tolerance: Annotated[
        Number | None, Field(description="By how much it may be worse; at least 0.", ge=0)
    ] = None
    better: Annotated[
        Literal["higher", "lower"] | None,
        Field(description="Which way is better; without it, as the metric's name says."),
    ] = None


Tolerances = dict[
    str,
    Annotated[
        Annotated[Tolerance | None, Tag(MAPPING)]
        | Annotated[Annotated[Number, Field(ge=0)], Tag(SCALAR)],
        Discriminator(lambda it: SCALAR if it is not None and form(it) != MAPPING else MAPPING),
    ],
]


class Requirements(Strict):
    """What the version's annotation at its commit has to say."""

    fields: Annotated[
        Texts | None, Field(description="Fields that have to be there: owner, metrics.auc, ...")
    ] = None
    metrics: Annotated[
        dict[str, BoundText] | None,
        Field(description='Bounds of metrics, each in quotes: auc: ">= 0.9".'),
    ] = None
    inputs: Annotated[
        str | None, Field(description="The stage that the versions among the inputs must hold.")
    ] = None


class StageRequirements(Requirements):
    """What it has to say for a stage, which may hold another version."""

    no_regression: Annotated[
        Annotated[
            Annotated[str, Tag(SCALAR)]
            | Annotated[list[str], Tag(LIST)]
            | Annotated[Tolerances, Tag(MAPPING)],
            Discriminator(_one_of(SCALAR, LIST, MAPPING)),
        ]
        | None,
        Field(description="Metrics that may not be worse than those of the stage's holder."),
    ] = None


class _Gate(Strict):
    """What may have to hold for any event."""

    by: Annotated[Texts | None, Field(description="Principals and roles that may do it.")] = None
    branches: Annotated[
        Texts | None,
        Field(description="Branches, or patterns such as release/*, of which one has the commit."),
    ] = None


class Registration(_Gate):
    """What has to hold for a registration."""

    requires: Requirements | None = None


class Stage(_Gate):
    """What has to hold for a promotion to a stage."""

    requires: StageRequirements | None = None

    after: Annotated[
        Texts | None,
        Field(
            alias="from", description="Stages of which the version has to hold or have held one."
        ),
    ] = None
    approvals: Annotated[
        int | None, Field(description="How many different principals have to approve.", ge=0)
    ] = None
    approvers: Annotated[
        Texts | None, Field(description="Principals and roles whose approval counts.")
    ] = None
    self_approval: Annotated[
        bool | None,
        Field(description="Whether that of who registered or promotes it counts."),
    ] = None
    exclusive: Annotated[
        bool | None, Field(description="Whether one version of an artifact alone may hold it.")
    ] = None


class Principal(Strict):
    """Somebody whom the policy knows."""

    emails: Annotated[Texts | None, Field(description="Their e-mail addresses.")] = None
    keys: Annotated[
        Texts | None,
        Field(description="Their keys: lines of .pub files, fingerprints of OpenPGP keys."),
    ] = None


class SettingsFile(Strict):
    """A .mreg.yaml: the settings of a registry and its policy."""

    push: Annotated[
        bool | None,
        Field(description="Whether events are published where the command does not say."),
    ] = None
    types: Annotated[
        list[str] | None, Field(description="The types that artifacts may have.", min_length=1)
    ] = None
    registry: Annotated[
        RegistryId | None, Field(description="The registry's id, which its tags bear.")
    ] = None
    branch: Annotated[
        str | None, Field(description="The protected branch, whose policy counts.")
    ] = None
    signatures: Annotated[
        Literal["optional", "required"] | None,
        Field(description="Whether every event has to be signed by a principal."),
    ] = None
    principals: Annotated[
        dict[
            str,
            Annotated[
                Annotated[Principal | None, Tag(MAPPING)]
                | Annotated[list[str], Tag(LIST)]
                | Annotated[str, Tag(SCALAR)],
                Discriminator(lambda it: MAPPING if it is None else form(it)),
            ],
        ]
        | None,
        Field(description="Whom the policy knows: name or e-mail address to keys."),
    ] = None
    roles: Annotated[dict[str, Texts] | None, Field(description="The principals of each role.")] = (
        None
    )
    revoked: Annotated[Texts | None, Field(description="Keys that count for nothing.")] = None
    register_: Annotated[
        Registration | None,
        Field(alias="register", description="What has to hold for a registration."),
    ] = None
    stages: Annotated[
        Annotated[
            Annotated[dict[str, Stage | None], Tag(MAPPING)] | Annotated[list[str], Tag(LIST)],
            Discriminator(_one_of(MAPPING, LIST)),
        ]
        | None,
        Field(description="The stages in their order, with what has to hold for each."),
    ] = None


def check(content: dict[str, Any]) -> Iterator[Fault]:
    """Iterate over what is wrong with the shape of a settings file's content."""
    return shapes.check(SettingsFile, content)


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a .mreg.yaml (draft 2020-12)."""
    schema: dict[str, Any] = shapes.brief(SettingsFile.model_json_schema())
    return {"$schema": DIALECT, "title": ".mreg.yaml of mreg", **schema}
