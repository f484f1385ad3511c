/*
** lbuild.c: builds the bytes of parts: layers from the outside in, each a walk over the ops of its layout
** with values from a table. Where a struct ends, its lengths, counts and sums are put in place: so inner ones
** come first.
**
** What is not given is solved (a field tested by a case or condition, from the parts given), automatic (lengths,
** counts, the upper layer's number, sums), or its default. A given value is never touched.
*/
#include <assert.h>
#include <string.h>

#include <lua.h>
#include <lauxlib.h>

#include "bits.h"
#include "lbuild.h"
#include "llayvalue.h"
#include "ops.h"
#include "sums.h"

#define MAXFIELDS 256  /* of a struct that is built */
#define MAXAUTOS 24    /* automatic fields of a struct */
#define MAXNEST 12     /* of structs and lists */
#define MAXBYTES ((size_t)1 << 24)
#define SMALL 2048

typedef struct Build {
  lua_State *L;
  uint8_t *bytes; /* `small`, or the block at stack index `block` */
  size_t len, cap;
  int block;
  int parts;      /* stack index of the first part, a packet of one layer or a string; the next lies below it */
  int nparts;
  pk_Packet *p;   /* the layers so far: for addresses of pseudo-headers */
  uint8_t small[SMALL];
} Build;

/* A field whose value comes when its struct ends. */
typedef struct Auto {
  const pk_Field *field;
  uint64_t at;
} Auto;

/* A struct being built. */
typedef struct Scope {
  const Map *map;
  pk_Walk w;      /* at what is built: for conditions */
  int base;       /* the stack index under its values */
  uint8_t given[MAXFIELDS]; /* by field (the first of its key): which value above base, from 1 on; 0: none */
  uint8_t solved[MAXFIELDS];
  int64_t values[MAXFIELDS]; /* solved */
  Auto autos[MAXAUTOS];
  int nautos;
  size_t sizes[MAXFIELDS];  /* of fields that another measures */
  uint32_t counts[MAXFIELDS];
  int part;       /* of a layer: which; -1: a struct inside */
  size_t hdrend, payend; /* or NONE */
  int rest, tail; /* stack indices of bytes that nobody named: at its end, and after it; or 0 */
  uint32_t align; /* an element's: to what multiple of bytes the list that it is in goes on after it; or 0 */
  int quiet;      /* only what is given is written: the later members of a union */
} Scope;

static void build_part (Build *b, int part);
static void build_scope (Build *b, Scope *s, int depth);

/* --- bytes */

/* [-0, +0, m] Room for `n` bytes in all; new ones are 0. */
static void reserve (Build *b, size_t n) {
  if (n > MAXBYTES) luaL_error(b->L, "packet too large");
  if (n > b->cap) {
    size_t cap = b->cap;
    uint8_t *block;
    while (cap < n) cap *= 2;
    block = (uint8_t *)lua_newuserdatauv(b->L, cap, 0);
    memcpy(block, b->bytes, b->len);
    b->bytes = block;
    b->cap = cap;
    lua_replace(b->L, b->block);
  }
  if (n > b->len) {
    memset(b->bytes + b->len, 0, n - b->len);
    b->len = n;
  }
  b->p->span.bytes = b->bytes;
  b->p->span.len = b->len;
}

static size_t bytes_of (uint64_t bit) {
  return (size_t)((bit + 7) / 8);
}

/* [-0, +0, m] Appends the string at a stack index. */
static void append_bytes (Build *b, int idx) {
  size_t n, at = b->len;
  const char *bytes = lua_tolstring(b->L, idx, &n);
  reserve(b, at + n);
  memcpy(b->bytes + at, bytes, n);
}

/* --- what is given */

/* What values are kept under: the first field of the key that `f` has. */
static inline uint32_t index_of (const pk_Field *f) {
  return f->first;
}

/* [-0, +n, e] Pushes the values of the table at `t`, and notes whose they are. */
static void take_given (Build *b, Scope *s, int t) {
  lua_State *L = b->L;
  const char *name = s->map->layout->name;
  if (s->map->layout->nfields > MAXFIELDS) luaL_error(L, "layout '%s' has too many fields to be built", name);
  memset(s->given, 0, s->map->layout->nfields);
  memset(s->solved, 0, s->map->layout->nfields);
  s->rest = s->tail = 0;
  s->base = lua_gettop(L);
  if (t == 0) return;
  lua_pushnil(L);
  while (lua_next(L, t)) {
    const pk_Field *f = lua_type(L, -2) == LUA_TSTRING ? laymap_find(s->map, lua_topointer(L, -2)) : NULL;
    uint32_t k;
    if (lua_gettop(L) - 1 - s->base >= 255) luaL_error(L, "too many values (layout '%s')", name);
    if (f == NULL && lua_type(L, -2) == LUA_TSTRING && lua_type(L, -1) == LUA_TSTRING) {
      int *extra = strcmp(lua_tostring(L, -2), "rest") == 0 ? &s->rest
                 : strcmp(lua_tostring(L, -2), "tail") == 0 && s->part >= 0 ? &s->tail : NULL;
      if (extra != NULL) {
        lua_insert(L, -2);
        *extra = lua_gettop(L) - 1;
        continue;
      }
    }
    if (f == NULL) {
      layvalue_nofield(L, -2, s->map->layout, "layout", name);
      return;
    }
    k = index_of(f);
    if (s->given[k]) luaL_error(L, "given twice (field '%s' of layout '%s')", f->key, name);
    luaL_checkstack(L, 8, "too many values");
    lua_insert(L, -2); /* value under key, which goes on the walk */
    s->given[k] = (uint8_t)(lua_gettop(L) - 1 - s->base);
  }
}

