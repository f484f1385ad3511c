/*
** llaydef.c: reads tables of fields. Blocks and strings of the definition are kept alive by an anchor
** table, since a finalizer that runs meanwhile may change the tables read.
*/
#include <assert.h>
#include <stdlib.h>
#include <stdint.h>
#include <string.h>

#include <lua.h>
#include <lauxlib.h>

#include "llaydef.h"

typedef struct Reader {
  lua_State *L;
  int anchor; /* stack index of the anchor table */
  lua_Integer anchored;
  const char *layout;
  const char *field; /* or NULL: the layout itself */
  int depth;
} Reader;

/* [-0, +0, e] */
static void fail (Reader *r, const char *what, const char *more) {
  if (r->field != NULL)
    luaL_error(r->L, "layout '%s': field '%s': %s%s", r->layout, r->field, what, more);
  luaL_error(r->L, "layout '%s': %s%s", r->layout, what, more);
}

/* [-0, +0, e] */
static void failword (Reader *r, const char *word, const char *what) {
  char text[128];
  size_t n = strlen(word), m = strlen(what);
  assert(n + m + 10 < sizeof(text));
  memcpy(text, "word '", 6);
  memcpy(text + 6, word, n);
  memcpy(text + 6 + n, "': ", 3);
  memcpy(text + 9 + n, what, m + 1);
  fail(r, text, "");
}

/* [-1, +0, m] Keeps the value on the top. */
static void keep (Reader *r) {
  lua_rawseti(r->L, r->anchor, ++r->anchored);
}

/* [-0, +0, m] Zeroed bytes that live as long as the definition. */
static void *newblock (Reader *r, size_t n) {
  void *p = lua_newuserdatauv(r->L, n > 0 ? n : 1, 0);
  memset(p, 0, n);
  keep(r);
  return p;
}

/* [-1, +0, e] The string on the top; no '\0' in it. */
static const char *popstring (Reader *r, const char *word) {
  const char *s;
  size_t len;
  if (lua_type(r->L, -1) != LUA_TSTRING) failword(r, word, "string expected");
  s = lua_tolstring(r->L, -1, &len);
  if (strlen(s) != len) failword(r, word, "string with zeros");
  if (len > 255) failword(r, word, "string too long");
  keep(r);
  return s;
}

/* [-0, +1, m] Pushes t[word]; returns its type. */
static int getword (Reader *r, int t, const char *word) {
  lua_pushstring(r->L, word);
  return lua_rawget(r->L, t);
}

/* [-0, +0, e] A string or NULL. */
static const char *getstring (Reader *r, int t, const char *word) {
  if (getword(r, t, word) != LUA_TNIL) return popstring(r, word);
  lua_pop(r->L, 1);
  return NULL;
}

/* [-0, +0, e] An integer, boolean, or (where `bytes`) string. */
static pk_Value getvalue (Reader *r, int t, const char *word, int bytes) {
  pk_Value v = {PK_VALUE_NONE, 0, NULL, 0};
  lua_State *L = r->L;
  int isint, type = getword(r, t, word);
  if (type == LUA_TBOOLEAN) {
    v.kind = PK_VALUE_INT;
    v.n = lua_toboolean(L, -1);
  }
  else if (type == LUA_TSTRING && bytes) {
    v.kind = PK_VALUE_BYTES;
    v.bytes = lua_tolstring(L, -1, &v.len);
    keep(r);
    return v;
  }
  else if (type == LUA_TNUMBER) {
    v.kind = PK_VALUE_INT;
    v.n = lua_tointegerx(L, -1, &isint);
    if (!isint) failword(r, word, "integer expected");
  }
  else if (type != LUA_TNIL)
    failword(r, word, bytes ? "integer, boolean or string expected" : "integer expected");
  lua_pop(L, 1);
  return v;
}

/* [-0, +0, e] A positive integer, or 0 when there is none. */
static uint64_t getsize (Reader *r, int t, const char *word) {
  pk_Value v = getvalue(r, t, word, 0);
  if (v.kind == PK_VALUE_NONE) return 0;
  if (v.n < 1 || v.n > (int64_t)PK_LAYOUT_MAXBITS) failword(r, word, "size out of range");
  return (uint64_t)v.n;
}

