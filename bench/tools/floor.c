/*
** floor.c: what a C program costs that does nothing but the job: reads blocks, looks, writes runs.
**
**     floor [-p] a|b IN [OUT]      -p prefetches 4 KB ahead
*/
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "predicate.h"

#define BLOCK (256 * 1024)

int main (int argc, char **argv) {
  static uint8_t block[BLOCK + 4096], out[BLOCK];
  int prefetch = argc > 1 && strcmp(argv[1], "-p") == 0;
  int isb, in, to = -1;
  size_t have = 0, used = 24, outlen = 24;
  unsigned long count = 0;
  ssize_t got;
  argv += prefetch;
  argc -= prefetch;
  if (argc < 3) return 2;
  isb = argv[1][0] == 'b';
  in = open(argv[2], O_RDONLY);
  if (argc > 3) to = open(argv[3], O_WRONLY | O_CREAT | O_TRUNC, 0666);
  while ((got = read(in, block + have, BLOCK - have)) > 0) {
    size_t at = used;
    have += (size_t)got;
    if (used == 24) memcpy(out, block, 24);
    for (;;) {
      uint32_t caplen;
      if (have - at < 16) break;
      memcpy(&caplen, block + at + 8, 4);
      if (have - at - 16 < caplen) break;
      if (prefetch) __builtin_prefetch(block + at + 4096);
      if (isb ? wanted_b(block + at + 16, caplen) : wanted_a(block + at + 16, caplen)) {
        count++;
        if (to >= 0) {
          if (outlen + 16 + caplen > BLOCK) {
            if (write(to, out, outlen) < 0) return 1;
            outlen = 0;
          }
          memcpy(out + outlen, block + at, 16 + caplen);
          outlen += 16 + caplen;
        }
      }
      at += 16 + caplen;
    }
    memmove(block, block + at, have - at);
    have -= at;
    used = 0;
  }
  if (to >= 0 && write(to, out, outlen) < 0) return 1;
  printf("%lu\n", count);
  return 0;
}
