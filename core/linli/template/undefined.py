"""Names that do not exist: nothing where that is harmless, an error where something is done with them."""

from collections.abc import Iterator
from typing import Any, NoReturn

from jinja2 import StrictUndefined, Undefined
from jinja2.exceptions import SecurityError
from jinja2.utils import missing, object_type_repr

from linli.template.errors import TemplateError, shown
from linli.template.scope import SCOPE


def _absence(undefined: Undefined) -> TemplateError:
    """What is missing. Jinja's own sentence writes out the name, which may be a list longer than any disk."""
    name, holder = undefined._undefined_name, undefined._undefined_obj
    if undefined._undefined_hint:
        kind = "forbidden" if undefined._undefined_exception is SecurityError else "undefined"
        return TemplateError(kind, detail=undefined._undefined_hint)
    if holder is missing:
        return TemplateError("undefined_name", name=shown(name))
    kind = "undefined_attribute" if isinstance(name, str) else "undefined_element"
    return TemplateError(kind, holder=object_type_repr(holder), name=shown(name))


class _Absent(Undefined):
    """What both kinds share: every operation is an error, in our words."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        return str(_absence(self))

    def _fail_with_undefined_error(self, *args: Any, **kwargs: Any) -> NoReturn:
        error = _absence(self)
        if not isinstance(self, StrictUndefined):
            SCOPE.get().warn("error", str(error))
        raise error

    # Jinja binds its operators to the method of its own class; these are bound to ours.
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _fail_with_undefined_error
    __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = _fail_with_undefined_error
    __mod__ = __rmod__ = __pos__ = __neg__ = __call__ = __getitem__ = _fail_with_undefined_error
    __lt__ = __le__ = __gt__ = __ge__ = __int__ = __float__ = __complex__ = _fail_with_undefined_error
    __pow__ = __rpow__ = _fail_with_undefined_error


class ReportedUndefined(_Absent):
    """Prints as nothing and tells whoever renders the template that it did."""

    __slots__ = ()

    def _warn(self) -> None:
        scope = SCOPE.get()
        if scope.report is not None:
            scope.warn("warning", self._undefined_message)

    def __str__(self) -> str:
        self._warn()
        return ""

    def __iter__(self) -> Iterator[Any]:
        self._warn()
        return iter(())

    def __bool__(self) -> bool:
        self._warn()
        return False


class StrictlyUndefined(_Absent, StrictUndefined):
    """An error whatever is done with it, but to ask whether it is defined."""

    __slots__ = ()
    __iter__ = __str__ = __len__ = __bool__ = _Absent._fail_with_undefined_error
    __eq__ = __ne__ = __hash__ = _Absent._fail_with_undefined_error
    __contains__ = _Absent._fail_with_undefined_error
