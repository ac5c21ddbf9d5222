"""Named tuples: declared as those of `typing`, they are the same."""

from __future__ import annotations

import copy
import pickle
import typing
from typing import get_type_hints

from mreg.tuples import NamedTuple


class Place(NamedTuple):
    """Where something is."""

    name: str
    others: tuple[Place, ...] = ()
    note: str | None = None

    @property
    def known(self) -> int:
        """How many others there are."""
        return len(self.others)

    def __str__(self) -> str:
        """Return its name."""
        return self.name


class Typed(typing.NamedTuple):
    """Where something is."""

    name: str
    others: tuple[Typed, ...] = ()
    note: str | None = None


def test_fields_and_defaults_are_those_of_the_declaration() -> None:
    assert (Place._fields, Place._field_defaults) == (Typed._fields, Typed._field_defaults)
    assert Place("here") == ("here", (), None) == Typed("here")
    assert Place("here", note="!")._replace(name="there") == ("there", (), "!")
    assert repr(Place("here")) == repr(Typed("here")).replace("Typed", "Place")


def test_methods_and_words_are_its_own() -> None:
    place = Place("here", (Place("there"),))
    assert (place.known, str(place), Place.__doc__) == (1, "here", "Where something is.")
    assert (Place.__module__, Place.__qualname__) == (__name__, "Place")


def test_types_can_be_asked_for() -> None:
    assert get_type_hints(Place) == {
        "name": str,
        "others": tuple[Place, ...],
        "note": str | None,
    }


def test_it_is_copied_and_pickled() -> None:
    place = Place("here", (Place("there"),))
    assert pickle.loads(pickle.dumps(place)) == place == copy.deepcopy(place)
    assert type(copy.copy(place)) is Place
