/** A picture of the ring as SVG: nodes on Chord's circle by their identifiers. Pure, and without imports that stay: a page loads this very file. */
import type { NodeStatus } from '../../src/admin.js';

/** What the picture shows of a node. */
export type PicturedNode = Pick<
  NodeStatus,
  'id' | 'address' | 'state' | 'predecessor' | 'successors' | 'partitionsLed' | 'records'
>;

const size = 760;
const center = size / 2;
const radius = 230;
const labelRadius = 268;
/** Above this many nodes labels would only hide each other: the tooltips remain. */
const labelsMax = 48;
/** Radians between neighbouring labels at least; labels move aside, dots do not. */
const labelGap = 0.11;

const stateColors: ReadonlyMap<string, string> = new Map([
  ['member', '#2f8f5b'],
  ['joining', '#c98a12'],
  ['departing', '#3b6fc4'],
  ['left', '#8a8f98'],
  ['unresponsive', '#c43b3b'],
]);
const otherColor = '#7a5bb0';

/** Identifier 0 is at the top; identifiers grow clockwise. Keys and values are not shown. Any text in the nodes is escaped. */
export function ringPicture(nodes: readonly PicturedNode[]): string {
  const placed = nodes.map((node) => ({ node, angle: angleOf(node.id) })).sort((a, b) => a.angle - b.angle);
  const angles = new Map(placed.map(({ node, angle }) => [node.id, angle]));
  const largest = Math.max(1, ...nodes.map((node) => node.records));
  const labels = spread(placed.map(({ angle }) => angle));
  const parts = [
    `<circle cx="${center}" cy="${center}" r="${radius}" fill="none" stroke="#d5d9e0" stroke-width="2"/>`,
    ...placed.flatMap(({ node, angle }) => arcLed(node, angle, angles)),
    ...placed.flatMap(({ node, angle }) => successorLines(node, angle, angles)),
    ...placed.map(({ node, angle }) => dot(node, angle, largest)),
    ...(nodes.length > labelsMax
      ? []
      : placed.map(({ node, angle }, index) => label(node, angle, labels[index] ?? angle))),
    ...middle(nodes),
  ];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size} ${size}" width="${size}" height="${size}" font-family="ui-sans-serif, system-ui, sans-serif" role="img" aria-label="A ring of ${nodes.length} nodes">`,
    `<rect width="${size}" height="${size}" rx="16" fill="#ffffff"/>`,
    ...parts,
    '</svg>',
  ].join('\n');
}

/** The arc from the predecessor to the node: the identifiers whose home it is, wider the more records it leads. */
function arcLed(node: PicturedNode, angle: number, angles: ReadonlyMap<string, number>): string[] {
  const from = node.predecessor === null ? undefined : angles.get(node.predecessor);
  if (from === undefined || from === angle) return [];
  const start = point(from, radius);
  const end = point(angle, radius);
  const isLong = turn(angle - from) > Math.PI ? 1 : 0;
  return [
    `<path d="M ${start} A ${radius} ${radius} 0 ${isLong} 1 ${end}" fill="none" stroke="${colorOf(node)}" stroke-opacity="0.35" stroke-width="7"/>`,
  ];
}

/** Successors beyond the first, as faint curves towards the middle. */
function successorLines(node: PicturedNode, angle: number, angles: ReadonlyMap<string, number>): string[] {
  return node.successors.flatMap((successor, index) => {
    const to = angles.get(successor);
    if (to === undefined || successor === node.id) return [];
    const bend = point(angle + turn(to - angle) / 2, radius * Math.max(0.2, 0.82 - 0.16 * index));
    return [
      `<path d="M ${point(angle, radius)} Q ${bend} ${point(to, radius)}" fill="none" stroke="#9aa3b2" stroke-opacity="${index === 0 ? 0.7 : 0.3}" stroke-width="1"/>`,
    ];
  });
}

