"""A stage as a Deployment and a Service: each replica follows the stage by itself.

A promotion or a rollback changes nothing in the cluster, so the manifest stays the same for good.
"""

from __future__ import annotations

from typing import Any

from mreg.core import queries
from mreg.errors import UsageError
from mreg.net import urls
from mreg.package import ClusterOptions, Packaged, PackageRequest, manifests
from mreg.package.dockerfile import PORT, USER
from mreg.package.manifests import Manifest
from mreg.package.pods import PROBES, RESTRICTED, TMP, words
from mreg.render import escape

_CACHE = "/var/cache/mreg"
_LOGIN = "/etc/mreg/login"

_HEADING = (
    "Each replica follows the stage: a promotion does not change this file.",
    "Made by mreg package --as kubernetes.",
)


def package(request: PackageRequest) -> Packaged:
    """Package a stage as a Deployment that follows it, and a Service.

    Raises:
        UsageError: no stage is named, or an option is not right.
        NotFound: nothing is in that stage.
        Refused: another one would have the same name.
    """
    options = request.cluster
    manifests.checked(options)
    asked = queries.parse_selector(request.selector)
    if asked.stage is None:
        raise UsageError(
            f"{asked} is not a stage, and a Deployment follows a stage",
            hint=f"write {asked.artifact}#STAGE; or use --as kserve or --as dockerfile for a "
            "version",
        )
    image = manifests.image(options.image)
    with request.registry as registry:
        holder = registry.resolve(request.selector)
        others = [f"{name}#{it.stage}" for it in registry.stages() for name in it.holders]
    selector = f"{holder.artifact}#{asked.stage}"
    called = manifests.chosen(options.name, selector, others)
    url = manifests.url(request)
    said = _said(called, holder.artifact, asked.stage, options)
    documents = [_deployment(said, selector, url, image, options), _service(said)]
    written = manifests.text((f"{selector} of {url}", *_HEADING), documents)
    found = Packaged(
        request.kind, holder.artifact, holder.version or "", holder.tag, holder.commit, None
    )
    return manifests.put(request, found, written, called)


def _said(called: str, artifact: str, stage: str, options: ClusterOptions) -> Manifest:
    """Return what both documents say of themselves."""
    return {
        "name": called,
        **({"namespace": options.namespace} if options.namespace else {}),
        "labels": {
            **_selecting(called),
            "app.kubernetes.io/managed-by": "mreg",
        },
        "annotations": {"dev.mreg.artifact": artifact, "dev.mreg.stage": stage},
    }


def _selecting(called: str) -> dict[str, str]:
    return {"app.kubernetes.io/name": "mreg-serve", "app.kubernetes.io/instance": called}


def _deployment(
    said: Manifest, selector: str, url: str, image: str, options: ClusterOptions
) -> Manifest:
    chosen = _selecting(said["name"])
    pod: Manifest = {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER,
            "runAsGroup": USER,
            "fsGroup": USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [_container(selector, url, image, options)],
        "volumes": [TMP, {"name": "cache", "emptyDir": {}}, *_secret(options)],
    }
    if options.spread:
        pod["topologySpreadConstraints"] = [
            {
                "maxSkew": 1,
                "topologyKey": options.spread,
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {"matchLabels": chosen},
            }
        ]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": said,
        "spec": {
            "replicas": options.replicas,
            "selector": {"matchLabels": chosen},
            "strategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1},
            },
            "template": {"metadata": {"labels": said["labels"]}, "spec": pod},
        },
    }


def _container(selector: str, url: str, image: str, options: ClusterOptions) -> Manifest:
    serve = [selector, "--repo", url, "--host", "0.0.0.0", "--port", str(PORT)]  # noqa: S104
    if options.trust_pickle:
        serve.append("--trust-pickle")
    mounts = [
        {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108
        {"name": "cache", "mountPath": _CACHE},
        *([{"name": "login", "mountPath": _LOGIN, "readOnly": True}] if options.secret else []),
    ]
    return {
        "name": "server",
        "image": image,
        "command": ["mreg", "serve"],
        "args": words(serve),
        "env": [
            {"name": "HOME", "value": "/tmp"},  # noqa: S108
            {"name": "MREG_CACHE_DIR", "value": _CACHE},
            *(_login(url) if options.secret else []),
        ],
        "ports": [{"name": "http", "containerPort": PORT, "protocol": "TCP"}],
        **PROBES,
        "resources": manifests.resources(options),
        "securityContext": RESTRICTED,
        "volumeMounts": mounts,
    }


def _secret(options: ClusterOptions) -> list[Manifest]:
    if not options.secret:
        return []
    # 0440: the group is that of the pod, by fsGroup.
    return [{"name": "login", "secret": {"secretName": options.secret, "defaultMode": 0o440}}]


def _login(url: str) -> list[dict[str, Any]]:
    """Return the settings with which Git logs in by what a Secret holds, at that host alone.

    The Secret is of the type kubernetes.io/basic-auth for https, and of kubernetes.io/ssh-auth,
    with `known_hosts` beside the key, for ssh.
    """
    found = urls.parse(url)
    if found.transport == "ssh":
        command = (
            f"ssh -i {_LOGIN}/ssh-privatekey -o IdentitiesOnly=yes -o StrictHostKeyChecking=yes"
            f" -o UserKnownHostsFile={_LOGIN}/known_hosts"
        )
        return [{"name": "GIT_SSH_COMMAND", "value": command}]
    if found.transport != "https":
        raise UsageError(
            f"--secret sets a login, but {escape.line(url)} does not use one",
            hint="omit --secret, or use --source with an https or ssh URL",
        )
    host = "/".join(found.shown.split("/")[:3])
    # Not by echo, which takes some shells' way of writing a line feed for one.
    helper = (
        '!f() { test "$1" = get && printf "username=%s\\npassword=%s\\n"'
        f' "$(cat {_LOGIN}/username)" "$(cat {_LOGIN}/password)"; }}; f'
    )
    settings = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"credential.{host}.helper",
        "GIT_CONFIG_VALUE_0": helper,
    }
    return [{"name": key, "value": manifests.argument(it)} for key, it in settings.items()]


def _service(said: Manifest) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": said,
        "spec": {
            "type": "ClusterIP",
            "selector": _selecting(said["name"]),
            "ports": [{"name": "http", "port": 80, "targetPort": "http", "protocol": "TCP"}],
        },
    }
