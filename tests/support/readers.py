"""What reads our outputs, written anew from how the real readers work; nothing of mreg is used."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence


def github(text: str) -> dict[str, str]:
    """Read a file at GITHUB_OUTPUT as GitHub's runner does.

    Source: src/Runner.Worker/FileCommandManager.cs of https://github.com/actions/runner: lines end
    with a line feed; "NAME=VALUE", or "NAME<<DELIMITER", whichever sign comes first; a value ends
    before the line that is the delimiter.
    """
    found: dict[str, str] = {}
    lines = text.split("\n")
    assert lines.pop() == "", "the last line has no end"
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        equals, heredoc = line.find("="), line.find("<<")
        if not line:
            continue
        if heredoc >= 0 and (equals < 0 or heredoc < equals):
            name, _, delimiter = line.partition("<<")
            assert name, line
            assert delimiter, line
            end = lines.index(delimiter, at)
            found[name] = "\n".join(lines[at:end])
            at = end + 1
        else:
            name, sign, value = line.partition("=")
            assert sign, f"no command: {line!r}"
            found[name] = value
    return found


def dotenv(raw: bytes) -> dict[str, str]:
    """Read a dotenv report as GitLab does, and let its runner expand the values.

    Source: app/services/ci/parse_dotenv_artifact_service.rb, app/models/concerns/ci/has_variable.rb
    and lib/expand_variables.rb of https://gitlab.com/gitlab-org/gitlab.
    """
    assert len(raw) < 5 * 1024
    found: dict[str, str] = {}
    for line in raw.decode("utf-8", "strict").removesuffix("\n").split("\n"):
        scanned = re.fullmatch(r"(.*?)=(.*)", line)
        assert scanned, f"Invalid Format: {line!r}"
        key, value = (it.strip("\0\t\n\v\f\r ") for it in scanned.groups())
        assert re.fullmatch(r"[A-Z0-9_]{1,255}", key), key
        assert key not in found
        found[key] = re.sub(
            r"\$\$|%%|\$([A-Za-z_]\w*)|\$\{([A-Za-z_]\w*)\}|%([A-Za-z_]\w*)%", "EXPANDED", value
        )
    assert len(found) <= 50
    return found


def printf_b(text: str) -> str:
    """Do what `printf %b` does with the escapes that we write, one after the other."""
    raw, at = bytearray(), 0
    while at < len(text):
        if text[at] != "\\":
            raw += text[at].encode()
            at += 1
        elif text[at + 1] == "\\":
            raw += b"\\"
            at += 2
        else:
            assert re.fullmatch(r"0[0-7]{3}", text[at + 1 : at + 5]), text[at:]
            raw.append(int(text[at + 2 : at + 5], 8))
            at += 5
    return raw.decode()


def shell(text: bytes, names: Sequence[str], *, with_: str = "sh") -> dict[str, str]:
    """Let a shell evaluate a text, and another process say what it then finds in its environment.

    The shell has nothing to call, in an empty folder that it cannot write to.
    """
    script = 'eval "$(cat)" && exec env -0'
    done = subprocess.run(
        [with_, "-c", script],
        input=text,
        capture_output=True,
        check=False,
        env={"PATH": "/usr/bin:/bin"},
    )
    assert (done.returncode, done.stderr) == (0, b"")
    pairs = (it.decode().partition("=") for it in done.stdout.split(b"\0")[:-1])
    found = {name: value for name, _, value in pairs}
    assert {it for it in found if it.startswith("MREG_")} == set(names)
    assert not {it for it in found if it.startswith("mreg")}
    return {name: found[name] for name in names}


COMMAND = re.compile(r"^\s*::|##\w*\[")
"""What a CI system takes for a command in a line of a log. GitHub's trims a line first; it looks
for `##[` anywhere, and Azure's for `##vso[`.

Sources: src/Runner.Common/ActionCommand.cs of https://github.com/actions/runner,
src/Microsoft.VisualStudio.Services.Agent/Command.cs of https://github.com/microsoft/azure-pipelines-agent
"""


def commands(log: str) -> list[str]:
    """Return the lines of a log that are commands; .NET ends a line at a return as well."""
    return [it for it in re.split(r"\r\n|\r|\n", log) if COMMAND.search(it)]
