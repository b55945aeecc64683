"""The ``linli`` command: runs a hub, checks and explains deployments, keeps users, tokens and the journal."""
