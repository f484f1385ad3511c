/*
** writer.c: writing capture files. Whole records gather in a block; when the system takes a part of it
** only, the file is cut back to the last whole one, where it can be.
*/
#define _POSIX_C_SOURCE 200809L
#include "writer.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "compress.h"
#include "alloc.h"
#include "sformat.h"
#include "wfile.h"

#define PACKED_SIZE ((size_t)64 * 1024)

/* Bytes that make a record, with those of others. */
typedef struct Part {
  const void *bytes;
  size_t n;
} Part;

int pk_writer_error (pk_Writer *w, const char *what) {
  w->failed = 1;
  return pk_text_error(w->err, w->name, ": ", what, NULL);
}

/* Whether nothing can be written; w->err says why. */
static int is_over (pk_Writer *w) {
  if (!w->failed && w->fd < 0) pk_text_error(w->err, w->name, ": is closed", NULL);
  return w->failed || w->fd < 0;
}

int pk_writer_syserror (pk_Writer *w, int code) {
  char text[128];
  return pk_writer_error(w, pk_errno_text(code, text, sizeof(text)));
}

void pk_writer_init (pk_Writer *w) {
  memset(w, 0, sizeof(*w));
  w->fd = -1;
}

void pk_writer_setname (pk_Writer *w, const char *name) {
  pk_Text t = pk_text_begin(w->name, sizeof(w->name));
  pk_text_add(&t, name);
}

/* --- to the system */

/*
** write(2), without the signals that a closed pipe or a limit on the file's size would send: an error
** is what the caller wants, not the end of the process.
*/
static ssize_t write_quietly (int fd, const char *bytes, size_t n) {
  sigset_t quiet, old, before, after;
  ssize_t done;
  int code, k;
  sigemptyset(&quiet);
  sigaddset(&quiet, SIGPIPE);
  sigaddset(&quiet, SIGXFSZ);
  pthread_sigmask(SIG_BLOCK, &quiet, &old);
  sigpending(&before);
  done = write(fd, bytes, n);
  code = errno;
  sigpending(&after); /* a part may have been written, and the signal sent all the same */
  for (k = 0; k < 2; k++) {
    int sig = k == 0 ? SIGPIPE : SIGXFSZ;
    if (sigismember(&after, sig) && !sigismember(&before, sig)) { /* ours: take it */
      sigset_t one;
      sigemptyset(&one);
      sigaddset(&one, sig);
      sigwait(&one, &sig);
    }
  }
  pthread_sigmask(SIG_SETMASK, &old, NULL);
  errno = code;
  return done;
}

/* All of it, or -1 with errno; `*done` is how far it came. */
static int write_all (int fd, const char *bytes, size_t n, size_t *done) {
  *done = 0;
  while (*done < n) {
    ssize_t some = write_quietly(fd, bytes + *done, n - *done);
    if (some > 0)
      *done += (size_t)some;
    else if (some == 0)
      errno = ENOSPC;
    if (some == 0 || (some < 0 && errno != EINTR)) return -1;
  }
  return 0;
}

/* The same, packed. 0, or -1 with w->err. */
static int write_packed (pk_Writer *w, pk_PackEnd end, const char *bytes, size_t n) {
  uint8_t packed[PACKED_SIZE / 4];
  const char *why = NULL;
  int more = 1;
  while (n > 0 || (end != PK_PACK_ON && more)) {
    size_t taken = n, done;
    const ptrdiff_t got = pk_pack(w->pack, end, (const uint8_t *)bytes, &taken, packed, sizeof(packed), &more, &why);
    if (got < 0) return pk_writer_error(w, why);
    bytes += taken;
    n -= taken;
    if (write_all(w->fd, (const char *)packed, (size_t)got, &done) < 0) return pk_writer_syserror(w, errno);
  }
  return 0;
}

/* How many of the `n` bytes are whole records of a classic file. */
static size_t whole_records (const pk_Writer *w, const char *bytes, size_t n) {
  size_t at = w->written == 0 && !w->info.append ? PK_PCAP_HEADER : 0;
  const size_t head = w->info.recordhead;
  if (n < at) return 0;
  while (n - at >= head) {
    const uint8_t *p = (const uint8_t *)bytes + at;
    uint32_t caplen = pk_get32(p + 8, w->info.swapped), wirelen = pk_get32(p + 12, w->info.swapped);
    if (w->info.lengths == PK_WIRELEN_FIRST || (w->info.lengths == PK_SMALLER_IS_CAPLEN && wirelen < caplen))
      caplen = wirelen;
    if (n - at - head < caplen) break;
    at += head + caplen;
  }
  return at;
}

