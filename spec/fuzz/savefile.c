/*
** Fuzz target: any bytes as a capture file, plain or packed. Frames and blocks lie inside what was read; all of it
** can be read again, sought and copied; what is read is written in both formats, and read back the same.
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
#include "writer.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

#define FRAMES_MAX 5000 /* packed files may hold millions */

static int file_of (const uint8_t *data, size_t size) {
  int fd = memfd_create("in", 0);
  if (fd < 0 || (size_t)write(fd, data, size) != size) abort();
  lseek(fd, 0, SEEK_SET);
  return fd;
}

/* Reads all blocks: how many frames they hold. */
static uint64_t read_blocks (const uint8_t *data, size_t size) {
  pk_Reader r;
  pk_Block b;
  uint64_t frames = 0;
  if (pk_reader_openfd(&r, file_of(data, size), 1, "in") < 0 || pk_reader_begin(&r) < 0) abort();
  while (frames < FRAMES_MAX && pk_reader_block(&r, &b) > 0) {
    volatile unsigned char sum = 0;
    uint32_t k;
    for (k = 0; k < b.len; k++) sum = (unsigned char)(sum + b.bytes[k]);
    if (b.isframe) {
      assert((const uint8_t *)b.frame.data >= b.bytes && b.frame.caplen <= b.len);
      assert((const uint8_t *)b.frame.data - b.bytes <= (ptrdiff_t)(b.len - b.frame.caplen));
      assert(b.frame.interface < r.ninterfaces);
      frames++;
    }
  }
  pk_reader_close(&r);
  return frames;
}

/* Seeks about: each frame is the same again. */
static void seek_about (pk_Reader *r, uint64_t frames) {
  pk_Frame first, again;
  uint64_t k;
  for (k = 0; k < 8 && frames > 0; k++) {
    const uint64_t at = k * 2654435761u % frames;
    uint32_t caplen;
    int64_t time;
    if (pk_reader_seek(r, at) != 1 || pk_reader_next(r, &first) != 1) abort();
    caplen = first.caplen;
    time = first.time;
    assert(r->frames == at + 1);
    if (pk_reader_seek(r, at) != 1 || pk_reader_next(r, &again) != 1) abort();
    assert(again.caplen == caplen && again.time == time);
  }
}

/* Writes the frame; what its file cannot hold is made so that it can. */
static void put (pk_Writer *w, pk_Frame frame) {
  frame.interface = 0;
  if (pk_writer_begin(w) < 0) abort();
  if (!pk_writer_holds(w, 0, frame.time)) frame.time = 0;
  frame.raw = 0;
  frame.optionslen = 0;
  frame.timeless = 0;
  if (pk_writer_write(w, &frame) < 0) abort();
}

/* What was written reads as the frames of the file. */
static void read_back (const char *path, const uint8_t *data, size_t size, uint64_t frames, int isng) {
  pk_Reader r, again;
  pk_Frame frame, copy;
  if (pk_reader_openfd(&r, file_of(data, size), 1, "in") < 0 || pk_reader_begin(&r) < 0) abort();
  if (pk_reader_open(&again, path) < 0 || pk_reader_begin(&again) < 0) abort();
  while (frames-- > 0) {
    int got;
    if (pk_reader_next(&r, &frame) <= 0) abort();
    got = pk_reader_next(&again, &copy);
    if (got < 0) break; /* the first file's snaplen allowed more than the type does */
    assert(got > 0 && frame.caplen == copy.caplen && frame.wirelen == copy.wirelen);
    assert(memcmp(frame.data, copy.data, frame.caplen) == 0);
    assert(frame.time == copy.time || frame.time < 0 || (!isng && frame.time / 1000000000 > UINT32_MAX));
  }
  pk_reader_close(&again);
  pk_reader_close(&r);
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size) {
  pk_Reader r;
  pk_Writer w[2];
  pk_FileInfo info;
  pk_Frame frame;
  uint64_t frames = 0;
  char path[2][64];
  int got = 0, fd[2], k;
  if (pk_reader_openfd(&r, file_of(data, size), 1, "in") < 0) abort();
  if (pk_reader_begin(&r) < 0) {
    assert(r.fd < 0 && !r.open && r.block == NULL && r.err[0] != '\0');
    return 0;
  }
  memset(&info, 0, sizeof(info));
  info.linktype = r.linktype;
  info.linkmore = r.linkmore;
  info.snaplen = INT32_MAX;
  info.precision = PK_NANO;
  info.swapped = size % 2 == 0;
  for (k = 0; k < 2; k++) { /* written and read by their names, as a user's files */
    fd[k] = memfd_create("out", 0);
    assert(fd[k] >= 0);
    snprintf(path[k], sizeof(path[k]), "/proc/self/fd/%d", fd[k]);
    info.format = k == 0 ? PK_FILE_PCAP : PK_FILE_PCAPNG;
    if (k == 1 && info.linktype >= PK_LINKTYPE_NONE) info.linktype = 1; /* which pcapng does not hold */
    if (pk_writer_open(&w[k], path[k], &info) < 0) abort();
  }
  while (frames < FRAMES_MAX && (got = pk_reader_next(&r, &frame)) > 0) {
    volatile unsigned char sum = 0;
    uint32_t n;
    for (n = 0; n < frame.caplen; n++) sum = (unsigned char)(sum + frame.data[n]);
    for (n = 0; n < frame.optionslen; n++) sum = (unsigned char)(sum + frame.options[n]);
    assert(frame.interface < r.ninterfaces && frame.linktype == r.interfaces[frame.interface].linktype);
    frames++;
    put(&w[0], frame);
    put(&w[1], frame);
  }
  if (frames < FRAMES_MAX) {
    assert(got == 0 || r.err[0] != '\0');
    assert(pk_reader_next(&r, &frame) == got);
  }
  seek_about(&r, frames);
  pk_reader_close(&r);
  assert(read_blocks(data, size) == frames);
  for (k = 0; k < 2; k++) {
    if (pk_writer_close(&w[k]) < 0) abort();
    read_back(path[k], data, size, frames, k == 1);
    close(fd[k]);
  }
  return 0;
}