static int given_at (const Scope *s, const pk_Field *f) {
  uint32_t k = index_of(f);
  return s->given[k] ? s->base + s->given[k] : 0;
}

/* --- solving tags */

/* Whether the op at `at` stands in the branch of a switch that begins at `start`. */
static int in_branch (const pk_Layout *l, const pk_Switch *sw, uint32_t start, uint32_t at) {
  uint32_t k, end = UINT32_MAX;
  for (k = 0; k < sw->nbranches; k++)
    if (sw->branches[k].op > start && sw->branches[k].op < end) end = sw->branches[k].op;
  if (sw->other > start && sw->other < end) end = sw->other;
  for (k = start; end == UINT32_MAX && k < l->nops; k++)
    if (l->ops[k].code == PK_OP_JUMP && l->ops[k].n > k) end = l->ops[k].n;
  return start <= at && at < end;
}

/* The value that a field has been given or that has been solved; 1, or 0: none, or a name (looked up when written). */
static int value_known (Build *b, const Scope *s, const pk_Field *f, int64_t *value) {
  const uint32_t k = index_of(f);
  int isint;
  if (s->given[k]) {
    *value = lua_tointegerx(b->L, s->base + s->given[k], &isint);
    if (lua_isboolean(b->L, s->base + s->given[k])) *value = lua_toboolean(b->L, s->base + s->given[k]);
    else if (!isint) return 0;
    return 1;
  }
  *value = s->values[k];
  return s->solved[k];
}

/* Demands one of `n` ranges of a field of this struct (when `really`; else only asks): 1, or 0: it has another value. */
static int demand_any (Build *b, Scope *s, const pk_Field *f, uint8_t up, const pk_Range *ranges, uint32_t n, int really) {
  int64_t value;
  if (up > 0) return 1; /* not ours to say */
  if (value_known(b, s, f, &value)) return pk_ranges_have(ranges, n, value);
  if (!really || s->given[index_of(f)]) return 1;
  s->solved[index_of(f)] = 1;
  s->values[index_of(f)] = ranges[0].min;
  return 1;
}

static int demand (Build *b, Scope *s, const pk_Field *f, uint8_t up, int64_t value, int really) {
  const pk_Range range = {value, value};
  return demand_any(b, s, f, up, &range, 1, really);
}

/* Demands what tests [first, end) say, the first value of a set where none is known. */
static int demand_all (Build *b, Scope *s, const pk_Cond *c, uint32_t first, uint32_t end, int really) {
  for (; first < end; first++) {
    const pk_Test *t = &c->tests[first];
    if (!demand_any(b, s, t->field, t->up, t->ranges, t->nranges, really)) return 0;
  }
  return 1;
}

/* Demands a condition's first group of equalities that can hold; 1, or 0: none can. */
static int demand_cond (Build *b, Scope *s, const pk_Cond *c) {
  uint32_t k, first = 0;
  int plain = 1, any = c->n == 0;
  for (k = 0; k < c->n; k++) {
    const pk_Test *t = &c->tests[k];
    if (t->field == NULL || t->member != NULL || t->negate || t->nranges == 0 ||
        (t->ranges[0].min != t->ranges[0].max && !t->field->peek)) /* (what is peeked at is never given: any value will do) */
      plain = 0; /* what is no value cannot be demanded */
    if (t->last) {
      if (plain && demand_all(b, s, c, first, k + 1, 0)) return demand_all(b, s, c, first, k + 1, 1);
      any |= !plain; /* it is not ours to say */
      first = k + 1;
      plain = 1;
    }
  }
  return any;
}

