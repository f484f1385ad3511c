# pktcraft. `make help` lists the targets.

BUILD ?= build
PREFIX ?= /usr/local
DESTDIR ?=
LUA ?= lua5.4
PKG_CONFIG ?= pkg-config
RUN ?=
LUA_PC ?= lua5.4
CFLAGS ?= -O2 -g
CPPFLAGS ?=
LDFLAGS ?=
DEPS ?= yes
CAPTURES ?= ../shared/captures

VERSION := $(shell sed -n 's/^\#define PK_VERSION "\(.*\)"/\1/p' core/api.h)
SO := so.0
LUAV := 5.4
LUALIB := lib/lua/$(LUAV)
LUASHARE := share/lua/$(LUAV)

export DEPS CAPTURES LUA

# --- what each job needs (Debian's names)
DEPS_BUILD := gcc make pkg-config lua5.4 liblua5.4-dev libpcap-dev libreadline-dev zlib1g-dev libzstd-dev libpcre2-dev libmd-dev nettle-dev lua-argparse lua-cjson
DEPS_CHECK := $(DEPS_BUILD) lua-busted tcpdump lua-socket iproute2 dnsmasq-base
DEPS_LINT := $(DEPS_BUILD) clang lua-check
DEPS_ASAN := $(DEPS_CHECK)
DEPS_VALGRIND := $(DEPS_CHECK) valgrind
DEPS_MATRIX := $(DEPS_CHECK) clang lld
DEPS_DEB := $(DEPS_CHECK) build-essential dpkg-dev debhelper lowdown lintian git
DEPS_ROCK := $(DEPS_CHECK) luarocks git
DEPS_FUZZ := $(DEPS_BUILD) clang libclang-rt-14-dev
DEPS_DOC := lua-ldoc lua-discount
DEPS_SCREENS := aha chromium fonts-dejavu-core
DEPS_ORACLES := lowdown man-db tshark tcpdump iproute2 dnsmasq-base busybox lua-socket python3-scapy tcpreplay

# --- flags that the project needs; the user's own come after
WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion
LUA_INC = $(shell $(PKG_CONFIG) --cflags $(LUA_PC))
LUA_LIB = $(shell $(PKG_CONFIG) --libs $(LUA_PC))
# PCAP=no builds without interfaces and BPF filters. What captures may be packed by, regular expressions and digests are
# built where their libraries are; ZLIB=no, ZSTD=no, PCRE2=no, LIBMD=no or NETTLE=no builds without.
PCAP ?= yes
PCAP_LIB = $(if $(filter no,$(PCAP)),,$$($(PKG_CONFIG) --libs libpcap))
ZLIB ?= $(shell $(PKG_CONFIG) --exists zlib 2>/dev/null && echo yes)
ZSTD ?= $(shell $(PKG_CONFIG) --exists libzstd 2>/dev/null && echo yes)
PCRE2 ?= $(shell $(PKG_CONFIG) --exists libpcre2-8 2>/dev/null && echo yes)
LIBMD ?= $(shell $(PKG_CONFIG) --exists libmd 2>/dev/null && echo yes)
NETTLE ?= $(shell $(PKG_CONFIG) --exists nettle 2>/dev/null && echo yes)
CIPHER_CFLAGS = $(if $(filter yes,$(NETTLE)),-DPK_NETTLE $$($(PKG_CONFIG) --cflags nettle))
CIPHER_LIB = $(if $(filter yes,$(NETTLE)),$$($(PKG_CONFIG) --libs nettle))
DIGEST_CFLAGS = $(if $(filter yes,$(LIBMD)),-DPK_LIBMD $$($(PKG_CONFIG) --cflags libmd))
DIGEST_LIB = $(if $(filter yes,$(LIBMD)),$$($(PKG_CONFIG) --libs libmd))
PACK_CFLAGS = $(if $(filter yes,$(ZLIB)),-DPK_ZLIB) $(if $(filter yes,$(ZSTD)),-DPK_LIBZSTD)
REGEX_CFLAGS = $(if $(filter yes,$(PCRE2)),-DPK_PCRE2 $$($(PKG_CONFIG) --cflags libpcre2-8))
REGEX_LIB = $(if $(filter yes,$(PCRE2)),$$($(PKG_CONFIG) --libs libpcre2-8))
PACK_LIB = $(if $(filter yes,$(ZLIB)),$$($(PKG_CONFIG) --libs zlib)) $(if $(filter yes,$(ZSTD)),$$($(PKG_CONFIG) --libs libzstd))
# Files and times of 64 bits on machines of 32 too, but for what shares times with libpcap.
WIDE := -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64
OURFLAGS = -std=c11 $(WIDE) -fPIC -fvisibility=hidden -fno-semantic-interposition -fno-plt $(WARN) -Icore -Ipcap -Imodules -MMD -MP
COMPILE = $(CC) $(OURFLAGS) $(CPPFLAGS) $(CFLAGS)
SHARED = $(CC) -shared $(CFLAGS) $(LDFLAGS)

