/** Writes the song list of this folder: invented titles in the shapes of the course's files, the same on every run. */
import { writeFileSync } from 'node:fs';
import { argv } from 'node:process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Random } from '../../src/ports.js';
import { createRandom } from '../../src/random.js';

const filesOfEach = 10;
const linesOfEach = 50;

/** All files by name: ten of each kind with fifty lines, and the older edition's `insert.txt`. */
export function songFiles(random: Random = createRandom('songs')): ReadonlyMap<string, string> {
  const titles = inventTitles(filesOfEach * linesOfEach, random);
  const any = (): string => titles[Math.floor(random() * titles.length)] ?? '';
  const files = new Map<string, string>();
  for (let file = 0; file < filesOfEach; file++) {
    const number = String(file).padStart(2, '0');
    const part = titles.slice(file * linesOfEach, (file + 1) * linesOfEach);
    files.set(`insert_${number}_part.txt`, lines(part));
    files.set(`query_${number}.txt`, lines(Array.from({ length: linesOfEach }, any)));
    const request = (line: number): string =>
      random() < 0.5 ? `query, ${any()}` : `insert, ${any()}, ${file * linesOfEach + line + 1}`;
    files.set(
      `requests_${number}.txt`,
      lines(Array.from({ length: linesOfEach }, (_, line) => request(line))),
    );
  }
  files.set('insert.txt', lines(titles.map((title, index) => `${title}, ${index + 1}`)));
  return files;
}

const adjectives =
  "Amber Broken Burning Crooked Distant Electric Faded Gentle Golden Hollow Hungry Invisible Lonesome Lost Midnight Paper Purple Quiet Restless Rusty Second Silver Sleepless Stolen Tangled Thousand Velvet Wandering Whispering Winter Nobody's".split(
    ' ',
  );
const nouns =
  'Anchor Avenue Bicycle Carousel Compass Daughter Echo Ferry Garden Harbor Heart Lantern Letter Lighthouse Machine Mirror Moon Orchard Parade Piano Postcard Radio Railway River Rooftop Shadow Sparrow Station Suitcase Tide Violin Window'.split(
    ' ',
  );
const places =
  'Alexandria Athens Corfu Delphi Dublin Havana Kyoto Lisbon Naxos Odessa Oslo Patras Porto Trieste Tunis Zanzibar'.split(
    ' ',
  );

const shapes: readonly ((pick: Picker) => string)[] = [
  (pick) => `${pick(adjectives)} ${pick(nouns)}`,
  (pick) => `The ${pick(nouns)} of ${pick(places)}`,
  (pick) => `Don't Wake the ${pick(nouns)}`,
  (pick) => `${pick(places)}'s ${pick(adjectives)} ${pick(nouns)}`,
  (pick) => `Last ${pick(nouns)} to ${pick(places)}`,
  (pick) => `I Can't Find My ${pick(nouns)}`,
  (pick) => `${pick(nouns)} and ${pick(nouns)}`,
  (pick) => `O ${pick(nouns)} O ${pick(adjectives)} ${pick(nouns)}`,
];

type Picker = (words: readonly string[]) => string;

/** Distinct titles without commas; one in eight ends in a space, as some of the course's lines do. */
function inventTitles(count: number, random: Random): readonly string[] {
  const pick: Picker = (words) => words[Math.floor(random() * words.length)] ?? '';
  const titles = new Set<string>();
  while (titles.size < count) {
    const shape = shapes[Math.floor(random() * shapes.length)];
    if (shape === undefined) continue;
    const title = shape(pick);
    if (titles.has(title) || titles.has(`${title} `)) continue;
    titles.add(random() < 0.125 ? `${title} ` : title);
  }
  return [...titles];
}

function lines(texts: readonly string[]): string {
  return texts.map((text) => `${text}\n`).join('');
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const folder = argv[2] ?? 'examples/songs';
  for (const [name, content] of songFiles()) writeFileSync(join(folder, name), content);
}
