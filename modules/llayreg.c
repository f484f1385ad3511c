/*
** llayreg.c: the registry of layouts.
*/
#include <assert.h>
#include <string.h>

#include <lua.h>
#include <lauxlib.h>

#include "llaybind.h"
#include "llayreg.h"
#include "llaypointer.h"
#include "shipped.h"
#include "text.h"

#define MAXLAYOUTS 4096

enum { UV_KEPT = 1, UV_ENTRIES, UV_SLOTS, UV_BINDS };

static const char key[] = "pktcraft.registry";

/* What layouts must not be called: members of packets, and words that Lua has. */
static const char *const reserved[] = {
  "payload", "padding", "truncated", "malformed", "memory", "length", "time", "number", "interface", "layer",
  "layers", "range", "fix", "verify", "show", "hexdump", "diff", "copy", "refresh", "insert", "remove", "setter",
  "totable", "pad", "incomplete", "fuzz", "tail", "frame", "checksum", "linktype", "fragments",
  "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in", "local", "nil",
  "not", "or", "repeat", "return", "then", "true", "until", "while",
  "assert", "collectgarbage", "dofile", "error", "getmetatable", "ipairs", "load", "loadfile", "next", "pairs",
  "pcall", "print", "rawequal", "rawget", "rawlen", "rawset", "require", "select", "setmetatable", "tonumber",
  "tostring", "type", "warn", "xpcall", "coroutine", "debug", "io", "math", "os", "package", "string", "table",
  "utf8", "arg", "layout", "layouts", "pcap", "packet", "filter", "test", "pktcraft", NULL
};

/*
** Whatever allocates may run a finalizer, which may come here too: so blocks are made first, and made again
** when the registry has meanwhile grown.
*/

/* [-0, +1, m] Pushes a block of zeros. */
static void *newblock (lua_State *L, size_t size) {
  void *block = lua_newuserdatauv(L, size, 0);
  return memset(block, 0, size);
}

static void enter (Registry *r, uint32_t entry) {
  uint32_t k = laymap_hash(r->entries[entry].key) & r->mask;
  while (r->slots[k] != 0) k = (k + 1) & r->mask;
  r->slots[k] = entry + 1;
}

/* [-0, +0, m] Room for one more layout. */
static void reserve_entry (lua_State *L, int reg, Registry *r) {
  while (r->nentries == r->maxentries) {
    const uint32_t max = 2 * r->maxentries;
    LayEntry *entries;
    uint32_t *slots, k;
    if (max > MAXLAYOUTS) luaL_error(L, "too many layouts");
    entries = (LayEntry *)newblock(L, max * sizeof(*entries));
    slots = (uint32_t *)newblock(L, 2 * (size_t)max * sizeof(*slots));
    if (2 * r->maxentries == max) {
      if (r->nentries > 0) memcpy(entries, r->entries, r->nentries * sizeof(*entries));
      r->entries = entries;
      r->slots = slots;
      r->maxentries = max;
      r->mask = 2 * max - 1;
      for (k = 0; k < r->nentries; k++) enter(r, k);
      lua_setiuservalue(L, reg, UV_SLOTS);
      lua_setiuservalue(L, reg, UV_ENTRIES);
    }
    else
      lua_pop(L, 2);
  }
}

Registry *layreg_push (lua_State *L) {
  Registry *r;
  int reg;
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, key) == LUA_TUSERDATA) return (Registry *)lua_touserdata(L, -1);
  lua_pop(L, 1);
  r = (Registry *)lua_newuserdatauv(L, sizeof(*r), 4);
  memset(r, 0, sizeof(*r));
  reg = lua_gettop(L);
  lua_newtable(L);
  lua_setiuservalue(L, reg, UV_KEPT);
  r->maxentries = 64;
  r->entries = (LayEntry *)newblock(L, r->maxentries * sizeof(LayEntry));
  lua_setiuservalue(L, reg, UV_ENTRIES);
  r->slots = (uint32_t *)newblock(L, 2 * (size_t)r->maxentries * sizeof(uint32_t));
  lua_setiuservalue(L, reg, UV_SLOTS);
  r->mask = 2 * r->maxentries - 1;
  r->binds = laybinds_push(L, 0);
  laybinds_build(L, lua_gettop(L));
  lua_setiuservalue(L, reg, UV_BINDS);
  lua_pushvalue(L, reg);
  lua_rawsetp(L, LUA_REGISTRYINDEX, key);
  return r;
}

