/**
 * The built-in types the API server knows, as one compact table: field names and types of Kubernetes 1.34, list keys of server-side apply
 * and of strategic merge. Fields we never use (cloud volumes, resource claims) are `*`: kept as they come.
 *
 * One line per type, `!` after the name: applied as one value (atomic). Fields are `name=type` (required) or `name?type`:
 * `s` string, `i` int32, `l` int64, `n` number, `b` boolean, `t` time, `u` time with microseconds, `q` quantity, `x` integer or string,
 * `B` base64, `*` anything (atomic), `{T}` map (`{T}!` atomic), `[T]` atomic list, `[T]@keys` list keyed by fields, `[T]@` set,
 * `[T]^key` atomic for apply but merged by key in a strategic merge patch.
 */
export const builtinTypes = `
Affinity: nodeAffinity?NodeAffinity podAffinity?PodAffinity podAntiAffinity?PodAntiAffinity
AppArmorProfile: localhostProfile?s type=s
CSIPersistentVolumeSource: controllerExpandSecretRef?SecretReference controllerPublishSecretRef?SecretReference driver=s fsType?s nodeExpandSecretRef?SecretReference nodePublishSecretRef?SecretReference nodeStageSecretRef?SecretReference readOnly?b volumeAttributes?{s} volumeHandle=s
CSIVolumeSource: driver=s fsType?s nodePublishSecretRef?LocalObjectReference readOnly?b volumeAttributes?{s}
Capabilities: add?[s] drop?[s]
ClientIPConfig: timeoutSeconds?i
ClusterRole: aggregationRule?* apiVersion?s kind?s metadata?ObjectMeta rules?[PolicyRule]
ClusterRoleBinding: apiVersion?s kind?s metadata?ObjectMeta roleRef=RoleRef subjects?[Subject]
Condition: lastTransitionTime=t message=s observedGeneration?l reason=s status=s type=s
ConfigMap: apiVersion?s binaryData?{B} data?{s} immutable?b kind?s metadata?ObjectMeta
ConfigMapEnvSource: name?s optional?b
ConfigMapKeySelector!: key=s name?s optional?b
ConfigMapProjection: items?[KeyToPath] name?s optional?b
ConfigMapVolumeSource: defaultMode?i items?[KeyToPath] name?s optional?b
Container: args?[s] command?[s] env?[EnvVar]@name envFrom?[EnvFromSource] image?s imagePullPolicy?s lifecycle?Lifecycle livenessProbe?Probe name=s ports?[ContainerPort]@containerPort,protocol readinessProbe?Probe resizePolicy?[*] resources?ResourceRequirements restartPolicy?s restartPolicyRules?[*] securityContext?SecurityContext startupProbe?Probe stdin?b stdinOnce?b terminationMessagePath?s terminationMessagePolicy?s tty?b volumeDevices?[VolumeDevice]@devicePath volumeMounts?[VolumeMount]@mountPath workingDir?s
ContainerImage: names?[s] sizeBytes?l
ContainerPort: containerPort=i hostIP?s hostPort?i name?s protocol?s
ContainerState: running?ContainerStateRunning terminated?ContainerStateTerminated waiting?ContainerStateWaiting
ContainerStateRunning: startedAt?t
ContainerStateTerminated: containerID?s exitCode=i finishedAt?t message?s reason?s signal?i startedAt?t
ContainerStateWaiting: message?s reason?s
ContainerStatus: allocatedResources?{q} allocatedResourcesStatus?[*] containerID?s image=s imageID=s lastState?ContainerState name=s ready=b resources?ResourceRequirements restartCount=i started?b state?ContainerState stopSignal?s user?* volumeMounts?[*]
ControllerRevision: apiVersion?s data?* kind?s metadata?ObjectMeta revision=l
CoreEvent: action?s apiVersion?s count?i eventTime?u firstTimestamp?t involvedObject=ObjectReference kind?s lastTimestamp?t message?s metadata=ObjectMeta reason?s related?ObjectReference reportingComponent?s reportingInstance?s series?EventSeries source?EventSource type?s
CustomResourceColumnDefinition: description?s format?s jsonPath=s name=s priority?i type=s
CustomResourceConversion: strategy=s webhook?*
CustomResourceDefinition: apiVersion?s kind?s metadata?ObjectMeta spec=CustomResourceDefinitionSpec status?CustomResourceDefinitionStatus
CustomResourceDefinitionCondition: lastTransitionTime?t message?s reason?s status=s type=s
CustomResourceDefinitionNames: categories?[s] kind=s listKind?s plural=s shortNames?[s] singular?s
CustomResourceDefinitionSpec: conversion?CustomResourceConversion group=s names=CustomResourceDefinitionNames preserveUnknownFields?b scope=s versions=[CustomResourceDefinitionVersion]
CustomResourceDefinitionStatus: acceptedNames?CustomResourceDefinitionNames conditions?[CustomResourceDefinitionCondition]@type storedVersions?[s]
CustomResourceDefinitionVersion: additionalPrinterColumns?[CustomResourceColumnDefinition] deprecated?b deprecationWarning?s name=s schema?CustomResourceValidation selectableFields?[*] served=b storage=b subresources?CustomResourceSubresources
CustomResourceSubresourceScale: labelSelectorPath?s specReplicasPath=s statusReplicasPath=s
CustomResourceSubresources: scale?CustomResourceSubresourceScale status?*
CustomResourceValidation: openAPIV3Schema?*
DaemonEndpoint: Port=i
Deployment: apiVersion?s kind?s metadata?ObjectMeta spec?DeploymentSpec status?DeploymentStatus
DeploymentCondition: lastTransitionTime?t lastUpdateTime?t message?s reason?s status=s type=s
DeploymentSpec: minReadySeconds?i paused?b progressDeadlineSeconds?i replicas?i revisionHistoryLimit?i selector=LabelSelector strategy?DeploymentStrategy template=PodTemplateSpec
DeploymentStatus: availableReplicas?i collisionCount?i conditions?[DeploymentCondition]@type observedGeneration?l readyReplicas?i replicas?i terminatingReplicas?i unavailableReplicas?i updatedReplicas?i
DeploymentStrategy: rollingUpdate?RollingUpdateDeployment type?s
DownwardAPIProjection: items?[DownwardAPIVolumeFile]
DownwardAPIVolumeFile: fieldRef?ObjectFieldSelector mode?i path=s resourceFieldRef?ResourceFieldSelector
DownwardAPIVolumeSource: defaultMode?i items?[DownwardAPIVolumeFile]
EmptyDirVolumeSource: medium?s sizeLimit?q
Endpoint: addresses=[s]@ conditions?EndpointConditions deprecatedTopology?{s} hints?EndpointHints hostname?s nodeName?s targetRef?ObjectReference zone?s
EndpointAddress!: hostname?s ip=s nodeName?s targetRef?ObjectReference
EndpointConditions: ready?b serving?b terminating?b
EndpointHints: forNodes?[ForNode] forZones?[ForZone]
EndpointPort!: appProtocol?s name?s port?i protocol?s
EndpointSlice: addressType=s apiVersion?s endpoints=[Endpoint] kind?s metadata?ObjectMeta ports?[EndpointPort]
EndpointSubset: addresses?[EndpointAddress] notReadyAddresses?[EndpointAddress] ports?[EndpointPort]
Endpoints: apiVersion?s kind?s metadata?ObjectMeta subsets?[EndpointSubset]
EnvFromSource: configMapRef?ConfigMapEnvSource prefix?s secretRef?SecretEnvSource
EnvVar: name=s value?s valueFrom?EnvVarSource
EnvVarSource: configMapKeyRef?ConfigMapKeySelector fieldRef?ObjectFieldSelector fileKeyRef?* resourceFieldRef?ResourceFieldSelector secretKeyRef?SecretKeySelector
EphemeralContainer: args?[s] command?[s] env?[EnvVar]@name envFrom?[EnvFromSource] image?s imagePullPolicy?s lifecycle?Lifecycle livenessProbe?Probe name=s ports?[ContainerPort]@containerPort,protocol readinessProbe?Probe resizePolicy?[*] resources?ResourceRequirements restartPolicy?s restartPolicyRules?[*] securityContext?SecurityContext startupProbe?Probe stdin?b stdinOnce?b targetContainerName?s terminationMessagePath?s terminationMessagePolicy?s tty?b volumeDevices?[VolumeDevice]@devicePath volumeMounts?[VolumeMount]@mountPath workingDir?s
EphemeralVolumeSource: volumeClaimTemplate?PersistentVolumeClaimTemplate
EventSeries: count=i lastObservedTime=u
EventSource: component?s host?s
EventsEvent: action?s apiVersion?s deprecatedCount?i deprecatedFirstTimestamp?t deprecatedLastTimestamp?t deprecatedSource?EventSource eventTime=u kind?s metadata?ObjectMeta note?s reason?s regarding?ObjectReference related?ObjectReference reportingController?s reportingInstance?s series?EventSeries type?s
ExecAction: command?[s]
ForNode: name=s
ForZone: name=s
GRPCAction: port=i service?s
HTTPGetAction: host?s httpHeaders?[HTTPHeader] path?s port=x scheme?s
HTTPHeader: name=s value=s
HostAlias: hostnames?[s] ip=s
HostIP: ip=s
HostPathVolumeSource: path=s type?s
IPBlock: cidr=s except?[s]
ImageVolumeSource: pullPolicy?s reference?s
KeyToPath: key=s mode?i path=s
LabelSelector!: matchExpressions?[LabelSelectorRequirement] matchLabels?{s}
LabelSelectorRequirement: key=s operator=s values?[s]
Lease: apiVersion?s kind?s metadata?ObjectMeta spec?LeaseSpec
LeaseSpec: acquireTime?u holderIdentity?s leaseDurationSeconds?i leaseTransitions?i preferredHolder?s renewTime?u strategy?s
Lifecycle: postStart?LifecycleHandler preStop?LifecycleHandler stopSignal?s
LifecycleHandler: exec?ExecAction httpGet?HTTPGetAction sleep?SleepAction tcpSocket?TCPSocketAction
LoadBalancerIngress: hostname?s ip?s ipMode?s ports?[PortStatus]
LoadBalancerStatus: ingress?[LoadBalancerIngress]
LocalObjectReference!: name?s
LocalVolumeSource: fsType?s path=s
ManagedFieldsEntry: apiVersion?s fieldsType?s fieldsV1?* manager?s operation?s subresource?s time?t
MatchCondition: expression=s name=s
MutatingWebhook: admissionReviewVersions=[s] clientConfig=WebhookClientConfig failurePolicy?s matchConditions?[MatchCondition]@name matchPolicy?s name=s namespaceSelector?LabelSelector objectSelector?LabelSelector reinvocationPolicy?s rules?[RuleWithOperations] sideEffects=s timeoutSeconds?i
MutatingWebhookConfiguration: apiVersion?s kind?s metadata?ObjectMeta webhooks?[MutatingWebhook]@name
NFSVolumeSource: path=s readOnly?b server=s
Namespace: apiVersion?s kind?s metadata?ObjectMeta spec?NamespaceSpec status?NamespaceStatus
NamespaceCondition: lastTransitionTime?t message?s reason?s status=s type=s
NamespaceSpec: finalizers?[s]
NamespaceStatus: conditions?[NamespaceCondition]@type phase?s
NetworkPolicy: apiVersion?s kind?s metadata?ObjectMeta spec?NetworkPolicySpec
NetworkPolicyEgressRule: ports?[NetworkPolicyPort] to?[NetworkPolicyPeer]
NetworkPolicyIngressRule: from?[NetworkPolicyPeer] ports?[NetworkPolicyPort]
NetworkPolicyPeer: ipBlock?IPBlock namespaceSelector?LabelSelector podSelector?LabelSelector
NetworkPolicyPort: endPort?i port?x protocol?s
NetworkPolicySpec: egress?[NetworkPolicyEgressRule] ingress?[NetworkPolicyIngressRule] podSelector?LabelSelector policyTypes?[s]
Node: apiVersion?s kind?s metadata?ObjectMeta spec?NodeSpec status?NodeStatus
NodeAddress: address=s type=s
NodeAffinity: preferredDuringSchedulingIgnoredDuringExecution?[PreferredSchedulingTerm] requiredDuringSchedulingIgnoredDuringExecution?NodeSelector
NodeCondition: lastHeartbeatTime?t lastTransitionTime?t message?s reason?s status=s type=s
NodeDaemonEndpoints: kubeletEndpoint?DaemonEndpoint
NodeSelector!: nodeSelectorTerms=[NodeSelectorTerm]
NodeSelectorRequirement: key=s operator=s values?[s]
NodeSelectorTerm!: matchExpressions?[NodeSelectorRequirement] matchFields?[NodeSelectorRequirement]
NodeSpec: configSource?* externalID?s podCIDR?s podCIDRs?[s]@ providerID?s taints?[Taint]^key unschedulable?b
NodeStatus: addresses?[NodeAddress]@type allocatable?{q} capacity?{q} conditions?[NodeCondition]@type config?* daemonEndpoints?NodeDaemonEndpoints features?* images?[ContainerImage] nodeInfo?NodeSystemInfo phase?s runtimeHandlers?[*] volumesAttached?[*] volumesInUse?[s]
NodeSystemInfo: architecture=s bootID=s containerRuntimeVersion=s kernelVersion=s kubeProxyVersion=s kubeletVersion=s machineID=s operatingSystem=s osImage=s swap?* systemUUID=s
ObjectFieldSelector!: apiVersion?s fieldPath=s
ObjectMeta: annotations?{s} creationTimestamp?t deletionGracePeriodSeconds?l deletionTimestamp?t finalizers?[s]@ generateName?s generation?l labels?{s} managedFields?[ManagedFieldsEntry] name?s namespace?s ownerReferences?[OwnerReference]@uid resourceVersion?s selfLink?s uid?s
ObjectReference!: apiVersion?s fieldPath?s kind?s name?s namespace?s resourceVersion?s uid?s
OwnerReference!: apiVersion=s blockOwnerDeletion?b controller?b kind=s name=s uid=s
PersistentVolume: apiVersion?s kind?s metadata?ObjectMeta spec?PersistentVolumeSpec status?PersistentVolumeStatus
PersistentVolumeClaim: apiVersion?s kind?s metadata?ObjectMeta spec?PersistentVolumeClaimSpec status?PersistentVolumeClaimStatus
PersistentVolumeClaimCondition: lastProbeTime?t lastTransitionTime?t message?s reason?s status=s type=s
PersistentVolumeClaimSpec: accessModes?[s] dataSource?TypedLocalObjectReference dataSourceRef?TypedObjectReference resources?VolumeResourceRequirements selector?LabelSelector storageClassName?s volumeAttributesClassName?s volumeMode?s volumeName?s
PersistentVolumeClaimStatus: accessModes?[s] allocatedResourceStatuses?{s} allocatedResources?{q} capacity?{q} conditions?[PersistentVolumeClaimCondition]@type currentVolumeAttributesClassName?s modifyVolumeStatus?* phase?s
PersistentVolumeClaimTemplate: metadata?ObjectMeta spec=PersistentVolumeClaimSpec
PersistentVolumeClaimVolumeSource: claimName=s readOnly?b
PersistentVolumeSpec: accessModes?[s] awsElasticBlockStore?* azureDisk?* azureFile?* capacity?{q} cephfs?* cinder?* claimRef?ObjectReference csi?CSIPersistentVolumeSource fc?* flexVolume?* flocker?* gcePersistentDisk?* glusterfs?* hostPath?HostPathVolumeSource iscsi?* local?LocalVolumeSource mountOptions?[s] nfs?NFSVolumeSource nodeAffinity?VolumeNodeAffinity persistentVolumeReclaimPolicy?s photonPersistentDisk?* portworxVolume?* quobyte?* rbd?* scaleIO?* storageClassName?s storageos?* volumeAttributesClassName?s volumeMode?s vsphereVolume?*
PersistentVolumeStatus: lastPhaseTransitionTime?t message?s phase?s reason?s
Pod: apiVersion?s kind?s metadata?ObjectMeta spec?PodSpec status?PodStatus
PodAffinity: preferredDuringSchedulingIgnoredDuringExecution?[WeightedPodAffinityTerm] requiredDuringSchedulingIgnoredDuringExecution?[PodAffinityTerm]
PodAffinityTerm: labelSelector?LabelSelector matchLabelKeys?[s] mismatchLabelKeys?[s] namespaceSelector?LabelSelector namespaces?[s] topologyKey=s
PodAntiAffinity: preferredDuringSchedulingIgnoredDuringExecution?[WeightedPodAffinityTerm] requiredDuringSchedulingIgnoredDuringExecution?[PodAffinityTerm]
PodCondition: lastProbeTime?t lastTransitionTime?t message?s observedGeneration?l reason?s status=s type=s
PodDNSConfig: nameservers?[s] options?[PodDNSConfigOption] searches?[s]
PodDNSConfigOption: name?s value?s
PodDisruptionBudget: apiVersion?s kind?s metadata?ObjectMeta spec?PodDisruptionBudgetSpec status?PodDisruptionBudgetStatus
PodDisruptionBudgetSpec: maxUnavailable?x minAvailable?x selector?LabelSelector unhealthyPodEvictionPolicy?s
PodDisruptionBudgetStatus: conditions?[Condition]@type currentHealthy=i desiredHealthy=i disruptedPods?{t} disruptionsAllowed=i expectedPods=i observedGeneration?l
PodIP: ip=s
PodOS: name=s
PodReadinessGate: conditionType=s
PodSchedulingGate: name=s
PodSecurityContext: appArmorProfile?AppArmorProfile fsGroup?l fsGroupChangePolicy?s runAsGroup?l runAsNonRoot?b runAsUser?l seLinuxChangePolicy?s seLinuxOptions?SELinuxOptions seccompProfile?SeccompProfile supplementalGroups?[l] supplementalGroupsPolicy?s sysctls?[Sysctl] windowsOptions?*
PodSpec: activeDeadlineSeconds?l affinity?Affinity automountServiceAccountToken?b containers=[Container]@name dnsConfig?PodDNSConfig dnsPolicy?s enableServiceLinks?b ephemeralContainers?[EphemeralContainer]@name hostAliases?[HostAlias]@ip hostIPC?b hostNetwork?b hostPID?b hostUsers?b hostname?s hostnameOverride?s imagePullSecrets?[LocalObjectReference]@name initContainers?[Container]@name nodeName?s nodeSelector?{s}! os?PodOS overhead?{q} preemptionPolicy?s priority?i priorityClassName?s readinessGates?[PodReadinessGate] resourceClaims?[*]@name resources?ResourceRequirements restartPolicy?s runtimeClassName?s schedulerName?s schedulingGates?[PodSchedulingGate]@name securityContext?PodSecurityContext serviceAccount?s serviceAccountName?s setHostnameAsFQDN?b shareProcessNamespace?b subdomain?s terminationGracePeriodSeconds?l tolerations?[Toleration] topologySpreadConstraints?[TopologySpreadConstraint]@topologyKey,whenUnsatisfiable volumes?[Volume]@name
PodStatus: conditions?[PodCondition]@type containerStatuses?[ContainerStatus] ephemeralContainerStatuses?[ContainerStatus] extendedResourceClaimStatus?* hostIP?s hostIPs?[HostIP] initContainerStatuses?[ContainerStatus] message?s nominatedNodeName?s observedGeneration?l phase?s podIP?s podIPs?[PodIP]@ip qosClass?s reason?s resize?s resourceClaimStatuses?[*]@name startTime?t
PodTemplateSpec: metadata?ObjectMeta spec?PodSpec
PolicyRule: apiGroups?[s] nonResourceURLs?[s] resourceNames?[s] resources?[s] verbs=[s]
PortStatus: error?s port=i protocol=s
PreferredSchedulingTerm: preference=NodeSelectorTerm weight=i
PriorityClass: apiVersion?s description?s globalDefault?b kind?s metadata?ObjectMeta preemptionPolicy?s value=i
Probe: exec?ExecAction failureThreshold?i grpc?GRPCAction httpGet?HTTPGetAction initialDelaySeconds?i periodSeconds?i successThreshold?i tcpSocket?TCPSocketAction terminationGracePeriodSeconds?l timeoutSeconds?i
ProjectedVolumeSource: defaultMode?i sources?[VolumeProjection]
ReplicaSet: apiVersion?s kind?s metadata?ObjectMeta spec?ReplicaSetSpec status?ReplicaSetStatus
ReplicaSetCondition: lastTransitionTime?t message?s reason?s status=s type=s
ReplicaSetSpec: minReadySeconds?i replicas?i selector=LabelSelector template?PodTemplateSpec
ReplicaSetStatus: availableReplicas?i conditions?[ReplicaSetCondition]@type fullyLabeledReplicas?i observedGeneration?l readyReplicas?i replicas=i terminatingReplicas?i
ResourceFieldSelector!: containerName?s divisor?q resource=s
ResourceRequirements: claims?[*]@name limits?{q} requests?{q}
Role: apiVersion?s kind?s metadata?ObjectMeta rules?[PolicyRule]
RoleBinding: apiVersion?s kind?s metadata?ObjectMeta roleRef=RoleRef subjects?[Subject]
RoleRef!: apiGroup=s kind=s name=s
RollingUpdateDaemonSet: maxSurge?x maxUnavailable?x
RollingUpdateDeployment: maxSurge?x maxUnavailable?x
RollingUpdateStatefulSetStrategy: maxUnavailable?x partition?i
RuleWithOperations: apiGroups?[s] apiVersions?[s] operations?[s] resources?[s] scope?s
SELinuxOptions: level?s role?s type?s user?s
Scale: apiVersion?s kind?s metadata?ObjectMeta spec?ScaleSpec status?ScaleStatus
ScaleSpec: replicas?i
ScaleStatus: replicas=i selector?s
SeccompProfile: localhostProfile?s type=s
Secret: apiVersion?s data?{B} immutable?b kind?s metadata?ObjectMeta stringData?{s} type?s
SecretEnvSource: name?s optional?b
SecretKeySelector!: key=s name?s optional?b
SecretProjection: items?[KeyToPath] name?s optional?b
SecretReference!: name?s namespace?s
SecretVolumeSource: defaultMode?i items?[KeyToPath] optional?b secretName?s
SecurityContext: allowPrivilegeEscalation?b appArmorProfile?AppArmorProfile capabilities?Capabilities privileged?b procMount?s readOnlyRootFilesystem?b runAsGroup?l runAsNonRoot?b runAsUser?l seLinuxOptions?SELinuxOptions seccompProfile?SeccompProfile windowsOptions?*
Service: apiVersion?s kind?s metadata?ObjectMeta spec?ServiceSpec status?ServiceStatus
ServiceAccount: apiVersion?s automountServiceAccountToken?b imagePullSecrets?[LocalObjectReference] kind?s metadata?ObjectMeta secrets?[ObjectReference]@name
ServiceAccountTokenProjection: audience?s expirationSeconds?l path=s
ServicePort: appProtocol?s name?s nodePort?i port=i protocol?s targetPort?x
ServiceReference: name=s namespace=s path?s port?i
ServiceSpec: allocateLoadBalancerNodePorts?b clusterIP?s clusterIPs?[s] externalIPs?[s] externalName?s externalTrafficPolicy?s healthCheckNodePort?i internalTrafficPolicy?s ipFamilies?[s] ipFamilyPolicy?s loadBalancerClass?s loadBalancerIP?s loadBalancerSourceRanges?[s] ports?[ServicePort]@port,protocol publishNotReadyAddresses?b selector?{s}! sessionAffinity?s sessionAffinityConfig?SessionAffinityConfig trafficDistribution?s type?s
ServiceStatus: conditions?[Condition]@type loadBalancer?LoadBalancerStatus
SessionAffinityConfig: clientIP?ClientIPConfig
SleepAction: seconds=l
StatefulSet: apiVersion?s kind?s metadata?ObjectMeta spec?StatefulSetSpec status?StatefulSetStatus
StatefulSetCondition: lastTransitionTime?t message?s reason?s status=s type=s
StatefulSetOrdinals: start?i
StatefulSetPersistentVolumeClaimRetentionPolicy: whenDeleted?s whenScaled?s
StatefulSetSpec: minReadySeconds?i ordinals?StatefulSetOrdinals persistentVolumeClaimRetentionPolicy?StatefulSetPersistentVolumeClaimRetentionPolicy podManagementPolicy?s replicas?i revisionHistoryLimit?i selector=LabelSelector serviceName?s template=PodTemplateSpec updateStrategy?StatefulSetUpdateStrategy volumeClaimTemplates?[PersistentVolumeClaim]
StatefulSetStatus: availableReplicas?i collisionCount?i conditions?[StatefulSetCondition]@type currentReplicas?i currentRevision?s observedGeneration?l readyReplicas?i replicas=i updateRevision?s updatedReplicas?i
StatefulSetUpdateStrategy: rollingUpdate?RollingUpdateStatefulSetStrategy type?s
StorageClass: allowVolumeExpansion?b allowedTopologies?[*] apiVersion?s kind?s metadata?ObjectMeta mountOptions?[s] parameters?{s} provisioner=s reclaimPolicy?s volumeBindingMode?s
Subject!: apiGroup?s kind=s name=s namespace?s
Sysctl: name=s value=s
TCPSocketAction: host?s port=x
Taint: effect=s key=s timeAdded?t value?s
Toleration: effect?s key?s operator?s tolerationSeconds?l value?s
TopologySpreadConstraint: labelSelector?LabelSelector matchLabelKeys?[s] maxSkew=i minDomains?i nodeAffinityPolicy?s nodeTaintsPolicy?s topologyKey=s whenUnsatisfiable=s
TypedLocalObjectReference!: apiGroup?s kind=s name=s
TypedObjectReference: apiGroup?s kind=s name=s namespace?s
ValidatingWebhook: admissionReviewVersions=[s] clientConfig=WebhookClientConfig failurePolicy?s matchConditions?[MatchCondition]@name matchPolicy?s name=s namespaceSelector?LabelSelector objectSelector?LabelSelector rules?[RuleWithOperations] sideEffects=s timeoutSeconds?i
ValidatingWebhookConfiguration: apiVersion?s kind?s metadata?ObjectMeta webhooks?[ValidatingWebhook]@name
Volume: awsElasticBlockStore?* azureDisk?* azureFile?* cephfs?* cinder?* configMap?ConfigMapVolumeSource csi?CSIVolumeSource downwardAPI?DownwardAPIVolumeSource emptyDir?EmptyDirVolumeSource ephemeral?EphemeralVolumeSource fc?* flexVolume?* flocker?* gcePersistentDisk?* gitRepo?* glusterfs?* hostPath?HostPathVolumeSource image?ImageVolumeSource iscsi?* name=s nfs?NFSVolumeSource persistentVolumeClaim?PersistentVolumeClaimVolumeSource photonPersistentDisk?* portworxVolume?* projected?ProjectedVolumeSource quobyte?* rbd?* scaleIO?* secret?SecretVolumeSource storageos?* vsphereVolume?*
VolumeDevice: devicePath=s name=s
VolumeMount: mountPath=s mountPropagation?s name=s readOnly?b recursiveReadOnly?s subPath?s subPathExpr?s
VolumeNodeAffinity: required?NodeSelector
VolumeProjection: clusterTrustBundle?* configMap?ConfigMapProjection downwardAPI?DownwardAPIProjection podCertificate?* secret?SecretProjection serviceAccountToken?ServiceAccountTokenProjection
VolumeResourceRequirements: limits?{q} requests?{q}
WebhookClientConfig: caBundle?B service?ServiceReference url?s
WeightedPodAffinityTerm: podAffinityTerm=PodAffinityTerm weight=i
`
