/*
** addrmap.h: addresses for addresses: prefixes that are moved to others, and the rest by a key so that two which
** share a prefix of n bits, and no more, share one of n bits then too. Of IPv4 that is Crypto-PAn (J. Xu, J. Fan, M. Ammar,
** S. Moon, "Prefix-Preserving IP Address Anonymization", ICNP 2002), whose rule holds for any number of bits.
*/
#ifndef pktcraft_addrmap_h
#define pktcraft_addrmap_h

#include <stddef.h>
#include <stdint.h>

#include "api.h"
#include "codec.h"

PK_BEGIN

#define PK_ADDRMAP_MAXBYTES 16 /* of an address */
#define PK_ADDRMAP_MAXRULES 1024

typedef struct pk_AddrMap pk_AddrMap;

/* A block cipher of 128 bits: enciphers `n` blocks at `from` to `to`. */
typedef void (*pk_Cipher) (void *arg, size_t n, const uint8_t *from, uint8_t *to);

typedef enum pk_AddrRule {
  PK_ADDR_KEEP, /* addresses of the prefix stay as they are */
  PK_ADDR_HOLD, /* the prefix stays, what comes after it does not */
  PK_ADDR_MOVE  /* the prefix becomes another, what comes after it stays */
} pk_AddrRule;

/* A map that leaves all as it is; NULL: no memory. With a cipher, all addresses get others, but for what rules say. */
PK_API pk_AddrMap *pk_addrmap_new (pk_Cipher cipher, void *arg, const uint8_t pad[16]);
PK_API void pk_addrmap_free (pk_AddrMap *m);

/*
** One more rule for a prefix of `len` bits; the longest that fits counts, of those the last. `to`: of MOVE, `tolen` bits
** of it take the place of the first ones. Those that are added after pk_addrmap_own count before all others. 1, or 0: no
** memory, or too many.
*/
PK_API int pk_addrmap_rule (pk_AddrMap *m, pk_AddrRule rule, pk_AddressKind kind, const uint8_t *prefix, unsigned len,
                            const uint8_t *to, unsigned tolen);

/* What is added from now on is the user's own. */
PK_API void pk_addrmap_own (pk_AddrMap *m);

/* Has addresses of IPv6 with one of IPv4 in them follow that one: ::ffff:0:0/96 and 64:ff9b::/96. 1, or 0: no memory. */
PK_API int pk_addrmap_embedded (pk_AddrMap *m);

/*
** Rules for what names no host: of IPv4 0/8, 127/8, 224/4, 240/4; of IPv6 groups, but for those that are made
** of an address (RFC 4291, section 2.7.1), and the prefix of link-local addresses; of MAC groups likewise. `::`, `::1` and
** addresses of zeros always stay. 1, or 0: no memory.
*/
PK_API int pk_addrmap_defaults (pk_AddrMap *m);

/* Whether it has a cipher. */
PK_API int pk_addrmap_keyed (const pk_AddrMap *m);

/* The kinds of addresses that may become others: 1 << kind. */
PK_API unsigned pk_addrmap_kinds (const pk_AddrMap *m);

/* The bytes of an address of that kind. */
PK_API size_t pk_address_size (pk_AddressKind kind);

/* The address that stands for another, whose bytes may be the same. */
PK_API void pk_addrmap_get (pk_AddrMap *m, pk_AddressKind kind, const uint8_t *from, uint8_t *to);

PK_END

#endif
