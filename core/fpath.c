/*
** fpath.c: what the names in an expression stand for.
*/
#include <string.h>

#include "ftree.h"

/* --- names that are near */

void pk_near_begin (pk_Near *near, const char *word, size_t len) {
  near->word = word;
  near->len = len;
  near->best[0] = '\0';
  near->distance = len < 3 ? 1 : len < 8 ? 2 : 3; /* further off is no slip of the fingers */
  near->distance++;
}

/* Insertions, deletions, other characters and swaps of neighbours that make one word of another. */
static unsigned distance (const char *a, size_t n, const char *b, size_t m) {
  unsigned rows[3][PK_LAYOUT_MAXKEY + 2];
  size_t i, j;
  for (j = 0; j <= m; j++) rows[0][j] = (unsigned)j;
  for (i = 1; i <= n; i++) {
    unsigned *now = rows[i % 3], *before = rows[(i + 2) % 3], *earlier = rows[(i + 1) % 3];
    now[0] = (unsigned)i;
    for (j = 1; j <= m; j++) {
      unsigned best = before[j - 1] + (a[i - 1] != b[j - 1]);
      if (before[j] + 1 < best) best = before[j] + 1;
      if (now[j - 1] + 1 < best) best = now[j - 1] + 1;
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && earlier[j - 2] + 1 < best)
        best = earlier[j - 2] + 1;
      now[j] = best;
    }
  }
  return rows[n % 3][m];
}

void pk_near_try (pk_Near *near, const char *candidate) {
  const size_t m = strlen(candidate);
  unsigned d;
  if (near->len > PK_LAYOUT_MAXKEY || m > PK_LAYOUT_MAXKEY || m == 0) return;
  d = distance(near->word, near->len, candidate, m);
  if (d >= near->distance || d >= m) return;
  near->distance = d;
  memcpy(near->best, candidate, m + 1);
}

const char *pk_near_text (const pk_Near *near, char *buffer, size_t size) {
  pk_Text t = pk_text_begin(buffer, size);
  if (near->best[0] != '\0') {
    pk_text_add(&t, "; did you mean '");
    pk_text_add(&t, near->best);
    pk_text_add(&t, "'?");
  }
  return buffer;
}

const char *pk_layout_near (const pk_Layout *l, const char *word, size_t len, char buffer[PK_NEAR_TEXT]) {
  pk_Near near;
  uint32_t k, a;
  buffer[0] = '\0';
  pk_near_begin(&near, word, len);
  for (k = 0; l != NULL && k < l->nfields; k++) {
    pk_near_try(&near, l->fields[k].key);
    for (a = 0; a < l->fields[k].naliases; a++) pk_near_try(&near, l->fields[k].aliases[a]);
  }
  return pk_near_text(&near, buffer, PK_NEAR_TEXT);
}

/* --- parts of a name */

typedef struct Name {
  const char *s;
  size_t len, at;            /* at: the part that is read */
  const struct pk_Subscript *subscripts;
  size_t place;              /* in the expression, for errors */
} Name;

static int part_is (const char *s, size_t len, const char *word) {
  return strlen(word) == len && memcmp(s, word, len) == 0;
}

/* The next part: its begin and length; 0: none is left. */
static int next_part (Name *n, const char **s, size_t *len) {
  size_t end;
  if (n->at >= n->len) return 0;
  for (end = n->at; end < n->len && n->s[end] != '.'; end++) continue;
  *s = n->s + n->at;
  *len = end - n->at;
  n->at = end + 1;
  return 1;
}

/* The subscript after the part that was read last, or NULL. */
static const struct pk_Subscript *subscript (Name *n) {
  const struct pk_Subscript *s = n->subscripts;
  if (s == NULL || s->after != n->at - 1) return NULL;
  n->subscripts = s->next;
  return s;
}

