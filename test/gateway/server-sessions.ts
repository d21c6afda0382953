/** Examples of the commands about the connection, the server and the ring. */
import { commandTable } from '../../runner/gateway/commands/index.js';
import type { ExampleSession } from './session.js';

export const serverSessions: readonly ExampleSession[] = [
  [
    'PING, ECHO, SELECT and RESET',
    `PING => PONG
     PING hi => "hi"
     PING a b => error ERR wrong number of arguments for 'ping' command
     ECHO hi => "hi"
     SELECT 0 => OK
     SELECT 1 => error ERR DB index is out of range: a ring has one database, 0
     SELECT x => error ERR value is not an integer or out of range
     CLIENT SETNAME me => OK
     RESET => RESET
     CLIENT GETNAME => nil`,
  ],
  [
    'CLIENT',
    `CLIENT ID => 1
     CLIENT GETNAME => nil
     CLIENT SETNAME me => OK
     CLIENT GETNAME => "me"
     CLIENT SETNAME "a b" => error ERR Client names cannot contain spaces, newlines or special characters.
     CLIENT SETINFO LIB-NAME lib => OK
     CLIENT SETINFO LIB-VER 1.2 => OK
     CLIENT SETINFO LIB x => error ERR Unrecognized option 'LIB'
     CLIENT NO-EVICT ON => OK
     CLIENT NO-EVICT MAYBE => error ERR syntax error
     CLIENT TRACKING OFF => OK
     CLIENT TRACKING ON => error ERR client-side caching is not offered: only CLIENT TRACKING OFF
     CLIENT SETNAME => error ERR wrong number of arguments for 'client|setname' command
     CLIENT KILL x => error ERR unknown subcommand 'KILL'. Try CLIENT ID, INFO or LIST.
     CLIENT INFO => "id=1 addr=127.0.0.1:5000 laddr=127.0.0.1:7379 name=me age=0 idle=0 flags=e db=0 cmd=client user=default resp=2 lib-name=lib lib-ver=1.2\\n"
     CLIENT LIST => "id=1 addr=127.0.0.1:5000 laddr=127.0.0.1:7379 name=me age=0 idle=0 flags=e db=0 cmd=client user=default resp=2 lib-name=lib lib-ver=1.2\\n"`,
  ],
  [
    'CONFIG',
    `CONFIG GET maxclients => ["maxclients" "1024"]
     CONFIG GET MAXMEMORY* save => ["maxmemory" "0" "maxmemory-policy" "allkeys-lru" "save" ""]
     CONFIG GET nothing => []
     CONFIG GET => error ERR wrong number of arguments for 'config|get' command
     CONFIG SET save 1 => error ERR CONFIG SET is not offered: a ring is configured when it is created, a gateway when it is started
     CONFIG REWRITE => error ERR unknown subcommand of CONFIG. Try CONFIG GET pattern.`,
  ],
  [
    'COMMAND',
    `COMMAND COUNT => ${commandTable.size}
     COMMAND INFO get nothing => [["get" 2 [readonly] 1 1 1 [] [] [] []] nil]
     COMMAND DOCS get => ["get" ["summary" "Gets the value of a key" "since" "0.1.0" "group" "string"]]
     COMMAND NONSENSE => error ERR unknown subcommand of COMMAND. Try COUNT, DOCS, INFO or LIST.`,
  ],
  [
    'HELLO',
    `HELLO => ["server" "redis" "version" "7.2.0" "proto" 2 "id" 1 "mode" "standalone" "role" "master" "modules" []]
     HELLO 4 => error NOPROTO unsupported protocol version
     HELLO x => error ERR Protocol version is not an integer or out of range
     HELLO 3 SETNAME => error ERR Syntax error in HELLO option 'SETNAME'
     HELLO 3 SETNAME me => {"server": "redis", "version": "7.2.0", "proto": 3, "id": 1, "mode": "standalone", "role": "master", "modules": []}
     CLIENT GETNAME => "me"
     GET none => nil
     CONFIG GET save => {"save": ""}
     HELLO 2 => ["server" "redis" "version" "7.2.0" "proto" 2 "id" 1 "mode" "standalone" "role" "master" "modules" []]`,
  ],
  [
    'AUTH without a password to check',
    `AUTH x => error ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?
     AUTH a b c => error ERR syntax error`,
  ],
  [
    'AUTH',
    `GET k => error NOAUTH Authentication required.
     NONSENSE => error NOAUTH Authentication required.
     HELLO 3 => error NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time
     AUTH wrong => error WRONGPASS invalid username-password pair or user is disabled.
     AUTH other old => error WRONGPASS invalid username-password pair or user is disabled.
     AUTH old => OK
     GET k => nil
     RESET => RESET
     GET k => error NOAUTH Authentication required.
     AUTH default new => OK
     GET k => nil
     RESET => RESET
     HELLO 2 AUTH default wrong => error WRONGPASS invalid username-password pair or user is disabled.
     HELLO 2 AUTH default new SETNAME me => ["server" "redis" "version" "7.2.0" "proto" 2 "id" 1 "mode" "standalone" "role" "master" "modules" []]
     GET k => nil`,
    { passwords: ['old', 'new'] },
  ],
  [
    'commands that there are not',
    `FOO => error ERR unknown command 'FOO', with args beginning with: 
     FOO a "b c" => error ERR unknown command 'FOO', with args beginning with: 'a' 'b c' 
     PING => PONG`,
  ],
  [
    'commands that lose data, switched off',
    `FLUSHALL => error ERR 'flushall' is switched off: it loses data for good, and this gateway was started without it
     RONDO.KILL local/1 => error ERR 'rondo.kill' is switched off: it loses data for good, and this gateway was started without it`,
    { destructive: false },
  ],
  [
    'keys over the limit',
    `GET abcd => nil
     GET abcde => error ERR key of 5 bytes exceeds the limit of 4
     MSET a 1 abcde 2 => error ERR key of 5 bytes exceeds the limit of 4
     GET a => nil`,
    { limits: { keyBytesMax: 4 } },
  ],
  [
    'RONDO.* that change the ring',
    `RONDO.JOIN 2 => ["${'2'.repeat(40)}" "${'8'.repeat(40)}"]
     RONDO.JOIN 0 => error ERR the number of nodes to join must be from 1 to 64
     RONDO.DEPART local/1 => OK
     RONDO.KILL c => OK
     RONDO.KILL nobody => error ERR no such node: nobody
     RONDO.RECOVER 1 => error ERR what only lost nodes held is lost for good: say RONDO.RECOVER 1 ACCEPT-LOSS
     RONDO.RECOVER 1 accept-loss => "{\\"partition\\":1,\\"epoch\\":\\"1.1\\",\\"records\\":5,\\"survivors\\":[\\"local/0\\"],\\"lost\\":[\\"local/3\\"]}"
     RONDO.RECOVER 16 ACCEPT-LOSS => error ERR the partition must be from 0 to 15`,
  ],
];
