"""`tradegains init`: columns found in four languages, a study that `check` accepts, no surprise."""

import tomllib
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tradegains.command.check import check_study
from tradegains.command.propose import likeness, match_columns, propose, write_proposal
from tradegains.errors import InputError, StudyError
from tradegains.study import read_study

TEXT, WHOLE, NUMBER = pa.string(), pa.int64(), pa.float64()

CENSUSES = {
    "contract": (
        {"establishment_id": TEXT, "year": WHOLE, "industry": TEXT, "employment": NUMBER,
         "sales": NUMBER, "exports": NUMBER, "value_added": NUMBER, "enterprise_id": TEXT,
         "sampling_weight": NUMBER, "hours": NUMBER},
        "establishment_id year industry employment sales exports value_added enterprise_id "
        "sampling_weight hours",
    ),
    "United States": (
        {"LBDNUM": TEXT, "FIRMID": TEXT, "YR": WHOLE, "NAICS6": WHOLE, "EMP": WHOLE,
         "TVS_SHIPMENTS": NUMBER, "EXPORTS": NUMBER, "VA": NUMBER, "STATE": TEXT, "WGT": NUMBER},
        "LBDNUM YR NAICS6 EMP TVS_SHIPMENTS EXPORTS VA FIRMID",
    ),
    "France": (
        {"siret": TEXT, "siren": TEXT, "annee": WHOLE, "ape": TEXT, "effectifs": NUMBER,
         "chiffre_d_affaires": NUMBER, "exportations": NUMBER, "valeur_ajoutée": NUMBER,
         "heures_travaillées": NUMBER, "région": TEXT},
        "siret annee ape effectifs chiffre_d_affaires exportations valeur_ajoutée siren "
        "heures_travaillées",
    ),
    "Colombia": (
        {"nordest": WHOLE, "nordemp": WHOLE, "Año": WHOLE, "ciiu4": WHOLE, "personal": NUMBER,
         "produccion": NUMBER, "valor_agregado": NUMBER, "consumo_intermedio": NUMBER},
        "nordest Año ciiu4 personal produccion valor_agregado nordemp",
    ),
    "Germany": (
        {"Betriebsnummer": WHOLE, "Berichtsjahr": WHOLE, "WZ08": TEXT, "Tätige_Personen": NUMBER,
         "Gesamtumsatz": NUMBER, "Auslandsumsatz": NUMBER, "Bruttowertschöpfung": NUMBER,
         "Unternehmensnummer": WHOLE, "Arbeitsstunden": NUMBER, "Land": TEXT},
        "Betriebsnummer Berichtsjahr WZ08 Tätige_Personen Gesamtumsatz Auslandsumsatz "
        "Bruttowertschöpfung Unternehmensnummer Arbeitsstunden",
    ),
    "type decides": (
        {"plant": NUMBER, "plant_code": TEXT, "export": pa.bool_(), "employment": TEXT,
         "workers": NUMBER},
        "plant_code workers",
    ),
    "nothing alike": ({"a": NUMBER, "b": TEXT, "x1": WHOLE}, ""),
}  # fmt: skip


@pytest.mark.parametrize("country", CENSUSES)
def test_columns_are_found_by_name_and_type(country: str) -> None:
    types, expected = CENSUSES[country]
    assert sorted(match_columns(types, None).values()) == sorted(expected.split())


def test_words_of_a_spanish_survey_are_found_and_the_sales_not_confused() -> None:
    amounts = ("Cifra de negocios", "Ventas al exterior", "VABpm", "Ocupados (media)")
    types = {"N\u00ba establec.": pa.string(), **dict.fromkeys(amounts, pa.float64())}
    assert match_columns(types, "year") == {
        "establishment_id": "N\u00ba establec.",
        "year": "year",
        "employment": "Ocupados (media)",
        "sales": "Cifra de negocios",
        "exports": "Ventas al exterior",
        "value_added": "VABpm",
    }


