/*
** lrandom.c: random values, and faults.
**
** Values are chosen in the order of the ops, so that conditions and cases see those before; what a builder
** computes (lengths, counts, sums) or takes from the layer above is left to it.
*/
#include <string.h>

#include <lua.h>
#include <lauxlib.h>

#include "bits.h"
#include "llayreg.h"
#include "llayvalue.h"
#include "lmemlib.h"
#include "lrandom.h"
#include "lview.h"
#include "sums.h"
#include "text.h"

#define MAXDEPTH 6    /* of structs and lists */
#define MAXSTRING 8   /* bytes */
#define MAXELEMENTS 2
#define MAXTRIES 256

/* splitmix64 (Steele, Lea, Flood 2014) */
static uint64_t next_random (uint64_t *state) {
  uint64_t z = *state += 0x9e3779b97f4a7c15u;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return z ^ z >> 31;
}

/* From 0 to n - 1. */
static uint64_t below (uint64_t *state, uint64_t n) {
  return next_random(state) % n;
}

/* --- values of a layout */

typedef struct Random {
  lua_State *L;
  uint64_t state;
} Random;

static void random_struct (Random *r, pk_Walk *w, int depth);

/* The switch that asks for a field of this struct, or NULL. */
static const pk_Switch *switch_on (const pk_Layout *l, const pk_Field *f) {
  uint32_t k;
  for (k = 0; k < l->nops; k++) {
    const pk_Switch *sw = (const pk_Switch *)l->ops[k].p;
    if (l->ops[k].code == PK_OP_SWITCH && sw->up == 0 && sw->field->key == f->key && sw->nbranches > 0) return sw;
  }
  return NULL;
}

/* A number that the field may have: a value with a name or a case, mostly, where there are such. */
static uint64_t random_number (Random *r, const pk_Layout *l, const pk_Field *f) {
  const pk_Words *w = f->words;
  const pk_Switch *sw = switch_on(l, f);
  uint64_t value = next_random(&r->state) & pk_bits_mask(f->bits);
  if (sw != NULL && below(&r->state, 8) > 0) return (uint64_t)sw->branches[below(&r->state, sw->nbranches)].value;
  if (w == NULL) return value;
  if (w->nnames > 0 && below(&r->state, 4) > 0) return (uint64_t)w->names[below(&r->state, w->nnames)].value;
  if (w->equal.kind == PK_VALUE_INT) return (uint64_t)w->equal.n;
  if (w->min.kind == PK_VALUE_INT || w->max.kind == PK_VALUE_INT) {
    const int64_t min = w->min.kind == PK_VALUE_INT ? w->min.n : 0;
    const int64_t max = w->max.kind == PK_VALUE_INT ? w->max.n : (int64_t)(pk_bits_mask(f->bits) >> 1);
    return (uint64_t)min + below(&r->state, (uint64_t)max - (uint64_t)min + 1);
  }
  return value;
}

/* Whether the builder finds the value. */
static int is_automatic (const pk_Field *f) {
  const pk_Words *w = f->words;
  return w != NULL && (w->nlength > 0 || w->counts != NULL || w->sum != NULL || w->next != NULL);
}

/* [-0, +1, m] A name of one to three labels. */
static void push_name (Random *r) {
  char text[40];
  pk_Text t = pk_text_begin(text, sizeof(text));
  uint64_t labels = 1 + below(&r->state, 3), n;
  for (; labels > 0; labels--) {
    for (n = 1 + below(&r->state, 8); n > 0; n--) {
      const char one[2] = {(char)('a' + below(&r->state, 26)), '\0'};
      pk_text_add(&t, one);
    }
    if (labels > 1) pk_text_add(&t, ".");
  }
  lua_pushlstring(r->L, text, t.len);
}

