"""What a run showed, in the form of the claims: events by kind, states, formats. The calls are here, the forms are in shape.py."""

import json
import re
from typing import Any

from cli.collect import Client
from cli.target import serving_endpoint
from cli.verify import shape
from cli.verify.drive import Run
from interfaces.names import Names

_JOB = {"ProcessingJob": "processing", "TrainingJob": "training"}
_WITHOUT = ("ResponseMetadata",)


def observe(client: Client, names: Names, run: Run, heard: list[dict[str, Any]]) -> dict[str, Any]:
    """Everything but permissions."""
    jobs = _jobs(client, run)
    return {"events": _events(heard), "states": _states(client, names, run, jobs), "formats": _formats(client, names, run, jobs)}


def _events(heard: list[dict[str, Any]]) -> dict[str, Any]:
    """By source and detail type: the shape of the whole event, and the states in its detail."""
    kinds: dict[str, list[dict[str, Any]]] = {}
    for event in heard:
        kinds.setdefault(f"{event['source']} · {event['detail-type']}", []).append(event)
    return {kind: {"shape": shape.of(found), "states": shape.states(e["detail"] for e in found)} for kind, found in sorted(kinds.items())}


def _jobs(client: Client, run: Run) -> list[tuple[str, dict[str, Any]]]:
    """(kind, description) of the jobs that the run's steps started."""
    sagemaker, out = client("sagemaker"), []
    for step in run.steps:
        for title, kind in _JOB.items():
            arn = step.get("Metadata", {}).get(title, {}).get("Arn")
            if arn:
                described = getattr(sagemaker, f"describe_{kind}_job")(**{f"{title}Name": arn.rsplit("/", 1)[-1]})
                out.append((kind, {k: v for k, v in described.items() if k not in _WITHOUT}))
    return out


def _states(client: Client, names: Names, run: Run, jobs: list[tuple[str, dict[str, Any]]]) -> dict[str, list[str]]:
    """The states that descriptions give at the end of a run."""
    states = {"step": sorted({step["StepStatus"] for step in run.steps})}
    for kind in _JOB.values():
        ours = [described for found, described in jobs if found == kind]
        states |= {f"{kind} job · {path}": values for path, values in shape.states(_plain(ours)).items()}
    if run.package:
        package = client("sagemaker").describe_model_package(ModelPackageName=run.package)
        states["model package"] = [package["ModelPackageStatus"]]
        stack = client("cloudformation").describe_stacks(StackName=names.serving_stack)["Stacks"][0]
        states["stack after a release"] = [stack["StackStatus"]]
    if run.captured:
        states["endpoint"] = [client("sagemaker").describe_endpoint(EndpointName=serving_endpoint(client, names))["EndpointStatus"]]
    return states


def _formats(client: Client, names: Names, run: Run, jobs: list[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    """Layouts with what differs from run to run replaced, and shapes of what services answer."""
    formats: dict[str, Any] = {
        "step": shape.of(_plain(run.steps)),
        "step metadata": sorted({f"{kind}: {_type(part)}" for step in run.steps for kind, part in step.get("Metadata", {}).items()}),
    }
    for kind in _JOB.values():
        ours = [described for found, described in jobs if found == kind]
        if ours:
            formats[f"{kind} job"] = shape.of(_plain(ours))
            formats[f"log streams of {kind} jobs"] = _streams(client, names, run, kind, ours)
    models = [described["ModelArtifacts"]["S3ModelArtifacts"] for kind, described in jobs if kind == "training"]
    if models:
        formats["model artefact"] = sorted({layout(uri, names, run) for uri in models})
    if run.captured:
        formats["capture file"] = sorted({layout(key, names, run) for key, _ in run.captured})
        formats["capture record"] = shape.of(record for _, record in run.captured)
        formats["refusal of the endpoint"] = shape.of([run.refusal])
        formats["code of that refusal"] = str(run.refusal.get("Error", {}).get("Code"))
    return formats


def _streams(client: Client, names: Names, run: Run, kind: str, jobs: list[dict[str, Any]]) -> list[str]:
    logs, group = client("logs"), f"/aws/sagemaker/{kind.capitalize()}Jobs"
    found = set()
    for job in jobs:
        name = job[f"{kind.capitalize()}JobName"]
        try:
            listed = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=f"{name}/")["logStreams"]
        except logs.exceptions.ResourceNotFoundException:
            continue
        found |= {layout(stream["logStreamName"].replace(name, "{job}"), names, run) for stream in listed}
    return [f"{group} · {stream}" for stream in sorted(found)]


def layout(text: str, names: Names, run: Run) -> str:
    """A key or a name with what differs from run to run replaced by what it stands for."""
    execution = run.execution.rsplit("/", 1)[-1]
    out = text.replace(execution, "{execution}") if execution else text
    out = out.replace(names.prefix, "{prefix}")
    for pattern, word in (
        (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "{uuid}"),
        (r"\b\d{12}-[a-z]{2}(-[a-z]+)+-\d\b", "{account}-{region}"),
        (r"\d{4}/\d\d/\d\d/\d\d", "{hour}"),
        (r"\b\d\d-\d\d-\d{3}\b", "{time}"),
        (r"(\balgo-\d+-)\d{10}\b", r"\1{seconds}"),
        (r"(\bpipelines-\{execution\}-[A-Za-z]+-)[0-9A-Za-z]{10,12}\b", r"\1{suffix}"),
    ):
        out = re.sub(pattern, word, out)
    return out


def _plain(values: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """As JSON: times as text."""
    return list(json.loads(json.dumps(values, default=str)))


def _type(part: Any) -> str:
    return ", ".join(sorted(part)) if isinstance(part, dict) else type(part).__name__
