/*
** lmould.c: moulds.
**
** What the numbers of a mould are cannot change which fields there are, nor a length: they are of whole words,
** and no condition, case or length asks for them. All else that is given must be what it was.
*/
#include <string.h>

#include <lua.h>
#include <lauxlib.h>

#include "lbuild.h"
#include "lmemlib.h"
#include "lmould.h"
#include "lview.h"

#define MAXPARTS PK_PACKET_MAXDEPTH
#define MAXKEYS 48 /* given in all parts */
#define NMOULDS 4

/* A field that is given: a number that is put, or what must be equal to a constant (user value 2). */
typedef struct Given {
  const void *key;  /* lua_topointer of its name */
  const pk_Codec *codec; /* of a number, or NULL */
  uint64_t max;     /* of a number; 0: a constant */
  int at;           /* which word, or which constant */
} Given;

/* User values: 1 the words (lpacketset.c), 2 constants and names, 3 the bytes. */
typedef struct Mould {
  int nparts, ngiven, nwords;
  size_t len;
  const uint8_t *bytes;
  struct PacketWords *words;
  struct {
    const Map *map; /* NULL: a string, the constant `first` */
    int first, end; /* its fields in `given` */
  } parts[MAXPARTS];
  Given given[MAXKEYS];
} Mould;

/* All of a state; user values: the moulds. `form` tells recipes apart. */
typedef struct Moulds {
  uint64_t last, bad; /* the form of the last recipe; one that has no mould */
  uint32_t next;      /* the mould that is given up for a new one */
  uint32_t n;
} Moulds;

static const char key[] = "pktcraft.moulds";

/* [-0, +1, m] */
static Moulds *push_moulds (lua_State *L) {
  Moulds *m;
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, key) == LUA_TUSERDATA) return (Moulds *)lua_touserdata(L, -1);
  lua_pop(L, 1);
  m = (Moulds *)lua_newuserdatauv(L, sizeof(*m), NMOULDS);
  memset(m, 0, sizeof(*m));
  lua_pushvalue(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, key);
  return m;
}

/* [-0, +0, -] The number at the top, for a word of a mould: 1, or 0: it is none. */
static inline int number_of (lua_State *L, const Given *g, uint32_t *n) {
  if (lua_isinteger(L, -1)) {
    const lua_Unsigned value = (lua_Unsigned)lua_tointeger(L, -1);
    *n = (uint32_t)value;
    return value <= g->max;
  }
  if (g->codec != NULL && lua_type(L, -1) == LUA_TSTRING) {
    uint8_t bytes[4];
    size_t len;
    const char *s = lua_tolstring(L, -1, &len);
    if (!g->codec->parse(s, len, bytes)) return 0;
    *n = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
    return 1;
  }
  return 0;
}

/* [-0, +0, -] Whether the values of the table at the top are those of a part; its numbers. */
static int fits_part (lua_State *L, const Mould *m, int part, int constants, uint32_t *values) {
  const int first = m->parts[part].first, end = m->parts[part].end, t = lua_gettop(L);
  int seen = 0, hint = first;
  for (lua_pushnil(L); lua_next(L, t); lua_pop(L, 1), seen++) {
    const void *name = lua_topointer(L, -2);
    int k, ok;
    for (k = 0; k < end - first && m->given[hint].key != name; k++) hint = hint + 1 < end ? hint + 1 : first;
    if (k == end - first) {
      lua_pop(L, 2);
      return 0;
    }
    if (m->given[hint].max > 0)
      ok = number_of(L, &m->given[hint], &values[m->given[hint].at]);
    else {
      lua_rawgeti(L, constants, m->given[hint].at);
      ok = lua_rawequal(L, -1, -2);
      lua_pop(L, 1);
    }
    if (!ok) {
      lua_pop(L, 2);
      return 0;
    }
    hint = hint + 1 < end ? hint + 1 : first;
  }
  return seen == end - first;
}

/* [-0, +0, -] Whether all parts fit. */
static int fits (lua_State *L, const Mould *m, int mould, int parts, int n, uint32_t *values) {
  const int top = lua_gettop(L);
  int k, ok = n == m->nparts;
  for (k = 0; ok && k < n; k++) {
    const Packet *p = (const Packet *)lua_touserdata(L, parts - k);
    ok = (p != NULL ? p->part : NULL) == m->parts[k].map;
  }
  if (!ok) return 0;
  lua_getiuservalue(L, mould, 2);
  for (k = 0; ok && k < n; k++) {
    if (m->parts[k].map != NULL) {
      lua_getiuservalue(L, parts - k, UV_PACKET_RECIPE);
      ok = fits_part(L, m, k, top + 1, values);
    }
    else {
      lua_rawgeti(L, top + 1, m->parts[k].first);
      ok = lua_rawequal(L, -1, parts - k);
    }
    lua_settop(L, top + 1);
  }
  lua_settop(L, top);
  return ok;
}

