/*
** lpacketedit.c: packets checked, mended, and given other layers.
*/
#include <string.h>

#include <lua.h>
#include <lauxlib.h>

#include "lbuild.h"
#include "lmemlib.h"
#include "lpkaux.h"
#include "lview.h"
#include "sums.h"

/* pkt:verify(): a list of {layer, field, verdict, why, is, should}, from the link on */
int lpacket_verify (lua_State *L) {
  static const char *const verdicts[] = {"ok", "bad", "absent", "unverifiable"};
  pk_SumCheck checks[64];
  Packet *pk = lpacket_check(L, 1);
  size_t n = pk_packet_verify(pk->p, checks, 64), k;
  if (n > 64) n = 64;
  lua_createtable(L, (int)n, 0);
  for (k = 0; k < n; k++) {
    lua_createtable(L, 0, 6);
    lua_pushstring(L, checks[k].layer->layout->name);
    lua_setfield(L, -2, "layer");
    lua_pushstring(L, checks[k].field->key);
    lua_setfield(L, -2, "field");
    lua_pushstring(L, verdicts[checks[k].verdict]);
    lua_setfield(L, -2, "verdict");
    lua_pushinteger(L, (lua_Integer)checks[k].is);
    lua_setfield(L, -2, "is");
    if (checks[k].why != NULL) {
      lua_pushstring(L, checks[k].why);
      lua_setfield(L, -2, "why");
    }
    if (checks[k].verdict <= PK_SUM_BAD) {
      lua_pushinteger(L, (lua_Integer)checks[k].should);
      lua_setfield(L, -2, "should");
    }
    lua_rawseti(L, -2, (lua_Integer)k + 1);
  }
  return 1;
}

/* pkt:fix(): the packet, and how many fields changed */
int lpacket_fix (lua_State *L) {
  Packet *pk = lpacket_check(L, 1);
  size_t n = pk_packet_fix(pk->p, (uint8_t *)pk->area->data);
  pk->fresh = 0;
  lua_settop(L, 1);
  lua_pushinteger(L, (lua_Integer)n);
  return 2;
}

/* [-0, +0, e] The place of the n-th layer of a name in the list of totable at `list`. */
static lua_Integer place_of (lua_State *L, int list, int arg) {
  const char *name = luaL_checkstring(L, arg);
  lua_Integer n = luaL_optinteger(L, arg + 1, 1), k, seen = 0;
  for (k = 1; lua_rawgeti(L, list, k) == LUA_TTABLE; k++) {
    lua_rawgeti(L, -1, 1);
    if (strcmp(lua_tostring(L, -1), name) == 0 && ++seen == n) {
      lua_pop(L, 2);
      return k;
    }
    lua_pop(L, 2);
  }
  lua_pop(L, 1);
  return luaL_error(L, "layer '%s' is not there", name);
}

#define MAXWHOLE 262144 /* bytes of frames of which not all was captured that are given other layers */

/* [-0, +1, m] Pushes the memory at the top again, without its last `n` bytes. */
static void push_cut (lua_State *L, size_t n) {
  const luamem_Area *area = luamem_toarea(L, -1);
  const size_t len = area->len > n ? area->len - n : 0;
  char *to = luamem_newalloc(L, len);
  if (len > 0 && area->len >= len) memcpy(to, area->data, len);
}

/* [-0, +0, e] How many layers the packet at 1 has up to the n-th of a name; 0: it is not there. */
static uint32_t depth_of (lua_State *L, int arg) {
  const pk_Packet *p = ((const Packet *)lua_touserdata(L, 1))->p;
  const char *name = luaL_checkstring(L, arg);
  lua_Integer n = luaL_optinteger(L, arg + 1, 1), seen = 0;
  uint32_t k;
  for (k = 0; k < p->nlayers; k++)
    if (strcmp(p->layers[k].layout->name, name) == 0 && ++seen == n) return k + 1;
  return 0;
}

/* [-1, +0, e] Gives the packet at 1 the bytes that the list on the top makes, but the last `lacking`: in a memory of its own. */
static void take_list (lua_State *L, size_t lacking) {
  Packet *pk = (Packet *)lua_touserdata(L, 1);
  const pk_Layout *first;
  size_t wirelen;
  lua_pushcfunction(L, lrecipe_list);
  lua_insert(L, -2);
  lua_call(L, 1, 1);
  lpacket_build(L, -1);
  first = ((Packet *)lua_touserdata(L, -1))->first;
  lua_getiuservalue(L, -1, UV_PACKET_MEMORY);
  wirelen = luamem_toarea(L, -1)->len;
  if (lacking > 0) push_cut(L, lacking);
  pk->area = luamem_toarea(L, -1);
  lua_setiuservalue(L, 1, UV_PACKET_MEMORY);
  pk->first = first;
  pk->edited = 1;
  pk->wirelen = lacking > 0 ? wirelen : 0;
  pk->fresh = 0;
  lua_settop(L, 1);
}

