"""Which resource types the region has, from the provider schemas."""

from typing import Any

from local_aws.cloudformation.schema import schema
from local_aws.dispatcher import Call, operation
from local_aws.errors import AwsError, Unsupported


class Types:
    """DescribeType of AWS's public resource types."""

    kept: tuple[str, ...] = ()

    @operation("cloudformation", "DescribeType")
    def describe(self, call: Call) -> dict[str, Any]:
        kind, name = call.params.get("Type", "RESOURCE"), call.params.get("TypeName", "")
        if kind != "RESOURCE" or not name:
            raise Unsupported("cloudformation:DescribeType of anything but a resource type by its name")
        try:
            schema(name)
        except Unsupported:
            raise AwsError("TypeNotFoundException", f"The type '{name}' cannot be found.", 404) from None
        return {"Type": "RESOURCE", "TypeName": name, "Visibility": "PUBLIC", "DeprecatedStatus": "LIVE"}
