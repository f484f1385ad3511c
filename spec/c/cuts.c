/*
** cuts.c: a module for the specs: a capture file cut at every byte.
*/
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lua.h>
#include <lauxlib.h>

#include <pktcraft/savefile.h>

int luaopen_cuts (lua_State *L);

/* Frames, and a sum over their bytes and lengths; how reading ended. */
static int read_all (int fd, uint64_t *frames, uint64_t *sum, uint64_t *ends, size_t nends) {
  pk_Reader r;
  pk_Frame f;
  int got;
  *frames = *sum = 0;
  if (lseek(fd, 0, SEEK_SET) < 0 || pk_reader_openfd(&r, fd, 0, "cut") < 0) return -1;
  if (pk_reader_begin(&r) < 0) return -1; /* closed */
  while ((got = pk_reader_next(&r, &f)) > 0) {
    *sum = (*sum ^ f.caplen ^ (f.caplen > 0 ? (uint64_t)(unsigned char)f.data[f.caplen - 1] << 32 : 0)) * 0x9e3779b97f4a7c15u;
    if (ends != NULL && *frames < nends) {
      ends[2 * *frames] = r.offset + r.begin;
      ends[2 * *frames + 1] = *sum;
    }
    ++*frames;
  }
  if (got < 0 && r.err[0] == '\0') got = -3; /* an error without a word */
  pk_reader_close(&r);
  return got;
}

/* cuts(path): how many cuts were tried, all giving the whole frames before them; or nil and which one did not */
static int cuts (lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  const int from = open(path, O_RDONLY), fd = memfd_create("cut", 0);
  struct stat st;
  uint64_t frames, sum, *ends, want, tried = 0;
  size_t n, max;
  if (from < 0 || fd < 0 || fstat(from, &st) < 0) return luaL_error(L, "cannot open %s", path);
  n = (size_t)st.st_size;
  if (sendfile(fd, from, NULL, n) != (ssize_t)n) return luaL_error(L, "cannot copy %s", path);
  close(from);
  max = n / 16 + 1;
  ends = (uint64_t *)lua_newuserdatauv(L, 2 * max * sizeof(*ends), 0);
  if (read_all(fd, &frames, &sum, ends, max) == -3) return luaL_error(L, "%s: an error without a word", path);
  want = frames;
  for (; n > 0; tried++) {
    uint64_t got, gotsum;
    int status;
    if (ftruncate(fd, (off_t)--n) < 0) return luaL_error(L, "ftruncate");
    while (want > 0 && ends[2 * (want - 1)] > n) want--;
    status = read_all(fd, &got, &gotsum, NULL, 0);
    if (got != want || status == -3 || (want > 0 && gotsum != ends[2 * (want - 1) + 1])) {
      luaL_pushfail(L);
      lua_pushinteger(L, (lua_Integer)n);
      close(fd);
      return 2;
    }
  }
  close(fd);
  lua_pushinteger(L, (lua_Integer)tried);
  return 1;
}

int luaopen_cuts (lua_State *L) {
  lua_pushcfunction(L, cuts);
  return 1;
}
