--- The chapter "From C" of the manual, the headers that are installed and the symbols of the libraries agree.
local support = require "spec.support"

local pages = { "doc/manual.md" } -- where the chapter is

--- Structs of which the chapter shows a part: the other members are the library's own.
local partial = [[pk_Carry pk_CarrySum pk_Field pk_Flows pk_Format pk_Half pk_Layout pk_List pk_Packet pk_Reader pk_Sender
  pk_Stream pk_Streams pk_Walk pk_Writer]]

--- In installed headers, since others there need them; nothing for users, and not in the chapter.
local own = [[PK_BEGIN PK_END pk_Merge pk_Op pk_Pack pk_Shape pk_Verbs]]

--- What programs of the chapter print that have no output beside them: by the heading that they stand under.
local prints = {
  ["filter.h"] = "10.0.0.1\n",
  ["savefile.h"] = "5\n",
  ["stream.h"] = "side 0, byte 0: one\nside 0, byte 3: two\nside 0, byte 6: three\n",
}

local function words (list)
  local set = {}
  for word in list:gmatch "[%w_]+" do set[word] = true end
  return set
end

--- C without comments, and without spaces but between words.
local function plain (code)
  code = code:gsub("/%*.-%*/", " "):gsub("%((luamem_%w+)%)", " %1 ") -- (which keeps macros of that name away)
  return (code:gsub("%s+", " "):gsub(" ?([][(){}*,;=<>&|+-]) ?", "%1"):match "^ ?(.-) ?$")
end