const Map *layreg_map (const Registry *r, const pk_Layout *l) {
  uint32_t k;
  for (k = 0; k < r->nentries; k++)
    if (r->entries[k].map->layout == l) return r->entries[k].map;
  return NULL;
}

/* [-0, +0, e] The name at `idx`. */
static void check_name (lua_State *L, const Registry *r, int idx) {
  const char *name = lua_tostring(L, idx);
  int k;
  for (k = 0; reserved[k] != NULL; k++)
    if (strcmp(reserved[k], name) == 0) luaL_error(L, "layout '%s': that name is taken", name);
  if (strlen(name) > PK_LAYOUT_MAXKEY) luaL_error(L, "layout '%s': name of over 40 characters", name);
  if (layreg_find(r, lua_topointer(L, idx)) >= 0) luaL_error(L, "layout '%s': registered already", name);
}

void layreg_pushlayout (lua_State *L, const pk_LayoutDef *def) {
  const size_t need = pk_layout_need(def), header = (sizeof(Layout) + 15) / 16 * 16;
  Layout *layout = (Layout *)lua_newuserdatauv(L, header + need, 1);
  const pk_Layout *l;
  char err[PK_ERRSIZE];
  layout->map = NULL;
  l = pk_layout_build(def, (char *)layout + header, need, err);
  if (l == NULL) luaL_error(L, "%s", err);
  lua_newtable(L);
  layout->map = laymap_new(L, l, lua_gettop(L));
  lua_setiuservalue(L, -2, UV_OWNER);
  luaL_setmetatable(L, LAYOUT_META);
}

/* [-0, +0, e] Registers a layout; rebuild is to follow. */
static void enter_layout (lua_State *L, int reg, int idx) {
  Registry *r = (Registry *)lua_touserdata(L, reg);
  const Layout *layout = (const Layout *)lua_touserdata(L, idx);
  const pk_Layout *l = layout->map->layout;
  uint32_t k;
  int name;
  idx = lua_absindex(L, idx);
  luaL_checkstack(L, 8, NULL);
  lua_pushstring(L, l->name);
  name = lua_gettop(L);
  check_name(L, r, name);
  lua_getiuservalue(L, reg, UV_KEPT); /* by name, and with it the names of its spaces */
  lua_pushvalue(L, name);
  lua_pushvalue(L, idx);
  lua_rawset(L, -3);
  lua_pop(L, 1);
  reserve_entry(L, reg, r);
  lua_getiuservalue(L, reg, UV_BINDS);
  laybinds_reserve(L, lua_gettop(L), l->nunder + l->nlinks + 1);
  check_name(L, r, name);
  r->entries[r->nentries].key = lua_topointer(L, name);
  r->entries[r->nentries].map = layout->map;
  enter(r, r->nentries++);
  for (k = 0; k < l->nunder; k++) laybinds_add(r->binds, l->under[k].space, l->under[k].min, l->under[k].max, l);
  for (k = 0; k < l->nlinks; k++) laybinds_add(r->binds, PK_SPACE_LINK, l->links[k], l->links[k], l);
  laybinds_add(r->binds, PK_SPACE_NAME, pk_space_hash(l->name), pk_space_hash(l->name), l);
  lua_pop(L, 2);
}

/* [-0, +0, m] */
static void build_bindings (lua_State *L, int reg) {
  lua_getiuservalue(L, reg, UV_BINDS);
  laybinds_build(L, lua_gettop(L));
  lua_pop(L, 1);
}

void layreg_add (lua_State *L, int reg, int idx) {
  enter_layout(L, reg, idx);
  build_bindings(L, reg);
}

/* find(name): the registered layout of that name, or nil */
int layreg_getlayout (lua_State *L) {
  luaL_checkstring(L, 1);
  layreg_push(L);
  lua_getiuservalue(L, -1, UV_KEPT);
  lua_pushvalue(L, 1);
  lua_rawget(L, -2);
  if (luaL_testudata(L, -1, LAYOUT_META) == NULL) lua_pushnil(L);
  return 1;
}