function dot(node: PicturedNode, angle: number, largest: number): string {
  const [x, y] = coordinates(angle, radius);
  const size = 6 + 8 * Math.sqrt(node.records / largest);
  const facts = [
    `${node.address} (${node.state})`,
    node.id,
    `predecessor ${node.predecessor ?? 'unknown'}`,
    ...node.successors.map((successor, index) => `successor ${index + 1} ${successor}`),
    `${node.partitionsLed} partitions led, ${node.records} records`,
  ];
  return `<circle cx="${x}" cy="${y}" r="${size.toFixed(1)}" fill="${colorOf(node)}" stroke="#ffffff" stroke-width="2"><title>${escape(facts.join('\n'))}</title></circle>`;
}

function label(node: PicturedNode, angle: number, labelAngle: number): string {
  const [x, y] = coordinates(labelAngle, labelRadius);
  const anchor =
    Math.abs(Math.sin(labelAngle)) < 0.25 ? 'middle' : Math.sin(labelAngle) > 0 ? 'start' : 'end';
  const state = node.state === 'member' ? '' : ` ${escape(node.state)}`;
  return [
    `<line x1="${coordinates(angle, radius + 14)[0]}" y1="${coordinates(angle, radius + 14)[1]}" x2="${coordinates(labelAngle, labelRadius - 10)[0]}" y2="${coordinates(labelAngle, labelRadius - 10)[1]}" stroke="#c3c9d3"/>`,
    `<text x="${x}" y="${y}" text-anchor="${anchor}" font-size="13" fill="#1c2430">${escape(node.address)}<tspan fill="${colorOf(node)}">${state}</tspan>`,
    `<tspan x="${x}" dy="15" font-size="11" fill="#667080">${escape(node.id.slice(0, 8))} · ${node.partitionsLed} · ${node.records}</tspan></text>`,
  ].join('');
}

function middle(nodes: readonly PicturedNode[]): string[] {
  const sum = (field: 'partitionsLed' | 'records'): number =>
    nodes.reduce((total, node) => total + node[field], 0);
  const lines: readonly (readonly [string, number, string])[] = [
    [`${nodes.length} ${nodes.length === 1 ? 'node' : 'nodes'}`, 22, '#1c2430'],
    [`${sum('records')} records`, 15, '#667080'],
    [`${sum('partitionsLed')} partitions`, 15, '#667080'],
  ];
  return lines.map(
    ([text, fontSize, fill], index) =>
      `<text x="${center}" y="${center - 14 + 24 * index}" text-anchor="middle" font-size="${fontSize}" fill="${fill}">${text}</text>`,
  );
}

/** Angles in radians clockwise from the top, from the first 32 of an identifier's 160 bits. */
function angleOf(id: string): number {
  const first = Number.parseInt(id.slice(0, 8), 16);
  return Number.isNaN(first) ? 0 : (first / 2 ** 32) * 2 * Math.PI;
}

/** Moves sorted angles apart until neighbours keep the gap, or the circle is full. */
function spread(angles: readonly number[]): readonly number[] {
  const moved = [...angles];
  const gap = Math.min(labelGap, (2 * Math.PI) / Math.max(1, angles.length));
  for (let round = 0; round < 40; round++) {
    for (let index = 0; index < moved.length; index++) {
      const next = (index + 1) % moved.length;
      const wrapped = next === 0 ? 2 * Math.PI : 0;
      const missing = gap - ((moved[next] ?? 0) + wrapped - (moved[index] ?? 0));
      if (missing <= 0 || next === index) continue;
      moved[index] = (moved[index] ?? 0) - missing / 2;
      moved[next] = (moved[next] ?? 0) + missing / 2;
    }
  }
  return moved;
}

function turn(angle: number): number {
  return ((angle % (2 * Math.PI)) + 2 * Math.PI) % (2 * Math.PI);
}

function coordinates(angle: number, distance: number): readonly [string, string] {
  return [(center + distance * Math.sin(angle)).toFixed(1), (center - distance * Math.cos(angle)).toFixed(1)];
}

function point(angle: number, distance: number): string {
  return coordinates(angle, distance).join(' ');
}

function colorOf(node: PicturedNode): string {
  return stateColors.get(node.state) ?? otherColor;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
