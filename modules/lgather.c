/*
** lgather.c: packet.gather: what protocols spread over several elements of a list.
*/
#include <string.h>

#include <lua.h>
#include <lauxlib.h>

#include "lbuild.h"
#include "lview.h"

/* [-0, +0, e] The layout and the list of a path "layer.list". */
static const pk_Field *check_path (lua_State *L, const Registry *r, int arg, const Map **map) {
  const char *text = luaL_checkstring(L, arg), *dot = strchr(text, '.');
  const pk_Field *f;
  int entry;
  luaL_argcheck(L, dot != NULL && dot > text, arg, "layer.list expected");
  lua_pushlstring(L, text, (size_t)(dot - text));
  entry = layreg_find(r, lua_topointer(L, -1));
  if (entry < 0) luaL_error(L, "no layout '%s'", lua_tostring(L, -1));
  *map = r->entries[entry].map;
  lua_pushstring(L, dot + 1);
  f = laymap_find(*map, lua_topointer(L, -1));
  if (f == NULL || f->kind != PK_LIST) luaL_error(L, "no list '%s' in layout '%s'", dot + 1, (*map)->layout->name);
  lua_pop(L, 2);
  return f;
}

/* Where the value of an element stands: after its length, up to where that ends it. 1, or 0: it has none of that tag. */
static int value_of (pk_Walk *element, int64_t tag, size_t *begin, size_t *end) {
  if (!pk_walk_next(element) || element->field->kind != PK_NUMBER || (int64_t)pk_walk_number(element) != tag) return 0;
  while (element->own == PK_WALK_NONE)
    if (!pk_walk_next(element)) return 0;
  *begin = (size_t)((element->bit + 7) / 8);
  *end = element->own < element->span->len ? element->own : element->span->len;
  return *begin <= *end;
}

/* gather(pkt, path, tag): the values of all elements whose first field is `tag`, joined; or nil */
int lgather_call (lua_State *L) {
  Packet *pk = lpacket_test(L, 1);
  const lua_Integer tag = luaL_checkinteger(L, 3);
  const pk_Field *f;
  const Map *map;
  pk_Walk w, element;
  pk_List list;
  pk_Packet *p;
  const pk_Layer *layer;
  luaL_Buffer b;
  int found = 0;
  luaL_argexpected(L, pk != NULL, 1, PACKETNAME);
  if (pk->p == NULL) lpacket_build(L, 1);
  f = check_path(L, pk->registry, 2, &map);
  lpacket_measure(pk);
  lua_settop(L, 3);
  p = lpacket_pushcopy(L, pk); /* what no finalizer changes */
  layer = pk_packet_layer(p, map->layout, 1);
  if (layer != NULL) {
    pk_packet_walk(p, layer, &w);
    if (pk_walk_find(&w, f->key) && w.field->kind == PK_LIST) {
      luaL_buffinit(L, &b);
      pk_list_begin(&list, &w);
      while (pk_list_next(&list, &element)) {
        size_t begin, end;
        if (!value_of(&element, tag, &begin, &end)) continue;
        luaL_addlstring(&b, (const char *)p->span.bytes + begin, end - begin);
        found = 1;
      }
      luaL_pushresult(&b);
    }
  }
  if (!found) luaL_pushfail(L);
  return 1;
}
