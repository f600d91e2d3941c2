"""Whoever is stopped is told why and what to do, in a few words."""

import errno
import socket
import subprocess
import sys
from collections import namedtuple

import pytest

from tools.environment import __main__ as command_line
from tools.environment import apt, checks, process, python
from tools.environment.errors import SetupError

Usage = namedtuple("Usage", "total used free")


def test_taken_port_names_another(monkeypatch):
    with socket.socket() as other:
        other.bind((checks.HOST, 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(SetupError) as caught:
            checks.require_free_port(port)
    assert f"Port {port} is taken" in str(caught.value)
    assert "make demo PORT=" in str(caught.value)


def test_free_port_passes_also_just_after_use():
    port = checks.free_port()
    address = (checks.HOST, port)
    with socket.create_server(address) as server, socket.create_connection(address):
        server.accept()[0].close()
    checks.require_free_port(port)


@pytest.mark.parametrize("port", [70000, -1])
def test_impossible_port_is_explained(port):
    with pytest.raises(SetupError, match="cannot be used"):
        checks.require_free_port(port)


def test_full_disk_is_told_beforehand(tmp_path, monkeypatch):
    monkeypatch.setattr(checks.shutil, "disk_usage", lambda _folder: Usage(9e9, 6e9, 3e9))
    checks.require_space(tmp_path, 2)
    with pytest.raises(SetupError, match=r"needs about 4 GB of disk, .* has 3\.0 GB free"):
        checks.require_space(tmp_path, 4)


def test_missing_program_is_named():
    with pytest.raises(SetupError, match="It failed:\n.*no-such-program is missing"):
        process.run(["no-such-program"], failure="It failed:")


def test_failed_program_shows_the_end_of_its_output_and_the_advice():
    program = [sys.executable, "-c", "print('\\n'.join(map(str, range(99)))); raise SystemExit(3)"]
    with pytest.raises(SetupError) as caught:
        process.run(program, failure="It failed:", advice="Try again.")
    lines = str(caught.value).splitlines()
    assert lines[0] == "It failed:"
    assert [line.strip() for line in lines[1:-1]] == [str(number) for number in range(91, 99)]
    assert lines[-1] == "Try again."


def test_slow_program_shows_signs_of_life(monkeypatch, capsys):
    monkeypatch.setattr(process, "HEARTBEAT", 0.1)
    program = [sys.executable, "-c", "import time; time.sleep(0.5); print('end')"]
    assert process.run(program, failure="", progress=lambda: "7 MB") == "end\n"
    assert "... 7 MB, " in capsys.readouterr().err


@pytest.fixture
def no_rights(monkeypatch):
    monkeypatch.setattr(apt.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(apt.shutil, "which", lambda name: None if name == "sudo" else f"/{name}")


def test_without_rights_the_message_is_the_line_to_run(no_rights):
    with pytest.raises(SetupError) as caught:
        apt.install(["postgresql"], "The PostgreSQL server")
    message = str(caught.value)
    assert message.startswith("The PostgreSQL server is missing")
    assert "su -c 'apt-get update && apt-get install -y postgresql'" in message


def test_sudo_that_asks_for_a_password_is_left_to_the_user(no_rights, monkeypatch):
    monkeypatch.setattr(apt.shutil, "which", lambda name: f"/usr/bin/{name}")
    refusal = subprocess.CompletedProcess([], 1)
    monkeypatch.setattr(apt.subprocess, "run", lambda *_args, **_options: refusal)
    with pytest.raises(SetupError, match="sudo apt-get update && sudo apt-get install -y chromium"):
        apt.install(["chromium"], "Chromium")


@pytest.mark.parametrize(("failures", "runs"), [(0, 1), (1, 3)])
def test_lists_are_refreshed_only_when_needed(monkeypatch, failures, runs):
    calls = []

    def run(command, **_options):
        calls.append(command)
        if len(calls) <= failures:
            raise SetupError("Unable to locate package")

    monkeypatch.setattr(apt, "_privilege", list)
    monkeypatch.setattr(apt.shutil, "which", lambda name: f"/{name}")
    monkeypatch.setattr(apt, "run", run)
    apt.install(["postgresql"], "The PostgreSQL server")
    assert len(calls) == runs
    assert calls[-1][-1] == "postgresql"


@pytest.mark.parametrize(
    ("version", "supported"),
    [((3, 9), False), ((3, 10), True), ((3, 13), True), ((3, 14), False)],
)
def test_supported_pythons(version, supported):
    assert python.is_supported(version) is supported


def test_no_fitting_python_is_explained(monkeypatch):
    monkeypatch.setattr(python, "is_supported", lambda _version: False)
    monkeypatch.setattr(python.shutil, "which", lambda _name: None)
    with pytest.raises(SetupError, match=r"Python 3\.10 to 3\.13.*\n.*make env PYTHON="):
        python.find_interpreter()


def test_registry_settings_of_pip_are_handed_to_uv(monkeypatch):
    for name in ("UV_DEFAULT_INDEX", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)
    listed = (
        "global.cert='/etc/ssl/own.pem'\n"
        "global.index-url='https://mirror.example/simple?a=b'\n"
        "global.find-links='/opt/wheels'\n"
    )
    assert python.registry_settings(listed) == {
        "SSL_CERT_FILE": "/etc/ssl/own.pem",
        "UV_DEFAULT_INDEX": "https://mirror.example/simple?a=b",
    }
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://own.example/simple")
    assert "UV_DEFAULT_INDEX" not in python.registry_settings(listed)


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (SetupError("Do this."), 1, "Do this."),
        (OSError(errno.ENOSPC, "No space left on device"), 1, "No space left on device"),
        (KeyboardInterrupt(), 130, "Interrupted. Run the same command again"),
    ],
)
def test_nobody_sees_a_traceback(monkeypatch, capsys, error, code, words):
    def fail(*_arguments):
        raise error

    monkeypatch.setattr(command_line, "_run", fail)
    monkeypatch.setattr(command_line.signal, "signal", lambda *_arguments: None)
    assert command_line.main(["env"]) == code
    shown = capsys.readouterr().err
    assert words in shown
    assert "Traceback" not in shown
