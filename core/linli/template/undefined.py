"""Names that do not exist: nothing where that is harmless, an error where something is done with them."""

from typing import Any, NoReturn

from jinja2 import StrictUndefined, Undefined

from linli.template.scope import SCOPE


class ReportedUndefined(Undefined):
    """Prints as nothing and tells whoever renders the template that it did."""

    __slots__ = ()

    def _fail_with_undefined_error(self, *args: Any, **kwargs: Any) -> NoReturn:
        SCOPE.get().warn("error", self._undefined_message)
        raise self._undefined_exception(self._undefined_message)

    def __str__(self) -> str:
        SCOPE.get().warn("warning", self._undefined_message)
        return ""

    def __iter__(self) -> Any:
        SCOPE.get().warn("warning", self._undefined_message)
        return iter(())

    def __bool__(self) -> bool:
        SCOPE.get().warn("warning", self._undefined_message)
        return False

    # Jinja binds its operators to the method of its own class; these are bound to ours.
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _fail_with_undefined_error
    __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = _fail_with_undefined_error
    __mod__ = __rmod__ = __pos__ = __neg__ = __call__ = __getitem__ = _fail_with_undefined_error
    __lt__ = __le__ = __gt__ = __ge__ = __int__ = __float__ = __complex__ = _fail_with_undefined_error
    __pow__ = __rpow__ = _fail_with_undefined_error


__all__ = ["ReportedUndefined", "StrictUndefined"]
