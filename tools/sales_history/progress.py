"""A progress bar that needs nothing but a text stream."""

import time

WIDTH = 30


class Progress:
    """Shows how much of a known total is done.

    On a terminal the bar redraws itself; elsewhere (a log file) there is a line per tenth.

    :param str label: what is counted
    :param int total: how many there are
    :param stream: text stream to write on
    :param clock: function giving seconds
    """

    def __init__(self, label, total, stream, clock=time.monotonic):
        self._label = label
        self._total = total
        self._stream = stream
        self._clock = clock
        self._start = clock()
        self._done = 0
        self._tenth = 0
        self._redraws = stream.isatty()

    def advance(self, count):
        """Count ``count`` more as done."""
        self._done += count
        if self._redraws:
            end = "\n" if self._done >= self._total else ""
            self._stream.write(f"\r{self._bar()}{end}")
        elif self._done * 10 // self._total > self._tenth:
            self._tenth = self._done * 10 // self._total
            self._stream.write(f"{self._text()}\n")
        self._stream.flush()

    def _bar(self):
        filled = WIDTH * self._done // self._total
        return f"[{'#' * filled}{'.' * (WIDTH - filled)}] {self._text()}   "

    def _text(self):
        seconds = self._clock() - self._start
        left = seconds * (self._total - self._done) / self._done
        percent = 100 * self._done // self._total
        return f"{self._label} {self._done:,} of {self._total:,} ({percent} %), {left:,.0f} s left"
