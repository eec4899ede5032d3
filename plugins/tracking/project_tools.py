"""Tools and commands about projects: `hookwright project ...`."""

from __future__ import annotations

from pathlib import Path

from hookwright.core.api import ToolError
from hookwright.hookspecs import PluginContext, Project, Tool

from . import display
from .classify import classify, guide_hash
from .lookup import project_named
from .models import ProjectRecord
from .results import SimilarProject
from .similarity import similar_projects
from .tables import PROJECTS


class ProjectTools:
    """The tools."""

    def tools(self) -> list[Tool]:
        """Return their declarations."""
        return [
            Tool(
                self.project_list,
                command=("project", "list"),
                render=display.projects,
            ),
            Tool(
                self.project_show,
                command=("project", "show"),
                render=display.project,
            ),
            Tool(
                self.project_classify,
                command=("project", "classify"),
                writes=True,
                render=display.project,
            ),
            Tool(
                self.project_similar,
                command=("project", "similar"),
                render=display.similar,
            ),
        ]

    def project_list(self, context: PluginContext) -> list[ProjectRecord]:
        """List the projects that have been classified."""
        return list(context.store.scan(PROJECTS))

    def project_show(
        self, context: PluginContext, project: Path | None = None, directory: str = ""
    ) -> ProjectRecord:
        """Show what kind of project this is, as it was classified.

        :param project: its path; the directory's by default.
        :param directory: a directory of the project.
        """
        path = project_named(project, directory).path
        found = context.store.get(PROJECTS, path)
        if found is None:
            raise ToolError(
                f"{path} has not been classified yet; `hookwright project classify` "
                "does it now, the next session there too."
            )
        return found

    def project_classify(
        self, context: PluginContext, project: Path | None = None, directory: str = ""
    ) -> ProjectRecord:
        """Classify a project again from its AGENTS.md and manifests.

        :param project: its path; the directory's by default.
        :param directory: a directory of the project.
        """
        return store_classified(context, project_named(project, directory))

    def project_similar(
        self, context: PluginContext, project: Path | None = None, directory: str = ""
    ) -> list[SimilarProject]:
        """List the projects that are like this one, the most similar first.

        :param project: its path; the directory's by default.
        :param directory: a directory of the project.
        """
        this = stored_or_read(context, project_named(project, directory))
        return [
            SimilarProject(
                path=other.path,
                similarity=share,
                language=other.language,
                framework=other.framework,
                scope=other.scope,
            )
            for other, share in similar_projects(this, context.store.scan(PROJECTS))
        ]


def classify_changed(context: PluginContext, project: Project) -> ProjectRecord:
    """Classify a project when it is new, or its AGENTS.md has changed; return it."""
    known = context.store.get(PROJECTS, project.path)
    if known is None or known.agents_md_hash != guide_hash(Path(project.worktree)):
        return store_classified(context, project)
    return known


def store_classified(context: PluginContext, project: Project) -> ProjectRecord:
    """Classify a project, store and return what came of it."""
    record = _classified(context, project)
    context.store.put(PROJECTS, record)
    return record


def stored_or_read(context: PluginContext, project: Project | None) -> ProjectRecord:
    """Return the stored classification, or one made now and not stored.

    Without a project it is one that nothing is known of.
    """
    if project is None:
        return ProjectRecord(path="", classified_at=context.now())
    known = context.store.get(PROJECTS, project.path)
    return known if known is not None else _classified(context, project)


def _classified(context: PluginContext, project: Project) -> ProjectRecord:
    found = classify(Path(project.worktree), project.path, context.now())
    for problem in found.problems:
        context.log.warning("%s: cannot read %s", project.path, problem)
    return found.record
