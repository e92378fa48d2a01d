/**
 * Renders the report of a made-up organization in a headless Chromium, for people who change its design:
 *
 *     node scripts/report-screenshot.ts [directory]
 *
 * writes the report and pictures of it on a light screen, a dark one and a narrow one, and as printed. `readme.png` is the
 * picture in the README, `docs/images/review.png`.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import {
  neverSignedIn,
  type SampleMember,
  signedIn,
  signedOut,
  writeSample,
} from "../test/unit/report/sample-file.ts";
import { takePictures } from "./pictures.ts";

const MEMBERS = 420;
const GIVEN = "Ada Bela Chen Dora Emre Fatima Goran Hana Ivo Jun Karin Leila Mateo Nia Otto Priya".split(" ");
const FAMILY = "Abe Bauer Costa Diaz Eriksen Farah Gupta Haas Ito Jansen Kaya Lund Moreau".split(" ");

const directory = resolve(process.argv[2] ?? "build/report");
mkdirSync(directory, { recursive: true });
const file = join(directory, "sample.c1z");

rmSync(file, { force: true });
const before = Array.from({ length: MEMBERS }, (_, index) => makeMember(index));
const now = [...before.slice(5).map(change), ...Array.from({ length: 9 }, (_, i) => makeMember(1_000 + i))];
await writeSample(file, [
  { members: [...before, { username: "bob-old", name: "Bob Haas", email: "bob@example.com" }] },
  {
    members: [...now, ...makeOddities()],
    purchased: 300,
    origin: {
      program: "baton-codecov",
      version: "0.0.0",
      source: { address: "https://api.codecov.io", account: "li-wei", isAdmin: true },
    },
  },
]);
const program = join(import.meta.dirname, "..", "src", "bin", "baton-codecov.ts");
for (const ending of ["html", "csv", "json"]) {
  // The report names the file as it is given.
  const args = ["report", "-f", basename(file), "--output", `report.${ending}`];
  execFileSync(process.execPath, [program, ...args], { cwd: directory });
}
takePictures({ directory, page: "report.html", readme: "1100,690" });
console.log(`look at ${directory}`);

function makeMember(index: number): SampleMember {
  const name = `${GIVEN[index % GIVEN.length]} ${FAMILY[(index * 7) % FAMILY.length]}`;
  const activated = index % 3 !== 1;
  return {
    username: `${name.toLowerCase().replace(" ", "-")}-${index}`,
    name,
    email: `${name.toLowerCase().replace(" ", ".")}${index}@example.com`,
    activated,
    is_admin: index % 83 === 1,
    signIn:
      [signedIn, signedIn, signedOut, signedIn, neverSignedIn, signedIn, signedIn][index % 7] ?? signedIn,
  };
}

function change(member: SampleMember, index: number): SampleMember {
  if (index % 61 === 5) return { ...member, activated: !member.activated };
  if (index === 50) return { ...member, name: `${member.name}-Costa`, email: "new.address@example.com" };
  return index === 100 ? { ...member, is_admin: true } : member;
}

/** Names that a page must show and not obey. */
function makeOddities(): SampleMember[] {
  return [
    { username: "robert", name: "Bob Haas", email: "bob@example.com", signIn: signedIn },
    { username: "script-kid", name: "<script>document.body.innerHTML='owned'</script>", signIn: signedOut },
    { username: "sum", name: '=HYPERLINK("https://evil.example","click")', signIn: neverSignedIn },
    { username: "bidi", name: "Ann\u202Egnp.exe", email: "ann@example.com", signIn: signedIn },
    { username: "ansi", name: "\u001b[31mred\u001b[0m\u0007", signIn: signedIn },
    { username: "twin-1", name: "Twin One", email: "twin@example.com", signIn: signedIn },
    { username: "twin-2", name: "Twin Two", email: "Twin@Example.com", activated: false },
    { username: null, name: "Nameless Person", email: "nameless@example.com", signIn: neverSignedIn },
    {
      username: "deleted_user_4711",
      service: "to_be_deleted",
      name: "[DELETED_USER_4711]",
      email: "deleted_4711@deleted.codecov.io",
    },
    { username: "li-wei", name: "李伟", email: "li.wei@example.com", is_admin: true, activated: false },
    { username: "maryam", name: "مریم", email: "maryam@example.com", signIn: signedIn },
  ];
}
