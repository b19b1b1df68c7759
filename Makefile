# The two commands: `make demo` and `make test`. Both set up whatever is missing (root or sudo for system packages).
.DEFAULT_GOAL := help
PYTHON := .venv/bin/python
ONCE ?=
ONLY ?=
QUICK ?=
WORKERS ?= 1
PAPER ?=
MEASURE ?=
NULL ?=
A_FILE ?= 2
MINUTES ?=
SIZE ?=


.PHONY: help setup viewer chromium learned demo demo-artefacts test newer-orthanc tested-versions lint kernels package-links docs wheel unit validate sensitivity vetting reproduction judges known-failures bench ingest mutants torture golden montage page-pictures followup clean

help:  ## Show these targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup:  ## Install system packages and the virtual environment
	@docker/install.sh

viewer:  ## OHIF, which the demo shows at /tilscope/viewer/ (docs/viewer.md); only where npm can be had
	@docker/install.sh --viewer || true

chromium:
	@docker/install.sh --chromium || true

demo: setup viewer  ## Orthanc with TILscope scores a synthetic study before your eyes (ONCE=1: then ends)
	@.venv/bin/tilscope demo $(if $(ONCE),--once)

demo-artefacts: setup  ## Train and calibrate what the demo shows, on phantoms; goes on where it was (WORKERS=2: two processes)
	@$(PYTHON) -m tilscope.service.demo.train --workers $(WORKERS)

learned: setup  ## PyTorch for segmenters that were trained; only where the package registry has its CPU build
	@docker/install.sh --learned || true

# Two processes more than there are cores: tests with an Orthanc or a browser wait as long as they compute.
test: setup viewer chromium learned lint newer-orthanc  ## Set up and run every check and every test
	PYTEST_XDIST_AUTO_NUM_WORKERS=$$(( $$(nproc) + 2 )) $(PYTHON) -m pytest -n auto --dist loadfile --durations=25

newer-orthanc:  ## Debian 13's and sid's Orthanc in .cache, for the tests; sid's only where it can be had today
	@tests/orthanc/newer_orthanc.sh
	@tests/orthanc/newer_orthanc.sh sid || echo "newer_orthanc: without sid's Orthanc its tests are skipped"

tested-versions: newer-orthanc  ## Run what depends on Orthanc in each of them; writes docs/tested-versions.md
	PYTHONPATH=.:tests $(PYTHON) tests/orthanc/tested_versions.py

