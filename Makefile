# pg_frontdesk: build, install and test of the extension and its gateway.
#
# DOMAINS is the architecture, lowest first: a domain may use only what stands
# to its left.  The same order links the library, installs the SQL and runs the
# tests; `make lint` holds the sources against it.

EXTENSION  = pg_frontdesk
EXTVERSION = $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" $(EXTENSION).control)
DOMAINS    = base security http engine llm inbox chatwoot reach email stock crm campaigns orders calendar agents schedules dashboard

MODULE_big  = $(EXTENSION)
OBJS        = $(patsubst %.c,%.o,src/$(EXTENSION).c $(foreach d,$(DOMAINS),$(sort $(wildcard src/$(d)/*.c))))
PG_CPPFLAGS = -Isrc -DFRONTDESK_VERSION='"$(EXTVERSION)"' -DPGDLLEXPORT='__attribute__((visibility("default")))'
PG_CFLAGS   = -fvisibility=hidden -Wextra -Werror -Wno-unused-parameter -Wno-sign-compare -Wno-missing-field-initializers -Wno-deprecated-non-prototype -Wno-unknown-warning-option -Wno-ignored-attributes -Wno-ignored-optimization-argument
SHLIB_LINK  = -lcurl -lcrypto

# Install order: all types, then all C functions, then tables, then the rest.
# A column default that calls a C function needs that function first.
sql_of        = $(foreach d,$(DOMAINS),$(wildcard src/$(d)/$(d)_$(1).sql))
SQL_TYPES     = $(call sql_of,types)
SQL_CFUNCTIONS = $(call sql_of,cfunctions)
SQL_TABLES    = $(call sql_of,tables)
SQL_VIEWS     = $(call sql_of,views)
SQL_ROWS      = $(call sql_of,rows)
SQL_GRANTS    = $(call sql_of,grants)
SQL_RESERVED  = $(SQL_TYPES) $(SQL_CFUNCTIONS) $(SQL_TABLES) $(SQL_VIEWS) $(SQL_ROWS) $(SQL_GRANTS)
SQL_FUNCTIONS = $(filter-out $(SQL_RESERVED),$(foreach d,$(DOMAINS),$(sort $(wildcard src/$(d)/*.sql))))
SQL_ORDER     = src/prologue.sql $(SQL_TYPES) $(SQL_CFUNCTIONS) $(SQL_TABLES) $(SQL_FUNCTIONS) $(SQL_VIEWS) $(SQL_ROWS) src/security_definers.sql $(SQL_GRANTS)
SQL_INSTALL   = $(EXTENSION)--$(EXTVERSION).sql
DATA_built    = $(SQL_INSTALL)

tests_in       = $(foreach d,$(DOMAINS),$(patsubst $(1)/%.$(2),%,$(sort $(wildcard $(1)/$(d)_*.$(2)))))
REGRESS        = $(call tests_in,sql,sql)
REGRESS_OPTS   = --encoding=UTF8 --load-extension=$(EXTENSION) --temp-instance=tmp_check --temp-config=test/regress.conf
ISOLATION      = $(call tests_in,test/isolation/specs,spec)
ISOLATION_OPTS = --inputdir=test/isolation --load-extension=$(EXTENSION) --temp-instance=tmp_check_iso --temp-config=test/regress.conf
EXTRA_CLEAN    = $(SQL_INSTALL) results tmp_check tmp_check_iso output_iso regression.diffs regression.out test/unit/security_*_test test/unit/base_*_test test/unit/inbox_*_test test/unit/*.o

PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

# Training and judging are loops over rows of numbers: the compiler makes vectors of them.
src/llm/llm_solver.o src/llm/llm_model.o: CFLAGS += -O3

# PGXS may be built without dependency tracking: any header rebuilds all.
$(OBJS): $(wildcard src/*.h src/*/*.h) Makefile

# A fresh install must not adopt objects that someone planted beforehand.
$(SQL_INSTALL): $(SQL_ORDER) Makefile
	sed 's/^CREATE OR REPLACE /CREATE /' $(SQL_ORDER) > $@

# The gateway is a separate program with no server header on its include path.
GATEWAY_GOALS = all-gateway clean-gateway install-gateway uninstall-gateway
all clean install uninstall: %: %-gateway
install-gateway: all-gateway
$(GATEWAY_GOALS): %-gateway:
	$(MAKE) -C src/gateway PG_CONFIG=$(PG_CONFIG) $*

lint:
	@DOMAINS="$(DOMAINS)" dev/lint

fakes:
	$(MAKE) -C test/fakes
	$(MAKE) -C test/bench

# Unit tests of pure parts: the gateway's, and of the server's those in which
# steps are counted, in code that is compiled to tell of every branch.
UNIT_TESTS   = $(patsubst %.c,%,$(wildcard $(addprefix test/unit/,security_*_test.c base_*_test.c inbox_*_test.c)))
test/unit/security_redact_test: UNIT_SOURCES = $(addprefix src/security/security_,redact.c digits.c sign.c)
test/unit/base_span_test: UNIT_SOURCES = src/base/base_span.c src/base/base_span_check.c src/llm/llm_json.c
test/unit/base_text_test: UNIT_SOURCES = src/base/base_text.c
test/unit/inbox_likeness_test: UNIT_SOURCES = src/inbox/inbox_likeness.c
test/unit/inbox_markup_test: UNIT_SOURCES = src/inbox/inbox_markup.c
COUNTED      = -fsanitize-coverage=trace-pc -include test/unit/counted_names.h
UNIT_LIBS    = -L$(shell $(PG_CONFIG) --libdir) -L$(shell $(PG_CONFIG) --pkglibdir) -lpgcommon -lpgport -lm

$(UNIT_TESTS): %_test: %_test.c $(wildcard src/*/*.[ch] test/unit/*.h) Makefile
	for source in $(UNIT_SOURCES); do \
		$(CC) $(CFLAGS) $(CPPFLAGS) $(COUNTED) -c -o $@_$$(basename $$source .c).o $$source || exit 1; \
	done
	$(CC) $(CFLAGS) $(CPPFLAGS) -Itest/unit -o $@ $< $(foreach s,$(UNIT_SOURCES),$@_$(notdir $(s:.c=.o))) $(UNIT_LIBS)

unit: $(UNIT_TESTS)
	prove --exec '' $^
	$(MAKE) -C src/gateway PG_CONFIG=$(PG_CONFIG) check

bench:
	test/bench/run

# What the local provider is worth: see test/quality/README.md. QUALITY=--show tells what was not right.
quality:
	@for script in $(notdir $(sort $(wildcard test/quality/*.pl))); do \
		echo "$$script" && PG_CONFIG=$(PG_CONFIG) test/quality/run $$script $(QUALITY) || exit 1; \
	done

# MINUTES, SEED, KILLS, CONVERSATIONS, RATE, BREAK: see test/torture/README.md
torture:
	@test/torture/run

.PHONY: $(GATEWAY_GOALS) lint fakes unit bench quality torture
