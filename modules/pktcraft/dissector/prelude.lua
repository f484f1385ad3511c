-- What each generated dissector begins with, from the empty line on. It runs in Wireshark: Lua 5.2 and 5.4.

local floor = math.floor
local MAXDEPTH = 32 -- of structs in structs, and of layers on layers
local MAXITEMS = 50000 -- fields and structs of one frame

local layers = {} -- by name: what is dissected below
local bound = {} -- space -> value -> layer; and a list of ranges
local items = 0 -- of this frame so far

-- --- numbers

-- Bits run from the most significant of a byte, ...
local function get_big(data, bit, n)
  local at, rest = floor(bit / 8) + 1, 8 - bit % 8
  local value = data:byte(at) % 2 ^ rest
  if n <= rest then return floor(value / 2 ^ (rest - n)) end
  n = n - rest
  while n >= 8 do
    at, n = at + 1, n - 8
    value = value * 256 + data:byte(at)
  end
  if n > 0 then value = value * 2 ^ n + floor(data:byte(at + 1) / 2 ^ (8 - n)) end
  return floor(value)
end

-- ... or from the least significant.
local function get_little(data, bit, n)
  local at, got = floor(bit / 8) + 1, 8 - bit % 8
  local value = floor(data:byte(at) / 2 ^ (bit % 8))
  if n <= got then return floor(value % 2 ^ n) end
  while n - got >= 8 do
    at = at + 1
    value = value + data:byte(at) * 2 ^ got
    got = got + 8
  end
  if got < n then value = value + data:byte(at + 1) % 2 ^ (n - got) * 2 ^ got end
  return floor(value)
end

-- The lower and the upper 32 bits of a number.
local function get_halves(data, bit, n, little)
  local get = little and get_little or get_big
  if n <= 32 then return get(data, bit, n), 0 end
  if little then return get(data, bit, 32), get(data, bit + 32, n - 32) end
  return get(data, bit + n - 32, 32), get(data, bit, n - 32)
end

-- Numbers of more than 53 bits are objects of Wireshark's: what is compared with them is, too.
local function int64(low, high)
  return Int64.new(low, high)
end

-- A number as conditions compare it, and as it is shown.
local function get_number(data, bit, d)
  local n, little = d.bits, d.little
  local low, high = get_halves(data, bit, n, little)
  if d.guess then -- the reading that is smaller
    local low2, high2 = get_halves(data, bit, n, not little)
    if high2 < high or high2 == high and low2 < low then low, high = low2, high2 end
  end
  local negative = d.signed and (n > 32 and high >= 2 ^ (n - 33) or n <= 32 and low >= 2 ^ (n - 1))
  if n <= 32 then
    if negative then low = low - 2 ^ n end
    return floor(low), floor(low)
  end
  local value = n <= 53 and floor(high * 2 ^ 32 + low - (negative and 2 ^ n or 0))
  if negative and n < 64 then high = high + 2 ^ 32 - 2 ^ (n - 32) end
  local shown = d.signed and Int64.new(low, high) or UInt64.new(low, high)
  return value or Int64.new(low, high), shown
end

local function bytes_of(bit)
  return floor((bit + 7) / 8)
end

-- --- walks: through the fields of a struct that begins at bit `start`, in a region that ends at byte `limit`

local function new_walk(up, start, limit)
  items = items + 1
  return {
    up = up, tvb = up.tvb, data = up.data, len = up.len, message = up.message, layer = up.layer, tree = up.tree,
    start = start, bit = start, limit = limit, depth = up.depth + 1, values = {}, first = {}, texts = {},
    done = up.depth + 1 > MAXDEPTH, short = up.depth + 1 > MAXDEPTH,
  }
end

-- The struct ends here: its region or the captured bytes do before a field does.
local function ends(w, why)
  w[why], w.done = true, true
end

local function wrong(w, what)
  w.wrong = w.wrong or what
end

-- Bytes that are left in the region.
local function left(w)
  return math.max(w.limit - bytes_of(w.bit), 0)
end

local function within(value, min, max)
  return value ~= nil and value >= min and value <= max
end

