/** How the rows of `rondo simulate --paper` are shown: a table a section, published figures beside ours, or JSON lines. */
import type { Experiment, Figures } from './experiment.js';

/** One row, measured. */
export interface PaperRow {
  readonly section: string;
  readonly row: string;
  readonly published: Figures;
  readonly ours: Figures;
  /** Whether all that must hold of the row holds. */
  readonly ok: boolean;
  /** Names of the figures out of bounds. */
  readonly outside: readonly string[];
}

export function judge(experiment: Experiment, ours: Figures): PaperRow {
  const { section, row, published, bounds } = experiment;
  const outside = Object.entries(bounds)
    .filter(([name, [least, most]]) => !((ours[name] ?? NaN) >= least && (ours[name] ?? NaN) <= most))
    .map(([name]) => name);
  const rounded = Object.entries(ours).map(
    ([name, value]) => [name, Math.round(value * 1_000) / 1_000] as const,
  );
  return { section, row, published, ours: Object.fromEntries(rounded), ok: outside.length === 0, outside };
}

/** The lines of one section's table; all rows are of that section. */
export function describeSection(rows: readonly PaperRow[]): readonly string[] {
  const names = Object.keys(rows[0]?.ours ?? {});
  const isPublished = (name: string): boolean => rows.some(({ published }) => name in published);
  const head = ['', ...names.map((name) => (isPublished(name) ? `${name}: published / ours` : name)), ''];
  const lines = rows.map(({ row, published, ours, outside }) => [
    row,
    ...names.map((name) => {
      const shown = show(ours[name]);
      return isPublished(name) ? `${show(published[name])} / ${shown}` : shown;
    }),
    outside.length === 0 ? '' : `OUT OF BOUNDS: ${outside.join(', ')}`,
  ]);
  const widths = head.map((_, column) =>
    Math.max(...[head, ...lines].map((line) => line[column]?.length ?? 0)),
  );
  const align = (cells: readonly string[]): string =>
    cells
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd();
  return [rows[0]?.section ?? '', ...[head, ...lines].map((line) => `  ${align(line)}`), ''];
}

function show(figure: number | undefined): string {
  return figure === undefined ? '-' : String(Math.round(figure * 100) / 100);
}
