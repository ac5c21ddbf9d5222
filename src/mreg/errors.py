"""What mreg raises.

    MregError                 anything that mreg refuses or cannot do
    ├── UsageError            the request itself makes no sense (exit code 2)
    │   └── InvalidQuery      text that is no search expression
    ├── InvalidName           text that is no artifact, stage, version, selector or tag
    ├── InvalidTime           text that is no date, time or duration
    ├── NotFound              the artifact, version, stage, tag or rev asked for is absent
    │   └── UnknownArtifact   there is no such artifact
    ├── Refused               the request is clear, but the registry does not allow it
    │   ├── Forbidden         it is the policy that does not allow it
    │   ├── Mismatch          bytes are not those that were recorded
    │   └── Outdated          it was decided upon what is another thing by now
    └── GitError              Git could not do what was asked
        ├── RepositoryError   there is no usable repository at the path
        └── RemoteError       a remote cannot be reached, or does not take or give what it should
            ├── AccessDenied    it does not accept the credentials, or lets nobody write with them
            ├── NoRemoteRepository  there is no repository at its URL
            └── OutcomeUnknown  whether the remote took it is not known

An error says what happened (`str(error)`) and, where there is something to do about it, what to
do next (`error.hint`), which a traceback shows, too.
"""

from __future__ import annotations


class MregError(Exception):
    """The base of all errors that mreg raises on purpose.

    Attributes:
        hint: what the reader can do about it; empty where there is nothing to say.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint
        if hint:
            self.add_note(f"hint: {hint}")  # which a traceback shows under the message


class UsageError(MregError):
    """The request contradicts itself, whatever the registry holds."""


class InvalidQuery(UsageError):
    """A text is not the search expression it should be; the message shows the place.

    Attributes:
        start: where the fault begins, in characters from the start of the expression.
        end: where it ends.
    """

    def __init__(self, message: str, start: int, end: int, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.start = start
        self.end = end


class InvalidName(MregError):
    """A text is not the artifact, stage, version, selector or tag name it should be."""


class InvalidTime(MregError):
    """A text is not a date, a time or a duration."""


class NotFound(MregError):
    """What was asked for does not exist (at that time, in this repository)."""


class UnknownArtifact(NotFound):
    """There is no such artifact.

    Attributes:
        artifact: the name that was asked for.
        meant: the one artifact whose name ends in it, such as `models:churn` for `churn`; empty
            where there is none, or several.
    """

    def __init__(
        self, message: str, *, hint: str = "", artifact: str = "", meant: str = ""
    ) -> None:
        super().__init__(message, hint=hint)
        self.artifact = artifact
        self.meant = meant


class Refused(MregError):
    """The registry does not allow what was asked for."""


class Forbidden(Refused):
    """The policy does not allow what was asked for; the message names each rule that it breaks."""


class Mismatch(Refused):
    """The bytes of a version are not those that were recorded; none of them were kept."""


class Outdated(Refused):
    """Something was decided upon what has changed in between; nothing was done."""


class GitError(MregError):
    """Git refused or failed."""


class RepositoryError(GitError):
    """There is no repository at the path, or Git does not let us use it."""


class RemoteError(GitError):
    """A remote is missing, cannot be reached, or refuses."""


class AccessDenied(RemoteError):
    """A remote does not accept the credentials, or does not let their owner write."""


class NoRemoteRepository(RemoteError):
    """There is no repository at a URL, or none that its server shows to whoever asks."""


class OutcomeUnknown(RemoteError):
    """Something was sent to a remote, and nothing is known of what became of it."""
