"""AWS::S3::Bucket and its policy."""

import json
from typing import Any

from local_aws.cloudformation.resources.base import Context, Failed, Made, Resource, if_there, names


class Bucket(Resource):
    type = "AWS::S3::Bucket"
    properties = names("BucketName VersioningConfiguration NotificationConfiguration BucketEncryption Tags")
    state_only = names("LifecycleConfiguration LoggingConfiguration OwnershipControls PublicAccessBlockConfiguration AccessControl")

    def create(self, context: Context, properties: dict[str, Any]) -> Made:
        s3 = context.client("s3")
        name = properties.get("BucketName") or context.generated_name(63).lower()
        s3.create_bucket(Bucket=name)
        self._configure(s3, name, properties)
        return self._made(name)

    def find(self, context: Context, properties: dict[str, Any]) -> Made | None:
        name = properties.get("BucketName")
        found = [b["Name"] for b in context.client("s3").list_buckets()["Buckets"]]
        return self._made(str(name)) if name in found else None

    def update(self, context: Context, id: str, old: dict[str, Any], new: dict[str, Any]) -> Made:
        self._configure(context.client("s3"), id, new)
        return self._made(id)

    def delete(self, context: Context, id: str, properties: dict[str, Any]) -> None:
        s3 = context.client("s3")
        try:
            s3.delete_bucket(Bucket=id)
        except s3.exceptions.ClientError as error:
            if error.response["Error"]["Code"] == "BucketNotEmpty":
                raise Failed(f"The bucket you tried to delete is not empty: {id}") from None
            raise

    def _configure(self, s3: Any, name: str, properties: dict[str, Any]) -> None:
        if versioning := properties.get("VersioningConfiguration"):
            s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": versioning["Status"]})
        bridge = properties.get("NotificationConfiguration", {}).get("EventBridgeConfiguration")
        on = bridge is not None and str(bridge.get("EventBridgeEnabled", True)).lower() == "true"
        configuration: dict[str, Any] = {"EventBridgeConfiguration": {}} if on else {}
        s3.put_bucket_notification_configuration(Bucket=name, NotificationConfiguration=configuration)
        if encryption := properties.get("BucketEncryption"):
            rules = []
            for rule in encryption["ServerSideEncryptionConfiguration"]:
                default = rule["ServerSideEncryptionByDefault"]
                inner = {"SSEAlgorithm": default["SSEAlgorithm"]}
                if "KMSMasterKeyID" in default:
                    inner["KMSMasterKeyID"] = default["KMSMasterKeyID"]
                rules.append({"ApplyServerSideEncryptionByDefault": inner, "BucketKeyEnabled": rule.get("BucketKeyEnabled", False)})
            s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": rules})
        if tags := properties.get("Tags"):
            s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tags})

    @staticmethod
    def _made(name: str) -> Made:
        attributes = {
            "Arn": f"arn:aws:s3:::{name}",
            "DomainName": f"{name}.s3.amazonaws.com",
            "RegionalDomainName": f"{name}.s3.us-east-1.amazonaws.com",
        }
        return Made(name, attributes)


class BucketPolicy(Resource):
    type = "AWS::S3::BucketPolicy"
    properties = names("Bucket PolicyDocument")

    def create(self, context: Context, properties: dict[str, Any]) -> Made:
        context.client("s3").put_bucket_policy(Bucket=properties["Bucket"], Policy=json.dumps(properties["PolicyDocument"]))
        return Made(properties["Bucket"])

    def find(self, context: Context, properties: dict[str, Any]) -> Made | None:
        bucket = properties.get("Bucket")
        found = if_there(context.client("s3").get_bucket_policy, Bucket=bucket) if bucket else None
        return Made(str(bucket)) if found else None

    def update(self, context: Context, id: str, old: dict[str, Any], new: dict[str, Any]) -> Made:
        return self.create(context, new)

    def delete(self, context: Context, id: str, properties: dict[str, Any]) -> None:
        context.client("s3").delete_bucket_policy(Bucket=id)
