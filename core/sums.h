/*
** sums.h: the checksums of a packet's layers, and its lengths: verified, and made right.
*/
#ifndef pktcraft_sums_h
#define pktcraft_sums_h

#include "api.h"
#include "checksum.h"
#include "packet.h"

PK_BEGIN

typedef enum pk_Verdict {
  PK_SUM_OK,
  PK_SUM_BAD,
  PK_SUM_ABSENT,      /* the value that means "none" (UDP over IPv4) */
  PK_SUM_UNVERIFIABLE /* cut, in a fragment, quoted, of unknown addresses */
} pk_Verdict;

/* A checksum field of a layer, as it is and as it should be. */
typedef struct pk_SumCheck {
  const pk_Layer *layer;
  const pk_Field *field;
  uint64_t at;     /* its first bit */
  uint64_t is, should;
  pk_Verdict verdict;
  const char *why; /* of what is unverifiable; else NULL */
} pk_SumCheck;

/*
** The addresses that the layers below layer `k` give a pseudo-header: `size` bytes each (4 or 16).
** 1, or 0: there are none.
*/
PK_API int pk_packet_addresses (const pk_Packet *p, uint32_t k, const uint8_t **source, const uint8_t **destination,
                                size_t *size);

/* The bytes [begin, end) that the sum in field `f` at bit `at` covers; 1, or 0: not to be told. */
PK_API int pk_packet_covered (const pk_Packet *p, const pk_Layer *layer, const pk_Field *f, uint64_t at, size_t *begin,
                              size_t *end);

/*
** The checksum that belongs in field `f` at bit `at` of layer `k`, all lengths being right. 1, or 0: not to be
** told, for the reason `why`.
*/
PK_API int pk_packet_sum (const pk_Packet *p, uint32_t k, const pk_Field *f, uint64_t at, uint64_t *sum,
                          const char **why);

/*
** Checks the sums of a packet, from the link on, up to `max` of them; returns how many there are.
*/
PK_API size_t pk_packet_verify (const pk_Packet *p, pk_SumCheck *checks, size_t max);

/*
** Makes lengths and sums right in place, inner layers first: never lengths of what is cut or in a fragment,
** never quoted packets, never a sum that says there is none. Returns how many fields changed. The packet is to
** be dissected anew.
*/
PK_API size_t pk_packet_fix (pk_Packet *p, uint8_t *bytes);

/*
** Has the first `n` layers of a frame reach to its end: their lengths, and then their sums; what stands on them is left
** as it is. The packet is dissected anew. 1, or 0: a length cannot say as much.
*/
PK_API int pk_packet_refit (pk_Packet *p, const pk_Bindings *b, uint32_t n, uint8_t *bytes);

PK_END

#endif