-- Reads fields that stand at a constant place, which a condition asks for though nobody has passed them.
local function ahead(w, fields)
  for _, d in ipairs(fields) do
    local bit = w.start + (d.offset or d.place)
    if w.values[d.key] == nil and bytes_of(bit + d.bits) <= math.min(w.limit, w.len) then
      w.values[d.key] = get_number(w.data, bit, d)
    end
  end
end

-- Shows a field; without value: as Wireshark reads those bytes.
local function show(w, d, bit, bits, value)
  items = items + 1
  if items > MAXITEMS or not w.tree then return nil end
  local from = floor(bit / 8)
  local range = w.tvb(from, bytes_of(bit + bits) - from)
  if value == nil then return w.tree:add(d.field, range) end
  if d.big and type(value) == "number" then -- another field of that name has 64 bits
    local low, high = value % 2 ^ 32, value < 0 and 2 ^ 32 - 1 or floor(value / 2 ^ 32)
    value = d.signed and Int64.new(low, high) or UInt64.new(low, high)
  end
  return w.tree:add(d.field, range, value)
end

local function note(w, from, to, text)
  if w.tree and items <= MAXITEMS then w.tree:add(w.tvb(from, math.max(to - from, 0)), text) end
end

-- The text of a value, for the packet's line.
local function tell(w, d, text)
  if d.said and w.texts[d.key] == nil then w.texts[d.key] = text end
  if d.role and w.layer.pinfo and not w.layer.quoted then w.layer.pinfo.cols[d.role] = text end
end

-- The bytes that a length says; nothing: there is no limit.
local function length_of(w, d, value)
  if type(value) ~= "number" then value = value:tonumber() end
  if d.open and value == d.open then return nil end
  if value < 0 or value > 0xffffffff then value = 0xffffffff end
  local length = value * (d.unit or 1) + (d.bias or 0)
  if length < 0 then
    wrong(w, d.key .. ": a length below 0")
    return 0
  end
  return length
end

-- Narrows the region to `length` bytes from `from`.
local function narrow(w, from, length)
  if from > w.limit or length > w.limit - from then
    w.past = true
  else
    w.limit = from + length
  end
  w.own = w.limit
end

local function check(w, d, value)
  local bad = d.equal ~= nil and value ~= d.equal
  if not d.signed and type(value) ~= "number" and tostring(value):sub(1, 1) == "-" then -- over 2^63
    bad = bad or d.max ~= nil
  else
    bad = bad or d.min ~= nil and value < d.min or d.max ~= nil and value > d.max
  end
  if bad then wrong(w, d.key .. ": not a value that it may have") end
end

-- What a number does to the walk that passes it.
local function act(w, d, value)
  w.values[d.key] = value
  if d.equal or d.min or d.max then check(w, d, value) end
  if d.next then w.next, w.nextvalue = d.next, value end
  if d.hint and not w.hint then w.hint, w.hintvalue = d.hint, value end
  local length = d.length and length_of(w, d, value)
  if not length then return end
  local start, at = floor(w.start / 8), bytes_of(w.bit)
  if d.length == "payload" then
    w.paylen, w.paygiven = length, true
  elseif d.length == "header" then
    w.header = start + length
  elseif d.length == "total" then
    if start + length < at then
      wrong(w, d.key .. ": shorter than what has been passed")
      length = at - start
    end
    narrow(w, start, length)
  else
    narrow(w, at, length)
  end
end

-- What begins at a multiple of so many bytes from where the field began.
local function aligned(w, d, from, to)
  local over = d.align and (to - from) % d.align or 0
  if over == 0 then return to end
  return math.min(to + d.align - over, w.limit)
end

-- The bit at which a field of constant size stands, or nothing.
local function stand(w, d)
  if w.done then return nil end
  local bit = d.whole and bytes_of(w.bit) * 8 or w.bit
  local to = bytes_of(bit + d.bits)
  if to > w.limit then
    ends(w, "short")
    return nil
  end
  if w.header and to > w.header and not w.hdrend then wrong(w, d.key .. ": beyond the header's length") end
  if to > w.len then
    ends(w, "cut")
    return nil
  end
  w.bit = bit + d.bits
  if d.align then w.bit = aligned(w, d, floor(bit / 8), to) * 8 end
  return bit
end

