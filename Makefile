# What people and CI type. `make` alone lists the targets.
#
# Needed: GNU make, Git and the Go version of go.mod. Everything else, the
# linter included, is built by Go from pinned modules.

GO ?= go
BIN := bin/genops

# Environments to render (make render ENV="dev staging"); empty means all.
ENV ?=
# More flags for go test (make test TESTFLAGS=-short) and for the benchmark.
TESTFLAGS ?=
BENCHFLAGS ?=
# Flags of the test of the control plane (bin/controlplane -h lists them).
E2EFLAGS ?=
# Flags of make dev (bin/controlplane dev up -h lists them).
DEVFLAGS ?=

# The packages whose tests know the flag -update, which rewrites golden files.
GOLDEN := ./schema/... ./generators/... ./compositions/... ./internal/graph/... ./cmd/genops/...

# Every go command below gets the same flags, and those that a plain go test
# would use: Go keeps one cache for each set of compiler flags, and a second set
# would compile some 1,500 packages once more.
# -buildvcs=false because VERSION names the commit already.
FLAGS := -buildvcs=false
export GOFLAGS := $(strip $(filter-out $(FLAGS),$(shell $(GO) env GOFLAGS)) $(FLAGS))

# Nothing here is written in C. Without cgo the binaries need no libraries: the function's image has none, and the test of the control plane
# runs the very binary that is tested.
export CGO_ENABLED := 0

VERSION = $(or $(shell git describe --tags --always --dirty 2>/dev/null),devel)

# golangci-lint is a tool of the module in tools/, which keeps its dependencies
# out of the product's go.mod.
LINT := $(GO) tool -modfile=tools/go.mod golangci-lint

# What goes into the binary, folders included: they change when a file goes.
SOURCES := go.mod go.sum $(shell find cmd compositions generators internal schema \
	-name testdata -prune -o ! -name '*_test.go' -print 2>/dev/null)

# Said once per clone, on stderr: stdout belongs to the commands.
define note
@[ -d bin ] || { mkdir bin && \
	echo 'Compiling genops and its dependencies: some minutes the first time on a machine, seconds later.' >&2; }
endef

define build
$(note)
@$(GO) build -ldflags '-X main.version=$(VERSION)' -o $(BIN) ./cmd/genops
endef

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# Go uses all cores by itself, and lint, render and test read what generate writes.
.NOTPARALLEL:

.PHONY: help
help: ## List the targets
	@echo 'Targets:'
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / { printf "  %-13s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: build
build: ## Build bin/genops
	$(build)

# The same for those who only need an up-to-date binary: with nothing to do it
# does not ask Go, which takes longer than a render.
$(BIN): $(SOURCES)
	$(build)

.PHONY: render
render: $(BIN) ## Render environments/ into rendered/ (ENV="dev staging": only these)
	@$(BIN) render $(ENV)

.PHONY: render-check
render-check: $(BIN) ## Say whether rendered/ is up to date, write nothing
	@$(BIN) render --check

.PHONY: test
test: ## Run all tests
	$(note)
	$(GO) test -timeout 20m $(TESTFLAGS) ./...
	cd test/controlplane && $(GO) test $(TESTFLAGS) ./...

# The test of the control plane is a module of its own, and so is each group of programs that it builds.
CONTROLPLANE := bin/controlplane

.PHONY: e2e
e2e: build ## Run what is rendered on a real control plane (first time: builds Kubernetes, Crossplane, Argo CD; E2EFLAGS="-only parity")
	@cd test/controlplane && $(GO) build -o ../../$(CONTROLPLANE) .
	@$(CONTROLPLANE) $(E2EFLAGS)

.PHONY: e2e-nightly
e2e-nightly: build ## The long scenarios: restarts, a lost hub, 50 environments, and every scenario with the faults that it has to notice (hours)
	@cd test/controlplane && $(GO) build -o ../../$(CONTROLPLANE) .
	@$(CONTROLPLANE) -suite nightly -logs dist/nightly-logs $(E2EFLAGS)
	@$(CONTROLPLANE) -suite scale -limit 40m -logs dist/scale-logs $(E2EFLAGS)
	@$(CONTROLPLANE) -sabotage -environments shared-services,dev,staging,prod -logs dist/sabotage-logs
	@$(CONTROLPLANE) -suite nightly -sabotage -environments poc -logs dist/sabotage-nightly-logs
	@$(CONTROLPLANE) -suite scale -scale 2,4 -sabotage -environments poc -logs dist/sabotage-scale-logs

.PHONY: dev
dev: build ## Run the platform on this machine and follow commits, until Ctrl-C (ENV="dev shared-services": only these)
	@cd test/controlplane && $(GO) build -o ../../$(CONTROLPLANE) .
	@$(CONTROLPLANE) dev up $(if $(ENV),-environments "$(ENV)") $(DEVFLAGS)

.PHONY: tutorial
tutorial: build ## Type docs/TUTORIAL.md in a clone of the last commit, and hold what is printed against what it shows
	@cd test/controlplane && $(GO) build -o ../../$(CONTROLPLANE) .
	@$(CONTROLPLANE) tutorial

.PHONY: scale
scale: build ## Grow the platform to 50 environments on one control plane, and write dist/scale.md (E2EFLAGS="-environments poc -scale 2,4")
	@cd test/controlplane && $(GO) build -o ../../$(CONTROLPLANE) .
	@$(CONTROLPLANE) -suite scale -limit 40m $(E2EFLAGS)

.PHONY: check
check: lint render-check test ## All that must be green before a commit: lint, render-check, test

.PHONY: lint
lint: ## Check format, go vet, golangci-lint, workflows, go.mod (first time: builds the linter, minutes)
	$(LINT) fmt --diff
	$(GO) vet ./...
	$(LINT) run ./...
	$(GO) tool -modfile=tools/workflows/go.mod actionlint .github/workflows/*.yml rendered/ci/*/.github/workflows/*.yml
	$(GO) mod tidy -diff
	cd test/controlplane && $(GO) vet ./... && $(GO) mod tidy -diff

.PHONY: fmt
fmt: ## Format the Go code (gofumpt, import groups)
	$(LINT) fmt

.PHONY: generate
generate: ## Rewrite generated code and golden files
	$(note)
	$(GO) generate ./...
	$(GO) test -skip '^TestKill' $(GOLDEN) -args -update

.PHONY: bench
bench: ## Measure how long rendering takes and how much memory it needs
	$(note)
	$(GO) run ./internal/bench $(BENCHFLAGS)

.PHONY: clean
clean: ## Remove what was built here (Go's own caches stay)
	rm -rf bin dist coverage.*