def test_each_contract_column_gets_its_own() -> None:
    types, _ = CENSUSES["Germany"]
    assert match_columns(types, None)["exports"] == "Auslandsumsatz"
    assert match_columns(types, None)["sales"] == "Gesamtumsatz"
    assert match_columns({"sales": NUMBER, "total_sales": NUMBER}, None) == {"sales": "sales"}


def test_one_industry_for_all_is_told(tmp_path: Path) -> None:
    (tmp_path / "year=1990").mkdir()
    pq.write_table(pa.table({"plant": [1, 2], "ciiu": [311, 311]}), tmp_path / "year=1990/a")
    notes = propose(str(tmp_path), tmp_path).notes
    assert notes == ("ciiu is the same in every row: results by industry are totals",)


def test_labels_tell_where_names_do_not(tmp_path: Path) -> None:
    fields = [
        pa.field("v1", WHOLE, metadata={"comment": "Plant id"}),
        pa.field("v2", NUMBER, metadata={"comment": "Valor añadido bruto a precios de mercado"}),
        pa.field("sales", NUMBER, metadata={"comment": "Number of employees"}),
    ]
    (tmp_path / "year=1990").mkdir()
    pq.write_table(pa.table([[1], [2.0], [3.0]], pa.schema(fields)), tmp_path / "year=1990/a")
    found = propose(str(tmp_path), tmp_path).columns
    assert found == {
        "establishment_id": "v1",
        "year": "year",
        "sales": "sales",
        "value_added": "v2",
    }


def test_a_file_column_is_used_once() -> None:
    assert match_columns({"export_sales": NUMBER}, None) == {"exports": "export_sales"}


def test_year_folders_are_found_among_others(tmp_path: Path) -> None:
    table = pa.table({"plant": ["a"], "sic": [3211], "workers": [1.0], "sales": [1.0]})
    for region in ("05", "nord", "0"):
        for year in (1990, 1991):
            place = tmp_path / "census" / f"region={region}" / f"jahr={year}" / f"wave={year}1"
            place.mkdir(parents=True)
            pq.write_table(table, place / "part.parquet")
    proposal = write_proposal(str(tmp_path / "census"), tmp_path / "study.toml")
    assert proposal.columns["year"] == "jahr"
    assert proposal.layout.years == (1990, 1991)


def test_short_words_do_not_match_parts_of_others() -> None:
    assert likeness("planta", "year") < 0.7
    assert likeness("variance", "value_added") < 0.7


@pytest.fixture
def census(tmp_path: Path) -> Path:
    rows = {"planta": [1, 2], "ciiu": ["0111", "3211"], "personal": [5.0, 1.5],
            "ventas": [9.0, 8.0], "exportaciones": [0.0, 1.0], "dueño": ["x", "y"]}  # fmt: skip
    for year in (1990, 1991, 1992):
        place = tmp_path / "datos" / f"ano={year}"
        place.mkdir(parents=True)
        pq.write_table(pa.table(rows), place / "part-0.parquet")
    return tmp_path / "datos"


def test_proposal_passes_the_check_and_marks_what_is_open(census: Path, tmp_path: Path) -> None:
    path = tmp_path / "studies" / "mine.toml"
    proposal = write_proposal(str(census), path)
    assert check_study(path).problems == ()
    study = read_study(path)
    assert study.census.columns == {
        "establishment_id": "planta", "year": "ano", "industry": "ciiu", "employment": "personal",
        "sales": "ventas", "exports": "exportaciones",
    }  # fmt: skip
    assert (study.windows[0].start, study.windows[0].end) == (1990, 1992)
    assert study.census.industry_digits == 4
    assert study.trade.imports == ("exports",)
    assert study.productivity.numerator == "sales"
    assert tomllib.loads(proposal.text)["inputs"] == {"census": "../datos"}
    open_choices = [line.split()[0] for line in proposal.text.splitlines()
                    if "TODO:" in line]  # fmt: skip
    assert open_choices == ["name", "title", "source", "money_unit", "[census.rules]", "start",
                            "prices", "imports", "sigma", "trade_elasticity"]  # fmt: skip
    summary = proposal.summary()
    assert "3 file(s), years 1990-1992" in summary
    assert "establishment_id  <- planta (int64)" in summary
    assert "not used: dueño" in summary
    assert "choices that are yours to make: 10, marked TODO" in summary