/* [-0, +0, e] A string, or a list of them; returns how many. */
static uint32_t getstrings (Reader *r, int t, const char *word, const char *const **list) {
  lua_State *L = r->L;
  int type = getword(r, t, word);
  const char **texts;
  size_t n, k;
  *list = NULL;
  if (type == LUA_TNIL) {
    lua_pop(L, 1);
    return 0;
  }
  n = type == LUA_TTABLE ? (size_t)lua_rawlen(L, -1) : 1;
  if (n < 1 || n > 64) failword(r, word, "string or list of strings expected");
  texts = (const char **)newblock(r, n * sizeof(*texts));
  *list = texts;
  if (type != LUA_TTABLE) {
    texts[0] = popstring(r, word);
    return 1;
  }
  for (k = 0; k < n; k++) {
    lua_rawgeti(L, -1, (lua_Integer)k + 1);
    texts[k] = popstring(r, word);
  }
  lua_pop(L, 1);
  return (uint32_t)n;
}

/* [-0, +0, e] {[value] = name}; returns how many. A string is the name of a shared list. */
static uint32_t getnames (Reader *r, int t, const char *word, const pk_Name **names,
                          const char **shared) {
  lua_State *L = r->L;
  int type = getword(r, t, word), table = lua_gettop(L);
  pk_Name *list;
  size_t n = 0, k = 0;
  if (type == LUA_TNIL) {
    lua_pop(L, 1);
    return 0;
  }
  if (type == LUA_TSTRING && shared != NULL) {
    *shared = popstring(r, word);
    return 0;
  }
  if (type != LUA_TTABLE) failword(r, word, "table of names expected");
  for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) n++;
  if (n > 65536) failword(r, word, "too many names");
  list = (pk_Name *)newblock(r, n * sizeof(*list));
  for (lua_pushnil(L); k < n && lua_next(L, table); k++) {
    if (!lua_isinteger(L, -2)) failword(r, word, "integer as key expected");
    list[k].value = lua_tointeger(L, -2);
    list[k].name = popstring(r, word);
  }
  if (k == n && n > 0) lua_settop(L, table);
  lua_settop(L, table - 1);
  *names = list;
  return (uint32_t)k;
}

/* `guess`: the endian "guess" is one too, or NULL. */
static pk_Endian getendian (Reader *r, int t, int *guess) {
  const char *s = getstring(r, t, "endian");
  const uint16_t one = 1;
  if (s == NULL) return PK_ENDIAN_NONE;
  if (guess != NULL && strcmp(s, "guess") == 0) {
    *guess = 1;
    return PK_ENDIAN_BIG;
  }
  if (strcmp(s, "big") == 0) return PK_ENDIAN_BIG;
  if (strcmp(s, "little") == 0) return PK_ENDIAN_LITTLE;
  if (strcmp(s, "native") != 0) failword(r, "endian", "big, little or native expected");
  return *(const unsigned char *)&one == 1 ? PK_ENDIAN_LITTLE : PK_ENDIAN_BIG;
}

/* --- conditions */

#define MAXTESTS 64 /* of one condition */
#define MAXRANGES 256 /* of one test */

typedef struct Tests {
  pk_TestDef *list;
  uint32_t n;
  int group;
  const char *word;
} Tests;

