"""The release of Home Assistant that clients are told to expect."""

from typing import Final

HA_VERSION: Final = "2025.1.4"
"""Until a frontend is served; then that frontend's release. Recorded answers leave it out."""
LINLI_VERSION: Final = "0.1.0"
