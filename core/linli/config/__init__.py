"""The deployment language: YAML with positions, its check, and the schemas that describe it."""
