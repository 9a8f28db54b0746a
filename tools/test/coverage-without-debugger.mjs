/**
 * Loaded before Jest, in its workers too, where coverage is measured. V8's profiler counts by itself; Jest's collector also turns
 * the debugger on and off around each spec file, which then takes several times as long and finds the same lines.
 */
import { createRequire } from 'node:module';

const jestCore = createRequire(createRequire(import.meta.url).resolve('jest')).resolve('@jest/core');
// The very module that jest-runtime has.
const { CoverageInstrumenter } = createRequire(createRequire(jestCore).resolve('jest-runtime'))('collect-v8-coverage');

CoverageInstrumenter.prototype.startInstrumenting = async function start() {
  this.session.connect();
  await this.postSession('Profiler.enable');
  await this.postSession('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
};

CoverageInstrumenter.prototype.stopInstrumenting = async function stop() {
  const { result } = await this.postSession('Profiler.takePreciseCoverage');
  await this.postSession('Profiler.stopPreciseCoverage');
  this.session.disconnect();
  return result;
};
