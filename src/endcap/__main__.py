"""``python -m endcap``: the same as the command ``endcap``."""

from endcap.cli import app

app()
