/*
** lpacketset.c: many fields at once. A getter reads fields of any packet in one call; a setter writes them, and carries
** the sums that depend on them forward (RFC 1624). A packet's own setter has found their places before.
*/
#include <string.h>

#include <lua.h>
#include <lauxlib.h>

#include "bits.h"
#include "carry.h"
#include "llayvalue.h"
#include "lview.h"

#define MAXPATHS 64
#define WORDSUMS 4 /* of setters whose fields are words */

/* "layer.field", "layer#2.field" or "layer.list.field". */
typedef struct Path {
  const Map *map;
  const pk_Field *field;
  const pk_Field *member; /* of the list `field`; or NULL */
  uint32_t n;
} Path;

/* [-0, +0, e] Reads the path at `arg`. The names that it keeps are those of registered layouts. */
static void read_path (lua_State *L, int arg, const Registry *r, Path *path) {
  const char *text = luaL_checkstring(L, arg), *dot = strchr(text, '.'), *end, *hash, *last;
  int entry;
  memset(path, 0, sizeof(*path));
  path->n = 1;
  luaL_argcheck(L, dot != NULL && dot > text, arg, "layer.field expected");
  end = dot;
  hash = (const char *)memchr(text, '#', (size_t)(dot - text));
  if (hash != NULL) {
    const char *p;
    end = hash;
    path->n = 0;
    for (p = hash + 1; p < dot && *p >= '0' && *p <= '9' && path->n < 100; p++) path->n = path->n * 10 + (uint32_t)(*p - '0');
    luaL_argcheck(L, p == dot && path->n > 0 && path->n <= PK_PACKET_MAXDEPTH, arg, "bad number of a layer");
  }
  lua_pushlstring(L, text, (size_t)(end - text));
  entry = layreg_find(r, lua_topointer(L, -1));
  if (entry < 0) luaL_error(L, "no layout '%s'", lua_tostring(L, -1));
  path->map = r->entries[entry].map;
  last = strchr(dot + 1, '.');
  if (last != NULL)
    lua_pushlstring(L, dot + 1, (size_t)(last - dot - 1));
  else
    lua_pushstring(L, dot + 1);
  path->field = laymap_find(path->map, lua_topointer(L, -1));
  if (path->field == NULL) layvalue_nofield(L, -1, path->map->layout, "layout", path->map->layout->name);
  if (last != NULL) {
    const Map *sub = path->field->sub != NULL ? laymap_sub(path->map, path->field) : NULL;
    lua_pushstring(L, last + 1);
    if (sub != NULL && path->field->kind == PK_LIST) path->member = laymap_find(sub, lua_topointer(L, -1));
    if (path->member == NULL) layvalue_nofield(L, -1, path->field->sub, "list", path->field->key);
    lua_pop(L, 1);
  }
  lua_pop(L, 2);
  if (!pk_kind_isleaf((pk_Kind)(path->member != NULL ? path->member : path->field)->kind))
    luaL_error(L, "'%s' is no number, boolean or string", text);
}

/* --- getters */

typedef struct Getter { /* and setters of any packet */
  int n;
  Path paths[];
} Getter;

/* [-0, +1, m] Pushes a value of a packet that has been dissected, or nil. */
static void push_path (lua_State *L, Packet *pk, const Path *path) {
  const pk_Layer *layer = lpacket_seek(pk, path->map->layout, path->n);
  const pk_Field *f = path->field;
  pk_Walk w, element;
  View v; /* what lview_pushvalue asks of one */
  if (layer == NULL) {
    lua_pushnil(L);
    return;
  }
  if (f->fixed && f->kind != PK_STRING) {
    const uint64_t bit = (uint64_t)layer->start * 8 + f->offset;
    const size_t end = (size_t)((bit + f->bits + 7) / 8);
    if (end > layer->limit || end > pk->p->span.len)
      lua_pushnil(L);
    else
      layvalue_push(L, f, pk->p->span.bytes + bit / 8, (unsigned)(bit % 8));
    return;
  }
  memset(&v, 0, sizeof(v));
  v.packet = pk;
  pk_packet_walk(pk->p, layer, &w);
  if (!pk_walk_find(&w, f->key)) {
    lua_pushnil(L);
    return;
  }
  if (path->member == NULL)
    lview_pushvalue(L, 0, &v, &w, path->map);
  else {
    pk_List list;
    pk_list_begin(&list, &w);
    while (pk_list_next(&list, &element))
      if (pk_walk_find(&element, path->member->key)) {
        lview_pushvalue(L, 0, &v, &element, path->map);
        return;
      }
    lua_pushnil(L);
  }
}

