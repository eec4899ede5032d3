from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookwright.core import light_json

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(VALUES)
def test_it_writes_and_reads_what_json_does(value: Any) -> None:
    text = light_json.dumps(value)
    assert text == json.dumps(value)
    assert light_json.loads(text.encode()) == value


@given(st.text(alphabet='{}[]:,"\\u0a1e-. \n\ttrufalsn\x00\x7f', max_size=30))
def test_it_refuses_what_json_refuses_with_the_same_words(text: str) -> None:
    ours, plain = light_json.Decoder(), json.JSONDecoder()
    assert outcome(ours.decode, text) == outcome(plain.decode, text)


def outcome(decode: Any, text: str) -> str:
    """Return what came of it, in words that can be compared."""
    try:
        return repr(decode(text))
    except json.JSONDecodeError as error:
        return str(error)


@pytest.mark.parametrize(
    "text", ["", " \n", "nope", "[1] 2", '{"a":', "\ufeff{}", "1 ", "\xa01", "1\x0b"]
)
def test_white_space_and_what_is_too_much_or_too_little(text: str) -> None:
    plain, ours = json.JSONDecoder(), light_json.Decoder()
    assert outcome(ours.decode, text) == outcome(plain.decode, text)
    assert outcome(ours.raw_decode, text) == outcome(plain.raw_decode, text)


def test_numbers_and_constants_are_made_as_asked_and_control_characters_pass() -> None:
    ours = light_json.Decoder(
        lambda digits: f"i{digits}", lambda d: f"f{d}", lambda name: name, strict=False
    )
    assert ours.decode('[1, -2.5e3, NaN, -Infinity, "a\tb"]') == [
        "i1",
        "f-2.5e3",
        "NaN",
        "-Infinity",
        "a\tb",
    ]


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(TypeError, match="Object of type set is not JSON serializable"):
        light_json.dumps({"a": {1}})
    circle: list[object] = []
    circle.append(circle)
    with pytest.raises(ValueError, match="Circular"):
        light_json.dumps(circle)


def test_deep_nesting_is_an_error_and_no_crash() -> None:
    with pytest.raises(RecursionError):
        light_json.Decoder().decode("[" * 200_000)


WITHOUT_C = """
import sys
sys.modules["_json"] = None
from hookwright.core import light_json
print(light_json.dumps({"a": [1, 2.5, "\\u00e9"]}))
print(light_json.Decoder(strict=False).decode(' {"a": [1, "x\\ty"]} '))
try:
    light_json.loads(b"[1,]")
except ValueError as error:
    print(type(error).__name__)
"""


def test_it_works_where_the_c_code_is_missing() -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-c", WITHOUT_C],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == [
        '{"a": [1, 2.5, "\\u00e9"]}',
        "{'a': [1, 'x\\ty']}",
        "JSONDecodeError",
    ]


def test_neither_json_nor_re_is_imported() -> None:
    script = (
        "import sys\nfrom hookwright.core import light_json\n"
        "light_json.loads(light_json.dumps({'a': [1.5, True]}).encode())\n"
        "print(sorted({'json', 're', 'enum'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-S", "-c", script.replace("import sys\n", START, 1)],
        capture_output=True,
        text=True,
        check=True,
        cwd=CORE,
    )
    assert done.stdout == "[]\n"


CORE = str(Path(light_json.__file__).parent)
START = (
    "import sys, posix\npackage = sys.modules['hookwright'] = type(sys)('hookwright')\n"
    "package.__path__ = [posix.getcwd().rpartition('/')[0]]\n"
)
