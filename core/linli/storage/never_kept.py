"""What no backup holds: whoever finds one comes in by nothing that stands in it (SAFETY 14)."""

from typing import Final

NEVER_KEPT: Final = (
    ("auth_access", "DELETE FROM auth_access"),
    ("auth_token", "DELETE FROM auth_token"),
    ("auth_setup", "UPDATE auth_setup SET secret_hash = NULL, expires_us = NULL"),
)
"""(table, statement); run on the copy, and once more on what is restored."""
