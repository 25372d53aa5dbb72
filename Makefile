# Assay: every theorem and every figure a program, every result compared with a stored reference table.
# Papers and claims are found in figures/ and paper_checks/: adding a claim is adding its files.

.DEFAULT_GOAL := all
.SECONDARY:
.DELETE_ON_ERROR:
ifeq ($(filter -j% --jobserver%,$(MAKEFLAGS)),)
MAKEFLAGS += -j$(shell nproc)
endif
MAKEFLAGS += -r

ifdef SANITIZE
BUILD ?= build/sanitize
EXTRA := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
else
BUILD ?= build
EXTRA := -O3
endif

CC := $(if $(filter default,$(origin CC)),gcc,$(CC))
WARNINGS := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Wvla
CPPFLAGS := -D_GNU_SOURCE -Iinclude $(shell pkg-config --cflags openblas gsl 2>/dev/null)
CFLAGS := -std=c11 $(EXTRA) -ffp-contract=off -fopenmp $(WARNINGS)
LDLIBS := -lgsl -llapacke -lopenblas -lcjson -lz -lm
TOOL_LIBS := -lmd4c

# ---- what there is -------------------------------------------------------------------------------------------------

PROGRAMS := $(sort $(wildcard figures/*/*.c)) $(sort $(wildcard paper_checks/*/*.c))
CLAIMS := $(patsubst figures/%.c,%,$(patsubst paper_checks/%.c,%,$(PROGRAMS)))
PAPERS := $(sort $(patsubst %/,%,$(dir $(CLAIMS))))
ROOMS := base random numerics meanfield network evidence experiment
LIBRARY := $(patsubst src/%.c,$(BUILD)/obj/%.o,$(wildcard $(ROOMS:%=src/%/*.c)))
TOOL := $(patsubst src/%.c,$(BUILD)/obj/%.o,$(filter-out src/tools/tabdiff.c src/tools/bench_%,$(wildcard src/tools/*.c)))
TESTS := $(patsubst tests/%.c,$(BUILD)/obj/tests/%.o,$(wildcard tests/*.c))
TRIED := ineq_4_1_leaky_relu_shrinkage fig_1_correlation_curve cor_1_depth_bound \
    prop_1_piecewise_linear_bound # the programs that the tests of the tools run
BENCHES := $(patsubst src/tools/%.c,$(BUILD)/%,$(wildcard src/tools/bench_*.c))
LIB := $(BUILD)/libassay.a
ASSAY := $(BUILD)/assay
RUN := $(shell date +%s%N)
STYLE := $(wildcard figures/*.gp)
# The claims whose last run in directory $(1) was skipped, because their data set was absent.
skipped = $(filter $(CLAIMS:%=$(BUILD)/$(1)/%.json),$(shell grep -rlsE '"verdict":[[:space:]]*"skipped"' --include='*.json' $(BUILD)/$(1)))

# ---- verbs ---------------------------------------------------------------------------------------------------------

.PHONY: all check smoke plots book browser plants ledger accept list bench burn clean format lint setup help test summary $(CLAIMS) $(PAPERS)

all: results plots book ## rebuild every result, compare it with its reference, plot it, weave the book, sum up
	@$(ASSAY) summary results $(CLAIMS) > $(BUILD)/claims.log; code=$$?; cat $(BUILD)/claims.log; exit $$code

check: test all ledger plants smoke-summary browser ## CUnit, every claim, every reference, every planted fault, the ledger, the book
	@awk '/^[0-9]+ passed, [0-9]+ failed$$/ {passed += $$1; failed += $$3} /^[0-9]+ skipped: / {print} \
	    END {print passed " passed, " failed " failed"}' \
	    $(BUILD)/test.log $(BUILD)/claims.log $(BUILD)/browser.log

smoke: smoke-summary ## every claim at scale smoke, nothing compared

PAPER PAPER/PREFIX: ## one paper, or the claims that match: make shrinkage2022/thm_1

plots: $(CLAIMS:%=$(BUILD)/plots/%.svg) ## every figure as SVG in build/plots

book: $(BUILD)/book/woven ## the claims, the library and the discrepancies as pages in build/book

plants: $(CLAIMS:%=$(BUILD)/planted/%.seen) ## plant every declared fault: exactly its checks must turn red
	@echo "$(words $(filter-out $(call skipped,smoke),$(CLAIMS:%=$(BUILD)/smoke/%.json))) claims see all their planted faults, $(words $(call skipped,smoke)) skipped"

ledger: results ## every item of every paper has its row, every row its program
	@$(ASSAY) ledger

accept: $(ASSAY) ## CLAIM=PAPER/PREFIX WHY='...': make the result the reference
	@$(ASSAY) accept "$$CLAIM" --why "$$WHY"

list: $(ASSAY) ## the claims and their verdicts
	@$(ASSAY) list

bench: $(BENCHES) ## how fast, beside what else one would use
	@for b in $(BENCHES); do ./$$b || exit 1; done

burn: ## delete results, keep binaries
	rm -rf $(BUILD)/results $(BUILD)/plots $(BUILD)/book $(BUILD)/smoke $(BUILD)/planted $(BUILD)/tried $(BUILD)/progress $(BUILD)/junit \
	    $(BUILD)/screenshots

clean: ## delete everything built
	rm -rf build

format: ## clang-format on all sources
	clang-format -i $(SOURCES)

lint: ## formatting, clang's warnings, clang-tidy
	@clang-format --dry-run -Werror $(SOURCES)
	@for f in $(filter %.c,$(SOURCES)); do clang $(CPPFLAGS) -Isrc -Itests -DBUILD='""' -DASSAY_PROGRAM -std=c11 $(WARNINGS) -Werror \
	    -Wno-unknown-pragmas -fsyntax-only $$f || exit 1; done
	@for f in $(filter src/%.c,$(SOURCES)); do clang-tidy --quiet $$f -- $(CPPFLAGS) -std=c11 2>/dev/null || exit 1; done

setup: ## install the Debian packages that the build and the tests need
	@sh src/tools/setup.sh

help: ## this list
	@sed -n 's/^\([A-Za-z][A-Za-z/ ]*\):.*## \(.*\)/\1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 20
	@echo 'Options: SANITIZE=1 (ASan and UBSan, in build/sanitize), TEST=PATTERN (some tests), -jN'

SOURCES = $(sort $(wildcard src/*/*.[ch] include/assay/*/*.h tests/*.[ch]) $(PROGRAMS))

# ---- one claim, or all that match: each goal that is a prefix of claims stands for them -----------------------------

define matching
$(1): $(patsubst %,$(BUILD)/results/%.json,$(filter $(1)%,$(CLAIMS))) $(patsubst %,$(BUILD)/plots/%.svg,$(filter $(1)%,$(CLAIMS)))
	@$$(ASSAY) summary results $(filter $(1)%,$(CLAIMS))
endef
WANTED := $(foreach goal,$(MAKECMDGOALS),$(if $(filter $(goal)%,$(CLAIMS)),$(goal)))
$(foreach goal,$(WANTED),$(eval $(call matching,$(goal))))

# ---- building ------------------------------------------------------------------------------------------------------

# With `make setup all`, nothing is compiled before the packages are there.
FIRST := $(if $(filter setup,$(MAKECMDGOALS)),setup)

$(BUILD)/obj/%.o: src/%.c | $(FIRST)
	@mkdir -p $(@D) && echo cc $<
	@$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/obj/tests/%.o: tests/%.c | $(FIRST)
	@mkdir -p $(@D) && echo cc $<
	@$(CC) $(CPPFLAGS) $(CFLAGS) -Isrc -DBUILD='"$(BUILD)"' -MMD -MP -c $< -o $@

$(LIB): $(LIBRARY)
	@rm -f $@
	@ar rcs $@ $^

$(ASSAY): $(TOOL) $(LIB)
	@$(CC) $(CFLAGS) $^ -o $@ $(TOOL_LIBS) $(LDLIBS)

$(BUILD)/tabdiff $(BENCHES): $(BUILD)/%: $(BUILD)/obj/tools/%.o $(LIB)
	@$(CC) $(CFLAGS) $^ -o $@ $(LDLIBS)

$(BUILD)/test: $(TESTS) $(LIB)
	@$(CC) $(CFLAGS) $^ -o $@ -lcunit $(LDLIBS)

define program
$(BUILD)/bin/%: $(1)/%.c $(LIB) | $(FIRST)
	@mkdir -p $$(@D)
	@$(CC) $(CPPFLAGS) -DASSAY_PROGRAM $(CFLAGS) -MMD -MP -MF $$@.d $$< $(LIB) -o $$@ $(LDLIBS)
endef
$(foreach folder,figures paper_checks,$(eval $(call program,$(folder))))

# ---- running -------------------------------------------------------------------------------------------------------

.PHONY: results smoke-summary again
results: $(CLAIMS:%=$(BUILD)/results/%.json) $(BUILD)/tabdiff

$(BUILD)/results/%.json: $(BUILD)/bin/% | $(ASSAY)
	@$(ASSAY) step $* results standard $(RUN) $(words $(CLAIMS))

$(BUILD)/smoke/%.json: $(BUILD)/bin/% | $(ASSAY)
	@$(ASSAY) step $* smoke smoke $(RUN)s $(words $(CLAIMS))

# Their data may be there by now.
$(call skipped,results) $(call skipped,smoke): again

smoke-summary: $(CLAIMS:%=$(BUILD)/smoke/%.json)
	@$(ASSAY) summary smoke $(CLAIMS)

$(BUILD)/planted/%.seen: $(BUILD)/smoke/%.json
	@mkdir -p $(@D)
	@$(ASSAY) plant $* && touch $@

# What did not run to its end and what was skipped have no picture: the summary says so.
define plot
$(BUILD)/plots/%.svg: $(1)/%.gp $(BUILD)/results/%.json $(STYLE)
	@mkdir -p $$(@D)
	@if [ ! -f $(BUILD)/results/$$*.json ] || [ ! -f $(BUILD)/results/$$*.tsv ]; then rm -f $$@; else \
	    gnuplot -e "table='$(BUILD)/results/$$*.tsv'; output='$$@.tmp'" figures/style.gp $$< && mv $$@.tmp $$@; fi
endef
$(foreach folder,figures paper_checks,$(eval $(call plot,$(folder))))

# ---- the book ------------------------------------------------------------------------------------------------------

JAVASCRIPT := /usr/share/javascript
BOOK_FILES := $(patsubst src/tools/book/%,$(BUILD)/book/assets/%,$(wildcard src/tools/book/*.css src/tools/book/*.js))

$(BUILD)/book/assets/%: src/tools/book/%
	@mkdir -p $(@D)
	@cp $< $@

$(BUILD)/book/assets/katex/katex.min.css: | $(FIRST)
	@mkdir -p $(@D)
	@cp -rL $(JAVASCRIPT)/katex/katex.min.js $(JAVASCRIPT)/katex/fonts $(@D)
	@cp $(JAVASCRIPT)/highlight.js/highlight.min.js $(BUILD)/book/assets
	@cp $(JAVASCRIPT)/katex/katex.min.css $@

# The weaver leaves pages alone that it would not change.
$(BUILD)/book/woven: $(ASSAY) $(CLAIMS:%=$(BUILD)/results/%.json) $(CLAIMS:%=$(BUILD)/plots/%.svg) $(BOOK_FILES) \
    $(BUILD)/book/assets/katex/katex.min.css $(wildcard results/*/*.tsv src/tools/book/*.md src/*/*.[ch] include/assay/*/*.h)
	@$(ASSAY) weave
	@touch $@

# ---- the tests -----------------------------------------------------------------------------------------------------

test: $(BUILD)/test $(ASSAY) $(BUILD)/tabdiff $(TRIED:%=$(BUILD)/bin/shrinkage2022/%) ## the CUnit tests alone; TEST=PATTERN runs some
	@mkdir -p $(BUILD)/junit
	@$(BUILD)/test $(TEST) --junit $(BUILD)/junit/tests.xml > $(BUILD)/test.log; code=$$?; grep -A 8 ^FAIL $(BUILD)/test.log; \
	    tail -n 1 $(BUILD)/test.log; exit $$code

browser: book | $(FIRST) ## the book in a real browser: links, formulas, filters, themes, keyboard, print, accessibility
	@[ -d tests/browser/node_modules ] || { echo "browser: make setup installs what this needs" >&2; exit 1; }
	@node tests/browser/book.mjs $(BUILD)/book $(BUILD)/screenshots > $(BUILD)/browser.log; code=$$?; \
	    grep -v '^ok ' $(BUILD)/browser.log; exit $$code

-include $(LIBRARY:.o=.d) $(TOOL:.o=.d) $(TESTS:.o=.d) $(CLAIMS:%=$(BUILD)/bin/%.d)
