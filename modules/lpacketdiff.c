/*
** lpacketdiff.c: what differs between two packets, field by field.
*/
#include <stdio.h>
#include <string.h>

#include <lua.h>
#include <lauxlib.h>

#include "bits.h"
#include "llayvalue.h"
#include "lview.h"

#define MAXPATH 256
#define MAXFOUND 4096

/* Both packets are copies, which no finalizer changes; the list of differences is on the top of the stack. */
typedef struct Diff {
  lua_State *L;
  lua_Integer n;
  char path[MAXPATH];
} Diff;

/* [-0, +1, m] Pushes what a walk found, as a value; nil for NULL. */
static void push_value (lua_State *L, const pk_Walk *w) {
  size_t at, size;
  if (w == NULL) {
    lua_pushnil(L);
    return;
  }
  at = (size_t)(w->at / 8);
  size = (size_t)((w->at + w->size + 7) / 8) - at;
  if (at > w->span->len || size > w->span->len - at)
    lua_pushnil(L);
  else if (w->field->kind == PK_STRING || !pk_kind_isleaf((pk_Kind)w->field->kind))
    lua_pushlstring(L, (const char *)w->span->bytes + at, size);
  else
    layvalue_push(L, w->field, w->span->bytes + at, (unsigned)(w->at % 8));
}

static int is_number (const pk_Walk *w) {
  return w != NULL && w->field->kind <= PK_BOOLEAN && w->field->bits > 0 && w->field->codec == NULL;
}

/*
** [-0, +0, m] Notes a difference: {field, a, b, offset, bit, bits [, mask]}; `a` or `b` is NULL where it is not
** there.
*/
static void note (Diff *d, const pk_Walk *a, const pk_Walk *b) {
  lua_State *L = d->L;
  const pk_Walk *one = a != NULL ? a : b;
  if (d->n == MAXFOUND) return;
  luaL_checkstack(L, 8, NULL);
  lua_createtable(L, 0, 7);
  lua_pushstring(L, d->path);
  lua_setfield(L, -2, "field");
  push_value(L, a);
  lua_setfield(L, -2, "a");
  push_value(L, b);
  lua_setfield(L, -2, "b");
  lua_pushinteger(L, (lua_Integer)(one->at / 8));
  lua_setfield(L, -2, "offset");
  lua_pushinteger(L, (lua_Integer)(one->at % 8));
  lua_setfield(L, -2, "bit");
  lua_pushinteger(L, (lua_Integer)one->size);
  lua_setfield(L, -2, "bits");
  if (is_number(a) && is_number(b)) {
    lua_pushinteger(L, (lua_Integer)((pk_walk_number(a) ^ pk_walk_number(b)) & pk_bits_mask(one->field->bits)));
    lua_setfield(L, -2, "mask");
  }
  lua_rawseti(L, -2, ++d->n);
}

/* Extends the path by ".key" or "[n]"; returns what it was before. */
static size_t extend (Diff *d, const char *key, unsigned n) {
  const size_t len = strlen(d->path);
  if (key != NULL)
    snprintf(d->path + len, MAXPATH - len, len > 0 && key[0] != '\0' ? ".%s" : "%s", key);
  else
    snprintf(d->path + len, MAXPATH - len, "[%u]", n);
  return len;
}

static void compare (Diff *d, pk_Walk *a, pk_Walk *b, int depth);

static int same (const pk_Walk *a, const pk_Walk *b) {
  const size_t x = (size_t)(a->at / 8), y = (size_t)(b->at / 8), n = (size_t)(a->size / 8);
  if (a->field->kind <= PK_BOOLEAN && a->field->bits > 0) return pk_walk_number(a) == pk_walk_number(b);
  if (a->size != b->size) return 0;
  return x + n <= a->span->len && y + n <= b->span->len && memcmp(a->span->bytes + x, b->span->bytes + y, n) == 0;
}

/* The elements of two lists, or of one alone. */
static void compare_lists (Diff *d, const pk_Walk *a, const pk_Walk *b, int depth) {
  pk_Walk x, y;
  pk_List l, m;
  int left = 1, right = 1;
  pk_list_begin(&l, a);
  pk_list_begin(&m, b);
  for (;;) {
    size_t before;
    left = left && pk_list_next(&l, &x);
    right = right && pk_list_next(&m, &y);
    if (!left && !right) return;
    before = extend(d, NULL, left ? l.index : m.index);
    if (left && right)
      compare(d, &x, &y, depth + 1);
    else { /* the element as it is */
      pk_Walk *one = left ? &x : &y;
      one->field = (left ? a : b)->field;
      one->at = (uint64_t)(left ? l.begin : m.begin) * 8;
      one->size = ((uint64_t)(left ? l.at : m.at)) * 8 - one->at;
      note(d, left ? one : NULL, left ? NULL : one);
    }
    d->path[before] = '\0';
  }
}

