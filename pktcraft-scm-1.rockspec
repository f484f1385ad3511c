rockspec_format = "3.0"
package = "pktcraft"
version = "scm-1"
source = {
  url = "git+file://.", -- made in a copy of the sources: luarocks make
}
description = {
  summary = "Networking and packet-crafting toolkit",
  detailed = "Packets of many protocols are read, built, edited, checked, shown and compared by one table for each "
    .. "protocol. Capture files and interfaces reach Lua without a copy; filters over fields run in C.",
  license = "MIT",
}
supported_platforms = { "linux" }
dependencies = {
  "lua >= 5.4, < 5.5",
  "argparse",
  "lua-cjson",
}
build = {
  type = "make",
  build_variables = {
    BUILD = "build/rock", DEPS = "no", ROCK = "yes", CFLAGS = "$(CFLAGS)", LUA = "$(LUA)",
  },
  install_target = "install-rock",
  install_variables = {
    BUILD = "build/rock", DEPS = "no", ROCK = "yes", CFLAGS = "$(CFLAGS)", LUA = "$(LUA)",
    ROCK_BIN = "$(BINDIR)", ROCK_LIB = "$(LIBDIR)", ROCK_LUA = "$(LUADIR)",
  },
}
