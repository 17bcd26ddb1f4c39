"""The doctor's examination of a notebook that will probably fail, prepared or begun beside the grading of it.

An examination belongs to a thread of its own, as a reference does. Nobody has to want its result: `close` ends it.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future

from grader.course.notebook import Notebook
from grader.doctor.examine import Examination, examine
from grader.kernels import Cancellation, KernelRequest, KernelSource


class Beside:
    """An examination: its first kernel is started at once, and the notebook is run there when `begin` was called."""

    def __init__(self, notebook: Notebook, source: KernelSource, request: KernelRequest) -> None:
        self.notebook = notebook
        self._begun = threading.Event()
        self._source, self._request = source, request
        self._cancellation = Cancellation()
        self._found: Future[Examination] = Future()
        self._thread = threading.Thread(target=self._examine, name=f"doctor beside {notebook.name}", daemon=True)
        self._thread.start()

    def begin(self) -> None:
        """Run the notebook in the kernel that is ready, or as soon as it is."""
        self._begun.set()

    def result(self) -> Examination:
        """Begin, and wait for the end. Raises what `examine` raises."""
        self.begin()
        return self._found.result()

    def close(self) -> None:
        """End its kernel, whatever it does."""
        self.cancel()
        self._thread.join()

    def cancel(self) -> None:
        """Have it end soon; from any thread."""
        self._cancellation.cancel()
        self._begun.set()

    def _examine(self) -> None:
        try:
            end, wait = self._cancellation, self._begun.wait
            found = examine(self.notebook, self._source, self._request, cancellation=end, ready=wait)
            self._found.set_result(found)
        except BaseException as error:
            self._found.set_exception(error)
