# syntax=docker/dockerfile:1

# Built on the builder's own architecture, for the one that is asked for: the Go toolchain crosses over by itself.
FROM --platform=$BUILDPLATFORM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=0.0.0-dev
ARG REVISION
ARG TARGETOS=linux
ARG TARGETARCH
# The same source, version and toolchain make the same bytes, wherever and whenever.
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -buildvcs=false -ldflags "-s -w -buildid= -X main.version=$VERSION -X main.commit=$REVISION" -o /out/outrigger ./cmd/outrigger

# The binary needs nothing beside itself: it is static, and trusts only the cluster's own authority, which the kubelet
# mounts.
FROM scratch
ARG VERSION=0.0.0-dev
ARG REVISION
LABEL org.opencontainers.image.title="outrigger" \
      org.opencontainers.image.description="A mutating admission webhook that puts an Istio-style mesh sidecar into pods." \
      org.opencontainers.image.source="https://github.com/outrigger-io/outrigger" \
      org.opencontainers.image.documentation="https://github.com/outrigger-io/outrigger/blob/main/docs/install.md" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
COPY LICENSE /LICENSE
COPY --from=build /out/outrigger /outrigger
# By number, so that the kubelet can tell that it is not root.
USER 65532:65532
EXPOSE 15017 15014
ENTRYPOINT ["/outrigger"]
CMD ["serve"]
