/*
** layouts.c: writes C source with the definitions of layouts, from their tables: part of the build.
**
**     layouts FILE.lua... > layouts.c
**
** A definition is a tree; what a node points to is written before it, and called by its kind and a number.
*/
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lua.h>
#include <lauxlib.h>

#include "llaydef.h"

static unsigned last = 0; /* number of the array written last */

static void put_bytes (const char *s, size_t n) {
  size_t k;
  putchar('"');
  for (k = 0; k < n; k++) {
    const unsigned char c = (unsigned char)s[k];
    if (c >= ' ' && c < 127 && c != '"' && c != '\\' && c != '?')
      putchar(c);
    else
      printf("\\%03o", c);
  }
  putchar('"');
}

static void put_text (const char *word, const char *s) {
  if (s == NULL) return;
  printf(" .%s = ", word);
  put_bytes(s, strlen(s));
  putchar(',');
}

static void put_number (const char *word, int64_t n) {
  if (n == 0) return;
  if (n == INT64_MIN)
    printf(" .%s = INT64_MIN,", word);
  else
    printf(" .%s = %" PRId64 ",", word, n);
}

static void put_ref (const char *word, const char *kind, unsigned id) {
  if (id != 0) printf(" .%s = %s%u,", word, kind, id);
}

static void put_value (const char *word, const pk_Value *v) {
  if (v->kind == PK_VALUE_NONE) return;
  printf(" .%s = {%d, ", word, (int)v->kind);
  if (v->kind == PK_VALUE_INT)
    printf("%" PRId64 ", NULL, 0},", v->n);
  else {
    printf("0, ");
    put_bytes(v->bytes, v->len);
    printf(", %zu},", v->len);
  }
}

/* --- arrays: their number, or 0 when they are empty */

static unsigned texts (const char *const *list, size_t n) {
  size_t k;
  if (n == 0) return 0;
  printf("static const char *const texts%u[] = {", ++last);
  for (k = 0; k < n; k++) {
    put_bytes(list[k], strlen(list[k]));
    printf(", ");
  }
  puts("};");
  return last;
}

static unsigned names (const pk_Name *list, size_t n) {
  size_t k;
  if (n == 0) return 0;
  printf("static const pk_Name names%u[] = {", ++last);
  for (k = 0; k < n; k++) {
    printf("{%" PRId64 ", ", list[k].value);
    put_bytes(list[k].name, strlen(list[k].name));
    printf("}, ");
  }
  puts("};");
  return last;
}

static void put_bound (int64_t n) {
  if (n == INT64_MIN)
    printf("INT64_MIN");
  else
    printf("%" PRId64, n);
}

static unsigned ranges (const pk_Range *list, size_t n) {
  size_t k;
  if (n == 0) return 0;
  printf("static const pk_Range ranges%u[] = {", ++last);
  for (k = 0; k < n; k++) {
    putchar('{');
    put_bound(list[k].min);
    printf(", ");
    put_bound(list[k].max);
    printf("}, ");
  }
  puts("};");
  return last;
}

static unsigned tests (const pk_CondDef *c) {
  unsigned *in;
  uint32_t k;
  if (c->n == 0) return 0;
  in = (unsigned *)malloc(2 * c->n * sizeof(*in));
  if (in == NULL) exit(1);
  for (k = 0; k < c->n; k++) {
    in[2 * k] = ranges(c->tests[k].ranges, c->tests[k].nranges);
    in[2 * k + 1] = texts(c->tests[k].names, c->tests[k].nnames);
  }
  printf("static const pk_TestDef tests%u[] = {\n", ++last);
  for (k = 0; k < c->n; k++) {
    const pk_TestDef *t = &c->tests[k];
    printf("  {");
    put_text("path", t->path);
    put_number("group", t->group);
    put_number("negate", t->negate);
    put_ref("ranges", "ranges", in[2 * k]);
    put_ref("names", "texts", in[2 * k + 1]);
    put_number("nranges", t->nranges);
    put_number("nnames", t->nnames);
    puts("},");
  }
  puts("};");
  free(in);
  return last;
}

static void put_cond (const char *word, const pk_CondDef *c, unsigned id) {
  if (c->n > 0) printf(" .%s = {tests%u, %u},", word, id, (unsigned)c->n);
}

