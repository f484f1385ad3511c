/*
** fcheck.c: types, and constants in the form that what they are compared with has.
*/
#include <math.h>
#include <string.h>

#include "bits.h"
#include "ftree.h"

static int is_constant (const pk_Node *n) {
  return TAG_INTEGER <= n->tag && n->tag <= TAG_BOOLEAN;
}

static const char *type_text (const pk_Node *n) {
  if (n->tag == TAG_ADDRESS) return "an address";
  if (n->tag == TAG_STRING) return "a string";
  if (n->tag == TAG_PATH && n->path->kind == PATH_FIELD && n->kind.field == NULL && !n->path->sliced) return "what has members";
  switch (n->kind.type) {
    case TYPE_BOOLEAN: return "a boolean";
    case TYPE_INTEGER: return n->kind.codec != NULL ? "an address" : "an integer";
    case TYPE_FLOAT: return "a float";
    default: return n->kind.codec != NULL ? "a text form" : "a string";
  }
}

static void set_integer (pk_Node *n, int64_t value) {
  n->tag = TAG_INTEGER;
  n->n = value;
  memset(&n->kind, 0, sizeof(n->kind));
  n->kind.type = TYPE_INTEGER;
}

static void set_string (pk_Node *n, const char *s, size_t len) {
  n->tag = TAG_STRING;
  n->s = s;
  n->len = len;
  memset(&n->kind, 0, sizeof(n->kind));
  n->kind.type = TYPE_BYTES;
}

/* --- names of values */

static int is_word (const pk_Node *n) {
  return n->tag == TAG_NAME && n->subscripts == NULL && memchr(n->s, '.', n->len) == NULL && memchr(n->s, '#', n->len) == NULL;
}

static int same (const char *a, const char *s, size_t len) {
  return strlen(a) == len && memcmp(a, s, len) == 0;
}

/* The bits that letters stand for, as "SA"; 1, or 0. */
static int by_letters (const pk_Words *w, const char *s, size_t len, int64_t *value) {
  size_t k;
  if (w->letters == NULL || len == 0) return 0;
  for (*value = 0, k = 0; k < len; k++) {
    const char *at = s[k] != '\0' ? strchr(w->letters, s[k]) : NULL;
    if (at == NULL) return 0;
    *value |= (int64_t)1 << (at - w->letters);
  }
  return 1;
}

/* The `k`-th value of a name in a shared list. */
static int by_list (const pk_Compile *c, const char *list, const char *s, size_t len, uint32_t k, int64_t *value) {
  return list != NULL && c->names->value != NULL && c->names->value(c->names->arg, list, s, len, k, value);
}

/* The `k`-th value that is called so: of shared lists there may be several. */
static int by_words (const pk_Compile *c, const pk_Words *w, const char *s, size_t len, uint32_t k, int64_t *value) {
  uint32_t j;
  for (j = 0; j < w->nnames; j++)
    if (same(w->names[j].name, s, len)) {
      *value = w->names[j].value;
      return k == 0;
    }
  if (by_letters(w, s, len, value)) return k == 0;
  if (by_list(c, w->enumlist, s, len, 0, value)) return by_list(c, w->enumlist, s, len, k, value);
  return by_list(c, w->next, s, len, k, value);
}

/* The same of a kind of values; the field may be another one in other cases. */
static int by_name (const pk_Compile *c, const pk_Kindof *kind, const char *s, size_t len, uint32_t k, int64_t *value) {
  const pk_Field *f;
  for (f = kind->field; f != NULL; f = f->alt)
    if (f->words != NULL && by_words(c, f->words, s, len, 0, value)) return by_words(c, f->words, s, len, k, value);
  return 0;
}

/* --- times */

static int digits (const char **s, const char *end, int n, int64_t *value) {
  for (*value = 0; n > 0; n--, (*s)++) {
    if (*s == end || **s < '0' || **s > '9') return 0;
    *value = *value * 10 + (**s - '0');
  }
  return 1;
}

/* Days from 1970 to a date of the Gregorian calendar, by years that begin in March. */
static int64_t days (int64_t y, int64_t m, int64_t d) {
  int64_t era, ofera, ofyear;
  y -= m <= 2;
  era = y / 400;
  ofera = y - era * 400;
  ofyear = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
  return era * 146097 + ofera * 365 + ofera / 4 - ofera / 100 + ofyear - 719468;
}

