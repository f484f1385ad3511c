/*
** lpcapparallel.c: pcap.parallel: threads with a Lua state each, which read parts of a file.
**
** The file is cut into parts. Where a part begins is guessed (pcap/part.c); the part before ends where it truly begins.
** The calling thread goes over the parts in their order: a part that began elsewhere is done again from there, another is
** proven; its frames go out, its result is combined. No part is begun that is too far ahead, which bounds the memory.
*/
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <lua.h>
#include <lauxlib.h>
#include <lualib.h>

#include "alloc.h"
#include "lpcapmod.h"
#include "lpcapout.h"
#include "lpcapparallel.h"
#include "lpcapprogress.h"
#include "nic.h"
#include "sformat.h"
#include "text.h"

#define PART_MOST ((uint64_t)64 << 20)
#define PART_LEAST ((uint64_t)1 << 20)
#define MAXWORKERS 256
#define MAXDEPTH 100 /* of tables in tables that are copied */

/* --- values on their way from one state to another */

typedef struct Bytes {
  char *bytes; /* owned */
  size_t len, size;
} Bytes;

static void free_bytes (Bytes *b) {
  pk_realloc(b->bytes, 0);
  memset(b, 0, sizeof(*b));
}

static int add_bytes (Bytes *b, const void *from, size_t n) {
  if (n > b->size - b->len) {
    size_t size = b->size > 0 ? b->size : 256;
    char *bytes;
    while (size - b->len < n) {
      if (size > SIZE_MAX / 2) return 0;
      size *= 2;
    }
    bytes = (char *)pk_realloc(b->bytes, size);
    if (bytes == NULL) return 0;
    b->bytes = bytes;
    b->size = size;
  }
  if (n > 0) memcpy(b->bytes + b->len, from, n);
  b->len += n;
  return 1;
}

static void must_add (lua_State *L, Bytes *b, const void *from, size_t n) {
  if (!add_bytes(b, from, n)) luaL_error(L, "not enough memory");
}

/* [-0, +0, e] Writes the value at `idx`: its type as a character, and what it is. */
static void pack_value (lua_State *L, Bytes *b, int idx, int depth) {
  char type;
  if (depth > MAXDEPTH) luaL_error(L, "result of a worker: tables too deep, or in one another");
  luaL_checkstack(L, 8, NULL);
  switch (lua_type(L, idx)) {
    case LUA_TNIL:
    case LUA_TNONE: must_add(L, b, "n", 1); break;
    case LUA_TBOOLEAN: must_add(L, b, lua_toboolean(L, idx) ? "t" : "f", 1); break;
    case LUA_TNUMBER:
      if (lua_isinteger(L, idx)) {
        const lua_Integer n = lua_tointeger(L, idx);
        must_add(L, b, "i", 1);
        must_add(L, b, &n, sizeof(n));
      }
      else {
        const lua_Number n = lua_tonumber(L, idx);
        must_add(L, b, "d", 1);
        must_add(L, b, &n, sizeof(n));
      }
      break;
    case LUA_TSTRING: {
      size_t len;
      const char *s = lua_tolstring(L, idx, &len);
      must_add(L, b, "s", 1);
      must_add(L, b, &len, sizeof(len));
      must_add(L, b, s, len);
      break;
    }
    case LUA_TTABLE:
      type = '{';
      must_add(L, b, &type, 1);
      for (lua_pushnil(L); lua_next(L, idx); lua_pop(L, 1)) {
        const int top = lua_gettop(L);
        pack_value(L, b, top - 1, depth + 1);
        pack_value(L, b, top, depth + 1);
      }
      must_add(L, b, "}", 1);
      break;
    default: luaL_error(L, "result of a worker: a %s cannot be copied", luaL_typename(L, idx));
  }
}

/* [-0, +1, m] Pushes the value at *p, which was packed by us. */
static void unpack_value (lua_State *L, const char **p) {
  const char type = *(*p)++;
  lua_Integer i;
  lua_Number d;
  size_t len;
  luaL_checkstack(L, 8, NULL);
  switch (type) {
    case 't':
    case 'f': lua_pushboolean(L, type == 't'); break;
    case 'i':
      memcpy(&i, *p, sizeof(i));
      *p += sizeof(i);
      lua_pushinteger(L, i);
      break;
    case 'd':
      memcpy(&d, *p, sizeof(d));
      *p += sizeof(d);
      lua_pushnumber(L, d);
      break;
    case 's':
      memcpy(&len, *p, sizeof(len));
      *p += sizeof(len);
      lua_pushlstring(L, *p, len);
      *p += len;
      break;
    case '{':
      lua_newtable(L);
      while (**p != '}') {
        unpack_value(L, p);
        unpack_value(L, p);
        lua_rawset(L, -3);
      }
      (*p)++;
      break;
    default: lua_pushnil(L);
  }
}

