"""One suite of cases for two stores: MLflow's own, in SQLite, and the registry in Git.

Where they differ, `DIFFERENT` says why; a case in it that does not differ fails, too.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import twins
from mlflow.store.model_registry.abstract_store import AbstractStore

from mreg.integrations.mlflow.store import MregStore
from repositories import Maker

Asked = Callable[[AbstractStore], Any]
PROMPT = "`mlflow.prompt.is_prompt`"


def models(filter_string: str | None = None, **more: Any) -> Asked:
    """Return the question for the names of models, in order, and for the mark of the next page."""

    def asked(store: AbstractStore) -> Any:
        found = store.search_registered_models(filter_string, **more)
        return [it.name for it in found], twins.offset(found.token)

    return asked


def versions(filter_string: str | None = None, **more: Any) -> Asked:
    """Return the question for versions, in order, and for the mark of the next page."""

    def asked(store: AbstractStore) -> Any:
        found = store.search_model_versions(filter_string, **more)
        return [(it.name, str(it.version)) for it in found], twins.offset(found.token)

    return asked


def pages(search: str, **more: Any) -> Asked:
    """Return the question for all pages of a search, one after the other."""

    def asked(store: AbstractStore) -> Any:
        token, found = None, []
        while True:
            page = getattr(store, search)(page_token=token, **more)
            found.append([(it.name, str(getattr(it, "version", ""))) for it in page])
            if not (token := page.token):
                return found

    return asked


def call(method: str, *arguments: Any) -> Asked:
    """Return the question that a method of stores is."""
    return lambda store: getattr(store, method)(*arguments)


def latest(name: str, stages: list[str] | None = None) -> Asked:
    """Return the question for the latest versions, in whatever order."""

    def asked(store: AbstractStore) -> Any:
        found = store.get_latest_versions(name, stages)
        return sorted((str(it.version), it.current_stage) for it in found)

    return asked


BY_NAME = ["name ASC"]
LOOK_UPS: dict[str, Asked] = {
    "a model": call("get_registered_model", "alpha"),
    "a model in upper case": call("get_registered_model", "Gamma"),
    "a model of another case": call("get_registered_model", "gamma"),
    "a model with a folder": call("get_registered_model", "data=sets~raw"),
    "no such model": call("get_registered_model", "none"),
    "a model without a name": call("get_registered_model", ""),
    "a model that is a blank": call("get_registered_model", " "),
    "a model that is None": call("get_registered_model", None),
    "a name with a slash": call("get_registered_model", "data/raw"),
    "a name with a colon": call("get_registered_model", "data:raw"),
    "a name that is no tag's": call("get_registered_model", "é ^~"),
    "a version": call("get_model_version", "alpha", 1),
    "a version as text": call("get_model_version", "alpha", "1"),
    "a version with zeros": call("get_model_version", "alpha", "001"),
    "a version with a run": call("get_model_version", "alpha", "3"),
    "a version that two aliases lead to": call("get_model_version", "gamma-2", "3"),
    "a version in no stage": call("get_model_version", "gamma-2", "2"),
    "no such version": call("get_model_version", "alpha", "9"),
    "a version below zero": call("get_model_version", "alpha", "-1"),
    "a deleted version": call("get_model_version", "alpha", "4"),
    "a version of no model": call("get_model_version", "none", "1"),
    "a version that is a word": call("get_model_version", "alpha", "first"),
    "a version that is nothing": call("get_model_version", "alpha", ""),
    "a version as mreg calls it": call("get_model_version", "alpha", "v0.0.1"),
    "where a version is": call("get_model_version_download_uri", "alpha", "1"),
    "where no version is": call("get_model_version_download_uri", "alpha", "9"),
    "where a deleted version is": call("get_model_version_download_uri", "beta", "1"),
}
ALIASES: dict[str, Asked] = {
    "an alias": call("get_model_version_by_alias", "alpha", "prod"),
    "an alias in upper case": call("get_model_version_by_alias", "alpha", "Staging"),
    "an alias of another case": call("get_model_version_by_alias", "alpha", "PROD"),
    "no such alias": call("get_model_version_by_alias", "alpha", "none"),
    "an alias of no model": call("get_model_version_by_alias", "none", "prod"),
    "an alias of a version without others": call("get_model_version_by_alias", "beta", "prod"),
    "latest": call("get_model_version_by_alias", "alpha", "latest"),
    "latest in upper case": call("get_model_version_by_alias", "beta", "Latest"),
    "latest of no model": call("get_model_version_by_alias", "none", "latest"),
    "an alias that is nothing": call("get_model_version_by_alias", "alpha", ""),
    "an alias that is a version": call("get_model_version_by_alias", "alpha", "v0.0.1"),
    "an alias that is a number": call("get_model_version_by_alias", "alpha", "1"),
}
LATEST: dict[str, Asked] = {
    "of all stages": latest("alpha"),
    "of all stages of a model in one": latest("gamma-2"),
    "of no stage": latest("alpha", ["None"]),
    "of Staging": latest("alpha", ["Staging"]),
    "of staging": latest("alpha", ["staging"]),
    "of Production": latest("gamma-2", ["Production"]),
    "of Production and Staging": latest("alpha", ["Production", "Staging"]),
    "of a stage twice": latest("gamma-2", ["production", "Production"]),
    "of Archived": latest("alpha", ["Archived"]),
    "of a list of no stages": latest("alpha", []),
    "of a model that is in none": latest("Gamma"),
    "of no model": latest("none"),
    "of a stage that is none of MLflow's": latest("alpha", ["prod"]),
}
MODELS: dict[str, Asked] = {
    "all": models(),
    "with what they are": lambda store: store.search_registered_models("name = 'gamma-2'"),
    "by name": models("name = 'alpha'"),
    "by a name in quotes": models('name = "alpha"'),
    "by another name": models("name != 'alpha'", max_results=5),
    "by a name that is none": models("name = 'none'"),
    "by the start of a name": models("name LIKE 'many-1%'"),
    "by the start of a name in another case": models("name LIKE 'gam%'"),
    "by the start of a name in any case": models("name ILIKE 'gam%'"),
    "by the end of a name": models("name LIKE '%a'"),
    "by one letter of a name": models("name LIKE '_eta'"),
    "by a percent sign": models("name LIKE '%'", max_results=3),
    "by names": models("name IN ('alpha', 'beta', 'none')"),
    "by one of names": models("name IN ('alpha')"),
    "by other names": models("name NOT IN ('alpha', 'beta')", max_results=4),
    "by name and name": models("name LIKE 'many%' AND name LIKE '%7'"),
    "by a tag": models("tags.mreg.type = 'dataset'"),
    "by a tag in backticks": models("tags.`mreg.type` = 'model'"),
    "by a tag's other value": models("tags.`mreg.type` != 'model'"),
    "by the start of a tag": models("tags.`mreg.type` LIKE 'mod%'"),
    "by the start of a tag in any case": models("tags.`mreg.type` ILIKE 'MOD%'"),
    "by two tags": models("tags.`mreg.type` = 'model' AND tags.`mreg.latest` = 'v0.0.3'"),
    "by a tag and a name": models("tags.`mreg.type` = 'model' AND name LIKE 'g%'"),
    "by a tag that is none": models("tags.none = 'x'"),
    "by a tag and not by it": models("tags.`mreg.type` LIKE 'm%' AND tags.`mreg.type` != 'model'"),
    "that are prompts": models(f"tags.{PROMPT} = 'true'"),
    "that are no prompts": models(f"tags.{PROMPT} = 'false'", max_results=3),
    "that are not prompts": models(f"tags.{PROMPT} != 'true'", max_results=3),
    "by or": models("name = 'alpha' OR name = 'beta'"),
    "by what is no attribute": models("description = 'x'"),
    "by a time": models("creation_timestamp > 3"),
    "by a comparison that is none": models("name > 'alpha'"),
    "by a tag in a list": models("tags.`mreg.type` IN ('model')"),
    "by a text without quotes": models("name = alpha"),
    "by what is no expression": models("name LIKE"),
    "by an expression that goes on": models("name = 'alpha' beta"),
    "by nothing": models(""),
    "in order": models(order_by=["name ASC"], max_results=4),
    "in reverse": models(order_by=["name DESC"], max_results=4),
    "in order without a direction": models(order_by=["name"], max_results=4),
    "in order of what is none": models(order_by=["description ASC"]),
    "in order of nothing": models(order_by=["name SIDEWAYS"]),
    "in order of one thing twice": models(order_by=["name ASC", "name DESC"]),
    "in order of times": models("name LIKE 'many%'", order_by=["last_updated_timestamp DESC"]),
    "in order of a time's short name": models("name LIKE 'many%'", order_by=["timestamp ASC"]),
    "in order of two": models(
        "name LIKE 'many%'", order_by=["last_updated_timestamp ASC", "name DESC"]
    ),
    "page by page": pages("search_registered_models", max_results=7),
    "page by page in reverse": pages(
        "search_registered_models", max_results=4, order_by=["name DESC"]
    ),
    "page by page of a filter": pages(
        "search_registered_models", max_results=10, filter_string="name LIKE 'many%'"
    ),
    "one page that holds all": pages("search_registered_models", max_results=1000),
    "a page that is just full": models("name LIKE 'many%'", max_results=25),
    "no results": models(max_results=0),
    "fewer than none": models(max_results=-1),
    "too many": models(max_results=1001),
    "a number of results that is a text": models(max_results="10"),
    "a page that is none": models(page_token="!!"),
    "a page that is no JSON": models(page_token="YWJj"),
    "a page behind the end": models(page_token="eyJvZmZzZXQiOiA5OTl9"),
}
OF_ALPHA = "name = 'alpha'"
OF_VERSIONS: dict[str, Asked] = {
    "of a model": versions(OF_ALPHA, order_by=["version_number ASC"]),
    "with what they are": lambda store: (
        store.search_model_versions("name = 'gamma-2'")
        and sorted(
            (
                (str(it.version), dict(it.tags))
                for it in store.search_model_versions("name = 'gamma-2'")
            ),
            key=lambda it: it[0],
        )
    ),
    "of no model": versions("name = 'none'"),
    "of a name with a slash": versions("name = 'a/b'"),
    "of a name that is nothing": versions("name = ''"),
    "of all": versions(order_by=["name ASC", "version_number ASC"]),
    "of nothing": versions("", order_by=["name ASC"]),
    "of models": versions("name IN ('alpha', 'beta')", order_by=BY_NAME),
    "of other models": versions("name != 'alpha'", order_by=BY_NAME, max_results=5),
    "of models not among some": versions("name NOT IN ('alpha')", order_by=BY_NAME, max_results=5),
    "of two models at once": versions("name = 'alpha' AND name = 'beta'"),
    "of a model by the start": versions("name LIKE 'gam%'", order_by=BY_NAME),
    "of a model by the start in any case": versions("name ILIKE 'gam%'", order_by=BY_NAME),
    "of a run": versions("run_id = 'run-3'"),
    "of another run": versions("run_id != 'run-3'"),
    "of runs": versions("run_id IN ('run-3', 'run-2')", order_by=BY_NAME),
    "of a run by its start": versions("run_id LIKE 'run%'", order_by=BY_NAME),
    "of a source": versions("source_path = 's3://nothing'"),
    "of a source by its end": versions("source_path LIKE '%/alpha@v0.0.2'"),
    "of a number": versions("version_number = 2", order_by=BY_NAME),
    "of higher numbers": versions("version_number > 1", order_by=BY_NAME),
    "of numbers between": versions(
        f"{OF_ALPHA} AND version_number >= 2 AND version_number <= 3", order_by=BY_NAME
    ),
    "of a number that is a text": versions("version_number = 'two'"),
    "of a number with a point": versions("version_number = 1.5"),
    "of numbers that are like": versions("version_number LIKE 1"),
    "of a tag": versions("tags.`mreg.version` = 'v0.0.3'", order_by=BY_NAME),
    "of a metric": versions("tags.`mreg.metric.accuracy` = '0.9'", order_by=BY_NAME),
    "of a tag by its start": versions("tags.`mreg.type` LIKE 'data%'", order_by=BY_NAME),
    "of a tag in any case": versions("tags.`mreg.type` ILIKE 'DATA%'", order_by=BY_NAME),
    "of another tag": versions("tags.`mreg.type` != 'model'", order_by=BY_NAME),
    "of two tags": versions(
        "tags.`mreg.type` = 'model' AND tags.`mreg.version` = 'v0.0.2'", order_by=BY_NAME
    ),
    "of a tag that is none": versions("tags.none = 'x'"),
    "of what is no attribute": versions("stage = 'Production'"),
    "of what is no expression": versions("name ="),
    "of or": versions("name = 'alpha' OR name = 'beta'"),
    "of prompts": versions(f"tags.{PROMPT} = 'true'"),
    "by number, the highest first": versions(OF_ALPHA, order_by=["version_number DESC"]),
    "by name, the last first": versions(order_by=["name DESC"], max_results=6),
    "by when they were made": versions(
        order_by=["creation_timestamp ASC", "name DESC"], max_results=9
    ),
    "by when they changed": versions("name LIKE 'many%'", max_results=9),
    "by one thing twice": versions(order_by=["name ASC", "name ASC"]),
    "by what is none": versions(order_by=["run_id ASC"]),
    "page by page": pages("search_model_versions", max_results=8, order_by=BY_NAME),
    "page by page of a model": pages(
        "search_model_versions", max_results=3, order_by=BY_NAME, filter_string=OF_ALPHA
    ),
    "none of them": versions(max_results=0),
    "too many": versions(max_results=200_001),
    "a page that is none": versions(page_token="!!"),
    "a page that is a list": versions(page_token="W10="),
    "by a tag": versions(order_by=["tags.owner ASC"]),
}
SUITES = {
    "look-ups": LOOK_UPS,
    "aliases": ALIASES,
    "latest": LATEST,
    "models": MODELS,
    "versions": OF_VERSIONS,
}
CASES = {f"{suite}: {name}": it for suite, found in SUITES.items() for name, it in found.items()}

_NAMED = "a version answers by its own name, too"
_RETRIED = "MLflow's error is a 500, which its client would send again and again"
DIFFERENT = {
    "look-ups: a version as mreg calls it": _NAMED,
    "aliases: an alias that is a version": _NAMED,
    "latest: of a stage that is none of MLflow's": "stages have the names that the team gave them",
    "models: in order of one thing twice": _RETRIED,
    "versions: by one thing twice": _RETRIED,
    "models: a number of results that is a text": _RETRIED,
    "versions: a page that is a list": _RETRIED,
    "models: no results": "the next page would begin where this one does, for ever",
    "models: fewer than none": "MLflow's store answers with nothing",
}
"""The cases in which the stores differ, and why; docs/how-to/mlflow.md has them in words."""


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> tuple[AbstractStore, AbstractStore]:
    """The same registry twice: in SQLite and in Git."""
    folder = tmp_path_factory.mktemp("twins")
    templates = tmp_path_factory.mktemp("templates")
    git = MregStore(f"mreg://{twins.in_git(Maker(folder, templates))}")
    return twins.in_sql(folder / "twin.db", git), git


@pytest.mark.parametrize("case", CASES)
def test_both_stores_answer_alike(case: str, stores: tuple[AbstractStore, AbstractStore]) -> None:
    theirs, ours = map(partial(twins.answer, asked=CASES[case]), stores)
    assert not str(ours).startswith("bug")
    if case in DIFFERENT:
        assert ours != theirs
    else:
        assert ours == theirs