# --- rooms
MEMLIB_SRC := core/lmemlib.c
PCAP_SRC := pcap/live.c pcap/bpf.c
NOPCAP_SRC := pcap/nopcap.c
SYSTEM_SRC := pcap/tap.c pcap/netns.c pcap/route.c pcap/device.c
CORE_SRC := $(filter-out $(MEMLIB_SRC),$(wildcard core/*.c)) \
  $(filter-out $(PCAP_SRC) $(NOPCAP_SRC) $(SYSTEM_SRC),$(wildcard pcap/*.c))
LIVE_SRC := $(SYSTEM_SRC) $(if $(filter no,$(PCAP)),$(NOPCAP_SRC),$(PCAP_SRC)) modules/llivemod.c modules/lnetns.c
MEMORY_SRC := modules/lmemmod.c modules/lmempack.c
READLINE_SRC := modules/lreadlinemod.c
MODULES_SRC := $(filter-out $(MEMORY_SRC) $(LIVE_SRC) $(READLINE_SRC),$(wildcard modules/*.c))
TOOLS_SRC := $(wildcard tools/*.c)
SPEC_SRC := $(wildcard spec/c/*.c)
HEADERS := $(filter-out core/lmemlib.h core/block.h core/codecnum.h core/ftree.h core/inner.h core/ops.h core/pieces.h \
  core/regex.h core/shape.h core/verbs.h pcap/sformat.h pcap/compress.h pcap/wfile.h pcap/bpf.h pcap/live.h pcap/netns.h pcap/route.h,$(wildcard core/*.h pcap/*.h))

obj = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))

BENCH := $(BUILD)/bench
LIBMEM := $(BUILD)/lib/libluamemlib.$(SO)
LIBPK := $(BUILD)/lib/libpktcraft.$(SO)
SCRIPTS := $(patsubst modules/%.lua,$(BUILD)/$(LUASHARE)/%.lua,$(wildcard modules/*.lua modules/*/*.lua modules/*/*/*.lua)) \
  $(patsubst layouts/%.lua,$(BUILD)/$(LUASHARE)/pktcraft/layouts/%.lua,layouts/init.lua layouts/names.lua layouts/display.lua)
INCLUDES := $(BUILD)/include/lmemlib.h \
  $(patsubst %.h,$(BUILD)/include/pktcraft/%.h,$(notdir $(HEADERS)))
PCS := $(BUILD)/lib/pkgconfig/luamemlib.pc $(BUILD)/lib/pkgconfig/pktcraft.pc
HAVE_READLINE = $(shell $(PKG_CONFIG) --exists readline 2>/dev/null && echo yes)

