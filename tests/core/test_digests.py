from __future__ import annotations

import hashlib
import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from hookwright.core.digests import blake2b, sha256


@given(st.binary(max_size=300), st.binary(max_size=64), st.integers(1, 64))
def test_they_are_what_hashlib_offers(data: bytes, key: bytes, size: int) -> None:
    assert sha256(data).hexdigest() == hashlib.sha256(data).hexdigest()
    ours = blake2b(data, key=key, digest_size=size)
    assert ours.digest() == hashlib.blake2b(data, key=key, digest_size=size).digest()


def test_hashlib_is_not_loaded_for_them() -> None:
    script = "import sys, hookwright.core.digests\nprint('hashlib' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-P", "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"
