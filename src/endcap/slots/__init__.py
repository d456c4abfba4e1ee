"""The request path: query → candidates → ranked list."""
