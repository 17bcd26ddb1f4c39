"""Attacks on the grader's own machinery: its messages, its supervisor, the kernels beside, and what is left behind."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from jupyter_client.session import Session

from grader.kernels import KernelSource

from ..conftest import wait_until
from ..kernels.conftest import need_walls
from ..kernels.notebooks import run
from .conftest import bearing

pytestmark = [pytest.mark.kernel, pytest.mark.sandbox]


@pytest.fixture(params=["warm", "walled"])
def source(request: pytest.FixtureRequest) -> KernelSource:
    found: KernelSource = request.getfixturevalue(request.param)
    return found


# --- messages ----------------------------------------------------------------------------------------------------

FORGE = """
import json
kernel = get_ipython().kernel
pub, session = kernel.iopub_socket, kernel.session
parent = kernel.get_parent()
def frames(content, kind="stream", parent=parent):
    return session.serialize(session.msg(kind, content=content, parent=parent))
"""
RAW = "; pub.send_multipart([b'x', b'<IDS|MSG>', session.sign(p), *p])"
FORGERIES = {
    "a bad signature": (
        "f = frames({'name': 'stdout', 'text': 'forged'})\nf[1] = b'0' * 64\npub.send_multipart([b'stream', *f])"
    ),
    "a message sent twice": (
        "f = frames({'name': 'stdout', 'text': ''})\nfor i in 'ab': pub.send_multipart([b'stream', *f])"
    ),
    "no delimiter": "pub.send_multipart([b'a', b'b'])",
    "no JSON": "p = [b'{'] * 4" + RAW,
    "JSON of another shape": "p = [b'[]', b'3', b'null', b'7']" + RAW,
    "JSON nested too deep": "p = [b'{}', b'{}', b'{}', b'[' * 100_000]" + RAW,
    "a pickle": "import pickle; p = [pickle.dumps({})] * 4" + RAW,
    "a message of nobody's": "pub.send_multipart([b's', *frames({'name': 'stdout', 'text': 'forged'}, parent={})])",
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_forged_messages_are_as_if_never_sent(forgery: str, source: KernelSource) -> None:
    outcome = run(source, FORGE + FORGERIES[forgery], "print('next')")
    assert outcome.ending == "completed"
    assert outcome.text == "next\n"


def test_a_plain_client_would_have_raised() -> None:
    """The positive control: what is dropped here ends a stock client with a raw ValueError."""
    ours, theirs = Session(key=b"a"), Session(key=b"b")
    frames = theirs.serialize(theirs.msg("stream", content={"name": "stdout", "text": "forged"}))
    with pytest.raises(ValueError, match="Invalid Signature"):
        ours.deserialize(ours.feed_identities(frames)[1])


@pytest.mark.timing
def test_an_enormous_reply_ends_the_kernel(source: KernelSource) -> None:
    page = "{'source': 'page', 'data': {'text/plain': 'x' * 100_000_000}}"
    outcome = run(source, f"get_ipython().payload_manager.write_payload({page})")
    assert outcome.seconds < 10
    assert outcome.ending == "died"
    assert outcome.limit is not None
    assert outcome.limit.name == "output"


# --- the supervisor and the kernels beside ---------------------------------------------------------------------------

SUPERVISOR = {  # on process PID, which is 1 where the notebook runs
    "kill it": "os.kill(PID, 9)",
    "stop it": "os.kill(PID, 19)",
    "every signal": "for s in range(1, 65):\n    try: os.kill(PID, s)\n    except OSError: pass",
    "kill all": "os.fork() or [os.setsid(), os.kill(-1, 19)]",
    "limit its files": "libc.prlimit(PID, 7, struct.pack('QQ', 0, 0), None)",
    "limit its time": "libc.prlimit(PID, 0, struct.pack('QQ', 1, 1), None)",
    "make it nice": "os.setpriority(os.PRIO_PROCESS, PID, 19)",
    "make all nice": "os.setpriority(os.PRIO_USER, os.getuid(), 19)",
    "make it idle": "os.sched_setscheduler(PID, os.SCHED_IDLE, os.sched_param(0))",
    "write its memory": "open('/proc/PID/mem', 'r+b', 0); print('open')",
    "take its descriptors": "os.listdir('/proc/PID/fd'); print('open')",
    "hide the room": "libc.mount(b'tmpfs', b'/proc', b'tmpfs', 0, None)",
}
EAT = "\nkept = []\nfor i in range(1500): kept.append(bytearray(2**20))\nprint('through')"


def attacking(attack: str, pid: int) -> str:
    code = SUPERVISOR[attack].replace("PID", str(pid))
    return f"import ctypes, os, struct\nlibc = ctypes.CDLL(None)\ntry:\n  {code}\nexcept OSError: pass"


@pytest.mark.timing
@pytest.mark.parametrize("attack", SUPERVISOR)
def test_the_watchdog_still_bites(attack: str, source: KernelSource) -> None:
    outcome = run(source, attacking(attack, 1) + EAT, memory=700, wall=15)
    assert "through" not in outcome.text
    assert outcome.ending == "died"
    assert outcome.seconds < 12 or attack == "kill all"  # which also stops the notebook itself


Look = Callable[[psutil.Process, str], bool]  # at the attacked process, and at what the attacker printed
HARMED: dict[str, Look] = {  # what shows that an attack on an ordinary process went through
    "kill it": lambda decoy, _: decoy.status() == psutil.STATUS_ZOMBIE,
    "stop it": lambda decoy, _: decoy.status() == psutil.STATUS_STOPPED,
    "every signal": lambda decoy, _: decoy.status() == psutil.STATUS_ZOMBIE,
    "limit its files": lambda decoy, _: decoy.rlimit(psutil.RLIMIT_NOFILE) == (0, 0),
    "limit its time": lambda decoy, _: decoy.rlimit(psutil.RLIMIT_CPU) == (1, 1),
    "make it nice": lambda decoy, _: decoy.nice() == 19,
    "make it idle": lambda decoy, _: os.sched_getscheduler(decoy.pid) == os.SCHED_IDLE,
    "write its memory": lambda _, text: "open" in text,
    "take its descriptors": lambda _, text: "open" in text,
}


@pytest.mark.parametrize("attack", HARMED)
def test_on_a_process_outside_of_walls_the_attack_goes_through(attack: str, open_warm: KernelSource) -> None:
    """The positive control: a decoy of the same user, and a kernel in the open."""
    with subprocess.Popen(["sleep", "60"]) as decoy:
        try:
            outcome = run(open_warm, attacking(attack, decoy.pid))
            assert outcome.ending == "completed"
            assert HARMED[attack](psutil.Process(decoy.pid), outcome.text)
        finally:
            decoy.kill()


HARMED_INSIDE: dict[str, Look] = {  # of those that would harm the machine on which the tests run
    "kill all": lambda decoy, _: decoy.status() == psutil.STATUS_STOPPED,
    "make all nice": lambda decoy, _: decoy.nice() == 19,
    "hide the room": lambda _, text: text == "[]\n",
}


@pytest.mark.parametrize("attack", HARMED_INSIDE)
def test_beside_an_unprotected_decoy_the_attack_goes_through(attack: str) -> None:
    """The positive control: the attacker has every right, but in namespaces that hold nothing but the decoy."""
    need_walls()
    code = f"{attacking(attack, 0)}\nprint(os.listdir('/proc') if {attack == 'hide the room'} else 'done', flush=True)"
    user = [] if os.geteuid() == 0 else ["--unshare-user"]
    around = ["bwrap", *user, "--unshare-pid", "--dev-bind", "/", "/", "--proc", "/proc", "--cap-add", "ALL"]
    inside = ["sh", "-c", 'sleep 60 & "$@"; wait', "sh", sys.executable, "-c", code]
    with subprocess.Popen([*around, "--die-with-parent", *inside], stdout=subprocess.PIPE, text=True) as attacker:
        assert attacker.stdout is not None
        try:
            text = "" if attack == "kill all" else attacker.stdout.readline()
            wait_until(lambda: decoys(attacker.pid))
            (decoy,) = decoys(attacker.pid)
            wait_until(lambda: HARMED_INSIDE[attack](decoy, text))
        finally:
            attacker.kill()


def decoys(attacker: int) -> list[psutil.Process]:
    return [process for process in psutil.Process(attacker).children(recursive=True) if process.name() == "sleep"]


NASTY = (
    "import os\nos.fork()\nos.kill(-1, 9)\nos.kill(os.getpid(), 9)",
    "kept = []\nwhile True: kept.append(bytearray(2**24))",
    "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass",
    "import os\nos.abort()",
    "for i in range(10**7): print('x' * 1000)",
)


def test_a_kernel_beside_it_does_not_notice(warm: KernelSource) -> None:
    stop, seen = threading.Event(), []

    def neighbour() -> None:
        while not stop.is_set():
            seen.append(run(warm, "total = sum(i * i for i in range(200_000))", "print(total)"))

    thread = threading.Thread(target=neighbour)
    thread.start()
    try:
        for code in NASTY:
            assert run(warm, code, memory=900, processes=60, wall=4, output=2).ending == "died"
    finally:
        stop.set()
        thread.join()
    assert seen
    assert {outcome.text for outcome in seen} == {"2666646666700000\n"}


# --- what is left ------------------------------------------------------------------------------------------------

LEAVE = """
import os, subprocess, sys
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)", MARKER], start_new_session=True)
        stubborn = "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(300)"
        os.execv(sys.executable, [sys.executable, "-c", stubborn, MARKER])
    os._exit(0)
os.wait()
import time; time.sleep(1)
"""


@pytest.mark.parametrize("name", ["warm", "walled", "open_warm", "cold"])
def test_nothing_that_it_starts_survives(name: str, marker: str, request: pytest.FixtureRequest) -> None:
    code = LEAVE.replace("MARKER", repr(marker))
    run(request.getfixturevalue(name), code)
    wait_until(lambda: not bearing(marker), 2)


def test_what_it_starts_would_survive_without_a_supervisor(marker: str) -> None:
    subprocess.run([sys.executable, "-c", LEAVE.replace("MARKER", repr(marker))], check=True, timeout=30)
    assert bearing(marker)


@pytest.mark.parametrize("name", ["warm", "walled", "open_warm", "cold"])
def test_a_link_out_of_the_work_folder_leads_nowhere(name: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """When the work folder is removed, what its links point at stays."""
    (tmp_path / "precious").write_text("kept")
    link = f"import os\nos.symlink({str(tmp_path)!r}, 'link')\n"
    link += "os.mkdir('locked')\nos.symlink('/', 'locked/x')\nos.chmod('locked', 0)"
    assert run(request.getfixturevalue(name), link).ending == "completed"
    assert (tmp_path / "precious").read_text() == "kept"