/* get(pkt): the values; upvalues: 1 the packets' metatable, 2 the getter */
static int get (lua_State *L) {
  const Getter *g = (const Getter *)lua_touserdata(L, lua_upvalueindex(2));
  Packet *pk = lpacket_get(L, 1);
  int k;
  luaL_checkstack(L, g->n + 8, "too many fields");
  for (k = 0; k < g->n; k++) push_path(L, pk, &g->paths[k]); /* a finalizer may change the memory in between */
  return g->n;
}

/* [-0, +2, e] Pushes the packets' metatable, and the paths that the arguments are. */
static void push_paths (lua_State *L) {
  const int n = lua_gettop(L);
  const Registry *r;
  Getter *g;
  int k;
  luaL_argcheck(L, n >= 1, 1, "layer.field expected");
  luaL_argcheck(L, n <= MAXPATHS, n, "too many fields");
  r = layreg_push(L);
  lua_pop(L, 1);
  luaL_getmetatable(L, PACKET_META);
  g = (Getter *)lua_newuserdatauv(L, sizeof(*g) + (size_t)n * sizeof(Path), 0);
  g->n = n;
  for (k = 0; k < n; k++) read_path(L, k + 1, r, &g->paths[k]);
}

/* getter(path, ...) */
int lpacket_getter (lua_State *L) {
  push_paths(L);
  lua_pushcclosure(L, get, 2);
  return 1;
}

int lpacket_findrange (lua_State *L, Packet *pk, int arg, size_t *begin, size_t *end) {
  const pk_Layer *layer;
  Path path;
  pk_Walk w, element, *at = &w;
  read_path(L, arg, pk->registry, &path);
  layer = pk_packet_layer(pk->p, path.map->layout, path.n);
  if (layer == NULL) return 0;
  pk_packet_walk(pk->p, layer, &w);
  if (!pk_walk_find(&w, path.field->key)) return 0;
  if (path.member != NULL) {
    pk_List list;
    int found = 0;
    pk_list_begin(&list, &w);
    while (!found && pk_list_next(&list, &element)) found = pk_walk_find(&element, path.member->key);
    if (!found) return 0;
    at = &element;
  }
  *begin = (size_t)(at->at / 8);
  *end = (size_t)((at->at + at->size + 7) / 8);
  return *end <= pk->p->span.len;
}

/* --- setters */

typedef struct Target {
  const char *layout;
  const pk_Field *field;
  uint64_t bit;
  int plain; /* an integer is stored as whole bytes, big-endian */
  size_t first, last; /* its bytes: [first, last) */
} Target;

/* A target of two or four bytes that no sum pairs with its neighbours. */
typedef struct Word {
  size_t first;
  uint32_t four, max;
  uint32_t in[WORDSUMS]; /* all ones: the sum depends on it */
} Word;

/* User values: 1 the packet, 2 its memory when the places were found: so no other can have its address. */
typedef struct Setter {
  Packet *packet;
  const luamem_Area *area; /* the memory that the places are of, */
  unsigned gen;            /* and its generation */
  int n;
  Word *words; /* its fields, when all are words and there are few sums, none in another; behind the targets; or NULL */
  int steers; /* one of them may change what is above */
  pk_Carry carry;
  Target targets[];
} Setter;

