"""Plays one table of requests against any hub, and holds its answers against the recorded ones."""
