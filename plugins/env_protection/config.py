"""The plugin's settings: the table `[env_protection]`."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from hookwright.hookspecs import PluginConfig

from .globs import check_pattern

Pattern = Annotated[
    str,
    AfterValidator(check_pattern),
    Field(json_schema_extra={"x-accepted": "a file pattern in quotes"}),
]


class EnvProtectionConfig(PluginConfig):
    """The guard of secret files."""

    strict: bool = Field(
        default=False,
        description="Protect examples too: `.env.example`, `.env.sample`, "
        "`.env.template`, `.env.dist`.",
    )
    protect: tuple[Pattern, ...] = Field(
        default=(),
        description="More files to protect, such as `*.tfvars`, `config/master.key` or "
        "`~/vault/**`. A project's own file may add to it.",
    )
    allow: tuple[Pattern, ...] = Field(
        default=(),
        description="Files that are not protected though a rule or `protect` names "
        "them. For the user's own file: `hookwright guard allow` writes it.",
    )
    allow_loading: bool = Field(
        default=False,
        description="Let commands hand the values of a secret file to a program "
        "(`source .env`, `docker run --env-file .env`). The program can print them.",
    )


#: What a project's file may set without being trusted: it can only add protection.
PROJECT_MAY_SET = ("strict", "protect")
