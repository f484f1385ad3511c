/*
** lpcapopt.h: options of pcapng blocks as tables: by the names of the draft (opt_comment is `comment`), or by
** code those that have none; a list where there are several.
*/
#ifndef lpcapopt_h
#define lpcapopt_h

#include <stddef.h>
#include <stdint.h>

#include <lua.h>
#include <lauxlib.h>

typedef enum OptKind {
  OPT_SECTION, OPT_INTERFACE, OPT_PACKET, OPT_OLDPACKET, OPT_NAMES, OPT_STATISTICS, OPT_OTHER
} OptKind;

/* [-0, +0, m] Sets in the table at `t` the fields that the options of `len` bytes are. */
void pcapopt_decode (lua_State *L, int t, OptKind kind, const uint8_t *options, size_t len, int swapped);

/*
** [-0, +1, v] Pushes as a string the options that the table at `t` asks for, in the order of their codes, with
** their end if there are any. Keys in `others`, a list up to NULL, are passed over; unknown ones are errors.
*/
void pcapopt_encode (lua_State *L, int t, OptKind kind, int swapped, const char *const *others);

/* [-0, +1, v] The same: options that are there, with those of the table in their places; false takes away. */
void pcapopt_merge (lua_State *L, int t, OptKind kind, const uint8_t *options, size_t len, int swapped,
                    const char *const *others);

/* [-0, +1, m] Pushes the options as a string, turned to another byte order. */
void pcapopt_turn (lua_State *L, OptKind kind, const uint8_t *options, size_t len, int from, int to);

#endif
