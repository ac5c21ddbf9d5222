"""A bill of materials in CycloneDX 1.6: a model, what went into it, and what it requires.

The same tag gives the same document: its time is that of the registration, its serial number is
derived from the tag object's id, and nothing that changes later is in it, such as stages.

A digest counts as a hash only where it is one of the bytes themselves: what Git LFS and an input's
`sha256` say. Git's own ids are of a header and the bytes, and DVC's may be of a listing or of lines
whose ends were changed: those are properties.
Sources: https://cyclonedx.org/docs/1.6/json/ and https://cyclonedx.org/capabilities/mlbom/
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from ipaddress import AddressValueError, IPv6Address
from typing import Any
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

from mreg.export import material, requirements, spdx
from mreg.export.material import InputEdge, Material
from mreg.export.requirements import Requirement
from mreg.lineage.graph import Node
from mreg.render import json as render_json
from mreg.render import numbers
from mreg.schemas import listing
from mreg.schemas.model import ModelSchema

SCHEMA = "http://cyclonedx.org/schema/bom-1.6.schema.json"

Json = dict[str, Any]

_SHA2 = re.compile(r"sha(?P<bits> 256 | 384 | 512 ):(?P<hex> [0-9a-fA-F]{64,128} )", re.VERBOSE)
_URL = re.compile(
    r"""
    (?P<site>
        [A-Za-z][A-Za-z0-9+.-]* ://
        (?: [\w.~!$&'()*+,;=:-]* @ )?
        (?: [\w.~!$&'()*+,;=-]* | \[ (?P<six> [0-9A-Fa-f:]+ ) \] )
        (?: : [0-9]* )?
    )
    (?P<rest> (?: [/?\#] .* )? )
    """,
    re.VERBOSE | re.ASCII | re.DOTALL,
)
_CONSIDERATIONS = ("users", "useCases", "technicalLimitations", "performanceTradeoffs")


def text(it: Material) -> str:
    """Return the document."""
    return f"{render_json.dumps(document(it), pretty=True)}\n"


def document(it: Material) -> Json:
    """Return the document as plain values."""
    libraries = _libraries(it)
    things = {source.node.id: _thing(source, it) for source in material.sources(it.lineage)}
    for root in it.lineage.roots:  # which may be among what it was made from, in a cycle
        things.pop(root, None)
    components = [*things.values(), *libraries]
    return {
        "$schema": SCHEMA,
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid5(NAMESPACE_URL, f'git:{it.event.oid}')}",
        "version": 1,
        "metadata": {
            "timestamp": it.version.created_at.isoformat(),
            "tools": {
                "components": [{"type": "application", "name": "mreg", "version": it.made_by}]
            },
            "component": _subject(it),
        },
        **_if(components=components),
        "dependencies": _dependencies(it, [each["bom-ref"] for each in libraries]),
        **_if(
            compositions=[{"aggregate": "incomplete", "assemblies": [_ref(it)]}] * it.lineage.cut
        ),
    }


def _if(**fields: Any) -> Json:
    """Return the fields that say anything."""
    return {key: value for key, value in fields.items() if value}


def _ref(it: Material) -> str:
    return it.lineage.roots[0]


# The model


def _subject(it: Material) -> Json:
    said = it.annotation
    kind = {"type": "data"} if it.is_data else {"type": "machine-learning-model"}
    return {
        **kind,
        "bom-ref": _ref(it),
        "name": it.version.artifact,
        "version": it.label,
        **_if(
            description=said.description,
            hashes=_hashes(it.digest),
            licenses=_licenses(said.license),
            externalReferences=_references(said.path, "distribution"),
            **({"data": [_data(it.version.artifact, None)]} if it.is_data else {}),
            modelCard=None if it.is_data else _model_card(it),
            properties=_properties(_about(it)),
            tags=list(dict.fromkeys(said.labels)),
        ),
    }


def _about(it: Material) -> Iterator[tuple[str, str | None]]:
    """Iterate over what CycloneDX has no field for."""
    said = it.annotation
    yield "type", said.type
    yield "tag", it.version.tag
    yield "commit", it.version.commit
    yield "registered by", it.version.author
    yield "path", said.path
    yield "digest", it.digest
    yield from material.listed(said, but=("framework", "license"))  # which have places of their own
    for name, value in numbers.flat(said.params).items():
        yield f"param:{name}", numbers.shown(value)
    if said.schema is not None:
        yield "schema", json.dumps(numbers.plain(said.schema.plain()), default=str)
    if said.signature is not None:
        yield "signature", json.dumps(numbers.plain(said.signature), default=str)


def _properties(found: Iterator[tuple[str, str | None]]) -> list[Json]:
    return [{"name": f"mreg:{name}", "value": value} for name, value in found if value]


def _model_card(it: Material) -> Json:
    """Return what CycloneDX says of models alone."""
    sets = [{"ref": each.node.id} for each in material.inputs(it) if _kind(each) == "data"]
    metrics = [{"type": name, "value": numbers.shown(value)} for name, value in it.metrics.items()]
    return _if(
        modelParameters=_if(task=it.task, datasets=sets, **_formats(it.annotation.schema)),
        quantitativeAnalysis=_if(performanceMetrics=metrics),
        considerations=_considerations(it.annotation.custom),
    )


def _formats(said: ModelSchema | None) -> Json:
    """Return the inputs and outputs, each column or tensor as a format: "age: int64 or null"."""
    found = listing.of_model(said) if said else {}
    return {
        f"{side}s": [{"format": f"{it.name}: {it.words}" if it.name else it.words} for it in parts]
        for side, parts in found.items()
    }


def _considerations(custom: Any) -> Json:
    """Return what the annotation's `custom` field says under `considerations`: lists of texts."""
    said = custom.get("considerations") if isinstance(custom, dict) else None
    lists = {key: said.get(key) for key in _CONSIDERATIONS} if isinstance(said, dict) else {}
    return {
        key: [each for each in value if isinstance(each, str)]
        for key, value in lists.items()
        if isinstance(value, list) and any(isinstance(each, str) for each in value)
    }


def _licenses(text: str | None) -> list[Json]:
    if not text:
        return []
    known = spdx.canonical(text)
    if known and not spdx.is_identifier(known):
        return [{"expression": known}]
    return [{"license": {"id": known} if known else {"name": text}}]


def _hashes(digest: str | None) -> list[Json]:
    found = _SHA2.fullmatch(digest or "")
    return [{"alg": f"SHA-{found['bits']}", "content": found["hex"].lower()}] if found else []


def _references(address: str | None, kind: str) -> list[Json]:
    found = _address(address)
    return [{"type": kind, "url": found}] if found else []


def _address(text: str | None) -> str | None:
    """Return a URL as RFC 3987 wants it: what may not be in one is escaped."""
    found = _URL.fullmatch(text or "")
    if found is None or not _is_ipv6(found["six"] or "::"):
        return None
    place, mark, fragment = found["rest"].partition("#")
    return f"{found['site']}{_escaped(place)}{mark}{_escaped(fragment)}"


def _is_ipv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except AddressValueError:
        return False
    return True


def _escaped(text: str) -> str:
    return re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", quote(text, safe="%:/?@!$&'()*+,;=-._~"))


# What went into it


def _kind(source: InputEdge) -> str:
    """Return what CycloneDX calls a thing that went into another."""
    if source.kind == "code" or source.role == "code":
        return "file"
    if source.role == "base" or source.node.facts.get("type") == "model":
        return "machine-learning-model"
    return "data"


def _thing(source: InputEdge, it: Material) -> Json:
    node, kind = source.node, _kind(source)
    digest = material.digest(node, it.contents)
    return {
        "type": kind,
        "bom-ref": node.id,
        **_named(node),
        **_if(
            hashes=_hashes(digest),
            externalReferences=_references(_where(node), "distribution"),
            data=[_data(node.label, _where(node))] if kind == "data" else None,
            properties=_properties(_about_thing(source, digest)),
        ),
    }


def _named(node: Node) -> Json:
    """Return the name and the version of a thing."""
    facts = node.facts
    if facts.get("artifact"):
        return {"name": facts["artifact"], "version": facts["version"] or facts["commit"]}
    name, _, version = str(facts.get("selector") or node.label).partition("@")
    if node.kind in ("foreign", "version") and version:
        return {"name": name, "version": version}
    return {"name": node.label, **_if(version=facts.get("rev"))}


def _where(node: Node) -> str | None:
    return _address(node.facts.get("url") or node.facts.get("repo"))


def _data(name: str, address: str | None) -> Json:
    contents = {"contents": {"url": address}} if address else {}
    return {"type": "dataset", "name": name, **contents}


def _about_thing(source: InputEdge, digest: str | None) -> Iterator[tuple[str, str | None]]:
    facts = source.node.facts
    yield "role", source.role
    yield "path", facts.get("path")
    yield "commit", facts.get("commit")
    yield "digest", digest
    yield "note", source.node.note


# What it requires


def _libraries(it: Material) -> list[Json]:
    """Return the framework, unless it is among the packages that are required, and these."""
    required = {each.text: each for each in requirements.read(it.requirements)}.values()
    framework = it.annotation.framework
    name = framework.name if framework else None
    found: list[Json] = []
    if framework and name and requirements.normalized(name) not in {each.name for each in required}:
        version = _if(version=framework.version)
        found = [{"type": "framework", "bom-ref": f"framework:{name}", "name": name, **version}]
    return [*found, *map(_library, required)]


def _library(it: Requirement) -> Json:
    return {
        "type": "library",
        "bom-ref": f"requirement:{it.text}",
        "name": it.name,
        **_if(version=it.version, purl=it.purl),
        "properties": [{"name": "mreg:requirement", "value": it.text}],
    }


# How they hang together


def _dependencies(it: Material, libraries: Sequence[str]) -> list[Json]:
    """Return, for each thing, what went into it."""
    into: dict[str, dict[str, None]] = {_ref(it): {}}
    for source in material.sources(it.lineage):
        into.setdefault(source.into, {})[source.node.id] = None
        into.setdefault(source.node.id, {})
    into[_ref(it)].update(dict.fromkeys(libraries))
    into.update((it, {}) for it in libraries)
    return [
        {"ref": ref, **_if(dependsOn=[other for other in others if other != ref])}
        for ref, others in into.items()
    ]
