/*
** Fuzz target: any bytes as a capture file. Frames lie inside what was read; what is read is written,
** and read back the same.
*/
#define _GNU_SOURCE
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "savefile.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static int file_of (const uint8_t *data, size_t size) {
  int fd = memfd_create("in", 0);
  if (fd < 0 || (size_t)write(fd, data, size) != size) abort();
  lseek(fd, 0, SEEK_SET);
  return fd;
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size) {
  pk_Reader r, again;
  pk_Writer w;
  pk_FileInfo info;
  pk_Frame frame, copy;
  uint64_t total = 0, frames = 0;
  char path[64];
  int got, fd;
  if (pk_reader_openfd(&r, file_of(data, size), 1, "in") < 0) abort();
  if (pk_reader_begin(&r) < 0) {
    assert(r.fd < 0 && r.block == NULL && r.err[0] != '\0');
    return 0;
  }
  fd = memfd_create("out", 0); /* written and read by its name, as a user's file */
  assert(fd >= 0);
  snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
  info.linktype = r.linktype;
  info.linkmore = r.linkmore;
  info.snaplen = INT32_MAX;
  info.precision = PK_NANO;
  if (pk_writer_open(&w, path, &info) < 0) abort();
  while ((got = pk_reader_next(&r, &frame)) > 0) {
    volatile unsigned char sum = 0;
    uint32_t k;
    for (k = 0; k < frame.caplen; k++) sum = (unsigned char)(sum + frame.data[k]);
    total += frame.caplen;
    frames++;
    assert(total <= size);
    frame.raw = 0;
    if (!pk_writer_holds(frame.time)) frame.time = 0;
    if (pk_writer_write(&w, &frame) < 0) abort();
  }
  assert(got == 0 || r.err[0] != '\0');
  assert(pk_reader_next(&r, &frame) == got);
  if (pk_writer_close(&w) < 0) abort();
  pk_reader_close(&r);
  if (pk_reader_openfd(&r, file_of(data, size), 1, "in") < 0 || pk_reader_begin(&r) < 0) abort();
  if (pk_reader_open(&again, path) < 0 || pk_reader_begin(&again) < 0) abort();
  while (frames-- > 0) {
    assert(pk_reader_next(&r, &frame) > 0);
    got = pk_reader_next(&again, &copy);
    if (got < 0) break; /* the first file's snaplen allowed more than the type does */
    assert(got > 0 && frame.caplen == copy.caplen && frame.wirelen == copy.wirelen);
    assert(memcmp(frame.data, copy.data, frame.caplen) == 0);
    assert(frame.time == copy.time || !pk_writer_holds(frame.time));
  }
  pk_reader_close(&again);
  pk_reader_close(&r);
  close(fd);
  return 0;
}
