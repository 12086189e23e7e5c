"""What the README says of the code is what the code says."""

from pathlib import Path

import pytest

from tools import marks, tables

README = Path(__file__).resolve().parent.parent.parent / "README.md"


@pytest.mark.parametrize("name", ["fields", "settings"])
def test_readme_shows_the_table_that_the_code_makes(name):
    """The table is out of date: run tools/readme."""
    text = README.read_text("utf-8")

    assert marks.replace(text, name, getattr(tables, name)()) == text


def test_marks_that_are_missing_are_an_error():
    """A command must not write its table nowhere and say nothing."""
    with pytest.raises(ValueError, match="bench"):
        marks.replace("no marks", "bench", "table")
