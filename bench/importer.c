/*
** importer.c: a changing byte sequence, handed to Lua by the five ways of the seed document and by
** nothing, and what they are measured against. Each way is a function that a Lua loop calls.
*/
#define _POSIX_C_SOURCE 200809L
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <lua.h>
#include <lauxlib.h>
#include <lmemlib.h>

#define MAXSIZE 65536

static char buf[MAXSIZE];
static size_t bufsz = 64;

/* The sequence changes between two imports, as a network's does. */
static void change (void) {
  uint64_t n;
  memcpy(&n, buf, sizeof(n));
  n += 0x9e3779b97f4a7c15u;
  memcpy(buf, &n, sizeof(n));
}

static int import_size (lua_State *L) {
  lua_Integer n = luaL_checkinteger(L, 1);
  luaL_argcheck(L, 8 <= n && n <= MAXSIZE, 1, "size out of range");
  bufsz = (size_t)n;
  memset(buf, 0x5a, sizeof(buf));
  return 0;
}

/* --- the ways, as the seed's slide shows them; the reused memory is argument 1 */

static int import_skip (lua_State *L) {
  (void)L;
  change();
  return 0;
}

static int import_setref (lua_State *L) {
  change();
  luamem_setref(L, 1, buf, bufsz, NULL);
  return 0;
}

static int import_setmem (lua_State *L) {
  char *p = luamem_tomemory(L, 1, NULL);
  change();
  memcpy(p, buf, bufsz);
  return 0;
}

static int import_newref (lua_State *L) {
  change();
  luamem_newref(L);
  luamem_setref(L, -1, buf, bufsz, NULL);
  return 1;
}

static int import_newmem (lua_State *L) {
  char *p = luamem_newalloc(L, bufsz);
  change();
  memcpy(p, buf, bufsz);
  return 1;
}

static int import_string (lua_State *L) {
  change();
  lua_pushlstring(L, buf, bufsz);
  return 1;
}

/* --- what they are measured against */

/* A reference as libluamemlib has it. */
typedef struct Ref {
  luamem_Area area;
  luamem_Unref unref;
} Ref;

static void aim (lua_State *L, Ref *ref) {
  char *oldmem = ref->area.data;
  size_t oldlen = ref->area.len;
  luamem_Unref oldunref = ref->unref;
  ref->area.data = buf;
  ref->area.len = bufsz;
  ref->area.gen++;
  ref->unref = NULL;
  if (oldunref != NULL && oldmem != buf) oldunref(L, oldmem, oldlen);
}

/* setref that trusts its argument. */
static int import_unchecked (lua_State *L) {
  change();
  aim(L, (Ref *)lua_touserdata(L, 1));
  return 0;
}

static const char fixedname[] = "bench fixed", refname[] = "bench reference";

/* setref that knows a type by its name in the registry, as many libraries do. */
static int import_byname (lua_State *L) {
  change();
  if (luaL_testudata(L, 1, fixedname) != NULL) return 0;
  aim(L, (Ref *)luaL_checkudata(L, 1, refname));
  return 0;
}

static int ref_gc (lua_State *L) {
  (void)L;
  return 0;
}

static int new_byname (lua_State *L) {
  Ref *ref = (Ref *)lua_newuserdatauv(L, sizeof(*ref), 1);
  memset(ref, 0, sizeof(*ref));
  luaL_newmetatable(L, fixedname);
  lua_pop(L, 1);
  luaL_newmetatable(L, refname);
  lua_setmetatable(L, -2);
  return 1;
}

/* A userdata with the bytes and nothing else. */
static int import_userdata (lua_State *L) {
  char *p = (char *)lua_newuserdatauv(L, sizeof(luamem_Area) + bufsz, 0);
  change();
  memcpy(p, buf, bufsz);
  return 1;
}

/* A userdata with a finalizer in C and one user value, aimed at the bytes; upvalue 1: its metatable. */
static int import_finalized (lua_State *L) {
  Ref *ref = (Ref *)lua_newuserdatauv(L, sizeof(*ref), 1);
  memset(ref, 0, sizeof(*ref));
  change();
  aim(L, ref);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_setmetatable(L, -2);
  return 1;
}

