/*
** lfuzz.c: packets with random faults.
*/
#include <string.h>

#include <lua.h>
#include <lauxlib.h>

#include "bits.h"
#include "lmemlib.h"
#include "lpkaux.h"
#include "lrandom.h"
#include "lview.h"
#include "sums.h"

/* A field of a packet that may get a fault: all its bits were captured. */
typedef struct Leaf {
  const pk_Field *field;
  const char *layer, *within; /* names; `within`: of the list or struct that it is in, or NULL */
  uint64_t at, size;
} Leaf;

/* Looks for leaf `want`, of those that `only` names when it is not 0; counts them when `want` is UINT32_MAX. */
typedef struct Search {
  lua_State *L;
  int only;
  uint32_t want, seen;
  Leaf leaf;
} Search;

/* Whether it is one that the options ask for: the layer, layer.field, or layer.list.field. */
static int is_wanted (const Search *s, const Leaf *leaf) {
  lua_State *L = s->L;
  int yes;
  if (s->only == 0) return 1;
  lua_getfield(L, s->only, leaf->layer);
  lua_pushfstring(L, "%s.%s", leaf->layer, leaf->within != NULL ? leaf->within : leaf->field->key);
  lua_rawget(L, s->only);
  yes = lua_toboolean(L, -1) || lua_toboolean(L, -2);
  if (!yes && leaf->within != NULL) {
    lua_pushfstring(L, "%s.%s.%s", leaf->layer, leaf->within, leaf->field->key);
    lua_rawget(L, s->only);
    yes = lua_toboolean(L, -1);
    lua_pop(L, 1);
  }
  lua_pop(L, 2);
  return yes;
}

/* Goes over the fields of a struct: 1 when the leaf wanted has been found. */
static int search (Search *s, pk_Walk *w, const char *layer, const char *within, int depth) {
  while (pk_walk_next(w)) {
    const pk_Field *f = w->field;
    if (pk_kind_isleaf((pk_Kind)f->kind)) {
      Leaf leaf = {f, layer, within, w->at, w->size};
      if (w->size == 0 || (w->at + w->size + 7) / 8 > w->span->len || f->peek) continue;
      if ((f->kind == PK_STRING || f->codec != NULL) && (w->at % 8 != 0 || w->size % 8 != 0)) continue;
      if (!is_wanted(s, &leaf)) continue;
      if (s->seen++ == s->want) {
        s->leaf = leaf;
        return 1;
      }
    }
    else if (depth > 0 && (f->kind == PK_STRUCT || f->kind == PK_UNION)) {
      pk_Walk inner;
      pk_walk_begin(&inner, f->sub, w, w->span, w->at, w->end);
      if (search(s, &inner, layer, within != NULL ? within : f->key, depth - 1)) return 1;
    }
    else if (depth > 0 && f->kind == PK_LIST) {
      pk_Walk element;
      pk_List list;
      pk_list_begin(&list, w);
      while (list.index < 64 && pk_list_next(&list, &element))
        if (search(s, &element, layer, within != NULL ? within : f->key, depth - 1)) return 1;
    }
  }
  return 0;
}

/* Goes over the fields of all layers. */
static int search_packet (Search *s, pk_Packet *p, uint32_t want) {
  uint32_t k;
  s->want = want;
  s->seen = 0;
  for (k = 0; k < p->nlayers; k++) {
    pk_Walk w;
    pk_packet_walk(p, &p->layers[k], &w);
    if (search(s, &w, p->layers[k].layout->name, NULL, 4)) return 1;
  }
  return 0;
}

/* A number that parsers go wrong on: an end of the range, a neighbour, a bit turned, a named value, any. */
static uint64_t bad_number (uint64_t *state, const pk_Field *f, uint64_t n) {
  const uint64_t mask = pk_bits_mask(f->bits);
  switch (lrandom_below(state, 9)) {
    case 0: return 0;
    case 1: return mask;
    case 2: return mask >> 1;
    case 3: return (mask >> 1) + 1;
    case 4: return (n + 1) & mask;
    case 5: return (n - 1) & mask;
    case 6: return n ^ (uint64_t)1 << lrandom_below(state, f->bits);
    case 7:
      if (f->words != NULL && f->words->nnames > 0)
        return (uint64_t)f->words->names[lrandom_below(state, f->words->nnames)].value & mask;
      return lrandom_next(state) & mask;
    default: return lrandom_next(state) & mask;
  }
}

/* Spoils bytes: a bit turned, all the same, all random. */
static void spoil_bytes (uint64_t *state, uint8_t *p, size_t n) {
  const uint64_t how = lrandom_below(state, 4);
  uint8_t changed = 0;
  size_t k;
  for (k = 0; how > 0 && k < n; k++) {
    const uint8_t new = how == 1 ? 0 : how == 2 ? 0xff : (uint8_t)lrandom_below(state, 256);
    changed |= p[k] ^ new;
    p[k] = new;
  }
  if (!changed) p[lrandom_below(state, n)] ^= (uint8_t)(1u << lrandom_below(state, 8));
}

/* Writes a fault into a field of the bytes. */
static void spoil (uint64_t *state, uint8_t *bytes, const Leaf *leaf) {
  uint8_t *p = bytes + leaf->at / 8;
  const pk_Field *f = leaf->field;
  const unsigned bit = (unsigned)(leaf->at % 8);
  if (f->kind != PK_STRING && f->codec == NULL) {
    const uint64_t old = pk_bits_get(p, bit, f->bits, f->little);
    uint64_t n = bad_number(state, f, old);
    if (n == old) n = old ^ 1;
    pk_bits_set(p, bit, f->bits, f->little, n);
  }
  else
    spoil_bytes(state, p, (size_t)(leaf->size / 8));
}

