# The commands a developer needs. `make test` is what the server of the project
# runs before a change is taken; everything else is at hand.

GO      ?= go
TOOL    := $(GO) tool -modfile=tools/go.mod
FUZZTIME ?= 20s
ROUNDS   ?= 1000
SEEDS    ?= 1000
SOAK     ?= 30m

# The official vectors, read-only, beside the checkout or where the caller says.
export PARLEY_VECTORS ?= $(abspath ../shared/vectors)

.PHONY: run build web test test-s3 rules lint fmt fuzz torture soak bench bench-delivery bench-browser screenshots interop clean

# run starts a server with the demo: two accounts and a scripted exchange.
run: build
	bin/parley demo

build: web
	@mkdir -p bin
	$(GO) build -trimpath -o bin/parley ./cmd/parley

# web makes the page: wasm, bundles, their compressed forms. It needs Node with npm,
# for libraries and the type check. What hasn't changed isn't made again.
web:
	$(GO) run ./web/build

# test is everything that must pass: vet, the rules of the tree, all tests.
test: rules web
	$(GO) vet ./...
	$(GO) test -timeout 14m ./...
	cd e2e/acme && $(GO) vet ./... && $(GO) test -timeout 5m ./...
	cd deploy/test && $(GO) vet ./... && $(GO) test -timeout 10m ./...

# test-s3 has versitygw, a real S3-compatible store, keep attachments. It is apart from
# test since building versitygw, with all the clouds that it knows, takes minutes where nothing of it is built yet.
test-s3:
	cd e2e/s3 && $(GO) vet ./... && $(GO) test -timeout 15m ./...

# rules checks imports and citations. It lists packages by another process,
# which the test cache doesn't see: hence -count=1.
rules:
	$(GO) test -count=1 ./internal/archtest ./internal/spectest

# lint needs the developers' tools, which live in a module of their own.
lint:
	@out="$$($(TOOL) gofumpt -l $$(git ls-files '*.go'))"; test -z "$$out" || { echo "not gofumpt:"; echo "$$out"; exit 1; }
	$(TOOL) staticcheck ./...
	$(TOOL) deadcode -test ./...

fmt:
	$(TOOL) gofumpt -w $$(git ls-files '*.go')

# fuzz runs each fuzz test of the tree for FUZZTIME.
fuzz:
	@set -e; for pkg in $$($(GO) list ./...); do \
	  for f in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do \
	    echo "$$pkg $$f"; $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) $$pkg; \
	  done; \
	done

# torture simulates SEEDS runs (make test: 50), then repeats the crash and fault
# tests ROUNDS times (make test: 20).
torture: build
	PARLEY_SIM_SEEDS=$(SEEDS) $(GO) test -count=1 -timeout 2h -run Sim ./server/simtest
	PARLEY_TORTURE_ROUNDS=$(ROUNDS) $(GO) test -count=1 -timeout 6h -v -run 'Crash|Torture|Fault' ./...

# soak watches a server's memory under steady load for SOAK.
soak:
	PARLEY_SOAK=$(SOAK) $(GO) test -count=1 -timeout 24h -v -run Soak ./e2e

bench:
	$(GO) test -run '^$$' -bench . -benchmem ./...

# bench-delivery measures the figures of docs/benchmarks.md, section Delivery, and
# prints them as one table. It takes some minutes and wants a quiet machine.
bench-delivery: build
	bin/parley bench --goals

# bench-browser measures the figures of docs/benchmarks.md, section Browser, in a
# Chromium, and prints them as one table. It takes some minutes and wants a quiet
# machine.
bench-browser: web
	PARLEY_BENCH_BROWSER=1 $(GO) test -p 1 -count=1 -timeout 1h -v -run BenchBrowser ./e2e/browser ./e2e/media

# screenshots draws every view of the page to web/screenshots: desktop and phone,
# light and dark, from left to right and from right to left. It needs a Chromium, and
# fonts with Arabic and emoji.
screenshots: web
	PARLEY_SCREENSHOTS=$(CURDIR)/web/screenshots $(GO) test -count=1 -timeout 1h -v -run Screenshots ./e2e/browser

# interop plays MLS with the implementations of others, which npm installs, and
# the scripts of the working group's runner; it prints what came of each step and
# how fast both sides are (docs/interop.md). It needs Node 20.
interop:
	cd interop/node && npm ci --ignore-scripts --no-audit --no-fund
	@rm -rf interop/report && mkdir -p interop/report
	cd interop && $(GO) vet ./... && \
	  INTEROP_REPORT=$(CURDIR)/interop/report/live.txt INTEROP_BENCH=$(CURDIR)/interop/report/rates.txt \
	    $(GO) test -count=1 -timeout 30m ./live && \
	  INTEROP_REPORT=$(CURDIR)/interop/report/scripts.txt $(GO) test -count=1 -timeout 30m ./mlsclient ./runner
	@cat interop/report/live.txt interop/report/scripts.txt interop/report/rates.txt

clean:
	rm -rf bin