def test_sections_in_comments_are_sound_once_taken(census: Path, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    head, marker, more = write_proposal(str(census), path).text.partition("# What more")
    sentences, _, sections = more.partition("\n\n")
    path.write_text(
        head + marker + sentences + "\n\n" + sections.replace("# ", "", 1).replace("\n# ", "\n")
    )
    assert check_study(path).problems == ()
    study = read_study(path)
    assert study.decomposition.windows == ("whole",)
    assert study.size_fits.year == 1992
    for section in ("joint_distribution", "regressions", "uncertainty", "dispersion", "job_flows"):
        assert getattr(study, section) is not None
    assert [each.name for each in study.restrictions] == ["nonexporting"]
    assert study.welfare.curves is not None


@pytest.fixture
def doubtful(tmp_path: Path) -> Path:
    """Three years of four plants of which much is to be asked; nothing from 1992 to 1994."""
    rows = {
        "plant": ["A1", "B2", "C3", "D4"],
        "ciiu": ["3211", "3211", "3111", "3111"],
        "workers": [5, 6, 7, 8],
        "turnover": [100.0, 100.0, 100.0, 100.0],
        "output": [100.0, 10.0, 100.0, 100.0],
        "exports": [0.0, 50.0, 0.0, 0.0],
    }
    changes = {
        1990: {},
        1991: {"plant": ["a1", "0B2 ", "C3", "D4"], "exports": [0.0, None, 0.0, None]},
        1995: {"ciiu": ["311", "17.1", "1711", "3111"], "exports": [None] * 4},
        1996: {"exports": [200.0, 99.0, 0.0, 0.0]},
    }
    for year, changed in changes.items():
        place = tmp_path / "census" / f"year={year}"
        place.mkdir(parents=True)
        table = pa.table(rows | changed)
        exports = table.column("exports").cast(NUMBER)
        pq.write_table(table.set_column(5, "exports", exports), place / "part-0.parquet")
    return tmp_path / "census"


def test_what_is_doubtful_is_told_at_once(doubtful: Path, tmp_path: Path) -> None:
    proposal = write_proposal(str(doubtful), tmp_path / "study.toml")
    assert proposal.rivals == {"sales": ["output"]}
    assert (
        '# TODO: or "output"? Exports are above "turnover" in 10.00, above "output"'
        in proposal.text
    )
    assert "in 30.00" in proposal.text
    for note in (
        "there is no census of 1992-1994",
        "exports is missing in every row of 1995: unknown, not 0",
        "nobody exports in 1991",
        "1 codes of ciiu have letters or signs",
        "codes of ciiu have 3, 4 digits or letters",
        "many codes of 1995-1996 are not those of the year before",
        "2 ids of plant differ from another in case, blanks or zeros in front only",
    ):
        assert any(each.startswith(note) for each in proposal.notes), note
    assert len(proposal.notes) == 7
    assert "TODO: length of the codes" in proposal.text
    summary = proposal.summary()
    assert "sales             <- turnover (double), or is it output?" in summary
    assert max(map(len, summary.splitlines())) <= 80
    assert "# Seen: nobody exports in 1991." in proposal.text


def test_flags_floats_and_short_years_are_told(tmp_path: Path) -> None:
    rows = {"firm": [1, 2], "year": [81, 82], "sic": [1.0, 2.0], "workers": [1, 2],
            "sales": [1.0, 9.0], "exports": [0, 1]}  # fmt: skip
    pq.write_table(pa.table(rows), tmp_path / "all.parquet")
    proposal = write_proposal(str(tmp_path / "all.parquet"), tmp_path / "study.toml")
    assert proposal.columns["establishment_id"] == "firm"
    told = " ".join(proposal.notes)
    assert "is the same in every row" not in told
    assert "firm reads like an enterprise's" in told
    assert "sic may be the industry, but its type double is none of one" in told
    assert "year has no year from 1800 to 2100" in told
    assert "exports is 0 or 1 in every row: a yes or no, not an amount" in told


def test_years_in_a_column_and_gaps_between_them(tmp_path: Path) -> None:
    table = pa.table({"plant": ["a"] * 3, "year": [1990, 1992, 1991], "sic": [111, 3211, 4],
                      "workers": [1.0, 2, 3], "sales": [1.0, 2, 3]})  # fmt: skip
    pq.write_table(table, tmp_path / "all.parquet")
    write_proposal(str(tmp_path / "all.parquet"), tmp_path / "column.toml")
    assert check_study(tmp_path / "column.toml").problems == ()
    assert read_study(tmp_path / "column.toml").years == (1990, 1991, 1992)

    for year in (1990, 1995):
        place = tmp_path / "gaps" / f"year={year}"
        place.mkdir(parents=True)
        pq.write_table(table.drop_columns(["year"]), place / "part.parquet")
    write_proposal(str(tmp_path / "gaps"), tmp_path / "gaps.toml")
    assert check_study(tmp_path / "gaps.toml").problems == ()
    assert read_study(tmp_path / "gaps.toml").years == (1990, 1995)


def test_required_column_that_is_not_found_is_left_open(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1.0], "year": [1990]}), tmp_path / "all.parquet")
    proposal = write_proposal(str(tmp_path / "all.parquet"), tmp_path / "study.toml")
    assert "sales             <- ?  required: choose a column" in proposal.summary()
    assert 'sales = ""      # TODO: required; which column?' in proposal.text
    with pytest.raises(StudyError, match=r'\[census.columns\] sales = "" is not valid'):
        read_study(tmp_path / "study.toml")


