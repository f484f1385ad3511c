--- pktcraft test: specs of busted, run with the modules and layouts of pktcraft at hand.
local command = require "pktcraft.command"
command.collected("test", "Runs specs by busted, whose options it takes.")
local found, run = pcall(require, "busted.runner")
if not found then
  io.stderr:write("pktcraft: busted is needed to run specs (Debian: lua-busted)\n")
  os.exit(1, true)
end
-- The layouts' names are globals of specs too, which busted gives an environment of their own.
run { standalone = false }
