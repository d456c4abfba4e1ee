"""Requests in, slates out: hydration, the HTTP interface and the storefront."""