/*
** [-1, +1, e] totable(true) of the packet on the top, of `n` layers at most, `least` at least: of as many as can be built again as
** they were, since upper ones may say what is not so.
*/
static void push_exact (lua_State *L, uint32_t n, uint32_t least) {
  const int top = lua_gettop(L);
  size_t len, other;
  const char *bytes, *again;
  for (;; n--, lua_settop(L, top)) {
    lua_getfield(L, top, "totable");
    lua_pushvalue(L, top);
    lua_pushboolean(L, 1);
    lua_pushinteger(L, (lua_Integer)n);
    lua_call(L, 3, 1);
    if (n <= least) break;
    lua_pushcfunction(L, lrecipe_list);
    lua_pushvalue(L, -2);
    lua_call(L, 1, 1);
    lpacket_build(L, -1);
    lua_getiuservalue(L, top, UV_PACKET_MEMORY);
    lua_getiuservalue(L, -2, UV_PACKET_MEMORY);
    bytes = luamem_tostring(L, -2, &len);
    again = luamem_tostring(L, -1, &other);
    if (bytes != NULL && again != NULL && len == other && memcmp(bytes, again, len) == 0) {
      lua_settop(L, top + 1);
      break;
    }
  }
  lua_replace(L, top);
}

/*
** [-0, +1, e] Pushes totable(true) of the packet at 1, with zeros for what was not captured of it: how many bytes they are goes to
** `*lacking`.
*/
static void push_recipe (lua_State *L, uint32_t least, size_t *lacking) {
  const Packet *pk = (const Packet *)lua_touserdata(L, 1);
  const size_t len = pk->p->span.len, wirelen = pk->p->wirelen;
  *lacking = wirelen - len;
  if (len == wirelen)
    lua_pushvalue(L, 1);
  else {
    char *whole;
    if (wirelen > MAXWHOLE) luaL_error(L, "not all of the packet was captured");
    whole = luamem_newalloc(L, wirelen);
    memset(whole, 0, wirelen);
    if (pk->area->len >= len) memcpy(whole, pk->area->data, len); /* a finalizer may have taken some */
    lpacket_push(L, lua_gettop(L), pk->first, 0);
    lua_getiuservalue(L, 1, UV_PACKET_BINDS);
    if (!lua_isnil(L, -1)) lpacket_setbinds(L, lua_gettop(L) - 1, lua_gettop(L));
    lua_pop(L, 1);
    lua_remove(L, -2);
  }
  push_exact(L, pk->p->nlayers, least > 0 ? least : 1);
}

/* [-0, +0, e] The header of the layer at that place of the list must have been captured. */
static void check_captured (lua_State *L, lua_Integer at) {
  const pk_Packet *p = ((const Packet *)lua_touserdata(L, 1))->p;
  if (at > 0 && at <= (lua_Integer)p->nlayers && p->span.len < p->wirelen &&
      (p->layers[at - 1].hdrend > p->span.len || (p->layers[at - 1].flags & (PK_LAYER_CUT | PK_LAYER_MALFORMED))))
    luaL_error(L, "not all of the packet was captured");
}

/* pkt:insert(part [, name [, n]]): puts layers above that one, or below all; the packet */
int lpacket_insert (lua_State *L) {
  lua_Integer at = 0, n, k;
  size_t lacking;
  lpacket_check(L, 1);
  lua_settop(L, 4);
  luaL_argcheck(L, aux_test(L, 2, PACKET_META) != NULL, 2, "packet expected");
  push_recipe(L, lua_isnil(L, 3) ? 0 : depth_of(L, 3), &lacking);
  if (!lua_isnil(L, 3)) at = place_of(L, 5, 3);
  check_captured(L, at);
  n = (lua_Integer)lua_rawlen(L, 5);
  for (k = n; k > at; k--) {
    lua_rawgeti(L, 5, k);
    lua_rawseti(L, 5, k + 1);
  }
  lua_pushvalue(L, 2);
  lua_rawseti(L, 5, at + 1);
  take_list(L, lacking);
  return 1;
}

/* pkt:remove(name [, n]): takes a layer away, what it holds stays; the packet */
int lpacket_remove (lua_State *L) {
  lua_Integer at, n;
  size_t lacking;
  lpacket_check(L, 1);
  lua_settop(L, 3);
  push_recipe(L, depth_of(L, 2), &lacking);
  at = place_of(L, 4, 2);
  check_captured(L, at);
  n = (lua_Integer)lua_rawlen(L, 4);
  for (; at <= n; at++) {
    lua_rawgeti(L, 4, at + 1);
    lua_rawseti(L, 4, at);
  }
  take_list(L, lacking);
  return 1;
}

/* pkt:pad([n]): zeros after the frame up to n bytes, 60 by default, in a memory of its own; the packet */
int lpacket_pad (lua_State *L) {
  Packet *pk = lpacket_check(L, 1);
  const lua_Integer n = luaL_optinteger(L, 2, 60);
  const size_t len = pk->area->len;
  char *to;
  luaL_argcheck(L, 0 <= n && n <= 1 << 24, 2, "size out of range");
  if (pk->p->span.len < pk->p->wirelen) return luaL_error(L, "not all of the packet was captured");
  lua_settop(L, 1);
  if ((size_t)n <= len) return 1;
  to = luamem_newalloc(L, (size_t)n);
  memset(to, 0, (size_t)n);
  if (pk->area->data != NULL)
    memcpy(to, pk->area->data, pk->area->len < len ? pk->area->len : len); /* a finalizer may have taken some */
  pk->area = luamem_toarea(L, 2);
  lua_setiuservalue(L, 1, UV_PACKET_MEMORY);
  pk->edited = 1;
  pk->wirelen = 0;
  pk->fresh = 0;
  return 1;
}
