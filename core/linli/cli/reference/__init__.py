"""The reference in ``docs/reference``: written from a hub that runs with every plugin that ships, never by hand."""
