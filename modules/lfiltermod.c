/*
** lfiltermod.c: module `pktcraft.filter`: expressions over the fields of layouts.
*/
#include <limits.h>
#include <string.h>

#include <lua.h>
#include <lauxlib.h>

#include "lfilter.h"
#include "lmemlib.h"
#include "lpkaux.h"
#include "lpkmods.h"
#include "lview.h"

const char lfilter_meta[] = "pktcraft.filter";

enum { UV_FILTER_TEXT = 1 };

#define DISPLAY "pktcraft.layouts.display" /* the table of other names, a module */

/* --- names: gathered before an expression is compiled, since no Lua may run meanwhile */

typedef struct Shared {
  const char *list, *name;
  int64_t value;
} Shared;

typedef struct Display {
  const char *name, *paths;
} Display;

/* Userdata; its strings are kept by the tables that they are of. */
typedef struct Names {
  pk_FilterNames names;
  uint32_t nshared, ndisplay;
  const Shared *shared;
  const Display *display;
} Names;

static int is_text (const char *s, const char *text, size_t len) {
  return strlen(s) == len && memcmp(s, text, len) == 0;
}

static int find_value (void *arg, const char *list, const char *name, size_t len, uint32_t k, int64_t *value) {
  const Names *n = (const Names *)arg;
  uint32_t j;
  for (j = 0; j < n->nshared; j++)
    if (strcmp(n->shared[j].list, list) == 0 && is_text(n->shared[j].name, name, len) && k-- == 0) {
      *value = n->shared[j].value;
      return 1;
    }
  return 0;
}

static const char *find_display (void *arg, const char *name, size_t len) {
  const Names *n = (const Names *)arg;
  uint32_t k;
  for (k = 0; k < n->ndisplay; k++)
    if (is_text(n->display[k].name, name, len)) return n->display[k].paths;
  return NULL;
}

/* [-0, +0, m] The names in the table of shared lists at `idx`, up to `max` of them; returns how many there are. */
static uint32_t gather_shared (lua_State *L, int idx, Shared *to, uint32_t max) {
  uint32_t n = 0;
  for (lua_pushnil(L); lua_next(L, idx); lua_pop(L, 1)) {
    if (lua_type(L, -2) != LUA_TSTRING || lua_type(L, -1) != LUA_TTABLE) continue;
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
      if (!lua_isinteger(L, -2) || lua_type(L, -1) != LUA_TSTRING) continue;
      if (n < max) {
        to[n].list = lua_tostring(L, -4);
        to[n].name = lua_tostring(L, -1);
        to[n].value = lua_tointeger(L, -2);
      }
      n++;
    }
  }
  return n;
}

static uint32_t gather_display (lua_State *L, int idx, Display *to, uint32_t max) {
  uint32_t n = 0;
  for (lua_pushnil(L); lua_next(L, idx); lua_pop(L, 1)) {
    if (lua_type(L, -2) != LUA_TSTRING || lua_type(L, -1) != LUA_TSTRING) continue;
    if (n < max) {
      to[n].name = lua_tostring(L, -2);
      to[n].paths = lua_tostring(L, -1);
    }
    n++;
  }
  return n;
}

/*
** [-0, +1, e] Pushes the names as they are now. Nothing is allocated between its last allocation and what is done
** with them.
*/
static Names *push_names (lua_State *L) {
  const int top = lua_gettop(L);
  const Registry *r = layreg_push(L);
  const pk_Layout **layouts;
  Shared *shared;
  Display *display;
  Names *n;
  uint32_t nlayouts, nshared, ndisplay, k;
  luaL_checkstack(L, 12, NULL);
  layreg_pushnames(L);
  lua_getglobal(L, "require");
  lua_pushliteral(L, DISPLAY);
  lua_call(L, 1, 1);
  luaL_checktype(L, -1, LUA_TTABLE);
  nlayouts = r->nentries;
  nshared = gather_shared(L, top + 2, NULL, 0);
  ndisplay = gather_display(L, top + 3, NULL, 0);
  n = (Names *)lua_newuserdatauv(L, sizeof(*n) + nlayouts * sizeof(*layouts) + nshared * sizeof(*shared) + ndisplay * sizeof(*display), 0);
  layouts = (const pk_Layout **)(n + 1);
  shared = (Shared *)(layouts + nlayouts);
  display = (Display *)(shared + nshared);
  memset(n, 0, sizeof(*n));
  for (k = 0; k < nlayouts; k++) layouts[k] = r->entries[k].map->layout;
  k = gather_shared(L, top + 2, shared, nshared); /* a finalizer may have made them more, or fewer */
  n->nshared = k < nshared ? k : nshared;
  k = gather_display(L, top + 3, display, ndisplay);
  n->ndisplay = k < ndisplay ? k : ndisplay;
  n->shared = shared;
  n->display = display;
  n->names.layouts = layouts;
  n->names.nlayouts = nlayouts;
  n->names.value = find_value;
  n->names.display = find_display;
  n->names.arg = n;
  lua_replace(L, top + 1);
  lua_settop(L, top + 1);
  return n;
}

