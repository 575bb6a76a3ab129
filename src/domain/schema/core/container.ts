/** Containers: sidecars, init containers, the environment of the exporter. */
import * as Schema from "effect/Schema"
import {
  counts,
  embedded,
  flags,
  Int64,
  IntOrText,
  longs,
  many,
  one,
  Quantity,
  quantities,
  textLists,
  texts,
} from "./embedded.js"
import { SecurityContext } from "./security.js"
import { ContainerPort, VolumeDevice, VolumeMount } from "./volumes.js"

export const ResourceRequirements = embedded("ResourceRequirements", {
  ...quantities("requests", "limits"),
  claims: many(embedded("ResourceClaim", { name: Schema.String, ...texts("request") })),
})

const keyRef = (type: string) => one(embedded(type, { key: Schema.String, ...texts("name"), ...flags("optional") }))
const sourceRef = (type: string) => one(embedded(type, { ...texts("name"), ...flags("optional") }))

export const EnvVar = embedded("EnvVar", {
  name: Schema.String,
  ...texts("value"),
  valueFrom: one(
    embedded("EnvVarSource", {
      configMapKeyRef: keyRef("ConfigMapKeySelector"),
      secretKeyRef: keyRef("SecretKeySelector"),
      fieldRef: one(embedded("ObjectFieldSelector", { fieldPath: Schema.String, ...texts("apiVersion") })),
      resourceFieldRef: one(
        embedded("ResourceFieldSelector", {
          resource: Schema.String,
          ...texts("containerName"),
          divisor: one(Quantity),
        }),
      ),
    }),
  ),
})

const httpHeader = embedded("HTTPHeader", { name: Schema.String, value: Schema.String })

/** What probes and life-cycle hooks do. */
const actions = {
  exec: one(embedded("ExecAction", textLists("command"))),
  httpGet: one(
    embedded("HTTPGetAction", { port: IntOrText, ...texts("path", "host", "scheme"), httpHeaders: many(httpHeader) }),
  ),
  tcpSocket: one(embedded("TCPSocketAction", { port: IntOrText, ...texts("host") })),
}

const Probe = embedded("Probe", {
  ...actions,
  grpc: one(embedded("GRPCAction", { port: IntOrText, ...texts("service") })),
  ...counts("initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"),
  ...longs("terminationGracePeriodSeconds"),
})

const LifecycleHandler = embedded("LifecycleHandler", {
  ...actions,
  sleep: one(embedded("SleepAction", { seconds: Int64 })),
})

export const Container = embedded("Container", {
  name: Schema.String,
  ...texts(
    "image",
    "imagePullPolicy",
    "workingDir",
    "restartPolicy",
    "terminationMessagePath",
    "terminationMessagePolicy",
  ),
  ...textLists("command", "args"),
  ...flags("stdin", "stdinOnce", "tty"),
  env: many(EnvVar),
  envFrom: many(
    embedded("EnvFromSource", {
      ...texts("prefix"),
      configMapRef: sourceRef("ConfigMapEnvSource"),
      secretRef: sourceRef("SecretEnvSource"),
    }),
  ),
  ports: many(ContainerPort),
  resources: one(ResourceRequirements),
  resizePolicy: many(embedded("ContainerResizePolicy", { resourceName: Schema.String, restartPolicy: Schema.String })),
  volumeMounts: many(VolumeMount),
  volumeDevices: many(VolumeDevice),
  livenessProbe: one(Probe),
  readinessProbe: one(Probe),
  startupProbe: one(Probe),
  lifecycle: one(
    embedded("Lifecycle", { postStart: one(LifecycleHandler), preStop: one(LifecycleHandler), ...texts("stopSignal") }),
  ),
  securityContext: one(SecurityContext),
})

export const LocalObjectReference = embedded("LocalObjectReference", {
  name: one(Schema.String.annotations({ default: "" })),
}).annotations({ jsonSchema: { "x-kubernetes-map-type": "atomic" } })
