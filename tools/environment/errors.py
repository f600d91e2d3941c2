"""The one error that is shown to the person at the terminal."""


class SetupError(Exception):
    """What stopped the work and what to do about it, in words, without a traceback."""
