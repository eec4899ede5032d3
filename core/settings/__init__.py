"""The settings: models, layers and their origin, trust, watching for changes."""

from __future__ import annotations

from .layers import Origin
from .loading import LoadedSettings, load_settings, plugin_table
from .models import (
    SECTIONS,
    PluginsSettings,
    RedactionPattern,
    RedactionSettings,
    RedactOutput,
    ServiceSettings,
    Settings,
    StoreSettings,
)
from .project import Ignored
from .reference import render_everything, settings_schema
from .trust import Trust
from .units import parse_duration, parse_size, show_duration, show_size
from .watching import SettingsWatcher

__all__ = [
    "SECTIONS",
    "Ignored",
    "LoadedSettings",
    "Origin",
    "PluginsSettings",
    "RedactOutput",
    "RedactionPattern",
    "RedactionSettings",
    "ServiceSettings",
    "Settings",
    "SettingsWatcher",
    "StoreSettings",
    "Trust",
    "load_settings",
    "parse_duration",
    "parse_size",
    "plugin_table",
    "render_everything",
    "settings_schema",
    "show_duration",
    "show_size",
]