--- What headers declare: prototypes by name, lines of macros, and all of it as text.
local function declared (paths)
  local found = { prototypes = {}, macros = {}, text = "", names = {} }
  local text = {}
  for _, path in ipairs(paths) do
    local header = support.readfile(path):gsub("/%*.-%*/", " "):gsub("\\\n", " ")
    for line in header:gmatch "[^\n]+" do
      local name = line:match "^#define ([%w_]+)"
      if name and not name:find "_h$" then found.macros[plain(line)] = true end
      line = line:gsub("^PK_BEGIN$", ""):gsub("^PK_END$", ""):gsub('^extern "C" {$', "") -- (the brace that closes it does no harm)
      if not line:find "^#" then text[#text + 1] = line end
      for word in line:gsub("^#include.*", ""):gmatch "[%a_][%w_]*" do found.names[word] = true end
    end
  end
  found.text = plain(table.concat(text, "\n"):gsub("%f[%w_]PK_API ", ""):gsub("%f[%w_]LUAMEMLIB_API ", ""))
  for statement in found.text:gsub("%)%b{}", ");"):gmatch "[^;{}]+" do -- bodies of functions left out
    statement = statement:gsub("^__attribute__%b()", "") -- what stands before some
    local name = statement:match "^[%w_ *]-([%w_]+)%b()$"
    if name and not statement:find "^typedef" then found.prototypes[name] = statement end
  end
  return found
end

--- The entries of the pages: {names, code, page}; and the programs: {code, prints, heading}.
local function read (paths)
  local entries, programs = {}, {}
  for _, page in ipairs(paths) do
    local entry, heading, fence, last
    for line in support.readfile(page):gmatch "([^\n]*)\n" do
      if fence then
        if line ~= "```" then
          fence.code[#fence.code + 1] = line
        else
          local code = table.concat(fence.code, "\n") .. "\n"
          if code:find("int main (", 1, true) then
            last = { code = code, prints = prints[heading], heading = page .. ": " .. tostring(heading) }
            programs[#programs + 1] = last
          elseif fence.language == "c" and entry then
            entry.code[#entry.code + 1] = code
          elseif fence.language == "" and last then
            last.prints, last = code, nil
          end
          fence = nil
        end
      elseif line:find "^```" then
        fence = { language = line:sub(4), code = {} }
      elseif line:find "^#" then
        local level, title = line:match "^(#+) (.*)"
        entry, last = nil, nil
        if #level < 4 then heading = title:match "%a+%.h$" or title end
        if (title:find "^[pP][kK]_" or title:find "^[lL][uU][aA][mM][eE][mM]_") and not title:find "[^%w_, ]" then
          entry = { names = {}, code = {}, page = page }
          for name in title:gmatch "[%w_]+" do entry.names[#entry.names + 1] = name end
          entries[#entries + 1] = entry
        end
      elseif entry then
        for code in line:gmatch "`([^`]+)`" do entry.code[#entry.code + 1] = code end
      end
    end
  end
  return entries, programs
end

local function installed ()
  local paths = { support.build .. "/include/lmemlib.h" }
  local pipe <close> = io.popen(("ls %s/include/pktcraft/*.h"):format(support.build))
  for path in pipe:lines() do paths[#paths + 1] = path end
  assert(#paths > 1)
  return paths
end

local function exported (library)
  local status, out, err = support.foreign(("nm -D --defined-only %s/lib/%s.so.0"):format(support.build, library))
  assert.equal(0, status, err)
  local names = {}
  for name in out:gmatch " %u ([%w_]+)" do
    if name:find "^pk_" or name:find "^luamem_" then names[#names + 1] = name end
  end
  assert.is_true(#names > 10)
  return names
end

describe("the chapter on the C libraries", function()
  local headers, entries, programs, byname

  setup(function()
    headers = declared(installed())
    entries, programs = read(pages)
    byname = {}
    for _, entry in ipairs(entries) do
      for _, name in ipairs(entry.names) do
        assert(not byname[name], name .. " has two entries")
        byname[name] = entry
      end
    end
  end)

  it("has an entry for each symbol of the libraries", function()
    if not support.has "nm" then return pending "nm is not installed" end
    for _, library in ipairs { "libpktcraft", "libluamemlib" } do
      for _, name in ipairs(exported(library)) do
        assert.is_true(headers.prototypes[name] ~= nil, name .. " is in no header")
        assert.is_true(byname[name] ~= nil, name .. " has no entry")
      end
    end
  end)

  it("has the prototypes of the headers", function()
    for name, entry in pairs(byname) do
      local prototype = headers.prototypes[name]
      local code = plain(("\n" .. table.concat(entry.code, ";\n")):gsub("\n#[^\n]*", ""))
      for statement in (";" .. code .. ";"):gsub("[;{}]+", ";;"):gmatch ";([^;]+);" do
        local args = statement:match("%f[%w_]" .. name .. "(%b())$")
        if args and args:find "%a[ *]+%a" and not args:find("...,", 1, true) then
          if name:find "^luamem_" then prototype = prototype:gsub("^static inline ", "") end -- its chapter does not say where a function is
          assert.equal(prototype, statement, entry.page)
        end
      end
      if prototype and name:find "^pk_" then
        assert.is_truthy((";" .. code .. ";"):find(";" .. prototype .. ";", 1, true), name .. ": " .. prototype .. " is not in its entry")
      end
    end
  end)

  it("names what is in the headers", function()
    for name, entry in pairs(byname) do assert.is_true(headers.names[name], name .. " of " .. entry.page .. " is in no header") end
  end)

  it("shows declarations as they are in the headers", function()
    local part = words(partial)
    for _, entry in ipairs(entries) do
      if entry.names[1]:find "^[pP][kK]_" then
        for _, code in ipairs(entry.code) do
          local rest = {}
          for line in code:gmatch "[^\n]+" do
            if line:find "^#define" then
              assert.is_true(headers.macros[plain(line)], line)
            else
              rest[#rest + 1] = line
            end
          end
          local text = plain(table.concat(rest, "\n"))
          if code:find "\n" then
            for piece in text:gmatch "[^;{}]+" do assert.is_truthy(headers.text:find(piece, 1, true), piece .. " is in no header") end
            for whole, name in text:gmatch "(typedef struct [%w_]+%b{}([%w_]+);)" do
              assert.equal(not part[name], headers.text:find(whole, 1, true) ~= nil, name .. " is shown in part, or as it is not")
            end
          end
        end
      end
    end
  end)

  it("has all that the headers have but for the library's own", function()
    local shown, left = {}, words(own)
    for _, entry in ipairs(entries) do
      for name in (table.concat(entry.names, " ") .. " " .. table.concat(entry.code, " ")):gsub("/%*.-%*/", " "):gmatch "[%a_][%w_]*" do
        shown[name] = true
      end
    end
    for name in pairs(headers.names) do
      if name:find "^[pP][kK]_" or name:find "^luamem_" or name:find "^LUAMEM_T" then
        assert.equal(not left[name], shown[name] == true, name .. (left[name] and " is called the library's own" or " is not in the chapter"))
      end
    end
    for name in pairs(left) do assert.is_true(headers.names[name], name .. " is in no header") end
  end)

  it("has programs that do what it says", function()
    local cc = os.getenv "CC" or "cc"
    if not support.has(cc) or not support.has "pkg-config" then return pending "no C compiler" end
    local layouts, pcap = require "pktcraft.layouts", require "pktcraft.pcap"
    local ip = layouts.ethernet {} / layouts.ipv4 { source = "10.0.0.1", destination = "10.0.0.2" }
    local function datagram (port, text) return ip / layouts.udp { destination = port } / text end
    local function segment (sequence, text) return ip / layouts.tcp { source = 1024, destination = 9, sequence = sequence, flags = "A" } / text end
    local from, to = support.path "capi-in.pcap", support.path "capi-out.pcap"
    local out = assert(pcap.create(from, { linktype = 1 }))
    for _, p in ipairs { datagram(9, "one"), datagram(53, "two"), datagram(9, ("x"):rep(1200)), segment(100, "one"), segment(106, "three"),
                         segment(103, "two") } do
      assert(out:write(p, 1000000000))
    end
    assert(out:close())
    assert.is_true(#programs > 5)
    for k, program in ipairs(programs) do
      local name = support.path("capi" .. k)
      support.writefile(name .. ".c", program.code)
      local status, said, err = support.run(([[PKG_CONFIG_PATH=%s/lib/pkgconfig; export PKG_CONFIG_PATH
        %s -std=c11 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -o %s %s.c $(pkg-config --cflags --libs pktcraft)]]):format(
        support.build, cc, name, name))
      assert.equal(0, status, program.heading .. "\n" .. said .. err)
      status, said, err = support.run(("%s %s %s"):format(name, from, to))
      assert.same({ 0, "" }, { status, err }, program.heading)
      assert.equal(program.prints, said, program.heading)
    end
    assert.equal(5, assert(pcap.open(to)):count())
  end)
end)
