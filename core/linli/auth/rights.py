"""From a user's role to a decision about one entity. Pure: facts come in, a decision goes out."""

from dataclasses import dataclass
from typing import Final, NamedTuple

from linli.auth.facts import Contains, PeopleFacts, Whereabouts
from linli.auth.model import User
from linli.auth.policy import ALL_PERMISSIONS, WITHIN_SCOPE, EntityGrant, Role, Where, Whose
from linli.context import Purpose
from linli.ids import PersonId, PlaceId
from linli.scope import Scope

NONE_HIDDEN: Final[frozenset[str]] = frozenset()


class Decision(NamedTuple):
    """What one reader may do with one entity."""

    sees: bool
    controls: bool
    hides: frozenset[str]
    """Attributes that do not exist for this reader."""


DENIED: Final = Decision(False, False, NONE_HIDDEN)
SEEN: Final = Decision(True, False, NONE_HIDDEN)
CONTROLLED: Final = Decision(True, True, NONE_HIDDEN)


@dataclass(frozen=True, slots=True)
class Rights:
    """All that decides what a reader sees. Equal rights are one view, so this is the view's key."""

    permissions: frozenset[str] = frozenset()
    grants: tuple[EntityGrant, ...] = ()
    events: frozenset[str] = frozenset()
    everything: bool = False
    places: frozenset[PlaceId] = frozenset()
    person: PersonId | None = None
    purpose: Purpose = Purpose.ROUTINE
    domains: frozenset[str] | None = None
    entity_ids: frozenset[str] | None = None
    """With ``domains``: what a token's scope leaves; None: not narrowed."""

    def may(self, permission: str) -> bool:
        return permission in self.permissions or ALL_PERMISSIONS in self.permissions


NO_RIGHTS: Final = Rights()
ALL_RIGHTS: Final = Rights(frozenset({ALL_PERMISSIONS}), everything=True)
_WHOLE: Final = EntityGrant(control=True, where=Where.ANYWHERE, whose=Whose.ANYONE)


def compile_rights(
    user: User | None, role: Role | None, purpose: Purpose = Purpose.ROUTINE, scope: Scope | None = None
) -> Rights:
    """The rights of ``user`` for ``purpose``; an unknown or inactive user and an unknown role have none.

    The owner has everything whatever the role says, so that a mistake in the roles cannot lock a household out.
    """
    if user is None or not user.is_active:
        return NO_RIGHTS
    if user.is_owner or (role is not None and role.everything):
        rights = ALL_RIGHTS
    elif role is None:
        return NO_RIGHTS
    else:
        grants = tuple(grant for grant in role.grants if purpose in grant.purposes)
        rights = Rights(
            role.permissions, grants, role.events, False, frozenset(user.places or ()), _person(user, grants), purpose
        )
    return rights if scope is None else narrow(rights, scope)


def _person(user: User, grants: tuple[EntityGrant, ...]) -> PersonId | None:
    """The user's person, only where a grant asks for it, so that users who differ in nothing else share a view."""
    if any(grant.whose is Whose.OWN or grant.relationships for grant in grants):
        return user.person
    return None


def narrow(rights: Rights, scope: Scope) -> Rights:
    """``rights`` within ``scope``. An administrator's narrowed token is an administrator no more."""
    grants = (_WHOLE,) if rights.everything else rights.grants
    held = WITHIN_SCOPE if rights.everything else rights.permissions
    if scope.permissions is not None:
        held = frozenset(name for name in scope.permissions if rights.may(name) and name != ALL_PERMISSIONS)
    if scope.read_only:
        grants = tuple(_without_control(grant) for grant in grants)
        held -= {"services.call"}
    return Rights(
        held, grants, rights.events, False, rights.places, rights.person, rights.purpose, scope.domains,
        scope.entity_ids,
    )  # fmt: skip


def _without_control(grant: EntityGrant) -> EntityGrant:
    return EntityGrant(
        False, grant.where, grant.whose, grant.relationships, grant.domains, grant.categories, grant.hide,
        grant.purposes,
    )  # fmt: skip


def decide(
    rights: Rights, domain: str, where: Whereabouts, category: str | None, contains: Contains, people: PeopleFacts
) -> Decision:
    """What ``rights`` give for an entity of this kind; each grant adds, none takes away. :func:`in_scope` was asked."""
    if rights.everything:
        return CONTROLLED
    controls = False
    hides: frozenset[str] | None = None
    for grant in rights.grants:
        if grant.domains is not None and domain not in grant.domains:
            continue
        if grant.categories is not None and category not in grant.categories:
            continue
        if not reaches(rights, grant, where, contains, people):
            continue
        controls = controls or grant.control
        hides = grant.hide if hides is None else hides & grant.hide
    if hides is None:
        return DENIED
    if not hides:
        return CONTROLLED if controls else SEEN
    return Decision(True, controls, hides)


def in_scope(rights: Rights, entity_id: str) -> bool:
    """Whether a token's scope leaves the entity at all."""
    if rights.domains is None and rights.entity_ids is None:
        return True
    by_domain = rights.domains is not None and entity_id.partition(".")[0] in rights.domains
    return by_domain or (rights.entity_ids is not None and entity_id in rights.entity_ids)


def reaches(rights: Rights, grant: EntityGrant, where: Whereabouts, contains: Contains, people: PeopleFacts) -> bool:
    """Whether ``grant`` is about something at this place with this subject."""
    if grant.where is Where.OWN and not any(contains(place, where.place) for place in rights.places):
        return False
    subject = where.subject
    if grant.whose is Whose.ANYONE or subject is None or subject == rights.person:
        return True
    if not grant.relationships or rights.person is None:
        return False
    return not grant.relationships.isdisjoint(people.relationships(rights.person, subject))
