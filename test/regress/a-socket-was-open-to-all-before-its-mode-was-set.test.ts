import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { startProgram } from "../contract/program.ts";
import { compileShim, hasCompiler, makeDirectory } from "./system.ts";

/** Writes the mode of a Unix socket into the file MODES when it is bound and when it begins to listen. */
const SHIM = `
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

static void note(const char *when, const struct sockaddr *address) {
  struct stat st;
  if (address->sa_family != AF_UNIX) return;
  if (stat(((const struct sockaddr_un *)address)->sun_path, &st) != 0) return;
  FILE *out = fopen(getenv("MODES"), "a");
  fprintf(out, "%s %o\\n", when, st.st_mode & 0777);
  fclose(out);
}
int bind(int fd, const struct sockaddr *address, socklen_t length) {
  int result = ((int (*)(int, const struct sockaddr *, socklen_t))dlsym(RTLD_NEXT, "bind"))(fd, address, length);
  if (result == 0) note("bind", address);
  return result;
}
int listen(int fd, int backlog) {
  struct sockaddr_un address;
  socklen_t length = sizeof address;
  int result = ((int (*)(int, int))dlsym(RTLD_NEXT, "listen"))(fd, backlog);
  if (result == 0 && getsockname(fd, (struct sockaddr *)&address, &length) == 0)
    note("listen", (struct sockaddr *)&address);
  return result;
}
`;

test.runIf(hasCompiler).each(["000", "077"])(
  "a Unix socket has its mode from the first moment, under umask %s",
  async (umask) => {
    const cwd = await makeDirectory();
    const env = {
      BATON_CODECOV_API_TOKEN: "00000000-0000-4000-8000-000000000000",
      BATON_CODECOV_SERVICE: "github",
      BATON_CODECOV_OWNER: "acme",
      LD_PRELOAD: compileShim(SHIM, cwd),
      MODES: join(cwd, "modes"),
    };
    const within = ["sh", "-c", `umask ${umask}; exec "$@"`, "sh"];
    const running = startProgram(["serve", "--plaintext", "--listen=unix:socket"], { cwd, env, within });
    onTestFinished(() => void running.process.kill("SIGKILL"));
    await vi.waitFor(() => expect(running.stderr()).toContain('"serving"'), { timeout: 20_000 });
    expect(await readFile(join(cwd, "modes"), "utf8")).toBe("bind 660\nlisten 660\n");
    running.process.kill("SIGTERM");
    expect((await running.result).code).toBe(0);
  },
);
