/*
** lpcapfields.c: captures as values of fields: `for source, ttl in cap:fields("ipv4.source", "ipv4.ttl") do`. One
** crossing into C per kept frame.
*/
#include <string.h>

#include <lua.h>
#include <lauxlib.h>

#include "lmemlib.h"
#include "lpcappackets.h"

typedef enum Form { FORM_VIEW, FORM_RAW, FORM_TEXT, FORM_PACKET } Form;

/* What is given for a frame, in the order of the arguments; its state lies behind that of packets. */
typedef struct Fields {
  int n;
  int packet; /* the packet itself is among them, */
  int sieved; /* or it takes a function or BPF to choose: then the sieve comes after them */
  uint8_t forms[PK_FILTER_MAXCOLUMNS + 1];
} Fields;

/* [-0, +1, m] The name of a value, letters of flags, or its digits. */
static void push_name (lua_State *L, const pk_Column *v) {
  const pk_Words *w = v->field != NULL ? v->field->words : NULL;
  const char *list = w == NULL ? NULL : w->enumlist != NULL ? w->enumlist : w->next;
  uint32_t k;
  if (v->kind == PK_COLUMN_BOOLEAN) {
    lua_pushstring(L, v->n != 0 ? "true" : "false");
    return;
  }
  for (k = 0; w != NULL && k < w->nnames; k++)
    if ((uint64_t)w->names[k].value == v->n) {
      lua_pushstring(L, w->names[k].name);
      return;
    }
  if (w != NULL && w->letters != NULL) {
    char text[65];
    size_t n = 0;
    for (k = 0; k < 64 && w->letters[k] != '\0'; k++)
      if (v->n >> k & 1) text[n++] = w->letters[k];
    lua_pushlstring(L, text, n);
    return;
  }
  if (list != NULL) {
    const int top = lua_gettop(L);
    layreg_pushnames(L);
    if (lua_getfield(L, -1, list) == LUA_TTABLE && lua_rawgeti(L, -1, (lua_Integer)v->n) == LUA_TSTRING) {
      lua_replace(L, top + 1);
      lua_settop(L, top + 1);
      return;
    }
    lua_settop(L, top);
  }
  lua_pushinteger(L, (lua_Integer)v->n);
  lua_tostring(L, -1);
}

/* [-0, +1, m] The text of bytes shown as digits; they are copied first, since its buffer is allocated. */
static void push_digits (lua_State *L, const pk_Column *v) {
  const size_t room = 2 * v->len + 2, len = v->len;
  const pk_Codec *codec = v->codec;
  const char *copy = lua_pushlstring(L, len > 0 ? (const char *)v->bytes : "", len);
  char *buffer = (char *)lua_newuserdatauv(L, room, 0);
  pk_Text text = pk_text_begin(buffer, room);
  if (codec->print((const uint8_t *)copy, len, 0, len, &text))
    lua_pushlstring(L, buffer, text.len);
  else
    lua_pushnil(L);
  lua_replace(L, -3);
  lua_pop(L, 1);
}

/* [-0, +1, m] */
static void push_address (lua_State *L, const pk_Column *v, Form form) {
  const pk_Codec *codec = v->codec;
  char text[PK_CODEC_TEXT];
  if (form == FORM_RAW && codec->size == 4)
    lua_pushinteger(L, (lua_Integer)v->n);
  else if (form == FORM_RAW)
    lua_pushlstring(L, v->len > 0 ? (const char *)v->bytes : "", v->len);
  else if (codec->size == 0)
    push_digits(L, v);
  else
    lua_pushlstring(L, text, codec->format(v->bytes, text));
}

/* [-0, +1, m] */
static void push_column (lua_State *L, const pk_Column *v, Form form) {
  switch (v->kind) {
    case PK_COLUMN_NONE:
    case PK_COLUMN_ASK: lua_pushnil(L); break;
    case PK_COLUMN_BOOLEAN:
      if (form == FORM_TEXT)
        push_name(L, v);
      else
        lua_pushboolean(L, v->n != 0);
      break;
    case PK_COLUMN_INTEGER:
      if (form == FORM_TEXT)
        push_name(L, v);
      else
        lua_pushinteger(L, (lua_Integer)v->n);
      break;
    case PK_COLUMN_FLOAT:
      lua_pushnumber(L, (lua_Number)v->d);
      if (form == FORM_TEXT) lua_tostring(L, -1);
      break;
    case PK_COLUMN_ADDRESS: push_address(L, v, form); break;
    case PK_COLUMN_BYTES:
    case PK_COLUMN_TEXT: lua_pushlstring(L, v->len > 0 ? (const char *)v->bytes : "", v->len); break;
  }
}

