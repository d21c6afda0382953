/** A connection to NATS, kept up by the client library: messages out, messages in, and news of the connection itself. */
import type { Authenticator, ConnectionOptions, NatsConnection, Status } from '@nats-io/transport-node';
import { RondoError, reasonOf } from '../../errors.js';
import type { NatsServers } from '../../nats-options.js';
import { loadNats, type NatsLibrary } from './library.js';

export interface CarrierOptions {
  readonly servers: NatsServers;
  /** A .creds file's text, or an NKEY seed. */
  readonly credentials?: string | undefined;
  /** Who signed the servers' certificates, in PEM. Default: the authorities that Node.js trusts. */
  readonly ca?: string | undefined;
  /** To prove oneself to servers that ask for it, in PEM. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** For people who look at the server's list of connections. */
  readonly name: string;
  readonly connectMsMax: number;
}

/** What hears of the connection. */
export interface CarrierEvents {
  /** The connection is lost, and looked for again. What was published last may be lost. */
  offline(): void;
  online(): void;
  /** The server does not let us publish to the subject. */
  forbidden(subject: string, reason: string): void;
  /** There will be no connection any more. */
  ended(reason: string): void;
}

export interface Delivery {
  /** Lent until the callback returns. */
  readonly bytes: Buffer;
  /** Empty when there is none. */
  readonly reply: string;
  /** The server says that nobody hears what was published with this subject as the reply's. */
  readonly isUnheard: boolean;
}

/** A stalled server is noticed within twice this. */
const pingIntervalMs = 2_000;
const reconnectMs = 250;
const closeMsMax = 1_000;
/** Less leaves no room for a stream. */
const payloadBytesLeast = 1_024;

export class NatsCarrier {
  readonly listeners = new Set<CarrierEvents>();
  readonly #connection: NatsConnection;
  #payloadBytesMax = payloadBytesLeast;
  #isOnline = true;
  #isFlushing = false;
  readonly #awaiting: (() => void)[] = [];

  private constructor(connection: NatsConnection) {
    this.#connection = connection;
    void this.#watch();
  }

  /** Rejects with RondoError CONNECTION when no server answers, INVALID_ARGUMENT for credentials that are none, UNSUPPORTED without the library. */
  static async open(options: CarrierOptions): Promise<NatsCarrier> {
    const library = await loadNats();
    const shown = options.servers.addresses.join(', ');
    const settings = settingsOf(options, library);
    const connection = await library.connect(settings).catch((cause: unknown) => {
      throw new RondoError('CONNECTION', `no NATS server lets us in at ${shown}: ${reasonOf(cause)}`, {
        cause,
      });
    });
    const carrier = new NatsCarrier(connection);
    if (carrier.payloadBytesMax >= payloadBytesLeast) return carrier;
    await carrier.close();
    const { payloadBytesMax } = carrier;
    throw new RondoError(
      'CONNECTION',
      `the NATS server at ${shown} takes messages of ${payloadBytesMax} bytes (max_payload): at least ${payloadBytesLeast} are needed`,
    );
  }

  get isOnline(): boolean {
    return this.#isOnline;
  }

  /** The longest message that the server takes. */
  get payloadBytesMax(): number {
    // Unknown between two connections.
    this.#payloadBytesMax = this.#connection.info?.max_payload ?? this.#payloadBytesMax;
    return this.#payloadBytesMax;
  }

  /** Without a connection it is lost. `reply` is where the server says that nobody hears it. */
  publish(subject: string, bytes: Buffer, reply: string): void {
    if (this.#isOnline && !this.#connection.isClosed()) this.#connection.publish(subject, bytes, { reply });
  }

  /** Answers how to end it. `failed` is called when the server does not permit it. */
  subscribe(
    subject: string,
    heard: (delivery: Delivery) => void,
    failed: (reason: string) => void,
  ): () => void {
    const subscription = this.#connection.subscribe(subject, {
      callback: (error, message) => {
        if (error !== null) return failed(reasonOf(error));
        const { buffer, byteOffset, length } = message.data;
        // The library's reader would end without a word.
        outside(() =>
          heard({
            bytes: Buffer.from(buffer, byteOffset, length),
            reply: message.reply ?? '',
            isUnheard: length === 0 && message.headers?.code === 503,
          }),
        );
      },
    });
    return () => {
      if (!this.#connection.isClosed()) subscription.unsubscribe();
    };
  }

