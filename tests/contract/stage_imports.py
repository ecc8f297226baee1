"""Which first-party files a stage's module imports, by the import graph."""

from __future__ import annotations

from pathlib import Path

import grimp

ROOT = Path(__file__).parents[2]
PACKAGES = ("models", "pipeline")


def imported_files(module: str, graph: grimp.ImportGraph) -> set[str]:
    """List the source files that a module needs.

    Args:
        module: Such as `pipeline.prepare`.
        graph: The import graph of `PACKAGES`.

    Returns:
        Paths relative to the project, the module's own included; package markers left out.
    """
    names = {module, *graph.find_upstream_modules(module)}
    paths = {f"{name.replace('.', '/')}.py" for name in names}
    return {path for path in paths if (ROOT / path).is_file()}


def build_graph() -> grimp.ImportGraph:
    """Read the imports of our packages.

    Returns:
        The graph.
    """
    return grimp.build_graph(*PACKAGES, cache_dir=None)
