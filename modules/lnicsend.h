/*
** lnicsend.h: interfaces send: lnic.c.
*/
#ifndef lnicsend_h
#define lnicsend_h

#include <stdint.h>

#include <lua.h>

#include "lpcapmod.h"

/* nic:send(m), nic:sendall(source [, options]) */
int lnic_send (lua_State *L);
int lnic_sendall (lua_State *L);

/* [-0, +0, v] The open interface at `idx`, be its loop at work. */
Capture *lnic_check (lua_State *L, int idx);

/* [-0, +1, m] Pushes a MAC address as text; and a text as one: 1, or 0: it is none. */
void lnic_pushmac (lua_State *L, const uint8_t *mac);
int lnic_tomac (const char *text, uint8_t *mac);

/* [-0, +0, m] */
void lnicsend_open (lua_State *L);

#endif
