/*
** lpacketshow.c: packets as text: a line, a tree, bytes. All of them work on a copy of the frame that is
** dissected anew, since making text allocates, and a finalizer may take the packet's memory away.
*/
#include <stdio.h>
#include <string.h>

#include <lua.h>
#include <lauxlib.h>

#include "bits.h"
#include "llayvalue.h"
#include "lview.h"
#include "sums.h"
#include "text.h"

#define MAXSHOWN 64       /* bytes of a string that are shown */
#define MAXELEMENTS 256   /* elements of a list that are shown */
#define MAXNEST 12
#define MAXSUMS 32        /* whose verdicts are shown */

typedef struct Show {
  lua_State *L;
  luaL_Buffer B;
  int names; /* stack index of the table of shared names */
  const pk_Packet *p;
  const Binds *binds;
  pk_SumCheck sums[MAXSUMS]; /* of a tree */
  size_t nsums;
} Show;

static void add (Show *s, const char *text) {
  luaL_addstring(&s->B, text);
}

static void addnumber (Show *s, const pk_Field *f, uint64_t n) {
  char text[32];
  if (f->sign && (int64_t)n < 0)
    snprintf(text, sizeof(text), "%lld", (long long)n);
  else
    snprintf(text, sizeof(text), "%llu", (unsigned long long)n);
  add(s, text);
}

/* A string: as text in quotes when it is printable, else in hexadecimal; cut when long. */
static void addbytes (Show *s, const uint8_t *p, size_t n) {
  size_t k, shown = n < MAXSHOWN ? n : MAXSHOWN;
  int printable = n > 0;
  char text[4];
  for (k = 0; k < shown; k++) printable = printable && 0x20 <= p[k] && p[k] < 0x7f && p[k] != '"';
  if (printable) add(s, "\"");
  for (k = 0; k < shown; k++) {
    if (printable)
      luaL_addchar(&s->B, (char)p[k]);
    else {
      snprintf(text, sizeof(text), "%02x", p[k]);
      add(s, text);
    }
  }
  if (printable) add(s, "\"");
  if (shown < n) add(s, "...");
  if (n == 0) add(s, "(empty)");
}

