"""A policy that cannot be used is refused with file, key, what was found and what is allowed."""

from pathlib import Path

import pytest

from infra.environment import load
from infra.policy import check_policy, read_policy
from infra.section import ConfigurationError
from interfaces.contract import from_dict

FAULTS = {
    "unknown key": ("colour = 1", "colour: an unknown key; allowed: on_failure, thresholds, champion"),
    "unknown key of a section": ("[champion]\nrules = 1", "champion.rules: an unknown key; allowed: rule, metric, margin, significance"),
    "unknown rule": ('[champion]\nrule = "best"', "champion.rule: found 'best'; allowed: 'off', 'not-worse', 'non-inferior' or 'better'"),
    "level": ("[champion]\nsignificance = 0.6", "champion.significance: found 0.6; allowed: less than or equal to 0.5"),
    "negative margin": ("[champion]\nmargin = -0.1", "champion.margin: found -0.1; allowed: greater than or equal to 0"),
    "verdict": ('on_failure = "ignore"', "on_failure: found 'ignore'; allowed: 'person' or 'reject'"),
    "metric": ("[thresholds]\nrmse = 1.0", "thresholds: found 'rmse'; allowed for a binary contract: auc, accuracy"),
    "threshold out of reach": ("[thresholds]\nauc = 1.1", "thresholds.auc: found 1.1; allowed: a number that a model can reach"),
    "text for a number": ('[thresholds]\nauc = "high"', "thresholds.auc: found 'high'; allowed: a valid number"),
    "champion's metric": ('[champion]\nmetric = "r2"', "champion.metric: found 'r2'; allowed for a binary contract"),
    "slices' metric": ('[slices]\nmetric = "r2"', "slices.metric: found 'r2'"),
    "floor that is no number": ("[slices]\nfloor = nan", "slices.floor: found nan; allowed: a number that a model can reach"),
    "floor out of reach": ('[slices]\nmetric = "f1"\nfloor = 1.5', "slices.floor: found 1.5; allowed: a number that a model can reach"),
    "floor out of the pipeline's metric's reach": ("[slices]\nfloor = 1.5", "slices.floor: found 1.5"),
    "measure": ("[bias.limits]\nXX = 0.1", "bias.limits.XX.[key]: found 'XX'; allowed: 'DPPL', 'DI', 'AD' or 'RD'"),
    "column": ('[bias]\ncolumns = ["colour"]', "bias.columns: found 'colour'; allowed: seen_at, price, age"),
    "two approvers": ("[reviewers]\nrequired = 2", "reviewers.required: found 2; allowed: less than or equal to 1"),
    "reminder after expiry": ("[reviewers]\nremind_hours = 24\nexpire_days = 1", "found 24 hours and 1 days"),
    "no latency": ("[artefact]\nmax_row_ms = 0.0", "artefact.max_row_ms: found 0.0; allowed: greater than 0"),
    "missing tests": (
        'behaviour = "none.toml"',
        "behaviour: found 'none.toml'; allowed: a .toml file of behavioural tests beside this one",
    ),
}


def read(tmp_path: Path, contract, text: str, tests: str | None = None):
    path = tmp_path / "policy.toml"
    path.write_text(text if tests is None else f'behaviour = "tests.toml"\n{text}')
    if tests is not None:
        (tmp_path / "tests.toml").write_text(tests)
    return check_policy(read_policy(path), contract, str(path), "auc" if contract.problem_type == "binary" else "r2")


@pytest.mark.parametrize(("text", "message"), FAULTS.values(), ids=FAULTS.keys())
def test_fault_names_file_key_found_and_allowed(tmp_path, contract, text, message):
    with pytest.raises(ConfigurationError) as caught:
        read(tmp_path, contract, text)
    assert str(caught.value).startswith(str(tmp_path / "policy.toml")) and message in str(caught.value)


def test_bias_limits_are_for_two_classes(tmp_path, contract):
    raw = {k: v for k, v in contract.to_dict().items() if k != "positive_label"} | {"target": "price", "problem_type": "regression"}
    with pytest.raises(ConfigurationError, match=r"bias\.limits: found \['DPPL'\]; allowed for a binary contract only"):
        read(tmp_path, from_dict(raw), "[bias.limits]\nDPPL = 0.1")


