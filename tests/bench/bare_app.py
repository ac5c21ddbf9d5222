"""A typer app with two empty commands: what any command line made with typer takes to start."""

import typer

app = typer.Typer()


@app.command()
def first() -> None:
    """Do nothing."""


@app.command()
def second() -> None:
    """Do nothing."""


if __name__ == "__main__":
    app()
