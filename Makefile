# Everything sets itself up: each target first makes the environment it needs, once.
# PYTHON=python3.12 make test    chooses another Python (3.11 or newer)

PYTHON ?= python3
VENV   ?= .venv
BIN     = $(VENV)/bin
PY      = $(BIN)/python
PIP     = $(PY) -m pip --disable-pip-version-check --quiet

.PHONY: help demo test test-embedded test-spark lint types format dist bench release-check cluster-check kubernetes-check stress intruder intruder-folders mutants coverage java clean

help:
	@echo "make demo    run the whole study on a synthetic census; results under build/demo/"
	@echo "make test    run the test suite, once per engine"
	@echo "make lint    check style            make format  mend it"
	@echo "make types   check types            make dist    build dist/tradegains.zip for clusters"
	@echo "make bench   measure speed          make java    install a Java for Spark from PyPI"
	@echo "make cluster-check    a Spark cluster, HDFS, YARN and S3 on this machine, compared with one process"
	@echo "make kubernetes-check    build the image, run its driver, hold manifests to the API's schema"
	@echo "make intruder    attack ten thousand drawn releases (RELEASES=500: fewer)"
	@echo "make intruder-folders    attack the folders of fifty (FOLDERS=10: fewer)"
	@echo "make stress  try for a quarter of an hour to break publication (MINUTES=2: shorter)"
	@echo "make mutants AREA=store    put faults into a room and see whether its tests notice"
	@echo "make release-check    compare what a release withholds with ACRO and G-Confid"
	@echo "make coverage    draw censuses and count how often intervals hold their economy's number"
	@echo "make clean   remove what the other targets made"

demo: $(VENV)/ready-run
	$(BIN)/tradegains demo --output build/demo

test: test-embedded test-spark

# Processes that share the first half: it keeps little more than one core busy (0: this one alone).
WORKERS ?= 2

test-embedded: $(VENV)/ready-test
	@echo "== tests on the embedded engine"
	@TRADEGAINS_TEST_ENGINE=embedded $(PY) -m pytest -n $(WORKERS) --no-loadscope-reorder

# Plain tests have run in the first half; here only those that use an engine.
test-spark: $(VENV)/ready-test
	@echo "== tests on Spark"
	@TRADEGAINS_TEST_ENGINE=spark $(PY) -m pytest -m engine

lint: $(VENV)/ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(VENV)/ready-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(VENV)/ready-dev
	$(BIN)/mypy

dist: dist/tradegains.zip

SOURCES = $(shell find src/tradegains -type f ! -name '*.pyc')

dist/tradegains.zip: $(SOURCES) .ci/zip_package.py
	@$(PYTHON) .ci/zip_package.py $@

# Million rows; dense ones are all in the study's years (270 needs 7 GB of disk and patience).
SIZES ?= 1,10,30
DENSE ?= 10
# A commit to run the full study by as well; the target fails where this one is slower.
AGAINST ?=
# Establishments a year of the full study (3500000 are 72M rows: 6 GB of disk), and the most memory
# that a run of it may take [GB].
FULL    ?= 35000
MOST    ?=
# 1: also what each section of the full study costs, by a run without it; a quarter of an hour.
SECTIONS ?=

bench: $(VENV)/ready-benchmark
	$(PY) benchmarks/run.py --sizes '$(SIZES)' --dense '$(DENSE)'
	$(PY) benchmarks/full_run.py --establishments '$(FULL)' $(if $(AGAINST),--against '$(AGAINST)') \
	  $(if $(MOST),--most-memory '$(MOST)')
	$(if $(SECTIONS),$(PY) benchmarks/section_costs.py --establishments '$(FULL)')
	$(PY) benchmarks/page.py

# Real servers on this machine, fetched by name: a standalone cluster, HDFS, YARN and an object store.
# Are the digests those of a local run, and what when a server goes in the middle? A quarter of an hour
# and 8 GB of memory; a command in UNDER runs each of its stages (nice, or flock), and STAGE='YARN'
# those whose name has that.
UNDER ?=
STAGE ?=

cluster-check: $(VENV)/ready-cluster dist
	$(PY) benchmarks/cluster_check.py --under '$(UNDER)' --only '$(STAGE)'