DIRECTION = '[[directional]]\nname = "d"\nexpect = "up"\n'
CASE = '[[functionality]]\nname = "c"\n{}\n[functionality.row]\nseen_at = ""\nprice = 1\nage = 1\ncity = "x"\ngender = "f"\nmember = true\n'
TESTS = {
    "unknown column": (DIRECTION + 'column = "colour"\nadd = 1.0', "behaviour 'd': column: found 'colour'; allowed: seen_at, price"),
    "column without numbers": (DIRECTION + 'column = "city"\nadd = 1.0', "allowed: a numeric column: price, age"),
    "half a year": (DIRECTION + 'column = "age"\nadd = 0.5', "add: found 0.5; allowed: a whole number for the integer column age"),
    "direction": (
        DIRECTION.replace("up", "left") + 'column = "age"\nadd = 1.0',
        "directional.0.expect: found 'left'; allowed: 'up' or 'down'",
    ),
    "one value": ('[[invariance]]\nname = "i"\ncolumn = "city"\nvalues = ["x"]', "invariance.0.values: found ('x',)"),
    "unknown key": (
        '[[invariance]]\nname = "i"\ncolumn = "city"\nvalue = ["x"]',
        "invariance.0.value: an unknown key; allowed: name, column",
    ),
    "no expectation": (CASE.format(""), "behaviour 'c': expectation: found 'none'; allowed: label, min_score or max_score"),
    "unknown label": (CASE.format('label = "2"'), "behaviour 'c': label: found '2'; allowed: 0, 1"),
    "row with a gap": (CASE.format('label = "1"').replace("price = 1\n", ""), "row: found 'missing or unknown price'"),
}


@pytest.mark.parametrize(("tests", "message"), TESTS.values(), ids=TESTS.keys())
def test_a_behavioural_test_that_the_contract_does_not_allow_is_named(tmp_path, contract, tests, message):
    with pytest.raises(ConfigurationError) as caught:
        read(tmp_path, contract, "", tests)
    assert message in str(caught.value)


def test_what_is_left_out_is_the_pipelines_own_metric_and_threshold(tmp_path, contract):
    wire = read(tmp_path, contract, "").to_wire("auc", 0.7)
    assert wire.thresholds == {"auc": 0.7} and wire.champion.metric == wire.slices.metric == "auc"
    assert wire.champion.rule == "not-worse" and wire.reviewers.required == 0


def test_the_policy_travels_without_loss_and_a_change_changes_its_digest(tmp_path, contract):
    wire = read(tmp_path, contract, '[reviewers]\nallowed = ["arn:*"]', CASE.format("max_score = 0.5")).to_wire("auc", 0.7)
    assert type(wire).from_json(wire.to_json()) == wire and wire.reviewers.allowed == ("arn:*",)
    other = read(tmp_path, contract, '[reviewers]\nallowed = ["arn:x"]', CASE.format("max_score = 0.5")).to_wire("auc", 0.7)
    assert other.digest != wire.digest and other.plan == wire.plan, "the evaluation's cache stays valid"


def test_an_environment_names_its_policy_relative_to_itself_or_to_infra(tmp_path, contract):
    (tmp_path / "contract.toml").write_text(contract.to_toml())
    (tmp_path / "own.toml").write_text("[thresholds]\nf1 = 0.5")
    head = 'project = "shop"\nenvironment = "dev"\ncontract = "contract.toml"\npolicy = '
    (tmp_path / "env.toml").write_text(head + '"own.toml"')
    assert load(str(tmp_path / "env.toml"))[0].policy.thresholds == {"f1": 0.5}
    (tmp_path / "env.toml").write_text(head + '"policies/none.toml"')
    with pytest.raises(ConfigurationError, match=r"policy: found 'policies/none\.toml'; allowed: .*policies/dev\.toml, policies/"):
        load(str(tmp_path / "env.toml"))


@pytest.mark.parametrize(("policy", "found"), [("", "none"), ('policy = "own.toml"\n', r"reviewers\.recorded = false")])
def test_prod_releases_only_what_was_recorded(tmp_path, contract, policy, found):
    (tmp_path / "contract.toml").write_text(contract.to_toml())
    (tmp_path / "own.toml").write_text("[thresholds]\nf1 = 0.5\n[reviewers]\nrequired = 1")
    head = f'project = "shop"\ncontract = "contract.toml"\n{policy}environment = '
    (tmp_path / "env.toml").write_text(head + '"dev"')
    load(str(tmp_path / "env.toml"))
    (tmp_path / "env.toml").write_text(head + '"prod"')
    with pytest.raises(ConfigurationError, match=f"policy: found {found}; allowed in environment 'prod': .*recorded = true"):
        load(str(tmp_path / "env.toml"))
    (tmp_path / "own.toml").write_text("[reviewers]\nrecorded = true")
    if policy:
        load(str(tmp_path / "env.toml"))
