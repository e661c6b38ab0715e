"""A study in a database: what is missing is named."""

import sys

import pytest

pytest.importorskip("optuna", reason="search=tpe and its like need the extra search")

from ganlab.errors import UserError
from ganlab.search.study import storage_of


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
