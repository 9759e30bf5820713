// CRC-32C (Castagnoli), as record batches and backups have it.

const POLYNOMIAL = 0x82f63b78

let tables: Uint32Array[] | undefined

/** Four tables, to take four bytes at a time. */
function made(): Uint32Array[] {
  const first = Uint32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1
    return crc >>> 0
  })
  const all = [first]
  for (let at = 1; at < 4; at++) {
    const last = all[at - 1] as Uint32Array
    all.push(last.map((crc) => (crc >>> 8) ^ (first[crc & 0xff] as number)))
  }
  return all
}

/** The checksum of some bytes, going on from that of those before them. */
export function crc32c(bytes: Uint8Array, before = 0): number {
  tables ??= made()
  const [t0, t1, t2, t3] = tables as [Uint32Array, Uint32Array, Uint32Array, Uint32Array]
  let crc = ~before
  let at = 0
  for (const end = bytes.length - 3; at < end; at += 4) {
    crc ^=
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)
    crc =
      (t3[crc & 0xff] as number) ^
      (t2[(crc >>> 8) & 0xff] as number) ^
      (t1[(crc >>> 16) & 0xff] as number) ^
      (t0[crc >>> 24] as number)
  }
  for (; at < bytes.length; at++) {
    crc = (crc >>> 8) ^ (t0[(crc ^ (bytes[at] as number)) & 0xff] as number)
  }
  return ~crc >>> 0
}
