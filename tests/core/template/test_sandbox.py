"""What a template may not do, and that refusing it is quick and small."""

import resource
import time

import pytest

from linli.template import LimitExceeded, Limits, TemplateEngine, TemplateError
from linli.testing.worlds import StaticWorld

BIG = "{% set s = 'a' * 200000 %}"
DOUBLED = (
    "{% set ns = namespace(x=[1], y=[1], t=(1,), d={}, s='a', n=3) %}{% for i in range(60) %}"
    "{% set ns.x = [ns.x, ns.x] %}{% set ns.y = [ns.y, ns.y] %}{% set ns.t = (ns.t, ns.t) %}"
    "{% set ns.d = {'a': ns.d, 'b': ns.d} %}{% endfor %}"
)
"""Sixty lists, each holding the one before twice: small in memory, longer than any disk when written out."""


def growing(step: str) -> str:
    return "{% set ns = namespace(x=[1], s='a', n=3) %}{% for i in range(100) %}" + step + "{% endfor %}{{ ns.s }}"


EXPLOSIONS = {
    "text repeated": "{{ 'a' * 10 ** 9 }}",
    "text repeated from the left": "{{ 10 ** 9 * 'a' }}",
    "list repeated": "{{ [0] * 10 ** 8 }}",
    "power": "{{ 2 ** (2 ** 30) }}",
    "powers of powers": "{{ 9999 ** 9999 ** 9999 }}",
    "product": growing("{% set ns.n = ns.n * ns.n %}"),
    "range": "{{ range(10 ** 7) }}",
    "endless range": "{{ range(0, 10 ** 30) }}",
    "percent width": "{{ '%1000000000d' % 1 }}",
    "percent precision": "{{ '%.1000000000f' % 1 }}",
    "percent star": "{{ '%*d' % (10 ** 9, 1) }}",
    "percent filter": "{{ '%1000000000s' | format('x') }}",
    "percent by name": BIG + "{{ '%(a)s%(a)s' % {'a': s} }}",
    "format width": "{{ '{:1000000000}'.format(1) }}",
    "format nested width": "{{ '{:{w}}'.format(1, w=10 ** 9) }}",
    "format map": "{{ '{a:1000000000}'.format_map({'a': 1}) }}",
    "format repeated": "{{ ('{0}' * 80000).format('a' * 1000) }}",
    "format of safe text": "{{ ('{:1000000000}' | escape).format(1) }}",
    "safe text repeated": "{{ ('x' | escape) * 10 ** 9 }}",
    "center": "{{ 'x'.center(10 ** 9) }}",
    "center filter": "{{ 'x' | center(10 ** 9) }}",
    "zfill": "{{ 'x'.zfill(10 ** 9) }}",
    "tabs": "{{ '\\t'.expandtabs(tabsize=10 ** 9) }}",
    "bytes of a number": "{{ (1).to_bytes(length=10 ** 9, byteorder='big') }}",
    "bytes padded": "{{ 'a'.encode().ljust(10 ** 9) }}",
    "replace": BIG + "{{ s.replace('a', s) }}",
    "replace filter": BIG + "{{ s | replace('a', s) }}",
    "regex replace": BIG + "{{ s | regex_replace('a', s) }}",
    "translate": BIG + "{{ s.translate({97: s}) }}",
    "join": BIG + "{{ s.join(s) }}",
    "join filter": BIG + "{{ ([s] * 1000) | join }}",
    "printed list": BIG + "{{ [s] * 1000 }}",
    "mapped texts": BIG + "{{ ([s] * 10000) | map('upper') | list | count }}",
    "output": BIG + "{% for i in range(1000) %}{{ s }}{% endfor %}",
    "captured output": BIG + "{% set o %}{% for i in range(1000) %}{{ s }}{% endfor %}{% endset %}",
    "macro output": BIG
    + "{% macro m() %}{% for i in range(1000) %}{{ s }}{% endfor %}{% endmacro %}{{ m() | length }}",
    "indent": "{{ 'a\\nb' | indent(10 ** 9) }}",
    "wordwrap": BIG + "{{ s | wordwrap(1, wrapstring=s) }}",
    "json indent": "{{ [1] | tojson(indent=10 ** 9) }}",
    "batch": "{{ [1] | batch(10 ** 9, 'x') | list }}",
    "slice": "{{ [1] | slice(10 ** 9) | list }}",
    "sum of lists": "{{ ([[1] * 10000] * 10000) | sum(start=[]) | length }}",
    "lorem": "{{ lipsum(10 ** 6) }}",
    "urlize": BIG + "{{ ('a.co ' * 10000) | urlize(rel=s) }}",
    "pack": "{{ pack(1, '1000000000xB') }}",
    "date format": "{{ now().strftime('%Y' * 100000) }}",
    "date format in braces": "{{ ('{:' ~ '%Y' * 1000 ~ '}').format(now()) }}",
    "text doubled": growing("{% set ns.s = ns.s + ns.s %}"),
    "text doubled by tilde": growing("{% set ns.s = ns.s ~ ns.s %}"),
    "text doubled by percent": growing("{% set ns.s = '%s%s' % (ns.s, ns.s) %}"),
    "text doubled by a block": growing("{% set q %}{{ ns.s }}{{ ns.s }}{% endset %}{% set ns.s = q %}"),
    "list doubled": growing("{% set ns.x = ns.x + ns.x %}"),
    "nested list printed": DOUBLED + "{{ ns.x }}",
    "nested list as text": DOUBLED + "{{ ns.x | string | length }}",
    "nested list joined": DOUBLED + "{{ 'a' ~ ns.x }}",
    "nested list formatted": DOUBLED + "{{ '{!r:>5}'.format(ns.x) }}",
    "nested list by percent": DOUBLED + "{{ '%s' % (ns.x,) }}",
    "nested lists compared": DOUBLED + "{{ ns.x == ns.y }}",
    "nested list searched": DOUBLED + "{{ ns.x in [ns.y] }}",
    "nested lists sorted": DOUBLED + "{{ [ns.x, ns.y] | sort }}",
    "nested list flattened": DOUBLED + "{{ ns.x | flatten }}",
    "nested list as JSON": DOUBLED + "{{ ns.x | to_json }}",
    "nested mapping printed": DOUBLED + "{{ ns.d.values() }}",
    "nested mapping combined": DOUBLED + "{{ ns.d | combine(ns.d, recursive=true) }}",
    "nested key": DOUBLED + "{{ {ns.t: 1} | length }}",
    "nested key looked up": DOUBLED + "{{ {}[ns.t] }}",
    "nested key asked for": DOUBLED + "{{ {}.get(ns.t) }}",
    "nested member of a set": DOUBLED + "{{ set([ns.t]) | length }}",
    "namespace printed": DOUBLED + "{{ ns }}",
    "namespace in itself": "{% set ns = namespace() %}{% set ns.x = [ns] %}{{ ns.x }}",
    "deep list": "{% set ns = namespace(x=[]) %}{% for i in range(90000) %}{% set ns.x = [ns.x] %}{% endfor %}"
    "{{ ns.x }}",
    "long number": "{{ ('f' * 200000) | int(base=16) }}",
    "long number that is not printed": "{{ (('f' * 60000) | int(base=16)) > 5 }}",
    "escaped text": "{{ ('<' * 200000) | escape | count }}",
    "JSON of a text": "{{ ('<' * 100000) | tojson | count }}",
    "long loop": "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
    "sums in a loop": "{{ ([range(100000)] * 1000) | map('sum') | list }}",
    "lazy lists": "{{ ([range(100000)] * 1000) | map('map', attribute='real') | map('list') | list | length }}",
    "search in a loop": "{% set l = range(100000) | list %}{% for i in l %}{{ 'x' if -1 in l }}{% endfor %}",
    "copies in a loop": "{% set l = range(100000) | list %}{% for i in range(100000) %}{% set m = l[1:] %}{% endfor %}",
    "method in a loop": BIG + "{% for i in range(100000) %}{% set m = s.upper() %}{% endfor %}",
    "macro tree": "{% macro f(n) %}{% if n < 60 %}{{ f(n + 1) }}{{ f(n + 1) }}{% endif %}{% endmacro %}{{ f(0) }}",
    "recursive loop": "{% for x in [1] recursive %}{% if loop.depth < 60 %}{{ loop(range(99999)) }}{% endif %}"
    "{% endfor %}",
    "endless macro": "{% macro f() %}{{ f() }}{{ f() }}{% endmacro %}{{ f() }}",
    "endless block": "{% block a %}{{ self.a() }}{{ self.a() }}{% endblock %}",
    "many parentheses": "{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}",
    "many loops in each other": "{% for i in [1] %}" * 25 + "{% endfor %}" * 25,
}

