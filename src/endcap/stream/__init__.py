"""Events in, state kept: the event log and the folds over it."""
