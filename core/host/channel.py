"""Messages between the daemon and a plugin's worker process.

Each is a byte that tells whether an answer is waited for, four bytes of length, and a
pickle. Pickle runs code of whoever wrote it, which
is no step up here: both ends are the same user's, run the same plugin, talk through a
socket pair that nobody else can open, and nothing of it is ever stored.
"""

from __future__ import annotations

import copyreg
import pickle
import socket
import struct
from types import MappingProxyType
from typing import Any

#: Bytes of the largest message; a plugin's result could fill the daemon's memory.
MAX_MESSAGE = 64 * 2**20
_HEAD = struct.Struct("!?I")
#: Bytes that are read at once: a whole message as a rule.
_PIECE = 65536


class ChannelError(Exception):
    """A message cannot be written or read as one; the channel still works.

    :param asks: whether the other end waits for an answer to it.
    """

    def __init__(self, text: str, *, asks: bool = False) -> None:
        super().__init__(text)
        self.asks = asks


def _view(content: dict[str, Any]) -> MappingProxyType[str, Any]:
    return MappingProxyType(content)


# Events hold frozen JSON, which pickle alone does not know.
copyreg.pickle(MappingProxyType, lambda view: (_view, (dict(view),)))


class Channel:
    """One end of a pair of sockets; one thread uses it at a time."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self._read = b""

    @property
    def has_more(self) -> bool:
        """Return whether a part of the next message has been read already."""
        return bool(self._read)

    def send(self, message: object, *, asks: bool = False) -> None:
        """Send a message.

        :param asks: whether its sender waits for an answer.
        :raises ChannelError: it cannot be pickled, or is too large; nothing was sent.
        :raises OSError: nobody is at the other end.
        """
        content = _packed(message)
        self.connection.sendall(_HEAD.pack(asks, len(content)) + content)

    def receive(self) -> Any:
        """Return the next message; wait for it.

        :raises ChannelError: it cannot be unpickled here.
        :raises EOFError: nobody is at the other end.
        :raises OSError: the connection was cut.
        """
        asks, length = _HEAD.unpack_from(self._filled(_HEAD.size))
        if length > MAX_MESSAGE:
            raise EOFError(f"a message of {length} bytes is none of ours")
        whole = _HEAD.size + length
        content = memoryview(self._filled(whole))[_HEAD.size : whole]
        # What is behind it belongs to the next one; there is hardly ever any.
        self._read = self._read[whole:]
        try:
            return pickle.loads(content)  # noqa: S301 - see the module's docstring
        except Exception as error:
            raise ChannelError(f"{type(error).__name__}: {error}", asks=asks) from error

    def close(self) -> None:
        """Close this end."""
        self.connection.close()

    def _filled(self, size: int) -> bytes:
        """Return what was read and not used yet, at least so many bytes of it."""
        if len(self._read) >= size:
            return self._read
        pieces, have = [self._read], len(self._read)
        while have < size:
            piece = self.connection.recv(max(_PIECE, size - have))
            if not piece:
                raise EOFError("the other end is closed")
            pieces.append(piece)
            have += len(piece)
        self._read = b"".join(pieces)
        return self._read


def _packed(message: object) -> bytes:
    try:
        content = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    except Exception as error:
        raise ChannelError(f"{type(error).__name__}: {error}") from error
    if len(content) > MAX_MESSAGE:
        size, most = len(content) / 2**20, MAX_MESSAGE // 2**20
        raise ChannelError(f"it has {size:.0f} MB, more than the {most} MB allowed")
    return content
