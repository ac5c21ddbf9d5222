"""Verifying signatures: one process each, which sees the keys of the policy and nothing else.

Git would let the repository's own settings say which keys are trusted, and which program says so
(gpg.ssh.allowedSignersFile, gpg.ssh.program and their kin); so Git is not asked.
Source: `man ssh-keygen`, "-Y verify" and "ALLOWED SIGNERS"; `man gpg`.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

from mreg.errors import GitError
from mreg.signatures import openpgp
from mreg.signatures.openpgp import Verified
from mreg.signatures.ssh import NAMESPACE, SshSignature

SECONDS = 20.0
"""How long a program may take for one signature; none takes more than a blink."""

_PACKAGES = {"ssh-keygen": "OpenSSH 8.2 or newer", "gpg": "GnuPG"}

_SIGNER = "signer"


class TooLong(Exception):
    """A program did not come to an end."""


def ssh(signature: SshSignature, payload: bytes) -> str:
    """Say why an SSH signature is not that of these bytes; nothing if it is.

    That it was made with the key that it names is all that is verified: whose key it is, the
    caller knows.

    Raises:
        GitError: there is no ssh-keygen.
    """
    with tempfile.TemporaryDirectory(prefix="mreg-") as folder:
        allowed, armor = Path(folder, "allowed"), Path(folder, "signature")
        allowed.write_text(f'{_SIGNER} namespaces="{NAMESPACE}" {signature.public}\n')
        armor.write_text(signature.armor)
        files = ("-f", str(allowed), "-s", str(armor))
        arguments = ("-Y", "verify", "-I", _SIGNER, "-n", NAMESPACE, *files)
        try:
            done = _run("ssh-keygen", arguments, payload)
        except TooLong as error:
            return str(error)
    if done.returncode == 0:
        return ""
    said = done.stderr.decode("utf-8", "replace").strip().replace("\n", "; ")
    if "incorrect signature" in said:
        return "the signature does not match the content"
    return f"ssh-keygen cannot verify it: {said or f'exit code {done.returncode}'}"


def gpg(armor: bytes, payload: bytes) -> Verified:
    """Verify an OpenPGP signature with the keys that gpg has.

    Raises:
        GitError: there is no gpg.
    """
    if not openpgp.is_whole(armor):
        return Verified("", "the OpenPGP signature is cut short, or text follows it")
    with tempfile.TemporaryDirectory(prefix="mreg-") as folder:
        file = Path(folder, "signature")
        file.write_bytes(armor)
        # What it would fetch or keep besides is not asked for: who is trusted, the policy says.
        quiet = ("--batch", "--no-tty", "--no-auto-key-retrieve", "--trust-model=always")
        arguments = (*quiet, "--status-fd=1", "--verify", "--", str(file), "-")
        try:
            done = _run("gpg", arguments, payload)
        except TooLong as error:
            return Verified("", str(error))
    return openpgp.parse_status(done.stdout)


def _run(
    program: str, arguments: tuple[str, ...], source: bytes
) -> subprocess.CompletedProcess[bytes]:
    command = [str(find(program)), *arguments]
    environment = {**os.environ, "LC_ALL": "C"}  # what it says is matched above
    try:
        return subprocess.run(
            command,
            input=source,
            capture_output=True,
            check=False,
            env=environment,
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise TooLong(f"{program} took more than {SECONDS:g} seconds") from None
    except OSError as error:
        raise _missing(program, f"cannot be run: {error.strerror}") from None


def find(program: str) -> Path:
    """Return where a program is, by PATH: never in the current folder, which may be anybody's.

    Raises:
        GitError: it is nowhere.
    """
    for folder in map(Path, os.get_exec_path()):
        file = folder / program
        if folder.is_absolute() and file.is_file() and os.access(file, os.X_OK):
            return file
    raise _missing(program, "is not installed")


def _missing(program: str, what: str) -> GitError:
    return GitError(
        f"cannot verify signatures: {program} {what}",
        hint=f"install {_PACKAGES[program]}, and add it to PATH",
    )
