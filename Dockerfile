# syntax=docker/dockerfile:1

# Builds the single executable from the lockfile, with install scripts off.
FROM node:26-bookworm AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json ./
COPY bin ./bin
COPY gen ./gen
COPY scripts ./scripts
COPY src ./src
# Printed by `baton-codecov version`; there is no repository here to read it from.
ARG BUILD_COMMIT=unknown
RUN npm run build -- --executable-only
# The executable links libatomic, which the final image does not have. Its notice refers to the text of the GPL.
RUN mkdir -p /out/usr/lib /out/usr/share/doc/baton-codecov /out/usr/share/doc/libatomic1 \
        /out/usr/share/common-licenses /out/tmp /out/work \
    && cp build/baton-codecov /out/baton-codecov \
    && cp build/THIRD_PARTY_LICENSES.txt build/baton-codecov.cdx.json /out/usr/share/doc/baton-codecov/ \
    && cp -L /usr/share/doc/libatomic1/copyright /out/usr/share/doc/libatomic1/copyright \
    && cp -L /usr/share/common-licenses/GPL-3 /out/usr/share/common-licenses/GPL-3 \
    && cp -L "$(ldconfig -p | awk '/libatomic.so.1/ {print $NF; exit}')" /out/usr/lib/libatomic.so.1 \
    && chmod 1777 /out/tmp && chown 65532:65532 /out/work

FROM gcr.io/distroless/cc-debian12:nonroot
LABEL org.opencontainers.image.title="baton-codecov" \
      org.opencontainers.image.description="Tells identity-governance platforms who has access to a Codecov organization" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /out/ /
USER 65532:65532
# Working files go to the temporary directory only: mount a volume there to run with a read-only root.
# The health server, which the check below asks, listens on loopback in service mode and under `serve`.
ENV BATON_TMPDIR=/tmp \
    BATON_HEALTH_CHECK=true
WORKDIR /work
HEALTHCHECK --interval=30s --timeout=6s --start-period=60s \
    CMD ["/baton-codecov", "health-check", "--endpoint=live"]
ENTRYPOINT ["/baton-codecov"]