-- The region of a field that has no constant size.
local function region(w, d, at)
  local limit = w.limit
  if w.header and not w.hdrend and w.header < limit then limit = math.max(w.header, at) end
  if d.room then
    if d.room > limit - at then
      ends(w, "short")
      return limit
    end
    return at + d.room
  end
  local value = d.sizer and w.values[d.sizer.key]
  local length = value and length_of(w, d.sizer, value)
  if not length then return limit end
  if length > limit - at then
    w.past = true
    return limit
  end
  return at + length
end

-- Where a field of no constant size begins and its region ends, or nothing.
local function open(w, d)
  if w.done then return nil end
  local at = bytes_of(w.bit)
  if at > w.limit then
    ends(w, "short")
    return nil
  end
  return at, region(w, d, at)
end

-- --- fields

-- Bits that have no name.
local function pad(w, bits, whole)
  if w.done then return end
  local bit = (whole and bytes_of(w.bit) * 8 or w.bit) + bits
  if bytes_of(bit) > w.limit then return ends(w, "short") end
  w.bit = bit
end

local function show_number(w, d, bit)
  local value, shown = get_number(w.data, bit, d)
  local item
  if d.shows == "bytes" then -- an address: Wireshark reads its bytes
    item = show(w, d, bit, d.bits)
    if d.said or d.role then
      local range = w.tvb(bit / 8, d.bits / 8)
      tell(w, d, tostring(d.bits == 32 and range:ipv4() or d.bits == 48 and range:ether() or range:bytes()))
    end
    return value, item
  elseif d.shows == "time" then
    shown = NSTime.new(get_big(w.data, bit, 32), 0)
  elseif d.shows == "boolean" then
    shown = tostring(shown) ~= "0"
  elseif d.shows == "float" then
    local range = w.tvb(bit / 8, d.bits / 8)
    shown = d.little and range:le_float() or not d.little and range:float()
  end
  item = show(w, d, bit, d.bits, shown)
  if d.said then tell(w, d, d.names and d.names[value] or tostring(shown)) end
  if d.letters and item then
    local text = ""
    for k = 1, #d.letters do
      if floor(value / 2 ^ (k - 1)) % 2 == 1 then text = text .. d.letters:sub(k, k) end
    end
    if text ~= "" then item:append_text(" [" .. text .. "]") end
    if d.said then w.texts[d.key] = text ~= "" and text or "none" end
  end
  return value, item
end

-- The bits of a number, by their names.
local function show_flags(w, d, bit, value, item)
  local tree = w.tree
  if type(value) ~= "number" then value = value:tonumber() end
  w.tree = item or tree
  for _, flag in ipairs(d.flags) do show(w, flag, bit, d.bits, floor(value / 2 ^ flag.bit) % 2 == 1) end
  w.tree = tree
end

-- A number, boolean, float or address of constant size.
local function number(w, d)
  local bit = stand(w, d)
  local there = bit
  if not there and d.offset and bytes_of(w.start + d.offset + d.bits) <= math.min(w.region, w.len) then
    there = w.start + d.offset -- it stands there whatever a wrong length said
  end
  if not there then return end
  local value, item = show_number(w, d, there)
  if d.flags then show_flags(w, d, there, value, item) end
  if not bit then return end
  act(w, d, value)
  if d.peek then w.bit = bit end
end

local codecs = {}

-- Shows bytes, or what they stand for.
local function show_bytes(w, d, at, size)
  if at + size > w.len then
    return note(w, math.min(at, w.len), w.len, d.key .. ": cut by the capture")
  end
  local item
  if d.codec then
    local value = codecs[d.codec].show(w, at, size)
    if value == nil then return note(w, at, at + size, d.key .. ": no " .. d.codec) end
    item = show(w, d, at * 8, size * 8, value)
    if d.said or d.role then tell(w, d, tostring(value)) end
    return
  end
  item = show(w, d, at * 8, size * 8)
  if d.said or d.role or d.shows == "bytes" then
    local text = w.data:sub(at + 1, at + size)
    if d.shows == "ipv6" then
      tell(w, d, tostring(w.tvb(at, 16):ipv6()))
    elseif not text:find "[^\32-\126]" then
      if item and d.shows == "bytes" and text ~= "" then item:append_text(' "' .. text:sub(1, 60) .. '"') end
      tell(w, d, text)
    else
      tell(w, d, (text:gsub(".", function(c) return ("%02x"):format(c:byte()) end)))
    end
  end
  local inner = d.inner and size > 0 and layers[d.inner]
  if inner and item then layers.dissect(inner, w.layer, item, at, at + size, true) end
