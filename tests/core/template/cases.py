"""Templates that are asked of the original and of ours: cases/SUBJECT.txt, one a line; the tests and record_golden.py.

Only templates whose answer is the same at every asking: no chance, no order of sets.
"""

from pathlib import Path

VARIABLES = {
    "x": 5,
    "name": "Kitchen",
    "numbers": [3, 1, 2],
    "words": ["b", "a", "c"],
    "nested": [1, [2, [3, [4]]]],
    "empty": [],
    "none": None,
    "mapping": {"a": 1, "b": {"c": 2}},
    "response": {
        "calendar.sports": {"events": [{"start": "a"}, {"start": "b"}]},
        "calendar.local": {"events": [{"start": "c"}]},
    },
    "plain_response": {"light.a": {"ok": True, "n": 1}, "light.b": {"ok": False, "n": 2}},
    "stamp": 1744695930.25,
    "people": [{"name": "Anna", "age": 30}, {"name": "bo", "age": 25}, {"name": "Cy"}],
}

CASES: dict[str, list[str]] = {
    file.stem: file.read_text(encoding="utf-8").splitlines()
    for file in sorted((Path(__file__).parent / "cases").glob("*.txt"))
}
