export interface Health {
  /** Registers a watchdog: true, or a sentence that says what hangs; then `/healthz` fails and the process is restarted. Never ask a dependency here. Returns what removes it. */
  watchdog(name: string, check: () => true | string): () => void;
}
