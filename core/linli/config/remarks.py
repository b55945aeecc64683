"""What is wrong in the parts of a section that a plugin reads by schemas of their own, as warnings.

A rule with a mistake is no mistake of its section: the others run.
"""

from collections.abc import Iterator
from typing import Final

from linli.config.deployment import Deployment
from linli.config.parts import Part, PartsCheck, Surroundings
from linli.config.position import KeyPath
from linli.config.problem import Problem, Severity
from linli.config.references import References, Seek
from linli.config.sections import SectionCheck
from linli.config.validators.thorough import thorough

MOST: Final = 200
"""Warnings of one section; a generated file of ten thousand rules with one slip would bury all others."""


def remarks(
    deployment: Deployment, domain: str, check: PartsCheck, around: Surroundings, seek: Seek
) -> Iterator[Problem]:
    """What is wrong in the parts of a section, as warnings; a check that raises is one, too."""
    told = 0
    try:
        for part in check(deployment.section(domain), around):
            for problem in _of_part(deployment, (domain, *part.path), part, seek):
                yield problem
                told += 1
                if told >= MOST:
                    return
    except Exception as error:  # noqa: BLE001 - the guard around a plugin's check: its fault is a line, not ours
        parameters = {"type": type(error).__name__, "message": deployment.redacted(str(error))}
        position = deployment.key_position((domain,))
        yield Problem("schema_raised", parameters, position, (domain,), Severity.WARNING)


def _of_part(deployment: Deployment, path: KeyPath, part: Part, seek: Seek) -> Iterator[Problem]:
    schema = thorough(part.schema)
    section = SectionCheck(deployment, path, part.written, schema)
    found = section.problems or References(deployment, path, part.written, schema).problems(seek)
    for problem in found:
        yield Problem(problem.key, problem.parameters, problem.position, problem.path, Severity.WARNING)
