"""Keys in S3: which drop an object belongs to, and where a version's objects lie."""

import pytest

from interfaces import layout


@pytest.mark.parametrize(
    ("key", "drop"),
    [
        ("drops/monday/a.csv", "monday"),
        ("drops/2026/11/a.csv", "2026/11"),
        ("drops/a.csv", None),
        ("drops", None),
        ("other/monday/a.csv", None),
    ],
)
def test_drop_of_a_landing_key(key, drop):
    assert layout.drop_of(key) == drop


def test_the_success_marker_belongs_to_the_drop_that_it_closes():
    assert layout.drop_of(layout.drop_prefix("2026/11") + layout.SUCCESS_MARKER) == "2026/11"


def test_a_version_is_a_glue_partition():
    assert layout.curated_prefix("v1") == "curated/dataset_version=v1/"


def test_split_uri():
    assert layout.split_uri("s3://bucket/some/key") == ("bucket", "some/key")
    with pytest.raises(ValueError, match="not an S3 URI: '/tmp/x'; expected s3://bucket/key"):
        layout.split_uri("/tmp/x")
