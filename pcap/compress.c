/*
** compress.c: gzip by zlib (RFC 1952), zstd by libzstd (RFC 8878).
*/
#include "compress.h"

#include <assert.h>
#include <string.h>

#include "alloc.h"

#if defined(PK_ZLIB)
#include <zlib.h>
#endif
#if defined(PK_LIBZSTD)
#include <zstd.h>
#endif

struct pk_Pack {
  pk_Packing packing;
  int unpacks;
  int whole; /* of what is unpacked: no member is open */
  const char *why; /* what is wrong after the bytes that came last */
#if defined(PK_ZLIB)
  z_stream z;
#endif
#if defined(PK_LIBZSTD)
  ZSTD_DStream *d;
  ZSTD_CStream *c;
#endif
};

static const struct { pk_Packing packing; const char *name, *magic; size_t len; } packings[] = {
  {PK_GZIP, "gzip", "\x1f\x8b", 2},
  {PK_ZSTD, "zstd", "\x28\xb5\x2f\xfd", 4},
};

pk_Packing pk_packing_of (const uint8_t *begin, size_t n) {
  size_t k;
  for (k = 0; k < sizeof(packings) / sizeof(packings[0]); k++)
    if (n >= packings[k].len && memcmp(begin, packings[k].magic, packings[k].len) == 0) return packings[k].packing;
  return PK_PLAIN;
}

const char *pk_packing_name (pk_Packing packing) {
  size_t k;
  for (k = 0; k < sizeof(packings) / sizeof(packings[0]); k++)
    if (packings[k].packing == packing) return packings[k].name;
  return NULL;
}

static pk_Pack *lacking (const char **why, const char *what) {
  *why = what;
  return NULL;
}

#if defined(PK_ZLIB)
static void *take (void *ud, unsigned items, unsigned size) {
  (void)ud;
  return items > 0 && size > SIZE_MAX / items ? NULL : pk_realloc(NULL, (size_t)items * size);
}

static void give (void *ud, void *block) {
  (void)ud;
  pk_realloc(block, 0);
}
#endif