/* [-0, +1, m] Pushes the bytes of a leaf: a number, or a string. */
static void push_leaf (lua_State *L, const uint8_t *bytes, const Leaf *leaf) {
  const uint8_t *p = bytes + leaf->at / 8;
  if (leaf->field->kind != PK_STRING && leaf->field->codec == NULL)
    lua_pushinteger(L, (lua_Integer)pk_bits_get(p, (unsigned)(leaf->at % 8), leaf->field->bits, leaf->field->little));
  else
    lua_pushlstring(L, (const char *)p, (size_t)(leaf->size / 8));
}

/* [-0, +0, e] An option that is an integer, or `initial`. */
static lua_Integer option (lua_State *L, const char *name, lua_Integer initial, lua_Integer min, lua_Integer max) {
  lua_Integer n = initial;
  int isint = 1;
  if (lua_getfield(L, 2, name) != LUA_TNIL) n = lua_tointegerx(L, -1, &isint);
  if (!isint || n < min || n > max) luaL_error(L, "option '%s': integer from %I to %I expected", name, (LUAI_UACINT)min, (LUAI_UACINT)max);
  lua_pop(L, 1);
  return n;
}

/* [-0, +1, e] A set of the names in the list of option `only`; nil without. */
static void push_only (lua_State *L) {
  lua_Integer k;
  if (lua_getfield(L, 2, "only") == LUA_TNIL) return;
  if (!lua_istable(L, -1)) luaL_error(L, "option 'only': list of names expected");
  lua_newtable(L);
  for (k = 1; lua_rawgeti(L, -2, k) == LUA_TSTRING; k++) {
    lua_pushboolean(L, 1);
    lua_rawset(L, -3);
  }
  if (!lua_isnil(L, -1)) luaL_error(L, "option 'only': list of names expected");
  lua_pop(L, 1);
  lua_remove(L, -2);
}

/* [-0, +0, m] Notes a fault in the list at `list`. */
static void note (lua_State *L, int list, const Leaf *leaf) {
  lua_pushstring(L, leaf->layer);
  lua_setfield(L, -2, "layer");
  if (leaf->within != NULL)
    lua_pushfstring(L, "%s.%s", leaf->within, leaf->field->key);
  else
    lua_pushstring(L, leaf->field->key);
  lua_setfield(L, -2, "field");
  lua_rawseti(L, list, (lua_Integer)lua_rawlen(L, list) + 1);
}

/*
** packet:fuzz([options]). Stack: 1 packet, 2 options, 3 bytes (userdata), 4 set of names or nil, 5 list of faults. Faults go into a block
** of our own, dissected once: they stand where the packet had its fields, whatever they change.
*/
int lrandom_fuzz (lua_State *L) {
  static const char *const known[] = {"seed", "faults", "only", "cut", "fix", NULL};
  Packet *pk = lpacket_check(L, 1), *copy;
  uint64_t state;
  lua_Integer faults;
  uint32_t count;
  pk_Packet *p;
  uint8_t *bytes;
  char *to;
  size_t len;
  Search s;
  int cut, fix;
  lua_settop(L, 2);
  if (lua_isnil(L, 2)) {
    lua_newtable(L);
    lua_replace(L, 2);
  }
  luaL_checktype(L, 2, LUA_TTABLE);
  aux_checkknown(L, 2, known);
  lua_getfield(L, 2, "seed");
  state = lrandom_seed(L, 3);
  lua_pop(L, 1);
  faults = option(L, "faults", 1 + (lua_Integer)lrandom_below(&state, 3), 0, 1000);
  lua_getfield(L, 2, "cut");
  cut = lua_toboolean(L, -1);
  lua_getfield(L, 2, "fix");
  fix = lua_toboolean(L, -1);
  lua_settop(L, 2);
  p = lpacket_pushcopy(L, pk);
  bytes = (uint8_t *)(p + 1);
  len = p->span.len;
  push_only(L);
  lua_newtable(L);
  s.L = L;
  s.only = lua_isnil(L, 4) ? 0 : 4;
  search_packet(&s, p, UINT32_MAX);
  count = s.seen;
  for (; faults > 0 && count > 0; faults--) {
    if (!search_packet(&s, p, (uint32_t)lrandom_below(&state, count))) break; /* a fault has changed what there is */
    lua_newtable(L);
    push_leaf(L, bytes, &s.leaf);
    lua_setfield(L, -2, "was");
    spoil(&state, bytes, &s.leaf);
    push_leaf(L, bytes, &s.leaf);
    lua_setfield(L, -2, "is");
    note(L, 5, &s.leaf);
  }
  if (fix) {
    pk_packet_dissect(p, pk->binds->bindings, pk->first, bytes, len, p->wirelen);
    pk_packet_fix(p, bytes);
  }
  if (cut && len > 0) len = (size_t)lrandom_below(&state, len);
  lua_pushlstring(L, (const char *)bytes, len);
  to = luamem_newalloc(L, len);
  memcpy(to, lua_tostring(L, -2), len);
  copy = lpacket_push(L, lua_gettop(L), pk->first, 0);
  copy->time = pk->time;
  copy->hastime = pk->hastime;
  copy->number = pk->number;
  copy->wirelen = cut ? p->wirelen : pk->wirelen;
  lua_getiuservalue(L, 1, UV_PACKET_FIRST);
  lua_setiuservalue(L, -2, UV_PACKET_FIRST);
  lua_getiuservalue(L, 1, UV_PACKET_BINDS);
  lua_setiuservalue(L, -2, UV_PACKET_BINDS);
  copy->binds = pk->binds;
  lua_pushvalue(L, 5);
  return 2;
}