/* --- the job */

typedef enum PartState { PART_FREE, PART_WAITS, PART_RUNS, PART_DONE } PartState;

/* A part of the file. What is in it belongs to the worker that runs it, else to the caller. */
typedef struct Part {
  PartState state;
  uint64_t index;
  uint64_t from, stop; /* bytes of the file */
  int known;           /* it begins at `from`; else that is guessed */
  int empty;           /* no place looked like a begin */
  uint64_t begin, end; /* where it began, and the first record after it */
  int changed;         /* it has sections or interfaces that those after it do not know */
  int failed;
  Bytes result;        /* packed; when failed, the message */
  int fd;              /* of the frames that it has kept; -1 */
  atomic_uint_least64_t at; /* where its worker reads; 0: nowhere yet */
} Part;

/* Indices in the caller. */
enum { ARG_PATH = 1, ARG_WORKERS, ARG_FUNCTION, ARG_COMBINE, ARG_OUT, AT_JOB, AT_CAPTURE, AT_RESULT, AT_PROGRESS };

typedef struct Job {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  int ready;           /* those two are made */
  pthread_t *threads;  /* owned */
  int nthreads;        /* that were begun */
  atomic_int stop;     /* all are to end */
  Part *parts;         /* owned: part k is at k % window */
  uint64_t window, next, nparts, first; /* next to be begun; first that has not been combined */
  int split;           /* there were several parts */
  uint64_t size, each; /* bytes of the file, packed or not (PK_SIZE_UNKNOWN), and of a part */
  int tells;           /* somebody is told how far it is, */
  int64_t tellnext;    /* next by pk_clock(), */
  uint64_t told;       /* and was, last */
  lua_Integer combined; /* results, so far */
  char *path, *packagepath, *packagecpath; /* owned */
  int host;            /* the caller's globals come from module pktcraft */
  int keeps;           /* frames are kept */
  Bytes code, upvalues; /* of the function: dumped; a name and a value each */
  int nupvalues;
} Job;

/* What a worker's state knows of its job, by the address of this. */
static const char jobkey = 0;

typedef struct Worker {
  Job *job;
  int number;
  Part *part;
  uint8_t *block; /* owned: what its readers read into, one after the other; or NULL */
  size_t size;
} Worker;

void lpcapparallel_check (lua_State *L) {
  const Job *job;
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &jobkey) == LUA_TNIL) {
    lua_pop(L, 1);
    return;
  }
  job = (const Job *)lua_touserdata(L, -1);
  lua_pop(L, 1);
  if (job->stop) luaL_error(L, "stopped");
}

static void check_hook (lua_State *L, lua_Debug *ar) {
  (void)ar;
  lpcapparallel_check(L);
}

/* --- in a worker */

static int traceback (lua_State *L) {
  const char *text = lua_tostring(L, 1);
  if (text == NULL) text = lua_pushfstring(L, "(error object is a %s value)", luaL_typename(L, 1));
  luaL_traceback(L, L, text, 1);
  return 1;
}

/* [-0, +1, e] Pushes the function, its upvalues set. */
static void push_function (lua_State *L, const Job *job) {
  const char *p = job->upvalues.bytes;
  int k;
  if (luaL_loadbufferx(L, job->code.bytes, job->code.len, "worker", "b") != LUA_OK) lua_error(L);
  for (k = 1; k <= job->nupvalues; k++) {
    if (*p == 'E') { /* the globals */
      p++;
      lua_pushglobaltable(L);
    }
    else
      unpack_value(L, &p);
    lua_setupvalue(L, -2, k);
  }
}

/* A file that only we know. */
static int new_file (void) {
  FILE *file;
  int fd = memfd_create("pktcraft", MFD_CLOEXEC);
  if (fd >= 0 || (file = tmpfile()) == NULL) return fd;
  fd = fcntl(fileno(file), F_DUPFD_CLOEXEC, 0);
  fclose(file);
  return fd;
}

