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
const apps = readdirSync(path.join(root, 'apps')).filter((app) => !['cli', 'standalone'].includes(app));

describe('docker-compose.yml', () => {
  it('runs every role, the order-gateway twice', () => {
    expect(roles.map(([, service]) => service.environment?.['ROLE']).sort()).toEqual([...apps, 'order-gateway'].sort());
  });

  it('names only variables that a process reads', () => {
    const known = processConfig.variables.map((variable) => variable.name);
    for (const [name, service] of roles) {
      const unknown = Object.keys(service.environment ?? {}).filter((variable) => variable !== 'ROLE' && !known.includes(variable));
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

  it('runs roles without privileges, and as nobody in particular', () => {
    for (const [, service] of roles) {
      expect(service).toMatchObject({ user: '10001:10001', read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] });
    }
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
