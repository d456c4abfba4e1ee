"""Compiled code (numba): imported by `fit`, never by a serving process."""
