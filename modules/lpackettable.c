/*
** lpackettable.c: packets as Lua tables, from which they are built again: of every layer its fields, and the
** bytes that nobody named.
*/
#include <string.h>

#include <lua.h>
#include <lauxlib.h>

#include "llayvalue.h"
#include "lview.h"
#include "ops.h"
#include "sums.h"

typedef struct Table {
  lua_State *L;
  pk_Packet *p;  /* a copy, which no finalizer changes */
  int recipe;    /* what would be automatic is left out */
  uint32_t layer;
} Table;

static void put_fields (Table *t, pk_Walk *w, int depth);

/* Whether a number that tells its own size is written as building would write it. */
static int shortest (const pk_Walk *w) {
  const size_t at = (size_t)(w->at / 8), size = (size_t)(w->size / 8);
  char digits[24];
  uint8_t again[16];
  pk_Text text = pk_text_begin(digits, sizeof(digits));
  pk_text_num(&text, pk_walk_number(w));
  return w->field->codec->write(digits, text.len, again, sizeof(again)) == size && memcmp(again, w->span->bytes + at, size) == 0;
}

/* Whether a switch of the same struct asks a field: then it tells a case, which without it may be another. */
static int tells_case (const pk_Layout *l, const pk_Field *f) {
  uint32_t k;
  for (k = 0; f->slot > 0 && k < l->nops; k++)
    if (l->ops[k].code == PK_OP_SWITCH && ((const pk_Switch *)l->ops[k].p)->up == 0 &&
        ((const pk_Switch *)l->ops[k].p)->field->key == f->key)
      return 1;
  return 0;
}

/* Whether the list at which a walk stands has `n` elements. */
static int counts_all (const pk_Walk *w, uint64_t n) {
  pk_Walk element;
  pk_List list;
  uint64_t have = 0;
  if (w->field->kind != PK_LIST) return 1;
  pk_list_begin(&list, w);
  while (have <= n && pk_list_next(&list, &element)) have++;
  return have == n;
}

/* Whether a field would come out as it is when it is not given. */
static int automatic (const Table *t, const pk_Walk *w) {
  const pk_Field *f = w->field;
  const pk_Words *words = f->words;
  uint32_t k;
  if (pk_field_tells(f) && !shortest(w)) return 0;
  if (words == NULL || (f->kind != PK_NUMBER && !pk_field_tells(f))) return 0;
  if (t->p->layers[t->layer].flags & (PK_LAYER_PART | PK_LAYER_INCOMPLETE) && (words->sum != NULL || f->acts != 0))
    return 0; /* of a whole that is not here */
  if (words->sum != NULL) {
    uint64_t sum;
    const char *why;
    return pk_packet_sum(t->p, t->layer, f, w->at, &sum, &why) && sum == pk_walk_number(w);
  }
  if (words->initial.kind != PK_VALUE_NONE || (words->nlength > 0 && tells_case(w->layout, f))) return 0;
  if (words->counts != NULL) { /* where its list is not there it counts nothing */
    pk_Walk rest = *w;
    if (pk_walk_number(w) == 0) return 1;
    while (pk_walk_next(&rest))
      if (strcmp(rest.field->key, words->counts) == 0) return counts_all(&rest, pk_walk_number(w));
    return 0;
  }
  if (words->nlength > 0 && w->up != NULL) { /* of what goes on elsewhere, as in another segment */
    pk_Walk rest = *w;
    pk_walk_end(&rest);
    if (rest.past) return 0;
  }
  if (words->nlength > 0)
    return words->open.kind == PK_VALUE_NONE || pk_walk_number(w) != (uint64_t)words->open.n;
  if (words->next != NULL && w->up == NULL && f->placed && t->layer + 1 < t->p->nlayers) { /* else it may tell a case */
    const pk_Layout *upper = t->p->layers[t->layer + 1].layout;
    for (k = 0; k < upper->nunder; k++)
      if (strcmp(upper->under[k].space, words->next) == 0 && upper->under[k].min == upper->under[k].max)
        return (uint64_t)upper->under[k].min == pk_walk_number(w);
  }
  return 0;
}

