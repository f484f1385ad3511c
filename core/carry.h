/*
** carry.h: the checksums of a packet carried forward over changes of its bytes (RFC 1624): no more is read than
** what changes. So they stay right, or as wrong as they were, in fragments, in frames that are cut and in packets that
** others quote too.
*/
#ifndef pktcraft_carry_h
#define pktcraft_carry_h

#include <stddef.h>
#include <stdint.h>

#include "api.h"
#include "packet.h"

PK_BEGIN

#define PK_CARRY_MAX 32 /* sums of a packet; those of layers further out are left as they are */

/* A sum, and how its bytes are paired. */
typedef struct pk_CarrySum {
  size_t at;         /* its first byte */
  size_t begin, end; /* what it covers */
  size_t source, destination, size; /* the addresses of its pseudo-header; size 0: none */
  int64_t zero;      /* what a computed 0 is sent as, or -1 */
  uint32_t layer;
  const pk_Field *field;
  uint8_t whole;     /* one that is not carried forward: it is made anew, when it was right */
  uint8_t right;     /* of such a one: 1 right, 2 not, 0 not known */
  uint8_t touched;
  uint8_t given;     /* it was written itself: it stays as written */
  uint32_t delta;    /* the sum of all ~old + new */
} pk_CarrySum;

typedef struct pk_Carry {
  uint32_t n;
  int whole; /* how many are made anew */
  const pk_Packet *p;
  pk_CarrySum sums[PK_CARRY_MAX]; /* inner ones first */
} pk_Carry;

/* Finds the sums of a packet, which has been dissected, and stays so until the end. */
PK_API void pk_carry_begin (pk_Carry *c, pk_Packet *p);

/* To be called before and after bytes [first, last) of the frame change. A sum that is written itself stays as written. */
PK_API void pk_carry_before (pk_Carry *c, const uint8_t *bytes, size_t first, size_t last);
PK_API void pk_carry_after (pk_Carry *c, const uint8_t *bytes, size_t first, size_t last);

/* Writes the sums that follow; what has changed is forgotten then. Returns how many have other values. */
PK_API size_t pk_carry_end (pk_Carry *c, uint8_t *bytes);

/* How sum `k` depends on bytes [first, last): not at all, by words that begin at `first`, or otherwise. */
typedef enum pk_CarryHow { PK_CARRY_NOT, PK_CARRY_EVEN, PK_CARRY_ODD } pk_CarryHow;
PK_API pk_CarryHow pk_carry_how (const pk_Carry *c, uint32_t k, size_t first, size_t last);

/* Carries a delta into sum `k`: 1 when it has another value. */
PK_API int pk_carry_put (const pk_CarrySum *sum, uint8_t *bytes, uint32_t delta);

PK_END

#endif