/* --- filters */

Filter *lfilter_test (lua_State *L, int idx) {
  return (Filter *)aux_test(L, idx, FILTER_META);
}

static Filter *check_filter (lua_State *L) {
  Filter *f = lfilter_test(L, 1);
  if (f == NULL) luaL_typeerror(L, 1, "filter");
  if (f->filter == NULL) luaL_error(L, "attempt to use a collected filter");
  return f;
}

Filter *lfilter_push (lua_State *L, int expr, int64_t linktype, int columns, int n, int first) {
  const int top = lua_gettop(L);
  const char *names[PK_FILTER_MAXCOLUMNS], *text = NULL;
  char err[PK_ERRSIZE];
  size_t len = 0;
  Names *known;
  Filter *f;
  int k;
  lua_getglobal(L, "require");
  lua_pushliteral(L, "pktcraft.filter"); /* the class */
  lua_call(L, 1, 0);
  if (n > PK_FILTER_MAXCOLUMNS) luaL_error(L, "too many fields");
  f = (Filter *)lua_newuserdatauv(L, sizeof(*f), 1);
  f->filter = NULL;
  f->linktype = linktype;
  f->odd = 0;
  aux_setclass(L, FILTER_META);
  if (expr != 0 && lua_type(L, expr) == LUA_TSTRING) {
    lua_pushvalue(L, expr);
    lua_setiuservalue(L, top + 1, UV_FILTER_TEXT);
  }
  else if (expr != 0) {
    f->linktype = ((const Filter *)lua_touserdata(L, expr))->linktype;
    lua_getiuservalue(L, expr, UV_FILTER_TEXT);
    lua_setiuservalue(L, top + 1, UV_FILTER_TEXT);
  }
  known = push_names(L);
  lua_getiuservalue(L, top + 1, UV_FILTER_TEXT);
  if (lua_type(L, -1) == LUA_TSTRING) text = lua_tolstring(L, -1, &len);
  for (k = 0; k < n; k++) names[k] = lua_tostring(L, columns + k);
  f->filter = pk_filter_compile(&known->names, text, len, names, (uint32_t)n, first, err);
  lua_settop(L, top + 1);
  if (f->filter != NULL) return f;
  lua_pushstring(L, err);
  lua_replace(L, top + 1);
  return NULL;
}

/* [-0, +0, e] The same for frames that begin with layout `first`. */
static pk_FilterState *state_of (lua_State *L, Filter *f, const Binds *b, const pk_Layout *first, int kept) {
  const unsigned version = kept ? b->version : UINT_MAX - f->odd++ % 0x10000; /* of another state each time */
  pk_FilterState *s = pk_filter_state(f->filter, b->bindings, version, first);
  if (s == NULL) luaL_error(L, "not enough memory");
  return s;
}

/* Raw IP has several numbers, by what system wrote it. */
static int64_t one_number (int64_t linktype) {
  return linktype == 12 || linktype == 14 ? 101 : linktype;
}

pk_FilterState *lfilter_state (lua_State *L, Filter *f, const Binds *b, uint32_t linktype) {
  if (f->filter == NULL) luaL_error(L, "attempt to use a collected filter");
  if (f->linktype >= 0 && one_number(f->linktype) != one_number(linktype)) return NULL;
  return state_of(L, f, b, lpacket_first(b, linktype), 1);
}

/* compile(expression [, linktype]): filter, or nil and a message */
static int filter_compile (lua_State *L) {
  const lua_Integer linktype = luaL_optinteger(L, 2, -1);
  luaL_argcheck(L, -1 <= linktype && linktype <= 0xffff && (linktype >= 0 || lua_isnoneornil(L, 2)), 2, "link type expected");
  if (lua_type(L, 1) != LUA_TSTRING) luaL_typeerror(L, 1, "string");
  lua_settop(L, 1);
  if (lfilter_push(L, 1, linktype, 0, 0, 0) != NULL) return 1;
  luaL_pushfail(L);
  lua_insert(L, -2);
  return 2;
}

/* The link type by which a packet was made, or the first of those that its first layer has. */
static int64_t linktype_of (const Packet *pk) {
  if (pk->linktype >= 0) return pk->linktype;
  return pk->first != NULL && pk->first->nlinks > 0 ? (int64_t)pk->first->links[0] : -1;
}

static int match_packet (lua_State *L, Filter *f, Packet *pk) {
  const pk_Layout *layout = pk->first;
  pk_FilterFrame frame;
  pk_FilterState *s;
  if (f->linktype >= 0 && (pk->linktype >= 0 ? one_number(pk->linktype) != one_number(f->linktype)
                                             : lpacket_first(pk->binds, (uint32_t)f->linktype) != layout))
    return 0;
  s = state_of(L, f, pk->binds, layout, layout == NULL || layreg_map(pk->registry, layout) != NULL);
  frame.bytes = (const uint8_t *)pk->area->data;
  frame.len = pk->area->len;
  frame.wirelen = pk->wirelen > frame.len ? pk->wirelen : frame.len;
  frame.time = pk->time;
  frame.hastime = pk->hastime;
  frame.number = pk->number > 0 ? (uint64_t)pk->number : 0;
  frame.interface = (uint32_t)pk->interface;
  frame.linktype = linktype_of(pk);
  return pk_filter_match(s, &frame);
}

