/** The standard services beside ours: health (grpc.health.v1) and reflection. Loaded after the start, since both read .proto files. */
import { type Server } from '@grpc/grpc-js';
import { type ServiceContract } from '@switchyard/contracts';
import { existsSync } from 'node:fs';
import path from 'node:path';

const healthIntervalMs = 250;

/** Serves health for the process and each of its services, by what `ready` says. Returns what stops it. */
export async function serveHealth(server: Server, contracts: readonly ServiceContract[], ready: () => boolean): Promise<() => void> {
  const { HealthImplementation } = await import('grpc-health-check');
  const names = ['', ...contracts.map((contract) => contract.definition.fullName)];
  const health = new HealthImplementation();
  let shown: boolean | undefined;
  function show(serving: boolean): void {
    if (serving === shown) return;
    shown = serving;
    for (const name of names) health.setStatus(name, serving ? 'SERVING' : 'NOT_SERVING');
  }
  show(ready());
  // The package has its own copy of grpc-js types.
  health.addToServer(server as never);
  const timer = setInterval(() => show(ready()), healthIntervalMs);
  timer.unref();
  return () => {
    clearInterval(timer);
    show(false);
  };
}

/** Serves reflection of the contracts, from the .proto files. */
export async function serveReflection(server: Server, contracts: readonly ServiceContract[]): Promise<void> {
  const [{ ReflectionService }, { load }] = await Promise.all([import('@grpc/reflection'), import('@grpc/proto-loader')]);
  const folder = protoFolder(import.meta.dirname);
  const files = [...new Set(contracts.map((contract) => contract.definition.fullName.split('.').slice(0, -2).join('/')))];
  const definition = await load(
    files
      .flatMap((noun) => ['v1/service.proto', 'v1/journal.proto'].map((name) => path.join(noun, name)))
      .filter((file) => existsSync(path.join(folder, file))),
    { includeDirs: [folder], keepCase: true },
  );
  new ReflectionService(definition as never, { services: contracts.map((contract) => contract.definition.fullName) }).addToServer(
    server as never,
  );
}

/** The folder with the .proto files: at the root of the workspace, or of the image. */
function protoFolder(from: string): string {
  const here = path.join(from, 'proto');
  if (existsSync(path.join(here, 'common/v1'))) return here;
  const up = path.dirname(from);
  if (up === from)
    throw new Error('the folder proto/ is not there: reflection needs it, or switch it off with SWITCHYARD_GRPC_REFLECTION=false');
  return protoFolder(up);
}
