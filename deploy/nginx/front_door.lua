-- The front door of the feed in nginx: a member's stored first page goes out from here, without a process of the site.
-- What it needs to know, the processes write into Redis (feeds/proxy_front.py says what and why). Whatever is not so
-- simple, not known, or not answered in time goes on to a process.
--
-- Rendered into photoapp.conf, which has the maps that it reads: $page_of (the owner of a member's session, if nothing but
-- the page can be missing), $stored_page_of (the same, unless it is wanted anew), $session_rest and $language.

local redis = require "nginx.redis"
local semaphore = require "ngx.semaphore"

-- Redis is asked by so many requests of a worker at a time, and others wait for their turn: were all of a crowd to ask at
-- once, each would wait too long to be answered at all. (On a busy machine nginx and Redis take turns on a core: with
-- few at a time each turn would be for few pages.)
local AT_A_TIME, MOST_WAITING, LONGEST_WAIT = 200, 1000, 2
local PATIENCE_MS = 250
local GARBAGE = 400  -- looked for when there is four times as much as was left: a fifth of the work was to look for it
local KEPT_MS, KEPT_CONNECTIONS = 60000, AT_A_TIME
local BULK = string.byte("$")  -- how an answer begins that is a string
local ASK_EVERY, FRESH_SECONDS, OVERLAP_MS = 0.25, 1, 2000  -- as feeds/withdrawn.py has them
local WHOLE_EVERY = 60
local AGING_SECONDS, SPREAD_MS = 60, 90000

local door = {}
local server  -- where Redis is
local turns
-- What Redis does not know of yet: how many pages were shown; whose, and which, were looked at, and will end soon.
local hits, seen, aging = 0, {}, {}

-- This worker's copy of what the processes say, and of the marks: what was withdrawn, and when (milliseconds).
local known = {asked_at = 0, marks = {}, newest = 0, whole_at = 0}

local forms = {page = {}, past = {}}  -- of the question for a page of a kind, by the length of an owner's id

local function connection()
  local client = redis:new()
  client:set_timeout(PATIENCE_MS)
  local connected
  if server.path ~= "" then connected = client:connect("unix:" .. server.path)
  else connected = client:connect(server.host, server.port) end
  if not connected then return nil end
  if client:get_reused_times() == 0 then
    if server.password ~= "" and not client:auth(server.password) then return nil end
    if server.db ~= 0 and not client:select(server.db) then return nil end
  end
  return client
end

local function headers_from(lines)
  local headers = {}
  for name, value in string.gmatch(lines, "([^:\n]+): ([^\n]*)") do headers[name] = value end
  return headers
end