/* "2026-01-31", "2026-01-31 12:00", with seconds, their fraction, and a Z; 'T' for the space. */
static int parse_time (const char *s, size_t len, int64_t *ns) {
  const char *end = s + len;
  int64_t y, mo, d, h = 0, mi = 0, sec = 0, fraction = 0, unit = 100000000;
  if (!digits(&s, end, 4, &y) || s == end || *s++ != '-' || !digits(&s, end, 2, &mo) || s == end || *s++ != '-' ||
      !digits(&s, end, 2, &d))
    return 0;
  if (s < end && (*s == ' ' || *s == 'T')) {
    s++;
    if (!digits(&s, end, 2, &h) || s == end || *s++ != ':' || !digits(&s, end, 2, &mi)) return 0;
    if (s < end && *s == ':') {
      s++;
      if (!digits(&s, end, 2, &sec)) return 0;
      if (s < end && *s == '.')
        for (s++; s < end && '0' <= *s && *s <= '9'; s++, unit /= 10) fraction += (*s - '0') * unit;
    }
    if (s < end && *s == 'Z') s++;
  }
  if (s != end || y < 1970 || y > 2261 || mo < 1 || mo > 12 || d < 1 || d > 31 || h > 23 || mi > 59 || sec > 60) return 0;
  *ns = (((days(y, mo, d) * 24 + h) * 60 + mi) * 60 + sec) * 1000000000 + fraction;
  return 1;
}

/* --- constants */

#if defined(__GNUC__)
__attribute__((noreturn))
#endif
static void fail_value (pk_Compile *c, const pk_Node *n, const pk_Kindof *kind) {
  char quoted[80];
  pk_Text t = pk_text_begin(quoted, sizeof(quoted));
  pk_text_addn(&t, c->text + n->at, n->end - n->at < 60 ? n->end - n->at : 60);
  if (kind->field != NULL && kind->field->key[0] != '\0') pk_fail(c, n->at, quoted, " is no value of '", kind->field->key, "'",
                                                                kind->field->kind == PK_STRING ? "; text is quoted" : "", NULL);
  pk_fail(c, n->at, quoted, " is no such value", NULL);
}

/* The bytes of an address in the form that its text has: 4, 6 or 16; 0: none. */
static size_t parse_address (const char *s, size_t len, uint8_t bytes[16]) {
  static const char *const forms[] = {"ipv4", "mac", "ipv6"}; /* formats, that is: codec.h */
  size_t k;
  for (k = 0; k < 3; k++) {
    const pk_Codec *codec = pk_codec_find(forms[k]);
    if (codec->parse(s, len, bytes)) return codec->size;
  }
  return 0;
}

static uint64_t big_endian (const uint8_t *p, size_t n) {
  uint64_t value = 0;
  while (n-- > 0) value = value << 8 | *p++;
  return value;
}

/* A text becomes bytes, or a number, in the text form that the other side has. */
static void by_codec (pk_Compile *c, pk_Node *n, const pk_Kindof *kind) {
  const pk_Codec *codec = kind->codec;
  uint8_t *bytes = (uint8_t *)pk_take(c, c->keep, n->len + 32);
  size_t size = codec->size;
  if (codec->size > 0) {
    if (!codec->parse(n->s, n->len, bytes)) fail_value(c, n, kind);
  }
  else {
    if (codec->write == NULL || (size = codec->write(n->s, n->len, bytes, n->len + 32)) == 0) {
      if (n->len > 0 || codec->measure != NULL) fail_value(c, n, kind);
    }
    if (codec->measure != NULL) { /* as it would be printed */
      char *text = (char *)pk_take(c, c->keep, 4 * size + 8);
      pk_Text t = pk_text_begin(text, 4 * size + 8);
      codec->print(bytes, size, 0, size, &t);
      set_string(n, text, t.len);
      return;
    }
  }
  if (kind->type == TYPE_INTEGER)
    set_integer(n, (int64_t)big_endian(bytes, size));
  else
    set_string(n, (const char *)bytes, size);
}

