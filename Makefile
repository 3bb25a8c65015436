# What can be made here; `make` or `make help` lists it. The work itself is done by the scripts named below.

SWIFT    ?= swift
PYTHON   := /usr/bin/python3
DEBUG    := .build/debug/bramble
RELEASE  := .build/release/bramble
SIMULATE := .build/debug/simulate
# Network namespaces need root.
AS_ROOT  := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
# Used after exec: whoever ends make ends the lab with it.
LAB       = $(AS_ROOT) env BRAMBLE="$(abspath $(or $(BRAMBLE),$(DEBUG)))" $(if $(SITE),SITE="$(abspath $(SITE))") \
            PYTHONDONTWRITEBYTECODE=1
SOURCES  := Package.swift Sources Tests

.PHONY: help setup setup-run setup-lab setup-bench setup-cross setup-deb setup-image setup-qemu setup-system build release run smoke test unit scenarios simulate fuzz \
        lab test-slow cross test-cross deb image card-test system-test bench-failover bench-failover-stress bench-membership lint format clean

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## /{printf "  make %-22s %s\n", $$1, $$2}' Makefile

setup: ## install what building needs and is missing (Debian packages)
	@.ci/setup build

setup-run: setup
	@.ci/setup run

setup-lab: setup
	@.ci/setup lab

setup-bench: setup-lab
	@.ci/setup bench

setup-cross: setup
	@.ci/setup cross

setup-deb: setup-cross
	@.ci/setup deb

setup-image: setup-deb
	@.ci/setup image

setup-qemu: setup-lab setup-image
	@.ci/setup qemu

setup-system: setup-lab setup-deb
	@.ci/setup system

build: setup ## build for debugging
	$(SWIFT) build

release: setup ## build for use: .build/release/bramble
	$(SWIFT) build --configuration release --static-swift-stdlib --product bramble

run: setup-run build ## three nodes in a lab, the page on 127.0.0.1, everything shown live (SITE=folder: yours)
	@exec $(LAB) $(PYTHON) Tests/Lab/run.py

smoke: setup-run build ## the same without a terminal: kill the leader, measure the outage
	@exec $(LAB) $(PYTHON) Tests/Lab/smoke.py

test: setup-lab ## every suite but the slow ones (SUITES="unit lab": only these)
	@SWIFT="$(SWIFT)" Tests/run $(SUITES)

unit: setup ## the tests of every target, and the simulation
	$(SWIFT) test

scenarios: setup ## the simulated scenarios (SEED=7: those that take a seed, with this one; SEEDS=100: with so many)
	$(if $(SEED),SIMULATION_SEED=$(SEED)) $(if $(SEEDS),SIMULATION_SEEDS=$(SEEDS)) $(SWIFT) test --filter Simulation

simulate: setup ## random trouble for many clusters (SEEDS=1000 NODES=2-50 LENGTH=60 FAULTS=loss,hang; SEED=7: this one)
	@$(SWIFT) build --product simulate
	@exec $(SIMULATE) $(if $(SEED),--seed $(SEED),--seeds $(or $(SEEDS),100)) $(if $(FROM),--from $(FROM)) \
	    $(if $(NODES),--nodes $(NODES)) $(if $(LENGTH),--length $(LENGTH)) $(if $(FAULTS),--faults $(FAULTS))

fuzz: setup ## hostile bytes for every decoder (SECONDS=60 TARGET=arp INPUT=file)
	@SWIFT="$(SWIFT)" nice Tests/Fuzz/run $(if $(SECONDS),--seconds $(SECONDS)) $(if $(TARGET),--target $(TARGET)) \
	    $(if $(INPUT),--input $(INPUT)) $(if $(SEEDS),--seeds $(SEEDS))

lab: setup-lab build ## real processes in network namespaces (ARGS="-k partition": some of them)
	@exec $(LAB) $(PYTHON) -m pytest -p no:cacheprovider Tests/Lab $(ARGS)

test-slow: setup-lab ## the lab's slow tests: floods of junk, a link that loses large datagrams
	@SWIFT="$(SWIFT)" Tests/run build lab-slow

# The processor of the nodes that are built for.
ARCH    ?= arm64
FOR_ARCH = $(AS_ROOT) env PATH="$$PATH" ARCH="$(ARCH)"

cross: setup-cross ## cross-compile for Debian 13: .build/arm64/bramble (ARCH=amd64: for a PC)
	@$(FOR_ARCH) image/cross/make

test-cross: setup-cross ## the cross build, and its program, for arm64 by emulation
	@ARCH="$(ARCH)" SWIFT="$(SWIFT)" Tests/run cross cross-check

deb: setup-deb cross ## a Debian package for nodes: .build/arm64/bramble_…_arm64.deb (ARCH=amd64)
	@$(FOR_ARCH) image/deb/make

image: setup-image ## the image for all cards: .build/arm64/bramble-…-arm64.img.xz
	@$(MAKE) --no-print-directory deb ARCH=arm64
	@$(AS_ROOT) env PATH="$$PATH" image/card/make

card-test: setup-qemu ## the image, on computers that QEMU plays; make image before
	@exec $(AS_ROOT) env PYTHONDONTWRITEBYTECODE=1 $(PYTHON) -m pytest -p no:cacheprovider -m card Tests/System $(ARGS)

system-test: setup-system ## the package on machines of their own, with systemd (ARGS="-k update": some of the tests)
	@SWIFT="$(SWIFT)" ARCH=amd64 PYTEST_ADDOPTS="$(ARGS)" Tests/run cross package machines system

# The binary that they measure: the release build, unless BRAMBLE names one.
BENCH     = $(LAB) BRAMBLE="$(abspath $(or $(BRAMBLE),$(RELEASE)))" $(PYTHON)
MEASURED  = $(if $(BRAMBLE),,release)

bench-failover: setup-bench $(MEASURED) ## faults and planned moves beside keepalived, an hour (RUNS=20 FAULTS="kill hang")
	@exec $(BENCH) Tests/Lab/bench_failover.py $(if $(RUNS),--runs $(RUNS)) $(if $(FAULTS),--faults "$(FAULTS)")

bench-failover-stress: setup-bench $(MEASURED) ## false take-overs on a saturated machine, beside keepalived (MINUTES=30)
	@exec $(BENCH) Tests/Lab/bench_stress.py $(if $(MINUTES),--minutes $(MINUTES))

# The curves of the cluster's size, in virtual time.
SIMULATION      := .build/bench/membership-simulation.json
SIMULATE_CURVES  = $(SWIFT) build --configuration release --static-swift-stdlib --product simulate && \
                   $(AS_ROOT) .build/release/simulate curves --output $(SIMULATION) $(if $(SIZES),--nodes "$(SIZES)")

bench-membership: setup-bench $(MEASURED) ## membership by size, beside serf; takes long (NODES="3 5 10" RUNS=5 FAULTS=kill; SIZES=2,3,5,10: simulated)
	@mkdir -p $(dir $(SIMULATION))
	@$(SIMULATE_CURVES)
	@$(BENCH) Tests/Lab/bench_membership.py $(if $(NODES),--nodes "$(NODES)") $(if $(RUNS),--runs $(RUNS)) \
	    $(if $(FAULTS),--faults "$(FAULTS)"); status=$$?; $(BENCH) Tests/Lab/bench_curves.py && exit $$status

lint: ## what CI asks of the sources' form
	$(SWIFT) format lint --strict --recursive $(SOURCES)

format: ## bring the sources into that form
	$(SWIFT) format --in-place --recursive $(SOURCES)

clean: ## remove everything that was built
	$(AS_ROOT) rm -rf --one-file-system .build
