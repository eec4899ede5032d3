"""File systems that LMDB must not be used on.

It needs memory maps and locks that all processes see alike; network file systems
do not promise them (LMDB's own caveats: http://www.lmdb.tech/doc/). The table of
mounts is proc_pid_mountinfo(5); where there is none, nothing is refused.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

_MOUNTS = Path("/proc/self/mountinfo")
_NETWORK = re.compile(
    r"nfs\d?|cifs|smb\d?|smbfs|9p|v9fs|drvfs|virtiofs|afs|ceph|lustre|vboxsf|prl_fs"
    r"|fuse\.(?:sshfs|rclone|s3fs|gvfsd-fuse|glusterfs|ceph|smbnetfs|davfs2?|nfs.*)"
)
_ESCAPE = re.compile(r"\\([0-7]{3})")


def network_file_system(path: Path, mounts: str | None = None) -> str | None:
    """Return the type of the network file system that holds path, or None.

    :param mounts: the text of the mount table; read from the system by default.
    """
    if mounts is None:
        try:
            mounts = _MOUNTS.read_text("utf-8", "surrogateescape")
        except OSError:
            return None
    found = _type_of(os.path.realpath(path), mounts)
    return found if found and _NETWORK.fullmatch(found) else None


def _type_of(path: str, mounts: str) -> str | None:
    best, kind = -1, None
    for line in mounts.splitlines():
        before, separator, after = line.partition(" - ")
        fields = before.split()
        if not separator or len(fields) < 5 or not after:
            continue
        point = _ESCAPE.sub(lambda match: chr(int(match[1], 8)), fields[4])
        # A later mount on the same point hides an earlier one.
        inside = path == point or path.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= best:
            best, kind = len(point), after.split()[0]
    return kind