/* [-0, +0, e] Adds what the value on the top allows: v, a name, a set, or {min=, max=}. */
static void readallowed (Reader *r, Tests *tests, pk_TestDef *t, pk_Range *ranges, const char **names, int depth) {
  lua_State *L = r->L;
  int type = lua_type(L, -1), top = lua_gettop(L);
  if (t->nranges == MAXRANGES || t->nnames == MAXRANGES || depth > 3) failword(r, tests->word, "too many values");
  if (type == LUA_TSTRING) {
    lua_pushvalue(L, -1);
    names[t->nnames++] = popstring(r, tests->word);
  }
  else if (lua_isinteger(L, -1) || type == LUA_TBOOLEAN) {
    ranges[t->nranges].min = type == LUA_TBOOLEAN ? lua_toboolean(L, -1) : lua_tointeger(L, -1);
    ranges[t->nranges].max = ranges[t->nranges].min;
    t->nranges++;
  }
  else if (type == LUA_TTABLE && lua_rawlen(L, -1) > 0) {
    size_t k, n = (size_t)lua_rawlen(L, -1);
    for (k = 1; k <= n; k++) {
      lua_rawgeti(L, top, (lua_Integer)k);
      readallowed(r, tests, t, ranges, names, depth + 1);
      lua_pop(L, 1);
    }
  }
  else if (type == LUA_TTABLE) {
    pk_Value min = getvalue(r, top, "min", 0), max = getvalue(r, top, "max", 0);
    if (min.kind == PK_VALUE_NONE && max.kind == PK_VALUE_NONE) failword(r, tests->word, "value, set or range expected");
    ranges[t->nranges].min = min.kind != PK_VALUE_NONE ? min.n : INT64_MIN;
    ranges[t->nranges].max = max.kind != PK_VALUE_NONE ? max.n : INT64_MAX;
    t->nranges++;
  }
  else
    failword(r, tests->word, "value, set or range expected");
}

/* [-0, +0, e] The test path = c; both are on the top. */
static void readtest (Reader *r, Tests *tests) {
  lua_State *L = r->L;
  int top = lua_gettop(L);
  pk_TestDef *t;
  pk_Range *ranges;
  const char **names;
  if (tests->n == MAXTESTS) failword(r, tests->word, "too many tests");
  t = &tests->list[tests->n++];
  t->group = tests->group;
  ranges = (pk_Range *)newblock(r, MAXRANGES * sizeof(*ranges));
  names = (const char **)newblock(r, MAXRANGES * sizeof(*names));
  t->ranges = ranges;
  t->names = names;
  lua_pushvalue(L, top - 1);
  t->path = popstring(r, tests->word);
  lua_pushvalue(L, top);
  if (lua_istable(L, -1) && getword(r, top + 1, "no") != LUA_TNIL)
    t->negate = 1;
  else
    lua_settop(L, top + 1);
  readallowed(r, tests, t, ranges, names, 0);
  lua_settop(L, top);
}

/* Tables have no order of their own: what is read from them gets one, so that it is the same each time. */
static int bypath (const void *a, const void *b) {
  return strcmp(((const pk_TestDef *)a)->path, ((const pk_TestDef *)b)->path);
}

static int bykey (const void *a, const void *b) {
  return strcmp(((const pk_Def *)a)->key, ((const pk_Def *)b)->key);
}

static int byvalue (const void *a, const void *b) {
  const pk_CaseDef *x = (const pk_CaseDef *)a, *y = (const pk_CaseDef *)b;
  if (x->other != y->other) return x->other - y->other;
  return x->value < y->value ? -1 : x->value > y->value;
}

/* [-0, +0, e] The condition on the top: {field = c, ...}, or a list of conditions. */
static void readtests (Reader *r, Tests *tests, int depth) {
  lua_State *L = r->L;
  uint32_t first;
  int top = lua_gettop(L);
  size_t k, n;
  if (!lua_istable(L, top) || depth > 4) failword(r, tests->word, "condition expected");
  n = (size_t)lua_rawlen(L, top);
  luaL_checkstack(L, 8, "condition too deep");
  for (k = 1; k <= n; k++) {
    lua_rawgeti(L, top, (lua_Integer)k);
    readtests(r, tests, depth + 1);
    lua_pop(L, 1);
  }
  if (n > 0) return;
  tests->group++;
  first = tests->n;
  for (lua_pushnil(L); lua_next(L, top); lua_pop(L, 1)) {
    if (lua_type(L, -2) != LUA_TSTRING) failword(r, tests->word, "condition expected");
    readtest(r, tests);
  }
  qsort(tests->list + first, tests->n - first, sizeof(*tests->list), bypath);
}

