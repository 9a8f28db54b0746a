/** `--help` of our tools. Plain JavaScript that runs on Node 20. */

/**
 * Where the caller asks for help: prints the usage and ends the process. Called before a tool does anything. A tool that names the options it takes
 * has any other argument refused here.
 */
export function helpIfAsked(usage, options = undefined) {
  const args = process.argv.slice(2);
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(usage);
    process.exit(0);
  }
  const unknown = options === undefined ? [] : args.filter((arg) => !options.includes(arg));
  if (unknown.length === 0) return;
  process.stderr.write(`There is no option ${unknown.join(', ')}.\n\n${usage}`);
  process.exit(1);
}
