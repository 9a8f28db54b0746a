// Compose, Dockerfile and Kubernetes files are real and can't be run here: what can be known without an engine is checked.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { processConfig } from '@switchyard/platform/run-roles';
import { parse, parseAllDocuments } from 'yaml';

const root = path.resolve(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

interface ComposeService {
  readonly image?: string;
  readonly user?: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean };
  readonly volumes?: readonly string[];
}

const compose = parse(read('docker-compose.yml'), { merge: true }) as {
  readonly services: Record<string, ComposeService>;
  readonly volumes: Record<string, unknown>;
};
const services = Object.entries(compose.services);
const roles = services.filter(([, service]) => service.environment?.['ROLE'] !== undefined);
const ours = services.filter(([, service]) => service.build !== undefined);
const apps = readdirSync(path.join(root, 'apps')).filter((app) => !['cli', 'standalone'].includes(app));

describe('docker-compose.yml', () => {
  it('runs every role, the order-gateway twice', () => {
    expect(roles.map(([, service]) => service.environment?.['ROLE']).sort()).toEqual([...apps, 'order-gateway'].sort());
  });

  it('names only variables that a process reads, and docs/configuration.md has', () => {
    const documented = read('docs/configuration.md');
    const known = processConfig.variables.map((variable) => variable.name).filter((name) => documented.includes(`| \`${name}\``));
    expect(known.length).toBe(processConfig.variables.length);
    for (const [name, service] of ours) {
      // The page is made of the roles' schemas: a role's own variables are in its section.
      const section = new RegExp(`^## ${service.environment?.['ROLE']}\n[^]*?(?=^## )`, 'm').exec(documented)?.[0] ?? '';
      const isKnown = (variable: string): boolean => known.includes(variable) || section.includes(`| \`${variable}\``);
      const unknown = Object.keys(service.environment ?? {}).filter((variable) => variable !== 'ROLE' && !isKnown(variable));
      expect({ name, unknown }).toEqual({ name, unknown: [] });
    }
  });

  it('gives every process an address that the others know', () => {
    for (const [name, service] of roles) {
      expect(service.environment?.['SWITCHYARD_ADVERTISED_ADDRESS']).toBe(`${name}:7400`);
      expect(service.environment?.['SWITCHYARD_PEERS']).toContain(`${name}:7400`);
      expect(service.environment?.['SWITCHYARD_PROCESS_NAME']).toBe(name);
    }
  });

  it('runs what is ours without privileges, and as nobody in particular', () => {
    expect(ours.length).toBe(roles.length + 1);
    for (const [, service] of ours) {
      expect(service).toMatchObject({ user: '10001:10001', read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] });
    }
  });

  it('lets the roles read the key that migrate makes: one user, one volume, one folder', () => {
    const migrate = compose.services['migrate'];
    expect(migrate?.volumes).toEqual(['keys:/keys']);
    expect(migrate?.environment?.['SWITCHYARD_KEYS_FOLDER']).toBe('/keys');
    for (const [name, service] of roles) {
      expect(service.user).toBe(migrate?.user);
      // The venue has its log on a volume of its own.
      expect(service.volumes).toEqual(name === 'matching-engine' ? ['keys:/keys:ro', 'venue:/venue'] : ['keys:/keys:ro']);
      expect(service.environment).toMatchObject({
        SWITCHYARD_SERVICE_KEY_FILE: '/keys/dev-key.json',
        SWITCHYARD_JWKS_FILE: '/keys/jwks.json',
      });
      expect(service.depends_on?.['migrate']).toEqual({ condition: 'service_completed_successfully' });
    }
  });

  it('starts programs that the build makes', () => {
    for (const [, service] of ours) {
      expect(service.build).toEqual({ context: '.', dockerfile: 'infra/docker/Dockerfile' });
      const program = service.command?.[1] ?? `apps/${service.environment?.['ROLE'] ?? ''}/dist/main.js`;
      expect({ program, is: existsInRoot(program.replace('/dist/', '/').replace(/js$/, 'ts')) }).toEqual({ program, is: true });
    }
  });

  it('reaches PostgreSQL, Kafka and Redis where, and as whom, they are', () => {
    const { POSTGRES_USER: user, POSTGRES_PASSWORD: password, POSTGRES_DB: database } = compose.services['postgres']?.environment ?? {};
    for (const [, service] of ours)
      expect(service.environment).toMatchObject({
        SWITCHYARD_POSTGRES_URL: `postgres://${user}:${password}@postgres:5432/${database}`,
        SWITCHYARD_KAFKA_BROKERS: compose.services['kafka']?.environment?.['KAFKA_ADVERTISED_LISTENERS']?.replace('PLAINTEXT://', ''),
        SWITCHYARD_REDIS_URL: 'redis://redis:6379',
      });
    expect(compose.services['redis']).toBeDefined();
  });

  it('pins every image of others, checks everybody, and waits for what exists', () => {
    for (const [name, service] of services) {
      if (service.image !== 'switchyard:local') expect(service.image).toMatch(/^[\w./-]+:\d+(\.\d+)+$/);
      expect({ name, checked: service.healthcheck?.test !== undefined || service.healthcheck?.disable === true }).toEqual({
        name,
        checked: true,
      });
      expect(Object.keys(service.depends_on ?? {}).filter((other) => compose.services[other] === undefined)).toEqual([]);
      for (const volume of service.volumes ?? []) expect(Object.keys(compose.volumes)).toContain(volume.split(':')[0]);
    }
  });
});

