/** The process that stands for this test run: Jest's main process, which its globalSetup named, or this one without Jest. */
export function testRunPid(): number {
  return Number(process.env['SWITCHYARD_TEST_RUN_PID'] ?? process.pid);
}
