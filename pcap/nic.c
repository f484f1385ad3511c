/*
** nic.c: interfaces as one more format to the reader.
*/
#define _POSIX_C_SOURCE 200809L
#include "nic.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "sformat.h"

#define SLICE 250 /* ms that are waited at most before the caller has a say: a signal may have come just before */

int64_t pk_clock (void) {
  struct timespec ts;
  clock_gettime(CLOCK_MONOTONIC, &ts);
  return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

int pk_nic_wait (const pk_Nic *n, int64_t until) {
  struct pollfd fd;
  int64_t left = until - pk_clock();
  int ms = SLICE, got;
  if (left <= 0) return 0;
  if (left < (int64_t)SLICE * 1000000) ms = (int)((left + 999999) / 1000000);
  fd.fd = n->fd;
  fd.events = POLLIN;
  got = poll(&fd, 1, ms);
  if (got > 0) return 1; /* or an error, which reading tells */
  return PK_INTERRUPTED;
}

int pk_nic_error (const char *name, char *err, ...) {
  pk_Text t = pk_text_begin(err, PK_ERRSIZE);
  const char *part;
  va_list parts;
  pk_text_add(&t, name);
  pk_text_add(&t, ": ");
  va_start(parts, err);
  while ((part = va_arg(parts, const char *)) != NULL) pk_text_add(&t, part);
  va_end(parts);
  return -1;
}

static int live_next (pk_Reader *r, pk_Frame *frame) {
  pk_Nic *n = r->nic;
  int waited;
  if (n->giving) return pk_nic_error(n->name, r->err, "attempt to read an interface in its loop", NULL);
  for (waited = 0;; waited = 1) {
    int got;
    if (!r->sure && r->until < INT64_MAX && pk_clock() >= r->until) return 0; /* however many there are */
    got = n->ops->next(n, frame, r->err);
    if (got < 0) r->failed = 1;
    if (got != 0) return got;
    if (waited) return PK_INTERRUPTED; /* there was something, but no frame that is wanted: it may go on so */
    got = pk_nic_wait(n, r->until);
    if (got <= 0) return got;
  }
}

static const pk_Format live = {"live", NULL, live_next, NULL};

int pk_reader_opennic (pk_Reader *r, pk_Nic *n) {
  pk_Interface i;
  pk_Text t;
  pk_reader_init(r);
  r->nic = n;
  r->format = &live;
  r->open = 1;
  r->linktype = n->linktype;
  r->snaplen = n->snaplen;
  r->precision = n->precision;
  t = pk_text_begin(r->name, sizeof(r->name));
  pk_text_add(&t, n->name);
  memset(&i, 0, sizeof(i));
  i.linktype = n->linktype;
  i.snaplen = n->snaplen;
  i.resolution = n->precision == PK_NANO ? 9 : 6;
  i.persecond = n->precision == PK_NANO ? 1000000000 : 1000000;
  if (pk_reader_addinterface(r, &i, NULL, 0) == 0) return 0;
  pk_reader_close(r);
  return -1;
}
