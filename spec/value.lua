--- The value at a path of a packet, as `packet.getter` reads it, but of any depth and with numbers of list elements:
-- "dns.answers[2].soa.serial", "ipv4#2.source", "dhcp.options.messagetype".
return function(p, path)
  local layer, n, rest = path:match("^(%w+)#?(%d*)%.(.+)$")
  local v = p:layer(layer, tonumber(n) or 1)
  for key, index in rest:gmatch("([%w_]+)([%[%]%d-]*)%.?") do
    if v == nil then return nil end
    v = v[key]
    for k in index:gmatch("%[(-?%d+)%]") do
      if v == nil then return nil end
      v = v[tonumber(k)]
    end
  end
  return v
end
