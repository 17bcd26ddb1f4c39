"""Runs cells in a real IPython shell of this process, with or without the recorder, and prints what came out.

python drive.py on|off < cells.json     ->  {"recorded": ..., "answer": value of the global `answer`, "seconds": ...}
"""

import json
import sys
import time

from IPython.core.interactiveshell import InteractiveShell

from grader.inside import RECORDER, call, installation, wire


def main() -> None:
    cells = json.load(sys.stdin)
    shell = InteractiveShell.instance()
    recording = sys.argv[1] == "on"
    if recording:
        shell.run_cell(f"{installation(RECORDER)}; {call('session.start', 'cpu')}", silent=True, store_history=False)
    else:
        shell.run_cell("import tensorflow", silent=True, store_history=False)
    seconds = []
    for cell in cells:
        begun = time.perf_counter()
        result = shell.run_cell(cell, store_history=True)
        seconds.append(time.perf_counter() - begun)
        result.raise_error()
    recorded = sys.modules["_gradient_clinic.session"].recorded() if recording else wire.pack([])
    sys.stdout.write(
        "\n@@"
        + wire.encode(
            {
                "recorded": wire.unpack(recorded),
                "answer": shell.user_ns.get("answer"),
                "seconds": seconds,
            }
        )
        + "\n"
    )


main()
