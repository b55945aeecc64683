"""The validators that schemas are made of; plugins import them as ``from linli import schema as sv``."""