/* Makes a constant one that compares with values of a kind. */
static void convert (pk_Compile *c, pk_Node *n, const pk_Kindof *kind) {
  uint8_t bytes[16];
  size_t size;
  int64_t value;
  if (n->tag == TAG_ADDRESS && n->prefix >= 0) pk_fail(c, n->at, "a prefix is compared by 'in'", NULL);
  if (n->tag == TAG_NAME) { /* a word that is called so */
    if (!by_name(c, kind, n->s, n->len, 0, &value)) fail_value(c, n, kind);
    set_integer(n, value);
    return;
  }
  if (n->tag == TAG_BOOLEAN) {
    if (kind->type != TYPE_BOOLEAN) fail_value(c, n, kind);
    set_integer(n, n->n);
    return;
  }
  if ((n->tag == TAG_STRING || n->tag == TAG_ADDRESS) && kind->codec != NULL) {
    by_codec(c, n, kind);
    return;
  }
  if (n->tag == TAG_ADDRESS) { /* of bytes that are no address by themselves */
    size = parse_address(n->s, n->len, bytes);
    if (kind->type == TYPE_BYTES && size > 0) {
      uint8_t *kept = (uint8_t *)pk_take(c, c->keep, size);
      memcpy(kept, bytes, size);
      set_string(n, (const char *)kept, size);
      return;
    }
    if (size == 0 || kind->slice != size) fail_value(c, n, kind);
    set_integer(n, (int64_t)big_endian(bytes, size));
    return;
  }
  if (n->tag == TAG_STRING && kind->type == TYPE_INTEGER) {
    if (kind->istime ? parse_time(n->s, n->len, &value) : by_name(c, kind, n->s, n->len, 0, &value))
      set_integer(n, value);
    else if (kind->slice > 0 && kind->slice == n->len)
      set_integer(n, (int64_t)big_endian((const uint8_t *)n->s, n->len));
    else
      fail_value(c, n, kind);
    return;
  }
  if ((n->tag == TAG_STRING) != (kind->type == TYPE_BYTES)) fail_value(c, n, kind);
  n->kind.type = n->tag == TAG_STRING ? TYPE_BYTES : n->tag == TAG_FLOAT ? TYPE_FLOAT : TYPE_INTEGER;
}

/* A number that no value of that kind can have is a slip. */
static void check_fits (pk_Compile *c, const pk_Node *n, const pk_Kindof *kind) {
  int fits = 1;
  const pk_Field *f;
  char bits[24];
  pk_Text t = pk_text_begin(bits, sizeof(bits));
  if (n->tag != TAG_INTEGER || kind->bits == 0 || kind->type == TYPE_FLOAT || kind->type == TYPE_BYTES) return;
  if (kind->type == TYPE_BOOLEAN)
    fits = n->n == 0 || n->n == 1;
  else if (kind->field != NULL && kind->codec == NULL)
    for (fits = kind->bits == 64 && kind->isunsigned, f = kind->field; f != NULL && !fits; f = f->alt)
      fits = f->kind == PK_NUMBER && pk_field_fits(f, n->n);
  else
    fits = kind->bits >= 64 || (uint64_t)n->n >> kind->bits == 0;
  if (fits) return;
  pk_text_num(&t, kind->type == TYPE_BOOLEAN ? 1 : kind->bits);
  pk_text_add(&t, strcmp(bits, "1") == 0 ? " bit" : " bits");
  pk_fail(c, n->at, "number does not fit ", kind->field != NULL ? "'" : "the slice", kind->field != NULL ? kind->field->key : "",
          kind->field != NULL ? "'" : "", " (", bits, ")", NULL);
}

/* --- arithmetic */

static int64_t floor_div (int64_t a, int64_t b) {
  int64_t q;
  if (b == -1) return (int64_t)(0 - (uint64_t)a);
  q = a / b;
  return (a % b != 0 && (a ^ b) < 0) ? q - 1 : q;
}

static int64_t floor_mod (int64_t a, int64_t b) {
  int64_t m;
  if (b == -1) return 0;
  m = a % b;
  return m != 0 && (m ^ b) < 0 ? m + b : m;
}

static uint64_t shift_left (uint64_t a, int64_t by) {
  if (by <= -64 || by >= 64) return 0;
  return by >= 0 ? a << by : a >> -by;
}

static double as_double (const pk_Val *v) {
  return v->type == TYPE_FLOAT ? v->d : (double)(int64_t)v->n;
}

