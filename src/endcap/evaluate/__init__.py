"""How good it is, offline: metrics, tasks, back-tests, comparison with baselines, and the report."""
