"""minitls and peers in other languages: tlslite-ng (Python), Node, Java."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.interop.programs import (
    CLIENT_KEY,
    CLIENT_PEM,
    ROOT_PEM,
    SERVER_KEY,
    SERVER_PEM,
    SUITES,
    Server,
    client,
    run,
    serving,
)
from tests.peers import Program, absent, require_program, running

pytestmark = pytest.mark.slow

try:
    from tlslite import api as tlslite  # type: ignore[import-untyped]  # It has no types.
except ImportError:
    tlslite = None


@pytest.fixture(scope="module")
def server() -> Iterator[Program]:
    with serving() as program:
        yield program


# tlslite-ng: TLS in pure Python, by another author.

CIPHERS = {"AES128-SHA": "aes128", "AES256-GCM-SHA384": "aes256gcm", "AES128-GCM-SHA256": "aes128gcm"}


def tlslite_settings(cipher: str = "aes128gcm") -> Any:
    if tlslite is None:
        absent("tlslite-ng is not installed")
    settings = tlslite.HandshakeSettings()
    settings.minVersion = settings.maxVersion = (3, 3)
    settings.keyExchangeNames = ["rsa"]
    settings.cipherNames = [cipher]
    return settings


@pytest.mark.parametrize("suite", CIPHERS)
def test_tlslite_as_client(server: Program, suite: str) -> None:
    settings = tlslite_settings(CIPHERS[suite])
    session = None
    for resumed in (False, True):
        with socket.create_connection(("127.0.0.1", server.port), 30) as sock:
            tls = tlslite.TLSConnection(sock)
            tls.handshakeClientCert(settings=settings, serverName="localhost", session=session)
            assert tls.resumed == resumed
            session = tls.session
            tls.sendall(b"hello, tlslite\n")
            assert tls.recv(100) == b"hello, tlslite\n"
            tls.close()


@pytest.mark.parametrize("suite", CIPHERS)
def test_tlslite_as_server(suite: str, tmp_path: Path) -> None:
    settings = tlslite_settings(CIPHERS[suite])
    chain, cache = tlslite.X509CertChain(), tlslite.SessionCache()
    chain.parsePemList(SERVER_PEM.read_text())
    key = tlslite.parsePEMKey(SERVER_KEY.read_text(), private=True)

    def serve(sock: socket.socket) -> None:
        tls = tlslite.TLSConnection(sock)
        tls.handshakeServer(certChain=chain, privateKey=key, settings=settings, sessionCache=cache, reqCert=True)
        while data := tls.recv(100):
            tls.sendall(data)
        tls.close()

    with Server(serve) as peer:
        for resumed in (False, True):
            shown = ("--cert", CLIENT_PEM, "--key", CLIENT_KEY, "--session", tmp_path / "session", "--no-ticket")
            result = client(peer.port, *shown, "--send", "hello")
            assert (result.status, result.out) == (0, b"hello\n"), (result.err, peer.faults)
            assert ("resumed" in result.err) == resumed
            assert SUITES[suite][0] in result.err
    assert not peer.faults


# Node: JavaScript on OpenSSL, with ideas of its own about sessions and ALPN.

NODE_CLIENT = """
const [port, ca, ciphers] = process.argv.slice(1);
const options = {port, host: 'localhost', ca: require('fs').readFileSync(ca), ciphers, maxVersion: 'TLSv1.2'};
const go = (session, left) => {
  const socket = require('tls').connect({...options, session}, () => socket.write('hello, Node\\n'));
  let kept;
  socket.on('session', (fresh) => { kept = fresh; });
  socket.on('data', (data) => {
    console.log(socket.getProtocol(), socket.getCipher().name, socket.isSessionReused(), String(data).trim());
    socket.end();
  });
  socket.on('close', () => left && go(kept || session, left - 1));
};
go(undefined, 1);
"""

NODE_SERVER = """
const [cert, key, ciphers] = process.argv.slice(1);
const read = require('fs').readFileSync;
const options = {cert: read(cert), key: read(key), ciphers, maxVersion: 'TLSv1.2'};
const server = require('tls').createServer(options, (socket) => socket.pipe(socket));
server.on('tlsClientError', (error) => console.log(error.message));
server.listen(0, '127.0.0.1', () => console.log(`listening on 127.0.0.1:${server.address().port}`));
"""


@pytest.mark.parametrize("suite", SUITES)
def test_node_as_client(server: Program, suite: str) -> None:
    result = run(require_program("node"), "-e", NODE_CLIENT, str(server.port), ROOT_PEM, suite)
    assert result.status == 0, result.err
    assert result.out.decode().split("\n") == [
        f"TLSv1.2 {suite} false hello, Node",
        f"TLSv1.2 {suite} true hello, Node",
        "",
    ]


def test_node_as_server(tmp_path: Path) -> None:
    command = (require_program("node"), "-e", NODE_SERVER, SERVER_PEM, SERVER_KEY, "AES128-GCM-SHA256:AES256-SHA")
    with running(*command, ready=r"listening on (?P<host>\S+):(?P<port>\d+)") as node:
        for resumed in (False, True):
            result = client(node.port, "--session", tmp_path / "session", "--send", "hello")
            assert (result.status, result.out) == (0, b"hello\n"), result.err
            assert ("resumed" in result.err) == resumed
        assert client(node.port, "--server-name", "other.example", "--send", "x").status == 1
        node.wait_for("alert bad certificate")


# Java: no OpenSSL anywhere.

JAVA_CLIENT = """
import java.io.*; import java.security.*; import java.security.cert.*; import javax.net.ssl.*;
public class Client {
  public static void main(String[] a) throws Exception {
    // Today's Java disables RSA key exchange; what a user would change in java.security is changed here.
    Security.setProperty("jdk.tls.disabledAlgorithms", "SSLv3, TLSv1, TLSv1.1, RC4, DES, MD5withRSA, NULL");
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null);
    try (InputStream in = new FileInputStream(a[1])) {
      store.setCertificateEntry("demo", CertificateFactory.getInstance("X.509").generateCertificate(in));
    }
    TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    for (int suite = 2; suite < a.length; suite++) {
      try (SSLSocket s = (SSLSocket) context.getSocketFactory().createSocket("localhost", Integer.parseInt(a[0]))) {
        SSLParameters p = s.getSSLParameters();
        p.setEndpointIdentificationAlgorithm("HTTPS");
        p.setCipherSuites(new String[] {a[suite]});
        s.setSSLParameters(p);
        s.getOutputStream().write("hello, Java\\n".getBytes());
        String line = new BufferedReader(new InputStreamReader(s.getInputStream())).readLine();
        System.out.println(s.getSession().getProtocol() + " " + s.getSession().getCipherSuite() + " " + line);
      }
    }
  }
}
"""


def test_java_as_client(server: Program, tmp_path: Path) -> None:
    source = tmp_path / "Client.java"
    source.write_text(JAVA_CLIENT)
    suites = [iana for iana, _, _ in SUITES.values()]
    result = run(require_program("java"), source, str(server.port), ROOT_PEM, *suites, timeout=60)
    assert result.status == 0, result.err
    assert result.out.decode().splitlines() == [f"TLSv1.2 {suite} hello, Java" for suite in suites]
