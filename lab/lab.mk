# Real peers: `make lab` runs all scenarios, `make lab SCENARIO=name` one (or a shell pattern). As root.
.PHONY: lab lab-deps interop

lab: lab-deps ## real IPsec peers in network namespaces (root); SCENARIO=name for one
	python3 -B lab/run.py $(foreach name,$(SCENARIO),'$(name)')

interop: build lab-deps ## our own program beside real peers (root; skips by name without the rights)
	python3 -B lab/interop.py

lab-deps:
	@scripts/deps.sh lab
