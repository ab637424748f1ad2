"""Statistics of what was measured."""

import numpy as np
import pytest

from local_aws.cloudwatch.statistics import Datum, check, merged
from local_aws.errors import Unsupported


def datum(*values: float) -> Datum:
    out = Datum()
    for value in values:
        out.add(value)
    return out


def test_simple_statistics() -> None:
    found = datum(1, 2, 2, 7)
    assert [found.take(s) for s in ("SampleCount", "Sum", "Average", "Minimum", "Maximum")] == [4, 12, 3, 1, 7]
    assert Datum().take("Sum") is None


@pytest.mark.parametrize("percent", [0, 10, 50, 90, 99.9, 100])
def test_percentiles_are_linear_between_ranks(percent: float) -> None:
    values = [float(v) for v in np.random.default_rng(1).integers(0, 9, 40)]
    assert datum(*values).take(f"p{percent}") == pytest.approx(np.percentile(values, percent))


def test_a_statistic_set_has_no_percentile_unless_all_its_samples_are_equal() -> None:
    differing, equal = Datum(), Datum()
    differing.add_set(3, 12, 1, 7)
    equal.add_set(3, 12, 4, 4)
    assert differing.take("p50") is None and equal.take("p50") == 4
    assert merged([differing, datum(10)]).take("Maximum") == 10


@pytest.mark.parametrize("statistic", ["tm90", "IQM", "p101", "Median"])
def test_other_statistics_are_refused_by_name(statistic: str) -> None:
    with pytest.raises(Unsupported, match=statistic):
        check(statistic)
