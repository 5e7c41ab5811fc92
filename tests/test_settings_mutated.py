"""Any change of a valid configuration is taken, or refused with its place and a mend: never a traceback or a secret."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, note
from hypothesis import settings as examples
from hypothesis import strategies as st

import settings
from tests.engine import CANARIES, stack_config

SECRET_KEYS = {f"neurmatic:{name}" for name in settings.SECRETS}
MARK = "seen/in+a=message"
REMOVED = object()

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    # What is nearly right goes deeper than what is plainly wrong.
    | st.sampled_from(
        ["512MB", "0GB", "10.0.0.0/8", "2001:db8::1", "a.neurmatic.com", "latest", "1.3", "free", "/api/"]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


@pytest.fixture(scope="module", params=["sandbox", "staging", "production"])
def valid(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return a valid configuration, sections as objects and with every field that the settings know."""
    texts = stack_config(request.param, tmp_path_factory.mktemp("keys"))
    parsed, _ = settings.parse(texts, SECRET_KEYS, request.param)
    assert parsed is not None
    sections = {f"neurmatic:{name}": value for name, value in parsed.model_dump(mode="json").items()}
    return {**texts, **{key: value for key, value in sections.items() if isinstance(value, dict)}}


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of everything in a configuration."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, each in items for place in places(each, (*path, key)))]


def changed(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """Return a copy in which one place is another, or gone."""
    if not path:
        return new
    key, *rest = path
    copy = dict(value) if isinstance(value, dict) else list(value)
    if rest or new is not REMOVED:
        copy[key] = changed(value[key], tuple(rest), new)
    else:
        del copy[key]
    return copy


def test_a_changed_configuration_is_taken_or_refused_with_a_path_and_a_mend(valid: dict[str, Any]) -> None:
    _proven(valid, count=50, anew=False)


@pytest.mark.prove
def test_two_thousand_changed_configurations_are_taken_or_refused_with_a_path_and_a_mend(valid: dict[str, Any]) -> None:
    _proven(valid, count=667, anew=True)


def _proven(valid: dict[str, Any], count: int, *, anew: bool) -> None:
    @examples(max_examples=count, derandomize=not anew, deadline=None)
    @given(data=st.data())
    def prove(data: st.DataObject) -> None:
        _taken_or_refused(valid, data)

    prove()


def _taken_or_refused(valid: dict[str, Any], data: st.DataObject) -> None:
    config = valid
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from([place for place in places(config) if place]))
        secret = path[0] in SECRET_KEYS
        new = f"{MARK}{data.draw(st.text())}" if secret else data.draw(values | st.just(REMOVED))
        note(f"{path} -> {new!r}")
        config = changed(config, path, new)
    in_the_clear = data.draw(st.sets(st.sampled_from(sorted(SECRET_KEYS)), max_size=2))
    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}

    parsed, problems = settings.parse(texts, SECRET_KEYS - in_the_clear, "sandbox")

    assert (parsed is not None) or problems
    report = settings.report(problems)
    assert list(filter(_lacks_a_part, problems)) == []
    lines = report.splitlines()
    assert len(lines) <= 12
    assert max(map(len, lines)) <= 156, "Pulumi moves it four to the right"
    assert lines[-1].startswith("type: pulumi up")
    assert MARK not in report
    assert not [canary for canary in CANARIES.values() if canary in report]


def _lacks_a_part(problem: settings.Problem) -> bool:
    return not (problem.key.startswith("neurmatic:") and problem.wrong.strip() and problem.mend.strip())


def test_a_configuration_that_nobody_changed_is_taken(valid: dict[str, Any]) -> None:
    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in valid.items()}

    assert settings.parse(texts, SECRET_KEYS, "sandbox")[1] == []


def test_the_search_for_secrets_finds_one(tmp_path: Path) -> None:
    texts = {**stack_config("sandbox", tmp_path), "neurmatic:release": f"{MARK}!"}

    assert MARK in settings.report(settings.parse(texts, SECRET_KEYS, "sandbox")[1])
