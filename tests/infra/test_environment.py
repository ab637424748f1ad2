"""A configuration that cannot be used is refused with file, key, what was found and what is allowed."""

import re
from pathlib import Path

import pytest

from infra.environment import ENVIRONMENTS, ConfigurationError, load, metric_of, parse
from interfaces.contract import from_dict
from interfaces.names import Names

BASE = {"project": "loans", "environment": "dev"}
FAULTS = {
    "unknown key": ({"colour": 1}, "colour: an unknown key; allowed: project, environment, contract, ingest"),
    "unknown key of a section": ({"ingest": {"worker": 2}}, "ingest.worker: an unknown key; allowed: max_bad_share, worker_type, workers"),
    "wrong type": ({"serving": {"instances": "two"}}, "serving.instances: found 'two'; allowed: a valid integer"),
    "flag for a number": ({"serving": {"instances": True}}, "serving.instances: found True; allowed: a valid integer"),
    "value for a section": ({"pipeline": 0.7}, "pipeline: found 0.7; allowed: a valid dictionary"),
    "negative threshold": ({"pipeline": {"threshold": -0.1}}, "pipeline.threshold: found -0.1; allowed: greater than or equal to 0"),
    "threshold that is no number": ({"pipeline": {"threshold": float("nan")}}, "pipeline.threshold: found nan; allowed: greater"),
    "share above one": ({"ingest": {"max_bad_share": 5}}, "ingest.max_bad_share: found 5; allowed: less than or equal to 1"),
    "instance type": ({"serving": {"instance_type": "m5.large"}}, "serving.instance_type: found 'm5.large'; allowed: String should match"),
    "training instance": ({"pipeline": {"instance_type": "large"}}, "pipeline.instance_type: found 'large'; allowed: String should match"),
    "percent": ({"serving": {"capture_percent": 101}}, "serving.capture_percent: found 101; allowed: less than or equal to 100"),
    "environment": ({"environment": "dev-1"}, "environment: found 'dev-1'; allowed: String should match pattern"),
    "bounds that cross": ({"serving": {"instances": 3}}, "serving: max_instances (2) is below instances (3)"),
    "project": ({"project": "Loans"}, "project: found 'Loans'; allowed: String should match pattern"),
    "names too long for a bucket": ({"project": "p" * 18, "environment": "staging"}, "at most 25 characters"),
}


@pytest.mark.parametrize(("change", "message"), FAULTS.values(), ids=FAULTS.keys())
def test_fault_names_file_key_found_and_allowed(change, message):
    with pytest.raises(ConfigurationError) as caught:
        parse({**BASE, **change}, "dev.toml")
    assert str(caught.value).startswith("dev.toml: ")
    assert message in str(caught.value)


def test_every_fault_is_listed():
    with pytest.raises(ConfigurationError) as caught:
        parse({"environment": "dev", "ingest": {"workers": 1}, "x": 1}, "dev.toml")
    lines = str(caught.value).splitlines()
    assert [re.match(r"dev\.toml: ([\w.]+):", line)[1] for line in lines] == ["project", "ingest.workers", "x"]
    assert lines[0] == "dev.toml: project: missing; it is required"


def test_a_fleet_may_have_a_fixed_size():
    assert parse({**BASE, "serving": {"instances": 3, "max_instances": 3}}, "dev.toml").serving.max_instances == 3


def test_whole_numbers_are_good_thresholds():
    assert parse({**BASE, "pipeline": {"threshold": 1}}, "dev.toml").pipeline.threshold == 1.0


def test_the_longest_names_allowed_fit_into_a_bucket():
    names = parse({"project": "p" * 17, "environment": "staging"}, "dev.toml").names
    assert len(names.bucket("artefacts", "111122223333", "ap-southeast-2")) == 63
    assert names == Names("p" * 17, "staging")


