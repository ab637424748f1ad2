"""Metrics of a training job: what its MetricDefinitions find in the lines that it prints."""

import re
from collections.abc import Callable
from typing import Any

from local_aws.clock import Clock

TAB = "#011"  # how a tab reaches the log, as in logs of AWS's XGBoost: regular expressions are written for it


def watched(description: dict[str, Any], clock: Clock, log: Callable[[str], None]) -> Callable[[str], None]:
    """A log callback that also keeps the last value of each metric in ``FinalMetricDataList``."""
    definitions = [(m["Name"], re.compile(m["Regex"])) for m in description["AlgorithmSpecification"].get("MetricDefinitions", [])]
    values: dict[str, dict[str, Any]] = {}

    def line(text: str) -> None:
        text = text.replace("\t", TAB)
        log(text)
        for name, pattern in definitions:
            for found in pattern.finditer(text):
                try:
                    value = float(found.group(1))
                except (ValueError, IndexError):
                    continue  # the pattern matches and no number stands there
                values[name] = {"MetricName": name, "Value": value, "Timestamp": clock.now()}
        if values:
            description["FinalMetricDataList"] = list(values.values())

    return line