/* f:match(pkt | m [, wirelen [, linktype]]) */
static int filter_match (lua_State *L) {
  Filter *f = check_filter(L);
  Packet *pk = lpacket_test(L, 2);
  lua_Integer wirelen, linktype;
  const Registry *r;
  pk_FilterFrame frame;
  pk_FilterState *s;
  if (pk != NULL) {
    if (pk->area == NULL) lpacket_makebytes(L, 2);
    if (f->filter == NULL) return luaL_error(L, "attempt to use a collected filter");
    lua_pushboolean(L, match_packet(L, f, pk));
    return 1;
  }
  if (lua_type(L, 2) != LUA_TSTRING && !luamem_ismemory(L, 2)) luaL_typeerror(L, 2, "packet, memory or string");
  luamem_tostring(L, 2, &frame.len);
  wirelen = luaL_optinteger(L, 3, (lua_Integer)frame.len);
  linktype = luaL_optinteger(L, 4, f->linktype >= 0 ? f->linktype : 1);
  luaL_argcheck(L, 0 <= wirelen && wirelen <= UINT32_MAX, 3, "wire length out of range");
  luaL_argcheck(L, 0 <= linktype && linktype <= 0xffff, 4, "link type expected");
  r = layreg_push(L);
  s = lfilter_state(L, f, r->binds, (uint32_t)linktype);
  frame.bytes = (const uint8_t *)luamem_tostring(L, 2, &frame.len); /* now: all that allocates has been called */
  frame.wirelen = (size_t)wirelen > frame.len ? (size_t)wirelen : frame.len;
  frame.time = 0;
  frame.hastime = 0;
  frame.number = 0;
  frame.interface = 0;
  frame.linktype = linktype;
  lua_pushboolean(L, s != NULL && pk_filter_match(s, &frame));
  return 1;
}

static void add_text (void *arg, const char *text, size_t len) {
  luaL_addlstring((luaL_Buffer *)arg, text, len);
}

/* f:dump(): the program as text */
static int filter_dump (lua_State *L) {
  Filter *f = check_filter(L);
  luaL_Buffer b;
  luaL_buffinit(L, &b);
  pk_filter_dump(f->filter, add_text, &b);
  luaL_pushresult(&b);
  return 1;
}

static int filter_tostring (lua_State *L) {
  check_filter(L);
  lua_getiuservalue(L, 1, UV_FILTER_TEXT);
  lua_pushfstring(L, "filter (%s)", lua_isnil(L, -1) ? "" : lua_tostring(L, -1));
  return 1;
}

static int filter_gc (lua_State *L) {
  Filter *f = lfilter_test(L, 1);
  if (f == NULL) luaL_typeerror(L, 1, "filter");
  pk_filter_free(f->filter);
  f->filter = NULL;
  return 0;
}

/* names.x: what display filters call so; several as a list */
static int names_index (lua_State *L) {
  const char *paths;
  lua_Integer n = 0;
  lua_getglobal(L, "require");
  lua_pushliteral(L, DISPLAY);
  lua_call(L, 1, 1);
  lua_pushvalue(L, 2);
  if (lua_rawget(L, -2) != LUA_TSTRING) return 0;
  paths = lua_tostring(L, -1);
  if (strchr(paths, ' ') == NULL) return 1;
  lua_newtable(L);
  while (*paths != '\0') {
    const size_t len = strcspn(paths, " ");
    lua_pushlstring(L, paths, len);
    lua_rawseti(L, -2, ++n);
    paths += len + strspn(paths + len, " ");
  }
  return 1;
}

static const luaL_Reg filterlib[] = {
  {"compile", filter_compile},
  {NULL, NULL}
};

static const luaL_Reg methods[] = {
  {"match", filter_match},
  {"dump", filter_dump},
  {NULL, NULL}
};

static const luaL_Reg meta[] = {
  {"__gc", filter_gc},
  {"__tostring", filter_tostring},
  {NULL, NULL}
};

int luaopen_pktcraft_filter (lua_State *L) {
  aux_newclass(L, FILTER_META, "filter");
  luaL_setfuncs(L, meta, 0);
  lua_newtable(L);
  luaL_setfuncs(L, methods, 0);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
  lua_getglobal(L, "require"); /* the layouts, and the class of packets */
  lua_pushliteral(L, "pktcraft.packet");
  lua_call(L, 1, 0);
  luaL_newlib(L, filterlib);
  lua_newtable(L);
  lua_createtable(L, 0, 1);
  lua_pushcfunction(L, names_index);
  lua_setfield(L, -2, "__index");
  lua_setmetatable(L, -2);
  lua_setfield(L, -2, "names");
  return 1;
}
