"""Eight policies, which between them ask every question that a gate can ask."""

from __future__ import annotations

from typing import Any

PEOPLE = ("ann", "bob")
VERSIONS = ("v1.0.0", "v2.0.0")
STAGES = ("dev", "prod")

FACTS: dict[str, dict[str, Any]] = {
    "v1.0.0": {
        "type": "model",
        "owner": "ann",
        "auc": 0.95,
        "takes": ["age"],
        "branch": "main",
        "inputs": [],
    },
    "v2.0.0": {
        "type": "dataset",
        "owner": "",
        "auc": 0.85,
        "takes": ["age", "plan"],
        "branch": "side",
        "inputs": ["v1.0.0"],
    },
}
"""What each version is: what its annotation says, which columns it takes (any of them may be left
out), which branch has its commit, and which versions of the same artifact it was made from."""

Policy = dict[str, Any]
"""A policy as the file has it, but for `principals`, which are only named: their keys differ."""

BOTH = {"registry": "acme", "principals": ["ann", "bob"]}
SIGNED = {**BOTH, "signatures": "required"}

POLICIES: dict[str, Policy] = {
    "open": {"registry": "acme", "principals": []},
    "roles": {
        **SIGNED,
        "types": ["model"],
        "roles": {"trainers": ["ann"], "managers": ["bob"]},
        "register": {"by": ["trainers"]},
        "stages": {"dev": {"by": ["ann", "bob"]}, "prod": {"by": ["managers"]}},
    },
    "order": {
        **BOTH,
        "stages": {"dev": {"exclusive": True}, "prod": {"from": ["dev"]}},
    },
    "four eyes": {
        **SIGNED,
        "stages": {"dev": {"approvers": ["bob"], "schema": "compatible"}, "prod": {"approvals": 1}},
    },
    "own words": {
        **BOTH,
        "stages": {
            "dev": {"approvers": ["ann"], "approvals": 1, "self_approval": True},
            "prod": {"approvals": 2, "self_approval": True, "exclusive": True},
        },
    },
    "numbers": {
        **BOTH,
        "stages": {
            "dev": {"requires": {"metrics": {"auc": ">= 0.9"}}},
            "prod": {"requires": {"no_regression": ["auc"]}},
        },
    },
    "contents": {
        **SIGNED,
        "stages": {"dev": {"requires": {"fields": ["owner"]}}, "prod": {"branches": ["main"]}},
    },
    "a stranger": {
        **SIGNED,
        "principals": ["ann"],
        "register": {"branches": ["main", "side"], "requires": {"fields": ["metrics.auc"]}},
        "stages": {"dev": {"by": ["ann"], "requires": {"inputs": "dev"}}},
    },
}
