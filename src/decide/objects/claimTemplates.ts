/** One claim template per persistent volume (behaviour.md §3.12). Claims have no owner, so they carry the UID of their cluster (S1, W73). */
import type { EffectiveCluster, EffectiveRack } from "../../domain/EffectiveCluster.js"
import { Label, rackLabels } from "../../domain/Labels.js"
import type { RawObject } from "../../domain/schema/fields.js"
import { withOperatorKeys } from "./ownedObject.js"

export const claimTemplates = (cluster: EffectiveCluster, rack: EffectiveRack): ReadonlyArray<RawObject> =>
  (rack.storage?.volumes ?? []).flatMap((volume) => {
    const claim = volume.source.persistentVolume
    if (claim === undefined) return []
    const { labels, annotations } = claim.metadata ?? {}
    return [
      {
        apiVersion: "v1",
        kind: "PersistentVolumeClaim",
        metadata: {
          name: volume.name,
          labels: withOperatorKeys(labels, {
            ...rackLabels(cluster.key.name, rack.id),
            [Label.clusterUid]: cluster.uid,
          }),
          ...(annotations === undefined ? {} : { annotations }),
        },
        spec: {
          accessModes: claim.accessModes?.length ? claim.accessModes : ["ReadWriteOnce"],
          volumeMode: claim.volumeMode ?? "Filesystem",
          resources: { requests: { storage: claim.size } },
          ...(claim.storageClass ? { storageClassName: claim.storageClass } : {}),
          ...(claim.selector === undefined ? {} : { selector: claim.selector }),
        },
      },
    ]
  })
