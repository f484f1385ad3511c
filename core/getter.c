/*
** getter.c: values of packets by their paths, which are columns of a filter that is asked nothing else.
*/
#include "getter.h"

#include <assert.h>

#include "ftree.h"

static_assert(PK_GETTER_TEXT >= PK_ERRSIZE, "errors are written there too");

/* A getter is a filter with one column, by another name. */
static const pk_Filter *filter_of (const pk_Getter *g) {
  return (const pk_Filter *)g;
}

pk_Getter *pk_getter_new (const pk_FilterNames *names, const char *path, char *err) {
  return (pk_Getter *)pk_filter_compile(names, NULL, 0, &path, 1, 0, err);
}

void pk_getter_free (pk_Getter *g) {
  pk_filter_free((pk_Filter *)g);
}

typedef struct Taker {
  const pk_Packet *p;
  pk_Column *value;
  char *text;
} Taker;

static int take_value (void *arg, const pk_Val *v) {
  const Taker *t = (const Taker *)arg;
  pk_column_set(t->value, v, t->p->span.bytes, t->p->span.len, t->text);
  return 1;
}

int pk_getter_get (const pk_Getter *g, const pk_Packet *p, pk_Column *value, char *text) {
  Taker taker = {p, value, text};
  value->kind = PK_COLUMN_NONE;
  return pk_path_inpacket(p, filter_of(g)->columns[0].path, take_value, &taker);
}

int pk_packet_get (const pk_Packet *p, const char *path, pk_Column *value, char *text) {
  pk_Getter *g = pk_getter_new(NULL, path, text);
  int got;
  value->kind = PK_COLUMN_NONE;
  if (g == NULL) return -1;
  got = pk_getter_get(g, p, value, text);
  pk_getter_free(g);
  return got;
}
