from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

LOADED = """
def loaded():
    maps = open("/proc/self/maps").read() if sys.platform == "linux" else ""
    return "libcrypto" in maps or "_ssl" in sys.modules or "_hashlib" in sys.modules
"""
START = f"""
import sys
from hookwright.core.service.late_openssl import openssl_left_out
{LOADED}
with openssl_left_out():
    import asyncio, hashlib, hmac
light = hashlib
assert not loaded()
"""


def ran(script: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-P", "-W", "error", "-c", script, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_what_is_imported_meanwhile_goes_without_openssl_and_works() -> None:
    assert ran(START + "print(light.blake2b(b'x', digest_size=4).hexdigest())") == ran(
        "import hashlib; print(hashlib.blake2b(b'x', digest_size=4).hexdigest())"
    )
    assert ran(START + "print(asyncio.run(asyncio.sleep(0, 'done')))") == "done"


def test_who_imports_hashlib_afterwards_has_all_of_it() -> None:
    script = START + (
        "import hashlib, hmac\n"
        "assert hashlib is not light and loaded()\n"
        "hashlib.scrypt(b'p', salt=b's', n=2, r=1, p=1)\n"
        "print(hmac.new(b'k', b'm', 'sha256').hexdigest())"
    )
    plain = "import hmac; print(hmac.new(b'k', b'm', 'sha256').hexdigest())"
    assert ran(script) == ran(plain)


def test_nothing_is_done_where_it_is_there_already() -> None:
    script = (
        "import sys, ssl, hashlib\n"
        "before = list(sys.meta_path)\n"
        "from hookwright.core.service.late_openssl import openssl_left_out\n"
        "with openssl_left_out():\n"
        "    import asyncio\n"
        "import hashlib as again\n"
        "print(again is hashlib, asyncio.sslproto.ssl is ssl,"
        " sys.meta_path == before)"
    )
    assert ran(script) == "True True True"


def test_asyncio_speaks_tls_once_somebody_has_imported_ssl(tmp_path: Path) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("without the openssl command there is no certificate to test with")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    words = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext"
    words += " subjectAltName=DNS:localhost -keyout"
    subprocess.run(
        [openssl, *words.split(), str(key), "-out", str(certificate)],
        check=True,
        capture_output=True,
    )
    script = START + (
        "import ssl\n"
        "async def echo(reader, writer):\n"
        "    writer.write(await reader.readexactly(5))\n"
        "    await writer.drain()\n"
        "    writer.close()\n"
        "async def main(key, certificate):\n"
        "    ours = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)\n"
        "    ours.load_cert_chain(certificate, key)\n"
        "    server = await asyncio.start_server(echo, '127.0.0.1', 0, ssl=ours)\n"
        "    port = server.sockets[0].getsockname()[1]\n"
        "    theirs = ssl.create_default_context(cafile=certificate)\n"
        "    reader, writer = await asyncio.open_connection(\n"
        "        '127.0.0.1', port, ssl=theirs, server_hostname='localhost')\n"
        "    writer.write(b'hello')\n"
        "    said = await reader.read(5)\n"
        "    writer.close()\n"
        "    server.close()\n"
        "    return said.decode()\n"
        "print(asyncio.run(main(sys.argv[1], sys.argv[2])))\n"
    )
    assert ran(script, str(key), str(certificate)) == "hello"
