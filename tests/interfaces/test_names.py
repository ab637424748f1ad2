"""Names keep the rules of the services that carry them."""

import re

from interfaces.names import Names


def test_environments_of_a_project_share_no_name():
    dev, prod = Names("loans", "dev"), Names("loans", "prod")
    assert not set(dev.stacks) & set(prod.stacks)
    assert dev.bucket("data", "111122223333", "eu-west-1") == "loans-dev-data-111122223333-eu-west-1"


def test_glue_database_has_no_hyphen():
    assert re.fullmatch(r"[a-z0-9_]+", Names("my-loans", "dev").glue_database)
