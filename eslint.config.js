// Type-checked lint. The second half enforces who may import whom: a folder may import only what its row allows.
import effect from "@effect/eslint-plugin"
import tseslint from "typescript-eslint"

/** The import directions of src/: folder → other folders it may import. `domain` is at the bottom, `Operator`/`main` at the top. */
const mayImport = {
  domain: [],
  decide: ["domain"],
  config: ["domain"],
  tls: [],
  http: [],
  admission: ["domain", "decide", "config", "http", "tls"],
  kube: ["domain", "config", "tls"],
  aerospike: ["domain", "config"],
  observe: ["domain", "kube", "aerospike", "config"],
  act: ["domain", "kube", "aerospike", "config"],
  report: ["domain", "kube", "config", "http"],
  runtime: ["domain", "decide", "observe", "act", "report", "kube", "config"],
  testing: ["domain", "decide", "config", "kube", "aerospike", "observe", "act", "report", "runtime", "Operator"],
  sandbox: [
    "domain",
    "decide",
    "config",
    "kube",
    "aerospike",
    "observe",
    "act",
    "report",
    "runtime",
    "testing",
    "admission",
    "tls",
    "Operator",
  ],
  cli: [
    "domain",
    "decide",
    "config",
    "kube",
    "aerospike",
    "observe",
    "act",
    "report",
    "runtime",
    "testing",
    "sandbox",
    "admission",
    "tls",
    "Operator",
  ],
}
const folders = [...Object.keys(mayImport), "Operator", "main"]

/** What deciding code must not see: effects, clocks, randomness and I/O. */
const impure = ["Effect", "Layer", "Stream", "Clock", "Random", "Schedule", "Fiber", "Queue", "Ref"].map(
  (m) => `effect/${m}`,
)

const direction = (folder) => ({
  files: [`src/${folder}/**/*.ts`],
  rules: {
    "no-restricted-imports": [
      "error",
      {
        patterns: [
          {
            group: folders
              .filter((f) => f !== folder && !mayImport[folder].includes(f))
              .flatMap((f) => [`**/../${f}/**`, `**/../${f}.js`]),
            message: `src/${folder} may import only: ${mayImport[folder].join(", ") || "nothing"}`,
          },
          ...(folder === "domain" || folder === "decide"
            ? [
                {
                  group: [...impure, "@effect/platform*", "node:*", "!node:crypto"],
                  message: "pure code: no effects, clock, randomness or I/O",
                },
              ]
            : []),
        ],
        paths: [
          ...(folder === "kube"
            ? []
            : [{ name: "@kubernetes/client-node", message: "only src/kube/kubeConfigLibrary.ts imports it" }]),
          ...(folder === "aerospike"
            ? []
            : [{ name: "aerospike", message: "only the client-view child process imports it" }]),
        ],
      },
    ],
    ...(folder === "domain" || folder === "decide"
      ? {
          "no-restricted-globals": ["error", "process", "setTimeout", "setInterval", "performance"],
          "no-restricted-properties": [
            "error",
            { object: "Date", property: "now" },
            { object: "Math", property: "random" },
          ],
        }
      : {}),
  },
})

export default tseslint.config(
  { ignores: ["dist", "node_modules", "coverage", "out"] },
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ["*.js"] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    plugins: { "@effect": effect },
    rules: {
      "@effect/no-import-from-barrel-package": [
        "error",
        { packageNames: ["effect", "@effect/platform", "@effect/platform-node", "@effect/cli"] },
      ],
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-non-null-assertion": "error",
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "inline-type-imports" }],
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "@typescript-eslint/only-throw-error": "off",
      "@typescript-eslint/no-empty-object-type": ["error", { allowInterfaces: "with-single-extends" }],
      "require-yield": "off",
      "no-console": "error",
      complexity: ["error", 20],
      "max-depth": ["error", 4],
    },
  },
  { files: ["test/**/*.ts"], rules: { complexity: "off", "@typescript-eslint/no-non-null-assertion": "off" } },
  { files: ["**/*.js"], ...tseslint.configs.disableTypeChecked },
  { files: ["**/*.js"], rules: { "no-console": "off" } },
  ...Object.keys(mayImport).map(direction),
)
