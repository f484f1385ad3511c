/*
** lmemlib.c: memory areas. A memory is recognised by a mark in its own metatable, under an address
** inside this library: right in every module and every state, and not to be forged from Lua.
*/
#include "lmemlib.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

/* An allocated memory: the bytes follow the header. */
typedef struct Alloc {
  luamem_Area area; /* data == bytes, for ever */
  char bytes[];
} Alloc;

/* A reference. Invariant: `unref` releases `area.data`, or is NULL when nobody has to. */
typedef struct Ref {
  luamem_Area area;
  luamem_Unref unref;
  const void *knower; /* the thread that remembers it: see `last` */
} Ref;

/* Addresses that serve as keys: [0] the mark in a metatable, [type] a metatable in the registry. */
static const char keys[3] = {0, 1, 2};
#define MARK (&keys[0])

/* Thread-local storage without a call: 16 bytes of what glibc keeps for libraries loaded late. */
#if defined(__GLIBC__) && defined(__GNUC__)
#define QUICK_TLS __attribute__((tls_model("initial-exec")))
#else
#define QUICK_TLS
#endif

/*
** The reference that this thread knew last: most calls are about the same one again. Its finalizer
** forgets it, before its address can become another userdata's; where other threads may remember it,
** by a new count, which makes them all forget. So only references whose finalizer is still to come may
** be remembered: not one that was finalized and is used once more, nor one made while its state closes,
** which is freed without (the sentinel, older than all references, ends remembering there).
*/
static _Thread_local struct { const Ref *ref; unsigned long count; } last QUICK_TLS;
static atomic_ulong count;   /* of forgettings by all */
static atomic_int closings;  /* states whose close has begun, ever */
static const char several, gone; /* knowers of a reference that are no single thread */

static unsigned long current (void) {
  return atomic_load_explicit(&count, memory_order_acquire);
}

static void all_forget (void) {
  atomic_fetch_add_explicit(&count, 1, memory_order_acq_rel);
}

static void remember (Ref *ref) {
  if (ref->knower != &last) {
    if (ref->knower == &gone) return;
    ref->knower = ref->knower == NULL ? (const void *)&last : &several;
  }
  last.ref = ref;
  last.count = current();
}

static inline int remembered (const void *ref) {
  return last.ref == ref && last.count == current();
}

/* The reference is being finalized. */
static void forget (Ref *ref) {
  if (ref->knower == &last) {
    if (last.ref == ref) last.ref = NULL;
  }
  else if (ref->knower != NULL && ref->knower != &gone)
    all_forget();
  ref->knower = &gone;
}

/* What an empty memory points to for those who ask, so that NULL always means "no memory". */
static char nothing[1];

#if !defined(LUAMEM_GETAREA) /* benchmarks put other ways of knowing a type in its place */
/*
** [-0, +0, -] The Area at `idx` and its type, or NULL and LUAMEM_TNONE. The mark of a reference is a
** boolean, that of an allocated memory a number: their types tell them apart at no further cost.
*/
static luamem_Area *getarea (lua_State *L, int idx, int *type) {
  luamem_Area *area = (luamem_Area *)lua_touserdata(L, idx);
  int marked;
  if (area != NULL && remembered(area)) {
    *type = LUAMEM_TREF;
    return area;
  }
  *type = LUAMEM_TNONE;
  if (area == NULL || !lua_getmetatable(L, idx)) return NULL;
  marked = lua_rawgetp(L, -1, MARK);
  if (marked == LUA_TBOOLEAN) {
    *type = LUAMEM_TREF;
    if (lua_toboolean(L, -1)) remember((Ref *)area);
  }
  else if (marked == LUA_TNUMBER)
    *type = LUAMEM_TALLOC;
  else
    area = NULL;
  lua_pop(L, 2);
  return area;
}
#endif

static Ref *toref (lua_State *L, int idx) {
  int type;
  luamem_Area *area = getarea(L, idx, &type);
  return type == LUAMEM_TREF ? (Ref *)area : NULL;
}

/* New values first, old unref after: it may run anything but an error. */
static void ref_set (lua_State *L, Ref *ref, char *mem, size_t len, luamem_Unref unref,
                     int cleanup) {
  char *oldmem = ref->area.data;
  size_t oldlen = ref->area.len;
  luamem_Unref oldunref = ref->unref;
  if (mem == nothing) mem = NULL;
  if (mem == NULL) len = 0;
  ref->area.data = mem;
  ref->area.len = len;
  ref->area.gen++;
  ref->unref = unref;
  if (cleanup && oldunref != NULL && oldmem != mem) oldunref(L, oldmem, oldlen);
}

