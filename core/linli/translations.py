"""Texts by language: which there are, which suits a reader, and how a message becomes a sentence.

A plugin's texts stand in ``translations/zh-Hans.json`` and ``en.json`` of its package: nested maps, addressed by keys
joined with dots, with parameters in braces (``{name}``). Reading them is blocking work (:func:`read_texts`); saying
something is not, and never fails: where a text is missing the reader gets English, then the key.
"""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeAlias

from linli.ids import CORE, PluginDomain
from linli.messages import Message, Words

CHINESE: Final = "zh-Hans"
ENGLISH: Final = "en"
LANGUAGES: Final = (CHINESE, ENGLISH)

Texts: TypeAlias = Mapping[str, Mapping[str, str]]
"""Language → key → text."""

_PARAMETER: Final = re.compile(r"\{(\w+)\}")
_CORE_FOLDER: Final = Path(__file__).parent


def negotiate(wanted: str | None) -> str:
    """The language that suits a reader who asks for ``wanted``: a tag, or a browser's whole ``Accept-Language``.

    All Chinese (zh, zh-CN, zh-Hans-CN …) is served in zh-Hans, anything else in English.
    """
    for tag in _by_preference(wanted or ""):
        language = tag.replace("_", "-").partition("-")[0].lower()
        if language in ("zh", "cmn"):
            return CHINESE
        if language == "en":
            return ENGLISH
    return ENGLISH


def _by_preference(header: str) -> list[str]:
    weighed: list[tuple[float, str]] = []
    for part in header.split(","):
        tag, _, quality = part.strip().partition(";q=")
        try:
            weight = float(quality) if quality else 1.0
        except ValueError:
            weight = 0.0
        if weight > 0:
            weighed.append((weight, tag))
    return [tag for _, tag in sorted(weighed, key=lambda pair: -pair[0])]


def read_texts(package_folder: Path) -> dict[str, dict[str, str]]:
    """The texts in ``package_folder/translations``, by language; none where there is no such folder. Blocking.

    Raises ValueError, naming the file, where one is no JSON map of texts.
    """
    found: dict[str, dict[str, str]] = {}
    for language in LANGUAGES:
        file = package_folder / "translations" / f"{language}.json"
        if file.is_file():
            try:
                found[language] = flatten(json.loads(file.read_text("utf-8")))
            except ValueError as error:
                raise ValueError(f"{file}: {error}") from error
    return found


@cache
def core_texts() -> Mapping[str, Mapping[str, str]]:
    """The texts of the core and its rooms together; a room's keys begin with its own name. Blocking, the first time."""
    merged: dict[str, dict[str, str]] = {language: {} for language in LANGUAGES}
    for folder in core_folders():
        for language, texts in read_texts(folder).items():
            merged[language].update(texts)
    return merged


def core_folders() -> list[Path]:
    """The core's folder and its rooms that have texts of their own."""
    return [_CORE_FOLDER, *(folder.parent for folder in sorted(_CORE_FOLDER.glob("*/translations")))]


def flatten(tree: Any) -> dict[str, str]:
    """``{"a": {"b": "text"}}`` → ``{"a.b": "text"}``; raises ValueError for a leaf that is no text."""
    if not isinstance(tree, dict):
        raise ValueError(f"expected a map of texts, found {type(tree).__name__}")
    return dict(_leaves(tree, ""))


