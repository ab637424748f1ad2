"""SageMaker Pipelines: definitions that are checked when they are stored, executions that really run."""

import secrets
import string
import threading
from typing import Any

from botocore.exceptions import ClientError

from local_aws.dispatcher import Call, operation
from local_aws.errors import AwsError, Unsupported, validation
from local_aws.sagemaker.jobs import World
from local_aws.sagemaker.names import arn, ordered, page, short
from local_aws.sagemaker.pipelines.cache import StepCache
from local_aws.sagemaker.pipelines.definition import PARAMETER_TYPES, Definition, parse
from local_aws.sagemaker.pipelines.execution import Execution, Selection, StepRun
from local_aws.sagemaker.pipelines.runners import Runners
from local_aws.sagemaker.transfer import split


class Pipelines:
    """Pipelines and their executions."""

    kept = ("_pipelines", "_executions", "_tokens")

    def __init__(self, world: World, runners: Runners) -> None:
        self._world, self._runners = world, runners
        self._pipelines: dict[str, dict[str, Any]] = {}
        self._executions: dict[str, Execution] = {}
        self._tokens: dict[str, str] = {}
        self._lock = threading.Lock()

    @operation("sagemaker", "CreatePipeline")
    def create(self, call: Call) -> dict[str, Any]:
        params = call.params
        name = params["PipelineName"]
        with self._lock:
            token = f"create/{params['ClientRequestToken']}"
            if self._tokens.get(token) == name:
                return {"PipelineArn": arn("pipeline", name)}
            if name in self._pipelines:
                raise validation(
                    f"Pipeline names must be unique within an AWS account and region. Pipeline with name ({name}) already exists."
                )
            self._world.check_role(params["RoleArn"])
            text = self._text(params)
            now = self._world.clock.now()
            self._pipelines[name] = {
                "PipelineArn": arn("pipeline", name),
                "PipelineName": name,
                "PipelineDisplayName": params.get("PipelineDisplayName", name),
                "PipelineDescription": params.get("PipelineDescription", ""),
                "RoleArn": params["RoleArn"],
                "PipelineStatus": "Active",
                "CreationTime": now,
                "LastModifiedTime": now,
                "PipelineDefinition": text,
                "_definition": parse(text),
                "_cache": StepCache(),
                "_parallel": _parallel(params),
            }
            self._tokens[token] = name
        return {"PipelineArn": arn("pipeline", name)}

    @operation("sagemaker", "UpdatePipeline")
    def update(self, call: Call) -> dict[str, Any]:
        pipeline = self._pipeline(call.params["PipelineName"])
        if "RoleArn" in call.params:
            self._world.check_role(call.params["RoleArn"])
        if "PipelineDefinition" in call.params or "PipelineDefinitionS3Location" in call.params:
            text = self._text(call.params)
            pipeline["_definition"], pipeline["PipelineDefinition"] = parse(text), text
        for key in ("PipelineDisplayName", "PipelineDescription", "RoleArn"):
            if key in call.params:
                pipeline[key] = call.params[key]
        pipeline["_parallel"] = _parallel(call.params) or pipeline["_parallel"]
        pipeline["LastModifiedTime"] = self._world.clock.now()
        return {"PipelineArn": pipeline["PipelineArn"]}

    @operation("sagemaker", "DescribePipeline")
    def describe(self, call: Call) -> dict[str, Any]:
        pipeline = self._pipeline(call.params["PipelineName"])
        parallel = pipeline["_parallel"]
        configured = {"ParallelismConfiguration": {"MaxParallelExecutionSteps": parallel}} if parallel else {}
        last = max((e.created for e in self._of(pipeline)), default=None)
        ran = {"LastRunTime": last} if last else {}
        return {k: v for k, v in pipeline.items() if not k.startswith("_")} | configured | ran

    @operation("sagemaker", "ListPipelines")
    def list(self, call: Call) -> dict[str, Any]:
        keys = ("PipelineArn", "PipelineName", "PipelineDisplayName", "PipelineDescription", "RoleArn", "CreationTime", "LastModifiedTime")
        prefix = call.params.get("PipelineNamePrefix", "")
        found = [{k: p[k] for k in keys} for p in self._pipelines.values() if p["PipelineName"].startswith(prefix)]
        return page(ordered(found, call.params, lambda p: p["CreationTime"]), call.params, "PipelineSummaries")

    @operation("sagemaker", "DeletePipeline")
    def delete(self, call: Call) -> dict[str, Any]:
        pipeline = self._pipeline(call.params["PipelineName"])
        running = [e.arn for e in self._of(pipeline) if not e.done.is_set()]
        if running:
            raise AwsError("ConflictException", f"Pipeline {pipeline['PipelineArn']} has running executions: {', '.join(running)}")
        del self._pipelines[pipeline["PipelineName"]]
        return {"PipelineArn": pipeline["PipelineArn"]}

    @operation("sagemaker", "StartPipelineExecution")
    def start(self, call: Call) -> dict[str, Any]:
        params = call.params
        for refused in ("PipelineVersionId", "PipelineVersionAlias", "MlflowExperimentName"):
            if params.get(refused):
                raise Unsupported(f"StartPipelineExecution with {refused}")
        pipeline = self._pipeline(params["PipelineName"])
        with self._lock:
            token = f"start/{pipeline['PipelineName']}/{params['ClientRequestToken']}"
            if token in self._tokens:
                return {"PipelineExecutionArn": self._tokens[token]}
            given = {p["Name"]: p["Value"] for p in params.get("PipelineParameters", [])}
            id = "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(12))
            execution = Execution(
                world=self._world,
                runners=self._runners,
                cache=pipeline["_cache"],
                definition=pipeline["_definition"],
                text=pipeline["PipelineDefinition"],
                pipeline=pipeline,
                id=id,
                parameters=_parameters(pipeline["_definition"], given),
                role=pipeline["RoleArn"],
                display_name=params.get("PipelineExecutionDisplayName", f"execution-{int(self._world.clock.timestamp() * 1000)}"),
                description=params.get("PipelineExecutionDescription", ""),
                parallel=_parallel(params) or pipeline.get("_parallel"),
                selected=self._selection(pipeline, params),
            )
            self._executions[execution.arn] = execution
            self._tokens[token] = execution.arn
        execution.start()
        return {"PipelineExecutionArn": execution.arn}

    def _selection(self, pipeline: dict[str, Any], params: dict[str, Any]) -> Selection | None:
        """Raises AwsError."""
        config = params.get("SelectiveExecutionConfig")
        if not config:
            return None
        steps = frozenset(s["StepName"] for s in config["SelectedSteps"])
        if unknown := sorted(steps - set(pipeline["_definition"].steps)):
            raise validation(f"SelectedSteps names steps that the pipeline does not have: {', '.join(unknown)}")
        if "SourcePipelineExecutionArn" not in config:
            raise validation("SelectiveExecutionConfig needs SourcePipelineExecutionArn")
        source = self.execution(config["SourcePipelineExecutionArn"])
        if not source.done.is_set():
            raise validation(f"The source execution {source.arn} is {source.status}; it must have ended")
        return Selection(steps, source)

    @operation("sagemaker", "RetryPipelineExecution")
    def retry(self, call: Call) -> dict[str, Any]:
        execution = self.execution(call.params["PipelineExecutionArn"])
        with self._lock:
            token = f"retry/{execution.arn}/{call.params['ClientRequestToken']}"
            if token not in self._tokens:
                if execution.status not in ("Failed", "Stopped"):
                    raise validation(f"Only executions with status Failed or Stopped can be retried; this one is {execution.status}.")
                self._tokens[token] = execution.arn
                execution.retry(_parallel(call.params))
        return {"PipelineExecutionArn": execution.arn}

    @operation("sagemaker", "UpdatePipelineExecution")
    def update_execution(self, call: Call) -> dict[str, Any]:
        execution = self.execution(call.params["PipelineExecutionArn"])
        execution.display_name = call.params.get("PipelineExecutionDisplayName", execution.display_name)
        execution.description = call.params.get("PipelineExecutionDescription", execution.description)
        return {"PipelineExecutionArn": execution.arn}

    @operation("sagemaker", "StopPipelineExecution")
    def stop(self, call: Call) -> dict[str, Any]:
        execution = self.execution(call.params["PipelineExecutionArn"])
        if execution.done.is_set():
            raise validation(f"Only pipelines with 'Executing' status can be stopped; this one is {execution.status}.")
        execution.stop()
        return {"PipelineExecutionArn": execution.arn}

    @operation("sagemaker", "DescribePipelineExecution")
    def describe_execution(self, call: Call) -> dict[str, Any]:
        execution = self.execution(call.params["PipelineExecutionArn"])
        out = {
            "PipelineArn": execution.pipeline["PipelineArn"],
            "PipelineExecutionArn": execution.arn,
            "PipelineExecutionDisplayName": execution.display_name,
            "PipelineExecutionStatus": execution.status,
            "PipelineExecutionDescription": execution.description,
            "CreationTime": execution.created,
            "LastModifiedTime": execution.modified,
        }
        if execution.reason:
            out["FailureReason"] = execution.reason
        if execution.parallel:
            out["ParallelismConfiguration"] = {"MaxParallelExecutionSteps": execution.parallel}
        if execution.selected:
            steps = [{"StepName": name} for name in sorted(execution.selected.steps)]
            source = execution.selected.source.arn
            out["SelectiveExecutionConfig"] = {"SourcePipelineExecutionArn": source, "SelectedSteps": steps}
        return out

    @operation("sagemaker", "ListPipelineExecutions")
    def list_executions(self, call: Call) -> dict[str, Any]:
        pipeline = self._pipeline(call.params["PipelineName"])
        found = [
            {
                "PipelineExecutionArn": e.arn,
                "StartTime": e.created,
                "PipelineExecutionStatus": e.status,
                "PipelineExecutionDescription": e.description,
                "PipelineExecutionDisplayName": e.display_name,
            }
            for e in self._of(pipeline)
        ]
        return page(ordered(found, call.params, lambda e: e["StartTime"]), call.params, "PipelineExecutionSummaries")

    @operation("sagemaker", "ListPipelineExecutionSteps")
    def list_steps(self, call: Call) -> dict[str, Any]:
        execution = self.execution(call.params["PipelineExecutionArn"])
        newest_first = call.params.get("SortOrder", "Descending") == "Descending"
        runs = sorted(execution.runs.values(), key=lambda r: r.started or execution.created, reverse=newest_first)
        return page([_described(r) for r in runs], call.params, "PipelineExecutionSteps")

    @operation("sagemaker", "DescribePipelineDefinitionForExecution")
    def definition_of(self, call: Call) -> dict[str, Any]:
        execution = self.execution(call.params["PipelineExecutionArn"])
        return {"PipelineDefinition": execution.text, "CreationTime": execution.created}

    @operation("sagemaker", "ListPipelineParametersForExecution")
    def parameters_of(self, call: Call) -> dict[str, Any]:
        execution = self.execution(call.params["PipelineExecutionArn"])
        return page([{"Name": k, "Value": str(v)} for k, v in execution.parameters.items()], call.params, "PipelineParameters")

    def execution(self, arn_: str) -> Execution:
        """Raises AwsError."""
        if arn_ not in self._executions:
            raise AwsError("ResourceNotFound", f"Pipeline execution with ARN {arn_} does not exist.")
        return self._executions[arn_]

    def _of(self, pipeline: dict[str, Any]) -> Any:
        return [e for e in self._executions.values() if e.pipeline["PipelineArn"] == pipeline["PipelineArn"]]

    def _pipeline(self, name: str) -> dict[str, Any]:
        if short(name) not in self._pipelines:
            raise AwsError("ResourceNotFound", f"Pipeline '{arn('pipeline', short(name))}' does not exist.")
        return self._pipelines[short(name)]

    def _text(self, params: dict[str, Any]) -> str:
        if "PipelineDefinition" in params:
            return str(params["PipelineDefinition"])
        location = params.get("PipelineDefinitionS3Location")
        if not location:
            raise validation("PipelineDefinition or PipelineDefinitionS3Location is required")
        bucket, key = split(f"s3://{location['Bucket']}/{location['ObjectKey']}")
        try:
            body = self._world.clients.service("s3", "sagemaker.amazonaws.com").get_object(Bucket=bucket, Key=key)["Body"].read()
        except ClientError as error:
            raise validation(f"Unable to read the pipeline definition s3://{bucket}/{key}: {error}") from None
        return str(body.decode())


