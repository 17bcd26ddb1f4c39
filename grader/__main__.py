"""Where `python -m grader` and the installed command `gradient-clinic` start."""

import gc
import sys
from typing import NoReturn


def main() -> NoReturn:
    try:
        from grader.resident import client

        code = client.run(sys.argv[1:])
        if code is not None:
            sys.exit(code)
        here()
    except KeyboardInterrupt:  # while something was being imported
        sys.exit(130)


def here() -> NoReturn:
    """Run the command in this process."""
    try:
        from grader.cli import main
        from grader.resident.client import WITHOUT

        main([word for word in sys.argv[1:] if word != WITHOUT])  # which may stand anywhere
    except KeyboardInterrupt:  # while that was being imported
        sys.exit(130)
    finally:
        # When an interrupt passed through exec() of a string (dataclasses does that), Python ends by the signal and not
        # with our 130, although the interrupt was handled. Another exec() makes it forget.
        exec("")
        gc.freeze()  # the interpreter's last garbage collection would take longer than its exit


def serve(listener: int, folder: int) -> None:
    """Be the resident grader, and in each of its forks the command that was typed."""
    from grader.resident import server

    command = server.serve(listener, folder)
    if command is not None:
        command.run(here)


if __name__ == "__main__":
    main()
