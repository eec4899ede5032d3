"""Words that stand behind a telling name and are no secret: types, states, labels."""

from __future__ import annotations

LABELS = frozenset(
    (
        *("accepted", "active", "admin", "anonymous", "anything", "authenticated"),
        *("authentication", "authorization", "basic", "bearer", "binary", "boolean"),
        *("bytes", "callable", "changed", "confirm", "contrasena", "cookie"),
        *("correct", "credential", "credentials", "current", "custom", "default"),
        *("denied", "development", "digest", "disabled", "empty", "enabled"),
        *("encrypted", "expired", "failed", "failure", "false", "forgot"),
        *("generated", "granted", "hashed", "header", "hidden", "ignored"),
        *("inactive", "incorrect", "integer", "invalid", "kennwort", "keychain"),
        *("keyring", "manual", "masked", "missing", "none", "nothing", "null"),
        *("number", "oauth", "object", "omitted", "optional", "optionalstring"),
        *("pass", "passwd", "password", "passwort", "pending", "plaintext"),
        *("private", "production", "promise", "prompt", "public", "query", "random"),
        *("redacted", "rejected", "removed", "repeat", "required", "reset"),
        *("revoked", "root", "secret", "secretbytes", "secretstr", "secretstring"),
        *("senha", "sensitive", "session", "stdin", "stored", "string", "strings"),
        *("success", "symbol", "test", "token", "true", "unchanged", "undefined"),
        *("unknown", "unset", "updated", "user", "username", "valid", "varchar"),
        *("verified", "wrong"),
        *("option", "options", "argument", "arguments", "parameter", "instead"),
    )
)
