"""Which plugin a module belongs to, read from the door plate above it; nothing is imported."""

import sys

from linli.plugin.manifest import Manifest


def manifest_above(module_name: str) -> Manifest | None:
    """The manifest of the imported plugin package that holds ``module_name``; None outside plugins.

    ``linli_notices.api`` → the manifest of ``linli_notices``; packages of other names are found the same way.
    """
    name = module_name
    while name:
        manifest = getattr(sys.modules.get(name), "MANIFEST", None)
        if isinstance(manifest, Manifest):
            return manifest
        name = name.rpartition(".")[0]
    return None
