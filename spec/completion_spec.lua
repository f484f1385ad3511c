--- pktcraft completion.
local support = require "spec.support"

local path, run = support.path, support.run

local function completion(shell)
  local status, out, err = run(("%s completion %s"):format(support.pktcraft, shell))
  assert.same({ 0, "" }, { status, err })
  return support.writefile(path("completion." .. shell), out), out
end

--- What bash offers for words, the last of which is being written.
local function offered(file, ...)
  local words = { ... }
  for k, word in ipairs(words) do words[k] = "'" .. word .. "'" end
  local script = ([[compopt() { :; }; source %s; COMP_WORDS=(pktcraft %s); COMP_CWORD=%d
    PATH=%s/bin:$PATH; _pktcraft_names; printf '%%s\n' "${COMPREPLY[@]}"]]):format(file, table.concat(words, " "), #words, support.build)
  local _, out = run(("bash -c '%s'"):format((script:gsub("'", "'\\''"))))
  local list = {}
  for line in out:gmatch "[^\n]+" do list[line] = true end
  return list
end

describe("pktcraft completion", function()
  it("completes commands, options and fields in bash", function()
    local file, text = completion "bash"
    if not support.has "bash" then return pending "bash is not installed" end
    for _, name in ipairs { "show", "filter", "info", "stats", "edit", "convert", "merge", "split", "send", "replay", "capture", "diff", "fields",
      "dissector", "test", "completion" } do
      assert.is_true(offered(file, name:sub(1, -2))[name], name)
    end
    assert.is_true(offered(file, "edit", "--anon")["--anonymise"])
    assert.is_true(offered(file, "capture", "-")["-Q"])
    assert.is_true(offered(file, "show", "ipv4.ti")["ipv4.timetolive"])
    assert.is_true(offered(file, "filter", "not tcp.flags==2 and udp.des")["not tcp.flags==2 and udp.destination"])
    assert.is_true(offered(file, "filter", "dns.questions.na")["dns.questions.name"])
    assert.matches("complete %-F _pktcraft_names", text)
  end)

  it("is text that zsh and fish take", function()
    for _, shell in ipairs { "zsh", "fish" } do
      local file, text = completion(shell)
      assert.is_truthy(text:find("anonymise", 1, true) and text:find("pktcraft fields --names", 1, true))
      if support.has(shell) then assert.equal(0, (run(("%s -n %s"):format(shell, file)))) end
    end
    assert.equal(2, (run(support.pktcraft .. " completion tcsh")))
  end)
end)
