/*
** savefile.c: reading capture files in blocks. The format is known by the first bytes, never by name.
*/
#define _POSIX_C_SOURCE 200809L
#include "savefile.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "compress.h"
#include "alloc.h"
#include "nic.h"
#include "sformat.h"

#define PACKED_SIZE ((size_t)64 * 1024) /* what is read at once of a packed file */
#define PIPE_SIZE ((size_t)64 * 1024)   /* what a pipe holds */
#define FOLLOW_STEP 20000000            /* ns between looks at a file that grows */

static const pk_Format *const formats[] = {&pk_format_pcap, &pk_format_pcapng};

const char *pk_decimal (char text[24], uint64_t n) {
  pk_Text t = pk_text_begin(text, 24);
  pk_text_num(&t, n);
  return text;
}

uint32_t pk_snaplen_max (uint32_t linktype) {
  switch (linktype) {
    case 189: case 220: case 249: case 288: /* USB */
    case 231:                               /* D-Bus */
      return PK_SNAPLEN_USB;
    default: return PK_SNAPLEN_MAX;
  }
}

int pk_reader_error (pk_Reader *r, uint64_t at, ...) {
  pk_Text t = pk_text_begin(r->err, sizeof(r->err));
  const char *part;
  va_list parts;
  pk_text_add(&t, r->name);
  if (r->format != NULL) {
    if (!r->ispart) {
      pk_text_add(&t, ": frame ");
      pk_text_num(&t, r->frames + 1);
    }
    pk_text_add(&t, r->ispart ? ": frame at byte " : " at byte ");
    pk_text_num(&t, at);
    if (r->pack != NULL) pk_text_add(&t, " (unpacked)");
  }
  pk_text_add(&t, ": ");
  va_start(parts, at);
  while ((part = va_arg(parts, const char *)) != NULL) pk_text_add(&t, part);
  va_end(parts);
  r->failed = 1;
  return -1;
}

static int system_error (pk_Reader *r, int code) {
  char text[128];
  return pk_reader_error(r, pk_reader_at(r), pk_errno_text(code, text, sizeof(text)), NULL);
}

void pk_reader_init (pk_Reader *r) {
  memset(r, 0, sizeof(*r));
  r->fd = -1;
  r->stop = UINT64_MAX;
  r->until = INT64_MAX;
}

void pk_reader_close (pk_Reader *r) {
  uint32_t k;
  if (r->moving != NULL) r->moving(r->watcher);
  r->moving = NULL;
  r->passing = NULL;
  r->watch = NULL;
  if (r->fd >= 0 && r->ownfd) close(r->fd);
  r->fd = -1;
  r->stop = UINT64_MAX;
  r->open = 0;
  pk_merge_free(r->merge);
  r->merge = NULL;
  if (r->nic != NULL) r->nic->ops->close(r->nic);
  r->nic = NULL;
  pk_pack_free(r->pack);
  r->pack = NULL;
  pk_realloc(r->packed, 0);
  r->packed = NULL;
  pk_realloc(r->block, 0);
  r->block = NULL;
  for (k = 0; k < r->ninterfaces; k++) pk_realloc(r->interfaces[k].block, 0);
  pk_realloc(r->interfaces, 0);
  r->interfaces = NULL;
  r->ninterfaces = 0;
  for (k = 0; k < r->nsections; k++) pk_realloc(r->sections[k].block, 0);
  pk_realloc(r->sections, 0);
  r->sections = NULL;
  r->nsections = 0;
  pk_realloc(r->marks, 0);
  r->marks = NULL;
  r->nmarks = 0;
  r->size = r->begin = r->end = 0;
}

/* --- bytes */

/* Whether reading stops for somebody to be told how far it is. */
static inline int is_watched (const pk_Reader *r) {
  return r->watch != NULL && !r->patient;
}