/* Solves what must hold for the op at `at` to be reached; 1, or 0: it contradicts what is given. */
static int solve_op (Build *b, Scope *s, uint32_t at) {
  const pk_Layout *l = s->map->layout;
  uint32_t k, n;
  for (k = 0; k < at; k++) {
    const pk_Op *op = &l->ops[k];
    if (op->code == PK_OP_TEST && op->n > at) {
      if (!demand_cond(b, s, (const pk_Cond *)op->p)) return 0;
    }
    else if (op->code == PK_OP_SWITCH) {
      const pk_Switch *sw = (const pk_Switch *)op->p;
      for (n = 0; n < sw->nbranches; n++)
        if (in_branch(l, sw, sw->branches[n].op, at)) {
          uint32_t j, same = 0;
          uint32_t i = index_of(sw->field);
          for (j = 0; j < sw->nbranches; j++) /* several values may have this branch: any will do */
            same |= sw->branches[j].op == sw->branches[n].op && sw->up == 0 &&
                    (s->given[i] != 0 || s->solved[i]) && demand(b, s, sw->field, sw->up, sw->branches[j].value, 1);
          if (!same && !demand(b, s, sw->field, sw->up, sw->branches[n].value, 1)) return 0;
          break;
        }
      if (n == sw->nbranches && sw->field->peek && in_branch(l, sw, sw->other, at)) { /* a value that is none of the cases */
        int64_t value = 0;
        for (n = 0; n < sw->nbranches; n++) value += sw->branches[n].value == value; /* (they are in order) */
        demand(b, s, sw->field, sw->up, value, 1);
      }
    }
  }
  return 1;
}

/* [-0, +0, e] Solves the fields that are tested, from the fields given and the name of the upper layer. */
static void solve (Build *b, Scope *s, const char *upper) {
  const pk_Layout *l = s->map->layout;
  uint32_t k;
  int ok = upper == NULL, several;
  for (several = 0; several < 2; several++) /* first fields that stand in one place alone */
    for (k = 0; k < l->nops; k++) {
      const pk_Op *op = &l->ops[k];
      if (op->code == PK_OP_PAYLOAD && !ok && op->p != NULL && strcmp((const char *)op->p, upper) == 0) ok = solve_op(b, s, k);
      if (op->code == PK_OP_FIELD) {
        const pk_Field *f = (const pk_Field *)op->p;
        const int alone = f->alt == NULL && index_of(f) == (uint32_t)(f - l->fields);
        if (!s->given[index_of(f)] || alone == several) continue;
        if (!solve_op(b, s, k) && alone)
          luaL_error(b->L, "goes not with what else is given (field '%s' of layout '%s')", f->key, l->name);
      }
    }
}

/* --- fields */

static void note_auto (Build *b, Scope *s, const pk_Field *f, uint64_t at) {
  if (s->nautos == MAXAUTOS) luaL_error(b->L, "too many automatic fields (layout '%s')", s->map->layout->name);
  s->autos[s->nautos].field = f;
  s->autos[s->nautos++].at = at;
}

/* Puts a number; the walk remembers it for conditions. */
static void put_number (Build *b, Scope *s, const pk_Field *f, uint64_t at, uint64_t value) {
  const uint16_t one = 1;
  const int little = f->guess ? *(const uint8_t *)&one == 1 : f->little; /* guessed: this machine's */
  pk_bits_set(b->bytes + at / 8, (unsigned)(at % 8), f->bits, little, value);
  if (f->slot > 0) {
    s->w.slots[f->slot - 1] = value;
    s->w.seen |= (uint32_t)1 << (f->slot - 1);
  }
}

/* The layout of the part after this one, or NULL: bytes, or nothing. */
static const pk_Layout *upper_layout (Build *b, int part) {
  const Packet *p;
  if (part < 0 || part + 1 >= b->nparts) return NULL;
  p = (const Packet *)lua_touserdata(b->L, b->parts - part - 1); /* a part, or (a string) NULL */
  return p != NULL ? p->part->layout : NULL;
}

/* The value that names an upper layer in a space; 1, or 0: it has none of its own there. */
static int value_of_upper (const pk_Layout *l, const char *space, uint64_t *value) {
  uint32_t k;
  for (k = 0; l != NULL && k < l->nunder; k++)
    if (strcmp(l->under[k].space, space) == 0 && l->under[k].min == l->under[k].max) {
      *value = (uint64_t)l->under[k].min;
      return 1;
    }
  return 0;
}

/* Whether the value of a field comes when its struct ends. */
static int is_auto (const pk_Field *f) {
  const pk_Words *w = f->words;
  if (w == NULL || (f->kind != PK_NUMBER && !pk_field_tells(f))) return 0;
  return (w->initial.kind == PK_VALUE_NONE && (w->nlength > 0 || w->counts != NULL)) || w->sum != NULL;
}

