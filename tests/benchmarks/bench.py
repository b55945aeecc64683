"""Measures linli beside a real Home Assistant and beside the bare limit, in one run, and holds it to its targets.

    make bench                                     all of it, about 15 minutes
    python tests/benchmarks/bench.py --quick       a tenth of the counts, one repeat: a smoke test
    python tests/benchmarks/bench.py --without-peer    targets that are ratios to Home Assistant are not judged
    python tests/benchmarks/bench.py --hubs home_assistant limit --out FILE     a baseline to compare with later
    python tests/benchmarks/bench.py --baseline FILE   take the hubs that were not measured from an earlier run

HASS names the ``hass`` command of Home Assistant 2025.4.4; without it one is installed under ``.make/ha`` where
Python 3.13 is found. The figures over the network come from hubmeter (``../shared/hubmeter``, or HUBMETER).
Exit: 0 all targets kept, 1 one was not or could not be judged, 2 usage.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import hubs
from targets import HUBS, TARGETS, Verdict, judged

CASES = ("rest_set", "ws_call", "under_write", "fanout", "entities")
AGAINST_THE_LIMIT = ("rest_set", "fanout")  # measured once more without a recorder, which the limit has not
OF_THE_PAST = ("recorder", "history")  # which the limit has not: beside them stand bare inserts and a bare select
OF_RULES = ("automation_event", "automation_state")  # on a hub of their own: the limit has no rules
BARE = """
import json, sys
sys.path.insert(0, sys.argv[1])
import limits
print(json.dumps(limits.sqlite_limit(sys.argv[2])))
"""
COUNTS = (1_000, 100_000)
ENTITIES = 10_000
DOCUMENT = hubs.ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"

Start = Callable[[Path], AbstractContextManager[hubs.Running]]


def in_process(python: Path, script: str, changes: int, repeat: int) -> dict[str, Any]:
    """The two in-process cases; the best of the repeats, since a disturbance only ever adds."""
    told: dict[str, Any] = {}
    for count in COUNTS:
        command = [str(python), str(hubs.HERE / script), str(count), str(changes)]
        runs = [json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout) for _ in range(repeat)]
        told[f"inprocess_{count}"] = {name: min(run[name] for run in runs) for name in runs[0]}
    few, many = (told[f"inprocess_{count}"] for count in COUNTS)
    told["inprocess_flat"] = {name.replace("_us", "_ratio"): many[name] / few[name] for name in few}
    return told


def hubbench(*arguments: str, token: str) -> dict[str, Any]:
    """One run of hubmeter's command line; its table goes to our standard error."""
    command = [sys.executable, str(hubs.HUBMETER / "hubbench"), *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, env={**os.environ, "HUB_TOKEN": token}, check=True)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def idle_rules(changes: int) -> dict[str, Any]:
    """What a change that no rule watches costs more with 1 000 rules."""
    command = [sys.executable, str(hubs.HERE / "rules_idle.py"), str(changes)]
    told: dict[str, Any] = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    return told


