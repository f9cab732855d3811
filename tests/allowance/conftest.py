"""The contract suite is no test module by name; its assertions explain themselves all the same."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite("tests.allowance.contract")