int lmould_pour (lua_State *L, int parts, int n) {
  const int top = lua_gettop(L);
  uint32_t values[MAXKEYS], k;
  Moulds *all;
  luaL_checkstack(L, 16, NULL);
  all = push_moulds(L);
  for (k = 0; k < all->n; k++) {
    const Mould *m;
    lua_getiuservalue(L, top + 1, (int)k + 1);
    m = (const Mould *)lua_touserdata(L, -1);
    if (fits(L, m, top + 2, parts, n, values)) {
      char *to = luamem_newalloc(L, m->len);
      memcpy(to, m->bytes, m->len);
      lpacket_putwords(m->words, (uint8_t *)to, values);
      lua_replace(L, top + 1);
      lua_settop(L, top + 1);
      return 1;
    }
    lua_pop(L, 1);
  }
  lua_settop(L, top);
  return 0;
}

/* --- making */

static uint64_t mix (uint64_t h, uint64_t n) {
  return (h ^ n) * 0x9e3779b97f4a7c15u ^ h >> 29;
}

/* The form of a recipe: its layers, the names of the fields given, in any order, lengths of strings. */
static uint64_t form_of (lua_State *L, int parts, int n) {
  uint64_t h = (uint64_t)n;
  int k;
  for (k = 0; k < n; k++) {
    const Packet *p = (const Packet *)lua_touserdata(L, parts - k);
    uint64_t names = 0;
    if (p == NULL) {
      h = mix(h, lua_rawlen(L, parts - k));
      continue;
    }
    h = mix(h, (uint64_t)(uintptr_t)p->part);
    lua_getiuservalue(L, parts - k, UV_PACKET_RECIPE);
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) names += mix(1, (uint64_t)(uintptr_t)lua_topointer(L, -2));
    lua_pop(L, 1);
    h = mix(h, names);
  }
  return h | 1;
}

/* Whether a number may be any: see the top. */
static int is_free (const pk_Field *f) {
  const uint8_t harmless = PK_ACT_NEXT | PK_ACT_HINT | PK_ACT_CHECK;
  return f->fixed && f->kind == PK_NUMBER && f->slot == 0 && (f->acts & ~harmless) == 0 && f->alt == NULL &&
         f->offset % 8 == 0 && (f->bits == 16 || f->bits == 32) && !f->little && !f->sign && !f->guess && !f->real &&
         (f->words == NULL || (f->words->sum == NULL && f->words->counts == NULL && f->words->nlength == 0)) &&
         (f->codec == NULL || (f->codec->number && f->codec->size == 4));
}

/* [-1, +0, m] Keeps the value at the top as a constant; which one it is. */
static int keep_constant (lua_State *L, int constants) {
  const int at = (int)lua_rawlen(L, constants) + 1;
  lua_rawseti(L, constants, at);
  return at;
}

