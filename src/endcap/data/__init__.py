"""From raw tables to a `Dataset`: sources, preparation steps, splits."""
