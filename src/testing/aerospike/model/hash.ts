/** Deterministic mixing: ids, cluster keys and partition owners must be equal in equal worlds. */

/** FNV-1a over text, 32 bits, unsigned. */
export const hashText = (text: string, seed = 0x811c9dc5): number => {
  let hash = seed >>> 0
  for (let i = 0; i < text.length; i++) {
    hash ^= text.charCodeAt(i)
    hash = Math.imul(hash, 0x01000193)
  }
  return mix(hash)
}

/** Spreads a 32-bit number over all its bits. */
export const mix = (value: number): number => {
  let x = value | 0
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return (x ^ (x >>> 16)) >>> 0
}

/** 48 bits as 12 upper-case hex digits, the first of which is not 0: the form of a cluster key. */
export const clusterKey = (text: string): string => {
  const high = (hashText(text) >>> 8) | 0x100000
  const low = hashText(text, 0x9747b28c) >>> 8
  return (high.toString(16).padStart(6, "0").slice(-6) + low.toString(16).padStart(6, "0")).toUpperCase()
}

/**
 * Node id as the server derives it: fabric port, then a MAC address backwards (here the one container networks give to an IPv4 address).
 */
export const derivedNodeId = (address: string, fabricPort: number, fallback: string): string => {
  const octets = /^(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address)?.slice(1).map(Number)
  const mac = octets ?? [24, 16, 8, 0].map((shift) => (hashText(fallback) >>> shift) & 255)
  const hex = (byte: number): string => byte.toString(16).padStart(2, "0")
  return (fabricPort.toString(16) + [...mac].reverse().map(hex).join("") + "4202").toUpperCase()
}
