/*
** layers.c: how often each protocol occurs in a capture, with libpktcraft alone.
**
**     cc layers.c $(pkg-config --cflags --libs pktcraft) -o layers && ./layers FILE
*/
#include <stdio.h>
#include <stdlib.h>

#include <bind.h>
#include <packet.h>
#include <savefile.h>
#include <shipped.h>

/* All shipped layouts, and the places under which they stand; never freed. */
static const pk_Bindings *bind_all (void) {
  size_t n, k, nbinds = 0;
  const pk_LayoutDef *const *defs = pk_shipped_layouts(&n);
  pk_Binding *list = NULL;
  char err[PK_ERRSIZE];
  for (k = 0; k < n; k++) {
    const size_t size = pk_layout_need(defs[k]);
    const pk_Layout *l = pk_layout_build(defs[k], malloc(size), size, err);
    uint32_t j;
    list = realloc(list, (nbinds + l->nunder + l->nlinks + 1) * sizeof(*list));
    for (j = 0; j < l->nunder; j++)
      list[nbinds++] = (pk_Binding){l->under[j].space, l->under[j].min, l->under[j].max, l};
    for (j = 0; j < l->nlinks; j++) list[nbinds++] = (pk_Binding){PK_SPACE_LINK, l->links[j], l->links[j], l};
    list[nbinds++] = (pk_Binding){PK_SPACE_NAME, pk_space_hash(l->name), pk_space_hash(l->name), l};
  }
  return pk_bindings_build(list, nbinds, malloc(pk_bindings_need(nbinds)));
}

int main (int argc, char **argv) {
  const pk_Bindings *binds = bind_all();
  static struct { const pk_Layout *layout; unsigned long n; } counts[256];
  static pk_Packet p;
  static pk_Shapes shapes;
  pk_Reader r;
  pk_Frame frame;
  int got, k;
  if (argc != 2 || pk_reader_open(&r, argv[1]) < 0 || pk_reader_begin(&r) < 0) {
    fprintf(stderr, "layers: %s\n", argc == 2 ? r.err : "usage: layers FILE");
    return 2;
  }
  pk_packet_init(&p, &shapes);
  while ((got = pk_reader_next(&r, &frame)) > 0) {
    const pk_Layout *first = pk_bindings_find(binds, pk_space_hash(PK_SPACE_LINK), r.linktype);
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
