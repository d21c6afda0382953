/** Examples of the commands on keys and values. */
import type { ExampleSession } from './session.js';

export const dataSessions: readonly ExampleSession[] = [
  [
    'GET and SET',
    `GET k => nil
     SET k v => OK
     GET k => "v"
     get k => "v"
     SET k "" => OK
     GET k => ""
     SET __proto__ x => OK
     GET __proto__ => "x"
     GET constructor => nil
     GET => error ERR wrong number of arguments for 'get' command
     SET k v EX => error ERR syntax error
     SET k v NX XX => error ERR syntax error
     SET k v EX 0 => error ERR invalid expire time in 'set' command
     SET k v PX x => error ERR value is not an integer or out of range
     SET k v EX 9223372036854775807 => error ERR value is not an integer or out of range
     SET k v EX 9007199254740991 => error ERR invalid expire time in 'set' command
     SET k v EX 1 PX 1 => error ERR syntax error
     SET k v KEEPTTL EX 1 => error ERR syntax error`,
  ],
  [
    'SET with conditions',
    `SET k v XX => nil
     SET k v NX => OK
     SET k w NX => nil
     GET k => "v"
     SET k w XX => OK
     SET k x GET => "w"
     SET n x GET => nil
     SET n "" GET => "x"
     SET n y GET => ""
     SET o x NX GET => nil
     SET o y NX GET => "x"
     SET p y XX GET => nil
     SET o z XX GET => "x"
     GET o => "z"`,
  ],
  [
    'SET with an expiry',
    `SET k v PX 1500 => OK
     TTL k => 2
     PTTL k => 1500
     SET k w KEEPTTL => OK
     PTTL k => 1500
     SET k x => OK
     TTL k => -1
     SET k v EX 1 => OK
     (pass 999)
     GET k => "v"
     (pass 1)
     GET k => nil
     SET k v EXAT 1000002 => OK
     PTTL k => 1000
     SET k v PXAT 1000001500 => OK
     PTTL k => 500
     SET k v EXAT 1 => OK
     (pass 1)
     GET k => nil`,
  ],
  [
    'SETNX, SETEX, PSETEX and GETSET',
    `SETNX k v => 1
     SETNX k w => 0
     GET k => "v"
     SETEX k 10 w => OK
     TTL k => 10
     SETEX k 0 w => error ERR invalid expire time in 'setex' command
     PSETEX k 10 x => OK
     PTTL k => 10
     PSETEX k -1 w => error ERR invalid expire time in 'psetex' command
     GETSET k y => "x"
     GETSET n y => nil
     TTL k => -1`,
  ],
  [
    'GETDEL and GETEX',
    `GETDEL k => nil
     SET k v => OK
     GETEX k => "v"
     GETEX k EX 10 => "v"
     TTL k => 10
     GETEX k PERSIST => "v"
     TTL k => -1
     GETEX k PX 10 => "v"
     GETEX k EX => error ERR syntax error
     GETEX k EX 0 => error ERR invalid expire time in 'getex' command
     GETEX n EX 10 => nil
     GETEX k EXAT 1 => "v"
     GET k => nil
     SET k v => OK
     GETDEL k => "v"
     GETDEL k => nil`,
  ],
  [
    'DEL, UNLINK, EXISTS, TOUCH and TYPE',
    `MSET a 1 b 2 c 3 => OK
     EXISTS a b x a => 3
     TOUCH a x => 1
     DEL a a x => 1
     UNLINK b c => 2
     EXISTS a => 0
     SET s v => OK
     TYPE s => string
     TYPE x => none`,
  ],
  [
    'MGET and MSET',
    `MSET a 1 b 2 => OK
     MGET a x b => ["1" nil "2"]
     MSET a 1 b => error ERR wrong number of arguments for 'mset' command
     MSET a 1 a 2 => OK
     GET a => "2"`,
  ],
  [
    'APPEND and STRLEN',
    `APPEND k ab => 2
     APPEND k cd => 4
     GET k => "abcd"
     STRLEN k => 4
     STRLEN n => 0`,
  ],
  [
    'EXPIRE and its kin',
    `EXPIRE k 10 => 0
     TTL k => -2
     PTTL k => -2
     SET k v => OK
     TTL k => -1
     EXPIRE k 10 => 1
     TTL k => 10
     EXPIRETIME k => 1000010
     PEXPIRETIME k => 1000010000
     PEXPIRE k 500 => 1
     PTTL k => 500
     EXPIREAT k 1000002 => 1
     PTTL k => 2000
     PEXPIREAT k 1000003000 => 1
     PTTL k => 3000
     EXPIRE k 10 NX => 0
     EXPIRE k 1 GT => 0
     EXPIRE k 10 GT => 1
     EXPIRE k 20 LT => 0
     EXPIRE k 5 LT => 1
     EXPIRE k 5 XX => 1
     EXPIRE k 5 YY => error ERR Unsupported option YY
     EXPIRE k 5 NX XX => error ERR NX and XX, GT or LT options at the same time are not compatible
     EXPIRE k 5 GT LT => error ERR GT and LT options at the same time are not compatible
     EXPIRE k x => error ERR value is not an integer or out of range
     PERSIST k => 1
     PERSIST k => 0
     PERSIST n => 0
     TTL k => -1
     EXPIRE k -1 => 1
     GET k => nil`,
  ],
  [
    'INCR and its kin',
    `INCR n => 1
     INCRBY n 9 => 10
     DECR n => 9
     DECRBY n 10 => -1
     INCRBY n 0 => -1
     INCRBY n x => error ERR value is not an integer or out of range
     INCRBY n 9223372036854775807 => error ERR value is not an integer or out of range
     SET n x => OK
     INCR n => error ERR value is not an integer or out of range
     SET n 9007199254740991 EX 10 => OK
     INCR n => error ERR increment or decrement would overflow
     DECR n => 9007199254740990
     TTL n => 10`,
  ],
  [
    'INCRBYFLOAT',
    `INCRBYFLOAT f 10.5 => "10.5"
     INCRBYFLOAT f 0.1 => "10.6"
     INCRBYFLOAT f -5 => "5.6"
     SET f 5.0e3 => OK
     INCRBYFLOAT f 2.0e2 => "5200"
     INCRBYFLOAT f x => error ERR value is not a valid float
     SET f x => OK
     INCRBYFLOAT f 1 => error ERR value is not a valid float`,
  ],
  [
    'SETRANGE and GETRANGE',
    `SETRANGE k 0 "" => 0
     EXISTS k => 0
     SETRANGE k 2 ab => 4
     GET k => "\\u0000\\u0000ab"
     SET k "Hello World" EX 10 => OK
     SETRANGE k 6 Redis => 11
     GET k => "Hello Redis"
     TTL k => 10
     SETRANGE k -1 x => error ERR offset is out of range
     SETRANGE k 1048576 x => error ERR string exceeds maximum allowed size
     SETRANGE k x x => error ERR value is not an integer or out of range
     GETRANGE k 0 4 => "Hello"
     GETRANGE k -5 -1 => "Redis"
     GETRANGE k 0 -1 => "Hello Redis"
     GETRANGE k 5 3 => ""
     GETRANGE n 0 -1 => ""
     SUBSTR k 6 100 => "Redis"`,
  ],
  [
    'RONDO.CAS and SET with IFEQ',
    `RONDO.CAS k a b => 0
     SET k a IFEQ "" => nil
     SET k a EX 10 => OK
     RONDO.CAS k b c => 0
     RONDO.CAS k a b => 1
     TTL k => -1
     GET k => "b"
     SET k c IFEQ a => nil
     SET k c IFEQ a GET => "b"
     SET k c IFEQ b GET => "b"
     SET k d IFEQ c KEEPTTL => OK
     GET k => "d"
     SET k e IFEQ => error ERR syntax error
     SET k e IFEQ d NX => error ERR syntax error
     SET k e IFEQ d EX 10 => error ERR IFEQ with an expiry is not offered: set the expiry by EXPIRE afterwards`,
  ],
  [
    'KEYS, DBSIZE and FLUSHALL',
    `MSET user:1 a user:2 b page:1 c => OK
     DBSIZE => 3
     KEYS page:* => ["page:1"]
     KEYS none* => []
     FLUSHALL SYNC => OK
     DBSIZE => 0
     FLUSHDB ASYNC => OK
     FLUSHALL NOW => error ERR syntax error`,
  ],
  [
    'KEYS with more matches than it may answer',
    `MSET a 1 b 2 c 3 => OK
     KEYS [ab] => ["a" "b"]
     KEYS * => error ERR more than 2 keys or 8388608 bytes match: use SCAN`,
    { limits: { keysReplyMax: 2 } },
  ],
];