static unsigned cases (const pk_CaseDef *list, size_t n) {
  size_t k;
  if (n == 0) return 0;
  printf("static const pk_CaseDef cases%u[] = {", ++last);
  for (k = 0; k < n; k++) printf("{%" PRId64 ", %d, %u}, ", list[k].value, list[k].other, (unsigned)list[k].field);
  puts("};");
  return last;
}

/* What a field points to. */
typedef struct Parts {
  unsigned aliases, fields, cases, when, stop, names, flags, length, words;
} Parts;

/* The words of a field: a number, or 0 when none is said. */
static unsigned words (const pk_Words *w, const Parts *in) {
  static const pk_Words none;
  if (w == NULL || memcmp(w, &none, sizeof(none)) == 0) return 0;
  printf("static const pk_Words words%u = {", ++last);
  put_value("initial", &w->initial);
  put_value("equal", &w->equal);
  put_value("min", &w->min);
  put_value("max", &w->max);
  put_text("enumlist", w->enumlist);
  put_ref("names", "names", in->names);
  put_ref("flags", "names", in->flags);
  put_number("nnames", w->nnames);
  put_number("nflags", w->nflags);
  put_text("letters", w->letters);
  put_text("next", w->next);
  put_text("hint", w->hint);
  put_ref("length", "texts", in->length);
  put_number("nlength", w->nlength);
  put_value("unit", &w->unit);
  put_value("bias", &w->bias);
  put_value("open", &w->open);
  put_text("sum", w->sum);
  put_text("cover", w->cover);
  put_value("pseudo", &w->pseudo);
  put_value("zero", &w->zero);
  put_text("role", w->role);
  put_text("pick", w->pick);
  put_text("counts", w->counts);
  put_text("layout", w->layout);
  puts(" .nexthash = 0};");
  return last;
}

static unsigned fields (const pk_Def *list, size_t n) {
  Parts *in;
  size_t k;
  if (n == 0) return 0;
  in = (Parts *)malloc(n * sizeof(*in));
  if (in == NULL) exit(1);
  for (k = 0; k < n; k++) {
    const pk_Def *d = &list[k];
    in[k].aliases = texts(d->aliases, d->naliases);
    in[k].fields = fields(d->fields, d->nfields);
    in[k].cases = cases(d->cases, d->ncases);
    in[k].when = tests(&d->when);
    in[k].stop = tests(&d->stop);
    in[k].names = d->words != NULL ? names(d->words->names, d->words->nnames) : 0;
    in[k].flags = d->words != NULL ? names(d->words->flags, d->words->nflags) : 0;
    in[k].length = d->words != NULL ? texts(d->words->length, d->words->nlength) : 0;
    in[k].words = words(d->words, &in[k]);
  }
  printf("static const pk_Def fields%u[] = {\n", ++last);
  for (k = 0; k < n; k++) {
    const pk_Def *d = &list[k];
    printf("  {");
    put_text("key", d->key);
    put_ref("aliases", "texts", in[k].aliases);
    put_number("naliases", d->naliases);
    printf(" .kind = (pk_Kind)%d,", (int)d->kind);
    put_number("bits", (int64_t)d->bits);
    put_number("bytes", d->bytes);
    put_number("sign", d->sign);
    put_number("real", d->real);
    put_number("count", (int64_t)d->count);
    if (d->endian != PK_ENDIAN_NONE) printf(" .endian = (pk_Endian)%d,", (int)d->endian);
    put_text("format", d->format);
    put_ref("fields", "fields", in[k].fields);
    put_number("nfields", (int64_t)d->nfields);
    put_cond("when", &d->when, in[k].when);
    put_cond("stop", &d->stop, in[k].stop);
    put_value("terminator", &d->terminator);
    put_text("part", d->part);
    put_text("selector", d->selector);
    put_ref("cases", "cases", in[k].cases);
    put_number("ncases", d->ncases);
    put_number("align", d->align);
    put_number("room", d->room);
    put_number("fill", d->fill);
    put_number("peek", d->peek);
    put_number("guess", d->guess);
    put_text("upper", d->upper);
    put_number("quoted", d->quoted);
    if (in[k].words != 0) printf(" .words = &words%u,", in[k].words);
    puts("},");
  }
  puts("};");
  free(in);
  return last;
}

