"""What a dataset looks like: counted in one pass, told in words, and drawn as one page that can be kept and sent."""
