/**
 * Ends this process in order, as SIGTERM does, when the program that started it and keeps a channel to it (tools/cluster) is gone: a starter that was
 * killed leaves nobody who would. Does nothing in a process that has no such starter. Called once its signals are handled.
 */
export function endWithStarter(): void {
  if (process.send === undefined) return;
  const end = (): void => void process.kill(process.pid, 'SIGTERM');
  if (process.connected) process.once('disconnect', end);
  else end();
}
