/*
** llaypointer.h: layout pointers and the names of their fields.
*/
#ifndef llaypointer_h
#define llaypointer_h

#include <stddef.h>
#include <stdint.h>

#include <lua.h>
#include <lauxlib.h>

#include "layout.h"
#include "lmemlib.h"

#define LAYPOINTER "layout pointer"          /* what errors call it */
#define LAYPOINTER_META "pktcraft.pointer" /* its metatable in the registry */

/* One name of a field; `key` is lua_topointer of the interned string, NULL in a free slot. */
typedef struct Slot {
  const void *key;
  const pk_Field *field;
} Slot;

/* The names of a layout, open-addressed. Lives in a userdata that the root layout anchors. */
typedef struct Map {
  const pk_Layout *layout;
  struct Map **subs; /* by field: the map of its members, or NULL */
  uint32_t mask;     /* slots - 1; at least one slot is free */
  Slot slots[];
} Map;

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

/* [-0, +0, m] The map of a layout and all that is nested in it, anchored by the table at `anchor`. */
Map *laymap_new (lua_State *L, const pk_Layout *l, int anchor);

/* Where names are looked for first: strings are told apart by their addresses. */
static inline uint32_t laymap_hash (const void *key) {
  return (uint32_t)((uintptr_t)key >> 3) * 2654435761u >> 8;
}

/* The field that a string names, by its lua_topointer, or NULL: names are short, and Lua has each once. */
static inline const pk_Field *laymap_find (const Map *map, const void *key) {
  uint32_t k = laymap_hash(key) & map->mask;
  while (map->slots[k].key != key && map->slots[k].key != NULL) k = (k + 1) & map->mask;
  return map->slots[k].field;
}

/* The map of a field's members, or NULL. */
const Map *laymap_sub (const Map *map, const pk_Field *f);

/* The functions below need the pointers' metatable as upvalue 1 of the C function that runs. */
#define POINTERMETA lua_upvalueindex(1)

/* Their metamethods, to be set with the metatable as upvalue. */
extern const luaL_Reg laypointer_methods[];

/* [-0, +0, -] The pointer at `idx`, or NULL. */
Pointer *laypointer_to (lua_State *L, int idx);

/* [-0, +0, v] */
Pointer *laypointer_check (lua_State *L, int arg);

/* [-0, +1, m] Pushes a new root, aimed at nothing. */
Pointer *laypointer_push (lua_State *L, const Map *map, int uservalues);

/*
** The bytes from `bit` (of the root) on that hold `nbits`, or NULL when they are not all inside the
** memory, or there is none. `*left` is how many bytes there are from the result on.
*/
static inline uint8_t *laypointer_locate (const Pointer *p, uint64_t bit, uint64_t nbits,
                                          size_t *left) {
  const Pointer *root = p->root;
  static uint8_t nothing[1];
  size_t off, len;
  if (root->area == NULL) return NULL;
  off = root->pos + (size_t)(bit / 8);
  len = root->area->len;
  if (off > len || (bit % 8 + nbits + 7) / 8 > len - off) return NULL;
  *left = len - off;
  /* An empty memory may have no address: all that reads it reads no byte. */
  return root->area->data != NULL ? (uint8_t *)root->area->data + off : nothing;
}

#endif
