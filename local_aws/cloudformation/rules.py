"""Rules of a template: assertions about parameters that are checked before anything else happens."""

from typing import Any

from local_aws.cloudformation.scope import Scope
from local_aws.cloudformation.template import error
from local_aws.errors import Unsupported

FUNCTIONS = ("Fn::Contains", "Fn::EachMemberEquals", "Fn::EachMemberIn", "Fn::And", "Fn::Or", "Fn::Not", "Fn::Equals", "Fn::If")


def check(scope: Scope) -> None:
    """Raises AwsError with the description of the first assertion that does not hold."""
    for name, rule in scope.template.raw.get("Rules", {}).items():
        if "RuleCondition" in rule and not _holds(rule["RuleCondition"], scope):
            continue
        for assertion in rule["Assertions"]:
            if not _holds(assertion["Assert"], scope):
                raise error(f"Template error: Rule {name} failed: {assertion.get('AssertDescription', assertion['Assert'])}")


def _holds(expression: Any, scope: Scope) -> bool:
    if not isinstance(expression, dict) or len(expression) != 1:
        return bool(scope.value(expression))
    ((name, argument),) = expression.items()
    if name == "Fn::Not":
        return not _holds(argument[0], scope)
    if name in ("Fn::And", "Fn::Or"):
        return (all if name == "Fn::And" else any)(_holds(a, scope) for a in argument)
    if name == "Fn::Contains":
        members, value = scope.value(argument)
        return str(value) in map(str, members)
    if name == "Fn::EachMemberEquals":
        members, value = scope.value(argument)
        return all(str(m) == str(value) for m in members)
    if name == "Fn::EachMemberIn":
        members, allowed = scope.value(argument)
        return set(map(str, members)) <= set(map(str, allowed))
    if name.startswith("Fn::") and name not in FUNCTIONS:
        raise Unsupported(f"the rule function {name} (it does {', '.join(FUNCTIONS)})")
    return bool(scope.value(expression))
