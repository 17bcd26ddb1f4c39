"""python -m grader"""

import gc
import sys

if __name__ == "__main__":
    try:
        from grader.cli import main

        main()
    except KeyboardInterrupt:  # before `main` could see to it
        sys.exit(130)
    finally:
        # Python ends by the signal, not with our 130, when an interrupt passed through the exec of a text, as one of
        # dataclasses, although it was seen to; the next exec has it forget that.
        exec("")
        gc.freeze()  # the interpreter's last look for garbage would take longer than its exit
