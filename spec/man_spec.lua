--- Man pages, made of the manual.
local support = require "spec.support"

local path, run = support.path, support.run

describe("man pages", function()
  it("are there for each command, and have what pages have", function()
    if not support.has "lowdown" then return pending "lowdown is not installed" end
    assert.same({ 0, "", "" }, { run(("lua5.4 tools/gen/man.lua %s 0.1.0"):format(path "man")) })
    local pipe <close> = io.popen(("ls %s/share/pktcraft/commands"):format(support.build))
    for file in pipe:lines() do
      local name = file:match "^(.*)%.lua$"
      local text = support.readfile(("%s/man1/pktcraft-%s.1"):format(path "man", name))
      for _, part in ipairs { "NAME", "SYNOPSIS", "DESCRIPTION", "SEE ALSO" } do
        assert.is_truthy(text:find(".SH " .. part .. "\n", 1, true), name .. ": " .. part)
      end
      assert.is_nil(text:find(".md", 1, true), name)
    end
    local language = support.readfile(path "man" .. "/man7/pktcraft-filter.7")
    for _, word in ipairs { "contains", "matches", "frame.length", "checksum.bad" } do
      assert.is_truthy(language:find(word, 1, true), word)
    end
    if support.has "man" and not os.getenv "PK_SANITIZED" then -- (man is not to be run with their libraries)
      for _, page in ipairs { "man1/pktcraft.1", "man1/pktcraft-edit.1", "man7/pktcraft-filter.7" } do
        local status, out, err = run(("MANWIDTH=80 man --warnings -l %s/%s"):format(path "man", page))
        assert.equal(0, status)
        assert.is_true(#out > 1000)
        err = err:gsub("[^\n]*can't break line[^\n]*\n", ""):gsub("[^\n]*cannot adjust line[^\n]*\n", ""):gsub("[^\n]*cannot break line[^\n]*\n", "")
        assert.equal("", err)
      end
    end
  end)
end)
