/** Where this package lies: the nearest folder upwards that holds its package.json. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { RondoError } from '../../src/errors.js';

const packageSchema = v.looseObject({ name: v.string(), version: v.string() });

export function packageFolder(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder;
    if (folder === dirname(folder))
      throw new RondoError('INTERNAL', 'the package.json of rondo is not above its code');
  }
}

export function packageVersion(): string {
  return v.parse(packageSchema, JSON.parse(readFileSync(join(packageFolder(), 'package.json'), 'utf8')))
    .version;
}