/* [-0, +0, e] */
static void readcond (Reader *r, int t, const char *word, pk_CondDef *c) {
  Tests tests;
  if (getword(r, t, word) != LUA_TNIL) {
    tests.list = (pk_TestDef *)newblock(r, MAXTESTS * sizeof(pk_TestDef));
    tests.n = 0;
    tests.group = 0;
    tests.word = word;
    readtests(r, &tests, 0);
    if (tests.n == 0) failword(r, word, "no condition");
    c->tests = tests.list;
    c->n = tests.n;
  }
  lua_pop(r->L, 1);
}

/* [-0, +0, e] Every word of the table is one of `words`. */
static void checkwords (Reader *r, int t, const char *const words[]) {
  lua_State *L = r->L;
  for (lua_pushnil(L); lua_next(L, t); lua_pop(L, 1)) {
    const char *word;
    int k = 0;
    if (lua_isinteger(L, -2)) continue;
    if (lua_type(L, -2) != LUA_TSTRING) fail(r, "a word is a string, not a ", luaL_typename(L, -2));
    word = lua_tostring(L, -2);
    while (words[k] != NULL && strcmp(words[k], word) != 0) k++;
    if (words[k] == NULL) {
      lua_pushfstring(L, "'%s'", word);
      fail(r, "unknown word ", lua_tostring(L, -1));
    }
  }
}

static pk_Kind getkind (Reader *r, int t, int hasmembers, int haselement, const pk_Def *d) {
  static const char *const names[] = {"number", "boolean", "string", "struct", "union", "array", "float"};
  const char *s = getstring(r, t, "type");
  int k;
  if (s == NULL) {
    const pk_Codec *codec = d->format != NULL ? pk_codec_find(d->format) : NULL;
    if (haselement) return PK_ARRAY;
    if (hasmembers) return PK_STRUCT;
    return d->bits > 64 || (codec != NULL && codec->size == 0) ? PK_STRING : PK_NUMBER;
  }
  for (k = 0; k < 7; k++)
    if (strcmp(s, names[k]) == 0) return k == 6 ? PK_NUMBER : (pk_Kind)k;
  fail(r, "unknown type ", s);
  return PK_NUMBER;
}

static int isfloat (Reader *r, int t) {
  const int yes = getword(r, t, "type") == LUA_TSTRING && strcmp(lua_tostring(r->L, -1), "float") == 0;
  lua_pop(r->L, 1);
  return yes;
}

static void readwords (Reader *r, int t, pk_Words *w) {
  w->initial = getvalue(r, t, "default", 1);
  w->equal = getvalue(r, t, "equal", 0);
  w->min = getvalue(r, t, "min", 0);
  w->max = getvalue(r, t, "max", 0);
  w->nnames = getnames(r, t, "enum", &w->names, &w->enumlist);
  w->nflags = getnames(r, t, "flags", &w->flags, NULL);
  w->letters = getstring(r, t, "letters");
  w->next = getstring(r, t, "next");
  w->hint = getstring(r, t, "hint");
  w->nlength = getstrings(r, t, "length", &w->length);
  w->unit = getvalue(r, t, "unit", 0);
  w->bias = getvalue(r, t, "bias", 0);
  w->open = getvalue(r, t, "open", 0);
  w->sum = getstring(r, t, "sum");
  w->cover = getstring(r, t, "cover");
  w->pseudo = getvalue(r, t, "pseudo", 0);
  w->zero = getvalue(r, t, "zero", 0);
  w->role = getstring(r, t, "role");
  w->pick = getstring(r, t, "pick");
  w->layout = getstring(r, t, "layout");
}

/* Words that say how a field lies, and all others that it may have. */
static const char *const fieldwords[] = {
  "key", "alias", "type", "bits", "bytes", "endian", "signed", "format", "each", "count",
  "default", "equal", "min", "max", "enum", "flags", "letters", "next", "hint", "length", "unit",
  "bias", "open", "sum", "cover", "pseudo", "zero", "role", "pick", "layout",
  "when", "stop", "align", "fill", "peek", "switch", "other", "payload", "quoted", NULL
};

static size_t readfields (Reader *r, int t, const pk_Def **fields);

