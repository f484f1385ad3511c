/*
** llayoutmod.c: module `pktcraft.layout`: layouts and the pointers that aim them at memories.
**
** A layout's userdata holds core's layout in one block; nothing is freed before the collector sweeps
** it, so a finalizer that runs late finds it whole.
*/
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include <lua.h>
#include <lauxlib.h>

#include "layout.h"
#include "lbuild.h"
#include "llaydef.h"
#include "llayfields.h"
#include "llaypointer.h"
#include "llayreg.h"
#include "lmemlib.h"
#include "lpkaux.h"
#include "lpkmods.h"
#include "lrandom.h"
#include "shipped.h"
#include "text.h"

/* --- layouts */

/* [-0, +0, v] */
static const Layout *checklayout (lua_State *L, int arg) {
  const Layout *layout = (const Layout *)luaL_testudata(L, arg, LAYOUT_META);
  if (layout == NULL) luaL_typeerror(L, arg, "layout");
  return layout;
}

/* struct(t) */
static int lay_struct (lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  layreg_pushlayout(L, laydef_read(L, 1));
  return 1;
}

/* shipped([name]): the names of the layouts that the library carries, or a new one of them, or nil */
static int lay_shipped (lua_State *L) {
  if (lua_isnoneornil(L, 1)) {
    size_t n, k;
    const pk_LayoutDef *const *all = pk_shipped_layouts(&n);
    lua_createtable(L, (int)n, 0);
    for (k = 0; k < n; k++) {
      lua_pushstring(L, all[k]->name);
      lua_rawseti(L, -2, (lua_Integer)k + 1);
    }
  }
  else {
    const pk_LayoutDef *def = pk_shipped_find(luaL_checkstring(L, 1));
    if (def != NULL)
      layreg_pushlayout(L, def);
    else
      lua_pushnil(L);
  }
  return 1;
}

/* --- the module's functions; upvalue 1 is the pointers' metatable */

/* [-0, +0, v] A root: one that may be aimed. */
static Pointer *checkroot (lua_State *L, int arg) {
  Pointer *p = laypointer_check(L, arg);
  luaL_argcheck(L, p->root == p, arg, "a pointer to a part follows the whole's");
  return p;
}

/* [-0, +0, v] Aims the root at `arg` by arguments (m [, pos]) from `arg` + 1 on. */
static void aim (lua_State *L, int arg, Pointer *p) {
  const luamem_Area *area = NULL;
  size_t pos = 0;
  if (!lua_isnoneornil(L, arg + 1)) {
    lua_Integer i = luaL_optinteger(L, arg + 2, 1);
    area = luamem_toarea(L, arg + 1);
    if (area == NULL) luaL_typeerror(L, arg + 1, "memory");
    if (i < 0) i = i < -(lua_Integer)area->len ? 0 : (lua_Integer)area->len + i + 1;
    luaL_argcheck(L, 1 <= i && (lua_Unsigned)i <= LUAMEM_MAXLEN / 2, arg + 2, "index out of bounds");
    pos = (size_t)i - 1;
  }
  lua_pushvalue(L, arg + 1);
  if (area == NULL) {
    lua_pop(L, 1);
    lua_pushnil(L);
  }
  lua_setiuservalue(L, arg, UV_MEMORY);
  p->area = area;
  p->pos = pos;
}

/* newpointer(l [, m [, pos]]) */
static int lay_newpointer (lua_State *L) {
  const Layout *layout = checklayout(L, 1);
  Pointer *p = laypointer_push(L, layout->map, 3);
  lua_pushvalue(L, 1);
  lua_setiuservalue(L, -2, UV_OWNER);
  lua_replace(L, 1);
  if (!lua_isnoneornil(L, 2)) aim(L, 1, p);
  lua_settop(L, 1);
  return 1;
}

/* setpointer(p, m [, pos]) */
static int lay_setpointer (lua_State *L) {
  Pointer *p = checkroot(L, 1);
  luaL_checkany(L, 2);
  aim(L, 1, p);
  lua_settop(L, 1);
  return 1;
}

