/** The open connections of a gateway, and what all that ever were add up to. */
import type { Socket } from 'node:net';
import type { GatewayCounters } from './command.js';
import type { Connection } from './connection.js';
import type { Session } from './session.js';

export class ConnectionRegistry {
  rejected = 0;
  private received = 0;
  private lastId = 0;
  private readonly open = new Map<Connection, Socket>();
  private closedCommands = 0;
  private closedBytesReceived = 0;
  private closedBytesSent = 0;

  get size(): number {
    return this.open.size;
  }

  /** From 1, never used again. */
  nextId(): number {
    return ++this.lastId;
  }

  add(connection: Connection, socket: Socket): void {
    this.received++;
    this.open.set(connection, socket);
  }

  remove(connection: Connection): void {
    const socket = this.open.get(connection);
    if (socket === undefined) return;
    this.open.delete(connection);
    this.closedCommands += connection.commandsProcessed;
    this.closedBytesReceived += socket.bytesRead;
    this.closedBytesSent += socket.bytesWritten;
  }

  *sessions(): Iterable<Session> {
    for (const connection of this.open.keys()) yield connection.session;
  }

  tick(nowMs: number): void {
    for (const connection of this.open.keys()) connection.tick(nowMs);
  }

  finishAll(): void {
    for (const connection of this.open.keys()) connection.finish();
  }

  destroyAll(): void {
    for (const socket of this.open.values()) socket.destroy();
  }

  counters(): GatewayCounters {
    let commandsProcessed = this.closedCommands;
    let bytesReceived = this.closedBytesReceived;
    let bytesSent = this.closedBytesSent;
    for (const [connection, socket] of this.open) {
      commandsProcessed += connection.commandsProcessed;
      bytesReceived += socket.bytesRead;
      bytesSent += socket.bytesWritten;
    }
    return {
      connectionsReceived: this.received,
      connectionsRejected: this.rejected,
      commandsProcessed,
      bytesReceived,
      bytesSent,
    };
  }
}
