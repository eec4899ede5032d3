"""What the process that decides tells the one that waits for it, over a socket.

Standard library only and next to no imports. A message is a kind (1 byte), an exit code
(1 byte), and two texts, each with its length in 4 bytes before it.
"""

from __future__ import annotations

from .client import write_all

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple
else:
    from ..named_tuple import NamedTuple

_KEPT, _FAILED, _ANSWER = b"KFA"
_HEAD = 10


class Told(NamedTuple):
    """What was told so far."""

    #: The event is durable.
    kept: bool = False
    #: Why there will be no answer, or "".
    failure: str = ""
    #: Standard output, standard error and the exit code.
    answer: tuple[bytes, bytes, int] | None = None


class Sender:
    """The end of who decides; implements `direct.Outlet`.

    :param descriptor: of the socket; a reader that has left is no error.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def kept(self) -> None:
        """Tell that the event is durable."""
        self._send(_KEPT)

    def failed(self, reason: str) -> None:
        """Tell that there will be no answer, and why."""
        self._send(_FAILED, stderr=reason)

    def give(self, stdout: str, stderr: str, exit_code: int) -> None:
        """Hand the answer over."""
        self._send(_ANSWER, stdout, stderr, exit_code)

    def _send(
        self, kind: int, stdout: str = "", stderr: str = "", exit_code: int = 0
    ) -> None:
        message = bytes((kind, exit_code & 0xFF))
        texts = [text.encode("utf-8", "replace") for text in (stdout, stderr)]
        message += b"".join([len(text).to_bytes(4, "big") for text in texts])
        write_all(self._descriptor, message + b"".join(texts))


def read_told(content: bytes) -> Told:
    """Return what the messages say that have come whole."""
    told, at = Told(), 0
    while len(content) >= at + _HEAD:
        kind, code = content[at], content[at + 1]
        middle = at + _HEAD + int.from_bytes(content[at + 2 : at + 6], "big")
        end = middle + int.from_bytes(content[at + 6 : at + 10], "big")
        if len(content) < end:
            break
        stdout, stderr = content[at + _HEAD : middle], content[middle:end]
        if kind == _KEPT:
            told = told._replace(kept=True)
        elif kind == _FAILED:
            told = told._replace(failure=stderr.decode("utf-8", "replace"))
        elif kind == _ANSWER:
            told = told._replace(answer=(stdout, stderr, code))
        at = end
    return told
