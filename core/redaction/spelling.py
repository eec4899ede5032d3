"""The ways in which one value is written in JSON and in URLs."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


def spellings(values: Mapping[str, str]) -> list[str]:
    """Return each value and how JSON and URLs write it, the longest first."""
    forms: set[str] = set()
    for value in values:
        if len(value) >= 6:
            forms.add(value)
            forms.add(_json_form(value))
            forms.add(_url_form(value))
    return sorted(forms, key=lambda form: (-len(form), form))


def _json_form(value: str) -> str:
    for plain, escaped in (
        ("\\", "\\\\"),
        ('"', '\\"'),
        ("\n", "\\n"),
        ("\r", "\\r"),
        ("\t", "\\t"),
    ):
        value = value.replace(plain, escaped)
    return value


def _url_form(value: str) -> str:
    return "".join(
        chr(byte)
        if chr(byte).isascii() and (chr(byte).isalnum() or chr(byte) in "-._~")
        else f"%{byte:02X}"
        for byte in value.encode("utf-8", "surrogatepass")
    )
