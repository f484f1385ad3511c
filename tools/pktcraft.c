/*
** pktcraft.c: the program `pktcraft`: runs Lua scripts with the modules and layouts of pktcraft as
** globals that are loaded when first used. Options, exit codes, tracebacks and interrupts are those of
** the stand-alone interpreter (Lua 5.4 manual, section 7), but for binary chunks, which are refused.
*/
#define _DEFAULT_SOURCE /* on_exit */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <lua.h>
#include <lauxlib.h>
#include <lualib.h>

#include "api.h"

#define PROGRAM "pktcraft"

#if !defined(PK_PREFIX)
#define PK_PREFIX "/usr/local"
#endif

typedef struct Options {
  int script; /* index in argv of the script, or argc */
  int interactive, version, help, execute;
} Options;

static lua_State *interrupted = NULL; /* the state that an interrupt stops */

static void print_usage (FILE *to) {
  fputs("usage: " PROGRAM " [options] [script [args]]\n"
        "       " PROGRAM " show [-r FILE] [-v] [-x] [-t...] [-T json|csv|tsv] [-e FIELD...] [-c N] [filter]\n"
        "       " PROGRAM " filter -r FILE -w FILE [-v] [-c N] [-j N] {expression | --bpf FILTER | --lua CODE}\n"
        "       " PROGRAM " convert [-r FILE] [-w FILE] [-F pcap|pcapng] [-T hex|c|lua] [--hex] [filter]\n"
        "       " PROGRAM " edit -r FILE -w FILE [--map A=B] [--anonymise KEY] [--shift SECONDS] [...] [STATEMENT...]\n"
        "       " PROGRAM " info [--json] FILE...\n"
        "       " PROGRAM " stats [--json | --plot FILE] [...] FILE...\n"
        "       " PROGRAM " diff A B [--ignore NAME...] [filter]\n"
        "       " PROGRAM " merge -w FILE FILE...\n"
        "       " PROGRAM " split -r FILE -w FILE {--count N | --bytes N | --seconds N | --flow | --by FIELD} [filter]\n"
        "       " PROGRAM " dissector [-w FILE] [--prefix TEXT] [--bind SPACE:VALUE:LAYOUT] [...] LAYOUT...\n"
        "       " PROGRAM " capture -i NAME [-w FILE] [...] [filter]\n"
        "       " PROGRAM " send [-i NAME] [-c N] [--answers SECONDS] EXPR...\n"
        "       " PROGRAM " replay -i NAME [-s SPEED | -r RATE | -b BITS | -t] [-l TIMES] FILE...\n"
        "       " PROGRAM " fields [layout[.field]]\n"
        "       " PROGRAM " completion bash|zsh|fish\n"
        "       " PROGRAM " test [options of busted] FILE...\n"
        "  -e CODE  run the string CODE; may be given many times\n"
        "  -i       go on interactively after the script\n"
        "  -v       show the version\n"
        "  -h       show this help\n"
        "  --       stop handling options\n"
        "  -        run standard input and stop handling options\n"
        "The modules memory, layout, packet, pcap, filter, checksum and layouts, and each layout by its name, are\n"
        "globals, loaded when first used.\n", to);
}

static const char *program = PROGRAM ": "; /* before messages; nothing at the prompt */

static void message (const char *text) {
  fflush(stdout);
  fprintf(stderr, "%s%s\n", program, text);
  fflush(stderr);
}

/* Prints the error on the top and pops it; returns the status. */
static int report (lua_State *L, int status) {
  if (status != LUA_OK) {
    const char *text = lua_tostring(L, -1);
    message(text != NULL ? text : "(error message not a string)");
    lua_pop(L, 1);
  }
  return status;
}

/* [-1, +1, m] An error value becomes text with a traceback. */
static int handler (lua_State *L) {
  const char *text = lua_tostring(L, 1);
  if (text == NULL) {
    if (luaL_callmeta(L, 1, "__tostring") && lua_type(L, -1) == LUA_TSTRING) return 1;
    text = lua_pushfstring(L, "(error object is a %s value)", luaL_typename(L, 1));
  }
  luaL_traceback(L, L, text, 1);
  return 1;
}