  /** Calls back when the server has taken all that was published so far, or after a reconnection what was not lost of it. */
  flushed(tell: () => void): void {
    this.#awaiting.push(tell);
    this.#flush();
  }

  async close(): Promise<void> {
    if (this.#isOnline) {
      const late = new Promise<void>((resolve) => setTimeout(resolve, closeMsMax).unref());
      await Promise.race([this.#connection.flush().catch(() => undefined), late]);
    }
    this.#isOnline = false;
    await this.#connection.close();
  }

  #flush(): void {
    if (this.#isFlushing || !this.#isOnline || this.#awaiting.length === 0) return;
    this.#isFlushing = true;
    const told = this.#awaiting.splice(0);
    this.#connection.flush().then(
      () => {
        this.#isFlushing = false;
        for (const tell of told) outside(tell);
        this.#flush();
      },
      () => {
        // The connection was lost meanwhile: asked again when there is one.
        this.#isFlushing = false;
        this.#awaiting.unshift(...told);
      },
    );
  }

  async #watch(): Promise<void> {
    for await (const status of this.#connection.status()) this.#note(status);
    const error = await this.#connection.closed();
    this.#isOnline = false;
    const reason = error instanceof Error ? reasonOf(error) : 'it was closed';
    this.#tell((listener) => listener.ended(`the connection to NATS has ended: ${reason}`));
  }

  #note(status: Status): void {
    if (status.type === 'disconnect' && this.#isOnline) {
      this.#isOnline = false;
      this.#tell((listener) => listener.offline());
    }
    if (status.type === 'reconnect') {
      this.#isOnline = true;
      this.#tell((listener) => listener.online());
      this.#flush();
    }
    if (status.type === 'error') {
      const { error } = status;
      if (!('operation' in error) || error.operation !== 'publish' || !('subject' in error)) return;
      const subject = String(error.subject);
      this.#tell((listener) => listener.forbidden(subject, reasonOf(error)));
    }
  }

  #tell(what: (listener: CarrierEvents) => void): void {
    for (const listener of [...this.listeners]) outside(() => what(listener));
  }
}

function settingsOf(options: CarrierOptions, library: NatsLibrary): ConnectionOptions {
  const { servers, credentials, ca, cert, key, name, connectMsMax } = options;
  const { login } = servers;
  const texts = {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
  };
  const authenticator = credentials === undefined ? undefined : authenticatorOf(credentials, library);
  return {
    servers: [...servers.addresses],
    name,
    timeout: connectMsMax,
    pingInterval: pingIntervalMs,
    maxPingOut: 2,
    maxReconnectAttempts: -1,
    reconnectTimeWait: reconnectMs,
    reconnectJitter: reconnectMs,
    reconnectJitterTLS: reconnectMs,
    // A server whose accounts are being changed must not cut hosts off for good.
    ignoreAuthErrorAbort: true,
    noAsyncTraces: true,
    ...(servers.isTls || Object.keys(texts).length > 0 ? { tls: texts } : {}),
    ...(login.type === 'token' ? { token: login.token } : {}),
    ...(login.type === 'password' ? { user: login.user, pass: login.password } : {}),
    ...(authenticator === undefined ? {} : { authenticator }),
  };
}

function authenticatorOf(text: string, library: NatsLibrary): Authenticator {
  const bytes = new TextEncoder().encode(text);
  if (text.includes('BEGIN NATS USER JWT')) return library.credsAuthenticator(bytes);
  const [seed] = /\bSU[A-Z2-7]{56}\b/.exec(text) ?? [];
  if (seed !== undefined) return library.nkeyAuthenticator(new TextEncoder().encode(seed));
  throw new RondoError(
    'INVALID_ARGUMENT',
    'the credentials for NATS must be a .creds file, or the seed of a user NKEY (SU...)',
  );
}

/** An error thrown within the library's own callbacks would be swallowed there. */
function outside(work: () => void): void {
  try {
    work();
  } catch (error) {
    setImmediate(() => {
      throw error;
    });
  }
}
