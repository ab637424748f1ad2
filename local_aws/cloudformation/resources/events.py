"""AWS::Events::Rule and AWS::Scheduler::Schedule."""

import json
from typing import Any

from local_aws.cloudformation.resources.base import Context, Made, Resource, if_there, names, pick, tag_list


class Rule(Resource):
    type = "AWS::Events::Rule"
    properties = names("Name Description EventPattern State Targets RoleArn Tags")

    def create(self, context: Context, properties: dict[str, Any]) -> Made:
        events = context.client("events")
        name = properties.get("Name") or context.generated_name()
        pattern = properties["EventPattern"]
        arn = events.put_rule(
            Name=name, EventPattern=json.dumps(pattern), Tags=tag_list(properties), **pick(properties, "Description", "State", "RoleArn")
        )["RuleArn"]
        if properties.get("Targets"):
            events.put_targets(Rule=name, Targets=properties["Targets"])
        return Made(name, {"Arn": arn})

    def find(self, context: Context, properties: dict[str, Any]) -> Made | None:
        name = properties.get("Name")
        found = if_there(context.client("events").describe_rule, Name=name) if name else None
        return Made(str(name), {"Arn": found["Arn"]}) if found else None

    def update(self, context: Context, id: str, old: dict[str, Any], new: dict[str, Any]) -> Made:
        gone = {t["Id"] for t in old.get("Targets", [])} - {t["Id"] for t in new.get("Targets", [])}
        if gone:
            context.client("events").remove_targets(Rule=id, Ids=sorted(gone))
        return self.create(context, {**new, "Name": id})

    def delete(self, context: Context, id: str, properties: dict[str, Any]) -> None:
        events = context.client("events")
        ids = [t["Id"] for t in properties.get("Targets", [])]
        if ids:
            events.remove_targets(Rule=id, Ids=ids)
        events.delete_rule(Name=id)


class Schedule(Resource):
    type = "AWS::Scheduler::Schedule"
    properties = names("Name Description ScheduleExpression FlexibleTimeWindow Target State")

    def create(self, context: Context, properties: dict[str, Any]) -> Made:
        name = properties.get("Name") or context.generated_name()
        arn = context.client("scheduler").create_schedule(**{**properties, "Name": name})["ScheduleArn"]
        return Made(name, {"Arn": arn})

    def update(self, context: Context, id: str, old: dict[str, Any], new: dict[str, Any]) -> Made:
        arn = context.client("scheduler").update_schedule(**{**new, "Name": id})["ScheduleArn"]
        return Made(id, {"Arn": arn})

    def delete(self, context: Context, id: str, properties: dict[str, Any]) -> None:
        context.client("scheduler").delete_schedule(Name=id)
