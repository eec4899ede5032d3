"""Hashes of Python's own, without hashlib, which loads OpenSSL: 2 ms and 3.5 MB.

Both are what hashlib offers under the same names, where Python was built with them;
hashlib's otherwise. Light: the path without a daemon imports it.
"""

from __future__ import annotations

#: Known to type checkers by its name; importing typing takes 6 ms.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from hashlib import blake2b, sha256
else:
    try:
        from _blake2 import blake2b
    except ImportError:  # a Python without its own
        from hashlib import blake2b

    try:
        from _sha2 import sha256
    except ImportError:  # before 3.12
        try:
            from _sha256 import sha256
        except ImportError:
            from hashlib import sha256

__all__ = ["blake2b", "sha256"]
