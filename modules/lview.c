/*
** lview.c: views of layers, structs, lists and elements. A view is found again in the packet's current
** frame at each access; it keeps no address of bytes.
*/
#include <assert.h>
#include <string.h>

#include <lua.h>
#include <lauxlib.h>

#include "bits.h"
#include "llayvalue.h"
#include "lpkaux.h"
#include "lview.h"

const char lview_meta[] = "pktcraft.view";

enum { UV_VIEW_OWNER = 1, UV_VIEW_NESTED };

#define VIEWMETA lua_upvalueindex(1)
#define MAXDEPTH 24 /* of views in views */

/* --- making */

/* [-0, +1, m] */
static View *newview (lua_State *L, int owner, Packet *pk, ViewKind kind) {
  View *v = (View *)lua_newuserdatauv(L, sizeof(*v), 2);
  memset(v, 0, sizeof(*v));
  v->packet = pk;
  v->kind = kind;
  v->seen = pk->count - 1;
  lua_pushvalue(L, owner);
  lua_setiuservalue(L, -2, UV_VIEW_OWNER);
  aux_setclass(L, VIEW_META);
  return v;
}

/* [-0, +1, m] Pushes what is kept under `id` in the table that is user value `uv` of `idx`, or pushes the table. */
static int getkept (lua_State *L, int idx, int uv, lua_Integer id) {
  if (lua_getiuservalue(L, idx, uv) != LUA_TTABLE) {
    lua_pop(L, 1);
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_setiuservalue(L, idx, uv);
  }
  if (lua_rawgeti(L, -1, id) == LUA_TUSERDATA) {
    lua_remove(L, -2);
    return 1;
  }
  lua_pop(L, 1);
  return 0;
}

void lview_push (lua_State *L, int idx, Packet *pk, const Map *map, uint32_t n) {
  View *v;
  idx = lua_absindex(L, idx);
  if (lua_getiuservalue(L, idx, UV_PACKET_VIEWS) != LUA_TTABLE) {
    lua_pop(L, 1);
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_setiuservalue(L, idx, UV_PACKET_VIEWS);
  }
  if (n == 1 ? lua_rawgetp(L, -1, map) == LUA_TUSERDATA : 0) {
    lua_remove(L, -2);
    return;
  }
  if (n == 1) lua_pop(L, 1);
  if (n > 1) { /* by the name of its layout, in a table by number */
    if (lua_rawgetp(L, -1, map->layout) != LUA_TTABLE) {
      lua_pop(L, 1);
      lua_newtable(L);
      lua_pushvalue(L, -1);
      lua_rawsetp(L, -3, map->layout);
    }
    lua_remove(L, -2);
    if (lua_rawgeti(L, -1, n) == LUA_TUSERDATA) {
      lua_remove(L, -2);
      return;
    }
    lua_pop(L, 1);
  }
  v = newview(L, idx, pk, VIEW_LAYER);
  v->map = map;
  v->n = n;
  lua_pushvalue(L, -1);
  if (n == 1)
    lua_rawsetp(L, -3, map);
  else
    lua_rawseti(L, -3, n);
  lua_remove(L, -2);
}

/* [-0, +1, m] Pushes the view of a field, or of element `n` of a list. */
static void pushnested (lua_State *L, int idx, View *parent, const pk_Field *f, const Map *map, ViewKind kind,
                        uint32_t n) {
  const lua_Integer id = kind == VIEW_ELEMENT ? (lua_Integer)n : -1 - (f - parent->map->layout->fields);
  View *v;
  idx = lua_absindex(L, idx);
  if (getkept(L, idx, UV_VIEW_NESTED, id)) return;
  v = newview(L, idx, parent->packet, kind);
  v->parent = parent;
  v->field = f;
  v->map = map;
  v->n = n;
  lua_pushvalue(L, -1);
  lua_rawseti(L, -3, id);
  lua_remove(L, -2);
}

/* --- finding */

/* The layer of a view, or NULL: not there. */
static const pk_Layer *layer_of (View *v) {
  Packet *pk = v->packet;
  lpacket_refresh(pk);
  if (v->seen != pk->count) {
    v->layer = lpacket_seek(pk, v->map->layout, v->n);
    v->seen = pk->count;
  }
  return v->layer;
}

