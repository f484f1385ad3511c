local support = require "spec.support"
local path, writefile, run, emulated = support.path, support.writefile, support.run, support.emulated

local function pktcraft(args, input)
  local from = input and writefile(path("in"), input) or "/dev/null"
  return run(("%s %s < %s"):format(support.pktcraft, args, from))
end

describe("the program pktcraft", function()
  it("runs a script with its arguments", function()
    local script = writefile(path("s.lua"), [[
      print(arg[0]:match("[^/]+$"), arg[1], arg[2], #arg, ...)
      print(arg[-1]:match("[^/]+$"))]])
    assert.same({ 0, "s.lua\ta\t-b\t2\ta\t-b\npktcraft\n", "" }, { pktcraft(script .. " a -b") })
    assert.same({ 0, "s.lua\ta\tnil\t1\ta\n--\n", "" }, { pktcraft("-- " .. script .. " a") })
  end)

  it("runs standard input", function()
    assert.same({ 0, "-\t1\t2\n", "" }, { pktcraft("- 1 2", "print(arg[0], ...)") })
    assert.same({ 0, "x\n", "" }, { pktcraft("", "print 'x'") })
  end)

  it("runs strings, then the script", function()
    local script = writefile(path("s.lua"), "print(x)")
    assert.same({ 0, "1\n2\n", "" }, { pktcraft("-e 'x = 1 print(x)' -e'x = 2' " .. script) })
    assert.same({ 0, "", "" }, { pktcraft("-e ''") })
  end)

  it("shows version and help", function()
    local status, out = pktcraft("-v")
    assert.equal(0, status)
    assert.matches("^pktcraft %d+%.%d+%.%d+ on Lua 5%.4", out)
    assert.same({ status, out, "" }, { pktcraft("--version") })
    status, out = pktcraft("-h")
    assert.equal(0, status)
    assert.matches("usage: pktcraft", out)
    assert.same({ status, out, "" }, { pktcraft("--help") })
  end)

  it("refuses options that it does not know", function()
    local status, out, err = pktcraft("-x")
    assert.same({ 1, "" }, { status, out })
    assert.matches("^pktcraft: unrecognized option '%-x'\nusage: ", err)
    status, out, err = pktcraft("-e")
    assert.same({ 1, "" }, { status, out })
    assert.matches("CODE expected after option '%-e'", err)
  end)

  it("ends as lua5.4 does", function()
    for _, code in ipairs { "error('x')", "error({})", "error(setmetatable({}, {__tostring = function() return 'T' end}))",
      "os.exit(7)", "os.exit(false)", "local function f() error('deep') end f()", "x x", "error()", "return 1",
      "io.stdout:write('a'); io.stderr:write('b')", "coroutine.wrap(function() error('co') end)()",
      "print(#arg, arg[0])", "setmetatable({}, {__gc = function() print('closed') end})", "debug.traceback()" } do
      writefile(path("c.lua"), code)
      for _, args in ipairs { "-e " .. ("%q"):format(code), path("c.lua"), "- < " .. path("c.lua") } do
        local status, out, err = run(support.pktcraft .. " " .. args)
        local luastatus, luaout, luaerr = support.foreign("unset LUA_INIT LUA_INIT_5_4; lua5.4 " .. args)
        assert.equal(luastatus, status, code)
        assert.equal((luaout:gsub("lua5%.4", "pktcraft")), (out:gsub("%S*/pktcraft", "pktcraft")))
        assert.equal((luaerr:gsub("^lua5%.4", "pktcraft")), err)
      end
    end
    local status, _, err = pktcraft(path("nosuch.lua"))
    assert.equal(1, status)
    assert.matches("^pktcraft: cannot open .*nosuch.lua", err)
  end)

  it("says which command may be meant", function()
    assert.same({ 2, "", "pktcraft: no command or script 'shw'; did you mean 'show'?\n" }, { pktcraft "shw -r x" })
    assert.same({ 2, "", "pktcraft: no command or script 'qqqqqq'\n" }, { pktcraft "qqqqqq" })
    support.writefile(path "shw", "print 'a script'")
    assert.same({ 0, "a script\n", "" }, { support.run(("cd %s && %s shw"):format(path "",
      support.emulated(os.getenv "PWD" .. "/" .. support.build .. "/bin/pktcraft"))) })
    os.remove(path "shw")
  end)

  it("stops at an interrupt", function()
    for _, code in ipairs { "while true do end", "local m = memory.create() while true do m:resize(10) end" } do
      writefile(path("loop.lua"), code)
      local _, out = run(("%s %s 2>&1 & pid=$!; sleep 0.3; kill -INT $pid; wait $pid; echo status $?"):format(
        support.pktcraft, path("loop.lua")))
      assert.matches("pktcraft: .*interrupted!\nstack traceback:", out)
      assert.matches("status 1\n$", out)
    end
  end)

  it("refuses binary chunks", function()
    writefile(path("binary.luac"), string.dump(function() return 1 end))
    local status, _, err = pktcraft(path("binary.luac"))
    assert.equal(1, status)
    assert.matches("attempt to load a binary chunk", err)
  end)

  it("has modules and layouts as globals, loaded when first used", function()
    local status, out, err = pktcraft("-", [[
      assert(rawget(_G, "memory") == nil and package.loaded.memory == nil)
      assert(package.loaded.pktcraft == nil)
      assert(memory == require "memory" and rawget(_G, "memory") == memory)
      assert(package.loaded["pktcraft.pcap"] == nil)
      assert(layout == require "layout" and layout == require "pktcraft.layout")
      assert(pcap == require "pktcraft.pcap" and checksum == require "pktcraft.checksum")
      assert(ipv4 == layouts.ipv4 and ipv4 == require("pktcraft").ipv4 and udp and ethernet and ipv6)
      assert(nosuch == nil and _G[1] == nil and _VERSION == "Lua 5.4")
      memory = nil
      assert(memory ~= nil)
      local own = setmetatable({}, { __index = _G })
      assert(own.udp == udp)
      assert(package.loaded.pktcraft_live == nil)
      pcap.bpf("udp")
      assert(package.loaded.pktcraft_live)
      print "fine"]])
    assert.same({ 0, "fine\n", "" }, { status, out, err })
  end)

  it("talks", function()
    local err
    local status, out = pktcraft("-i", table.concat({
      "1 + 1", "x = {", "1, 2}", "#x", "nosuch()", "'a', 'b'", "for k = 1, 2 do", "print(k)", "end", "return 7",
      "_PROMPT = '? '", "= 3", "ipv4 ~= nil" }, "\n") .. "\n")
    assert.equal(0, status)
    local said = out:gsub("^[^\n]*\n", ""):gsub("[>?]+ ", "")
    assert.equal("2\n2\na\tb\n1\n2\n7\n3\ntrue\n\n", said)
    status, out, err = pktcraft("-i", "error('x')\n")
    assert.matches("^pktcraft", out)
    assert.equal(0, status)
    assert.matches("^stdin:1: x\nstack traceback:", err)
    status, out = pktcraft("-i", "x = ")
    assert.equal(0, status)
    assert.equal("", out:gsub("^[^\n]*\n", ""):gsub("[>?]+ ", ""):gsub("\n", ""))
  end)

  it("finds its modules where it is installed, and where that is moved", function()
    local root = path("root")
    local make = ("unset MAKEFLAGS MFLAGS; make --no-print-directory DEPS=no BUILD=%s"):format(support.build)
    local status, _, err = run(make .. (" -o all DESTDIR=%s PREFIX=/opt/x install"):format(root))
    assert.same({ 0, "" }, { status, err })
    local code = [[cd / && env -i %s -e 'pcap.bpf("udp") print(ipv4 ~= nil, #memory.create(3), package.loaded.pktcraft_live ~= nil)']]
    assert.same({ 0, "true\t3\ttrue\n", "" }, { run(code:format(emulated(root .. "/opt/x/bin/pktcraft"))) })
    assert.equal(0, (run(("mv %s/opt/x %s/elsewhere && ln -s %s/elsewhere/bin/pktcraft %s/link"):format(root, root,
      root, root))))
    assert.same({ 0, "true\t3\ttrue\n", "" }, { run(code:format(emulated(root .. "/elsewhere/bin/pktcraft"))) })
    assert.same({ 0, "true\t3\ttrue\n", "" }, { run(code:format(emulated(root .. "/link"))) })
    -- A C module of a stranger finds header and library there.
    writefile(path("own.c"), [[
      #include <lmemlib.h>
      #include <pktcraft/checksum.h>
      int luaopen_own (lua_State *L) { luamem_newalloc(L, pk_sum_finish(0) & 7); return 1; }]])
    local cc = os.getenv("CC") or "cc"
    if not os.getenv("PK_SANITIZED") then
      assert.same({ 0, "", "" }, { run(([[
        export PKG_CONFIG_PATH=%s/elsewhere/lib/pkgconfig
        %s -shared -fPIC -o %s %s $(pkg-config --cflags --libs luamemlib pktcraft) -I%s/elsewhere/include]]):format(
        root, cc, path("own.so"), path("own.c"), root)) })
      assert.same({ 0, "7\n", "" }, { run(([[%s -e 'package.cpath = "%s;" .. package.cpath
        require "memory" print(#require "own")']]):format(emulated(root .. "/elsewhere/bin/pktcraft"), path("?.so"))) })
    end
    assert.equal(0, (run(make .. (" -o all DESTDIR=%s PREFIX=/elsewhere uninstall"):format(root))))
    assert.same({ 0, "", "" }, { run(("find %s/elsewhere ! -type d"):format(root)) })
  end)
end)