/* Two walks through structs of one layout. */
static void compare (Diff *d, pk_Walk *a, pk_Walk *b, int depth) {
  int left = pk_walk_next(a), right = pk_walk_next(b);
  while (left || right) {
    const pk_Field *f = left ? a->field : b->field;
    size_t before;
    /* A field that one alone has: its turn comes first where the other goes on with a later one. */
    int onlya = left && (!right || a->field < b->field), onlyb = right && (!left || b->field < a->field);
    if (onlyb) f = b->field;
    before = extend(d, f->key, 0);
    if (f->peek)
      ;
    else if (onlya || onlyb)
      note(d, onlya ? a : NULL, onlya ? NULL : b);
    else if (f->kind == PK_LIST && depth < 12)
      compare_lists(d, a, b, depth);
    else if ((f->kind == PK_STRUCT || f->kind == PK_UNION) && depth < 12) {
      pk_Walk x, y;
      pk_walk_begin(&x, f->sub, a, a->span, a->at, a->end);
      pk_walk_begin(&y, f->sub, b, b->span, b->at, b->end);
      compare(d, &x, &y, depth + 1);
    }
    else if (!same(a, b))
      note(d, a, b);
    d->path[before] = '\0';
    if (!onlyb) left = pk_walk_next(a);
    if (!onlya) right = pk_walk_next(b);
  }
}

/* A layer that one packet alone has, or bytes that no layer claims: {field, a, b, offset, bit, bits} */
static void note_bytes (Diff *d, const char *what, const pk_Packet *a, size_t abegin, size_t aend, const pk_Packet *b,
                        size_t bbegin, size_t bend) {
  lua_State *L = d->L;
  const size_t n = aend - abegin;
  if (n == bend - bbegin && (n == 0 || memcmp(a->span.bytes + abegin, b->span.bytes + bbegin, n) == 0)) return;
  lua_createtable(L, 0, 6);
  lua_pushstring(L, what);
  lua_setfield(L, -2, "field");
  lua_pushlstring(L, (const char *)a->span.bytes + abegin, n);
  lua_setfield(L, -2, "a");
  lua_pushlstring(L, (const char *)b->span.bytes + bbegin, bend - bbegin);
  lua_setfield(L, -2, "b");
  lua_pushinteger(L, (lua_Integer)abegin);
  lua_setfield(L, -2, "offset");
  lua_pushinteger(L, 0);
  lua_setfield(L, -2, "bit");
  lua_pushinteger(L, (lua_Integer)(n > 0 ? n : bend - bbegin) * 8);
  lua_setfield(L, -2, "bits");
  lua_rawseti(L, -2, ++d->n);
}

static size_t captured (const pk_Packet *p, size_t at) {
  return at < p->span.len ? at : p->span.len;
}

/* pkt:diff(other): a list of {field, a, b, offset, bit, bits, mask}, empty when they are alike */
int lpacket_diff (lua_State *L) {
  Packet *pa = lpacket_check(L, 1), *pb;
  pk_Packet *a, *b;
  Diff d;
  uint32_t k, j;
  size_t abegin, aend, bbegin, bend;
  lua_settop(L, 2);
  pb = lpacket_check(L, 2);
  a = lpacket_pushcopy(L, pa);
  b = lpacket_pushcopy(L, pb);
  lua_newtable(L);
  d.L = L;
  d.n = 0;
  for (k = 0; k < a->nlayers && k < b->nlayers && a->layers[k].layout == b->layers[k].layout; k++) {
    unsigned n = 0;
    pk_Walk x, y;
    for (j = 0; j <= k; j++) n += a->layers[j].layout == a->layers[k].layout;
    if (n > 1)
      snprintf(d.path, MAXPATH, "%s#%u", a->layers[k].layout->name, n);
    else
      snprintf(d.path, MAXPATH, "%s", a->layers[k].layout->name);
    pk_packet_walk(a, &a->layers[k], &x);
    pk_packet_walk(b, &b->layers[k], &y);
    compare(&d, &x, &y, 0);
  }
  if (k == a->nlayers && k == b->nlayers) {
    pk_packet_payload(a, &abegin, &aend);
    pk_packet_payload(b, &bbegin, &bend);
    note_bytes(&d, "payload", a, abegin, aend, b, bbegin, bend);
    pk_packet_padding(a, &abegin, &aend);
    pk_packet_padding(b, &bbegin, &bend);
    note_bytes(&d, "padding", a, abegin, aend, b, bbegin, bend);
  }
  else { /* from here on they are of different layers */
    abegin = captured(a, k < a->nlayers ? a->layers[k].start : k > 0 ? a->layers[k - 1].hdrend : 0);
    bbegin = captured(b, k < b->nlayers ? b->layers[k].start : k > 0 ? b->layers[k - 1].hdrend : 0);
    note_bytes(&d, k < a->nlayers ? a->layers[k].layout->name : b->layers[k].layout->name, a, abegin, a->span.len, b, bbegin,
               b->span.len);
  }
  return 1;
}