PARTS := $(LIBMEM) $(BUILD)/$(LUALIB)/memory.so $(SCRIPTS) $(INCLUDES) $(PCS)
ifneq ($(CORE_SRC),)
PARTS += $(LIBPK)
endif
ifneq ($(MODULES_SRC),)
PARTS += $(BUILD)/$(LUALIB)/pktcraft.so
endif
ifneq ($(LIVE_SRC),)
PARTS += $(BUILD)/$(LUALIB)/pktcraft_live.so
endif
ifneq ($(TOOLS_SRC),)
PARTS += $(BUILD)/bin/pktcraft $(patsubst tools/%.lua,$(BUILD)/share/pktcraft/commands/%.lua,$(wildcard tools/*.lua)) \
  $(patsubst layouts/%.lua,$(BUILD)/share/pktcraft/layouts/%.lua,$(filter-out layouts/init.lua layouts/names.lua layouts/display.lua,$(wildcard layouts/*.lua)))
endif
ifneq ($(wildcard $(READLINE_SRC)),)
ifeq ($(HAVE_READLINE),yes)
PARTS += $(BUILD)/$(LUALIB)/pktcraft_readline.so
endif
endif

all: $(PARTS)
$(PARTS): | tools-there

# What says clearly what the compiler would say at length.
tools-there:
	@for tool in $(firstword $(CC)) $(firstword $(PKG_CONFIG)); do command -v $$tool >/dev/null || \
	  { echo "$$tool is needed; make demo installs what is missing: $(DEPS_BUILD)" >&2; exit 1; }; done
	@$(PKG_CONFIG) --exists $(LUA_PC) || \
	  { echo "$(LUA_PC) is needed; make demo installs what is missing: $(DEPS_BUILD)" >&2; exit 1; }
	@test '$(PCAP)' = no || $(PKG_CONFIG) --exists libpcap || \
	  { echo 'libpcap is needed, but for PCAP=no, which builds without interfaces and BPF filters' >&2; exit 1; }

help:
	@echo 'make demo            install what is missing, build, craft, filter and print packets'
	@echo 'make check           install what is missing, build, run all specs'
	@echo 'make                 build into $(BUILD)/, which mirrors the installed tree'
	@echo 'make check-asan      the specs under AddressSanitizer and UBSan'
	@echo 'make check-valgrind  the specs under valgrind (slow)'
	@echo 'make check-layers    prove who knows whom'
	@echo 'make matrix          the specs under other compilers, flags, machines, and without libraries; one each:'
	@echo '                     make matrix-NAME, $(wordlist 1,9,$(MATRIX))'
	@echo '                     $(wordlist 10,99,$(MATRIX))'
	@echo 'make check-deb       the package of Debian, built, and tried in a copy of the system (root)'
	@echo 'make check-rock      the rock, made by luarocks in a tree of its own; make check-dist: the tarball'
	@echo 'make lint            luacheck; gcc and clang with warnings as errors'
	@echo 'make fuzz T=60       each fuzz target for T seconds'
	@echo 'make bench           what memories, layouts and filter jobs cost, beside peers (make bench-deps)'
	@echo 'make bench-import    the seed'"'"'s performance measure, with charts'
	@echo 'make doc             the manual and guides as HTML (LDoc), build/doc/html; all layouts and fields, build/doc/layouts.md'
	@echo 'make types           annotations for lua-language-server, build/share/pktcraft/types'
	@echo 'make man             man pages, build/share/man (lowdown)'
	@echo 'make install         into $$(DESTDIR)$$(PREFIX); make uninstall'
	@echo 'make dist, make clean'
	@echo 'Without a library: PCAP=no ZLIB=no ZSTD=no PCRE2=no LIBMD=no NETTLE=no'
	@echo 'Variables: BUILD PREFIX DESTDIR CC CFLAGS CPPFLAGS LDFLAGS LUA PKG_CONFIG RUN CAPTURES DEPS=no'
	@echo '           SPECS=spec/x_spec.lua BUSTED_FLAGS=... (of make check)'

# --- compiling and linking
$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(COMPILE) $(LUA_INC) -c -o $@ $<

$(LIBMEM): $(call obj,$(MEMLIB_SRC))
	@mkdir -p $(@D)
	$(SHARED) -Wl,-soname,$(@F) -o $@ $^
	ln -sf $(@F) $(@D)/libluamemlib.so

# The shipped layouts, compiled: the tables in layouts/ go through the reader of user's tables.
LAYOUTS := $(sort $(filter-out layouts/init.lua layouts/names.lua layouts/display.lua,$(wildcard layouts/*.lua)))
GEN_SRC := tools/gen/layouts.c modules/llaydef.c core/codec.c core/codecnum.c core/text.c core/bits.c

$(BUILD)/gen/layouts: $(call obj,$(GEN_SRC))
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LUA_LIB)

$(BUILD)/layouts.c: $(BUILD)/gen/layouts $(LAYOUTS)
	$(RUN) $(BUILD)/gen/layouts $(LAYOUTS) > $@.new
	mv $@.new $@

$(BUILD)/obj/layouts.o: $(BUILD)/layouts.c
	$(COMPILE) -c -o $@ $<

$(LIBPK): $(call obj,$(CORE_SRC)) $(BUILD)/obj/layouts.o
	@mkdir -p $(@D)
	$(SHARED) -Wl,-soname,$(@F) -Wl,-z,defs -o $@ $^ $(PACK_LIB) $(REGEX_LIB) -lm
	ln -sf $(@F) $(@D)/libpktcraft.so

$(PCAP_SRC:%.c=$(BUILD)/obj/%.o): WIDE := -D_FILE_OFFSET_BITS=64
$(BUILD)/obj/pcap/compress.o: OURFLAGS += $(PACK_CFLAGS)
$(BUILD)/obj/core/regex.o: OURFLAGS += $(REGEX_CFLAGS)
$(BUILD)/obj/modules/lchecksummod.o: OURFLAGS += $(DIGEST_CFLAGS)
$(BUILD)/obj/modules/laddrmap.o: OURFLAGS += $(CIPHER_CFLAGS)

# (in a tree of luarocks our libraries lie beside the modules)
RPATH_LUA := -Wl,-rpath,'$$ORIGIN$(if $(filter yes,$(ROCK)),,/../..)' -L$(BUILD)/lib

$(BUILD)/$(LUALIB)/memory.so: $(call obj,$(MEMORY_SRC)) $(LIBMEM)
	@mkdir -p $(@D)
	$(SHARED) -o $@ $(filter %.o,$^) $(RPATH_LUA) -lluamemlib

$(BUILD)/$(LUALIB)/pktcraft.so: $(call obj,$(MODULES_SRC)) $(LIBMEM) $(LIBPK)
	@mkdir -p $(@D)
	$(SHARED) -o $@ $(filter %.o,$^) $(RPATH_LUA) -lpktcraft -lluamemlib $(DIGEST_LIB) $(CIPHER_LIB)

$(BUILD)/$(LUALIB)/pktcraft_live.so: $(call obj,$(LIVE_SRC)) $(LIBMEM) $(LIBPK)
	@mkdir -p $(@D)
	$(SHARED) -o $@ $(filter %.o,$^) $(RPATH_LUA) -lpktcraft -lluamemlib $(PCAP_LIB)

$(BUILD)/$(LUALIB)/pktcraft_readline.so: $(call obj,$(READLINE_SRC))
	@mkdir -p $(@D)
	$(SHARED) -o $@ $^ $$($(PKG_CONFIG) --libs readline)

$(BUILD)/share/pktcraft/commands/%.lua: tools/%.lua
	@mkdir -p $(@D)
	cp $< $@

$(BUILD)/bin/pktcraft: $(call obj,$(TOOLS_SRC))
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -Wl,-E -o $@ $^ $(LUA_LIB)

$(BUILD)/$(LUASHARE)/%.lua: modules/%.lua
	@mkdir -p $(@D)
	cp $< $@

$(BUILD)/$(LUASHARE)/pktcraft/layouts/%.lua: layouts/%.lua
	@mkdir -p $(@D)
	cp $< $@

# The tables themselves, for what is made of them outside of core: dissectors.
$(BUILD)/share/pktcraft/layouts/%.lua: layouts/%.lua
	@mkdir -p $(@D)
	cp $< $@

$(BUILD)/include/lmemlib.h: core/lmemlib.h
	@mkdir -p $(@D)
	cp $< $@

$(BUILD)/include/pktcraft/%.h: core/%.h
	@mkdir -p $(@D)
	cp $< $@

$(BUILD)/include/pktcraft/%.h: pcap/%.h
	@mkdir -p $(@D)
	cp $< $@

# Where the .pc file is tells where the rest is: right in the build tree and wherever it is moved.
$(BUILD)/lib/pkgconfig/luamemlib.pc: Makefile core/api.h
	@mkdir -p $(@D)
	@{ echo 'prefix=$${pcfiledir}/../..'; echo 'Name: luamemlib'; \
	   echo 'Description: memory areas that Lua may write in place'; \
	   echo 'Version: $(VERSION)'; echo 'Requires.private: $(LUA_PC)'; \
	   echo 'Cflags: -I$${prefix}/include'; \
	   echo 'Libs: -L$${prefix}/lib -Wl,-rpath,$${prefix}/lib -lluamemlib'; } > $@

$(BUILD)/lib/pkgconfig/pktcraft.pc: Makefile core/api.h
	@mkdir -p $(@D)
	@{ echo 'prefix=$${pcfiledir}/../..'; echo 'Name: pktcraft'; \
	   echo 'Description: layouts, checksums and capture files'; \
	   echo 'Version: $(VERSION)'; \
	   echo 'Cflags: -I$${prefix}/include'; \
	   echo 'Libs: -L$${prefix}/lib -Wl,-rpath,$${prefix}/lib -lpktcraft'; } > $@

# --- what is compiled for the specs: C modules linked as a stranger's would be
$(BUILD)/spec/%.so: spec/c/%.c $(PARTS)
	@mkdir -p $(@D)
	PKG_CONFIG_PATH=$(BUILD)/lib/pkgconfig; export PKG_CONFIG_PATH; \
	$(CC) -std=c11 -fPIC -shared $(WARN) $(CPPFLAGS) $(CFLAGS) -UNDEBUG -o $@ $< $(LDFLAGS) \
	  $$($(PKG_CONFIG) --cflags --libs luamemlib pktcraft)

spec-modules: all $(BENCH)/importer.so $(patsubst spec/c/%.c,$(BUILD)/spec/%.so,$(SPEC_SRC))

# --- the jobs of README
deps-build:
	@tools/install-deps $(DEPS_BUILD)
deps-check:
	@tools/install-deps $(DEPS_CHECK)
deps-oracles:
	@tools/install-deps $(DEPS_ORACLES)

demo: deps-build
	@echo 'building (make all shows how)'
	@$(MAKE) --no-print-directory -s all
	@$(RUN) $(BUILD)/bin/pktcraft examples/demo.lua $(BUILD)/demo

check: deps-check
	@$(MAKE) --no-print-directory run-specs

BUSTED = env PK_BUILD=$(BUILD) PK_RUN="$(RUN)" \
  LUA_PATH="$(BUILD)/$(LUASHARE)/?.lua;$(BUILD)/$(LUASHARE)/?/init.lua;./?.lua;;" \
  LUA_CPATH="$(BUILD)/$(LUALIB)/?.so;$(BUILD)/spec/?.so;$(BENCH)/?.so;;"
SPECS ?= spec
# Specs that want a library are tagged by its name, and left out where it is.
comma := ,
TAGS = $(foreach library,ZLIB ZSTD PCRE2 LIBMD NETTLE,$(if $(filter yes,$($(library))),,$(shell echo $(library) | tr A-Z a-z)))
LEFT_OUT = $(if $(strip $(TAGS)),--exclude-tags=$(subst $() ,$(comma),$(strip $(TAGS))))

run-specs: spec-modules
	@command -v busted >/dev/null || { echo 'busted is needed to run the specs (Debian: lua-busted)' >&2; exit 1; }
	$(BUSTED) $(LUA) $$(command -v busted) --pattern=_spec $(LEFT_OUT) $(BUSTED_FLAGS) $(SPECS)

# --- ways to install: each tried in a folder of its own
check-deb: DEPS_WAY = $(DEPS_DEB)
check-rock: DEPS_WAY = $(DEPS_ROCK)
check-dist: DEPS_WAY = $(DEPS_CHECK) git
check-deb check-rock check-dist: check-%:
	@tools/install-deps $(DEPS_WAY)
	@PK_ALL=1 $(MAKE) --no-print-directory run-specs SPECS=spec/install_spec.lua BUSTED_FLAGS='$(BUSTED_FLAGS) --tags=$*'

# --- sanitizers: a tree of their own, in which blocks move and freed bytes are poisoned
ASAN := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
check-asan:
	@tools/install-deps $(DEPS_ASAN)
	@$(MAKE) --no-print-directory BUILD=build-asan CFLAGS='-O1 -g $(ASAN)' \
	  CPPFLAGS='$(CPPFLAGS) -DPK_TESTS' LDFLAGS='$(LDFLAGS)' spec-modules
	env LD_PRELOAD="$$($(CC) -print-file-name=libasan.so) $$($(CC) -print-file-name=libubsan.so)" \
	  ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 UBSAN_OPTIONS=print_stacktrace=1 PK_SANITIZED=yes \
	  $(MAKE) --no-print-directory -o spec-modules BUILD=build-asan run-specs

check-valgrind:
	@tools/install-deps $(DEPS_VALGRIND)
	@$(MAKE) --no-print-directory BUILD=build-valgrind CFLAGS='-O1 -g' \
	  CPPFLAGS='$(CPPFLAGS) -DPK_TESTS' spec-modules
	env PK_SANITIZED=yes $(MAKE) --no-print-directory -o spec-modules BUILD=build-valgrind \
	  LUA='valgrind -q --suppressions=spec/valgrind.supp --error-exitcode=9 --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite $(LUA)' run-specs

# --- the matrix: other compilers, flags and machines, and without what may be lacking: spec/matrix.sh
MATRIX := gcc gcc-O0 gcc-O3 gcc-lto gcc-ndebug clang clang-O0 clang-O3 clang-lto \
  no-pcap no-zlib no-zstd no-pcre2 no-libmd no-nettle bare m32 s390x
matrix:
	@tools/install-deps $(DEPS_MATRIX)
	@MAKE='$(MAKE)' sh spec/matrix.sh $(MATRIX)

$(MATRIX:%=matrix-%): matrix-%:
	@tools/install-deps $(DEPS_MATRIX)
	@MAKE='$(MAKE)' sh spec/matrix.sh $*

FUZZ_SRC := $(wildcard spec/fuzz/*.c)

# --- style and arrows
lint:
	@tools/install-deps $(DEPS_LINT)
	luacheck -q .
	@$(MAKE) --no-print-directory BUILD=build-lint/gcc CC=gcc CFLAGS='-O2 -Werror' all
	@$(MAKE) --no-print-directory BUILD=build-lint/clang CC=clang CFLAGS='-O2 -Werror' all
	clang -std=c11 -fsyntax-only -Werror $(WARN) -DPK_TESTS -Icore -Ipcap -Imodules $(LUA_INC) $(FUZZ_SRC)

check-layers: all
	@sh spec/layers.sh $(BUILD)

# --- fuzzing
FUZZERS := $(patsubst spec/fuzz/%.c,build-fuzz/%,$(FUZZ_SRC))
T ?= 60
FUZZED_SRC := $(CORE_SRC) $(MEMLIB_SRC) $(MEMORY_SRC) $(BUILD)/layouts.c
build-fuzz/%: spec/fuzz/%.c $(FUZZED_SRC) $(HEADERS)
	@mkdir -p $(@D)
	clang -std=c11 -O1 -g $(WARN) -DPK_TESTS -fsanitize=fuzzer,address,undefined \
	  -fno-sanitize-recover=all -Icore -Ipcap -Imodules $(PACK_CFLAGS) $(REGEX_CFLAGS) $(LUA_INC) -o $@ $< $(FUZZED_SRC) $(LUA_LIB) $(PACK_LIB) $(REGEX_LIB) -lm

fuzzers:
	@tools/install-deps $(DEPS_FUZZ)
	@$(MAKE) --no-print-directory $(FUZZERS)

fuzz: fuzzers
	@for f in $(FUZZERS); do \
	  corpus=build-fuzz/corpus/$${f##*/}; mkdir -p $$corpus; echo "$$f, $(T) s"; \
	  $$f -max_total_time=$(T) -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
	    -artifact_prefix=build-fuzz/ $$corpus \
	    $$(ls -d spec/fuzz/corpus/$${f##*/} 2>/dev/null) > build-fuzz/$${f##*/}.log 2>&1 \
	    || { tail -n 30 build-fuzz/$${f##*/}.log; exit 1; }; \
	  grep -E 'cov:|stat::number_of_executed' build-fuzz/$${f##*/}.log | tail -n 2; \
	done

# --- benchmarks: bench/README.md
VARIANT = $(CC) $(OURFLAGS) $(CPPFLAGS) $(CFLAGS) $(LUA_INC) -shared -Wl,-soname,$(notdir $(LIBMEM)) -o $@ $<
BENCH_RUN = env LD_LIBRARY_PATH=$(BUILD)/lib LUA_PATH="./?.lua;$(BUILD)/$(LUASHARE)/?.lua;$(BUILD)/$(LUASHARE)/?/init.lua;;" \
  LUA_CPATH="$(BENCH)/?.so;$(BUILD)/$(LUALIB)/?.so;;" PK_BUILD=$(BUILD)
RESULTS ?= bench/results

$(BENCH)/importer.so: bench/importer.c $(PARTS)
	@mkdir -p $(@D)
	$(COMPILE) $(LUA_INC) -shared -o $@ $< $(LDFLAGS) -Wl,-rpath,'$$ORIGIN/../lib' -L$(BUILD)/lib -lluamemlib

$(BENCH)/%/$(notdir $(LIBMEM)): bench/%.c core/lmemlib.c core/lmemlib.h
	@mkdir -p $(@D)
	$(VARIANT)

deps-bench-import:
	@tools/install-deps $(DEPS_BUILD) gnuplot-nox

bench-import: deps-bench-import
	@$(MAKE) --no-print-directory all $(BENCH)/importer.so
	@mkdir -p $(RESULTS)
	$(BENCH_RUN) $(LUA) bench/import.lua $(RESULTS)
	gnuplot -e "folder='$(RESULTS)'" bench/import.gp

VARIANTS := $(patsubst %,$(BENCH)/%/$(notdir $(LIBMEM)),unchecked byname)
BENCH_CC = $(CC) -std=c11 $(WARN) -O2 -o $@ $<
BENCH_TOOLS := $(BENCH)/mkcapture $(BENCH)/mkstreams $(BENCH)/tools/floor $(BENCH)/tools/libpcap $(BENCH)/tools/joins.so $(BENCH)/tools/reader
GOSOURCES ?= /usr/share/gocode

$(BENCH)/mkcapture: bench/mkcapture.c
	@mkdir -p $(@D)
	$(BENCH_CC)

$(BENCH)/mkstreams: bench/mkstreams.c
	@mkdir -p $(@D)
	$(BENCH_CC)

$(BENCH)/tools/floor: bench/tools/floor.c bench/tools/predicate.h
	@mkdir -p $(@D)
	$(BENCH_CC)

$(BENCH)/tools/libpcap: bench/tools/libpcap.c bench/tools/predicate.h
	@mkdir -p $(@D)
	$(BENCH_CC) $$($(PKG_CONFIG) --libs libpcap)

$(BENCH)/tools/reader: bench/tools/reader.c $(LIBPK) $(INCLUDES)
	@mkdir -p $(@D)
	$(BENCH_CC) -I$(BUILD)/include -L$(BUILD)/lib -Wl,-rpath,$(abspath $(BUILD)/lib) -lpktcraft

$(BENCH)/tools/joins.so: bench/tools/joins.c
	@mkdir -p $(@D)
	$(BENCH_CC) -shared -fPIC $(LUA_INC)

# Peers in other languages: built where their compiler and library are.
peers: $(BENCH)/tools/libtins $(BENCH)/tools/gopacket

$(BENCH)/tools/libtins: bench/tools/libtins.cpp
	@mkdir -p $(@D)
	@rm -f $@
	@if $(PKG_CONFIG) --exists libtins; then set -x; \
	  $(CXX) -std=c++11 -O2 -o $@ $< $$($(PKG_CONFIG) --cflags --libs libtins); fi

$(BENCH)/tools/gopacket: bench/tools/gopacket.go
	@mkdir -p $(@D)
	@rm -f $@
	@if command -v go >/dev/null && [ -d $(GOSOURCES)/src/github.com/google/gopacket ]; then set -x; \
	  GO111MODULE=off GOPATH=$(GOSOURCES) GOCACHE=$(abspath $(BENCH))/gocache go build -o $@ $<; fi

# The peers; those that are absent are skipped by name.
bench-deps:
	@tools/install-deps $(DEPS_BUILD) gnuplot-nox tcpdump luajit libtins-dev g++ tshark netsniff-ng python3-dpkt \
	  tcpreplay iproute2 python3-scapy golang-go golang-github-google-gopacket-dev golang-golang-x-net-dev golang-golang-x-sys-dev

bench:
	@tools/install-deps $(DEPS_BUILD) gnuplot-nox
	@$(MAKE) --no-print-directory all $(BENCH)/importer.so $(VARIANTS) $(BENCH_TOOLS) peers
	@mkdir -p $(RESULTS)
	$(BENCH_RUN) $(LUA) bench/ratios.lua $(RESULTS)/ratios.csv
	$(BENCH_RUN) $(LUA) bench/jobs.lua $(BENCH)/tools $(RESULTS)/jobs.csv
	gnuplot -e "folder='$(RESULTS)'" bench/jobs.gp
	$(BENCH_RUN) $(LUA) bench/live.lua $(BENCH) $(RESULTS)/live.csv
	$(BENCH_RUN) $(LUA) bench/page.lua $(RESULTS) bench/README.md

# What shells need to complete commands, options and fields: by the commands' own parsers of arguments.
COMPLETIONS := $(BUILD)/share/bash-completion/completions/pktcraft $(BUILD)/share/zsh/site-functions/_pktcraft \
  $(BUILD)/share/fish/vendor_completions.d/pktcraft.fish
completions: all
	@mkdir -p $(dir $(COMPLETIONS))
	@$(RUN) $(BUILD)/bin/pktcraft completion bash > $(word 1,$(COMPLETIONS))
	@$(RUN) $(BUILD)/bin/pktcraft completion zsh > $(word 2,$(COMPLETIONS))
	@$(RUN) $(BUILD)/bin/pktcraft completion fish > $(word 3,$(COMPLETIONS))

# Annotations for editors, from the manual and the layouts.
types: all
	@$(RUN) $(BUILD)/bin/pktcraft tools/gen/types.lua doc/manual.md $(BUILD)/share/pktcraft/types

# Man pages from the manual.
man:
	@if command -v lowdown >/dev/null; then $(LUA) tools/gen/man.lua $(BUILD)/share/man $(VERSION); \
	  else echo 'no man pages: lowdown is not installed' >&2; fi

# --- installation: build/ mirrors it, so it is a copy
LIST = (cd $(BUILD) && find bin include lib share ! -type d)
TO := $(DESTDIR)$(PREFIX)
install: completions man types
	@umask 022; $(LIST) | while read -r f; do \
	  mkdir -p "$$(dirname "$(TO)/$$f")"; \
	  if [ -L "$(BUILD)/$$f" ]; then ln -sf "$$(readlink "$(BUILD)/$$f")" "$(TO)/$$f"; \
	  else \
	    mode=644; [ -x "$(BUILD)/$$f" ] && mode=755; \
	    install -m $$mode "$(BUILD)/$$f" "$(TO)/$$f"; \
	  fi || exit 1; \
	done
	@echo "installed in $(TO)"

# What install would put there, and the folders that are ours alone.
uninstall: completions man types
	@$(LIST) | while read -r f; do rm -f "$(TO)/$$f"; done
	@for d in include/pktcraft $(LUASHARE)/pktcraft share/pktcraft; do \
	  [ ! -d "$(TO)/$$d" ] || find "$(TO)/$$d" -depth -type d -empty -delete; done
	@echo "removed from $(TO)"

# For luarocks (pktcraft-scm-1.rockspec), which moves what is put here into its tree.
install-rock: all
	@umask 022; mkdir -p $(ROCK_BIN) $(ROCK_LIB) $(ROCK_LUA)/pktcraft
	install -m 755 $(BUILD)/bin/pktcraft $(ROCK_BIN)
	install -m 644 $(BUILD)/$(LUALIB)/*.so $(LIBMEM) $(LIBPK) $(ROCK_LIB)
	cp -R $(BUILD)/$(LUASHARE)/. $(ROCK_LUA)
	cp -R $(BUILD)/share/pktcraft/commands $(ROCK_LUA)/pktcraft

DIST ?= .
dist:
	git archive --prefix=pktcraft-$(VERSION)/ -o $(DIST)/pktcraft-$(VERSION).tar.gz HEAD

# The index of the manual; pages of it and of the guides by LDoc; the reference of layouts and fields, from their tables.
doc: all types
	@tools/install-deps $(DEPS_DOC)
	@mkdir -p $(BUILD)/doc
	$(LUA) tools/gen/index.lua -w doc/manual.md
	$(RUN) $(BUILD)/bin/pktcraft fields --markdown > $(BUILD)/doc/layouts.md
	$(LUA) tools/gen/ldoc.lua doc/manual.md $(BUILD)/doc/ldoc $(VERSION)
	ldoc -q -c $(BUILD)/doc/ldoc/config.ld -d $(abspath $(BUILD)/doc/html) . > /dev/null

# The pictures of terminals in README, which lie in the repository: doc/images.
screens: all
	@tools/install-deps $(DEPS_SCREENS)
	@mkdir -p $(BUILD)/demo && $(BUILD)/bin/pktcraft examples/demo.lua $(BUILD)/demo >/dev/null 2>&1
	cd $(BUILD)/demo && $(LUA) $(abspath tools/gen/screens.lua) $(abspath $(BUILD))/bin/pktcraft $(abspath doc/images) show \
	  "pktcraft show -t -r crafted.pcap" "pktcraft show -t -x -r crafted.pcap 'dns.response and dns.answers.ttl > 60'"

clean:
	rm -rf $(BUILD) build-asan build-valgrind build-lint build-fuzz

.PHONY: check-deb check-rock check-dist matrix $(MATRIX:%=matrix-%) completions doc screens types man bench bench-deps peers bench-import deps-bench-import all tools-there help demo check run-specs spec-modules check-asan check-valgrind check-layers lint \
  fuzz fuzzers install uninstall install-rock dist clean deps-build deps-check deps-oracles
.SECONDARY:

-include $(wildcard $(BUILD)/obj/*/*.d $(BUILD)/obj/*/*/*.d)
