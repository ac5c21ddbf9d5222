"""Announcing: events told to webhooks, and acted upon as they appear."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from mreg.core import times
from mreg.governance.updates import TAGS
from mreg.registry.opened import Opened

if TYPE_CHECKING:  # what talks to webhooks is loaded when one is told
    from mreg.deploy.notify import Notice, Targets
    from mreg.deploy.payloads import Format
    from mreg.deploy.watch import Act, Handled, Stop, WatchOptions
    from mreg.governance.updates import Update


class Announcing(Opened):
    """The requests that bring events to those who act on them."""

    def notify(
        self,
        tag: str,
        webhooks: Sequence[str],
        *,
        form: Format = "json",
        secret: bytes = b"",
        seconds: float | None = None,
        expect_oid: str | None = None,
        repository: str | None = None,
        policy: bool = True,
    ) -> Notice:
        """Tell webhooks of an event.

        Args:
            tag: its name, or its full ref.
            webhooks: their URLs.
            form: json: what `mreg ci` prints; slack, teams: a message.
            secret: what posts are signed with; empty: they are not signed.
            seconds: how long one try may take; None: 10.
            expect_oid: the id of the tag object that it has to be.
            repository: the repository's URL, to be handed on.
            policy: tell nobody of an event that the policy does not allow.

        Returns:
            What came of it. Of a tag that is not the registry's nobody is told.

        Raises:
            UsageError: what is given as a webhook is none.
            NotFound, Refused, GitError: as for `deployment`.
        """
        from mreg.deploy import notify as notifying
        from mreg.deploy import trigger

        present = int(times.now().timestamp())
        question = trigger.Question(tag.removeprefix(TAGS), expect_oid, repository, present=present)
        audience = self._audience(webhooks, form, secret, seconds)
        return notifying.notify(self.repository, question, audience, policy=policy)

    def notify_push(
        self,
        updates: Iterable[Update],
        webhooks: Sequence[str],
        *,
        form: Format = "json",
        secret: bytes = b"",
        seconds: float | None = None,
        repository: str | None = None,
        policy: bool = True,
    ) -> Iterator[Notice]:
        """Tell webhooks of the events of a push, in their order; otherwise as `notify`.

        Args:
            updates: what became of each ref, as a post-receive hook is told.
            webhooks: as for `notify`.
            form: likewise.
            secret: likewise.
            seconds: likewise.
            repository: likewise.
            policy: likewise.
        """
        from mreg.deploy import notify as notifying

        for update in notifying.announced(self.repository, [*updates]):
            yield self.notify(
                update.ref,
                webhooks,
                form=form,
                secret=secret,
                seconds=seconds,
                expect_oid=update.new,
                repository=repository,
                policy=policy,
            )

    def watch(
        self,
        act: Act,
        *,
        remote: str | None = None,
        state: Path | None = None,
        manner: WatchOptions | None = None,
        stop: Stop | None = None,
    ) -> Iterator[Handled]:
        """Act upon each new event at the remote once, in the order of its artifact, for ever.

        What is killed while it acts finds that event in doubt when it begins again, and acts upon
        it once more. Nothing happens before the first result is asked for.

        Args:
            act: acts upon an event, and returns why that failed; nothing if it did not. It is told
                whether the event may have been acted upon before.
            remote: one of the repository's remotes; None: the one that it came from.
            state: the file that says what became of each event; None: one of the user's own.
            manner: how to watch; None: every 30 seconds, upon all that is new from now on.
            stop: set by whoever wants it to end; what is being done is finished first.

        Returns:
            What becomes of events, as it does.

        Raises:
            Refused: another watcher is at work on the file, or it is not that of such a watch.
            RemoteError: there is no such remote.
            MregError: the remote cannot be asked, where that is to be done once.
        """
        from mreg.deploy import journal
        from mreg.deploy import watch as watching
        from mreg.deploy.follow import Source

        source = Source(self.repository, remote=remote)
        return watching.watch(
            source,
            (state or journal.default(source.name)).absolute(),
            act,
            manner or watching.WatchOptions(),
            stop=stop or Event(),
            network=self.network,
        )

    @staticmethod
    def _audience(
        webhooks: Sequence[str], form: Format, secret: bytes, seconds: float | None
    ) -> Targets:
        from mreg.deploy import notify as notifying
        from mreg.net import webhook

        found = tuple(webhook.parse(it) for it in dict.fromkeys(webhooks))
        return notifying.Targets(found, form, secret, seconds or webhook.SECONDS)