def _leaves(tree: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{prefix}{key}.")
        elif isinstance(value, str):
            yield f"{prefix}{key}", value
        else:
            raise ValueError(f"{prefix}{key} is {type(value).__name__}, expected a text")


class Translator:
    """All texts of one hub, the core's and those of its plugins."""

    def __init__(self, zone: tzinfo = UTC) -> None:
        """``zone``: where the people live; times in messages are shown in it. Reads the core's own texts (blocking)."""
        self._zone = zone
        self._texts: dict[PluginDomain, dict[str, Mapping[str, str]]] = {CORE: dict(core_texts())}

    @property
    def languages(self) -> tuple[str, ...]:
        """What a reader can choose between."""
        return LANGUAGES

    def take(self, domain: PluginDomain, texts: Texts) -> None:
        """Take up a plugin's texts, as :func:`read_texts` gave them; they replace earlier ones."""
        self._texts[domain] = dict(texts)

    def drop(self, domain: PluginDomain) -> None:
        """Forget a plugin's texts."""
        if domain != CORE:
            self._texts.pop(domain, None)

    @property
    def domains(self) -> tuple[PluginDomain, ...]:
        """Whose texts there are."""
        return tuple(self._texts)

    def catalog(self, domain: PluginDomain, language: str) -> dict[str, str]:
        """All texts of a plugin by key, English where ``language`` lacks one; a copy."""
        texts = self._texts.get(domain, {})
        return {**texts.get(ENGLISH, {}), **texts.get(negotiate(language), {})}

    def find(self, domain: PluginDomain, key: str, language: str) -> str | None:
        """The text as it stands in the file, English where ``language`` lacks it; None: in neither."""
        texts = self._texts.get(domain, {})
        for spoken in (negotiate(language), ENGLISH, CHINESE):
            text = texts.get(spoken, {}).get(key)
            if text is not None:
                return text
        return None

    def say(self, domain: PluginDomain, key: str, parameters: Mapping[str, Any], language: str) -> str:
        """The sentence; the key itself where there is no text, a parameter's braces where it is missing."""
        text = self.find(domain, key, language)
        if text is None:
            return key

        def fill(match: re.Match[str]) -> str:
            name = match.group(1)
            return self.spoken(parameters[name], language) if name in parameters else match.group(0)

        return _PARAMETER.sub(fill, text)

    def text(self, words: Words, language: str) -> str:
        """A message as a sentence in ``language``; what a person wrote stays as it is."""
        if isinstance(words, Message):
            return self.say(words.domain or CORE, words.key, words.parameters, language)
        return words

    def spoken(self, value: Any, language: str) -> str:
        """One parameter as people read it."""
        if isinstance(value, Message):
            return self.text(value, language)
        if isinstance(value, datetime):
            local = value.astimezone(self._zone) if value.tzinfo is not None else value
            return local.strftime("%Y-%m-%d %H:%M")
        if isinstance(value, date):
            return value.isoformat()
        if isinstance(value, timedelta):
            return self._duration(value, language)
        if isinstance(value, (list, tuple)):
            return self._core("list_separator", language).join(self.spoken(part, language) for part in value)
        return str(value)

    def _duration(self, value: timedelta, language: str) -> str:
        """The two largest units that are not zero, rounded to the second: ``1 h 5 min``."""
        whole = round(abs(value.total_seconds()))
        counts = {
            "days": whole // 86400,
            "hours": whole // 3600 % 24,
            "minutes": whole // 60 % 60,
            "seconds": whole % 60,
        }
        shown = [(unit, count) for unit, count in counts.items() if count][:2] or [("seconds", 0)]
        words = [self._core(f"duration.{unit}", language).replace("{count}", str(count)) for unit, count in shown]
        return ("-" if value < timedelta(0) else "") + " ".join(words)

    def _core(self, key: str, language: str) -> str:
        return self.find(CORE, key, language) or key


def missing_translations(package_folder: Path) -> list[str]:
    """What keeps ``package_folder/translations`` from being whole in both languages, one sentence each. Blocking."""
    try:
        texts = read_texts(package_folder)
    except ValueError as error:
        return [str(error)]
    folder = package_folder / "translations"
    if not texts:
        return []
    faults = [f"{folder / language}.json is missing" for language in LANGUAGES if language not in texts]
    if faults:
        return faults
    for language, other in ((CHINESE, ENGLISH), (ENGLISH, CHINESE)):
        faults += [f"{folder / language}.json lacks {key}" for key in texts[other] if key not in texts[language]]
    for key in texts[CHINESE].keys() & texts[ENGLISH].keys():
        named = {language: set(_PARAMETER.findall(texts[language][key])) for language in LANGUAGES}
        if named[CHINESE] != named[ENGLISH]:
            odd = ", ".join(sorted(named[CHINESE] ^ named[ENGLISH]))
            faults.append(f"{folder}: {key} names {odd} in one language only")
    faults += [
        f"{folder / lang}.json: {key} is empty" for lang in LANGUAGES for key, text in texts[lang].items() if not text
    ]
    return faults
