"""The topics of `mreg help TOPIC`: short texts that need no file and no network.

What the program knows anyway, such as the exit codes, is taken from where it stands.
"""

from __future__ import annotations

from collections.abc import Callable

from mreg.tuples import NamedTuple

WIDTH = 80
"""How many characters a line has at most."""


class Topic(NamedTuple):
    """A topic of the help.

    Attributes:
        about: what it is about, in a few words.
        text: returns its text.
    """

    about: str
    text: Callable[[], str]


def _selectors() -> str:
    return """\
A selector names a version.

  churn            the latest version: the highest by SemVer, even if it is a
                   prerelease
  churn@latest     the same
  churn@release    the latest version that is not a prerelease
  churn@v1.2.0     this version; you can omit the v
  churn#prod       the version that holds the stage prod
  models:churn     the artifact churn in the folder models; its versions are
                   models:churn@v1.2.0 and so on

Most commands also accept the parts as separate words:

  mreg show churn v1.2.0           mreg show churn@v1.2.0
  mreg get churn prod              mreg get churn#prod
  mreg promote churn v1.2.0 prod   mreg promote churn@v1.2.0 prod

Commands that only read accept the end of a name if only one artifact has it:
churn for models:churn. Commands that write need the full name.

`mreg show 'teams/*'` lists the artifacts whose names match a pattern, and
`mreg show teams/` those in a folder.

Quote "#" and "*" in zsh, and "!" in bash: mreg show 'churn#prod'
"""


def _times() -> str:
    return """\
Options such as --at, --since and --until take a time:

  2026-03-03                    a day: its end for --at and --until, its start
                                for --since
  2026-03-03T14:30              a minute in your time zone; a space may replace
                                the T, in quotes
  2026-03-03T14:30:15           a second
  14:30  14:30:15               a time of today
  2026-03-03T14:30Z             a time in UTC
  2026-03-03T14:30+01:00        a time at another offset from UTC
  45m  12h  30d  2w  6mo  1y    that long ago; `30d ago` means the same. A
                                month is 30 days, a year 365

Options such as --timeout and --interval take a duration: 30s, 5m, 1.5h.

Tables show times in your time zone, or in UTC with --utc. You can type a time
from a table: mreg show --at "2026-03-03 15:30+01".
"""


def _json() -> str:
    return """\
Every command that answers a question or records an event has --json.

  - Within a major version of mreg no key is removed, renamed or given another
    meaning. New keys may be added.
  - Nothing is shortened or coloured. In a pipe the output is one line.
  - Times are ISO 8601, with the offset of the person who made the tag.
  - Commit ids are complete. A missing value is null, [] or {}.
  - Errors go to stderr, and stdout is empty. For the exit codes, see
    mreg help exit-codes.

To print a single bare value, use --field:

  mreg show churn#prod --field version
  mreg show churn#prod --field metrics.accuracy
  mreg show --json | jq '.artifacts[].name'
"""


def _policy() -> str:
    return """\
A policy says who may register versions and who may promote them to a stage. It
is part of .mreg.yaml on the protected branch. Without it everything is allowed.

  registry: acme-models                  # an id, which signatures cover
  signatures: required
  principals:
    ann@example.com: ssh-ed25519 AAAA... # the public key
    dan@example.com: ssh-ed25519 AAAA...
  stages:
    staging: {by: [ann@example.com]}
    prod:
      from: staging                      # a version goes through staging first
      by: [dan@example.com]
      approvals: 1
      approvers: [ann@example.com]
      requires: {metrics: {auc: ">= 0.9"}}

  mreg policy                            show the policy in force
  mreg policy check churn@v1.0.0 prod    check a promotion
  mreg approve churn@v1.0.0 prod         approve it
  mreg pending                           list versions that wait for approvals
  mreg hook install pre-receive          enforce the policy on a Git server
  mreg verify --all                      check every recorded event
  mreg verify --all --policy BRANCH      check them against a policy on a branch
  mreg audit                             list who did what, and the verdict
  mreg schema --settings                 print the JSON Schema of .mreg.yaml

For the options of the command `mreg policy`, see mreg policy --help.
"""


def _exit_codes() -> str:
    from mreg.cli.exits import MEANINGS

    codes = "".join(f"  {code:>3}  {said}\n" for code, said in MEANINGS.items())
    return f"""\
{codes}
`mreg doctor`, `mreg validate` and `mreg verify` exit with 1 if they find
errors, `mreg policy check` if a rule is broken, `mreg diff --exit-code` if the
versions differ. Errors go to stderr: the problem, then a hint what to do.
"""


def _glossary() -> str:
    from mreg.cli import glossary

    return glossary.text()


def _annotations() -> str:
    from mreg.annotations import entry

    rows = "".join(_row(it.name, it.about or it.help) for it in entry.TABLE)
    return f"""\
artifacts.yaml describes artifacts, by name. Commit it beside the model: each
version has the metadata of its own commit.

  churn:
    type: model
    path: models/churn.pkl
    metrics: [metrics.json]
    labels: [fraud]

`mreg annotate churn --path models/churn.pkl` writes the file, `mreg validate`
checks it, and `mreg schema` prints its JSON Schema for editors. The fields:

{rows}"""


def _problems() -> str:
    from mreg.core.diagnostics import CATALOGUE

    rows = "".join(_row(code, f"{it.title} ({it.severity})") for code, it in CATALOGUE.items())
    return f"""\
`mreg doctor` lists the problems of the registry, and how to repair them. A
problem in one tag does not affect other tags. The codes:

{rows}"""


def _row(name: str, about: str) -> str:
    import textwrap

    first, rest = f"  {name:<12} ", " " * 15
    return textwrap.fill(about, WIDTH, initial_indent=first, subsequent_indent=rest) + "\n"


def _python() -> str:
    return """\
import mreg

In a training script, after saving the model; prints the next commands:

  mreg.log_artifact("models/churn.skops", metrics={"accuracy": 0.93},
                    inputs=["data/train.csv"], model=churn,
                    example=X_train, target=y_train)

In a program that uses the model; returns the path of the file:

  path = mreg.get("churn#prod", repo="https://git.example.com/models.git")

For everything else, open the registry of a folder or a URL:

  registry = mreg.Registry.open(".")
  print(registry.register("churn", bump="minor"))
  print(registry.promote("churn", "prod"))
  registry.best("churn", "accuracy").version.version     # "v0.2.0"
  registry.annotation("churn#prod").metrics["accuracy"]  # 0.93
  mreg.to_pandas(registry.compare("churn"))

The library does not read MREG_REPO: pass repo= or open its path.
`python -c 'import mreg; help(mreg.Registry)'` lists every method.
"""


TOPICS = {
    "selectors": Topic("how to name a version", _selectors),
    "times": Topic("how to write dates and durations", _times),
    "json": Topic("the format of --json", _json),
    "policy": Topic("who may promote what, and approvals", _policy),
    "exit-codes": Topic("the exit codes of commands", _exit_codes),
    "glossary": Topic("the words; deregister, deprecate, remove and demote", _glossary),
    "annotations": Topic("the fields of artifacts.yaml", _annotations),
    "problems": Topic("the codes that mreg doctor lists", _problems),
    "python": Topic("the library: log_artifact, get and Registry", _python),
}
"""The topics, by name."""
