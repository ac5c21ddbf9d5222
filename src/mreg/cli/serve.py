"""`mreg serve`: a version as a service that follows its stage, and how such a service stands."""

from __future__ import annotations

import gc
import os
import sys
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from mreg.cli import online, options, output, server, typed
from mreg.cli.exits import DONE, REFUSED
from mreg.cli.parameters import Argument, Flag, Option
from mreg.core import queries
from mreg.errors import UsageError
from mreg.registry import Registry
from mreg.render.escape import line

if TYPE_CHECKING:
    from mreg.serve.server import ServeOptions
    from mreg.serve.source import VersionSource
    from mreg.serve.status import ServedStatus

_STATUS = "status"
_CONTAINER = "serve"
"""The word with which SageMaker starts a container: `docker run IMAGE serve`."""

_HERE = "127.0.0.1"
_URL = "http://127.0.0.1:8080"

_What: TypeAlias = Annotated[
    str,
    Argument(
        "NAME#STAGE",
        "What to serve: NAME#STAGE (follows the stage), NAME@v1.2.0, or ./FOLDER/version, with the"
        " FOLDER of `mreg package --as dockerfile`. Or `status`.",
        complete=options.selectors,
    ),
]
_Url: TypeAlias = Annotated[
    str | None,
    Argument("[URL]", "With `status`: the server's address.", show_default=_URL),
]
_Host: TypeAlias = Annotated[str, Option("--host", "ADDRESS", "The address to listen on.")]
_Port: TypeAlias = Annotated[
    int, Option("--port", "N", "The port to listen on; 0 means any free port.", min=0, max=65535)
]
_Interval: TypeAlias = Annotated[
    float, options.duration("--interval", "The interval for checking the stage.")
]
_TrustPickle: TypeAlias = Annotated[
    bool,
    Flag("--trust-pickle", "Load formats that can run any code: pickle, joblib."),
]
_Loader: TypeAlias = Annotated[
    str | None,
    Option("--loader", "MODULE:FUNCTION", "Your function that loads the model from a path."),
]
_Method: TypeAlias = Annotated[
    str | None,
    Option("--method", "NAME", "The model's method to call.", show_default="predict"),
]
_Shadow: TypeAlias = Annotated[
    str | None,
    Option(
        "--shadow",
        "NAME#STAGE",
        "Also send each request to this version, and count differences.",
        complete=options.selectors,
    ),
]
_Sagemaker: TypeAlias = Annotated[
    bool, Flag("--sagemaker", "Answer /ping and /invocations, for SageMaker.")
]
_MaxBody: TypeAlias = Annotated[
    str, Option("--max-body", "SIZE", "The size limit for the body of a request.")
]
_Workers: TypeAlias = Annotated[
    int,
    Option("--workers", "N", "The number of requests to answer at the same time.", min=1, max=256),
]


def serve(
    what: _What,
    url: _Url = None,
    repo: options.Repo = ".",
    host: _Host = _HERE,
    port: _Port = 8080,
    interval: _Interval = 1.0,
    trust_pickle: _TrustPickle = False,
    loader: _Loader = None,
    method: _Method = None,
    shadow: _Shadow = None,
    sagemaker: _Sagemaker = False,
    max_body: _MaxBody = "64MiB",
    workers: _Workers = 2,
    offline: options.Offline = False,
    json: options.Json = False,
) -> None:
    """Serve a version over REST, and follow its stage.

    A promotion or a rollback deploys the new version. It supports the Open Inference Protocol
    (V2) and V1, on KServe's own server: mreg[serve]. `mreg serve status [URL]` checks whether a
    server serves the version that the registry has; the exit code is 1 if not.

    Examples:
        mreg serve churn#prod
        mreg serve status
    """
    if what == _STATUS:
        _print_status(url or _URL, json=json)
    if what == _CONTAINER:
        what, sagemaker = _model_folder(), True
        host = "0.0.0.0" if host == _HERE else host  # noqa: S104 - a container's, which SageMaker asks
    if url is not None:
        whole = typed.selector(what, url)
        raise UsageError(f"{url} can only follow `mreg serve status`", hint=f"mreg serve {whole}")
    if json:
        raise UsageError("--json can only be used with `mreg serve status`", hint="omit it")
    most = online.as_bytes(max_body, "--max-body")
    _check(what, shadow)
    from mreg.serve import installed

    installed.check()  # before the modules that import what may be missing
    from mreg.serve.loaded import LoadOptions
    from mreg.serve.server import ServeOptions

    load = LoadOptions(loader, trust_pickle, method)
    online.limit_cache()
    network = online.network()._replace(prompts=False, notice=_say)

    def source(selector: str) -> VersionSource:
        from mreg.serve.packaged import PackagedSource, is_folder
        from mreg.serve.source import RegistrySource

        if is_folder(selector):
            return PackagedSource(selector)

        return RegistrySource(Registry.open(repo, network=network), selector, offline=offline)

    wanted = ServeOptions(host, port, interval, load, most, sagemaker, workers)
    _run(wanted, source(what), source(shadow) if shadow else None)


