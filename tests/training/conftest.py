"""What the tests of `minigen train` share: small linear programs, and one short run on the ring."""

import pytest
from train_command import TINY, train

from minigen.gan import cli as gan_cli
from minigen.training import measures


@pytest.fixture(scope="module", autouse=True)
def few_points():
    """The linear programs of these tests are small ones."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(measures, "POINTS_IN_W1", 120)
        patch.setattr(gan_cli, "POINTS_WATCHED", 40)
        yield


@pytest.fixture(scope="module")
def ring(few_points, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "ring"
    assert train("--data", "ring", "--out", folder, "--seed", 3, *TINY) == 0
    return folder
