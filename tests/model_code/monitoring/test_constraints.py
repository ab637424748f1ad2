"""Suggested constraints are what the rows hold, in the genuine form; overrides are read in both spellings."""

import pyarrow as pa
import pytest

from interfaces.monitoring_config import Config, ConstraintError, config
from model_code.monitoring import genuine_json
from model_code.monitoring.constraints import suggest
from model_code.monitoring.profile import profile

GENUINE = """{
  "version" : 0.0,
  "features" : [ {
    "name" : "id",
    "inferred_type" : "String",
    "completeness" : 1.0
  }, {
    "name" : "event_time",
    "inferred_type" : "String",
    "completeness" : 1.0,
    "string_constraints" : {
      "domains" : [ "2024-10-27T17:39:31Z" ]
    }
  }, {
    "name" : "price",
    "inferred_type" : "Fractional",
    "completeness" : 1.0,
    "num_constraints" : {
      "is_non_negative" : true
    }
  }, {
    "name" : "above_avg_price_per_sqft",
    "inferred_type" : "Integral",
    "completeness" : 1.0,
    "num_constraints" : {
      "is_non_negative" : true
    }
  } ],
  "monitoring_config" : {
    "evaluate_constraints" : "Enabled",
    "emit_metrics" : "Enabled",
    "datatype_check_threshold" : 1.0,
    "domain_content_threshold" : 1.0,
    "distribution_constraints" : {
      "perform_comparison" : "Enabled",
      "comparison_threshold" : 0.1,
      "comparison_method" : "Robust",
      "categorical_comparison_threshold" : 0.1,
      "categorical_drift_method" : "LInfinity"
    }
  }
}
"""


def test_the_file_is_that_of_the_service_byte_for_byte():
    """The expected text is taken from a genuine file; ours describes rows of the same kind."""
    columns = {
        "id": [f"house-{i}" for i in range(121)],
        "event_time": ["2024-10-27T17:39:31Z"] * 121,
        "price": [1.5] * 121,
        "above_avg_price_per_sqft": [0, 1] * 60 + [1],
    }
    assert genuine_json.dumps(suggest(profile([pa.table(columns)]))) == GENUINE


def test_constraints_are_what_the_rows_hold():
    table = pa.table({"x": [1.0, None, -2.0, 0.0], "s": ["b", None, "a", "b"], "gap": pa.nulls(4, pa.string())})
    x, s, gap = suggest(profile([table]), "ChiSquared")["features"]
    assert x == {"name": "x", "inferred_type": "Fractional", "completeness": 0.75, "num_constraints": {"is_non_negative": False}}
    assert s == {"name": "s", "inferred_type": "String", "completeness": 0.75, "string_constraints": {"domains": ["a", "b"]}}
    assert gap == {"name": "gap", "inferred_type": "Unknown", "completeness": 0.0}
    assert suggest([], "ChiSquared")["monitoring_config"]["distribution_constraints"]["categorical_drift_method"] == "ChiSquared"


def test_a_file_that_says_nothing_has_the_defaults():
    assert config({}) == Config() == config(suggest([]))


@pytest.mark.parametrize("spelling", ["monitoring_config_overrides", "monitoringConfigOverrides"])
def test_a_feature_overrides_what_it_names_and_nothing_else(spelling):
    override = {"datatype_check_threshold": 0.5, "distribution_constraints": {"comparison_threshold": 0.3, "comparison_method": "Simple"}}
    content = {
        "monitoring_config": {"domain_content_threshold": 0.9, "distribution_constraints": {"categorical_comparison_threshold": 0.2}}
    }
    found = config(content, {"name": "x", spelling: override})
    assert found == Config(datatype_threshold=0.5, domain_threshold=0.9, threshold=0.3, robust=False, categorical_threshold=0.2)
    assert config(content, {"name": "y"}).threshold == 0.1


@pytest.mark.parametrize(("method", "robust"), [("linf_simple", False), ("linf_robust", True)])
def test_older_names_are_understood(method, robust):
    assert config({"monitoring_config": {"distribution_constraints": {"comparion_method": method}}}).robust is robust


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"evaluate_constraints": "Yes"}, "evaluate_constraints is 'Yes'; allowed: Enabled, Disabled"),
        ({"datatype_check_threshold": 2}, "datatype_check_threshold is 2; allowed: a number from 0 to 1"),
        ({"distribution_constraints": {"comparison_method": "PSI"}}, "comparison_method is 'PSI'"),
        ({"distribution_constraints": {"categorical_drift_method": "KL"}}, "allowed: LInfinity, ChiSquared"),
    ],
)
def test_what_cannot_be_honoured_is_refused_by_name(given, told):
    with pytest.raises(ConstraintError, match=told):
        config({"monitoring_config": given})