/* make(moulds, memory, part, ...): a mould, or nothing */
static int make_mould (lua_State *L) {
  const int n = lua_gettop(L) - 2, constants = n + 4;
  uint32_t layers[MAXKEYS];
  const pk_Field *fields[MAXKEYS];
  const luamem_Area *area = luamem_toarea(L, 2);
  const Packet *first = (const Packet *)lua_touserdata(L, 3);
  Mould *m;
  Packet *pk;
  uint8_t *bytes;
  int k;
  if (first == NULL || area == NULL || area->len == 0) return 0;
  luaL_checkstack(L, 16, NULL);
  m = (Mould *)lua_newuserdatauv(L, sizeof(*m), 3); /* at n + 3 */
  memset(m, 0, sizeof(*m));
  lua_newtable(L); /* at n + 4 */
  pk = lpacket_push(L, 2, first->part->layout, 0); /* at n + 5 */
  lpacket_measure(pk);
  m->nparts = n;
  for (k = 0; k < n; k++) {
    const Packet *p = (const Packet *)lua_touserdata(L, 3 + k);
    m->parts[k].first = m->ngiven;
    if (p == NULL) {
      lua_pushvalue(L, 3 + k);
      m->parts[k].first = m->parts[k].end = keep_constant(L, constants);
      continue;
    }
    if ((uint32_t)k >= pk->p->nlayers || pk->p->layers[k].layout != p->part->layout) return 0; /* it reads otherwise */
    m->parts[k].map = p->part;
    lua_getiuservalue(L, 3 + k, UV_PACKET_FIRST); /* the layout lives on, and so its address */
    keep_constant(L, constants);
    lua_getiuservalue(L, 3 + k, UV_PACKET_RECIPE);
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
      Given *g = &m->given[m->ngiven];
      const pk_Field *f = laymap_find(p->part, lua_topointer(L, -2));
      if (m->ngiven == MAXKEYS || lua_type(L, -2) != LUA_TSTRING || lua_type(L, -1) == LUA_TTABLE ||
          lua_type(L, -1) == LUA_TUSERDATA || (f != NULL && f->words != NULL && f->words->sum != NULL))
        return 0; /* what may change in itself, or a sum that is to stay */
      lua_pushvalue(L, -2);
      keep_constant(L, constants); /* the name lives on, and so its address */
      g->key = lua_topointer(L, -2);
      m->ngiven++;
      if (f != NULL && is_free(f) && (lua_isinteger(L, -1) || (f->codec != NULL && lua_type(L, -1) == LUA_TSTRING))) {
        g->max = f->bits == 32 ? UINT32_MAX : UINT16_MAX;
        g->codec = f->codec;
        layers[m->nwords] = (uint32_t)k;
        fields[m->nwords] = f;
        g->at = m->nwords++;
      }
      else {
        lua_pushvalue(L, -1);
        g->at = keep_constant(L, constants);
      }
    }
    lua_pop(L, 1);
    m->parts[k].end = m->ngiven;
  }
  m->words = lpacket_pushwords(L, n + 5, layers, fields, m->nwords);
  if (m->words == NULL) return 0;
  lua_setiuservalue(L, n + 3, 1);
  m->len = area->len;
  bytes = (uint8_t *)lua_newuserdatauv(L, m->len, 0);
  if (area->len != m->len) return 0;
  memcpy(bytes, area->data, m->len);
  m->bytes = bytes;
  lua_setiuservalue(L, n + 3, 3);
  lua_pushvalue(L, constants);
  lua_setiuservalue(L, n + 3, 2);
  lua_pushvalue(L, n + 3);
  return 1;
}

/* Whether the mould at the top gives the bytes that the recipe, built anew, has: a finalizer may change tables. */
static int is_right (lua_State *L, int parts, int n) {
  const int mould = lua_gettop(L);
  const Mould *m = (const Mould *)lua_touserdata(L, mould);
  uint32_t values[MAXKEYS];
  const luamem_Area *area;
  uint8_t *bytes = (uint8_t *)lua_newuserdatauv(L, m->len, 0);
  int same;
  lbuild_bytes(L, parts, n);
  area = luamem_toarea(L, -1);
  memcpy(bytes, m->bytes, m->len);
  same = fits(L, m, mould, parts, n, values);
  if (same) {
    lpacket_putwords(m->words, bytes, values);
    same = area->len == m->len && memcmp(area->data, bytes, m->len) == 0;
  }
  lua_settop(L, mould);
  return same;
}

/* A second packet of one form in a row has a mould made, if it can have one. The memory is at the top. */
void lmould_learn (lua_State *L, int parts, int n) {
  const int top = lua_gettop(L), memory = top;
  Moulds *all;
  uint64_t form;
  int k;
  if (n == 0 || n > MAXPARTS) return;
  luaL_checkstack(L, n + 8, NULL);
  all = push_moulds(L);
  form = form_of(L, parts, n);
  if (form != all->last || form == all->bad) {
    all->last = form;
    lua_settop(L, top);
    return;
  }
  lua_pushcfunction(L, make_mould);
  lua_pushvalue(L, top + 1);
  lua_pushvalue(L, memory);
  for (k = 0; k < n; k++) lua_pushvalue(L, parts - k);
  if (lua_pcall(L, n + 2, 1, 0) == LUA_OK && lua_type(L, -1) == LUA_TUSERDATA && is_right(L, parts, n)) {
    const uint32_t at = all->n < NMOULDS ? all->n++ : all->next++ % NMOULDS;
    lua_setiuservalue(L, top + 1, (int)at + 1);
    all->last = 0;
  }
  else
    all->bad = form;
  lua_settop(L, top);
}
