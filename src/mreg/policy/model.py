"""What `.mreg.yaml` says, as values: the settings of a registry and its policy.

docs/how-to/policy.md explains each; `mreg.policy.file.schema` says how each stands in the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from mreg.tuples import NamedTuple

if TYPE_CHECKING:
    from mreg.render.table import Table

Operator = Literal[">=", ">", "<=", "<", "=="]
Better = Literal["higher", "lower"]
Signatures = Literal["optional", "required"]
Compatibility = Literal["compatible"]


class Principal(NamedTuple):
    """Somebody whom the policy knows.

    Attributes:
        name: what the policy calls them: a name, or an e-mail address.
        emails: the addresses by which an unsigned event is taken for theirs, in lower case.
        keys: their keys: "ssh-ed25519 AAAA..." without the comment, or the fingerprint of an
            OpenPGP key in upper-case hexadecimal digits.
    """

    name: str
    emails: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()


class Bound(NamedTuple):
    """A bound that a metric has to keep, such as `auc: ">= 0.9"`."""

    metric: str
    operator: Operator
    value: float

    def __str__(self) -> str:
        return f"{self.metric} {self.operator} {self.value:g}"


class NoRegression(NamedTuple):
    """A metric that may not be worse than that of the version which holds the stage.

    Attributes:
        metric: its name.
        tolerance: by how much it may be worse all the same; an absolute difference, at least 0.
        better: which way is better; None: as the metric's name is known to mean.
    """

    metric: str
    tolerance: float = 0.0
    better: Better | None = None


class Requirements(NamedTuple):
    """What the version's annotation at its commit has to say.

    Attributes:
        fields: fields that have to be there: `description`, `metrics.auc`, `custom.ticket`.
        bounds: bounds of metrics.
        no_regression: metrics that may not get worse.
        inputs: the stage that the artifacts' versions among its inputs have to hold; None: any.
    """

    fields: tuple[str, ...] = ()
    bounds: tuple[Bound, ...] = ()
    no_regression: tuple[NoRegression, ...] = ()
    inputs: str | None = None

    @property
    def words(self) -> tuple[str, ...]:
        """Each thing that it has to say, in a few words."""
        return (
            *self.fields,
            *map(str, self.bounds),
            *(f"{it.metric} no worse" for it in self.no_regression),
            *((f"inputs in {self.inputs}",) if self.inputs else ()),
        )


class Gate(NamedTuple):
    """What has to hold for a registration, or for a promotion to one stage.

    Attributes:
        by: the principals and roles that may do it; None: anybody.
        requires: what the annotation has to say.
        branches: branches, or patterns of them such as `release/*`, of which one has to have the
            commit; empty: any commit.
        after: the stages of which the version must hold or have held one (`from` in the file);
            empty: none. For promotions alone, as all that follows.
        approvals: how many different principals have to approve.
        approvers: the principals and roles whose approval counts; None: anybody's.
        self_approval: whether the approval of who registered the version, or promotes it, counts.
        exclusive: whether the stage has room for one version of an artifact only.
        schema: what the version's schema has to be beside that of the version which holds the
            stage: compatible, so that nothing breaks its callers; None: anything.
    """

    by: tuple[str, ...] | None = None
    requires: Requirements = Requirements()
    branches: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    approvals: int = 0
    approvers: tuple[str, ...] | None = None
    self_approval: bool = False
    exclusive: bool = False
    schema: Compatibility | None = None

    @property
    def words(self) -> dict[str, str]:
        """What it asks for in words, by the columns of a table; "" for nothing."""
        whose = f" of {_listed(self.approvers)}" if self.approvers else ""
        schema = (f"schema {self.schema}",) if self.schema else ()
        alone = ("only one version",) if self.exclusive else ()
        return {
            "from": _listed(self.after),
            "by": _listed(self.by),
            "approvals": f"{self.approvals}{whose}" if self.approvals else "",
            "branches": _listed(self.branches),
            "requires": "; ".join((*self.requires.words, *schema, *alone)),
        }


def _listed(found: tuple[str, ...] | None) -> str:
    return ", ".join(found or ())


class SentHeader(NamedTuple):
    """A header that an endpoint is sent; in its value `${MREG_ENDPOINT_...}` is a variable."""

    name: str
    value: str


class Endpoint(NamedTuple):
    """Where it can be asked which version of an artifact a stage really runs.

    Attributes:
        url: the address, over http or https; `{name}` in it stands for the artifact, `{stage}`
            for the stage.
        artifacts: the artifacts that are served there, by name or pattern; empty: all of them.
        field: where the answer's JSON names the version: `model.version`; None: where the Open
            Inference Protocol has it, or as `header` says.
        header: the header of the answer that names the version.
        headers: what is sent.
    """

    url: str
    artifacts: tuple[str, ...] = ()
    field: str | None = None
    header: str | None = None
    headers: tuple[SentHeader, ...] = ()

    def serves(self, artifact: str) -> bool:
        """Tell whether an artifact is among those that are served there."""
        return not self.artifacts or any(fnmatchcase(artifact, it) for it in self.artifacts)


class Settings(NamedTuple):
    """What the settings file says; without one, everything is allowed.

    Attributes:
        push: whether what is recorded is published, where the command does not say.
        types: the types that artifacts may have; None: any.
        registry: the registry's id, which its tags bear in their `Registry:` trailer; None: none.
        branch: the protected branch, at whose tip the policy that counts stands; None: the
            default branch.
        signatures: whether every event has to be signed by a principal.
        principals: whom the policy knows, by name.
        roles: the principals of each role.
        revoked: keys that count for nothing, whatever they signed and whenever.
        register: what has to hold for a registration.
        stages: what has to hold for each stage's promotions, in the order of the stages; None:
            any stage is allowed.
        ignore_tags: patterns of tags that are almost the registry's, and are another tool's.
        endpoints: where it can be asked what runs, by stage.
    """

    push: bool = False
    types: frozenset[str] | None = None
    registry: str | None = None
    branch: str | None = None
    signatures: Signatures = "optional"
    principals: Mapping[str, Principal] = MappingProxyType({})
    roles: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    revoked: frozenset[str] = frozenset()
    register: Gate = Gate()
    stages: Mapping[str, Gate] | None = None
    ignore_tags: tuple[str, ...] = ()
    endpoints: Mapping[str, tuple[Endpoint, ...]] = MappingProxyType({})

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metrics that promotions are asked about, those of the last stages first."""
        named: dict[str, None] = {}
        for gate in reversed([*(self.stages or {}).values()]):
            named |= dict.fromkeys(it.metric for it in gate.requires.no_regression)
            named |= dict.fromkeys(it.metric for it in gate.requires.bounds)
        return tuple(named)

    @property
    def names_people(self) -> bool:
        """Whether any rule depends on who somebody is: who acts, or who approves."""
        gates = [self.register, *(self.stages or {}).values()]
        return any(it.by is not None or it.approvals for it in gates)

    def members(self, allowed: tuple[str, ...]) -> frozenset[str]:
        """Return the principals that a list of principals and roles amounts to."""
        return frozenset(name for it in allowed for name in self.roles.get(it, (it,)))

    def by_email(self, email: str) -> str | None:
        """Return the name of the principal with an e-mail address; None if there is none."""
        wanted = email.lower()
        return next((it.name for it in self.principals.values() if wanted in it.emails), None)


class Governing(NamedTuple):
    """The policy in force, and its location.

    Attributes:
        settings: its content.
        branch: the full ref of the branch whose tip contains it; empty if there is none.
        commit: the id of that tip; empty if there is none.
        blob: the id of the file; empty if there is none, and everything is allowed.
    """

    settings: Settings = Settings()
    branch: str = ""
    commit: str = ""
    blob: str = ""


def as_dict(governing: Governing) -> dict[str, Any]:
    """Return a policy in plain values, as JSON has it: dicts, lists, texts and numbers."""
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


def table(settings: Settings) -> Table:
    """Return the gates as a table: that of registrations first, then each stage's."""
    from mreg.core.tables import NOTHING
    from mreg.render.table import Table

    gates = {"(register)": settings.register, **(settings.stages or {})}
    columns = tuple(settings.register.words)
    rows = [(name, *(it or NOTHING for it in gate.words.values())) for name, gate in gates.items()]
    return Table(("stage", *columns), rows, wraps=frozenset(columns))
