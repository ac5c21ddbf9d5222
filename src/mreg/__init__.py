"""mreg: a Git-native model registry.

Versions and stages of models are annotated Git tags; each query computes the state from the Git
history. Start with `Registry.open`:

>>> import mreg
>>> registry = mreg.Registry.open("path/to/repository")
>>> registry.resolve("churn#prod").version
'v1.2.0'

The errors are in `mreg.errors`. Names are loaded when they are first used, so importing mreg takes
almost no time.
"""

from __future__ import annotations

TYPE_CHECKING = False  # the one of `typing`, which takes longer to load than `mreg --version`
if TYPE_CHECKING:
    from mreg import errors as errors
    from mreg.annotations.entry import Annotation as Annotation
    from mreg.annotations.entry import Described as Described
    from mreg.annotations.entry import Framework as Framework
    from mreg.annotations.entry import Input as Input
    from mreg.catalog import Catalog as Catalog
    from mreg.changelog.changelog import Changelog as Changelog
    from mreg.changelog.changelog import Release as Release
    from mreg.compare.comparison import Best as Best
    from mreg.compare.comparison import Comparison as Comparison
    from mreg.compare.diff import Diff as Diff
    from mreg.core.diagnostics import Diagnostic as Diagnostic
    from mreg.core.diagnostics import Problem as Problem
    from mreg.core.queries import Events as Events
    from mreg.core.queries import Record as Record
    from mreg.core.queries import Stages as Stages
    from mreg.core.queries import StageSummary as StageSummary
    from mreg.core.queries import Version as Version
    from mreg.core.standing import Holder as Holder
    from mreg.errors import MregError as MregError
    from mreg.export.material import Exported as Exported
    from mreg.lineage.graph import Lineage as Lineage
    from mreg.net.network import Network as Network
    from mreg.registry import Registry as Registry
    from mreg.registry.artifact import Artifact as Artifact
    from mreg.registry.artifact import Details as Details
    from mreg.registry.content import Environment as Environment
    from mreg.registry.content import Followed as Followed
    from mreg.registry.content import Got as Got
    from mreg.registry.registry import get as get
    from mreg.render.frames import to_pandas as to_pandas
    from mreg.search.found import Found as Found
    from mreg.search.found import Results as Results
    from mreg.store.publish import Fetched as Fetched
    from mreg.worktree.edit import Edited as Edited
    from mreg.worktree.log import log_artifact as log_artifact

__version__ = "0.1.0"

_HOMES = {
    "Annotation": "mreg.annotations.entry",
    "Artifact": "mreg.registry.artifact",
    "Best": "mreg.compare.comparison",
    "Catalog": "mreg.catalog",
    "Changelog": "mreg.changelog.changelog",
    "Comparison": "mreg.compare.comparison",
    "Described": "mreg.annotations.entry",
    "Details": "mreg.registry.artifact",
    "Diagnostic": "mreg.core.diagnostics",
    "Diff": "mreg.compare.diff",
    "Edited": "mreg.worktree.edit",
    "Environment": "mreg.registry.content",
    "Events": "mreg.core.queries",
    "Exported": "mreg.export.material",
    "Fetched": "mreg.store.publish",
    "Followed": "mreg.registry.content",
    "Found": "mreg.search.found",
    "Framework": "mreg.annotations.entry",
    "Got": "mreg.registry.content",
    "Holder": "mreg.core.standing",
    "Input": "mreg.annotations.entry",
    "Lineage": "mreg.lineage.graph",
    "MregError": "mreg.errors",
    "Network": "mreg.net.network",
    "Problem": "mreg.core.diagnostics",
    "Record": "mreg.core.queries",
    "Registry": "mreg.registry",
    "Release": "mreg.changelog.changelog",
    "Results": "mreg.search.found",
    "Stages": "mreg.core.queries",
    "StageSummary": "mreg.core.queries",
    "Version": "mreg.core.queries",
    "get": "mreg.registry.registry",
    "log_artifact": "mreg.worktree.log",
    "to_pandas": "mreg.render.frames",
}

__all__ = [*_HOMES, "errors"]  # noqa: PLE0604 - a test holds it against the imports above


def __getattr__(name: str) -> object:
    """Load a public name from its home when it is first used (PEP 562)."""
    from importlib import import_module

    if name == "errors":
        return import_module("mreg.errors")
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'mreg' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