/* A number, boolean or string of constant size at bit `at`. */
static void build_fixed (Build *b, Scope *s, const pk_Field *f, uint64_t at) {
  lua_State *L = b->L;
  const char *name = s->map->layout->name;
  const int value = given_at(s, f);
  const uint32_t k = index_of(f);
  uint64_t n = 0;
  if (value) {
    LayValue v;
    layvalue_check(L, name, f, value, &v);
    if (!v.isbytes)
      put_number(b, s, f, at, v.n);
    else {
      if (v.len != f->bits / 8 || at % 8 != 0) layvalue_fail(L, name, f, "size mismatch");
      memcpy(b->bytes + at / 8, v.s, v.len);
    }
    if (f->codec != NULL && f->codec->size == 0) lua_pop(L, 1);
    return;
  }
  if (s->solved[k]) {
    put_number(b, s, f, at, (uint64_t)s->values[k]);
    return;
  }
  if (is_auto(f)) {
    note_auto(b, s, f, at);
    if (!s->quiet) put_number(b, s, f, at, 0);
    return;
  }
  if (f->kind == PK_STRING || f->codec != NULL || s->quiet) {
    if (f->words != NULL && f->words->initial.kind == PK_VALUE_BYTES && !s->quiet && f->words->initial.len == f->bits / 8)
      memcpy(b->bytes + at / 8, f->words->initial.bytes, f->words->initial.len);
    if (s->quiet && f->slot > 0) { /* what the first member has */
      s->w.slots[f->slot - 1] = pk_bits_get(b->bytes + at / 8, (unsigned)(at % 8), f->bits, f->little);
      s->w.seen |= (uint32_t)1 << (f->slot - 1);
    }
    return;
  }
  if (f->words != NULL) {
    if (f->words->next != NULL && value_of_upper(upper_layout(b, s->part), f->words->next, &n)) {
      put_number(b, s, f, at, n);
      return;
    }
    if (f->words->initial.kind == PK_VALUE_INT)
      n = (uint64_t)f->words->initial.n;
    else if (f->words->equal.kind == PK_VALUE_INT)
      n = (uint64_t)f->words->equal.n;
  }
  put_number(b, s, f, at, n);
}

/* Up to a multiple of `align` bytes from byte `begin` on. */
static void align_to (Build *b, size_t begin, uint32_t align, uint8_t fill) {
  size_t over = align > 0 ? (b->len - begin) % align : 0, at = b->len;
  if (over == 0) return;
  reserve(b, at + align - over);
  memset(b->bytes + at, fill, b->len - at);
}

/* [-0, +0, e] The fields of a struct inside another, from the value at `value` (0: none). */
static void build_struct (Build *b, Scope *up, const Map *map, int value, uint64_t at, uint32_t align, int depth) {
  Scope s;
  lua_State *L = b->L;
  const int top = lua_gettop(L);
  if (depth > MAXNEST) luaL_error(L, "structs too deep (layout '%s')", map->layout->name);
  s.map = map;
  s.part = -1;
  s.align = align;
  s.quiet = 0;
  if (value && lua_type(L, value) == LUA_TSTRING) { /* the name of a value: of the first field that has names */
    uint32_t k;
    for (k = 0; k < map->layout->nfields; k++)
      if (map->layout->fields[k].words != NULL && (map->layout->fields[k].words->nnames > 0 || map->layout->fields[k].words->enumlist != NULL))
        break;
    if (k == map->layout->nfields) luaL_error(L, "table expected, got string (list '%s')", map->layout->name);
    lua_createtable(L, 0, 1);
    lua_pushstring(L, map->layout->fields[k].key);
    lua_pushvalue(L, value);
    lua_rawset(L, -3);
    value = lua_gettop(L);
  }
  else if (value && !lua_istable(L, value))
    luaL_error(L, "table expected, got %s (struct '%s')", luaL_typename(L, value), map->layout->name);
  take_given(b, &s, value);
  solve(b, &s, NULL);
  pk_walk_begin(&s.w, map->layout, &up->w, &b->p->span, at, SIZE_MAX);
  build_scope(b, &s, depth);
  lua_settop(L, top);
}

/* [-0, +0, e] A list, from a sequence of values. */
static void build_list (Build *b, Scope *s, const pk_Field *f, int value, int depth) {
  lua_State *L = b->L;
  const Map *map = laymap_sub(s->map, f);
  const int wrapped = f->sub->nfields == 1 && f->sub->fields[0].key[0] == '\0';
  lua_Integer n, k;
  if (value && lua_type(L, value) == LUA_TSTRING && !wrapped) luaL_error(L, "table expected, got string (list '%s')", f->key);
  if (value && !lua_istable(L, value)) luaL_error(L, "table expected, got %s (list '%s')", luaL_typename(L, value), f->key);
  n = value ? (lua_Integer)lua_rawlen(L, value) : 0;
  luaL_checkstack(L, 8, "lists too deep");
  for (k = 1; k <= n; k++) {
    const size_t begin = b->len;
    lua_rawgeti(L, value, k);
    if (wrapped) { /* as a struct of one field without name */
      lua_createtable(L, 0, 1);
      lua_pushliteral(L, "");
      lua_pushvalue(L, -3);
      lua_rawset(L, -3);
      build_struct(b, s, map, lua_gettop(L), (uint64_t)begin * 8, f->eachalign, depth + 1);
      lua_pop(L, 2);
    }
    else {
      build_struct(b, s, map, lua_gettop(L), (uint64_t)begin * 8, f->eachalign, depth + 1);
      lua_pop(L, 1);
    }
    /* What follows the last element of an element that is aligned as well is that one's (RFC 9260, section 3.2). */
    if (k < n || s->align == 0 || s->align % (f->eachalign > 0 ? f->eachalign : 1) != 0) align_to(b, begin, f->eachalign, f->fill);
  }
  s->counts[index_of(f)] = (uint32_t)n;
  if (value) { /* what follows the element that ended it */
    if (lua_getfield(L, value, "rest") == LUA_TSTRING) append_bytes(b, lua_gettop(L));
    lua_pop(L, 1);
  }
}

