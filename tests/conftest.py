import pytest

pytest.register_assert_rewrite("endcap.testing")
