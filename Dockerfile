# The operator's image: the bundle, the native client with the one binary it needs, and Node. `docker build -t acko-operator:0.1.0 .`
FROM node:24-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY esbuild.config.js ./
COPY src src
RUN npm run build -- --clean acko clientViewWorker
# The addon, what it loads, and its binary for this Node and this C library; 80 MB of others stay here.
RUN mkdir -p /image/node_modules \
  && for name in aerospike bindings file-uri-to-path minimatch brace-expansion balanced-match; do \
    cp -r "node_modules/$name" /image/node_modules/; done \
  && find /image/node_modules/aerospike/lib/binding -mindepth 1 -maxdepth 1 \
    ! -name "node-v$(node -p process.versions.modules)-linux-$(node -p process.arch)" -exec rm -r {} + \
  && rm -rf /image/node_modules/aerospike/aerospike-client-c /image/node_modules/aerospike/src \
  && cp -r dist package.json /image/ \
  && cd /image && node dist/acko.js operator --help >/dev/null && node -e 'require("aerospike")'

FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /image ./
# Nobody: a number, so that Kubernetes can see that it is not root.
USER 65532:65532
ENTRYPOINT ["node", "--disallow-code-generation-from-strings", "/app/dist/acko.js"]
CMD ["operator"]
