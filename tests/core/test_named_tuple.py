from __future__ import annotations

import pickle
import typing

import pytest

from hookwright.core.named_tuple import NamedTuple


class Point(NamedTuple):
    """A place."""

    x: int
    y: int = 0
    name: str = ""

    @property
    def sum(self) -> int:
        """Return both together."""
        return self.x + self.y


class Typed(typing.NamedTuple):
    """A place."""

    x: int
    y: int = 0
    name: str = ""


def test_it_makes_what_typing_makes() -> None:
    ours: typing.Any = Point
    for arguments in ((1,), (1, 2), (1, 2, "n")):
        made, wanted = ours(*arguments), Typed(*arguments)
        assert tuple(made) == tuple(wanted)
        assert made._asdict() == wanted._asdict()
        assert made._replace(y=9).y == 9
    assert ours._fields == Typed._fields
    assert ours.__doc__ == Typed.__doc__
    assert repr(ours(1)) == "Point(x=1, y=0, name='')"
    assert ours(1, 2).sum == 3
    with pytest.raises(TypeError):
        ours()
    with pytest.raises(AttributeError):
        ours(1).x = 2


def test_it_can_be_pickled() -> None:
    made: typing.Any = Point
    assert pickle.loads(pickle.dumps(made(1, 2))) == made(1, 2)
