/*
** reader.c: an empty loop over the frames of a file, by libpktcraft.
**
**     reader loop IN
*/
#include <stdio.h>

#include <pktcraft/savefile.h>

int main (int argc, char **argv) {
  pk_Reader r;
  pk_Frame frame;
  unsigned long count = 0;
  if (argc < 3 || pk_reader_open(&r, argv[2]) < 0 || pk_reader_begin(&r) < 0) return 2;
  while (pk_reader_next(&r, &frame) > 0) count++;
  printf("%lu\n", count);
  return r.failed;
}