def test_an_existing_file_is_kept_unless_forced(census: Path, tmp_path: Path) -> None:
    path = tmp_path / "study.toml"
    path.write_text("mine")
    with pytest.raises(StudyError) as raised:
        write_proposal(str(census), path)
    [problem] = raised.value.problems
    assert (problem.what, problem.where) == ("the study file exists already", str(path))
    assert problem.cure == "choose another --output, or add --force to replace it"
    assert path.read_text() == "mine"
    write_proposal(str(census), path, force=True)
    assert path.read_text().startswith("# Proposed by")


def test_census_that_cannot_be_looked_at(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the census path does not exist"):
        write_proposal(str(tmp_path / "none"), tmp_path / "study.toml")
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "part.parquet").write_bytes(b"")
    with pytest.raises(InputError, match="zero bytes"):
        write_proposal(str(tmp_path / "bad"), tmp_path / "study.toml")
    rows = pa.table({"plant": [f"{number:06}" for number in range(500)]})
    pq.write_table(rows, tmp_path / "bad" / "part.parquet", compression="none")
    file = (tmp_path / "bad" / "part.parquet").read_bytes()
    (tmp_path / "bad" / "part.parquet").write_bytes(file[:4] + bytes(100) + file[104:])
    with pytest.raises(InputError, match=r"the file is damaged .* in part.parquet"):
        write_proposal(str(tmp_path / "bad"), tmp_path / "study.toml")
    assert not (tmp_path / "study.toml").exists()


def test_study_that_cannot_be_written(census: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StudyError) as raised:
        write_proposal(str(census), tmp_path / "file" / "study.toml")
    assert raised.value.problems[0].what.startswith("the study file cannot be written (")