/* The hook that an interrupt sets: an error, where Lua code runs next. */
static void stop (lua_State *L, lua_Debug *ar) {
  (void)ar;
  lua_sethook(L, NULL, 0, 0);
  luaL_error(L, "interrupted!");
}

static void set_signal (int sig, void (*action) (int)) {
  struct sigaction sa;
  sa.sa_handler = action;
  sa.sa_flags = 0; /* no restart: a read that waits ends, and Lua comes to run the hook */
  sigemptyset(&sa.sa_mask);
  sigaction(sig, &sa, NULL);
}

static void on_interrupt (int sig) {
  set_signal(sig, SIG_DFL); /* a second one ends the process */
  lua_sethook(interrupted, stop, LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE | LUA_MASKCOUNT, 1);
}

/* [-(n + 1), +results, -] Calls the function under `n` arguments, with a traceback for errors. */
static int call (lua_State *L, int n, int results) {
  int base = lua_gettop(L) - n, status;
  lua_pushcfunction(L, handler);
  lua_insert(L, base);
  interrupted = L;
  set_signal(SIGINT, on_interrupt);
  status = lua_pcall(L, n, results, base);
  set_signal(SIGINT, SIG_DFL);
  lua_remove(L, base);
  return status;
}

/* --- the globals of a script */

/* __index of the table of globals: what module `pktcraft` has under that name. */
static int global (lua_State *L) {
  if (lua_type(L, 2) != LUA_TSTRING) return 0;
  lua_settop(L, 2);
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
  if (lua_getfield(L, 3, PROGRAM) == LUA_TNIL) {
    lua_pushliteral(L, "require");
    lua_rawget(L, 1);
    if (lua_isnil(L, -1)) return 0;
    lua_pushliteral(L, PROGRAM);
    lua_call(L, 1, 1);
  }
  if (lua_type(L, -1) != LUA_TTABLE) return 0;
  lua_pushvalue(L, 2);
  if (lua_gettable(L, -2) == LUA_TNIL || strcmp(lua_tostring(L, 2), "_VERSION") == 0) return 0;
  lua_pushvalue(L, 2); /* keep it: the next use is a plain access */
  lua_pushvalue(L, -2);
  lua_rawset(L, 1);
  return 1;
}

static void set_globals (lua_State *L) {
  lua_pushglobaltable(L);
  lua_createtable(L, 0, 1);
  lua_pushcfunction(L, global);
  lua_setfield(L, -2, "__index");
  lua_setmetatable(L, -2);
  lua_pop(L, 1);
}

/*
** [-0, +1, m] Pushes the folder that bin/, lib/ and share/ lie in: that of the program as it runs,
** wherever it was moved to.
*/
static void push_prefix (lua_State *L) {
  char path[4096];
  ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
  if (n > 0) {
    char *slash;
    int k;
    path[n] = '\0';
    for (k = 0; k < 2; k++) {
      slash = strrchr(path, '/');
      if (slash != NULL) *slash = '\0';
    }
    lua_pushstring(L, path);
  }
  else
    lua_pushliteral(L, PK_PREFIX);
}

/* Our modules are found before others of the same name. */
static void set_paths (lua_State *L) {
  const char *prefix;
  lua_getglobal(L, "package");
  push_prefix(L);
  prefix = lua_tostring(L, -1);
  lua_getfield(L, -2, "path");
  lua_pushfstring(L, "%s/share/lua/5.4/?.lua;%s/share/lua/5.4/?/init.lua;%s", prefix, prefix,
                  lua_tostring(L, -1));
  lua_setfield(L, -4, "path");
  lua_pop(L, 1);
  lua_getfield(L, -2, "cpath");
  lua_pushfstring(L, "%s/lib/lua/5.4/?.so;%s", prefix, lua_tostring(L, -1));
  lua_setfield(L, -4, "cpath");
  lua_pop(L, 3);
}