/* [-0, +0, e] A string that takes as many bytes as it has. */
static void build_open (Build *b, Scope *s, const pk_Field *f, int value) {
  lua_State *L = b->L;
  const size_t begin = b->len;
  LayValue v;
  v.len = 0;
  v.s = "";
  if (!value && f->nends > 0 && s->rest) return; /* it is not whole: what there is of it is the rest */
  if (value) {
    if (lua_type(L, value) == LUA_TSTRING && f->codec == NULL)
      v.s = lua_tolstring(L, value, &v.len);
    else if (luamem_ismemory(L, value)) /* bytes as they are to stand there */
      v.s = luamem_tostring(L, value, &v.len);
    else
      layvalue_check(L, s->map->layout->name, f, value, &v);
  }
  else if (f->codec != NULL && f->codec->measure != NULL) {
    v.s = (const char *)v.own;
    v.len = f->codec->write(f->codec->number ? "0" : ".", 1, v.own, sizeof(v.own));
  }
  reserve(b, begin + v.len + f->nends);
  if (value && luamem_ismemory(L, value)) v.s = luamem_tostring(L, value, &v.len); /* room was allocated */
  if (begin + v.len > b->len) luaL_error(L, "memory changed while read");
  if (v.len > 0) memcpy(b->bytes + begin, v.s, v.len);
  if (f->nends > 0) memcpy(b->bytes + b->len - f->nends, f->ends, f->nends);
  if (value && f->codec != NULL && !luamem_ismemory(L, value)) lua_pop(L, 1);
}

/* [-0, +0, e] A list that takes as many bytes as its layout says: built at the end, and then put where it belongs. */
static void build_room (Build *b, Scope *s, const pk_Field *f, int value, size_t begin, int depth) {
  const size_t after = begin + f->room > b->len ? begin + f->room : b->len;
  size_t n;
  reserve(b, after);
  if (!value) return;
  build_list(b, s, f, value, depth);
  n = b->len - after;
  if (n > f->room) layvalue_fail(b->L, s->map->layout->name, f, "too long for its place");
  memset(b->bytes + begin, 0, f->room);
  memcpy(b->bytes + begin, b->bytes + after, n);
  b->len = after;
}

/* A field where the walk stands. */
static void build_field (Build *b, Scope *s, const pk_Field *f, int depth) {
  const uint32_t k = index_of(f);
  const int value = given_at(s, f);
  pk_Walk *w = &s->w;
  uint64_t at = f->bytes || f->bits == 0 || f->kind == PK_LIST ? (w->bit + 7) / 8 * 8 : w->bit;
  if (f->peek) { /* it has no bytes of its own; what was solved counts for conditions */
    if (f->slot > 0 && s->solved[k]) {
      w->slots[f->slot - 1] = (uint64_t)s->values[k];
      w->seen |= (uint32_t)1 << (f->slot - 1);
    }
    return;
  }
  if (f->bits > 0) {
    const size_t begin = (size_t)(at / 8);
    reserve(b, bytes_of(at + f->bits) > b->len ? bytes_of(at + f->bits) : b->len);
    if (pk_kind_isleaf((pk_Kind)f->kind))
      build_fixed(b, s, f, at);
    else if (f->kind == PK_ARRAY) {
      uint32_t n;
      if (value && !lua_istable(b->L, value))
        luaL_error(b->L, "table expected, got %s (array '%s')", luaL_typename(b->L, value), f->key);
      luaL_checkstack(b->L, 8, "arrays too deep");
      for (n = 0; value && n < f->count; n++) {
        lua_rawgeti(b->L, value, (lua_Integer)n + 1);
        lua_createtable(b->L, 0, 1);
        lua_pushliteral(b->L, "");
        lua_pushvalue(b->L, -3);
        lua_rawset(b->L, -3);
        build_struct(b, s, laymap_sub(s->map, f), lua_gettop(b->L), at + (uint64_t)n * f->stride, 0, depth + 1);
        lua_pop(b->L, 2);
      }
    }
    else
      build_struct(b, s, laymap_sub(s->map, f), value, at, 0, depth + 1);
    w->bit = at + f->bits;
    if (f->align > 0) {
      align_to(b, begin, f->align, f->fill);
      w->bit = (uint64_t)b->len * 8;
    }
    s->sizes[k] = f->bits / 8;
    return;
  }
  if (f->kind == PK_LIST && f->room > 0) {
    build_room(b, s, f, value, (size_t)(at / 8), depth);
    w->bit = at + (uint64_t)f->room * 8;
    s->sizes[k] = f->room;
    return;
  }
  {
    const size_t begin = (size_t)(at / 8);
    reserve(b, begin > b->len ? begin : b->len);
    b->len = begin; /* members of a union lie at one place: what has no size is the last of them */
    w->bit = at;
    if (f->kind == PK_LIST)
      build_list(b, s, f, value, depth);
    else if (f->kind == PK_STRING && !value && is_auto(f))
      note_auto(b, s, f, at); /* its bytes are put between once its value is known */
    else if (f->kind == PK_STRING)
      build_open(b, s, f, value);
    else
      build_struct(b, s, laymap_sub(s->map, f), value, at, 0, depth + 1);
    s->sizes[k] = b->len - begin;
    align_to(b, begin, f->align, f->fill);
    w->bit = (uint64_t)b->len * 8;
  }
}