/* [-0, +0, e] Finds the place of a field, which must be there. */
static void find_target (lua_State *L, Packet *pk, const Path *path, Target *t) {
  const pk_Layer *layer = pk_packet_layer(pk->p, path->map->layout, path->n);
  const char *name = path->map->layout->name;
  pk_Walk w, element, *at = &w;
  if (layer == NULL) luaL_error(L, "layer '%s' is not there", name);
  pk_packet_walk(pk->p, layer, &w);
  if (!pk_walk_find(&w, path->field->key)) layvalue_fail(L, name, path->field, "not there");
  if (path->member != NULL) {
    pk_List list;
    int found = 0;
    pk_list_begin(&list, &w);
    while (!found && pk_list_next(&list, &element)) found = pk_walk_find(&element, path->member->key);
    if (!found) layvalue_fail(L, name, path->member, "not there");
    at = &element;
  }
  if (at->field->bits == 0) layvalue_fail(L, name, at->field, "of no constant size");
  t->layout = name;
  t->field = at->field;
  t->bit = at->at;
  t->plain = (at->field->kind == PK_NUMBER && at->field->codec == NULL) ||
             (at->field->codec != NULL && at->field->codec->number);
  t->plain = t->plain && t->bit % 8 == 0 && t->field->bits % 8 == 0 && t->field->bits <= 48 && !t->field->little &&
             !t->field->sign && !t->field->guess && !t->field->real;
  t->first = (size_t)(at->at / 8);
  t->last = (size_t)((at->at + at->field->bits + 7) / 8);
}

/* [-0, +0, e] The packet has the memory, and that the bytes, in which the places were found. */
static void check_memory (lua_State *L, const Setter *s) {
  if (s->packet->area != s->area || s->area->gen != s->gen) luaL_error(L, "the packet's memory has changed");
}

/* [-0, +0..1, e] Takes the value at `arg` for a field. */
static void take_value (lua_State *L, const Target *t, int arg, LayValue *v) {
  const pk_Field *f = t->field;
  layvalue_check(L, t->layout, f, arg, v);
  if (v->isbytes && (v->len != f->bits / 8 || t->bit % 8 != 0)) layvalue_fail(L, t->layout, f, "size mismatch");
}

/* [-0, +0..1, e] Raises what is wrong with a value, before any is written. */
static void check_value (lua_State *L, const Target *t, int arg) {
  LayValue v;
  if (t->plain && lua_isinteger(L, arg)) {
    const lua_Integer n = lua_tointeger(L, arg);
    if ((lua_Unsigned)n >> t->field->bits != 0) layvalue_overflow(L, t->layout, t->field, 0, n);
  }
  else
    take_value(L, t, arg, &v);
}

/* [-0, +0..1, e] The value at `arg`, into the field's bytes. */
static void put_value (lua_State *L, const Target *t, uint8_t *bytes, int arg, const Setter *s) {
  const pk_Field *f = t->field;
  LayValue v;
  if (t->plain && lua_isinteger(L, arg)) {
    const lua_Unsigned n = (lua_Unsigned)lua_tointeger(L, arg);
    size_t k;
    for (k = t->last; k-- > t->first;) bytes[k] = (uint8_t)(n >> (t->last - 1 - k) * 8);
    return;
  }
  take_value(L, t, arg, &v);
  check_memory(L, s);
  if (v.isbytes)
    memmove(bytes + t->first, v.s, v.len);
  else
    pk_bits_set(bytes + t->first, (unsigned)(t->bit % 8), f->bits, f->little, v.n);
}

/* [-0, +0..n, e] Values of any kind; nil: a field stays as it is. */
static int set_any (lua_State *L, Setter *s) {
  uint8_t *bytes;
  int k;
  luaL_checkstack(L, 2 * s->n + 8, "too many fields");
  lua_settop(L, s->n);
  for (k = 0; k < s->n; k++)
    if (!lua_isnil(L, k + 1)) check_value(L, &s->targets[k], k + 1);
  check_memory(L, s);
  bytes = (uint8_t *)s->area->data; /* as long as that holds: it is checked again after what may allocate */
  for (k = 0; k < s->n; k++) {
    const Target *t = &s->targets[k];
    if (lua_isnil(L, k + 1)) continue;
    pk_carry_before(&s->carry, bytes, t->first, t->last);
    put_value(L, t, bytes, k + 1, s);
    pk_carry_after(&s->carry, bytes, t->first, t->last);
  }
  pk_carry_end(&s->carry, bytes);
  if (s->steers) s->packet->fresh = 0;
  return 0;
}

