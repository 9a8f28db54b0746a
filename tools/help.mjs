/** `--help` of our tools. Plain JavaScript that runs on Node 20. */

/** Where the caller asks for help: prints the usage and ends the process. Called before a tool does anything. */
export function helpIfAsked(usage) {
  if (!process.argv.includes('--help') && !process.argv.includes('-h')) return;
  process.stdout.write(usage);
  process.exit(0);
}
