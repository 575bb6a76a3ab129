import type { KubeObject } from "../../../../src/domain/Kubernetes.js"

const namespace = "aerospike"
const labels = { "app.kubernetes.io/instance": "demo" }
const configuration = `service {
	cluster-name demo
	proto-fd-max 15000
}
logging {
	console {
		context any info
	}
}
network {
	service {
		port 3000
		access-address MY_POD_IP
	}
	fabric {
		port 3001
	}
	heartbeat {
		mode mesh
		port 3002
		mesh-seed-address-port demo-0-0.demo.aerospike.svc 3002
		mesh-seed-address-port demo-0-1.demo.aerospike.svc 3002
		mesh-seed-address-port demo-0-2.demo.aerospike.svc 3002
	}
}
namespace test {
	replication-factor 2
	storage-engine device {
		file /opt/aerospike/data/test.dat
		filesize 4G
	}
}
`

/** What the operator renders for a cluster of three, in short. */
export const aDatabaseConfig: KubeObject = {
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "demo-0-config", namespace },
  data: { "aerospike.conf": configuration },
}

/** A StatefulSet of three Aerospike pods; the annotations are the pods'. */
export const aDatabase = (annotations: Record<string, string> = {}): KubeObject => ({
  apiVersion: "apps/v1",
  kind: "StatefulSet",
  metadata: { name: "demo-0", namespace },
  spec: {
    replicas: 3,
    serviceName: "demo",
    podManagementPolicy: "Parallel",
    updateStrategy: { type: "OnDelete" },
    selector: { matchLabels: labels },
    template: {
      metadata: { labels, annotations },
      spec: {
        initContainers: [{ name: "aerospike-init", image: "aerospike:8.1" }],
        containers: [
          {
            name: "aerospike-server",
            image: "aerospike:8.1",
            readinessProbe: { exec: { command: ["true"] } },
            volumeMounts: [{ name: "data", mountPath: "/opt/aerospike/data" }],
          },
        ],
        volumes: [{ name: "aerospike-config-map", configMap: { name: "demo-0-config" } }],
      },
    },
    volumeClaimTemplates: [
      {
        metadata: { name: "data" },
        spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "4Gi" } } },
      },
    ],
  },
})
