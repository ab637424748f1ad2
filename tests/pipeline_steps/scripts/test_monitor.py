"""The analyzer as the container contract starts it: what it is told, and the states that are no failure."""

import json

import pytest

from interfaces.analyzer import AnalyzerSettings
from interfaces.errors import SettingError
from pipeline_steps.scripts import monitor
from tests.pipeline_steps.scripts import traffic
from tests.pipeline_steps.scripts.traffic import END, dearer, record


@pytest.mark.parametrize(
    ("lines", "state", "told"),
    [
        ([], "NoData", "there is no record"),
        ([record("a", "b", when=END)], "NoData", "1 lie outside"),
        (["{not a record", "]"], "CorruptData", "none of 2 records could be read: 2 not JSON"),
        ([record("1,2", None)], "CorruptData", "1 unreadable input"),
    ],
)
def test_a_window_without_rows_is_a_state_and_not_a_failure(analyse, tmp_path, lines, state, told):
    traffic.write(lines, tmp_path / "captured")
    report, out, message = analyse()
    assert report.state == state
    assert told in report.reason
    assert message.startswith(f"{state}: ")
    assert json.loads((out / "constraint_violations.json").read_text()) == {"violations": []}


def test_a_missing_baseline_is_told_and_the_window_described(analyse, serve, tmp_path):
    serve(50)
    report, out, _ = analyse(baseline_constraints=str(tmp_path / "nowhere.json"))
    assert report.state == "NoBaseline"
    assert "nowhere.json does not exist" in report.reason
    assert (out / "statistics.json").is_file()
    assert analyse(baseline_constraints="", baseline_statistics="")[0].state == "NoBaseline"


@pytest.mark.parametrize(
    "content",
    [
        "no JSON",
        "[]",
        '{"features": [{"name": "a", "inferred_type": "String"}, {"name": "b", "inferred_type": "String"}]}',
        '{"regression_constraints": {}}',
    ],
)
def test_a_baseline_of_another_schema_is_told(analyse, serve, tmp_path, content):
    serve(50)
    (tmp_path / "other.json").write_text(content)
    report, out, _ = analyse(baseline_constraints=str(tmp_path / "other.json"))
    assert report.state == "BaselineMismatch"
    assert (out / "statistics.json").is_file()


@pytest.mark.parametrize("kind", ["MODEL_QUALITY", "MODEL_BIAS", "MODEL_EXPLAINABILITY"])
def test_every_analysis_tells_what_is_wrong_with_its_baseline(analyse, serve, tmp_path, kind):
    serve(150)
    (tmp_path / "odd.json").write_text('{"version": 0}')
    assert analyse(analysis_type=kind, baseline_constraints=str(tmp_path / "odd.json"))[0].state == "BaselineMismatch"
    assert analyse(analysis_type=kind, baseline_constraints=str(tmp_path / "none.json"))[0].state == "NoBaseline"


def test_the_environment_may_come_from_the_job_s_configuration(serve, analyse, tmp_path, monkeypatch):
    serve(30)
    analyse()
    for name in AnalyzerSettings.__dataclass_fields__:
        monkeypatch.delenv(name, raising=False)
    environment = {"dataset_source": str(tmp_path / "captured"), "output_path": str(tmp_path / "again")}
    (tmp_path / "processingjobconfig.json").write_text(json.dumps({"Environment": environment}))
    monitor.main([])
    assert json.loads((tmp_path / "again" / "monitor.json").read_text())["rows"]["rows"] == 30


def test_without_a_contract_columns_are_named_as_the_service_names_them(analyse, serve, tmp_path):
    serve(30)
    report, _, _ = analyse(contract="", baseline_constraints="", baseline_statistics="", start_time="", end_time="")
    assert list(report.features) == ["prediction", "probability", *(f"_c{i}" for i in range(6))]


def test_the_service_s_engine_brings_no_contract_and_the_analysis_is_the_same(analyse, serve, finished):
    serve(600, change=dearer)
    with_contract, without = analyse()[0], analyse(contract="")[0]
    assert without.features["price"] == with_contract.features["price"]
    assert without.features["probability_bought"] == with_contract.features["probability_bought"]
    quality = analyse(analysis_type="MODEL_QUALITY", contract="", problem_type="BinaryClassification")[0]
    assert quality.metrics == analyse(analysis_type="MODEL_QUALITY")[0].metrics
    biases = [analyse(analysis_type="MODEL_BIAS", contract=contract)[0].metrics for contract in ("", str(finished.root / "manifest"))]
    assert {k: v for k, v in biases[0].items() if "FT" not in k} == {k: v for k, v in biases[1].items() if "FT" not in k}


@pytest.mark.usefixtures("elsewhere")
def test_wrong_settings_fail_the_job(monkeypatch):
    monkeypatch.setenv("analysis_type", "MOOD")
    with pytest.raises(SettingError, match="analysis_type='MOOD'"):
        monitor.main([])
    with pytest.raises(ValueError, match="no options"):
        monitor.main(["--verbose"])
