# The two commands: `make demo` and `make test`. Both set up whatever is missing (root or sudo for system packages).
.DEFAULT_GOAL := help
PYTHON := .venv/bin/python
ONCE ?=


.PHONY: help setup demo test newer-orthanc lint unit validate clean

help:  ## Show these targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup:  ## Install system packages and the virtual environment
	@docker/install.sh

demo: setup  ## Orthanc with TILscope scores a synthetic study before your eyes (ONCE=1: then ends)
	@.venv/bin/tilscope demo $(if $(ONCE),--once)

test: setup lint newer-orthanc  ## Set up and run every check and every test
	$(PYTHON) -m pytest -n 2 --dist loadfile

newer-orthanc:  ## A second Orthanc (1.12) in .cache, for the tests
	@tests/orthanc/newer_orthanc.sh

lint:  ## Style and types
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy

unit:  ## The quick tests only, without servers
	$(PYTHON) -m pytest tests/models tests/dicom_io tests/phantom -m "not slow"

validate: setup  ## Measure the segmentation on unseen phantoms and the real exam; writes docs/validation.md
	PYTHONPATH=.:tests $(PYTHON) -m validation

clean:  ## Remove what was built here, the demo's data included
	rm -rf .venv .demo .cache build *.egg-info