static void layout (const pk_LayoutDef *def, int number) {
  const unsigned members = fields(def->fields, def->nfields), parts = fields(def->parts, def->nparts);
  const unsigned when = tests(&def->when), follow = tests(&def->follow), fragment = tests(&def->fragment);
  uint32_t k;
  if (def->nunder > 0) {
    printf("static const pk_Under under%d[] = {", number);
    for (k = 0; k < def->nunder; k++) {
      putchar('{');
      put_bytes(def->under[k].space, strlen(def->under[k].space));
      printf(", ");
      put_bound(def->under[k].min);
      printf(", ");
      put_bound(def->under[k].max);
      printf("}, ");
    }
    puts("};");
  }
  if (def->nlinks > 0) {
    printf("static const uint32_t links%d[] = {", number);
    for (k = 0; k < def->nlinks; k++) printf("%u, ", (unsigned)def->links[k]);
    puts("};");
  }
  printf("static const pk_LayoutDef layout%d = {", number);
  put_text("name", def->name);
  printf(" .endian = (pk_Endian)%d,", (int)def->endian);
  put_ref("fields", "fields", members);
  put_number("nfields", (int64_t)def->nfields);
  if (def->nunder > 0) printf(" .under = under%d, .nunder = %u,", number, (unsigned)def->nunder);
  if (def->nlinks > 0) printf(" .links = links%d, .nlinks = %u,", number, (unsigned)def->nlinks);
  put_text("line", def->line);
  put_text("about", def->about);
  put_number("stream", def->stream);
  put_cond("when", &def->when, when);
  put_cond("follow", &def->follow, follow);
  put_cond("fragment", &def->fragment, fragment);
  put_ref("parts", "fields", parts);
  put_number("nparts", (int64_t)def->nparts);
  puts("};\n");
}

/* [-0, +1, m] Pushes the comment that a file begins with, its lines joined; or nil. */
static void push_comment (lua_State *L, const char *path) {
  FILE *f = fopen(path, "r");
  char line[512];
  luaL_Buffer b;
  int n = 0;
  luaL_buffinit(L, &b);
  while (f != NULL && fgets(line, sizeof(line), f) != NULL && strncmp(line, "-- ", 3) == 0) {
    line[strcspn(line, "\n")] = '\0';
    if (n++ > 0) luaL_addchar(&b, ' ');
    luaL_addstring(&b, line + 3);
  }
  luaL_pushresult(&b);
  if (f != NULL) fclose(f);
}

/* Reads a file and writes its definition; protocols are big-endian where they do not say otherwise. */
static int write_layout (lua_State *L) {
  const char *path = lua_tostring(L, 1);
  if (luaL_loadfilex(L, path, "t") != LUA_OK) return lua_error(L);
  lua_call(L, 0, 1);
  if (!lua_istable(L, -1)) return luaL_error(L, "%s: table expected", path);
  if (lua_getfield(L, -1, "endian") == LUA_TNIL) {
    lua_pushliteral(L, "big");
    lua_setfield(L, -3, "endian");
  }
  lua_pop(L, 1);
  push_comment(L, path);
  lua_setfield(L, -2, "about");
  layout(laydef_read(L, lua_gettop(L)), (int)lua_tointeger(L, 2));
  return 0;
}

int main (int argc, char **argv) {
  lua_State *L = luaL_newstate();
  int k;
  if (L == NULL) return 1;
  puts("/* Made by the build from the tables in layouts/. */\n#include <string.h>\n\n#include \"shipped.h\"\n");
  for (k = 1; k < argc; k++) {
    lua_pushcfunction(L, write_layout);
    lua_pushstring(L, argv[k]);
    lua_pushinteger(L, k);
    if (lua_pcall(L, 2, 0, 0) != LUA_OK) {
      fprintf(stderr, "%s\n", lua_tostring(L, -1));
      return 1;
    }
  }
  puts("static const pk_LayoutDef *const all[] = {");
  for (k = 1; k < argc; k++) printf("  &layout%d,\n", k);
  puts("};\n\n"
       "const pk_LayoutDef *const *pk_shipped_layouts (size_t *n) {\n"
       "  *n = sizeof(all) / sizeof(all[0]);\n  return all;\n}\n\n"
       "const pk_LayoutDef *pk_shipped_find (const char *name) {\n"
       "  size_t k;\n  for (k = 0; k < sizeof(all) / sizeof(all[0]); k++)\n"
       "    if (strcmp(all[k]->name, name) == 0) return all[k];\n  return NULL;\n}");
  lua_close(L);
  return fflush(stdout) == 0 ? 0 : 1;
}