def _parameters(definition: Definition, given: dict[str, str]) -> dict[str, Any]:
    """Values by name, in their declared types. Raises AwsError for unknown, missing or malformed ones."""
    unknown = sorted(set(given) - set(definition.parameters))
    if unknown:
        known = ", ".join(definition.parameters) or "none"
        raise validation(f"Unknown parameters {unknown}. The pipeline declares: {known}")
    values = {}
    for name, declared in definition.parameters.items():
        if name not in given and "DefaultValue" not in declared:
            raise validation(f"Parameter {name} has no default value and was not given")
        raw = given.get(name, declared.get("DefaultValue"))
        values[name] = _typed(name, raw, declared["Type"])
        allowed = declared.get("EnumValues")
        if allowed and values[name] not in allowed:
            raise validation(f"Parameter {name}: {raw!r} is not one of {allowed}")
    return values


def _parallel(params: dict[str, Any]) -> int | None:
    found = params.get("ParallelismConfiguration", {}).get("MaxParallelExecutionSteps")
    return int(found) if found else None


def _typed(name: str, raw: Any, kind: str) -> Any:
    if kind == "Boolean":
        if str(raw).lower() not in ("true", "false"):
            raise validation(f"Parameter {name}: {raw!r} is not a Boolean")
        return str(raw).lower() == "true"
    try:
        return PARAMETER_TYPES[kind](raw)
    except (TypeError, ValueError):
        raise validation(f"Parameter {name}: {raw!r} is not of type {kind}") from None


def _described(run: StepRun) -> dict[str, Any]:
    out: dict[str, Any] = {
        "StepName": run.step.name,
        "StepStatus": run.status,
        "AttemptCount": run.attempts,
        "Metadata": run.metadata,
        "StartTime": run.started,
    }
    if run.ended:
        out["EndTime"] = run.ended
    if run.reason:
        out["FailureReason"] = run.reason
    if run.reused:
        out["SelectiveExecutionResult"] = {"SourcePipelineExecutionArn": run.reused}
    if run.cache_hit:
        out["CacheHitResult"] = {"SourcePipelineExecutionArn": run.cache_hit}
    for key, name in (("StepDisplayName", "DisplayName"), ("StepDescription", "Description")):
        if run.step.raw.get(name):
            out[key] = run.step.raw[name]
    return out
