"""Recipes and what fitting them returns, one file each; compiled kernels lie beside them and are imported by `fit` alone."""
