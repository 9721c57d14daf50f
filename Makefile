# Shortcuts; each target is one or two commands that work by themselves.
.PHONY: demo test lint bench bench-seed bench-exact bench-tune bench-backup fuzz docs clean supabase-cli generate seeds bench-index coverage-backup

demo: ## Everything on the embedded server, in a minute
	cargo run --release -- demo

test: ## All tests, on real servers
	cargo test

lint: ## Formatting, lints, and dependency policy where cargo-deny is there
	cargo fmt --all --check
	cargo clippy --all-targets -- -D warnings
	@if command -v cargo-deny >/dev/null; then cargo deny check; else echo "cargo-deny is not here: dependency policy not checked"; fi

bench: ## Start-up and size of the release binary; fails where it is 20 MB or more
	cargo build --release
	@bash -c 'time (for i in 1 2 3 4 5 6 7 8 9 10; do target/release/vecops --help >/dev/null; done)' 2>&1 | awk '/real/ {print "ten times vecops --help: " $$2}'
	@ls -l target/release/vecops | awk '{printf "binary: %.1f MB, promised are less than 20\n", $$5 / 1e6; exit $$5 >= 20e6}'

bench-seed: ## Every way to load rows, side by side (needs psql and Python; ROWS=250000, QUICK=1, VECOPS_BENCH_DATA=FILE)
	cargo build --release
	python3 benches/seed.py --rows $(or $(ROWS),250000) $(if $(QUICK),--quick)

FUZZED = jsonl csv tsv parquet npy fvecs bvecs compressed pgcopy

fuzz: ## Every reader under made-up bytes, EACH=300 seconds long (needs nightly Rust and cargo-fuzz)
	cargo +nightly fuzz build
	@for target in $(FUZZED); do \
		mkdir -p fuzz/corpus/$$target; \
		cargo +nightly fuzz run $$target fuzz/corpus/$$target fuzz/seeds/$$target -- -max_total_time=$(or $(EACH),300) \
			-max_len=16384 -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 || exit 1; \
	done

bench-exact: ## Exact neighbours: by vecops on this machine against SQL on the server (needs psql and Python)
	cargo build --release
	python3 benches/exact.py --rows $(or $(ROWS),250000)

bench-tune: ## vecops index tune against the whole grid on the whole table (needs psql and Python; ROWS=250000, QUICK=1, VECOPS_BENCH_DATA, VECOPS_BENCH_QUERIES)
	cargo build --release
	python3 benches/tune.py --rows $(or $(ROWS),$(if $(QUICK),20000,250000))

bench-backup: ## vecops dump and restore against pg_dump, pg_restore and psql (needs psql and zstd; ROWS=250000, QUICK=1, PG_DUMP=FILE, VECOPS_BENCH_DATA=FILE)
	cargo build --release
	python3 benches/backup.py --rows $(or $(ROWS),250000) $(if $(QUICK),--quick) $(if $(PG_DUMP),--pg-dump $(PG_DUMP))

coverage-backup: ## Which lines of the backup's core no test reaches (needs `rustup component add llvm-tools`)
	sh tests/coverage.sh

bench-index: ## Index builds against bare statements, predictions against builds, traffic (needs psql; ROWS=100000, QUICK=1)
	cargo build --release
	python3 benches/index.py --rows $(or $(ROWS),100000) $(if $(QUICK),--quick)

docs: generate ## API documentation, completions, man pages, the README's command table
	cargo doc --no-deps --document-private-items

generate:
	cargo run -- generate

seeds: seeds/passages.jsonl.zst seeds/questions.jsonl.zst ## Packs the built-in passages and questions anew where they were edited (needs zstd)

seeds/%.jsonl.zst: seeds/%.jsonl
	zstd -19 -f --no-progress $< -o $@

supabase-cli: ## The migration through the real Supabase CLI (needs npm)
	bash tests/supabase_cli.sh

clean:
	cargo clean
