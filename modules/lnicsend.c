/*
** lnicsend.c: interfaces send.
*/
#include <string.h>

#include <lua.h>
#include <lauxlib.h>

#include "codec.h"
#include "lmemlib.h"
#include "lnicsend.h"
#include "lstop.h"
#include "lview.h"
#include "sender.h"

#define SENDER_META "pktcraft.sender"

void lnic_pushmac (lua_State *L, const uint8_t *mac) {
  char text[PK_CODEC_TEXT];
  const pk_Codec *codec = pk_codec_find("mac");
  lua_pushlstring(L, text, codec->format(mac, text));
}

int lnic_tomac (const char *text, uint8_t *mac) {
  return pk_codec_find("mac")->parse(text, strlen(text), mac);
}

/*
** [-0, +0, e] The bytes of the packet, string or memory at `idx`, good until the next call that may run Lua; and the time
** of a packet that has one.
*/
static const char *get_bytes (lua_State *L, int idx, size_t *len, int64_t *time, int *hastime) {
  Packet *pk = lpacket_test(L, idx);
  *time = 0;
  *hastime = 0;
  if (pk == NULL) return luamem_tostring(L, idx, len);
  if (pk->area == NULL) lpacket_makebytes(L, idx);
  *time = pk->time;
  *hastime = pk->hastime;
  *len = pk->area->len;
  return pk->area->data != NULL ? pk->area->data : "";
}

/* nic:send(m): true, or nil and a message */
int lnic_send (lua_State *L) {
  Capture *c = lnic_check(L, 1);
  pk_Sender s;
  size_t len;
  int64_t time;
  int status, hastime;
  const char *data = get_bytes(L, 2, &len, &time, &hastime);
  if (data == NULL) return luaL_typeerror(L, 2, "packet, string or memory");
  if (!c->reader.open) return luaL_error(L, "attempt to use a closed interface"); /* closed by a finalizer */
  pk_sender_init(&s, c->reader.nic, PK_PACE_NONE, 0);
  s.batch[0].data = data; /* where it lies */
  s.batch[0].len = len;
  s.n = 1;
  do status = pk_sender_flush(&s);
  while (status == PK_INTERRUPTED); /* it takes no more than a moment: no Lua runs */
  if (status == 0) {
    lua_pushboolean(L, 1);
    return 1;
  }
  luaL_pushfail(L);
  lua_pushstring(L, s.err);
  return 2;
}

/* Indices while all of a source is sent. */
enum { ALL_NIC = 1, ALL_SOURCE, ALL_SENDER };

/* [-0, +0, e] What a signal, or a finalizer, may have brought: 1: enough. */
static int has_ended (lua_State *L, const Capture *c) {
  lpcap_interrupted(L);
  if (!c->reader.open) luaL_error(L, "attempt to use a closed interface");
  return lstop_signalled() != 0;
}

/* [-0, +0, e] Sends what waits: 1; 0: enough; -1. */
static int flush (lua_State *L, const Capture *c, pk_Sender *s) {
  int status;
  if (!c->reader.open) return luaL_error(L, "attempt to use a closed interface"); /* by what was called */
  while ((status = pk_sender_flush(s)) == PK_INTERRUPTED)
    if (has_ended(L, c)) return 0;
  return status < 0 ? -1 : 1;
}

/* [-0, +0, e] The value at `idx`: 1; 0: enough; -1. */
static int send_value (lua_State *L, const Capture *c, pk_Sender *s, int idx, const char *what) {
  for (;;) {
    int64_t time;
    size_t len;
    int status, hastime;
    const char *data = get_bytes(L, idx, &len, &time, &hastime);
    if (data == NULL) luaL_error(L, "%s: packet, string or memory expected, got %s", what, luaL_typename(L, idx));
    if (!c->reader.open) luaL_error(L, "attempt to use a closed interface");
    if (!hastime && s->pace == PK_PACE_TIMES) luaL_error(L, "%s: option 'speed': a frame has no time", what);
    status = pk_sender_add(s, data, len, time);
    if (status == 0) return 1;
    if (status == -1) return -1;
    if (has_ended(L, c)) return 0;
  }
}

/* A capture's frames, those of an interface too. */
static int send_capture (lua_State *L, const Capture *c, pk_Sender *s) {
  Capture *from = lpcap_test(L, ALL_SOURCE);
  unsigned touched;
  int turn = 0;
  for (;;) {
    int status, got;
    if (s->pace != PK_PACE_NONE) lpcap_maytell(L, from); /* a block may take long, and each frame asks the clock anyway */
    if (!from->reader.open) return lpcap_closed(L, from);
    if (from->reader.nic != NULL && !from->reader.nic->ops->dirty(from->reader.nic) && (status = flush(L, c, s)) <= 0)
      return status;
    lpcap_revoke(from);
    from->touched++;
    from->reader.until = INT64_MAX; /* a hook may have read it too */
    got = pk_reader_next(&from->reader, &from->frame);
    if (got == 0) return 1;
    if (got == -1) {
      memcpy(s->err, from->reader.err, sizeof(s->err));
      return -2;
    }
    if (got == PK_INTERRUPTED) lpcap_paused(L, from);
    if (got == PK_INTERRUPTED || (++turn & 0xff) == 0)
      if (has_ended(L, c)) return 0;
    if (got <= 0) continue;
    if (!from->reader.open) return lpcap_closed(L, from);
    touched = from->touched;
    while ((status = pk_sender_add(s, from->frame.data, from->frame.caplen, from->frame.time)) == PK_INTERRUPTED) {
      lpcap_maytell(L, from);
      if (has_ended(L, c)) return 0;
      if (!from->reader.open) return lpcap_closed(L, from);
      if (from->touched != touched) return luaL_error(L, "attempt to read a capture that is being sent");
    }
    if (status < 0) return -1;
  }
}

