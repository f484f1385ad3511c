/*
** llaypointer.c: layout pointers. Field names are found by the address of their interned string, which
** the layout anchors. A pointer keeps the Area of its memory and reads `data` and `len` at each access;
** pointers to nested structs share the aim of their root.
*/
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include <lua.h>
#include <lauxlib.h>

#include "bits.h"
#include "layout.h"
#include "llaypointer.h"
#include "llayvalue.h"
#include "lmemlib.h"

/* --- maps */

/* [-0, +0, m] Interns a name, anchored by the table at `anchor`, and enters it. */
static void map_enter (lua_State *L, Map *map, int anchor, const char *name, const pk_Field *f) {
  const void *key = (lua_pushstring(L, name), lua_topointer(L, -1));
  uint32_t k = laymap_hash(key) & map->mask;
  lua_rawseti(L, anchor, (lua_Integer)lua_rawlen(L, anchor) + 1);
  while (map->slots[k].key != NULL) k = (k + 1) & map->mask;
  map->slots[k].key = key;
  map->slots[k].field = f;
}

/* [-0, +0, m] The map of a layout and of all that is nested in it. */
Map *laymap_new (lua_State *L, const pk_Layout *l, int anchor) {
  size_t names = 0, slots = 4, size;
  uint32_t k, a;
  Map *map;
  luaL_checkstack(L, 4, "layout too deep");
  if (lua_rawgetp(L, anchor, l) != LUA_TNIL) { /* a part that several lists have, or that has itself */
    map = (Map *)lua_touserdata(L, -1);
    lua_pop(L, 1);
    return map;
  }
  lua_pop(L, 1);
  for (k = 0; k < l->nfields; k++) names += 1 + l->fields[k].naliases;
  while (slots < 2 * names) slots *= 2;
  size = sizeof(Map) + slots * sizeof(Slot);
  map = (Map *)lua_newuserdatauv(L, size + l->nfields * sizeof(Map *), 0);
  memset(map, 0, size + l->nfields * sizeof(Map *));
  lua_rawsetp(L, anchor, l);
  map->layout = l;
  map->mask = (uint32_t)slots - 1;
  map->subs = (Map **)((char *)map + size);
  for (k = 0; k < l->nfields; k++) {
    const pk_Field *f = &l->fields[k];
    if (pk_layout_field(l, f->key) == f) map_enter(L, map, anchor, f->key, f);
    for (a = 0; a < f->naliases; a++) map_enter(L, map, anchor, f->aliases[a], f);
    if (f->sub != NULL) map->subs[k] = laymap_new(L, f->sub, anchor);
  }
  return map;
}

const Map *laymap_sub (const Map *map, const pk_Field *f) {
  return map->subs[f - map->layout->fields];
}

/* --- pointers */

/* [-0, +0, -] The pointer at `idx`, or NULL. */
Pointer *laypointer_to (lua_State *L, int idx) {
  Pointer *p = (Pointer *)lua_touserdata(L, idx);
  int same;
  if (p == NULL || !lua_getmetatable(L, idx)) return NULL;
  same = lua_rawequal(L, -1, POINTERMETA);
  lua_pop(L, 1);
  return same ? p : NULL;
}

/* [-0, +0, v] */
Pointer *laypointer_check (lua_State *L, int arg) {
  Pointer *p = laypointer_to(L, arg);
  if (p == NULL) luaL_typeerror(L, arg, LAYPOINTER);
  return p;
}

/* [-0, +1, m] */
Pointer *laypointer_push (lua_State *L, const Map *map, int uservalues) {
  Pointer *p = (Pointer *)lua_newuserdatauv(L, sizeof(*p), uservalues);
  p->root = p;
  p->map = map;
  p->area = NULL;
  p->pos = 0;
  p->bit = 0;
  p->array = NULL;
  p->bits = map->layout->bits;
  lua_pushvalue(L, POINTERMETA);
  lua_setmetatable(L, -2);
  return p;
}

/*
** [-0, +1, m] Pushes the pointer to a member of the one at `idx`: made once, under `id` in the table
** of nested ones.
*/
static void pushnested (lua_State *L, int idx, Pointer *parent, const pk_Field *f, const Map *map,
                        uint64_t bit, lua_Integer id) {
  Pointer *p;
  if (lua_getiuservalue(L, idx, UV_NESTED) != LUA_TTABLE) {
    lua_pop(L, 1);
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_setiuservalue(L, idx, UV_NESTED);
  }
  if (lua_rawgeti(L, -1, id) == LUA_TUSERDATA) {
    lua_remove(L, -2);
    return;
  }
  lua_pop(L, 1);
  p = laypointer_push(L, map, 2);
  p->root = parent->root;
  p->bit = bit;
  p->bits = f->bits;
  if (f->kind == PK_ARRAY) p->array = f;
  lua_pushvalue(L, idx);
  lua_setiuservalue(L, -2, UV_OWNER);
  lua_pushvalue(L, -1);
  lua_rawseti(L, -3, id);
  lua_remove(L, -2);
}

