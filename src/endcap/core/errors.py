"""Everything endcap can explain to a person, in one small tree.

Each text says what was found, what was expected and what there is, and names the place (file, line, field).
"""


class EndcapError(Exception):
    """Something a person can put right; the command line prints its text alone, without a stack trace."""


class BadConfig(EndcapError):
    """The settings file says something that cannot be."""


class UnknownPart(BadConfig):
    """No part has the name that was given."""


class BadData(EndcapError):
    """A file or table is not what the source expects."""


class BadBundle(EndcapError):
    """A saved folder is damaged, unfinished or of another version."""


class Refused(BadBundle):
    """The gate does not let a bundle be released; what is served stays what it is."""


class Busy(EndcapError):
    """Another process is doing what only one may do at a time."""


class BadRequest(EndcapError):
    """A request asks for something that no answer can be given to."""


class CannotServe(EndcapError):
    """The server cannot start: no bundle is released, or the port is taken."""


class MissingExtra(EndcapError):
    """A library that is not part of the core install is needed."""


class NotSent(EndcapError):
    """A server that keeps runs did not take one; it is kept here, and sent with a later one."""
