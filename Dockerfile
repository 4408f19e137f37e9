# syntax=docker/dockerfile:1
# One static binary in an empty image: no shell, no package, an ordinary user.
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /out/rapporteur ./cmd/rapporteur
# The library, the compiled PDF reader and files on their way; owned by the user below.
RUN mkdir -p /out/data /out/tmp && chmod 1777 /out/tmp

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/rapporteur /rapporteur
COPY --from=build --chown=65532:65532 /out/data /data
COPY --from=build --chown=65532:65532 /out/tmp /tmp
USER 65532:65532
ENV RAPPORTEUR_DATA=/data \
    RAPPORTEUR_CACHE=/data/cache \
    RAPPORTEUR_LISTEN=0.0.0.0:8080
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=6s --start-period=60s --retries=3 CMD ["/rapporteur", "health"]
ENTRYPOINT ["/rapporteur"]
CMD ["serve"]
