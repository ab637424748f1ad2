"""SageMaker Pipelines: definitions that are checked when they are stored, executions that really run."""

import secrets
import string
import threading
import traceback
from collections.abc import Sequence
from typing import Any

from botocore.exceptions import ClientError

from local_aws.dispatcher import Call, operation
from local_aws.errors import AwsError, Unsupported, validation
from local_aws.history import forget
from local_aws.sagemaker.jobs import World
from local_aws.sagemaker.listing import Listing
from local_aws.sagemaker.names import arn, page, short
from local_aws.sagemaker.pipelines import describe
from local_aws.sagemaker.pipelines.cache import StepCache
from local_aws.sagemaker.pipelines.definition import Definition, parse
from local_aws.sagemaker.pipelines.execution import INTERRUPTED, RUNNING, Execution
from local_aws.sagemaker.pipelines.parameters import parallel, values
from local_aws.sagemaker.pipelines.resolve import text
from local_aws.sagemaker.pipelines.runners import Runners
from local_aws.sagemaker.pipelines.selection import Selection, before
from local_aws.sagemaker.transfer import split

_PIPELINES = Listing("ListPipelines", "PipelineSummaries", "PipelineName", own=frozenset({"PipelineNamePrefix"}))
_EXECUTIONS = Listing("ListPipelineExecutions", "PipelineExecutionSummaries", created="StartTime", own=frozenset({"PipelineName"}))


