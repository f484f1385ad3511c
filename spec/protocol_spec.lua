--- doc/guides/add-a-protocol.md, as it stands.
local support = require "spec.support"

describe("doc/guides/add-a-protocol.md", function()
  local page = support.readfile("doc/guides/add-a-protocol.md")
  local definition, use = page:match("```lua\n(.-)```.-```lua\n(.-)```")

  it("has a table and a script that run", function()
    local env = setmetatable({ definition = load(definition)() }, { __index = function(_, name)
      return _G[name] or require "pktcraft"[name]
    end })
    env.layout = setmetatable({ register = function(d)
      env.made = require "layout".register(d)
      return env.made
    end }, { __index = require "layout" })
    assert(load(use, "=add-a-protocol", "t", env))()
    local tree = (require "pktcraft".ethernet {} / require "pktcraft".ipv4 {} / require "pktcraft".udp {}
      / env.made { station = 1, items = { { type = 9, data = "beef" } } }):show()
    assert.matches("type = 9\n", tree)
    assert.matches("data = beef\n", tree)
    assert.matches("version = 1\n", tree)
  end)
end)
