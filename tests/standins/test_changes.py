"""Which properties differ, and how that is named."""

from standins.provider.changes import Kind, changes
from standins.provider.wire import UNKNOWN, Plain


def found(old: Plain, new: Plain, unordered: set[str] | None = None) -> dict[str, Kind]:
    return {change.place: change.kind for change in changes(old, new, unordered or set())}


def test_equal_inputs_have_no_changes() -> None:
    assert found({"a": [1, {"b": "c"}]}, {"a": [1.0, {"b": "c"}]}) == {}


def test_every_change_is_named_by_its_path_in_pulumis_notation() -> None:
    old = {"a": {"b": [1, 2]}, "gone": True, "env": {"a.b": "1"}}
    new = {"a": {"b": [1, 3]}, "come": 1, "env": {"a.b": "2"}}

    assert found(old, new) == {
        "a.b[1]": Kind.UPDATE,
        "gone": Kind.DELETE,
        "come": Kind.ADD,
        'env["a.b"]': Kind.UPDATE,
    }


def test_a_number_is_not_a_boolean() -> None:
    assert found({"a": 1}, {"a": True}) == {"a": Kind.UPDATE}


def test_what_is_not_known_yet_may_differ() -> None:
    assert found({"a": 1}, {"a": UNKNOWN}) == {"a": Kind.UPDATE}


def test_the_order_of_a_set_means_nothing() -> None:
    old = {"secrets": [{"id": "1"}, {"id": "2"}]}
    new = {"secrets": [{"id": "2"}, {"id": "1"}]}

    assert found(old, new, {"secrets"}) == {}
    assert len(found(old, new)) == 2, "that of a list does"


def test_only_what_came_and_went_of_a_set_differs() -> None:
    old = {"ports": [{"p": 1}, {"p": 2}]}
    new = {"ports": [{"p": 2}, {"p": 3}, {"p": 4}]}

    assert found(old, new, {"ports"}) == {"ports[1].p": Kind.UPDATE, "ports[2]": Kind.ADD}


def test_a_file_differs_by_its_content_not_by_its_path() -> None:
    def asset(path: str, content: str) -> Plain:
        return {"4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17", "path": path, "hash": content}

    assert found({"source": asset("a", "1")}, {"source": asset("b", "1")}) == {}
    assert found({"source": asset("a", "1")}, {"source": asset("a", "2")}) == {"source": Kind.UPDATE}