/* After a read that found the end of a file that is followed: 1 to try again, 0: enough, -1, or PK_INTERRUPTED. */
static int wait_for_more (pk_Reader *r) {
  struct timespec step = {0, FOLLOW_STEP};
  struct stat st;
  char a[24], b[24];
  if (!r->regular || r->follow == 0 || (r->follow > 0 && r->waited >= r->follow)) return 0;
  if (fstat(r->fd, &st) == 0 && (uint64_t)st.st_size < r->base + r->got)
    return pk_reader_error(r, pk_reader_at(r), "the file has shrunk to ", pk_decimal(a, (uint64_t)st.st_size),
                           " bytes, of which ", pk_decimal(b, r->base + r->got), " were read", NULL);
  if (nanosleep(&step, NULL) < 0 && errno == EINTR && !r->patient) return PK_INTERRUPTED;
  r->waited += FOLLOW_STEP;
  return is_watched(r) && pk_watch_isdue(r->watch) ? PK_INTERRUPTED : 1;
}

/* Reads up to `n` bytes of the file: how many; 0 at its end; -1; PK_INTERRUPTED. */
static ptrdiff_t read_file (pk_Reader *r, uint8_t *to, size_t n) {
  for (;;) {
    ssize_t got;
    int status;
    if (!r->regular && !r->flows && is_watched(r) && (status = pk_watch_wait(r->watch, r->fd)) < 0) return status;
    got = read(r->fd, to, n);
    if (got > 0) {
      r->flows = (size_t)got >= PIPE_SIZE;
      r->got += (uint64_t)got;
      r->waited = 0;
      return got;
    }
    if (got < 0 && errno == EINTR && r->patient) continue;
    if (got < 0 && errno == EINTR) return PK_INTERRUPTED;
    if (got < 0) return system_error(r, errno);
    if ((status = wait_for_more(r)) <= 0) return status;
  }
}

/* The same, unpacked. */
static ptrdiff_t read_unpacked (pk_Reader *r, uint8_t *to, size_t size) {
  const char *why = NULL;
  for (;;) {
    size_t n = r->packedend - r->packedbegin;
    ptrdiff_t got = pk_unpack(r->pack, r->packed + r->packedbegin, &n, to, size, &why);
    if (got < 0) return pk_reader_error(r, pk_reader_at(r), "bad ", pk_packing_name(r->packing), " data: ", why, NULL);
    r->packedbegin += n;
    if (got > 0) return got;
    if (r->packedbegin < r->packedend) {
      if (n > 0) continue;
      return pk_reader_error(r, pk_reader_at(r), "bad ", pk_packing_name(r->packing),
                             " data: it does not go on", NULL);
    }
    got = read_file(r, r->packed, PACKED_SIZE);
    if (got < 0) return got;
    if (got == 0 && pk_unpack_whole(r->pack)) return 0;
    if (got == 0) return pk_reader_error(r, pk_reader_at(r), pk_packing_name(r->packing),
                                         " data cut in the middle", NULL);
    r->packedbegin = 0;
    r->packedend = (size_t)got;
  }
}

/* Whether a block has taken so long that somebody was to be told meanwhile: larger ones would be told of too late. */
static int is_slow (const pk_Reader *r) {
  return r->watch != NULL && r->watch->stopped && r->watch->each > 0;
}

/* Room to read on, after what has not been passed, which moves to the front of the block. */
static int make_room (pk_Reader *r) {
  if (r->moving != NULL) r->moving(r->watcher);
  if (r->begin > 0 && !r->pinned) {
    memmove(r->block, r->block + r->begin, r->end - r->begin);
    r->offset += r->begin;
    r->end -= r->begin;
    r->begin = 0;
  }
  /* It grows by what has come, not by what is promised. */
  if (r->end == r->size || (r->more && r->size < PK_READ_SIZE && !is_slow(r))) {
    size_t size = r->size == 0 ? PK_READ_FIRST : r->size < PK_READ_SIZE ? r->size * 4 : r->size * 2;
    uint8_t *block;
    block = (uint8_t *)pk_realloc(r->block, size);
    if (block == NULL) return pk_reader_error(r, pk_reader_at(r), "not enough memory", NULL);
    r->block = block;
    r->size = size;
  }
  return 0;
}

