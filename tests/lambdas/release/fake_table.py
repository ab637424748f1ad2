"""The state table in memory: `Table` without DynamoDB. tests/lambdas/release/test_ledger.py holds it to the real one."""

from collections.abc import Sequence

from lambdas.shared.table import Item, Values, Write


class FakeTable:
    """Items by ``pk``; conditions of the forms that ledgers use."""

    def __init__(self) -> None:
        self.items: dict[str, Item] = {}

    def get(self, pk: str) -> Item:
        return dict(self.items.get(pk, {}))

    def set(self, pk: str, changes: Values, condition: str = "", **values: str | float) -> bool:
        return self.set_together([(pk, changes, condition, values)])

    def set_together(self, writes: Sequence[Write]) -> bool:
        if not all(holds(condition, self.items.get(pk), values) for pk, _, condition, values in writes):
            return False
        for pk, changes, _, _ in writes:
            self.items[pk] = {**self.items.get(pk, {}), **changes}
        return True


def holds(condition: str, item: Item | None, values: Values) -> bool:
    """OR of ANDs of ``attribute_not_exists(x)``, ``x = :y`` and ``x < :y``."""
    return not condition or any(all(_term(t, item or {}, values) for t in part.split(" AND ")) for part in condition.split(" OR "))


def _term(term: str, item: Item, values: Values) -> bool:
    if term.startswith("attribute_not_exists("):
        name = term[len("attribute_not_exists(") : -1]
        return not item if name == "pk" else name.lstrip("#") not in item
    name, operator, value = term.split()
    found, wanted = item.get(name.lstrip("#")), values[value.lstrip(":")]
    if found is None:
        return False
    return bool(found < wanted) if operator == "<" else bool(found == wanted)