/* Whether a list's elements are values, not structs: its layout then has one field without name. */
static int iswrapped (const pk_Field *list) {
  return list->sub->nfields == 1 && list->sub->fields[0].key[0] == '\0';
}

/* A walk at the begin of element `n` of the list or array at which a walk stands. */
static int enter_element (View *list, uint32_t n, const pk_Walk *w, pk_Walk *element) {
  const pk_Field *f = w->field;
  pk_List l;
  if (n == 0) return 0;
  if (f->kind == PK_ARRAY) {
    if (n > f->count) return 0;
    pk_walk_begin(element, f->sub, w, w->span, w->at + (uint64_t)(n - 1) * f->stride, w->limit);
    return 1;
  }
  pk_list_begin(&l, w);
  if (f->stride > 0 && l.left >= n) {
    const uint64_t skip = (uint64_t)(n - 1) * (f->stride / 8);
    if (skip > l.limit - l.at) return 0;
    l.at += (size_t)skip;
    return pk_list_next(&l, element);
  }
  if (list->kind == VIEW_LIST && list->seen == list->packet->count && list->n > 0 && list->n < n && list->at >= l.at) {
    if (l.left != UINT64_MAX) l.left = l.left > list->n ? l.left - list->n : 0;
    l.index = list->n;
    l.at = list->at;
  }
  while (pk_list_next(&l, element))
    if (l.index == n) {
      if (!l.stopped) { /* the next one is found from here */
        list->seen = list->packet->count;
        list->n = n;
        list->at = l.at;
      }
      return 1;
    }
  return 0;
}

/*
** Walks from the layer to what a view shows: the last walk stands at its begin (a layer, a struct, an
** element) or at its field (a list). Returns how many walks, or 0: not there.
*/
static int enter (View *v, pk_Walk *walks, int depth) {
  int n;
  if (depth == 0) return 0;
  if (v->kind == VIEW_LAYER) {
    const pk_Layer *layer = layer_of(v);
    if (layer == NULL) return 0;
    pk_packet_walk(v->packet->p, layer, &walks[0]);
    return 1;
  }
  n = enter(v->parent, walks, depth - 1);
  if (n == 0) return 0;
  if (v->kind == VIEW_ELEMENT)
    return enter_element(v->parent, v->n, &walks[n - 1], &walks[n]) ? n + 1 : 0;
  if (!pk_walk_find(&walks[n - 1], v->field->key) || walks[n - 1].field->sub != v->field->sub) return 0;
  if (v->kind == VIEW_LIST) return n;
  pk_walk_begin(&walks[n], v->field->sub, &walks[n - 1], walks[n - 1].span, walks[n - 1].at, walks[n - 1].end);
  return n + 1;
}

/* --- values */

/* Bytes [at, end) of a string, when all of them were captured. */
static int string_range (const pk_Walk *w, size_t *at, size_t *size) {
  *at = (size_t)(w->at / 8);
  *size = (size_t)(w->size / 8);
  if (w->at % 8 != 0 || w->size % 8 != 0) return 0;
  return *at <= w->span->len && *size <= w->span->len - *at;
}

/* [-0, +1, m] A text that a codec prints: made in a buffer, after which the memory may have changed. */
static void push_printed (lua_State *L, View *v, const pk_Walk *w, size_t at, size_t size) {
  const luamem_Area *area = v->packet->area;
  const unsigned gen = area->gen;
  char small[1200], *buffer = small;
  size_t room = sizeof(small);
  pk_Text text;
  if (2 * size + 1 > room) {
    room = 2 * size + 1;
    buffer = (char *)lua_newuserdatauv(L, room, 0);
  }
  if (area->gen == gen) {
    text = pk_text_begin(buffer, room);
    if (w->field->codec->print(w->span->bytes + w->span->message, w->span->len - w->span->message,
                               at - w->span->message, size, &text)) {
      if (!w->field->codec->number || lua_stringtonumber(L, buffer) == 0) lua_pushlstring(L, buffer, text.len);
      return;
    }
  }
  lua_pushnil(L);
}