# The image, built without privileges and with no registry of images, and its driver run over an object
# store; manifests against the API's schema. Needs buildah and mmdebstrap; 6 GB of disk.
kubernetes-check: $(VENV)/ready-kubernetes
	TRADEGAINS_TEST_ENGINE=embedded $(PY) -m pytest tests/clusters/check_kubernetes.py

# Kills, races, full disks, flipped bits and swapped inputs; opt-in, and its figures are written down.
MINUTES ?= 13
SEED    ?= 1988
STRESS  ?= --page docs/reliability.md

coverage: $(VENV)/ready-run
	PYTHONPATH=src:tests $(PY) -m interval_coverage --draws 1000
	PYTHONPATH=src:tests $(PY) -m bootstrap_ratio build/demo/input
	PYTHONPATH=src:tests $(PY) -m planted_coverage --draws 60
	TRADEGAINS_REPLICATES=12 TRADEGAINS_REPLICATE_CASES=12 PYTHONPATH=src:tests \
	  $(PY) -m pytest -q tests/whole/test_replicates.py

stress: $(VENV)/ready-test
	PYTHONPATH=src:tests $(PY) -m stress --minutes $(MINUTES) --seed $(SEED) $(STRESS)

# Faults put into a room one by one: how many of them its tests notice. Short calls add up.
AREA  ?= formulas
SLICE ?= 5

mutants: $(VENV)/ready-mutants
	PYTHONPATH=src:tests $(PY) -m mutants $(AREA) --minutes $(SLICE) --seed $(SEED) --page docs/reliability.md

# What a release withholds beside ACRO and G-Confid; opt-in, its figures are in docs/release.md.
release-check: $(VENV)/ready-oracles
	$(PY) benchmarks/release_oracles.py

# What an intruder concludes from drawn releases; half an hour, and its figures are in docs/release.md.
RELEASES ?= 10000

intruder: $(VENV)/ready-test
	PYTHONPATH=src:tests $(PY) -m intruder --releases $(RELEASES)

# The same of folders that runs of drawn economies carry out.
FOLDERS ?= 50

intruder-folders: $(VENV)/ready-test
	PYTHONPATH=src:tests $(PY) -m intruder --folders --releases $(FOLDERS)

java: $(VENV)/ready-java

clean:
	rm -rf build dist $(VENV) src/*.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

# --- environments: one folder, with a stamp for each set of packages installed in it ---

# Compiled at once, as other packages are: where Python may not write what it compiles
# (PYTHONDONTWRITEBYTECODE), every start of the command would take half a second longer.
install = $(PIP) install --editable $(1) && $(PY) -m compileall -q src

$(VENV)/made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "tradegains needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 ..." >&2; exit 1; }
	@echo "== making the Python environment $(VENV) (once; PySpark is a download of 430 MB)"
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/ready-run: $(VENV)/made pyproject.toml
	@$(call install,.)
	@touch $@

$(VENV)/ready-test: $(VENV)/made pyproject.toml
	@$(call install,'.[test]')
	@touch $@ $(VENV)/ready-run

$(VENV)/ready-dev: $(VENV)/made pyproject.toml
	@$(call install,'.[dev]')
	@touch $@ $(VENV)/ready-run $(VENV)/ready-test

$(VENV)/ready-benchmark: $(VENV)/made pyproject.toml
	@$(call install,'.[benchmark]')
	@touch $@ $(VENV)/ready-run

$(VENV)/ready-mutants: $(VENV)/made pyproject.toml
	@$(call install,'.[mutants]')
	@touch $@ $(VENV)/ready-run $(VENV)/ready-test

$(VENV)/ready-cluster: $(VENV)/made pyproject.toml
	@$(call install,'.[cluster]')
	@touch $@ $(VENV)/ready-run $(VENV)/ready-test

$(VENV)/ready-kubernetes: $(VENV)/made pyproject.toml
	@$(call install,'.[kubernetes]')
	@touch $@ $(VENV)/ready-run $(VENV)/ready-test

$(VENV)/ready-oracles: $(VENV)/made pyproject.toml
	@$(call install,'.[oracles]')
	@touch $@

$(VENV)/ready-java: $(VENV)/made pyproject.toml
	@$(call install,'.[java]')
	@touch $@