class Pipelines:
    """Pipelines and their executions."""

    kept = ("_pipelines", "_executions", "_tokens")

    def __init__(self, world: World, runners: Runners) -> None:
        self._world, self._runners = world, runners
        self._pipelines: dict[str, dict[str, Any]] = {}
        self._executions: dict[str, Execution] = {}
        self._tokens: dict[str, str] = {}
        self._lock = threading.Lock()

    def resume(self) -> None:
        """After a restore: executions that waited for a callback's token wait on."""
        for execution in self.under_way():
            try:
                execution.resume()
            except Exception:  # one that cannot go on takes no other with it
                traceback.print_exc()
                execution.break_off(INTERRUPTED)

    def under_way(self) -> Sequence[Execution]:
        return [e for e in list(self._executions.values()) if e.status in RUNNING]

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
            written = self._text(params)
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
                "PipelineDefinition": written,
                "_definition": self._parsed(written),
                "_cache": StepCache(),
                "_parallel": parallel(params),
                "_token": token,
            }
            self._tokens[token] = name
        return {"PipelineArn": arn("pipeline", name)}

    @operation("sagemaker", "UpdatePipeline")
    def update(self, call: Call) -> dict[str, Any]:
        pipeline = self._pipeline(call.params["PipelineName"])
        if "RoleArn" in call.params:
            self._world.check_role(call.params["RoleArn"])
        if "PipelineDefinition" in call.params or "PipelineDefinitionS3Location" in call.params:
            written = self._text(call.params)
            pipeline["_definition"], pipeline["PipelineDefinition"] = self._parsed(written), written
        for key in ("PipelineDisplayName", "PipelineDescription", "RoleArn"):
            if key in call.params:
                pipeline[key] = call.params[key]
        pipeline["_parallel"] = parallel(call.params) or pipeline["_parallel"]
        pipeline["LastModifiedTime"] = self._world.clock.now()
        return {"PipelineArn": pipeline["PipelineArn"]}

    @operation("sagemaker", "DescribePipeline")
    def describe(self, call: Call) -> dict[str, Any]:
        pipeline = self._pipeline(call.params["PipelineName"])
        limit = pipeline["_parallel"]
        configured = {"ParallelismConfiguration": {"MaxParallelExecutionSteps": limit}} if limit else {}
        last = max((e.created for e in self._of(pipeline)), default=None)
        ran = {"LastRunTime": last} if last else {}
        return {k: v for k, v in pipeline.items() if not k.startswith("_")} | configured | ran

    @operation("sagemaker", "ListPipelines")
    def list(self, call: Call) -> dict[str, Any]:
        keys = ("PipelineArn", "PipelineName", "PipelineDisplayName", "PipelineDescription", "RoleArn", "CreationTime", "LastModifiedTime")
        prefix = call.params.get("PipelineNamePrefix", "")
        found = [p for p in list(self._pipelines.values()) if p["PipelineName"].startswith(prefix)]
        return _PIPELINES.page(found, call.params, keys)

    @operation("sagemaker", "DeletePipeline")
    def delete(self, call: Call) -> dict[str, Any]:
        pipeline = self._pipeline(call.params["PipelineName"])
        running = [e.arn for e in self._of(pipeline) if not e.done.is_set()]
        if running:
            raise AwsError("ConflictException", f"Pipeline {pipeline['PipelineArn']} has running executions: {', '.join(running)}")
        with self._lock:  # with all its instances (DeletePipeline), and with the tokens that name them or it
            del self._pipelines[pipeline["PipelineName"]]
            gone = self._drop(self._of(pipeline))
            self._tokens.pop(pipeline["_token"], None)
        for id in gone:
            self._runners.leave(id)
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
            given = values(pipeline["_definition"], {p["Name"]: p["Value"] for p in params.get("PipelineParameters", [])})
            self._runners.check(pipeline["_definition"], given)
            id = "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(12))
            execution = Execution(
                world=self._world,
                runners=self._runners,
                cache=pipeline["_cache"],
                definition=pipeline["_definition"],
                text=pipeline["PipelineDefinition"],
                pipeline=pipeline,
                id=id,
                parameters=given,
                role=pipeline["RoleArn"],
                display_name=params.get("PipelineExecutionDisplayName", f"execution-{int(self._world.clock.timestamp() * 1000)}"),
                description=params.get("PipelineExecutionDescription", ""),
                parallel=parallel(params) or pipeline.get("_parallel"),
                selected=self._selection(pipeline, params),
            )
            self._executions[execution.arn] = execution
            self._tokens[token] = execution.arn
            self._forget(pipeline)
        execution.start()
        return {"PipelineExecutionArn": execution.arn}

    def _forget(self, pipeline: dict[str, Any]) -> None:
        """An execution goes with its tokens and its jobs."""
        gone = forget({e.arn: e for e in self._of(pipeline)}, self._world.keep, lambda e: e.done.is_set())
        for id in self._drop(gone):
            self._runners.release(id)

    def _drop(self, executions: Sequence[Execution]) -> Sequence[str]:
        """Take executions out, with their tokens; their ids."""
        gone = {e.arn: e.id for e in executions}
        if gone:
            self._executions = {arn: e for arn, e in self._executions.items() if arn not in gone}
            self._tokens = {token: of for token, of in self._tokens.items() if of not in gone}
        return [*gone.values()]

    def _selection(self, pipeline: dict[str, Any], params: dict[str, Any]) -> Selection | None:
        """Raises AwsError."""
        config = params.get("SelectiveExecutionConfig")
        if not config:
            return None
        steps = frozenset(s["StepName"] for s in config["SelectedSteps"])
        if unknown := sorted(steps - set(pipeline["_definition"].steps)):
            raise validation(f"SelectedSteps names steps that the pipeline does not have: {', '.join(unknown)}")
        if "SourcePipelineExecutionArn" not in config:
            if needed := sorted(before(pipeline["_definition"], steps)):
                raise validation(f"SelectiveExecutionConfig needs SourcePipelineExecutionArn: SelectedSteps depend on {', '.join(needed)}")
            return Selection(steps, None)
        source = self.execution(config["SourcePipelineExecutionArn"])
        if source.pipeline["PipelineArn"] != pipeline["PipelineArn"]:
            raise validation(f"The source execution {source.arn} is not one of {pipeline['PipelineArn']}")
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
                execution.retry(parallel(call.params))
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
        return describe.described(self.execution(call.params["PipelineExecutionArn"]))

    @operation("sagemaker", "ListPipelineExecutions")
    def list_executions(self, call: Call) -> dict[str, Any]:
        pipeline = self._pipeline(call.params["PipelineName"])
        found = [describe.summary(e) for e in self._of(pipeline)]
        return _EXECUTIONS.page(found, call.params)

    @operation("sagemaker", "ListPipelineExecutionSteps")
    def list_steps(self, call: Call) -> dict[str, Any]:
        execution = self.execution(call.params["PipelineExecutionArn"])
        newest_first = call.params.get("SortOrder", "Descending") == "Descending"
        runs = sorted(execution.runs.values(), key=lambda r: r.started or execution.created, reverse=newest_first)
        return page([describe.step(r) for r in runs], call.params, "PipelineExecutionSteps")

    @operation("sagemaker", "DescribePipelineDefinitionForExecution")
    def definition_of(self, call: Call) -> dict[str, Any]:
        execution = self.execution(call.params["PipelineExecutionArn"])
        return {"PipelineDefinition": execution.text, "CreationTime": execution.created}

    @operation("sagemaker", "ListPipelineParametersForExecution")
    def parameters_of(self, call: Call) -> dict[str, Any]:
        execution = self.execution(call.params["PipelineExecutionArn"])
        return page([{"Name": k, "Value": text(v)} for k, v in execution.parameters.items()], call.params, "PipelineParameters")

    def execution(self, arn_: str) -> Execution:
        """Raises AwsError."""
        if arn_ not in self._executions:
            raise AwsError("ResourceNotFound", f"Pipeline execution with ARN {arn_} does not exist.")
        return self._executions[arn_]

    def _of(self, pipeline: dict[str, Any]) -> Any:
        return [e for e in list(self._executions.values()) if e.pipeline["PipelineArn"] == pipeline["PipelineArn"]]

    def _pipeline(self, name: str) -> dict[str, Any]:
        if short(name) not in self._pipelines:
            raise AwsError("ResourceNotFound", f"Pipeline '{arn('pipeline', short(name))}' does not exist.")
        return self._pipelines[short(name)]

    def _parsed(self, text: str) -> Definition:
        definition = parse(text)
        self._runners.check(definition, {})
        return definition

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
