/**
 * What we use of `@kubernetes/client-node`: reading kubeconfigs. Loaded only with one. From its inner files, so that the bundle can leave out
 * the generated API, which is nine tenths of the package and of the memory it takes.
 */
export { KubeConfig } from "@kubernetes/client-node/dist/config.js"
export { loadYaml } from "@kubernetes/client-node/dist/yaml.js"
