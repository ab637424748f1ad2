"""Real rows over time: a model of the bike rentals of 2011, monitored through 2012, retrains, and its error falls."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cli.demo import release, setup
from cli.demo.narrate import Narrator
from cli.demo.session import Session
from cli.progress import Progress
from cli.simulate.live import Life, live
from cli.simulate.scenario import Scenario
from cli.simulate.traffic import DayOfTraffic
from interfaces import layout
from model_code.infer import infer

TARGET, TIME = "cnt", "dteday"
LEFT_OUT = ["casual", "registered", "yr"]  # the target's parts, and the year, which says nothing within 2011
MONTHS = 7


@pytest.fixture(scope="module")
def rentals(shared: Path) -> pd.DataFrame:
    source = shared / "data" / "bike_hourly.csv"
    if not source.is_file():
        pytest.skip(f"{source} is absent: the rentals are not part of the project")
    rows = pd.read_csv(source, dtype=str, keep_default_na=False)
    return rows.drop(columns=LEFT_OUT)


def month_of_2012(rentals: pd.DataFrame) -> Any:
    """A month's rentals as a day of traffic: what a year showed, within the monitors' days."""

    def source(_: Scenario, number: int, __: datetime) -> DayOfTraffic:
        rows = rentals[rentals[TIME].str.startswith(f"2012-{number:02d}")].reset_index(drop=True)
        return DayOfTraffic(rows.drop(columns=[TARGET]), rows[TARGET], np.ones(len(rows), dtype=bool))

    return source


@pytest.fixture(scope="module")
def lived(rentals: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> tuple[Life, dict[str, Any], dict[str, Any]]:
    """The days, the retrained model's evaluation, and its package's metadata."""
    work = tmp_path_factory.mktemp("bike")
    contract = infer(rentals, TARGET, "rentals").contract
    rentals[rentals[TIME].str.startswith("2011")].to_csv(work / "rentals.csv", index=False)
    environment, names = setup.write_environment(work, contract, None, setup.DAYS.format(delay=0))
    with Session(environment, names, Progress(as_json=True), work) as session:
        narrator = Narrator(Progress(as_json=True), names)
        session.listen(narrator)
        release.land(session, "2011", (work / "rentals.csv",))
        release.follow(session, narrator)
        scenario = Scenario(name="2012", days=MONTHS, label_delay_days=0)
        life = live(session, scenario, contract, Progress(as_json=True), until_second=True, source=month_of_2012(rentals))
        sagemaker, s3 = session.client("sagemaker"), session.client("s3")
        newest = sagemaker.list_model_packages(ModelPackageGroupName=names.model_package_group, SortOrder="Descending")
        package = sagemaker.describe_model_package(ModelPackageName=newest["ModelPackageSummaryList"][0]["ModelPackageArn"])
        bucket, key = layout.split_uri(package["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"])
        evaluation = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    return life, evaluation, package["CustomerMetadataProperties"]


@pytest.mark.slow
def test_inputs_and_quality_raise_their_alarms(lived: tuple[Life, dict[str, Any], dict[str, Any]]) -> None:
    life, _, _ = lived
    rang = {name for day in life.days for name in day.alarms}
    assert {"drift-data", "quality"} <= rang
    assert max(max(day.drift.values(), default=0.0) for day in life.days) > life.threshold


@pytest.mark.slow
def test_the_retrained_model_says_why_and_errs_less_on_the_newest_rows(lived: tuple[Life, dict[str, Any], dict[str, Any]]) -> None:
    life, evaluation, metadata = lived
    assert metadata["retrain_trigger"] in ("drift", "quality")
    compared = evaluation["mlops_loop"]["champion"]
    assert compared["status"] == "compared"
    assert compared["difference"] > 0, compared
    assert [day.versions for day in life.days][-1] == [2]
