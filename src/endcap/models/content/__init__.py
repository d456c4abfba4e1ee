"""What the catalog says of items, as vectors: words, labels, numbers, and what a file or a network adds to them."""
