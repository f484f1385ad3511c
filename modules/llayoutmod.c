/*
** llayoutmod.c: module `pktcraft.layout`: layouts and the pointers that aim them at memories.
**
** A layout's userdata holds core's layout in one block; nothing is freed before the collector sweeps
** it, so a finalizer that runs late finds it whole. Field names are found by the address of their
** interned string, which the layout anchors. A pointer keeps the Area of its memory and reads `data`
** and `len` at each access; pointers to nested structs share the aim of their root.
*/
#include <assert.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>

#include <lua.h>
#include <lauxlib.h>

#include "bits.h"
#include "layout.h"
#include "llaydef.h"
#include "lmemlib.h"
#include "lpkaux.h"
#include "lpkmods.h"
#include "text.h"

/* One name of a field; `key` is the address of the interned string, NULL in a free slot. */
typedef struct Slot {
  const char *key;
  const pk_Field *field;
} Slot;

/* The names of a layout, open-addressed. Lives in a userdata that the root layout anchors. */
typedef struct Map {
  const pk_Layout *layout;
  struct Map **subs; /* by field: the map of its members, or NULL */
  uint32_t mask;     /* slots - 1; at least one slot is free */
  Slot slots[];
} Map;

/* Userdata, one user value: the anchor table of names and maps. The layout's block follows. */
typedef struct Layout {
  const Map *map;
} Layout;

/* Userdata; user values: 1 what it hangs on, 2 nested pointers by field or index, 3 the memory. */
typedef struct Pointer {
  struct Pointer *root;    /* which is aimed; itself, or the one that it hangs on (user value 1) */
  const Map *map;          /* names of its members */
  const luamem_Area *area; /* of the root: the memory's, or NULL when aimed at none */
  size_t pos;              /* of the root: bytes before it */
  uint64_t bit;            /* from the root's begin */
  const pk_Field *array;   /* the field that it is, when it is an array */
  uint32_t bits;           /* of all that it covers */
} Pointer;

enum { UV_OWNER = 1, UV_NESTED = 2, UV_MEMORY = 3 };

static const char layoutname[] = "layout";
static const char pointername[] = "layout pointer";

/* --- maps */

static uint32_t hash (const char *key) {
  return (uint32_t)((uintptr_t)key >> 3) * 2654435761u >> 8;
}

static const pk_Field *map_find (const Map *map, const char *key) {
  uint32_t k = hash(key) & map->mask;
  for (;;) {
    const Slot *slot = &map->slots[k];
    if (slot->key == key) return slot->field;
    if (slot->key == NULL) return NULL;
    k = (k + 1) & map->mask;
  }
}

/* [-0, +0, m] Interns a name, anchored by the table at `anchor`, and enters it. */
static void map_enter (lua_State *L, Map *map, int anchor, const char *name, const pk_Field *f) {
  const char *key = lua_pushstring(L, name);
  uint32_t k = hash(key) & map->mask;
  lua_rawseti(L, anchor, (lua_Integer)lua_rawlen(L, anchor) + 1);
  while (map->slots[k].key != NULL) k = (k + 1) & map->mask;
  map->slots[k].key = key;
  map->slots[k].field = f;
}

/* [-0, +0, m] The map of a layout and of all that is nested in it. */
static Map *map_new (lua_State *L, const pk_Layout *l, int anchor) {
  size_t names = 0, slots = 4, size;
  uint32_t k, a;
  Map *map;
  luaL_checkstack(L, 4, "layout too deep");
  for (k = 0; k < l->nfields; k++) names += 1 + l->fields[k].naliases;
  while (slots < 2 * names) slots *= 2;
  size = sizeof(Map) + slots * sizeof(Slot);
  map = (Map *)lua_newuserdatauv(L, size + l->nfields * sizeof(Map *), 0);
  memset(map, 0, size + l->nfields * sizeof(Map *));
  lua_rawseti(L, anchor, (lua_Integer)lua_rawlen(L, anchor) + 1);
  map->layout = l;
  map->mask = (uint32_t)slots - 1;
  map->subs = (Map **)((char *)map + size);
  for (k = 0; k < l->nfields; k++) {
    const pk_Field *f = &l->fields[k];
    map_enter(L, map, anchor, f->key, f);
    for (a = 0; a < f->naliases; a++) map_enter(L, map, anchor, f->aliases[a], f);
    if (f->sub != NULL) map->subs[k] = map_new(L, f->sub, anchor);
  }
  return map;
}

