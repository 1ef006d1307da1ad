# Karez. `make help` lists the targets.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

GO      ?= go
BIN     := bin
PLUGINS := $(BIN)/plugins
TOOL    := $(GO) tool -modfile=deploy/tools/go.mod
VERSION ?= $(shell git describe --tags --always 2>/dev/null || echo dev)
LDFLAGS := -s -w -X github.com/karezflow/karez/server/app.version=$(VERSION)
# CORE_KEY is the public key whose packages are core, as karez plugin key new writes it.
ifneq ($(CORE_KEY),)
LDFLAGS += -X "github.com/karezflow/karez/server/app.coreKey=$(CORE_KEY)"
endif

export CGO_ENABLED ?= 0

.PHONY: help
help: ## List the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

NODE_MODULES := frontend/node_modules/.package-lock.json
WEB          := frontend/dist/app/index.html

$(NODE_MODULES): frontend/package.json frontend/package-lock.json
	@command -v npm >/dev/null || { echo "Node.js 20.19 or newer with npm is needed to build the browser interface"; exit 1; }
	@echo "installing what the browser interface is built with"
	@cd frontend && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(WEB): $(NODE_MODULES) frontend/index.html frontend/vite.config.ts $(shell find frontend/src frontend/public -type f 2>/dev/null)
	@echo "building the browser interface"
	@cd frontend && npx --no-install vite build --logLevel warn && node scripts/budget.mjs --quiet || { rm -f dist/app/index.html; exit 1; }

.PHONY: web
web: $(WEB) ## Build the browser interface

# Connectors without code are folders beside the programs.
DEFINITIONS = for file in plugins/*/connector.yaml; do \
	  from=$${file%/*}; to=$(PLUGINS)/$${from\#\#*/}; echo "copying $$to"; \
	  rm -rf "$$to"; mkdir -p "$$to"; cp "$$from/manifest.yaml" "$$file" "$$to"; \
	done

# What is for people of a connector without a package lies beside its program.
ABOUT = for file in plugins/*/manifest.yaml; do \
	  from=$${file%/*}; to=$(PLUGINS)/$${from\#\#*/}.about; \
	  rm -rf "$$to"; mkdir -p "$$to"; cp -R $$(ls -d "$$from"/icon.* "$$from"/README*.md "$$from"/CHANGELOG*.md "$$from"/docs 2>/dev/null) "$$to"; \
	done

.PHONY: build
build: $(WEB) ## Build bin/karez and bin/plugins/<connector>
	@echo "building $(BIN)/karez"
	@$(GO) build -ldflags '$(LDFLAGS)' -o $(BIN)/karez ./server
	@mkdir -p $(PLUGINS)
	@for pkg in $$($(GO) list -f '{{if eq .Name "main"}}{{.ImportPath}}{{end}}' ./plugins/...); do \
	  echo "building $(PLUGINS)/$${pkg##*/}"; \
	  $(GO) build -ldflags '$(LDFLAGS)' -o "$(PLUGINS)/$${pkg##*/}" "$$pkg"; \
	done
	@$(DEFINITIONS)
	@$(ABOUT)