/*
** __gc and __close of references; may run many times. Scripts cannot come by them, and Lua calls them
** with nothing else.
*/
static int ref_close (lua_State *L) {
  ref_set(L, (Ref *)lua_touserdata(L, 1), NULL, 0, NULL, 1);
  return 0;
}

static int ref_gc (lua_State *L) {
  Ref *ref = (Ref *)lua_touserdata(L, 1);
  forget(ref);
  ref_set(L, ref, NULL, 0, NULL, 1);
  return 0;
}

/* __gc of a userdata that is older than any reference: the state closes. */
static int sentinel_gc (lua_State *L) {
  atomic_fetch_add_explicit(&closings, 1, memory_order_release);
  all_forget();
  lua_rawgetp(L, LUA_REGISTRYINDEX, &keys[LUAMEM_TREF]);
  lua_pushboolean(L, 0);
  lua_rawsetp(L, -2, MARK);
  return 0;
}

/* [-0, +0, m] Makes the sentinel, kept by the metatable on the top. */
static void new_sentinel (lua_State *L) {
  lua_newuserdatauv(L, 0, 0);
  lua_createtable(L, 0, 1);
  lua_pushcfunction(L, sentinel_gc);
  lua_setfield(L, -2, "__gc");
  lua_setmetatable(L, -2);
  lua_setfield(L, -2, "sentinel");
}

/* [-0, +1, m] */
static void new_metatable (lua_State *L, int type) {
  luaL_checkstack(L, 5, NULL);
  lua_createtable(L, 1, 8);
  if (type == LUAMEM_TREF)
    lua_pushboolean(L, 1);
  else
    lua_pushinteger(L, 1);
  lua_rawsetp(L, -2, MARK);
  lua_pushliteral(L, "memory");
  lua_setfield(L, -2, "__name");
  lua_pushliteral(L, "memory"); /* hides the metatable, and with it the mark, from scripts */
  lua_setfield(L, -2, "__metatable");
  if (type == LUAMEM_TREF) {
    lua_pushcfunction(L, ref_gc);
    lua_setfield(L, -2, "__gc");
    lua_pushcfunction(L, ref_close);
    lua_setfield(L, -2, "__close");
    new_sentinel(L);
  }
  lua_pushvalue(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &keys[type]);
}

/* [-0, +1, m] The metatable of the type, made when first asked for. */
static inline void push_metatable (lua_State *L, int type) {
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &keys[type]) == LUA_TTABLE) return;
  lua_pop(L, 1);
  new_metatable(L, type);
}

void luamem_pushmetatable (lua_State *L, int type) {
  assert(type == LUAMEM_TALLOC || type == LUAMEM_TREF);
  push_metatable(L, type);
}

char *luamem_newalloc (lua_State *L, size_t len) {
  Alloc *alloc;
  if (len > LUAMEM_MAXLEN - sizeof(Alloc)) luaL_error(L, "memory too large");
  alloc = (Alloc *)lua_newuserdatauv(L, sizeof(Alloc) + len, 0);
  alloc->area.data = alloc->bytes;
  alloc->area.len = len;
  alloc->area.gen = 0;
  push_metatable(L, LUAMEM_TALLOC);
  lua_setmetatable(L, -2);
  return alloc->bytes;
}

void luamem_newref (lua_State *L) {
  Ref *ref;
  ref = (Ref *)lua_newuserdatauv(L, sizeof(Ref), 1);
  ref->area.data = NULL;
  ref->area.len = 0;
  ref->area.gen = 0;
  ref->unref = NULL;
  ref->knower = NULL;
  push_metatable(L, LUAMEM_TREF);
  lua_setmetatable(L, -2);
  if (atomic_load_explicit(&closings, memory_order_acquire) == 0) remember(ref);
}

int luamem_resetref (lua_State *L, int idx, char *mem, size_t len, luamem_Unref unref,
                     int cleanup) {
  Ref *ref = toref(L, idx);
  if (ref == NULL) return 0;
  ref_set(L, ref, mem, len, unref, cleanup);
  return 1;
}

int luamem_setref (lua_State *L, int idx, char *mem, size_t len, luamem_Unref unref) {
  return luamem_resetref(L, idx, mem, len, unref, 1);
}