/* [-0, +0, -] The path under which it can be opened once more. */
static void file_path (int fd, char path[32]) {
  pk_Text t = pk_text_begin(path, 32);
  pk_text_add(&t, "/dev/fd/");
  pk_text_num(&t, (uint64_t)fd);
}

/* [-0, +1, e] Calls a function of module pcap with `n` arguments that are on the top; its first result, or an error. */
static void call_pcap (lua_State *L, const char *name, int n) {
  const int base = lua_gettop(L) - n + 1;
  lua_getglobal(L, "require");
  lua_pushliteral(L, "pktcraft.pcap");
  lua_call(L, 1, 1);
  lua_getfield(L, -1, name);
  lua_remove(L, -2);
  lua_insert(L, base);
  lua_call(L, n, 2);
  if (lua_isnil(L, -2)) luaL_error(L, "%s", lua_tostring(L, -1));
  lua_pop(L, 1);
}

/*
** [-0, +0, e] Reads what stands before the first frame, which all parts know: sections and interfaces. Returns where that
** frame begins, or 0: there is none.
*/
static uint64_t read_heads (lua_State *L, Capture *c) {
  pk_Reader *r = &c->reader;
  uint64_t at = 0;
  int got;
  r->patient = 1;
  got = pk_reader_next(r, &c->frame);
  if (got > 0) at = r->offset + (uint64_t)(c->frame.record - r->block);
  if (got < 0 || pk_reader_seek(r, 0) < 0) luaL_error(L, "%s", r->err);
  r->patient = 0;
  return at;
}

/* run(worker): does its part; the result is packed into it. Raises what goes wrong. */
static int run_part (lua_State *L) {
  Worker *w = (Worker *)lua_touserdata(L, 1);
  Part *part = w->part;
  const Job *job = w->job;
  uint32_t nsections = 0, ninterfaces = 0;
  uint64_t heads = 0;
  Capture *c;
  int got;
  lua_settop(L, 1);
  lua_pushstring(L, job->path);
  call_pcap(L, "open", 1); /* at 2 */
  c = (Capture *)lua_touserdata(L, 2);
  if (w->block != NULL) {
    uint8_t *block = w->block;
    w->block = NULL;
    pk_realloc(pk_reader_swapblock(&c->reader, block, &w->size), 0); /* memory given back and asked for stops all threads */
  }
  if (job->split && pk_format_isng(c->reader.format)) {
    heads = read_heads(L, c);
    nsections = c->reader.nsections;
    ninterfaces = c->reader.ninterfaces;
  }
  if (job->tells) lpcapprogress_tell(c, &part->at);
  if (job->split) {
    got = pk_reader_part(&c->reader, part->from, part->known, part->stop, &part->begin);
    if (got < 0) return luaL_error(L, "%s", c->reader.err);
    part->empty = got == 0;
    if (got == 0) return 0;
  }
  lua_createtable(L, 0, 3); /* what the function gets besides, at 3 */
  lua_pushinteger(L, w->number);
  lua_setfield(L, 3, "number");
  lua_pushinteger(L, (lua_Integer)part->index + 1);
  lua_setfield(L, 3, "part");
  if (job->keeps) {
    char path[32];
    part->fd = new_file();
    if (part->fd < 0) return luaL_error(L, "no file for what is kept: %s", strerror(errno));
    file_path(part->fd, path);
    lua_pushstring(L, path);
    lua_createtable(L, 0, 1);
    lua_pushvalue(L, 2);
    lua_setfield(L, -2, "like");
    call_pcap(L, "create", 2);
    if (heads > 0 && pcapout_mirror(pcapout_check(L, -1), c, 0, heads) < 0) return luaL_error(L, "what is kept cannot be written");
    lua_setfield(L, 3, "out");
  }
  lua_pushcfunction(L, traceback); /* at 4 */
  push_function(L, job);
  lua_pushvalue(L, 2);
  lua_pushvalue(L, 3);
  if (lua_pcall(L, 2, 1, 4) != LUA_OK) {
    if (lua_getfield(L, 3, "out") != LUA_TNIL) { /* what it has kept is kept */
      lua_getfield(L, -1, "close");
      lua_insert(L, -2);
      lua_pcall(L, 1, 0, 0);
    }
    lua_settop(L, 5); /* the message and its traceback */
    lua_pushboolean(L, 1);
    return 2;
  }
  if (lua_getfield(L, 3, "out") != LUA_TNIL) { /* all is written */
    lua_getfield(L, -1, "close");
    lua_insert(L, -2);
    lua_call(L, 1, 2);
    if (lua_isnil(L, -2)) return luaL_error(L, "%s", lua_tostring(L, -1));
  }
  lua_settop(L, 5);
  pack_value(L, &part->result, 5, 0);
  if (!c->reader.open) { /* the function has closed it: where it ends is to be found all the same */
    lua_pushstring(L, job->path);
    call_pcap(L, "open", 1);
    c = (Capture *)lua_touserdata(L, -1);
    if (pk_reader_part(&c->reader, part->begin, 1, part->stop, &part->begin) < 0) return luaL_error(L, "%s", c->reader.err);
  }
  lpcap_revoke(c);
  if (job->split) {
    if (pk_reader_finish(&c->reader, &part->end) < 0) return luaL_error(L, "%s", c->reader.err);
    part->changed = part->stop != UINT64_MAX && pk_format_isng(c->reader.format) && (c->reader.nsections != nsections || c->reader.ninterfaces != ninterfaces);
  }
  if (c->reader.moving == NULL) w->block = pk_reader_swapblock(&c->reader, NULL, &w->size);
  pk_reader_close(&c->reader);
  return 0;
}