/* [-0, +1, m] Pushes bytes [at, at + n), as far as captured. */
static void push_bytes (Table *t, size_t at, size_t n) {
  const pk_Span *span = &t->p->span;
  if (at > span->len) at = span->len;
  if (n > span->len - at) n = span->len - at;
  lua_pushlstring(t->L, (const char *)span->bytes + at, n);
}

/* [-0, +1, m] A text whose bytes are not those that writing it would give: they go along as a memory. */
static void push_text (Table *t, const pk_Walk *w) {
  const pk_Codec *codec = w->field->codec;
  const size_t at = (size_t)(w->at / 8), size = (size_t)(w->size / 8);
  const uint8_t *bytes = w->span->bytes;
  char *text;
  uint8_t *again;
  pk_Text out;
  if (at > w->span->len || size > w->span->len - at) { /* cut */
    const size_t have = at < w->span->len ? w->span->len - at : 0;
    memcpy(luamem_newalloc(t->L, have), bytes + w->span->len - have, have);
    return;
  }
  text = (char *)lua_newuserdatauv(t->L, 2 * size + 1200, 0);
  again = (uint8_t *)lua_newuserdatauv(t->L, size + 300, 0);
  out = pk_text_begin(text, 2 * size + 1200);
  if (codec->print(bytes + w->span->message, w->span->len - w->span->message, at - w->span->message, size, &out) &&
      codec->write(text, out.len, again, size + 300) == size && memcmp(again, bytes + at, size) == 0)
    lua_pushlstring(t->L, text, out.len);
  else
    memcpy(luamem_newalloc(t->L, size), bytes + at, size);
  lua_replace(t->L, -3);
  lua_pop(t->L, 1);
}

/* [-0, +1, m] The value of the field that a walk found. */
static void push_field (Table *t, pk_Walk *w, int depth) {
  lua_State *L = t->L;
  const pk_Field *f = w->field;
  luaL_checkstack(L, 10, "packet too deep");
  if (f->kind == PK_STRING && f->codec != NULL && f->codec->size == 0)
    push_text(t, w);
  else if (f->kind == PK_STRING && f->codec == NULL)
    push_bytes(t, (size_t)(w->at / 8), (size_t)(w->size / 8));
  else if (pk_kind_isleaf((pk_Kind)f->kind))
    layvalue_push(L, f, w->span->bytes + w->at / 8, (unsigned)(w->at % 8));
  else if (f->kind == PK_LIST || f->kind == PK_ARRAY) {
    const int wrapped = f->sub->nfields == 1 && f->sub->fields[0].key[0] == '\0';
    pk_Walk element;
    pk_List list;
    uint32_t n = 0;
    int ends = 0; /* in the middle of an element */
    lua_newtable(L);
    if (f->kind == PK_LIST) pk_list_begin(&list, w);
    for (;;) {
      if (f->kind == PK_LIST) {
        if (!pk_list_next(&list, &element)) break;
      }
      else if (n < f->count)
        pk_walk_begin(&element, f->sub, w, w->span, w->at + (uint64_t)n * f->stride, w->limit);
      else
        break;
      n++;
      if (wrapped) {
        if (!pk_walk_next(&element)) break;
        push_field(t, &element, depth + 1);
      }
      else {
        lua_newtable(L);
        put_fields(t, &element, depth + 1);
        ends = f->kind == PK_LIST && element.own == PK_WALK_NONE && (element.cut || (element.wrong & PK_WRONG_SHORT));
        if (ends) {
          const size_t from = (size_t)(element.bit / 8);
          push_bytes(t, from, w->end > from ? w->end - from : 0);
          lua_setfield(L, -2, "rest");
        }
        if (f->kind == PK_LIST && element.own != PK_WALK_NONE && element.own > (size_t)((element.bit + 7) / 8)) {
          push_bytes(t, (size_t)((element.bit + 7) / 8), element.own - (size_t)((element.bit + 7) / 8));
          lua_setfield(L, -2, "rest");
        }
      }
      lua_rawseti(L, -2, n);
      if (ends) break;
    }
    if (f->kind == PK_LIST && !ends && list.at < w->end) { /* padding that a stop leaves */
      push_bytes(t, list.at, w->end - list.at);
      lua_setfield(L, -2, "rest");
    }
  }
  else {
    pk_Walk inner;
    pk_walk_begin(&inner, f->sub, w, w->span, w->at, w->end);
    lua_newtable(L);
    if (depth < 16) put_fields(t, &inner, depth + 1);
  }
}