def of_rules(name: str, start: Start, folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """An event or a state sets a rule going, which tells an event or calls a service; from outside to outside."""
    with start(folder / f"{name}-rules") as running:
        where = ["--name", name, "--url", running.url, "--pid", str(running.pid), "--settle", "6"]
        scale = ["--scale", str(options.scale), "--repeat", str(options.repeat)]
        report = hubbench(*where, *scale, *OF_RULES, token=running.token)
    cases: dict[str, Any] = report["cases"]
    return {case: cases[case] for case in OF_RULES}


def over_the_network(name: str, start: Start, folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Cold start and memory on data of its own, then the cases on a fresh hub."""
    scale = ["--scale", str(options.scale), "--repeat", str(options.repeat)]
    told: dict[str, Any] = {}
    if name != "limit":
        with start(folder / f"{name}-cold") as running:
            pass
        repeat = ["--repeat", str(options.repeat), "--entities", str(ENTITIES)]
        report = hubbench(
            "cold", "--name", name, "--url", running.url, *repeat, "--", *running.command, token=running.token
        )
        told.update(report["cases"])
    with start(folder / name) as running:
        settle = ["--settle", "1" if name == "limit" else "6"]
        where = ["--name", name, "--url", running.url, "--pid", str(running.pid)]
        cases = CASES if name == "limit" else (*CASES, *OF_THE_PAST)
        report = hubbench(*where, *scale, *settle, *cases, token=running.token)
        told.update(report["cases"])
        if name == "limit":
            told.update(bare_database(folder))
        if name == "linli":
            told["residents"] = residents(running, folder / name / "data", told["fanout"], options)
            told["heavy_users"] = heavy_users(running, folder / name / "data", options)
    if name == "limit":
        told.update({f"{case}_alone": told[case] for case in AGAINST_THE_LIMIT})
    elif name == "linli":
        told.update(without_recorder(folder, scale))
    told["machine"] = report["machine"]
    return told


def without_recorder(folder: Path, scale: list[str]) -> dict[str, Any]:
    """What is held against the limit, of a hub that does what the limit does and remembers as little."""
    with hubs.linli_alone(folder / "linli-alone") as running:
        where = ["--name", "linli", "--url", running.url, "--pid", str(running.pid), "--settle", "6"]
        report = hubbench(*where, *scale, *AGAINST_THE_LIMIT, token=running.token)
    return {f"{case}_alone": report["cases"][case] for case in AGAINST_THE_LIMIT}


def bare_database(folder: Path) -> dict[str, Any]:
    """What SQLite gives without a hub around it, under the names of the hubs' figures."""
    command = [sys.executable, "-c", BARE, str(hubs.HUBMETER), str(folder)]
    bare = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    return {
        "recorder": {"durable_per_s": bare["insert_1000_a_commit_per_s"]},
        "history": {"ws_minimal_ms": bare["history_10k_select_json_ms"]},
    }


def residents(
    running: hubs.Running, data: Path, administrator: dict[str, Any], options: argparse.Namespace
) -> dict[str, Any]:
    """The fan-out to residents of different rights, also as a multiple of that to one administrator."""
    command = [sys.executable, str(hubs.HERE / "residents.py"), running.url, str(running.pid), str(data)]
    command += [str(options.scale), str(options.repeat)]
    environment = {**os.environ, "HUB_TOKEN": running.token}
    told: dict[str, Any] = json.loads(
        subprocess.run(command, stdout=subprocess.PIPE, env=environment, check=True).stdout
    )
    figure = "flood_cpu_us_per_delivery"
    if figure in administrator:
        told["to_administrator_ratio"] = told[figure] / administrator[figure]
    return told


def heavy_users(running: hubs.Running, data: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Pings of one user while three others ask for as much as they may."""
    command = [sys.executable, str(hubs.HERE / "heavy_users.py"), running.url, str(data)]
    command += [str(options.scale), str(options.repeat)]
    environment = {**os.environ, "HUB_TOKEN": running.token}
    done = subprocess.run(command, stdout=subprocess.PIPE, env=environment, check=True)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def measured(name: str, hass: Path | None, folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """All figures of one hub."""
    told: dict[str, Any] = {}
    changes = int(200_000 * options.scale)
    if name == "linli":
        told.update(in_process(Path(sys.executable), "inprocess_ours.py", changes, options.repeat))
        told["rules_idle"] = idle_rules(changes // 10)
    elif name == "home_assistant" and hass is not None:
        told.update(in_process(hass.parent / "python", "inprocess_ha.py", changes, options.repeat))
    if hubs.has_hubmeter():
        starts: dict[str, Start] = {"linli": hubs.linli, "limit": hubs.limit}
        if hass is not None:
            starts["home_assistant"] = lambda where: hubs.home_assistant(hass, where)
        told.update(over_the_network(name, starts[name], folder, options))
        if name != "limit":
            told.update(of_rules(name, {**starts, "linli": hubs.linli_with_rules}[name], folder, options))
    return told


def table(verdicts: list[Verdict]) -> str:
    """The rows for a terminal and for docs/performance.md, as Markdown."""
    lines = [
        "| what | linli | Home Assistant | limit | ÷ HA | ÷ limit | target | |",
        "|---|--:|--:|--:|--:|--:|---|---|",
    ]
    for verdict in verdicts:
        target = verdict.target
        figures = [_number(verdict.figures[hub]) for hub in HUBS]
        ratios = [_number(verdict.ratio(hub)) for hub in HUBS[1:]]
        mark = {
            True: "kept",
            False: "**missed**",
            None: f"no figure of {', '.join(verdict.missing)}" if verdict.missing else "",
        }
        unit = f" ({target.unit})" if target.unit else ""
        cells = [target.what + unit, *figures, *ratios, _bounds(verdict), mark[verdict.kept]]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def _bounds(verdict: Verdict) -> str:
    target = verdict.target
    told = [f"≤ {target.to_home_assistant:.2g} × HA"] if target.to_home_assistant is not None else []
    told += [f"≥ {target.times_home_assistant:g} × HA"] if target.times_home_assistant is not None else []
    told += [f"≤ {target.to_limit:.3g} × limit"] if target.to_limit is not None else []
    told += [f"≤ {target.at_most:g} {target.unit}".rstrip()] if target.at_most is not None else []
    return ", ".join(told)


def document(report: dict[str, Any], verdicts: list[Verdict]) -> None:
    """Put the figures and the machine into docs/performance.md."""
    machine = next((hub["machine"] for hub in report["hubs"].values() if "machine" in hub), {})
    processor = f"{machine.get('cpu', 'an unknown processor')}, {machine.get('cores', '?')} cores"
    memory = f"{machine.get('mem_mib', '?')} MiB, Linux {machine.get('kernel', '?')}"
    about = f"{processor}, {memory}; client and linli on Python {machine.get('client_python', '?')}"
    text = DOCUMENT.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    figures = f"{BEGIN}\n{report['when']}; {about}.\n\n{table(verdicts)}\n{END}"
    DOCUMENT.write_text(before + figures + after, encoding="utf-8")


def failures(verdicts: list[Verdict], *, without_peer: bool) -> list[str]:
    """Why this run is not a success; empty when it is."""
    told = [f"missed: {v.target.what} ({v.target.figure})" for v in verdicts if v.kept is False]
    for verdict in verdicts:
        missing = [hub for hub in verdict.missing if not (without_peer and hub == "home_assistant")]
        if missing:
            told.append(f"not judged, no figure of {', '.join(missing)}: {verdict.target.what}")
    return told


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hubs", nargs="+", choices=HUBS, default=list(HUBS))
    parser.add_argument("--without-peer", action="store_true", help="do without a Home Assistant")
    parser.add_argument("--baseline", type=Path, help="report of an earlier run, for the hubs that are not measured")
    parser.add_argument("--out", type=Path, default=hubs.ROOT / ".make" / "bench.json", help="where the report goes")
    parser.add_argument("--document", action="store_true", help="write the table into docs/performance.md too")
    parser.add_argument("--quick", action="store_true", help="a tenth of the counts, one repeat")
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    if options.quick:
        options.scale, options.repeat = 0.1, 1
    return options


def main() -> int:
    """Measure, print the table, judge."""
    options = arguments()
    earlier = json.loads(options.baseline.read_text(encoding="utf-8")) if options.baseline else {"hubs": {}}
    report: dict[str, Any] = {"hubs": dict(earlier["hubs"])}
    hass = None if options.without_peer or "home_assistant" not in options.hubs else hubs.peer()
    if "home_assistant" in options.hubs and hass is None:
        print("No Home Assistant to compare with (HASS is not set, python3.13 is not found): ratios are missing.")
    if not hubs.has_hubmeter():
        print(f"No hubmeter at {hubs.HUBMETER}: only what is in process is measured.")
    with tempfile.TemporaryDirectory() as folder:
        for name in options.hubs:
            if name != "home_assistant" or hass is not None:
                print(f"# {name}", file=sys.stderr, flush=True)
                report["hubs"][name] = measured(name, hass, Path(folder), options)
    report["when"] = time.strftime("%Y-%m-%d", time.gmtime())
    report["settings"] = {"scale": options.scale, "repeat": options.repeat}
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(report, indent=1), encoding="utf-8")
    verdicts = [judged(target, report["hubs"]) for target in TARGETS]
    print(table(verdicts))
    if options.document:
        document(report, verdicts)
    if "linli" not in report["hubs"]:
        return 0
    told = failures(verdicts, without_peer=options.without_peer)
    print("\n".join(told) or "every target is kept")
    return int(bool(told))


if __name__ == "__main__":
    sys.exit(main())
