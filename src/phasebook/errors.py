"""Errors that callers may want to catch; every other wrong input is a plain `ValueError`."""


class PhasebookError(Exception):
    """Base of Phasebook's own errors."""


class NotConverged(PhasebookError, RuntimeError):
    """A solver stopped before its residual met the tolerance; the message says what to try."""


class Explained(SystemExit):
    """The end of the program after a sentence that says why."""
