/**
 * The lines that YCSB's basic binding prints, the usual way to record its workloads:
 * `INSERT usertable user123 [ field0=... ]`, `READ usertable user123 [ <all fields>]`, UPDATE, DELETE and SCAN.
 * The fields are kept as one value, as text between the brackets; an update replaces it.
 */
import { trustBytes, type ByteString } from '../../src/bytes.js';
import { nothing, one, problem, excerpt, type Parsed } from './format.js';

/** What YCSB prints around the trace: its properties, its banner and its results. */
const around =
  /^(?:\*{3,}|"|\[[A-Z]|YCSB Client|Command line|Loading workload|Starting test|DBWrapper|mvn |java )/;
const expected = 'expected "INSERT|READ|UPDATE|DELETE table key [ fields ]"';

export function parseYcsbLine(line: ByteString): Parsed {
  if (line === '' || around.test(line)) return nothing;
  const [verb = '', table = '', key = ''] = line.split(' ', 3);
  if (table === '' || key === '') return problem(`${expected}, found ${excerpt(line)}`);
  const recorded = { key: trustBytes(key), atNs: undefined, client: undefined };
  switch (verb) {
    case 'READ':
      return one({ type: 'get', ...recorded });
    case 'DELETE':
      return one({ type: 'delete', ...recorded });
    case 'INSERT':
    case 'UPDATE': {
      const value = fieldsOf(line.slice(verb.length + table.length + key.length + 3));
      if (value === undefined) return problem(`${expected}, found no "[ fields ]" in ${excerpt(line)}`);
      return one({ type: 'put', ...recorded, value, ttlMs: 0, onlyIf: undefined });
    }
    case 'SCAN':
      return problem(
        'SCAN reads a range of keys in order, and a hash table keeps none: leave scans out (workloads A to D, F)',
      );
    default:
      return problem(`${expected}, found ${excerpt(line)}`);
  }
}

/** Field values may hold spaces and brackets themselves: the outer ones count. */
function fieldsOf(text: string): ByteString | undefined {
  const inner = /^\[ ?(.*?) ?\]\s*$/s.exec(text)?.[1];
  return inner === undefined ? undefined : trustBytes(inner);
}
