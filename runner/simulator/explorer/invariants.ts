/** What must hold of the pasts of all nodes together: I1 to I3, I5, I6, I8 and, of answers, I11 of docs/design/replication.md, 1.6. */
import { epochOf, type Ballot, type Epoch } from '../../../src/replication/linearizable/ballot.js';
import { memberNames } from './members.js';
import { heldText, type HeldState, type Past, type SeenView } from './past.js';

export type Broken = readonly [invariant: string, detail: string];

export interface Verdict {
  readonly broken: Broken | undefined;
  /** Values of states that were chosen in some epoch; undefined = absent. */
  readonly chosen: ReadonlySet<string | undefined>;
  /** Whether a quorum is active in a view after the first. */
  readonly changed: boolean;
}

/** `pasts` by member. */
export function judge(pasts: readonly Past[]): Verdict {
  const views = new Map<Epoch, SeenView>();
  const broken = checkViews(pasts, views);
  if (broken !== undefined) return { broken, chosen: new Set(), changed: false };
  const holders = holdersOf(pasts);
  const chosen = [...holders.values()]
    .filter(({ state, epochs }) => [...epochs].some(([epoch, names]) => isChosen(state, epoch, names, views)))
    .sort((a, b) => a.state.ballot - b.state.ballot);
  const ruling = rulingEpochs(pasts, views);
  return {
    broken:
      (ruling.length > 1 ? ['I2', `epochs ${ruling.join(' and ')} both have a quorum active`] : undefined) ??
      checkStates(holders) ??
      checkDescent(chosen, holders) ??
      checkStart(pasts, chosen, views),
    chosen: new Set(chosen.map(({ state }) => state.value)),
    changed: ruling.some((epoch) => epoch > 1),
  };
}

/** I1: one view an epoch, which a quorum of the one before voted for. Fills `views` with those that are decided. */
function checkViews(pasts: readonly Past[], views: Map<Epoch, SeenView>): Broken | undefined {
  const learned = pasts.flatMap((past) => [...past.learned.values()]).sort((a, b) => a.epoch - b.epoch);
  const decide = (view: SeenView): Broken | undefined => {
    const known = views.get(view.epoch);
    views.set(view.epoch, known ?? view);
    if (known === undefined || known.text === view.text) return undefined;
    return ['I1', `both views ${known.text} and ${view.text} are decided`];
  };
  for (const view of learned) {
    if (view.previousEpoch === 0) views.set(view.epoch, view);
  }
  for (const name of new Set(pasts.flatMap((past) => [...past.votes.keys()]))) {
    const votes = pasts.map((past) => past.votes.get(name));
    const cast = votes.filter((vote) => vote !== undefined);
    const [first] = cast;
    if (first === undefined) continue;
    const other = cast.find(({ text }) => text !== first.text);
    if (other !== undefined) return ['I1', `votes at one ballot for ${first.text} and ${other.text}`];
    const voters = memberNames.filter((_, member) => votes[member] !== undefined).join('');
    if (!isQuorum(first.previous, voters)) continue;
    const broken = decide(first);
    if (broken !== undefined) return broken;
  }
  for (const view of learned) {
    if (!views.has(view.epoch)) return ['I1', `${view.text} is taken for decided, which no quorum accepted`];
    const broken = decide(view);
    if (broken !== undefined) return broken;
  }
  return undefined;
}

interface Held {
  readonly state: HeldState;
  /** Names of those that held it, by epoch. */
  readonly epochs: Map<Epoch, string>;
}

/** By the text of the state. */
function holdersOf(pasts: readonly Past[]): Map<string, Held> {
  const holders = new Map<string, Held>();
  for (const [member, { held }] of pasts.entries()) {
    for (const state of held.values()) {
      const text = heldText(state);
      const entry = holders.get(text) ?? { state, epochs: new Map<Epoch, string>() };
      holders.set(text, entry);
      entry.epochs.set(state.epoch, (entry.epochs.get(state.epoch) ?? '') + (memberNames[member] ?? ''));
    }
  }
  return holders;
}

/** I3: one state a ballot. */
function checkStates(holders: ReadonlyMap<string, Held>): Broken | undefined {
  const byBallot = new Map<Ballot, string>();
  for (const [text, { state }] of holders) {
    const other = byBallot.get(state.ballot);
    if (other !== undefined) return ['I3', `both ${other} and ${text} are held`];
    byBallot.set(state.ballot, text);
  }
  return undefined;
}

/** I5 and I8: what stands above a chosen state descends from it. */
function checkDescent(chosen: readonly Held[], holders: ReadonlyMap<string, Held>): Broken | undefined {
  for (const { state: first } of chosen) {
    for (const { state: later } of holders.values()) {
      if (later.ballot <= first.ballot) continue;
      const descends = first.recent.every((ballot, index) => later.recent[index] === ballot);
      if (!descends || later.version - first.version !== later.recent.length - first.recent.length)
        return ['I5', `${heldText(later)} stands above ${heldText(first)}, which was chosen`];
    }
  }
  return undefined;
}

/** I6: who is or was active in an epoch holds at least what was chosen in those before. */
function checkStart(
  pasts: readonly Past[],
  chosen: readonly Held[],
  views: ReadonlyMap<Epoch, SeenView>,
): Broken | undefined {
  for (const [member, { activeIn, held }] of pasts.entries()) {
    for (const epoch of activeIn) {
      const own = Math.max(
        0,
        ...[...held.values()].filter((each) => each.epoch === epoch).map(({ ballot }) => ballot),
      );
      for (const { state, epochs } of chosen) {
        const isBefore = [...epochs].some(
          ([each, names]) => each < epoch && isChosen(state, each, names, views),
        );
        if (isBefore && own < state.ballot)
          return [
            'I6',
            `${memberNames[member] ?? '?'} is active in epoch ${epoch} without ${heldText(state)}, chosen before`,
          ];
      }
    }
  }
  return undefined;
}

/** I2: epochs in which a quorum is active now. */
function rulingEpochs(pasts: readonly Past[], views: ReadonlyMap<Epoch, SeenView>): readonly Epoch[] {
  return [...views.values()]
    .filter(({ epoch, members }) => {
      const active = memberNames.filter((_, member) => pasts[member]?.activeNow === epoch).join('');
      return isQuorum(members, active);
    })
    .map(({ epoch }) => epoch);
}

/**
 * What members accepted in an epoch is chosen when a quorum did; what they brought along from one before, when all of them hold it:
 * until then it may give way to something that another brought along.
 */
function isChosen(
  { ballot }: HeldState,
  epoch: Epoch,
  names: string,
  views: ReadonlyMap<Epoch, SeenView>,
): boolean {
  const members = views.get(epoch)?.members ?? '';
  if (epochOf(ballot) === epoch) return isQuorum(members, names);
  return members !== '' && [...members].every((name) => names.includes(name));
}

function isQuorum(members: string, names: string): boolean {
  const present = [...members].filter((name) => names.includes(name)).length;
  return members.length > 0 && present > members.length / 2;
}
