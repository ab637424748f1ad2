"""Settings of monitoring, alarms and chat: what does not go together is refused."""

import pytest

from infra.environment import ConfigurationError, parse

BASE = {"project": "loans", "environment": "dev"}


@pytest.mark.parametrize(
    ("section", "values", "words"),
    [
        ("monitoring", {"engine": "magic"}, "monitoring.engine"),
        ("monitoring", {"windows": 2, "windows_to_alarm": 3}, "windows_to_alarm"),
        ("monitoring", {"network": {"subnets": ["subnet-1"]}}, "go together"),
        ("monitoring", {"windows": 8}, "monitoring.windows"),
        ("alarms", {"errors_4xx_percent": 0.0}, "alarms.errors_4xx_percent"),
        ("alarms", {"volume": 11}, "an unknown key"),
        ("chat", {"slack_channel_id": "C1"}, "go together"),
        ("chat", {"teams_team_id": "t"}, "go together"),
    ],
)
def test_what_cannot_be_is_refused_by_key(section: str, values: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        parse({**BASE, section: values}, "x.toml")


def test_defaults_suit_a_new_account() -> None:
    environment = parse(BASE, "x.toml")
    assert environment.monitoring.engine == "auto"
    assert (environment.monitoring.windows_to_alarm, environment.monitoring.windows) == (2, 3)
