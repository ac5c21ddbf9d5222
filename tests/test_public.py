"""What is public: the names of the library, and the commands with their help and documents."""

from __future__ import annotations

import ast
import inspect
import re
import traceback
from pathlib import Path

import pytest

import mreg
from commandline import CommandLine
from mreg import errors
from mreg.cli.commands import COMMANDS, FORMER
from mreg.core.diagnostics import CATALOGUE
from mreg.registry import Registry
from source import modules, names

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"


def declared() -> set[str]:
    """Return the names that type checkers see: those imported under TYPE_CHECKING."""
    checked = next(node for node in modules()["mreg"].body if isinstance(node, ast.If))
    return {
        alias.name
        for node in checked.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


class TestLibrary:
    def test_what_is_listed_is_what_type_checkers_see(self) -> None:
        assert set(mreg.__all__) == declared()

    @pytest.mark.parametrize("name", sorted(mreg.__all__))
    def test_each_public_name_is_there_and_documented(self, name: str) -> None:
        assert inspect.getdoc(getattr(mreg, name))
        assert name in dir(mreg)

    def test_the_first_names_are_public(self) -> None:
        """These may be added to; taking one away breaks who uses it."""
        assert set(mreg.__all__) >= {
            "Artifact",
            "Details",
            "Holder",
            "MregError",
            "Problem",
            "Record",
            "Registry",
            "StageSummary",
            "Version",
            "errors",
        }

    def test_other_names_are_not(self) -> None:
        with pytest.raises(AttributeError, match="no attribute 'nothing'"):
            mreg.nothing  # noqa: B018

    @pytest.mark.parametrize("name", [it for it in dir(Registry) if not it.startswith("_")])
    def test_each_method_of_the_registry_is_documented_and_typed(self, name: str) -> None:
        method = getattr(Registry, name)
        assert inspect.getdoc(method)
        if callable(method):
            signature = inspect.signature(method)
            assert signature.return_annotation is not inspect.Signature.empty
            for parameter in list(signature.parameters.values())[0 if name == "open" else 1 :]:
                assert parameter.annotation is not inspect.Parameter.empty

    def test_the_package_says_that_it_is_typed(self) -> None:
        assert Path(mreg.__file__).with_name("py.typed").exists()


class TestErrors:
    @pytest.mark.parametrize("name", [it for it in vars(errors) if it[0].isupper()])
    def test_each_is_in_the_tree_of_the_docstring(self, name: str) -> None:
        assert errors.__doc__
        assert re.search(rf"^[ ├└│─]*{name}\b", errors.__doc__, re.M)
        assert issubclass(getattr(errors, name), errors.MregError)

    def test_an_error_says_what_happened_and_what_to_do(self) -> None:
        error = errors.Refused("it is taken", hint="choose another")
        assert (str(error), error.hint) == ("it is taken", "choose another")
        assert errors.NotFound("gone").hint == ""

    def test_a_traceback_shows_the_hint(self) -> None:
        shown = traceback.format_exception(errors.Refused("it is taken", hint="choose another"))
        assert shown == ["mreg.errors.Refused: it is taken\n", "hint: choose another\n"]
        assert len(traceback.format_exception(errors.NotFound("gone"))) == 1


class TestCommands:
    @pytest.mark.parametrize("name", COMMANDS)
    def test_each_has_help(self, name: str, mreg: CommandLine) -> None:
        for option in ("--help", "-h"):
            done = mreg.ok(*name.split(), option)
            assert f"mreg {name}" in done.out
            assert len(done.out.splitlines()) > 5
            assert done.err == ""

    @pytest.mark.parametrize("name", COMMANDS)
    def test_each_is_listed_in_the_help(self, name: str, mreg: CommandLine) -> None:
        assert re.search(rf"^  {name} +\w", mreg.ok("help", "--all").out, re.M)
        group, _, last = name.rpartition(" ")
        if group:
            assert re.search(rf"^│ {last} +\w", mreg.ok(group, "--help").out, re.M)

    def test_each_module_of_a_command_is_in_the_list(self) -> None:
        shared = {
            "app",
            "commands",
            "completers",
            "completion",
            "direct",
            "examples",
            "exits",
            "failures",
            "foreign",
            "full",
            "glossary",
            "mistakes",
            "parameters",
            "streams",
            "topics",
            "typed",
            "view",
        }
        shared |= {
            "catalog",
            "catalog.shared",
            "importing",
            "importing.shared",
            "live",
            "news",
            "server",
            "online",
            "options",
            "output",
            "pipeline",
            "waiting",
            "webhooks",
        }
        found = {name.removeprefix("mreg.cli.") for name in names() if "mreg.cli." in name}
        assert found - shared == {it.module for it in COMMANDS.values()}

    @pytest.mark.parametrize("name", [it for it in COMMANDS if it not in FORMER])
    def test_each_has_its_heading_in_the_documents(self, name: str) -> None:
        assert f"\n## mreg {name}\n" in (DOCS / "reference" / "commands.md").read_text()

    @pytest.mark.parametrize("name", COMMANDS)
    def test_each_option_is_explained(self, name: str, mreg: CommandLine) -> None:
        """Every line of the help that begins an option says something behind it."""
        text = mreg.ok(*name.split(), "--help").out
        options = re.findall(r"^│ (?:\*)? *(--[a-z-]+)(.*)│$", text, re.M)
        assert options
        assert all(re.search(r"[a-z]{2}", rest.replace("TEXT", "")) for _, rest in options)

    def test_the_version_is_that_of_the_package(self, mreg: CommandLine) -> None:
        import mreg as package

        assert mreg.ok("--version").out == f"mreg {package.__version__}\n"

    def test_a_mistyped_command_gets_a_suggestion(self, mreg: CommandLine) -> None:
        done = mreg("shwo")
        assert (done.code, done.out) == (2, "")
        assert "hint: did you mean show?" in done.err


class TestProblems:
    @pytest.mark.parametrize("code", CATALOGUE)
    def test_each_is_explained_with_its_title_and_severity(self, code: str) -> None:
        text = (DOCS / "reference" / "problems.md").read_text()
        entry = CATALOGUE[code]
        assert f"\n## {code}\n\n*{entry.title}* ({entry.severity})\n" in text

    def test_none_is_explained_that_is_not_there(self) -> None:
        text = (DOCS / "reference" / "problems.md").read_text()
        assert re.findall(r"^## (MR[0-9]{3})$", text, re.M) == list(CATALOGUE)
