/*
** writer.c: writing capture files. Whole records gather in a block; when the system takes a part of it
** only, the file is cut back to the last whole one, where it can be.
*/
#define _POSIX_C_SOURCE 200809L
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "salloc.h"
#include "savefile.h"
#include "sformat.h"

static int writer_error (pk_Writer *w, const char *what) {
  w->failed = 1;
  return pk_text_error(w->err, w->name, ": ", what, NULL);
}

static int system_error (pk_Writer *w, int code) {
  char text[128];
  return writer_error(w, pk_errno_text(code, text, sizeof(text)));
}

void pk_writer_init (pk_Writer *w) {
  memset(w, 0, sizeof(*w));
  w->fd = -1;
}

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

/* How many of the first `n` bytes of the block are whole records. */
static size_t whole_records (const pk_Writer *w, size_t n) {
  size_t at = w->written == 0 ? PK_PCAP_HEADER : 0;
  if (n < at) return 0;
  while (n - at >= PK_PCAP_RECORD) {
    uint32_t caplen;
    memcpy(&caplen, w->block + at + 8, sizeof(caplen));
    if (n - at - PK_PCAP_RECORD < caplen) break;
    at += PK_PCAP_RECORD + caplen;
  }
  return at;
}

/* After a failed write that left `done` bytes of which `whole` are whole records. */
static int cut_back (pk_Writer *w, size_t whole, size_t done) {
  int code = errno;
  w->written += whole;
  w->len = 0;
  if (w->regular && done > whole && ftruncate(w->fd, (off_t)(w->base + w->written)) == 0)
    lseek(w->fd, (off_t)(w->base + w->written), SEEK_SET);
  return system_error(w, code);
}

int pk_writer_flush (pk_Writer *w) {
  size_t done;
  assert(w->fd >= 0);
  if (w->failed) return -1;
  if (w->len == 0) return 0;
  if (write_all(w->fd, w->block, w->len, &done) < 0) return cut_back(w, whole_records(w, done), done);
  w->written += w->len;
  w->len = 0;
  return 0;
}

static void put32 (char *p, uint32_t w) {
  memcpy(p, &w, sizeof(w));
}

static void put_header (pk_Writer *w) {
  const uint16_t major = 2, minor = 4;
  char *p = w->block;
  memset(p, 0, PK_PCAP_HEADER);
  put32(p, w->info.precision == PK_NANO ? PK_PCAP_NANO : PK_PCAP_MICRO);
  memcpy(p + 4, &major, sizeof(major));
  memcpy(p + 6, &minor, sizeof(minor));
  put32(p + 16, w->info.snaplen);
  put32(p + 20, w->info.linktype | w->info.linkmore);
  w->len = PK_PCAP_HEADER;
}

int pk_writer_open (pk_Writer *w, const char *path, const pk_FileInfo *info) {
  struct stat st;
  pk_Text t;
  int isout = strcmp(path, "-") == 0;
  pk_writer_init(w);
  t = pk_text_begin(w->name, sizeof(w->name));
  pk_text_add(&t, isout ? "standard output" : path);
  w->info = *info;
  w->maxlen = pk_snaplen_max(info->linktype);
  if (isout && isatty(STDOUT_FILENO)) return writer_error(w, "is a terminal: captures are not for it");
  w->block = (char *)pk_realloc(NULL, PK_WRITE_SIZE);
  if (w->block == NULL) return writer_error(w, "not enough memory");
  if (isout)
    w->fd = STDOUT_FILENO;
  else {
    do w->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666);
    while (w->fd < 0 && errno == EINTR);
    if (w->fd < 0) {
      system_error(w, errno);
      pk_writer_close(w);
      return -1;
    }
    w->ownfd = 1;
  }
  w->regular = fstat(w->fd, &st) == 0 && S_ISREG(st.st_mode);
  if (w->regular && isout) { /* a shell's redirection: others may have written there before */
    off_t at = fcntl(w->fd, F_GETFL) & O_APPEND ? st.st_size : lseek(w->fd, 0, SEEK_CUR);
    w->base = at > 0 ? (uint64_t)at : 0;
  }
  put_header(w);
  return 0;
}

int pk_writer_holds (int64_t time) {
  return 0 <= time && time / 1000000000 <= UINT32_MAX;
}

int pk_writer_write (pk_Writer *w, const pk_Frame *frame) {
  size_t n = PK_PCAP_RECORD + (size_t)frame->caplen;
  int64_t fraction = frame->time % 1000000000;
  char *p;
  assert(w->fd >= 0 && frame->caplen <= w->info.snaplen);
  assert(frame->raw || pk_writer_holds(frame->time));
  if (w->failed) return -1;
  if (w->len + n > PK_WRITE_SIZE && pk_writer_flush(w) < 0) return -1;
  p = w->block + w->len;
  put32(p, frame->raw ? frame->seconds : (uint32_t)(frame->time / 1000000000));
  if (frame->raw)
    put32(p + 4, frame->fraction);
  else
    put32(p + 4, (uint32_t)(w->info.precision == PK_NANO ? fraction : fraction / 1000));
  put32(p + 8, frame->caplen);
  put32(p + 12, frame->wirelen);
  if (n <= PK_WRITE_SIZE) {
    memcpy(p + PK_PCAP_RECORD, frame->data, frame->caplen);
    w->len += n;
  }
  else { /* larger than the block: straight on, as one record */
    size_t head, body = 0;
    if (write_all(w->fd, p, PK_PCAP_RECORD, &head) < 0 ||
        write_all(w->fd, frame->data, frame->caplen, &body) < 0)
      return cut_back(w, 0, head + body);
    w->written += n;
  }
  return 0;
}

int pk_writer_close (pk_Writer *w) {
  if (w->fd >= 0) {
    pk_writer_flush(w);
    /* A file system may tell only now that it had no room. */
    if (w->ownfd && close(w->fd) < 0 && errno != EINTR && !w->failed) system_error(w, errno);
    w->fd = -1;
  }
  pk_realloc(w->block, 0);
  w->block = NULL;
  w->len = 0;
  return w->failed ? -1 : 0;
}