/* A size for a string without one: a multiple of the unit in which it is said. */
static size_t open_size (Random *r, const pk_Field *f) {
  const size_t n = (size_t)below(&r->state, MAXSTRING + 1);
  const pk_Words *w = f->sizer != NULL ? f->sizer->words : NULL;
  return w != NULL && w->unit.kind == PK_VALUE_INT ? n / (size_t)w->unit.n * (size_t)w->unit.n : n;
}

/* [-0, +1, m] Bytes, as text where the field has a text form. */
static void push_bytes (Random *r, const pk_Field *f) {
  uint8_t bytes[64];
  size_t n = f->bits > 0 ? f->bits / 8 : f->codec != NULL && f->codec->size > 0 ? f->codec->size : open_size(r, f), k;
  char text[PK_CODEC_TEXT];
  if (n > sizeof(bytes)) { /* a long one of constant size */
    void *block = lua_newuserdatauv(r->L, n, 0);
    memset(block, (int)below(&r->state, 256), n);
    lua_pushlstring(r->L, (const char *)block, n);
    lua_remove(r->L, -2);
    return;
  }
  for (k = 0; k < n; k++) {
    bytes[k] = (uint8_t)below(&r->state, 256);
    if (f->terminator >= 0 && bytes[k] == f->terminator) bytes[k] ^= 1;
  }
  if (f->codec != NULL && f->codec->size > 0)
    lua_pushlstring(r->L, text, f->codec->format(bytes, text));
  else if (f->codec != NULL && f->codec->number)
    lua_pushinteger(r->L, (lua_Integer)below(&r->state, 1000000000));
  else if (f->codec != NULL && f->codec->measure != NULL)
    push_name(r);
  else if (f->codec != NULL) { /* digits */
    char digits[2 * sizeof(bytes) + 2];
    pk_Text t = pk_text_begin(digits, sizeof(digits));
    f->codec->print(bytes, n, 0, n, &t);
    lua_pushlstring(r->L, digits, t.len);
  }
  else
    lua_pushlstring(r->L, (const char *)bytes, n);
}

/* [-0, +1, m] The elements of a list, up to one after which it ends. */
static void push_list (Random *r, pk_Walk *w, const pk_Field *f, int depth) {
  lua_State *L = r->L;
  const int wrapped = f->sub->nfields == 1 && f->sub->fields[0].key[0] == '\0';
  lua_Integer n = f->kind == PK_ARRAY ? (lua_Integer)f->count : depth > 0 ? (lua_Integer)below(&r->state, MAXELEMENTS + 1) : 0, k;
  if (f->counter != NULL && f->counter->words->bias.n > n) n = f->counter->words->bias.n; /* fewer cannot be said */
  lua_newtable(L);
  for (k = 1; k <= n; k++) {
    pk_Walk element;
    pk_walk_begin(&element, f->sub, w, w->span, 0, 0);
    random_struct(r, &element, depth - 1);
    if (wrapped) {
      lua_pushliteral(L, "");
      lua_rawget(L, -2);
      lua_remove(L, -2);
      if (lua_isnil(L, -1)) { /* it is one that the builder finds */
        lua_pop(L, 1);
        return;
      }
    }
    lua_rawseti(L, -2, k);
    if (f->stop.n > 0 && pk_walk_holds(&element, &f->stop)) return;
  }
}

/* For the conditions that ask for the field. */
static void keep (pk_Walk *w, const pk_Field *f, uint64_t value) {
  if (f->slot == 0) return;
  w->slots[f->slot - 1] = value;
  w->seen |= (uint32_t)1 << (f->slot - 1);
}