int lview_pushvalue (lua_State *L, int idx, View *v, const pk_Walk *w, const Map *map) {
  const pk_Field *f = w->field;
  size_t at, size;
  switch ((pk_Kind)f->kind) {
    case PK_NUMBER:
    case PK_BOOLEAN:
      layvalue_push(L, f, w->span->bytes + w->at / 8, (unsigned)(w->at % 8));
      return 1;
    case PK_STRING:
      if (!string_range(w, &at, &size))
        lua_pushnil(L);
      else if (f->codec != NULL && f->codec->size == 0)
        push_printed(L, v, w, at, size);
      else if (f->codec != NULL)
        layvalue_push(L, f, w->span->bytes + at, 0);
      else
        lua_pushlstring(L, (const char *)w->span->bytes + at, size);
      return 1;
    case PK_STRUCT:
    case PK_UNION:
    case PK_ARRAY:
    case PK_LIST: {
      const ViewKind kind = f->kind == PK_LIST || f->kind == PK_ARRAY ? VIEW_LIST : VIEW_STRUCT;
      if (idx == 0)
        lua_pushnil(L);
      else
        pushnested(L, idx, v, f, laymap_sub(map, f), kind, 0);
      return 1;
    }
    case PK_SWITCH:
    case PK_PAYLOAD: break;
  }
  lua_pushnil(L);
  return 1;
}

/* [-0, +0, e] */
static int nofield (lua_State *L, const View *v) {
  return layvalue_nofield(L, 2, v->map->layout, "layout", v->map->layout->name);
}

/* [-0, +1, e] Pushes element `n` of the list view at index 1, at which walks[count - 1] stands; or nil. */
static int push_element (lua_State *L, View *v, pk_Walk *walks, int count, uint32_t n) {
  const pk_Field *list = walks[count - 1].field;
  pk_Walk *element = &walks[count];
  if (!enter_element(v, n, &walks[count - 1], element)) {
    lua_pushnil(L);
    return 1;
  }
  if (!iswrapped(list)) {
    pushnested(L, 1, v, list, v->map, VIEW_ELEMENT, n);
    return 1;
  }
  if (!pk_walk_next(element)) {
    lua_pushnil(L);
    return 1;
  }
  if (pk_kind_isleaf((pk_Kind)element->field->kind)) return lview_pushvalue(L, 0, v, element, v->map);
  pushnested(L, 1, v, list, v->map, VIEW_ELEMENT, n);
  return lview_pushvalue(L, lua_gettop(L), (View *)lua_touserdata(L, -1), element, v->map);
}

/* The number of elements of the list at which a walk stands. */
static lua_Integer count_elements (const pk_Walk *w) {
  pk_Walk element;
  pk_List l;
  if (w->field->kind == PK_ARRAY) return w->field->count;
  pk_list_begin(&l, w);
  if (w->field->stride > 0) {
    uint64_t n = (l.limit - l.at) / (w->field->stride / 8);
    return (lua_Integer)(l.left < n ? l.left : n);
  }
  while (pk_list_next(&l, &element)) continue;
  return l.index;
}

/* [-0, +1, e] list.key: the value of the first element that has it; or list[n] */
static int index_list (lua_State *L, View *v) {
  pk_Walk walks[MAXDEPTH + 2];
  int count = enter(v, walks, MAXDEPTH), isint;
  pk_Walk *w = &walks[count > 0 ? count - 1 : 0];
  if (lua_type(L, 2) == LUA_TNUMBER) {
    lua_Integer n = lua_tointegerx(L, 2, &isint);
    if (!isint) return nofield(L, v);
    if (count == 0) return 0;
    if (n < 0) n += count_elements(w) + 1;
    if (n < 1 || n > UINT32_MAX) return 0;
    return push_element(L, v, walks, count, (uint32_t)n);
  }
  {
    const pk_Field *f = lua_type(L, 2) == LUA_TSTRING ? laymap_find(v->map, lua_topointer(L, 2)) : NULL;
    pk_List l;
    if (f == NULL || iswrapped(v->field)) return nofield(L, v);
    if (count == 0 || w->field->kind != PK_LIST) return 0;
    pk_list_begin(&l, w);
    while (pk_list_next(&l, &walks[count]))
      if (pk_walk_find(&walks[count], f->key)) {
        if (pk_kind_isleaf((pk_Kind)walks[count].field->kind)) return lview_pushvalue(L, 0, v, &walks[count], v->map);
        pushnested(L, 1, v, w->field, v->map, VIEW_ELEMENT, l.index);
        return lview_pushvalue(L, lua_gettop(L), (View *)lua_touserdata(L, -1), &walks[count], v->map);
      }
  }
  return 0;
}

