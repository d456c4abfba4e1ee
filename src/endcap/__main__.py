"""``python -m endcap``: the same as the command ``endcap``."""

from endcap.main import main

main()
