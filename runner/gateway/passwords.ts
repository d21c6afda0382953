/** Compares passwords in a time that says nothing about them. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { bytesFromText, type ByteString } from '../../src/bytes.js';
import { RondoError } from '../../src/errors.js';

/** During a rotation the old and the new one are valid. */
const passwordsMax = 2;

/** Undefined when there is none to check. Fails with INVALID_ARGUMENT for an empty password or more than two. */
export function createPasswordCheck(
  passwords: readonly string[],
): ((password: ByteString) => boolean) | undefined {
  if (passwords.length === 0) return undefined;
  if (passwords.length > passwordsMax || passwords.includes('')) {
    throw new RondoError(
      'INVALID_ARGUMENT',
      'a gateway takes one password, or two during a rotation; none empty',
    );
  }
  const digests = passwords.map((password) => digest(bytesFromText(password)));
  return (password) => {
    const given = digest(password);
    return digests.map((valid) => timingSafeEqual(valid, given)).includes(true);
  };
}

function digest(password: ByteString): Buffer {
  return createHash('sha256').update(password, 'latin1').digest();
}
