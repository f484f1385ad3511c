/*
** llayreg.h: the layouts that packets are made of, one registry in a Lua state: by name, and what is
** bound under which value of which space.
*/
#ifndef llayreg_h
#define llayreg_h

#include <stdint.h>

#include <lua.h>

#include "llaybind.h"
#include "llaypointer.h"

/* A layout object: one user value, the anchor table of names and maps. The layout's block follows. */
typedef struct Layout {
  const Map *map;
} Layout;

#define LAYOUT_META "pktcraft.layout" /* its metatable in the registry */

/* A registered layout. */
typedef struct LayEntry {
  const void *key; /* lua_topointer of its name */
  const Map *map;
} LayEntry;

/* User values: 1 layouts by name, 2 entries, 3 slots, 4 the bindings. */
typedef struct Registry {
  LayEntry *entries;
  uint32_t *slots; /* entries + 1 by name, open-addressed; 0: free */
  Binds *binds;
  uint32_t nentries, maxentries, mask;
  int loaded;       /* what is shipped has been registered */
} Registry;

/* [-0, +1, e] Pushes a new layout made of a definition. */
void layreg_pushlayout (lua_State *L, const pk_LayoutDef *def);

/* [-0, +1, m] Pushes the registry of this state, made when first asked for. */
Registry *layreg_push (lua_State *L);

/* [-0, +1, m] Pushes the registry's bindings. */
void layreg_pushbinds (lua_State *L);

/* [-0, +0, e] Registers the layout object at `idx`, with its places. The registry is at `reg`. */
void layreg_add (lua_State *L, int reg, int idx);

/* The index of the layout that a string names, by its lua_topointer, or -1. */
static inline int layreg_find (const Registry *r, const void *key) {
  uint32_t k = laymap_hash(key) & r->mask;
  while (r->slots[k] != 0) {
    if (r->entries[r->slots[k] - 1].key == key) return (int)r->slots[k] - 1;
    k = (k + 1) & r->mask;
  }
  return -1;
}

/* The map of a registered layout, or NULL. */
const Map *layreg_map (const Registry *r, const pk_Layout *l);

/* [-0, +1, e] Pushes the table of shared names: list -> value -> name; read from the shipped ones when first used. */
void layreg_pushnames (lua_State *L);

/* Functions of module `layout`: register, find, names, bind, unbind. */
int layreg_register (lua_State *L);
int layreg_getlayout (lua_State *L);
int layreg_names (lua_State *L);
int layreg_bind (lua_State *L);
int layreg_unbind (lua_State *L);

/* [-0, +0, e] Registers all that is shipped, and the names of values that they share. */
void layreg_load (lua_State *L);

#endif