.PHONY: packages
packages: build ## Make packages of the shipped connectors in bin/packages, signed with KEY if that is given
	@mkdir -p $(BIN)/packages
	@for program in $(PLUGINS)/*; do \
	  if [ -d "$$program" ] || [ "$${program##*/}" = declarative ]; then continue; fi; \
	  $(BIN)/karez plugin pack "plugins/$${program##*/}" --program "$$($(GO) env GOOS)/$$($(GO) env GOARCH)=$$program" --out $(BIN)/packages $(if $(KEY),--key '$(KEY)'); \
	done
	@$(BIN)/karez plugin index $(BIN)/packages

.PHONY: run
run: build ## Build all and start the product with simulated systems and a flow that is ready to run
	@$(BIN)/karez demo --data $(or $(DATA),./karez-demo) --listen $(or $(LISTEN),127.0.0.1:8765) $(if $(DB),--db '$(DB)')

.PHONY: job
job: build ## Run the shipped flow against the simulated systems without a browser, print the balance
	@$(BIN)/karez flow run server/market/templates/jushuitan-refund-to-kingdee-return.yaml \
	  --sandbox --sandbox-now 2021-05-28T08:00:00+08:00 --check-balance $(if $(DB),--db '$(DB)') --data $(or $(DATA),./karez-sandbox)

.PHONY: test
test: ## Set up what tests need and run them all with the race detector
	@deploy/test.sh

.PHONY: test-long
test-long: ## Longer kill and soak tests; not part of CI
	@KAREZ_TEST_LONG=1 deploy/test.sh

.PHONY: conformance
conformance: ## Try every connector as its author would, that of databases on both kinds, that of Tryton where it is installed; a table of connectors and behaviours
	@mkdir -p $(PLUGINS)
	@$(GO) build -ldflags '$(LDFLAGS)' -o $(BIN)/karez ./server
	@$(GO) build -ldflags '$(LDFLAGS)' -o $(PLUGINS)/declarative ./plugins/declarative
	@$(DEFINITIONS)
	@for plan in plugins/*/conformance.yaml; do \
	  pkg=$${plan%/*}; \
	  if ls $$pkg/*.go >/dev/null 2>&1; then $(GO) build -ldflags '$(LDFLAGS)' -o "$(PLUGINS)/$${pkg##*/}" "./$$pkg"; fi; \
	done
	@dir=$$(mktemp -d); chmod 711 "$$dir"; trap 'deploy/mariadb.sh stop "$$dir/mariadb"; deploy/postgres.sh stop "$$dir/postgres"; deploy/tryton.sh stop "$$dir/tryton"; rm -rf "$$dir"' EXIT; \
	  export KAREZ_TEST_MYSQL=$${KAREZ_TEST_MYSQL:-$$(KAREZ_MARIADB_NOSYNC=1 deploy/mariadb.sh start "$$dir/mariadb" 33506)}; \
	  export KAREZ_TEST_POSTGRES=$${KAREZ_TEST_POSTGRES:-$$(deploy/postgres.sh start "$$dir/postgres" 35506)}; \
	  if command -v trytond >/dev/null; then export KAREZ_TEST_TRYTON=$${KAREZ_TEST_TRYTON:-$$(deploy/tryton.sh start "$$dir/tryton" 28001)}; fi; \
	  $(GO) run ./deploy/conformance -bin $(BIN)

.PHONY: chaos
chaos: ## Kill, cut off and confuse engines, and prove that no document is lost or doubled (10 minutes)
	@deploy/chaos/run.sh standard -out $(or $(OUT),./chaos-report) $(if $(SEED),-seed $(SEED))

.PHONY: chaos-long
chaos-long: ## The same for an hour
	@deploy/chaos/run.sh long -out $(or $(OUT),./chaos-report) $(if $(SEED),-seed $(SEED))

.PHONY: lint
lint: ## Static checks and formatting
	@echo "golangci-lint"; $(TOOL) golangci-lint run ./...

.PHONY: fmt
fmt: ## Format all Go files
	@$(TOOL) golangci-lint fmt ./...

.PHONY: generate
generate: $(NODE_MODULES) ## Make generated code anew
	@deploy/tools/generate.sh

.PHONY: verify
verify: lint test ## What CI runs

.PHONY: bench-programs
bench-programs:
	@mkdir -p $(BIN)/bench/plugins
	@$(GO) build -ldflags '$(LDFLAGS)' -o $(BIN)/bench/ ./deploy/bench
	@$(GO) build -ldflags '$(LDFLAGS)' -o $(BIN)/bench/plugins/ ./deploy/bench/bench-source ./deploy/bench/bench-sink
	@cd deploy/mapbench && $(GO) build -o $(CURDIR)/$(BIN)/bench/limit ./limit

# The database of a measurement is made for it, and is gone afterwards.
BENCH = dir=$$(mktemp -d); stop() { deploy/mariadb.sh stop "$$dir/mariadb"; rm -rf "$$dir"; }; trap stop EXIT; \
	  $(BIN)/bench/bench -bin $(BIN) -dir "$$dir" -json $(BIN)/bench.json -v \
	    -mysql "$$(KAREZ_MARIADB_BUFFER_POOL=1G deploy/mariadb.sh start "$$dir/mariadb" $(or $(BENCH_PORT),33406))"

.PHONY: bench
bench: build bench-programs ## Documents a second of the product on SQLite and MariaDB beside a hand-written program
	@$(BENCH) $(BENCH_FLAGS)

.PHONY: bench-full
bench-full: build bench-programs ## The same, and with 2 million documents in the ledger; takes long
	@$(BENCH) -ledger 2000000 $(BENCH_FLAGS)

.PHONY: bench-map
bench-map: ## The mapping against sonic and a plan over raw bytes, and the same mapping as a script
	@cd deploy/mapbench && $(GO) run .
	@$(GO) test -run '^$$' -bench BenchmarkMapping -benchtime 3s ./engine/script

.PHONY: bench-micro
bench-micro: ## The micro-benchmarks, and the ledger's tables alone on SQLite
	@$(GO) test -run '^$$' -bench . -benchtime 200ms ./sdk/item ./sdk/manifest ./engine/value/... ./engine/script
	@$(GO) run ./deploy/ledgerspike -db sqlite -docs 200000
