"""SageMaker Runtime: InvokeEndpoint against the running container."""

import json
import time
from typing import Any

from local_aws.dispatcher import Call, operation
from local_aws.errors import Unsupported
from local_aws.moto_seam import HttpResponse
from local_aws.sagemaker.endpoints.endpoint import Endpoint, refused
from local_aws.sagemaker.endpoints.fleet import FleetClosed
from local_aws.sagemaker.endpoints.service import Endpoints
from local_aws.sagemaker.invocations import measure
from local_aws.sagemaker.jobs import World
from local_aws.sagemaker.server import Answer

# where a request goes, and what comes back, in kinds of endpoints that are not emulated: never answered as if they were not given
_REFUSED = ("TargetModel", "TargetContainerHostname", "InferenceComponentName", "EnableExplanations", "SessionId")
MAX_BODY = 6_291_456  # botocore's model: BodyBlob


class Runtime:
    """Content types, inference ids, custom attributes, capture; container errors as ModelError."""

    kept: tuple[str, ...] = ()

    def __init__(self, endpoints: Endpoints, world: World) -> None:
        self._endpoints, self._world = endpoints, world

    @operation("sagemaker-runtime", "InvokeEndpoint")
    def invoke(self, call: Call) -> HttpResponse:
        params = call.params
        for name in _REFUSED:
            if params.get(name):
                raise Unsupported(f"invocations with {name}")
        body = call.request.body
        if len(body) > MAX_BODY:
            raise refused(f"Request body of {len(body)} bytes exceeds the maximum of {MAX_BODY} bytes for a real-time endpoint.")
        endpoint = self._endpoints.find(params["EndpointName"])
        if endpoint is None or endpoint.fleet is None:
            raise refused(f"Endpoint {params['EndpointName']} of account 123456789012 not found.")
        answer, variant = self._answer(endpoint, params, body)
        if answer.status >= 300:
            return self._model_error(endpoint.name, variant, answer)
        headers = {"Content-Type": answer.content_type, "x-Amzn-Invoked-Production-Variant": variant}
        returned = {k.lower(): v for k, v in answer.headers.items()}.get("x-amzn-sagemaker-custom-attributes")
        if returned:
            headers["X-Amzn-SageMaker-Custom-Attributes"] = returned
        return HttpResponse(200, headers, answer.body)

    def _answer(self, endpoint: Endpoint, params: dict[str, Any], body: bytes) -> tuple[Answer, str]:
        """The container's answer and the variant that gave it."""
        started = time.monotonic()
        headers = {
            name: params[given]
            for given, name in (
                ("CustomAttributes", "X-Amzn-SageMaker-Custom-Attributes"),
                ("InferenceId", "X-Amzn-SageMaker-Inference-Id"),
            )
            if params.get(given)
        }
        while True:
            fleet, variant = endpoint.route(params.get("TargetVariant"))
            try:
                with fleet.request(variant) as server:
                    called = time.monotonic()
                    answer = server.invoke(body, params.get("ContentType", "application/json"), params.get("Accept", "*/*"), headers)
            except FleetClosed:
                continue  # it went out of service in between: no request is lost
            except OSError as error:
                answer = Answer(500, f"the container did not answer: {error}".encode(), "text/plain", {})
            break
        where = {"EndpointName": endpoint.name, "VariantName": variant, "EndpointConfigName": fleet.name}
        measure(self._world, where, answer.status, time.monotonic() - called, called - started)
        capture = fleet.captures.get(variant)
        if capture and answer.status < 300:
            request = (body, params.get("ContentType", "application/json"))
            ids = {"inference_id": params.get("InferenceId"), "custom": params.get("CustomAttributes")}
            capture.record(request, (answer.body, answer.content_type), **ids)
        return answer, variant

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