/* Scripts cannot come by the metamethods, and Lua calls them with a view. */
static View *self (lua_State *L) {
  return (View *)lua_touserdata(L, 1);
}

/* [-0, +1, e] The value of a field that has to be walked to, or that is missing. */
static int index_walking (lua_State *L, View *v, const pk_Field *f) {
  pk_Walk walks[MAXDEPTH + 2];
  int count;
  if (v->kind == VIEW_LIST) {
    if (index_list(L, v) == 0) lua_pushnil(L);
    return 1;
  }
  if (f == NULL) return nofield(L, v);
  count = enter(v, walks, MAXDEPTH);
  if (count == 0 || !pk_walk_find(&walks[count - 1], f->key)) return 0;
  return lview_pushvalue(L, 1, v, &walks[count - 1], v->map);
}

static int view_index (lua_State *L) {
  View *v = self(L);
  const pk_Field *f = laymap_find(v->map, lua_topointer(L, 2));
  const pk_Layer *layer;
  const pk_Span *span;
  uint64_t bit;
  size_t end;
  if (f == NULL || v->kind != VIEW_LAYER || !f->fixed || f->kind >= PK_STRING) return index_walking(L, v, f);
  layer = layer_of(v);
  if (layer == NULL) return 0;
  span = &v->packet->p->span;
  bit = (uint64_t)layer->start * 8 + f->offset;
  end = (size_t)((bit + f->bits + 7) / 8);
  if (end > layer->limit || end > span->len) return 0;
  if (f->codec == NULL && f->load.mask != 0 && layer->start + f->load.byte + 8 <= span->len) {
    const uint64_t value = pk_load(span->bytes + layer->start, &f->load);
    if (f->kind == PK_BOOLEAN)
      lua_pushboolean(L, value != 0);
    else
      lua_pushinteger(L, (lua_Integer)value);
  }
  else
    layvalue_push(L, f, span->bytes + bit / 8, (unsigned)(bit % 8));
  return 1;
}

/* Walks to a field in the first element that has it. */
static int find_in_list (const pk_Walk *w, const pk_Field *f, pk_Walk *element) {
  pk_List l;
  if (w->field->kind != PK_LIST) return 0;
  pk_list_begin(&l, w);
  while (pk_list_next(&l, element))
    if (pk_walk_find(element, f->key)) return 1;
  return 0;
}

/* [-0, +0, e] Writes a field at its place; the frame keeps its size. */
static int view_newindex (lua_State *L) {
  View *v = self(L);
  const pk_Field *f;
  const char *name = v->map->layout->name;
  pk_Walk walks[MAXDEPTH + 2], *w;
  LayValue value;
  int count;
  uint8_t *to;
  f = lua_type(L, 2) == LUA_TSTRING ? laymap_find(v->map, lua_topointer(L, 2)) : NULL;
  if (v->kind == VIEW_LIST && (f == NULL || iswrapped(v->field)))
    return luaL_error(L, "elements of a list are written by their fields (list '%s')", name);
  if (f == NULL) return nofield(L, v);
  layvalue_check(L, name, f, 3, &value);
  count = enter(v, walks, MAXDEPTH); /* now: taking the value may have run a finalizer */
  if (count == 0) return luaL_error(L, "layer '%s' is not there", name);
  w = &walks[count - 1];
  if (v->kind == VIEW_LIST ? !find_in_list(w, f, &walks[count]) : !pk_walk_find(w, f->key))
    return layvalue_fail(L, name, f, "out of bounds");
  if (v->kind == VIEW_LIST) w = &walks[count];
  to = (uint8_t *)v->packet->area->data + w->at / 8;
  if (value.isbytes) {
    size_t at, size;
    if (!string_range(w, &at, &size)) return layvalue_fail(L, name, f, "out of bounds");
    if (value.len != size) return layvalue_fail(L, name, f, "size mismatch");
    memmove(to, value.s, size);
  }
  else if (!pk_field_fits(w->field, (int64_t)value.n)) /* another field of that key stands there */
    return layvalue_overflow(L, name, w->field, 0, (lua_Integer)value.n);
  else
    pk_bits_set(to, (unsigned)(w->at % 8), w->field->bits, w->field->little, value.n);
  if (!value.isbytes || w->field->codec == NULL) v->packet->fresh = 0; /* it may steer what is above */
  return 0;
}