/* The same of blocks of a pcapng file, which may begin another section. */
static size_t whole_blocks (const pk_Writer *w, const char *bytes, size_t n) {
  int swapped = w->info.swapped;
  size_t at = 0;
  while (n - at >= 12) {
    const uint8_t *p = (const uint8_t *)bytes + at;
    uint32_t len;
    if (pk_get32(p, 0) == PK_NG_SECTION) swapped = pk_get32(p + 8, 0) != PK_NG_ORDER;
    len = pk_get32(p + 4, swapped);
    if (len < 12 || len > n - at) break;
    at += len;
  }
  return at;
}

/* After a failed write that left `done` bytes of those given. */
static int cut_back (pk_Writer *w, const char *bytes, size_t done) {
  const int code = errno;
  size_t whole = 0;
  if (bytes != NULL)
    whole = w->info.format == PK_FILE_PCAP ? whole_records(w, bytes, done) : whole_blocks(w, bytes, done);
  w->written += whole;
  w->len = 0;
  if (w->regular && done > whole && ftruncate(w->fd, (off_t)(w->base + w->written)) == 0)
    lseek(w->fd, (off_t)(w->base + w->written), SEEK_SET);
  return pk_writer_syserror(w, code);
}

/* Hands whole records to the system. 0, or -1 with w->err. */
static int hand_over (pk_Writer *w, const char *bytes, size_t n, pk_PackEnd end) {
  size_t done;
  if (w->pack != NULL) {
    if (write_packed(w, end, bytes, n) < 0) return -1;
  }
  else if (write_all(w->fd, bytes, n, &done) < 0)
    return cut_back(w, bytes, done);
  w->written += n;
  return 0;
}

int pk_writer_flushblock (pk_Writer *w, pk_PackEnd end) {
  const size_t n = w->len;
  if (is_over(w)) return -1;
  if (n == 0 && (w->pack == NULL || end == PK_PACK_ON)) return 0;
  w->len = 0;
  return hand_over(w, w->block, n, end);
}

int pk_writer_flush (pk_Writer *w) {
  return pk_writer_begin(w) < 0 ? -1 : pk_writer_flushblock(w, PK_PACK_FLUSH);
}

/* A record in parts. */
static int put_parts (pk_Writer *w, const Part *parts, int nparts) {
  size_t n = 0, done = 0;
  int k;
  for (k = 0; k < nparts; k++) n += parts[k].n;
  if (w->len + n > PK_WRITE_SIZE && pk_writer_flushblock(w, PK_PACK_ON) < 0) return -1;
  if (n <= PK_WRITE_SIZE) {
    char *to = w->block + w->len;
    for (k = 0; k < nparts; k++) {
      if (parts[k].n > 0) memcpy(to, parts[k].bytes, parts[k].n);
      to += parts[k].n;
    }
    w->len += n;
    return w->info.eager ? pk_writer_flushblock(w, PK_PACK_FLUSH) : 0;
  }
  for (k = 0; k < nparts; k++) { /* larger than the block: straight on, as one record */
    const char *bytes = (const char *)parts[k].bytes;
    size_t some = 0;
    if (w->pack != NULL) {
      if (write_packed(w, PK_PACK_ON, bytes, parts[k].n) < 0) return -1;
    }
    else if (write_all(w->fd, bytes, parts[k].n, &some) < 0)
      return cut_back(w, NULL, done + some);
    done += some;
  }
  w->written += n;
  return w->info.eager ? pk_writer_flushblock(w, PK_PACK_FLUSH) : 0;
}

/* --- headers */

static void make_head (pk_Writer *w) {
  const int swapped = w->info.swapped;
  uint8_t *p = w->head;
  memset(p, 0, PK_PCAP_HEADER);
  pk_put32(p, w->info.precision == PK_NANO ? PK_PCAP_NANO : PK_PCAP_MICRO, swapped);
  pk_put16(p + 4, 2, swapped);
  pk_put16(p + 6, 4, swapped);
  pk_put32(p + 16, w->info.snaplen, swapped);
  pk_put32(p + 20, w->info.linktype | w->info.linkmore, swapped);
}