static inline uint32_t get32 (const uint8_t *p) {
  return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline void put16 (uint8_t *p, uint32_t n) {
  p[0] = (uint8_t)(n >> 8);
  p[1] = (uint8_t)n;
}

/* Puts a number; the sum of all ~old + new words. */
static inline uint32_t put_number (uint8_t *p, const Word *w, uint32_t n) {
  uint32_t old;
  if (!w->four) {
    old = (uint32_t)p[0] << 8 | p[1];
    put16(p, n);
    return (~old & 0xffff) + n;
  }
  old = ~get32(p);
  put16(p, n >> 16);
  put16(p + 2, n & 0xffff);
  return (old >> 16) + (old & 0xffff) + (n >> 16) + (n & 0xffff);
}

/* Puts all words, and the sums that depend on them. */
static inline void put_words (const Setter *s, uint8_t *bytes, const uint32_t *values) {
  const Word *w = s->words;
  const int n = s->n, nsums = (int)s->carry.n;
  uint32_t deltas[WORDSUMS] = {0};
  int k, j;
  for (k = 0; k < n; k++) {
    const uint32_t delta = put_number(bytes + w[k].first, &w[k], values[k]);
    for (j = 0; j < WORDSUMS; j++) deltas[j] += delta & w[k].in[j];
  }
  for (j = 0; j < nsums; j++) pk_carry_put(&s->carry.sums[j], bytes, deltas[j]);
}

/* Makes a field a word of the setter; 0: it is none. */
static int make_word (const Setter *s, const Target *t, Word *w) {
  const size_t size = t->last - t->first;
  uint32_t k;
  if (!t->plain || (size != 2 && size != 4) || pk_field_issum(t->field)) return 0;
  w->first = t->first;
  w->four = size == 4;
  w->max = (uint32_t)pk_bits_mask(t->field->bits);
  for (k = 0; k < s->carry.n; k++) {
    const pk_CarryHow how = pk_carry_how(&s->carry, k, t->first, t->last);
    if (how == PK_CARRY_ODD) return 0;
    w->in[k] = how == PK_CARRY_EVEN ? UINT32_MAX : 0;
  }
  return 1;
}

/* Whether no sum covers another one, and there are few: what words can do. */
static int has_plain_sums (const Setter *s) {
  uint32_t k, j;
  if (s->carry.n > WORDSUMS || s->carry.whole) return 0;
  for (k = 0; k < s->carry.n; k++)
    for (j = 0; j < s->carry.n; j++) {
      const size_t at = s->carry.sums[k].at;
      if (j != k && pk_carry_how(&s->carry, j, at, at + 2) != PK_CARRY_NOT) return 0;
    }
  return 1;
}

/*
** set(v, ...): upvalue 1: the setter. Loops call it for each packet: integers, for fields that are words,
** are put with few calls into Lua.
*/
static int set (lua_State *L) {
  Setter *s = (Setter *)lua_touserdata(L, lua_upvalueindex(1));
  const Word *w = s->words;
  const int n = s->n;
  uint32_t values[MAXPATHS];
  int k;
  if (w == NULL) return set_any(L, s);
  for (k = 0; k < n; k++) {
    lua_Unsigned value;
    if (!lua_isinteger(L, k + 1)) return set_any(L, s);
    value = (lua_Unsigned)lua_tointeger(L, k + 1);
    if (value > w[k].max) return layvalue_overflow(L, s->targets[k].layout, s->targets[k].field, 0, (lua_Integer)value);
    values[k] = (uint32_t)value;
  }
  check_memory(L, s);
  put_words(s, (uint8_t *)s->area->data, values);
  if (s->steers) s->packet->fresh = 0;
  return 0;
}

/* The name of a sum that is not carried forward. */
static const char *sum_of (const Setter *s) {
  uint32_t k = 0;
  while (k + 1 < s->carry.n && !s->carry.sums[k].whole) k++;
  return s->carry.sums[k].field->words->sum;
}

/* [-0, +1, e] Pushes a setter of `n` fields of the packet at `idx`, measured. */
static Setter *push_setter (lua_State *L, int idx, const Path *paths, int n) {
  Packet *pk = (Packet *)lua_touserdata(L, idx);
  const size_t size = sizeof(Setter) + (size_t)n * (sizeof(Target) + sizeof(Word));
  Setter *s = (Setter *)lua_newuserdatauv(L, size, 2);
  int k;
  memset(s, 0, size);
  lua_pushvalue(L, idx);
  lua_setiuservalue(L, -2, 1);
  lua_getiuservalue(L, idx, UV_PACKET_MEMORY);
  lua_setiuservalue(L, -2, 2);
  lpacket_measure(pk);
  s->packet = pk;
  s->area = pk->area;
  s->gen = pk->area->gen;
  pk_carry_begin(&s->carry, pk->p);
  if (s->carry.whole) luaL_error(L, "a sum that is not carried forward: %s", sum_of(s));
  if (has_plain_sums(s)) s->words = (Word *)&s->targets[n];
  for (k = 0; k < n; k++) {
    find_target(L, pk, &paths[k], &s->targets[k]);
    s->n = k + 1;
    if (s->words != NULL && !make_word(s, &s->targets[k], &s->words[k])) s->words = NULL;
    if (s->targets[k].field->acts != 0) s->steers = 1;
  }
  return s;
}

/* packet:setter(path, ...) */
int lpacket_setter (lua_State *L) {
  Packet *pk = lpacket_check(L, 1);
  const int n = lua_gettop(L) - 1;
  Path paths[MAXPATHS];
  int k;
  luaL_argcheck(L, n >= 1, 2, "layer.field expected");
  luaL_argcheck(L, n <= MAXPATHS, n + 1, "too many fields");
  for (k = 0; k < n; k++) read_path(L, k + 2, pk->registry, &paths[k]);
  push_setter(L, 1, paths, n);
  lua_pushcclosure(L, set, 1);
  return 1;
}

/* --- setters of any packet */

/* The place of a field in a packet that has been measured: 1, or 0: it is not there. */
static int find_place (Packet *pk, const Path *path, Target *t) {
  const pk_Layer *layer = pk_packet_layer(pk->p, path->map->layout, path->n);
  const pk_Field *f = path->field;
  uint64_t bits;
  t->field = NULL;
  if (layer == NULL) return 0;
  t->layout = path->map->layout->name;
  if (f->fixed && path->member == NULL && f->bits > 0) {
    t->field = f;
    t->bit = (uint64_t)layer->start * 8 + f->offset;
    bits = f->bits;
  }
  else {
    pk_Walk w, element, *at = &w;
    pk_packet_walk(pk->p, layer, &w);
    if (!pk_walk_find(&w, f->key)) return 0;
    if (path->member != NULL) {
      pk_List list;
      int found = 0;
      pk_list_begin(&list, &w);
      while (!found && pk_list_next(&list, &element)) found = pk_walk_find(&element, path->member->key);
      if (!found) return 0;
      at = &element;
    }
    t->field = at->field;
    t->bit = at->at;
    bits = at->size;
  }
  t->plain = 0;
  t->first = (size_t)(t->bit / 8);
  t->last = (size_t)((t->bit + bits + 7) / 8);
  if (t->last <= layer->limit && t->last <= pk->p->span.len) return 1;
  t->field = NULL;
  return 0;
}

/* [-0, +0..1, e] Takes the value at `arg` for a field that was found: it fits. */
static void take_fitting (lua_State *L, const Target *t, int arg, LayValue *v) {
  layvalue_check(L, t->layout, t->field, arg, v);
  if (v->isbytes && (v->len != t->last - t->first || t->bit % 8 != 0)) layvalue_fail(L, t->layout, t->field, "size mismatch");
  if (!v->isbytes && t->field->bits == 0) layvalue_fail(L, t->layout, t->field, "of no constant size");
}

/* [-0, +0..1, e] Puts the value at `arg` into its place; the packet's bytes stay where they are. */
static void put_at (lua_State *L, Packet *pk, const Target *t, pk_Carry *carry, int arg, unsigned gen) {
  uint8_t *bytes;
  LayValue v;
  take_fitting(L, t, arg, &v);
  if (pk->area->gen != gen || !pk->fresh) luaL_error(L, "the packet's memory has changed"); /* a finalizer did it */
  bytes = (uint8_t *)pk->area->data;
  pk_carry_before(carry, bytes, t->first, t->last);
  if (v.isbytes)
    memmove(bytes + t->first, v.s, v.len);
  else
    pk_bits_set(bytes + t->first, (unsigned)(t->bit % 8), t->field->bits, t->field->little, v.n);
  pk_carry_after(carry, bytes, t->first, t->last);
}

/* set(pkt, v, ...): how many of the fields were there; upvalues: 1 the packets' metatable, 2 the paths */
static int set_of (lua_State *L) {
  const Getter *g = (const Getter *)lua_touserdata(L, lua_upvalueindex(2));
  Packet *pk = lpacket_get(L, 1);
  Target targets[MAXPATHS];
  lua_Integer there = 0;
  pk_Carry carry;
  unsigned gen;
  int k, steers = 0;
  luaL_checkstack(L, 2 * g->n + 8, "too many fields");
  lua_settop(L, g->n + 1);
  lpacket_measure(pk);
  gen = pk->area->gen;
  for (k = 0; k < g->n; k++) { /* what is wrong with a value is raised before any is written */
    LayValue v;
    if (lua_isnil(L, k + 2) || !find_place(pk, &g->paths[k], &targets[k])) continue;
    take_fitting(L, &targets[k], k + 2, &v);
    if (pk->area->gen != gen || !pk->fresh) luaL_error(L, "the packet's memory has changed");
  }
  pk_carry_begin(&carry, pk->p);
  for (k = 0; k < g->n; k++) {
    const Target *t = &targets[k];
    if (lua_isnil(L, k + 2) || t->field == NULL) continue;
    put_at(L, pk, t, &carry, k + 2, gen);
    there++;
    if (t->field->acts != 0 || t->field->slot != 0) steers = 1;
  }
  pk_carry_end(&carry, (uint8_t *)pk->area->data);
  if (steers) pk->fresh = 0;
  lua_pushinteger(L, there);
  return 1;
}

/* setter(path, ...): of any packet */
int lpacket_setterof (lua_State *L) {
  push_paths(L);
  lua_pushcclosure(L, set_of, 2);
  return 1;
}

/* --- words for moulds */

struct PacketWords *lpacket_pushwords (lua_State *L, int idx, const uint32_t *layers, const pk_Field *const *fields,
                                       int n) {
  Packet *pk = (Packet *)lua_touserdata(L, idx);
  Path paths[MAXPATHS];
  int k;
  uint32_t j;
  if (n > MAXPATHS) return NULL;
  for (k = 0; k < n; k++) {
    const pk_Layout *l = pk->p->layers[layers[k]].layout;
    paths[k].map = layreg_map(pk->registry, l);
    paths[k].field = fields[k];
    paths[k].member = NULL;
    for (paths[k].n = 1, j = 0; j < layers[k]; j++) paths[k].n += pk->p->layers[j].layout == l;
    if (paths[k].map == NULL) return NULL;
  }
  k = push_setter(L, idx, paths, n)->words != NULL;
  return k ? (struct PacketWords *)lua_touserdata(L, -1) : NULL;
}

void lpacket_putwords (const struct PacketWords *words, uint8_t *bytes, const uint32_t *values) {
  put_words((const Setter *)words, bytes, values); /* a setter, by a name that hides what it is */
}