/* [-0, +0, e] */
static int nofield (lua_State *L, const Pointer *p, int key) {
  return layvalue_nofield(L, key, p->map->layout, "layout", p->map->layout->name);
}

/* [-0, +0, e] */
static int fieldfail (lua_State *L, const Pointer *p, const pk_Field *f, const char *what) {
  return layvalue_fail(L, p->map->layout->name, f, what);
}

/* The bytes of a string without size: to the end of the header or the memory. NULL: out of bounds. */
static uint8_t *locate_open (const Pointer *p, const pk_Field *f, uint64_t bit, size_t *size) {
  size_t before, left, skip = f->offset / 8;
  uint8_t *start = laypointer_locate(p, p->bit, 0, &before), *bytes;
  size_t end;
  if (start == NULL) return NULL;
  end = pk_layout_headerend(p->map->layout, start, before, 0);
  bytes = laypointer_locate(p, bit, 0, &left);
  if (bytes == NULL) return NULL;
  if (end == SIZE_MAX)
    *size = left;
  else
    *size = end > skip ? end - skip : 0;
  return *size <= left ? bytes : NULL;
}

/* [-0, +0, e] The bytes of a string or of what has a text form, and their number. */
static uint8_t *checkbytes (lua_State *L, const Pointer *p, const pk_Field *f, uint64_t bit,
                            size_t *size) {
  uint8_t *bytes;
  size_t left;
  if (f->kind == PK_STRING && (bit % 8 != 0 || f->bits % 8 != 0))
    fieldfail(L, p, f, "unsupported type");
  *size = f->bits / 8;
  bytes = f->bits == 0 ? locate_open(p, f, bit, size) : laypointer_locate(p, bit, f->bits, &left);
  if (bytes == NULL) fieldfail(L, p, f, "out of bounds");
  return bytes;
}

/* [-0, +1, e] Pushes the field's value; the pointer is at index 1, the field at bit `bit`. */
static int pushvalue (lua_State *L, Pointer *p, const pk_Field *f, uint64_t bit, lua_Integer id) {
  uint8_t *bytes;
  size_t left;
  if (f->codec != NULL) {
    bytes = checkbytes(L, p, f, bit, &left);
    layvalue_push(L, f, bytes, 0);
    return 1;
  }
  switch ((pk_Kind)f->kind) {
    case PK_NUMBER:
    case PK_BOOLEAN:
      bytes = laypointer_locate(p, bit, f->bits, &left);
      if (bytes == NULL) return fieldfail(L, p, f, "out of bounds");
      layvalue_push(L, f, bytes, (unsigned)(bit % 8));
      return 1;
    case PK_STRING:
      bytes = checkbytes(L, p, f, bit, &left);
      lua_pushlstring(L, (const char *)bytes, left);
      return 1;
    case PK_STRUCT:
    case PK_UNION:
    case PK_ARRAY: pushnested(L, 1, p, f, laymap_sub(p->map, f), bit, id); return 1;
    case PK_LIST:
    case PK_SWITCH:
    case PK_PAYLOAD: break; /* not fixed: refused before */
  }
  return 0;
}

/* [-0, +0, e] Copies the bytes of the pointer at `arg` to those of a field. */
static int copypointer (lua_State *L, Pointer *p, const pk_Field *f, uint64_t bit,
                        const Pointer *from) {
  uint8_t *to, *source;
  size_t left;
  if (from->bits != f->bits) return fieldfail(L, p, f, "size mismatch");
  if (bit % 8 != 0 || from->bit % 8 != 0 || f->bits % 8 != 0)
    return fieldfail(L, p, f, "unsupported: not on whole bytes");
  source = laypointer_locate(from, from->bit, from->bits, &left);
  to = laypointer_locate(p, bit, f->bits, &left);
  if (source == NULL || to == NULL) return fieldfail(L, p, f, "out of bounds");
  memmove(to, source, f->bits / 8);
  return 0;
}

