"""What is said of files that run code when they are loaded."""

from __future__ import annotations

from mreg.serve.loaders.model import CannotLoad, LoadRequest


def require(request: LoadRequest, what: str, instead: str) -> None:
    """Refuse a file that runs code, unless it is trusted.

    Args:
        request: the file.
        what: what it is: "a pickle".
        instead: what does the same without: "skops".

    Raises:
        CannotLoad: it is not trusted.
    """
    if not request.trust_pickle:
        raise CannotLoad(
            f"{request.path.name} is {what}: loading it runs the code of its author",
            hint=f"save the model {instead}; or, if you trust everyone who can register "
            "versions and change files here, use --trust-pickle",
        )