/* [-0, +0, e] The next frame that is wanted: 1, 0 or -1. */
static int next_frame (lua_State *L, Packets *p, const Fields *it) {
  Capture *c = p->c;
  int takes;
  if (!it->packet && !it->sieved) {
    c->reader.until = p->until;
    return lpcap_skip(L, c, &p->own);
  }
  for (;;) {
    if (!lpackets_next(L, p)) return 0;
    if (!it->sieved) return 1;
    if (!c->there || !lpcap_loaned(c)) continue; /* what chose has moved the capture on */
    while ((takes = lsieve_takes(&p->own, c)) == SIEVE_AIM) lsieve_aim(L, &p->own, c);
    if (takes == 1) return 1;
  }
}

/* The iterator; upvalues: those of packets, and the filter that has the columns. */
static int fields_next (lua_State *L) {
  Packets *p = (Packets *)lua_touserdata(L, IT_STATE);
  const Fields *it = (const Fields *)(const void *)(p + 1);
  const Capture *c = p->c;
  const int got = next_frame(L, p, it);
  const unsigned touched = c->touched;
  pk_Column values[PK_FILTER_MAXCOLUMNS], *value = values;
  int k;
  if (got < 0) return luaL_error(L, "%s", c->reader.err);
  if (got == 0) {
    luaL_pushfail(L);
    return 1;
  }
  if (it->n > LUA_MINSTACK - 10) luaL_checkstack(L, it->n + 10, "too many fields");
  pk_filter_columns(p->own.state, values);
  for (k = 0; k < it->n; k++) {
    if (it->forms[k] == FORM_PACKET) {
      lua_pushvalue(L, IT_PACKET);
      continue;
    }
    if (value->kind == PK_COLUMN_INTEGER && it->forms[k] != FORM_TEXT) /* most of them */
      lua_pushinteger(L, (lua_Integer)value->n);
    else {
      if (c->touched != touched || !lsieve_isaimed(&p->own, c)) /* a finalizer has been here */
        return luaL_error(L, "attempt to move on a capture whose fields are being read");
      if (value->kind == PK_COLUMN_ASK) pk_filter_column(p->own.state, (uint32_t)(value - values), value);
      push_column(L, value, (Form)it->forms[k]);
    }
    value++;
  }
  return it->n;
}

/* [-0, +0..1, e] How the value named at `arg` is given; its name without that is pushed, unless it is the packet. */
static Form take_form (lua_State *L, int arg) {
  size_t len;
  const char *name = luaL_checklstring(L, arg, &len), *colon = strrchr(name, ':');
  Form form = FORM_VIEW;
  if (strcmp(name, "packet") == 0) return FORM_PACKET;
  if (colon != NULL && strcmp(colon, ":raw") == 0) form = FORM_RAW;
  if (colon != NULL && strcmp(colon, ":text") == 0) form = FORM_TEXT;
  lua_pushlstring(L, name, form != FORM_VIEW ? (size_t)(colon - name) : len);
  return form;
}

/* for a, b in cap:fields([filter,] name, ...) do */
int lpcap_fields (lua_State *L) {
  int k, top, filter, first, base, isexpression;
  Fields f;
  Filter *columns;
  Packets *p;
  lpcap_check(L, 1);
  first = lua_type(L, 2) == LUA_TSTRING ? 2 : 3;
  top = lua_gettop(L);
  luaL_argcheck(L, top >= first, first, "field expected");
  luaL_argcheck(L, top - first < PK_FILTER_MAXCOLUMNS, top, "too many fields");
  luaL_checkstack(L, 2 * (top + 16), "too many fields");
  isexpression = first == 3 && lsieve_check(L, 2);
  memset(&f, 0, sizeof(f));
  f.n = top - first + 1;
  base = top + 1;
  for (k = 0; k < f.n; k++) {
    f.forms[k] = (uint8_t)take_form(L, first + k);
    if (f.forms[k] == FORM_PACKET) f.packet = 1;
  }
  filter = lua_gettop(L) + 1;
  columns = lfilter_push(L, isexpression ? 2 : 0, -1, base, filter - base, f.forms[0] != FORM_PACKET);
  if (columns == NULL) return luaL_error(L, "%s", lua_tostring(L, -1));
  if (first == 3 && !isexpression && !lua_isnil(L, 2)) {
    f.sieved = 1;
    lua_pushvalue(L, 2);
  }
  else
    lua_pushvalue(L, filter); /* the sieve is its own, with the columns */
  p = lpackets_push(L, filter + 1, sizeof(f));
  memcpy(p + 1, &f, sizeof(f));
  if (f.sieved) p->own.filter = columns;
  lua_pushvalue(L, filter);
  lua_pushcclosure(L, fields_next, IT_UPVALUES + 1);
  return 1;
}
