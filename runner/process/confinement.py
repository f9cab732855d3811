"""Running a program without network: below `bwrap`, in a network of its own that leads nowhere (Linux).

Folders can be read-only for it at the same time.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from runner.errors import OutsideTrouble, ProgramMissing
from runner.process.launch import ISOLATED
from runner.process.program import find_program
from runner.process.run import Completed, run

PROOF_S = 20.0
HINT = "install bubblewrap, or set {setting} to true"
NOT_ALLOWED = (
    "the system does not let this user make a network of its own (user namespaces are switched off, or a container's"
    " rules forbid them): have that allowed, or set {setting} to true"
)

_NETWORK = Path("/proc/self/ns/net")
_APART = (
    *("--dev-bind", "/", "/", "--unshare-net", "--die-with-parent"),
    # Only root has these in there, and could walk out with them.
    *("--cap-drop", "CAP_SYS_ADMIN", "--cap-drop", "CAP_SYS_PTRACE"),
)
_WAYS = ((*_APART, "--unshare-pid", "--proc", "/proc"), _APART)
"""Best first: who cannot see the processes outside cannot read their environment, nor borrow their network. In a
container /proc can often not be mounted anew."""

# bwrap itself would die of the first polite signal and take the program along, before that could tidy up: it does
# not hear it, the program does. Python leaves its traces on signals and locale, and they are wiped off again.
_OUTER = """\
import os, signal as s, sys
for n in (s.SIGINT, s.SIGTERM):
    s.signal(n, s.SIG_IGN)
os.execv(sys.argv[1], sys.argv[1:])
"""
_INNER = """\
import os, signal as s, sys
for n in (s.SIGINT, s.SIGTERM, s.SIGPIPE, s.SIGXFSZ):
    s.signal(n, s.SIG_DFL)
os.environ.pop("LC_CTYPE", None)
if sys.argv[1]:
    os.environ["LC_CTYPE"] = sys.argv[1]
try:
    os.execv(sys.argv[2], sys.argv[3:])
except OSError as error:
    sys.stderr.write(f"{sys.argv[3]} cannot be started: {error.strerror}\\n")
    os._exit(127)
"""
_PROOF = """\
import os, socket
print(os.readlink("/proc/self/ns/net"))
with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname(), 5):
    print("loopback")
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confinement:
    """A way to run programs without network that was seen to work on this machine. Loopback is there."""

    bwrap: str
    options: tuple[str, ...]
    read_only: tuple[Path, ...] = ()
    """Folders that cannot be written to inside, with all below."""
    writable: tuple[Path, ...] = ()
    """Folders that can be all the same, if they lie in those."""

    def argv(self, argv: Sequence[str], *, env: Mapping[str, str], cwd: Path | None) -> tuple[str, ...]:
        """What to start in the place of `argv`, with the same environment and folder; it ends with the same code.

        The folder can be written to, unless all of it is in `read_only`. Deadline, stop and sweep reach what runs in
        there as they reach anybody.

        Raises:
            ProgramMissing: `argv[0]` is not found or not executable.
        """
        program = find_program(argv[0], env, cwd)
        inside = (*ISOLATED, "-c", _INNER, env.get("LC_CTYPE", ""), program, *argv)
        bound = mounts(self.read_only, (*self.writable, *((cwd,) if cwd else ())))
        return (*ISOLATED, "-c", _OUTER, self.bwrap, *self.options, *bound, "--", *inside)


def mounts(read_only: Sequence[Path], writable: Sequence[Path]) -> tuple[str, ...]:
    """The options for folders: the outermost of `read_only` is locked, then what is `writable` in it is opened again.

    What is `writable` but holds something of `read_only` stays locked. Folders that are not there do no harm.
    """
    closed = tuple(dict.fromkeys(path.resolve() for path in read_only))
    inside = (path.resolve() for path in writable)
    opened = tuple(
        path
        for path in dict.fromkeys(inside)
        if any(path.is_relative_to(folder) for folder in closed)
        and not any(folder.is_relative_to(path) for folder in closed)
    )
    locked = (("--ro-bind-try", str(path), str(path)) for path in sorted(closed))
    again = (("--bind-try", str(path), str(path)) for path in sorted(opened))
    return tuple(word for option in (*locked, *again) for word in option)


def find_confinement(
    env: Mapping[str, str],
    *,
    setting: str = "checks.network",
    read_only: Sequence[Path] = (),
    writable: Sequence[Path] = (),
) -> Confinement:
    """The best way that works here, proved by a program that is run in it; folders are as in `Confinement`.

    `setting` is what wants it, and what errors name.

    Raises:
        ProgramMissing: there is no `bwrap`.
        OutsideTrouble: it is there, but may not or cannot do it.
    """
    try:
        bwrap = find_program("bwrap", env)
    except ProgramMissing as missing:
        raise ProgramMissing(
            f"{setting} is false, and without network they need bwrap, which was not found",
            hint=HINT.format(setting=setting),
        ) from missing
    words = ""
    for options in _WAYS:
        way = Confinement(bwrap=bwrap, options=options, read_only=tuple(read_only), writable=tuple(writable))
        proof = _prove(way, env)
        if _is_proof(proof):
            return way
        said = proof.stderr.decode(errors="replace").strip()
        words = said.split("\n")[-1] or "it made no network of its own"
    raise OutsideTrouble(
        f"{setting} is false, but bwrap cannot run them without network: {words}",
        hint=NOT_ALLOWED.format(setting=setting),
    )


def _prove(way: Confinement, env: Mapping[str, str]) -> Completed:
    argv = way.argv((sys.executable, "-I", "-S", "-c", _PROOF), env=env, cwd=None)
    return run(argv, env=env, cwd=Path("/"), timeout_s=PROOF_S)


def _is_proof(proof: Completed) -> bool:
    """Whether it ran in another network than ours, with a loopback."""
    network, _, rest = proof.stdout.decode(errors="replace").partition("\n")
    # Some other program of that name may just have run it as it is.
    apart = bool(network) and network != str(_NETWORK.readlink())
    return proof.exit_code == 0 and apart and rest == "loopback\n"
