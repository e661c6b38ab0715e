"""A search: a study in a database of which something is missing, and how many points are tried at once."""

import sys
from types import SimpleNamespace

import pytest
from omegaconf import OmegaConf

pytest.importorskip("optuna", reason="search=tpe and its like need the extra search")

from ganlab.errors import UserError
from ganlab.search.study import storage_of
from ganlab.search.sweeper import Searching


@pytest.mark.parametrize(
    ("driver", "package"), [("psycopg", "psycopg[binary]"), ("psycopg2", "psycopg2-binary")]
)
def test_a_missing_driver_is_one_sentence_with_its_remedy(driver, package, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, driver, None)
    with pytest.raises(UserError) as caught:
        storage_of(tmp_path, f"postgresql+{driver}://me:secret@localhost/studies")
    assert str(caught.value) == (
        f"search.storage: this database needs the package {driver}, which is not installed: pip install '{package}'"
    )


def test_a_database_that_is_not_there_is_one_sentence(tmp_path):
    with pytest.raises(UserError, match="the database cannot be reached") as caught:
        storage_of(tmp_path, f"sqlite:///{tmp_path}/nowhere/studies.db")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("batch", "launcher", "size"),
    [(None, None, 1), (None, {"n": 3}, 3), (2, {"n": 3}, 2), (None, {"n": None}, 1), (4, {"n": None}, 4)],
)
def test_points_at_once_are_those_of_the_launcher_unless_the_search_says_so(batch, launcher, size):
    """``launcher=ray`` has no number of its own."""
    config = OmegaConf.create({"launcher": launcher})
    search = SimpleNamespace(settings=SimpleNamespace(batch=batch), config=config)
    assert Searching.batch_size(search) == size
