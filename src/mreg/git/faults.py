"""What a remote's or Git's complaint amounts to: one plain sentence for each fault.

Git has no exit code that tells these apart, so its words are matched; LC_ALL=C keeps them
English. What is not recognised is passed on as Git said it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from mreg.errors import AccessDenied, NoRemoteRepository, RemoteError
from mreg.git.process import Finished
from mreg.git.pushed import Pushed
from mreg.net import urls
from mreg.tuples import NamedTuple


class KnownFailure(NamedTuple):
    """What Git says of a failure, what mreg says of it at a `{remote}`, and what to do about it."""

    pattern: re.Pattern[str]
    message: str
    hint: str
    error: type[RemoteError] = RemoteError


NO_CONTACT = (
    KnownFailure(
        re.compile(
            # All of these are said before a connection stands; a broken one is another matter.
            r"Could not resolve host|unable to look up|Name or service not known"
            r"|Temporary failure in name resolution|unable to connect to|Failed to connect"
            r"|Couldn't connect|connect to host \S+ port|Connection refused"
        ),
        "cannot connect to {remote}",
        "check the connection and the URL{listed}, then try again",
    ),
    KnownFailure(
        # As GnuTLS and OpenSSL say it, and where the name is another.
        re.compile(r"certificate verification failed|SSL certificate problem|certificate subject"),
        "Git does not trust the certificate of {remote}",
        "check the URL; http.sslCAInfo names the certificates that Git trusts: see"
        " `git help config`",
    ),
    KnownFailure(
        re.compile(r"Host key verification failed"),
        "ssh does not know the host key of {remote}, or knows a different one",
        "connect once with `git ls-remote`, compare the key that it shows, then try again",
    ),
    KnownFailure(
        re.compile(
            r"Authentication failed|could not read (?:Username|Password)"
            r"|terminal prompts disabled|Permission denied \(|Access denied$|returned error: 401",
            re.MULTILINE,
        ),
        "{remote} does not accept the credentials",
        "check them with `git ls-remote`: a token, a credential helper, or an ssh key",
        AccessDenied,
    ),
    KnownFailure(
        re.compile(r"dubious ownership"),
        "Git does not trust the repository of {remote}: it belongs to another user",
        "if you trust it, add it to safe.directory: see `git help config`",
    ),
    KnownFailure(
        re.compile(
            r"does not appear to be a git repository|[Rr]epository .*not found"
            r"|repository '.*' not found|returned error: 404"
        ),
        "there is no repository at {remote}",
        "check the URL{listed}",
        NoRemoteRepository,
    ),
    KnownFailure(
        re.compile(r"transport '.*' not allowed"),
        "mreg or Git's settings do not allow the protocol of {remote}",
        "use https, ssh, git, file or a path; see GIT_ALLOW_PROTOCOL and protocol.allow in `git "
        "help`",
    ),
)
"""The faults after which nothing was sent."""

LOCKED_HERE = KnownFailure(
    re.compile(r"^error: .*Unable to create '.*\.lock': File exists", re.MULTILINE),
    "a ref in this repository is locked",
    "another Git process is running, or one was killed and left the lock: check the file in the "
    "message",
)

_FULL_HERE = KnownFailure(
    re.compile(r"^(?!remote:).*No space left on device", re.MULTILINE),
    "the disk is too full to fetch from {remote}",
    "free disk space; `mreg cache prune` and `mreg cache clear` shrink the cache",
)

READ_ONLY = KnownFailure(
    re.compile(
        r"returned error: 403|denied to |[Ww]rite access|service not enabled|read-only"
        r"|access denied or repository not exported|insufficient permission"
        r"|unable to create temporary object directory|Read-only file system|unpacker error"
    ),
    "{remote} does not allow you to push",
    "ask for permission to push there, or choose another remote with --remote",
    AccessDenied,
)


def no_contact(remote: str, said: str) -> RemoteError | None:
    """Return the error of a call that did not reach a repository, if it did not."""
    return _first(remote, said, NO_CONTACT)


def nothing_sent(remote: str, said: str) -> RemoteError | None:
    """Return the error of a push that did not get as far as sending anything, if it did not."""
    return _first(remote, said, (*NO_CONTACT, READ_ONLY))


def explain(remote: str, done: Finished, seconds: float) -> RemoteError:
    """Return the error of a failed call."""
    if done.returncode is None:
        return timed_out(remote, seconds)
    said = done.errors
    return _first(remote, said, (*NO_CONTACT, LOCKED_HERE, _FULL_HERE, READ_ONLY)) or RemoteError(
        f"{remote}: {cleaned(said) or f'exit code {done.returncode}'}"
    )


def refusal(remote: str, tags: Iterable[str], pushed: Pushed, seconds: float) -> RemoteError:
    """Return the error of a push that did not succeed."""
    wanted = " and ".join(tags)
    said = cleaned(pushed.said)
    if pushed.locked:
        return RemoteError(
            f"{remote} did not take {wanted}, because a ref there is locked: {said}",
            hint="if no push is running, a killed push left the .lock file; ask the "
            "administrator of the server to remove it",
        )
    if not pushed.refused or READ_ONLY.pattern.search(pushed.said + _reasons(pushed)):
        text = pushed.said + _reasons(pushed)
        return explain(remote, Finished(pushed.returncode, b"", text), seconds)
    why = _reasons(pushed) or "a hook here refused it"
    return RemoteError(f"{remote} refused {wanted}: {why}\n{said}".strip(), hint=_whose(said))


def _whose(said: str) -> str:
    """Return what to do about a server's refusal, by what its hook said."""
    if "invalid characters in ref or filename" in said:  # Gitolite 3.6.12, Conf/Load.pm
        return (
            "Gitolite refuses every # ! and = in the name of a ref until its .gitolite.rc says"
            r" otherwise, above %RC:"
            r" $REF_OR_FILENAME_PATT = qr(^[0-9a-zA-Z][-0-9a-zA-Z._\@/+ :,#!=]*$);"
        )
    if re.search(r"^(remote: *)?mreg: ", said, re.MULTILINE):  # its own hints say what to do
        return ""
    return "the server configures hooks and protected tags; ask its administrator"


