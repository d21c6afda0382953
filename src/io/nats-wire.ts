/**
 * Wires over NATS, for hosts that cannot dial each other: each host listens under a name, and whoever knows the name and may use the
 * subjects reaches it (nats/messages.ts). What NATS loses is found by its number, and ends the wire.
 */
import { RondoError } from '../errors.js';
import { isNatsName, natsNameRule } from '../nats-options.js';
import { NatsCarrier, type CarrierOptions } from './nats/carrier.js';
import { messageKinds, readMessage, Subjects } from './nats/messages.js';
import { NatsStream } from './nats/stream.js';
import { neverOpened, type Connector, type Wire, type WireEvents } from './wire.js';

export interface NatsOptions extends Omit<CarrierOptions, 'name' | 'connectMsMax'> {
  readonly clusterName: string;
  /** Under which this host listens, and from which it dials. */
  readonly ownName: string;
  /** A dial that has not opened by then fails; so does the connection to a server at the start. */
  readonly dialMsMax: number;
  /** Somebody asked for a wire in a way that no host does. */
  refused(from: string, reason: string): void;
}

/** Whoever has the name already is alive and answers within this. */
const probeMsMax = 1_000;

const unheard: WireEvents = { opened: () => undefined, received: () => undefined, closed: () => undefined };

/** Connects to NATS. Rejects with RondoError CONNECTION, INVALID_ARGUMENT, or UNSUPPORTED where the client library is missing. */
export async function openNatsConnector(options: NatsOptions): Promise<Connector> {
  const { clusterName, ownName, dialMsMax, refused } = options;
  const subjects = new Subjects(clusterName);
  const name = `rondo ${clusterName} ${ownName}`;
  const carrier = await NatsCarrier.open({ ...options, name, connectMsMax: dialMsMax });

  const dial = (address: string, events: WireEvents, msMax: number): Wire => {
    if (!isNatsName(address)) return neverOpened(`${address} is no name: ${natsNameRule}`, events);
    if (!carrier.isOnline) return neverOpened('there is no connection to a NATS server', events);
    const inbox = subjects.inbox(ownName);
    const late = setTimeout(() => stream.end(`no answer within ${msMax} ms`), msMax);
    const stream = new NatsStream(carrier, inbox, subjects.accept(address), 'dialled', {
      opened() {
        clearTimeout(late);
        events.opened();
      },
      received: (chunk) => events.received(chunk),
      closed(reason) {
        clearTimeout(late);
        events.closed(reason);
      },
    });
    return stream;
  };

  /** Whether another host listens under the name. */
  const isTaken = (address: string): Promise<boolean> =>
    new Promise((resolve) => {
      const wire = dial(
        address,
        {
          ...unheard,
          opened: () => {
            resolve(true);
            wire.close('it asked only whether the name is taken');
          },
          closed: () => resolve(false),
        },
        probeMsMax,
      );
    });

  return {
    dial: (address, events) => dial(address, events, dialMsMax),
    async listen(address, accept) {
      if (!isNatsName(address))
        throw new RondoError('INVALID_ARGUMENT', `${address} is no name on NATS: ${natsNameRule}`);
      if (await isTaken(address))
        throw new RondoError(
          'CONNECTION',
          `another host of cluster ${clusterName} listens as ${address} on NATS`,
        );
      let failure: string | undefined;
      const stop = carrier.subscribe(
        subjects.accept(address),
        ({ bytes, reply }) => {
          const from = subjects.hostOf(reply);
          if (from === undefined || readMessage(bytes)?.kind !== messageKinds.open)
            return refused(from ?? reply, 'it asked for a wire in a way that no host does');
          const stream = new NatsStream(carrier, subjects.inbox(ownName), reply, 'accepted', unheard);
          stream.events = accept(stream, from);
        },
        (reason) => (failure = reason),
      );
      await new Promise<void>((resolve) => carrier.flushed(resolve));
      if (failure !== undefined)
        throw new RondoError('CONNECTION', `cannot listen as ${address} on NATS: ${failure}`);
      return {
        address,
        close: () => {
          stop();
          return Promise.resolve();
        },
      };
    },
    close: () => carrier.close(),
  };
}
