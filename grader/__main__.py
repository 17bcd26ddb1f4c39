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
        gc.freeze()  # the interpreter's last look for garbage would take longer than its exit
