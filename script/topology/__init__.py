"""The whole topology on one machine: `script/cluster`.

plan         which parts there are, their addresses and commands; starts nothing
state        what runs: a file that each command reads, changes under a lock, and checks against the processes
databases    PostgreSQL leaders and their followers: made, replicated, promoted
object_store radosgw
site         what the application's processes are told, and what must be done before they start
bringing_up  all of it in order
watcher      a process that revives what died and says aloud when a leader has lost its follower
rolling      restarts the application's processes one by one
scaling      starts and ends clones of them
proxy        nginx, and its change to another configuration
status       the table
"""
