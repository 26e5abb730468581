"""`awaitomic completion`: the script by which a shell completes commands, options, rules and remedies."""

from __future__ import annotations

import click

from awaitomic.cli.words import Choice

SHELLS = ("bash", "zsh", "fish")
VARIABLE = "_AWAITOMIC_COMPLETE"


@click.command(
    short_help="Print the script that completes commands in a shell.",
    epilog="""\b
bash:  echo 'eval "$(awaitomic completion bash)"' >> ~/.bashrc
zsh:   echo 'eval "$(awaitomic completion zsh)"' >> ~/.zshrc
fish:  awaitomic completion fish > ~/.config/fish/completions/awaitomic.fish
""",
)
@click.argument("shell", type=Choice(SHELLS))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the script by which SHELL completes commands, options, rules and remedies (bash from 4.4 on)."""
    from click.shell_completion import ShellComplete, get_completion_class

    found = get_completion_class(shell)
    assert found is not None, "click knows these shells"
    # The script as click has it for everybody: the class for bash would look for a bash on this machine first.
    click.echo(ShellComplete.source(found(ctx.find_root().command, {}, "awaitomic", VARIABLE)))
