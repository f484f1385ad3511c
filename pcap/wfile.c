/*
** wfile.c: the files that a writer writes: made, appended to, one after the other.
*/
#define _POSIX_C_SOURCE 200809L
#include "wfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compress.h"
#include "alloc.h"
#include "sformat.h"

static int open_file (pk_Writer *w, const char *path, int flags) {
  struct stat st;
  do w->fd = open(path, O_CREAT | O_CLOEXEC | O_NOCTTY | flags, 0666);
  while (w->fd < 0 && errno == EINTR);
  if (w->fd < 0) return pk_writer_syserror(w, errno);
  w->ownfd = 1;
  w->regular = fstat(w->fd, &st) == 0 && S_ISREG(st.st_mode);
  return 0;
}

int pk_wfile_pack (pk_Writer *w) {
  const char *why = NULL;
  if (w->info.packing == PK_PLAIN) return 0;
  w->pack = pk_pack_new(w->info.packing, &why);
  return w->pack != NULL ? 0 : pk_writer_error(w, why);
}

/* Ends the file: what waits goes out, and it is closed. 0 or -1. */
int pk_wfile_end (pk_Writer *w) {
  const int status = pk_writer_flushblock(w, PK_PACK_END);
  pk_pack_free(w->pack);
  w->pack = NULL;
  /* A file system may tell only now that it had no room. */
  if (w->ownfd && close(w->fd) < 0 && errno != EINTR && !w->failed) pk_writer_syserror(w, errno);
  w->fd = -1;
  return status < 0 || w->failed ? -1 : 0;
}

/* The path of file `n` of several: path_00001.ext */
static char *numbered (const pk_Writer *w, uint32_t n) {
  const size_t len = strlen(w->path);
  const char *slash = strrchr(w->path, '/'), *dot = strrchr(slash != NULL ? slash : w->path, '.');
  const size_t stem = dot != NULL && dot != w->path && dot[-1] != '/' ? (size_t)(dot - w->path) : len;
  char digits[24], *path = (char *)pk_realloc(NULL, len + 24);
  pk_Text t, d = pk_text_begin(digits, sizeof(digits));
  if (path == NULL) return NULL;
  pk_text_num(&d, n);
  t = pk_text_begin(path, len + 24);
  pk_text_addn(&t, w->path, stem);
  pk_text_add(&t, "_");
  if (d.len < 5) pk_text_addn(&t, "00000", 5 - d.len);
  pk_text_add(&t, digits);
  pk_text_add(&t, w->path + stem);
  return path;
}

/* Ends one of several files, if one is open, and begins the next; the oldest goes when there are too many. */
static int next_file (pk_Writer *w) {
  char *path;
  int status;
  if (w->fd >= 0 && pk_wfile_end(w) < 0) return -1;
  w->file++;
  if (w->info.maxfiles > 0 && w->file > w->info.maxfiles) {
    path = numbered(w, w->file - w->info.maxfiles);
    if (path == NULL) return pk_writer_error(w, "not enough memory");
    unlink(path);
    pk_realloc(path, 0);
  }
  path = numbered(w, w->file);
  if (path == NULL) return pk_writer_error(w, "not enough memory");
  pk_writer_setname(w, path);
  status = open_file(w, path, O_WRONLY | O_TRUNC);
  pk_realloc(path, 0);
  w->written = w->base = 0;
  w->len = 0;
  w->begun = w->filetimed = w->fileframes = 0;
  return status < 0 ? -1 : pk_wfile_pack(w);
}

static int has_several (const pk_Writer *w) {
  return w->info.maxbytes > 0 || w->info.maxtime > 0;
}

/* A new file where the frame of `n` bytes would make this one too long, in bytes or time. 0 or -1. */
int pk_wfile_rotate (pk_Writer *w, size_t n, const pk_Frame *frame) {
  const int64_t time = frame->time;
  if (!has_several(w)) return 0;
  if ((w->info.maxbytes > 0 && w->fileframes && w->written + w->len + n > w->info.maxbytes) ||
      (w->info.maxtime > 0 && w->filetimed && !frame->timeless && time >= w->filetime &&
       time - w->filetime >= w->info.maxtime)) {
    if (next_file(w) < 0) return -1;
  }
  w->fileframes = 1;
  if (!w->filetimed && !frame->timeless) {
    w->filetimed = 1;
    w->filetime = time;
  }
  return 0;
}

/* Checks what is to be appended to, by reading it; takes its order of bytes and precision. 0 or -1. */
static int check_file (pk_Writer *w, const char *path) {
  pk_Reader r;
  pk_Frame frame;
  struct stat st;
  int got;
  if (stat(path, &st) < 0 || st.st_size == 0) { /* there is nothing yet */
    w->info.append = 0;
    return 0;
  }
  if (pk_reader_open(&r, path) < 0 || (r.patient = 1, pk_reader_begin(&r)) < 0) {
    w->failed = 1;
    memcpy(w->err, r.err, sizeof(w->err));
    return -1;
  }
  r.patient = 1;
  while ((got = pk_reader_next(&r, &frame)) > 0) continue;
  if (got < 0) {
    w->failed = 1;
    memcpy(w->err, r.err, sizeof(w->err));
  }
  else if (r.format != (w->info.format == PK_FILE_PCAP ? &pk_format_pcap : &pk_format_pcapng))
    pk_writer_error(w, w->info.format == PK_FILE_PCAP ? "is of another format than pcap, to be appended to"
                                                   : "is of another format than pcapng, to be appended to");
  else if (w->info.format == PK_FILE_PCAP && (r.linktype | r.linkmore) != (w->info.linktype | w->info.linkmore))
    pk_writer_error(w, "is of another link type, to be appended to");
  else {
    w->info.packing = r.packing;
    if (w->info.format == PK_FILE_PCAP) {
      w->info.swapped = r.swapped;
      w->info.precision = r.precision;
      w->info.lengths = r.lengths;
      w->info.recordhead = r.recordhead;
      w->info.snaplen = r.snaplen;
    }
    w->base = (uint64_t)st.st_size;
  }
  pk_reader_close(&r);
  return w->failed ? -1 : 0;
}

static int open_stdout (pk_Writer *w) {
  struct stat st;
  if (has_several(w) || w->info.append) return pk_writer_error(w, "takes no append, maxbytes or maxtime");
  if (isatty(STDOUT_FILENO)) return pk_writer_error(w, "is a terminal: captures are not for it");
  w->fd = STDOUT_FILENO;
  w->regular = fstat(w->fd, &st) == 0 && S_ISREG(st.st_mode);
  if (w->regular) { /* a shell's redirection: others may have written there before */
    off_t at = fcntl(w->fd, F_GETFL) & O_APPEND ? st.st_size : lseek(w->fd, 0, SEEK_CUR);
    w->base = at > 0 ? (uint64_t)at : 0;
  }
  return 0;
}

int pk_wfile_open (pk_Writer *w) {
  if (strcmp(w->path, "-") == 0) return open_stdout(w);
  if (has_several(w)) return next_file(w);
  if (w->info.append) {
    if (check_file(w, w->path) < 0 || open_file(w, w->path, O_WRONLY) < 0) return -1;
    if (w->base > 0 && lseek(w->fd, (off_t)w->base, SEEK_SET) < 0) return pk_writer_syserror(w, errno);
    return 0;
  }
  return open_file(w, w->path, O_WRONLY | O_TRUNC);
}
