/**
 * `npm run check:release`: what a release needs and everyday work does not. Base images have to be pinned: the digest is
 * that of the image which was tested, so only whoever pulls it can name it.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { findUnpinnedImages } from "./base-images.ts";

const file = process.argv[2] ?? join(import.meta.dirname, "..", "Dockerfile");
const unpinned = findUnpinnedImages(readFileSync(file, "utf8"));
for (const { reference, line } of unpinned) {
  console.error(`${file}:${line}: ${reference} is not pinned. Write it as ${reference}@sha256:…, with what this prints:
  docker buildx imagetools inspect ${reference} --format '{{.Manifest.Digest}}'`);
}
console.log(`images: ${unpinned.length} not pinned`);
process.exit(unpinned.length === 0 ? 0 : 1);
