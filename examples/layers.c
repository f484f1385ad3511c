/*
** layers.c: how often each protocol occurs in a capture, with libpktcraft alone.
**
**     cc layers.c $(pkg-config --cflags --libs pktcraft) -o layers && ./layers FILE
*/
#include <stdio.h>

#include <pktcraft/packet.h>
#include <pktcraft/savefile.h>
#include <pktcraft/shipped.h>

int main (int argc, char **argv) {
  const pk_Bindings *binds = pk_shipped_bindings();
  static struct { const pk_Layout *layout; unsigned long n; } counts[256];
  static pk_Packet p;
  pk_Shapes *shapes = pk_shapes_new(); /* NULL would do */
  pk_Reader r;
  pk_Frame frame;
  uint32_t linktype = PK_LINKTYPE_NONE;
  const pk_Layout *first = NULL;
  int got, k;
  if (binds == NULL || argc != 2) {
    fprintf(stderr, "layers: %s\n", argc != 2 ? "usage: layers FILE" : "not enough memory");
    return 2;
  }
  got = pk_reader_open(&r, argv[1]);
  r.patient = 1; /* no signal ends a read: else PK_INTERRUPTED would have to be asked for */
  if (got < 0 || pk_reader_begin(&r) < 0) {
    fprintf(stderr, "layers: %s\n", r.err);
    return 2;
  }
  pk_packet_init(&p, shapes);
  while ((got = pk_reader_next(&r, &frame)) > 0) {
    uint32_t j;
    if (frame.linktype != linktype) { /* a file may be of several interfaces */
      linktype = frame.linktype;
      first = pk_bindings_link(binds, linktype);
      pk_packet_init(&p, shapes); /* what has been learnt is of another first layer */
    }
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
  pk_shapes_free(shapes);
  return got < 0;
}