int pk_calculate (pk_FToken op, const pk_Val *a, const pk_Val *b, pk_Val *r) {
  const int floats = a->type == TYPE_FLOAT || b->type == TYPE_FLOAT || op == FT_DIV;
  memset(r, 0, sizeof(*r));
  if (floats) {
    const double x = as_double(a), y = as_double(b);
    double m;
    r->type = TYPE_FLOAT;
    switch (op) {
      case FT_ADD: r->d = x + y; break;
      case FT_SUB: r->d = x - y; break;
      case FT_MUL: r->d = x * y; break;
      case FT_DIV: r->d = x / y; break;
      case FT_IDIV: r->d = floor(x / y); break;
      default: /* FT_MOD */
        m = fmod(x, y);
        if (m * y < 0) m += y;
        r->d = m;
        break;
    }
    return 1;
  }
  r->type = TYPE_INTEGER;
  switch (op) {
    case FT_ADD: r->n = a->n + b->n; break;
    case FT_SUB: r->n = a->n - b->n; break;
    case FT_MUL: r->n = a->n * b->n; break;
    case FT_BAND: r->n = a->n & b->n; break;
    case FT_BOR: r->n = a->n | b->n; break;
    case FT_BXOR: r->n = a->n ^ b->n; break;
    case FT_SHL: r->n = shift_left(a->n, (int64_t)b->n); break;
    case FT_SHR: r->n = (int64_t)b->n == INT64_MIN ? 0 : shift_left(a->n, -(int64_t)b->n); break;
    case FT_IDIV:
    case FT_MOD:
      if (b->n == 0) return 0;
      r->n = (uint64_t)(op == FT_IDIV ? floor_div((int64_t)a->n, (int64_t)b->n) : floor_mod((int64_t)a->n, (int64_t)b->n));
      break;
    default: return 0;
  }
  return 1;
}

static void to_val (const pk_Node *n, pk_Val *v) {
  memset(v, 0, sizeof(*v));
  v->type = n->tag == TAG_FLOAT ? TYPE_FLOAT : TYPE_INTEGER;
  v->n = (uint64_t)n->n;
  v->d = n->d;
}

/* An operation on constants is one. */
static void fold (pk_Compile *c, pk_Node *n, const pk_Node *a, const pk_Node *b) {
  pk_Val x, y, r;
  const int isunsigned = n->kind.isunsigned;
  to_val(a, &x);
  to_val(b, &y);
  if (!pk_calculate(n->op, &x, &y, &r)) pk_fail(c, n->at, "division by zero", NULL);
  n->tag = r.type == TYPE_FLOAT ? TAG_FLOAT : TAG_INTEGER;
  n->n = (int64_t)r.n;
  n->d = r.d;
  n->kind.isunsigned = isunsigned;
}

static int is_bitwise (pk_FToken op) {
  return op == FT_BAND || op == FT_BOR || op == FT_BXOR || op == FT_SHL || op == FT_SHR;
}

static void check_operand (pk_Compile *c, const pk_Node *n, pk_FToken op) {
  if (n->kind.type == TYPE_INTEGER || (n->kind.type == TYPE_FLOAT && !is_bitwise(op))) return;
  pk_fail(c, n->at, is_bitwise(op) ? "integer expected, got " : "number expected, got ", type_text(n), NULL);
}

/* A word, string or address takes the form of the other operand. */
static void check_pair (pk_Compile *c, pk_Node *a, pk_Node *b) {
  const int word = is_word(a) && !pk_path_exists(c, a);
  if (a->tag != TAG_STRING && a->tag != TAG_ADDRESS && !word) return;
  if (b->tag == TAG_STRING || b->tag == TAG_ADDRESS) pk_fail(c, a->at, "number expected, got ", type_text(a), NULL);
  if (b->kind.type != TYPE_INTEGER) pk_fail(c, b->at, "number expected, got ", type_text(b), NULL);
  convert(c, a, &b->kind);
}

static void check_binary (pk_Compile *c, pk_Node *n) {
  pk_Node *a = n->first, *b = a->next;
  if (!(is_word(a) && !pk_path_exists(c, a))) pk_check_value(c, a, 1);
  if (!(is_word(b) && !pk_path_exists(c, b))) pk_check_value(c, b, 1);
  if (a->tag == TAG_NAME && b->tag == TAG_NAME) pk_check_value(c, a, 1); /* raises */
  check_pair(c, a, b);
  check_pair(c, b, a);
  check_operand(c, a, n->op);
  check_operand(c, b, n->op);
  memset(&n->kind, 0, sizeof(n->kind));
  n->kind.type = n->op == FT_DIV || a->kind.type == TYPE_FLOAT || b->kind.type == TYPE_FLOAT ? TYPE_FLOAT : TYPE_INTEGER;
  n->kind.isunsigned = a->kind.isunsigned || (b->kind.isunsigned && n->op != FT_SHL && n->op != FT_SHR);
  if (n->op == FT_BAND || n->op == FT_BOR || n->op == FT_BXOR) { /* names and letters go on */
    n->kind.field = a->kind.field != NULL ? a->kind.field : b->kind.field;
    n->kind.codec = a->kind.codec != NULL ? a->kind.codec : b->kind.codec;
  }
  if (is_constant(a) && is_constant(b)) fold(c, n, a, b);
}