/* getpointer(p): memory and position, or nil */
static int lay_getpointer (lua_State *L) {
  Pointer *p = laypointer_check(L, 1);
  lua_settop(L, 1);
  while (laypointer_to(L, 1)->root != laypointer_to(L, 1)) { /* user value 1 leads up to the root */
    lua_getiuservalue(L, 1, UV_OWNER);
    lua_replace(L, 1);
  }
  if (p->root->area == NULL) {
    luaL_pushfail(L);
    return 1;
  }
  lua_getiuservalue(L, 1, UV_MEMORY);
  lua_pushinteger(L, (lua_Integer)(p->root->pos + (size_t)(p->bit / 8)) + 1);
  return 2;
}

/*
** [-0, +0, v] The layout, and bits of begin and size, of arguments (layout or pointer [, path]), a
** path being keys joined by dots. `*f` is the last field, or NULL.
*/
static const pk_Layout *checkplace (lua_State *L, const pk_Field **f, uint64_t *offset,
                                    uint64_t *bits) {
  Pointer *p = laypointer_to(L, 1);
  const pk_Layout *l;
  const char *path, *next;
  *f = NULL;
  *offset = 0;
  if (p != NULL)
    l = p->map->layout;
  else {
    const Layout *layout = (const Layout *)luaL_testudata(L, 1, LAYOUT_META);
    if (layout == NULL) luaL_typeerror(L, 1, "layout or pointer");
    l = layout->map->layout;
  }
  *bits = p != NULL ? p->bits : l->bits;
  path = luaL_optstring(L, 2, NULL);
  for (; path != NULL; path = next) {
    char key[PK_LAYOUT_MAXKEY + 1];
    size_t n = strcspn(path, ".");
    next = path[n] == '.' ? path + n + 1 : NULL;
    if (l == NULL || n > PK_LAYOUT_MAXKEY || n == 0)
      luaL_error(L, "no field '%s'", lua_tostring(L, 2));
    memcpy(key, path, n);
    key[n] = '\0';
    *f = pk_layout_field(l, key);
    if (*f == NULL) luaL_error(L, "no field '%s' in layout '%s'", key, l->name);
    *offset += (*f)->offset;
    *bits = (*f)->bits;
    l = (*f)->kind == PK_ARRAY ? NULL : (*f)->sub;
  }
  return l;
}

/* sizeof(l | p [, path]): bytes that hold it, and bits */
static int lay_sizeof (lua_State *L) {
  const pk_Field *f;
  uint64_t offset, bits;
  checkplace(L, &f, &offset, &bits);
  lua_pushinteger(L, (lua_Integer)((offset % 8 + bits + 7) / 8));
  lua_pushinteger(L, (lua_Integer)bits);
  return 2;
}

/* offsetof(l | p, path): whole bytes before it, and bits beyond those */
static int lay_offsetof (lua_State *L) {
  const pk_Field *f;
  uint64_t offset, bits;
  luaL_checkstring(L, 2);
  checkplace(L, &f, &offset, &bits);
  lua_pushinteger(L, (lua_Integer)(offset / 8));
  lua_pushinteger(L, (lua_Integer)(offset % 8));
  return 2;
}

/* fields(l | p [, path]) */
static int lay_fields (lua_State *L) {
  const pk_Field *f;
  uint64_t offset, bits;
  const pk_Layout *l = checkplace(L, &f, &offset, &bits);
  if (l == NULL) return luaL_error(L, "'%s' is no struct", lua_tostring(L, 2));
  layfields_push(L, l, offset);
  if (f == NULL) layfields_putlayout(L, l);
  return 1;
}

