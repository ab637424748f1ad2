"""Scenario files: what is given, and what is said about a wrong one."""

from pathlib import Path

import pytest

from cli.errors import CliError
from cli.simulate.scenario import given, load


def test_every_kind_of_change_is_given() -> None:
    kinds = {change.kind for name in given() for change in load(name).change}
    assert kinds == {"gradual", "sudden", "seasonal", "recurring", "concept", "swapped", "unit", "nulls", "gap"}
    assert load("none").change == []
    assert load("late-labels").label_delay_days == 10


def test_an_unknown_name_lists_what_is_given() -> None:
    with pytest.raises(CliError, match=r"no scenario 'sudenly': given are broken-nulls, .*sudden, or the path of a \.toml file"):
        load("sudenly")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("days = 3", "name: missing; it is required"),
        ('name = "x"\ndayz = 3', "dayz: an unknown key; allowed: name, days"),
        ('name = "x"\ndays = "many"', "days: found 'many'; allowed: a valid integer"),
        ('name = "x"\n[[change]]\nkind = "swapped"\nfrom_day = 1\nto_day = 2\ncolumns = ["a"]', "swapped needs columns to exchange: two"),
        (
            'name = "x"\n[[change]]\nkind = "sudden"\nfrom_day = 3\nto_day = 2',
            r"toml: change.0: to_day \(2\) is before from_day \(3\)$",
        ),
        (
            'name = "x"\n[[change]]\nkind = "nulls"\nfrom_day = 1\nto_day = 2\ncolumns = ["income", "salary"]',
            r"change.0.columns: found salary; allowed: application_id, .*income",
        ),
        ('name = "x"\n[[change]]\nkind = "drift"\nfrom_day = 1\nto_day = 2', "change.0.kind: found 'drift'; allowed: 'gradual', 'sudden'"),
        ("name = ", "not valid TOML"),
    ],
)
def test_a_wrong_file_says_where_what_and_what_is_allowed(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(CliError, match=words) as caught:
        load(str(path))
    assert str(path) in str(caught.value)
