# On Debian 12 with Swift, as root or with sudo:
#   make run      what the daemon does, on hosts that exist in memory only
#   make test     everything that can be tested here; the lab of two real hosts needs root
#   make bench    how fast it is, against peers measured in the same run
# and while working on it: make build, lint, format, clean.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := run

# To build: the headers of libvirt, libxml2 and SQLite; pkg-config tells where they are.
BUILD_PACKAGES := pkg-config libvirt-dev libxml2-dev libsqlite3-dev
# To test: the lab (libvirt, QEMU, namespaces, an assembler for its guest) and clients that others wrote.
TEST_PACKAGES := $(BUILD_PACKAGES) libvirt-daemon libvirt-daemon-driver-qemu libvirt-clients qemu-system-x86 \
	qemu-utils ovmf swtpm swtpm-tools iproute2 util-linux binutils hostname procps sblim-wbemcli socat curl \
	libxml2-utils python3-venv

# To measure: an HTTP load generator.
BENCH_PACKAGES := $(BUILD_PACKAGES) nghttp2-client python3-venv

SWIFT_SOURCES := Package.swift Sources Tests
PYTHON_STAMP := .venv/requirements.txt

.PHONY: run build test bench build-tests toolchain lint format clean

run: build
	@exec Tests/Demo/run.sh

build: toolchain
	@.ci/packages.sh $(BUILD_PACKAGES)
	swift build

test: build-tests $(PYTHON_STAMP)
	@exec Tests/run.sh

# BENCH names some of them: get-instance, enumerate, start, schema.
bench: toolchain
	@.ci/packages.sh $(BENCH_PACKAGES)
	[ -x .venv/bin/python ] || { python3 -m venv .venv && .venv/bin/pip install --quiet --disable-pip-version-check \
		--requirement Tests/requirements.txt; }
	for product in migrationd bench-nio-peer; do \
		swift build --configuration release --scratch-path .build-release --product $$product; done
	@exec .venv/bin/python Tests/Benchmarks/run.py $(BENCH)

toolchain:
	@command -v swift >/dev/null || \
		{ echo "swift is not in PATH; install Swift 6.2 or later: https://swift.org/install" >&2; exit 1; }

# An import that Package.swift does not declare compiles, and ends in an exit status other than 0.
build-tests: toolchain
	@.ci/packages.sh $(TEST_PACKAGES)
	swift build --build-tests --explicit-target-dependency-import-check error

# The copy in the environment is written last: it is there only when everything was installed.
$(PYTHON_STAMP): Tests/requirements.txt | build-tests
	rm -rf .venv
	python3 -m venv .venv
	.venv/bin/pip install --quiet --disable-pip-version-check --requirement $<
	cp $< $@

lint: toolchain
	swift format lint --strict --recursive $(SWIFT_SOURCES)
	.ci/lint-scripts.sh

format: toolchain
	swift format --in-place --recursive $(SWIFT_SOURCES)

clean:
	rm -rf .build .build-release .venv .demo