/* A block around its body, which is padded. */
static int put_block (pk_Writer *w, uint32_t type, const Part *body, int nbody) {
  static const uint8_t zeros[3] = {0};
  Part parts[8];
  uint8_t head[8], tail[4];
  size_t len = 12;
  int k, n = 0;
  assert(nbody <= 4);
  parts[n].bytes = head;
  parts[n++].n = sizeof(head);
  for (k = 0; k < nbody; k++) len += body[k].n;
  for (k = 0; k < nbody; k++) parts[n++] = body[k];
  parts[n].bytes = zeros;
  parts[n].n = (0 - len) & 3;
  len += parts[n++].n;
  parts[n].bytes = tail;
  parts[n++].n = sizeof(tail);
  if (len > PK_BLOCK_MAX) return pk_writer_error(w, "block too long");
  pk_put32(head, type, w->info.swapped);
  pk_put32(head + 4, (uint32_t)len, w->info.swapped);
  pk_put32(tail, (uint32_t)len, w->info.swapped);
  return put_parts(w, parts, n);
}

static int put_section (pk_Writer *w) {
  uint8_t body[16];
  Part part = {body, sizeof(body)};
  if (w->section != NULL) {
    part.bytes = w->section;
    part.n = w->sectionlen;
    return put_parts(w, &part, 1);
  }
  pk_put32(body, PK_NG_ORDER, w->info.swapped);
  pk_put16(body + 4, 1, w->info.swapped);
  pk_put16(body + 6, 0, w->info.swapped);
  memset(body + 8, 0xff, 8); /* of unknown length */
  return put_block(w, PK_NG_SECTION, &part, 1);
}

/* An interface as the file's options say, when none has been given. */
static int put_default (pk_Writer *w) {
  pk_Interface i;
  uint8_t option[8] = {0};
  memset(&i, 0, sizeof(i));
  i.linktype = w->info.linktype;
  i.snaplen = w->info.snaplen;
  pk_interface_resolve(&i, w->info.precision == PK_NANO ? 9 : 6);
  pk_put16(option, PK_NG_OPT_TSRESOL, w->info.swapped);
  pk_put16(option + 2, 1, w->info.swapped);
  option[4] = i.resolution;
  return pk_writer_newinterface(w, &i, option, i.resolution == 6 ? 0 : sizeof(option));
}

/* The header of this file: the first, or one that continues it. */
static int put_header (pk_Writer *w) {
  uint32_t k;
  w->begun = 1;
  if (w->info.format == PK_FILE_PCAP) {
    Part head = {w->head, PK_PCAP_HEADER};
    return w->info.append ? 0 : put_parts(w, &head, 1);
  }
  if (put_section(w) < 0) return -1;
  for (k = 0; k < w->ninterfaces; k++) {
    Part block = {w->interfaces[k].block, w->interfaces[k].len};
    if (put_parts(w, &block, 1) < 0) return -1;
  }
  return 0;
}

int pk_writer_begin (pk_Writer *w) {
  if (is_over(w) || (!w->begun && put_header(w) < 0)) return -1;
  if (w->info.format == PK_FILE_PCAPNG && w->ninterfaces == 0 && w->info.linktype != PK_LINKTYPE_NONE)
    return put_default(w);
  return 0;
}

static void forget_interfaces (pk_Writer *w) {
  uint32_t k;
  w->earlier += w->ninterfaces;
  for (k = 0; k < w->ninterfaces; k++) pk_realloc(w->interfaces[k].block, 0);
  w->ninterfaces = 0;
}

int pk_writer_section (pk_Writer *w, const uint8_t *block, uint32_t len, int swapped) {
  uint8_t *copy = NULL;
  assert(w->info.format == PK_FILE_PCAPNG);
  if (is_over(w)) return -1;
  if (block != NULL && (copy = (uint8_t *)pk_realloc(NULL, len)) == NULL) return pk_writer_error(w, "not enough memory");
  if (block != NULL) memcpy(copy, block, len);
  pk_realloc(w->section, 0);
  w->section = copy;
  w->sectionlen = len;
  forget_interfaces(w);
  if (pk_writer_flushblock(w, PK_PACK_ON) < 0) return -1; /* the block's order is that of its begin */
  w->info.swapped = swapped;
  w->begun = 1;
  return put_section(w);
}

