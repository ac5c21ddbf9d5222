"""Words of other tools that are no commands here: what each is called in mreg.

Those that mean exactly one thing here, and only read, are aliases (`mreg.cli.commands.ALIASES`).
These mean several things, take their arguments in another form, or write: mreg says which command
to type and does nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from mreg.errors import MregError

_PROMOTE = "mreg promote churn@v1.0.0 prod"
_DEMOTE = "mreg demote churn@v1.0.0 prod"
_ALIAS = "an alias corresponds to a stage in mreg"
_CARD = "mreg export churn@v1.0.0 --format model-card"
_END = "run `mreg deregister NAME@VERSION` to end a version; `mreg help glossary` has the others"

WORDS = {
    # GTO
    "assign": ("promote", _PROMOTE),
    "unassign": ("demote", _DEMOTE),
    "latest": ("show NAME@latest", "mreg show churn@latest --field version"),
    "which": ("show NAME#STAGE", "mreg show churn#prod --field version"),
    "print-state": ("show --json", "mreg show --json"),
    "print-index": ("show --json", "mreg show --json"),
    # DVC
    "add": ("annotate", "mreg annotate churn --path models/churn.pkl"),
    "artifacts": ("get", "mreg get churn@v1.0.0"),
    "checkout": ("get", "mreg get churn@v1.0.0"),
    "exp": ("candidates", "mreg candidates churn"),
    "experiments": ("candidates", "mreg candidates churn"),
    "metrics": ("compare", "mreg compare churn"),
    "params": ("compare", "mreg compare churn"),
    "plots": ("compare --plots", "mreg compare churn@v1.0.0 churn --plots plots.svg"),
    "pull": (
        "fetch or get",
        ("mreg fetch to download the tags, mreg get churn@v1.0.0 to download a file"),
    ),
    # MLflow
    "models": ("show", "mreg show"),
    "versions": ("show NAME", "mreg show churn"),
    "alias": ("promote", f"{_ALIAS}: {_PROMOTE}"),
    "set-alias": ("promote", f"{_ALIAS}: {_PROMOTE}"),
    "delete-alias": ("demote", f"{_ALIAS}: {_DEMOTE}"),
    "transition": ("promote", _PROMOTE),
    "load": ("get", "mreg get churn@v1.0.0"),
    "server": (
        "hook, serve or ui",
        "mreg hook install pre-receive, mreg serve churn#prod, mreg ui",
    ),
    # everywhere
    "card": ("export", _CARD),
    "model-card": ("export", _CARD),
    "create": ("register", "mreg register churn"),
    "publish": ("push", "mreg push"),
    "stage": ("promote or stages", f"{_PROMOTE}, or mreg stages to list the stages"),
    "tag": ("register, promote or annotate --label", "mreg register churn; `mreg help glossary`"),
    "label": ("annotate --label", "mreg annotate churn --label approved-data"),
    "info": ("show", "mreg show churn@v1.0.0"),
    "cat": ("get -o -", "mreg get churn@v1.0.0 -o -"),
    "delete": ("deregister, demote, deprecate or remove", _END),
    "rm": ("deregister, demote, deprecate or remove", _END),
    "unregister": ("deregister", "mreg deregister churn@v1.0.0"),
    "archive": ("deprecate", "mreg deprecate churn"),
    "revert": ("rollback", "mreg rollback churn prod"),
    "check": ("validate, doctor or verify", "mreg validate, mreg doctor, mreg verify --all"),
    "lint": ("validate", "mreg validate"),
    "clone": ("--repo URL", "mreg show --repo https://git.example.com/models.git"),
}
"""By the word: what it is called here, and what to type."""

_COMPARED = "mreg compare NAME shows the metrics and params of its versions"

OPTIONS = {
    **dict.fromkeys((("site", "--to"), ("site", "-o")), "name the folder: mreg site public"),
    ("search", "--sort"): "mreg compare NAME --sort METRIC sorts the versions of an artifact",
    ("compare", "--where"): "mreg search 'EXPRESSION', or mreg best NAME METRIC --where EXPRESSION",
    ("stages", "--stage"): (
        "mreg stages lists all stages; mreg history --stage prod lists the events of one"
    ),
    ("pending", "--stage"): "mreg pending lists all stages, mreg pending NAME those of an artifact",
    ("policy", "--policy"): (
        "mreg verify --all --policy REV checks the recorded events against the policy of a commit"
    ),
    ("get", "--to"): "use -o PATH: mreg get churn@v1.0.0 -o models/",
    ("show", "--metric"): _COMPARED,
    ("show", "--metrics"): _COMPARED,
    ("show", "--param"): _COMPARED,
    ("show", "--params"): _COMPARED,
}
"""By a command, and an option that it does not have: what does what the option promises."""


MORE = {
    "mreg deprecate": "mreg deregister churn@v1.0.0 ends a single version",
    "mreg status": "mreg status churn --stage prod",
    "mreg watch": (
        "mreg watch --repo ../models.git --artifact churn --stage prod --exec ./deploy.sh"
    ),
}
"""By a command: how to say what people say with more words than it takes."""


def explained(word: str, more: Sequence[str] = ()) -> tuple[str, str] | None:
    """Return what a word of another tool is called here, as a message and a hint; None if none.

    Args:
        word: the word.
        more: what was typed behind it.
    """
    if word not in WORDS:
        return None
    name, example = WORDS[word]
    return f"`{word}` is called {name} in mreg", _filled(example, more)


_FORMS = ("churn@v1.0.0 prod", "churn@v1.0.0", "churn#prod", "churn@latest", "churn prod", "churn")
"""The ways in which examples name an artifact and a part of it; the longer ones come first."""


def _filled(example: str, words: Sequence[str]) -> str:
    """Return an example with what was typed in place of its own artifact; else as it is."""
    form = next((it for it in _FORMS if it in example), None)
    if form is None or example.count("churn") > 1 or any(it.startswith("-") for it in words):
        return example
    try:
        return example.replace(form, _meant(form, words) or form)
    except MregError:  # it is not clear what is meant, or no name of anything
        return example


def _meant(form: str, words: Sequence[str]) -> str | None:
    """Return what words mean, in the form of an example; None where they have another."""
    from mreg.cli import typed
    from mreg.core import names
    from mreg.core.queries import parse_selector

    match form, *words:
        case "churn@v1.0.0 prod", name, second, *third if len(third) <= 1:
            version, stage = typed.promotion("promote", name, second, "".join(third) or None)
            return f"{parse_selector(version)} {names.stage(stage)}"
        case "churn@v1.0.0" | "churn#prod", name, *which if len(which) <= 1:
            found = parse_selector(typed.selector(name, "".join(which)))
            return None if found.plain else str(found)
        case "churn prod", name, stage:
            return f"{names.artifact(name)} {names.stage(stage)}"
        case "churn@latest" | "churn", name:
            return names.artifact(name) + form.removeprefix("churn")
    return None