/* [-0, +0, -] Runs a part, protected; what was wrong becomes its result. */
static void run (lua_State *L, Worker *w) {
  Part *part = w->part;
  const char *text = NULL;
  size_t len = 0;
  int status;
  lua_settop(L, 0);
  part->failed = part->changed = part->empty = 0;
  lua_pushcfunction(L, run_part);
  lua_pushlightuserdata(L, w);
  status = lua_pcall(L, 1, LUA_MULTRET, 0);
  if (status == LUA_OK && lua_gettop(L) < 2) {
    lua_settop(L, 0);
    return;
  }
  part->failed = 1;
  part->result.len = 0;
  text = lua_tolstring(L, status == LUA_OK ? -2 : -1, &len);
  if (text == NULL || !add_bytes(&part->result, text, len) || !add_bytes(&part->result, "", 1)) part->result.len = 0;
  lua_settop(L, 0);
}

/* prepare(worker): the state of a worker is made like the caller's. */
static int prepare (lua_State *L) {
  const Worker *w = (const Worker *)lua_touserdata(L, 1);
  Job *job = w->job;
  luaL_openlibs(L);
  lua_pushlightuserdata(L, job);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &jobkey);
  lua_getglobal(L, "package");
  lua_pushstring(L, job->packagepath);
  lua_setfield(L, -2, "path");
  lua_pushstring(L, job->packagecpath);
  lua_setfield(L, -2, "cpath");
  lua_sethook(L, check_hook, LUA_MASKCOUNT, 1000000);
  lua_getglobal(L, "require");
  lua_pushstring(L, job->host ? "pktcraft" : "pktcraft.pcap");
  lua_call(L, 1, 1);
  if (!job->host) return 0;
  lua_pushglobaltable(L);
  lua_createtable(L, 0, 1);
  lua_pushvalue(L, -3);
  lua_setfield(L, -2, "__index");
  lua_setmetatable(L, -2);
  return 0;
}

/* [locked] A part for a worker, which then runs it; NULL: none is to be had now. */
static Part *take_part (Job *job) {
  uint64_t k;
  for (k = job->first; k < job->next; k++)
    if (job->parts[k % job->window].state == PART_WAITS) {
      job->parts[k % job->window].state = PART_RUNS;
      return &job->parts[k % job->window];
    }
  if (job->next < job->nparts && job->next < job->first + job->window) {
    Part *part = &job->parts[job->next % job->window];
    if (part->state != PART_FREE) return NULL;
    part->index = job->next;
    part->from = job->next * job->each;
    part->stop = job->next + 1 < job->nparts ? part->from + job->each : UINT64_MAX;
    part->known = 0;
    atomic_store(&part->at, 0);
    part->state = PART_RUNS;
    job->next++;
    return part;
  }
  return NULL;
}

static void fail_part (Part *part, const char *text) {
  part->failed = 1;
  part->empty = part->changed = 0;
  part->result.len = 0;
  if (!add_bytes(&part->result, text, strlen(text) + 1)) part->result.len = 0;
}