end

-- Bytes: as many as are said, up to what ends them, or to the end of their region.
local function bytes(w, d)
  if d.bits then
    local bit = stand(w, d)
    if bit and bit % 8 == 0 and d.bits % 8 == 0 then show_bytes(w, d, bit / 8, d.bits / 8) end
    if bit and d.peek then w.bit = bit end
    return
  end
  local at, limit = open(w, d)
  if not at then return end
  local room = math.min(limit, w.len)
  local to, after = limit, limit
  if d.codec and codecs[d.codec].size then
    local size = at < room and codecs[d.codec].size(w.data, room, at)
    if not size then return ends(w, limit > w.len and "cut" or "short") end
    to, after = at + size, at + size
  elseif d.stop then
    local found = at < room and w.data:find(d.stop, at + 1, true)
    if not found or found - 1 + #d.stop > room then return ends(w, limit > w.len and "cut" or "short") end
    to, after = found - 1, found - 1 + #d.stop
  end
  w.bit = aligned(w, d, at, after) * 8
  show_bytes(w, d, at, to - at)
  if d.codec and codecs[d.codec].value then act(w, d, codecs[d.codec].value(w.data, at, to - at)) end
end

-- What takes the region of a struct or element that a length of its own has narrowed.
local function end_of(w)
  local at = bytes_of(w.bit)
  if not w.own then return math.min(at, w.limit) end
  if w.own > at and at < w.len and not w.cut then
    note(w, at, math.min(w.own, w.len), ("%d bytes more"):format(w.own - at))
  end
  return w.own
end

local function blame(w, inner)
  if inner.wrong then wrong(w, inner.wrong) end
  w.past = w.past or inner.past
  if inner.short then ends(w, "short") end
  if inner.cut then ends(w, "cut") end
end

local function subtree(w, d, from, to)
  if not w.tree or items > MAXITEMS then return nil end
  local range = w.tvb(from, math.max(math.min(to, w.len) - from, 0))
  return d.field and w.tree:add(d.field, range) or w.tree:add(range, d.key)
end

-- Keeps of an element, or struct, what conditions and the packet's line ask for.
local function remember(w, d, e)
  for _, key in ipairs(d.asked or {}) do
    local path = d.key .. "." .. key
    if w.first[path] == nil then w.first[path] = e.values[key] end
  end
  for key, text in pairs(e.texts) do
    local path = d.key .. "." .. key
    if w.texts[path] == nil then w.texts[path] = text end
  end
end

-- Fields that belong together.
local function struct(w, d, members)
  if d.bits then
    local bit = stand(w, d)
    if not bit then return end
    local inner = new_walk(w, bit, bytes_of(bit + d.bits))
    inner.tree = subtree(w, d, floor(bit / 8), bytes_of(bit + d.bits))
    members(inner)
    return remember(w, d, inner)
  end
  local at, limit = open(w, d)
  if not at then return end
  local inner = new_walk(w, at * 8, limit)
  inner.tree = at <= w.len and subtree(w, d, at, limit) or nil
  members(inner)
  remember(w, d, inner)
  local to = end_of(inner)
  blame(w, inner)
  if inner.tree then inner.tree:set_len(math.max(math.min(to, w.len) - at, 0)) end
  if d.sizer then to = limit end
  w.bit = aligned(w, d, at, to) * 8
end

-- Fields at one place.
local function union(w, ...)
  local from, to = w.bit, w.bit
  for _, member in ipairs { ... } do
    if not w.done then w.bit = from end
    member(w)
    to = math.max(to, w.bit)
  end
  if not w.done then w.bit = to end
end

-- As many elements of constant size as the layout says.
local function array(w, d, element)
  local bit = stand(w, d)
  if not bit then return end
  local tree = subtree(w, d, floor(bit / 8), bytes_of(bit + d.bits))
  for k = 0, d.count - 1 do
    local e = new_walk(w, bit + k * d.stride, w.limit)
    e.tree = tree
    element(e)
    if items > MAXITEMS then return end
  end
end

