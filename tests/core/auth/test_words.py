import re
from pathlib import Path

import linli.auth
from linli.auth.errors import SETUP_SENTENCES
from linli.auth.faults import SEVERITIES
from linli.auth.policy import SHIPPED_ROLES
from linli.translations import missing_translations, read_texts

FOLDER = Path(linli.auth.__file__).parent
TEXTS = read_texts(FOLDER)["zh-Hans"]


def test_every_text_is_there_in_both_languages() -> None:
    assert missing_translations(FOLDER) == []


def test_every_key_that_the_code_names_has_a_text() -> None:
    code = "".join(file.read_text("utf-8") for file in FOLDER.glob("*.py"))
    named = set(re.findall(r'"(auth\.[a-z_.]+)"', code)) - {"auth.user", "auth.token", "auth.ban", "auth.setup"}
    named |= {f"issues.{key}.{part}" for key in SEVERITIES for part in ("title", "description")}
    named |= {f"auth.setup.{key}" for key in SETUP_SENTENCES} | {f"auth.role.{role}" for role in SHIPPED_ROLES}
    named |= {
        f"auth.journal.{action}" for action in re.findall(r'"((?:user|password|token|address|setup)\.\w+)"', code)
    }
    assert [key for key in sorted(named) if key not in TEXTS] == []
