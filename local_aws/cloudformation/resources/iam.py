"""AWS::IAM::Role, Policy and ManagedPolicy."""

import json
from typing import Any

from local_aws.cloudformation.resources.base import Context, Made, Resource, if_there, names, pick, tag_list


class Role(Resource):
    type = "AWS::IAM::Role"
    properties = names("AssumeRolePolicyDocument Description Policies RoleName Tags MaxSessionDuration Path ManagedPolicyArns")
    state_only = names("PermissionsBoundary")

    def create(self, context: Context, properties: dict[str, Any]) -> Made:
        iam = context.client("iam")
        name = properties.get("RoleName") or context.generated_name(64)
        role = iam.create_role(
            RoleName=name,
            AssumeRolePolicyDocument=json.dumps(properties["AssumeRolePolicyDocument"]),
            Description=properties.get("Description", ""),
            Path=properties.get("Path", "/"),
            Tags=tag_list(properties),
            MaxSessionDuration=properties.get("MaxSessionDuration", 3600),
            **pick(properties, "PermissionsBoundary"),
        )["Role"]
        self._policies(iam, name, {}, properties)
        return Made(name, {"Arn": role["Arn"], "RoleId": role["RoleId"]})

    def update(self, context: Context, id: str, old: dict[str, Any], new: dict[str, Any]) -> Made:
        iam = context.client("iam")
        iam.update_assume_role_policy(RoleName=id, PolicyDocument=json.dumps(new["AssumeRolePolicyDocument"]))
        iam.update_role(RoleName=id, Description=new.get("Description", ""), MaxSessionDuration=new.get("MaxSessionDuration", 3600))
        if "PermissionsBoundary" in new:
            iam.put_role_permissions_boundary(RoleName=id, PermissionsBoundary=new["PermissionsBoundary"])
        elif "PermissionsBoundary" in old:
            iam.delete_role_permissions_boundary(RoleName=id)
        self._policies(iam, id, old, new)
        role = iam.get_role(RoleName=id)["Role"]
        return Made(id, {"Arn": role["Arn"], "RoleId": role["RoleId"]})

    def delete(self, context: Context, id: str, properties: dict[str, Any]) -> None:
        iam = context.client("iam")
        self._policies(iam, id, properties, {})
        iam.delete_role(RoleName=id)

    @staticmethod
    def _policies(iam: Any, role: str, old: dict[str, Any], new: dict[str, Any]) -> None:
        wanted = {p["PolicyName"]: p for p in new.get("Policies", [])}
        for policy in old.get("Policies", []):
            if policy["PolicyName"] not in wanted:
                if_there(iam.delete_role_policy, RoleName=role, PolicyName=policy["PolicyName"])
        for name, policy in wanted.items():
            iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(policy["PolicyDocument"]))
        managed = set(new.get("ManagedPolicyArns", []))
        for arn in set(old.get("ManagedPolicyArns", [])) - managed:
            if_there(iam.detach_role_policy, RoleName=role, PolicyArn=arn)
        for arn in managed - set(old.get("ManagedPolicyArns", [])):
            iam.attach_role_policy(RoleName=role, PolicyArn=arn)


class Policy(Resource):
    type = "AWS::IAM::Policy"
    properties = names("PolicyName PolicyDocument Roles")

    def create(self, context: Context, properties: dict[str, Any]) -> Made:
        for role in properties["Roles"]:
            context.client("iam").put_role_policy(
                RoleName=role, PolicyName=properties["PolicyName"], PolicyDocument=json.dumps(properties["PolicyDocument"])
            )
        return Made(context.generated_name(), {"Id": properties["PolicyName"]})

    def update(self, context: Context, id: str, old: dict[str, Any], new: dict[str, Any]) -> Made:
        for role in set(old["Roles"]) - set(new["Roles"]):
            if_there(context.client("iam").delete_role_policy, RoleName=role, PolicyName=old["PolicyName"])
        return self.create(context, new)

    def delete(self, context: Context, id: str, properties: dict[str, Any]) -> None:
        for role in properties["Roles"]:  # any of which may have gone first
            if_there(context.client("iam").delete_role_policy, RoleName=role, PolicyName=properties["PolicyName"])


class ManagedPolicy(Resource):
    type = "AWS::IAM::ManagedPolicy"
    properties = names("ManagedPolicyName PolicyDocument Description Path Roles")

    def create(self, context: Context, properties: dict[str, Any]) -> Made:
        iam = context.client("iam")
        arn = iam.create_policy(
            PolicyName=properties.get("ManagedPolicyName") or context.generated_name(),
            PolicyDocument=json.dumps(properties["PolicyDocument"]),
            Description=properties.get("Description", ""),
            Path=properties.get("Path", "/"),
        )["Policy"]["Arn"]
        self._attach(iam, arn, [], properties.get("Roles", []))
        return Made(arn, {"PolicyArn": arn})

    def update(self, context: Context, id: str, old: dict[str, Any], new: dict[str, Any]) -> Made:
        iam = context.client("iam")
        if old["PolicyDocument"] != new["PolicyDocument"]:
            self._prune(iam, id)
            iam.create_policy_version(PolicyArn=id, PolicyDocument=json.dumps(new["PolicyDocument"]), SetAsDefault=True)
        self._attach(iam, id, old.get("Roles", []), new.get("Roles", []))
        return Made(id, {"PolicyArn": id})

    def delete(self, context: Context, id: str, properties: dict[str, Any]) -> None:
        iam = context.client("iam")
        self._attach(iam, id, properties.get("Roles", []), [])
        self._prune(iam, id)
        iam.delete_policy(PolicyArn=id)

    @staticmethod
    def _attach(iam: Any, arn: str, old: list[str], new: list[str]) -> None:
        for role in set(old) - set(new):
            if_there(iam.detach_role_policy, RoleName=role, PolicyArn=arn)
        for role in set(new) - set(old):
            iam.attach_role_policy(RoleName=role, PolicyArn=arn)

    @staticmethod
    def _prune(iam: Any, arn: str) -> None:
        """A policy has at most five versions: only the one in force stays."""
        for version in iam.list_policy_versions(PolicyArn=arn)["Versions"]:
            if not version["IsDefaultVersion"]:
                iam.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])
