"""The `vitae` command: one Typer application. Each group of commands has its own file."""

import os

# At its default level BAML prints whole prompts. It reads this variable when it is imported.
os.environ.setdefault("BAML_LOG", "off")

from app.cli.costs.cost_commands import costs
from app.cli.costs.size_command import size_server
from app.cli.help import Commands
from app.cli.models.batch_commands import batch
from app.cli.models.bench_commands import bench
from app.cli.models.client_commands import clients
from app.cli.models.eval_commands import evaluation
from app.cli.models.vllm_commands import vllm
from app.cli.operations.config_commands import config
from app.cli.operations.doctor import doctor
from app.cli.operations.key_commands import keys
from app.cli.operations.log_command import logs
from app.cli.operations.open_command import open_dashboard
from app.cli.operations.up_command import up
from app.cli.operations.webhook_commands import webhooks
from app.cli.resumes.analyse_command import analyse
from app.cli.resumes.match_command import match_job
from app.cli.resumes.person_commands import person
from app.cli.resumes.resume_commands import list_resumes, show
from app.cli.resumes.upload_command import upload
from app.cli.terminal import EXIT_INTERRUPTED, notes, take_over_output

_PURPOSE = """Resume analysis: typed, evidence-backed profiles and their exact cost.

Commands use the service that `vitae up` started on this machine, or the one that VITAE_URL and VITAE_API_KEY name.
Results go to stdout, everything else to stderr. Exit status: 0 success, 1 an item failed, 2 wrong usage.

Examples:
    vitae up --samples                       # start everything and see results
    vitae open                               # the dashboard, signed in
    vitae upload inbox/ --wait
    vitae list -q "python berlin" --json | jq -r .id
    vitae costs report
    source <(vitae --show-completion)        # TAB completion, also in zsh
"""

app = Commands(name="vitae", help=_PURPOSE, no_args_is_help=True)
app.command("up")(up)
app.command("open")(open_dashboard)
app.command("logs")(logs)
app.command("upload")(upload)
app.command("list")(list_resumes)
app.command("show")(show)
app.command("analyse")(analyse)
app.add_typer(batch, name="batch")
app.add_typer(clients, name="clients")
app.add_typer(bench, name="bench")
app.command("doctor")(doctor)
app.command("match")(match_job)
app.command("size")(size_server)
app.add_typer(config, name="config")
app.add_typer(costs, name="costs")
app.add_typer(evaluation, name="eval")
app.add_typer(keys, name="keys")
app.add_typer(person, name="person")
app.add_typer(vllm, name="vllm")
app.add_typer(webhooks, name="webhooks")


def main() -> None:
    take_over_output()
    try:
        app(prog_name="vitae")
    except SystemExit as ended:
        if ended.code == EXIT_INTERRUPTED:
            notes.print("\nStopped.")
        raise


if __name__ == "__main__":
    main()