/* [-0, +0, m] Gives the table at the top a value for a field. */
static void put_field (Random *r, pk_Walk *w, const pk_Field *f, int depth) {
  lua_State *L = r->L;
  uint64_t value;
  if (f->peek) return; /* it is of what stands above */
  if (is_automatic(f)) { /* what comes after may be for its default */
    if (f->slot > 0 && f->words->initial.kind == PK_VALUE_INT) keep(w, f, (uint64_t)f->words->initial.n);
    return;
  }
  lua_pushstring(L, f->key);
  switch ((pk_Kind)f->kind) {
    case PK_NUMBER:
    case PK_BOOLEAN:
      value = random_number(r, w->layout, f);
      keep(w, f, value);
      if (f->codec != NULL)
        push_bytes(r, f);
      else if (f->kind == PK_BOOLEAN)
        lua_pushboolean(L, value != 0);
      else if (f->real)
        lua_pushnumber(L, (lua_Number)(int16_t)value / 8);
      else
        lua_pushinteger(L, f->sign ? pk_bits_signed(value, f->bits) : (lua_Integer)value);
      break;
    case PK_STRING: push_bytes(r, f); break;
    case PK_STRUCT:
    case PK_UNION: {
      pk_Walk inner;
      pk_walk_begin(&inner, f->sub, w, w->span, 0, 0);
      random_struct(r, &inner, depth - 1);
      break;
    }
    case PK_ARRAY:
    case PK_LIST: push_list(r, w, f, depth); break;
    case PK_SWITCH:
    case PK_PAYLOAD: lua_pop(L, 1); return;
  }
  lua_rawset(L, -3);
}

/* The op at which a switch goes on. */
static uint32_t branch (const pk_Walk *w, const pk_Switch *sw) {
  const pk_Field *f = sw->field;
  uint8_t up = sw->up;
  uint32_t k;
  while (up-- > 0) w = w->up;
  if (f->slot == 0 || (w->seen >> (f->slot - 1) & 1) == 0) /* it comes from what stands in the case */
    return is_automatic(f) && sw->nbranches > 0 ? sw->branches[0].op : sw->other;
  for (k = 0; k < sw->nbranches; k++)
    if ((uint64_t)sw->branches[k].value == w->slots[f->slot - 1]) return sw->branches[k].op;
  return sw->other;
}

/* [-0, +1, m] Pushes a table of values; the walk, which reads no bytes, keeps those that conditions ask for. */
static void random_struct (Random *r, pk_Walk *w, int depth) {
  const pk_Layout *l = w->layout;
  uint32_t k = 0;
  int unions = 0, quiet = 0; /* members of a union after its first are not given */
  luaL_checkstack(r->L, 12, "layout too deep");
  lua_newtable(r->L);
  for (;;) {
    const pk_Op *op = &l->ops[k++];
    switch ((pk_Code)op->code) {
      case PK_OP_FIELD:
        if (!quiet) put_field(r, w, (const pk_Field *)op->p, depth);
        break;
      case PK_OP_TEST:
        if (!pk_walk_holds(w, (const pk_Cond *)op->p)) k = op->n;
        break;
      case PK_OP_SWITCH: k = branch(w, (const pk_Switch *)op->p); break;
      case PK_OP_JUMP: k = op->n; break;
      case PK_OP_UNION: unions++; break;
      case PK_OP_MEMBER:
        if (!quiet) quiet = unions;
        break;
      case PK_OP_TOGETHER:
        if (quiet == unions) quiet = 0;
        unions--;
        break;
      case PK_OP_PAD:
      case PK_OP_PAYLOAD: break;
      case PK_OP_END: return;
    }
  }
}

/* [-0, +0, v] The seed at `arg`, or one of Lua's own. */
static uint64_t checkseed (lua_State *L, int arg) {
  uint64_t seed;
  if (!lua_isnoneornil(L, arg)) return (uint64_t)luaL_checkinteger(L, arg);
  lua_getglobal(L, "math");
  lua_getfield(L, -1, "random");
  lua_pushinteger(L, 0);
  lua_call(L, 1, 1);
  seed = (uint64_t)lua_tointeger(L, -1);
  lua_pop(L, 2);
  return seed;
}

