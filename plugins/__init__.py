"""Plugins that ship with Hookwright; each is named by an entry point."""
