/*
** Fuzz target: memory functions with any arguments, beside a model of strings in Lua.
*/
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <lua.h>
#include <lauxlib.h>
#include <lualib.h>

#include "lmemlib.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);
int luaopen_memory (lua_State *L);

static const char model[] =
"local memory, input = ...\n"
"local at = 1\n"
"local function byte() local b = input:byte(at) or 0 at = at + 1 return b end\n"
"local function index() return byte() % 40 - 16 end\n"
"local function str() local n = byte() % 12 local s = input:sub(at, at + n - 1) at = at + n return s end\n"
"local m, s = memory.create(), ''\n"
"local function fill(s, t, i, j)\n"
"  if i < 0 then i = math.max(#s + i + 1, 1) elseif i == 0 then i = 1 end\n"
"  if j < 0 then j = #s + j + 1 elseif j > #s then j = #s end\n"
"  if i > j or #t == 0 then return s end\n"
"  return s:sub(1, i - 1) .. t:rep((j - i) // #t + 1):sub(1, j - i + 1) .. s:sub(j + 1)\n"
"end\n"
"local formats = { '<i1', '>I2', 'i3', 'I5', '<i9', 'I16', 'f', 'd', 's1', 's2', 'z', 'c3', 'x', '!4 i4', 'b Xi4', 'j' }\n"
"while at <= #input do\n"
"  local what = byte() % 9\n"
"  if what == 0 then\n"
"    local n, f = byte() % 64, str()\n"
"    m:resize(n, f)\n"
"    s = s:sub(1, n)\n"
"    if n > #s then s = s .. (#f > 0 and f:rep(n) or ('\\0'):rep(n)):sub(1, n - #s) end\n"
"  elseif what == 1 then\n"
"    local f, i, j, o = str(), index(), index(), index()\n"
"    m:fill(f, i, j, o)\n"
"    s = fill(s, o < 0 and f:sub(o) or f:sub(math.max(o, 1)), i, j)\n"
"  elseif what == 2 then\n"
"    local i, j, o = index(), index(), index()\n"
"    m:fill(m, i, j, o)\n"
"    s = fill(s, o < 0 and s:sub(o) or s:sub(math.max(o, 1)), i, j)\n"
"  elseif what == 3 then\n"
"    local f, i, j = str(), index(), index()\n"
"    local sub = s:sub(i, j)\n"
"    local start = i > 0 and i or i == 0 and 1 or math.max(#s + i + 1, 1)\n"
"    local found = #f > 0 and sub:find(f, 1, true)\n"
"    assert(m:find(f, i, j) == (found and found + start - 1 or nil))\n"
"  elseif what == 4 then\n"
"    local i, j = index(), index()\n"
"    assert(m:tostring(i, j) == s:sub(i, j))\n"
"    local a, b = table.pack(m:get(i, j)), table.pack(s:byte(i, j))\n"
"    assert(a.n == b.n)\n"
"    for k = 1, a.n do assert(a[k] == b[k]) end\n"
"  elseif what == 5 then\n"
"    local i, x, y = index(), byte(), byte()\n"
"    local ok = pcall(m.set, m, i, x, y)\n"
"    local p = i > 0 and i or i == 0 and 1 or math.max(#s + i + 1, 1)\n"
"    assert(ok == (p <= #s))\n"
"    if ok then s = s:sub(1, p - 1) .. (string.char(x, y)):sub(1, #s - p + 1) .. s:sub(p + 2) end\n"
"  elseif what == 6 then\n"
"    local t = str()\n"
"    local d, less = m:diff(t)\n"
"    local k = 1\n"
"    while k <= #s and k <= #t and s:byte(k) == t:byte(k) do k = k + 1 end\n"
"    if s == t then assert(d == nil and less == false) else assert(d == k) end\n"
"    if s ~= t then assert(less == ((s:byte(k) or -1) < (t:byte(k) or -1))) end\n"
"  elseif what == 7 then\n"
"    local fmt, value, i = formats[byte() % #formats + 1], str(), index()\n"
"    local v = value\n"
"    if not fmt:find('[sczx]') then v = byte() - 128 end\n"
"    local p = i > 0 and i or i == 0 and 1 or math.max(#s + i + 1, 1)\n"
"    local ok, want = pcall(string.pack, ('!4 ' .. ('x'):rep(p - 1)) .. '!1 ' .. fmt, v)\n"
"    if fmt == 'c3' and #value ~= 3 then ok = false end\n"
"    local r = table.pack(pcall(m.pack, m, fmt, i, v))\n"
"    if not r[1] then assert(not ok or p > #s + 1, r[2])\n"
"    elseif r[2] then\n"
"      assert(ok and r[3] == #want + 1)\n"
"      s = s:sub(1, p - 1) .. want:sub(p) .. s:sub(#want + 1)\n"
"    end\n"
"    if not (r[1] and r[2]) then s = m:tostring() end\n"
"  else\n"
"    local fmt, i = formats[byte() % #formats + 1] .. formats[byte() % #formats + 1], index()\n"
"    local p = i > 0 and i or i == 0 and 1 or math.max(#s + i + 1, 1)\n"
"    local a, b = table.pack(pcall(m.unpack, m, fmt, i)), table.pack(pcall(string.unpack, fmt, s, p))\n"
"    assert(a[1] == b[1])\n"
"    if a[1] then for k = 1, b.n do assert(a[k] == b[k] or a[k] ~= a[k]) end end\n"
"  end\n"
"  assert(#m == #s and tostring(m) == s)\n"
"end\n";

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size) {
  static lua_State *L = NULL;
  if (L == NULL) {
    L = luaL_newstate();
    luaL_openlibs(L);
    luaL_requiref(L, "memory", luaopen_memory, 0);
    lua_setglobal(L, "memory_module");
    if (luaL_loadstring(L, model) != LUA_OK) {
      fprintf(stderr, "%s\n", lua_tostring(L, -1));
      abort();
    }
    lua_setglobal(L, "model");
  }
  lua_settop(L, 0);
  lua_getglobal(L, "model");
  lua_getglobal(L, "memory_module");
  lua_pushlstring(L, (const char *)data, size);
  if (lua_pcall(L, 2, 0, 0) != LUA_OK) {
    fprintf(stderr, "%s\n", lua_tostring(L, -1));
    abort();
  }
  return 0;
}
