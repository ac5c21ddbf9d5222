"""`mreg describe`: what a version is, as its own commit says."""

from __future__ import annotations

from mreg.annotations import values
from mreg.cli import full, online, options, output, typed, view
from mreg.registry import documents


@view.shows_text
def describe(
    selector: options.Selector,
    which: options.Which = None,
    repo: options.Repo = ".",
    rev: options.Rev = None,
    field: options.Field = None,
    fetch: options.Fetch = False,
    json: options.Json = False,
) -> None:
    """Show the annotation of a version at its own commit.

    `mreg show NAME@VERSION` prints the same. Here NAME alone means the latest version, or HEAD
    before the first version. A FIELD is type, path, metrics, metrics.accuracy, framework.name,
    ...

    Examples:
        mreg describe churn@v1.0.0
        mreg describe churn --field metrics.accuracy
    """
    selector = typed.selector(selector, which)
    registry = online.registry(repo)
    with online.fetching(wanted=fetch) as fetched:
        found = registry.describe(selector, rev=rev or None, fetch=fetched)
    if field:
        output.data(output.bare(values.look_up(found.annotation, field, of=selector)))
    elif json:
        output.as_json(documents.description(found))
    elif found.version and rev is None:
        full.show(registry, registry.resolve(selector), found.annotation)
    else:
        pairs = [("artifact", found.artifact), ("commit", found.commit)]
        output.pairs([*pairs, *full.described(found.annotation)])
    output.mention(found.annotation.problems, fetched=fetch)