static void check_unary (pk_Compile *c, pk_Node *n) {
  pk_Node *a = n->first;
  pk_check_value(c, a, 1);
  check_operand(c, a, n->op == FT_BNOT ? FT_BAND : FT_SUB);
  memset(&n->kind, 0, sizeof(n->kind));
  n->kind.type = a->kind.type;
  n->kind.isunsigned = a->kind.isunsigned;
  if (!is_constant(a)) return;
  n->tag = a->tag;
  n->n = n->op == FT_BNOT ? ~a->n : (int64_t)(0 - (uint64_t)a->n);
  n->d = -a->d;
  n->kind.isunsigned = 0;
}

void pk_check_value (pk_Compile *c, pk_Node *n, int number) {
  switch (n->tag) {
    case TAG_NAME:
    case TAG_PATH: pk_path_find(c, n, number); break;
    case TAG_BINARY: check_binary(c, n); break;
    case TAG_UNARY: check_unary(c, n); break;
    case TAG_INTEGER: n->kind.type = TYPE_INTEGER; break;
    case TAG_FLOAT: n->kind.type = TYPE_FLOAT; break;
    case TAG_BOOLEAN: n->kind.type = TYPE_BOOLEAN; break;
    case TAG_STRING:
    case TAG_ADDRESS: n->kind.type = TYPE_BYTES; break;
    default: pk_fail(c, n->at, "value expected, got a condition", NULL);
  }
}

/* --- comparisons */

static int is_literal (pk_Compile *c, const pk_Node *n) {
  return is_constant(n) || (is_word(n) && !pk_path_exists(c, n));
}

/* What has members is there or not, and compares with nothing. */
static void check_comparable (pk_Compile *c, const pk_Node *n) {
  if (n->tag == TAG_PATH && n->path->kind == PATH_FIELD && n->kind.field == NULL && !n->path->sliced)
    pk_fail(c, n->at, "a field with members compares with nothing; name one of them", NULL);
}

static pk_FToken flipped (pk_FToken op) {
  switch (op) {
    case FT_LT: return FT_GT;
    case FT_LE: return FT_GE;
    case FT_GT: return FT_LT;
    case FT_GE: return FT_LE;
    default: return op;
  }
}

static int is_boolean (pk_Compile *c, pk_Node *n) {
  if (n->tag == TAG_NAME && !is_literal(c, n)) pk_path_find(c, n, 0);
  return n->tag == TAG_BOOLEAN || (n->tag == TAG_PATH && n->kind.type == TYPE_BOOLEAN);
}

/* Whether a word is what a value is called; else it may be a path. */
static int is_called (pk_Compile *c, const pk_Node *n, const pk_Kindof *kind) {
  int64_t value;
  return is_word(n) && by_name(c, kind, n->s, n->len, 0, &value);
}

static int compare_constants (pk_FToken op, int64_t a, int64_t b) {
  switch (op) {
    case FT_EQ: return a == b;
    case FT_NE: return a != b;
    case FT_LT: return a < b;
    case FT_LE: return a <= b;
    case FT_GT: return a > b;
    default: return a >= b;
  }
}

static void check_types (pk_Compile *c, pk_Node *n, pk_Node *a, pk_Node *b) {
  const int strings = a->kind.type == TYPE_BYTES;
  if (strings != (b->kind.type == TYPE_BYTES)) {
    char x[32], y[32];
    pk_Text t = pk_text_begin(x, sizeof(x)), u = pk_text_begin(y, sizeof(y));
    pk_text_add(&t, type_text(a));
    pk_text_add(&u, type_text(b));
    pk_fail(c, n->at, "cannot compare ", x, " with ", y, NULL);
  }
  if (!is_constant(a) && !is_constant(b) && a->kind.codec != NULL && b->kind.codec != NULL && a->kind.codec != b->kind.codec)
    pk_fail(c, n->at, "cannot compare addresses of kind ", a->kind.codec->name, " and ", b->kind.codec->name, NULL);
}

