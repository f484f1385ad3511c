/* The C samples of the seed document, and what specs need to see of the C API. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <lua.h>
#include <lauxlib.h>
#include <lmemlib.h>
#include <pktcraft/alloc.h>

/* --- push external memory */
static int freed = 0; /* how often freemalloc ran */

static void freemalloc (lua_State *L, void *p, size_t len) {
  (void)L;
  (void)len;
  freed++;
  free(p);
}

static int seed_external (lua_State *L) {
  size_t len = 8 * sizeof(char);
  char *p = malloc(len);
  if (p == NULL) return luaL_error(L, "not enough memory");
  memset(p, 'x', len);
  luamem_newref(L);
  luamem_setref(L, -1, p, len, freemalloc);
  return 1;
}

static int seed_freed (lua_State *L) {
  lua_pushinteger(L, freed);
  freed = 0;
  return 1;
}

/* --- push new memory */
static int seed_new (lua_State *L) {
  size_t len = 8 * sizeof(char);

  // pushes a fixed-size memory
  char *p = luamem_newalloc(L, len);
  memset(p, 0, len);

  // pushes a resizable memory
  p = luamem_realloc(L, NULL, 0, len);
  if (p == NULL) return luaL_error(L, "not enough memory");
  memset(p, 0, len);
  luamem_newref(L);
  luamem_setref(L, -1, p, len, luamem_free);
  return 2;
}

/* --- push temporary memory */
static int callwithmemory (lua_State *L, const char *name) {
  char mem[8192];
  int status;

  memset(mem, 't', sizeof(mem));
  luamem_newref(L);
  luamem_setref(L, -1, mem, sizeof(mem), NULL);

  lua_getglobal(L, name);
  lua_pushvalue(L, -2);
  status = lua_pcall(L, 1, 0, 0);

  luamem_setref(L, -1, NULL, 0, NULL);
  lua_pop(L, 1);

  return status;
}

static int seed_callwithmemory (lua_State *L) {
  lua_pushinteger(L, callwithmemory(L, luaL_checkstring(L, 1)));
  return 1;
}

/* --- inspect memory on stack */
static int seed_inspect (lua_State *L) {
  int arg = 1;
  size_t sz;
  luamem_Unref unref;
  int type;
  char *p = luamem_tomemoryx(L, arg, &sz, &unref, &type);

  lua_settop(L, 1);
  switch (type) {
    case LUAMEM_TALLOC:
      lua_pushfstring(L, "fixedsize: sz=%d", (int)sz);
      break;
    case LUAMEM_TREF:
      if (unref == luamem_free)
        lua_pushfstring(L, "resizable: sz=%d", (int)sz);
      else
        lua_pushfstring(L, "other: sz=%d unref=%s", (int)sz, unref == freemalloc ? "freemalloc" : "?");
      break;
    case LUAMEM_TNONE:
      lua_pushliteral(L, "not a memory");
      assert(p == NULL);
      assert(sz == 0);
      assert(unref == NULL);
      break;
  }
  lua_pushboolean(L, luamem_isref(L, arg));
  lua_pushboolean(L, luamem_ismemory(L, arg));
  lua_pushboolean(L, luamem_isstring(L, arg));
  lua_pushboolean(L, luamem_type(L, arg) == type && luamem_isarray(L, arg) == luamem_isstring(L, arg) &&
                     (luamem_tomemory(L, arg, NULL) != NULL) == luamem_ismemory(L, arg));
  return 5;
}

/* --- references whose releases are counted */
static struct { int calls; const void *mem; size_t len; } released;
static char places[3][16] = {"first", "second", "scratch"};

static void count (lua_State *L, void *mem, size_t len) {
  (void)L;
  released.calls++;
  released.mem = mem;
  released.len = len;
}

/* counted(k): a reference to place k */
static int seed_counted (lua_State *L) {
  luamem_newref(L);
  luamem_setref(L, -1, places[luaL_checkinteger(L, 1) % 3], 16, count);
  return 1;
}

/* setref(m, k | nil [, len [, cleanup]]): 1 or 0, and whether the generation changed */
static int seed_setref (lua_State *L) {
  char *mem = lua_isnoneornil(L, 2) ? NULL : places[lua_tointeger(L, 2) % 3];
  size_t len = mem != NULL ? (size_t)luaL_optinteger(L, 3, 16) : 0;
  const luamem_Area *area = luamem_toarea(L, 1);
  unsigned gen = area != NULL ? area->gen : 0;
  int done;
  if (lua_gettop(L) > 3)
    done = luamem_resetref(L, 1, mem, len, mem != NULL ? count : NULL, lua_toboolean(L, 4));
  else
    done = luamem_setref(L, 1, mem, len, mem != NULL ? count : NULL);
  lua_pushinteger(L, done);
  lua_pushboolean(L, area != NULL && area->gen != gen);
  return 2;
}

/* released(): how often, which place, what length; and begins anew */
static int seed_released (lua_State *L) {
  lua_pushinteger(L, released.calls);
  lua_pushinteger(L, released.mem == places[0] ? 0 : released.mem == places[1] ? 1 : -1);
  lua_pushinteger(L, (lua_Integer)released.len);
  released.calls = 0;
  return 3;
}

/* watched(): a reference whose unref looks at the memory itself; seen(): what it saw */
static const char watchkey = 0;
static char seentext[32];

