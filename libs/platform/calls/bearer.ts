/** The token of an `authorization` header or metadata, whatever the case of the scheme (RFC 9110); empty where there is none. */
export function tokenOf(credentials: string): string {
  return /^bearer +(.*)$/i.exec(credentials)?.[1] ?? '';
}