/* The same as the Lua manual has libraries do it: its metatable by name. */
static const char finalizedname[] = "bench finalized";

static int import_named (lua_State *L) {
  Ref *ref = (Ref *)lua_newuserdatauv(L, sizeof(*ref), 1);
  memset(ref, 0, sizeof(*ref));
  change();
  aim(L, ref);
  luaL_setmetatable(L, finalizedname);
  return 1;
}

/* --- functions that do nothing, to compare calls with */

static int empty (lua_State *L) {
  (void)L;
  return 0;
}

static int one (lua_State *L) {
  lua_pushinteger(L, 1);
  return 1;
}

/* A userdata whose __index, __len and __newindex are such functions. */
static int new_empty (lua_State *L) {
  lua_newuserdatauv(L, 64, 0);
  lua_newtable(L);
  lua_pushcfunction(L, one);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, one);
  lua_setfield(L, -2, "__len");
  lua_pushcfunction(L, empty);
  lua_setfield(L, -2, "__newindex");
  lua_setmetatable(L, -2);
  return 1;
}

/* --- time and the C library's speed */

static int cpu (lua_State *L) {
  struct timespec ts;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
  lua_pushinteger(L, (lua_Integer)ts.tv_sec * 1000000000 + ts.tv_nsec);
  return 1;
}

/* copy(m, n), compare(a, b, n), search(m, n, s): memcpy, memcmp, memmem over whole memories, n times */
static volatile int sink;

static int c_copy (lua_State *L) {
  size_t len;
  char *to = luamem_checkmemory(L, 1, &len);
  const char *from = luamem_checkmemory(L, 2, NULL);
  lua_Integer k, n = luaL_checkinteger(L, 3);
  for (k = 0; k < n; k++) {
    memcpy(to, from, len);
    sink += to[k % (lua_Integer)len];
  }
  return 0;
}

static int c_compare (lua_State *L) {
  size_t len;
  const char *a = luamem_checkmemory(L, 1, &len), *b = luamem_checkmemory(L, 2, NULL);
  lua_Integer k, n = luaL_checkinteger(L, 3);
  for (k = 0; k < n; k++) sink += memcmp(a, b, len);
  return 0;
}

static int c_set (lua_State *L) {
  size_t len;
  char *m = luamem_checkmemory(L, 1, &len);
  lua_Integer k, n = luaL_checkinteger(L, 2);
  for (k = 0; k < n; k++) {
    memset(m, (int)k & 0x7f, len);
    sink += m[k % (lua_Integer)len];
  }
  return 0;
}

void *memmem (const void *, size_t, const void *, size_t);

static int c_search (lua_State *L) {
  size_t len, slen;
  const char *m = luamem_checkmemory(L, 1, &len), *s = luamem_checkstring(L, 2, &slen);
  lua_Integer k, n = luaL_checkinteger(L, 3);
  for (k = 0; k < n; k++) sink += memmem(m, len, s, slen) != NULL;
  return 0;
}

static const luaL_Reg lib[] = {
  {"size", import_size},
  {"skip", import_skip},
  {"setref", import_setref},
  {"setmem", import_setmem},
  {"newref", import_newref},
  {"newmem", import_newmem},
  {"string", import_string},
  {"unchecked", import_unchecked},
  {"byname", import_byname},
  {"newbyname", new_byname},
  {"userdata", import_userdata},
  {"named", import_named},
  {"empty", empty},
  {"one", one},
  {"newempty", new_empty},
  {"cpu", cpu},
  {"c_copy", c_copy},
  {"c_compare", c_compare},
  {"c_set", c_set},
  {"c_search", c_search},
  {NULL, NULL}
};

LUAMEMLIB_API int luaopen_importer (lua_State *L);

int luaopen_importer (lua_State *L) {
  luaL_newlib(L, lib);
  luaL_newmetatable(L, finalizedname);
  lua_pushcfunction(L, ref_gc);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
  lua_createtable(L, 0, 1);
  lua_pushcfunction(L, ref_gc);
  lua_setfield(L, -2, "__gc");
  lua_pushcclosure(L, import_finalized, 1);
  lua_setfield(L, -2, "finalized");
  return 1;
}
