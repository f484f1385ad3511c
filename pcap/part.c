/*
** part.c: parts of a file, each read by itself. Where a part begins is guessed: the first place from which several
** records follow one another as records do. Whoever reads the part before proves it, by ending there.
*/
#define _XOPEN_SOURCE 700
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "savefile.h"
#include "sformat.h"

#define SMALL ((size_t)1 << 15)  /* bytes in which a begin is looked for first, as many more being looked at, */
#define LARGE ((size_t)1 << 20)  /* and then: several of the longest frames */
#define WINDOWS 64               /* and how often, before nothing is found */
#define CHAIN 8                  /* records that have to follow one another */
#define YEARS ((int64_t)20 * 366 * 86400) /* seconds that frames of one file may lie apart */

typedef struct Window {
  const uint8_t *bytes;
  size_t len;
  int last; /* the file ends with it */
  int64_t seconds; /* of the file's first frame */
} Window;

/* The length of a classic record at `off`, if it looks like one; 0. */
static size_t record_at (const pk_Reader *r, const Window *w, size_t off) {
  const uint8_t *p = w->bytes + off;
  uint32_t seconds, fraction, caplen, wirelen;
  if (w->len - off < PK_PCAP_RECORD) return 0;
  seconds = pk_get32(p, r->swapped);
  fraction = pk_get32(p + 4, r->swapped);
  caplen = pk_get32(p + 8, r->swapped);
  wirelen = pk_get32(p + 12, r->swapped);
  if (fraction >= (r->precision == PK_NANO ? 1000000000u : 1000000u) || caplen > r->maxlen || wirelen > (1u << 28)) return 0;
  if (r->lengths == PK_CAPLEN_FIRST && caplen > wirelen) return 0;
  if ((int64_t)seconds - w->seconds > YEARS || w->seconds - (int64_t)seconds > YEARS) return 0;
  return (size_t)r->recordhead + caplen;
}

/* The same of a pcapng block. */
static size_t block_at (const pk_Reader *r, const Window *w, size_t off) {
  const uint8_t *p = w->bytes + off;
  uint32_t type, len;
  if (w->len - off < 12) return 0;
  type = pk_get32(p, r->swapped);
  len = pk_get32(p + 4, r->swapped);
  if (len < 12 || len % 4 != 0 || len > PK_BLOCK_MAX || type == 0 || (type > 11 && (type & 0x80000000u) == 0 && type < 0xbad)) return 0;
  if (len <= w->len - off && pk_get32(p + len - 4, r->swapped) != len) return 0;
  return len;
}

/* Whether records follow one another from `off` on. */
static int is_chain (const pk_Reader *r, const Window *w, size_t off) {
  const int isng = r->format == &pk_format_pcapng;
  int n;
  for (n = 0; n < CHAIN; n++) {
    size_t len;
    if (off == w->len) return w->last || n > 1;
    len = isng ? block_at(r, w, off) : record_at(r, w, off);
    if (len == 0) return w->len - off < 28 && !w->last && n > 1; /* the window ends in a header */
    if (len > w->len - off) return !w->last && n > 1;
    off += len;
  }
  return 1;
}

/* Reads `n` bytes at byte `at` of the capture: how many there are; -1 with r->err. */
static ptrdiff_t read_at (pk_Reader *r, uint8_t *to, size_t n, uint64_t at) {
  size_t have = 0;
  while (have < n) {
    const ssize_t got = pread(r->fd, to + have, n - have, (off_t)(r->base + at + have));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      char text[128];
      return pk_reader_error(r, at, pk_errno_text(errno, text, sizeof(text)), NULL);
    }
    if (got == 0) break;
    have += (size_t)got;
  }
  return (ptrdiff_t)have;
}

/* The same in `size` bytes from `from` on, by as many more. */
static int guess_in (pk_Reader *r, uint64_t from, uint64_t stop, size_t size, int64_t seconds, uint64_t *at) {
  const size_t step = r->format == &pk_format_pcapng ? 4 : 1;
  uint8_t *bytes = (uint8_t *)pk_realloc(NULL, 2 * size);
  ptrdiff_t got;
  int found = 0;
  if (bytes == NULL) return pk_reader_error(r, from, "not enough memory", NULL);
  got = read_at(r, bytes, 2 * size, from);
  if (got > 0) {
    Window w;
    size_t off;
    w.bytes = bytes;
    w.len = (size_t)got;
    w.last = w.len < 2 * size;
    w.seconds = seconds;
    for (off = 0; !found && off < size && off < w.len && from + off < stop; off += step)
      if (is_chain(r, &w, off)) {
        *at = from + off;
        found = 1;
      }
  }
  pk_realloc(bytes, 0);
  return got < 0 ? -1 : found;
}

/* The first place from `from` on, before `stop`, that looks like a record's begin: 1, 0 or -1. */
static int guess (pk_Reader *r, uint64_t from, uint64_t stop, int64_t seconds, uint64_t *at) {
  int k, found;
  if (r->format == &pk_format_pcapng) from = (from + 3) / 4 * 4;
  found = guess_in(r, from, stop, SMALL, seconds, at);
  for (k = 0; found == 0 && k < WINDOWS && from < stop; k++, from += LARGE) found = guess_in(r, from, stop, LARGE, seconds, at);
  return found;
}

int pk_reader_part (pk_Reader *r, uint64_t from, int known, uint64_t stop, uint64_t *at) {
  pk_Frame first;
  const uint64_t begin = pk_reader_at(r);
  int64_t seconds = 0;
  int got;
  if (!r->regular || r->pack != NULL || r->merge != NULL || r->follow != 0)
    return pk_reader_error(r, 0, "only plain files have parts", NULL);
  *at = begin;
  if (from > begin) { /* what stands before is needed too: sections and interfaces */
    r->patient = 1;
    got = pk_reader_next(r, &first);
    r->patient = 0;
    if (got <= 0) return got;
    seconds = first.raw ? (int64_t)first.seconds : first.time / 1000000000;
    *at = from;
    if (!known && (got = guess(r, from, stop, seconds, at)) <= 0) return got;
    if (lseek(r->fd, (off_t)(r->base + *at), SEEK_SET) < 0) {
      char text[128];
      return pk_reader_error(r, *at, pk_errno_text(errno, text, sizeof(text)), NULL);
    }
    r->got = *at;
    r->offset = *at;
    r->begin = r->end = 0;
    r->eof = 0;
    r->more = 0;
    r->frames = 0;
    r->ispart = 1;
  }
  r->stop = stop;
  r->regular = 0; /* it can be gone forwards in alone */
  return 1;
}

uint8_t *pk_reader_swapblock (pk_Reader *r, uint8_t *block, size_t *size) {
  uint8_t *was = r->block;
  const size_t wassize = r->size;
  if (block != NULL && *size < r->end) return block;
  if (block != NULL && r->end > 0) memcpy(block, r->block, r->end);
  if (block == NULL) r->begin = r->end = 0;
  r->block = block;
  r->size = block != NULL ? *size : 0;
  *size = wassize;
  return was;
}

static int skip_any (void *arg, const uint8_t *bytes, size_t len) {
  (void)arg;
  (void)bytes;
  (void)len;
  return 1;
}

int pk_reader_finish (pk_Reader *r, uint64_t *at) {
  pk_Frame frame;
  int got = 1;
  r->patient = 1;
  while (got > 0) {
    pk_reader_skip(r, skip_any, NULL, UINT32_MAX);
    got = pk_reader_next(r, &frame);
  }
  r->patient = 0;
  *at = pk_reader_at(r);
  return got;
}