static void readfield (Reader *r, pk_Def *d);

/* [-0, +0, e] The value of word `count`: a number of elements, or the key of a list. */
static void readcount (Reader *r, int t, pk_Def *d, const char **counts) {
  int type = getword(r, t, "count");
  lua_pop(r->L, 1);
  if (type == LUA_TSTRING)
    *counts = getstring(r, t, "count");
  else
    d->count = getsize(r, t, "count");
}

/* [-0, +0, e] stop: a condition of a list, the byte or bytes that end a string. */
static void readstop (Reader *r, int t, pk_Def *d) {
  int type = getword(r, t, "stop");
  lua_pop(r->L, 1);
  if (type == LUA_TTABLE)
    readcond(r, t, "stop", &d->stop);
  else {
    const pk_Value *v = &d->terminator;
    d->terminator = getvalue(r, t, "stop", 1);
    if ((v->kind == PK_VALUE_INT && (v->n < 0 || v->n > 255)) || (v->kind == PK_VALUE_BYTES && (v->len < 1 || v->len > 8)))
      failword(r, "stop", "byte, or 1 to 8 bytes expected");
  }
}

/* [-0, +0, e] {switch = path, [v] = case, ..., other = case}; a case is a field or a value with one. */
static void readswitch (Reader *r, int t, pk_Def *d) {
  lua_State *L = r->L;
  pk_CaseDef *cases;
  pk_Def *fields;
  uint32_t n = 0, k = 0, j;
  d->kind = PK_SWITCH;
  d->selector = getstring(r, t, "switch");
  for (lua_pushnil(L); lua_next(L, t); lua_pop(L, 1)) n++;
  if (n > 1024) failword(r, "switch", "too many cases");
  cases = (pk_CaseDef *)newblock(r, n * sizeof(*cases));
  fields = (pk_Def *)newblock(r, n * sizeof(*fields));
  d->cases = cases;
  d->fields = fields;
  if (++r->depth > PK_LAYOUT_MAXDEPTH) fail(r, "structs too deep", "");
  luaL_checkstack(L, 12, "layout too deep");
  for (lua_pushnil(L); k < n && lua_next(L, t); lua_pop(L, 1)) {
    const int isother = lua_type(L, -2) == LUA_TSTRING && strcmp(lua_tostring(L, -2), "other") == 0;
    if (!isother && !lua_isinteger(L, -2)) continue;
    cases[k].other = isother;
    cases[k].value = isother ? 0 : lua_tointeger(L, -2);
    cases[k++].field = UINT32_MAX;
  }
  d->ncases = k;
  qsort(cases, k, sizeof(*cases), byvalue);
  for (k = 0; k < d->ncases; k++) {
    if (cases[k].other)
      getword(r, t, "other");
    else
      lua_rawgeti(L, t, cases[k].value);
    if (lua_istable(L, -1)) {
      cases[k].field = (uint32_t)d->nfields;
      lua_pushnil(L);
      if (lua_next(L, -2)) {
        lua_pop(L, 2);
        readfield(r, &fields[d->nfields]);
      }
      else
        fields[d->nfields].kind = PK_STRUCT; /* {}: no field */
      d->nfields++;
      r->field = "(switch)";
    }
    lua_pop(L, 1);
  }
  for (k = 0; k < d->ncases; k++) { /* a number: as that case */
    lua_Integer as;
    if (cases[k].field != UINT32_MAX) continue;
    if (cases[k].other)
      getword(r, t, "other");
    else
      lua_rawgeti(L, t, cases[k].value);
    if (!lua_isinteger(L, -1)) failword(r, "switch", "a case is a field, or the value of another case");
    as = lua_tointeger(L, -1);
    lua_pop(L, 1);
    for (j = 0; j < d->ncases; j++)
      if (!cases[j].other && cases[j].value == as && lua_rawgeti(L, t, as) == LUA_TTABLE) {
        cases[k].field = cases[j].field;
        lua_pop(L, 1);
        break;
      }
      else if (!cases[j].other && cases[j].value == as)
        lua_pop(L, 1);
    if (cases[k].field == UINT32_MAX) failword(r, "switch", "no such case to be as");
  }
  r->depth--;
}

