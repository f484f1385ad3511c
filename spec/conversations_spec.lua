--- examples/conversations, as they stand: what TCP/IP of this machine's kernel does.
local support = require "spec.support"

describe("examples/conversations", function()
  it("holds with the kernel of this machine", function()
    local net, why = require "pktcraft.test.real".kernel()
    if not net then pending(why) return end
    net:close()
    if not pcall(require, "socket") then pending("no LuaSocket") return end
    local status, out, err = support.run(("PKTCRAFT_TRACES=%s %s test examples/conversations"):format(
      support.path("traces"), support.pktcraft))
    assert.equal(0, status, out .. err)
    assert.matches("\n[1-9]%d* successes / 0 failures / 0 errors / 0 pending : ", "\n" .. out)
  end)
end)
