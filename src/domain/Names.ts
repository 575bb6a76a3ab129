/** Every object name, once (behaviour.md §0.1). `rack` is 0 when the cluster has no racks. */

export const headlessServiceName = (cluster: string): string => cluster
export const statefulSetName = (cluster: string, rack: number): string => `${cluster}-${rack}`
export const configMapName = (cluster: string, rack: number): string => `${cluster}-${rack}-config`
export const podName = (cluster: string, rack: number, ordinal: number): string => `${cluster}-${rack}-${ordinal}`
export const pdbName = (cluster: string): string => `${cluster}-pdb`
export const networkPolicyName = (cluster: string): string => `${cluster}-netpol`
export const podServiceName = (pod: string): string => `${pod}-pod`
export const claimName = (volume: string, pod: string): string => `${volume}-${pod}`

/** The DNS name of a pod inside the cluster domain, without naming the domain itself (W33). */
export const podDnsName = (pod: string, cluster: string, namespace: string): string =>
  `${pod}.${cluster}.${namespace}.svc`

/** Container names (api.md §8.4). */
export const Container = {
  server: "aerospike-server",
  init: "aerospike-init",
  exporter: "aerospike-prometheus-exporter",
} as const

/** Volume names (api.md §8.5). */
export const Volume = { configMap: "aerospike-config-map", config: "aerospike-config" } as const