def _model_folder() -> str:
    """Return the folder with the packaged version that a container on SageMaker serves.

    That is what SageMaker has put there, else the image's own.

    Raises:
        UsageError: there is none.
    """
    from pathlib import Path

    from mreg.serve.packaged import FOLDER

    given = Path(os.environ.get("SM_MODEL_DIR") or "/opt/ml/model").absolute()
    try:
        if any(given.iterdir()):
            return str(given)
    except (FileNotFoundError, NotADirectoryError):
        pass
    except OSError:  # whoever reads it says why that cannot be
        return str(given)
    own = Path(FOLDER).absolute()
    if not own.is_dir():
        raise UsageError(
            f"there is no model in {line(str(given))}, where SageMaker puts it, nor in "
            f"{line(str(own))}",
            hint="use an image of `mreg package --as dockerfile`; to serve from a registry, "
            "run `mreg serve NAME#STAGE`",
        )
    return str(own)


def _check(what: str, shadow: str | None) -> None:
    """Refuse what names no version and no stage."""
    from mreg.serve.packaged import is_folder

    for it in filter(None, (what, shadow)):
        if not is_folder(it) and queries.parse_selector(it).plain:
            raise UsageError(
                f"{it} is neither a stage nor a version",
                hint=f"write {it}#prod to follow a stage, or {it}@v1.2.0",
            )


def _run(wanted: ServeOptions, source: VersionSource, shadow: VersionSource | None) -> None:
    """Serve until somebody ends it; a prediction that does not end is not waited for."""
    from mreg.serve.server import serve as run

    gc.enable()  # it runs for long
    sys.argv[1:] = []  # KServe reads it when it is imported
    # Where Python looks for modules, as in `python -m`: not in a folder that nobody trusts.
    if (wanted.load.loader or wanted.load.trust_pickle) and "" not in sys.path:
        sys.path.insert(0, "")
    try:
        has_ended = run(source, wanted, _say, _ready, shadow=shadow)
    except OSError as error:
        raise server.refusal(wanted.port, error) from None
    if not has_ended:
        sys.stdout.flush()
        os._exit(DONE)


def _say(text: str) -> None:
    from mreg.core import times

    output.talk(f"{times.now():%Y-%m-%dT%H:%M:%SZ} {line(text)}")


def _ready(address: str) -> None:
    output.data(address)
    sys.stdout.flush()


def _print_status(url: str, *, json: bool) -> None:
    """Print how a server stands, and end: with 1 if it does not serve what it should."""
    from mreg.serve import status

    found = status.ask(url, online.network()._replace(seconds=10.0))
    if json:
        output.as_json({**found.said, "url": found.url, "well": found.well})
    else:
        output.data("\n".join(map(line, _lines(found))))
    raise SystemExit(DONE if found.well else REFUSED)


def _lines(found: ServedStatus) -> list[str]:
    said = found.said
    lines = _of_one(said["served"])
    if said.get("shadow"):
        lines += [f"shadow: {it}" for it in _of_one(said["shadow"])]
    return lines


def _of_one(it: dict[str, Any]) -> list[str]:
    from mreg.core import times
    from mreg.render import moments

    served, wanted = it["served"], it["wanted"]
    name = _named(served) if served else "nothing"
    lines = [f"{it['selector']}: serving {name}"]
    if it["failing_since"] is not None:
        fault = f"cannot serve {_named(wanted)}" if wanted else "cannot read the registry"
        since = moments.minute(times.moment(int(it["failing_since"])))
        lines.append(f"{fault} (since {since}): {it['error']}")
    if it["remark"]:
        lines.append(f"note: {it['remark']}")
    return lines


def _named(version: dict[str, Any]) -> str:
    return f"{version['artifact']} {version['version'] or version['commit']}"