/* [-0, +0, e] Copies bytes, of the field's size, to the field. */
static int copybytes (lua_State *L, Pointer *p, const pk_Field *f, uint64_t bit, const LayValue *v) {
  size_t size;
  uint8_t *to;
  if (bit % 8 != 0 || f->bits % 8 != 0)
    return fieldfail(L, p, f, f->kind == PK_STRING ? "unsupported type" : "unsupported: not on whole bytes");
  if (f->bits != 0 && v->len != f->bits / 8) return fieldfail(L, p, f, "size mismatch");
  to = checkbytes(L, p, f, bit, &size);
  if (v->len != size) return fieldfail(L, p, f, "size mismatch");
  memmove(to, v->s, size);
  return 0;
}

/* [-0, +0, e] Writes the value at `arg`. */
static int setvalue (lua_State *L, Pointer *p, const pk_Field *f, uint64_t bit, int arg) {
  const Pointer *from;
  uint8_t *bytes;
  size_t left;
  LayValue v;
  if (!pk_kind_isleaf((pk_Kind)f->kind) && (from = laypointer_to(L, arg)) != NULL)
    return copypointer(L, p, f, bit, from);
  layvalue_check(L, p->map->layout->name, f, arg, &v);
  if (v.isbytes) return copybytes(L, p, f, bit, &v);
  bytes = laypointer_locate(p, bit, f->bits, &left);
  if (bytes == NULL) return fieldfail(L, p, f, "out of bounds");
  pk_bits_set(bytes, (unsigned)(bit % 8), f->bits, f->little, v.n);
  return 0;
}

/*
** [-0, +0, e] The field that the key at index 2 names and where it lies, or NULL. `id` tells nested
** pointers apart. Fields that lie where others say are for packets to read.
*/
static const pk_Field *findfield (lua_State *L, const Pointer *p, uint64_t *bit, lua_Integer *id) {
  const pk_Field *f;
  int isint;
  if (p->array == NULL) {
    if (lua_type(L, 2) != LUA_TSTRING) return NULL;
    f = laymap_find(p->map, lua_topointer(L, 2));
    if (f == NULL) return NULL;
    if (!f->placed || f->kind == PK_LIST || (f->bits == 0 && f->kind != PK_STRING) ||
        (f->codec != NULL && f->codec->measure != NULL))
      fieldfail(L, p, f, "not at a constant place: read it in a packet");
    *bit = p->bit + f->offset;
    *id = f - p->map->layout->fields;
    return f;
  }
  if (lua_type(L, 2) != LUA_TNUMBER) return NULL;
  *id = lua_tointegerx(L, 2, &isint);
  if (!isint || *id < 1 || *id > (lua_Integer)p->array->count) return NULL;
  f = &p->map->layout->fields[0];
  *bit = p->bit + (uint64_t)(*id - 1) * p->array->stride;
  return f;
}

/*
** The metamethods trust their first argument: scripts cannot come by them, and Lua calls them with a
** pointer only.
*/
static Pointer *self (lua_State *L) {
  return (Pointer *)lua_touserdata(L, 1);
}

static int ptr_index (lua_State *L) {
  Pointer *p = self(L);
  uint64_t bit;
  lua_Integer id;
  const pk_Field *f = findfield(L, p, &bit, &id);
  if (f != NULL) return pushvalue(L, p, f, bit, id);
  if (p->array != NULL && lua_isinteger(L, 2)) { /* beyond the last: what ends ipairs */
    lua_pushnil(L);
    return 1;
  }
  return nofield(L, p, 2);
}

static int ptr_newindex (lua_State *L) {
  Pointer *p = self(L);
  uint64_t bit;
  lua_Integer id;
  const pk_Field *f = findfield(L, p, &bit, &id);
  if (f != NULL) return setvalue(L, p, f, bit, 3);
  if (p->array != NULL && lua_isinteger(L, 2))
    return luaL_error(L, "index out of bounds (array '%s')", p->array->key);
  return nofield(L, p, 2);
}

static int ptr_len (lua_State *L) {
  Pointer *p = self(L);
  if (p->array == NULL)
    return luaL_error(L, "attempt to get length of '%s', which is no array", p->map->layout->name);
  lua_pushinteger(L, p->array->count);
  return 1;
}

static int ptr_tostring (lua_State *L) {
  Pointer *p = self(L);
  lua_pushfstring(L, "pointer to %s: %p", p->map->layout->name, lua_topointer(L, 1));
  return 1;
}

const luaL_Reg laypointer_methods[] = {
  {"__index", ptr_index},
  {"__newindex", ptr_newindex},
  {"__len", ptr_len},
  {"__tostring", ptr_tostring},
  {NULL, NULL}
};
