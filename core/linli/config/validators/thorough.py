"""The same schema, made to report every mistake at once, where voluptuous stops early."""

from collections.abc import Mapping
from typing import Any

import voluptuous as vol

from linli.config.validators.base import Validator, validator_of
from linli.config.validators.choices import any_of
from linli.config.validators.collections import list_of


class Thorough(vol.Schema):
    """A schema that reports every mistake already."""


def thorough(candidate: Any) -> Any:
    """``candidate`` with every list replaced by :class:`list_of` and every ``vol.Any`` by :class:`any_of`.

    A list then names all its bad items, and a choice that nothing fits says all that was expected. What else a
    schema may hold stays as it is.
    """
    candidate = validator_of(candidate)
    if isinstance(candidate, Validator | Thorough):
        return candidate
    if isinstance(candidate, vol.Schema):
        return Thorough(thorough(candidate.schema), required=candidate.required, extra=candidate.extra)
    if isinstance(candidate, dict):
        return {key: thorough(value) for key, value in candidate.items()}
    if isinstance(candidate, list) and candidate:
        parts = [thorough(part) for part in candidate]
        return list_of(parts[0] if len(parts) == 1 else any_of(*parts))
    if isinstance(candidate, vol.All):
        return vol.All(*(thorough(part) for part in candidate.validators), msg=candidate.msg)
    if isinstance(candidate, vol.Any) and type(candidate) is vol.Any and candidate.msg is None:
        return any_of(*(thorough(part) for part in candidate.validators))
    if isinstance(candidate, Mapping):
        return dict(candidate)
    return candidate
