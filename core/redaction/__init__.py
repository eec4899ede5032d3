"""Take secrets out of everything that is stored, logged or shown.

Standard library only and light: the path without a daemon imports this while an
agent waits. Rules compile when a text first needs them.
"""

from __future__ import annotations

from .key import load_key
from .project_env import project_secrets
from .redactor import Redactor
from .tokens import MAX_DEPTH, TOKEN, Redaction

__all__ = [
    "MAX_DEPTH",
    "TOKEN",
    "Redaction",
    "Redactor",
    "load_key",
    "project_secrets",
]
