"""What containers that run `mreg serve` in a cluster have in common.

Source: https://kubernetes.io/docs/concepts/security/pod-security-standards/, "Restricted".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mreg.package import manifests
from mreg.package.dockerfile import PORT, USER

RESTRICTED: dict[str, Any] = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "readOnlyRootFilesystem": True,
    "runAsNonRoot": True,
    "runAsUser": USER,
    "seccompProfile": {"type": "RuntimeDefault"},
}
"""What a container may do: nothing but run."""

TMP: dict[str, Any] = {"name": "tmp", "emptyDir": {}}
"""The volume for what a container writes."""


def _probe(path: str, **more: int) -> dict[str, Any]:
    return {"httpGet": {"path": path, "port": PORT}, **more}


PROBES: dict[str, Any] = {
    # A model of many gigabytes is fetched first: ten minutes.
    "startupProbe": _probe("/v2/health/ready", periodSeconds=5, failureThreshold=120),
    "readinessProbe": _probe("/v2/health/ready", periodSeconds=5, failureThreshold=2),
    "livenessProbe": _probe("/v2/health/live", periodSeconds=10, failureThreshold=6),
}
"""What the cluster asks of a server, at the paths of the Open Inference Protocol."""


def words(said: Sequence[str]) -> list[str]:
    """Return a command line's words."""
    return [manifests.argument(it) for it in said]
