"""Attacks on what a notebook must not reach. Each prints BREACH when it succeeds.

Each is run three times: in a forked kernel behind walls and in a sandbox of its own, where it must fail, and in a
kernel in the open, where it must succeed on a decoy: an attack that never works shows nothing.
"""

from __future__ import annotations

import os
import socket
import textwrap
from pathlib import Path

import pytest

from grader.kernels import KernelSource

from ..kernels.notebooks import run
from .conftest import Decoys

pytestmark = [pytest.mark.kernel, pytest.mark.sandbox]

ATTACKS = {
    "read the spec": """
        print("BREACH" if open(file).read() == secret else "")
    """,
    "read the spec through the root of another process": """
        import os
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                if open(f"/proc/{pid}/root{file}").read() == secret: print("BREACH")
            except OSError: pass
    """,
    "read the environment of other processes": """
        import os
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                if secret in open(f"/proc/{pid}/environ").read(): print("BREACH")
            except OSError: pass
    """,
    "see other processes": """
        import os
        print("BREACH" if str(process) in os.listdir("/proc") and process > 100 else "")
    """,
    "signal other processes": """
        import os
        os.kill(process, 0); print("BREACH")
    """,
    "read the memory of other processes": """
        import os, re
        needle = ("kept-" + secret).encode()
        for pid in filter(str.isdigit, os.listdir("/proc")):
            if int(pid) == os.getpid(): continue
            try:
                with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
                    if pid != "1" and int(pid) != process: continue
                    for line in maps:
                        first, last = (int(x, 16) for x in line.split()[0].split("-"))
                        if "rw" not in line: continue
                        memory.seek(first)
                        if needle in memory.read(last - first): print("BREACH")
            except (OSError, ValueError, OverflowError): pass
    """,
    "reach 127.0.0.1": """
        import socket
        socket.create_connection(("127.0.0.1", tcp), 2); print("BREACH")
    """,
    "reach the network": """
        import socket
        socket.create_connection((address, tcp), 2); print("BREACH")
    """,
    "reach a unix socket": """
        import socket
        socket.socket(socket.AF_UNIX).connect(unix); print("BREACH")
    """,
    "reach an abstract unix socket": """
        import socket
        socket.socket(socket.AF_UNIX).connect("\\0" + abstract); print("BREACH")
    """,
    "write outside the work folder": """
        import os, sys
        places = ["/", "/usr", "/etc", "/proc/sys/kernel", "/sys", "/dev", sys.prefix, os.path.dirname(os.__file__)]
        for place in [folder] if os.path.exists(folder) else places:  # in the open only the decoy
            try: open(place + "/planted", "w").close()
            except OSError: continue
            print("BREACH")
    """,
    "trace a process": """
        import ctypes, os, time
        child = os.fork()
        if child == 0: time.sleep(5); os._exit(0)
        if ctypes.CDLL(None).ptrace(16, child, 0, 0) == 0: print("BREACH")
        os.kill(child, 9)
    """,
    "make namespaces and mount": """
        import ctypes, os
        libc = ctypes.CDLL(None)
        child = os.fork()
        if child == 0:
            made = libc.unshare(0x10000000 | 0x20000)
            os._exit(0 if made == 0 and libc.mount(b"none", b"/", None, 0x44000, None) == 0 else 1)
        if os.waitpid(child, 0)[1] == 0: print("BREACH")
    """,
    "a system call that the filter denies": """
        import os
        os.close(os.memfd_create("hidden")); print("BREACH")
    """,
    "a socket to the host of a virtual machine": """
        import socket
        socket.socket(40, socket.SOCK_STREAM); print("BREACH")
    """,
    "keep capabilities or gain them": """
        status = dict(line.split(":", 1) for line in open("/proc/self/status"))
        held = [int(status[name], 16) for name in ("CapEff", "CapPrm", "CapInh", "CapAmb")]
        if any(held) or int(status["NoNewPrivs"]) == 0 or int(status["Seccomp"]) != 2: print("BREACH")
    """,
    "be root": """
        import os
        if 0 in (os.getuid(), os.geteuid(), os.getgid(), *os.getgroups()): print("BREACH")
    """,
    "see the grader's files": """
        import importlib.util, os, sys
        seen = importlib.util.find_spec("grader.kernels") if importlib.util.find_spec("grader") else None
        if seen or any(p.startswith("/proc") for p in sys.path) or os.path.exists(repository): print("BREACH")
    """,
}


def has_vsock() -> bool:
    try:
        socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM).close()
    except OSError:
        return False
    return True


def code(attack: str, decoys: Decoys) -> str:
    facts = {
        "secret": decoys.secret,
        "folder": str(decoys.folder),
        "file": str(decoys.file),
        "process": decoys.process,
        "tcp": decoys.tcp,
        "address": decoys.address or "192.0.2.1",
        "unix": decoys.unix,
        "abstract": decoys.abstract,
        "repository": str(Path(__file__).parents[2] / "grader"),
    }
    lines = "\n".join(f"{name} = {value!r}" for name, value in facts.items())
    body = textwrap.indent(textwrap.dedent(ATTACKS[attack]), "    ")
    return f"{lines}\ntry:\n{body}\nexcept OSError as error: print(type(error))"


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("source", ["warm", "walled"])
def test_behind_walls_it_fails(attack: str, source: str, decoys: Decoys, request: pytest.FixtureRequest) -> None:
    outcome = run(request.getfixturevalue(source), code(attack, decoys))
    assert outcome.ending == "completed", outcome
    assert "BREACH" not in outcome.text


@pytest.mark.parametrize("attack", ATTACKS)
def test_in_the_open_it_succeeds(attack: str, decoys: Decoys, open_warm: KernelSource) -> None:
    if attack == "reach the network" and not decoys.address:
        pytest.skip("this machine has no address but that of itself")
    if attack == "a socket to the host of a virtual machine" and not has_vsock():
        pytest.skip("this system has no sockets to a virtual machine's host")
    if os.geteuid() != 0 and attack in ("be root", "read the memory of other processes"):
        pytest.skip("an ordinary user is not root, and Yama may keep one from the memory of one's own processes")
    assert "BREACH" in run(open_warm, code(attack, decoys)).text
