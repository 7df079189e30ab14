"""`minitls`: the group of commands, each loaded when it is called, so that `minitls demo` does not wait for scapy."""

from __future__ import annotations

import contextlib
import difflib
import importlib
import io
import os
import sys
from pathlib import Path
from typing import Any

import click

from ..errors import TLSError
from .stderr import tell

#: Command to the module that holds it, in the order in which a newcomer meets them.
COMMANDS = {
    "demo": "a whole TLS connection between two programs, explained",
    "server": "serve: a page, or an echo",
    "client": "connect: a pipe to a server",
    "states": "the state machines, drawn",
    "certs": "is this certificate chain to be trusted? check by check",
    "explain": "what do these TLS bytes say?",
    "trace": "look at recorded handshakes, step through them, check them",
    "vectors": "check minitls, or grade your own TLS, against test vectors",
    "diagnose": "name the mistake behind a wrong value",
    "pki": "make a fresh demo PKI",
    "bench": "how fast is this machine at it?",
}


class Commands(click.Group):
    """A group that imports `minitls.cli.<name>` when the command is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f"minitls.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError:
            asked = args[0] if args else ""
            near = difflib.get_close_matches(asked, COMMANDS, 1)
            meant = f" Did you mean {near[0]!r}?" if near else f" There are: {', '.join(COMMANDS)}."
            if asked == "help":
                meant = " Every command has --help, and so has minitls."
            elif Path(asked).is_file():
                meant = f" That is a file: say what to do with it, as in `minitls explain {asked}`."
            raise click.UsageError(f"No such command {asked!r}.{meant}", ctx) from None


def _version(ctx: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        import cryptography
        from cryptography.hazmat.backends.openssl import backend

        from .. import __version__

        click.echo(
            f"minitls {__version__} (cryptography {cryptography.__version__}, {backend.openssl_version_text()}, "
            f"Python {sys.version.split()[0]})"
        )
        ctx.exit()


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80})
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show versions.")
def cli() -> None:
    """The TLS you can watch think.

    A TLS 1.2 client and server that interoperate with real peers and explain
    every byte. Begin with

    \b
        minitls demo
        minitls demo --help

    For learning, testing and debugging, not for production secrets: Python
    cannot be constant-time.
    """


def _meant(wrong: click.NoSuchOption) -> list[str]:
    """The options of the command that may have been meant: those that hold the whole word, else those spelled alike."""
    params = wrong.ctx.command.params if wrong.ctx else []
    options = [name for each in params if isinstance(each, click.Option) for name in each.opts if name.startswith("--")]
    word = wrong.option_name.lstrip("-")
    holding = [name for name in options if len(word) > 1 and word in (name[2:], *name[2:].split("-"))]
    beginning = [name for name in options if len(word) > 1 and name[2:].startswith(word)]
    return (holding or beginning or difflib.get_close_matches(f"--{word}", options, 1))[:3]


def main() -> None:
    """The console script. Faults of the protocol are one line and exit status 1, wrong usage is 2."""
    try:
        status = cli(prog_name="minitls", standalone_mode=False)
        sys.stdout.flush()
        sys.exit(status if isinstance(status, int) else 0)  # The status that a command gave to ctx.exit.
    except click.exceptions.Exit as end:
        sys.exit(end.exit_code)
    except click.ClickException as wrong:
        if isinstance(wrong, click.NoSuchOption) and (meant := _meant(wrong)):
            said = f"No such option {wrong.option_name!r}. Did you mean {' or '.join(map(repr, meant))}?"
            wrong = click.UsageError(said, wrong.ctx)
        shown = io.StringIO()
        wrong.show(shown)
        with contextlib.suppress(OSError):
            tell(shown.getvalue().rstrip("\n"))
        try:
            sys.stdout.flush()
        except OSError:
            _drop_output()
        sys.exit(wrong.exit_code)
    except (KeyboardInterrupt, click.Abort):
        sys.exit(130)
    except BrokenPipeError:
        _drop_output()  # The reader of our output has gone, as `| head` does; there is nobody left to tell.
        sys.exit(1)
    except TLSError as error:
        from .talk import fault_text  # With all of TLS, which `--help` need not wait for.

        tell(f"minitls: {fault_text(error)}")
        sys.exit(1)
    except OSError as error:
        # Commands tell of the files that they were given; what is left is the output itself, on a disk that is full.
        _drop_output()
        with contextlib.suppress(OSError):
            what = error.filename or "the output could not be written"
            click.echo(f"minitls: {what}: {error.strerror or error}", err=True)
        sys.exit(1)


def _drop_output() -> None:
    """What is still in a buffer goes nowhere; Python would complain of it once more at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
