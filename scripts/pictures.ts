/** Pictures of a page in a headless Chromium, which is taken from `$CHROMIUM`, else from the path. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";

/** Chromium's own windows are not as narrow as a telephone, which is therefore a frame in a page. */
const TELEPHONE_WIDTH = 360;

export interface Pictures {
  /** Where they go; a path. */
  readonly directory: string;
  /** The page, a file in that directory. */
  readonly page: string;
  /** Size of the picture in the README, as `1100,690`. */
  readonly readme: string;
}

/** Writes `light.png`, `dark.png`, `telephone.png`, `readme.png` and, as printed, `<page>.pdf`. */
export function takePictures({ directory, page, readme }: Pictures): void {
  const take = (name: string, ...flags: string[]) =>
    runChromium(join(directory, page), `--screenshot=${join(directory, `${name}.png`)}`, ...flags);
  take("light", "--window-size=1200,2400");
  take("readme", `--window-size=${readme}`);
  take("dark", "--window-size=1200,1500", "--force-dark-mode", "--blink-settings=preferredColorScheme=0");

  const telephone = join(directory, "telephone.html");
  writeFileSync(
    telephone,
    `<body style="margin:0"><iframe src="${page}" width="${TELEPHONE_WIDTH}" height="3000" style="border:0"></iframe>`,
  );
  const file = join(directory, "telephone.png");
  runChromium(telephone, `--screenshot=${file}`, "--window-size=500,3000");

  const pdf = join(directory, basename(page).replace(/\.html$/, ".pdf"));
  runChromium(join(directory, page), `--print-to-pdf=${pdf}`, "--no-pdf-header-footer");
}

function runChromium(file: string, ...flags: string[]): void {
  const always = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"];
  const program = process.env["CHROMIUM"] ?? "chromium";
  const address = pathToFileURL(file).href;
  execFileSync(program, [...always, "--virtual-time-budget=2000", ...flags, address], { stdio: "ignore" });
}
