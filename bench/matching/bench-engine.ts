/** What the bench needs of an engine. */
export interface BenchEngine {
  execute(words: Int32Array, from: number, to: number): void;
  readonly reports: Int32Array;
  readonly reportsLength: number;
  clearReports(): void;
}

export type EngineName = 'fast' | 'reference' | 'npm';

/** Loads only the engine that is asked for: V8's flags are set before, and no other engine's code shapes its own. */
export async function loadEngine(name: EngineName): Promise<BenchEngine> {
  switch (name) {
    case 'fast':
      return new (await import('@switchyard/matching-core/engine')).FastEngine();
    case 'reference':
      return new (await import('@switchyard/matching-core/engine')).ReferenceEngine();
    case 'npm':
      return new (await import('./npm-book.js')).NpmEngine();
  }
}