@pytest.mark.parametrize("name", ["dev", "staging", "prod"])
def test_the_given_environments_load_with_their_contract(name):
    environment, contract = load(name)
    assert environment.environment == name
    assert contract.name == "loans"
    assert metric_of(environment, contract) == "auc"


def test_an_unknown_environment_lists_those_given():
    with pytest.raises(
        ConfigurationError, match=r"no environment 'qa': .*qa\.toml does not exist; given: dev, prod, sandbox, staging, or a path"
    ):
        load("qa")


@pytest.fixture
def written(tmp_path, contract):
    """Write an environment file beside the contract of the visits; return its path."""

    def write(body: str = "", beside: bytes = contract.to_toml().encode()) -> str:
        (tmp_path / "visits.toml").write_bytes(beside)
        head = 'project = "shop"\nenvironment = "dev"\ncontract = "visits.toml"\n'
        (tmp_path / "env.toml").write_text(head + body, encoding="latin-1")
        return str(tmp_path / "env.toml")

    return write


def test_a_contract_beside_the_file_is_taken(written, contract):
    assert load(written())[1] == contract


def test_a_missing_contract_is_named_with_the_remedy(written, tmp_path):
    path = written()
    (tmp_path / "visits.toml").unlink()
    with pytest.raises(ConfigurationError, match=r"contract .*visits\.toml does not exist; make one with: loop contract infer"):
        load(path)


UNREADABLE = {
    "broken file": ("pipeline = ", None, "env.toml: not valid TOML"),
    "file that is not UTF-8": ("# Z\xfcrich", None, "env.toml: not valid TOML: .*0xfc"),
    "broken contract": ("", b'name = "x"\ntarget = "y"', "visits.toml: columns: found None; allowed: at least one"),
    "contract that is not UTF-8": ("", b'name = "Z\xfcrich"', "visits.toml: not valid TOML: .*0xfc"),
    "metric of another problem": (
        '[pipeline]\nmetric = "rmse"',
        None,
        "env.toml: pipeline.metric: found 'rmse'; allowed for a binary contract: auc, acc",
    ),
    "threshold that no model reaches": ("[pipeline]\nthreshold = 1.2", None, "env.toml: pipeline.threshold: found 1.2; auc is at most 1"),
}


@pytest.mark.parametrize(("body", "beside", "message"), UNREADABLE.values(), ids=UNREADABLE.keys())
def test_what_cannot_be_read_names_its_file(written, body, beside, message):
    path = written(body, *([beside] if beside else []))
    with pytest.raises(ConfigurationError, match=message) as caught:
        load(path)
    assert str(caught.value).startswith(path.rsplit("/", 1)[0])


@pytest.mark.parametrize(("problem_type", "metric"), [("binary", "auc"), ("multiclass", "accuracy"), ("regression", "r2")])
def test_the_metric_follows_from_the_problem(problem_type, metric):
    y = {"type": "integer", "allowed": {"binary": ["0", "1"], "multiclass": ["0", "1", "2"], "regression": []}[problem_type]}
    raw = {"name": "t", "target": "y", "problem_type": problem_type, "columns": {"x": {"type": "number"}, "y": y}}
    contract = from_dict(raw | ({"positive_label": "1"} if problem_type == "binary" else {}))
    assert metric_of(parse(BASE, "dev.toml"), contract) == metric


def test_an_error_metric_may_have_a_threshold_above_one():
    raw = {"name": "t", "target": "y", "problem_type": "regression", "columns": {"x": {"type": "number"}, "y": {"type": "number"}}}
    environment = parse({**BASE, "pipeline": {"metric": "rmse", "threshold": 40}}, "dev.toml")
    assert metric_of(environment, from_dict(raw)) == "rmse"


@pytest.mark.parametrize("path", sorted(ENVIRONMENTS.glob("*.toml")), ids=lambda path: path.stem)
def test_every_environment_that_is_shipped_is_valid_and_named_after_its_file(path: Path) -> None:
    environment, _ = load(path.stem)
    assert environment.environment == path.stem
