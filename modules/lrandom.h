/*
** lrandom.h: random values for layouts, and packets with random faults, from the tables of the protocols. The
** same seed gives the same.
*/
#ifndef lrandom_h
#define lrandom_h

#include <stdint.h>

#include <lua.h>

/* splitmix64 (Steele, Lea, Flood 2014) */
static inline uint64_t lrandom_next (uint64_t *state) {
  uint64_t z = *state += 0x9e3779b97f4a7c15u;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return z ^ z >> 31;
}

/* From 0 to n - 1. */
static inline uint64_t lrandom_below (uint64_t *state, uint64_t n) {
  return n > 0 ? lrandom_next(state) % n : lrandom_next(state); /* 0: all 64 bits */
}

/* [-0, +0, v] The seed at `arg`, or one of Lua's own. */
uint64_t lrandom_seed (lua_State *L, int arg);

/* layout.random(l [, seed]): a table of values from which a builder makes a layer */
int lrandom_layout (lua_State *L);

/* pkt:fuzz([options]): a copy with faults, and a list of them: lfuzz.c */
int lrandom_fuzz (lua_State *L);

#endif
