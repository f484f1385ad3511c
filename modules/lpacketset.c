/*
** lpacketset.c: many fields at once. A getter reads fields of any packet in one call; a setter writes fields of
** one packet, whose places it has found before, and carries the sums that depend on them forward (RFC 1624).
*/
#include <string.h>

#include <lua.h>
#include <lauxlib.h>

#include "bits.h"
#include "llayvalue.h"
#include "lview.h"
#include "sums.h"

#define MAXPATHS 64
#define MAXSUMS 32
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
  if (path->field == NULL) luaL_error(L, "no field '%s' in layout '%s'", lua_tostring(L, -1), path->map->layout->name);
  if (last != NULL) {
    const Map *sub = path->field->sub != NULL ? laymap_sub(path->map, path->field) : NULL;
    lua_pushstring(L, last + 1);
    if (sub != NULL && path->field->kind == PK_LIST) path->member = laymap_find(sub, lua_topointer(L, -1));
    if (path->member == NULL) luaL_error(L, "no field '%s' in list '%s'", lua_tostring(L, -1), path->field->key);
    lua_pop(L, 1);
  }
  lua_pop(L, 2);
  if (!pk_kind_isleaf((pk_Kind)(path->member != NULL ? path->member : path->field)->kind))
    luaL_error(L, "'%s' is no number, boolean or string", text);
}

/* --- getters */

