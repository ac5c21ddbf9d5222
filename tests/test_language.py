"""The documents and the help are in plain English: none has a phrase that readers stumbled over."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

import pytest

from commandline import CommandLine
from documents import ROOT
from mreg.cli.commands import COMMANDS, GROUPS
from mreg.cli.topics import TOPICS

BANNED = {
    # The worst that new users met, each with what they would have understood.
    r"\btells? what (?:the|a) tag says\b": "Print the event that a tag records",
    r"\bor be that hook\b": "or run as that hook",
    r"\b(?:is|are|be) told\b": "is notified; the message says",
    r"\bEnding, as soon as\b": "Stopping after the command that is running",
    r"\b(?:gone|goes|go) on with\b": "an interrupted transfer resumes; continues with",
    r"\bWhat to say of\b": "The message",
    r"\ballows? to \w+": "does not allow promoting; refuses to promote",
    r"\bhas and \S+ has not\b": "Commits in v1.1.0 that are not in v0.0.1",
    r"\bgo to a stage next which\b": "List the versions that wait for approval",
    r"\b(?:is|are) true of\b": "the versions that match an expression",
    # Inversions: the subject comes before its verb.
    r"(?:^|[.:;] )Of (?!course\b)": "A mirror of it; For a folder, ...",
    r"(?:^|[.;] )Who(?:ever)? (?![^.]*\?)": "Anyone who ...; If you ...",
    r"\bsays? nothing of\b": "does not record",
    # Clauses with "what" where there is a noun.
    r"\bwhat (?:became|becomes) of\b": "the result, the outcome",
    r"\bwhat (?:it|they|somebody|the \w+|its \w+ \w+) (?:say|says|said) of\b": "the metadata of",
    r"\bwhat to (?:call|name)\b": "the name of",
    r"\bas whom\b": "with which identity",
    # Riddles and images: the plain word says it.
    r"\b(?:held|holds? \w+) against (?:its|the|those|what)\b": "checked against, compared with",
    r"\bcounts? for (?:nothing|more)\b": "is ignored; takes precedence",
    r"\b(?:can|cannot|could|to) be had\b": "is available",
    r"\bbe it\b": "whether",
    r"\bbut for (?!the first\b)": "except",
    r"\bpass(?:es|ed)? (?:\w+ )?over\b": "skips, ignores",
    r"\b(?:goes|go|went) by (?!far\b)": "uses, is identified by",
    r"\bas it (?:stands|stood)\b": "as of that time",
    r"\bstands? (?:there|beside it|in it)\b": "is there, contains",
    r"\bmend(?:s|ed)?\b": "repair, fix",
    r"\bfor ever\b": "permanently",
    r"\bof one's own\b": "your own",
    r"\bat your place\b": "in your organisation",
    r"\bwithout a word\b": "silently, without a message",
    r"\btaken at (?:its|their) word\b": "trusted",
    r"\bspeaks? for (?:itself|themselves)\b": "is explained here",
    r"\b(?:doors?|traps?)\b": "a way in; a mistake that is easily made",
    r"\bcomes? into being\b": "is created",
    r"\bnone of \w+'s business\b": "is ignored",
    r"\bknows? you to be\b": "your identity",
    r"\b(?:DVC keeps|kept by DVC|keeps? in DVC)\b": "tracked by DVC",
    r"(?<![Tt]here )\b(?:is|are) no (?!longer\b|more\b|less\b|worse\b|newer\b)": "is not a",
    # A number, a place or an owner that has a plainer name.
    r"\b(?:at most|of|[Aa]fter|which has) so many\b|\bSo many\b": "at most N; the number of",
    r"\b(?:one|this|that|th[eo]se|them|case|stage|artifact|version|repository) alone\b": (
        "only this stage"
    ),
    r"\bstands?\b(?! for)": "is in; the file contains",
    r"\bwhat (?:stands|goes in|comes out|was said|is said|became)\b": "the input; the message",
    r"\bof (?:which|whom)\b(?! (?:\d|the))": "whose; a sentence of its own",
    r"\bwhich is what\b": "this is why; a sentence of its own",
    r"\b(?:that|which) (?:is|are) none\b|\b(?:is|are) none of (?:these|those)\b": "is not a key",
    r"\b(?:is|are) asked (?!for\b)": "mreg asks the remote",
    r"\bwhose words?\b|\bwords? (?:counts?|is of|are of)\b": "approvals and rejections",
    # Old or stilted words.
    r"\b(?:[Aa]ny|[Ee]very|[Ss]ome)body\b": "anyone, everyone, someone",
    r"\banew\b": "again",
    r"\blikewise\b": "in the same way; name it again",
    r"\ball else\b": "everything else",
    r"\b[Ww]hoever\b": "anyone who; the machine that",
    r"\bin the place of\b": "instead of",
    r"\b(?:take|takes|taken|taking|took) (?:the \w+ |it |them )?away\b": "remove, removes",
    r"\b(?:nobody|nothing|one) (?:can|could|may) (?:be told|tell)\b": "mreg cannot determine",
    r"\bnobody (?:can tell|knows)\b": "it is not known, mreg cannot detect",
    r"\bwhat (?:stands|counts)\b": "the content; the one in force",
    r"\bwhat (?:is|was) (?:said|told|kept|meant|wanted)\b": "the message, the cache, the request",
    r"\b(?:anew|once more)\b": "again",
    r"\bupon\b": "on",
    r"\bin earnest\b": "in your own setup",
    r"\bat the most\b": "at most",
    r"\bwhere there (?:is|are) (?:one|none|any|no)\b": "if there is none",
    r"\blets? nobody\b": "does not allow anyone",
    r"\b\w+s of (?:yours|theirs|ours)\b": "your own",
    r"\b(?:environment|folder|file|name|parser) of (?:its|your) own\b": "a separate one",
}
"""Patterns of phrases, each with the plain form to write in its place."""

_PAGES = {
    os.path.relpath(it, ROOT / "docs"): it
    for it in (
        ROOT / "README.md",
        *sorted((ROOT / "docs").rglob("*.md")),
        *sorted((ROOT / "examples").rglob("README.md")),
    )
    if it.parent.name != "adr"
}
"""The pages for users, by their paths from docs/; decisions are for those who work on mreg."""

_CODE = re.compile(r"^ *```.*?^ *```$|`[^`\n]+`|<!--.*?-->|\]\([^)]*\)", re.M | re.S)


def faults(text: str, banned: Mapping[str, str] = BANNED) -> list[str]:
    """Return what a text has of the banned phrases, each with the plain form."""
    return [
        f"{found[0].strip()!r} in {text[max(found.start() - 40, 0) : found.end() + 30]!r}: {plain}"
        for phrase, plain in banned.items()
        for found in re.finditer(phrase, text, re.M)
    ]


def prose(document: str) -> str:
    """Return the sentences of a document, without its code and the targets of its links."""
    text = _CODE.sub("X", document)
    paragraphs = re.split(r"\n\s*\n|\n(?=[|#-] ?)|\|", text)
    return "\n".join(" ".join(it.split()) for it in paragraphs)


def unboxed(printed: str) -> str:
    """Return the sentences of a help, without its frame; a blank line ends one."""
    text = re.sub(r"[│╭╮╰╯─]", " ", printed)
    return "\n".join(" ".join(it.split()) for it in re.split(r"\n\s*\n", text))


@pytest.mark.parametrize("name", _PAGES)
def test_a_document(name: str) -> None:
    assert faults(prose(_PAGES[name].read_text())) == []


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Of it mreg keeps a mirror.", "mreg keeps a mirror of it."),
        ("What breaks off is gone on with.", "An interrupted transfer resumes."),
        ("List the versions that an expression is true of.", "List the versions that match it."),
        ("The policy does not allow to promote it.", "The policy does not allow promoting it."),
        ("Whoever signs it is as whom it counts.", "Of course, the signer counts."),
        ("The key stands in one file alone.", "The key is in one file only. It stands for a user."),
        ("It is done anew, likewise.", "It is done again, in the same way."),
        ("A file of which nothing is known.", "There are 5 files, of which 3 are read."),
        ("The tag is no\n  event.", "The tag is no longer an event. There is no event."),
    ],
)
def test_the_phrases_are_found_and_their_plain_forms_are_not(text: str, plain: str) -> None:
    assert faults(prose(text))
    assert faults(prose(plain)) == []


@pytest.mark.parametrize(
    "words", [["--help"], ["help", "--all"], *([it, "--help"] for it in GROUPS)]
)
def test_a_list_of_commands(words: list[str], mreg: CommandLine) -> None:
    assert faults(unboxed(mreg.ok(*words).out)) == []


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command(name: str, mreg: CommandLine) -> None:
    assert faults(unboxed(mreg.ok(*name.split(), "--help").out)) == []


@pytest.mark.parametrize("name", TOPICS)
def test_a_topic_of_the_help(name: str) -> None:
    assert faults(unboxed(TOPICS[name].text())) == []