FORBIDDEN = {
    "class": "{{ ''.__class__.__base__ }}",
    "subclasses": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "globals of a function": "{{ iif.__globals__['re'] }}",
    "globals through attr": "{{ (iif | attr('__globals__')).keys() }}",
    "class through format": "{{ '{0.__class__.__mro__}'.format('') }}",
    "class through a list": "{{ ([1] | map(attribute='__class__') | first).mro() }}",
    "class through sorting": "{{ (['a'] | groupby('__class__') | first).grouper.mro() }}",
    "inside of a state": "{{ states.light.a._state.context.plugin }}",
    "inside of a state through map": "{{ (states.light | map(attribute='_scope') | first).meter }}",
    "inside of a state through format": "{{ '{0._state.context}'.format(states.light.a) }}",
    "inside of a namespace": "{{ namespace().__init__.__func__ }}",
    "context of the template": "{{ self._TemplateReference__context.environment }}",
    "frame of a generator": "{{ ([1] | map('abs')).gi_frame.f_globals }}",
    "change of a list": "{{ [1].append(2) }}",
    "change of attributes": "{{ states.light.a.attributes.update({'x': 1}) }}",
    "change of a nested attribute": "{{ states.light.a.attributes.colors.append(1) }}",
    "change of a variable": "{{ given.clear() }}",
    "change of states": "{% set states.light.a = 5 %}",
    "class of time": "{{ timedelta.__subclasses__() }}",
    "code of a macro": "{% macro m() %}{% endmacro %}{{ m._func.__code__ }}",
}


