# On a fresh Debian-like machine, as root: `make demo` shows the main job, `make test` runs every test.
SHELL := /bin/sh
PYTHON ?= $(shell tests/tools/python)
STACKTLS_CACHE ?= $(HOME)/.cache/stacktls
export STACKTLS_CACHE

VENV := $(STACKTLS_CACHE)/venv-$(shell (echo $(PYTHON); cat requirements.txt tests/requirements.txt) | cksum | cut -d ' ' -f 1)
export PATH := $(VENV)/bin:$(PATH)
PART := tests/tools/part

.PHONY: help setup packages venv images kubernetes archive demo demo-stop test lint unit unit-oldest sanity stack-test \
	kubernetes-test integration molecule molecule-pair molecule-cluster molecule-eck system system-pair system-cluster soak \
	bench clean

help:
	@echo 'make demo       mutual TLS between a real Elasticsearch and a Kibana in containers'
	@echo 'make demo-stop  remove the containers of the demo'
	@echo 'make test       every check and test (parts: lint unit unit-oldest sanity stack-test'
	@echo '                kubernetes-test integration molecule system)'
	@echo 'make soak       10,000 damaged keystores and PKCS#12 files of each kind, more forms of the playbooks,'
	@echo '                and the scenarios $(IN_SOAK)'
	@echo 'make bench      how fast it is, as ratios against its peers'
	@echo 'make archive    the collection as an archive, in build/'
	@echo 'make clean      remove what was built, but not the cache'

setup: packages venv images kubernetes

packages:
	@$(PART) packages tests/tools/packages $(PYTHON)

venv: $(VENV)/ready
$(VENV)/ready: | packages
	@$(PART) venv tests/tools/venv $(PYTHON) $(VENV)

images: packages
	@$(PART) images tests/stack/stack build

kubernetes: venv
	@$(PART) kubernetes tests/kubernetes/control-plane build

archive: build/collections/ready
build/collections/ready: $(VENV)/ready $(shell git ls-files --cached --others --exclude-standard 2>/dev/null | grep -v '^tests/')
	@$(PART) archive tests/tools/archive

demo: packages venv images archive
	@tests/tools/demo

demo-stop:
	@tests/stack/stack down tests/stack/topologies/demo.json

# The fast checks first, then what runs on services; of both, two parts run side by side.
CHECKS := unit lint unit-oldest sanity
SERVICES := molecule-cluster system-pair kubernetes-test integration molecule-pair system-cluster molecule-eck stack-test
TWO_OF := $(MAKE) --no-print-directory --jobs=2 --output-sync=target
test: venv archive
	@status=0; \
	$(PART) checks $(TWO_OF) SIDE_BY_SIDE=checks/ $(CHECKS) \
		&& $(MAKE) --no-print-directory images kubernetes \
		&& $(PART) services $(TWO_OF) SIDE_BY_SIDE=services/ $(SERVICES) || status=$$?; \
	$(PART) --report; \
	exit $$status

ifdef SIDE_BY_SIDE
# Two lanes of about the same length: make would go on to what waits for nothing, and leave the rest to the end. Those of one lane
# also use the same hosts.
system-pair: molecule-cluster
kubernetes-test: system-pair
molecule-pair: integration
system-cluster: molecule-pair molecule-cluster
molecule-eck: system-cluster
stack-test: molecule-eck
endif

lint: venv
	@$(PART) $(SIDE_BY_SIDE)lint tests/tools/lint

unit: venv
	@$(PART) $(SIDE_BY_SIDE)unit tests/tools/unit

unit-oldest: venv
	@$(PART) $(SIDE_BY_SIDE)unit-oldest tests/tools/unit-oldest $(VENV)-oldest

sanity: venv
	@$(PART) $(SIDE_BY_SIDE)sanity tests/tools/sanity

stack-test: venv images
	@$(PART) $(SIDE_BY_SIDE)stack-test tests/tools/stack-test

kubernetes-test: venv kubernetes archive
	@$(PART) $(SIDE_BY_SIDE)kubernetes-test tests/tools/kubernetes-test

integration: venv images archive
	@$(PART) $(SIDE_BY_SIDE)integration tests/tools/integration

molecule: molecule-pair molecule-cluster molecule-eck

# Scenarios that share the nodes of the topology "clients", in this order: the tests after them begin with what the last one leaves.
ON_CLUSTER := cluster failed_node beats clients
# Those that "make test" has no time for. What it has of their kind: of "brownfield" the scenario "auto_configured", of "browsers"
# Kibana's HTTPS with curl, of "failed_node" a single node that does not come back, and of "beats" test_beats.py, all in tests/system;
# of "eck_products" the tests of kinds in tests/kubernetes. Tests in tests/system that are marked "soak" have others of their kind there.
IN_SOAK := beats brownfield browsers eck_products failed_node
# Those that run on the control plane of tests/kubernetes, and need no containers.
ON_KUBERNETES := eck eck_cert_manager eck_products
SCENARIOS := $(patsubst extensions/molecule/%/molecule.yml,%,$(wildcard extensions/molecule/*/molecule.yml))
IN_TEST := $(filter-out $(IN_SOAK),$(SCENARIOS))

molecule-pair: venv images archive
	@$(PART) $(SIDE_BY_SIDE)molecule-pair tests/tools/molecule $(filter-out $(ON_CLUSTER) $(ON_KUBERNETES) default,$(IN_TEST)) default  # tests after it begin with what that leaves

molecule-cluster: venv images archive
	@$(PART) $(SIDE_BY_SIDE)molecule-cluster tests/tools/molecule $(filter $(IN_TEST),$(ON_CLUSTER))

molecule-eck: venv kubernetes archive
	@$(PART) $(SIDE_BY_SIDE)molecule-eck tests/tools/molecule $(filter $(IN_TEST),$(ON_KUBERNETES))

system: system-pair system-cluster

system-pair: venv images archive
	@$(PART) $(SIDE_BY_SIDE)system-pair tests/tools/system pair

system-cluster: venv images archive
	@$(PART) $(SIDE_BY_SIDE)system-cluster tests/tools/system cluster

soak: venv images archive
	@$(PART) soak tests/tools/soak $(VENV)-oldest $(IN_SOAK)

bench: venv images archive
	@$(PART) bench tests/tools/bench

clean:
	rm -rf build