int lrandom_layout (lua_State *L) {
  const Layout *layout = (const Layout *)luaL_checkudata(L, 1, LAYOUT_META);
  static const pk_Span nothing = {NULL, 0, 0};
  pk_Walk w;
  Random r;
  int tries = 0;
  r.L = L;
  r.state = checkseed(L, 2);
  for (;; lua_pop(L, 1)) { /* until the layer is one: few layouts have such a condition */
    pk_walk_begin(&w, layout->map->layout, NULL, &nothing, 0, 0);
    random_struct(&r, &w, MAXDEPTH);
    if (++tries == MAXTRIES || pk_walk_holds(&w, &layout->map->layout->when)) return 1;
  }
}

/* --- faults */

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
  switch (below(state, 9)) {
    case 0: return 0;
    case 1: return mask;
    case 2: return mask >> 1;
    case 3: return (mask >> 1) + 1;
    case 4: return (n + 1) & mask;
    case 5: return (n - 1) & mask;
    case 6: return n ^ (uint64_t)1 << below(state, f->bits);
    case 7:
      if (f->words != NULL && f->words->nnames > 0)
        return (uint64_t)f->words->names[below(state, f->words->nnames)].value & mask;
      return next_random(state) & mask;
    default: return next_random(state) & mask;
  }
}

/* Spoils bytes: a bit turned, all the same, all random. */
static void spoil_bytes (uint64_t *state, uint8_t *p, size_t n) {
  const uint64_t how = below(state, 4);
  uint8_t changed = 0;
  size_t k;
  for (k = 0; how > 0 && k < n; k++) {
    const uint8_t new = how == 1 ? 0 : how == 2 ? 0xff : (uint8_t)below(state, 256);
    changed |= p[k] ^ new;
    p[k] = new;
  }
  if (!changed) p[below(state, n)] ^= (uint8_t)(1u << below(state, 8));
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

/* [-0, +0, e] Options have names that are known. */
static void check_options (lua_State *L) {
  static const char *const known[] = {"seed", "faults", "only", "cut", "fix", NULL};
  for (lua_pushnil(L); lua_next(L, 2); lua_pop(L, 1)) {
    int k = 0;
    if (lua_type(L, -2) != LUA_TSTRING) luaL_error(L, "options have names");
    while (known[k] != NULL && strcmp(known[k], lua_tostring(L, -2)) != 0) k++;
    if (known[k] == NULL) luaL_error(L, "unknown option '%s'", lua_tostring(L, -2));
  }
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
** Stack: 1 packet, 2 options, 3 bytes (userdata), 4 set of names or nil, 5 list of faults. Faults go into a block
** of our own, dissected once: they stand where the packet had its fields, whatever they change.
*/
int lrandom_fuzz (lua_State *L) {
  Packet *pk = lpacket_check(L, 1), *copy;
  uint64_t state;
  lua_Integer faults;
  uint32_t count;
  pk_Packet *p;
  uint8_t *bytes;
  size_t len;
  Search s;
  int cut, fix;
  lua_settop(L, 2);
  if (lua_isnil(L, 2)) {
    lua_newtable(L);
    lua_replace(L, 2);
  }
  luaL_checktype(L, 2, LUA_TTABLE);
  check_options(L);
  lua_getfield(L, 2, "seed");
  state = checkseed(L, 3);
  lua_pop(L, 1);
  faults = option(L, "faults", 1 + (lua_Integer)below(&state, 3), 0, 1000);
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
    if (!search_packet(&s, p, (uint32_t)below(&state, count))) break; /* a fault has changed what there is */
    lua_newtable(L);
    push_leaf(L, bytes, &s.leaf);
    lua_setfield(L, -2, "was");
    spoil(&state, bytes, &s.leaf);
    push_leaf(L, bytes, &s.leaf);
    lua_setfield(L, -2, "is");
    note(L, 5, &s.leaf);
  }
  if (fix) {
    pk_packet_init(p, NULL);
    pk_packet_dissect(p, pk->binds->bindings, pk->first, bytes, len, len);
    pk_packet_fix(p, bytes);
  }
  if (cut && len > 0) len = (size_t)below(&state, len);
  lua_pushlstring(L, (const char *)bytes, len);
  memcpy(luamem_newalloc(L, len), lua_tostring(L, -1), len);
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
