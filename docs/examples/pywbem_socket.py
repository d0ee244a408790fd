"""Makes pywbem speak to a CIM server on a Unix socket.

    from pywbem_socket import connect
    connection = connect("/run/migrationd/migrationd.sock", "root/virt")
    connection.EnumerateInstanceNames("KVM_ComputerSystem")
"""

import socket

import pywbem
import requests.adapters
import urllib3.connection
import urllib3.connectionpool


class UnixConnection(urllib3.connection.HTTPConnection):
    """An HTTP connection whose other end is a file."""

    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        if isinstance(self.timeout, (int, float)):
            self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class UnixPool(urllib3.connectionpool.HTTPConnectionPool):
    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self._path = path
        self._timeout = timeout

    def _new_conn(self):
        return UnixConnection(self._path, self._timeout)


class UnixAdapter(requests.adapters.HTTPAdapter):
    """Sends every request to one socket, whatever host its URL names."""

    def __init__(self, path, timeout):
        super().__init__()
        self._pool = UnixPool(path, timeout)

    def get_connection_with_tls_context(self, request, verify, proxies=None, cert=None):
        return self._pool

    def get_connection(self, url, proxies=None):
        return self._pool


def connect(path, namespace="root/virt", timeout=120):
    """Returns a pywbem.WBEMConnection to the server whose socket is at `path`."""
    connection = pywbem.WBEMConnection("http://localhost", default_namespace=namespace, timeout=timeout)
    connection.session.mount("http://", UnixAdapter(path, timeout))
    return connection
