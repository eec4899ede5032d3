"""Core's own commands, one module each; `add` puts them into the app."""
