"""Names in words."""

from ganlab.nearest import numbered


def test_names_stand_behind_their_numbers_unless_they_are_the_numbers():
    assert numbered(["cat", "dog"]) == "0 cat, 1 dog"
    assert numbered(["0", "1", "2"]) == "0, 1, 2"
    assert numbered(["1", "0"]) == "0 1, 1 0"
    assert numbered(["a", "b", "c"], maximum=2) == "0 a, 1 b, ..."