describe('the Dockerfile', () => {
  const lines = read('infra/docker/Dockerfile').split('\n');

  it('has several stages and ends as a user without a name', () => {
    expect(lines.filter((line) => line.startsWith('FROM ')).length).toBeGreaterThan(1);
    expect(lines.filter((line) => line.startsWith('USER ')).at(-1)).toBe('USER 10001:10001');
    expect(lines.filter((line) => line.startsWith('FROM ')).every((line) => !line.includes(':latest') && line.includes(':'))).toBe(true);
  });

  // The last stage is the image.
  const image = lines.slice(lines.findLastIndex((line) => line.startsWith('FROM ')));

  it('gives the folder of the key to the user of the roles', () => {
    const owns = image.findIndex((line) => line === 'RUN install -d -o 10001 -g 10001 -m 0700 /keys');
    expect(owns).toBeGreaterThan(0);
    expect(owns).toBeLessThan(image.indexOf('USER 10001:10001'));
  });

  it('carries the contracts, for reflection, above the code that looks for them', () => {
    expect(image).toContain('WORKDIR /app');
    expect(image).toContain('COPY --from=build --chown=root:root /app/proto proto');
    expect(lines).toContain('COPY proto proto');
  });

  it('has every package of the workspace where npm ci looks for it', () => {
    const copied = lines.filter((line) => /^COPY (?!--)/.test(line)).flatMap((line) => line.split(' ').slice(1, -1));
    const { workspaces } = JSON.parse(read('package.json')) as { readonly workspaces: readonly string[] };
    const missing = workspaces.filter((folder) => !copied.some((one) => `${folder}/package.json`.startsWith(one)));
    expect(missing).toEqual([]);
  });

  it('copies only what exists', () => {
    const sources = lines.filter((line) => /^COPY (?!--)/.test(line)).flatMap((line) => line.split(' ').slice(1, -1));
    expect(sources).not.toEqual([]);
    expect(sources.filter((source) => !existsInRoot(source))).toEqual([]);
  });
});

describe('k8s/base', () => {
  const base = 'k8s/base/order-gateway';
  const { resources } = parse(read(`${base}/kustomization.yaml`)) as { readonly resources: readonly string[] };
  const objects = resources.flatMap((file) => parseAllDocuments(read(`${base}/${file}`)).map((document) => document.toJS() as K8sObject));
  const set = objects.find((object) => object.kind === 'StatefulSet');

  it('has the stateful set, its headless service and its disruption budget, all selecting its pods', () => {
    const labels = { 'app.kubernetes.io/name': 'order-gateway' };
    expect(objects.map((object) => object.kind)).toEqual(['StatefulSet', 'Service', 'PodDisruptionBudget']);
    expect(set?.spec.template?.metadata.labels).toMatchObject(labels);
    expect(objects.find((object) => object.kind === 'Service')?.spec).toMatchObject({ clusterIP: 'None', selector: labels });
    expect(objects.find((object) => object.kind === 'PodDisruptionBudget')?.spec.selector).toEqual({ matchLabels: labels });
  });

  it('keeps to the Pod Security Standard "restricted"', () => {
    const pod = set?.spec.template?.spec;
    expect(pod).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    });
    for (const container of pod?.containers ?? [])
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
  });

  it('asks /healthz for liveness, /readyz for readiness, and limits memory', () => {
    for (const container of set?.spec.template?.spec.containers ?? []) {
      expect(container.livenessProbe?.httpGet?.path).toBe('/healthz');
      expect(container.readinessProbe?.httpGet?.path).toBe('/readyz');
      expect(container.resources?.limits?.['memory']).toBe(container.resources?.requests?.['memory']);
    }
  });
});

interface Container {
  readonly securityContext?: unknown;
  readonly livenessProbe?: { readonly httpGet?: { readonly path: string } };
  readonly readinessProbe?: { readonly httpGet?: { readonly path: string } };
  readonly resources?: { readonly requests?: Readonly<Record<string, string>>; readonly limits?: Readonly<Record<string, string>> };
}

interface K8sObject {
  readonly kind: string;
  readonly spec: {
    readonly selector?: unknown;
    readonly template?: { readonly metadata: { readonly labels: unknown }; readonly spec: { readonly containers: readonly Container[] } };
  };
}

function existsInRoot(file: string): boolean {
  const parent = path.join(root, path.dirname(file));
  return readdirSync(parent).includes(path.basename(file));
}