static pk_Pack *new_pack (pk_Packing packing, int unpacks, const char **why) {
  pk_Pack *p;
  int good = 0;
#if !defined(PK_ZLIB)
  if (packing == PK_GZIP) return lacking(why, "gzip: this build has no zlib");
#endif
#if !defined(PK_LIBZSTD)
  if (packing == PK_ZSTD) return lacking(why, "zstd: this build has no libzstd");
#endif
  p = (pk_Pack *)pk_realloc(NULL, sizeof(*p));
  if (p == NULL) return lacking(why, "not enough memory");
  memset(p, 0, sizeof(*p));
  p->packing = packing;
  p->unpacks = unpacks;
  p->whole = 1;
#if defined(PK_ZLIB)
  if (packing == PK_GZIP) {
    p->z.zalloc = take;
    p->z.zfree = give;
    good = unpacks ? inflateInit2(&p->z, 15 + 16) == Z_OK
                   : deflateInit2(&p->z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK;
  }
#endif
#if defined(PK_LIBZSTD)
  if (packing == PK_ZSTD) {
    if (unpacks)
      p->d = ZSTD_createDStream();
    else
      p->c = ZSTD_createCStream();
    good = p->d != NULL || p->c != NULL;
  }
#endif
  if (good) return p;
  pk_pack_free(p);
  return lacking(why, "not enough memory");
}

pk_Pack *pk_unpack_new (pk_Packing packing, const char **why) {
  return new_pack(packing, 1, why);
}

pk_Pack *pk_pack_new (pk_Packing packing, const char **why) {
  return new_pack(packing, 0, why);
}

void pk_pack_free (pk_Pack *p) {
  if (p == NULL) return;
#if defined(PK_ZLIB)
  if (p->packing == PK_GZIP && p->unpacks) inflateEnd(&p->z);
  if (p->packing == PK_GZIP && !p->unpacks) deflateEnd(&p->z);
#endif
#if defined(PK_LIBZSTD)
  ZSTD_freeDStream(p->d);
  ZSTD_freeCStream(p->c);
#endif
  pk_realloc(p, 0);
}

int pk_unpack_whole (const pk_Pack *p) {
  return p->whole;
}

#if defined(PK_ZLIB)
#define ZMAX ((size_t)1 << 30) /* what is given to zlib at once: its lengths are unsigned ints */

static void give_zlib (z_stream *z, const uint8_t *in, size_t n, uint8_t *to, size_t size) {
  z->next_in = (Bytef *)(uintptr_t)in; /* which zlib does not write */
  z->avail_in = (uInt)(n < ZMAX ? n : ZMAX);
  z->next_out = to;
  z->avail_out = (uInt)(size < ZMAX ? size : ZMAX);
}

static ptrdiff_t unpack_gzip (pk_Pack *p, const uint8_t *in, size_t *n, uint8_t *to, size_t size) {
  int status;
  if (p->whole && *n > 0) { /* another member, or zeros that pad the file */
    if (in[0] == 0) {
      size_t k = 0;
      while (k < *n && in[k] == 0) k++;
      *n = k;
      return 0;
    }
    inflateReset(&p->z);
    p->whole = 0;
  }
  give_zlib(&p->z, in, *n, to, size);
  status = inflate(&p->z, Z_NO_FLUSH);
  *n = (size_t)(p->z.next_in - in);
  if (status == Z_STREAM_END)
    p->whole = 1;
  else if (status != Z_OK && status != Z_BUF_ERROR)
    p->why = status == Z_MEM_ERROR ? "not enough memory" : p->z.msg != NULL ? p->z.msg : "data error";
  return p->z.next_out - to;
}
#endif

#if defined(PK_LIBZSTD)
static ptrdiff_t unpack_zstd (pk_Pack *p, const uint8_t *in, size_t *n, uint8_t *to, size_t size) {
  ZSTD_inBuffer from = {in, *n, 0};
  ZSTD_outBuffer out = {to, size, 0};
  const size_t left = ZSTD_decompressStream(p->d, &out, &from);
  *n = from.pos;
  if (ZSTD_isError(left))
    p->why = ZSTD_getErrorName(left);
  else if (from.pos > 0 || out.pos > 0)
    p->whole = left == 0;
  return (ptrdiff_t)out.pos;
}
#endif

ptrdiff_t pk_unpack (pk_Pack *p, const uint8_t *in, size_t *n, uint8_t *to, size_t size, const char **why) {
  ptrdiff_t got = 0;
  assert(p->unpacks && size > 0);
  if (p->why == NULL) {
#if defined(PK_ZLIB)
    if (p->packing == PK_GZIP) got = unpack_gzip(p, in, n, to, size);
#endif
#if defined(PK_LIBZSTD)
    if (p->packing == PK_ZSTD) got = unpack_zstd(p, in, n, to, size);
#endif
  }
  (void)in, (void)n, (void)to;
  *why = p->why;
  return got > 0 || p->why == NULL ? got : -1; /* what came before the error first */
}

ptrdiff_t pk_pack (pk_Pack *p, pk_PackEnd end, const uint8_t *in, size_t *n, uint8_t *to, size_t size, int *more,
                   const char **why) {
  assert(!p->unpacks && size > 0);
#if defined(PK_ZLIB)
  if (p->packing == PK_GZIP) {
    static const int how[] = {Z_NO_FLUSH, Z_SYNC_FLUSH, Z_FINISH};
    int status;
    give_zlib(&p->z, in, *n, to, size);
    status = deflate(&p->z, how[end]);
    if (status != Z_OK && status != Z_BUF_ERROR && status != Z_STREAM_END) {
      *why = "gzip failed";
      return -1;
    }
    *n = (size_t)(p->z.next_in - in);
    *more = end == PK_PACK_END ? status != Z_STREAM_END : p->z.avail_out == 0;
    return p->z.next_out - to;
  }
#endif
#if defined(PK_LIBZSTD)
  if (p->packing == PK_ZSTD) {
    static const ZSTD_EndDirective how[] = {ZSTD_e_continue, ZSTD_e_flush, ZSTD_e_end};
    ZSTD_inBuffer from = {in, *n, 0};
    ZSTD_outBuffer out = {to, size, 0};
    const size_t left = ZSTD_compressStream2(p->c, &out, &from, how[end]);
    if (ZSTD_isError(left)) {
      *why = ZSTD_getErrorName(left);
      return -1;
    }
    *n = from.pos;
    *more = end == PK_PACK_ON ? 0 : left > 0;
    return (ptrdiff_t)out.pos;
  }
#endif
  (void)in, (void)n, (void)to, (void)more, (void)end;
  *why = "not packed";
  return -1;
}