/* Adds to the interfaces; the block is copied. */
static int keep_interface (pk_Writer *w, const pk_Interface *i, const uint8_t *block, uint32_t len) {
  pk_Interface *to;
  uint8_t *copy;
  if (w->ninterfaces == PK_INTERFACES_MAX) return pk_writer_error(w, "too many interfaces");
  to = (pk_Interface *)pk_realloc(w->interfaces, (w->ninterfaces + 1) * sizeof(*to));
  if (to == NULL) return pk_writer_error(w, "not enough memory");
  w->interfaces = to;
  if ((copy = (uint8_t *)pk_realloc(NULL, len)) == NULL) return pk_writer_error(w, "not enough memory");
  memcpy(copy, block, len);
  to += w->ninterfaces++;
  *to = *i;
  to->block = copy;
  to->len = len;
  return 0;
}

int pk_writer_interface (pk_Writer *w, const pk_Interface *i, const uint8_t *block, uint32_t len) {
  Part part = {block, len};
  assert(w->info.format == PK_FILE_PCAPNG);
  if (is_over(w) || (!w->begun && put_header(w) < 0)) return -1;
  if (keep_interface(w, i, block, len) < 0) return -1;
  return put_parts(w, &part, 1);
}

int pk_writer_newinterface (pk_Writer *w, const pk_Interface *i, const uint8_t *options, uint32_t len) {
  const uint32_t end = len > 0 ? 4 : 0, whole = 20 + len + end;
  uint8_t *block;
  int status;
  assert(len % 4 == 0);
  if (is_over(w)) return -1;
  if (len > PK_HEAD_MAX) return pk_writer_error(w, "options of an interface too long");
  if (i->linktype > 0xffff) return pk_writer_error(w, "link type above 65535, which pcapng does not hold");
  block = (uint8_t *)pk_realloc(NULL, whole);
  if (block == NULL) return pk_writer_error(w, "not enough memory");
  memset(block, 0, whole);
  pk_put32(block, PK_NG_INTERFACE, w->info.swapped);
  pk_put32(block + 4, whole, w->info.swapped);
  pk_put16(block + 8, (uint16_t)i->linktype, w->info.swapped);
  pk_put32(block + 12, i->snaplen, w->info.swapped);
  if (len > 0) memcpy(block + 16, options, len);
  pk_put32(block + whole - 4, whole, w->info.swapped);
  status = pk_writer_interface(w, i, block, whole);
  pk_realloc(block, 0);
  return status;
}

/* --- opening */

int pk_writer_open (pk_Writer *w, const char *path, const pk_FileInfo *info) {
  const size_t len = strlen(path) + 1;
  pk_writer_init(w);
  pk_writer_setname(w, strcmp(path, "-") == 0 ? "standard output" : path);
  w->info = *info;
  w->info.head = NULL;
  if (w->info.recordhead == 0) w->info.recordhead = PK_PCAP_RECORD;
  w->maxlen = pk_snaplen_max(info->linktype);
  w->block = (char *)pk_realloc(NULL, PK_WRITE_SIZE);
  w->path = (char *)pk_realloc(NULL, len);
  if (w->block == NULL || w->path == NULL)
    pk_writer_error(w, "not enough memory");
  else {
    memcpy(w->path, path, len);
    if (pk_wfile_open(w) == 0 && (w->pack != NULL || pk_wfile_pack(w) == 0)) {
      if (info->head != NULL)
        memcpy(w->head, info->head, sizeof(w->head));
      else
        make_head(w);
      w->open = 1;
      return 0;
    }
  }
  pk_writer_close(w);
  return -1;
}

int pk_writer_holds (const pk_Writer *w, uint32_t interface, int64_t time) {
  if (w->info.format == PK_FILE_PCAP) return 0 <= time && time / 1000000000 <= UINT32_MAX;
  return interface < w->ninterfaces && pk_interface_holds(&w->interfaces[interface], time);
}

/* --- frames */

