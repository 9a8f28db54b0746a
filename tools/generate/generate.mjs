// npm run generate: TypeScript from proto/, with our own writer and reader in place of the stock ones (libs/contracts/wire.ts, wire-reader.ts). `--check` fails if the committed files differ.
import { execFileSync } from 'node:child_process';
import fs, { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { helpIfAsked } from '../help.mjs';
import { NODE_MAJOR, becomeNode24 } from '../start/node24.mjs';
import { rememberProto } from './proto-hash.mjs';

helpIfAsked(
  `npm run generate [-- --check]

Writes the TypeScript of proto/ to libs/contracts/gen, and the OpenAPI document.
  --check   write nothing, and fail if the committed files differ
`,
  ['--check'],
);

const root = path.resolve(import.meta.dirname, '../..');
const generated = path.join(root, 'libs/contracts/gen');

function generate() {
  const PATH = `${path.join(root, 'node_modules/.bin')}${path.delimiter}${path.dirname(process.execPath)}${path.delimiter}${process.env.PATH}`;
  execFileSync('buf', ['generate'], { cwd: root, stdio: 'inherit', env: { ...process.env, PATH } });
  for (const name of fs.globSync('**/*.ts', { cwd: generated })) {
    const file = path.join(generated, name);
    const contracts = path.relative(path.dirname(file), path.join(root, 'libs/contracts')).replaceAll(path.sep, '/');
    const text = readFileSync(file, 'utf8')
      .replace(
        'import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";',
        `import { BinaryReader } from "${contracts}/wire-reader.js";\nimport { BinaryWriter } from "${contracts}/wire.js";`,
      )
      // Our reader gives a number, which needs no text in between.
      .replace('longToNumber(int64: { toString(): string })', 'longToNumber(int64: number)')
      .replace('globalThis.Number(int64.toString())', 'int64')
      // Ours refuses what is no message, where the stock code stops reading it in the middle.
      .replaceAll(
        /( +)if \(\(tag & 7\) === 4 \|\| tag === 0\) \{\n +break;\n +\}\n +reader\.skip\(tag & 7\);\n +\}\n/g,
        '$1reader.skip(tag);\n      }\n      reader.ended(end);\n',
      )
      .replaceAll(/(if \(tag !== \d+\) \{\n +)break;/g, '$1return reader.wrongType(tag);')
      .replaceAll(/break;(\n {10}\}\n {8}(?:\}\n {8}reader\.skip| {2}case \d+: \{))/g, 'return reader.wrongType(tag);$1')
      .replaceAll(/(const end2 = .*\n(?:.*\n){3})/g, '$1              reader.ended(end2);\n')
      // One message that is sent twice would be the last of them alone.
      .replaceAll(
        /^( +)(message\.\w+) = (?=(?:\w+\.decode\(reader|\{\s+\$case: "\w+",\s+value: [^\n]*reader))/gm,
        '$1if ($2 !== undefined) reader.twice(tag);\n$1$2 = ',
      )
      // A reader of a few fields passes over what it does not want (decodeWithout).
      .replace(/(message\.\w+) = ((\w+)\.decode\(reader, reader\.uint32\(\)\));/g, '$1 = reader.wants($3) ? $2 : undefined;')
      .replace(/const entry\d+ = (\w+)\.decode\(reader, reader\.uint32\(\)\);/g, 'if (!reader.wants($1)) continue;\n            $&');
    if (/@bufbuild/.test(text)) throw new Error(`${name} imports the stock codec in a way that this tool doesn't know`);
    writeFileSync(file, text);
  }
}

/** Everything that is generated. */
async function generateAll() {
  generate();
  const { openApi } = await import('./openapi.mjs');
  writeFileSync(path.join(generated, 'openapi.json'), `${JSON.stringify(await openApi(), null, 2)}\n`);
}

function contents() {
  return new Map(
    fs
      .globSync('**/*.{ts,json}', { cwd: generated })
      .sort()
      .map((name) => [name, readFileSync(path.join(generated, name), 'utf8')]),
  );
}

async function main() {
  if (process.argv.includes('--check')) {
    const before = contents();
    const copy = mkdtempSync(path.join(tmpdir(), 'switchyard-generate-'));
    cpSync(generated, copy, { recursive: true });
    try {
      await generateAll();
      const after = contents();
      const stale = [...new Set([...before.keys(), ...after.keys()])].filter((name) => before.get(name) !== after.get(name));
      if (stale.length > 0) {
        console.error(`libs/contracts/gen is not what proto/ gives: run "npm run generate" and commit ${stale.join(', ')}`);
        process.exitCode = 1;
      }
    } finally {
      // A check changes nothing.
      rmSync(generated, { recursive: true });
      cpSync(copy, generated, { recursive: true });
      rmSync(copy, { recursive: true });
    }
  } else {
    await generateAll();
    rememberProto();
  }
}

if (Number(process.versions.node.split('.')[0]) >= NODE_MAJOR) await main();
else becomeNode24(process.argv.slice(1));
