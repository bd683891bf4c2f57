-- The shared counters: requests and tokens by GCRA, streams by leases. Script.java puts before and behind this what
-- makes it a library of functions (Redis 7, Valkey) or one script for EVALSHA (Redis 5 and 6).
--
-- Times are microseconds since 2026-01-01 by this server's clock: numbers here are doubles, and so small ones have
-- room for a fraction of a microsecond (until 2035 a thirtieth), which a limit of many tokens a second needs.
--
-- A bucket of requests or tokens is the text "tat seen mean": when it is full again (the theoretical arrival time),
-- the time of its last change, and the mean cost of a call, -1 before the first. A bucket that is not there is full.

local EPOCH = 1767225600 -- 2026-01-01T00:00:00Z in seconds since 1970
local KEPT_MEAN = 86400000 -- milliseconds for which a full bucket keeps its mean
local KEPT_FULL = 1000 -- the same of one without
local WEIGHT = 16 -- the mean moves by this part of its distance to each cost
local SLACK = 1 -- microseconds that rounding may cost

local function clock()
  local time = redis.call('TIME')
  return (time[1] - EPOCH) * 1000000 + time[2]
end

local function write(key, now, tat, mean)
  local kept = mean < 0 and KEPT_FULL or KEPT_MEAN
  local expiry = math.ceil(math.max(tat - now, 0) / 1000) + kept
  redis.call('SET', key, string.format('%.17g %.17g %.17g', tat, now, mean), 'PX', string.format('%.0f', expiry))
end

-- A clock that was set back takes the bucket along, which then holds what it held; that is noted at once, even by who
-- is refused, for time goes on from there. One set forward fills it, once.
local function read(key, now)
  local tat, seen, mean = string.match(redis.call('GET', key) or '', '^(%S+) (%S+) (%S+)$')
  tat, seen, mean = tonumber(tat), tonumber(seen), tonumber(mean)
  if not (tat and seen and mean) then
    return now, -1
  end
  if seen > now then
    tat = tat - (seen - now)
    write(key, now, tat, mean)
  end
  return tat, mean
end

-- Leases that end later than any given now were given before the clock was set back, and would stay too long.
local function shorten(key, last)
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', key, '(' .. last, '+inf')) do
    redis.call('ZADD', key, last, id)
  end
end

-- KEYS: the buckets. ARGV: milliseconds of a lease, the call's id, what is reserved where the caller says it (-1: it
-- does not know), and for each bucket
--   r T cap     requests: a request takes T microseconds to come back, of which the bucket holds cap
--   m|g|n T cap tokens: the same of a token; reserved is the mean, what the caller says, or nothing
--   s most 0    streams
-- Answers {0, reserved, left, reserved, left, ...}: of tokens both in whole microseconds, of requests 1 and
-- microseconds, of streams 0 and how many; or {the number of the bucket that refuses longest, for how many microseconds}.
local function admit(keys, args)
  local now = clock()
  local lease, id, given = args[1] * 1000, args[2], tonumber(args[3])
  local last = string.format('%.0f', now + lease)
  local refusing, longest = 0, -1
  local answer, tats, means = {0}, {}, {}
  for i, key in ipairs(keys) do
    local kind, a, b = args[i * 3 + 1], tonumber(args[i * 3 + 2]), tonumber(args[i * 3 + 3])
    local wait, reserved, left = -1, 0, 0
    if kind == 's' then
      local held = redis.call('ZCOUNT', key, '(' .. string.format('%.0f', now), '+inf')
      if held >= a then
        wait = 1000000
        shorten(key, last)
      end
      left = a - held - 1
    else
      local tat, mean = read(key, now)
      local used = math.max(tat - now, 0)
      local cost, need = a, a
      if kind == 'r' then
        reserved = 1
      else
        local tokens = kind == 'n' and 0 or kind == 'g' and given >= 0 and given or mean >= 0 and mean or b / a / 10
        reserved = math.floor(math.min(tokens * a, b / 2))
        cost, need = reserved, math.max(reserved, math.min(a, b))
      end
      if used > 0 and used + need > b + SLACK then
        wait = math.ceil(used + need - b)
      end
      tats[i], means[i] = math.max(tat, now) + cost, mean
      left = math.max(math.floor(b - used - cost), 0)
    end
    if wait > longest then
      refusing, longest = i, wait
    end
    answer[#answer + 1] = reserved
    answer[#answer + 1] = left
  end
  if longest >= 0 then
    return {refusing, longest}
  end
  for i, key in ipairs(keys) do
    if tats[i] then
      write(key, now, tats[i], means[i])
    else
      redis.call('ZREMRANGEBYSCORE', key, '-inf', string.format('%.0f', now))
      redis.call('ZADD', key, last, id)
      redis.call('PEXPIRE', key, args[1])
    end
  end
  return answer
end

-- KEYS: the buckets. ARGV: the call's id, and for each bucket
--   r T debt reserved cost   requests, both 0 or 1: charges the difference, if the bucket is then full within debt
--   t T debt reserved cost   tokens: reserved is in microseconds, as it was answered
--   m T debt reserved cost   the same, and cost is one of those that the mean is of
--   s 0 0 0 0                ends the lease
-- Answers how many debts were cut.
local function settle(keys, args)
  local now = clock()
  local cut = 0
  for i, key in ipairs(keys) do
    local at = i * 5 - 3
    local kind = args[at]
    if kind == 's' then
      redis.call('ZREM', key, args[1])
    else
      local t, debt = tonumber(args[at + 1]), tonumber(args[at + 2])
      local reserved, cost = tonumber(args[at + 3]), tonumber(args[at + 4])
      local tat, mean = read(key, now)
      local more = kind == 'r' and (cost - reserved) * t or cost * t - reserved
      if more > 0 then
        tat = math.max(tat, now)
      end
      tat = tat + more
      if tat > now + debt then
        tat = now + debt
        cut = cut + 1
      end
      if kind == 'm' then
        mean = mean < 0 and cost or mean + (cost - mean) / WEIGHT
      end
      write(key, now, tat, mean)
    end
  end
  return cut
end

-- KEYS: a bucket of streams for each lease. ARGV: milliseconds of a lease, and for each bucket the call's id. A lease
-- that is gone is there again: its call goes on.
local function renew(keys, args)
  local last = string.format('%.0f', clock() + args[1] * 1000)
  for i, key in ipairs(keys) do
    redis.call('ZADD', key, last, args[i + 1])
    redis.call('PEXPIRE', key, args[1])
  end
  return #keys
end