/*
** A name of several values, and a text that is one, becomes as many constants, the first at the node: 1; else 0. They
** follow it in its list.
*/
static int spread (pk_Compile *c, pk_Node *n, const pk_Kindof *kind) {
  const int named = is_word(n) || (n->tag == TAG_STRING && kind->type == TYPE_INTEGER && kind->codec == NULL && !kind->istime);
  const char *s = n->s;
  const size_t len = n->len;
  pk_Node *last = n;
  int64_t value;
  uint32_t k;
  if (!named || !by_name(c, kind, s, len, 1, &value)) return 0;
  for (k = 0; by_name(c, kind, s, len, k, &value); k++) {
    pk_Node *one = n;
    if (k > 0) {
      one = (pk_Node *)pk_take(c, c->temporary, sizeof(*one));
      *one = *n;
      one->next = last->next;
      last->next = one;
    }
    set_integer(one, value);
    last = one;
  }
  return 1;
}

static void check_compare (pk_Compile *c, pk_Node *n) {
  pk_Node *a = n->first, *b = a->next;
  if (is_literal(c, a) && !is_literal(c, b)) { /* the constant goes to the right */
    n->first = b;
    b->next = a;
    a->next = NULL;
    n->op = flipped(n->op);
    b = a;
    a = n->first;
  }
  if (is_word(a) && is_literal(c, a)) pk_check_value(c, a, 1); /* no such name */
  pk_check_value(c, a, 0);
  if (a->kind.type == TYPE_BOOLEAN && !is_constant(a) && !is_called(c, b, &a->kind) && !is_boolean(c, b)) pk_check_value(c, a, 1);
  check_comparable(c, a);
  if (a->tag == TAG_ADDRESS) pk_fail(c, a->at, "an address compares with a field", NULL);
  if ((n->op == FT_EQ || n->op == FT_NE) && spread(c, b, &a->kind)) { /* one of them, or none */
    pk_Node *set = (pk_Node *)pk_take(c, c->temporary, sizeof(*set));
    set->tag = TAG_SET;
    set->at = b->at;
    set->end = b->end;
    set->first = b;
    a->next = set;
    n->tag = TAG_IN;
    return;
  }
  if (is_literal(c, b) || is_called(c, b, &a->kind))
    convert(c, b, &a->kind);
  else {
    pk_check_value(c, b, a->kind.type != TYPE_BOOLEAN);
    check_comparable(c, b);
    if (!is_constant(a) && is_constant(b)) convert(c, b, &a->kind);
  }
  if (n->op == FT_EQ || n->op == FT_NE) check_fits(c, b, &a->kind);
  check_types(c, n, a, b);
  if (a->tag == TAG_INTEGER && b->tag == TAG_INTEGER) {
    const uint64_t bias = a->kind.isunsigned || b->kind.isunsigned ? PK_SIGN : 0;
    n->n = compare_constants(n->op, (int64_t)((uint64_t)a->n ^ bias), (int64_t)((uint64_t)b->n ^ bias));
    n->tag = TAG_BOOLEAN;
  }
}