/* --- a struct's end */

/* [-0, +0, e] Puts a number that tells its own size between the bytes at its place; what stands after it moves on. */
static void insert_number (Build *b, Scope *s, const Auto *a, uint64_t value) {
  char digits[24];
  pk_Text text = pk_text_begin(digits, sizeof(digits));
  uint8_t bytes[16];
  const size_t at = (size_t)(a->at / 8), after = b->len - at;
  size_t n;
  int k;
  pk_text_num(&text, value);
  n = a->field->codec->write(digits, text.len, bytes, sizeof(bytes));
  if (n == 0) layvalue_fail(b->L, s->map->layout->name, a->field, "too long for its length");
  reserve(b, b->len + n);
  memmove(b->bytes + at + n, b->bytes + at, after);
  memcpy(b->bytes + at, bytes, n);
  for (k = 0; k < s->nautos; k++)
    if (s->autos[k].at > a->at || (s->autos[k].at == a->at && &s->autos[k] > a)) s->autos[k].at += (uint64_t)n * 8;
  if (s->hdrend != PK_WALK_NONE && s->hdrend >= at) {
    s->hdrend += n;
    s->payend += n;
    if (s->part >= 0) {
      b->p->layers[s->part].hdrend += n;
      b->p->layers[s->part].payend += n;
    }
  }
}

static void put_length (Build *b, Scope *s, const Auto *a, size_t n) {
  const pk_Words *w = a->field->words;
  const int64_t unit = w->unit.kind != PK_VALUE_NONE ? w->unit.n : 1, bytes = (int64_t)n - w->bias.n;
  const char *name = s->map->layout->name;
  if (pk_field_tells(a->field)) {
    insert_number(b, s, a, bytes < 0 || bytes % unit != 0 ? 0 : (uint64_t)(bytes / unit));
    return;
  }
  if (bytes < 0) {
    put_number(b, s, a->field, a->at, 0);
    return;
  }
  if (bytes % unit != 0) layvalue_fail(b->L, name, a->field, "a length that this unit cannot say");
  if ((uint64_t)(bytes / unit) > pk_bits_mask(a->field->bits)) layvalue_fail(b->L, name, a->field, "too long for its length");
  put_number(b, s, a->field, a->at, (uint64_t)(bytes / unit));
}


/* The size of the field of that key; 1, or 0: no such field. */
static int named_size (const Scope *s, const char *key, size_t *n) {
  const pk_Layout *l = s->map->layout;
  uint32_t k;
  for (k = 0; k < l->nfields; k++)
    if (strcmp(l->fields[k].key, key) == 0) {
      *n = s->sizes[index_of(&l->fields[k])];
      return 1;
    }
  return 0;
}

/* [-0, +0, e] A length or count of a struct that ends at the end of the bytes. */
static void finish_length (Build *b, Scope *s, const Auto *a) {
  const size_t start = (size_t)(s->w.start / 8), end = b->len;
  const pk_Words *w = a->field->words;
  size_t n = 0;
  if (w->counts != NULL) {
    uint32_t j;
    for (j = 0; j < s->map->layout->nfields; j++)
      if (strcmp(s->map->layout->fields[j].key, w->counts) == 0) {
        put_length(b, s, a, s->counts[index_of(&s->map->layout->fields[j])]);
        return;
      }
    return;
  }
  if (a->field->acts & PK_ACT_HEADER)
    n = (s->hdrend != PK_WALK_NONE ? s->hdrend : end) - start;
  else if (a->field->acts & PK_ACT_TOTAL)
    n = end - start;
  else if (a->field->acts & PK_ACT_PAYLOAD)
    n = s->hdrend != PK_WALK_NONE ? s->payend - s->hdrend : 0;
  else if (a->field->acts & PK_ACT_REST)
    n = end - bytes_of(a->at + a->field->bits);
  else if (!named_size(s, w->length[0], &n))
    return;
  put_length(b, s, a, n);
}

/* [-0, +0, e] First those that tell their own size, from the last on: what they take counts in those around them. */
static void finish_lengths (Build *b, Scope *s) {
  int k;
  for (k = s->nautos; k-- > 0;)
    if (pk_field_tells(s->autos[k].field)) finish_length(b, s, &s->autos[k]);
  for (k = 0; k < s->nautos; k++)
    if (!pk_field_tells(s->autos[k].field) && s->autos[k].field->words->sum == NULL) finish_length(b, s, &s->autos[k]);
}