static int put_record (pk_Writer *w, const pk_Frame *frame) {
  const int swapped = w->info.swapped;
  const int64_t seconds = frame->time / 1000000000, fraction = frame->time % 1000000000;
  const int turned = w->info.lengths == PK_WIRELEN_FIRST;
  uint8_t head[PK_PCAP_RECORD + 8] = {0};
  Part parts[2];
  if (!frame->raw && (frame->time < 0 || seconds > UINT32_MAX)) /* nothing was written: the file is as good as before */
    return pk_text_error(w->err, w->name, ": time out of range", NULL);
  if (pk_wfile_rotate(w, w->info.recordhead + frame->caplen, frame) < 0) return -1;
  if (!w->begun && put_header(w) < 0) return -1;
  pk_put32(head, frame->raw ? frame->seconds : (uint32_t)seconds, swapped);
  if (frame->raw)
    pk_put32(head + 4, frame->fraction, swapped);
  else
    pk_put32(head + 4, (uint32_t)(w->info.precision == PK_NANO ? fraction : fraction / 1000), swapped);
  pk_put32(head + (turned ? 12 : 8), frame->caplen, swapped);
  pk_put32(head + (turned ? 8 : 12), frame->wirelen, swapped);
  parts[0].bytes = head;
  parts[0].n = w->info.recordhead;
  parts[1].bytes = frame->data;
  parts[1].n = frame->caplen;
  return put_parts(w, parts, 2);
}

static int put_packet (pk_Writer *w, const pk_Frame *frame) {
  static const uint8_t zeros[4] = {0};
  const int swapped = w->info.swapped;
  const pk_Interface *i;
  uint64_t ticks;
  uint8_t head[20];
  Part parts[4] = {{head, sizeof(head)}, {frame->data, frame->caplen}, {zeros, (0 - frame->caplen) & 3},
                   {frame->options, frame->optionslen}};
  if (pk_wfile_rotate(w, 32 + parts[1].n + parts[2].n + parts[3].n, frame) < 0) return -1;
  if (pk_writer_begin(w) < 0) return -1;
  if (frame->interface >= w->ninterfaces) return pk_writer_error(w, "no such interface");
  i = &w->interfaces[frame->interface];
  if (frame->timeless && frame->interface == 0 && frame->optionslen == 0 &&
      frame->caplen == (frame->wirelen < i->snaplen ? frame->wirelen : i->snaplen)) {
    pk_put32(head, frame->wirelen, swapped);
    parts[0].n = 4;
    return put_block(w, PK_NG_SIMPLE, parts, 3);
  }
  ticks = pk_interface_ticks(i, frame->time);
  pk_put32(head, frame->interface, swapped);
  pk_put32(head + 4, (uint32_t)(ticks >> 32), swapped);
  pk_put32(head + 8, (uint32_t)ticks, swapped);
  pk_put32(head + 12, frame->caplen, swapped);
  pk_put32(head + 16, frame->wirelen, swapped);
  return put_block(w, PK_NG_ENHANCED, parts, 4);
}

int pk_writer_write (pk_Writer *w, const pk_Frame *frame) {
  if (is_over(w)) return -1;
  return w->info.format == PK_FILE_PCAP ? put_record(w, frame) : put_packet(w, frame);
}

int pk_writer_raw (pk_Writer *w, const void *bytes, size_t n) {
  Part part = {bytes, n};
  if (is_over(w) || (!w->begun && put_header(w) < 0)) return -1;
  if (n == 0) return 0;
  if (n < PK_WRITE_SIZE / 8) return put_parts(w, &part, 1);
  if (pk_writer_flushblock(w, PK_PACK_ON) < 0) return -1; /* not by way of our block */
  return hand_over(w, (const char *)bytes, n, w->info.eager ? PK_PACK_FLUSH : PK_PACK_ON);
}

int pk_writer_record (pk_Writer *w, const pk_Frame *frame) {
  if (is_over(w) || pk_wfile_rotate(w, frame->recordlen, frame) < 0) return -1;
  return pk_writer_raw(w, frame->record, frame->recordlen);
}

int pk_writer_close (pk_Writer *w) {
  if (w->fd >= 0) {
    if (!w->failed) pk_writer_begin(w);
    pk_wfile_end(w);
  }
  w->open = 0;
  forget_interfaces(w);
  pk_realloc(w->interfaces, 0);
  w->interfaces = NULL;
  pk_realloc(w->section, 0);
  w->section = NULL;
  pk_pack_free(w->pack);
  w->pack = NULL;
  pk_realloc(w->path, 0);
  w->path = NULL;
  pk_realloc(w->block, 0);
  w->block = NULL;
  w->len = 0;
  return w->failed ? -1 : 0;
}