/* An element of a set: a constant, or two; a prefix becomes a range. */
static void check_element (pk_Compile *c, pk_Node *e, const pk_Kindof *kind) {
  if (e->tag == TAG_RANGE) {
    check_element(c, e->first, kind);
    check_element(c, e->first->next, kind);
    if (e->first->tag == TAG_RANGE || e->first->next->tag == TAG_RANGE) pk_fail(c, e->at, "a range of prefixes", NULL);
    return;
  }
  if (e->tag == TAG_ADDRESS && e->prefix >= 0) {
    const int prefix = e->prefix;
    pk_Node *low = (pk_Node *)pk_take(c, c->temporary, sizeof(*low)), *high = (pk_Node *)pk_take(c, c->temporary, sizeof(*high));
    uint8_t bytes[16], ends[2][16];
    const size_t size = kind->codec != NULL && kind->codec->size > 0 && kind->codec->parse(e->s, e->len, bytes)
                          ? kind->codec->size : kind->codec == NULL ? parse_address(e->s, e->len, bytes) : 0;
    size_t k;
    if (size == 0 || (kind->codec == NULL && kind->slice != size)) fail_value(c, e, kind);
    if ((size_t)prefix > size * 8) pk_fail(c, e->at, "prefix longer than the address", NULL);
    for (k = 0; k < size; k++) {
      const int bits = prefix - 8 * (int)k;
      const uint8_t mask = (uint8_t)(bits >= 8 ? 0xff : bits <= 0 ? 0 : 0xff << (8 - bits));
      ends[0][k] = (uint8_t)(bytes[k] & mask);
      ends[1][k] = (uint8_t)(bytes[k] | (uint8_t)~mask);
    }
    *low = *e;
    *high = *e;
    if (kind->type == TYPE_INTEGER) {
      set_integer(low, (int64_t)big_endian(ends[0], size));
      set_integer(high, (int64_t)big_endian(ends[1], size));
    }
    else {
      uint8_t *kept = (uint8_t *)pk_take(c, c->keep, 2 * size);
      memcpy(kept, ends[0], size);
      memcpy(kept + size, ends[1], size);
      set_string(low, (const char *)kept, size);
      set_string(high, (const char *)kept + size, size);
    }
    e->tag = TAG_RANGE;
    e->first = low;
    low->next = high;
    high->next = NULL;
    return;
  }
  if (!is_constant(e) && !is_word(e)) pk_check_value(c, e, 1);
  if (!is_constant(e) && !is_word(e)) pk_fail(c, e->at, "elements of a set are constants", NULL);
  convert(c, e, kind);
  check_fits(c, e, kind);
  if (kind->type == TYPE_INTEGER && e->tag == TAG_FLOAT) pk_fail(c, e->at, "integer expected, got a float", NULL);
}

static void check_in (pk_Compile *c, pk_Node *n) {
  pk_Node *a = n->first, *e;
  pk_check_value(c, a, 1);
  check_comparable(c, a);
  if (is_constant(a)) pk_fail(c, a->at, "field expected before 'in'", NULL);
  for (e = a->next->first; e != NULL; e = e->next)
    if (!spread(c, e, &a->kind)) check_element(c, e, &a->kind);
}

/* What strings are looked for in: a slice is bytes here. */
static void check_string (pk_Compile *c, pk_Node *n) {
  pk_check_value(c, n, 0);
  check_comparable(c, n);
  if (n->tag == TAG_PATH && n->path->sliced) {
    pk_Path *path;
    for (path = n->path; path != NULL; path = path->other) path->asbytes = 1;
    n->kind.type = TYPE_BYTES;
  }
  if (n->kind.type != TYPE_BYTES || (n->kind.codec != NULL && n->kind.codec->size > 0))
    pk_fail(c, n->at, "string expected, got ", type_text(n), NULL);
}

static void check_contains (pk_Compile *c, pk_Node *n) {
  pk_Node *a = n->first, *b = a->next;
  uint8_t bytes[16];
  size_t size;
  check_string(c, a);
  if (b->tag == TAG_ADDRESS && (size = parse_address(b->s, b->len, bytes)) > 0 && b->prefix < 0 && a->kind.codec == NULL) {
    uint8_t *kept = (uint8_t *)pk_take(c, c->keep, size);
    memcpy(kept, bytes, size);
    set_string(b, (const char *)kept, size);
  }
  else
    check_string(c, b);
  if (is_constant(a)) pk_fail(c, a->at, "field expected before 'contains'", NULL);
}

static void check_matches (pk_Compile *c, pk_Node *n) {
  pk_Node *a = n->first, *b = a->next;
  check_string(c, a);
  if (is_constant(a)) pk_fail(c, a->at, "field expected before 'matches'", NULL);
  if (b->tag != TAG_STRING) pk_fail(c, b->at, "a regular expression is a string", NULL);
}

void pk_check_condition (pk_Compile *c, pk_Node *n) {
  pk_Node *k;
  switch (n->tag) {
    case TAG_OR:
    case TAG_AND:
    case TAG_NOT:
      for (k = n->first; k != NULL; k = k->next) pk_check_condition(c, k);
      break;
    case TAG_COMPARE: check_compare(c, n); break;
    case TAG_IN: check_in(c, n); break;
    case TAG_CONTAINS: check_contains(c, n); break;
    case TAG_MATCHES: check_matches(c, n); break;
    case TAG_BOOLEAN: break;
    case TAG_NAME: pk_path_find(c, n, 0); break;
    default:
      pk_check_value(c, n, 1);
      pk_fail(c, n->at, "condition expected, got ", type_text(n), NULL);
  }
}
