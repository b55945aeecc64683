"""Writes the table of differences into docs/compatibility.md.

python tests/compat/document.py            write it
python tests/compat/document.py --check    exit 1 if it is not up to date
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # run as a file, the tests are not yet importable

from compat.harness.differences import listed, rules
from compat.table import GROUPS

DOCUMENT = Path(__file__).parent.parent.parent / "docs" / "compatibility.md"
BEGIN, END = "<!-- differences: begin -->", "<!-- differences: end -->"


def rendered() -> str:
    """The lists of rules and of single differences, those with one reason together."""
    lines = ["| where | what differs, and why | 不同之处与原因 |", "|---|---|---|"]
    lines += [f"| everywhere | {rule.reason.en} | {rule.reason.zh} |" for rule in rules()]
    grouped: dict[tuple[str, str], list[str]] = {}
    for difference in listed():
        group, _, name = difference.case.partition(": ")
        case = next((case for case in GROUPS[group] if case.name == name), None)
        where = f"{group}: {name}" if case is None else f"`{group}`: {name}"
        places = grouped.setdefault((difference.reason.en, difference.reason.zh), [])
        if where not in places:
            places.append(where)
    lines += [f"| {'<br>'.join(places)} | {en} | {zh} |" for (en, zh), places in grouped.items()]
    return "\n".join(lines)


def with_table(text: str) -> str:
    """The document with the table of today between its marks."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{rendered()}\n{END}{after}"


def main() -> int:
    """The command line."""
    text = DOCUMENT.read_text(encoding="utf-8")
    wanted = with_table(text)
    if "--check" in sys.argv:
        return int(text != wanted)
    DOCUMENT.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
