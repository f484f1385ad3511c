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
#include <unistd.h>

#include "salloc.h"
#include "sformat.h"

static const pk_Format *const formats[] = {&pk_format_pcap, &pk_format_pcapng};

/* What others wrote, to say so. */
static const struct { const char *magic; size_t len; const char *what; } others[] = {
  {"\x1f\x8b", 2, "a gzip file: decompress it first"},
  {"\x28\xb5\x2f\xfd", 4, "a zstd file: decompress it first"},
  {"snoop\0\0\0", 8, "a snoop file, which is not read"},
  {"\xa1\xb2\xcd\x34", 4, "a pcap file of Kuznetzov's modified variant, which is not read"},
  {"\x34\xcd\xb2\xa1", 4, "a pcap file of Kuznetzov's modified variant, which is not read"},
};

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
    pk_text_add(&t, ": frame ");
    pk_text_num(&t, r->frames + 1);
    pk_text_add(&t, " at byte ");
    pk_text_num(&t, at);
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
}

void pk_reader_close (pk_Reader *r) {
  if (r->fd >= 0 && r->ownfd) close(r->fd);
  pk_realloc(r->block, 0);
  r->block = NULL;
  pk_realloc(r->interfaces, 0);
  r->interfaces = NULL;
  r->ninterfaces = 0;
  r->size = r->begin = r->end = 0;
  r->fd = -1;
}

/* Room to read on, after what has not been passed, which moves to the front of the block. */
static int make_room (pk_Reader *r) {
  if (r->begin > 0) {
    memmove(r->block, r->block + r->begin, r->end - r->begin);
    r->offset += r->begin;
    r->end -= r->begin;
    r->begin = 0;
  }
  if (r->end == r->size || (r->more && r->size < PK_READ_SIZE)) { /* by what has come, not by what is promised */
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
    ssize_t got;
    if (r->eof) return 0;
    if (make_room(r) < 0) return -1;
    got = read(r->fd, r->block + r->end, r->size - r->end);
    if (got < 0 && errno == EINTR && r->patient) continue;
    if (got < 0 && errno == EINTR) return PK_INTERRUPTED;
    if (got < 0) return system_error(r, errno);
    if (got == 0) r->eof = 1;
    r->end += (size_t)got;
    r->more = r->end == r->size;
  }
  return 1;
}

/* Reads the file's begin and asks the formats. */
static int recognise (pk_Reader *r) {
  const uint8_t *begin;
  size_t k, n;
  char hex[20];
  pk_Text t;
  int got = pk_reader_need(r, PK_PCAP_HEADER);
  if (got < 0) return got;
  r->patient = 1; /* from here to the end of the header */
  begin = r->block + r->begin;
  n = r->end - r->begin;
  if (n == 0) return pk_reader_error(r, 0, "empty file: no capture file header", NULL);
  for (k = 0; k < sizeof(formats) / sizeof(formats[0]); k++) {
    int is = formats[k]->check(r, begin, n);
    if (is < 0) return -1;
    if (is > 0) {
      r->format = formats[k];
      r->patient = 0;
      return 0;
    }
  }
  for (k = 0; k < sizeof(others) / sizeof(others[0]); k++)
    if (n >= others[k].len && memcmp(begin, others[k].magic, others[k].len) == 0)
      return pk_reader_error(r, 0, others[k].what, NULL);
  t = pk_text_begin(hex, sizeof(hex));
  for (k = 0; k < 4 && k < n; k++) pk_text_hex(&t, begin[k], 2);
  return pk_reader_error(r, 0, "not a capture file: begins with bytes ", hex,
                         ", expected a pcap (a1b2c3d4 or a1b23c4d, in either order) or pcapng (0a0d0d0a) one", NULL);
}

int pk_reader_openfd (pk_Reader *r, int fd, int own, const char *name) {
  struct stat st;
  pk_Text t;
  pk_reader_init(r);
  t = pk_text_begin(r->name, sizeof(r->name));
  pk_text_add(&t, name);
  r->fd = fd;
  r->ownfd = own;
  if (fstat(fd, &st) < 0)
    system_error(r, errno);
  else if (S_ISDIR(st.st_mode))
    pk_reader_error(r, 0, "is a directory, not a capture file", NULL);
  else {
    r->dev = (uint64_t)st.st_dev;
    r->ino = (uint64_t)st.st_ino;
    return 0;
  }
  pk_reader_close(r);
  return -1;
}

int pk_reader_begin (pk_Reader *r) {
  int status;
  assert(r->fd >= 0 && r->format == NULL);
  status = recognise(r);
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
    pk_Text t;
    pk_reader_init(r);
    t = pk_text_begin(r->name, sizeof(r->name));
    pk_text_add(&t, path);
    return system_error(r, code);
  }
  return pk_reader_openfd(r, fd, 1, path);
}