/* [-0, +0, m] The name of a value in a shared list; added after `before`. */
static int addshared (Show *s, const char *list, uint64_t value, const char *before) {
  lua_State *L = s->L;
  char text[128];
  int has = 0;
  if (list == NULL) return 0;
  /* The buffer may have a box on the stack, so nothing is added while the stack is higher. */
  if (lua_getfield(L, s->names, list) == LUA_TTABLE) {
    if (lua_rawgeti(L, -1, (lua_Integer)value) == LUA_TSTRING) {
      const char *name = lua_tostring(L, -1);
      size_t n = strlen(name) < sizeof(text) - 1 ? strlen(name) : sizeof(text) - 1;
      memcpy(text, name, n);
      text[n] = '\0';
      has = 1;
    }
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
  if (has) {
    add(s, before);
    add(s, text);
  }
  return has;
}

static const char *own_name (const pk_Field *f, uint64_t value) {
  const pk_Words *w = f->words;
  uint32_t low = 0, high = w != NULL ? w->nnames : 0;
  while (low < high) {
    uint32_t middle = (low + high) / 2;
    if (w->names[middle].value < (int64_t)value)
      low = middle + 1;
    else
      high = middle;
  }
  return w != NULL && low < w->nnames && w->names[low].value == (int64_t)value ? w->names[low].name : NULL;
}

/* The flags of a value: by letters, as tcpdump does, or by names. */
static int addflags (Show *s, const pk_Field *f, uint64_t value, int letters) {
  const pk_Words *w = f->words;
  uint32_t k;
  int any = 0;
  if (w == NULL || (w->letters == NULL && w->nflags == 0)) return 0;
  if (w->letters != NULL && letters) {
    for (k = 0; w->letters[k] != '\0' && k < 64; k++)
      if (value >> k & 1) {
        luaL_addchar(&s->B, w->letters[k]);
        any = 1;
      }
  }
  else
    for (k = 0; k < w->nflags; k++)
      if (w->flags[k].value >= 0 && w->flags[k].value < 64 && (value >> w->flags[k].value & 1)) {
        if (any) add(s, " ");
        add(s, w->flags[k].name);
        any = 1;
      }
  if (!any) add(s, "none");
  return 1;
}

/* The verdict on a checksum. */
static void addsum (Show *s, const pk_Walk *w) {
  char text[48];
  size_t k;
  for (k = 0; k < s->nsums && (s->sums[k].at != w->at || s->sums[k].field != w->field); k++) continue;
  if (k == s->nsums) return;
  switch (s->sums[k].verdict) {
    case PK_SUM_OK: add(s, " ok"); break;
    case PK_SUM_BAD:
      snprintf(text, sizeof(text), " bad, should be 0x%0*llx", (int)(w->field->bits + 3) / 4,
               (unsigned long long)s->sums[k].should);
      add(s, text);
      break;
    case PK_SUM_ABSENT: add(s, " absent"); break;
    case PK_SUM_UNVERIFIABLE:
      add(s, " unverifiable: ");
      add(s, s->sums[k].why);
      break;
  }
}

/* The value of the field that a walk found; `brief`: as a line has it. */
static void addvalue (Show *s, const pk_Walk *w, int brief) {
  const pk_Field *f = w->field;
  const uint8_t *p = w->span->bytes + w->at / 8;
  uint64_t value;
  if (f->kind == PK_STRING || f->codec != NULL) {
    size_t at = (size_t)(w->at / 8), size = (size_t)(w->size / 8);
    if (at > w->span->len || size > w->span->len - at) {
      add(s, "(cut)");
      return;
    }
    if (f->codec != NULL && f->codec->size > 0) {
      char text[PK_CODEC_TEXT];
      f->codec->format(p, text);
      add(s, text);
    }
    else if (f->codec != NULL && size <= 1024) {
      char text[2100];
      pk_Text t = pk_text_begin(text, sizeof(text));
      add(s, f->codec->print(w->span->bytes + w->span->message, w->span->len - w->span->message,
                             at - w->span->message, size, &t) ? text : "(malformed)");
    }
    else
      addbytes(s, p, size);
    return;
  }
  value = pk_walk_number(w);
  if (f->real) {
    char text[48];
    snprintf(text, sizeof(text), "%.14g", (double)layvalue_float(f, value));
    add(s, text);
    return;
  }
  if (f->kind == PK_BOOLEAN) {
    const char *name = own_name(f, value != 0);
    if (!brief || name == NULL) add(s, value ? "true" : "false");
    if (!brief && name != NULL) add(s, " ");
    if (name != NULL) add(s, name);
    return;
  }
  if (brief) {
    const char *name = own_name(f, value);
    if (name != NULL)
      add(s, name);
    else if (!addflags(s, f, value, 1) && !(f->words != NULL && addshared(s, f->words->enumlist, value, "")))
      addnumber(s, f, value);
    return;
  }
  if (f->words != NULL && f->words->sum != NULL) {
    char text[24];
    snprintf(text, sizeof(text), "0x%0*llx", (int)(f->bits + 3) / 4, (unsigned long long)value);
    add(s, text);
    addsum(s, w);
    return;
  }
  addnumber(s, f, value);
  if (f->words == NULL) return;
  if (own_name(f, value) != NULL) {
    add(s, " ");
    add(s, own_name(f, value));
  }
  else if (f->words->nflags > 0 || f->words->letters != NULL) {
    add(s, " ");
    addflags(s, f, value, 0);
  }
  else if (!addshared(s, f->words->enumlist, value, " ") && !addshared(s, f->words->next, value, " "))
    addshared(s, f->words->hint, value, " ");
}

/* --- a line */

/* Walks to the field of that key. */
static int find_key (pk_Walk *w, const char *key, size_t n) {
  char text[PK_LAYOUT_MAXKEY + 1];
  const pk_Field *f;
  if (n > PK_LAYOUT_MAXKEY) return 0;
  memcpy(text, key, n);
  text[n] = '\0';
  f = pk_layout_field(w->layout, text);
  return f != NULL && pk_walk_find(w, f->key);
}

/* The field of a layer, or ("list.key") of the first element of a list that has it; 1 with a walk there. */
static int find_text (pk_Packet *p, const pk_Layer *layer, const char *name, size_t n, pk_Walk *w) {
  const char *dot = (const char *)memchr(name, '.', n);
  pk_Walk outer;
  pk_List list;
  pk_packet_walk(p, layer, w);
  if (dot == NULL) return find_key(w, name, n);
  if (!find_key(w, name, (size_t)(dot - name)) || w->field->kind != PK_LIST) return 0;
  outer = *w;
  pk_list_begin(&list, &outer);
  while (pk_list_next(&list, w))
    if (find_key(w, dot + 1, n - (size_t)(dot + 1 - name))) {
      w->up = NULL; /* the walk around it goes with this call; nothing is asked of it any more */
      return 1;
    }
  return 0;
}

/* The length of the name in "{name}" or "{name!}". */
static size_t name_length (const char *at, const char *close) {
  return (size_t)(close - at) - (close > at && close[-1] == '!');
}

/* Whether a number, or all bytes of an address, are 0. */
static int is_zero (const pk_Walk *w) {
  const pk_Field *f = w->field;
  const size_t at = (size_t)(w->at / 8);
  size_t k, n = f->codec != NULL ? f->codec->size : 0;
  if (f->kind == PK_NUMBER && f->codec == NULL) return pk_walk_number(w) == 0;
  if (n == 0 || w->at % 8 != 0 || w->span->len < n || at > w->span->len - n) return 0;
  for (k = 0; k < n; k++)
    if (w->span->bytes[at + k] != 0) return 0;
  return 1;
}

/* Whether all fields named in a part of a template are there, and those with a '!' not 0. */
static int all_there (pk_Packet *p, const pk_Layer *layer, const char *at, const char *end) {
  for (; at < end; at++)
    if (*at == '{') {
      pk_Walk w;
      const char *close = (const char *)memchr(at, '}', (size_t)(end - at));
      size_t n;
      if (close == NULL) return 0;
      n = name_length(++at, close);
      if (!find_text(p, layer, at, n, &w)) return 0;
      if (at + n < close && is_zero(&w)) return 0;
    }
  return 1;
}

/* The "?}" that ends a part, or NULL. */
static const char *part_end (const char *at, const char *end) {
  for (; end - at >= 2; at++)
    if (at[0] == '?' && at[1] == '}') return at;
  return NULL;
}

/*
** The template of a layer: {field} is its value; a part {? between such marks ?} is left out when a field in
** it is not there, or one written {field!} is 0.
*/
static void addline (Show *s, pk_Packet *p, const pk_Layer *layer, const char *line, const char *end) {
  while (line < end) {
    const char *close;
    if (end - line >= 2 && line[0] == '{' && line[1] == '?' && (close = part_end(line + 2, end)) != NULL) {
      if (all_there(p, layer, line + 2, close)) addline(s, p, layer, line + 2, close);
      line = close + 2;
    }
    else if (*line == '{' && (close = (const char *)memchr(line, '}', (size_t)(end - line))) != NULL) {
      pk_Walk w;
      if (!find_text(p, layer, line + 1, name_length(line + 1, close), &w))
        add(s, "?");
      else if (pk_kind_isleaf((pk_Kind)w.field->kind))
        addvalue(s, &w, 1);
      line = close + 1;
    }
    else
      luaL_addchar(&s->B, *line++);
  }
}

/* [-0, +0, m] Begins a text; the table of names and the copy lie below it on the stack. */
static pk_Packet *begin (Show *s, lua_State *L) {
  Packet *pk = (Packet *)lua_touserdata(L, 1);
  pk_Packet *p;
  lua_settop(L, 1);
  lpacket_build(L, 1);
  layreg_pushnames(L);
  s->L = L;
  s->names = 2;
  s->nsums = 0;
  s->binds = pk->binds;
  p = lpacket_pushcopy(L, pk);
  s->p = p;
  luaL_buffinit(L, &s->B);
  return p;
}

static void addlength (Show *s, size_t n) {
  char text[48];
  snprintf(text, sizeof(text), ", length %zu", n);
  add(s, text);
}

/* The first layer with addresses of a network; else what stands on the link, or the link alone. */
static uint32_t first_shown (const pk_Packet *p) {
  uint32_t k, n;
  for (k = 0; k < p->nlayers; k++)
    for (n = 0; n < p->layers[k].layout->nfields; n++) {
      const pk_Words *w = p->layers[k].layout->fields[n].words;
      if (w != NULL && w->role != NULL && strcmp(w->role, "source") == 0) return k;
    }
  return p->nlayers > 1 ? 1 : 0;
}

/* The layers from the network on, each as its template says. */
int lpacket_tostring (lua_State *L) {
  Show s;
  pk_Packet *p = begin(&s, L);
  uint32_t k, first = first_shown(p);
  size_t from, to;
  int any = 0;
  for (k = first; k < p->nlayers; k++) {
    const pk_Layer *layer = &p->layers[k];
    if (layer->layout->line == NULL) {
      if (any) add(&s, ": ");
      add(&s, layer->layout->name);
    }
    else {
      if (any) add(&s, ": ");
      addline(&s, p, layer, layer->layout->line, layer->layout->line + strlen(layer->layout->line));
    }
    any = 1;
    if (layer->flags & PK_LAYER_MALFORMED) add(&s, " [malformed]");
    else if (layer->flags & PK_LAYER_CUT) add(&s, " [|]");
  }
  if (!any) add(&s, "bytes");
  from = p->nlayers > 0 ? p->layers[p->nlayers - 1].hdrend : 0;
  to = p->nlayers > 0 ? p->layers[p->nlayers - 1].payend : p->wirelen;
  if (to > from) addlength(&s, to - from);
  luaL_pushresult(&s.B);
  return 1;
}

/* --- a tree */

static void addindent (Show *s, int depth) {
  while (depth-- > 0) add(s, "  ");
}

static void addfields (Show *s, pk_Walk *w, int depth);

static void addlist (Show *s, const pk_Walk *w, int depth) {
  pk_Walk element;
  pk_List list;
  char text[32];
  pk_list_begin(&list, w);
  while (pk_list_next(&list, &element)) {
    if (list.index > MAXELEMENTS) {
      addindent(s, depth);
      add(s, "...\n");
      return;
    }
    if (element.layout->nfields == 1 && element.layout->fields[0].key[0] == '\0') {
      addfields(s, &element, depth);
      continue;
    }
    addindent(s, depth);
    snprintf(text, sizeof(text), "[%u]\n", (unsigned)list.index);
    add(s, text);
    addfields(s, &element, depth + 1);
  }
}

static int is_empty (const pk_Walk *w) {
  pk_Walk element;
  pk_List list;
  pk_list_begin(&list, w);
  return !pk_list_next(&list, &element);
}

/* The bytes of a field as the layout of that name. */
static void addas (Show *s, const pk_Walk *w, const char *name, int depth) {
  const pk_Layout *l = pk_bindings_find(s->binds->bindings, pk_space_hash(PK_SPACE_NAME), pk_space_hash(name));
  pk_Span span = *w->span;
  pk_Walk inner;
  if (l == NULL) return;
  span.message = (size_t)(w->at / 8);
  pk_walk_begin(&inner, l, NULL, &span, w->at, w->end);
  addfields(s, &inner, depth);
}

/* The fields that a walk passes, one a line: its offset in the frame, name, value. */
static void addfields (Show *s, pk_Walk *w, int depth) {
  while (pk_walk_next(w)) {
    const pk_Field *f = w->field;
    char text[32];
    if (f->peek) continue;
    addindent(s, depth);
    snprintf(text, sizeof(text), "%4zu ", (size_t)(w->at / 8));
    add(s, text);
    add(s, f->key[0] != '\0' ? f->key : "-");
    if (pk_kind_isleaf((pk_Kind)f->kind)) {
      add(s, " = ");
      addvalue(s, w, 0);
      add(s, "\n");
      if (f->words != NULL && f->words->layout != NULL && depth <= MAXNEST) addas(s, w, f->words->layout, depth + 1);
      continue;
    }
    add(s, f->kind == PK_LIST && is_empty(w) ? " (none)\n" : "\n");
    if (depth > MAXNEST) continue;
    if (f->kind == PK_LIST)
      addlist(s, w, depth + 1);
    else if (f->kind == PK_ARRAY) {
      uint32_t k;
      for (k = 0; k < f->count && k < MAXELEMENTS; k++) {
        pk_Walk inner;
        pk_walk_begin(&inner, f->sub, w, w->span, w->at + (uint64_t)k * f->stride, w->limit);
        addfields(s, &inner, depth + 1);
      }
    }
    else {
      pk_Walk inner;
      pk_walk_begin(&inner, f->sub, w, w->span, w->at, w->end);
      addfields(s, &inner, depth + 1);
    }
  }
}

static void addverdict (Show *s, const pk_Layer *layer) {
  if (layer->flags & PK_LAYER_MALFORMED) add(s, ", malformed");
  if (layer->flags & PK_LAYER_CUT) add(s, ", cut");
  if (layer->flags & PK_LAYER_INCOMPLETE) add(s, ", incomplete");
  if (layer->flags & PK_LAYER_QUOTED) add(s, ", quoted");
}

static void addrange (Show *s, const char *what, const pk_Packet *p, size_t from, size_t to) {
  char text[128];
  if (from >= to) return;
  snprintf(text, sizeof(text), "%s: bytes %zu to %zu (%zu)\n  %4zu ", what, from, to - 1, to - from, from);
  add(s, text);
  addbytes(s, p->span.bytes + from, to - from);
  add(s, "\n");
}

/* pkt:show(): a tree of its layers and their fields */
int lpacket_show (lua_State *L) {
  Show s;
  pk_Packet *p;
  uint32_t k;
  size_t from, to;
  lpacket_check(L, 1);
  p = begin(&s, L);
  s.nsums = pk_packet_verify(p, s.sums, MAXSUMS);
  if (s.nsums > MAXSUMS) s.nsums = MAXSUMS;
  for (k = 0; k < p->nlayers; k++) {
    const pk_Layer *layer = &p->layers[k];
    char text[96];
    pk_Walk w;
    size_t end = layer->end < p->span.len ? layer->end : p->span.len;
    add(&s, layer->layout->name);
    snprintf(text, sizeof(text), ": bytes %zu to %zu", layer->start, end > layer->start ? end - 1 : layer->start);
    add(&s, text);
    addverdict(&s, layer);
    add(&s, "\n");
    pk_packet_walk(p, layer, &w);
    addfields(&s, &w, 1);
  }
  pk_packet_payload(p, &from, &to);
  addrange(&s, "payload", p, from, to);
  pk_packet_padding(p, &from, &to);
  addrange(&s, "padding", p, from, to);
  luaL_pushresult(&s.B);
  return 1;
}

/* --- bytes */

/* What a byte belongs to. */
typedef struct Owner {
  const char *name; /* of the layer in whose header it lies, or "payload", "padding" */
  const char *colour;
} Owner;

static Owner owner (const pk_Packet *p, size_t at) {
  static const char *const colours[] = {"\033[36m", "\033[33m", "\033[32m", "\033[35m", "\033[34m", "\033[31m"};
  Owner o = {"padding", "\033[2m"};
  size_t from, to;
  uint32_t k;
  pk_packet_padding(p, &from, &to);
  if (at >= from && at < to) return o;
  for (k = p->nlayers; k-- > 0;)
    if (p->layers[k].start <= at && at < p->layers[k].hdrend) {
      o.name = p->layers[k].layout->name;
      o.colour = colours[k % (sizeof(colours) / sizeof(colours[0]))];
      return o;
    }
  o.name = "payload";
  o.colour = "";
  return o;
}

/* The `n` bytes at `at` as a line: hexadecimal, and as text. */
static void adddump (Show *s, const uint8_t *bytes, size_t at, size_t n, const char *colour) {
  char text[32];
  size_t k;
  snprintf(text, sizeof(text), "%04zx  ", at);
  add(s, text);
  add(s, colour);
  for (k = 0; k < 16; k++) {
    if (k < n)
      snprintf(text, sizeof(text), "%02x%s", bytes[at + k], k == 7 ? "  " : " ");
    else
      snprintf(text, sizeof(text), "%s", k == 7 ? "    " : "   ");
    add(s, text);
  }
  add(s, " ");
  for (k = 0; k < n; k++) {
    const uint8_t c = bytes[at + k];
    luaL_addchar(&s->B, 0x20 <= c && c < 0x7f ? (char)c : '.');
  }
}

/* pkt:hexdump([colour]): 16 bytes a line, a new line where another layer begins; layers in colours of a terminal */
int lpacket_hexdump (lua_State *L) {
  const int colour = lua_toboolean(L, 2);
  const char *last = NULL;
  size_t at = 0;
  Show s;
  pk_Packet *p;
  lpacket_check(L, 1);
  lua_settop(L, 1);
  p = begin(&s, L);
  while (at < p->span.len) {
    const Owner who = owner(p, at);
    size_t n = 1, k;
    while (n < 16 && at + n < p->span.len && owner(p, at + n).name == who.name) n++;
    adddump(&s, p->span.bytes, at, n, colour ? who.colour : "");
    if (who.name != last) {
      for (k = n < 14 ? n : n < 16 ? 14 : 15; k < 16; k++) add(&s, " "); /* most end with column 80 */
      add(&s, who.name);
      last = who.name;
    }
    if (colour && who.colour[0] != '\0') add(&s, "\033[0m");
    add(&s, "\n");
    at += n;
  }
  luaL_pushresult(&s.B);
  return 1;
}
