"""What mreg prints is in plain English: no message, hint or title has a phrase of a riddle.

The texts are read from the source: a message that no test provokes is held to it, too. Docstrings
are left out (tests/test_language.py holds the help that is made of them), and so is what is
between backticks, which is a command.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_language import BANNED, faults

from source import ROOT

IN_MESSAGES = BANNED | {
    # What mreg does not know, and cannot find out.
    r"\b(?:cannot|could not|need not|need) be (?:told|known)\b": "cannot determine whether",
    r"\b(?:is|are|was|were) (?:not|nothing) known\b|\bnothing is (?:known|said)\b": (
        "is unknown; cannot determine"
    ),
    r"\btells? (?:whether|what|who|whom|why|where|which)\b|\b(?:not|may) tell\b": "shows, prints",
    r"\bhas no word of\b|\bholds? no word of\b": "does not contain an approval by",
    # Imperatives that leave open what to do.
    r"\b(?:say|tell) (?:which|what|whom|how|so|it)\b|\bname (?:which|what|whom|how)\b": (
        "choose one; pass --option; set the key"
    ),
    r"\bsays? nothing\b": "does not record",
    r"\bor the like\b": "such as",
    # A pronoun or an adverb where there is a noun.
    r"\b(?:has|have) (?:not|none)(?=$|[.,;:)])": "does not have a schema",
    r"\bthat (?:is|are) none\b|\b(?:is|are|has|have) none (?:of|that)\b": "that is not a key",
    r"\bin case alone\b": "only in case",
    r"\balone\b": "only",
    r"\b(?:is|are|was|were) (?:not )?there(?=$|[.,;:)]| already\b)": (
        "does not exist; already exists"
    ),
    r"\bsomething else than\b": "is not JSON; also contains",
    r"\b(?:has|have) nothing to be\b": "cannot be compared",
    # Old or stilted words.
    r"\bwhom\b": "a subordinate clause of its own",
    r"\bshall\b": "must, will",
    r"\bdemands?\b": "requires",
    r"\b(?:of|in|to|by) (?:which|whom)\b(?! (?:version|model|stage|push))": "whose; that ... in",
    r"\bquicker\b": "another person published first",
    r"\b(?:has|have|had) to\b": "must",
    r"\bbr(?:eaks?|oke) off\b": "was interrupted",
    r"\bc(?:omes?|ame) of\b": "the result",
    r"\bstands? (?:behind|for)\b": "follows; is another name of",
    r"\bkeeps? no\b": "does not meet a limit",
    r"\bgoes? with\b": "requires --json; can only be used with",
    r"\bso (?:large|long|old|many|few|deep) an?\b": "a file of this size",
    r"\b(?:name|id|key|answer|character)s? that no \w+ can\b": "a name that is not allowed for",
}
"""The phrases that the documents may not have, and those that only messages had."""

_FOLDERS = sorted({it.relative_to(ROOT).parts[0] for it in ROOT.rglob("*.py")})
_CODE = re.compile(r"`[^`\n]+`")
_IN_SCRIPTS = re.compile(r'"[^"\n]*"|`[^`]*`')


def texts(source: str) -> Iterator[str]:
    """Yield the texts of three words or more that a Python file has, each value in them as X."""
    tree = ast.parse(source)
    left_out: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            left_out.add(node.value)  # a docstring
        elif isinstance(node, ast.JoinedStr):
            left_out |= {it for it in node.values if isinstance(it, ast.Constant)}
            forms = [it.format_spec for it in node.values if isinstance(it, ast.FormattedValue)]
            left_out |= {it for form in forms if form for it in ast.walk(form)}
    for node in ast.walk(tree):
        if node not in left_out and len((text := _text(node)).split()) > 2:
            yield _CODE.sub("X", text)


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(map(_text, node.values))
    if isinstance(node, ast.FormattedValue):
        return "X"
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def messages(file: Path) -> list[str]:
    """Return the texts of a file of mreg, Python or JavaScript."""
    source = file.read_text()
    if file.suffix == ".py":
        return list(texts(source))
    code = re.sub(r"^\s*//.*$|/\*.*?\*/|\s//\s.*$", "", source, flags=re.M | re.S)
    return [it for it in _IN_SCRIPTS.findall(code) if len(it.split()) > 2]


@pytest.mark.parametrize("folder", _FOLDERS)
def test_what_is_printed(folder: str) -> None:
    top = ROOT / folder
    files = [it for it in (top, *top.rglob("*")) if it.suffix in {".py", ".js"}]
    found = {
        f"{file.relative_to(ROOT)}: {fault}"
        for file in files
        for text in messages(file)
        for fault in faults(text, IN_MESSAGES)
    }
    assert sorted(found) == []


def test_the_texts_of_a_file() -> None:
    source = '''
"""The text of a docstring."""
a = f"it is {a!r:>{width}} of " f"{b} that {'a b c' if a else 'of two'}"
b = ("one string in", "run `mreg show the churn` again", "two parts " "joined")
'''
    assert sorted(texts(source)) == [
        "a b c",
        "it is X of X that X",
        "one string in",
        "run X again",
        "two parts joined",
    ]


@pytest.mark.parametrize(
    ("message", "plain"),
    [
        ("it is no JSON: X", "it is not valid JSON: X"),
        ("whether X is there cannot be told: X", "cannot determine whether X exists: X"),
        ("whether X is higher is not known", "cannot determine whether X is higher"),
        ("the policy does not allow to promote X", "the policy does not allow promoting X"),
        ("`git fsck` tells what is damaged", "`git fsck` lists what is damaged"),
        ("say which: X", "choose one of X"),
        ("the commit of X says nothing of X", "the commit of X does not annotate X"),
        ("mreg catalog refresh makes it anew", "`mreg catalog refresh` creates it again"),
        ("X has none, and X has one", "X has no schema, but X has one"),
        ("a key that is none", "a value that is not a key"),
        ("X differs from X in case alone", "X differs from X only in case"),
        ("the file X is not there", "the file X does not exist"),
        ("the key X is there already, in line X", "the key X already exists, in line X"),
        ("X answers with something else than JSON", "the answer of X is not JSON"),
        ("X has nothing to be compared with: X", "there is no version to compare X with: X"),
        ("to take the X away, write --unset X", "to remove the X, pass --unset X"),
        ("ask whoever runs the server", "ask the administrator of the server"),
        ("X, whom the policy does not know", "X, who is not in the policy"),
        ("the policy demands no signature", "the policy does not require a signature"),
        ("Branches, of which one has the commit", "Branches: one of them must contain the commit"),
        ("somebody else was quicker X times", "someone else published first X times"),
        ("X has to be X", "X must be X"),
        ("the connection broke off", "the connection was interrupted"),
        ("Train, and commit what comes of it", "Train, and commit the result"),
        ("options stand behind the command", "options follow the command"),
        ("X is X, which keeps no bound", "X is X, which does not meet any limit"),
        ("--limit goes with `prune`", "--limit can only be used with `prune`"),
        ("so large a file is read entry by entry", "a file of this size is read entry by entry"),
        ("a name that no stage can have", "a name that is not allowed for a stage"),
        ("write X.X, or the like", "write a path such as X.X"),
        ("their ref holds no word of theirs", "their ref does not contain an approval by them"),
        ("in the folder where it shall be", "in the folder where you want it"),
    ],
)
def test_a_riddle_is_found_and_its_plain_form_is_not(message: str, plain: str) -> None:
    assert faults(message, IN_MESSAGES)
    assert faults(plain, IN_MESSAGES) == []