static void finish_sums (Build *b, Scope *s, uint32_t layer) {
  int k;
  for (k = 0; k < s->nautos; k++) {
    const Auto *a = &s->autos[k];
    const char *why;
    uint64_t sum;
    if (a->field->words->sum == NULL) continue;
    if (pk_packet_sum(b->p, layer, a->field, a->at, &sum, &why)) put_number(b, s, a->field, a->at, sum);
  }
}

/* --- ops */

/* Whether a field is given, or an upper layer, whose op is one of [from, to). */
static int any_given (const Build *b, const Scope *s, uint32_t from, uint32_t to) {
  const pk_Layout *l = s->map->layout;
  for (; from < to; from++) {
    const pk_Op *op = &l->ops[from];
    const pk_Field *f = op->code == PK_OP_FIELD ? (const pk_Field *)op->p : NULL;
    if (f != NULL && (s->given[index_of(f)] || (f->peek && s->solved[index_of(f)]))) return 1;
    if (op->code == PK_OP_PAYLOAD && s->part >= 0 && s->part + 1 < b->nparts) return 1;
  }
  return 0;
}

/*
** Whether the condition of the op at `k` holds in what is built. How many bytes are left is not known yet: where a
** condition asks, what it guards is there when something of it is given.
*/
static int holds (const Build *b, const Scope *s, uint32_t k) {
  const pk_Op *op = &s->map->layout->ops[k];
  const pk_Cond *c = (const pk_Cond *)op->p;
  uint32_t n = 0;
  int all = 1;
  while (n < c->n && c->tests[n].field != NULL) n++;
  if (n == c->n) return pk_walk_holds(&s->w, c);
  for (n = 0; n < c->n; n++) {
    pk_Test alone = c->tests[n];
    pk_Cond one = {NULL, 1};
    alone.last = 1;
    one.tests = &alone;
    all = all && (c->tests[n].field == NULL ? any_given(b, s, k + 1, op->n) : pk_walk_holds(&s->w, &one));
    if (c->tests[n].last) {
      if (all) return 1;
      all = 1;
    }
  }
  return 0;
}

static uint32_t branch_of (const Scope *s, const pk_Switch *sw) {
  const pk_Walk *w = &s->w;
  uint8_t up = sw->up;
  uint64_t value = 0;
  uint32_t k;
  while (up-- > 0) w = w->up;
  if (sw->field->slot > 0 && (w->seen >> (sw->field->slot - 1) & 1)) value = w->slots[sw->field->slot - 1];
  for (k = 0; k < sw->nbranches; k++)
    if (sw->branches[k].value == (int64_t)value) return sw->branches[k].op;
  return sw->other;
}

/* Fills up with zeros to what the unit of an automatic length of that act can say. */
static void pad_to_unit (Build *b, Scope *s, uint8_t act) {
  int k;
  for (k = 0; k < s->nautos; k++) {
    const pk_Words *w = s->autos[k].field->words;
    if ((s->autos[k].field->acts & act) && w->unit.kind != PK_VALUE_NONE) {
      const int64_t n = (int64_t)(b->len - (size_t)(s->w.start / 8)) - w->bias.n;
      const int64_t over = n < 0 ? 0 : n % w->unit.n;
      if (n < 0)
        reserve(b, b->len + (size_t)-n);
      else if (over > 0)
        reserve(b, b->len + (size_t)(w->unit.n - over));
    }
  }
}

/* Upper layers, or the bytes that end the recipe. */
static void build_upper (Build *b, Scope *s) {
  int k;
  if (s->rest) {
    append_bytes(b, s->rest);
    s->rest = 0;
  }
  pad_to_unit(b, s, PK_ACT_HEADER);
  for (k = 0; k < s->nautos; k++) /* lists in the header end with it: pseudo-headers may need them */
    if ((s->autos[k].field->acts & PK_ACT_HEADER) && s->autos[k].field->words->sum == NULL)
      put_length(b, s, &s->autos[k], b->len - (size_t)(s->w.start / 8));
  s->hdrend = b->len;
  if (s->part >= 0) b->p->layers[s->part].limit = b->len;
  if (s->part >= 0) {
    pk_Layer *layer = &b->p->layers[s->part];
    layer->hdrend = b->len;
    if (s->part + 1 < b->nparts) build_part(b, s->part + 1);
    layer->payend = b->len;
  }
  s->payend = b->len;
  s->w.bit = (uint64_t)b->len * 8;
}

