# On Debian 12 with Swift, as root or with sudo:
#   make run      what the daemon does, on hosts that exist in memory only
#   make test     everything that can be tested here; the lab of two real hosts needs root
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

SWIFT_SOURCES := Package.swift Sources Tests
PYTHON_STAMP := .venv/requirements.txt

.PHONY: run build test build-tests toolchain lint format clean

run: build
	@exec Tests/Demo/run.sh

build: toolchain
	@.ci/packages.sh $(BUILD_PACKAGES)
	swift build

test: build-tests $(PYTHON_STAMP)
	@exec Tests/run.sh

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
	rm -rf .build .venv .demo
