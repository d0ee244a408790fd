"""curl, wbemcli and pywbemcli, as Debian and PyPI ship them."""

import pathlib
import subprocess
import sys

import pytest

from Support.bridge import on_loopback
from Support.daemon import ROOT


@pytest.fixture(scope="module")
def tcp_port(shared_daemon):
    with on_loopback(shared_daemon.socket_path) as port:
        yield port


def wbemcli(port, operation, path, *arguments):
    done = subprocess.run(["wbemcli", operation, f"http://localhost:{port}/{path}", *arguments], capture_output=True,
                          text=True, timeout=60)
    assert done.returncode == 0 and "Exception" not in done.stdout + done.stderr, done.stdout + done.stderr
    return done.stdout


def test_curl_sends_a_file_and_reads_the_answer(shared_daemon):
    done = subprocess.run(
        ["curl", "--silent", "--show-error", "--fail", "--unix-socket", shared_daemon.socket_path,
         "-H", 'Content-Type: application/xml; charset="utf-8"', "-H", "CIMOperation: MethodCall",
         "-H", "CIMMethod: EnumerateInstanceNames", "-H", "CIMObject: root/virt",
         "--data-binary", f"@{ROOT}/docs/examples/enumerate-guests.xml", "http://localhost/cimom"],
        capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "<VALUE>" in done.stdout or "KEYVALUE" in done.stdout
    assert "web" in done.stdout


def test_wbemcli_reads_classes_and_instances(tcp_port):
    assert "CIM_ManagedElement" in wbemcli(tcp_port, "ecn", "root/virt")
    names = wbemcli(tcp_port, "ein", "root/virt:KVM_ComputerSystem")
    assert 'Name="web"' in names
    assert "MigrationService" in wbemcli(tcp_port, "ei", "root/virt:KVM_VirtualSystemMigrationService")
    path = next(line for line in names.splitlines() if 'Name="web"' in line).split("/", 1)[1]
    assert "web" in wbemcli(tcp_port, "gi", path)


def test_wbemcli_calls_a_method(tcp_port):
    service = wbemcli(tcp_port, "ein", "root/virt:KVM_VirtualSystemMigrationService").strip().split("/", 1)[1]
    guest = 'root/virt:KVM_ComputerSystem.Name="web"'  # wbemcli parts parameters at every comma
    done = subprocess.run(
        ["wbemcli", "cm", f"http://localhost:{tcp_port}/{service}",
         f"CheckVirtualSystemIsMigratableToHost.ComputerSystem={guest},DestinationHost=beta"],
        capture_output=True, text=True, timeout=60)
    assert "CheckVirtualSystemIsMigratableToHost" in done.stdout, done.stdout + done.stderr


def pywbemcli(port, *arguments):
    tool = pathlib.Path(sys.executable).parent / "pywbemcli"
    done = subprocess.run([str(tool), "-s", f"http://localhost:{port}", "-d", "root/virt", *arguments],
                          capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_pywbemcli_reads_and_calls(tcp_port):
    assert "KVM_MigrationJob" in pywbemcli(tcp_port, "class", "enumerate", "--names-only", "--deep-inheritance")
    assert "web" in pywbemcli(tcp_port, "instance", "enumerate", "KVM_ComputerSystem")
    called = pywbemcli(
        tcp_port, "instance", "invokemethod", "KVM_VirtualSystemMigrationService.?", "CheckIsVSMigratable", "-p",
        'ComputerSystem=root/virt:KVM_ComputerSystem.CreationClassName="KVM_ComputerSystem",Name="web"', "-p",
        "DestinationHost=beta")
    assert "ReturnValue=0" in called and "Verdict" in called
