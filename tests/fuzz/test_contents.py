"""A small share of `tests/fuzz/contents.py`, with a fixed seed."""

from __future__ import annotations

import pytest

from fuzz import contents

pytestmark = pytest.mark.integration  # they are long


@pytest.mark.parametrize("seed", range(4))
def test_no_document_ends_what_reads_it(seed: int) -> None:
    tally = contents.fuzz(500, seed)
    assert tally.faults == []
    assert sum(tally.documents.values()) == 500
    assert 0 < sum(tally.refused.values()) < 500


def test_what_is_not_mutated_is_read() -> None:
    for kind in contents.kinds():
        for seed in kind.seeds:
            for read in kind.readers:
                read(seed)