static void *work (void *arg) {
  Worker *w = (Worker *)arg;
  Job *job = w->job;
  lua_State *L = luaL_newstate();
  char why[512];
  int status = LUA_ERRMEM;
  pk_Text t = pk_text_begin(why, sizeof(why));
  if (L != NULL) {
    lua_pushcfunction(L, prepare);
    lua_pushlightuserdata(L, w);
    status = lua_pcall(L, 1, 0, 0);
  }
  if (status != LUA_OK) pk_text_add(&t, L != NULL && lua_tostring(L, -1) != NULL ? lua_tostring(L, -1) : "not enough memory");
  pthread_mutex_lock(&job->lock);
  while (!job->stop) {
    Part *part = take_part(job);
    if (part == NULL) {
      pthread_cond_wait(&job->changed, &job->lock);
      continue;
    }
    pthread_mutex_unlock(&job->lock);
    w->part = part;
    if (status == LUA_OK)
      run(L, w);
    else
      fail_part(part, why);
    pthread_mutex_lock(&job->lock);
    part->state = PART_DONE;
    pthread_cond_broadcast(&job->changed);
  }
  pthread_mutex_unlock(&job->lock);
  if (L != NULL) lua_close(L);
  pk_realloc(w->block, 0);
  pk_realloc(w, 0);
  return NULL;
}

/* --- in the caller */

static void clear_part (Part *part) {
  free_bytes(&part->result);
  if (part->fd >= 0) close(part->fd);
  part->fd = -1;
}

/* __gc, __close: ends all workers. */
static int job_close (lua_State *L) {
  Job *job = (Job *)lua_touserdata(L, 1);
  uint64_t k;
  int j;
  if (job->ready) {
    pthread_mutex_lock(&job->lock);
    job->stop = 1;
    pthread_cond_broadcast(&job->changed);
    pthread_mutex_unlock(&job->lock);
    for (j = 0; j < job->nthreads; j++) pthread_join(job->threads[j], NULL);
    pthread_mutex_destroy(&job->lock);
    pthread_cond_destroy(&job->changed);
  }
  job->ready = job->nthreads = 0;
  for (k = 0; job->parts != NULL && k < job->window; k++) clear_part(&job->parts[k]);
  pk_realloc(job->parts, 0);
  pk_realloc(job->threads, 0);
  pk_realloc(job->path, 0);
  pk_realloc(job->packagepath, 0);
  pk_realloc(job->packagecpath, 0);
  free_bytes(&job->code);
  free_bytes(&job->upvalues);
  job->parts = NULL;
  job->threads = NULL;
  job->path = job->packagepath = job->packagecpath = NULL;
  return 0;
}

static char *copy_text (lua_State *L, const char *s) {
  char *to = (char *)pk_realloc(NULL, strlen(s) + 1);
  if (to == NULL) luaL_error(L, "not enough memory");
  return strcpy(to, s);
}

static int add_code (lua_State *L, const void *p, size_t n, void *arg) {
  (void)L;
  return !add_bytes((Bytes *)arg, p, n);
}

/* [-0, +0, e] Takes the function at `idx` apart. */
static void take_function (lua_State *L, Job *job, int idx) {
  const char *name;
  int k;
  if (lua_iscfunction(L, idx)) luaL_argerror(L, idx, "a function in Lua expected");
  for (k = 1; (name = lua_getupvalue(L, idx, k)) != NULL; k++) {
    const int type = lua_type(L, -1);
    lua_pushglobaltable(L);
    if (lua_rawequal(L, -1, -2) || strcmp(name, "_ENV") == 0) { /* be it a table of its own */
      lua_pop(L, 2);
      must_add(L, &job->upvalues, "E", 1);
      continue;
    }
    lua_pop(L, 1);
    if (type != LUA_TNIL && type != LUA_TBOOLEAN && type != LUA_TNUMBER && type != LUA_TSTRING)
      luaL_error(L, "upvalue '%s' of the workers' function is a %s: only nil, booleans, numbers and strings go along", name,
                 lua_typename(L, type));
    pack_value(L, &job->upvalues, lua_gettop(L), 0);
    lua_pop(L, 1);
  }
  job->nupvalues = k - 1;
  lua_pushvalue(L, idx);
  if (lua_dump(L, add_code, &job->code, 0) != 0) luaL_error(L, "not enough memory");
  lua_pop(L, 1);
}

