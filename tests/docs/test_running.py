"""The unit and the container file name only what the command line has."""

import http.server
import re
import shlex
import shutil
import ssl
import subprocess
import sys
import threading
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

RUNNING = Path(__file__).parents[2] / "docs" / "running"


def commands() -> dict[str, list[str]]:
    unit = (RUNNING / "linli.service").read_text()
    container = (RUNNING / "Containerfile").read_text()
    started = re.search(r"^ENTRYPOINT (\[.*\])$", container, re.MULTILINE)
    return {"unit": shlex.split(re.search(r"^ExecStart=(.*)$", unit, re.MULTILINE)[1]), "container": eval(started[1])}


@pytest.mark.parametrize("name", ["unit", "container"])
def test_the_command_has_these_options(name):
    program, command, *arguments = commands()[name]
    assert (Path(program).name, command) == ("linli", "run")
    linli = Path(sys.executable).parent / "linli"
    said = subprocess.run([linli, "run", "--help"], capture_output=True, text=True, check=True).stdout
    for option in (argument for argument in arguments if argument.startswith("--")):
        assert option in said


def test_systemd_waits_longer_for_the_parent_than_the_parent_for_the_hub():
    from linli.process.parent import Timings

    unit = (RUNNING / "linli.service").read_text()
    assert int(re.search(r"^TimeoutStopSec=(\d+)$", unit, re.MULTILINE)[1]) > Timings().stop


def test_systemd_finds_no_fault_with_the_unit(tmp_path):
    analyse = shutil.which("systemd-analyze")
    if analyse is None:
        pytest.skip("systemd-analyze is missing")
    linli = str(Path(sys.executable).parent / "linli")
    unit = tmp_path / "linli.service"
    unit.write_text((RUNNING / "linli.service").read_text().replace("/opt/linli/bin/linli", linli))
    said = subprocess.run([analyse, "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False)
    assert (said.returncode, said.stderr) == (0, "")


def test_the_container_is_built_of_what_is_there_and_of_no_deployment():
    root = RUNNING.parents[1]
    copied = re.findall(r"^COPY (.*) \S+$", (RUNNING / "Containerfile").read_text(), re.MULTILINE)
    names = [name for line in copied for name in line.split()]
    assert [name for name in names if not (root / name).exists()] == []
    assert "." not in names
    wheel = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert {name.partition("/")[0] for name in wheel["only-include"]} <= set(names)


@pytest.mark.parametrize("tls", [False, True], ids=["in clear", "with TLS"])
def test_a_container_knows_whether_its_hub_answers(tmp_path, tls):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path == "/api/linli/health" else 404)
            self.end_headers()

        def log_message(self, *arguments):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self_signed(tmp_path))
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"127.0.0.1:{server.server_address[1]}/api/linli/health"
    command = [sys.executable, str(RUNNING / "healthy.py"), address]
    assert subprocess.run(command, check=False).returncode == 0
    server.shutdown()
    server.server_close()
    assert subprocess.run(command, check=False).returncode == 1


def self_signed(folder):
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "hub.example.org")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1)).sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = serialization.Encoding.PEM
    (folder / "hub.pem").write_bytes(certificate.public_bytes(pem))
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "hub.key").write_bytes(private)
    return folder / "hub.pem", folder / "hub.key"
