"""python -m grader"""

import gc

from grader.cli import main

if __name__ == "__main__":
    try:
        main()
    finally:
        gc.freeze()  # the interpreter's last look for garbage would take longer than its exit