/* [-0, +0, e] Whether globals are found by what module pktcraft gives. */
static int has_host (lua_State *L) {
  int is = 0;
  lua_pushglobaltable(L);
  if (lua_getmetatable(L, -1)) {
    is = lua_getfield(L, -1, "__index") != LUA_TNIL;
    lua_pop(L, 2);
  }
  lua_pop(L, 1);
  return is;
}

/* How the file is cut; a pipe or a packed one is one part. */
static void cut_file (Job *job, const Capture *c, int n, uint64_t each) {
  struct stat st;
  job->nparts = 1;
  job->split = 0;
  job->each = job->size = UINT64_MAX;
  if (c == NULL || !c->reader.regular || fstat(c->reader.fd, &st) < 0) return;
  job->size = (uint64_t)st.st_size - c->reader.base;
  if (c->reader.pack != NULL) return;
  if (each == 0) {
    each = job->size / ((uint64_t)n * 16) + 1;
    if (each < PART_LEAST) each = PART_LEAST;
    if (each > PART_MOST) each = PART_MOST;
  }
  job->each = each;
  job->nparts = job->size / each + (job->size % each != 0);
  if (job->nparts == 0) job->nparts = 1;
  job->split = job->nparts > 1;
}

/* [-0, +0, e] */
static void begin_threads (lua_State *L, Job *job, int n) {
  uint64_t k;
  int j;
  if ((uint64_t)n > job->nparts) n = (int)job->nparts;
  job->window = 2 * (uint64_t)n;
  job->parts = (Part *)pk_realloc(NULL, (size_t)job->window * sizeof(Part));
  if (job->parts == NULL) luaL_error(L, "not enough memory");
  memset(job->parts, 0, (size_t)job->window * sizeof(Part));
  for (k = 0; k < job->window; k++) job->parts[k].fd = -1;
  job->threads = (pthread_t *)pk_realloc(NULL, (size_t)n * sizeof(*job->threads));
  if (job->threads == NULL) luaL_error(L, "not enough memory");
  if (pthread_mutex_init(&job->lock, NULL) != 0) luaL_error(L, "no lock for the workers");
  if (pthread_cond_init(&job->changed, NULL) != 0) {
    pthread_mutex_destroy(&job->lock);
    luaL_error(L, "no lock for the workers");
  }
  job->ready = 1;
  for (j = 0; j < n; j++) {
    Worker *w = (Worker *)pk_realloc(NULL, sizeof(*w));
    if (w == NULL) luaL_error(L, "not enough memory");
    w->job = job;
    w->number = j + 1;
    w->part = NULL;
    w->block = NULL;
    w->size = 0;
    if (pthread_create(&job->threads[j], NULL, work, w) != 0) {
      pk_realloc(w, 0);
      if (j == 0) luaL_error(L, "no thread for a worker");
      break; /* fewer do it too */
    }
    job->nthreads++;
  }
}

/* Bytes that workers have passed, so far. */
static uint64_t bytes_done (Job *job) {
  uint64_t k, done;
  pthread_mutex_lock(&job->lock);
  done = job->split ? job->first * job->each : 0;
  for (k = job->first; k < job->next; k++) {
    const Part *part = &job->parts[k % job->window];
    const uint64_t from = job->split ? k * job->each : 0, stop = part->stop < job->size ? part->stop : job->size;
    const uint64_t at = part->state == PART_DONE ? stop : atomic_load(&part->at);
    if (at > from && at != PK_SIZE_UNKNOWN) done += (at < stop ? at : stop) - from;
  }
  pthread_mutex_unlock(&job->lock);
  if (done > job->size) done = job->size;
  if (done > job->told) job->told = done; /* what is done again was told before */
  return job->told;
}

/* [-0, +0, e] Tells how far it is, when it is time; `all`: all is done. */
static void tell (lua_State *L, Job *job, int all) {
  if (!job->tells || (!all && pk_clock() < job->tellnext)) return;
  lua_pushvalue(L, AT_PROGRESS);
  lua_pushinteger(L, (lua_Integer)(all && job->size != PK_SIZE_UNKNOWN ? job->size : bytes_done(job)));
  lpcapprogress_pushsize(L, job->size);
  lua_call(L, 2, 0);
  job->tellnext = pk_clock() + LPCAP_TELL_EACH;
}