static int send_list (lua_State *L, const Capture *c, pk_Sender *s) {
  const lua_Integer n = luaL_len(L, ALL_SOURCE);
  lua_Integer k;
  int status = 1;
  for (k = 1; status > 0 && k <= n; k++) {
    lua_geti(L, ALL_SOURCE, k);
    status = send_value(L, c, s, lua_gettop(L), "list");
    lua_pop(L, 1);
    if ((k & 0xff) == 0 && lstop_signalled()) return 0;
  }
  return status;
}

static int send_iterator (lua_State *L, const Capture *c, pk_Sender *s) {
  int status = 1;
  while (status > 0) {
    if (lstop_signalled()) return 0;
    lua_pushvalue(L, ALL_SOURCE);
    lua_call(L, 0, 1);
    if (lua_isnil(L, -1)) break;
    status = send_value(L, c, s, lua_gettop(L), "iterator");
    lua_pop(L, 1);
  }
  return status;
}

/* sendall(nic, source, sender): how many and "interrupted" or nothing; or nil, a message, and how many; may raise */
static int sendall_body (lua_State *L) {
  const Capture *c = (const Capture *)lua_touserdata(L, ALL_NIC);
  pk_Sender *s = (pk_Sender *)lua_touserdata(L, ALL_SENDER);
  int status;
  luaL_checkstack(L, 20, NULL);
  if (!c->reader.open) return luaL_error(L, "attempt to use a closed interface"); /* while options were asked for */
  if (lpcap_test(L, ALL_SOURCE) != NULL)
    status = send_capture(L, c, s);
  else if (lua_istable(L, ALL_SOURCE))
    status = send_list(L, c, s);
  else
    status = send_iterator(L, c, s);
  if (status == -2) { /* the source has failed: what came before goes out */
    char err[PK_ERRSIZE];
    memcpy(err, s->err, sizeof(err));
    if (flush(L, c, s) >= 0) memcpy(s->err, err, sizeof(err));
    status = -1;
  }
  else if (status > 0) { /* (after a signal nothing is waited for) */
    status = flush(L, c, s);
  }
  if (status < 0) {
    luaL_pushfail(L);
    lua_pushfstring(L, "%s", s->err);
    lua_pushinteger(L, (lua_Integer)s->sent);
    return 3;
  }
  lua_pushinteger(L, (lua_Integer)s->sent);
  if (status > 0 && !lstop_signalled()) return 1;
  lua_pushliteral(L, "interrupted");
  return 2;
}

/* [-0, +0, v] What paces, by the options at 3. */
static pk_Pace get_pace (lua_State *L, double *each) {
  static const char *const known[] = {"rate", "bitrate", "speed", NULL};
  static const double least = 1e-6, most = 1e15; /* rounded, where expressions have more digits (FLT_EVAL_METHOD) */
  pk_Pace pace = PK_PACE_NONE;
  int k;
  if (lua_isnoneornil(L, 3)) return pace;
  aux_checkknown(L, 3, known);
  for (k = 0; known[k] != NULL; k++) {
    lua_pushstring(L, known[k]);
    if (lua_rawget(L, 3) != LUA_TNIL) {
      if (lua_type(L, -1) != LUA_TNUMBER) luaL_error(L, "option '%s': number expected", known[k]);
      if (!(lua_tonumber(L, -1) >= least && lua_tonumber(L, -1) <= most)) luaL_error(L, "option '%s' out of range", known[k]);
      if (pace != PK_PACE_NONE) luaL_error(L, "options 'rate', 'bitrate' and 'speed' exclude each other");
      pace = (pk_Pace)(PK_PACE_FRAMES + k);
      *each = (pace == PK_PACE_TIMES ? 1 : 1e9) / lua_tonumber(L, -1);
    }
    lua_pop(L, 1);
  }
  return pace;
}

/* nic:sendall(source [, options]): see the manual */
int lnic_sendall (lua_State *L) {
  Capture *c = lnic_check(L, 1);
  pk_Sender *s;
  double each = 0;
  const pk_Pace pace = get_pace(L, &each);
  int status;
  if (lpcap_test(L, 2) == NULL && !lua_istable(L, 2) && !lua_isfunction(L, 2))
    return luaL_typeerror(L, 2, "capture, list or iterator");
  if (lua_rawequal(L, 1, 2)) return luaL_argerror(L, 2, "an interface can not send what it reads");
  if (lpcap_test(L, 2) != NULL) lpcap_free(L, lpcap_test(L, 2));
  lua_settop(L, 2);
  s = (pk_Sender *)lua_newuserdatauv(L, sizeof(*s), 0);
  pk_sender_init(s, c->reader.nic, pace, each);
  luaL_setmetatable(L, SENDER_META);
  lua_pushcfunction(L, sendall_body);
  lua_pushvalue(L, 1);
  lua_pushvalue(L, 2);
  lua_pushvalue(L, 3);
  lstop_begin();
  status = lua_pcall(L, 3, LUA_MULTRET, 0);
  if (status != LUA_OK && c->reader.open) /* what the source gave before it failed goes out */
    while (pk_sender_flush(s) == PK_INTERRUPTED && !lstop_signalled()) continue;
  lstop_end();
  pk_sender_free(s);
  if (status != LUA_OK) return lua_error(L);
  return lua_gettop(L) - 3;
}

static int sender_gc (lua_State *L) {
  pk_sender_free((pk_Sender *)luaL_checkudata(L, 1, SENDER_META));
  return 0;
}

void lnicsend_open (lua_State *L) {
  aux_newclass(L, SENDER_META, "sender");
  lua_pushcfunction(L, sender_gc);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
}
