/*
** piece.h: bytes that came before those in front of them, in the order of their numbers; which go round at 2^32.
*/
#ifndef pktcraft_piece_h
#define pktcraft_piece_h

#include <stddef.h>
#include <stdint.h>

#include "api.h"

PK_BEGIN

typedef struct pk_Piece {
  struct pk_Piece *next;
  uint32_t seq; /* of the first byte */
  uint32_t len;
  uint8_t bytes[];
} pk_Piece;

#define PK_PIECE_COST (sizeof(pk_Piece) + 16) /* besides its bytes */

/* None overlaps another. All zeros is empty. */
typedef struct pk_Pieces {
  pk_Piece *first, *latest; /* in order */
  uint32_t n;
  size_t held; /* bytes, with what each piece costs */
} pk_Pieces;

/* Bytes that came twice. */
typedef struct pk_Overlap {
  uint64_t bytes, conflicts; /* those with other values the second time: how often */
} pk_Overlap;

/* How far `a` is after `b`. */
static inline int32_t pk_piece_after (uint32_t a, uint32_t b) {
  return (int32_t)(a - b);
}

PK_END

#endif
