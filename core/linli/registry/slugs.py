"""Names as ids: small Latin letters, digits and underscores; Chinese as pinyin (客厅灯 → ``ke_ting_deng``)."""

import os
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from slugify import slugify as romanise

from linli.remembered import remembered

NAMELESS: Final = "unknown"
"""What a name becomes of which nothing is left; Home Assistant's word."""

_HAN: Final = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")

HOUSEHOLD_READINGS: Final[dict[str, str]] = {
    "空调": "kong tiao", "调光": "tiao guang", "调色": "tiao se", "调节": "tiao jie", "可调": "ke tiao",
    "音乐": "yin yue", "长廊": "chang lang", "长按": "chang an", "长条": "chang tiao", "重启": "chong qi",
    "重复": "chong fu", "重置": "chong zhi", "重试": "chong shi", "重庆": "chong qing", "银行": "yin hang",
    "睡觉": "shui jiao", "朝阳": "chao yang", "朝向": "chao xiang", "大夫": "dai fu", "还原": "huan yuan",
    "卡住": "qia zhu", "地方": "di fang", "温差": "wen cha", "应答": "ying da", "曲线": "qu xian",
    "厦门": "xia men", "参差": "cen ci", "盛水": "cheng shui", "传记": "zhuan ji", "处方": "chu fang",
}  # fmt: skip
"""Words of homes and communities whose characters are read otherwise elsewhere.

The library's own list of phrases knows them too, but costs 44 MB and 0.2 s, which is half a hub; this one is enough.
"""


def slugify(name: str) -> str:
    """``name`` as an id; ``unknown`` when nothing of it can be written so."""
    return _slug(name)


@remembered(512)
def _slug(name: str) -> str:
    if _HAN.search(name):
        name = " ".join(_reader()(name))
    return romanise(name, separator="_") or NAMELESS


def unique_slug(name: str, is_taken: Callable[[str], bool], *, prefix: str = "", limit: int = 255) -> str:
    """``prefix`` and the id for ``name``, with ``_2``, ``_3`` … when it is taken; at most ``limit`` characters."""
    wanted = f"{prefix}{slugify(name)}"
    candidate, number = wanted[:limit], 1
    while is_taken(candidate):
        number += 1
        suffix = f"_{number}"
        candidate = wanted[: limit - len(suffix)] + suffix
    return candidate


def normalised(name: str) -> str:
    """What two names have in common that people take for one: no regard to case and spaces (Home Assistant's rule)."""
    return name.casefold().replace(" ", "")


def learn_to_read() -> None:
    """Load what reads Chinese names, in a thread: at the first such name it would hold the loop for 60 ms."""
    _reader()


@lru_cache(maxsize=1)
def _reader() -> Callable[[str], list[str]]:
    """Reads Chinese aloud; loaded at the first Chinese name (11 MB), because many homes have none."""
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")
    from pypinyin import lazy_pinyin, load_phrases_dict

    load_phrases_dict({word: [[syllable] for syllable in said.split()] for word, said in HOUSEHOLD_READINGS.items()})
    return lazy_pinyin
