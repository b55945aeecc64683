"""The REST addresses, one file per subject; each offers ``add(ctx)``."""