-- Whether an element takes bytes: one that peeks only does not, and is none.
local function takes_bytes(w, element, at, limit)
  local e = new_walk(w, at * 8, limit)
  e.tree = nil
  element(e)
  return (e.own or bytes_of(e.bit)) > at
end

-- The elements of a list; gives where they end, and how.
local function elements(w, d, element, at, limit, count, tree)
  local l = { index = 0, left = count }
  while not l.stopped and l.left ~= 0 and at < limit and items <= MAXITEMS do
    if at >= w.len then
      l.cut = true
      break
    end
    local e, to = new_walk(w, at * 8, limit), nil
    e.tree = tree
    if d.peeks and not takes_bytes(w, element, at, limit) then
      e.tree = nil
    elseif tree and d.structs then
      e.tree = tree:add(w.tvb(at, math.min(limit, w.len) - at), ("%s %d"):format(d.key, l.index + 1))
    end
    if d.stride and d.stride > limit - at then
      l.short, l.stopped = true, true
      break
    end
    element(e)
    to = end_of(e)
    if d.stride then
      to = at + d.stride
      if d.ends and to <= w.len and d.ends(e) then l.stopped = true end
    else
      blame(l, e)
      if d.ends and d.ends(e) then l.stopped = true end
      if to <= at then -- nothing there: it would go on for ever
        if not e.cut then l.short = true end
        l.stopped = true
        break
      end
      if e.cut or e.short and not e.own then l.stopped = true end
    end
    remember(w, d, e)
    if e.tree and d.structs then e.tree:set_len(math.max(math.min(to, w.len) - at, 0)) end
    local over = d.eachalign and (to - at) % d.eachalign or 0
    if over > 0 then to = math.min(to + d.eachalign - over, limit) end
    at, l.index, l.left = to, l.index + 1, l.left and l.left - 1
  end
  l.at = at
  return l
end

-- Elements to the end of a region, of a count, or to one at which they stop.
local function list(w, d, element)
  local at, limit = open(w, d)
  if not at then return end
  local told, count = w.done, nil -- a region too small has been told
  if d.counter then
    local value = w.values[d.counter.key]
    count = value and length_of({ values = {} }, d.counter, value) or 0
  end
  local tree = at < math.min(limit, w.len) and subtree(w, d, at, limit) or nil
  local l = elements(w, d, element, at, limit, count, tree)
  local to = limit
  if (d.counter or d.stops) and not d.sizer and not d.room then
    if d.stride and d.counter then
      local value = w.values[d.counter.key]
      local n = value and length_of({ values = {} }, d.counter, value)
      if n and n > floor((limit - at) / d.stride) then
        ends(w, "short")
      elseif n then
        to = at + n * d.stride
      end
    else
      to = l.at
      blame(w, l)
      if l.left and l.left > 0 and not l.stopped then ends(w, l.cut and "cut" or "short") end
    end
  elseif not told and (l.wrong or l.short) then
    note(w, math.min(l.at, w.len), math.min(limit, w.len), d.key .. ": no whole element")
  end
  if tree then tree:set_len(math.max(math.min(to, w.len) - at, 0)) end
  w.bit = aligned(w, d, at, to) * 8
end

-- The place of the upper layer; what follows it is a trailer.
local function payload(w, upper, quoted)
  if w.done then return end
  local at = bytes_of(w.bit)
  if w.header then
    if w.header < at then
      wrong(w, "a header's length shorter than the header")
    else
      at = w.header
    end
  end
  at = math.min(at, w.limit)
  w.hdrend, w.upper, w.quoted = at, upper, quoted
  local room, trailer = w.limit - at, floor((w.layer and w.layer.l.trailer or 0) / 8)
  if not w.paylen then
    w.paylen = room > trailer and room - trailer or room
  elseif w.paylen > room then
    w.past, w.paylen = true, room
  end
  w.bit = (at + w.paylen) * 8
end

-- --- values with a form of their own

-- The bytes of a domain name up to the zero or the pointer that ends it here (RFC 1035).
local function name_size(data, room, off, pointers)
  local at = off
  while at < room do
    local n = data:byte(at + 1)
    if n == 0 then return at + 1 - off end
    if n >= 192 then return pointers and room - at >= 2 and at + 2 - off or nil end
    if n >= 64 or at - off + 1 + n > 255 then return nil end
    at = at + 1 + n
  end
  return nil
