"""Watches a local AWS in tests: every response against botocore's model, every event against its documented shape."""

from typing import Any

from botocore.parsers import create_parser
from botocore.validate import ParamValidator

from local_aws.aws import LocalAws
from local_aws.moto_seam import HttpResponse, Parsed
from tests.local_aws.event_shapes import faults

# moto leaves out what nothing here reads
_KNOWN = {'application-autoscaling:DescribeScalableTargets: Missing required parameter in ScalableTargets[0]: "RoleARN"'}
# lengths and ranges bind a request; AWS itself answers empty lists and zeros where its model asks for one
_REQUESTS_ONLY = ("Invalid length for parameter", "Invalid value for parameter")


class Conformance:
    """Collects what does not conform; `check` raises with all of it."""

    def __init__(self, aws: LocalAws) -> None:
        self.found: list[str] = []
        self._validator = ParamValidator()
        aws.dispatcher.watch(self._response)
        aws.events.listen(self._event)

    def check(self) -> None:
        assert not self.found, "\n".join(self.found)

    def _response(self, parsed: Parsed, response: HttpResponse) -> None:
        name = f"{parsed.service}:{parsed.operation.name}"
        if response.status >= 300 or parsed.operation.output_shape is None or parsed.operation.has_streaming_output:
            return
        raw = {"status_code": response.status, "headers": _Folded(response.headers), "body": response.body, "context": {}}
        parser = create_parser(parsed.operation.service_model.resolved_protocol)
        result = {k: v for k, v in parser.parse(raw, parsed.operation.output_shape).items() if k != "ResponseMetadata"}
        report = self._validator.validate(result, parsed.operation.output_shape).generate_report()
        found = [f"{name}: {line}" for line in report.splitlines() if not line.startswith(_REQUESTS_ONLY)]
        self.found += [line for line in found if line not in _KNOWN]

    def _event(self, event: dict[str, Any]) -> None:
        self.found += [f"event {event['detail-type']}: {fault}" for fault in faults(event)]


class _Folded(dict[str, str]):
    """Headers by lower-case name, as the parser asks for them."""

    def __init__(self, headers: dict[str, str]) -> None:
        super().__init__({k.lower(): v for k, v in headers.items()})

    def get(self, key: str, default: Any = None) -> Any:
        return super().get(key.lower(), default)

    def __getitem__(self, key: str) -> str:
        return super().__getitem__(key.lower())

    def __contains__(self, key: object) -> bool:
        return super().__contains__(str(key).lower())
