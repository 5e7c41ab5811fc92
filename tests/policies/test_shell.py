"""How scripts are read without running them, and which of a command's texts are scripts."""

from __future__ import annotations

import pytest

from policies.shell import pipelines, reads_script
from tests.policies.cases.cases import of


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (r"echo a\ b \$HOME", [("echo", "a b", "$HOME")]),
        ("echo a\\\nb", [("echo", "ab")]),
        ("echo a \\\n b", [("echo", "a", "b")]),
        ("id\r\nwho\f-b\v\r\n", [("id",), ("who", "-b")]),
    ],
)
def test_words_end_where_a_shell_or_a_person_ends_them(script: str, words: list[tuple[str, ...]]) -> None:
    assert [*pipelines(script)] == words


@pytest.mark.parametrize(
    ("create", "reads"),
    [
        ("sh", True),
        ("sh -eu", True),
        ("bash --posix -s script.sh", True),
        ("sudo /usr/bin/bash -o pipefail", True),
        ("bash --rcfile /etc/rc --init-file /etc/rc", True),
        ("sh -", True),
        ("sh -e /dev/stdin", True),
        ("sh script.sh", False),
        ("bash -o pipefail script.sh", False),
        ("bash --rcfile /etc/rc script.sh", False),
        ("sh -ec id", False),
        ("cat", False),
    ],
)
def test_a_shell_reads_its_script_on_standard_input_unless_it_is_given_one(create: str, reads: bool) -> None:
    assert reads_script(of("command:remote:Command", create=create, stdin="id").judged()) is reads