/* register(l | table): the layout */
int layreg_register (lua_State *L) {
  int reg;
  lua_settop(L, 1);
  if (lua_istable(L, 1)) { /* as layout.struct, but protocols are big-endian where they do not say otherwise */
    if (lua_getfield(L, 1, "endian") == LUA_TNIL) {
      lua_newtable(L);
      for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1)) {
        lua_pushvalue(L, -2);
        lua_pushvalue(L, -2);
        lua_rawset(L, -5);
      }
      lua_pushliteral(L, "big");
      lua_setfield(L, -2, "endian");
      lua_replace(L, 1);
    }
    lua_settop(L, 1);
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    lua_getfield(L, -1, "pktcraft.layout");
    lua_getfield(L, -1, "struct");
    lua_pushvalue(L, 1);
    lua_call(L, 1, 1);
    lua_replace(L, 1);
    lua_settop(L, 1);
  }
  luaL_checkudata(L, 1, LAYOUT_META);
  layreg_push(L);
  reg = lua_gettop(L);
  layreg_add(L, reg, 1);
  lua_settop(L, 1);
  return 1;
}

/* A list of module `pktcraft.layouts.names` may be called as another is. */
void layreg_pushnames (lua_State *L) {
  int top;
  if (lua_getfield(L, LUA_REGISTRYINDEX, "pktcraft.names") == LUA_TTABLE) return;
  lua_pop(L, 1);
  lua_newtable(L);
  top = lua_gettop(L);
  lua_getglobal(L, "require");
  lua_pushliteral(L, "pktcraft.layouts.names");
  lua_call(L, 1, 1);
  for (lua_pushnil(L); lua_next(L, top + 1); lua_pop(L, 1)) {
    lua_pushvalue(L, -2);
    lua_pushvalue(L, -2);
    if (lua_type(L, -1) == LUA_TSTRING) lua_rawget(L, top + 1);
    lua_rawset(L, top);
  }
  lua_settop(L, top);
  lua_pushvalue(L, top);
  lua_setfield(L, LUA_REGISTRYINDEX, "pktcraft.names");
}

/* names(list [, table]): the shared names {[value] = name} of a list, which the table replaces */
int layreg_names (lua_State *L) {
  luaL_checkstring(L, 1);
  lua_settop(L, 2);
  layreg_pushnames(L);
  if (!lua_isnil(L, 2)) {
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_pushvalue(L, 1);
    lua_pushvalue(L, 2);
    lua_rawset(L, 3);
  }
  lua_pushvalue(L, 1);
  lua_rawget(L, 3);
  return 1;
}

void layreg_pushbinds (lua_State *L) {
  layreg_push(L);
  lua_getiuservalue(L, -1, UV_BINDS);
  lua_remove(L, -2);
}

/* bind(space, value, l) */
int layreg_bind (lua_State *L) {
  lua_settop(L, 3);
  layreg_pushbinds(L);
  laybinds_bind(L, 4, 1);
  return 0;
}

/* unbind(space, value) */
int layreg_unbind (lua_State *L) {
  lua_settop(L, 2);
  layreg_pushbinds(L);
  laybinds_unbind(L, 3, 1);
  return 0;
}

/* The bindings are made once, after all. */
void layreg_load (lua_State *L) {
  const int top = lua_gettop(L);
  size_t n, k;
  const pk_LayoutDef *const *all = pk_shipped_layouts(&n);
  Registry *r = layreg_push(L);
  if (r->loaded) {
    lua_settop(L, top);
    return;
  }
  lua_getglobal(L, "require"); /* the class of layouts */
  lua_pushliteral(L, "pktcraft.layout");
  lua_call(L, 1, 0);
  layreg_pushnames(L);
  lua_pop(L, 1);
  for (k = 0; k < n; k++) {
    lua_pushstring(L, all[k]->name);
    if (layreg_find(r, lua_topointer(L, -1)) < 0) {
      layreg_pushlayout(L, all[k]);
      enter_layout(L, top + 1, lua_gettop(L));
    }
    lua_settop(L, top + 1);
  }
  build_bindings(L, top + 1);
  r->loaded = 1;
  lua_settop(L, top);
}
