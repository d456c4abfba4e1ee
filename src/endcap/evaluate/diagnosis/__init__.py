"""Why the numbers are what they are: where a row misses, what it would learn from more, what it costs, and why."""
