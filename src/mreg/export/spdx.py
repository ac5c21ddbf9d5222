"""Licences by their identifiers in SPDX (https://spdx.org/licenses/), as `packaging` has them."""

from __future__ import annotations


def canonical(text: str) -> str | None:
    """Return a licence, or an expression of several, as SPDX spells it; None if it is neither.

    Source: https://spdx.github.io/spdx-spec/v3.0.1/annexes/spdx-license-expressions/
    """
    from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

    try:
        return canonicalize_license_expression(text)
    except InvalidLicenseExpression:
        return None


def is_identifier(canonical: str) -> bool:
    """Tell whether it is one licence of the list; else it is an expression, if of one word."""
    return not canonical.startswith("LicenseRef-") and not any(it in canonical for it in " (+")