static const pk_Layout *find_layout (const pk_Compile *c, const char *s, size_t len) {
  size_t k;
  for (k = 0; k < c->names->nlayouts; k++)
    if (part_is(s, len, c->names->layouts[k]->name)) return c->names->layouts[k];
  return NULL;
}

static const pk_Field *find_field (const pk_Layout *l, const char *s, size_t len) {
  char key[PK_LAYOUT_MAXKEY + 1];
  if (len > PK_LAYOUT_MAXKEY) return NULL;
  memcpy(key, s, len);
  key[len] = '\0';
  return pk_layout_field(l, key);
}

/* --- what belongs to the frame */

static const struct Special {
  const char *head, *member;
  pk_PathKind kind;
} specials[] = {
  {"frame", "length", PATH_LENGTH}, {"frame", "captured", PATH_CAPTURED}, {"frame", "time", PATH_TIME},
  {"frame", "number", PATH_NUMBER}, {"frame", "interface", PATH_INTERFACE}, {"frame", "linktype", PATH_LINKTYPE},
  {"frame", NULL, PATH_FRAME}, {"payload", NULL, PATH_PAYLOAD}, {"padding", NULL, PATH_PADDING},
  {"truncated", NULL, PATH_TRUNCATED}, {"malformed", NULL, PATH_MALFORMED}, {"incomplete", NULL, PATH_INCOMPLETE},
  {"checksum", "bad", PATH_BADSUM}
};
#define NSPECIALS (sizeof(specials) / sizeof(specials[0]))

/* --- types */

/* Text forms of constant size up to 8 bytes are numbers. */
static void kind_of_leaf (const pk_Field *f, pk_Kindof *kind) {
  memset(kind, 0, sizeof(*kind));
  kind->field = f;
  kind->bits = f->bits;
  if (f->codec != NULL && f->codec->size == 0 && f->codec->number)
    kind->type = TYPE_INTEGER;
  else if (f->codec != NULL) {
    kind->codec = f->codec;
    kind->type = f->codec->size > 0 && f->codec->size <= 8 ? TYPE_INTEGER : TYPE_BYTES;
    kind->isunsigned = f->codec->size == 8;
    kind->bits = (uint32_t)f->codec->size * 8;
  }
  else if (f->kind == PK_STRING)
    kind->type = TYPE_BYTES;
  else if (f->real)
    kind->type = TYPE_FLOAT;
  else if (f->kind == PK_BOOLEAN)
    kind->type = TYPE_BOOLEAN;
  else {
    kind->type = TYPE_INTEGER;
    kind->isunsigned = !f->sign && f->bits == 64;
  }
}

/* How a number, or a text form of up to 8 bytes, is loaded where it has a constant place. */
static int load_of (const pk_Layout *l, const pk_Field *f, pk_Load *load) {
  const uint32_t prefix = (l->bits + 7) / 8;
  uint32_t from = f->offset / 8;
  if (!f->fixed || f->real || f->sign || f->guess) return 0;
  if (f->load.mask != 0 && f->codec == NULL) {
    *load = f->load;
    return !f->load.little;
  }
  if (f->codec == NULL || f->codec->size == 0 || f->codec->size > 8 || f->offset % 8 != 0 || f->offset + f->bits > l->bits)
    return 0;
  if (from + 8 > prefix) from = prefix > 8 ? prefix - 8 : 0;
  load->byte = from;
  load->shift = (uint8_t)(64 - (f->offset - 8 * from) - f->bits);
  load->little = 0;
  load->mask = f->bits >= 64 ? UINT64_MAX : ((uint64_t)1 << f->bits) - 1;
  return 1;
}

