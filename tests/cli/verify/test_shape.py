"""Shapes and states of JSON values."""

from cli.verify import shape


def test_paths_and_types_of_leaves() -> None:
    value = {"a": {"b": 1, "c": None, "d": True}, "l": [{"x": "1"}, {"x": 2}], "texts": ["t"]}
    assert shape.of([value]) == {"a.b": "number", "a.c": "null", "a.d": "boolean", "l": "list", "l[].x": "number", "texts": "list"}


def test_what_some_values_lack_is_optional() -> None:
    assert shape.of([{"a": 1, "b": 2}, {"a": "x"}]) == {"a": "number or string", "b?": "number"}


def test_a_key_is_not_optional_because_its_parent_is() -> None:
    assert shape.of([{"a": {"b": 1}}, {"c": 1}]) == {"a.b": "number", "c?": "number"}


def test_maps_of_the_users_own_keys_have_no_shape() -> None:
    assert shape.of([{"HyperParameters": {"seed": "1"}}]) == {"HyperParameters": "map"}


def test_states_are_the_values_of_what_is_named_so() -> None:
    values = [{"d": {"currentStepStatus": "Executing", "state": "RUNNING"}}, {"d": {"currentStepStatus": "Succeeded", "note": "x"}}]
    assert shape.states(values) == {"d.currentStepStatus": ["Executing", "Succeeded"], "d.state": ["RUNNING"]}
