"""Signing a tag as `git tag` would: tag.gpgSign, user.signingKey, gpg.format and their kin.

`git tag` itself makes object and ref in one step; a tag object without a ref has to be signed by
whoever makes it. Source of the settings: `git help config` (gpg.*, tag.gpgSign, user.signingKey);
of the calls: gpg-interface.c in Git.
"""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress
from pathlib import Path

from mreg.errors import GitError
from mreg.git import checkout, config, process
from mreg.git.repository import Repository

_PROGRAMS = {"openpgp": "gpg", "x509": "gpgsm", "ssh": "ssh-keygen"}


SET_UP = (
    "git config gpg.format ssh && git config user.signingKey ~/.ssh/id_ed25519.pub"
    " && git config tag.gpgSign true"
)
"""How somebody lets Git sign every tag with an SSH key."""

_OR_OFF = ", or turn signing off: git config tag.gpgSign false"
"""What ends a hint where no policy requires a signature."""


def signature(repo: Repository, payload: bytes, who: str, *, required: bool = False) -> bytes:
    """Return the signature of a tag's bytes; nothing if Git is not set up to sign tags.

    Where mreg's policy asks for it (`required`), it is signed all the same. By `who`, which is
    "Name <email>", an OpenPGP key is found where none is named.

    Raises:
        GitError: it should be signed and cannot.
    """
    wanted = is_wanted(repo)
    if not (wanted or required):
        return b""
    try:
        return _signature(repo, payload, who)
    except GitError as error:
        if not required:
            raise
        hint = error.hint.removesuffix(_OR_OFF) if wanted else SET_UP
        raise GitError(f"the policy requires a signature: {error}", hint=hint) from error


def _signature(repo: Repository, payload: bytes, who: str) -> bytes:
    kind = config.value(repo, "gpg.format") or "openpgp"
    if kind not in _PROGRAMS:
        raise GitError(f"gpg.format is {kind!r}", hint="set gpg.format to openpgp, x509 or ssh")
    program = (
        config.value(repo, f"gpg.{kind}.program", "path")
        or (config.value(repo, "gpg.program", "path") if kind == "openpgp" else "")
        or _PROGRAMS[kind]
    )
    key = config.value(repo, "user.signingKey")
    if kind == "ssh":
        return _ssh(repo, program, key or _default_ssh_key(repo), payload)
    return _gpg(repo, program, key or who, payload)


def public_key(repo: Repository) -> str:
    """Return the key that Git is set up to sign with, where it can be told without signing.

    Returns:
        The line of an SSH key's .pub file, or what names an OpenPGP key; empty where an agent or
        gpg would choose, or the file cannot be read.
    """
    key = config.value(repo, "user.signingKey")
    if config.value(repo, "gpg.format") != "ssh":
        return key
    if key.startswith(("key::", "ssh-")):
        return key.removeprefix("key::")
    path = _key_file(repo) if key else ""
    # The private half may be named as well; ssh-keygen then looks for the other beside it.
    for file in (path, f"{path}.pub") if path else ():
        with suppress(OSError, UnicodeDecodeError):
            if (text := Path(file).read_text("utf-8")).startswith(("ssh-", "ecdsa-", "sk-")):
                return text.partition("\n")[0]
    return ""


def is_wanted(repo: Repository) -> bool:
    """Tell whether Git is set up to sign every tag."""
    return config.value(repo, "tag.gpgSign", "bool") == "true"


def _key_file(repo: Repository) -> str:
    """Return the file of the key; Git, which signs at the top of the work tree, finds it there."""
    path = config.value(repo, "user.signingKey", "path")
    return str(checkout.root(repo) / path) if path and not Path(path).is_absolute() else path


def _gpg(repo: Repository, program: str, key: str, payload: bytes) -> bytes:
    done = _run(repo, [program, "--status-fd=2", "-bsau", key], payload)
    if done.returncode or b"\n[GNUPG:] SIG_CREATED " not in b"\n" + done.stderr:
        raise _failed(program, done)
    return done.stdout.replace(b"\r\n", b"\n")


def _ssh(repo: Repository, program: str, key: str, payload: bytes) -> bytes:
    if not key:
        raise GitError(
            "Git is configured to sign tags with an SSH key, but user.signingKey is not set",
            hint="git config user.signingKey ~/.ssh/id_ed25519.pub",
        )
    import tempfile

    with tempfile.TemporaryDirectory(prefix="mreg-") as folder:
        source = Path(folder, "payload")
        source.write_bytes(payload)
        literal = key.removeprefix("key::")
        command = [program, "-Y", "sign", "-n", "git", "-f"]
        if key.startswith(("key::", "ssh-")):  # the public key itself: the agent has the other half
            Path(folder, "key").write_text(literal + "\n")
            command += [str(Path(folder, "key")), "-U"]
        else:
            command.append(_key_file(repo) or key)
        done = _run(repo, [*command, str(source)])
        if done.returncode:
            raise _failed(program, done)
        return Path(folder, "payload.sig").read_bytes().replace(b"\r\n", b"\n")


def _default_ssh_key(repo: Repository) -> str:
    command = config.value(repo, "gpg.ssh.defaultKeyCommand")
    if not command:
        return ""
    done = _run(repo, ["sh", "-c", command])
    if done.returncode:
        raise _failed(command, done)
    return done.stdout.decode("utf-8", "replace").partition("\n")[0]


def _run(
    repo: Repository, command: list[str], stdin: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    try:
        if (seconds := repo.network.signing) is not None:
            return _run_alone(command, stdin, seconds)
        with repo.network.busy(""):  # it may ask for a passphrase
            return subprocess.run(command, input=stdin, capture_output=True, check=False)
    except OSError as error:
        raise GitError(
            f"cannot sign the tag: {command[0]}: {error.strerror}",
            hint=f"install it{_OR_OFF}",
        ) from None


def _run_alone(
    command: list[str], stdin: bytes, seconds: float
) -> subprocess.CompletedProcess[bytes]:
    """Run a program away from the terminal, for so many seconds at most.

    Whoever sits there is not asked for a passphrase. An agent that holds the key answers all the
    same, and may open a window where there is a desktop.
    """
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={name: it for name, it in os.environ.items() if name != "GPG_TTY"},
        start_new_session=True,
    ) as running:
        try:
            output, errors = running.communicate(stdin, timeout=seconds)
        except subprocess.TimeoutExpired:
            process.end(running, detached=True)
            raise GitError(
                f"cannot sign the tag: {command[0]} did not answer within {seconds:g} seconds",
                hint="it may be waiting for a passphrase: add the key to an agent (run ssh-add, "
                "or gpg once in a terminal), then try again",
            ) from None
        except BaseException:
            process.end(running, detached=True)
            raise
    return subprocess.CompletedProcess(command, running.returncode, output, errors)


def _failed(program: str, done: subprocess.CompletedProcess[bytes]) -> GitError:
    lines = done.stderr.decode("utf-8", "replace").strip().split("\n")
    # What gpg says on --status-fd is for programs.
    said = "\n".join(line for line in lines if not line.startswith("[GNUPG:] "))
    said = said or f"exit code {done.returncode}"
    return GitError(
        f"cannot sign the tag: {said if said.startswith(f'{program}: ') else f'{program}: {said}'}",
        hint=f"check user.signingKey and gpg.format{_OR_OFF}",
    )
