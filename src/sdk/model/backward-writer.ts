/** Texts up to this length are copied unit by unit, which is faster than a call into native code. */
const SHORT_TEXT = 40;

/** A tag of any field number, or a length, takes no more. */
const MAX_VARINT_BYTES = 8;

/**
 * Writes protobuf messages from their end to their beginning. A length comes before what it measures: code that
 * writes backwards knows it by then, and needs neither a first pass over the content nor a copy of it.
 *
 * So fields are written in descending order of their numbers, repeated ones from the last to the first, and a
 * message within the message is its fields and then {@link wrap}.
 */
export class BackwardWriter {
  #bytes: Buffer;
  /** Where the first byte written stands. */
  #begin: number;
  /** Where the present message ends. */
  #end: number;

  /** @param capacity bytes reserved at first; it grows as needed. */
  constructor(capacity: number) {
    this.#bytes = Buffer.allocUnsafe(capacity);
    this.#begin = capacity;
    this.#end = capacity;
  }

  /** Bytes of the present message so far. */
  get length(): number {
    return this.#end - this.#begin;
  }

  /** The present message. What is written next is another one, which shares its memory with this one. */
  take(): Buffer {
    const message = this.#bytes.subarray(this.#begin, this.#end);
    this.#end = this.#begin;
    return message;
  }

  /** Makes all that was written since the message had `length` bytes the content of a length-delimited field. */
  wrap(field: number, length: number): void {
    this.#reserve(2 * MAX_VARINT_BYTES);
    this.#varint(this.length - length);
    this.#varint(field * 8 + 2);
  }

  /** A string field; halves of surrogate pairs, which have no UTF-8 form, become U+FFFD. */
  text(field: number, text: string): void {
    const before = this.length;
    this.#characters(text);
    this.wrap(field, before);
  }

  /** A field of type bytes, or a message that is encoded already. */
  bytes(field: number, content: Uint8Array): void {
    this.#reserve(content.length);
    this.#begin -= content.length;
    this.#bytes.set(content, this.#begin);
    this.wrap(field, this.length - content.length);
  }

  /** As {@link bytes}, with a part of the present message: of `size` bytes, from where it had `length` bytes. */
  copy(field: number, length: number, size: number): void {
    this.#reserve(size);
    const source = this.#end - length - size;
    this.#begin -= size;
    this.#bytes.copyWithin(this.#begin, source, source + size);
    this.wrap(field, this.length - size);
  }

  /** A field of an integer or enum type. @param value not negative. */
  integer(field: number, value: number): void {
    this.#reserve(2 * MAX_VARINT_BYTES);
    this.#varint(value);
    this.#varint(field * 8);
  }

  boolean(field: number, value: boolean): void {
    this.integer(field, value ? 1 : 0);
  }

  double(field: number, value: number): void {
    this.#reserve(8 + MAX_VARINT_BYTES);
    this.#begin -= 8;
    this.#bytes.writeDoubleLE(value, this.#begin);
    this.#varint(field * 8 + 1);
  }

  #characters(text: string): void {
    const { length } = text;
    if (length > SHORT_TEXT) {
      this.#utf8(text);
      return;
    }
    this.#reserve(length);
    const bytes = this.#bytes;
    const begin = this.#begin - length;
    for (let index = 0; index < length; index += 1) {
      const unit = text.charCodeAt(index);
      if (unit > 0x7f) {
        this.#utf8(text);
        return;
      }
      bytes[begin + index] = unit;
    }
    this.#begin = begin;
  }

  #utf8(text: string): void {
    const size = Buffer.byteLength(text, "utf8");
    this.#reserve(size);
    this.#begin -= size;
    this.#bytes.write(text, this.#begin, size, "utf8");
  }

  #varint(value: number): void {
    if (value < 0x80) {
      this.#begin -= 1;
      this.#bytes[this.#begin] = value;
      return;
    }
    if (value < 0x4000) {
      this.#begin -= 2;
      this.#bytes[this.#begin] = 0x80 | (value & 0x7f);
      this.#bytes[this.#begin + 1] = value >> 7;
      return;
    }
    let size = 2;
    for (let rest = value / 0x4000; rest >= 1; rest /= 0x80) size += 1;
    this.#begin -= size;
    let rest = value;
    for (let at = this.#begin; at < this.#begin + size - 1; at += 1) {
      this.#bytes[at] = 0x80 + (rest % 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#begin + size - 1] = rest;
  }

  /** Makes room for `size` bytes; messages taken before keep the memory they are in. */
  #reserve(size: number): void {
    if (size <= this.#begin) return;
    const { length } = this;
    const capacity = Math.max(this.#bytes.length, 2 * (length + size));
    const bytes = Buffer.allocUnsafe(capacity);
    bytes.set(this.#bytes.subarray(this.#begin, this.#end), capacity - length);
    this.#bytes = bytes;
    this.#begin = capacity - length;
    this.#end = capacity;
  }
}
