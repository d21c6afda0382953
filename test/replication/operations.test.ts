/** The table of operations: each as (state, arguments) -> (state, answer). */
import { expect } from 'chai';
import { trustBytes } from '../../src/bytes.js';
import { absentState, operations, type RecordState } from '../../src/replication/operations.js';
import { changes, flags, opcodes, statuses, type Status } from '../../src/wire/requests.js';

const nowMs = 1_000;
type Name = keyof typeof opcodes;
interface Given {
  readonly value?: string;
  readonly flags?: number;
  readonly number?: number;
}

function state(value: string | undefined, expiresAt = Infinity): RecordState {
  return value === undefined ? absentState : { value: trustBytes(value), expiresAt };
}

function apply(name: Name, before: RecordState, { value = '', flags = 0, number = 0 }: Given) {
  const operation = operations.get(opcodes[name]);
  if (operation === undefined) throw new Error(`no operation ${name}`);
  return operation(before, { value: trustBytes(value), flags, number }, nowMs);
}

type Example = readonly [
  name: Name,
  before: string | undefined,
  given: Given,
  status: Status,
  reply: string,
  /** Undefined: as it was. */
  after?: string | null,
];

const { ok, absent, refused, error } = statuses;
const notInteger = 'value is not an integer or out of range';
const examples: readonly Example[] = [
  ['increment', undefined, { number: 1 }, ok, '1', '1'],
  ['increment', '41', { number: 1 }, ok, '42', '42'],
  ['increment', '-1', { number: 1 }, ok, '0', '0'],
  ['increment', '9007199254740990', { number: 1 }, ok, '9007199254740991', '9007199254740991'],
  ['increment', '9007199254740991', { number: 1 }, error, 'increment or decrement would overflow'],
  ['increment', '-9007199254740991', { number: -1 }, error, 'increment or decrement would overflow'],
  ['increment', '9007199254740992', { number: -1 }, error, notInteger],
  ['increment', '1.0', { number: 1 }, error, notInteger],
  ['increment', '', { number: 1 }, error, notInteger],
  ['increment', ' 1', { number: 1 }, error, notInteger],
  ['increment', '01', { number: 1 }, error, notInteger],
  ['increment', '-0', { number: 1 }, error, notInteger],
  ['increment', '1', { number: 0.5 }, error, notInteger],
  ['increment', '1', { number: NaN }, error, notInteger],
  ['incrementByFloat', undefined, { value: '0.1' }, ok, '0.1', '0.1'],
  ['incrementByFloat', '0.2', { value: '0.1' }, ok, '0.3', '0.3'],
  ['incrementByFloat', 'x', { value: '0.1' }, error, 'value is not a valid float'],
  ['compareAndSet', 'a', { value: 'ab', number: 1 }, ok, '', 'b'],
  ['compareAndSet', '', { value: 'b', number: 0 }, ok, '', 'b'],
  ['compareAndSet', 'a', { value: 'a', number: 1 }, ok, '', ''],
  ['compareAndSet', 'c', { value: 'ab', number: 1 }, refused, 'c'],
  ['compareAndSet', 'ab', { value: 'ab', number: 1 }, refused, 'ab'],
  ['compareAndSet', undefined, { value: 'b', number: 0 }, absent, ''],
  ['compareAndSet', 'a', { value: 'a', number: 2 }, error, 'the expected value is longer than what was sent'],
  ['getDelete', 'a', {}, ok, 'a', null],
  ['getDelete', undefined, {}, absent, ''],
  ['setRange', 'Hello World', { value: 'Redis', number: 6 }, ok, '11', 'Hello Redis'],
  ['setRange', 'abcdef', { value: 'X', number: 1 }, ok, '6', 'aXcdef'],
  ['setRange', 'a', { value: 'b', number: 3 }, ok, '4', 'a\0\0b'],
  ['setRange', undefined, { value: 'b', number: 1 }, ok, '2', '\0b'],
  ['setRange', undefined, { value: '', number: 9 }, ok, '0'],
  ['setRange', 'a', { value: 'b', number: -1 }, error, 'offset is out of range'],
  ['setRange', 'a', { value: 'b', number: 2 ** 40 }, error, 'offset is out of range'],
  ['getRange', 'This is', { value: '0 3' }, ok, 'This'],
  ['getRange', 'This is', { value: '-2 -1' }, ok, 'is'],
  ['getRange', 'This is', { value: '-100 100' }, ok, 'This is'],
  ['getRange', 'This is', { value: '3 1' }, ok, ''],
  ['getRange', undefined, { value: '0 1' }, absent, ''],
  ['getRange', 'a', { value: 'x' }, error, notInteger],
];

describe('an operation', () => {
  for (const [name, before, given, status, reply, after] of examples) {
    it(`${name} ${JSON.stringify(given)} of ${JSON.stringify(before)} answers ${reply}`, () => {
      const start = state(before, 5_000);
      const outcome = apply(name, start, given);
      expect([outcome.status, outcome.reply]).to.deep.equal([status, reply]);
      if (after === undefined) expect(outcome.state, 'an equal state is the same state').to.equal(start);
      else expect(outcome.state.value).to.equal(after ?? undefined);
    });
  }

  it('that counts or writes a part keeps the expiry, and compareAndSet keeps it when asked', () => {
    const before = state('1', 5_000);
    for (const outcome of [
      apply('increment', before, { number: 1 }),
      apply('incrementByFloat', before, { value: '1' }),
      apply('setRange', before, { value: '2', number: 0 }),
      apply('compareAndSet', before, { value: '12', number: 1, flags: flags.keepTtl }),
    ]) {
      expect(outcome.state).to.deep.equal({ value: '2', expiresAt: 5_000 });
    }
    expect(apply('compareAndSet', before, { value: '12', number: 1 }).state.expiresAt).to.equal(Infinity);
  });

  it('expire looks at the expiry that was there, and answers the value when asked', () => {
    const lasting = state('v');
    const ending = state('v', 2_000);
    const outcome = (before: RecordState, number: number, condition: number) => {
      const { status, state: after } = apply('expire', before, { number, flags: condition });
      return status === refused ? 'refused' : after.expiresAt;
    };
    expect(outcome(lasting, 500, flags.ifAbsent)).to.equal(1_500);
    expect(outcome(ending, 500, flags.ifAbsent)).to.equal('refused');
    expect(outcome(lasting, 0, flags.ifPresent)).to.equal('refused');
    expect(outcome(ending, 0, flags.ifPresent)).to.equal(Infinity);
    expect(outcome(ending, 500, flags.ifLater)).to.equal('refused');
    expect(outcome(ending, 1_500, flags.ifLater)).to.equal(2_500);
    expect(outcome(lasting, 1_500, flags.ifLater)).to.equal('refused');
    expect(outcome(lasting, 1_500, flags.ifSooner)).to.equal(2_500);
    expect(outcome(ending, 1_500, flags.ifSooner)).to.equal('refused');
    expect(apply('expire', ending, { number: -1, flags: flags.returnPrevious })).to.deep.equal({
      state: absentState,
      status: ok,
      reply: 'v',
    });
    expect(apply('expire', lasting, { number: 0 }).state).to.equal(lasting);
  });

  it('that never returns another state is no change, and all others are', () => {
    const reads = [opcodes.get, opcodes.exists, opcodes.length, opcodes.ttl, opcodes.getRange];
    const unchanging = [...operations.keys()].filter((opcode) => !changes.has(opcode));
    expect(new Set(unchanging)).to.deep.equal(new Set<number>(reads));
  });
});
