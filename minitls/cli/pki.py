"""`minitls pki`: a fresh demo PKI, keys included, for people who want to sign certificates of their own."""

from __future__ import annotations

from pathlib import Path

import click

from ..pki.faults.issue import make_demo_pki, write_demo_pki

MEANING = {
    "root.pem": "the root: what clients are told to trust",
    "intermediate.pem": "the CA between, signed by the root",
    "server.pem": "for localhost, 127.0.0.1 and ::1, with the CA between",
    "client.pem": "a client's certificate, with the CA between",
    "server.key": "the server's private key",
    "client.key": "the client's private key",
    "root.key": "the root's private key",
    "intermediate.key": "the private key of the CA between",
}


@click.command("pki")
@click.argument("directory", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace the files of a PKI that is there already.")
def command(directory: Path, force: bool) -> None:
    """Make a fresh PKI in DIR: a root, a CA between, a server, a client, and all keys.

    \b
      minitls pki mine
      minitls server --cert mine/server.pem --key mine/server.key
      minitls client localhost:4433 --ca mine/root.pem --send hello

    Like the PKI that is shipped with minitls, the root may speak only for
    localhost, loopback addresses, .test and .example. Unlike there, the keys are
    yours alone, the CAs' too: with intermediate.key you can sign certificates.
    """
    there = [name for name in MEANING if (directory / name).exists()]
    if there and not force:
        raise click.UsageError(f"{directory} holds {', '.join(there)} already; --force replaces them.")
    try:
        paths = write_demo_pki(directory, make_demo_pki(), ca_keys=True)
    except OSError as fault:
        raise click.UsageError(f"{directory}: cannot be written: {fault.strerror or fault}") from None
    width = max(len(str(path)) for path in paths)
    for path in paths:
        secret = click.style("secret", fg="red") if path.suffix == ".key" else click.style("public", fg="green")
        click.echo(f"{path!s:{width}}  {secret}  {MEANING[path.name]}")
    click.echo("\nTry it, in two terminals:")
    click.echo(f"  minitls server --cert {directory / 'server.pem'} --key {directory / 'server.key'}")
    click.echo(f"  minitls client localhost:4433 --ca {directory / 'root.pem'} --send hello")
    click.echo("and see why it is trusted:")
    click.echo(f"  minitls certs {directory / 'server.pem'} --host localhost --ca {directory / 'root.pem'}")