void *luamem_realloc (lua_State *L, void *mem, size_t osize, size_t nsize) {
  void *ud;
  lua_Alloc alloc = lua_getallocf(L, &ud);
#if defined(PK_TESTS)
  /* Blocks move on every change of size and freed bytes are poisoned: bugs get their chance. */
  void *block = nsize > 0 ? alloc(ud, NULL, 0, nsize) : NULL;
  if (nsize > 0 && block == NULL) return NULL;
  if (block != NULL) memset(block, 0xa5, nsize);
  if (mem != NULL) {
    if (block != NULL) memcpy(block, mem, osize < nsize ? osize : nsize);
    memset(mem, 0xa5, osize);
    alloc(ud, mem, osize, 0);
  }
  return block;
#else
  return alloc(ud, mem, mem != NULL ? osize : 0, nsize);
#endif
}

void luamem_free (lua_State *L, void *mem, size_t len) {
  luamem_realloc(L, mem, len, 0);
}

int luamem_type (lua_State *L, int idx) {
  int type;
  getarea(L, idx, &type);
  return type;
}

int luamem_isref (lua_State *L, int idx) {
  return luamem_type(L, idx) == LUAMEM_TREF;
}

int luamem_ismemory (lua_State *L, int idx) {
  return luamem_type(L, idx) != LUAMEM_TNONE;
}

const luamem_Area *luamem_toarea (lua_State *L, int idx) {
  int type;
  return getarea(L, idx, &type);
}

char *luamem_tomemoryx (lua_State *L, int idx, size_t *len, luamem_Unref *unref, int *type) {
  int t;
  luamem_Area *area = getarea(L, idx, &t);
  if (len != NULL) *len = area != NULL ? area->len : 0;
  if (unref != NULL) *unref = t == LUAMEM_TREF ? ((Ref *)area)->unref : NULL;
  if (type != NULL) *type = t;
  if (area == NULL) return NULL;
  return area->data != NULL ? area->data : nothing;
}

char *luamem_tomemory (lua_State *L, int idx, size_t *len) {
  return luamem_tomemoryx(L, idx, len, NULL, NULL);
}

char *luamem_checkmemory (lua_State *L, int arg, size_t *len) {
  char *mem = luamem_tomemory(L, arg, len);
  if (mem == NULL) luaL_typeerror(L, arg, "memory");
  return mem;
}

int luamem_isstring (lua_State *L, int idx) {
  return lua_isstring(L, idx) || luamem_ismemory(L, idx);
}

const char *luamem_tostring (lua_State *L, int idx, size_t *len) {
  const char *mem = luamem_tomemory(L, idx, len);
  return mem != NULL ? mem : lua_tolstring(L, idx, len);
}

const char *luamem_checkstring (lua_State *L, int arg, size_t *len) {
  const char *s = luamem_tostring(L, arg, len);
  if (s == NULL) luaL_typeerror(L, arg, "string or memory");
  return s;
}

const char *luamem_optstring (lua_State *L, int arg, const char *def, size_t *len) {
  if (!lua_isnoneornil(L, arg)) return luamem_checkstring(L, arg, len);
  if (len != NULL) *len = def != NULL ? strlen(def) : 0;
  return def;
}

const char *luamem_asstring (lua_State *L, int idx, size_t *len) {
  if (!luamem_ismemory(L, idx)) return luaL_tolstring(L, idx, len);
  lua_pushvalue(L, idx);
  return luamem_tomemory(L, -1, len);
}

size_t luamem_checklenarg (lua_State *L, int arg) {
  lua_Integer n = luaL_checkinteger(L, arg);
  luaL_argcheck(L, n >= 0 && (lua_Unsigned)n <= LUAMEM_MAXLEN, arg, "invalid size");
  return (size_t)n;
}

/*
** The buffer may have to grow, which allocates; so the bytes of a memory become a string first,
** which no finalizer can take away.
*/
void luamem_addvalue (luaL_Buffer *B) {
  lua_State *L = B->L;
  size_t len;
  const char *mem = luamem_tomemory(L, -1, &len);
  if (mem != NULL) {
    lua_pushlstring(L, mem, len);
    lua_remove(L, -2);
  }
  luaL_addvalue(B);
}

void luamem_pushresult (luaL_Buffer *B) {
  lua_State *L = B->L;
  size_t len;
  const char *s;
  char *mem;
  luaL_pushresult(B);
  s = lua_tolstring(L, -1, &len);
  mem = luamem_newalloc(L, len);
  memcpy(mem, s, len);
  lua_remove(L, -2);
}

void luamem_pushresbufsize (luaL_Buffer *B, size_t sz) {
  luaL_addsize(B, sz);
  luamem_pushresult(B);
}
