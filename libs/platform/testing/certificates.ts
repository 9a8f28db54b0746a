/** Certificates for specs of mTLS: an authority, and what it signed, as PEM files. Made by hand in DER, since nothing on every machine makes them. */
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';

const oids = {
  ecdsaWithSha256: '06082a8648ce3d040302',
  commonName: '0603550403',
  basicConstraints: '0603551d13',
  subjectAltName: '0603551d11',
};

export interface CertificateFiles {
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly authorityFile: string;
}

/** An authority of its own name. */
export class TestAuthority {
  readonly #keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  readonly #authorityFile: string;

  constructor(
    private readonly folder: string,
    private readonly name: string,
  ) {
    this.#authorityFile = path.join(folder, `${name}.pem`);
    const isAuthority = extension(oids.basicConstraints, sequence(boolean(true)), true);
    writeFileSync(this.#authorityFile, pem('CERTIFICATE', this.#certificate(name, this.#keys.publicKey, isAuthority)));
  }

  /** A certificate for a process on this machine, with its key. */
  issue(name: string): CertificateFiles {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const localhost = sequence(tagged(0x82, Buffer.from('localhost')), tagged(0x87, Buffer.from([127, 0, 0, 1])));
    const certificateFile = path.join(this.folder, `${this.name}-${name}.pem`);
    const keyFile = path.join(this.folder, `${this.name}-${name}-key.pem`);
    writeFileSync(
      certificateFile,
      pem('CERTIFICATE', this.#certificate(name, publicKey, extension(oids.subjectAltName, localhost, false))),
    );
    writeFileSync(keyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    return { certificateFile, keyFile, authorityFile: this.#authorityFile };
  }

  #certificate(subject: string, publicKey: KeyObject, ...extensions: Buffer[]): Buffer {
    const dayMs = 24 * 60 * 60 * 1_000;
    const algorithm = sequence(Buffer.from(oids.ecdsaWithSha256, 'hex'));
    const toBeSigned = sequence(
      tagged(0xa0, integer(Buffer.from([2]))),
      integer(Buffer.concat([Buffer.from([1]), randomBytes(8)])),
      algorithm,
      nameOf(this.name),
      sequence(utcTime(Date.now() - dayMs), utcTime(Date.now() + dayMs)),
      nameOf(subject),
      publicKey.export({ type: 'spki', format: 'der' }),
      tagged(0xa3, sequence(...extensions)),
    );
    return sequence(toBeSigned, algorithm, bits(sign('sha256', toBeSigned, this.#keys.privateKey)));
  }
}

function tagged(tag: number, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const { length } = body;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), body]);
}

const sequence = (...parts: Buffer[]): Buffer => tagged(0x30, ...parts);
const integer = (bytes: Buffer): Buffer => tagged(0x02, bytes);
const boolean = (value: boolean): Buffer => tagged(0x01, Buffer.from([value ? 0xff : 0]));
const bits = (bytes: Buffer): Buffer => tagged(0x03, Buffer.from([0]), bytes);
const nameOf = (name: string): Buffer =>
  sequence(tagged(0x31, sequence(Buffer.from(oids.commonName, 'hex'), tagged(0x0c, Buffer.from(name)))));

function extension(oid: string, value: Buffer, isCritical: boolean): Buffer {
  return sequence(Buffer.from(oid, 'hex'), ...(isCritical ? [boolean(true)] : []), tagged(0x04, value));
}

function utcTime(atMs: number): Buffer {
  const text = new Date(atMs).toISOString().replaceAll(/[-:T]/g, '').slice(2, 14);
  return tagged(0x17, Buffer.from(`${text}Z`));
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
