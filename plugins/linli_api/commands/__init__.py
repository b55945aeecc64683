"""The message commands, one file per subject; each offers ``add(ctx, api)``."""
