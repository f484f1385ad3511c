/*
** lpcapout.h: what the outputs of module `pktcraft.pcap` are, and what copying (lpcapcopy.c) shares with writing.
*/
#ifndef lpcapout_h
#define lpcapout_h

#include <lua.h>
#include <lauxlib.h>

#include "lpcapmod.h"
#include "lview.h"
#include "writer.h"

/*
** An output is in the list of those that are flushed when the process exits, as files are. The userdata
** holds its address, or NULL when it was collected. What is made while its state closes Lua frees without
** a finalizer: the state's sentinel, older than all outputs, closes it, and lets no more be made.
*/
typedef struct Output {
  pk_Writer writer;
  struct Output *next, **link; /* link == NULL: not in the list */
  struct Output **box;         /* the userdata */
  const void *state;           /* its registry, which tells states apart */
  const Packet *last;          /* the packet written last, a user value of the userdata; or NULL */
  int samehead;                /* the header is a capture's, be its snapshot length a lie */
  const Capture *like;         /* that a pcapng file mirrors, a user value; or NULL */
  uint32_t section, interface; /* its section that was begun last, and its interface to come next */
  /* While it copies a capture: that one's interface that was asked for last, and which of the output's is like it. */
  const Capture *from;         /* or NULL: none is known */
  uint32_t frominterface, tointerface, known; /* `known`: of how many interfaces that holds */
  struct Copy *copy;           /* what copies to it, and may keep frames back; or NULL: see lpcapcopy.c */
} Output;

/* User values of outputs: the packet written last, the capture that it is like. */
enum { UV_OUTPUT_LAST = 1, UV_OUTPUT_LIKE };

/* [-0, +0, v] The output at `idx`, open; upvalue 1 of its methods. */
Output *pcapout_check (lua_State *L, int idx);

/* Whether the frame that the capture lends can go out as the block or record that it is. */
int pcapout_goesasis (const Output *o, const Capture *c);

/* Writes what of a pcapng capture, that the output mirrors, comes before byte `at` of its file. 0 or -1. */
int pcapout_mirror (Output *o, const Capture *c, uint32_t section, uint64_t at);

/* [-0, +k, e] Writes the arguments m, time, wirelen, options at 2 to 5, m being packet `pk` or another thing. */
int pcapout_write (lua_State *L, Output *o, Packet *pk);

/* What a copy that is under way keeps back goes out before what is written now. */
void pcapout_flushcopy (Output *o);

/* [-0, +0, -] Whether there is an output at `idx`. */
int pcapout_is (lua_State *L, int idx);

/*
** join(out, cap, part): writes what capture `part` has, a file with the header, or the section and interfaces, of `cap`
** (or nil): true, or nil and a message.
*/
int pcapout_join (lua_State *L);

/* out:copy(cap [, filter]): how many frames; or nil and a message */
int pcapout_copy (lua_State *L);

#endif