end

local function escape(c)
  if c == "." or c == "\\" then return "\\" .. c end
  return (c <= " " or c >= "\127") and ("\\%03d"):format(c:byte()) or nil
end

-- Follows pointers, each of which must go before the part that holds it: so it ends.
local function show_name(w, off)
  local data, len, base = w.data, w.len, w.message
  local at, part, total, labels = off, off, 0, {}
  while true do
    if at >= len then return nil end
    local n = data:byte(at + 1)
    if n == 0 then break end
    if n >= 192 then
      if len - at < 2 then return nil end
      local to = (n - 192) * 256 + data:byte(at + 2) + base
      if to >= part then return nil end
      at, part = to, to
    else
      total = total + 1 + n
      if n >= 64 or n > len - at - 1 or total >= 255 then return nil end
      labels[#labels + 1] = data:sub(at + 2, at + 1 + n):gsub(".", escape)
      at = at + 1 + n
    end
  end
  return #labels > 0 and table.concat(labels, ".") or "."
end

codecs.dnsname = {
  size = function(data, room, off) return name_size(data, room, off, true) end,
  show = show_name,
}
codecs.dnsnameplain = {
  size = function(data, room, off) return name_size(data, room, off, false) end,
  show = show_name,
}

-- Two bits tell the size (RFC 9000, section 16).
codecs.quicint = {
  size = function(data, room, off)
    local size = 2 ^ floor(data:byte(off + 1) / 64)
    return size <= room - off and floor(size) or nil
  end,
  value = function(data, off, size)
    local low, high = get_halves(data, off * 8 + 2, size * 8 - 2)
    return Int64.new(low, high)
  end,
  show = function(w, off, size)
    local low, high = get_halves(w.data, off * 8 + 2, size * 8 - 2)
    return UInt64.new(low, high)
  end,
}

local function ber_length(data, room, off)
  if off >= room then return nil end
  local first = data:byte(off + 1)
  if first < 128 then return 1, first end
  local more = first - 128
  if more < 1 or more > 4 or more > room - off - 1 then return nil end
  return more + 1, get_big(data, (off + 1) * 8, more * 8)
end

-- A length of the basic encoding rules (X.690, section 8.1.3).
codecs.berlength = {
  size = function(data, room, off) return (ber_length(data, room, off)) end,
  value = function(data, off) return (select(2, ber_length(data, #data, off))) end,
  show = function(w, off) return (select(2, ber_length(w.data, w.len, off))) end,
}

-- Where the octets of an INTEGER begin, and how many there are (X.690, section 8.3).
local function asn1_content(data, room, off)
  if room - off < 3 or data:byte(off + 1) ~= 2 then return nil end
  local size, n = ber_length(data, room, off + 1)
  if not size or n < 1 or n > 8 or n > room - off - 1 - size then return nil end
  return off + 1 + size, n
end

local function asn1_value(data, room, off)
  local from, n = asn1_content(data, room, off)
  if not from then return nil end
  local low, high = get_halves(data, from * 8, n * 8)
  if data:byte(from + 1) >= 128 then
    if n <= 4 then
      low, high = low + 2 ^ 32 - 2 ^ (n * 8), 2 ^ 32 - 1
    else
      high = high + 2 ^ 32 - 2 ^ (n * 8 - 32)
    end
  end
  return Int64.new(low, high)
end

codecs.asn1int = {
  size = function(data, room, off)
    local from, n = asn1_content(data, room, off)
    return from and from + n - off
  end,
  value = function(data, off) return asn1_value(data, #data, off) end,
  show = function(w, off) return asn1_value(w.data, w.len, off) end,
}

-- Digits in ASCII, up to 18.
codecs.decimal = {
  show = function(w, off, size)
    local text = w.data:sub(off + 1, off + size)
    if size == 0 or size > 18 or text:find "%D" then return nil end
    local low, high = 0, 0
    for digit in text:gmatch "%d" do
      low = low * 10 + digit
      high = high * 10 + floor(low / 2 ^ 32)
      low = low % 2 ^ 32
    end
    return UInt64.new(floor(low), floor(high))
  end,
}

-- --- layers

-- Wireshark's tables of what stands above what, by our names of spaces.
local tables = {
  ethertype = "ethertype", ipproto = "ip.proto", udpport = "udp.port", tcpport = "tcp.port", sctpport = "sctp.port",
  dccpport = "dccp.port", ppp = "ppp.protocol", lsap = "llc.dsap", af = "null.type", ciscopid = "llc.cisco_pid",
  slow = "slow.subtype", vxlangpe = "vxlan.next_proto",
}

-- Wireshark's dissectors of what is called otherwise here.
local others = {
  ethernet = "eth_withoutfcs", ipv4 = "ip", hopbyhop = "ipv6.hopopts", destopts = "ipv6.dstopts",
  ipv6frag = "ipv6.fraghdr", routing = "ipv6.routing", controlword = "pwethcw", wlan = "wlan_withoutfcs",
}

local function find_bound(space, value)
  local set = bound[space]
  if not set or value == nil then return nil end
  if type(value) ~= "number" then value = value:tonumber() end
  if set[value] then return set[value] end
  for _, range in ipairs(set.ranges) do
    if range.min <= value and value <= range.max then return range.layer end
  end
  return nil
end

local data_dissector = Dissector.get "data"

-- What no dissector here is bound for goes to Wireshark's, which mark what they find malformed and raise an error.
local function hand_on(space, value, name, layer, from, to)
  if from >= to then return end
  local tvb = layer.tvb(from, to - from):tvb()
  local ok, found
  if name then
    ok, found = pcall(Dissector.get, others[name] or name)
    if ok and found then return pcall(found.call, found, tvb, layer.pinfo, layer.root) end
  elseif space and tables[space] then
    ok, found = pcall(DissectorTable.get, tables[space])
    if type(value) ~= "number" then value = value:tonumber() end
    if ok and found then
      local done, size = pcall(found.try, found, value, tvb, layer.pinfo, layer.root)
      if not done or size > 0 then return end
    end
  end
  pcall(data_dissector.call, data_dissector, tvb, layer.pinfo, layer.root)
end

-- The packet's line, of the values that the layout names: `{? ?}` is left out when one of them is not there.
local function line_of(text, texts)
  text = text:gsub("{%?(.-)%?}", function(part)
    for path in part:gmatch "{([^}]+)}" do
      if not texts[path] then return "" end
    end
    return part
  end)
  return (text:gsub("{([^}]+)}", function(path) return texts[path] or "" end))
end

-- Where the header ends and the payload lies, when no field says where that stands.
local function close(w, l, limit)
  local last = w.own or limit
  if not w.hdrend then
    local at = bytes_of(w.bit)
    if w.header and w.header >= at then at = w.header end
    if at > w.limit then
      wrong(w, "the header goes past its region")
      at = w.limit
    end
    w.hdrend = at
    local room = w.limit - at
    if not w.paylen then
      w.paylen = room
    elseif w.paylen > room then
      w.past, w.paylen = true, room
    end
  end
  local payend = w.hdrend + w.paylen
  if not w.own and w.paygiven and (l.trailer or 0) == 0 then last = math.max(bytes_of(w.bit), payend) end
  return last, payend
end

-- The layer that stands above, or nothing; else Wireshark's is asked.
local function above(w, layer, limit)
  local from, to = w.hdrend, math.min(limit, w.len)
  if not w.follow or from >= to then
    return hand_on(nil, nil, nil, layer, from, to)
  end
  local choices = { w.upper and layers[w.upper] or not w.upper and find_bound(w.next, w.nextvalue) or false,
    not w.upper and find_bound(w.hint, w.hintvalue) or false }
  for _, l in ipairs(choices) do
    if l and layers.dissect(l, layer, layer.root, from, limit) then return end
  end
  hand_on(w.next, w.nextvalue, w.upper, layer, from, to)
end

-- Walks over a layer; gives the walk, where the layer ends, and its payload; nothing: the layer is not there.
local function walk_over(l, layer, from, limit, tree)
  local w = new_walk({ tvb = layer.tvb, data = layer.data, len = layer.len, message = from, layer = layer,
    tree = tree, depth = -1 }, from * 8, limit)
  w.up, w.region = nil, limit
  if l.when and not l.when(w) then return nil end
  l.walk(w)
  local last, payend = close(w, l, limit)
  w.follow = not l.follow or l.follow(w)
  return w, last, payend
end

-- Marks what is wrong.
local function judge(w, layer, item)
  if w.cut then note(w, w.len, w.len, "[cut by the capture]") end
  if items > MAXITEMS then item:append_text " [too many fields]" end
  if layer.aside then return end -- a part of a packet, mostly
  if w.wrong or (w.past or w.short and not layer.told) and not layer.lenient then
    item:add_proto_expert_info(layer.l.malformed, w.wrong or w.past and "a length goes past its region"
      or "its region ends before its fields do")
  end
end

-- Dissects the layer that begins at byte `from` of a region that ends at `limit`; false: it is not there. `aside`:
-- it is shown for its bytes only.
function layers.dissect(l, below, tree, from, limit, aside)
  if below.depth >= MAXDEPTH or items > MAXITEMS then return false end
  local layer = { l = l, tvb = below.tvb, data = below.data, len = below.len, pinfo = below.pinfo, root = below.root,
    depth = below.depth + 1, quoted = below.quoted or aside, lenient = below.lenient, aside = aside }
  layer.told = l.prefix and from + l.prefix <= math.min(limit, below.len) -- its first fields say where its payload lies
  local w, last, payend = walk_over(l, layer, from, limit) -- shows nothing
  if not w then return false end
  if last > from then -- else it takes no byte, and is no layer
    local item = tree:add(l.proto, below.tvb(from, math.min(last, w.len) - from))
    w, last, payend = walk_over(l, layer, from, limit, item)
    judge(w, layer, item)
    if not layer.quoted then
      layer.pinfo.cols.protocol = l.name
      if l.line then layer.pinfo.cols.info = line_of(l.line, w.texts) end
    end
  end
  if (w.cut or w.short) and not layer.told or aside then return true end
  layer.quoted = layer.quoted or w.quoted
  layer.lenient = layer.lenient or w.quoted or l.stream or l.fragment and l.fragment(w)
  above(w, layer, payend)
  return true
end

-- Makes the protocol of a layer known to Wireshark.
local function register(l, fields)
  local all = {}
  for _, d in pairs(fields) do
    all[#all + 1] = d.field
    for _, flag in ipairs(d.flags or {}) do all[#all + 1] = flag.field end
  end
  l.proto.fields = all
  l.malformed = ProtoExpert.new(l.filter .. ".malformed", "malformed", expert.group.MALFORMED,
    expert.severity.ERROR)
  l.proto.experts = { l.malformed }
  function l.proto.dissector(tvb, pinfo, tree)
    items = 0
    if tvb:len() == 0 then return 0 end
    local below = { tvb = tvb, data = tvb:raw(), len = tvb:len(), pinfo = pinfo, root = tree, depth = 0 }
    local limit = math.max(tvb:reported_len(), tvb:len())
    return layers.dissect(l, below, tree, 0, limit) and tvb:len() or 0
  end
end

local encapsulations = wtap_encaps or wtap

-- Has Wireshark begin with a layer in captures of an encapsulation.
local function begin(name, l)
  if encapsulations[name] then DissectorTable.get("wtap_encap"):add(encapsulations[name], l.proto) end
end

-- Wireshark's tables in which its users may choose; a layer is offered once in each.
local choices = { ethertype = {}, ipproto = {}, udpport = {}, tcpport = {}, sctpport = {}, dccpport = {} }

-- Has a layer stand under values of a space, here and (where it has a table for them) in Wireshark.
local function bind(space, min, max, l, how)
  local set = bound[space] or { ranges = {} }
  bound[space] = set
  if min == max then
    set[min] = l
  else
    table.insert(set.ranges, 1, { min = min, max = max, layer = l })
  end
  local ok, t = pcall(DissectorTable.get, tables[space] or space)
  if not ok or not t or how == "none" then return end
  if how == "decode as" then
    local offered = choices[space]
    if offered and not offered[l] then t:add_for_decode_as(l.proto) end
    if offered then offered[l] = true end
  elseif min >= 0 and max - min <= 0xffff then
    -- A table of texts refuses it: then it stands there for the layers here only.
    pcall(t.add, t, min == max and min or ("%d-%d"):format(min, max), l.proto)
  end
end