/* [-0, +0, m] Puts the fields that a walk passes into the table on the top. */
static void put_fields (Table *t, pk_Walk *w, int depth) {
  while (pk_walk_next(w)) {
    const pk_Field *f = w->field;
    if (f->peek || (t->recipe && automatic(t, w))) continue;
    push_field(t, w, depth);
    lua_setfield(t->L, -2, f->key);
  }
}

static int is_short (const pk_Layer *layer) {
  return (layer->limit - layer->start) * 8 < layer->layout->bits;
}

/* pkt:totable([recipe]): {{name, fields}, ..., payload}; with `recipe`, without what is automatic */
int lpacket_totable (lua_State *L) {
  Packet *pk = lpacket_check(L, 1);
  Table t;
  uint32_t k;
  size_t from, to;
  uint32_t layers; /* no more than so many, for insert and remove; 0: all */
  t.L = L;
  t.recipe = lua_toboolean(L, 2);
  layers = (uint32_t)lua_tointeger(L, 3);
  lua_settop(L, 1);
  t.p = lpacket_pushcopy(L, pk);
  /* Building would fill up a last layer that is short of its own fields: it is what the one below carries. */
  if (layers > 0 && t.p->nlayers > layers) t.p->nlayers = layers;
  while (t.recipe && t.p->nlayers > 1 && is_short(&t.p->layers[t.p->nlayers - 1])) t.p->nlayers--;
  lua_createtable(L, (int)t.p->nlayers + 1, 0);
  for (k = 0; k < t.p->nlayers; k++) {
    const pk_Layer *layer = &t.p->layers[k];
    pk_Walk w;
    size_t passed;
    t.layer = k;
    lua_createtable(L, 2, 0);
    lua_pushstring(L, layer->layout->name);
    lua_rawseti(L, -2, 1);
    lua_newtable(L);
    pk_packet_walk(t.p, layer, &w);
    put_fields(&t, &w, 0);
    passed = w.hdrend != PK_WALK_NONE ? w.paystands : (size_t)((w.bit + 7) / 8);
    if (w.cut || (w.wrong & PK_WRONG_SHORT)) { /* what is left of a field that is not whole */
      passed = (size_t)(w.bit / 8);
      push_bytes(&t, passed, layer->hdrend > passed ? layer->hdrend - passed : 0); /* (else it is the payload) */
      lua_setfield(L, -2, "rest");
    }
    else if (passed < layer->hdrend) {
      push_bytes(&t, passed, layer->hdrend - passed);
      lua_setfield(L, -2, "rest");
    }
    if (layer->end < layer->limit) {
      push_bytes(&t, layer->end, layer->limit - layer->end);
      if (lua_rawlen(L, -1) > 0) lua_setfield(L, -2, "tail");
      else lua_pop(L, 1);
    }
    lua_rawseti(L, -2, 2);
    lua_rawseti(L, -2, (lua_Integer)k + 1);
  }
  pk_packet_payload(t.p, &from, &to);
  if (to > from) {
    push_bytes(&t, from, to - from);
    lua_rawseti(L, -2, (lua_Integer)t.p->nlayers + 1);
  }
  return 1;
}
