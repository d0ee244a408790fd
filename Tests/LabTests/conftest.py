import os

import pytest

from Support import cim
from Support.daemon import running
from Support.lab import Unable, lab_config, standing


@pytest.fixture(scope="session")
def lab():
    """Two real hosts. As root, a machine that cannot run them fails, unless it is told to do without."""
    try:
        with standing() as lab:
            yield lab
    except Unable as reason:
        if os.environ.get("MIGRATIOND_SKIP_LAB") == "1" or os.geteuid() != 0:
            pytest.skip(f"NO LAB HERE: {reason}")
        pytest.fail(f"the lab cannot run: {reason}")


@pytest.fixture(scope="module")
def daemon(lab):
    with running(lab_config(lab)) as started:
        yield started


@pytest.fixture
def client(daemon):
    return cim.connection(daemon)


@pytest.fixture
def guest(lab, request, daemon, client):
    """The name of a running, persistent guest on a, with a disk on shared storage; removed afterwards."""
    name = request.node.name.replace("[", "-").replace("]", "").replace("_", "-")[-40:].strip("-")
    lab.define("A", name)
    cim.wait_until(lambda: shown(client, name), what=f"{name} in the daemon's view")
    yield name
    lab.remove(name)


def shown(client, name):
    return any(path["Name"] == name for path in client.EnumerateInstanceNames("KVM_ComputerSystem"))
