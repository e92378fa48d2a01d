/** An image that a Dockerfile pulls from a registry. */
export interface PulledImage {
  /** As it is written, for example `node:26-bookworm`. */
  readonly reference: string;
  /** Line number, from 1. */
  readonly line: number;
}

/**
 * The images of a Dockerfile that a tag alone names, so that tomorrow's build can hold something else: bases, what is
 * copied from other images, and the frontend that reads the file.
 */
export function findUnpinnedImages(dockerfile: string): PulledImage[] {
  const stages = new Set(["scratch"]);
  const images: PulledImage[] = [];
  for (const [index, text] of dockerfile.split("\n").entries()) {
    const frontend = index === 0 ? /^#\s*syntax\s*=\s*(\S+)/i.exec(text)?.[1] : undefined;
    const [, base, stage] = /^\s*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?/i.exec(text) ?? [];
    const source = /^\s*(?:COPY|ADD)\s.*--from=(\S+)/i.exec(text)?.[1];
    for (const reference of [frontend, base, source]) {
      if (reference === undefined || stages.has(reference.toLowerCase()) || /^\d+$/.test(reference)) continue;
      if (!/@sha256:[0-9a-f]{64}$/.test(reference)) images.push({ reference, line: index + 1 });
    }
    if (stage !== undefined) stages.add(stage.toLowerCase());
  }
  return images;
}
