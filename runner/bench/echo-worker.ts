/** The echo's worker: answers the batches that come on its port. */
import { parentPort, type MessagePort } from 'node:worker_threads';
import { answerEcho, greetingOfEcho } from './echo-answer.js';

parentPort?.once('message', ({ port }: { port: MessagePort }) => {
  port.on('message', (message: string) => port.postMessage(answerEcho(message)));
  port.postMessage(greetingOfEcho());
});