/* --- running */

/* arg: the script's arguments from 1, its name at 0, what stood before it below. */
static void set_arg (lua_State *L, char **argv, int argc, int script) {
  int k;
  if (script == argc) script = 0; /* no script: the program itself is at 0 */
  lua_createtable(L, argc - script, script);
  for (k = 0; k < argc; k++) {
    lua_pushstring(L, argv[k]);
    lua_rawseti(L, -2, k - script);
  }
  lua_setglobal(L, "arg");
}

/* Runs the chunk that was just loaded, or reports why it was not. */
static int run (lua_State *L, int status, int n, int results) {
  if (status == LUA_OK) {
    lua_insert(L, -(n + 1));
    status = call(L, n, results);
  }
  return report(L, status);
}

static int run_string (lua_State *L, const char *code) {
  return run(L, luaL_loadbufferx(L, code, strlen(code), "=(command line)", "t"), 0, 0);
}

/*
** [-0, +1, m] The script of a command, pushed; or NULL: nothing pushed. A name with a dot or slash is a file's.
*/
static const char *find_command (lua_State *L, const char *name) {
  static const char *const places[] = {"%s/share/pktcraft/commands/%s.lua",
                                       "%s/share/lua/5.4/pktcraft/commands/%s.lua"}; /* of luarocks */
  const char *path;
  size_t k;
  if (strpbrk(name, "./") != NULL) return NULL;
  push_prefix(L);
  for (k = 0; k < sizeof(places) / sizeof(places[0]); k++) {
    path = lua_pushfstring(L, places[k], lua_tostring(L, -1), name);
    if (access(path, R_OK) == 0) {
      lua_remove(L, -2);
      return path;
    }
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
  return NULL;
}

static int run_script (lua_State *L, char **argv, int argc, int script) {
  const char *name = argv[script], *command = find_command(L, name);
  int k, n = argc - script - 1, status;
  if (command != NULL) name = command; /* the stack keeps it */
  else if (strpbrk(name, "./") == NULL && strcmp(name, "-") != 0 && access(name, F_OK) != 0) {
    lua_pushstring(L, name);
    lua_setglobal(L, "_SCRIPT");
    return run_string(L, "require('pktcraft.command').unknown(_SCRIPT)");
  }
  if (strcmp(name, "-") == 0 && (script == 0 || strcmp(argv[script - 1], "--") != 0)) name = NULL;
  luaL_checkstack(L, n + 4, "too many arguments to script");
  for (k = 1; k <= n; k++) lua_pushstring(L, argv[script + k]);
  status = luaL_loadfilex(L, name, "t");
  return run(L, status, n, LUA_MULTRET);
}

/* --- interaction */

/* [-0, +1, m] Pushes a line read after a prompt, without its end, or nothing: 0. */
static int read_line (lua_State *L, int first) {
  const char *prompt;
  lua_getglobal(L, first ? "_PROMPT" : "_PROMPT2");
  prompt = luaL_tolstring(L, -1, NULL);
  if (lua_isnil(L, -2)) prompt = first ? "> " : ">> ";
  if (lua_getfield(L, LUA_REGISTRYINDEX, "pktcraft.readline") == LUA_TFUNCTION) {
    lua_pushstring(L, prompt);
    lua_call(L, 1, 1);
  }
  else { /* no readline: lines of any length from standard input */
    luaL_Buffer b;
    int c, any = 0;
    lua_pop(L, 1);
    fputs(prompt, stdout);
    fflush(stdout);
    luaL_buffinit(L, &b);
    while ((c = getc(stdin)) != EOF && c != '\n') {
      luaL_addchar(&b, (char)c);
      any = 1;
    }
    luaL_pushresult(&b);
    if (c == EOF && !any) {
      lua_pop(L, 1);
      lua_pushnil(L);
    }
  }
  lua_replace(L, -3);
  lua_pop(L, 1);
  if (!lua_isnil(L, -1)) return 1;
  lua_pop(L, 1);
  return 0;
}

/* Whether a syntax error says that the chunk stopped too early. */
static int is_incomplete (lua_State *L, int status) {
  size_t len;
  const char *text;
  if (status != LUA_ERRSYNTAX) return 0;
  text = lua_tolstring(L, -1, &len);
  return len >= 5 && strcmp(text + len - 5, "<eof>") == 0;
}

static int load_line (lua_State *L, const char *text, size_t len) {
  return luaL_loadbufferx(L, text, len, "=stdin", "t");
}

/* [-0, +1, m] Reads a chunk, as an expression if it is one; pushes it or an error. -1: no more. */
static int load_chunk (lua_State *L) {
  int status;
  size_t len;
  const char *text;
  lua_settop(L, 0);
  if (!read_line(L, 1)) return -1;
  if (lua_tostring(L, 1)[0] == '=') { /* as Lua 5.2 had it */
    lua_pushfstring(L, "return %s", lua_tostring(L, 1) + 1);
    lua_replace(L, 1);
  }
  lua_pushfstring(L, "return %s", lua_tostring(L, 1));
  text = lua_tolstring(L, 2, &len);
  status = load_line(L, text, len);
  while (status != LUA_OK) { /* not an expression: a statement, over as many lines as it takes */
    lua_settop(L, 1);
    text = lua_tolstring(L, 1, &len);
    status = load_line(L, text, len);
    if (!is_incomplete(L, status)) break;
    lua_settop(L, 1);
    if (!read_line(L, 0)) {
      load_line(L, text, len);
      break;
    }
    lua_pushliteral(L, "\n");
    lua_insert(L, -2);
    lua_concat(L, 3);
    status = LUA_ERRSYNTAX;
  }
  if (lua_getfield(L, LUA_REGISTRYINDEX, "pktcraft.history") == LUA_TFUNCTION) {
    lua_pushvalue(L, 1);
    lua_call(L, 1, 0);
  }
  else
    lua_pop(L, 1);
  lua_replace(L, 1);
  lua_settop(L, 1);
  return status;
}

static void print_results (lua_State *L) {
  int n = lua_gettop(L);
  if (n == 0) return;
  luaL_checkstack(L, LUA_MINSTACK, "too many results to print");
  lua_getglobal(L, "print");
  lua_insert(L, 1);
  if (lua_pcall(L, n, 0, 0) != LUA_OK) {
    lua_pushfstring(L, "error calling 'print' (%s)", lua_tostring(L, -1));
    message(lua_tostring(L, -1));
  }
}

/* The module that is linked to readline, where it was built. */
static void find_readline (lua_State *L) {
  if (!isatty(STDIN_FILENO)) return;
  lua_getglobal(L, "require");
  lua_pushliteral(L, "pktcraft_readline");
  if (lua_pcall(L, 1, 1, 0) == LUA_OK && lua_istable(L, -1)) {
    lua_getfield(L, -1, "read");
    lua_setfield(L, LUA_REGISTRYINDEX, "pktcraft.readline");
    lua_getfield(L, -1, "remember");
    lua_setfield(L, LUA_REGISTRYINDEX, "pktcraft.history");
  }
  lua_settop(L, 0);
}

static void interact (lua_State *L) {
  int status;
  const char *before = program;
  program = "";
  find_readline(L);
  while ((status = load_chunk(L)) != -1) {
    if (status == LUA_OK) status = call(L, 0, LUA_MULTRET);
    if (status == LUA_OK)
      print_results(L);
    else
      report(L, status);
  }
  lua_settop(L, 0);
  fputc('\n', stdout);
  fflush(stdout);
  program = before;
}

/* --- the command line */

/* 0, or the index of the option that is wrong. */
static int read_options (int argc, char **argv, Options *o) {
  int k;
  memset(o, 0, sizeof(*o));
  for (k = 1; k < argc; k++) {
    const char *a = argv[k];
    if (a[0] != '-' || a[1] == '\0') break;
    if (strcmp(a, "--") == 0) {
      k++;
      break;
    }
    if (a[1] == 'e') {
      o->execute = 1;
      if (a[2] == '\0' && ++k == argc) return argc - 1;
    }
    else if (strcmp(a, "-i") == 0)
      o->interactive = o->version = 1;
    else if (strcmp(a, "-v") == 0 || strcmp(a, "--version") == 0)
      o->version = 1;
    else if (strcmp(a, "-h") == 0 || strcmp(a, "--help") == 0)
      o->help = 1;
    else
      return k;
  }
  o->script = k;
  return 0;
}

static int run_strings (lua_State *L, char **argv, int end) {
  int k;
  for (k = 1; k < end; k++) {
    const char *code;
    if (argv[k][0] != '-' || argv[k][1] != 'e') continue;
    code = argv[k][2] != '\0' ? argv[k] + 2 : argv[++k];
    if (run_string(L, code) != LUA_OK) return -1;
  }
  return 0;
}

static void print_version (void) {
  puts("pktcraft " PK_VERSION " on " LUA_RELEASE);
  fflush(stdout);
}

/* The program, run protected: (argc, argv) -> whether all went well. */
static int pmain (lua_State *L) {
  int argc = (int)lua_tointeger(L, 1);
  char **argv = (char **)lua_touserdata(L, 2);
  Options o;
  int wrong = read_options(argc, argv, &o);
  lua_settop(L, 0);
  if (wrong > 0) {
    fprintf(stderr, PROGRAM ": %s '%s'\n",
            argv[wrong][1] == 'e' ? "CODE expected after option" : "unrecognized option",
            argv[wrong]);
    print_usage(stderr);
    return 0;
  }
  if (o.help) {
    print_usage(stdout);
    lua_pushboolean(L, 1);
    return 1;
  }
  if (o.version) print_version();
  luaL_checkversion(L);
  luaL_openlibs(L);
  set_paths(L);
  set_globals(L);
  set_arg(L, argv, argc, o.script);
  lua_gc(L, LUA_GCGEN, 0, 0);
  if (run_strings(L, argv, o.script) < 0) return 0;
  if (o.script < argc && run_script(L, argv, argc, o.script) != LUA_OK) return 0;
  if (o.interactive)
    interact(L);
  else if (o.script == argc && !o.execute && !o.version) {
    if (isatty(STDIN_FILENO)) {
      print_version();
      interact(L);
    }
    else if (run(L, luaL_loadfilex(L, NULL, "t"), 0, 0) != LUA_OK)
      return 0;
  }
  lua_pushboolean(L, 1);
  return 1;
}

/*
** At the end, with success: what was printed and could not be written is none, unless it is that nobody reads on. Who
** ends with another status has told why.
*/
static void flush_output (int status, void *unused) {
  struct pollfd p = {STDOUT_FILENO, POLLOUT, 0};
  const int failed = ferror(stdout) != 0, unflushed = fflush(stdout) != 0;
  (void)unused;
  if (status != 0 || !(failed || unflushed)) return;
  if (poll(&p, 1, 0) == 1 && (p.revents & POLLERR)) return;
  fprintf(stderr, PROGRAM ": standard output: %s\n", unflushed ? strerror(errno) : "not all could be written");
  _exit(EXIT_FAILURE);
}

#if !defined(__GLIBC__)
static void flush_at_exit (void) {
  flush_output(0, NULL);
}
#endif

int main (int argc, char **argv) {
  int status, done;
  lua_State *L = luaL_newstate();
#if defined(__GLIBC__)
  on_exit(flush_output, NULL);
#else
  atexit(flush_at_exit);
#endif
  if (L == NULL) {
    message("cannot create state: not enough memory");
    return EXIT_FAILURE;
  }
  lua_pushcfunction(L, pmain);
  lua_pushinteger(L, argc);
  lua_pushlightuserdata(L, argv);
  status = lua_pcall(L, 2, 1, 0);
  done = lua_toboolean(L, -1);
  report(L, status);
  lua_close(L);
  return done && status == LUA_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
