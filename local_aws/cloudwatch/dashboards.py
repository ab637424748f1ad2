"""Dashboards: kept, and checked for being JSON."""

import json
from typing import Any

from local_aws.clock import Clock
from local_aws.dispatcher import Call, operation
from local_aws.errors import AwsError
from local_aws.principals import ACCOUNT


class Dashboards:
    """PutDashboard and its kin."""

    kept = ("_dashboards",)

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._dashboards: dict[str, dict[str, Any]] = {}

    @operation("cloudwatch", "PutDashboard")
    def put(self, call: Call) -> dict[str, Any]:
        name, body = call.params["DashboardName"], call.params["DashboardBody"]
        try:
            json.loads(body)
        except ValueError as error:
            raise AwsError("InvalidParameterInput", f"The field DashboardBody must be a valid JSON object: {error}") from None
        self._dashboards[name] = {"DashboardBody": body, "LastModified": self._clock.now()}
        return {"DashboardValidationMessages": []}

    @operation("cloudwatch", "GetDashboard")
    def get(self, call: Call) -> dict[str, Any]:
        name = call.params["DashboardName"]
        return {"DashboardArn": self._arn(name), "DashboardBody": self._found(name)["DashboardBody"], "DashboardName": name}

    @operation("cloudwatch", "ListDashboards")
    def list(self, call: Call) -> dict[str, Any]:
        prefix = call.params.get("DashboardNamePrefix", "")
        entries = [
            {"DashboardName": n, "DashboardArn": self._arn(n), "LastModified": d["LastModified"], "Size": len(d["DashboardBody"])}
            for n, d in sorted(self._dashboards.items())
            if n.startswith(prefix)
        ]
        return {"DashboardEntries": entries}

    @operation("cloudwatch", "DeleteDashboards")
    def delete(self, call: Call) -> None:
        for name in call.params["DashboardNames"]:
            self._found(name)
        for name in call.params["DashboardNames"]:
            del self._dashboards[name]

    def _found(self, name: str) -> dict[str, Any]:
        if name not in self._dashboards:
            raise AwsError("ResourceNotFound", f"Dashboard {name} does not exist", 404)
        return self._dashboards[name]

    @staticmethod
    def _arn(name: str) -> str:
        return f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/{name}"