/* [-0, +0, e] {payload = true | layout, quoted = true} */
static void readpayload (Reader *r, int t, pk_Def *d) {
  d->kind = PK_PAYLOAD;
  if (getword(r, t, "payload") == LUA_TSTRING)
    d->upper = popstring(r, "payload");
  else {
    if (!lua_toboolean(r->L, -1)) failword(r, "payload", "true or a layout's name expected");
    lua_pop(r->L, 1);
  }
  d->quoted = getvalue(r, t, "quoted", 0).n != 0;
}

/* [-0, +0, e] Whether the table has that word. */
static int hasword (Reader *r, int t, const char *word) {
  int has = getword(r, t, word) != LUA_TNIL;
  lua_pop(r->L, 1);
  return has;
}

/* [-0, +0, e] Reads the field table on the top. */
static void readfield (Reader *r, pk_Def *d) {
  lua_State *L = r->L;
  int t = lua_gettop(L), members, element;
  const char *counts = NULL;
  pk_Words *words;
  uint64_t bytes;
  if (!lua_istable(L, t)) fail(r, "a field is a table, not a ", luaL_typename(L, t));
  d->key = getstring(r, t, "key");
  r->field = d->key != NULL ? d->key : "(no key)";
  if (d->key != NULL && d->key[0] == '\0') failword(r, "key", "empty");
  checkwords(r, t, fieldwords);
  readcond(r, t, "when", &d->when);
  d->align = (uint32_t)getsize(r, t, "align");
  if (d->align > 65536) failword(r, "align", "size out of range");
  if (hasword(r, t, "switch")) {
    readswitch(r, t, d);
    return;
  }
  if (hasword(r, t, "payload")) {
    readpayload(r, t, d);
    return;
  }
  d->fill = (uint8_t)getvalue(r, t, "fill", 0).n;
  d->peek = getvalue(r, t, "peek", 0).n != 0;
  readstop(r, t, d);
  members = lua_rawlen(L, t) > 0;
  element = hasword(r, t, "each");
  d->naliases = getstrings(r, t, "alias", &d->aliases);
  d->bits = getsize(r, t, "bits");
  bytes = getsize(r, t, "bytes");
  if (bytes > 0 && d->bits > 0) fail(r, "bits and bytes", " given");
  if (bytes > 0) d->bits = bytes * 8;
  d->format = getstring(r, t, "format");
  if (d->format != NULL && d->bits == 0 && pk_codec_find(d->format) != NULL)
    d->bits = bytes = pk_codec_find(d->format)->size * 8; /* 0: it tells its own size */
  d->kind = getkind(r, t, members, element, d);
  d->real = isfloat(r, t);
  d->bytes = bytes > 0 || (d->kind == PK_STRING && d->bits == 0);
  d->sign = getvalue(r, t, "signed", 0).n != 0;
  readcount(r, t, d, &counts);
  d->endian = getendian(r, t, &d->guess);
  words = (pk_Words *)newblock(r, sizeof(*words));
  readwords(r, t, words);
  words->counts = counts;
  d->words = words;
  if (d->kind == PK_ARRAY && d->count == 0) d->kind = PK_LIST;
  if (!pk_kind_isleaf(d->kind)) {
    const char *key = r->field;
    if (d->bits > 0 && d->kind == PK_LIST && d->bits % 8 == 0) {
      d->room = (uint32_t)(d->bits / 8);
      d->bits = 0;
    }
    if (d->bits > 0) fail(r, "a struct, union or array has no size of its own", "");
    if ((d->kind == PK_ARRAY || d->kind == PK_LIST) != element) fail(r, "word 'each' goes with an array", "");
    if ((d->kind == PK_ARRAY || d->kind == PK_LIST) == members) fail(r, "members go with a struct or union", "");
    if (++r->depth > PK_LAYOUT_MAXDEPTH) fail(r, "structs too deep", "");
    luaL_checkstack(L, 8, "layout too deep");
    if (element && getword(r, t, "each") == LUA_TSTRING)
      d->part = popstring(r, "each");
    else if (element) {
      pk_Def *one;
      lua_pop(L, 1);
      one = (pk_Def *)newblock(r, sizeof(*one));
      getword(r, t, "each");
      readfield(r, one);
      lua_pop(L, 1);
      if (one->key != NULL) fail(r, "an element has no key", "");
      d->fields = one;
      d->nfields = 1;
    }
    else
      d->nfields = readfields(r, t, &d->fields);
    r->depth--;
    r->field = key;
  }
  else if (members || element)
    fail(r, "members and elements go with a struct, union or array", "");
  else if (d->count > 0)
    fail(r, "word 'count' goes with an array", "");
}