static const Map *map_sub (const Map *map, const pk_Field *f) {
  return map->subs[f - map->layout->fields];
}

/* --- layouts */

/* struct(table) */
static int lay_struct (lua_State *L) {
  const pk_LayoutDef *def;
  const pk_Layout *l;
  Layout *layout;
  size_t need, header = (sizeof(Layout) + 15) / 16 * 16;
  char err[PK_ERRSIZE];
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  def = laydef_read(L, 1);
  need = pk_layout_need(def);
  layout = (Layout *)lua_newuserdatauv(L, header + need, 1);
  layout->map = NULL;
  l = pk_layout_build(def, (char *)layout + header, need, err);
  if (l == NULL) return luaL_error(L, "%s", err);
  lua_newtable(L);
  layout->map = map_new(L, l, lua_gettop(L));
  lua_setiuservalue(L, -2, UV_OWNER);
  luaL_setmetatable(L, layoutname);
  return 1;
}

/* --- pointers: upvalue 1 of all functions below is their metatable */

#define POINTERMETA lua_upvalueindex(1)

/* [-0, +0, -] The pointer at `idx`, or NULL. */
static Pointer *topointer (lua_State *L, int idx) {
  Pointer *p = (Pointer *)lua_touserdata(L, idx);
  int same;
  if (p == NULL || !lua_getmetatable(L, idx)) return NULL;
  same = lua_rawequal(L, -1, POINTERMETA);
  lua_pop(L, 1);
  return same ? p : NULL;
}

/* [-0, +0, v] */
static Pointer *checkpointer (lua_State *L, int arg) {
  Pointer *p = topointer(L, arg);
  if (p == NULL) luaL_typeerror(L, arg, pointername);
  return p;
}

/* [-0, +0, v] A root: one that may be aimed. */
static Pointer *checkroot (lua_State *L, int arg) {
  Pointer *p = checkpointer(L, arg);
  luaL_argcheck(L, p->root == p, arg, "a pointer to a part follows the whole's");
  return p;
}

/* [-0, +1, m] */
static Pointer *pushpointer (lua_State *L, const Map *map, int uservalues) {
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
  p = pushpointer(L, map, 2);
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
  if (lua_type(L, key) == LUA_TSTRING)
    return luaL_error(L, "no field '%s' in layout '%s'", lua_tostring(L, key), p->map->layout->name);
  return luaL_error(L, "no field of type %s in layout '%s'", luaL_typename(L, key),
                    p->map->layout->name);
}

/* [-0, +0, e] */
static int fieldfail (lua_State *L, const Pointer *p, const pk_Field *f, const char *what) {
  const char *layout = p->map->layout->name;
  if (f->key[0] == '\0') return luaL_error(L, "%s (element of '%s')", what, layout);
  return luaL_error(L, "%s (field '%s' of layout '%s')", what, f->key, layout);
}

/*
** The bytes from `bit` (of the root) on that hold `nbits`, or NULL when they are not all inside the
** memory, or there is none. `*left` is how many bytes there are from the result on.
*/
static inline uint8_t *locate (const Pointer *p, uint64_t bit, uint64_t nbits, size_t *left) {
  const Pointer *root = p->root;
  size_t off, len;
  if (root->area == NULL) return NULL;
  off = root->pos + (size_t)(bit / 8);
  len = root->area->len;
  if (off > len || (bit % 8 + nbits + 7) / 8 > len - off) return NULL;
  *left = len - off;
  /* An empty memory may have no address: all that reads it reads no byte. */
  return root->area->data != NULL ? (uint8_t *)root->area->data + off : (uint8_t *)(uintptr_t)&layoutname;
}

/* The bytes of a string without size: to the end of the header or the memory. NULL: out of bounds. */
static uint8_t *locate_open (const Pointer *p, const pk_Field *f, uint64_t bit, size_t *size) {
  size_t before, left, skip = f->offset / 8;
  uint8_t *start = locate(p, p->bit, 0, &before), *bytes;
  size_t end;
  if (start == NULL) return NULL;
  end = pk_layout_headerend(p->map->layout, start, before, 0);
  bytes = locate(p, bit, 0, &left);
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
  bytes = f->bits == 0 ? locate_open(p, f, bit, size) : locate(p, bit, f->bits, &left);
  if (bytes == NULL) fieldfail(L, p, f, "out of bounds");
  return bytes;
}