/* [-0, +0, e] Waits for a part that may be combined, and gives interrupts a chance. */
static Part *wait_for (lua_State *L, Job *job, uint64_t k) {
  for (;;) {
    Part *part = &job->parts[k % job->window];
    struct timespec until;
    int done;
    pthread_mutex_lock(&job->lock);
    if (!(part->state == PART_DONE && part->index == k)) {
      clock_gettime(CLOCK_REALTIME, &until);
      until.tv_nsec += 100000000;
      if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
      }
      pthread_cond_timedwait(&job->changed, &job->lock, &until);
    }
    done = part->state == PART_DONE && part->index == k;
    pthread_mutex_unlock(&job->lock);
    if (done) return part;
    lpcap_interrupted(L);
    tell(L, job, 0);
  }
}

/* Has a part done again, from where it begins; `all`: up to the file's end. */
static void do_again (Job *job, Part *part, uint64_t from, int all) {
  pthread_mutex_lock(&job->lock);
  clear_part(part);
  atomic_store(&part->at, 0);
  part->from = from;
  part->known = 1;
  if (all) {
    part->stop = UINT64_MAX;
    job->nparts = part->index + 1; /* none follows */
  }
  part->state = PART_WAITS;
  pthread_cond_broadcast(&job->changed);
  pthread_mutex_unlock(&job->lock);
}

/* [-0, +0, e] What a part has kept goes out: the output is at `out`, the file's capture at `cap`. */
static void write_kept (lua_State *L, const Part *part, int out, int cap) {
  char path[32];
  struct stat st;
  if (part->fd < 0 || fstat(part->fd, &st) < 0 || st.st_size == 0) return;
  file_path(part->fd, path);
  lua_pushcfunction(L, pcapout_join);
  lua_pushvalue(L, out);
  lua_pushvalue(L, cap);
  lua_pushstring(L, path);
  call_pcap(L, "open", 1);
  lua_call(L, 3, 2);
  if (lua_isnil(L, -2)) luaL_error(L, "%s", lua_tostring(L, -1));
  lua_pop(L, 2);
}

/* [-0, +0, e] Combines the result of a part with what is at `result`. */
static void combine (lua_State *L, Job *job, const Part *part, int function, int result) {
  const char *p = part->result.bytes;
  if (p == NULL)
    lua_pushnil(L);
  else
    unpack_value(L, &p);
  if (lua_isnil(L, function)) {
    if (job->combined == 0) {
      lua_newtable(L);
      lua_replace(L, result);
    }
    lua_rawseti(L, result, job->combined + 1);
  }
  else if (job->combined == 0)
    lua_replace(L, result);
  else {
    lua_pushvalue(L, function);
    lua_insert(L, -2);
    lua_pushvalue(L, result);
    lua_insert(L, -2);
    lua_call(L, 2, 1);
    lua_replace(L, result);
  }
  job->combined++;
}

/* A part is done with: its place is free for another. */
static void free_part (Job *job, Part *part) {
  const uint64_t at = atomic_load(&part->at);
  pthread_mutex_lock(&job->lock);
  if (!job->split && at > job->told) job->told = at;
  clear_part(part);
  part->state = PART_FREE;
  job->first = part->index + 1;
  pthread_cond_broadcast(&job->changed);
  pthread_mutex_unlock(&job->lock);
}

/* [-0, +0, e] Goes over the parts in their order. */
static void gather (lua_State *L, Job *job) {
  uint64_t k, expected = 0;
  for (k = 0; k < job->nparts; k++) {
    Part *part = wait_for(L, job, k);
    if (k > 0 && (expected >= part->stop || expected >= job->size)) { /* no record begins in it */
      free_part(job, part);
      continue;
    }
    if (k > 0 && (part->empty || part->begin != expected)) {
      do_again(job, part, expected, 0);
      part = wait_for(L, job, k);
    }
    if (!part->failed && part->changed) { /* what follows needs what this part has met */
      do_again(job, part, part->begin, 1);
      part = wait_for(L, job, k);
    }
    if (!lua_isnil(L, ARG_OUT)) write_kept(L, part, ARG_OUT, AT_CAPTURE); /* of a part that failed, what it kept before */
    if (part->failed) luaL_error(L, "%s", part->result.len > 0 ? part->result.bytes : "not enough memory");
    expected = part->end;
    if (!part->empty) combine(L, job, part, ARG_COMBINE, AT_RESULT);
    free_part(job, part);
    tell(L, job, 0);
  }
  tell(L, job, 1);
}