# The package as it is when installed, as a folder of links: for tools that follow no editable installation.
package-links:
	@mkdir -p .cache/package/tilscope
	@for file in tilscope/*; do ln -sfn ../../../$$file .cache/package/tilscope/; done
	@for folder in models dicom_io phantom service; do ln -sfn ../../../$$folder .cache/package/tilscope/$$folder; done
	@ln -sfn ../../../orthanc .cache/package/tilscope/orthanc_plugin && ln -sfn ../../../docs .cache/package/tilscope/guide

kernels:  ## Build the C kernels in place, after a change to them (docker/install.sh builds them too)
	@$(PYTHON) -W ignore setup.py --quiet build_ext --inplace 2>/dev/null && rm -rf build && ls models/kernels/libkernels.so.1

lint: package-links  ## Style and types
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/mypy orthanc/plugin.py

docs: package-links  ## The documentation as a site, in .cache/site; every warning is an error
	NO_MKDOCS_2_WARNING=1 $(PYTHON) -m mkdocs build --quiet --strict

unit:  ## The quick tests only, without servers
	$(PYTHON) -m pytest tests/models tests/dicom_io tests/phantom -m "not slow"

wheel:  ## Build the wheel into dist/, with any Python that has pip
	@rm -rf build dist && python3 -m pip --disable-pip-version-check --quiet wheel --no-deps --wheel-dir dist . && rm -rf build && ls dist/*.whl

validate: setup  ## Measure on the real exams, then on unseen phantoms; writes docs/validation.md; goes on where it was (ONLY=word: no page)
	PYTHONPATH=.:tests $(PYTHON) -m validation $(if $(ONLY),--only '$(ONLY)')

sensitivity: setup  ## Measure how much features change where they should not; writes docs/feature-sensitivity.md; goes on where it was
	PYTHONPATH=.:tests $(PYTHON) -m sensitivity

followup: setup  ## Follow phantom patients under therapy over four dates; writes docs/followup.md; goes on where it was
	PYTHONPATH=.:tests $(PYTHON) -m followed

vetting: setup  ## Compare every feature with independent oracles; writes docs/vetting.md
	PYTHONPATH=.:tests $(PYTHON) -m vetting

reproduction: setup  ## The papers' numbers and elements beside ours; writes docs/reproduction.md and docs/papers.md
	PYTHONPATH=.:tests $(PYTHON) -m papers

judges: setup  ## Ask R's packages for their word on every statistic anew; writes docs/judges.md
	@docker/install.sh --judges
	@for script in tests/judges/*.R; do echo $$script && Rscript $$script || exit 1; done
	PYTHONPATH=.:tests $(PYTHON) -m judges

study: setup  ## One paper end to end on a planted cohort, with its report (PAPER=su2022; MEASURE=5 NULL=50: docs/planted-truth.md)
	PYTHONPATH=.:tests $(PYTHON) -m planted $(PAPER) --workers $(WORKERS) $(if $(MEASURE),--measure $(MEASURE)) $(if $(NULL),--null $(NULL))

known-failures: setup  ## Draw the pictures of docs/known-failures.md and print their figures
	PYTHONPATH=.:tests $(PYTHON) -m known_failures --out docs/failures

bench: setup  ## Measure engine and pipeline beside stock pyradiomics and the papers' recipe; writes docs/bench.md (QUICK=1: small)
	@docker/install.sh --bench || true
	PYTHONPATH=.:tests $(PYTHON) -m benchmarks $(if $(QUICK),--quick --out .cache/bench)

ingest: setup  ## Measure what TILscope costs while images arrive, beside Orthanc alone; prints the figures
	PYTHONPATH=.:tests $(PYTHON) -m benchmarks.ingest

mutants: setup  ## Put small faults into models and ask its tests; writes docs/mutation.md; goes on where it was (A_FILE=2 MINUTES=30)
	PYTHONPATH=.:tests $(PYTHON) -m mutation --a-file $(A_FILE) $(if $(MINUTES),--minutes $(MINUTES))

torture: setup  ## Kill, flood and mislead a real service; writes docs/torture.md; goes on where it was (SIZE=small, middle, large)
	PYTHONPATH=.:tests $(PYTHON) -m torture $(if $(SIZE),--size $(SIZE))

golden:  ## Draw the stored renderings of page and montage anew (tests/golden); look at them before they are kept
	PYTHONPATH=.:tests $(PYTHON) -m golden_renderings

montage:  ## Redraw docs/montage.png and docs/report-page-1.png, -2.png, the pictures of the usual phantom
	@folder=$$(mktemp -d) && .venv/bin/tilscope phantom --out $$folder >/dev/null \
		&& .venv/bin/tilscope score $$folder/dicom --out $$folder/results --json >/dev/null \
		&& cp $$folder/results/montage.png docs/montage.png \
		&& $(PYTHON) -c 'import sys, pydicom; sys.stdout.buffer.write(pydicom.dcmread(sys.argv[1]).EncapsulatedDocument)' \
			$$folder/results/*summary*.dcm >$$folder/page.pdf \
		&& pdftoppm -r 100 -png $$folder/page.pdf docs/report-page; status=$$?; rm -rf $$folder; exit $$status

page-pictures: setup viewer chromium  ## Redraw the documentation's pictures of page and viewer: what the browser tests see
	$(PYTHON) -m pytest -q tests/browser && PYTHONPATH=.:tests $(PYTHON) -m browser.doc_pictures

clean:  ## Remove what was built here, the demo's data included
	rm -rf .venv .demo .cache build dist *.egg-info