@pytest.fixture
def world() -> StaticWorld:
    world = StaticWorld()
    world.put("light.a", "on", {"colors": [1]})
    return world


def peak_memory_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@pytest.mark.parametrize("text", EXPLOSIONS.values(), ids=EXPLOSIONS.keys())
def test_an_explosion_is_refused_before_it_happens(text: str, world: StaticWorld) -> None:
    engine = TemplateEngine(limits=Limits(work=100_000))
    most_before = peak_memory_mb()
    started = time.process_time()
    with pytest.raises(TemplateError):
        engine.render(text, world)
    assert time.process_time() - started < 2  # ordinarily 0.3 at most
    assert peak_memory_mb() - most_before < 60


@pytest.mark.parametrize("text", FORBIDDEN.values(), ids=FORBIDDEN.keys())
def test_the_inside_of_things_is_out_of_reach(text: str, world: StaticWorld) -> None:
    given = {"x": [1]}
    with pytest.raises(TemplateError):
        TemplateEngine().render(text, world, {"given": given})
    assert world.states["light.a"].attributes == {"colors": [1]}
    assert given == {"x": [1]}


@pytest.mark.parametrize(
    ("limits", "text"),
    [
        (Limits(output=10), "{{ 'abcdefghijk' }}"),
        (Limits(text=10), "{{ ('a' * 11) | length }}"),
        (Limits(items=10), "{{ range(11) }}"),
        (Limits(bits=10), "{{ 2 ** 11 }}"),
        (Limits(depth=3), "{{ [[[[1]]]] }}"),
        (Limits(work=10), "{% for i in range(11) %}{% endfor %}"),
        (Limits(template=10), "{{ 12345678 }}"),
    ],
    ids=["output", "text", "items", "bits", "depth", "work", "template"],
)
def test_each_limit_holds_and_is_named(limits: Limits, text: str, world: StaticWorld) -> None:
    assert TemplateEngine().render(text, world) is not None
    with pytest.raises(LimitExceeded, match=r"\b(10|3)\b"):
        TemplateEngine(limits=limits).render(text, world)


def test_limits_can_be_given_for_one_render(world: StaticWorld) -> None:
    template = TemplateEngine().template("{{ 'a' * 100 }}")
    with pytest.raises(LimitExceeded):
        template.render(world, limits=Limits(text=50))
    assert len(template.render(world)) == 100


def test_ordinary_work_over_ten_thousand_entities_is_allowed() -> None:
    world = StaticWorld()
    for number in range(10_000):
        world.put(f"sensor.s{number}", str(number % 50), {"device_class": "temperature"})
    text = (
        "{{ states.sensor | selectattr('attributes.device_class', 'eq', 'temperature') | map(attribute='state')"
        " | map('float') | select('gt', 48) | list | count }}"
    )
    assert TemplateEngine().render(text, world) == "200"