static void take_slice (pk_Compile *c, const struct pk_Subscript *s, pk_Path *path, pk_Kindof *kind) {
  if (s->first < 0) pk_fail(c, s->at, "offsets of bytes count from 0", NULL);
  if (s->colon && !s->open && s->count < 1) pk_fail(c, s->at, "a slice of no bytes", NULL);
  path->sliced = 1;
  path->offset = (size_t)s->first;
  path->length = !s->colon ? 1 : s->open ? PK_OPEN : (size_t)s->count;
  memset(kind, 0, sizeof(*kind));
  kind->type = path->length <= 8 ? TYPE_INTEGER : TYPE_BYTES;
  kind->isunsigned = path->length == 8;
  kind->slice = path->length == PK_OPEN ? 0 : path->length;
  kind->bits = path->length <= 8 ? (uint32_t)path->length * 8 : 0;
}

/* --- paths */

/* A path that goes wrong: where errors may be raised. */
#define QUIET 1

static void no_more_parts (pk_Compile *c, Name *name) {
  if (name->subscripts != NULL) pk_fail(c, name->subscripts->at, "nothing here that has elements or bytes to choose", NULL);
  if (name->at < name->len)
    pk_fail(c, name->place, "'", name->s, "': there is nothing below '", NULL);
}

static int is_wrapped (const pk_Field *list) {
  return list->sub->nfields == 1 && list->sub->fields[0].key[0] == '\0';
}

/* The fields of a layer, step by step. 0: there is no such field, and `quiet`. */
static int find_steps (pk_Compile *c, Name *name, pk_Path *path, pk_Kindof *kind, int quiet) {
  const pk_Layout *l = path->layout;
  const char *where = l->name, *s;
  char near_text[PK_NEAR_TEXT];
  size_t len;
  while (next_part(name, &s, &len)) {
    const pk_Field *f = l != NULL ? find_field(l, s, len) : NULL;
    const struct pk_Subscript *sub = subscript(name);
    pk_Step *step = &path->steps[path->nsteps];
    if (f == NULL) {
      char word[PK_LAYOUT_MAXKEY + 8];
      pk_Text t = pk_text_begin(word, sizeof(word));
      if (quiet) return 0;
      pk_text_addn(&t, s, len);
      pk_fail(c, name->place + (size_t)(s - name->s), "no field '", word, "' in ", path->nsteps == 0 ? "layout '" : "field '",
              where, "'", pk_layout_near(l, s, len, near_text), NULL);
    }
    if (path->nsteps == PK_PATH_MAXSTEPS) pk_fail(c, name->place, "path of too many steps", NULL);
    path->nsteps++;
    step->field = f;
    where = f->key;
    path->kind = PATH_FIELD;
    if (pk_kind_isleaf((pk_Kind)f->kind)) {
      kind_of_leaf(f, kind);
      l = NULL;
      if (sub != NULL) {
        if ((f->kind != PK_STRING && f->codec == NULL) || (f->codec != NULL && f->codec->size == 0 && f->codec->number))
          pk_fail(c, sub->at, "'", f->key, "' is no string of bytes", NULL);
        take_slice(c, sub, path, kind);
        sub = NULL;
      }
    }
    else {
      memset(kind, 0, sizeof(*kind)); /* of what has members there is only presence */
      l = f->sub;
      if (sub != NULL && (f->kind == PK_LIST || f->kind == PK_ARRAY) && !sub->colon) {
        if (sub->first == 0 || sub->first > INT32_MAX || sub->first < -INT32_MAX)
          pk_fail(c, sub->at, "elements count from 1", NULL);
        step->element = (int32_t)sub->first;
        sub = NULL;
      }
      if ((f->kind == PK_LIST || f->kind == PK_ARRAY) && is_wrapped(f)) {
        const pk_Field *element = &f->sub->fields[0];
        if (pk_kind_isleaf((pk_Kind)element->kind)) {
          kind_of_leaf(element, kind);
          l = NULL;
        }
        else
          l = element->sub;
      }
    }
    if (sub != NULL) pk_fail(c, sub->at, "'", f->key, "' is no list", NULL);
  }
  return 1;
}

