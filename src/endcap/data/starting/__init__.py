"""A first settings file: looks at what a shop has, guesses what it means, says how sure it is, and writes it down."""