int pk_reader_need (pk_Reader *r, size_t n) {
  while (r->end - r->begin < n) {
    ptrdiff_t got;
    if (r->eof) return 0;
    if (is_watched(r) && !r->watch->stopped && pk_watch_isdue(r->watch))
      return PK_INTERRUPTED; /* nothing has moved */
    if (make_room(r) < 0) return -1;
    if (r->pack != NULL)
      got = read_unpacked(r, r->block + r->end, r->size - r->end);
    else
      got = read_file(r, r->block + r->end, r->size - r->end);
    if (got < 0) return (int)got;
    if (r->watch != NULL) r->watch->stopped = 0;
    if (got == 0) r->eof = 1;
    r->end += (size_t)got;
    r->more = r->end == r->size;
    if (r->eof && is_watched(r) && !r->ismerged) {
      r->watch->isdue = 1;
      return PK_INTERRUPTED;
    }
  }
  return 1;
}

/* --- opening */

/* What others wrote, to say so. */
static int is_other (pk_Reader *r, const uint8_t *begin, size_t n) {
  char hex[20];
  size_t k;
  pk_Text t;
  if (n >= 8 && memcmp(begin, "snoop\0\0\0", 8) == 0)
    return pk_reader_error(r, 0, "a snoop file, which is not read", NULL);
  t = pk_text_begin(hex, sizeof(hex));
  for (k = 0; k < 4 && k < n; k++) pk_text_hex(&t, begin[k], 2);
  return pk_reader_error(r, 0, "not a capture file: begins with bytes ", hex,
                         ", expected a pcap (a1b2c3d4, a1b23c4d or a1b2cd34, in either order) or pcapng (0a0d0d0a) "
                         "one, plain, gzip or zstd", NULL);
}

/* Has what was read so far, the file's begin, and the rest unpacked. */
static int begin_unpacking (pk_Reader *r, pk_Packing packing) {
  const char *why = NULL;
  assert(r->offset == 0 && r->begin == 0);
  r->packing = packing;
  r->pack = pk_unpack_new(packing, &why);
  if (r->pack == NULL) return pk_reader_error(r, 0, "packed by ", why, NULL);
  r->packed = (uint8_t *)pk_realloc(NULL, PACKED_SIZE > r->end ? PACKED_SIZE : r->end);
  if (r->packed == NULL) return pk_reader_error(r, 0, "not enough memory", NULL);
  memcpy(r->packed, r->block, r->end);
  r->packedbegin = 0;
  r->packedend = r->end;
  r->end = 0;
  r->eof = 0;
  return 0;
}

/* Reads the file's begin and asks the formats. */
static int recognise (pk_Reader *r) {
  size_t k, n;
  int got = pk_reader_need(r, PK_PCAP_HEADER);
  if (got < 0) return got;
  if (r->pack == NULL) {
    const pk_Packing packing = pk_packing_of(r->block + r->begin, r->end - r->begin);
    if (packing != PK_PLAIN && begin_unpacking(r, packing) < 0) return -1;
    if (packing != PK_PLAIN && (got = pk_reader_need(r, PK_PCAP_HEADER)) < 0) return got;
  }
  n = r->end - r->begin;
  if (n == 0) return pk_reader_error(r, 0, "empty file: no capture file header", NULL);
  for (k = 0; k < sizeof(formats) / sizeof(formats[0]); k++) {
    int is = formats[k]->check(r, r->block + r->begin, n);
    if (is < 0) return is;
    if (is > 0) {
      r->format = formats[k];
      return 0;
    }
  }
  return is_other(r, r->block + r->begin, n);
}

