/*
** layers.c: how often each protocol occurs in a capture, with libpktcraft alone.
**
**     cc layers.c $(pkg-config --cflags --libs pktcraft) -o layers && ./layers FILE
*/
#include <stdio.h>

#include <packet.h>
#include <savefile.h>
#include <shipped.h>

int main (int argc, char **argv) {
  const pk_Bindings *binds = pk_shipped_bindings();
  static struct { const pk_Layout *layout; unsigned long n; } counts[256];
  static pk_Packet p;
  static pk_Shapes shapes;
  pk_Reader r;
  pk_Frame frame;
  int got, k;
  if (binds == NULL || argc != 2 || pk_reader_open(&r, argv[1]) < 0 || pk_reader_begin(&r) < 0) {
    fprintf(stderr, "layers: %s\n", binds == NULL ? "not enough memory" : argc == 2 ? r.err : "usage: layers FILE");
    return 2;
  }
  pk_packet_init(&p, &shapes);
  while ((got = pk_reader_next(&r, &frame)) > 0) {
    const pk_Layout *first = pk_bindings_link(binds, r.linktype);
    uint32_t j;
    pk_packet_begin(&p, first, (const uint8_t *)frame.data, frame.caplen, frame.wirelen);
    pk_packet_seek(&p, binds, NULL); /* all layers; one alone is found in less time */
    for (j = 0; j < p.nlayers; j++) {
      for (k = 0; k < 255 && counts[k].layout != NULL && counts[k].layout != p.layers[j].layout; k++) continue;
      counts[k].layout = p.layers[j].layout;
      counts[k].n++;
    }
  }
  for (k = 0; k < 256 && counts[k].layout != NULL; k++) printf("%-12s %lu\n", counts[k].layout->name, counts[k].n);
  if (got < 0) fprintf(stderr, "layers: %s\n", r.err);
  pk_reader_close(&r);
  return got < 0;
}
