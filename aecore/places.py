"""Where what came with aecore lies."""

from pathlib import Path


def shipped_root() -> Path:
    """Where the shipped bundles are, the app beside them: inside an installed package, or of a checkout."""
    package = Path(__file__).parent
    bundled = package / "_bundled" / "checkpoints"
    return bundled if bundled.is_dir() else package.parent / "checkpoints"
