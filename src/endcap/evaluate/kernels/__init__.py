"""Compiled loops (numba): imported by the functions that need them, never by a serving process."""
