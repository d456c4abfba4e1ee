"""Recipes and what fitting them returns, one file each; compiled kernels lie beside them, imported by `fit` alone."""