/* parallel(path, workers, f [, combine [, out]]): the combined result */
int lpcap_parallel (lua_State *L) {
  const char *path = lpcap_checkpath(L, ARG_PATH);
  lua_Integer n = 0, each = 0;
  struct stat st;
  Job *job;
  Capture *c = NULL;
  if (lua_istable(L, ARG_WORKERS)) {
    static const char *const known[] = {"workers", "part", "progress", NULL};
    aux_checkknown(L, ARG_WORKERS, known);
    lua_getfield(L, ARG_WORKERS, "part");
    each = luaL_optinteger(L, -1, 0);
    lua_getfield(L, ARG_WORKERS, "workers");
    n = luaL_optinteger(L, -1, 0);
    luaL_argcheck(L, each >= 0 && (each > 0 || lua_isnil(L, -2)), ARG_WORKERS, "option 'part': bytes expected");
    lua_pop(L, 2);
    if (lua_getfield(L, ARG_WORKERS, "progress") != LUA_TNIL && !lua_isfunction(L, -1))
      luaL_argerror(L, ARG_WORKERS, "option 'progress': function expected");
    lua_pop(L, 1);
  }
  else
    n = luaL_optinteger(L, ARG_WORKERS, 0);
  if (n == 0 && (lua_isnoneornil(L, ARG_WORKERS) || lua_istable(L, ARG_WORKERS))) {
    n = sysconf(_SC_NPROCESSORS_ONLN);
    if (n > MAXWORKERS) n = MAXWORKERS;
    if (n < 1) n = 1;
  }
  luaL_argcheck(L, 1 <= n && n <= MAXWORKERS, ARG_WORKERS, "1 to 256 workers expected");
  luaL_checktype(L, ARG_FUNCTION, LUA_TFUNCTION);
  if (!lua_isnoneornil(L, ARG_COMBINE)) luaL_checktype(L, ARG_COMBINE, LUA_TFUNCTION);
  lua_settop(L, ARG_OUT);
  if (!lua_isnil(L, ARG_OUT) && !pcapout_is(L, ARG_OUT)) luaL_typeerror(L, ARG_OUT, "capture output");
  job = (Job *)lua_newuserdatauv(L, sizeof(*job), 0);
  memset(job, 0, sizeof(*job));
  if (luaL_newmetatable(L, "pktcraft.job")) {
    lua_pushcfunction(L, job_close);
    lua_setfield(L, -2, "__gc");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_pushcfunction(L, job_close);
    lua_setfield(L, -2, "__close");
  }
  lua_setmetatable(L, AT_JOB);
  take_function(L, job, ARG_FUNCTION);
  job->path = copy_text(L, path);
  lua_getglobal(L, "package");
  lua_getfield(L, -1, "path");
  lua_getfield(L, -2, "cpath");
  job->packagepath = copy_text(L, luaL_checkstring(L, -2));
  job->packagecpath = copy_text(L, luaL_checkstring(L, -1));
  lua_settop(L, AT_JOB);
  job->host = has_host(L);
  job->keeps = !lua_isnil(L, ARG_OUT);
  if (strcmp(path, "-") != 0 && (stat(path, &st) < 0 || S_ISREG(st.st_mode))) { /* a pipe is opened once, by its worker */
    lua_getglobal(L, "require");
    lua_pushliteral(L, "pktcraft.pcap");
    lua_call(L, 1, 1);
    lua_getfield(L, -1, "open");
    lua_pushvalue(L, ARG_PATH);
    lua_call(L, 1, 2);
    if (lua_isnil(L, -2)) return 2; /* nil and the message */
    lua_settop(L, -2);
    lua_replace(L, AT_JOB + 1);
    lua_settop(L, AT_CAPTURE);
    c = (Capture *)lua_touserdata(L, AT_CAPTURE);
  }
  lua_settop(L, AT_RESULT);
  cut_file(job, c, (int)n, (uint64_t)each);
  if (lua_istable(L, ARG_WORKERS)) {
    job->tells = lua_getfield(L, ARG_WORKERS, "progress") == LUA_TFUNCTION;
    job->tellnext = pk_clock() + LPCAP_TELL_EACH;
  }
  lua_settop(L, AT_PROGRESS);
  lua_toclose(L, AT_JOB);
  begin_threads(L, job, (int)n);
  gather(L, job);
  lua_settop(L, AT_RESULT);
  return 1;
}