/* One path, by the names of layouts. 0: it is none, and `quiet`. */
static int find_own (pk_Compile *c, Name *name, pk_Path *path, pk_Kindof *kind, int quiet) {
  const struct pk_Subscript *sub;
  const char *s, *hash;
  size_t len, k;
  char word[PK_LAYOUT_MAXKEY + 8], near_text[80];
  pk_Text t = pk_text_begin(word, sizeof(word));
  pk_Near near;
  memset(path, 0, sizeof(*path));
  memset(kind, 0, sizeof(*kind));
  path->n = 1;
  if (!next_part(name, &s, &len)) return 0;
  hash = (const char *)memchr(s, '#', len);
  if (hash != NULL) {
    for (path->n = 0, k = (size_t)(hash - s) + 1; k < len && path->n < 1000; k++) path->n = path->n * 10 + (uint32_t)(s[k] - '0');
    if (path->n == 0 || path->n > PK_PACKET_MAXDEPTH) pk_fail(c, name->place, "bad number of a layer", NULL);
    len = (size_t)(hash - s);
  }
  pk_text_addn(&t, s, len);
  sub = subscript(name);
  for (k = 0; k < NSPECIALS && hash == NULL; k++) {
    const char *member = specials[k].member, *rest = name->s + name->at;
    if (!part_is(s, len, specials[k].head)) continue;
    if (member != NULL && (name->at >= name->len || sub != NULL || !part_is(rest, name->len - name->at, member))) continue;
    if (member != NULL) name->at = name->len;
    if (member == NULL && name->at < name->len) continue;
    path->kind = specials[k].kind;
    kind->type = path->kind >= PATH_TRUNCATED ? TYPE_BOOLEAN : path->kind >= PATH_LENGTH ? TYPE_INTEGER : TYPE_BYTES;
    kind->istime = path->kind == PATH_TIME;
    if (sub != NULL) {
      if (kind->type != TYPE_BYTES) pk_fail(c, sub->at, "no bytes to choose of", NULL);
      take_slice(c, sub, path, kind);
    }
    no_more_parts(c, name);
    return 1;
  }
  path->layout = find_layout(c, s, len);
  if (path->layout == NULL) {
    if (quiet) return 0;
    pk_near_begin(&near, s, len);
    for (k = 0; k < NSPECIALS; k++) {
      if (specials[k].member != NULL && part_is(s, len, specials[k].head)) {
        char member[PK_LAYOUT_MAXKEY + 8];
        pk_Text mt = pk_text_begin(member, sizeof(member));
        size_t j;
        const char *rest = name->at < name->len ? name->s + name->at : "";
        pk_text_addn(&mt, rest, name->at < name->len ? name->len - name->at : 0);
        pk_near_begin(&near, member, mt.len);
        for (j = 0; j < NSPECIALS; j++)
          if (specials[j].member != NULL && part_is(s, len, specials[j].head)) pk_near_try(&near, specials[j].member);
        pk_fail(c, name->place, "no '", member, "' of '", word, "'", pk_near_text(&near, near_text, sizeof(near_text)), NULL);
      }
      pk_near_try(&near, specials[k].head);
    }
    for (k = 0; k < c->names->nlayouts; k++) pk_near_try(&near, c->names->layouts[k]->name);
    pk_fail(c, name->place, "no layout '", word, "'", pk_near_text(&near, near_text, sizeof(near_text)), NULL);
  }
  path->kind = PATH_LAYER;
  kind->type = TYPE_BYTES;
  if (sub != NULL) {
    take_slice(c, sub, path, kind);
    no_more_parts(c, name);
    return 1;
  }
  if (name->at < name->len && !find_steps(c, name, path, kind, quiet)) return 0;
  if (name->subscripts != NULL) no_more_parts(c, name);
  if (path->nsteps == 1 && !path->sliced && path->steps[0].element == 0 && pk_kind_isleaf((pk_Kind)path->steps[0].field->kind)) {
    const pk_Field *f = path->steps[0].field;
    path->direct = load_of(path->layout, f, &path->load);
    path->last = (f->offset % 8 + f->bits + 7) / 8 + f->offset / 8;
  }
  return 1;
}