static size_t readfields (Reader *r, int t, const pk_Def **fields) {
  size_t n = (size_t)lua_rawlen(r->L, t), k;
  pk_Def *defs;
  if (n > PK_LAYOUT_MAXFIELDS) fail(r, "too many fields", "");
  defs = (pk_Def *)newblock(r, n * sizeof(*defs));
  for (k = 0; k < n; k++) {
    lua_rawgeti(r->L, t, (lua_Integer)k + 1);
    readfield(r, &defs[k]);
    lua_pop(r->L, 1);
  }
  *fields = defs;
  return n;
}

/* [-0, +0, e] One entry of `under`: v, or {min=, max=}; the value is on the top. */
static int readrange (Reader *r, const char *space, pk_Under *u) {
  lua_State *L = r->L;
  u->space = space;
  if (lua_isinteger(L, -1)) {
    u->min = u->max = lua_tointeger(L, -1);
    return 1;
  }
  if (!lua_istable(L, -1)) failword(r, "under", "integer, set or range expected");
  {
    pk_Value min = getvalue(r, lua_gettop(L), "min", 0);
    pk_Value max = getvalue(r, lua_gettop(L), "max", 0);
    if (min.kind == PK_VALUE_NONE && max.kind == PK_VALUE_NONE) return 0;
    u->min = min.kind != PK_VALUE_NONE ? min.n : INT64_MIN;
    u->max = max.kind != PK_VALUE_NONE ? max.n : INT64_MAX;
  }
  return 1;
}

/* By space; in each as they were said, since the first value is that which is built. */
static void sort_under (pk_Under *list, uint32_t n) {
  uint32_t k, j;
  for (k = 1; k < n; k++) {
    const pk_Under one = list[k];
    for (j = k; j > 0 && strcmp(list[j - 1].space, one.space) > 0; j--) list[j] = list[j - 1];
    list[j] = one;
  }
}

/* [-0, +0, e] under = {space = v | {v, ...} | {min=, max=}} */
static void readunder (Reader *r, int t, pk_LayoutDef *def) {
  lua_State *L = r->L;
  pk_Under *list;
  int under = lua_gettop(L) + 1;
  size_t n = 0;
  if (getword(r, t, "under") == LUA_TNIL) {
    lua_pop(L, 1);
    return;
  }
  if (!lua_istable(L, under)) failword(r, "under", "table expected");
  for (lua_pushnil(L); lua_next(L, under); lua_pop(L, 1))
    n += lua_istable(L, -1) && lua_rawlen(L, -1) > 0 ? (size_t)lua_rawlen(L, -1) : 1;
  if (n > 1024) failword(r, "under", "too many values");
  list = (pk_Under *)newblock(r, n * sizeof(*list));
  def->under = list;
  for (lua_pushnil(L); lua_next(L, under); lua_pop(L, 1)) {
    const char *space;
    size_t k, m;
    lua_pushvalue(L, -2);
    space = popstring(r, "under");
    if (def->nunder == n) failword(r, "under", "table changed while read");
    if (readrange(r, space, &list[def->nunder])) {
      def->nunder++;
      continue;
    }
    m = (size_t)lua_rawlen(L, -1);
    for (k = 0; k < m; k++) {
      if (def->nunder == n) failword(r, "under", "table changed while read");
      lua_rawgeti(L, -1, (lua_Integer)k + 1);
      if (!readrange(r, space, &list[def->nunder++])) failword(r, "under", "integer expected");
      lua_pop(L, 1);
    }
  }
  lua_pop(L, 1);
  sort_under(list, def->nunder);
}