static void watch (lua_State *L, void *mem, size_t len) {
  size_t n;
  const char *now;
  (void)mem;
  (void)len;
  lua_rawgetp(L, LUA_REGISTRYINDEX, &watchkey);
  now = luamem_tomemory(L, -1, &n);
  memcpy(seentext, now, n < 31 ? n : 31);
  seentext[n < 31 ? n : 31] = '\0';
  lua_pop(L, 1);
}

static int seed_watched (lua_State *L) {
  static char text[] = "watched";
  luamem_newref(L);
  luamem_setref(L, -1, text, 7, watch);
  lua_pushvalue(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &watchkey);
  return 1;
}

static int seed_seen (lua_State *L) {
  lua_pushstring(L, seentext);
  return 1;
}

/* reallocfail(n): the n-th call of libpktcraft that asks for memory fails, and all after; -1: none */
static int seed_reallocfail (lua_State *L) {
  pk_realloc_fail((long)luaL_checkinteger(L, 1));
  return 0;
}

/* plain(): a userdata of the size of a reference, with one user value, that is no memory */
static int seed_plain (lua_State *L) {
  memset(lua_newuserdatauv(L, 40, 1), 0, 40);
  return 1;
}

/* --- memory as string */
static int seed_buffer (lua_State *L) {
  luaL_Buffer b;
  int k, n = lua_gettop(L);
  luaL_buffinit(L, &b);
  for (k = 1; k <= n; k++) {
    lua_pushvalue(L, k);
    luamem_addvalue(&b);
  }
  luamem_pushresult(&b);
  return 1;
}

static int seed_bufsize (lua_State *L) {
  luaL_Buffer b;
  size_t n = luamem_checklenarg(L, 1);
  memset(luaL_buffinitsize(L, &b, n), 'b', n);
  if (lua_toboolean(L, 2))
    luamem_pushresultsize(&b, n);
  else
    luamem_pushresbufsize(&b, n);
  return 1;
}

static int seed_opt (lua_State *L) {
  size_t len;
  const char *s;
  lua_settop(L, 1);
  s = luamem_optstring(L, 1, "default", &len);
  lua_pushlstring(L, s, len);
  s = luamem_optarray(L, 1, NULL, &len);
  lua_pushboolean(L, s == NULL && len == 0);
  return 2;
}

static int seed_as (lua_State *L) {
  size_t len;
  const char *s;
  luaL_checkany(L, 1);
  lua_settop(L, 1);
  s = luamem_asarray(L, 1, &len);
  lua_pushlstring(L, s, len);
  s = luamem_toarray(L, 1, &len);
  if (s != NULL)
    lua_pushlstring(L, s, len);
  else
    lua_pushnil(L);
  lua_pushboolean(L, s == NULL || luamem_checkarray(L, 1, NULL) != NULL);
  return 3;
}

/* --- an allocator that has no more after n calls: starve(n, f, ...) -> pcall's results */
static lua_Alloc realalloc;
static void *realud;
static long calls;

static void *starving (void *ud, void *p, size_t osize, size_t nsize) {
  (void)ud;
  if (nsize > 0 && (p == NULL || nsize > osize) && calls-- <= 0) return NULL;
  return realalloc(realud, p, osize, nsize);
}

static int seed_starve (lua_State *L) {
  int status;
  long n = (long)luaL_checkinteger(L, 1);
  realalloc = lua_getallocf(L, &realud);
  calls = n;
  lua_setallocf(L, starving, NULL);
  status = lua_pcall(L, lua_gettop(L) - 2, LUA_MULTRET, 0);
  lua_setallocf(L, realalloc, realud);
  lua_pushboolean(L, status == LUA_OK);
  lua_replace(L, 1);
  return lua_gettop(L);
}

/* state(code): runs code in a new state that has memory and this module, and closes it */
int luaopen_seedmem (lua_State *L);
#include <lualib.h>

static int seed_state (lua_State *L) {
  const char *code = luaL_checkstring(L, 1);
  lua_State *S = luaL_newstate();
  int status;
  if (S == NULL) return luaL_error(L, "not enough memory");
  luaL_openlibs(S);
  lua_getglobal(L, "package");
  lua_getglobal(S, "package");
  lua_getfield(L, -1, "cpath");
  lua_pushstring(S, lua_tostring(L, -1));
  lua_setfield(S, -2, "cpath");
  lua_getfield(L, -2, "path");
  lua_pushstring(S, lua_tostring(L, -1));
  lua_setfield(S, -2, "path");
  status = luaL_dostring(S, code);
  lua_settop(L, 0);
  lua_pushboolean(L, status == LUA_OK);
  lua_pushstring(L, status == LUA_OK ? "" : lua_tostring(S, -1));
  lua_close(S);
  return 2;
}

static const luaL_Reg lib[] = {
  {"external", seed_external},
  {"freed", seed_freed},
  {"new", seed_new},
  {"callwithmemory", seed_callwithmemory},
  {"inspect", seed_inspect},
  {"counted", seed_counted},
  {"setref", seed_setref},
  {"released", seed_released},
  {"plain", seed_plain},
  {"watched", seed_watched},
  {"seen", seed_seen},
  {"reallocfail", seed_reallocfail},
  {"buffer", seed_buffer},
  {"bufsize", seed_bufsize},
  {"opt", seed_opt},
  {"as", seed_as},
  {"starve", seed_starve},
  {"state", seed_state},
  {NULL, NULL}
};

int luaopen_seedmem (lua_State *L) {
  luaL_newlib(L, lib);
  return 1;
}