static void begin_name (Name *name, const pk_Node *n, const char *s, size_t len) {
  name->s = s;
  name->len = len;
  name->at = 0;
  name->subscripts = n->subscripts;
  name->place = n->at;
}

/* The paths that a display filter's name stands for, as a chain; 0: it is no such name. */
static int find_display (pk_Compile *c, pk_Node *n) {
  const char *list = NULL, *dot = (const char *)memchr(n->s, '.', n->len);
  struct pk_Subscript *subs = n->subscripts;
  size_t shift = 0;
  pk_Path **to = &n->path;
  if (c->names->display == NULL) return 0;
  if (subs == NULL || (subs->after == n->len && subs->next == NULL)) list = c->names->display(c->names->arg, n->s, n->len);
  if (list == NULL && dot != NULL) { /* its first word alone, of a layer */
    const char *head = c->names->display(c->names->arg, n->s, (size_t)(dot - n->s));
    char *joined;
    if (head == NULL || strpbrk(head, ". ") != NULL) return 0;
    shift = strlen(head);
    joined = (char *)pk_take(c, c->keep, shift + n->len + 1);
    memcpy(joined, head, shift);
    memcpy(joined + shift, dot, (size_t)(n->s + n->len - dot));
    list = joined;
    for (; subs != NULL; subs = subs->next) subs->after = subs->after - (size_t)(dot - n->s) + shift;
  }
  if (list == NULL) return 0;
  n->path = NULL;
  while (*list != '\0') {
    const size_t len = strcspn(list, " ");
    char *kept = (char *)pk_take(c, c->keep, len + 1);
    pk_Path *path = (pk_Path *)pk_take(c, c->keep, sizeof(*path));
    pk_Kindof kind;
    Name name;
    size_t was = 0;
    memcpy(kept, list, len);
    begin_name(&name, n, kept, len);
    if (n->subscripts != NULL && shift == 0) {
      was = n->subscripts->after;
      n->subscripts->after = len;
    }
    find_own(c, &name, path, &kind, 0);
    if (n->subscripts != NULL && shift == 0) n->subscripts->after = was;
    if (to == &n->path) n->kind = kind;
    *to = path;
    to = &path->other;
    list += len;
    while (*list == ' ') list++;
  }
  for (subs = n->subscripts; shift > 0 && subs != NULL; subs = subs->next) /* as it was: the name may be looked up again */
    subs->after = subs->after + (size_t)(dot - n->s) - shift;
  return n->path != NULL;
}

int pk_path_exists (pk_Compile *c, const pk_Node *n) {
  const char *end = (const char *)memchr(n->s, '.', n->len);
  const size_t len = end != NULL ? (size_t)(end - n->s) : n->len;
  size_t k;
  for (k = 0; k < NSPECIALS; k++)
    if (part_is(n->s, len, specials[k].head)) return 1;
  return memchr(n->s, '#', n->len) != NULL || find_layout(c, n->s, len) != NULL ||
         (c->names->display != NULL && c->names->display(c->names->arg, n->s, n->len) != NULL);
}

void pk_path_find (pk_Compile *c, pk_Node *n, int number) {
  pk_Path *path;
  Name name;
  if (n->tag == TAG_PATH && !(number && n->kind.type == TYPE_BOOLEAN)) return;
  path = (pk_Path *)pk_take(c, c->keep, sizeof(*path));
  begin_name(&name, n, n->s, n->len);
  if (find_own(c, &name, path, &n->kind, QUIET)) {
    n->path = path;
    n->tag = TAG_PATH;
    if (!number || n->kind.type != TYPE_BOOLEAN) return;
    if (!find_display(c, n)) n->path = path;
    return;
  }
  n->tag = TAG_PATH;
  if (find_display(c, n)) return;
  begin_name(&name, n, n->s, n->len);
  find_own(c, &name, path, &n->kind, 0);
  n->path = path;
}