local function words_from(text)
  local words = {}
  for word in string.gmatch(text, "%S+") do words[#words + 1] = word end
  return words
end

local function follow(record)
  local fields = {}
  for place = 1, #record, 2 do fields[record[place]] = record[place + 1] end
  known.release = fields.release
  if not fields.release then return end
  known.lives, known.hosts = fields.lives, words_from(fields.hosts)
  -- Processes of the release before do not say all of it.
  known.aging, known.ends = tonumber(fields.aging or "") or math.huge, tonumber(fields.ends or "") or math.huge
  known.spread = tonumber(fields.spread or "") or 0
  known.headers = {http = headers_from(fields.http), https = headers_from(fields.https)}
end

-- All at once: requests are answered while this worker waits for Redis, and must not find half of what it knows.
local function mirror(epoch, rows, is_whole, now)
  local marks, newest = is_whole and {} or known.marks, is_whole and 0 or known.newest
  for place = 1, #rows, 2 do
    local at = tonumber(rows[place + 1])
    if rows[place] ~= "epoch" then
      marks[rows[place]] = at
      newest = math.max(newest, at)
    end
  end
  known.marks, known.newest, known.epoch, known.asked_at = marks, newest, epoch, now
  if is_whole then known.whole_at = now end
end

-- What is new, or (now and then, so that old marks go) all that there is; it is as old as the question.
local function ask(is_whole)
  ngx.update_time()
  local now, shown, noted, old = ngx.now(), hits, seen, aging
  is_whole = is_whole or now - known.whole_at > WHOLE_EVERY
  local client = connection()
  if not client then return end
  client:init_pipeline(4)
  client:hgetall("front")
  client:zscore("withdrawn", "epoch")
  local since = is_whole and 0 or known.newest - OVERLAP_MS
  client:zrangebyscore("withdrawn", string.format("%.0f", since), "+inf", "WITHSCORES")
  if shown > 0 then client:incrby("front:hits", shown) end
  seen, aging = {}, {}
  for owner, field in pairs(noted) do client:set("seen:{" .. owner .. "}", field, "EX", known.lives) end
  for owner, field in pairs(old) do client:sadd("front:aging", owner .. ":" .. field) end
  if next(old) then client:expire("front:aging", AGING_SECONDS) end
  local answers = client:commit_pipeline()
  for place = 1, 3 do  -- an error is {false, text}
    local answer = answers and answers[place]
    if not answer or (type(answer) == "table" and answer[1] == false) then return end
  end
  client:set_keepalive(KEPT_MS, KEPT_CONNECTIONS)
  hits = hits - shown
  local epoch = tonumber(answers[2] ~= ngx.null and answers[2] or nil)
  if epoch ~= known.epoch and not is_whole then return ask(true) end  -- Redis lost the set, and began another one
  follow(answers[1])
  mirror(epoch, answers[3], is_whole, now)
end

-- As ALLOWED_HOSTS means it: a name, "*" for all, or ".example.org" for that and all below it.
local function is_our_host(host)
  for _, one in ipairs(known.hosts) do
    if one == "*" or one == host or one == "." .. host then return true end
    if string.sub(one, 1, 1) == "." and string.sub(host, -#one) == one then return true end
  end
  return false
end

local function is_withdrawn(began, head)
  if not began or not known.epoch or began <= known.epoch then return true end  -- it may have gone while the page was asked for
  if began > known.newest then return false end
  for mark in string.gmatch(head, " (%d+)") do
    if (known.marks[mark] or 0) >= began then return true end
  end
  return false
end

-- Pages of the same minute do not end in the same one, nor are composed again in it: from 0 to 1, another for each member.
local function place_of(owner) return tonumber(string.sub(owner, -3), 16) / 4096 end

-- Whether a page is to be composed again before it ends.
local function is_aging(owner, began)
  return ngx.now() * 1000 - began > known.aging + place_of(owner) * SPREAD_MS
end

local function has_ended(owner, began)
  return ngx.now() * 1000 - began > known.ends + place_of(owner) * known.spread
end

-- What it takes to show a page, as it goes over the wire, with places for what differs from one to the next: the member's
-- session, and the page. (A script in Redis, or the client's own way to send a command and to read its answer, costs as much
-- again as these two.)
local function question_form(kind, owner)
  local form = forms[kind][#owner]
  if form then return form end
  local function part(text, length) return "$" .. (length or #text) .. "\r\n" .. text .. "\r\n" end
  local place = "{" .. "%s}"
  local session = "*2\r\n" .. part("GET") .. "$%d\r\nsession:" .. place .. ".%s\r\n"
  local page = "*3\r\n" .. part("HGET") .. part(kind .. ":" .. place, #kind + #":{}" + #owner) .. "$%d\r\n%s\r\n"
  forms[kind][#owner] = session .. page
  return session .. page
end

local function question(kind, owner, field)
  local rest = ngx.var.session_rest
  return string.format(question_form(kind, owner), #"session:{}." + #owner + #rest, owner, rest, owner, #field, field)
end

-- A string, with the end of its line (to cut that off would copy a page), "" if there is none; nil when Redis did not answer,
-- or with something else: what it says after that is not read, and who asked next over this connection would take it for
-- theirs.
local function string_from(socket)
  local line = socket:receive()
  if not line or string.byte(line) ~= BULK then return nil end
  local size = tonumber(string.sub(line, 2))
  if size < 0 then return "" end
  return socket:receive(size + 2)
end

-- The session of a member who is logged in, and whom no message waits for (users/sessions.py).
local function is_members(session)
  return string.find(session, '"_auth_user_id"', 1, true) and not string.find(session, '"_messages"', 1, true)
end

-- Whether Redis answered, and the stored page, "" if there is none, or not for this session.
local function answer_to(client, text)
  local socket = client._sock
  if not socket:send(text) then return false end
  local session = string_from(socket)
  local stored = session and string_from(socket)
  if not stored then
    socket:close()
    return false
  end
  client:set_keepalive(KEPT_MS, KEPT_CONNECTIONS)
  return true, is_members(session) and stored or ""
end

local function stored_page(kind, owner)
  if not known.release then return "" end  -- what is known may change whenever Redis is waited for
  local field = ngx.var.language .. ":" .. known.release
  local text, client = question(kind, owner, field), connection()
  local has_answered, stored = false, ""
  if client then has_answered, stored = answer_to(client, text) end
  if not has_answered then  -- nobody else waits for Redis until the next question was answered
    known.asked_at = 0
    return ""
  end
  if stored ~= "" then seen[owner] = field end
  return stored
end

-- In each worker. (A semaphore that is made before nginx has taken its configuration over logs into that of the one
-- before, which is gone after a reload: workers died of that.)
function door.begin(where)
  collectgarbage("setpause", GARBAGE)
  server, turns = where, semaphore.new(AT_A_TIME)
  ngx.timer.every(ASK_EVERY, function(is_over)
    if not is_over then ask() end
  end)
end

local function is_open()
  return known.release and known.epoch and math.abs(ngx.now() - known.asked_at) <= FRESH_SECONDS
end

local function stored_page_in_turn(kind, owner)
  if -turns:count() >= MOST_WAITING or not turns:wait(LONGEST_WAIT) then
    return ngx.exit(ngx.HTTP_GATEWAY_TIMEOUT)  -- a process could not answer it in time, either
  end
  local is_fine, stored = true, ""
  if is_open() then is_fine, stored = pcall(stored_page, kind, owner) end  -- else Redis did not answer those before
  turns:post(1)
  if not is_fine then ngx.log(ngx.ERR, stored) end
  return is_fine and stored or ""
end

-- Ends the request with the stored page of a kind (feeds/keys.py), where there is one; in a crowd also with one that has
-- ended.
local function show_page(kind, owner, in_crowd)
  if not is_open() or not is_our_host(ngx.var.host) then return end
  local stored = stored_page_in_turn(kind, owner)
  local line_end = string.find(stored, "\n", 1, true)
  if not line_end then return end
  local head = string.sub(stored, 1, line_end - 1)
  local began = tonumber(string.match(head, "^%d+"))
  if is_withdrawn(began, head) or (not in_crowd and has_ended(owner, began)) then return end
  hits = hits + 1
  if is_aging(owner, began) then aging[owner] = seen[owner] end
  for name, value in pairs(known.headers[ngx.var.scheme]) do ngx.header[name] = value end
  ngx.header["Content-Length"] = #stored - line_end - 2
  ngx.print(string.sub(stored, line_end + 1, -3))
  return ngx.exit(ngx.HTTP_OK)
end

-- Whose page is not shown is among those who wait for a process to compose it, and are counted.
function door.answer()
  local owner = ngx.var.stored_page_of
  if owner ~= "" then show_page("page", owner) end
  if ngx.var.page_of ~= "" then return ngx.exec("@composed") end
end

-- Where too many wait already, a stored page goes to who reloads it, and so does one that has ended, or that a new post has
-- overtaken: better that than to wait, or to keep those from a process for whom none is stored.
function door.answer_in_crowd()
  if ngx.var.limit_conn_status ~= "REJECTED_DRY_RUN" then return end
  show_page("page", ngx.var.page_of, true)
  show_page("past", ngx.var.page_of, true)
end

return door