/* copy(p): a pointer to a new memory with the bytes that the old one covers */
static int lay_copy (lua_State *L) {
  Pointer *p = laypointer_check(L, 1), *copy;
  size_t size = 0, left, n;
  uint8_t *from;
  char *to;
  lua_settop(L, 1);
  if (p->array != NULL || p->bit % 8 != 0 || p->bits % 8 != 0)
    return luaL_error(L, "unsupported: '%s' is no struct on whole bytes", p->map->layout->name);
  from = laypointer_locate(p, p->bit, p->bits, &left);
  if (from != NULL) {
    size = p->bits / 8;
    n = pk_layout_headerend(p->map->layout, from, left, 0);
    if (n > size && n <= left) size = n; /* what has no size of its own, too */
  }
  else
    return luaL_error(L, "out of bounds (layout '%s')", p->map->layout->name);
  copy = laypointer_push(L, p->map, 3);
  lua_pushvalue(L, 1); /* the layout, which every chain of owners leads to, keeps the map */
  while (laypointer_to(L, -1) != NULL) {
    lua_getiuservalue(L, -1, UV_OWNER);
    lua_remove(L, -2);
  }
  lua_setiuservalue(L, 2, UV_OWNER);
  to = luamem_newalloc(L, size);
  from = laypointer_locate(p, p->bit, size * 8, &left); /* again: the memory may have changed meanwhile */
  if (from == NULL) return luaL_error(L, "out of bounds (layout '%s')", p->map->layout->name);
  memcpy(to, from, size);
  copy->area = luamem_toarea(L, -1);
  lua_setiuservalue(L, 2, UV_MEMORY);
  return 1;
}

/* layout{fields}: a packet of that layer, to be joined with others; upvalue 1: the registry */
static int lay_call (lua_State *L) {
  lua_settop(L, 2);
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, PACKET_META) == LUA_TNIL) { /* the class comes with packets */
    lua_getglobal(L, "require");
    lua_pushliteral(L, "pktcraft.packet");
    lua_call(L, 1, 0);
    lua_rawgetp(L, LUA_REGISTRYINDEX, PACKET_META);
    lua_replace(L, 3);
  }
  return lrecipe_part(L, (const Registry *)lua_touserdata(L, lua_upvalueindex(1)), 3);
}

static const luaL_Reg laylib[] = {
  {"struct", lay_struct},
  {"shipped", lay_shipped},
  {"random", lrandom_layout},
  {"newpointer", lay_newpointer},
  {"setpointer", lay_setpointer},
  {"getpointer", lay_getpointer},
  {"sizeof", lay_sizeof},
  {"offsetof", lay_offsetof},
  {"fields", lay_fields},
  {"copy", lay_copy},
  {"register", layreg_register},
  {"find", layreg_getlayout},
  {"names", layreg_names},
  {"bind", layreg_bind},
  {"unbind", layreg_unbind},
  {NULL, NULL}
};

static int lay_tostring (lua_State *L) {
  const Layout *layout = checklayout(L, 1);
  lua_pushfstring(L, "layout %s: %p", layout->map->layout->name, (const void *)layout);
  return 1;
}

/* layout / part: a layer without values, and what stands above it */
static int lay_div (lua_State *L) {
  int idx;
  for (idx = 1; idx <= 2; idx++)
    if (luaL_testudata(L, idx, LAYOUT_META) != NULL) {
      lua_pushvalue(L, idx);
      lua_call(L, 0, 1);
      lua_replace(L, idx);
    }
    else if (lua_type(L, idx) != LUA_TSTRING && !luamem_ismemory(L, idx) && aux_test(L, idx, PACKET_META) == NULL)
      return luaL_typeerror(L, idx, "packet, layout, string or memory");
  lua_arith(L, LUA_OPDIV);
  return 1;
}

int luaopen_pktcraft_layout (lua_State *L) {
  aux_newclass(L, LAYOUT_META, "layout");
  lua_pushcfunction(L, lay_div);
  lua_setfield(L, -2, "__div");
  lua_pushcfunction(L, lay_tostring);
  lua_setfield(L, -2, "__tostring");
  layreg_push(L);
  lua_pushcclosure(L, lay_call, 1);
  lua_setfield(L, -2, "__call");
  luaL_newlibtable(L, laylib);
  aux_newclass(L, LAYPOINTER_META, LAYPOINTER);
  lua_pushvalue(L, -1);
  luaL_setfuncs(L, laypointer_methods, 1);
  luaL_setfuncs(L, laylib, 1);
  return 1;
}