static void build_scope (Build *b, Scope *s, int depth) {
  const pk_Layout *l = s->map->layout;
  struct { uint64_t begin, end; int quiet; } unions[PK_LAYOUT_MAXUNIONS];
  int nunions = 0;
  uint32_t k = 0;
  s->nautos = 0;
  s->hdrend = s->payend = PK_WALK_NONE;
  memset(s->sizes, 0, l->nfields * sizeof(s->sizes[0]));
  memset(s->counts, 0, l->nfields * sizeof(s->counts[0]));
  for (;;) {
    const pk_Op *op = &l->ops[k];
    s->w.op = k; /* conditions look at what stands before */
    switch ((pk_Code)op->code) {
      case PK_OP_FIELD:
        build_field(b, s, (const pk_Field *)op->p, depth);
        k++;
        break;
      case PK_OP_PAD:
        s->w.bit = (op->a ? (s->w.bit + 7) / 8 * 8 : s->w.bit) + op->n;
        reserve(b, bytes_of(s->w.bit) > b->len ? bytes_of(s->w.bit) : b->len);
        k++;
        break;
      case PK_OP_TEST: k = holds(b, s, k) ? k + 1 : op->n; break;
      case PK_OP_SWITCH: k = branch_of(s, (const pk_Switch *)op->p); break;
      case PK_OP_JUMP: k = op->n; break;
      case PK_OP_UNION:
        if (nunions == PK_LAYOUT_MAXUNIONS) luaL_error(b->L, "unions too deep (layout '%s')", l->name);
        unions[nunions].begin = unions[nunions].end = s->w.bit;
        unions[nunions++].quiet = s->quiet;
        k++;
        break;
      case PK_OP_MEMBER:
      case PK_OP_TOGETHER:
        if (s->w.bit > unions[nunions - 1].end) unions[nunions - 1].end = s->w.bit;
        if (op->code == PK_OP_MEMBER) {
          s->w.bit = unions[nunions - 1].begin;
          s->quiet = 1;
        }
        else {
          s->w.bit = unions[--nunions].end;
          s->quiet = unions[nunions].quiet;
        }
        k++;
        break;
      case PK_OP_PAYLOAD:
        build_upper(b, s);
        k++;
        break;
      case PK_OP_END:
        reserve(b, bytes_of(s->w.bit) > b->len ? bytes_of(s->w.bit) : b->len);
        if (s->part >= 0 && s->hdrend == PK_WALK_NONE) build_upper(b, s);
        if (s->rest) append_bytes(b, s->rest);
        pad_to_unit(b, s, PK_ACT_TOTAL);
        finish_lengths(b, s);
        return;
    }
  }
}

/* Layer `part` of the recipe, and those above it. */
static void build_part (Build *b, int part) {
  lua_State *L = b->L;
  const int top = lua_gettop(L);
  pk_Layer *layer = &b->p->layers[part];
  const pk_Layout *upper = upper_layout(b, part);
  const Packet *p;
  Scope s;
  int t;
  luaL_checkstack(L, 16, "too many layers");
  lua_pushvalue(L, b->parts - part);
  if (lua_type(L, -1) == LUA_TSTRING) {
    static const pk_Op end = {PK_OP_END, 0, 0, NULL};
    static const pk_Layout nothing = {.name = "", .ops = &end, .nops = 1};
    size_t n, at = b->len;
    const char *bytes = lua_tolstring(L, -1, &n);
    memset(layer, 0, sizeof(*layer)); /* sums above it look for addresses below */
    layer->layout = &nothing;
    layer->start = layer->limit = at;
    reserve(b, at + n);
    memcpy(b->bytes + at, bytes, n);
    lua_settop(L, top);
    if (part + 1 < b->nparts) build_part(b, part + 1);
    return;
  }
  p = (const Packet *)lua_touserdata(L, -1);
  lua_getiuservalue(L, -1, UV_PACKET_RECIPE);
  t = lua_gettop(L);
  memset(layer, 0, sizeof(*layer));
  layer->layout = p->part->layout;
  layer->start = b->len;
  layer->limit = SIZE_MAX;
  s.map = p->part;
  s.part = part;
  s.align = 0;
  s.quiet = 0;
  b->p->nlayers = (uint32_t)part + 1;
  take_given(b, &s, t);
  solve(b, &s, upper != NULL ? upper->name : NULL);
  pk_walk_begin(&s.w, p->part->layout, NULL, &b->p->span, (uint64_t)b->len * 8, SIZE_MAX);
  build_scope(b, &s, 0);
  layer->end = layer->limit = b->len;
  finish_sums(b, &s, (uint32_t)part);
  if (s.tail) append_bytes(b, s.tail);
  lua_settop(L, top);
}

void lbuild_bytes (lua_State *L, int parts, int n) {
  Build b;
  pk_Packet p;
  char *to;
  b.L = L;
  b.parts = parts;
  b.nparts = n;
  luaL_checkstack(L, 16, "too many layers");
  lua_pushnil(L);
  b.block = lua_gettop(L);
  b.bytes = b.small;
  b.len = 0;
  b.cap = SMALL;
  b.p = &p;
  p.span.bytes = b.bytes;
  p.span.len = p.span.message = 0;
  p.span.trace = NULL;
  pk_packet_init(&p, NULL);
  p.wirelen = 0;
  if (n > 0) build_part(&b, 0);
  to = luamem_newalloc(L, b.len);
  memcpy(to, b.bytes, b.len);
  lua_replace(L, b.block);
}