/* [-0, +0, e] link = v | {v, ...} */
static void readlinks (Reader *r, int t, pk_LayoutDef *def) {
  lua_State *L = r->L;
  int type = getword(r, t, "link"), isint;
  size_t n = type == LUA_TTABLE ? (size_t)lua_rawlen(L, -1) : type != LUA_TNIL, k;
  uint32_t *list;
  if (n > 64) failword(r, "link", "too many link types");
  list = (uint32_t *)newblock(r, n * sizeof(*list));
  for (k = 0; k < n; k++) {
    lua_Integer v;
    if (type == LUA_TTABLE)
      lua_rawgeti(L, -1, (lua_Integer)k + 1);
    else
      lua_pushvalue(L, -1);
    v = lua_tointegerx(L, -1, &isint);
    if (!isint || v < 0 || v > 0xffff) failword(r, "link", "link type expected");
    list[k] = (uint32_t)v;
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
  def->links = list;
  def->nlinks = (uint32_t)n;
}

/* [-0, +0, e] parts = {name = {fields}, ...} */
static void readparts (Reader *r, int t, pk_LayoutDef *def) {
  lua_State *L = r->L;
  int parts = lua_gettop(L) + 1;
  pk_Def *list;
  size_t n = 0;
  if (getword(r, t, "parts") == LUA_TTABLE) {
    for (lua_pushnil(L); lua_next(L, parts); lua_pop(L, 1)) n++;
    if (n > 64) failword(r, "parts", "too many parts");
    list = (pk_Def *)newblock(r, n * sizeof(*list));
    def->parts = list;
    for (lua_pushnil(L); def->nparts < n && lua_next(L, parts); lua_pop(L, 1)) {
      pk_Def *part = &list[def->nparts++];
      if (lua_type(L, -2) != LUA_TSTRING || !lua_istable(L, -1)) failword(r, "parts", "structs by name expected");
      lua_pushvalue(L, -2);
      part->key = popstring(r, "parts");
      part->kind = PK_STRUCT;
      part->align = (uint32_t)getsize(r, lua_gettop(L), "align");
      if (part->align > 65536) failword(r, "align", "size out of range");
      part->nfields = readfields(r, lua_gettop(L), &part->fields);
    }
  }
  else if (!lua_isnil(L, -1))
    failword(r, "parts", "structs by name expected");
  lua_settop(L, parts - 1);
  if (def->nparts > 1) qsort((pk_Def *)def->parts, def->nparts, sizeof(pk_Def), bykey);
}

const pk_LayoutDef *laydef_read (lua_State *L, int idx) {
  static const char *const words[] = {"name", "endian", "under", "link", "line", "when", "follow", "fragment",
                                      "parts", "stream", "about", NULL};
  Reader r = {NULL, 0, 0, "struct", NULL, 0};
  pk_LayoutDef *def;
  const char *name;
  luaL_checkstack(L, 20, "layout too deep");
  idx = lua_absindex(L, idx);
  lua_newtable(L);
  r.L = L;
  r.anchor = lua_gettop(L);
  def = (pk_LayoutDef *)newblock(&r, sizeof(*def));
  name = getstring(&r, idx, "name");
  if (name != NULL) r.layout = name;
  def->name = r.layout;
  checkwords(&r, idx, words);
  def->endian = getendian(&r, idx, NULL);
  def->line = getstring(&r, idx, "line");
  def->about = getstring(&r, idx, "about");
  readunder(&r, idx, def);
  readlinks(&r, idx, def);
  readcond(&r, idx, "when", &def->when);
  readcond(&r, idx, "follow", &def->follow);
  readcond(&r, idx, "fragment", &def->fragment);
  def->stream = getvalue(&r, idx, "stream", 0).n != 0;
  readparts(&r, idx, def);
  def->nfields = readfields(&r, idx, &def->fields);
  assert(lua_gettop(L) == r.anchor);
  return def;
}