static void set_name (pk_Reader *r, const char *name) {
  pk_Text t = pk_text_begin(r->name, sizeof(r->name));
  pk_text_add(&t, name);
}

int pk_reader_openfd (pk_Reader *r, int fd, int own, const char *name) {
  struct stat st;
  pk_reader_init(r);
  set_name(r, name);
  r->fd = fd;
  r->ownfd = own;
  r->open = 1;
  if (fstat(fd, &st) < 0)
    system_error(r, errno);
  else if (S_ISDIR(st.st_mode))
    pk_reader_error(r, 0, "is a directory, not a capture file", NULL);
  else {
    r->dev = (uint64_t)st.st_dev;
    r->ino = (uint64_t)st.st_ino;
    r->regular = S_ISREG(st.st_mode);
    if (r->regular) { /* a shell's redirection may begin in the midst */
      const off_t at = lseek(fd, 0, SEEK_CUR);
      r->base = at > 0 ? (uint64_t)at : 0;
    }
    return 0;
  }
  pk_reader_close(r);
  return -1;
}

int pk_reader_isfile (const pk_Reader *r, uint64_t dev, uint64_t ino) {
  if (r->merge != NULL) return pk_merge_isfile(r->merge, dev, ino);
  return r->open && r->dev == dev && r->ino == ino;
}

int pk_reader_hasstdin (const pk_Reader *r) {
  return r->merge != NULL ? pk_merge_hasstdin(r->merge) : r->fd == STDIN_FILENO && !r->ownfd;
}

void pk_reader_follow (pk_Reader *r, int64_t ns) {
  r->follow = ns;
}

int pk_reader_begin (pk_Reader *r) {
  int status;
  assert(r->open && r->format == NULL);
  status = r->merge != NULL ? pk_merge_begin(r) : recognise(r);
  if (status == 0 && r->merge == NULL) {
    r->marks = (pk_Mark *)pk_realloc(NULL, sizeof(pk_Mark));
    if (r->marks == NULL) status = pk_reader_error(r, 0, "not enough memory", NULL);
  }
  if (status == 0 && r->marks != NULL) {
    r->marks[0].at = pk_reader_at(r);
    r->marks[0].section = 0;
    r->nmarks = 1;
  }
  if (status == -1) pk_reader_close(r);
  return status;
}

int pk_reader_open (pk_Reader *r, const char *path) {
  int fd;
  if (strcmp(path, "-") == 0) return pk_reader_openfd(r, STDIN_FILENO, 0, "standard input");
  do fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  while (fd < 0 && errno == EINTR);
  if (fd < 0) {
    int code = errno;
    pk_reader_init(r);
    set_name(r, path);
    return system_error(r, code);
  }
  return pk_reader_openfd(r, fd, 1, path);
}

int pk_reader_block (pk_Reader *r, pk_Block *block) {
  int got;
  if (r->failed) return -1;
  if (pk_reader_at(r) >= r->stop) return 0;
  memset(block, 0, sizeof(*block));
  if (r->merge != NULL) return pk_reader_error(r, 0, "merged files have no blocks", NULL);
  if (r->format->block != NULL)
    got = r->format->block(r, block);
  else {
    got = r->format->next(r, &block->frame);
    block->isframe = 1;
    block->type = PK_RECORD;
    block->bytes = block->frame.record;
    block->len = block->frame.recordlen;
    block->at = pk_reader_at(r) - block->len;
    block->swapped = r->swapped;
  }
  r->frames += got > 0 && block->isframe;
  return got;
}

/* --- seeking */

/* An error of seeking alone: reading goes on where it was. */
static int cannot_seek (pk_Reader *r, const char *why) {
  const int failed = r->failed;
  if (!failed) {
    pk_reader_error(r, pk_reader_at(r), "cannot go back: ", why, NULL);
    r->failed = 0;
  }
  return -1;
}

