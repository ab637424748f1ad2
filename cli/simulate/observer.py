"""What anybody can see of a deployment day by day: reports of monitors, alarms, decisions and releases."""

import json
from collections.abc import Iterator
from typing import Any

from cli.demo.session import Session
from cli.simulate.driver import Day
from interfaces import analyzer, events, layout
from interfaces.reports import MONITOR_FILE, MonitorReport


class Observer:
    """Hears the event bus and reads reports; fills in a `Day`."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._notes: list[str] = []
        self._ringing: set[str] = set()
        self._rang: set[str] = set()
        self._versions: list[int] = []
        self._days: dict[str, Day] = {}
        self._read: set[str] = set()
        self.threshold = 0.1
        session.listen(self._hear)

    def __call__(self, day: Day) -> None:
        """What can be seen at the end of a day; reports of monitors come a while after their window, and go to its day."""
        self._days[day.date] = day
        self.read_reports()
        serving = self.serving()
        day.versions = [*self._versions, serving] if serving and serving not in self._versions else list(self._versions)
        day.alarms = sorted(self._ringing | self._rang)
        day.notes = list(self._notes)
        self._versions = [serving] if serving else []
        self._rang.clear()
        self._notes.clear()

    def read_reports(self) -> None:
        """Take up reports that were written since the last look."""
        for report in self._reports():
            day = self._days.get(report.window["start"][:10])
            if day is None:
                continue
            day.violations += report.violations
            for name, feature in report.features.items():
                if feature.distance is not None and feature.method != "ChiSquared":
                    day.drift[name] = feature.distance
                    self.threshold = feature.threshold or self.threshold
            if report.labels is not None and report.analysis_type == analyzer.MODEL_QUALITY:
                day.labelled = report.labels.share

    def _hear(self, event: dict[str, Any]) -> None:
        kind, detail = event["detail-type"], event["detail"]
        prefix = f"{self._session.names.prefix}-"
        if kind == events.ALARM_STATE_CHANGE and detail["alarmName"].startswith(prefix):
            name, state = detail["alarmName"].removeprefix(prefix), detail["state"]["value"]
            if state == "ALARM":
                self._ringing.add(name)
                self._rang.add(name)
                self._notes.append(f"alarm {name}: {detail['state']['reason']}")
            elif name in self._ringing:
                self._ringing.discard(name)
                self._notes.append(f"alarm {name} is {state} again")
        elif kind == events.PACKAGE_STATE_CHANGE and detail["ModelApprovalStatus"] != "PendingManualApproval":
            version = detail["ModelPackageArn"].rsplit("/", 1)[-1]
            self._notes.append(f"model package version {version} is {detail['ModelApprovalStatus'].lower()}")
        elif kind == events.DATASET_CREATED and detail["drop"].startswith(layout.RETRAIN_DROP):
            self._notes.append(f"retraining: dataset {detail['dataset_version']} of labelled production rows")

    def _reports(self) -> Iterator[MonitorReport]:
        """Reports not read before."""
        s3, bucket = self._session.client("s3"), self._session.bucket("data")
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{layout.MONITORING}/{self._session.endpoint}/")
        keys = [i["Key"] for page in pages for i in page.get("Contents", []) if i["Key"].endswith(f"/{MONITOR_FILE}")]
        for key in (k for k in keys if k not in self._read):
            self._read.add(key)
            yield MonitorReport.from_dict(json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read()))

    def serving(self) -> int | None:
        """The version that the Serving stack names."""
        stack = self._session.client("cloudformation").describe_stacks(StackName=self._session.names.serving_stack)["Stacks"][0]
        package = {p["ParameterKey"]: p["ParameterValue"] for p in stack["Parameters"]}.get("ModelPackageArn", "")
        return int(package.rsplit("/", 1)[-1]) if package else None
