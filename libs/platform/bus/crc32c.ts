/** CRC-32C (Castagnoli), by which Kafka checks a batch: four bytes a step. */

const polynomial = 0x82f63b78;
/** Four tables of 256: what a byte does that is followed by none, one, two and three. */
const tables = new Int32Array(4 * 256);
for (let byte = 0; byte < 256; byte++) {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 0 ? crc >>> 1 : (crc >>> 1) ^ polynomial;
  tables[byte] = crc;
}
for (let i = 256; i < tables.length; i++) tables[i] = (at(i - 256) >>> 8) ^ at(at(i - 256) & 0xff);

function at(i: number): number {
  return tables[i] as number;
}

export function crc32c(bytes: Uint8Array): number {
  let crc = -1;
  let i = 0;
  for (const end = bytes.length - 3; i < end; i += 4) {
    crc ^= (bytes[i] as number) | ((bytes[i + 1] as number) << 8) | ((bytes[i + 2] as number) << 16) | ((bytes[i + 3] as number) << 24);
    crc = at(768 + (crc & 0xff)) ^ at(512 + ((crc >>> 8) & 0xff)) ^ at(256 + ((crc >>> 16) & 0xff)) ^ at(crc >>> 24);
  }
  for (; i < bytes.length; i++) crc = at((crc ^ (bytes[i] as number)) & 0xff) ^ (crc >>> 8);
  return ~crc >>> 0;
}
