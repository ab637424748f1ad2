"""The actions that calls need, where they are not called as the operation is."""

import pytest

from local_aws.actions import needed


@pytest.mark.parametrize(
    ("operation", "version", "action"),
    [
        ("GetObject", None, "s3:GetObject"),
        ("GetObject", "v1", "s3:GetObjectVersion"),
        ("HeadObject", "v1", "s3:GetObjectVersion"),
        ("DeleteObject", None, "s3:DeleteObject"),
        ("DeleteObject", "v1", "s3:DeleteObjectVersion"),
        ("PutObject", None, "s3:PutObject"),
    ],
)
def test_a_version_of_an_object_is_another_action(operation: str, version: str | None, action: str) -> None:
    given = {"Bucket": "b", "Key": "k", **({"VersionId": version} if version else {})}
    (access,) = needed("s3", operation, given)
    assert (access.action, access.resources) == (action, ("arn:aws:s3:::b/k",))