static int view_len (lua_State *L) {
  View *v = self(L);
  pk_Walk walks[MAXDEPTH + 2];
  int count;
  if (v->kind != VIEW_LIST)
    return luaL_error(L, "attempt to get length of '%s', which is no list", v->map->layout->name);
  count = enter(v, walks, MAXDEPTH);
  lua_pushinteger(L, count > 0 ? count_elements(&walks[count - 1]) : 0);
  return 1;
}

/* The iterator of a list; upvalues: 1 view, 2 elements passed. */
static int list_next (lua_State *L) {
  View *v = (View *)lua_touserdata(L, lua_upvalueindex(1));
  lua_Integer n = lua_tointeger(L, lua_upvalueindex(2)) + 1;
  pk_Walk walks[MAXDEPTH + 2];
  int count = enter(v, walks, MAXDEPTH);
  lua_settop(L, 0);
  lua_pushvalue(L, lua_upvalueindex(1));
  if (count == 0 || n > UINT32_MAX) return 0;
  push_element(L, v, walks, count, (uint32_t)n);
  lua_pushinteger(L, n);
  lua_replace(L, lua_upvalueindex(2));
  return 1;
}

/* for element in list() do */
static int view_call (lua_State *L) {
  View *v = self(L);
  if (v->kind != VIEW_LIST) return luaL_error(L, "attempt to call '%s', which is no list", v->map->layout->name);
  lua_settop(L, 1);
  lua_pushinteger(L, 0);
  lua_pushcclosure(L, list_next, 2);
  return 1;
}

/* The begin of the n-th layer of a name in a tree as packet:show gives it, and its end, without the new line; or NULL. */
static const char *find_layer (const char *tree, const char *name, uint32_t n, size_t *size) {
  const size_t len = strlen(name);
  const char *line = tree, *begin = NULL;
  while (line != NULL && *line != '\0') {
    if (begin != NULL && *line != ' ') break;
    if (begin == NULL && strncmp(line, name, len) == 0 && strncmp(line + len, ": bytes ", 8) == 0 && --n == 0) begin = line;
    line = strchr(line, '\n');
    if (line != NULL) line++;
  }
  if (begin != NULL) *size = (size_t)((line != NULL ? line : begin + strlen(begin)) - begin) - (line != NULL);
  return begin;
}

/* A layer as packet:show has it; of others, and of what is not there, what they are. */
static int view_tostring (lua_State *L) {
  View *v = self(L);
  const char *name = v->kind == VIEW_LAYER ? v->map->layout->name : v->field->key, *found;
  size_t size;
  if (v->kind == VIEW_LAYER && layer_of(v) != NULL) {
    lua_getiuservalue(L, 1, UV_VIEW_OWNER);
    lua_getfield(L, -1, "show");
    lua_insert(L, -2);
    lua_call(L, 1, 1);
    found = find_layer(lua_tostring(L, -1), name, v->n, &size);
    if (found != NULL) {
      lua_pushlstring(L, found, size);
      return 1;
    }
  }
  lua_pushfstring(L, "%s of a packet: %p", name, (const void *)v);
  return 1;
}

static const luaL_Reg meta[] = {
  {"__index", view_index},
  {"__newindex", view_newindex},
  {"__len", view_len},
  {"__call", view_call},
  {"__tostring", view_tostring},
  {NULL, NULL}
};

void lview_open (lua_State *L) {
  aux_newclass(L, VIEW_META, "view");
  luaL_setfuncs(L, meta, 0);
  lua_pop(L, 1);
}
