const decoder = /* @__PURE__ */ new TextDecoder()

/**
 * Bytes of a record: a `Uint8Array` whose `toString()` reads them as UTF-8, as one is used to from
 * Node's `Buffer`.
 *
 * It may be a view of a larger buffer that it shares with the records around it. Copy it
 * (`slice()`) before transferring it, or before keeping a few bytes of many for long.
 */
export class Bytes extends Uint8Array<ArrayBuffer> {
  // Results of `slice` and `map` are plain arrays of bytes of their own.
  static get [Symbol.species](): Uint8ArrayConstructor {
    return Uint8Array
  }

  /** The bytes as text: `utf8` (also `utf-8`), `hex`, `base64` or `latin1`. */
  override toString(encoding: 'utf8' | 'utf-8' | 'hex' | 'base64' | 'latin1' = 'utf8'): string {
    switch (encoding) {
      case 'utf8':
      case 'utf-8':
        return decoder.decode(this)
      case 'hex':
        return Array.from(this, (byte) => byte.toString(16).padStart(2, '0')).join('')
      case 'latin1':
        return Array.from(this, (byte) => String.fromCharCode(byte)).join('')
      case 'base64':
        return btoa(Array.from(this, (byte) => String.fromCharCode(byte)).join(''))
      default:
        throw new TypeError(`${String(encoding)}: utf8, hex, base64 and latin1 are known`)
    }
  }
}