/* Begins a packed file anew, and passes to `at`. */
static int unpack_again (pk_Reader *r, uint64_t at) {
  const char *why = NULL;
  ptrdiff_t got;
  pk_pack_free(r->pack);
  r->pack = pk_unpack_new(r->packing, &why);
  if (r->pack == NULL) return pk_reader_error(r, 0, "packed by ", why, NULL);
  r->packedbegin = r->packedend = 0;
  r->offset = 0;
  while (r->offset < at) { /* by no more than is to be passed */
    const uint64_t left = at - r->offset;
    int status;
    r->begin = r->end = 0;
    if (make_room(r) < 0) return -1;
    got = read_unpacked(r, r->block, left < r->size ? (size_t)left : r->size);
    status = (int)(got < 0 ? got : 0);
    if (got == 0) status = pk_reader_error(r, at, "the file has shrunk", NULL);
    if (status < 0) return status;
    r->offset += (uint64_t)got;
  }
  return 0;
}

/* To a mark. */
static int go_to (pk_Reader *r, size_t k) {
  const pk_Mark *m = &r->marks[k];
  if (m->at == pk_reader_at(r)) return 0;
  if (m->at >= r->offset && m->at <= r->offset + r->end)
    r->begin = (size_t)(m->at - r->offset);
  else {
    const off_t to = (off_t)(r->base + (r->pack != NULL ? 0 : m->at));
    if (!r->regular) return cannot_seek(r, "it is no regular file");
    if (r->moving != NULL) r->moving(r->watcher);
    if (lseek(r->fd, to, SEEK_SET) < 0) return system_error(r, errno);
    r->got = (uint64_t)to - r->base;
    r->begin = r->end = 0;
    if (r->pack != NULL) {
      int status, patient = r->patient;
      r->patient = 1;
      r->failed = 0;
      status = unpack_again(r, m->at);
      r->patient = patient;
      if (status < 0) return status;
    }
    r->begin = r->end = 0;
    r->offset = m->at;
  }
  r->eof = 0;
  r->failed = 0;
  r->more = 0;
  r->frames = (uint64_t)k * PK_INDEX_EACH;
  r->section = m->section;
  if (r->nsections > 0) r->swapped = r->sections[m->section].swapped;
  return 0;
}

static int add_mark (pk_Reader *r) {
  if ((r->nmarks & (r->nmarks - 1)) == 0) { /* full: of a power of two */
    pk_Mark *marks = (pk_Mark *)pk_realloc(r->marks, r->nmarks * 2 * sizeof(*marks));
    if (marks == NULL) return pk_reader_error(r, pk_reader_at(r), "not enough memory", NULL);
    r->marks = marks;
  }
  r->marks[r->nmarks].at = pk_reader_at(r);
  r->marks[r->nmarks].section = r->section;
  r->nmarks++;
  return 0;
}

int pk_reader_seek (pk_Reader *r, uint64_t frames) {
  assert(r->open && r->format != NULL);
  if (r->nmarks == 0) return cannot_seek(r, r->merge != NULL ? "the files are merged" : "it is no file");
  if (frames == 0) { /* blocks that are no packets' may have been passed */
    const int status = go_to(r, 0);
    if (status < 0) return status;
  }
  else if (frames < r->frames || r->frames / PK_INDEX_EACH + 1 < r->nmarks) {
    size_t k = frames / PK_INDEX_EACH < r->nmarks ? (size_t)(frames / PK_INDEX_EACH) : r->nmarks - 1;
    int status;
    if ((frames < r->frames || (uint64_t)k * PK_INDEX_EACH > r->frames) && (status = go_to(r, k)) < 0) return status;
  }
  while (r->frames < frames) {
    pk_Frame frame;
    int got;
    if (r->frames > 0 && r->frames % PK_INDEX_EACH == 0 && r->frames / PK_INDEX_EACH == r->nmarks && add_mark(r) < 0)
      return -1;
    got = pk_reader_next(r, &frame);
    if (got <= 0) return got;
  }
  return 1;
}