typedef struct Getter {
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

int lpacket_getter (lua_State *L) {
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

/* A sum, and how its bytes are paired. */
typedef struct Sum {
  size_t at;     /* its first byte */
  size_t begin, end; /* what it covers */
  int64_t zero;  /* what a computed 0 is sent as, or -1 */
  int pseudo;    /* it covers addresses too */
  uint32_t delta; /* of this call: the sum of all ~old + new */
} Sum;

typedef struct Target {
  const char *layout;
  const pk_Field *field;
  uint64_t bit;
  int plain; /* an integer is stored as whole bytes, big-endian */
  size_t first, last; /* its bytes: [first, last) */
  uint32_t even, odd; /* sums that depend on it, by bits: those that pair its bytes from its begin, or before */
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
  size_t len;
  int n, nsums;
  Word *words; /* its fields, when all are words and there are few sums, none in another; behind the targets; or NULL */
  int steers; /* one of them may change what is above */
  Sum sums[MAXSUMS]; /* inner ones first */
  uint32_t coveredby[MAXSUMS]; /* sums that cover a sum */
  Target targets[];
} Setter;

static uint32_t fold (uint32_t s) {
  s = (s & 0xffff) + (s >> 16);
  return (s & 0xffff) + (s >> 16);
}

/* The 16-bit words around [first, last), paired from `base` on, up to `end`. */
static uint32_t words (const uint8_t *bytes, size_t first, size_t last, size_t base, size_t end) {
  size_t k = first - (first - base) % 2;
  uint32_t s = 0;
  for (; k < last; k += 2) s += (uint32_t)bytes[k] << 8 | (k + 1 < end ? bytes[k + 1] : 0);
  return fold(s);
}

/* The words of [first, last), paired from its begin. */
static inline uint32_t paired (const uint8_t *bytes, size_t first, size_t last, size_t end) {
  const uint8_t *p = bytes + first;
  if (last - first == 2) return (uint32_t)p[0] << 8 | p[1];
  if (last - first == 4) return fold(((uint32_t)p[0] << 8 | p[1]) + ((uint32_t)p[2] << 8 | p[3]));
  return words(bytes, first, last, first, end);
}

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

/* [-0, +0, e] The sums of the packet, inner layers first. */
static void find_sums (lua_State *L, Packet *pk, Setter *s) {
  pk_SumCheck checks[MAXSUMS];
  size_t n = pk_packet_verify(pk->p, checks, MAXSUMS), k;
  if (n > MAXSUMS) luaL_error(L, "too many checksums");
  for (k = n; k-- > 0;) {
    const pk_SumCheck *c = &checks[k];
    const char *cover = c->field->words->cover;
    Sum *sum = &s->sums[s->nsums];
    if (c->verdict == PK_SUM_ABSENT || c->verdict == PK_SUM_UNVERIFIABLE) continue;
    if (strcmp(c->field->words->sum, "internet") != 0) luaL_error(L, "a sum that is not carried forward: %s", c->field->words->sum);
    sum->at = (size_t)(c->at / 8);
    sum->begin = c->layer->start;
    sum->end = cover != NULL && strcmp(cover, "header") == 0 ? c->layer->hdrend : c->layer->end;
    sum->pseudo = c->field->words->pseudo.n != 0;
    sum->zero = c->field->words->zero.kind != PK_VALUE_NONE ? c->field->words->zero.n : -1;
    s->nsums++;
  }
}

/* Which sums depend on the bytes of a field, or of another sum (`self`, else -1). */
static uint32_t covering (const Setter *s, size_t first, size_t last, int self) {
  uint32_t mask = 0;
  int k;
  for (k = 0; k < s->nsums; k++)
    if (k != self && s->sums[k].begin <= first && last <= s->sums[k].end) mask |= (uint32_t)1 << k;
  return mask;
}

/* The sums that have the field in their pseudo-header: those above the layer of addresses. */
static uint32_t with_pseudo (Packet *pk, const Setter *s, const Target *t) {
  pk_SumCheck checks[MAXSUMS];
  size_t n = pk_packet_verify(pk->p, checks, MAXSUMS), k;
  uint32_t mask = 0;
  int j;
  for (k = 0; k < n && k < MAXSUMS; k++) {
    const uint8_t *source, *destination;
    size_t size, place;
    if (checks[k].field->words->pseudo.n == 0) continue;
    if (!pk_packet_addresses(pk->p, (uint32_t)(checks[k].layer - pk->p->layers), &source, &destination, &size)) continue;
    place = t->first;
    if ((size_t)(source - pk->p->span.bytes) != place && (size_t)(destination - pk->p->span.bytes) != place) continue;
    for (j = 0; j < s->nsums; j++)
      if (s->sums[j].at == (size_t)(checks[k].at / 8)) mask |= (uint32_t)1 << j;
  }
  return mask;
}

/* Addresses in a pseudo-header are paired from their own begin. */
static void find_dependents (Packet *pk, const Setter *s, Target *t) {
  uint32_t covered = covering(s, t->first, t->last, -1);
  int k;
  for (k = 0; k < s->nsums; k++) /* a sum that is set stays as it was set */
    if (s->sums[k].at == t->first) covered &= ~((uint32_t)1 << k);
  t->even = with_pseudo(pk, s, t) & ~covered;
  for (k = 0; covered >> k != 0; k++)
    if (covered >> k & 1) {
      if ((t->first - s->sums[k].begin) % 2 == 0)
        t->even |= (uint32_t)1 << k;
      else
        t->odd |= (uint32_t)1 << k;
    }
}

/* Adds to the sums of a mask that bytes [first, last) have changed from words `old`. */
static inline void carry (Setter *s, const uint8_t *bytes, uint32_t mask, size_t first, size_t last, const uint32_t *old) {
  int k;
  for (k = 0; mask >> k != 0; k++)
    if (mask >> k & 1) {
      Sum *sum = &s->sums[k];
      sum->delta += (~old[(first - sum->begin) % 2] & 0xffff) + words(bytes, first, last, sum->begin, sum->end);
    }
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
    if ((lua_Unsigned)lua_tointeger(L, arg) >> t->field->bits != 0) layvalue_fail(L, t->layout, t->field, "unsigned overflow");
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

/* Adds to sums that pair a field's bytes from its begin. */
static inline void add_delta (Setter *s, uint32_t mask, uint32_t delta) {
  int j;
  for (j = 0; mask >> j != 0; j++)
    if (mask >> j & 1) s->sums[j].delta += delta;
}

/* Whether all that a sum covers, itself left out, is zero. */
static int all_zero (const uint8_t *bytes, const Sum *sum) {
  size_t k;
  for (k = sum->begin; k < sum->end; k++)
    if (bytes[k] != 0 && k != sum->at && k != sum->at + 1) return 0;
  return 1;
}

/* Carries a delta into a sum. */
static inline void put_sum (const Sum *sum, uint8_t *bytes, uint32_t delta) {
  uint8_t *at = bytes + sum->at;
  const uint32_t is = (uint32_t)at[0] << 8 | at[1];
  uint32_t value;
  if (delta == 0) return;
  value = ~fold((~is & 0xffff) + fold(delta)) & 0xffff;
  if (value == 0 && sum->zero >= 0) value = (uint32_t)sum->zero;
  if (value == 0 && !sum->pseudo && all_zero(bytes, sum)) value = 0xffff; /* RFC 1624, section 3: of nothing but zeros */
  at[0] = (uint8_t)(value >> 8);
  at[1] = (uint8_t)value;
}

/* Carries what has changed into the sums. */
static void put_sums (Setter *s, uint8_t *bytes) {
  int k;
  for (k = 0; k < s->nsums; k++) { /* inner ones first: outer ones may cover them */
    Sum *sum = &s->sums[k];
    uint8_t *at = bytes + sum->at;
    uint32_t old[2];
    if (sum->delta == 0) continue;
    if (s->coveredby[k] != 0) {
      old[0] = (uint32_t)at[0] << 8 | at[1];
      old[1] = sum->at > 0 ? words(bytes, sum->at, sum->at + 2, sum->at - 1, s->len) : 0;
    }
    put_sum(sum, bytes, sum->delta);
    sum->delta = 0;
    if (s->coveredby[k] != 0) carry(s, bytes, s->coveredby[k], sum->at, sum->at + 2, old);
  }
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
    uint32_t even = 0, odd = 0;
    if (lua_isnil(L, k + 1)) continue;
    if (t->even != 0) even = paired(bytes, t->first, t->last, s->len);
    if (t->odd != 0) odd = words(bytes, t->first, t->last, t->first - 1, s->len);
    put_value(L, t, bytes, k + 1, s);
    if (t->even != 0) add_delta(s, t->even, (~even & 0xffff) + paired(bytes, t->first, t->last, s->len));
    if (t->odd != 0) add_delta(s, t->odd, (~odd & 0xffff) + words(bytes, t->first, t->last, t->first - 1, s->len));
  }
  put_sums(s, bytes);
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
  const int n = s->n;
  uint32_t deltas[WORDSUMS] = {0};
  int k, j;
  for (k = 0; k < n; k++) {
    const uint32_t delta = put_number(bytes + w[k].first, &w[k], values[k]);
    for (j = 0; j < WORDSUMS; j++) deltas[j] += delta & w[k].in[j];
  }
  for (j = 0; j < s->nsums; j++) put_sum(&s->sums[j], bytes, deltas[j]);
}

/* Makes a field a word of the setter; 0: it is none. */
static int make_word (const Setter *s, const Target *t, Word *w) {
  const size_t size = t->last - t->first;
  int k;
  if (!t->plain || (size != 2 && size != 4) || t->odd != 0 || s->nsums > WORDSUMS) return 0;
  w->first = t->first;
  w->four = size == 4;
  w->max = (uint32_t)pk_bits_mask(t->field->bits);
  for (k = 0; k < WORDSUMS; k++) w->in[k] = t->even >> k & 1 ? UINT32_MAX : 0;
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
    if (value > w[k].max) return layvalue_fail(L, s->targets[k].layout, s->targets[k].field, "unsigned overflow");
    values[k] = (uint32_t)value;
  }
  check_memory(L, s);
  put_words(s, (uint8_t *)s->area->data, values);
  if (s->steers) s->packet->fresh = 0;
  return 0;
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
  s->words = (Word *)&s->targets[n];
  s->area = pk->area;
  s->len = pk->area->len;
  s->gen = pk->area->gen;
  find_sums(L, pk, s);
  for (k = 0; k < n; k++) {
    find_target(L, pk, &paths[k], &s->targets[k]);
    find_dependents(pk, s, &s->targets[k]);
    s->n = k + 1;
    if (s->words != NULL && !make_word(s, &s->targets[k], &s->words[k])) s->words = NULL;
    if (s->targets[k].field->acts != 0) s->steers = 1;
  }
  for (k = 0; k < s->nsums; k++) {
    s->coveredby[k] = covering(s, s->sums[k].at, s->sums[k].at + 2, k);
    if (s->coveredby[k] != 0) s->words = NULL;
  }
  return s;
}

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
