/*
** lrandom.c: random values of layouts.
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
#include "lrandom.h"
#include "ops.h"
#include "walk.h"
#include "text.h"

#define MAXDEPTH 6    /* of structs and lists */
#define MAXSTRING 8   /* bytes */
#define MAXELEMENTS 2
#define MAXTRIES 256

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
  uint64_t value = lrandom_next(&r->state) & pk_bits_mask(f->bits);
  if (sw != NULL && lrandom_below(&r->state, 8) > 0) {
    const int64_t one = sw->branches[lrandom_below(&r->state, sw->nbranches)].value;
    if (pk_field_fits(f, one)) return (uint64_t)one; /* a case may be of another field of that key */
  }
  if (w == NULL) return value;
  if (w->nnames > 0 && lrandom_below(&r->state, 4) > 0) return (uint64_t)w->names[lrandom_below(&r->state, w->nnames)].value;
  if (w->equal.kind == PK_VALUE_INT) return (uint64_t)w->equal.n;
  if (w->min.kind == PK_VALUE_INT || w->max.kind == PK_VALUE_INT) {
    const int64_t min = w->min.kind == PK_VALUE_INT ? w->min.n : 0;
    const int64_t max = w->max.kind == PK_VALUE_INT ? w->max.n : (int64_t)(pk_bits_mask(f->bits) >> 1);
    return (uint64_t)min + lrandom_below(&r->state, (uint64_t)max - (uint64_t)min + 1);
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
  uint64_t labels = 1 + lrandom_below(&r->state, 3), n;
  for (; labels > 0; labels--) {
    for (n = 1 + lrandom_below(&r->state, 8); n > 0; n--) {
      const char one[2] = {(char)('a' + lrandom_below(&r->state, 26)), '\0'};
      pk_text_add(&t, one);
    }
    if (labels > 1) pk_text_add(&t, ".");
  }
  lua_pushlstring(r->L, text, t.len);
}

/* A size for a string without one: a multiple of the unit in which it is said. */
static size_t open_size (Random *r, const pk_Field *f) {
  const int64_t n = (int64_t)lrandom_below(&r->state, MAXSTRING + 1);
  const pk_Words *w = f->sizer != NULL ? f->sizer->words : NULL;
  int64_t unit, size;
  if (w == NULL) return (size_t)n;
  unit = w->unit.kind == PK_VALUE_INT ? w->unit.n : 1;
  size = n / unit * unit + w->bias.n;
  if (w->min.kind == PK_VALUE_INT && size < w->min.n * unit + w->bias.n) size = w->min.n * unit + w->bias.n;
  while (size < 0) size += unit;
  return (size_t)size;
}

/* [-0, +1, m] Bytes, as text where the field has a text form. */
static void push_bytes (Random *r, const pk_Field *f) {
  uint8_t bytes[64];
  size_t n = f->bits > 0 ? f->bits / 8 : f->codec != NULL && f->codec->size > 0 ? f->codec->size : open_size(r, f), k;
  char text[PK_CODEC_TEXT];
  if (f->codec == NULL && f->words != NULL && f->words->initial.kind == PK_VALUE_BYTES && lrandom_below(&r->state, 8) > 0) {
    lua_pushlstring(r->L, f->words->initial.bytes, f->words->initial.len);
    return;
  }
  if (n > sizeof(bytes)) { /* a long one of constant size */
    void *block = lua_newuserdatauv(r->L, n, 0);
    memset(block, (int)lrandom_below(&r->state, 256), n);
    lua_pushlstring(r->L, (const char *)block, n);
    lua_remove(r->L, -2);
    return;
  }
  for (k = 0; k < n; k++) {
    bytes[k] = (uint8_t)lrandom_below(&r->state, 256);
    if (f->nends > 0 && bytes[k] == f->ends[0]) bytes[k] ^= 1;
  }
  if (f->codec != NULL && f->codec->size > 0)
    lua_pushlstring(r->L, text, f->codec->format(bytes, text));
  else if (f->codec != NULL && f->codec->number)
    lua_pushinteger(r->L, (lua_Integer)lrandom_below(&r->state, 1000000000));
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
  lua_Integer n = f->kind == PK_ARRAY ? (lua_Integer)f->count : depth > 0 ? (lua_Integer)lrandom_below(&r->state, MAXELEMENTS + 1) : 0, k;
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

uint64_t lrandom_seed (lua_State *L, int arg) {
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

/* random(l [, seed]) */
int lrandom_layout (lua_State *L) {
  const Layout *layout = (const Layout *)luaL_checkudata(L, 1, LAYOUT_META);
  static const pk_Span nothing = {NULL, 0, 0, NULL};
  pk_Walk w;
  Random r;
  int tries = 0;
  const pk_Cond *when = &layout->map->layout->when;
  uint32_t k;
  r.L = L;
  r.state = lrandom_seed(L, 2);
  for (k = 0; k < when->n; k++) /* what is peeked at comes from other fields */
    if (when->tests[k].field != NULL && when->tests[k].field->peek) tries = MAXTRIES - 1;
  for (;; lua_pop(L, 1)) { /* until the layer is one: few layouts have such a condition */
    pk_walk_begin(&w, layout->map->layout, NULL, &nothing, 0, 0);
    random_struct(&r, &w, MAXDEPTH);
    if (++tries == MAXTRIES || pk_walk_holds(&w, when)) return 1;
  }
}
