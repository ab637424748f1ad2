"""AWS::IAM::OIDCProvider: kept as state; tokens are not checked against it."""

from typing import Any

from local_aws.cloudformation.resources.base import Context, Made, Resource, names, tag_list
from local_aws.principals import ACCOUNT


class OidcProvider(Resource):
    type = "AWS::IAM::OIDCProvider"
    properties = names("Url Tags")
    state_only = names("ClientIdList ThumbprintList")

    def create(self, context: Context, properties: dict[str, Any]) -> Made:
        made = context.client("iam").create_open_id_connect_provider(
            Url=properties["Url"],
            ClientIDList=properties.get("ClientIdList", []),
            ThumbprintList=properties.get("ThumbprintList", []),
            Tags=tag_list(properties),
        )
        arn = made["OpenIDConnectProviderArn"]
        return Made(arn, {"Arn": arn})

    def find(self, context: Context, properties: dict[str, Any]) -> Made | None:
        arn = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{properties.get('Url', '').removeprefix('https://').rstrip('/')}"
        found = [p["Arn"] for p in context.client("iam").list_open_id_connect_providers()["OpenIDConnectProviderList"]]
        return Made(arn, {"Arn": arn}) if arn in found else None

    def update(self, context: Context, id: str, old: dict[str, Any], new: dict[str, Any]) -> Made:
        iam = context.client("iam")
        before, now = set(old.get("ClientIdList", [])), set(new.get("ClientIdList", []))
        for client in sorted(now - before):
            iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=id, ClientID=client)
        for client in sorted(before - now):
            iam.remove_client_id_from_open_id_connect_provider(OpenIDConnectProviderArn=id, ClientID=client)
        if new.get("ThumbprintList", []) != old.get("ThumbprintList", []):
            iam.update_open_id_connect_provider_thumbprint(OpenIDConnectProviderArn=id, ThumbprintList=new.get("ThumbprintList", []))
        tags = {t["Key"] for t in tag_list(new)}
        gone = [t["Key"] for t in tag_list(old) if t["Key"] not in tags]
        if gone:
            iam.untag_open_id_connect_provider(OpenIDConnectProviderArn=id, TagKeys=gone)
        if tags:
            iam.tag_open_id_connect_provider(OpenIDConnectProviderArn=id, Tags=tag_list(new))
        return Made(id, {"Arn": id})

    def delete(self, context: Context, id: str, properties: dict[str, Any]) -> None:
        iam = context.client("iam")
        if id in {p["Arn"] for p in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]}:
            iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=id)
