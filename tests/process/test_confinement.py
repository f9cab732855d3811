"""Programs without network, below the real `bwrap`."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from runner.errors import OutsideTrouble, ProgramMissing
from runner.process.confinement import find_confinement
from runner.process.run import Completed, run
from runner.process.stop import Stop, StopReason
from tests.support.needs import needs_program

CALL = "import socket, sys; socket.create_connection(('127.0.0.1', int(sys.argv[1])), 5)"
ENV = {"PATH": os.environ["PATH"], "HOME": "/nowhere", "ODD": "a b\n'c'"}


def confined(
    *argv: str, env: Mapping[str, str] = ENV, folder: Path = Path("/"), timeout_s: float = 30.0
) -> Completed:
    needs_program("bwrap")
    way = find_confinement(env)
    return run(way.argv(argv, env=env, cwd=folder), env=env, cwd=folder, timeout_s=timeout_s, sweep=True)


def program(folder: Path, text: str) -> dict[str, str]:
    """An environment in which `bwrap` is this shell script; the real one is `$REAL`."""
    path = folder / "bwrap"
    path.write_text(f"#!/bin/sh\n{text}")
    path.chmod(0o755)
    return ENV | {"PATH": f"{folder}:{ENV['PATH']}"}


def is_still(beat: Path) -> bool:
    """Whether nobody writes to the file any more."""
    size = beat.stat().st_size
    time.sleep(0.2)
    return beat.stat().st_size == size


def test_it_ends_with_the_program_s_own_code_and_words() -> None:
    done = confined("sh", "-c", "echo out; echo err >&2; exit 7")

    assert (done.exit_code, done.stdout, done.stderr) == (7, b"out\n", b"err\n")


def test_arguments_and_environment_arrive_as_they_are(tmp_path: Path) -> None:
    script = (
        "import os, sys; print(sys.argv[1:]); print(sorted(set(os.environ) - {'LC_CTYPE'}));"
        "print(os.environ['ODD'], os.getcwd())"
    )

    done = confined(sys.executable, "-S", "-c", script, "--flag", "a b", "--", "", folder=tmp_path)

    words, names, rest = done.stdout.decode().split("\n", 2)
    assert words == "['--flag', 'a b', '--', '']"
    assert names == f"{sorted([*ENV, 'PWD'])}"
    assert rest == f"{ENV['ODD']} {tmp_path}\n"


def test_nothing_of_the_network_outside_is_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])

        outside = run((sys.executable, "-c", CALL, port), env=ENV, timeout_s=30)
        inside = confined(sys.executable, "-c", CALL, port)

    assert outside.exit_code == 0
    assert inside.exit_code == 1
    assert b"refused" in inside.stderr


def test_no_other_way_out_is_there() -> None:
    devices = confined("cat", "/proc/net/dev").stdout.decode().splitlines()[2:]
    routes = confined("cat", "/proc/net/route").stdout.decode().splitlines()[1:]

    assert [line.split(":")[0].strip() for line in devices] == ["lo"]
    assert routes == []


def test_a_server_on_loopback_can_be_tested() -> None:
    script = (
        "import socket; s = socket.create_server(('127.0.0.1', 0));"
        "socket.create_connection(s.getsockname(), 5); print('reached')"
    )

    assert confined(sys.executable, "-c", script).stdout == b"reached\n"


def test_processes_outside_and_their_environment_are_not_seen() -> None:
    done = confined("sh", "-c", f"kill -0 {os.getpid()} || cat /proc/{os.getpid()}/environ")

    assert done.exit_code != 0
    assert done.stdout == b""


def test_files_are_the_same_ones(tmp_path: Path) -> None:
    confined("sh", "-c", "echo made > made", folder=tmp_path)

    assert (tmp_path / "made").read_text() == "made\n"
    assert (tmp_path / "made").stat().st_uid == os.getuid()


def test_nobody_survives_whatever_he_did_to_get_away(tmp_path: Path) -> None:
    beat = tmp_path / "beat"
    script = f"""
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.closerange(0, 64)
        os.execve("/bin/sh", ["sh", "-c", "while :; do echo x >> {beat}; sleep 0.02; done"], {{}})
    os._exit(0)
while not os.path.exists({str(beat)!r}):
    time.sleep(0.01)
