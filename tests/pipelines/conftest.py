"""Training in tests takes one thread."""

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="package", autouse=True)
def _one_thread() -> Iterator[None]:
    """Threads of so small a model wait for each other for seconds where other work keeps the cores busy."""
    try:
        import torch
    except ModuleNotFoundError:  # without the extra "train" these tests are skipped
        yield
        return
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
