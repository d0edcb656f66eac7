"""Action kinds that do nothing, for benchmarks only.

They are put in front of the ordinary discovery by lengthening the search paths of the two packages, so nothing of
Perdure knows of them and everything treats them like any other kind.
"""

from pathlib import Path

FOLDER = Path(__file__).parent


def install() -> None:
    """Make `noop_local` and `noop_remote` known to this process; before anything asks for the kinds."""
    import activities.nodes
    import schemas.nodes

    for package, folder in ((schemas.nodes, "schemas"), (activities.nodes, "activities")):
        path = str(FOLDER / folder)
        if path not in package.__path__:
            package.__path__.append(path)
    schemas.nodes.specs.cache_clear()
    activities.nodes.behaviours.cache_clear()
