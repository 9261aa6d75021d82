"""The command `vitae`: one Typer application; each group of commands has its own file."""

import os
import sys

# BAML prints whole prompts at its default level; it reads this when it is loaded.
os.environ.setdefault("BAML_LOG", "off")

import typer

from app.cli.analyse import analyse
from app.cli.batch import batch
from app.cli.bench import bench
from app.cli.clients import clients
from app.cli.config import config
from app.cli.costs import costs
from app.cli.doctor import doctor
from app.cli.evaluate import evaluate
from app.cli.keys import keys
from app.cli.person import person
from app.cli.resumes import list_resumes, show
from app.cli.size import size_server
from app.cli.up import up
from app.cli.upload import upload
from app.cli.vllm import vllm
from app.cli.webhooks import webhooks

app = typer.Typer(
    name="vitae",
    help="Resume analysis: typed, evidence-backed profiles and the exact cost of every answer.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("up")(up)
app.command("upload")(upload)
app.command("list")(list_resumes)
app.command("show")(show)
app.command("analyse")(analyse)
app.add_typer(batch, name="batch")
app.add_typer(clients, name="clients")
app.add_typer(bench, name="bench")
app.command("doctor")(doctor)
app.command("eval")(evaluate)
app.command("size")(size_server)
app.add_typer(config, name="config")
app.add_typer(costs, name="costs")
app.add_typer(keys, name="keys")
app.add_typer(person, name="person")
app.add_typer(vllm, name="vllm")
app.add_typer(webhooks, name="webhooks")


def main() -> None:
    try:
        app()
    except BrokenPipeError:
        # `vitae list | head`: the reader has seen enough. Python must not complain while it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


if __name__ == "__main__":
    main()
