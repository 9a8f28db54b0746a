import http from 'node:http';

const patienceMs = 1_000;

/** Whether a Docker engine answers, at DOCKER_HOST (`unix://…` or `tcp://host:port`) or where engines listen: one question, a second at most. */
export function dockerAnswers(env: NodeJS.ProcessEnv): Promise<boolean> {
  const target = targetOf(env['DOCKER_HOST'] || 'unix:///var/run/docker.sock');
  if (target === undefined) return Promise.resolve(false);
  return new Promise((resolve) => {
    const request = http.get({ ...target, path: '/_ping', timeout: patienceMs }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(false));
    request.on('close', () => resolve(false));
  });
}

/** undefined: an address of a kind that Testcontainers is left to (ssh, TLS) and that is not asked here. */
function targetOf(address: string): { socketPath: string } | { host: string; port: string } | undefined {
  if (address.startsWith('unix://')) return { socketPath: address.slice('unix://'.length) };
  if (!URL.canParse(address)) return undefined;
  const { protocol, hostname, port } = new URL(address);
  return protocol === 'tcp:' ? { host: hostname, port } : undefined;
}
