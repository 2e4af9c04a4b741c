"""What the command `tradegains` can be asked: commands, options, help with examples."""

import argparse
import math
import re
from typing import Any

from tradegains import __version__

OUTPUT = "TRADEGAINS_OUTPUT"
"""Environment variable with the folder of results for the commands that read them."""

EXIT_CODES = """\
exit codes: 0 done; 2 usage or study file; 3 input refused; 4 disclosure gate
refused; 5 another run holds the output; 1 anything else.

first steps:
  tradegains demo                         a whole study on synthetic data
  tradegains convert --plan FILES         Stata, SAS, SPSS, CSV, ... to a census
  tradegains init --census DIR            propose a study of your own census
"""


def build_parser() -> argparse.ArgumentParser:
    """The parser of the command `tradegains`; `command` is the name of the one chosen."""
    parser = argparse.ArgumentParser(
        prog="tradegains",
        description="Productivity distributions and welfare gains from trade,\n"
        "from an establishment census.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"tradegains {__version__}")
    parser.set_defaults(command=None)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for add in (_add_demo, _add_convert, _add_init, _add_check, _add_run, _add_show, _add_runs,
                _add_report, _add_export, _add_release, _add_verify, _add_clean, _add_retire,
                _add_synth, _add_model, _add_jars_command, _add_class_archive):  # fmt: skip
        add(commands)
    return parser


def _command(commands: Any, name: str, *, does: str, example: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=does,
        description=does[0].upper() + does[1:] + ".",
        epilog=f"example:\n  {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(command=name)
    return parser


def _add_demo(commands: Any) -> None:
    parser = _command(
        commands,
        "demo",
        does="run a whole study on a synthetic census and show it beside the paper",
        example="tradegains demo --output build/demo",
    )
    parser.add_argument(
        "--output",
        metavar="DIR",
        type=_place,
        default="build/demo",
        help="where (default: build/demo)",
    )
    _add_size(parser)
    _add_engine(parser)


def _add_convert(commands: Any) -> None:
    parser = _command(
        commands,
        "convert",
        does="make a census of files of Stata, SAS, SPSS, R, Excel, text or Parquet",
        example="tradegains convert --plan plants_*.dta --output plants.toml",
    )
    parser.add_argument(
        "files", metavar="RECIPE", nargs="+", help="the recipe; with --plan, the files or folder"
    )
    parser.add_argument(
        "--plan", action="store_true", help="look at the files and propose a recipe, no more"
    )
    parser.add_argument(
        "--output",
        metavar="PATH",
        type=_place,
        required=True,
        help="census folder; with --plan, the recipe",
    )
    group = parser.add_argument_group("how --plan reads the files (default: found, and told)")
    group.add_argument("--delimiter", metavar="SIGN", help="between values of text files")
    group.add_argument("--decimal", choices=(".", ","), help="the sign before decimals")
    group.add_argument("--encoding", metavar="NAME", help="such as utf-8 or windows-1252")
    group.add_argument(
        "--sheet", metavar="NAME", help="sheet of a workbook (* for all), frame of R"
    )


def _add_init(commands: Any) -> None:
    parser = _command(
        commands,
        "init",
        does="look at a census and propose a study file",
        example="tradegains init --census /data/enia --output enia.toml",
    )
    parser.add_argument(
        "--census", metavar="DIR", type=_place, required=True, help="folder or file, Parquet"
    )
    parser.add_argument(
        "--output",
        metavar="FILE",
        type=_place,
        default="study.toml",
        help="the study file to write (default: study.toml)",
    )
    parser.add_argument("--force", action="store_true", help="replace an existing file")


def _add_check(commands: Any) -> None:
    parser = _command(
        commands,
        "check",
        does="list everything that is wrong with a study, its inputs and this machine",
        example="tradegains check conf/studies/colombia_food.toml --input census=/data/food",
    )
    _add_study(parser)
    parser.add_argument(
        "--output", metavar="DIR", type=_place, help="also check that DIR can be written to"
    )
    parser.add_argument(
        "--rows", action="store_true", help="also read every row, and count those that break rules"
    )
    _add_engine(parser)


def _add_run(commands: Any) -> None:
    parser = _command(
        commands,
        "run",
        does="compute a study and publish its tables",
        example="tradegains run study.toml --output results --engine spark --threads 8",
    )
    add_what_to_run(parser)
    parser.add_argument(
        "--dry-run", action="store_true", help="check only, and print the resolved study"
    )
    parser.add_argument(
        "--again", action="store_true", help="compute even what is published already"
    )
    parser.add_argument(
        "--verify", action="store_true", help="read the inputs once more at the end, and compare"
    )
    parser.add_argument(
        "--keep-days",
        metavar="DAYS",
        type=_not_negative,
        help="how long quarantined rows of earlier runs are kept (default: 30)",
    )
    parser.add_argument("--quiet", action="store_true", help="no line per step")
    _add_engine(parser)


def _add_show(commands: Any) -> None:
    parser = _command(
        commands,
        "show",
        does="print a published table; without a name, list the tables",
        example="tradegains show welfare --output results --where level=total \\\n"
        "    --where window=post",
    )
    parser.add_argument("table", metavar="TABLE", nargs="?", help="name of a table")
    _add_published(parser)
    _add_selection(parser)
    parser.add_argument(
        "--limit", metavar="N", type=_whole, default=20, help="most rows; 0: all (default: 20)"
    )


def _add_runs(commands: Any) -> None:
    parser = _command(
        commands,
        "runs",
        does="list the published runs, the latest first",
        example="tradegains runs --output results",
    )
    _add_published(parser, run=False)


def _add_report(commands: Any) -> None:
    parser = _command(
        commands,
        "report",
        does="write the report of a published run: one HTML page, figures and their data",
        example="tradegains report --output results",
    )
    _add_published(parser)
    parser.add_argument(
        "--compare",
        metavar="DIR",
        type=_place,
        help="another output, whose latest run stands beside this one in HLOY's figure 1",
    )


def _add_export(commands: Any) -> None:
    parser = _command(
        commands,
        "export",
        does="write published tables as files for Stata, R, LaTeX or a spreadsheet",
        example="tradegains export welfare moments --output results --to files --format stata",
    )
    parser.add_argument("tables", metavar="TABLE", nargs="*", help="tables (default: all)")
    _add_published(parser)
    _add_selection(parser)
    parser.add_argument(
        "--to", metavar="DIR", type=_place, required=True, help="folder to write to"
    )
    parser.add_argument(
        "--format",
        choices=("csv", "parquet", "stata", "latex", "xlsx"),
        default="csv",
        help="kind of file (default: csv)",
    )


def _add_release(commands: Any) -> None:
    parser = _command(
        commands,
        "release",
        does="write what may leave the building, by stated rules, and what a checker needs",
        example="tradegains release welfare --output results --rules rules.toml --to release",
    )
    parser.add_argument(
        "tables", metavar="TABLE", nargs="*", help="tables (default: market_shares welfare)"
    )
    _add_published(parser)
    parser.add_argument(
        "--rules", metavar="FILE", required=True, help="rules (TOML), or plain, strict, mild"
    )
    parser.add_argument("--to", metavar="DIR", help="new folder to write to")
    parser.add_argument(
        "--plan", action="store_true", help="only say what would be withheld; write nothing"
    )
    parser.add_argument(
        "--strict", action="store_true", help="release nothing (exit code 4) where some would stay"
    )


def _add_verify(commands: Any) -> None:
    parser = _command(
        commands,
        "verify",
        does="compare every published table with what its run published",
        example="tradegains verify results",
    )
    _add_folder(parser)


def _add_clean(commands: Any) -> None:
    parser = _command(
        commands,
        "clean",
        does="remove what runs that are no more have left in an output",
        example="tradegains clean results --dry-run",
    )
    _add_folder(parser)
    parser.add_argument(
        "--older-than",
        metavar="DAYS",
        type=_not_negative,
        default=30.0,
        help="only what was last changed so many days ago (default: 30)",
    )
    parser.add_argument("--dry-run", action="store_true", help="only say what would be removed")


def _add_retire(commands: Any) -> None:
    parser = _command(
        commands,
        "retire",
        does="take a published run out of an output, with its rows in every table",
        example="tradegains retire 25dce142cec6926b --output results",
    )
    parser.add_argument("run", metavar="RUN", help="a run, or the start of its id")
    _add_published(parser, run=False)


def _add_folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "folder",
        metavar="OUTPUT",
        nargs="?",
        help=f"folder of the results (default: ${OUTPUT}, else the current folder)",
    )


def _add_synth(commands: Any) -> None:
    parser = _command(
        commands,
        "synth",
        does="write a synthetic census, and the small tables beside it",
        example="tradegains synth --output synthetic --establishments 100000",
    )
    parser.add_argument(
        "--output", metavar="DIR", type=_place, required=True, help="folder to write to"
    )
    _add_size(parser)
    parser.add_argument(
        "--years",
        metavar=("FIRST", "LAST"),
        type=int,
        nargs=2,
        default=(1978, 1996),
        help="years to write (default: 1978 1996)",
    )
    parser.add_argument("--seed", type=int, default=1988, help="another seed, other establishments")
    parser.add_argument(
        "--unplanted", action="store_true", help="do not scale amounts to published results"
    )
    _add_engine(parser)


def _add_model(commands: Any) -> None:
    parser = _command(
        commands,
        "model",
        does="solve the model of Melitz and Trefler (2012) and draw their figures 2 to 4",
        example="tradegains model --market-size 1000 --slope 0.01 --entry-cost 50 \\\n"
        "    --largest-cost 20 --trade-cost 4 1 --output figures",
    )
    stated = {
        "market-size": "S: output of the industry in one country [units]",
        "slope": "b: how fast sales fall with the own price [per unit of price]",
        "entry-cost": "f: sunk before a producer knows its cost [money]",
        "largest-cost": "c_max: unit costs are uniform from 0 to this [money per unit]",
    }
    for name, meaning in stated.items():
        parser.add_argument(
            f"--{name}", metavar="NUMBER", type=_positive, required=True, help=meaning
        )
    parser.add_argument(
        "--trade-cost",
        metavar="NUMBER",
        type=_not_negative,
        nargs="+",
        default=[],
        help="t: added to the cost of every unit exported [money per unit]; with several, figure "
        "4 compares the first with the last",
    )
    parser.add_argument(
        "--innovation-cost", metavar="NUMBER", type=_positive, help="f_I: of an innovation [money]"
    )
    parser.add_argument(
        "--innovation-gain",
        metavar="NUMBER",
        type=_positive,
        help="by which it lowers the unit cost [money per unit]",
    )
    parser.add_argument(
        "--output",
        metavar="DIR",
        type=_place,
        help="draw the figures (PNG, SVG) and write their data (CSV)",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="write nothing; name the files that would be"
    )


def _positive(text: str) -> float:
    """A number above 0.

    Example:
        >>> _positive("0.01")
        0.01
    """
    value = _not_negative(text)
    if value == 0.0:
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return value


def _not_negative(text: str) -> float:
    """A finite number that is 0 or more; its error names the text, which is no microdata."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0.0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of 0 or more")
    return value


def _whole(text: str) -> int:
    """A whole number that is 0 or more."""
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 0 or more")
    return int(text)


def _count(text: str) -> int:
    """A whole number above 0."""
    if not (value := _whole(text)):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return value


def _place(text: str) -> str:
    """A folder or file; the empty name is that of a variable which is not set."""
    if not text.strip():
        raise argparse.ArgumentTypeError("the name is empty (a variable that is not set?)")
    try:
        text.encode()
    except UnicodeEncodeError:
        said = "the name is not in UTF-8, which no engine reads: rename it"
        raise argparse.ArgumentTypeError(said) from None
    return text


def _add_jars_command(commands: Any) -> None:
    parser = _command(
        commands,
        "jars",
        does="collect Delta's jars, for Spark on a machine without internet",
        example="tradegains jars --to jars",
    )
    parser.add_argument(
        "--to", metavar="DIR", type=_place, required=True, help="folder; made if needed"
    )
    parser.add_argument(
        "--from",
        metavar="URL",
        dest="repository",
        help="a mirror of Maven Central (default: Maven Central itself)",
    )
    parser.add_argument(
        "--s3", action="store_true", help="also what Spark needs for s3:// (38 jars, 14 MB)"
    )
    parser.add_argument("--dry-run", action="store_true", help="only say what would be fetched")


def _add_class_archive(commands: Any) -> None:
    parser = _command(
        commands,
        "class-archive",
        does="make Spark start faster on this machine, with a file of its classes (180 MB)",
        example="tradegains class-archive",
    )
    _add_jars(parser)
    parser.add_argument("--remove", action="store_true", help="remove the file instead")
    parser.add_argument("--dry-run", action="store_true", help="only say where it is or would be")


def add_what_to_run(parser: argparse.ArgumentParser, *, tables: bool = True) -> None:
    """What a run takes, by the command or as a job: study, inputs, output, tables, patience."""
    _add_study(parser)
    parser.add_argument(
        "--output",
        metavar="DIR",
        type=_place,
        required=True,
        help="folder or URI of the results; made if needed",
    )
    if tables:
        parser.add_argument(
            "--tables",
            metavar="NAME,...",
            type=_words,
            help="publish these tables only (default: all that the study asks for)",
        )
    parser.add_argument(
        "--draft",
        action="store_true",
        help="run also with choices that are marked TODO; the results say that they are a draft",
    )
    parser.add_argument(
        "--wait",
        metavar="SECONDS",
        type=_not_negative,
        default=0.0,
        help="how long to wait for another run on the same output (default: 0)",
    )


def _add_study(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("study", metavar="STUDY", help="study file (TOML)")
    parser.add_argument(
        "--input",
        metavar="NAME=PATH",
        action="append",
        default=[],
        help="path of an input (census, imports, ...) instead of the study's; may be repeated",
    )


def _add_published(parser: argparse.ArgumentParser, *, run: bool = True) -> None:
    parser.add_argument(
        "--output",
        metavar="DIR",
        type=_place,
        help=f"folder of the results (default: ${OUTPUT}, else the current folder)",
    )
    if run:
        parser.add_argument(
            "--run", metavar="ID", help="a run, or the start of its id (default: the latest)"
        )


def _add_selection(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--where",
        metavar="COLUMN=VALUE",
        action="append",
        default=[],
        help="rows with this value only (nothing after =: empty); may be repeated",
    )
    parser.add_argument(
        "--columns", metavar="COLUMN,...", type=_words, help="columns to give, in this order"
    )


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _add_size(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--establishments",
        metavar="N",
        type=_count,
        default=35_000,
        help="establishments a year (default: 35000; planting needs about 5000)",
    )


def _add_engine(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("engine")
    group.add_argument(
        "--engine",
        choices=("embedded", "spark"),
        default="embedded",
        help="embedded: in this process, no Java (default); spark: Apache Spark",
    )
    group.add_argument("--master", metavar="URL", help="Spark's master (default: this machine)")
    group.add_argument("--threads", metavar="N", type=_count, help="threads (default: every core)")
    group.add_argument("--memory", metavar="SIZE", help="memory limit, such as 4g")
    group.add_argument("--scratch", metavar="DIR", type=_place, help="folder for temporary files")
    _add_unshared(group)
    _add_jars(group)


def _add_unshared(parser: Any) -> None:
    parser.add_argument(
        "--unshared-machine",
        action="store_true",
        help="nobody else can log in to this machine: start the embedded engine even where its "
        "port cannot be kept from other users (docs/security.md)",
    )


def _add_jars(parser: Any) -> None:
    parser.add_argument(
        "--jars-dir", metavar="DIR", type=_place, help="folder with Delta's jars, for Spark"
    )
