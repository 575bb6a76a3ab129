/**
 * The operator with the former strategy, as a process of its own: `node dist/formerOperator.js --kubeconfig FILE`. Other options of
 * `acko operator` may be given and mean nothing here.
 */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { parseArgs } from "node:util"
import { AerospikeInfo } from "../../src/aerospike/AerospikeInfo.js"
import { ClusterClient } from "../../src/aerospike/ClusterClient.js"
import * as Logging from "../../src/cli/logging.js"
import { OperatorConfig } from "../../src/config/OperatorConfig.js"
import * as KubeAccess from "../../src/kube/KubeAccess.js"
import * as KubeTransport from "../../src/kube/KubeTransport.js"
import * as Operator from "../../src/Operator.js"
import * as FormerStrategy from "./formerStrategy.js"

const { values } = parseArgs({ options: { kubeconfig: { type: "string" } }, strict: false })

const access = KubeAccess.layerKubeconfig(typeof values.kubeconfig === "string" ? { path: values.kubeconfig } : {})

Operator.run.pipe(
  Effect.provide(
    FormerStrategy.layer.pipe(
      Layer.provideMerge(
        Layer.mergeAll(
          Layer.provide(KubeTransport.layer(), access),
          AerospikeInfo.layer,
          ClusterClient.layer({ workerPath: Operator.clientViewWorker.pathname }),
          OperatorConfig.layer(),
        ),
      ),
      Layer.provide(NodeFileSystem.layer),
    ),
  ),
  Effect.provide(Logging.layer({ format: "logfmt", level: "warning" })),
  NodeRuntime.runMain,
)
