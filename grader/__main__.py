"""Where `python -m grader` and the installed command `gradient-clinic` start."""

import gc
import sys
from typing import NoReturn


def main() -> NoReturn:
    try:
        from grader.cli import main

        main()
    except KeyboardInterrupt:  # while that was being imported
        sys.exit(130)
    finally:
        # When an interrupt passed through exec() of a string (dataclasses does that), Python ends by the signal and not
        # with our 130, although the interrupt was handled. Another exec() makes it forget.
        exec("")
        gc.freeze()  # the interpreter's last garbage collection would take longer than its exit


if __name__ == "__main__":
    main()
