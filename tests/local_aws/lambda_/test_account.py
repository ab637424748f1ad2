"""The account's limits, and what its functions use of them."""

from local_aws.aws import LocalAws
from tests.local_aws.support import function


def test_the_settings_count_the_functions_and_their_code(aws: LocalAws) -> None:
    client = aws.client("lambda")
    before = client.get_account_settings()["AccountUsage"]
    function(aws, "counted", "def handler(event, context):\n    return 1\n")
    settings = client.get_account_settings()
    size = client.get_function_configuration(FunctionName="counted")["CodeSize"]
    assert size > 0
    assert settings["AccountUsage"] == {"FunctionCount": before["FunctionCount"] + 1, "TotalCodeSize": before["TotalCodeSize"] + size}
    assert settings["AccountLimit"]["ConcurrentExecutions"] == 1000
