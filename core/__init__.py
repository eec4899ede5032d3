"""The engine. Plugins import its public names from `hookwright.core.api`."""