"""

    done = confined(sys.executable, "-c", script)

    assert done.exit_code == 0
    assert is_still(beat)


def test_a_deadline_ends_it_with_all_it_started(tmp_path: Path) -> None:
    beat = tmp_path / "beat"
    line = f"(setsid sh -c 'while :; do echo x >> {beat}; sleep 0.02; done' &) ; sleep 60"

    done = confined("sh", "-c", line, timeout_s=0.5)

    assert done.timed_out
    assert is_still(beat)


def test_a_stop_lets_it_tidy_up(tmp_path: Path) -> None:
    needs_program("bwrap")
    stop = Stop()
    script = f"""
import signal, time
try:
    open({str(tmp_path / "began")!r}, "w").close()
    time.sleep(60)
except KeyboardInterrupt:
    time.sleep(0.2)
    open({str(tmp_path / "tidy")!r}, "w").close()
"""
    way = find_confinement(ENV)
    argv = way.argv((sys.executable, "-c", script), env=ENV, cwd=tmp_path)

    def stop_soon() -> None:
        while not (tmp_path / "began").exists():
            time.sleep(0.01)
        stop.set(StopReason.INTERRUPTED)

    thread = threading.Thread(target=stop_soon)
    thread.start()
    done = run(argv, env=ENV, cwd=tmp_path, timeout_s=30, stop=stop, sweep=True)
    thread.join()

    assert done.stopped
    assert (tmp_path / "tidy").exists()


def test_signals_are_as_a_program_expects_them() -> None:
    """Python ignores SIGPIPE, whoever started the tests may ignore more: what is started ignores none.

    Two signals below SIGRTMIN are the C library's own; no program can set them.
    """
    ignored = int(confined("sh", "-c", "grep SigIgn /proc/self/status").stdout.split()[1], 16)

    assert not [one for one in signal.valid_signals() if ignored & 1 << (one - 1)]


@pytest.mark.parametrize("setting", ["checks.network", "hooks.network"])
def test_without_bwrap_it_is_one_clear_line(tmp_path: Path, setting: str) -> None:
    with pytest.raises(
        ProgramMissing, match=f"^{setting} is false, .* bwrap, which was not found$"
    ) as caught:
        find_confinement({"PATH": str(tmp_path)}, setting=setting)

    assert caught.value.exit_code == 5
    assert caught.value.hint == f"install bubblewrap, or set {setting} to true"


def test_where_the_system_forbids_it_it_is_one_clear_line(tmp_path: Path) -> None:
    env = program(tmp_path, "echo 'bwrap: No permissions to create new namespace' >&2; exit 1\n")

    with pytest.raises(OutsideTrouble, match="bwrap: No permissions to create new namespace") as caught:
        find_confinement(env, setting="hooks.network")

    assert str(caught.value).startswith("hooks.network is false")
    assert "user namespaces" in caught.value.hint
    assert caught.value.hint.endswith("set hooks.network to true")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    ['while [ "$1" != -- ]; do shift; done; shift; exec "$@"\n', "exit 0\n"],
    ids=["runs it with network", "runs nothing"],
)
def test_a_bwrap_that_does_not_confine_is_not_believed(tmp_path: Path, text: str) -> None:
    with pytest.raises(OutsideTrouble, match="it made no network of its own"):
        find_confinement(program(tmp_path, text))


def test_where_proc_cannot_be_mounted_the_network_is_cut_all_the_same(tmp_path: Path) -> None:
    real = needs_program("bwrap")
    text = f'case " $* " in *" --proc "*) echo "bwrap: mount proc" >&2; exit 1;; esac\nexec {real} "$@"\n'
    env = program(tmp_path, text)

    way = find_confinement(env)

    assert "--proc" not in way.options
    assert "--unshare-net" in way.options


def test_a_program_that_is_missing_is_told_before_anything_is_started(tmp_path: Path) -> None:
    needs_program("bwrap")

    with pytest.raises(ProgramMissing, match="no-such was not found"):
        confined("no-such")


def test_a_file_that_is_no_program_is_told(tmp_path: Path) -> None:
    (tmp_path / "odd").write_bytes(b"\x7fELF nothing")
    (tmp_path / "odd").chmod(0o755)

    done = confined("./odd", folder=tmp_path)

    assert done.exit_code == 127
    assert done.stderr.startswith(b"./odd cannot be started: ")
