"""AWS::KMS::Key and Alias."""

import json
from typing import Any

from local_aws.cloudformation.resources.base import Context, Made, Resource, names


class Key(Resource):
    type = "AWS::KMS::Key"
    properties = names("Description KeyPolicy EnableKeyRotation Tags")
    state_only = names("PendingWindowInDays Enabled KeySpec KeyUsage")

    def create(self, context: Context, properties: dict[str, Any]) -> Made:
        kms = context.client("kms")
        tags = [{"TagKey": t["Key"], "TagValue": t["Value"]} for t in properties.get("Tags", [])]
        policy = json.dumps(properties["KeyPolicy"]) if "KeyPolicy" in properties else None
        extra = {"Policy": policy} if policy else {}
        key = kms.create_key(Description=properties.get("Description", ""), Tags=tags, **extra)["KeyMetadata"]
        if properties.get("EnableKeyRotation"):
            kms.enable_key_rotation(KeyId=key["KeyId"])
        return Made(key["KeyId"], {"Arn": key["Arn"], "KeyId": key["KeyId"]})

    def update(self, context: Context, id: str, old: dict[str, Any], new: dict[str, Any]) -> Made:
        kms = context.client("kms")
        if "KeyPolicy" in new:
            kms.put_key_policy(KeyId=id, PolicyName="default", Policy=json.dumps(new["KeyPolicy"]))
        kms.update_key_description(KeyId=id, Description=new.get("Description", ""))
        (kms.enable_key_rotation if new.get("EnableKeyRotation") else kms.disable_key_rotation)(KeyId=id)
        return Made(id, {"Arn": kms.describe_key(KeyId=id)["KeyMetadata"]["Arn"], "KeyId": id})

    def delete(self, context: Context, id: str, properties: dict[str, Any]) -> None:
        context.client("kms").schedule_key_deletion(KeyId=id, PendingWindowInDays=7)


class Alias(Resource):
    type = "AWS::KMS::Alias"
    properties = names("AliasName TargetKeyId")

    def create(self, context: Context, properties: dict[str, Any]) -> Made:
        context.client("kms").create_alias(AliasName=properties["AliasName"], TargetKeyId=properties["TargetKeyId"])
        return Made(properties["AliasName"])

    def update(self, context: Context, id: str, old: dict[str, Any], new: dict[str, Any]) -> Made:
        context.client("kms").update_alias(AliasName=id, TargetKeyId=new["TargetKeyId"])
        return Made(id)

    def delete(self, context: Context, id: str, properties: dict[str, Any]) -> None:
        context.client("kms").delete_alias(AliasName=id)