/* [-0, +1, e] Pushes the field's value; the pointer is at index 1, the field at bit `bit`. */
static int pushvalue (lua_State *L, Pointer *p, const pk_Field *f, uint64_t bit, lua_Integer id) {
  uint8_t *bytes;
  size_t left;
  if (f->codec != NULL) {
    char text[PK_CODEC_TEXT];
    bytes = checkbytes(L, p, f, bit, &left);
    lua_pushlstring(L, text, f->codec->format(bytes, text));
    return 1;
  }
  switch ((pk_Kind)f->kind) {
    case PK_NUMBER:
    case PK_BOOLEAN: {
      uint64_t value;
      bytes = locate(p, bit, f->bits, &left);
      if (bytes == NULL) return fieldfail(L, p, f, "out of bounds");
      value = pk_bits_get(bytes, (unsigned)(bit % 8), f->bits, f->little);
      if (f->kind == PK_BOOLEAN)
        lua_pushboolean(L, value != 0);
      else
        lua_pushinteger(L, f->sign ? pk_bits_signed(value, f->bits) : (lua_Integer)value);
      return 1;
    }
    case PK_STRING:
      bytes = checkbytes(L, p, f, bit, &left);
      lua_pushlstring(L, (const char *)bytes, left);
      return 1;
    case PK_STRUCT:
    case PK_UNION:
    case PK_ARRAY: pushnested(L, 1, p, f, map_sub(p->map, f), bit, id); return 1;
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
  source = locate(from, from->bit, from->bits, &left);
  to = locate(p, bit, f->bits, &left);
  if (source == NULL || to == NULL) return fieldfail(L, p, f, "out of bounds");
  memmove(to, source, f->bits / 8);
  return 0;
}

/* [-0, +0, e] Copies the string or memory at index `arg`, of the field's size, to the field. */
static int copybytes (lua_State *L, Pointer *p, const pk_Field *f, uint64_t bit, int arg) {
  size_t size, len;
  uint8_t *to;
  const char *s;
  if (bit % 8 != 0 || f->bits % 8 != 0)
    return fieldfail(L, p, f, f->kind == PK_STRING ? "unsupported type" : "unsupported: not on whole bytes");
  s = luamem_tostring(L, arg, &len); /* a string or memory: nothing is converted */
  if (f->bits != 0 && len != f->bits / 8) return fieldfail(L, p, f, "size mismatch");
  to = checkbytes(L, p, f, bit, &size);
  if (len != size) return fieldfail(L, p, f, "size mismatch");
  memmove(to, s, size);
  return 0;
}

/* [-0, +0, e] */
static int wrongtype (lua_State *L, Pointer *p, const pk_Field *f, const char *expected, int arg) {
  const char *what = lua_pushfstring(L, "%s expected, got %s", expected, luaL_typename(L, arg));
  return fieldfail(L, p, f, what);
}

/* [-0, +0, e] Writes text, an integer or bytes to a field with a text form. */
static int setformatted (lua_State *L, Pointer *p, const pk_Field *f, uint64_t bit, int arg) {
  const pk_Codec *codec = f->codec;
  uint8_t value[32], *to;
  size_t len, left;
  assert(codec->size <= sizeof(value));
  if (lua_type(L, arg) == LUA_TNUMBER && codec->number) {
    int isint;
    lua_Integer n = lua_tointegerx(L, arg, &isint);
    if (!isint) return wrongtype(L, p, f, "integer, text or bytes", arg);
    if ((lua_Unsigned)n >> (codec->size * 8 - 1) > 1) return fieldfail(L, p, f, "unsigned overflow");
    pk_bits_set(value, 0, (unsigned)codec->size * 8, 0, (uint64_t)n);
  }
  else if (lua_type(L, arg) == LUA_TSTRING) { /* text first: 16 characters may be either */
    const char *s = lua_tolstring(L, arg, &len);
    if (!codec->parse(s, len, value)) {
      if (len != codec->size) {
        lua_pushfstring(L, "no %s address: '%s'", codec->name, s);
        return fieldfail(L, p, f, lua_tostring(L, -1));
      }
      memcpy(value, s, len);
    }
  }
  else if (luamem_ismemory(L, arg))
    return copybytes(L, p, f, bit, arg);
  else
    return wrongtype(L, p, f, codec->number ? "integer, text or bytes" : "text or bytes", arg);
  to = locate(p, bit, f->bits, &left);
  if (to == NULL) return fieldfail(L, p, f, "out of bounds");
  memcpy(to, value, codec->size);
  return 0;
}

/* [-0, +0, e] Writes the value at `arg`. */
static int setvalue (lua_State *L, Pointer *p, const pk_Field *f, uint64_t bit, int arg) {
  const Pointer *from;
  uint64_t value = 0;
  uint8_t *bytes;
  size_t left;
  if (f->codec != NULL) return setformatted(L, p, f, bit, arg);
  switch ((pk_Kind)f->kind) {
    case PK_NUMBER: {
      int isint;
      lua_Integer n = lua_tointegerx(L, arg, &isint);
      if (lua_type(L, arg) != LUA_TNUMBER) return wrongtype(L, p, f, "number", arg);
      if (!isint) return fieldfail(L, p, f, "number has no integer representation");
      if (!pk_field_fits(f, n))
        return fieldfail(L, p, f, f->sign ? "integer overflow" : "unsigned overflow");
      value = (uint64_t)n;
      break;
    }
    case PK_BOOLEAN:
      if (!lua_isboolean(L, arg)) return wrongtype(L, p, f, "boolean", arg);
      value = (uint64_t)lua_toboolean(L, arg);
      break;
    case PK_STRING:
    case PK_STRUCT:
    case PK_UNION:
    case PK_ARRAY:
      if (lua_type(L, arg) == LUA_TSTRING || luamem_ismemory(L, arg))
        return copybytes(L, p, f, bit, arg);
      if (f->kind != PK_STRING && (from = topointer(L, arg)) != NULL)
        return copypointer(L, p, f, bit, from);
      return wrongtype(L, p, f, f->kind == PK_STRING ? "string or memory"
                                                     : "pointer, string or memory", arg);
  }
  bytes = locate(p, bit, f->bits, &left);
  if (bytes == NULL) return fieldfail(L, p, f, "out of bounds");
  pk_bits_set(bytes, (unsigned)(bit % 8), f->bits, f->little, value);
  return 0;
}

/*
** [-0, +0, -] The field that the key at index 2 names and where it lies, or NULL. `id` tells nested
** pointers apart.
*/
static const pk_Field *findfield (lua_State *L, const Pointer *p, uint64_t *bit, lua_Integer *id) {
  const pk_Field *f;
  int isint;
  if (p->array == NULL) {
    if (lua_type(L, 2) != LUA_TSTRING) return NULL;
    f = map_find(p->map, lua_tostring(L, 2));
    if (f == NULL) return NULL;
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

static int ptr_index (lua_State *L) {
  Pointer *p = checkpointer(L, 1);
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
  Pointer *p = checkpointer(L, 1);
  uint64_t bit;
  lua_Integer id;
  const pk_Field *f = findfield(L, p, &bit, &id);
  if (f != NULL) return setvalue(L, p, f, bit, 3);
  if (p->array != NULL && lua_isinteger(L, 2))
    return luaL_error(L, "index out of bounds (array '%s')", p->array->key);
  return nofield(L, p, 2);
}

static int ptr_len (lua_State *L) {
  Pointer *p = checkpointer(L, 1);
  if (p->array == NULL)
    return luaL_error(L, "attempt to get length of '%s', which is no array", p->map->layout->name);
  lua_pushinteger(L, p->array->count);
  return 1;
}

static int ptr_tostring (lua_State *L) {
  Pointer *p = checkpointer(L, 1);
  lua_pushfstring(L, "pointer to %s: %p", p->map->layout->name, lua_topointer(L, 1));
  return 1;
}

/* --- the module's functions; upvalue 1 is the pointers' metatable */

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
  const Layout *layout = (const Layout *)luaL_checkudata(L, 1, layoutname);
  Pointer *p = pushpointer(L, layout->map, 3);
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
  Pointer *p = checkpointer(L, 1);
  lua_settop(L, 1);
  while (topointer(L, 1)->root != topointer(L, 1)) { /* user value 1 leads up to the root */
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
  Pointer *p = topointer(L, 1);
  const pk_Layout *l;
  const char *path, *next;
  *f = NULL;
  *offset = 0;
  if (p != NULL)
    l = p->map->layout;
  else {
    const Layout *layout = (const Layout *)luaL_testudata(L, 1, layoutname);
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

/* [-0, +0, m] t[word] = value, where it was said; t is on the top. */
static void putstring (lua_State *L, const char *word, const char *s) {
  if (s == NULL) return;
  lua_pushstring(L, s);
  lua_setfield(L, -2, word);
}

static void putinteger (lua_State *L, const char *word, lua_Integer n) {
  lua_pushinteger(L, n);
  lua_setfield(L, -2, word);
}

static void putvalue (lua_State *L, const char *word, pk_Value v) {
  if (v.kind == PK_VALUE_NONE) return;
  if (v.kind == PK_VALUE_INT)
    lua_pushinteger(L, v.n);
  else
    lua_pushlstring(L, v.bytes, v.len);
  lua_setfield(L, -2, word);
}

static void putstrings (lua_State *L, const char *word, const char *const *list, uint32_t n) {
  uint32_t k;
  if (n == 0) return;
  lua_createtable(L, (int)n, 0);
  for (k = 0; k < n; k++) {
    lua_pushstring(L, list[k]);
    lua_rawseti(L, -2, (lua_Integer)k + 1);
  }
  lua_setfield(L, -2, word);
}

static void putnames (lua_State *L, const char *word, const pk_Name *names, uint32_t n) {
  uint32_t k;
  if (n == 0) return;
  lua_createtable(L, 0, (int)n);
  for (k = 0; k < n; k++) {
    lua_pushstring(L, names[k].name);
    lua_rawseti(L, -2, names[k].value);
  }
  lua_setfield(L, -2, word);
}

static void putwords (lua_State *L, const pk_Words *w) {
  putvalue(L, "default", w->initial);
  putvalue(L, "equal", w->equal);
  putvalue(L, "min", w->min);
  putvalue(L, "max", w->max);
  putstring(L, "enum", w->enumlist);
  putnames(L, "enum", w->names, w->nnames);
  putnames(L, "flags", w->flags, w->nflags);
  putstring(L, "letters", w->letters);
  putstring(L, "next", w->next);
  putstring(L, "hint", w->hint);
  putstrings(L, "length", w->length, w->nlength);
  putvalue(L, "unit", w->unit);
  putvalue(L, "bias", w->bias);
  putvalue(L, "open", w->open);
  putstring(L, "sum", w->sum);
  putstring(L, "cover", w->cover);
  putvalue(L, "pseudo", w->pseudo);
  putvalue(L, "zero", w->zero);
  putstring(L, "role", w->role);
}

/* [-0, +1, m] A list of the fields of a layout, offsets counted from `base`. */
static void pushfields (lua_State *L, const pk_Layout *l, uint64_t base) {
  static const char *const kinds[] = {"number", "boolean", "string", "struct", "union", "array"};
  uint32_t k;
  luaL_checkstack(L, 8, "layout too deep");
  lua_createtable(L, (int)l->nfields, 0);
  for (k = 0; k < l->nfields; k++) {
    const pk_Field *f = &l->fields[k];
    lua_createtable(L, 0, 8);
    if (f->key[0] != '\0') putstring(L, "key", f->key);
    putstring(L, "type", kinds[f->kind]);
    putinteger(L, "offset", (lua_Integer)((base + f->offset) / 8));
    putinteger(L, "bit", (lua_Integer)((base + f->offset) % 8));
    if (f->bits > 0 || f->kind != PK_STRING) putinteger(L, "bits", f->bits);
    if (f->kind < PK_STRUCT) putstring(L, "endian", f->little ? "little" : "big");
    if (f->kind == PK_NUMBER) {
      lua_pushboolean(L, f->sign);
      lua_setfield(L, -2, "signed");
    }
    if (f->codec != NULL) putstring(L, "format", f->codec->name);
    putstrings(L, "alias", f->aliases, f->naliases);
    if (f->words != NULL) putwords(L, f->words);
    if (f->kind == PK_ARRAY) {
      putinteger(L, "count", f->count);
      putinteger(L, "stride", f->stride);
    }
    if (f->sub != NULL) {
      pushfields(L, f->sub, base + f->offset);
      lua_setfield(L, -2, "fields");
    }
    lua_rawseti(L, -2, (lua_Integer)k + 1);
  }
}

/* [-0, +0, m] What the layout as a whole says, into the table on the top. */
static void putlayout (lua_State *L, const pk_Layout *l) {
  uint32_t k;
  putstring(L, "name", l->name);
  putstring(L, "line", l->line);
  if (l->nunder > 0) {
    lua_newtable(L);
    for (k = 0; k < l->nunder; k++) {
      lua_createtable(L, 0, 3);
      putstring(L, "space", l->under[k].space);
      putinteger(L, "min", l->under[k].min);
      putinteger(L, "max", l->under[k].max);
      lua_rawseti(L, -2, (lua_Integer)k + 1);
    }
    lua_setfield(L, -2, "under");
  }
  if (l->nlinks > 0) {
    lua_newtable(L);
    for (k = 0; k < l->nlinks; k++) {
      lua_pushinteger(L, l->links[k]);
      lua_rawseti(L, -2, (lua_Integer)k + 1);
    }
    lua_setfield(L, -2, "link");
  }
}

/* fields(l | p [, path]) */
static int lay_fields (lua_State *L) {
  const pk_Field *f;
  uint64_t offset, bits;
  const pk_Layout *l = checkplace(L, &f, &offset, &bits);
  if (l == NULL) return luaL_error(L, "'%s' is no struct", lua_tostring(L, 2));
  pushfields(L, l, offset);
  if (f == NULL) putlayout(L, l);
  return 1;
}

/* copy(p): a pointer to a new memory with the bytes that the old one covers */
static int lay_copy (lua_State *L) {
  Pointer *p = checkpointer(L, 1), *copy;
  size_t size = 0, left, n;
  uint8_t *from;
  char *to;
  lua_settop(L, 1);
  if (p->array != NULL || p->bit % 8 != 0 || p->bits % 8 != 0)
    return luaL_error(L, "unsupported: '%s' is no struct on whole bytes", p->map->layout->name);
  from = locate(p, p->bit, p->bits, &left);
  if (from != NULL) {
    size = p->bits / 8;
    n = pk_layout_headerend(p->map->layout, from, left, 0);
    if (n > size && n <= left) size = n; /* what has no size of its own, too */
  }
  else
    return luaL_error(L, "out of bounds (layout '%s')", p->map->layout->name);
  copy = pushpointer(L, p->map, 3);
  lua_pushvalue(L, 1); /* the layout, which every chain of owners leads to, keeps the map */
  while (topointer(L, -1) != NULL) {
    lua_getiuservalue(L, -1, UV_OWNER);
    lua_remove(L, -2);
  }
  lua_setiuservalue(L, 2, UV_OWNER);
  to = luamem_newalloc(L, size);
  from = locate(p, p->bit, size * 8, &left); /* again: the memory may have changed meanwhile */
  if (from == NULL) return luaL_error(L, "out of bounds (layout '%s')", p->map->layout->name);
  memcpy(to, from, size);
  copy->area = luamem_toarea(L, -1);
  lua_setiuservalue(L, 2, UV_MEMORY);
  return 1;
}

static const luaL_Reg laylib[] = {
  {"struct", lay_struct},
  {"newpointer", lay_newpointer},
  {"setpointer", lay_setpointer},
  {"getpointer", lay_getpointer},
  {"sizeof", lay_sizeof},
  {"offsetof", lay_offsetof},
  {"fields", lay_fields},
  {"copy", lay_copy},
  {NULL, NULL}
};

static const luaL_Reg pointermethods[] = {
  {"__index", ptr_index},
  {"__newindex", ptr_newindex},
  {"__len", ptr_len},
  {"__tostring", ptr_tostring},
  {NULL, NULL}
};

static int lay_tostring (lua_State *L) {
  const Layout *layout = (const Layout *)luaL_checkudata(L, 1, layoutname);
  lua_pushfstring(L, "layout %s: %p", layout->map->layout->name, (const void *)layout);
  return 1;
}

int luaopen_pktcraft_layout (lua_State *L) {
  luaL_newmetatable(L, layoutname);
  lua_pushcfunction(L, lay_tostring);
  lua_setfield(L, -2, "__tostring");
  lua_pushstring(L, layoutname); /* hides it: a script must not pass it to others */
  lua_setfield(L, -2, "__metatable");
  luaL_newlibtable(L, laylib);
  luaL_newmetatable(L, pointername);
  lua_pushstring(L, pointername);
  lua_setfield(L, -2, "__metatable");
  lua_pushvalue(L, -1);
  luaL_setfuncs(L, pointermethods, 1);
  luaL_setfuncs(L, laylib, 1);
  return 1;
}
