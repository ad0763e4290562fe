# What a developer of this package runs. `make` alone lists it.

SWIFT ?= swift
# Swift's own clang stands beside swiftc.
CLANG ?= $(or $(shell command -v clang),$(dir $(realpath $(shell command -v swiftc)))clang)
PREFIX ?= /usr/local
SWIFT_SOURCES := $(wildcard Sources Tests Examples Plugins Benchmarks Fuzz) Package.swift

.DEFAULT_GOAL := help
.PHONY: help install static uninstall models bench bench-published bench-peers interop-peers published-models demo test test-mpi test-playground test-deep lab torture pictures \
  format lint docs check-neon sanitize-address sanitize-thread \
  sanitize-kernels clean

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# A debug build, which takes half of a release build's time: the kernels are fast in both. `swift run generate` shares it.
demo: ## Train on the embedded stories and read what the model writes
	@Scripts/require-zlib
	$(SWIFT) build --product train
	$(SWIFT) build --product generate
	.build/debug/train --preset demo --out model.rnnz --overwrite

test: ## Run the test suite, then the examples and the plugins as a third party would
	@Scripts/require-zlib
	@Scripts/require-strace
	Scripts/test

test-mpi: ## Train through MPI on 1 to 4 ranks, to the bit; kill, resume, interrupt; two hosts with a slow link
	Scripts/test-mpi

test-playground: ## Use the playground's page in headless Chromium, with pictures; skipped where there is none
	Scripts/test-playground

test-deep: ## Before a release: the test suite in release mode and under the sanitizers, and a million damaged files
	@Scripts/require-zlib
	@Scripts/require-strace
	Scripts/test-deep

pictures: ## Make the README's pictures and its table of speed again (three minutes; DEMO=FILE takes a recorded demo)
	@Scripts/require-zlib
	$(SWIFT) build --product train
	Scripts/pictures

install: ## Build the programs and install them with manual pages and completions (PREFIX=~/.local)
	@Scripts/require-zlib
	PREFIX="$(PREFIX)" SWIFT="$(SWIFT)" Scripts/install

static: ## Build the programs that use a model as single files that need no library of Swift
	@Scripts/require-zlib
	SWIFT="$(SWIFT)" Scripts/static

uninstall: ## Remove what `make install` with the same PREFIX put in place
	PREFIX="$(PREFIX)" Scripts/install --remove

models: ## Train the models in Models again, which the README's examples use
	@Scripts/require-zlib
	Scripts/make-models

lab: ## Train every task of the laboratory to its level, with three seeds (an hour; LAB_SEEDS="1")
	@Scripts/require-zlib
	$(SWIFT) build --product train
	Scripts/lab

torture: ## Damage files by the hundred million, kill saves, cut the power (TORTURE_INPUTS=1000000)
	@Scripts/require-zlib
	@Scripts/require-strace
	Scripts/torture

bench: ## Compare with PyTorch and write Benchmarks/RESULTS.md (BENCH_FLAGS="--cases note-rnn,gen-128 --rounds 3")
	@Scripts/require-zlib
	SWIFT="$(SWIFT)" Scripts/build-release bench generate
	python3 Benchmarks/run.py $(BENCH_FLAGS)

bench-published: ## Measure published models beside their own programs, after `make published-models bench-peers`
	@Scripts/require-zlib
	SWIFT="$(SWIFT)" Scripts/build-release bench
	Benchmarks/published

bench-peers: ## Make the virtual environment with PyTorch that `make bench` compares with
	Benchmarks/make-peers

interop-peers: ## Make the Python environment that the tests of other formats compare with
	python3 -m venv .build-peers
	.build-peers/bin/pip install --quiet --disable-pip-version-check \
	  numpy "safetensors>=0.8" onnx onnxruntime tensorboard

published-models: ## Fetch the models of other projects that tests and benchmarks compare with, into the user's cache
	Scripts/fetch-published

format: ## Format all Swift code in place
	$(SWIFT) format --in-place --recursive --parallel $(SWIFT_SOURCES)

lint: ## Check the formatting and the rules between the package's parts
	$(SWIFT) format lint --strict --recursive --parallel $(SWIFT_SOURCES)
	Scripts/check-structure
	Scripts/check-snippets

docs: ## Build the documentation of all libraries as one site into docs/
	@Scripts/require-zlib
	Scripts/build-docs

check-neon: ## Compile the kernels for 64-bit ARM and test them in an emulator, where there is one
	CLANG="$(CLANG)" Scripts/check-neon $(NEON_FLAGS)

sanitize-address: ## Run the test suite under the address sanitizer
	@Scripts/require-zlib
	ASAN_OPTIONS=detect_leaks=0 $(SWIFT) test -c release --disable-xctest \
	  --sanitize address --scratch-path .build-address

sanitize-thread: ## Run the test suite under the thread sanitizer
	@Scripts/require-zlib
	TSAN_OPTIONS=die_after_fork=0 $(SWIFT) test -c release --disable-xctest \
	  --sanitize thread --scratch-path .build-thread

# Without the optimizer: every read and write of the source is checked, and compiling takes an eighth of the time.
sanitize-kernels: ## Test the kernels in C under the address and undefined-behaviour sanitizers
	@mkdir -p .build-kernels
	$(CLANG) -O0 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -fuse-ld=lld \
	  -Wall -Wextra -Werror -ISources/CTensorKernels/include Tests/CrossKernels/kernels.c \
	  Sources/CTensorKernels/*/*.c -lm -lpthread -o .build-kernels/kernels
	.build-kernels/kernels

clean: ## Remove everything that was built
	rm -rf .build .build-* docs
