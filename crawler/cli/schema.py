"""`msarchive schema`: what the program's JSON, tables and views hold, for other programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from crawler.cli.common import json_option, print_json
from crawler.exits import ExitCode, UserError
from crawler.terminal import Column, print_table

if TYPE_CHECKING:
    from storage.views import View

DATASETTE = "datasette"


@click.command(
    "schema",
    epilog="\b\nExamples:\n"
    "  msarchive schema                             (lists the forms)\n"
    "  msarchive schema search                      JSON Schema of 'search --json'\n"
    "  msarchive schema articles --table            Table Schema of the view\n"
    "  msarchive schema datasette > metadata.json && datasette archive/archive.db -m metadata.json",
)
@click.argument("form", required=False)
@click.option("--table", is_flag=True, help="Of a view: as Frictionless Table Schema.")
@click.option(
    "--database",
    "databases",
    metavar="NAME",
    multiple=True,
    default=("archive",),
    show_default=True,
    help="For datasette: name of the database's file, without .db (repeatable).",
)
@json_option("List the forms as JSON.")
def command(form: str | None, table: bool, databases: tuple[str, ...], as_json: bool) -> None:
    """Print the JSON Schema of a form of JSON: what commands print with --json, what 'export' writes, a row
    of each view; or with 'datasette' the views' descriptions for Datasette.

    Without FORM: the forms there are. None of this needs an archive.
    """
    from crawler.json_forms import forms
    from storage.schema.datasette import metadata

    known = forms()
    if form is None:
        _list({name: one.doc for name, one in known.items()}, as_json)
    elif table:
        from storage.schema.table_schema import table_schema

        view = _view(form)
        print_json(table_schema(view.columns, view.key))
    elif form == DATASETTE:
        print_json(metadata(databases))
    elif form in known:
        print_json(known[form].schema())
    else:
        raise UserError(f"there is no form {form!r}; 'msarchive schema' lists them", ExitCode.USAGE)


def _view(name: str) -> View:
    from storage.views import VIEWS

    view = next((view for view in VIEWS if view.name == name), None)
    if view is None:
        raise UserError(f"--table is for views, and {name!r} is none", ExitCode.USAGE)
    return view


def _list(docs: dict[str, str], as_json: bool) -> None:
    docs[DATASETTE] = "metadata.json for Datasette: what each view and column holds"
    if as_json:
        print_json(docs)
    else:
        print_table([Column("Form", style="cyan"), Column("What", grow=1)], list(docs.items()))
