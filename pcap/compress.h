/*
** compress.h: gzip and zstd streams, as capture files are packed. A build may lack either.
*/
#ifndef pktcraft_compress_h
#define pktcraft_compress_h

#include <stddef.h>
#include <stdint.h>

#include "savefile.h"

/* What packs or unpacks a stream. */
typedef struct pk_Pack pk_Pack;

/* How the bytes at a file's begin are packed, and what that is called. */
pk_Packing pk_packing_of (const uint8_t *begin, size_t n);
const char *pk_packing_name (pk_Packing packing);

/* NULL with `*why`, when there is no memory, or this build lacks the library. */
pk_Pack *pk_unpack_new (pk_Packing packing, const char **why);
pk_Pack *pk_pack_new (pk_Packing packing, const char **why);

/* NULL is allowed. */
void pk_pack_free (pk_Pack *p);

/*
** Unpacks some of the `*n` bytes at `in` to `to`, which has room for `size` > 0: how many bytes came;
** `*n` becomes how many were taken. -1 with `*why`. 0 when all was taken: give it more.
*/
ptrdiff_t pk_unpack (pk_Pack *p, const uint8_t *in, size_t *n, uint8_t *to, size_t size, const char **why);

/* Whether the stream may end here: between its members. */
int pk_unpack_whole (const pk_Pack *p);

typedef enum pk_PackEnd { PK_PACK_ON, PK_PACK_FLUSH, PK_PACK_END } pk_PackEnd;

/*
** Packs some of the `*n` bytes at `in` to `to`, as above. With FLUSH, what was given can be unpacked when
** `*more` is 0; with END, the stream ends then. Until then call again.
*/
ptrdiff_t pk_pack (pk_Pack *p, pk_PackEnd end, const uint8_t *in, size_t *n, uint8_t *to, size_t size, int *more,
                   const char **why);

#endif