def _reasons(pushed: Pushed) -> str:
    """Return why refs were refused; not that others were, because all of them or none are taken."""
    found = dict.fromkeys(it.reason for it in pushed.results.values() if it.flag == "!")
    own = [reason for reason in found if not reason.startswith("atomic ")]
    return ", ".join(own or found)


def timed_out(remote: str, seconds: float) -> RemoteError:
    """Return the error of a call that took too long."""
    return RemoteError(
        f"{remote} did not answer within {seconds:g} seconds",
        hint="try again later, or allow more time: MREG_TIMEOUT=300",
    )


_ADVICE = re.compile(
    r"remote:|error: failed to push some refs to .*|hint: .*|error: atomic push .*"
    r"|Please make sure you have the correct access rights|and the repository exists\."
    r"|Another git process seems to be running in this repository.*|an editor opened by .*"
    r"|are terminated then try again\. .*|may have crashed in this repository earlier:"
    r"|remove the file manually to continue\."
)
_CUT_OFF = "fatal: Could not read from remote repository."  # why is said in front of it, if known


def cleaned(said: str) -> str:
    """Return what Git and the remote said, without Git's marks, its advice and passwords."""
    lines = [line.removeprefix("remote: ").rstrip() for line in said.splitlines()]
    told = [line for line in lines if line and not _ADVICE.fullmatch(line)]
    return urls.mask("\n".join([line for line in told if line != _CUT_OFF] or told))


def _first(remote: str, said: str, faults: tuple[KnownFailure, ...]) -> RemoteError | None:
    for fault in faults:
        if fault.pattern.search(said):
            message = fault.message.format(remote=remote)
            listed = "" if urls.looks_like(remote) else " (git remote -v)"
            hint = fault.hint.format(listed=listed)
            return fault.error(f"{message}: {cleaned(said)}", hint=hint)
    return None
