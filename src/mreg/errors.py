"""The exceptions that mreg raises.

    MregError                 the base class: anything that mreg refuses or cannot do
    ├── UsageError            the request contradicts itself (exit code 2)
    │   └── InvalidQuery      a text is not a search expression
    ├── InvalidName           a text is not an artifact, stage, version, selector or tag
    ├── InvalidTime           a text is not a date, time or duration
    ├── NotFound              the artifact, version, stage, tag or revision does not exist
    │   └── UnknownArtifact   there is no such artifact
    ├── Refused               the registry does not allow the request
    │   ├── Forbidden         the policy does not allow it
    │   ├── Mismatch          the bytes differ from the recorded digest
    │   └── Outdated          the registry has changed since the decision
    └── GitError              Git could not do what was asked
        ├── RepositoryError   there is no usable repository at the path
        └── RemoteError       a remote cannot be reached, or refuses
            ├── AccessDenied    it rejects the credentials, or does not allow them to write
            ├── NoRemoteRepository  there is no repository at its URL
            └── OutcomeUnknown  it is not known whether an event was published

The text of an error (`str(error)`) describes the problem, and its `hint`, if there is one, the next
step. A traceback shows both.
"""

from __future__ import annotations


class MregError(Exception):
    """The base class of all errors that mreg raises on purpose.

    Attributes:
        hint: the next step for the user; may be empty.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint
        if hint:
            self.add_note(f"hint: {hint}")  # a traceback shows it under the message


class UsageError(MregError):
    """The request contradicts itself, whatever the registry contains."""


class InvalidQuery(UsageError):
    """A text is not a search expression; the message shows the place.

    Attributes:
        start: the start of the error, in characters from the start of the expression.
        end: its end.
    """

    def __init__(self, message: str, start: int, end: int, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.start = start
        self.end = end


class InvalidName(MregError):
    """A text is not the name of an artifact, a stage, a version or a tag, or not a selector."""


class InvalidTime(MregError):
    """A text is not a date, a time or a duration."""


class NotFound(MregError):
    """The requested item does not exist (at that time, in this repository)."""


class UnknownArtifact(NotFound):
    """There is no such artifact.

    Attributes:
        artifact: the requested name.
        meant: the one artifact whose name ends in it, such as `models:churn` for `churn`; empty if
            there is none, or several.
    """

    def __init__(
        self, message: str, *, hint: str = "", artifact: str = "", meant: str = ""
    ) -> None:
        super().__init__(message, hint=hint)
        self.artifact = artifact
        self.meant = meant


class Refused(MregError):
    """The registry does not allow the request."""


class Forbidden(Refused):
    """The policy does not allow the request; the message names each violated rule."""


class Mismatch(Refused):
    """The bytes of a version differ from the recorded digest; none of them were stored."""


class Outdated(Refused):
    """The registry has changed since the decision; nothing was recorded."""


class GitError(MregError):
    """Git refused or failed."""


class RepositoryError(GitError):
    """There is no repository at the path, or Git refuses to use it."""


class RemoteError(GitError):
    """A remote is missing, cannot be reached, or refuses."""


class AccessDenied(RemoteError):
    """A remote rejects the credentials, or does not allow them to write."""


class NoRemoteRepository(RemoteError):
    """There is no repository at a URL, or its server does not show it to this user."""


class OutcomeUnknown(RemoteError):
    """An event was sent to a remote, and its outcome is unknown."""
