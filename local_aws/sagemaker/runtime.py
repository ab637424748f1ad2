"""SageMaker Runtime: InvokeEndpoint against the running container."""

import json
import time
from typing import Any

from local_aws.dispatcher import Call, operation
from local_aws.moto_seam import HttpResponse
from local_aws.sagemaker.endpoints import Endpoints, refused
from local_aws.sagemaker.invocations import measure
from local_aws.sagemaker.jobs import World
from local_aws.sagemaker.server import Answer

MAX_BODY = 6_291_456  # botocore's model: BodyBlob


class Runtime:
    """Content types, inference ids, custom attributes, capture; container errors as ModelError."""

    def __init__(self, endpoints: Endpoints, world: World) -> None:
        self._endpoints, self._world = endpoints, world

    @operation("sagemaker-runtime", "InvokeEndpoint")
    def invoke(self, call: Call) -> HttpResponse:
        began = time.monotonic()
        params = call.params
        body = call.request.body
        if len(body) > MAX_BODY:
            raise refused(f"Request body of {len(body)} bytes exceeds the maximum of {MAX_BODY} bytes for a real-time endpoint.")
        endpoint = self._endpoints.find(params["EndpointName"])
        if endpoint is None or endpoint.fleet is None:
            raise refused(f"Endpoint {params['EndpointName']} of account 123456789012 not found.")
        variant = self._endpoints.pick(endpoint, params.get("TargetVariant"))
        fleet = endpoint.fleet
        content_type = params.get("ContentType", "application/json")
        custom = params.get("CustomAttributes")
        extra = {"X-Amzn-SageMaker-Custom-Attributes": custom} if custom else {}
        if params.get("InferenceId"):
            extra["X-Amzn-SageMaker-Inference-Id"] = params["InferenceId"]
        asked = time.monotonic()
        try:
            answer = fleet.servers[variant].invoke(body, content_type, params.get("Accept", "*/*"), extra)
        except OSError as error:
            answer = Answer(500, f"the container did not answer: {error}".encode(), "text/plain", {})
        taken = time.monotonic() - asked
        where = {"EndpointName": endpoint.name, "VariantName": variant}
        measure(self._world, {**where, "EndpointConfigName": fleet.config["EndpointConfigName"]}, answer.status, taken, asked - began)
        if answer.status >= 300:
            return self._model_error(endpoint.name, variant, answer)
        capture = fleet.captures.get(variant)
        if capture:
            capture.record((body, content_type), (answer.body, answer.content_type), inference_id=params.get("InferenceId"), custom=custom)
        headers = {"Content-Type": answer.content_type, "x-Amzn-Invoked-Production-Variant": variant}
        returned = {k.lower(): v for k, v in answer.headers.items()}.get("x-amzn-sagemaker-custom-attributes")
        if returned:
            headers["X-Amzn-SageMaker-Custom-Attributes"] = returned
        return HttpResponse(200, headers, answer.body)

    @staticmethod
    def _model_error(endpoint: str, variant: str, answer: Answer) -> HttpResponse:
        """ModelError as documented: HTTP 424, with the container's own status and words."""
        text = answer.body.decode("utf-8", errors="replace")
        side = "client" if answer.status < 500 else "server"
        log = f"https://us-east-1.console.aws.amazon.com/cloudwatch/home?region=us-east-1#logEventViewer:group=/aws/sagemaker/Endpoints/{endpoint}"
        content: dict[str, Any] = {
            "ErrorCode": "CLIENT_ERROR_FROM_MODEL" if side == "client" else "INTERNAL_FAILURE_FROM_MODEL",
            "LogStreamArn": f"arn:aws:logs:us-east-1:123456789012:log-group:/aws/sagemaker/Endpoints/{endpoint}",
            "Message": f'Received {side} error ({answer.status}) from primary with message "{text}". See {log} for more information.',
            "OriginalMessage": text,
            "OriginalStatusCode": answer.status,
        }
        headers = {"Content-Type": "application/json", "x-amzn-ErrorType": "ModelError"}
        return HttpResponse(424, headers, json.dumps(content).encode())
