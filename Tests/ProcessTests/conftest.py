import pytest

from Support import cim
from Support.daemon import running


@pytest.fixture
def daemon():
    """A daemon on the fake hypervisor for one test."""
    with running() as started:
        yield started


@pytest.fixture(scope="module")
def shared_daemon():
    """One daemon for the tests of a file that change nothing."""
    with running() as started:
        yield started


@pytest.fixture
def client(daemon):
    return cim.connection(daemon)


@pytest.fixture
def reader(shared_daemon):
    return cim.connection(shared_daemon)
