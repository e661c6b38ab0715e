"""What a constructor takes, also where it hands options on to the next class."""

from typing import Annotated, NotRequired, TypedDict, Unpack

from ganlab.bounds import Range
from ganlab.config.compose.signature import parameters_of

Small = Annotated[int, Range(minimum=1, maximum=9)]


class Options(TypedDict, total=False):
    size: Small
    rate: float
    name: str | None


class Needed(TypedDict):
    size: Small
    rate: NotRequired[float]


class Base:
    def __init__(self, *, size: int = 5, rate: float = 0.5, name: str | None = None, depth: int = 2) -> None:
        pass


class Middle(Base):
    def __init__(self, *, rate: float = 0.25, **options: Unpack[Options]) -> None:  # type: ignore[misc]
        pass


class Last(Middle):
    def __init__(self, *, width: int = 1, **options: Unpack[Options]) -> None:
        pass


class Needing(Base):
    def __init__(self, **options: Unpack[Needed]) -> None:
        pass


def defaults(target: type) -> dict[str, object]:
    return {name: parameter.default for name, parameter in parameters_of(target)[0].items()}


def test_a_typed_dict_names_what_is_handed_on_and_the_nearest_class_has_the_default():
    assert defaults(Last) == {"size": 5, "rate": 0.25, "name": None, "width": 1}
    assert defaults(Middle) == {"size": 5, "rate": 0.25, "name": None}


def test_its_marks_count_and_it_closes_the_list():
    named, open_to_more = parameters_of(Last)
    assert named["size"].annotation == Small
    assert "depth" not in named
    assert not open_to_more


def test_what_a_typed_dict_needs_stays_needed_whatever_a_further_class_says():
    named = parameters_of(Needing)[0]
    assert named["size"].default is named["size"].empty
    assert named["rate"].default == 0.5


def test_options_that_no_class_names_have_no_known_default():
    class Alone:
        def __init__(self, **options: Unpack[Options]) -> None:
            pass

    assert defaults(Alone) == {"size": None, "rate": None, "name": None}
    assert not parameters_of(Alone)[1]
