"""Settings searched for: chosen on a validation window inside the training side, judged once on the test side."""
